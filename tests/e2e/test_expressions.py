"""`ostro expr eval`: the playground, the program interface, and the corpora recorded from the original."""

import json
import re
import subprocess
import sys
import threading

import pytest

from program import BINARY, ROOT, clean_environment, run

CONFORMANCE = ROOT.parent / 'shared/conformance'

# What differs from the original, and why; COMPATIBILITY.md says it to users.
LOSSY_DUMP = 'the original writes dicts below the third level as null'
METHOD = 'a method that was not called is an error that says so, rather than its Python text'
DIFFERENCES = {
    'yaql': {
        'mistral-functions-0035': LOSSY_DUMP,
        'mistral-functions-0037': LOSSY_DUMP,
    },
    'jinja': {
        'jinja-native-0078': METHOD,
        'jinja-native-0080': METHOD,
        'jinja-methods-0077': METHOD,
        'jinja-filters-0072': 'undefined values in a list are an error that names the attribute',
        'jinja-blocks-0001': 'a template of blocks alone is rendered; the original fails with IndexError',
    },
}


@pytest.mark.parametrize('lang', ['yaql', 'jinja'])
def test_the_corpus_agrees(lang):
    corpus = CONFORMANCE / f'{lang}.jsonl'
    if not corpus.exists():
        pytest.skip(f'there is no corpus at {corpus.relative_to(ROOT.parent)} beside the project')
    # One case shows the day of the month on which the corpus was made.
    program = f'env OSTRO_EXPR_NOW=2024-03-21T12:00:00Z {BINARY}'
    done = subprocess.run(
        [sys.executable, CONFORMANCE / 'check_corpus.py', program, corpus, '--show', '100000'],
        capture_output=True, text=True, timeout=120, check=False, env=clean_environment())
    assert re.search(r'^\d+ passed, \d+ failed$', done.stdout, re.M), done.stderr
    failed = set(re.findall(r'^([a-z-]+-\d{4})  ', done.stdout, re.M))
    assert failed == set(DIFFERENCES[lang]), done.stdout


class Interface:
    """A running `ostro expr eval --jsonl`."""

    def __init__(self, lang):
        self.process = subprocess.Popen(
            [BINARY, 'expr', 'eval', '--lang', lang, '--jsonl'], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env=clean_environment())

    def ask(self, line):
        """The answer, which must come before the next line is sent."""
        timer = threading.Timer(20, self.process.kill)
        timer.start()
        self.process.stdin.write(line + b'\n')
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        timer.cancel()
        return json.loads(answer)

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait(timeout=20)


@pytest.fixture
def interface():
    made = []

    def start(lang='yaql'):
        made.append(Interface(lang))
        return made[-1]

    yield start
    for one in made:
        one.process.kill()
        one.process.wait()


def test_each_line_is_answered_at_once(interface):
    yaql = interface()
    for n in range(3):
        assert yaql.ask(json.dumps({'id': n, 'expr': '$.n * 2', 'data': {'n': n}}).encode()) == {'id': n, 'ok': 2 * n}
    assert yaql.close() == 0


def test_nothing_ends_the_interface(interface):
    yaql = interface()
    for line in (b'', b'nonsense', b'[1]', b'{"id": 1}', b'\xff\xfe', b'[' * 100_000, b'{"expr": "1", "options": {"x": 1}}'):
        answer = yaql.ask(line)
        assert (answer['id'], answer['error']) == (None, 'ProtocolError'), line
        assert answer['message']
    for expression in ('(' * 100_000, 'sequence()', '$.x.' * 50_000, "'a' * 1000000000", '[1].cycle().len()'):
        assert 'error' in yaql.ask(json.dumps({'id': 1, 'expr': expression}).encode()), expression[:50]
    assert yaql.ask(b'{"id": "still here", "expr": "1"}') == {'id': 'still here', 'ok': 1}


def test_values_that_json_lacks(interface):
    yaql = interface()

    def typed(expression, data=None):
        request = {'expr': expression, 'data': data, 'options': {'typed': True}}
        return yaql.ask(json.dumps(request).encode())['ok']

    for value in ({'$set': [1]}, {'$dict': [[1, 'a']]}, {'$dict': [['$x', 1]]}, {'$float': 'nan'}, {'$timespan': -5},
                  {'$datetime': '2020-01-02T03:04:05.000006+02:00'}, {'$regex': 'a+'}):
        assert typed('$', value) == value
    assert typed('$ + timespan(hours => 1)', {'$datetime': '2020-01-01T23:30:00.000000+00:00'}) == {
        '$datetime': '2020-01-02T00:30:00.000000+00:00'}
    assert typed('let(a => 1)') == {'$opaque': 'context'}


def test_the_playground_prints_json(tmp_path):
    data = tmp_path / 'data.json'
    data.write_text('{"name": "Rīga", "list": [3, 1]}')
    done = run('expr', 'eval', '$.list.orderBy($)', '--data', data)
    assert (done.returncode, json.loads(done.stdout)) == (0, [1, 3])
    done = run('expr', 'eval', '--lang', 'jinja', '_.name | upper', '--data', data)
    assert done.stdout == '"RĪGA"\n'
    done = run('expr', 'eval', 'I am in <% $.name %>', '--data', data)
    assert done.stdout == '"I am in Rīga"\n'
    piped = subprocess.run([BINARY, 'expr', 'eval', '$ + 1', '--data', '-'], input=b'41', capture_output=True, check=True)
    assert piped.stdout == b'42\n'


@pytest.mark.parametrize(('arguments', 'pieces'), [
    (['1 + fooo(2)'], ['Unknown function "fooo"', '1 | 1 + fooo(2)', '  |     ^^^^^^^ NoFunctionRegisteredException']),
    (['$.a +'], ['unexpected end', '^ YaqlGrammarException', 'help: the expression is not finished']),
    (['--lang', 'jinja', '1 + nope'], ["'nope' is undefined", '1 + nope', '^^^^']),
    (['a {{ 1 / 0 }}'], ['division by zero', '  |      ^^^^^ ZeroDivisionError']),
    (['<% 1 %>{{ 1 }}'], ['Mixing expression types']),
    (['task(x)'], ['task() needs a running workflow']),
], ids=lambda value: value[-1] if isinstance(value[-1], str) else None)
def test_the_playground_points_at_the_fault(arguments, pieces):
    done = run('expr', 'eval', *arguments)
    assert (done.returncode, done.stdout) == (1, '')
    for piece in pieces:
        assert piece in done.stderr


@pytest.mark.parametrize(('arguments', 'complaint'), [
    ([], '<EXPRESSION>'),
    (['1', '--jsonl'], '--jsonl'),
    (['1', '--data', '/no/such/file.json'], '/no/such/file.json'),
    (['1', '--data', __file__], 'is not JSON'),
    (['1', '--now', 'yesterday'], 'yesterday'),
], ids=str)
def test_bad_usage(arguments, complaint):
    done = run('expr', 'eval', *arguments)
    assert done.returncode == 2
    assert complaint in done.stderr
