"""What an operator types with the `mistral` command, from workbook-create to execution-get-output."""

import json
import re

import pytest

from client import CommandFailed

UUID = re.compile(r'^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$')
TIME = re.compile(r'^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$')

WORKBOOK = '''
version: '2.0'
name: {name}
description: A workbook of the session
tags: [session]
workflows:
  main:
    tasks:
      call:
        workflow: inner
  inner:
    tasks:
      nothing:
        action: std.noop
'''

WORKFLOW = '''version: '2.0'

{name}:
  description: Adds one, twice
  tags: [sums]
  input:
    - number
    - text: hi
  output:
    total: <% $.total %>
  tasks:
    first:
      action: std.echo output=<% $.number + 1 %>
      publish:
        sum: <% task().result %>
      on-success: second
    second:
      action: std.echo output=<% $.sum + 1 %>
      publish:
        total: <% task().result %>
'''

ITEMS = '''
version: '2.0'
{name}:
  input: [numbers]
  tasks:
    each:
      with-items: number in <% $.numbers %>
      action: std.echo output=<% $.number * 2 %>
'''

FAILING = '''
version: '2.0'
{name}:
  tasks:
    breaks:
      action: std.fail error_data="out of paper"
'''

SLOW = '''
version: '2.0'
{name}:
  tasks:
    wait:
      action: std.async_noop
      on-success: after
    after:
      action: std.noop
'''


def test_workbooks(mistral, definition):
    path = definition(WORKBOOK.format(name='session_book'))

    assert mistral.fields('workbook-validate', path) == {'Valid': 'True', 'Error': 'None'}
    created = mistral.fields('workbook-create', path)
    assert created['Name'] == 'session_book'
    assert created['Tags'] == 'session'
    assert created['Scope'] == 'private'
    assert TIME.match(created['Created at'])

    assert 'session_book' in [row['Name'] for row in mistral.rows('workbook-list')]
    assert mistral.fields('workbook-get', 'session_book')['Name'] == 'session_book'
    assert mistral.text('workbook-get-definition', 'session_book').strip() == path.read_text().strip()
    names = {row['Name'] for row in mistral.rows('workflow-list', '--sort_keys', 'created_at', '--sort_dirs', 'desc')}
    assert {'session_book.main', 'session_book.inner'} <= names

    execution = mistral.fields('execution-create', 'session_book.main')
    assert mistral.wait(execution['ID'])['State'] == 'SUCCESS'
    subs = mistral.rows('execution-get-sub-executions', execution['ID'])
    assert [row['Workflow name'] for row in subs] == ['session_book.main', 'session_book.inner']

    assert mistral.fields('workbook-update', path)['Name'] == 'session_book'
    mistral.text('workbook-delete', 'session_book')
    with pytest.raises(CommandFailed, match='Workbook not found'):
        mistral.text('workbook-get', 'session_book')


def test_workflows(mistral, definition):
    path = definition(WORKFLOW.format(name='session_flow'))

    assert mistral.fields('workflow-validate', path) == {'Valid': 'True', 'Error': 'None'}
    created, = mistral.rows('workflow-create', path)
    assert UUID.match(created['ID'])
    assert created['Name'] == 'session_flow'
    assert created['Tags'] == 'sums'
    assert created['Input'] == 'number, text="hi"'
    assert created['Scope'] == 'private'
    assert created['Project ID'] == '<default-project>'

    listed = {row['Name']: row for row in mistral.rows('workflow-list', '--sort_keys', 'created_at', '--sort_dirs', 'desc')}
    assert listed['session_flow']['ID'] == created['ID']
    assert mistral.fields('workflow-get', 'session_flow')['ID'] == created['ID']
    assert mistral.fields('workflow-get', created['ID'])['Name'] == 'session_flow'
    assert mistral.text('workflow-get-definition', 'session_flow').rstrip('\n') == path.read_text().rstrip('\n')

    with pytest.raises(CommandFailed, match='Duplicate entry for WorkflowDefinition'):
        mistral.text('workflow-create', path)
    path.write_text(WORKFLOW.format(name='session_flow').replace('text: hi', 'text: hello'))
    updated, = mistral.rows('workflow-update', path)
    assert updated['ID'] == created['ID']
    assert updated['Input'] == 'number, text="hello"'

    mistral.text('workflow-delete', 'session_flow')
    with pytest.raises(CommandFailed, match='Workflow not found'):
        mistral.text('workflow-get', 'session_flow')


