"""The deliberate differences from the original, as COMPATIBILITY.md lists them."""

import json

import pytest
import requests

from client import finished, start

counter = iter(range(1000))


def run(api, body, workflow_input=None, **params):
    """Runs a workflow given by its body; returns the execution and the states of its tasks by name."""
    name = f'compatible_{next(counter)}'
    api.workflows.create(f"version: '2.0'\n{name}:\n{body}")
    execution = finished(api, start(api, name, workflow_input, **params))
    return execution, [(task.name, task.state) for task in api.tasks.list(execution.id)]


def output(api, body):
    execution, _ = run(api, body)
    assert execution.state == 'SUCCESS', execution.state_info
    return json.loads(execution.output)


@pytest.mark.parametrize('clause', [
    'on-success: {b: <% false %>}', 'on-success: {next: {b: <% false %>}}'], ids=['directly', 'below next'])
def test_a_condition_in_a_clause_counts(api, clause):
    _, tasks = run(api, f'''
  tasks:
    a:
      {clause.replace('<% false %>', '"<% false %>"')}
    b: {{action: std.noop}}
''')
    assert tasks == [('a', 'SUCCESS')]


def test_fail_with_a_message_without_blanks(api):
    execution, _ = run(api, '  tasks:\n    a:\n      on-success: fail(msg="oops")\n')
    assert (execution.state, execution.state_info) == ('ERROR', 'oops')


def test_branch_and_global_variables_are_both_published(api):
    assert output(api, '''
  output: {a: <% $.a %>, g: <% global(g) %>}
  tasks:
    t:
      publish: {a: 1}
      on-success:
        publish: {global: {g: 2}}
''') == {'a': 1, 'g': 2}


def test_global_dicts_are_merged(api):
    assert output(api, '''
  output: {d: <% global(d) %>}
  tasks:
    t:
      on-success:
        publish: {global: {d: {x: 1}}}
        next: u
    u:
      on-success:
        publish: {global: {d: {y: 2}}}
        next: v
    v: {action: std.noop}
''') == {'d': {'x': 1, 'y': 2}}


def test_the_item_variable_wins(api):
    assert output(api, '''
  output: {r: <% $.r %>}
  tasks:
    t:
      publish: {i: branch}
      on-success: u
    u:
      with-items: i in [1, 2]
      action: std.echo output=<% $.i %>
      publish: {r: <% task().result %>}
''') == {'r': [1, 2]}


def test_a_join_has_a_timeout(api):
    execution, tasks = run(api, '''
  tasks:
    a: {on-success: j}
    b: {on-success: j}
    j: {join: all, action: std.sleep seconds=30, timeout: 1}
''')
    assert execution.state == 'ERROR'
    assert dict(tasks)['j'] == 'ERROR'
    assert 'Task timed out [timeout(s)=1].' in execution.state_info


def test_a_join_of_one_runs_once(api):
    _, tasks = run(api, '''
  tasks:
    a: {action: std.noop, on-success: j}
    b: {action: std.sleep seconds=1, on-success: j}
    j: {join: one, on-success: k}
    k: {action: std.noop}
''')
    assert sorted(tasks) == [('a', 'SUCCESS'), ('b', 'SUCCESS'), ('j', 'SUCCESS'), ('k', 'SUCCESS')]


def test_keep_result_may_be_an_expression(api):
    assert output(api, '''
  output: {r: <% task(t).result %>}
  tasks:
    t: {action: std.echo output=1, keep-result: <% false %>}
''') == {'r': None}


def test_requirements_in_a_circle_are_refused(url):
    text = "version: '2.0'\ncircle:\n  type: reverse\n  tasks:\n    a: {requires: b}\n    b: {requires: a}\n"
    reply = requests.post(f'{url}/workflows', data=text, timeout=20)
    assert reply.status_code == 400
    assert 'require each other' in reply.json()['faultstring']


