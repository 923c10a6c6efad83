"""Lists against a model of them: every filter with every operator, every order page by page, every field by itself.

The model is a few lines of Python over all rows of the list; the server may find rows by whatever index it likes.
"""

import itertools
import json
import urllib.parse

import pytest
import requests

from waiting import until

NOBODY = '11111111-2222-3333-4444-555555555555'
ADMIN = {'X-Roles': 'admin'}
DEFINITIONS = '''
version: '2.0'
lists_quick:
  description: says it
  tags: [Blue, fast]
  input: [text: hello]
  output: {text: <% $.said %>}
  tasks:
    say:
      tags: [Loud, blue]
      action: std.echo output=<% $.text %>
      publish: {said: <% task().result %>}
lists_waits: {tags: [blue], tasks: {hold: {action: std.async_noop}}}
lists_fails: {tags: ['100%_'], tasks: {boom: {action: std.fail}}}
lists_items: {tasks: {many: {with-items: 'i in <% [1, 2] %>', action: std.echo output=<% $.i %>, tags: [loud]}}}
lists_parent: {tasks: {sub: {workflow: lists_quick}}}
'''
BOOK = "version: '2.0'\nname: {}\ntags: [{}]\nworkflows: {{w: {{tasks: {{t: {{action: std.noop}}}}}}}}"
VERBS = '''version: '2.0'
lists_greet: {description: greets, tags: [Polite], input: [name, tone: 5], base: std.echo, base-input: {output: <% $.name %>}}
lists_bare: {base: std.noop}
'''
KINDS = ('text', 'time', 'id', 'json', 'number', 'bool')
ORDERED = ('gt', 'gte', 'lt', 'lte')

# What each column holds, by the sections of the REST API about the resources.
LISTS = {
    'workflows': {
        'text': 'name input definition scope project_id namespace', 'time': 'created_at updated_at', 'tags': True, 'admin': True},
    'workbooks': {'text': 'name definition scope namespace', 'time': 'created_at updated_at', 'tags': True},
    'actions?namespace=': {
        'text': 'name input description definition scope', 'time': 'created_at updated_at', 'bool': 'is_system', 'tags': True},
    'environments': {'text': 'name description scope', 'time': 'created_at updated_at', 'json': 'variables'},
    'code_sources': {'text': 'name scope project_id namespace', 'time': 'created_at updated_at', 'admin': True},
    'dynamic_actions': {
        'text': 'name scope project_id namespace class_name code_source_name', 'id': 'code_source_id',
        'time': 'created_at updated_at', 'admin': True},
    'executions?include_output=true': {
        'text': 'workflow_name description state state_info project_id', 'time': 'created_at updated_at',
        'id': 'workflow_id task_execution_id root_execution_id', 'json': 'params input output', 'tags': True, 'admin': True},
    'tasks': {
        'text': 'name workflow_name state state_info', 'time': 'created_at updated_at', 'id': 'workflow_id workflow_execution_id',
        'json': 'published', 'bool': 'processed', 'tags': True},
    'action_executions?include_output=true': {
        'text': 'name workflow_name task_name state state_info description', 'time': 'created_at updated_at',
        'id': 'task_execution_id', 'json': 'input output', 'bool': 'accepted'},
    'cron_triggers': {
        'text': 'name workflow_name pattern scope project_id', 'id': 'workflow_id', 'json': 'workflow_input workflow_params',
        'time': 'first_execution_time next_execution_time created_at updated_at', 'number': 'remaining_executions',
        'bool': 'enabled', 'admin': True},
    'event_triggers': {
        'text': 'name exchange topic event scope project_id', 'id': 'workflow_id', 'json': 'workflow_input workflow_params',
        'time': 'created_at updated_at', 'admin': True},
}


