"""What the API has besides the contract, over HTTP: graph, timeline, plain JSON, metrics; and `ostro cron`."""

import datetime
import itertools
import json
import re

import pytest
import requests

from ostro_client import Client
from waiting import until

PLAIN = 'application/vnd.ostro.v2+json'
INSTANT = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z')
DEFINITION = '''
version: '2.0'
{name}:
  input: [n: 3]
  output: {{total: <% $.n %>, said: <% $.said %>}}
  tasks:
    first:
      action: std.echo output=<% {{a => [$.n]}} %>
      publish: {{said: <% task().result %>}}
      on-success: sub
      on-error: never
    never: {{action: std.noop}}
    sub:
      workflow: {name}_below
      on-complete: last
    last:
      join: all
      action: std.noop
{name}_below:
  tasks:
    deep: {{action: std.noop}}
'''
NUMBERS = itertools.count()


class Http:
    def __init__(self, url):
        self.url, self.session = url, requests.Session()

    def get(self, path, status=200, **options):
        answer = self.session.get(self.url + path, timeout=60, **options)
        assert answer.status_code == status, (path, answer.status_code, answer.text)
        return answer

    def json(self, path, **options):
        return self.get(path, **options).json()

    def plain(self, path):
        answer = self.get(path, headers={'Accept': PLAIN})
        assert answer.headers['content-type'] == PLAIN
        return answer.json()

    def post(self, path, status=201, **options):
        answer = self.session.post(self.url + path, timeout=60, **options)
        assert answer.status_code == status, (path, answer.status_code, answer.text)
        return answer.json()


@pytest.fixture
def http(url):
    return Http(url)


@pytest.fixture
def ended(http):
    """An execution of the definition above that has ended."""
    name = f'additions_{next(NUMBERS)}'
    http.post('/workflows', data=DEFINITION.format(name=name))
    identifier = http.post('/executions', json={'workflow_name': name})['id']
    execution = http.json(f'/executions/{identifier}/wait')
    assert execution['state'] == 'SUCCESS', execution
    return execution


def test_the_graph_has_the_tasks_with_their_runs_and_the_ways_that_were_taken(http, ended):
    graph = http.json(f'/executions/{ended["id"]}/graph')
    nodes = {node['name']: node for node in graph['nodes']}
    tasks = {task['name']: task for task in http.json(f'/executions/{ended["id"]}/tasks')['tasks']}
    assert list(nodes) == ['first', 'never', 'sub', 'last']
    for name, task in tasks.items():
        node = nodes[name]
        assert (node['id'], node['state'], node['type']) == (task['id'], 'SUCCESS', task['type'])
        assert INSTANT.fullmatch(node['started_at']) and node['started_at'] <= node['finished_at']
        assert node['started_at'].replace('T', ' ').startswith(task['started_at'])
    never = {'id': 'never', 'name': 'never', 'type': 'ACTION', 'state': None, 'started_at': None, 'finished_at': None}
    assert nodes['never'] == never
    names = {node['id']: node['name'] for node in graph['nodes']}
    edges = {(names[edge['from']], edge['on'], names[edge['to']]): edge['taken'] for edge in graph['edges']}
    assert edges == {
        ('first', 'on-success', 'sub'): True, ('first', 'on-error', 'never'): False, ('sub', 'on-complete', 'last'): True}


def test_a_graph_of_a_running_execution_and_of_none(http):
    text = "version: '2.0'\nadditions_waits: {tasks: {hold: {action: std.async_noop, on-success: after}, after: {action: std.noop}}}"
    http.post('/workflows', data=text)
    identifier = http.post('/executions', json={'workflow_name': 'additions_waits'})['id']
    states = {node['name']: node['state'] for node in http.json(f'/executions/{identifier}/graph')['nodes']}
    assert states == {'hold': 'RUNNING', 'after': None}
    assert http.json(f'/executions/{identifier}/timeline')['entries'][0]['to'] is None
    waits = http.json(f'/executions/{identifier}/why')['waits']
    assert [(wait['kind'], wait['task']['name'], wait['for']['name']) for wait in waits] == [('report', 'hold', 'std.async_noop')]
    for part in ('graph', 'timeline', 'why'):
        assert 'WorkflowExecution not found' in http.get(f'/executions/nobody/{part}', 404).json()['faultstring']


