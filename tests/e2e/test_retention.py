"""Finished executions expire, and starts do not wait for it."""

import time

import requests

import client
from program import FileServer, run
from waiting import until

WORKFLOWS = '''
version: '2.0'
good: {tasks: {t: {action: std.noop}, sub: {workflow: below}}}
below: {tasks: {t: {action: std.noop}}}
bad: {tasks: {t: {action: std.fail}}}
open: {tasks: {t: {action: std.async_noop}}}
'''


def executions(url, **filters):
    query = '&'.join(f'{name}={value}' for name, value in filters.items())
    reply = requests.get(f'{url}/executions?nulls=root_execution_id&sort_keys=updated_at&{query}', timeout=20)
    return reply.json()['executions']


def filled(server, good=6, bad=2):
    """A server with finished executions and one that goes on."""
    api = client.library(server.url)
    api.workflows.create(WORKFLOWS)
    ids = [api.executions.create(name).id for name in ['good'] * good + ['bad'] * bad + ['open']]
    for execution in ids[:-1]:
        client.finished(api, execution)
    return ids


def test_what_is_too_many_goes_oldest_first(new_server):
    server = new_server().start()
    filled(server)
    newest = [execution['id'] for execution in executions(server.url, state='SUCCESS')][-2:]
    server.stop()
    server.settings += (
        'execution_expiration_policy.evaluation_interval=1', 'execution_expiration_policy.max_finished_executions=2',
        'execution_expiration_policy.ignored_states=["ERROR"]', 'execution_expiration_policy.batch_size=3')
    server.start()
    until(lambda: len(executions(server.url, state='SUCCESS')) == 2, 30, 'the expiration')
    assert [execution['id'] for execution in executions(server.url, state='SUCCESS')] == newest
    assert len(executions(server.url, state='ERROR')) == 2
    assert len(executions(server.url, state='RUNNING')) == 1
    tasks = requests.get(f'{server.url}/tasks', timeout=20).json()['tasks']
    assert len(tasks) == 2 * 3 + 2 + 1


def test_starts_do_not_wait_for_what_expires(new_server):
    server = new_server().start()
    filled(server, good=1, bad=0)
    for _ in range(150):
        requests.post(f'{server.url}/executions', json={'workflow_name': 'good'}, timeout=20)
    until(lambda: not executions(server.url, state='RUNNING', workflow_name='good'), 60, 'their ends')
    server.stop()
    server.settings += (
        'execution_expiration_policy.evaluation_interval=1', 'execution_expiration_policy.older_than=0')
    server.start()
    longest, begin = 0, time.monotonic()
    while executions(server.url, state='SUCCESS', limit=1) and time.monotonic() - begin < 60:
        at = time.monotonic()
        assert requests.post(f'{server.url}/executions', json={'workflow_name': 'open'}, timeout=20).status_code == 201
        longest = max(longest, time.monotonic() - at)
    assert not executions(server.url, state='SUCCESS', limit=1)
    assert longest < 2
    assert executions(server.url, workflow_name='open')


def test_a_wrong_state_is_refused_at_the_start(tmp_path):
    done = run('serve', '--listen', '127.0.0.1:0', '--database', f'sqlite://{tmp_path}/o.db',
               '--set', 'execution_expiration_policy.ignored_states=["RUNNING"]')
    assert done.returncode != 0
    assert 'RUNNING is not a terminal state. The valid states are [SUCCESS, ERROR, CANCELLED]' in done.stderr


def test_the_database_of_a_stopped_service(new_server):
    server = new_server(kind=FileServer).start()
    filled(server)
    refused = run('db', 'stats', '--database', server.database)
    assert refused.returncode == 2 and 'in use by another process' in refused.stderr
    server.stop()

    def table():
        done = run('db', 'stats', '--database', server.database)
        assert done.returncode == 0, done.stderr
        return {line.split()[0]: line.split() for line in done.stdout.splitlines()}
    assert table()['executions'][1] == str(6 * 2 + 2 + 1)
    done = run('db', 'expire', '--database', server.database)
    assert done.returncode == 2 and '--older-than MINUTES' in done.stderr
    done = run('db', 'expire', '--older-than', 0, '--ignore', 'ERROR', '--database', server.database)
    assert (done.returncode, done.stdout) == (0, '6 executions deleted\n'), done.stderr
    assert table()['executions'][1] == '3'
    done = run('db', 'vacuum', '--database', server.database)
    assert done.returncode == 0 and 'KiB' in done.stdout, done.stderr
    server.start()
    assert len(executions(server.url)) == 3