class Lists:
    """Asks for lists, as somebody who may see all projects."""

    def __init__(self, url):
        self.url, self.session = url, requests.Session()
        self.session.headers.update(ADMIN)

    def get(self, path):
        address = path if path.startswith('http') else f'{self.url}/{path}'
        answer = self.session.get(address, timeout=60)
        assert answer.status_code == 200, (path, answer.text)
        return answer.json()

    def rows(self, path):
        """The entries of the first page."""
        body = self.get(path)
        return next(value for key, value in body.items() if key != 'next')

    def paged(self, path):
        """The ids of all pages."""
        ids = []
        while path:
            body = self.get(path)
            path = body.pop('next', None)
            entries, = body.values()
            ids += [entry['id'] for entry in entries]
        return ids

    def post(self, path, body, **query):
        kind = {'data': body} if isinstance(body, str) else {'json': body}
        answer = self.session.post(f'{self.url}/{path}', params=query, timeout=60, **kind)
        assert answer.status_code == 201, answer.text
        return answer.json()


@pytest.fixture(scope='module')
def lists(tmp_path_factory):
    """A server with some of everything."""
    from program import Server
    server = Server(tmp_path_factory.mktemp('lists')).start()
    lists = Lists(server.url)
    fill(lists)
    yield lists
    server.stop()


def fill(lists):
    for namespace in ('', 'n1'):
        lists.post('workflows', DEFINITIONS, namespace=namespace)
        lists.post('actions', VERBS, namespace=namespace)
        lists.post('workbooks', BOOK.format('lists_book', 'Shelf'), namespace=namespace)
    lists.post('workbooks', BOOK.format('Lists_other', 'shelf, x'), scope='public')
    quick = next(row['id'] for row in lists.rows('workflows?name=lists_quick'))
    for number, name in itertools.product(range(2), ('quick', 'waits', 'fails', 'items', 'parent')):
        given = {'text': f'é{number}'} if name == 'quick' else {}
        lists.post('executions', {'workflow_name': f'lists_{name}', 'description': f'Number {number}', 'input': given})
    lists.post('executions', {'workflow_name': 'lists_quick', 'workflow_namespace': 'n1', 'params': {'env': {'a': 1}}})
    lists.post('action_executions', {'name': 'std.echo', 'input': {'output': 1}, 'params': {'save_result': True}, 'description': 'alone'})
    for number in range(3):
        text = {'description': 'first'} if number == 0 else {}
        lists.post('environments', {'name': f'lists_{number}', 'variables': {'a': number, 'b': {'c': [1, 'x']}}} | text)
        count = {'remaining_executions': number + 3} if number else {}
        time = {'first_execution_time': '2099-01-02 03:04'} if number == 1 else {}
        lists.post('cron_triggers', {'name': f'lists_{number}', 'workflow_name': 'lists_quick', 'pattern': f'{number} 3 1 1 *',
                                     'workflow_input': {'text': f'{number}'}} | count | time)
        lists.post('event_triggers', {'name': f'lists_{number}', 'workflow_id': quick, 'exchange': 'x', 'topic': f't{number}',
                                      'event': 'e', 'workflow_params': {'env': {'n': number}}})
        lists.post('code_sources', f'class A{number}: pass', name=f'lists_{number}')
        lists.post('dynamic_actions', {'name': f'lists_{number}', 'class_name': f'A{number}', 'code_source_name': f'lists_{number}'})
    ended = ('lists_quick', 'lists_fails', 'lists_items', 'lists_parent')
    until(lambda: all(row['state'] in ('SUCCESS', 'ERROR') for name in ended for row in lists.rows(f'executions?workflow_name={name}')))