def test_the_timeline_tells_what_ran_when_in_the_whole_tree(http, ended):
    path = f'/executions/{ended["id"]}/timeline'
    entries = http.json(path)['entries']
    name = ended['workflow_name']
    assert [(entry['kind'], entry['name']) for entry in entries if entry['kind'] == 'execution'] == [
        ('execution', name), ('execution', f'{name}_below')]
    tasks = {entry['name']: entry for entry in entries if entry['kind'] == 'task'}
    assert set(tasks) == {'first', 'sub', 'deep', 'last'}
    assert tasks['first']['to'] <= tasks['sub']['from'] <= tasks['deep']['from'] <= tasks['deep']['to'] <= tasks['last']['from']
    assert all(INSTANT.fullmatch(entry['from']) and entry['from'] <= entry['to'] for entry in entries)
    assert {entry['state'] for entry in entries} == {'SUCCESS'}
    assert [entry['from'] for entry in entries] == sorted(entry['from'] for entry in entries)

    pages, address = [], f'{http.url}{path}?limit=2'
    while address:
        page = requests.get(address, timeout=60).json()
        assert len(page['entries']) <= 2
        pages += page['entries']
        address = page.get('next')
    assert pages == entries


def test_plain_json(http, ended):
    path = f'/executions/{ended["id"]}'
    text, plain = http.json(path), http.plain(path)
    for name in ('input', 'output', 'params', 'published_global'):
        assert json.loads(text[name]) == plain[name], name
    assert plain['input'] == {'n': 3}
    assert plain['output'] == {'total': 3, 'said': {'a': [3]}}
    others = {name for name in text if text[name] != plain[name]}
    assert others == {'input', 'output', 'params', 'published_global'}

    task, = (task for task in http.plain(f'{path}/tasks?include=result')['tasks'] if task['name'] == 'first')
    assert (task['result'], task['published']) == ({'a': [3]}, {'said': {'a': [3]}})
    assert 'result' not in http.plain(f'{path}/tasks')['tasks'][0]
    action, = http.plain(f'/tasks/{task["id"]}/action_executions?include=result')['action_executions']
    assert (action['input'], action['output']) == ({'output': {'a': [3]}}, {'result': {'a': [3]}})
    listed, = http.plain(f'/executions?workflow_name={ended["workflow_name"]}&include=result')['executions']
    assert listed['output'] == plain['output']
    assert http.plain(f'/workflows/{ended["workflow_name"]}')['interface'] == {'input': [{'n': 3}], 'output': ['total', 'said']}

    refused = http.get(f'{path}?fields=nonsense', 400, headers={'Accept': PLAIN})
    assert refused.headers['content-type'] == 'application/json'
    refused = http.get('/executions?include=everything', 400)
    assert "include 'result' only" in refused.json()['faultstring']


def samples(http):
    """The metrics as numbers, by name and labels."""
    answer = requests.get(http.url.removesuffix('/v2') + '/metrics', timeout=60)
    assert answer.headers['content-type'].startswith('application/openmetrics-text')
    *lines, last = answer.text.splitlines()
    assert last == '# EOF'
    return {line.rsplit(' ', 1)[0]: float(line.rsplit(' ', 1)[1]) for line in lines if not line.startswith('#')}


