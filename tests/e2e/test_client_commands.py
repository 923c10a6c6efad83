"""`ostro workflow|execution|task|…`: every client command against the program itself."""

import fcntl
import json
import os
import pathlib
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import threading

import pytest

from ostro_client import Client
from plain_proxy import PlainProxy
from program import BINARY, clean_environment, run
from waiting import until

HELLO = '''
version: '2.0'
{name}:
  description: Says hello.
  tags: [greeting]
  input:
    - name
    - punctuation: "!"
  output:
    text: <% $.text %>
  tasks:
    greet:
      action: std.echo output=<% "Hello, " + $.name + $.punctuation %>
      publish:
        text: <% task().result %>
      on-success: done
    done:
      action: std.noop
'''
WAITS = '''
version: '2.0'
{name}:
  tasks:
    wait:
      action: std.async_noop
      on-success: after
    after:
      action: std.noop
'''
ITEMS = '''
version: '2.0'
{name}:
  input: [numbers]
  tasks:
    each:
      with-items: n in <% $.numbers %>
      action: std.echo output=<% 10 / $.n %>
'''
FAILS = '''
version: '2.0'
{name}:
  tasks:
    handled:
      action: std.fail error_data="never mind"
      on-error: breaks
    breaks:
      action: std.fail error_data="out of paper"
'''
SUB = '''
version: '2.0'
{name}_inner:
  tasks:
    deep:
      action: std.fail error_data="deep down"
{name}:
  tasks:
    call:
      workflow: {name}_inner
'''


@pytest.fixture
def ostro(url):
    return Client(url)


@pytest.fixture
def admin(url):
    return Client(url, '--header', 'X-Roles: admin')


@pytest.fixture
def stored(ostro, definition):
    """Stores a definition under a name: `stored(HELLO, 'name')`."""
    def store(text, name):
        ostro.text('workflow', 'create', '--or-update', definition(text.format(name=name), f'{name}.yaml'))
        return name
    return store


def test_workflows(ostro, definition):
    path = definition(HELLO.format(name='client_hello'))
    created, = ostro.json('workflow', 'create', path)
    assert (created['name'], created['interface']['output']) == ('client_hello', ['text'])
    assert 'Duplicate entry' in (said := ostro.fails('workflow', 'create', path))
    assert '→ `ostro workflow update` changes one that is there' in said
    assert 'client_hello' in ostro.text('workflow', 'list')
    listed, = ostro.json('workflow', 'list', '--filter', 'name=client_hello')
    assert listed['id'] == created['id'] and listed['tags'] == ['greeting']
    table = ostro.text('workflow', 'list', '--filter', 'name=has:client_hel', '--fields', 'name,scope')
    assert [line.split() for line in table.splitlines()] == [['NAME', 'SCOPE'], ['client_hello', 'private']]

    shown = ostro.text('workflow', 'show', 'client_hello')
    assert 'definition' not in shown and 'Says hello' not in shown and 'greeting' in shown
    assert ostro.json('workflow', 'show', created['id'][:-2])['definition'] == path.read_text()
    assert ostro.text('workflow', 'get-definition', 'client_hello') == path.read_text()

    path.write_text(path.read_text().replace('Hello, ', 'Hi, '))
    assert 'Operation forbidden' in ostro.fails('workflow', 'update', path, '--public')
    updated, = ostro.json('workflow', 'update', path, '--public', '--header', 'X-Roles: admin')
    assert (updated['id'], updated['scope']) == (created['id'], 'public')
    path.write_text(path.read_text().replace('client_hello', 'client_hi'))
    renamed, = ostro.json('workflow', 'update', '--id', created['id'], path)
    assert renamed['name'] == 'client_hi'
    ostro.text('workflow', 'create', '--or-update', path, '--namespace', 'apart')
    assert ostro.json('workflow', 'show', 'client_hi', '--namespace', 'apart')['namespace'] == 'apart'
    assert ostro.json('workflow', 'delete', 'client_hi', '--namespace', 'apart') == {'deleted': ['client_hi']}
    assert ostro.text('workflow', 'delete', 'client_hi') == 'deleted workflow client_hi\n'
    assert ostro.fails('workflow', 'show', 'client_hi').splitlines() == [
        "ostro: cannot show workflow 'client_hi'",
        '  Workflow not found [workflow_identifier=client_hi, namespace=] (404)',
        '  → `ostro workflow list` shows those that are there']


