"""The program itself: serve, run, lint, completion; streams and exit codes."""

import json
import re
import signal
import subprocess
import threading
import time
import xml.etree.ElementTree

import pytest
import requests

from client import library
from program import BINARY, FileServer, clean_environment, run
from waiting import until

ECHO = '''
version: '2.0'
echo:
  input: [what]
  output:
    said: <% $.said %>
  tasks:
    say:
      action: std.echo output=<% $.what %>
      publish:
        said: <% task().result %>
'''
FAILS = "version: '2.0'\nfails:\n  tasks:\n    t:\n      action: std.fail error_data=\"no luck\"\n"
SLEEPS = "version: '2.0'\nsleeps:\n  tasks:\n    t:\n      action: std.sleep seconds=60\n"
BROKEN = '''
version: '2.0'
broken:
  output:
    x: <% $.a + %>
  tasks:
    t:
      action: std.noop
      on-succes: u
    u:
      action: std.noop
      timeout: soon
'''
LOST = "version: '2.0'\nlost:\n  tasks:\n    t:\n      action: std.noop\n      on-success: nowhere\n"


def test_serve_stops_on_sigterm(new_server):
    server = new_server().start()
    assert server.stop() == 0


def test_a_second_server_on_the_same_file_is_refused(new_server):
    server = new_server(kind=FileServer).start()
    second = run('serve', '--listen', '127.0.0.1:0', '--database', server.database)
    assert second.returncode == 2
    assert 'ostro.db' in second.stderr
    assert server.alive()


@pytest.mark.parametrize(('arguments', 'complaint'), [
    (['--listen', '0.0.0.0:0'], '--allow-unauthenticated'),
    (['--set', 'api.colour=red'], 'colour'),
    (['--set', 'nonsense'], 'section.option=value'),
    (['--database', 'mysql://localhost/x'], 'postgres://'),
    (['--database', 'postgres://127.0.0.1:1/x'], 'cannot use the database'),
    (['--config', '/no/such/file.toml'], '/no/such/file.toml'),
], ids=str)
def test_serve_refuses_what_it_cannot_do(tmp_path, arguments, complaint):
    done = run('serve', '--listen', '127.0.0.1:0', '--database', f'sqlite://{tmp_path}/o.db', *arguments)
    assert done.returncode == 2
    assert complaint in done.stderr
    assert done.stdout == ''


def test_settings_come_from_file_environment_and_flags(tmp_path, new_server):
    path = tmp_path / 'ostro.toml'
    path.write_text('[healthcheck]\nenabled = true\n[api]\nmax_limit = 7\n')
    done = run('serve', '--config', path, '--set', 'api.max_limit=0', '--database', f'sqlite://{tmp_path}/o.db')
    assert done.returncode == 2 and 'max_limit' in done.stderr
    server = new_server('healthcheck.enabled=true').start()
    assert requests.get(server.url.removesuffix('/v2') + '/healthcheck', timeout=10).status_code == 200


def test_requests_are_logged_with_their_ids(new_server):
    server = new_server()
    server.environment = {'OSTRO_LOG': 'info'}
    server.start()
    requests.get(f'{server.url}/workflows', headers={'X-Request-ID': 'mine-1'}, timeout=30)
    given = requests.post(f'{server.url}/nowhere', timeout=30).headers['X-Request-ID']
    server.stop()
    lines = [line for line in server.log.read_text().splitlines() if 'answered' in line]
    assert len(lines) == 2
    for line, parts in zip(lines, ['id=mine-1 method=GET path=/v2/workflows status=200', f'id={given} method=POST path=/v2/nowhere status=404']):
        assert all(part in line for part in parts.split()), line
        assert re.search(r'micros=\d+', line), line


def test_run_prints_the_output(definition):
    done = run('run', definition(ECHO), '--input', 'what={"a": [1, "ü"]}')
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {'said': {'a': [1, 'ü']}}
    assert 'say' in done.stderr and 'SUCCESS' in done.stderr
    assert '\x1b' not in done.stdout + done.stderr