def test_metrics_count_what_happens(http):
    text = "version: '2.0'\nadditions_counted: {tasks: {t: {action: std.async_noop, publish: {a: <% 1 + 1 %>}}}}"
    http.post('/workflows', data=text)
    before = samples(http)

    def grown(start):
        now = samples(http)
        return sum(value - before.get(name, 0) for name, value in now.items() if name.startswith(start))

    identifier = http.post('/executions', json={'workflow_name': 'additions_counted'})['id']
    action, = http.json('/action_executions?workflow_name=additions_counted')['action_executions']
    assert grown('ostro_executions{state="RUNNING"}') == 1
    report = requests.put(f'{http.url}/action_executions/{action["id"]}', json={'state': 'SUCCESS'}, timeout=60)
    assert report.status_code == 200
    assert http.json(f'/executions/{identifier}/wait')['state'] == 'SUCCESS'
    until(lambda: grown('ostro_executions{state="RUNNING"}') == 0, what='the end in the metrics')
    for name in ('ostro_transitions_total', 'ostro_commit_seconds_count', 'ostro_step_seconds_count', 'ostro_expressions_total',
                 'ostro_http_requests_total{method="POST",route="/v2/executions",status="201"}'):
        assert grown(name) >= 1, name


def test_cron_commands(http):
    ostro = Client(http.url)
    http.post('/workflows', data="version: '2.0'\nadditions_cron: {input: [who], tasks: {t: {action: std.noop}}}")
    made = ostro.json('cron', 'create', 'additions_nightly', 'additions_cron', '--pattern', '0 2 * * *', '-i', 'who=me',
                      '--timezone', 'Europe/Riga', '--overlap', 'skip', '--jitter', '10', '--catch-up', 'latest')
    assert (made['pattern'], made['timezone'], made['overlap'], made['jitter']) == ('0 2 * * *', 'Europe/Riga', 'skip', 10)
    assert made['workflow_input'] == {'who': 'me'}
    assert 'Duplicate entry' in ostro.fails('cron', 'create', 'additions_nightly', 'additions_cron', '-p', '1 1 1 1 *', '-i', 'who=x')
    assert 'unexpected' in ostro.fails('cron', 'create', 'additions_bad', 'additions_cron', '-p', '1 1 1 1 *', '-i', 'whom=x')
    assert 'not valid' in ostro.fails('cron', 'create', 'additions_bad', 'additions_cron', '-p', 'often', '-i', 'who=x')
    assert 'additions_nightly' in ostro.text('cron', 'list')
    assert ostro.json('cron', 'show', 'additions_nightly')['id'] == made['id']

    changed = ostro.json('cron', 'update', 'additions_nightly', '--pattern', '30 3 * * *', '--count', '5')
    assert (changed['pattern'], changed['remaining_executions'], changed['timezone']) == ('30 3 * * *', 5, 'Europe/Riga')
    off, = ostro.json('cron', 'disable', 'additions_nightly')
    assert (off['enabled'], off['next_execution_time']) == (False, None)
    on, = ostro.json('cron', 'enable', 'additions_nightly')
    assert on['enabled'] and on['next_execution_time']

    fire = ostro.json('cron', 'run', 'additions_nightly')
    ended, = ostro.json('execution', 'wait', fire['execution_id'])
    assert ended['state'] == 'SUCCESS'
    today = datetime.datetime.now(datetime.timezone.utc).date()
    begin = today - datetime.timedelta(days=2)
    fires = ostro.json('cron', 'backfill', 'additions_nightly', f'{begin} 00:00:00', f'{today} 00:00:00')
    assert len(fires) == 2

    def started():
        return [row for row in ostro.json('cron', 'fires', 'additions_nightly') if row['execution_id']]

    until(lambda: len(started()) == 3, what='the starts of the backfill')
    assert sorted(row['kind'] for row in started()) == sorted(['run', 'backfill', 'backfill'])
    assert 'no time in this period' in ostro.fails('cron', 'backfill', 'additions_nightly', '2026-01-01 00:00:00', '2026-01-01 01:00:00')

    ostro.text('cron', 'delete', 'additions_nightly')
    assert 'Cron trigger not found' in ostro.fails('cron', 'show', 'additions_nightly')