def test_definitions_from_standard_input(ostro, definition):
    path = definition(HELLO.format(name='client_stdin'))
    with path.open() as text:
        done = subprocess.run([BINARY, 'workflow', 'create', '-'], stdin=text, capture_output=True, text=True,
                              env=clean_environment(ostro.environment), timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    ostro.text('workflow', 'delete', 'client_stdin')


def test_validate(ostro, definition):
    good = definition(HELLO.format(name='client_valid'), 'good.yaml')
    bad = definition("version: '2.0'\nw:\n  tasks:\n    t:\n      action: std.noop\n      on-succes: u\n", 'bad.yaml')
    assert ostro.text('workflow', 'validate', good) == f'{good}: valid\n'
    said = ostro.text('workflow', 'validate', good, bad, code=1)
    assert f"{bad}:6:7: error: unknown key 'on-succes'" in said and "help: did you mean 'on-success'?" in said
    assert [verdict['valid'] for verdict in ostro.json('workflow', 'validate', good, bad, code=1)] == [True, False]


def test_workbooks(ostro, definition):
    text = "version: '2.0'\nname: client_book\nworkflows:\n  w:\n    tasks:\n      t:\n        action: std.noop\n"
    path = definition(text)
    assert ostro.json('workbook', 'create', path)[0]['name'] == 'client_book'
    assert 'client_book' in ostro.text('workbook', 'list')
    assert ostro.text('workbook', 'get-definition', 'client_book') == text
    assert ostro.json('workbook', 'update', path)[0]['updated_at']
    assert ostro.json('workbook', 'show', 'client_book')['scope'] == 'private'
    assert ostro.text('workbook', 'validate', path) == f'{path}: valid\n'
    assert ostro.json('workflow', 'show', 'client_book.w')['name'] == 'client_book.w'
    ostro.text('workbook', 'delete', 'client_book')
    assert 'Workbook not found' in ostro.fails('workbook', 'show', 'client_book')


def test_actions(ostro, definition):
    assert 'std.ssh' in ostro.text('action', 'list')
    path = definition("version: '2.0'\nclient_shout:\n  input: [text]\n  base: std.echo\n"
                      "  base-input:\n    output: <% $.text.toUpper() %>\n")
    ostro.text('action', 'create', path)
    ostro.text('action', 'update', path)
    assert ostro.json('action', 'show', 'client_shout')['input'] == 'text'
    assert 'toUpper' in ostro.text('action', 'get-definition', 'client_shout')
    assert ostro.text('action', 'validate', path).endswith('valid\n')
    assert ostro.text('action', 'run', 'client_shout', '-i', 'text=hi') == '"HI"\n'
    ostro.text('action', 'delete', 'client_shout')
    assert 'Failed to find action' in ostro.fails('action', 'run', 'client_shout')
    assert 'Invalid input' in ostro.fails('action', 'run', 'std.echo', '-i', 'nonsense=1')


def test_an_action_by_itself(ostro):
    assert ostro.json('action', 'run', 'std.echo', '-i', 'output=[1, {"a": "ü"}]')['output'] == {'result': [1, {'a': 'ü'}]}
    assert 'no luck' in ostro.text('action', 'run', 'std.fail', '-i', 'error_data=no luck', code=1)
    saved = ostro.json('action', 'run', 'std.noop', '--save')
    assert ostro.json('action-execution', 'show', saved['id'])['state'] == 'SUCCESS'
    waiting = ostro.json('action-execution', 'run', 'std.async_noop', '--no-wait', code=4)
    reported = ostro.json('action-execution', 'update', waiting['id'], '--state', 'success', '--output', '{"a": 1}')
    assert (reported['state'], reported['output']) == ('SUCCESS', {'result': {'a': 1}})
    assert ostro.json('action-execution', 'get-output', waiting['id']) == {'result': {'a': 1}}
    assert ostro.json('action-execution', 'get-input', saved['id']) == {}
    assert 'already completed' in ostro.fails('action-execution', 'update', waiting['id'], '--state', 'ERROR')
    assert waiting['id'] in ostro.text('action-execution', 'list', '--filter', 'name=std.async_noop')
    assert 'deletion is not allowed' in ostro.fails('action-execution', 'delete', waiting['id'])


def test_an_execution_from_its_start_to_its_end(ostro, stored, tmp_path):
    name = stored(HELLO, 'client_run')
    started = ostro.json('execution', 'create', name, '-i', 'name=Riga', '--description', 'a test')
    assert (started['workflow_name'], started['state'], started['input']['name']) == (name, 'RUNNING', 'Riga')
    identifier = started['id']
    row, = ostro.json('execution', 'wait', identifier)
    assert row['state'] == 'SUCCESS'

    assert ostro.json('execution', 'get-output', identifier)['text'] == 'Hello, Riga!'
    assert ostro.json('execution', 'input', identifier) == {'name': 'Riga', 'punctuation': '!'}
    assert 'env' in ostro.json('execution', 'get-params', identifier)
    assert ostro.json('execution', 'get-published', identifier) == {}
    shown = ostro.text('execution', 'show', identifier)
    assert 'workflow_name' in shown and 'SUCCESS' in shown and '\x1b' not in shown
    assert ostro.json('execution', 'show', identifier[:-1])['output']['text'] == 'Hello, Riga!'
    assert ostro.json('execution', 'update', identifier, '--description', 'other')['description'] == 'other'
    listed = ostro.json('execution', 'list', '--workflow', name, '--state', 'success,error', '--roots-only')
    assert [row['id'] for row in listed] == [identifier]
    assert ostro.json('execution', 'list', '--workflow', name, '--state', 'error') == []

    values = tmp_path / 'values.yaml'
    values.write_text('name: Tartu\npunctuation: "?"\n')
    ended = ostro.json('execution', 'create', name, '--input', values, '-i', '{"punctuation": "."}', '--wait')
    assert ended['output']['text'] == 'Hello, Tartu.'
    again = ostro.json('execution', 'create', '--source', ended['id'], '-i', 'name=Narva', '--wait')
    assert again['output']['text'] == 'Hello, Narva.'

    assert 'Cannot' not in ostro.text('execution', 'delete', identifier, again['id'])
    assert 'WorkflowExecution not found' in (said := ostro.fails('execution', 'show', identifier))
    assert '@last' in said
    assert "missing=['name']" in (said := ostro.fails('execution', 'create', name))
    assert '→ `ostro workflow show NAME` shows what it takes' in said


def test_the_outcome_is_the_exit_code(ostro, stored):
    watched = ostro.try_('execution', 'create', stored(HELLO, 'client_watch'), '-i', 'name=Riga', '--watch')
    assert watched.returncode == 0
    assert json.loads(watched.stdout)['text'] == 'Hello, Riga!'
    assert 'SUCCESS' in watched.stderr and 'greet' in watched.stderr
    failed = ostro.try_('execution', 'create', stored(FAILS, 'client_watch_fails'), '--watch')
    assert failed.returncode == 1 and 'out of paper' in failed.stderr
    waits = stored(WAITS, 'client_watch_waits')
    late = ostro.try_('execution', 'create', waits, '--wait', '--timeout', '1')
    assert late.returncode == 4 and 'it goes on: ostro execution watch' in late.stderr
    identifier, = [row['id'] for row in ostro.json('execution', 'list', '--workflow', waits)]
    assert ostro.json('execution', 'cancel', identifier, '--reason', 'enough')[0]['state'] == 'CANCELLED'
    assert ostro.try_('execution', 'watch', identifier).returncode == 3
    assert ostro.json('execution', 'show', identifier)['state_info'] == 'enough'


def test_watching_live(ostro, stored):
    name = stored(WAITS, 'client_live')
    identifier = ostro.json('execution', 'create', name)['id']
    process = subprocess.Popen([BINARY, 'execution', 'watch', identifier], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               env=clean_environment(ostro.environment))
    heard = []
    reader = threading.Thread(target=lambda: heard.extend(iter(process.stderr.readline, '')))
    reader.start()
    try:
        until(lambda: any('RUNNING   wait' in line for line in heard), 20, 'the task to be seen')
        action, = ostro.json('action-execution', 'list', '--filter', f'workflow_name={name}', '--filter', 'state=RUNNING')
        ostro.text('action-execution', 'update', action['id'], '--state', 'SUCCESS')
        assert process.wait(timeout=20) == 0
    finally:
        process.kill()
        reader.join()
        process.stdout.close()
        process.stderr.close()
    assert any('SUCCESS   after' in line for line in heard), heard


def on_terminal(ostro, columns, *arguments):
    """What a terminal of that width gets."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack('HHHH', 24, columns, 0, 0))
    process = subprocess.Popen([BINARY, *arguments], stdin=slave, stdout=slave, stderr=slave,
                               env=clean_environment(ostro.environment) | {'TERM': 'xterm'})
    os.close(slave)
    text = b''
    try:
        while select.select([master], [], [], 20)[0] and (chunk := os.read(master, 65536)):
            text += chunk
    except OSError:
        pass    # the other end is closed
    finally:
        os.close(master)
        assert process.wait(timeout=20) == 0
    return text.decode()


def test_a_terminal_gets_colours_and_lines_that_fit(ostro, stored):
    stored(HELLO, 'client_terminal')
    ostro.text('execution', 'create', 'client_terminal', '-i', 'name=x', '--wait', '--description', 'long ' * 60)
    for columns in (40, 90):
        text = on_terminal(ostro, columns, 'execution', 'list', '--workflow', 'client_terminal')
        assert '\x1b[' in text
        plain = re.sub(r'\x1b\[[0-9;]*m', '', text).splitlines()
        assert len(plain) == 2 and all(len(line) <= columns for line in plain), plain
    assert 'SUCCESS' in plain[1] and 'long' not in plain[1], plain
    assert 'long long' in on_terminal(ostro, 200, 'execution', 'list', '--workflow', 'client_terminal')


def test_pause_and_resume(ostro, stored):
    identifier = ostro.json('execution', 'create', stored(WAITS, 'client_pause'))['id']
    assert ostro.json('execution', 'pause', identifier)[0]['state'] == 'PAUSED'
    assert ostro.json('execution', 'update', identifier, '--env', 'town=Riga')['params']['env'] == {'town': 'Riga'}
    said = ostro.text('execution', 'why', identifier)
    assert 'PAUSED' in said
    assert ostro.try_('execution', 'watch', identifier).returncode == 3
    assert ostro.json('execution', 'resume', identifier, '--env', 'n=1')[0]['state'] == 'RUNNING'
    why = ostro.json('execution', 'why', identifier)
    assert why['state'] == 'RUNNING' and [wait['task']['name'] for wait in why['waits']] == ['wait']
    assert 'wait' in ostro.text('execution', 'why', identifier)
    said = ostro.fails('execution', 'delete', identifier)
    assert 'Only completed executions can be deleted' in said
    assert ostro.text('execution', 'delete', '--force', identifier).startswith('deleted execution')
    second = ostro.json('execution', 'create', 'client_pause')['id']
    assert ostro.json('execution', 'update', second, '-s', 'error', '--reason', 'no more')['state'] == 'ERROR'
    assert "Can't change workflow execution state" in ostro.fails('execution', 'pause', second)


def test_tasks(ostro, stored):
    identifier = ostro.json('execution', 'create', stored(HELLO, 'client_tasks'), '-i', 'name=Riga', '--wait')['id']
    tasks = ostro.json('task', 'list', identifier)
    assert [task['name'] for task in tasks] == ['greet', 'done']
    assert tasks == ostro.json('task', 'list', '--execution', identifier)
    greet = tasks[0]['id']
    table = ostro.text('task', 'list', identifier, '--fields', 'name,state')
    assert 'greet' in table and 'SUCCESS' in table
    assert ostro.json('task', 'list', '--filter', f'workflow_execution_id={identifier}', '--sort', 'name:desc')[0]['name'] == 'greet'
    assert ostro.json('task', 'show', greet)['published'] == {'text': 'Hello, Riga!'}
    assert ostro.text('task', 'result', greet) == '"Hello, Riga!"\n'
    assert ostro.json('task', 'get-result', greet) == 'Hello, Riga!'
    assert ostro.json('task', 'get-published', greet) == {'text': 'Hello, Riga!'}
    assert ostro.json('task', 'get-sub-executions', greet) == []
    action, = ostro.json('action-execution', 'list', greet)
    assert (action['name'], action['state'], action['task_execution_id']) == ('std.echo', 'SUCCESS', greet)
    assert 'The current task execution must be in ERROR' in ostro.fails('task', 'rerun', greet)


def test_rerun_and_skip(ostro, stored):
    identifier = ostro.json('execution', 'create', stored(FAILS, 'client_fails'), '--wait', code=1)['id']
    tasks = {task['name']: task['id'] for task in ostro.json('task', 'list', identifier)}
    rerun = ostro.json('execution', 'rerun', identifier)
    assert [task['name'] for task in rerun['rerun']] == ['breaks']
    assert ostro.try_('execution', 'wait', identifier).returncode == 1
    assert len(ostro.json('action-execution', 'list', tasks['breaks'])) == 2
    assert len(ostro.json('action-execution', 'list', tasks['handled'])) == 1
    watched = ostro.try_('execution', 'rerun', identifier, '--task', 'breaks', '--watch')
    assert watched.returncode == 1 and 'out of paper' in watched.stderr
    assert ostro.json('task', 'rerun', tasks['breaks'])[0]['id'] == tasks['breaks']
    assert ostro.try_('execution', 'wait', identifier).returncode == 1
    assert 'no failed task is left' in ostro.fails('execution', 'rerun', identifier, '--task', 'other')
    assert ostro.json('task', 'skip', tasks['breaks'])[0]['state'] == 'SKIPPED'
    assert ostro.try_('execution', 'wait', identifier).returncode == 0


def test_rerun_of_items_that_failed(ostro, stored):
    name = stored(ITEMS, 'client_items')
    identifier = ostro.json('execution', 'create', name, '-i', 'numbers=[1, 0, 2]', '--wait', code=1)['id']
    task, = ostro.json('task', 'list', identifier)
    before = len(ostro.json('action-execution', 'list', task['id']))
    watched = ostro.try_('execution', 'rerun', identifier, '--resume', '--watch')
    assert watched.returncode == 1, watched.stderr
    assert len(ostro.json('action-execution', 'list', task['id'])) <= before + 1


def test_sub_workflows(ostro, stored):
    identifier = ostro.json('execution', 'create', stored(SUB, 'client_sub'), '--wait', code=1)['id']
    both = ostro.json('execution', 'get-sub-executions', identifier)
    assert [row['workflow_name'] for row in both] == ['client_sub', 'client_sub_inner']
    call, = ostro.json('task', 'list', identifier)
    assert [row['workflow_name'] for row in ostro.json('task', 'get-sub-executions', call['id'])] == ['client_sub_inner']
    assert [row['id'] for row in ostro.json('execution', 'list', '--task', call['id'])] == [both[1]['id']]
    report = ostro.text('execution', 'get-report', identifier)
    assert 'task deep  ERROR' in report and 'deep down' in report and 'error tasks: 2' in report
    assert ostro.json('execution', 'get-report', identifier, '--statistics-only') == {
        'statistics': ostro.json('execution', 'report', identifier, '--errors-only')['statistics']}
    assert [task['name'] for task in ostro.json('execution', 'rerun', identifier)['rerun']] == ['deep']


def test_what_happened(ostro, stored):
    identifier = ostro.json('execution', 'create', stored(FAILS, 'client_story'), '--wait', code=1)['id']
    lines = ostro.text('execution', 'logs', identifier).splitlines()
    assert any('task' in line and 'breaks' in line and 'ERROR' in line for line in lines), lines
    documents = [json.loads(line) for line in ostro.text('execution', 'logs', identifier, '--json').splitlines()]
    assert {'execution', 'task', 'action'} == {document['kind'] for document in documents}
    assert any('action' in line and 'std.fail of breaks' in line for line in lines), lines
    assert ostro.try_('execution', 'logs', identifier, '--follow').returncode == 1
    why = ostro.text('execution', 'why', identifier)
    assert 'ERROR' in why and 'out of paper' in why

    graph = ostro.json('execution', 'graph', identifier)
    names = {node['id']: node['name'] for node in graph['nodes']}
    taken = [(names[edge['from']], edge['on'], names[edge['to']]) for edge in graph['edges'] if edge['taken']]
    assert taken == [('handled', 'on-error', 'breaks')]
    assert 'on-error    ──▶ breaks' in ostro.text('execution', 'graph', identifier)
    assert ostro.text('execution', 'graph', identifier, '--format', 'mermaid').startswith('flowchart TD\n')
    assert ostro.text('execution', 'graph', identifier, '--format', 'dot').startswith('digraph execution {\n')

    assert '█' in ostro.text('execution', 'timeline', identifier)
    assert 'std.fail' in ostro.text('execution', 'timeline', identifier, '--actions')
    entries = ostro.json('execution', 'timeline', identifier)['entries']
    assert {entry['name'] for entry in entries if entry['kind'] == 'task'} == {'handled', 'breaks'}


def test_executions_that_are_deleted_while_somebody_follows(url, ostro, definition):
    text = WAITS.format(name='client_gone') + '\nclient_gone_outer: {tasks: {sub: {workflow: client_gone}}}\n'
    ostro.text('workflow', 'create', definition(text))
    for whose in ('client_gone_outer', 'client_gone'):
        root = ostro.json('execution', 'create', 'client_gone_outer')['id']
        chosen = next(row['id'] for row in ostro.json('execution', 'get-sub-executions', root) if row['workflow_name'] == whose)
        commands = [('logs', '--follow'), ('watch',), ('wait',)]
        readers = [subprocess.Popen(
            [BINARY, 'execution', *command, chosen], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env=clean_environment({'OSTRO_URL': url})) for command in commands]
        # The first line says that they follow.
        first = [reader.stdout.readline() for reader in readers[:2]]
        assert all('RUNNING' in line for line in first), first
        ostro.text('execution', 'delete', '--force', root)
        for command, reader in zip(commands, readers):
            said, _ = reader.communicate(timeout=20)
            assert (reader.returncode, 'WorkflowExecution not found' in said) == (2, True), (command, whose, said)


def test_the_newest_and_beginnings_of_ids(new_server, definition):
    ostro = Client(new_server().start().url)
    assert 'there is no execution yet' in ostro.fails('execution', 'show', '@last')
    ostro.text('workflow', 'create', definition(SUB.format(name='sub')))
    first = ostro.json('execution', 'create', 'sub', '--wait', code=1)['id']
    second = ostro.json('execution', 'create', 'sub', '--wait', '--id', 'my-own', code=1)['id']
    assert second == 'my-own'
    assert ostro.json('execution', 'show', '@last')['id'] == 'my-own'
    assert ostro.json('execution', 'show', 'my-own')['id'] == 'my-own'
    assert 'several' in ostro.fails('execution', 'show', first[:1]) or \
        ostro.json('execution', 'show', first[:1])['id'] == first
    assert ostro.json('task', 'show', '@last')['name'] in ('call', 'deep')


def test_environments(ostro, tmp_path):
    made = ostro.json('env', 'create', 'client_env', '-v', 'town=Riga', '-v', 'n=3', '-d', 'of the test')
    assert (made['variables'], made['description']) == ({'town': 'Riga', 'n': 3}, 'of the test')
    assert 'client_env' in ostro.text('env', 'list')
    assert ostro.json('env', 'update', 'client_env', '-v', 'town=Tartu', '--unset', 'n')['variables'] == {'town': 'Tartu'}
    assert ostro.json('env', 'show', 'client_env')['description'] == 'of the test'
    exported = tmp_path / 'env.json'
    exported.write_text(ostro.text('env', 'get', 'client_env'))
    ostro.text('env', 'delete', 'client_env')
    assert ostro.json('env', 'create', '--file', exported)['variables'] == {'town': 'Tartu'}

    editor = tmp_path / 'editor'
    editor.write_text(f'#!{sys.executable}\nimport sys, pathlib\npath = pathlib.Path(sys.argv[-1])\n'
                      'path.write_text(path.read_text().replace("Tartu", "Narva"))\n')
    editor.chmod(0o755)
    client = Client(ostro.environment['OSTRO_URL'])
    client.environment |= {'VISUAL': str(editor)}
    assert client.json('env', 'edit', 'client_env')['variables'] == {'town': 'Narva'}
    assert 'nothing is changed' in client.try_('env', 'edit', 'client_env').stderr
    client.environment |= {'VISUAL': 'false'}
    assert 'the editor ended' in client.fails('env', 'edit', 'client_env')
    editor.write_text('#!/bin/sh\necho nonsense > "$1"\n')
    client.environment |= {'VISUAL': str(editor)}
    said = client.fails('env', 'edit', 'client_env')
    kept = pathlib.Path(said.strip().rsplit(' ', 1)[-1])
    assert kept.read_text() == 'nonsense\n'
    kept.unlink()
    ostro.text('env', 'delete', 'client_env')


def test_an_execution_with_a_stored_environment(ostro, definition):
    ostro.text('env', 'create', 'client_run_env', '-v', 'town=Riga')
    ostro.text('workflow', 'create', '--or-update', definition(
        "version: '2.0'\nclient_env_user:\n  output:\n    town: <% env().town %>\n"
        "  tasks:\n    t:\n      action: std.noop\n"))
    assert ostro.json('execution', 'create', 'client_env_user', '--env', 'client_run_env', '--wait')['output'] == {'town': 'Riga'}
    assert ostro.json('execution', 'create', 'client_env_user', '--env', 'town=Narva', '--wait')['output'] == {'town': 'Narva'}
    ostro.text('env', 'delete', 'client_run_env')


def test_lists_page_by_page(new_server, definition):
    ostro = Client(new_server('api.max_limit=3').start().url)
    ostro.text('workflow', 'create', definition(WAITS.format(name='w')))
    made = [ostro.json('execution', 'create', 'w')['id'] for _ in range(7)]
    assert [row['id'] for row in ostro.json('execution', 'list', '--all')] == made[::-1]
    first = ostro.try_('execution', 'list', '--limit', '2')
    assert len(first.stdout.splitlines()) == 3 and 'there are more: --all' in first.stderr
    after = ostro.json('execution', 'list', '--limit', '2', '--marker', made[5])
    assert [row['id'] for row in after] == [made[4], made[3]]
    assert len(ostro.json('execution', 'list', '--limit', '5')) == 5
    assert 'Sort key supplied is invalid' in ostro.fails('execution', 'list', '--sort', 'colour')


def test_services_and_maintenance(ostro):
    assert {service['type'] for service in ostro.json('service', 'list')} >= {'api_group', 'engine_group'}
    assert ostro.text('maintenance', 'show') == 'RUNNING\n'


def test_maintenance(new_server, definition):
    ostro = Client(new_server().start().url, '--header', 'X-Roles: admin')
    ostro.text('workflow', 'create', definition(WAITS.format(name='w')))
    identifier = ostro.json('execution', 'create', 'w')['id']
    assert ostro.json('maintenance', 'pause')['status'] in ('PAUSING', 'PAUSED')
    said = ostro.fails('execution', 'create', 'w')
    assert '→ `ostro maintenance resume` ends the maintenance' in said
    until(lambda: ostro.json('execution', 'show', identifier)['state'] == 'PAUSED', 20, 'the pause')
    assert ostro.json('maintenance', 'resume') == {'status': 'RUNNING'}
    until(lambda: ostro.json('execution', 'show', identifier)['state'] == 'RUNNING', 20, 'the end of the pause')


def test_code_sources_and_dynamic_actions(ostro, admin, tmp_path):
    code = tmp_path / 'code.py'
    code.write_text('class Shout:\n    pass\n')
    assert 'Operation forbidden' in ostro.fails('code-source', 'list')
    made = admin.json('code-source', 'create', 'client_code', code)
    assert (made['name'], made['version']) == ('client_code', 1)
    code.write_text('class Shout:\n    def run(self):\n        return 1\n')
    assert admin.json('code-source', 'update', 'client_code', code)['version'] == 2
    assert 'client_code' in admin.text('code-source', 'list')
    assert admin.json('code-source', 'show', made['id'])['content'] == code.read_text()
    assert admin.text('code-source', 'get-content', 'client_code') == code.read_text()

    action = admin.json('dynamic-action', 'create', 'client_dynamic', 'Shout', 'client_code')
    assert action['code_source_id'] == made['id']
    assert 'client_dynamic' in admin.text('dynamic-action', 'list')
    assert admin.json('dynamic-action', 'update', 'client_dynamic', '--class', 'Whisper')['class_name'] == 'Whisper'
    assert admin.json('dynamic-action', 'show', 'client_dynamic')['class_name'] == 'Whisper'
    admin.text('dynamic-action', 'delete', 'client_dynamic')
    admin.text('code-source', 'delete', 'client_code')
    assert 'Code Source not found' in admin.fails('code-source', 'show', 'client_code')


def test_members_need_projects(ostro, stored):
    name = stored(HELLO, 'client_member')
    refusal = 'Resource sharing feature can only be supported with authentication enabled.'
    for arguments in (['list', name], ['show', name, 'p'], ['create', name, 'p'], ['delete', name, 'p'],
                      ['update', name, 'p', '--status', 'rejected']):
        assert refusal in ostro.fails('member', *arguments)


@pytest.fixture
def plain(url):
    proxy = PlainProxy(url)
    yield proxy
    proxy.stop()


def test_a_service_without_additions(plain, definition):
    ostro = Client(plain.url)
    ostro.text('workflow', 'create', '--or-update', definition(FAILS.format(name='client_plain')))
    watched = ostro.try_('execution', 'create', 'client_plain', '--watch')
    assert watched.returncode == 1 and 'ERROR     breaks' in watched.stderr, watched.stderr
    identifier, = [row['id'] for row in ostro.json('execution', 'list', '--workflow', 'client_plain')]
    assert ostro.try_('execution', 'wait', identifier).returncode == 1
    lines = ostro.text('execution', 'logs', identifier).splitlines()
    assert any('task' in line and 'ERROR' in line and 'breaks' in line for line in lines), lines
    assert ostro.try_('execution', 'logs', '--follow', identifier).returncode == 1
    assert 'on-error    ──▶ breaks' in ostro.text('execution', 'graph', identifier)
    assert {entry['name'] for entry in ostro.json('execution', 'timeline', identifier)['entries']} == {
        'client_plain', 'handled', 'breaks', 'std.fail'}
    assert ostro.json('execution', 'why', identifier)['waits'] == []
    assert 'this service has no event stream' in ostro.fails('events')
    assert {path.split('?')[0].rsplit('/', 1)[1] for path in plain.asked} == {'events', 'wait', 'graph', 'timeline', 'why'}


def test_events(ostro, stored):
    name = stored(HELLO, 'client_events')
    identifier = ostro.json('execution', 'create', name, '-i', 'name=x', '--wait')['id']
    text = ostro.text('events', '--execution', identifier, '--kinds', 'task', '--from-beginning', '--count', '2', '--json')
    documents = [json.loads(line) for line in text.splitlines()]
    assert {document['kind'] for document in documents} == {'task'}
    after = ostro.text('events', '--execution', identifier, '--after', documents[0]['cursor'], '--kinds', 'task',
                       '--count', '1', '--json')
    assert json.loads(after)['id'] == documents[1]['id'] and json.loads(after)['state'] == documents[1]['state']
    assert 'greet' in ostro.text('events', '--execution', identifier, '--kinds', 'task', '--from-beginning', '--count', '1')


def test_nobody_there(tmp_path):
    done = run('workflow', 'list', '--url', 'http://127.0.0.1:1/v2')
    assert done.returncode == 2 and done.stdout == ''
    assert 'cannot list workflow' in done.stderr and '→ start a service with `ostro serve`' in done.stderr
    assert 'write http://HOST:PORT/v2' in run('workflow', 'list', '--url', 'nonsense').stderr


def test_something_else_there(web_server):
    done = run('workflow', 'list', '--url', f'{web_server.url}/v2')
    assert done.returncode == 2 and 'cannot list workflow' in done.stderr


def test_a_reader_that_goes_is_no_error(ostro):
    command = f'"{BINARY}" action list | head -1'
    done = subprocess.run(['bash', '-o', 'pipefail', '-c', command], capture_output=True, text=True,
                          env=clean_environment(ostro.environment), timeout=60, check=False)
    assert done.stdout.startswith('NAME') and 'panicked' not in done.stderr


def complete(ostro, *words):
    """What a shell would be offered for the last word."""
    environment = clean_environment(ostro.environment) | {
        'COMPLETE': 'bash', '_CLAP_COMPLETE_INDEX': str(len(words)), '_CLAP_IFS': '\n',
        '_CLAP_COMPLETE_COMP_TYPE': '9', '_CLAP_COMPLETE_SPACE': 'true',
    }
    done = subprocess.run([BINARY, '--', 'ostro', *words], capture_output=True, text=True, env=environment,
                          timeout=60, check=True)
    return [line.split('\t')[0].strip() for line in done.stdout.splitlines()]


def test_completion_of_words_and_names(ostro, stored):
    name = stored(HELLO, 'client_complete')
    identifier = ostro.json('execution', 'create', name, '-i', 'name=x', '--wait')['id']
    assert 'get-definition' in complete(ostro, 'workflow', 'get-')
    assert complete(ostro, 'workflow', 'show', 'client_compl') == [name]
    assert complete(ostro, 'execution', 'create', 'client_compl') == [name]
    assert complete(ostro, 'execution', 'show', identifier[:-1]) == [identifier]
    assert '@last' in complete(ostro, 'execution', 'watch', '@')
    assert complete(ostro, 'task', 'list', '--execution', identifier[:-1]) == [identifier]
    ostro.environment = {'OSTRO_URL': 'http://127.0.0.1:1/v2'}
    assert complete(ostro, 'workflow', 'show', 'client_compl') == []


def test_completion_in_bash(ostro, stored):
    name = stored(HELLO, 'client_bash')
    script = f'''
        PATH="$(dirname "{BINARY}"):$PATH"
        source <(ostro completion bash)
        COMP_WORDS=(ostro workflow show client_ba) COMP_CWORD=3 COMP_TYPE=9
        _clap_complete_ostro ostro client_ba show
        printf '%s\\n' "${{COMPREPLY[@]}}"
    '''
    done = subprocess.run(['bash', '-c', script], capture_output=True, text=True,
                          env=clean_environment(ostro.environment), timeout=60, check=False)
    assert [line.strip() for line in done.stdout.splitlines()] == [name], done.stderr