def passes(kind, op, value, operands, among_actions=False):
    """Whether a row whose column has this value is found. What is null is not, except among actions by `neq` and `nin`."""
    if value is None:
        return among_actions and op in ('neq', 'nin')
    if op == 'has':
        # JSON as it is stored.
        text = json.dumps(json.loads(value), separators=(',', ':'), ensure_ascii=False) if kind == 'json' else str(value)
        return lower(operands[0]) in lower(text)
    if kind == 'json':
        value, operands = json.loads(value), [json.loads(operand) for operand in operands]
    elif kind == 'number':
        operands = [int(operand) for operand in operands]
    elif kind == 'bool':
        operands = [operand == 'true' for operand in operands]
    first = operands[0]
    return {
        'eq': lambda: value == first, 'neq': lambda: value != first,
        'gt': lambda: value > first, 'gte': lambda: value >= first, 'lt': lambda: value < first, 'lte': lambda: value <= first,
        'in': lambda: value in operands, 'nin': lambda: value not in operands,
    }[op]()


def lower(text):
    """ASCII letters only, as both databases do it."""
    return ''.join(chr(ord(letter) + 32) if 'A' <= letter <= 'Z' else letter for letter in text)


def questions(kind, values):
    """Operators with operands: some that are there, and some that are not."""
    there = list(dict.fromkeys(value for value in values if value not in (None, '')))[:3]
    other = {'text': 'Nobody_%', 'time': '2001-02-03 04:05:06', 'id': NOBODY, 'json': '{"no": "body"}', 'number': '-7', 'bool': 'true'}[kind]
    as_text = [json.dumps(value) if isinstance(value, bool) else str(value) for value in there]
    for operand in [*as_text, other]:
        ops = ('eq', 'neq') if kind in ('json', 'bool') else ('eq', 'neq', *ORDERED)
        yield from ((op, [operand]) for op in ops)
    # The lists are cut at commas.
    several = [text for text in as_text if ',' not in text][:2]
    if kind != 'json' and several:
        yield from ((op, [*several, other]) for op in ('in', 'nin'))
    if kind == 'json':
        parts = [str(value) for text in as_text for value in json.loads(text).values() if isinstance(value, str | int)]
    else:
        parts = [as_text[0][1:4], as_text[-1][:6].upper(), other[-2:]] if as_text and kind != 'bool' else []
    yield from (('has', [part]) for part in parts)


@pytest.mark.parametrize('path', LISTS)
def test_every_filter_with_every_operator(lists, path):
    rows, asked = lists.rows(path), 0
    assert len(rows) > 2
    for kind, column in columns(path):
        for op, operands in questions(kind, [row.get(column) for row in rows]):
            expected = ids(row for row in rows if passes(kind, op, row.get(column), operands, path.startswith('actions')))
            for prefix in (f'{op}:', '') if op == 'eq' else (f'{op}:',):
                filters = {column: prefix + ','.join(operands)}
                assert ids(lists.rows(also(path, **filters))) == expected, (path, filters)
                asked += 1
    assert asked > 40


def columns(path):
    """The columns of a list that are filters, with their kinds."""
    return [(kind, column) for kind in KINDS for column in LISTS[path].get(kind, '').split()]


def also(path, **query):
    return f'{path}{"&" if "?" in path else "?"}{urllib.parse.urlencode(query)}'


def ids(rows):
    return [row['id'] for row in rows]


@pytest.mark.parametrize('path', LISTS)
def test_filters_hold_together(lists, path):
    rows = lists.rows(path)
    for (kind, one), (_, other) in itertools.permutations(columns(path), 2):
        value = next((row[one] for row in rows if isinstance(row.get(one), str) and row[one]), None)
        if kind in ('text', 'id') and value:
            beside = next(iter(rows))[other]
            if not isinstance(beside, str) or not beside:
                continue
            expected = ids(row for row in rows if row[one] == value and row[other] == beside)
            assert ids(lists.rows(also(path, **{one: value, other: beside}))) == expected, (path, one, other)


