"""Clients that are not Python programs, by the requests that they make and the types that they read: gophercloud (and
Terraform's provider, which uses it), the dashboard, TripleO's browser application, bare curl."""

import datetime
import itertools
import json
import urllib.parse

import pytest
import requests

TIME = '%Y-%m-%d %H:%M:%S'
NUMBERS = itertools.count()
DEFINITION = '''
version: '2.0'
{name}:
  tags: [a, b]
  input: [who, greeting: Hello]
  output: {{text: <% $.text %>}}
  tasks:
    greet:
      action: std.echo output="<% $.greeting %>, <% $.who %>"
      publish: {{text: <% task().result %>}}
'''


class Client:
    """Sends the headers that a client sends with every request."""

    def __init__(self, url, **headers):
        self.url, self.session = url, requests.Session()
        self.session.headers.clear()
        self.session.headers.update(headers)

    def __call__(self, method, path, *statuses, **options):
        url = path if path.startswith('http') else self.url + path
        answer = self.session.request(method, url, timeout=60, **options)
        assert answer.status_code in statuses, (method, url, answer.status_code, answer.text)
        return answer.json() if answer.content else None


@pytest.fixture
def go(url):
    return Client(url, **{'User-Agent': 'gophercloud/v2.8.0', 'Accept': 'application/json', 'X-Auth-Token': 'a-token'})


@pytest.fixture
def name(go):
    """A workflow, uploaded as gophercloud does: no Accept, text/plain, its scope in the query."""
    name = f'others_{next(NUMBERS)}'
    headers = {'Content-Type': 'text/plain', 'Accept': ''}
    made = go('POST', '/workflows?scope=private', 201, data=DEFINITION.format(name=name).encode(), headers=headers)
    assert [workflow['name'] for workflow in made['workflows']] == [name]
    return name


def texts(resource, *names):
    """Go decodes null into an empty string, and nothing but a string or null."""
    for name in names:
        assert resource.get(name) is None or isinstance(resource[name], str), (name, resource.get(name))


def times(resource, *names):
    for name in names:
        if resource.get(name) is not None:
            datetime.datetime.strptime(resource[name], TIME)


def check_execution(execution):
    texts(execution, 'id', 'description', 'project_id', 'state', 'state_info', 'workflow_id', 'workflow_name', 'workflow_namespace',
          'root_execution_id', 'task_execution_id', 'input', 'output', 'params')
    times(execution, 'created_at', 'updated_at')
    for field in ('input', 'output', 'params'):
        assert isinstance(json.loads(execution.get(field) or '{}'), dict), field


def test_go_workflows(go, name):
    shown = go('GET', f'/workflows/{name}', 200)
    texts(shown, 'id', 'name', 'namespace', 'input', 'project_id', 'definition', 'scope')
    times(shown, 'created_at', 'updated_at')
    assert shown['tags'] == ['a', 'b']
    query = urllib.parse.urlencode({'name': f'eq:{name}', 'namespace': '', 'tags': 'a,b', 'scope': 'private', 'limit': 1,
                                    'created_at': f'gte:{shown["created_at"]}', 'sort_keys': 'id', 'sort_dirs': 'asc'})
    page = go('GET', f'/workflows?{query}', 200)
    assert [workflow['id'] for workflow in page['workflows']] == [shown['id']]
    # Pages are followed until one is empty.
    assert go('GET', page['next'], 200)['workflows'] == []
    go('DELETE', f'/workflows/{shown["id"]}', 202, 204)
    go('GET', f'/workflows/{shown["id"]}', 404)


def test_go_executions(go, name):
    workflow = go('GET', f'/workflows/{name}', 200)['id']
    body = {'workflow_id': workflow, 'input': {'who': 'Go'}, 'params': {'env': {'a': 1}}, 'description': 'by Go'}
    made = [go('POST', '/executions', 201, json=body) for _ in range(3)]
    for execution in made:
        check_execution(execution)
        check_execution(go('GET', f'/executions/{execution["id"]}/wait', 200))
    again = go('POST', '/executions', 201, json={'id': made[0]['id'], 'workflow_name': name, 'input': {'who': 'x'}})
    assert again['created_at'] == made[0]['created_at']
    query = urllib.parse.urlencode({
        'workflow_name': f'in:{name},nobody', 'workflow_id': workflow, 'state': 'neq:ERROR', 'description': 'has:by', 'limit': 2,
        'created_at': 'gt:2020-01-01 00:00:00', 'input': json.dumps({'who': 'Go', 'greeting': 'Hello'}), 'include_output': '1',
        'sort_keys': 'created_at', 'sort_dirs': 'asc'})
    found, address = [], f'/executions?{query}'
    while address:
        page = go('GET', address, 200)
        found += page['executions']
        address = page.get('next', '') if page['executions'] else ''
    assert [execution['id'] for execution in found] == [execution['id'] for execution in made]
    for execution in found:
        check_execution(execution)
        assert json.loads(execution['output']) == {'text': 'Hello, Go'}
    go('DELETE', f'/executions/{made[0]["id"]}', 202, 204)


