"""What the original did with the recorded workflows, ours does too (tests/differential)."""

import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / 'differential'))

import cases
import replay
from service import Service


def test_recorded_workflows_come_to_the_same(url):
    chosen = list(cases.recorded().values())
    assert len(chosen) > 400
    complaints = [
        f"{case['name']}: {complaint}"
        for case, found in replay.replay(Service(url), chosen) for complaint in found]
    assert not complaints, '\n'.join(complaints)


def test_the_table_of_differences_names_recorded_cases_only():
    _, known = replay.differences()
    assert not known.keys() - cases.recorded().keys()
