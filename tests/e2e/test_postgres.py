"""Several nodes on one PostgreSQL: any of them answers, and none is needed."""

import tempfile
import uuid

import pytest

from client import finished, library, start
from conftest import ALLOW_LOOPBACK
from postgres import Node, Postgres
from program import run
from waiting import until

CHAIN = """
version: '2.0'
chain:
  input: [url]
  output:
    done: <% $.done %>
  tasks:
    wait: {action: std.sleep seconds=1, on-success: ask}
    ask: {action: std.http url=<% $.url %>, on-success: end}
    end: {action: std.echo output=1, publish: {done: <% task().result %>}}
"""


@pytest.fixture(scope='module')
def database():
    # Short: the path of a Unix socket has a hundred characters.
    with tempfile.TemporaryDirectory(prefix='ostro-e2e-') as folder:
        server = Postgres(folder)
        if server.missing:
            pytest.skip('PostgreSQL is not installed (Debian: postgresql)')
        yield server
        server.stop()


@pytest.fixture
def nodes(database, tmp_path):
    made = [Node(tmp_path, database.url, name, ALLOW_LOOPBACK) for name in ('one', 'two', 'three')]
    for node in made:
        node.start()
    yield made
    for node in made:
        node.kill()


def upload(api):
    known = [one.name for one in api.workflows.list()]
    (api.workflows.update if 'chain' in known else api.workflows.create)(CHAIN)


def shards(node):
    listed = library(node.url).http_client.get('/nodes').json()['nodes']
    return {one['name']: len(one['shards']) for one in listed if one['state'] == 'ALIVE'}


def share_evenly(nodes):
    def even():
        counts = shards(nodes[0])
        return len(counts) == len(nodes) and sum(counts.values()) == 64 and max(counts.values()) <= 22
    until(even, 20, 'shards on all nodes')


def test_every_node_answers_for_all(nodes, web_server):
    share_evenly(nodes)
    first, second, third = (library(node.url) for node in nodes)
    upload(first)
    # Chosen ids: their shards are anywhere.
    runs = [str(uuid.uuid4()) for _ in range(12)]
    for number, run_id in enumerate(runs):
        api = (first, second, third)[number % 3]
        api.executions.create('chain', workflow_input={'url': web_server.url}, id=run_id)
    for number, run_id in enumerate(runs):
        api = (first, second, third)[(number + 1) % 3]
        assert finished(api, run_id).state == 'SUCCESS'
    paused = start(second, 'chain', {'url': web_server.url})
    third.executions.update(paused, 'PAUSED')
    until(lambda: first.executions.get(paused).state == 'PAUSED', 10, 'the pause')
    third.executions.update(paused, 'RUNNING')
    assert finished(first, paused).state == 'SUCCESS'
    # A new meaning of a name is known everywhere at once.
    second.workflows.update(CHAIN.replace('output=1', 'output=2'))
    assert '2' in finished(third, start(third, 'chain', {'url': web_server.url})).output


def test_work_of_a_killed_node_goes_on(nodes, web_server):
    share_evenly(nodes)
    apis = [library(node.url) for node in nodes]
    upload(apis[0])
    runs = [start(apis[n % 3], 'chain', {'url': web_server.url}) for n in range(9)]
    nodes[0].kill()
    for run_id in runs:
        # What it ran at that moment may be in error, but it ends.
        assert finished(apis[1], run_id).state in ('SUCCESS', 'ERROR')
    until(lambda: sum(shards(nodes[1]).values()) == 64, 10, 'the takeover')
    nodes[1].stop()
    until(lambda: shards(nodes[2]) == {'three': 64}, 5, 'the handover')
    assert finished(apis[2], start(apis[2], 'chain', {'url': web_server.url})).state == 'SUCCESS'


def test_a_crash_of_the_database_loses_nothing(nodes, database, web_server):
    share_evenly(nodes)
    apis = [library(node.url) for node in nodes]
    upload(apis[0])
    runs = [start(apis[n % 3], 'chain', {'url': web_server.url}) for n in range(9)]
    database.crash()
    for number, run_id in enumerate(runs):
        def ended(api=apis[number % 3], run_id=run_id):
            try:
                return api.executions.get(run_id).state in ('SUCCESS', 'ERROR')
            except Exception:
                return False
        until(ended, 30, 'the end')


def test_the_schema_is_shown(database):
    shown = run('db', 'status', '--database', database.url)
    assert shown.returncode == 0 and 'initial' in shown.stdout
    assert 'up to date' in run('db', 'migrate', '--database', database.url).stdout