def test_go_and_terraform_cron_triggers(go, name):
    workflow = go('GET', f'/workflows/{name}', 200)['id']
    first = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=3)).strftime('%Y-%m-%d %H:%M')
    body = {'name': f'{name}_cron', 'pattern': '0 5 * * *', 'workflow_id': workflow, 'workflow_input': {'who': 'Terraform'},
            'workflow_params': {'env': {'a': 1}}, 'remaining_executions': 4, 'first_execution_time': first}
    made = go('POST', '/cron_triggers', 201, json=body)
    shown = go('GET', f'/cron_triggers/{made["id"]}', 200)
    for trigger in (made, shown):
        texts(trigger, 'id', 'name', 'pattern', 'project_id', 'scope', 'workflow_id', 'workflow_name')
        times(trigger, 'created_at', 'updated_at', 'first_execution_time', 'next_execution_time')
        assert trigger['remaining_executions'] == 4
        # These two are parsed even when they are empty.
        assert json.loads(trigger['workflow_input']) == {'who': 'Terraform'}
        assert json.loads(trigger['workflow_params']) == {'env': {'a': 1}}
    query = urllib.parse.urlencode({'name': f'{name}_cron', 'remaining_executions': 'gte:2', 'pattern': 'has:5 *', 'scope': 'private',
                                    'next_execution_time': 'gt:2020-01-01 00:00:00', 'workflow_input': '{"who": "Terraform"}'})
    assert [trigger['id'] for trigger in go('GET', f'/cron_triggers?{query}', 200)['cron_triggers']] == [made['id']]
    go('DELETE', f'/cron_triggers/{made["id"]}', 202, 204)


def test_the_dashboard(url, name):
    """A form gives every value as a text, blanks as null, and always a task name."""
    dashboard = Client(url, **{'X-Auth-Token': 't', 'X-Project-Id': 'p', 'X-User-Id': 'u', 'Accept': '*/*'})
    form = {'workflow_name': name, 'input': json.dumps({'who': 'Horizon', 'greeting': 'Hi'}), 'params': json.dumps({'task_name': ''}),
            'description': ''}
    made = dashboard('POST', '/executions', 201, json=form)
    ended = dashboard('GET', f'/executions/{made["id"]}/wait', 200)
    assert json.loads(ended['output']) == {'text': 'Hi, Horizon'}
    assert dashboard('POST', '/executions', 201, json=form | {'input': json.dumps({'who': None})})['state'] == 'RUNNING'
    # Its tables send the name of the last row as the marker.
    after = dashboard('GET', f'/workflows?limit=1000&marker={name}&sort_dirs=desc&sort_keys=name', 200)
    assert name not in [workflow['name'] for workflow in after['workflows']]
    actions = dashboard('GET', '/actions?limit=1000&sort_dirs=asc&sort_keys=name', 200)['actions']
    assert {'id', 'name', 'is_system', 'input', 'tags', 'created_at', 'updated_at'} <= set(actions[0])
    task = dashboard('GET', f'/executions/{made["id"]}/tasks', 200)['tasks'][0]
    detail = dashboard('GET', f'/tasks/{task["id"]}', 200)
    assert (json.loads(detail['result']), json.loads(detail['published'])) == ('Hi, Horizon', {'text': 'Hi, Horizon'})
    changed = dashboard('PUT', f'/executions/{made["id"]}', 200, json={'description': 'seen'})
    assert changed['description'] == 'seen'
    run = dashboard('POST', '/action_executions', 201, json={'name': 'std.echo', 'input': '{"output": "x"}', 'params': {'save_result': True}})
    assert run['state'] == 'RUNNING'


def test_a_browser_application(url, name):
    browser = Client(url, **{'X-Auth-Token': 't', 'Accept': 'application/json, text/plain, */*', 'Origin': 'http://localhost:3000'})
    made = browser('POST', '/executions', 201, json={'workflow_name': name, 'input': {'who': 'you'}})
    ended = browser('GET', f'/executions/{made["id"]}/wait', 200)
    updated = browser('PUT', f'/executions/{made["id"]}', 200, json={'description': 'x'})
    listed = browser('GET', f'/executions?include_output=true&workflow_name={name}', 200)['executions']
    for execution in (made, ended, updated, *listed):
        for field in ('input', 'output', 'params'):
            json.loads(execution[field])
    body = {'name': 'std.echo', 'input': {'output': {'a': 1}}, 'params': {'save_result': True, 'run_sync': True}}
    run = browser('POST', '/action_executions', 201, json=body)
    assert (run['state'], json.loads(run['output'])['result']) == ('SUCCESS', {'a': 1})
    preflight = requests.options(f'{url}/executions', timeout=60, headers={
        'Origin': 'http://localhost:3000', 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'X-Auth-Token'})
    assert preflight.status_code == 200


@pytest.mark.parametrize('headers', [{}, {'Content-Type': 'application/x-www-form-urlencoded'}, {'Accept': 'application/json'}])
def test_definitions_without_the_right_headers(url, headers):
    """curl says that it sends a form, the Tempest plug-in says nothing, gophercloud's default is to want JSON."""
    bare, name = Client(url, **headers), f'others_{next(NUMBERS)}'
    made = bare('POST', '/workflows', 201, data=DEFINITION.format(name=name).encode())
    assert made['workflows'][0]['name'] == name
    assert bare('POST', '/executions', 201, data=json.dumps({'workflow_name': name, 'input': '{"who": "curl"}'}).encode())['state'] == 'RUNNING'