@pytest.mark.parametrize('path', [path for path in LISTS if LISTS[path].get('tags')])
def test_tags_are_whole_words_in_any_case(lists, path):
    rows = lists.rows(path)
    known = sorted({tag for row in rows for tag in row['tags'] or ()})
    assert known
    parts = [[tag[:-1]] for tag in known if len(tag) > 1]
    for tags in [[tag] for tag in known] + [[tag.upper()] for tag in known] + parts + [known[:2], ['nobody']]:
        expected = ids(row for row in rows if {lower(tag) for tag in tags} <= {lower(tag) for tag in row['tags'] or ()})
        assert ids(lists.rows(also(path, tags=','.join(tags)))) == expected, (path, tags)


def test_columns_that_must_be_null(lists):
    rows = lists.rows('executions')
    for nulls in ('root_execution_id', 'task_execution_id', 'state_info', 'root_execution_id,state_info'):
        expected = ids(row for row in rows if all(row[column] is None for column in nulls.split(',')))
        assert 0 < len(expected) < len(rows)
        assert ids(lists.rows(f'executions?nulls={nulls}')) == expected
        assert lists.paged(f'executions?nulls={nulls}&limit=2') == expected


@pytest.mark.parametrize('path', LISTS)
def test_every_order_page_by_page(lists, path):
    rows = lists.rows(path)
    for key in ['id', *(column for _, column in columns(path))]:
        for direction in ('asc', 'desc'):
            query = also(path, sort_keys=key, sort_dirs=direction)
            whole = lists.rows(query)
            assert sorted(ids(whole)) == sorted(ids(rows))
            values = [order_of(row.get(key)) for row in whole]
            if key in (column for kind, column in columns(path) if kind != 'json'):
                assert values == sorted(values, reverse=direction == 'desc'), (path, key, direction)
            for limit in (1, 4) if key == 'created_at' else (4,):
                assert lists.paged(f'{query}&limit={limit}') == ids(whole), (path, key, direction, limit)


def order_of(value):
    """What is null comes first."""
    return (value is not None and value != '', value if isinstance(value, (int, float)) else str(value or ''))


def test_the_next_page_is_of_the_same_question(lists):
    query = {'include_output': 'true', 'nulls': 'root_execution_id', 'state': 'in:SUCCESS,ERROR,RUNNING', 'description': 'has:Number 0',
             'tags': 'blue', 'sort_keys': 'workflow_name,state', 'sort_dirs': 'desc', 'fields': 'state,output', 'include': 'result',
             'workflow_name': 'neq:a&b=c', 'all_projects': 'true', 'limit': 1}
    whole = lists.rows(also('executions', **{**query, 'limit': 1000}))
    assert len(whole) == 2 and set(whole[0]) == {'id', 'state', 'output'}
    first = lists.get(also('executions', **query))
    assert first['executions'] == whole[:1]
    again = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(first['next']).query))
    assert again == {**query, 'sort_keys': 'workflow_name,state,id', 'sort_dirs': 'desc,asc,asc', 'fields': 'id,state,output',
                     'limit': '1', 'marker': whole[0]['id'], 'workflow_name': 'neq:a&b=c'}
    assert lists.get(first['next'])['executions'] == whole[1:]


@pytest.mark.parametrize('path', LISTS)
def test_every_field_by_itself(lists, path):
    rows = lists.rows(path)
    for field in rows[0]:
        for row, whole in zip(lists.rows(also(path, fields=field.upper())), rows, strict=True):
            # Lists of actions show everything.
            expected = whole if path.startswith('actions') else {name: whole[name] for name in ('id', field) if name in whole}
            assert row == expected, (path, field)


@pytest.mark.parametrize('path', LISTS)
def test_names_are_markers_too(lists, path):
    rows = lists.rows(path)
    for at, row in enumerate(rows[:-1]):
        assert ids(lists.rows(also(path, marker=row['id'], limit=1))) == ids(rows[at + 1:at + 2])
    # Names of event triggers need not be there.
    if 'name' in rows[0] and len({row['name'] for row in rows}) == len(rows) and path != 'event_triggers':
        assert ids(lists.rows(also(path, marker=rows[0]['name']))) == ids(rows[1:])