def test_an_execution_from_start_to_output(mistral, definition):
    mistral.text('workflow-create', definition(WORKFLOW.format(name='session_run')))

    started = mistral.fields('execution-create', 'session_run', '{"number": 40}', '-d', 'the session')
    assert started['Workflow name'] == 'session_run'
    assert started['Description'] == 'the session'
    assert started['State'] == 'RUNNING'
    assert started['Task Execution ID'] == '<none>'
    execution = started['ID']
    assert UUID.match(execution)

    ended = mistral.wait(execution)
    assert ended['State'] == 'SUCCESS'
    assert ended['State info'] == 'None'
    assert TIME.match(ended['Created at'])
    assert mistral.json('execution-get-input', execution) == {'number': 40, 'text': 'hi'}
    assert mistral.json('execution-get-output', execution) == {'total': 42}
    assert mistral.json('execution-get-published', execution) == {}
    assert execution in [row['ID'] for row in mistral.rows('execution-list')]
    assert execution in [row['ID'] for row in mistral.rows('execution-list', '--rootsonly')]
    report = mistral.text('execution-get-report', execution, '--no-errors-only')
    assert "workflow 'session_run' [SUCCESS]" in report
    assert "task 'second' [SUCCESS]" in report

    assert mistral.fields('execution-update', execution, '-d', 'renamed')['Description'] == 'renamed'
    mistral.text('execution-delete', execution)
    with pytest.raises(CommandFailed, match='WorkflowExecution not found'):
        mistral.text('execution-get', execution)


def test_tasks_and_their_results(mistral, definition):
    mistral.text('workflow-create', definition(WORKFLOW.format(name='session_tasks')))
    execution = mistral.fields('execution-create', 'session_tasks', '{"number": 1}')['ID']
    mistral.wait(execution)

    tasks = {row['Name']: row for row in mistral.rows('task-list', execution)}
    assert set(tasks) == {'first', 'second'}
    assert {row['State'] for row in tasks.values()} == {'SUCCESS'}
    assert {row['Workflow name'] for row in tasks.values()} == {'session_tasks'}
    assert {row['Workflow Execution ID'] for row in tasks.values()} == {execution}
    first = tasks['first']['ID']
    assert mistral.fields('task-get', first)['Name'] == 'first'
    assert mistral.json('task-get-result', first) == 2
    assert mistral.json('task-get-published', first) == {'sum': 2}

    action, = mistral.rows('action-execution-list', first)
    assert action['Name'] == 'std.echo'
    assert action['State'] == 'SUCCESS'
    assert action['Task ID'] == first
    assert action['Accepted'] == 'True'
    assert mistral.fields('action-execution-get', action['ID'])['Workflow name'] == 'session_tasks'
    assert mistral.json('action-execution-get-input', action['ID']) == {'output': 2}
    assert mistral.json('action-execution-get-output', action['ID']) == {'result': 2}


def test_items(mistral, definition):
    mistral.text('workflow-create', definition(ITEMS.format(name='session_items')))
    execution = mistral.fields('execution-create', 'session_items', '{"numbers": [1, 2, 3]}')['ID']
    mistral.wait(execution)
    task, = mistral.rows('task-list', execution)
    assert mistral.json('task-get-result', task['ID']) == [2, 4, 6]
    assert len(mistral.rows('action-execution-list', task['ID'])) == 3


def test_a_failure_and_its_rerun(mistral, definition):
    mistral.text('workflow-create', definition(FAILING.format(name='session_failing')))
    execution = mistral.fields('execution-create', 'session_failing')['ID']
    ended = mistral.wait(execution)
    assert ended['State'] == 'ERROR'
    assert ended['State info'].startswith('Failure caused by error in tasks: breaks')
    task, = mistral.rows('task-list', execution)
    assert task['State'] == 'ERROR'
    assert task['State info'] == 'out of paper'
    report = mistral.text('execution-get-report', execution)
    assert 'breaks' in report and 'out of paper' in report

    mistral.text('task-rerun', task['ID'])
    assert mistral.wait(execution)['State'] == 'ERROR'
    assert len(mistral.rows('action-execution-list', task['ID'])) == 2


