"""kill -9 in the middle of work: what was acknowledged ends, and nothing is done twice."""

import collections
import concurrent.futures
import random
import time

import pytest
import requests

from client import finished, library, start
from ssh_server import USER
from waiting import until

KILLS = 50
CHAIN = 12
ITEMS = 12

# A chain and a with-items task side by side, each step a line in a file. A step
# that was cut off leads on (`on-complete`), so that every execution can end.
DEFINITION = """
version: '2.0'
count:
  input: [host, key, file]
  output:
    done: true
  task-defaults:
    safe-rerun: {safe}
  tasks:
{chain}
    items:
      with-items: n in <% range({items}) %>
      concurrency: 3
      action: std.ssh
      input:
        host: <% $.host %>
        username: {user}
        private_key_filename: <% $.key %>
        cmd: echo "item-<% $.n %>" >> <% $.file %>
      on-error: noop
"""

STEP = """
    step{n}:
      action: std.ssh
      input:
        host: <% $.host %>
        username: {user}
        private_key_filename: <% $.key %>
        cmd: echo "step-{n}" >> <% $.file %>
      on-error: {next}
      on-success: {next}
"""


def definition(safe):
    chain = ''.join(
        STEP.format(n=n, user=USER, next=f'step{n + 1}' if n + 1 < CHAIN else 'noop') for n in range(CHAIN))
    return DEFINITION.format(safe='true' if safe else 'false', chain=chain, items=ITEMS, user=USER)


EXPECTED = {f'step-{n}' for n in range(CHAIN)} | {f'item-{n}' for n in range(ITEMS)}


def lines(path):
    return collections.Counter(path.read_text().split()) if path.exists() else collections.Counter()


def work_through_kills(server, ssh_server, keys, folder, safe, seed):
    """Starts executions, kills the server at random moments until `KILLS` hit a running one.

    Returns the last server's API and the executions with their files.
    """
    chance = random.Random(seed)
    server.start()
    library(server.url).workflows.create(definition(safe))
    runs = {}
    for kill in range(KILLS):
        api = library(server.url)
        if not any(api.executions.get(run).state == 'RUNNING' for run in runs):
            path = folder / f'count-{kill}'
            run = start(api, 'count', {
                'host': ssh_server.address, 'key': str(keys.user), 'file': str(path)})
            runs[run] = path
        # No condition to wait for: the moment is the point of the test.
        time.sleep(chance.uniform(0.0, 0.12))
        server.kill()
        server.start()
    return library(server.url), runs


@pytest.mark.parametrize('safe', [False, True], ids=['as it is', 'safe-rerun'])
def test_kill_at_random_moments(new_server, ssh_servers, keys, tmp_path, safe):
    seed = random.randrange(1 << 32)
    print('seed', seed)
    api, runs = work_through_kills(new_server(), ssh_servers['web-1'], keys, tmp_path, safe, seed)

    def all_ended():
        return all(api.executions.get(run).state in ('SUCCESS', 'ERROR') for run in runs)
    until(all_ended, 60, 'the end of all executions')

    cut_off = 0
    for run, path in runs.items():
        assert api.executions.get(run).state == 'SUCCESS', api.executions.get(run).state_info
        counted = lines(path)
        assert set(counted) <= EXPECTED
        if safe:
            # At least once: a step that was cut off was run again.
            assert set(counted) == EXPECTED
            continue
        twice = {line: n for line, n in counted.items() if n > 1}
        assert not twice, f'done twice: {twice} (seed {seed})'
        cut_off += check_every_success_was_done(api, run, counted)
    if not safe:
        assert cut_off, 'no kill hit a running action: the test proves nothing'


def check_every_success_was_done(api, run, counted):
    """Each action reported as SUCCESS left its line; returns how many were cut off."""
    cut_off = 0
    for task in api.tasks.list(run):
        for action in api.action_executions.list(task.id, limit=100):
            line = api.action_executions.get(action.id).input.split('\\"')[1]
            if action.state == 'SUCCESS':
                assert counted[line] == 1, line
            else:
                assert action.state == 'ERROR'
                cut_off += 1
    return cut_off


def test_timers_fire_after_a_kill(new_server):
    server = new_server().start()
    library(server.url).workflows.create("""
version: '2.0'
patient:
  output:
    runs: <% $.runs %>
  tasks:
    wait:
      wait-before: 1
      action: std.echo output=1
      publish: {runs: <% task().result %>}
      wait-after: 1
      on-success: nap
    nap:
      action: std.sleep seconds=1
""")
    run = start(library(server.url), 'patient')
    for _ in range(4):
        server.kill()
        server.start()
    api = library(server.url)
    execution = finished(api, run)
    assert (execution.state, execution.output) == ('SUCCESS', '{"runs": 1}')


def test_definitions_and_environments_survive(new_server):
    server = new_server().start()
    api = library(server.url)
    api.workflows.create("version: '2.0'\nkept:\n  tasks:\n    t: {action: std.noop}\n")
    api.environments.create(name='kept', variables={'a': 1})
    server.kill()
    api = library(server.start().url)
    assert api.workflows.get('kept').name == 'kept'
    assert api.environments.get('kept').variables == {'a': 1}


def test_a_start_with_a_key_happens_once(new_server):
    """The same requests again and again, over kills: one execution for each key."""
    server = new_server().start()
    library(server.url).workflows.create("version: '2.0'\nkept:\n  tasks:\n    t: {action: std.noop}\n")
    keys, answers = [f'key-{n}' for n in range(20)], collections.defaultdict(set)
    chance = random.Random(20)
    for _ in range(8):
        chance.shuffle(keys)
        with concurrent.futures.ThreadPoolExecutor(len(keys)) as pool:
            # No condition to wait for: the moment of the kill is the point of the test.
            pool.submit(lambda moment: (time.sleep(moment), server.kill()), chance.uniform(0.0, 0.06))
            for key, answer in zip(keys, pool.map(lambda key: start_with_key(server.url, key), keys)):
                answers[key] |= answer
        server.start()
    for key in keys:
        answers[key] |= start_with_key(server.url, key)
    assert all(len(ids) == 1 for ids in answers.values()), answers
    executions = library(server.url).executions.list(limit=1000)
    assert sorted(e.id for e in executions) == sorted(i for ids in answers.values() for i in ids)


def start_with_key(url, key):
    """The id of the execution, as a set; an empty one if the server was killed meanwhile."""
    try:
        answer = requests.post(f'{url}/executions', json={'workflow_name': 'kept'}, timeout=20,
                               headers={'Idempotency-Key': key})
    except requests.RequestException:
        return set()
    assert answer.status_code == 201, answer.text
    return {answer.json()['id']}
