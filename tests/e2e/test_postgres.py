"""Several nodes on one PostgreSQL: any of them answers, and none is needed."""

import functools
import json
import tempfile
import threading
import urllib.request
import uuid

import pytest
import requests

from client import finished, library, start
from conftest import ALLOW_LOOPBACK
from event_stream import EventStream
from postgres import Node, Postgres, shared
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

TICK = """
version: '2.0'
tick:
  output: {at: <% execution().params.scheduled_time %>}
  tasks:
    nothing: {action: std.noop}
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


def page(web_server):
    return f'{web_server.url}/json'


def create_with_id(node, run_id, url):
    body = json.dumps({'workflow_name': 'chain', 'input': {'url': url}, 'id': run_id}).encode()
    request = urllib.request.Request(node.url + '/executions', body, {'Content-Type': 'application/json'})
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert json.load(answer)['id'] == run_id


def shards(node):
    with urllib.request.urlopen(node.url + '/nodes', timeout=5) as answer:
        listed = json.load(answer)['nodes']
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
        create_with_id(nodes[number % 3], run_id, page(web_server))
    for number, run_id in enumerate(runs):
        api = (first, second, third)[(number + 1) % 3]
        assert finished(api, run_id).state == 'SUCCESS'
    paused = start(second, 'chain', {'url': page(web_server)})
    third.executions.update(paused, 'PAUSED')
    until(lambda: first.executions.get(paused).state == 'PAUSED', 10, 'the pause')
    third.executions.update(paused, 'RUNNING')
    assert finished(first, paused).state == 'SUCCESS'
    # A new meaning of a name is known everywhere at once.
    second.workflows.update(CHAIN.replace('output=1', 'output=2'))
    assert '2' in finished(third, start(third, 'chain', {'url': page(web_server)})).output


def test_each_node_streams_the_events_of_all(nodes):
    share_evenly(nodes)
    upload(library(nodes[0].url))
    stream = EventStream(nodes[2].url, kinds='execution')
    watchdog = threading.Timer(60, stream.close)
    watchdog.start()
    # Where nothing listens: it ends at once, in error.
    runs = {str(uuid.uuid4()) for _ in range(9)}
    for number, run_id in enumerate(sorted(runs)):
        create_with_id(nodes[number % 3], run_id, 'http://127.0.0.1:1/')
    ended, cursors = set(), []
    for name, event in stream:
        cursors.append(event['cursor'])
        if event['state'] == 'ERROR':
            ended.add(event['id'])
        if ended >= runs:
            break
    watchdog.cancel()
    stream.close()
    assert ended == runs
    # A cursor of one node is good for another.
    again = EventStream(nodes[0].url, last=cursors[0], kinds='execution')
    seen = set()
    for name, event in again:
        assert name != 'reset'
        seen.add(event['cursor'])
        if len(seen) == len(cursors) - 1:
            break
    again.close()


def test_a_trigger_fires_once_whoever_dies(nodes):
    """Six fields: a fire each second. Its node dies in between."""
    share_evenly(nodes)
    apis = [library(node.url) for node in nodes]
    apis[0].workflows.create(TICK)
    requests.post(nodes[0].url + '/cron_triggers', json={
        'name': 'tick', 'workflow_name': 'tick', 'pattern': '* * * * * *', 'remaining_executions': 8,
        'catch_up': 'all'}, timeout=10).raise_for_status()
    until(lambda: len(ticks(apis[1])) >= 3, 15, 'the first fires')
    nodes[0].kill()
    until(lambda: len(ticks(apis[1])) == 8, 30, 'all fires')
    until(lambda: all(one.state == 'SUCCESS' for one in ticks(apis[2])), 30, 'the ends')
    times = sorted(json.loads(one.output)['at'] for one in ticks(apis[1]))
    assert len(set(times)) == 8, times


def ticks(api):
    return [api.executions.get(one.id) for one in api.executions.list() if one.workflow_name == 'tick']


def test_work_of_a_killed_node_goes_on(nodes, web_server):
    share_evenly(nodes)
    apis = [library(node.url) for node in nodes]
    upload(apis[0])
    runs = [start(apis[n % 3], 'chain', {'url': page(web_server)}) for n in range(9)]
    nodes[0].kill()
    for run_id in runs:
        # What it ran at that moment may be in error, but it ends.
        assert finished(apis[1], run_id).state in ('SUCCESS', 'ERROR')
    until(lambda: sum(shards(nodes[1]).values()) == 64, 10, 'the takeover')
    nodes[1].stop()
    until(lambda: shards(nodes[2]) == {'three': 64}, 5, 'the handover')
    assert finished(apis[2], start(apis[2], 'chain', {'url': page(web_server)})).state == 'SUCCESS'


def test_a_crash_of_the_database_loses_nothing(nodes, database, web_server):
    share_evenly(nodes)
    apis = [library(node.url) for node in nodes]
    upload(apis[0])
    runs = [start(apis[n % 3], 'chain', {'url': page(web_server)}) for n in range(9)]
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


def test_nodes_are_listed(nodes):
    share_evenly(nodes)
    shown = run('node', 'list', '--url', nodes[1].url, '--json')
    listed = json.loads(shown.stdout)
    assert {'one', 'two', 'three'} <= {one['name'] for one in listed if one['state'] == 'ALIVE'}, shown


def test_two_versions_side_by_side(tmp_path, web_server):
    """Nodes work on and start when the next version has migrated; beside the one after that they do not start."""
    url = shared().create('versions')
    ask = functools.partial(Postgres.ask, url)

    def migrated_by_the_version_after(number):
        ask(f'ALTER TABLE executions ADD COLUMN new_{number + 1} text; INSERT INTO migrations '
            f"(number, name, checksum, beside) VALUES ({number + 1}, 'of a newer version', '', {number})")

    def works(node):
        api = library(node.url)
        assert finished(api, start(api, 'chain', {'url': page(web_server)})).state == 'SUCCESS'
    one, two, three = [Node(tmp_path, url, name, ALLOW_LOOPBACK) for name in ('one', 'two', 'three')]
    try:
        upload(library(one.start().url))
        known = int(ask('SELECT max(number) FROM migrations'))
        migrated_by_the_version_after(known)
        ask('INSERT INTO nodes (id, name, version, engine, executor, expires_at, schema_version) '
            f"VALUES (5, 'next', '99.0.0', false, false, now() + interval '1 hour', {known + 1})")
        works(one)
        works(two.start())
        assert one.stop() == 0
        works(two)
        listed = json.loads(run('node', 'list', '--url', two.url, '--json').stdout)
        versions = {node['name']: node['version'] for node in listed}
        assert versions == {'one': versions['two'], 'two': versions['two'], 'next': '99.0.0'}
        status = run('db', 'status', '--database', url)
        assert status.returncode == 0 and 'newer    of a newer version' in status.stdout, status

        migrated_by_the_version_after(known + 1)
        with pytest.raises(AssertionError, match='is too old to work beside it; use a newer version'):
            three.start()
        works(two)
    finally:
        for node in (one, two, three):
            node.kill()
