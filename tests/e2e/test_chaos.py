"""A short form of `make chaos`: a few faults of every kind, then everything must be in order."""

import os
import subprocess
import sys

from program import BINARY, ROOT, clean_environment


def test_a_short_campaign_is_clean():
    environment = clean_environment({'FAULTS': os.environ.get('FAULTS', '8'), 'SEED': '3'})
    done = subprocess.run(
        [sys.executable, ROOT / 'tests/chaos/campaign.py', BINARY], env=environment, timeout=400,
        capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
