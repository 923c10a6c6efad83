"""What the original answered to the recorded requests, ours answers too (tests/contract)."""

import pathlib
import subprocess
import sys

REPLAY = pathlib.Path(__file__).resolve().parents[1] / 'contract/replay.py'


def test_recorded_requests_are_answered_alike(new_server):
    server = new_server('api.allow_action_execution_deletion=true').start()
    done = subprocess.run([sys.executable, REPLAY, server.url], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stdout.splitlines()[-1].split()[0]) >= 1120
