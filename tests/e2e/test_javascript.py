"""std.javascript and std.js in workflows."""

import json

import pytest

from client import finished, start

DEFINITION = '''
version: '2.0'
js:
  input: [script, context, name]
  tasks:
    t:
      action: <% $.name %>
      input:
        script: <% $.script %>
        context: <% $.context %>
endless:
  tasks:
    t:
      action: std.js script="for (;;) {}"
      timeout: 1
'''
GROUPS = '''
const groups = {};
for (const host of $.hosts) {
  (groups[host.split('-')[0]] ||= []).push(host);
}
return {groups, count: $.hosts.length};
'''


@pytest.fixture(scope='module')
def compute(api):
    api.workflows.create(DEFINITION)

    def compute(script, context=None, name='std.javascript'):
        execution = finished(api, start(api, 'js', {'script': script, 'context': context, 'name': name}))
        task, = api.tasks.list(execution.id)
        return execution.state, json.loads(api.tasks.get(task.id).result)

    return compute


@pytest.mark.parametrize('name', ['std.javascript', 'std.js'])
def test_a_script_computes_the_result(compute, name):
    assert compute(GROUPS, {'hosts': ['web-1', 'db-1', 'web-2']}, name) == (
        'SUCCESS', {'groups': {'web': ['web-1', 'web-2'], 'db': ['db-1']}, 'count': 3})


def test_an_error_names_the_line(compute):
    state, result = compute('const a = 1;\nreturn b;')
    assert state == 'ERROR'
    assert result.startswith('The action raised an exception [action=std.javascript, action_ex_id=')
    assert result.endswith("msg='JavaScriptAction failed: ReferenceError: b is not defined (line 2)']")


def test_a_script_without_an_end_is_stopped(api, compute):
    execution = finished(api, start(api, 'endless'))
    task, = api.tasks.list(execution.id)
    assert (task.state, task.state_info) == ('ERROR', 'Task timed out [timeout(s)=1].')
    assert compute('return 1') == ('SUCCESS', 1)


def test_the_actions_are_listed(api):
    action = api.actions.get('std.js')
    assert (action.input, action.is_system) == ('script, context=null', True)