def test_run_as_json(definition):
    done = run('run', definition(ECHO), '--input', 'what=hi', '--json')
    result = json.loads(done.stdout)
    assert list(result) == ['id', 'state', 'state_info', 'output', 'tasks']
    assert (result['state'], result['state_info'], result['output']) == ('SUCCESS', None, {'said': 'hi'})
    assert result['tasks'] == [{'name': 'say', 'state': 'SUCCESS', 'result': 'hi'}]


def test_run_reads_input_files_and_environment(definition, tmp_path):
    values = tmp_path / 'input.json'
    values.write_text('{"what": "from a file"}')
    done = run('run', definition(ECHO), '--input', f'@{values}')
    assert json.loads(done.stdout) == {'said': 'from a file'}
    text = ECHO.replace('<% $.what %>', '<% env().town %>').replace('input: [what]', 'description: d')
    done = run('run', definition(text), '--env', 'town=Riga')
    assert json.loads(done.stdout) == {'said': 'Riga'}, done.stderr


def test_run_ends_with_1_when_the_workflow_fails(definition):
    done = run('run', definition(FAILS), '--json')
    assert done.returncode == 1
    result = json.loads(done.stdout)
    assert result['state'] == 'ERROR'
    assert result['tasks'] == [{'name': 't', 'state': 'ERROR', 'result': 'no luck'}]


@pytest.mark.parametrize(('text', 'arguments', 'complaint'), [
    (ECHO, [], "missing=['what']"),
    (ECHO, ['--input', 'nonsense'], 'nonsense'),
    (ECHO, ['--workflow', 'other'], 'other'),
    (ECHO + FAILS.split('\n', 1)[1], [], '--workflow'),
    (LOST, [], 'nowhere'),
    ('a: [', [], 'definition.yaml:1'),
], ids=['missing input', 'bad argument', 'unknown workflow', 'which workflow', 'bad definition', 'bad YAML'])
def test_run_ends_with_2_on_bad_usage(definition, text, arguments, complaint):
    done = run('run', definition(text), *arguments)
    assert done.returncode == 2
    assert complaint in done.stderr
    assert done.stdout == ''


def test_run_ends_with_3_when_interrupted(definition):
    process = subprocess.Popen(
        [BINARY, 'run', definition(SLEEPS), '--json'], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, env=clean_environment())
    heard = []
    reader = threading.Thread(target=lambda: heard.extend(iter(process.stderr.readline, '')))
    reader.start()
    try:
        until(lambda: any('RUNNING' in line for line in heard), 20, 'the task to run')
        process.send_signal(signal.SIGINT)
        output = process.stdout.read()
        assert process.wait(timeout=20) == 3
    finally:
        process.kill()
        reader.join()
    assert json.loads(output)['state'] == 'CANCELLED'
    assert json.loads(output)['tasks'][0]['state'] == 'CANCELLED'


def test_run_keeps_the_execution_in_a_database(definition, tmp_path, new_server):
    server = new_server(folder=tmp_path)
    done = run('run', definition(ECHO), '--input', 'what=1', '--json', '--database', server.database)
    execution = json.loads(done.stdout)['id']
    assert library(server.start().url).executions.get(execution).state == 'SUCCESS'


def test_lint_shows_all_problems(definition):
    path = definition(BROKEN)
    done = run('lint', path)
    assert done.returncode == 1
    for piece in ("unknown key 'on-succes'", "did you mean 'on-success'?", f'{path}:5:', f'{path}:9:', f'{path}:12:', '^^^^'):
        assert piece in done.stdout

    done = run('lint', '--format', 'json', path)
    assert done.returncode == 1
    problems = json.loads(done.stdout)
    for problem in problems:
        assert list(problem) == ['file', 'line', 'column', 'code', 'severity', 'message', 'help']
        assert (problem['file'], problem['severity']) == (str(path), 'error')
    assert [(problem['line'], problem['code']) for problem in problems] == [
        (5, 'bad-expression'), (9, 'unknown-key'), (12, 'wrong-type')]