def test_a_value_without_json_form_is_an_error(api):
    execution, _ = run(api, '  tasks:\n    t:\n      publish: {x: <% now() - now() %>}\n')
    assert execution.state == 'ERROR'


def test_an_unhandled_task_is_listed(api):
    execution, _ = run(api, '''
  tasks:
    broken:
      action: std.fail
      on-error:
        - b: <% false %>
    b: {action: std.noop}
''')
    assert execution.state_info.startswith('Failure caused by error in tasks: broken\n')


def test_cancelling_stops_the_actions(api):
    api.workflows.create("version: '2.0'\ncancelled:\n  tasks:\n    t: {action: std.sleep seconds=60}\n")
    execution = start(api, 'cancelled')
    api.executions.update(execution, 'CANCELLED')
    task, = api.tasks.list(execution)
    action, = api.action_executions.list(task.id)
    assert (task.state, action.state) == ('CANCELLED', 'CANCELLED')


def test_a_timeout_is_final(api):
    execution, _ = run(api, '''
  tasks:
    t: {action: std.sleep seconds=30, timeout: 1, retry: {count: 3, delay: 0}}
''')
    assert 'Task timed out [timeout(s)=1].' in execution.state_info
    task, = api.tasks.list(execution.id)
    assert len(api.action_executions.list(task.id)) == 1


def test_the_later_branch_wins_at_a_join(api):
    for _ in range(2):
        assert output(api, '''
  output: {x: <% $.x %>}
  tasks:
    slow: {action: std.sleep seconds=1, publish: {x: slow}, on-success: j}
    fast: {action: std.noop, publish: {x: fast}, on-success: j}
    j: {join: all}
''') == {'x': 'slow'}


def test_definitions_that_the_original_does_not_take(url):
    book = 'version: 2.0\nname: numeric\nworkflows:\n  a: {tasks: {t: {action: std.noop}}}\n'
    assert requests.post(f'{url}/workbooks', data=book, timeout=20).status_code == 201
    flow = "version: '2.0'\nany_accept:\n  tasks:\n    t: {action: std.noop}\n"
    reply = requests.post(f'{url}/workflows', data=flow, headers={'Accept': 'application/json'}, timeout=20)
    assert reply.status_code == 201


def test_validation_tells_all_problems(url):
    text = "version: '2.0'\n'a b':\n  tasks:\n    t: {actoin: std.noop}\n    u: {timeout: soon}\n"
    verdict = requests.post(f'{url}/workflows/validate', data=text, timeout=20).json()
    assert verdict['valid'] is False and verdict['error']
    assert len(verdict['problems']) >= 3
    assert {'line', 'column', 'message'} <= set(verdict['problems'][0])


def test_results_of_asynchronous_actions(url):
    def report(**body):
        begun = requests.post(f'{url}/action_executions', json={'name': 'std.async_noop'}, timeout=20).json()
        path = f'{url}/action_executions/{begun["id"]}'
        return [requests.put(path, json=body, timeout=20) for _ in range(2)]

    first, second = report(state='SUCCESS', output='[1, 2]')
    assert (first.status_code, json.loads(first.json()['output'])) == (200, {'result': [1, 2]})
    assert second.status_code == 400
    assert second.json()['faultstring'] == f'Action {first.json()["id"]} is already completed'


def test_small_things_of_the_api(url):
    assert requests.get(f'{url}/actions/std.echo', timeout=20).json()['is_system'] is True
    reply = requests.get(f'{url}/executions?include_output=false&limit=1', timeout=20).json()
    assert all('output' not in execution for execution in reply['executions'])
    reply = requests.get(f'{url}/nowhere', timeout=20)
    assert (reply.status_code, reply.json()['faultcode']) == (404, 'Client')
    requests.post(f'{url}/workflows', data="version: '2.0'\nby_name:\n  tasks:\n    t: {action: std.noop}\n", timeout=20)
    assert requests.get(f'{url}/workflows?marker=by_name', timeout=20).status_code == 200
