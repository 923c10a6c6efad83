"""Every command that the two clients have for this service prints what it prints with the original (tests/commands)."""

import json
import pathlib
import subprocess
import sys
from importlib.metadata import entry_points

import pytest
from mistralclient.shell import MistralShell

COMMANDS = pathlib.Path(__file__).resolve().parents[1] / 'commands'
sys.path.insert(0, str(COMMANDS))

import run as typist  # noqa: E402
import session  # noqa: E402

TASK_NAME = 'tables of action executions have the name of the task, which the original forgets'
# Deliberate differences: the command, what the original prints in the cell, and what we print.
DIFFERENT = {
    'action-execution-list {say}': ('None', 'say', TASK_NAME),
    'action execution list {say}': ('None', 'say', TASK_NAME),
}


def recorded(client):
    lines = (COMMANDS / f'recorded-{client}.jsonl').read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_every_command_of_the_clients_is_in_the_session():
    openstack = {point.name.replace('_', ' ') for point in entry_points(group='openstack.workflow_engine.v2')}
    assert openstack and openstack == {step[1] for step in session.STEPS if step[1]}
    mistral = set(MistralShell._get_commands_v2())
    assert mistral and mistral == {step[0] for step in session.STEPS if step[0]}


@pytest.mark.parametrize('client', ['mistral', 'openstack'])
def test_every_step_is_recorded(client):
    number = ('mistral', 'openstack').index(client)
    typed = [f'{client} {step[number]} {step[2]}'.strip() for step in session.STEPS if step[number]]
    assert typed == [answer['command'] for answer in recorded(client)]


@pytest.mark.parametrize('client', ['mistral', 'openstack'])
def test_tables_are_those_of_the_original(client, new_server):
    server = new_server('api.allow_action_execution_deletion=true').start()
    done = subprocess.run([sys.executable, COMMANDS / 'run.py', client, server.url], capture_output=True, text=True,
                          timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    wrong = [(theirs, ours) for theirs, ours in zip(recorded(client), answers, strict=True) if expected(theirs) != ours]
    assert not wrong, '\n\n'.join(f'the original: {theirs}\nours:         {ours}' for theirs, ours in wrong)


def expected(answer):
    """What the original answered, with our deliberate differences."""
    command = answer['command'].split(' ', 1)[1]
    if command not in DIFFERENT:
        return answer
    theirs, ours, _ = DIFFERENT[command]
    rows = [[ours if cell == theirs else cell for cell in row] for row in answer['table']]
    assert rows != answer['table'], f'{command}: there is no difference any more'
    return answer | {'table': typist.tidy(rows)}