def test_lint_is_silent_about_good_definitions(definition):
    done = run('lint', definition(ECHO))
    assert (done.returncode, done.stdout) == (0, '')
    done = run('lint', '--format', 'json', definition(ECHO))
    assert (done.returncode, json.loads(done.stdout)) == (0, [])


def test_lint_of_a_file_that_is_not_there():
    done = run('lint', '/no/such/file.yaml')
    assert done.returncode == 2
    assert '/no/such/file.yaml' in done.stderr


def test_lint_reads_hostile_text(definition, tmp_path):
    for name, content in {
        'binary': bytes(range(256)), 'deep': b'a: ' + b'[' * 10_000, 'empty': b'', 'latin': 'grün: ä'.encode('latin-1'),
    }.items():
        path = tmp_path / name
        path.write_bytes(content)
        done = run('lint', path)
        assert done.returncode in (1, 2), name
        assert done.stdout or done.stderr


@pytest.mark.parametrize('form, start, count', [
    ('mermaid', '---\ntitle: "upgrade_kernel"\n---\nflowchart TD\n', '==>'), ('dot', 'digraph "upgrade_kernel" {\n', ' -> '),
    ('svg', '<svg xmlns="http://www.w3.org/2000/svg"', '<path class="edge')])
def test_graph_draws_a_workflow(examples, form, start, count):
    arguments = ['graph', examples / 'upgrade_kernel' / 'upgrade_kernel.yaml', '--workflow', 'upgrade_kernel', '--format', form]
    done = run(*arguments)
    assert (done.returncode, done.stderr) == (0, '')
    assert done.stdout.startswith(start)
    assert count in done.stdout
    assert run(*arguments).stdout == done.stdout
    if form == 'svg':
        xml.etree.ElementTree.fromstring(done.stdout)


def test_graph_of_what_is_no_workflow(definition):
    done = run('graph', definition(BROKEN))
    assert (done.returncode, done.stdout) == (2, '')
    assert "unknown key 'on-succes'" in done.stderr
    done = run('graph', definition(ECHO), '--workflow', 'other')
    assert done.returncode == 2
    assert "there is no workflow 'other'" in done.stderr


def test_ten_thousand_tasks_are_drawn_in_seconds(definition):
    tasks = '\n'.join(f'    t{n}: {{on-success: [t{n + 1}, t{(n * 7) % 900 + n + 2}], on-error: fail}}' for n in range(9_000))
    rest = '\n'.join(f'    t{n}: {{action: std.noop}}' for n in range(9_000, 10_000))
    started = time.monotonic()
    done = run('graph', definition(f"version: '2.0'\nbig:\n  tasks:\n{tasks}\n{rest}\n"), '--format', 'svg')
    assert done.returncode == 0
    assert done.stdout.count('<path class="edge') == 27_000
    assert time.monotonic() - started < 60


def test_schema_is_a_schema_of_definitions():
    done = run('schema')
    schema = json.loads(done.stdout)
    assert schema['$schema'] == 'https://json-schema.org/draft/2020-12/schema'
    assert schema['$defs']['task']['properties']['with-items']['description']


@pytest.mark.parametrize('shell', ['bash', 'zsh', 'fish'])
def test_completion(shell):
    done = run('completion', shell)
    assert done.returncode == 0
    assert 'ostro' in done.stdout and 'COMPLETE' in done.stdout


@pytest.mark.parametrize('arguments', [['--help'], ['serve', '--help'], ['run', '--help'], ['lint', '--help']], ids=str)
def test_help_teaches_by_examples(arguments):
    done = run(*arguments)
    assert done.returncode == 0
    assert 'ostro run' in done.stdout or 'ostro serve' in done.stdout or 'ostro lint' in done.stdout


def test_nonsense_is_bad_usage():
    assert run('frobnicate').returncode == 2
    assert run().returncode == 2