def test_pause_resume_and_cancel(mistral, definition):
    mistral.text('workflow-create', definition(SLOW.format(name='session_slow')))
    execution = mistral.fields('execution-create', 'session_slow')['ID']
    assert mistral.fields('execution-update', execution, '-s', 'PAUSED')['State'] == 'PAUSED'

    wait, = mistral.rows('task-list', execution)
    action, = mistral.rows('action-execution-list', wait['ID'])
    assert action['State'] == 'RUNNING'
    reported = mistral.fields('action-execution-update', action['ID'], '--state', 'SUCCESS', '--output', '{"a": 1}')
    assert reported['State'] == 'SUCCESS'
    assert [row['Name'] for row in mistral.rows('task-list', execution)] == ['wait']

    assert mistral.fields('execution-update', execution, '-s', 'RUNNING')['State'] == 'RUNNING'
    assert mistral.wait(execution)['State'] == 'SUCCESS'

    second = mistral.fields('execution-create', 'session_slow')['ID']
    assert mistral.fields('execution-update', second, '-s', 'CANCELLED')['State'] == 'CANCELLED'
    with pytest.raises(CommandFailed, match="Can't change workflow execution state from CANCELLED to PAUSED"):
        mistral.text('execution-update', second, '-s', 'PAUSED')


def test_actions(mistral):
    listed = {row['Name']: row for row in mistral.rows('action-list')}
    for name in ('std.noop', 'std.echo', 'std.fail', 'std.sleep', 'std.http', 'std.ssh', 'std.ssh_proxied', 'std.email'):
        assert name in listed
    echo = mistral.fields('action-get', 'std.echo')
    assert echo['Name'] == 'std.echo'
    assert echo['Input'] == 'output, delay=0'

    assert mistral.json('run-action', 'std.echo', '{"output": [1, {"a": "ü"}]}') == {'result': [1, {'a': 'ü'}]}
    saved = mistral.fields('run-action', 'std.noop', '-s')
    assert saved['Name'] == 'std.noop'
    assert 'None' != saved['ID'] in [row['ID'] for row in mistral.rows('action-execution-list')]
    failed = mistral.text('run-action', 'std.fail')
    assert 'Fail action expected exception.' in failed
    with pytest.raises(CommandFailed, match='Failed to find action'):
        mistral.text('run-action', 'no.such.action')
    with pytest.raises(CommandFailed, match='Invalid input'):
        mistral.text('run-action', 'std.echo', '{"nonsense": 1}')


def test_environments(mistral, definition):
    path = definition(json.dumps({
        'name': 'session_env', 'description': 'of the session', 'variables': {'town': 'Riga', 'n': 3},
    }), 'environment.json')
    created = mistral.fields('environment-create', path)
    assert created['Name'] == 'session_env'
    assert created['Description'] == 'of the session'
    assert json.loads(created['Variables']) == {'town': 'Riga', 'n': 3}
    assert 'session_env' in [row['Name'] for row in mistral.rows('environment-list')]
    assert mistral.fields('environment-get', 'session_env')['Scope'] == 'private'

    path.write_text(json.dumps({'name': 'session_env', 'variables': {'town': 'Tartu'}}))
    mistral.text('environment-update', path)
    assert json.loads(mistral.fields('environment-get', 'session_env')['Variables']) == {'town': 'Tartu'}

    mistral.text('workflow-create', definition('''
version: '2.0'
session_with_env:
  output:
    town: <% env().town %>
  tasks:
    t:
      action: std.noop
'''))
    execution = mistral.fields('execution-create', 'session_with_env', '{}', '{"env": "session_env"}')['ID']
    mistral.wait(execution)
    assert mistral.json('execution-get-output', execution) == {'town': 'Tartu'}
    mistral.text('environment-delete', 'session_env')
    with pytest.raises(CommandFailed, match='Environment not found'):
        mistral.text('environment-get', 'session_env')
