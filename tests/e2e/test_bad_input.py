"""What users get wrong: a clear text, the right status, a server that lives on, and nothing half-stored."""

import json

import pytest
import requests

from client import finished, start

MIB = 1 << 20
DEPTH = 10_000

GOOD = '''
version: '2.0'
{name}:
  input: [needed]
  tasks:
    t:
      action: std.noop
'''

BAD_DEFINITIONS = {
    'malformed YAML': ('a: [1, 2', 'Definition could not be parsed: '),
    'a tab for indentation': ("version: '2.0'\nw:\n\ttasks:", 'Definition could not be parsed: '),
    'not a dictionary': ('- 1\n- 2\n', 'Invalid DSL: '),
    'no version': ('w:\n  tasks:\n    t: {action: std.noop}\n', "Invalid DSL: 'version' is a required property"),
    'an unknown key of task-defaults': (
        "version: '2.0'\nw:\n  task-defaults: {colour: red}\n  tasks:\n    t: {action: std.noop}\n", 'Invalid DSL: '),
    'an unknown key of a task': (
        "version: '2.0'\nw:\n  tasks:\n    t: {action: std.noop, retries: 3}\n", 'Invalid DSL: '),
    'no tasks': ("version: '2.0'\nw:\n  description: empty\n", "Invalid DSL: 'tasks' is a required property"),
    'a transition to nowhere': (
        "version: '2.0'\nw:\n  tasks:\n    t: {action: std.noop, on-success: u}\n", "Task 'u' not found."),
    'only circles': (
        "version: '2.0'\nw:\n  tasks:\n    t: {action: std.noop, on-success: u}\n"
        "    u: {action: std.noop, on-success: t}\n", 'Failed to find start tasks in direct workflow'),
    'a join of nothing': (
        "version: '2.0'\nw:\n  tasks:\n    t: {action: std.noop, join: all}\n    s: {action: std.noop}\n",
        "No inbound tasks for task with 'join: all'"),
    'bad YAQL': ("version: '2.0'\nw:\n  output:\n    x: <% $.a + %>\n  tasks:\n    t: {action: std.noop}\n", ''),
    'bad Jinja': ("version: '2.0'\nw:\n  output:\n    x: \"{{ _.a + }}\"\n  tasks:\n    t: {action: std.noop}\n", ''),
    'both languages in one text': (
        "version: '2.0'\nw:\n  output:\n    x: <% $.a %> {{ _.a }}\n  tasks:\n    t: {action: std.noop}\n",
        'Mixing expression types in a single line is not allowed'),
    'a name with a space': ("version: '2.0'\n'a b':\n  tasks:\n    t: {action: std.noop}\n", 'must not contain spaces'),
    'deep lists': ('a: ' + '[' * DEPTH + ']' * DEPTH, ''),
    'deep dictionaries': (''.join(' ' * n + 'a:\n' for n in range(DEPTH // 10)), ''),
    'deep parentheses': (
        f"version: '2.0'\nw:\n  output:\n    x: <% {'(' * DEPTH}1{')' * DEPTH} %>\n  tasks:\n    t: {{action: std.noop}}\n",
        ''),
}


def post(url, path, body, kind='text/plain', **options):
    return requests.post(url + path, data=body, headers={'Content-Type': kind}, timeout=60, **options)


@pytest.fixture(autouse=True)
def alive_afterwards(url):
    """Whatever a test sends: the server answers afterwards."""
    yield
    assert requests.get(url + '/', timeout=20).status_code == 200


@pytest.mark.parametrize('what', BAD_DEFINITIONS)
def test_a_bad_definition(url, what):
    text, complaint = BAD_DEFINITIONS[what]
    before = requests.get(url + '/workflows', timeout=20).json()

    reply = post(url, '/workflows', text.encode())
    assert reply.status_code == 400, reply.text
    assert complaint in reply.json()['faultstring']
    assert reply.json()['faultstring'].strip()
    verdict = post(url, '/workflows/validate', text.encode())
    assert verdict.status_code == 200
    # A name with a space is refused by both; the original lets /validate pass it.
    assert verdict.json()['valid'] is False and verdict.json()['error']

    assert requests.get(url + '/workflows', timeout=20).json() == before


def test_one_bad_workflow_of_two_stores_neither(url):
    text = GOOD.format(name='half_good') + 'half_bad:\n  tasks: {}\n'
    assert post(url, '/workflows', text).status_code == 400
    assert requests.get(url + '/workflows/half_good', timeout=20).status_code == 404


@pytest.mark.parametrize('flag', ['skip_validation', 'skip_validation=true', 'skip_validation=false'])
@pytest.mark.parametrize(('path', 'text', 'problem'), [
    ('/workflows', GOOD.format(name='unchecked') + '      on-success: nowhere\n', "Task 'nowhere' not found."),
    ('/workbooks', "version: '2.0'\nname: unchecked\nworkflows: {w: {tasks: {}}}\n", 'Invalid DSL: '),
    ('/actions', "version: '2.0'\nunchecked: {base: std.noop, strange: 1}\n", 'Invalid DSL: '),
], ids=['workflow', 'workbook', 'action'])
def test_nobody_skips_validation(url, path, text, problem, flag):
    """As with the original, whose `validation_mode` is `mandatory` unless it is configured otherwise."""
    for method in (requests.post, requests.put):
        reply = method(f'{url}{path}?{flag}', text, headers={'Content-Type': 'text/plain'}, timeout=20)
        assert reply.status_code == 400
        assert reply.json()['faultstring'].startswith(problem)
    assert requests.get(f'{url}{path}/unchecked', timeout=20).status_code == 404


def test_a_bad_workbook_stores_nothing(url):
    text = '''
version: '2.0'
name: bad_book
workflows:
  good: {tasks: {t: {action: std.noop}}}
  bad: {tasks: {t: {action: std.noop, on-success: nowhere}}}
'''
    assert post(url, '/workbooks', text).status_code == 400
    assert requests.get(url + '/workbooks/bad_book', timeout=20).status_code == 404
    assert requests.get(url + '/workflows/bad_book.good', timeout=20).status_code == 404


def test_text_that_is_not_utf_8(url):
    latin = "version: '2.0'\nw:\n  description: grün\n  tasks:\n    t: {action: std.noop}\n".encode('latin-1')
    reply = post(url, '/workflows', latin)
    assert reply.status_code == 400
    assert reply.json()['faultstring']
    assert post(url, '/executions', b'{"workflow_name": "\xff"}', 'application/json').status_code == 400


@pytest.mark.parametrize(('path', 'kind', 'body'), [
    ('/workflows', 'text/plain', b'# ' + b'x' * (50 * MIB)),
    ('/workbooks', 'text/plain', b'name: ' + b'x' * (50 * MIB)),
    ('/executions', 'application/json', b'{"workflow_name": "' + b'x' * (50 * MIB) + b'"}'),
    ('/environments', 'application/json', b'{"name": "e", "variables": {"a": "' + b'x' * (50 * MIB) + b'"}}'),
], ids=['workflow', 'workbook', 'execution', 'environment'])
def test_a_body_of_50_mb(url, path, kind, body):
    try:
        reply = post(url, path, body, kind)
    except requests.ConnectionError:
        # The server may hang up while the body is still on its way; its answer is lost then.
        return
    assert reply.status_code in (400, 413)
    assert reply.json()['faultstring']


@pytest.mark.parametrize('body', [
    b'', b'nonsense', b'[1, 2]', b'"text"', b'{"workflow_name": 3}', b'{"workflow_name": "w", "colour": "red"}', b'{}',
    b'{"workflow_name": "w", "input": "[1]"}', b'{"workflow_name": "w", "input": "nonsense"}',
    b'{"a": ' * DEPTH + b'1' + b'}' * DEPTH,
    b'{"workflow_name": "w", "input": ' + b'[' * DEPTH + b']' * DEPTH + b'}',
], ids=lambda body: body[:40].decode())
def test_a_bad_execution_body(url, body):
    reply = post(url, '/executions', body, 'application/json')
    assert reply.status_code == 400, reply.text
    assert reply.json()['faultstring'].strip()


def test_an_unknown_workflow(url):
    reply = post(url, '/executions', json.dumps({'workflow_name': 'no_such_flow'}), 'application/json')
    assert reply.status_code == 404
    assert reply.json()['faultstring'] == 'Workflow not found [workflow_identifier=no_such_flow, namespace=]'


def test_missing_and_unexpected_input(api, url):
    api.workflows.create(GOOD.format(name='wants_input'))
    count = len(api.executions.list(limit=1000))
    body = json.dumps({'workflow_name': 'wants_input', 'input': {'surplus': 1}})
    reply = post(url, '/executions', body, 'application/json')
    assert reply.status_code == 400
    expected = ("Invalid input [name=wants_input, class=DirectWorkflowSpec, missing=['needed'], unexpected=['surplus']]")
    assert reply.json()['faultstring'] == expected
    assert len(api.executions.list(limit=1000)) == count


def test_an_unknown_action_fails_the_workflow(api):
    api.workflows.create('''
version: '2.0'
unknown_action:
  tasks:
    t:
      action: no.such_action
''')
    execution = finished(api, start(api, 'unknown_action'))
    assert execution.state == 'ERROR'
    assert 'no.such_action' in execution.state_info


def test_a_failing_expression_fails_the_workflow(api):
    api.workflows.create('''
version: '2.0'
failing_expression:
  tasks:
    t:
      action: std.echo output=<% $.nothing.of_this %>
''')
    execution = finished(api, start(api, 'failing_expression'))
    assert execution.state == 'ERROR'
    assert execution.state_info.startswith('Failed to run task [error=')


def test_an_endless_expression_is_stopped(api):
    api.workflows.create('''
version: '2.0'
endless_expression:
  tasks:
    t:
      action: std.echo output=<% range(0, 1000000000000).select($ * 2).sum() %>
''')
    execution = finished(api, start(api, 'endless_expression'), seconds=60)
    assert execution.state == 'ERROR'


@pytest.mark.parametrize('path', [
    '/executions?limit=-1', '/executions?limit=many', '/executions?sort_keys=colour', '/executions?colour=red',
    '/workflows?fields=colour', '/tasks?sort_dirs=sideways',
])
def test_a_bad_query(url, path):
    reply = requests.get(url + path, timeout=20)
    assert reply.status_code == 400, reply.text
    assert reply.json()['faultstring'].strip()


def test_unknown_things_are_404(url):
    nobody = '00000000-0000-0000-0000-000000000000'
    for path in ('workflows/nobody', 'workbooks/nobody', 'actions/nobody', 'environments/nobody', f'executions/{nobody}',
                 f'tasks/{nobody}', f'action_executions/{nobody}', 'nonsense'):
        assert requests.get(f'{url}/{path}', timeout=20).status_code == 404, path
