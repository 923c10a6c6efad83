"""Every route does what the OpenAPI document says: schemathesis makes the requests and judges the answers.

EXAMPLES=1000 in the environment makes more requests of each kind, from another seed each time (`make schemathesis`).
"""

import json
import os
import pathlib
import subprocess
import sys

import pytest
import requests

from waiting import until

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCHEMATHESIS = pathlib.Path(sys.executable).with_name('schemathesis')
CHECKS = ['not_a_server_error', 'status_code_conformance', 'content_type_conformance', 'response_schema_conformance']
# Streams have no end, and a wait may take 300 s: test_events.py and test_additions.py are theirs.
EXCLUDED = ['/v2/events', '/v2/executions/{id}/wait']
DEFINITION = """version: '2.0'
known:
  input: [n: 1]
  tasks:
    say: {action: std.echo output=<% $.n %>, publish: {n: <% task().result %>}, on-success: sub}
    sub: {workflow: below}
below: {tasks: {t: {action: std.noop}}}
fails: {tasks: {boom: {action: std.fail}}}
waits: {tasks: {hold: {action: std.async_noop}}}
"""


class Api:
    def __init__(self, url):
        self.url, self.session = url, requests.Session()
        self.session.headers['X-Roles'] = 'admin'

    def __call__(self, method, path, status, data=None, **options):
        answer = self.session.request(method, self.url + path, data=data, timeout=30, **options)
        assert answer.status_code == status, (method, path, answer.status_code, answer.text)
        return answer.json() if answer.content else None

    def list(self, path):
        return self('GET', path, 200)[path.split('?')[0].rsplit('/', 1)[1]]


@pytest.fixture
def api(new_server):
    return Api(new_server('api.allow_action_execution_deletion=true').start().url)


def known_things(api):
    """Makes something of each kind; the ids by path."""
    api('POST', '/workflows', 201, DEFINITION)
    api('POST', '/workbooks', 201, "version: '2.0'\nname: known\nworkflows: {w: {tasks: {t: {action: std.noop}}}}\n")
    api('POST', '/actions', 201, "version: '2.0'\nknown: {base: std.noop}\n")
    api('POST', '/environments', 201, json={'name': 'known', 'variables': {'a': 1}})
    api('POST', '/code_sources?name=known', 201, 'class A: pass\n')
    api('POST', '/dynamic_actions', 201, json={'name': 'known', 'class_name': 'A', 'code_source_name': 'known'})
    api('POST', '/cron_triggers', 201, json={'name': 'known', 'workflow_name': 'known', 'pattern': '0 3 1 1 *'})
    saved = {'name': 'std.echo', 'input': {'output': 1}, 'params': {'save_result': True, 'run_sync': True}}
    actions = [api('POST', '/action_executions', 201, json=saved)['id'] for _ in range(4)]
    start = {name: api('POST', '/executions', 201, json={'workflow_name': name})['id'] for name in ('known', 'fails', 'waits')}
    ended = [start['known'], start['fails']]
    for identifier in ended:
        api('GET', f'/executions/{identifier}/wait', 200)
    until(lambda: api.list(f'/executions/{start["waits"]}/tasks'), what='a task')
    tasks = [task['id'] for task in api.list('/tasks')]
    pairs = [{'task': action['task_execution_id'], 'id': action['id']} for action in api.list('/action_executions')]
    spare = [api('POST', '/executions', 201, json={'workflow_name': 'below'})['id'] for _ in range(4)]
    for identifier in spare:
        api('GET', f'/executions/{identifier}/wait', 200)
    for number in range(2):
        api('POST', '/environments', 201, json={'name': f'spare{number}', 'variables': {}})
        api('POST', f'/code_sources?name=spare{number}', 201, 'class A: pass\n')
        api('POST', '/actions', 201, f"version: '2.0'\nspare{number}: {{base: std.noop}}\n")
        api('POST', '/workflows', 201, f"version: '2.0'\nspare{number}: {{tasks: {{t: {{action: std.noop}}}}}}\n")
    named = [{'id': 'known'}]
    executions = [{'id': identifier} for identifier in start.values()]
    spares = [{'id': f'spare{number}'} for number in range(2)]
    known = {
        '/v2/workflows/{id}': named, '/v2/workbooks/{id}': named, '/v2/actions/{id}': [*named, {'id': 'std.http'}],
        '/v2/workbooks/{id}/{namespace}': [{'id': 'known', 'namespace': 'n'}],
        '/v2/actions/{id}/{namespace}': [{'id': 'std.echo', 'namespace': 'n'}],
        '/v2/environments/{name}': [{'name': 'known'}],
        '/v2/code_sources/{id}': named, '/v2/dynamic_actions/{id}': named,
        '/v2/tasks/{task}/action_executions/{id}': [pair for pair in pairs if pair['task']],
        '/v2/action_executions/{id}': [{'id': pair['id']} for pair in pairs],
        'DELETE /v2/executions/{id}': [{'id': identifier} for identifier in spare],
        'DELETE /v2/action_executions/{id}': [{'id': identifier} for identifier in actions],
        'DELETE /v2/environments/{name}': [{'name': spare['id']} for spare in spares],
        'DELETE /v2/code_sources/{id}': spares, 'DELETE /v2/actions/{id}': spares, 'DELETE /v2/workflows/{id}': spares,
    }
    for part in ('', '/tasks', '/executions', '/report', '/graph', '/timeline', '/why'):
        known[f'/v2/executions/{{id}}{part}'] = executions
    for part in ('', '/action_executions', '/workflow_executions', '/executions'):
        known[f'/v2/tasks/{{id}}{part}'] = [{'id': task} for task in tasks]
    for part in ('', '/run', '/backfill', '/fires'):
        known[f'/v2/cron_triggers/{{id}}{part}'] = named
    return known


def arguments(api):
    examples = os.environ.get('EXAMPLES')
    yield from ('run', api.url + '/openapi.json', '-H', 'X-Roles: admin')
    yield from ('--checks', ','.join(CHECKS), '--phases', 'examples,coverage,fuzzing', '--warnings', 'off')
    yield from ('--request-timeout', '20', '--continue-on-failure')
    for path in EXCLUDED:
        yield from ('--exclude-path', path)
    yield from ('--max-examples', examples or '2')
    if not examples:
        # What is not valid has a test of its own (test_hostile.py), which makes more of it in less time.
        yield from ('--seed', '1', '--mode', 'positive')


def test_schemathesis(api, tmp_path):
    environment = os.environ | {
        'KNOWN': json.dumps(known_things(api)), 'SCHEMATHESIS_HOOKS': 'schema_hooks',
        'PYTHONPATH': str(pathlib.Path(__file__).parent), 'NO_COLOR': '1', 'COLUMNS': '160',
    }
    done = subprocess.run([SCHEMATHESIS, *arguments(api)], cwd=tmp_path, env=environment, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=3600 if os.environ.get('EXAMPLES') else 300, check=False)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]
    assert 'No issues found' in done.stdout, done.stdout[-2_000:]


def test_the_document_served_is_the_one_of_the_tree(api):
    served = requests.get(api.url + '/openapi.json', timeout=30)
    assert served.json() == json.loads((ROOT / 'docs/openapi.json').read_text())


def test_the_page_for_people(api):
    page = requests.get(api.url + '/docs', timeout=30)
    assert page.headers['content-type'] == 'text/html; charset=utf-8'
    for words in ('Start a workflow', '/v2/executions/{id}/timeline', 'Idempotency-Key'):
        assert words in page.text
