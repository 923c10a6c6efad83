"""std.ssh and std.ssh_proxied against a real sshd."""

import shlex

import pytest

from client import finished, start
from ssh_server import PASSWORD, USER


@pytest.fixture(scope='module')
def run(api):
    """Runs one action in a workflow; gives the task with its state and result."""
    counter = iter(range(1000))

    def run(action, **parameters):
        name = f'ssh_{next(counter)}'
        lines = '\n'.join(f'        {key}: <% $.p.{key} %>' for key in parameters)
        api.workflows.create(f'''
version: '2.0'
{name}:
  input: [p]
  tasks:
    t:
      action: {action}
      input:
{lines}
''')
        execution = finished(api, start(api, name, {'p': parameters}))
        task, = api.tasks.list(execution.id)
        return execution, api.tasks.get(task.id)

    return run


def test_a_command_by_key(run, ssh_servers, keys):
    execution, task = run(
        'std.ssh', cmd='echo "I am $HOST_NAME"', host=ssh_servers['web-1'].address, username=USER,
        private_key_filename=str(keys.user))
    assert (execution.state, task.result) == ('SUCCESS', '"I am web-1\\n"')


def test_a_command_by_key_text(run, ssh_servers, keys):
    _, task = run('std.ssh', cmd='echo yes', host=ssh_servers['web-1'].address, username=USER,
                  private_key=keys.user.read_text())
    assert task.result == '"yes\\n"'


def test_a_command_by_password(run, ssh_servers):
    _, task = run('std.ssh', cmd='echo yes', host=ssh_servers['web-1'].address, username=USER, password=PASSWORD)
    assert task.result == '"yes\\n"'


def test_a_wrong_password(run, ssh_servers):
    execution, task = run('std.ssh', cmd='echo yes', host=ssh_servers['web-1'].address, username=USER, password='guess')
    assert (execution.state, task.state) == ('ERROR', 'ERROR')
    assert "Failed to execute ssh cmd 'echo yes'" in task.result
    assert 'guess' not in task.result


def test_a_failing_command(run, ssh_servers, keys):
    _, task = run('std.ssh', cmd='echo out; exit 3', host=ssh_servers['web-1'].address, username=USER,
                  private_key_filename=str(keys.user))
    assert task.state == 'ERROR'
    assert "Failed to execute ssh cmd 'echo out; exit 3' on ['127.0.0.1" in task.result


def test_a_failing_command_as_a_result(run, ssh_servers, keys):
    _, task = run('std.ssh', cmd='echo out; echo err >&2; exit 3', host=ssh_servers['web-1'].address, username=USER,
                  private_key_filename=str(keys.user), return_result_on_error=True)
    assert task.state == 'SUCCESS'
    assert '"stdout": "out\\n"' in task.result and '"stderr": "err\\n"' in task.result and '"exit_code": 3' in task.result


def test_many_hosts(run, ssh_servers, keys):
    hosts = [ssh_servers[name].address for name in ('db-1', 'web-1', 'web-2')]
    _, task = run('std.ssh', cmd='echo $HOST_NAME', host=hosts, username=USER, private_key_filename=str(keys.user))
    assert task.result == '["db-1\\n", "web-1\\n", "web-2\\n"]'


def test_a_lot_of_output(run, ssh_servers, keys):
    _, task = run('std.ssh', cmd='head -c 300000 /dev/zero | tr "\\0" x', host=ssh_servers['web-1'].address,
                  username=USER, private_key_filename=str(keys.user))
    assert len(task.result) == 300_002


def test_nobody_listens(run, keys):
    execution, task = run('std.ssh', cmd='true', host='127.0.0.1:9', username=USER, private_key_filename=str(keys.user))
    assert (execution.state, task.state) == ('ERROR', 'ERROR')


def test_through_a_gateway(run, ssh_servers, keys):
    before = ssh_servers['gateway'].logins()
    _, task = run('std.ssh_proxied', cmd='echo $HOST_NAME', host=ssh_servers['db-1'].address, username=USER,
                  private_key_filename=str(keys.user), gateway_host=ssh_servers['gateway'].address)
    assert task.result == '"db-1\\n"'
    assert ssh_servers['gateway'].logins() == before + 1


def test_a_timeout_ends_the_command(api, ssh_servers, keys, tmp_path):
    mark = tmp_path / 'done'
    api.workflows.create('''
version: '2.0'
ssh_timeout:
  input: [host, key, cmd]
  tasks:
    t:
      action: std.ssh
      timeout: 1
      input:
        host: <% $.host %>
        username: tester
        private_key_filename: <% $.key %>
        cmd: <% $.cmd %>
''')
    execution = finished(api, start(api, 'ssh_timeout', {
        'host': ssh_servers['web-1'].address, 'key': str(keys.user),
        'cmd': f'sleep 30; touch {shlex.quote(str(mark))}'}))
    assert execution.state == 'ERROR'
    task, = api.tasks.list(execution.id)
    assert 'imeout' in task.state_info or 'timed out' in task.state_info
    assert not mark.exists()


def test_wait_ssh_is_done_when_a_user_can_log_in(run, ssh_servers):
    host = ssh_servers['web-1'].address
    execution, task = run('std.wait_ssh', host=host, username=USER, password=PASSWORD)
    assert (execution.state, task.state_info) == ('SUCCESS', None)
    execution, task = run('std.wait_ssh', host=host, username=USER, password='guess')
    assert execution.state == 'ERROR'
    assert f"Failed to execute ssh cmd 'ls -l' on ['{host}']" in task.state_info
