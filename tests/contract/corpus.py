"""The requests, in order: each step may use what earlier ones have left in the service.

A step is a dictionary: id, method, path, and optionally query, headers, body (text), save ({variable: attribute of the
answer}), until ({attribute: value}: asked again until it is so). `{variable}` stands for what was saved.
"""

import json

UUID = '11111111-2222-3333-4444-555555555555'
ADMIN = {'X-Roles': 'admin'}
OPERATORS = ('eq', 'neq', 'gt', 'gte', 'lt', 'lte', 'in', 'nin', 'has')

ONE = """version: '2.0'
hello:
  description: says something
  tags: [Blue, small]
  input: [name, greet: hi, cnt: 3, o: {a: 1}, flag: true, nul: null]
  output: {text: <% $.text %>}
  tasks:
    say: {action: std.echo output=<% $.greet %>, publish: {text: <% task().result %>}}
"""
TWO = """version: '2.0'
first: {tasks: {t: {action: std.noop}}}
second:
  tags: [red]
  tasks: {t: {action: std.noop}}
"""
RUNS = """version: '2.0'
quick:
  tags: [Blue, fast]
  input: [text: hello]
  output: {text: <% $.said %>}
  tasks:
    say:
      tags: [Loud]
      action: std.echo output=<% $.text %>
      publish: {said: <% task().result %>}
waits: {tasks: {hold: {action: std.async_noop}}}
fails: {tasks: {boom: {action: std.fail}}}
items:
  tasks:
    many:
      with-items: i in <% [1, 2] %>
      action: std.echo output=<% $.i %>
parent: {tasks: {sub: {workflow: quick}}}
back:
  type: reverse
  tasks: {a: {action: std.noop}, b: {action: std.noop, requires: [a]}}
"""
BOOK = """version: '2.0'
name: book
tags: [shelf]
actions:
  shout: {base: std.echo, base-input: {output: <% $.text %>}, input: [text], output: <% $ %>}
workflows:
  main: {tasks: {t: {action: shout text=hi}}}
"""
VERBS = """version: '2.0'
greet:
  description: greets
  tags: [polite]
  input: [name, tone: 5]
  base: std.echo
  base-input: {output: "<% $.name %>"}
bare: {base: std.noop}
"""


class Steps(list):
    """The steps of the corpus; ids are the group, a number in it and a title."""

    def __init__(self):
        super().__init__()
        self.group = None
        self.number = 0

    def begin(self, group):
        self.group, self.number = group, 0

    def ask(self, method, path, query='', body=None, title='', headers=None, **more):
        self.number += 1
        step = {'id': f'{self.group}.{self.number:03} {title or method + " " + path + ("?" + query if query else "")}',
                'method': method, 'path': path} | more
        if query:
            step['query'] = query
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
            headers = {'Content-Type': 'application/json'} | (headers or {})
        if body is not None:
            step['body'] = body
        if headers:
            step['headers'] = headers
        self.append(step)

    def get(self, path, query='', **more):
        self.ask('GET', path, query, **more)

    def text(self, method, path, body, query='', **more):
        """A definition as text."""
        self.ask(method, path, query, body, headers={'Content-Type': 'text/plain'} | more.pop('headers', {}), **more)

    def json(self, method, path, body, query='', **more):
        self.ask(method, path, query, body, **more)


def steps():
    made = Steps()
    for group in (roots, workbooks, workflows, actions, environments, executions, tasks, action_executions, cron, events,
                  code, members, lists, bodies, maintenance):
        made.begin(group.__name__)
        group(made)
    return list(made)


def roots(s):
    for path in ('/', '/v2', '/v2/', '/info', '/maintenance', '/healthcheck', '/v2/workflows/', '/v2/actions/std.echo/'):
        s.get(path)
    for path in ('/nowhere', '/v2/nowhere', '/v2/workflows/x/nowhere', '/v2/executions/x/nowhere', '/v2/services', '/v3/'):
        s.get(path)
    for method in ('PATCH', 'DELETE', 'PUT'):
        for path in ('/v2/executions', '/v2/workflows', '/v2/environments', '/v2/tasks', '/v2/action_executions'):
            if (method, path) not in (('PUT', '/v2/workflows'), ('PUT', '/v2/environments')):
                s.ask(method, path)
    s.ask('POST', '/v2/tasks', body='{}')
    s.ask('PUT', '/v2/cron_triggers', body='{}')
    s.ask('OPTIONS', '/v2/workflows')
    s.ask('POST', '/v2/executions', body='<a/>', headers={'Content-Type': 'application/xml'})
    s.ask('POST', '/v2/workflows', body='<a/>', headers={'Content-Type': 'text/xml'})
    s.ask('POST', '/v2/workflows', body='<a/>', headers={'Content-Type': 'application/atom+xml'})
    s.ask('POST', '/v2/executions', body='{}', headers={'Content-Type': 'image/png'})
    s.ask('POST', '/v2/executions', body='{', headers={'Content-Type': 'application/json'})
    s.ask('POST', '/v2/executions', body='', headers={'Content-Type': 'application/json'})


def definitions(s, plural, good, other):
    """What all three kinds of definitions have in common."""
    path = f'/v2/{plural}'
    for title, text in (('nothing', ''), ('no document', 'x'), ('no YAML', 'a: [b'), ('a list', '[1, 2]'),
                        ('no version', 'a: {tasks: {t: {action: std.noop}}}'), ('an old version', good.replace("'2.0'", "'1.0'", 1)),
                        ('only a version', "version: '2.0'\n"), ('an alias bomb', 'a: &a [x]\nb: *c\n')):
        s.text('POST', path, text, title=f'POST {path}: {title}')
        s.text('POST', f'{path}/validate', text, title=f'validate {path}: {title}')
    s.text('POST', f'{path}/validate', good)
    s.text('POST', path, good, 'scope=foo')
    s.text('POST', path, good, 'scope=public')
    s.text('PUT', path, good, title=f'PUT {path}: not there yet')
    s.text('POST', path, good)
    s.text('POST', path, good, title=f'POST {path}: again')
    s.text('POST', path, good, 'namespace=n1')
    s.text('POST', path, good, 'namespace=n2&scope=public', headers=ADMIN)
    s.text('PUT', path, good)
    s.text('PUT', path, good, 'namespace=n1')
    s.text('PUT', path, good, 'scope=foo')
    s.text('PUT', path, good, 'scope=public')
    s.text('PUT', path, good, 'unknown=1&skip_validation=1')
    s.text('POST', path, other, 'namespace=n1')
    for query in ('', 'namespace=n1', 'namespace=nope', 'foo=1'):
        s.get(f'{path}/{{name}}', query)
        s.get(f'{path}/nope', query)


def workbooks(s):
    s.ask('GET', '/v2/workbooks', save={}, title='empty')
    definitions(s, 'workbooks', BOOK, BOOK.replace('name: book', 'name: paper'))
    s[:] = [named(step, 'book') for step in s]
    s.get('/v2/workbooks/book', save={'book': 'id'})
    s.get('/v2/workbooks/{book}', title='by id')
    s.get('/v2/workbooks/book/n1')
    s.get('/v2/workbooks/book/nope')
    for fields in ('name', 'name,definition', 'name,foo', ''):
        s.get('/v2/workbooks/book', f'fields={fields}')
    s.text('PUT', '/v2/workbooks/book', BOOK)
    s.get('/v2/workflows/book.main')
    s.get('/v2/actions/book.shout')
    for text in (BOOK.replace('name: book\n', ''), BOOK.replace('name: book', 'name: 5'), BOOK.replace('workflows:', 'flows:'),
                 BOOK.replace('std.echo', ''), BOOK.replace('tags: [shelf]', 'tags: shelf')):
        s.text('POST', '/v2/workbooks', text, title='a workbook that is wrong')
        s.text('POST', '/v2/workbooks/validate', text, title='validate a workbook that is wrong')
    for query in ('namespace=n2', 'namespace=n2', 'namespace=nope', 'foo=1'):
        s.ask('DELETE', '/v2/workbooks/book', query)
    s.ask('DELETE', '/v2/workbooks/nope')
    s.ask('DELETE', '/v2/workbooks/paper/n1')


def workflows(s):
    start = len(s)
    definitions(s, 'workflows', ONE, TWO)
    s[start:] = [named(step, 'hello') for step in s[start:]]
    s.get('/v2/workflows/hello', save={'hello': 'id'})
    s.get('/v2/workflows/{hello}', title='by id')
    s.get('/v2/workflows/{hello}', 'namespace=nope', title='by id in another namespace')
    s.get(f'/v2/workflows/{UUID}')
    for fields in ('name', 'id,name,input', 'interface', 'name,foo', 'definition,checksum'):
        s.get('/v2/workflows/hello', f'fields={fields}')
    s.text('PUT', '/v2/workflows/hello', TWO)
    s.text('PUT', '/v2/workflows/nope', ONE)
    s.text('PUT', '/v2/workflows/{hello}', ONE.replace('hello:', 'hallo:', 1), title='PUT by id: renamed')
    s.text('PUT', '/v2/workflows/hallo', ONE)
    s.text('PUT', '/v2/workflows', TWO + ONE.partition('\n')[2], title='PUT several, some of them not there')
    for title, text in (('a space in the name', ONE.replace('hello:', 'hel lo:', 1)), ('a UUID as name', ONE.replace('hello:', f'{UUID}:', 1)),
                        ('no tasks', "version: '2.0'\nw: {tasks: {}}"), ('no action', "version: '2.0'\nw: {tasks: {t: {action: }}}"),
                        ('an unknown key', "version: '2.0'\nw: {taks: {}}"), ('bad YAQL', "version: '2.0'\nw: {tasks: {t: {action: std.echo output=<% $. %>}}}"),
                        ('bad Jinja', "version: '2.0'\nw: {tasks: {t: {action: std.echo output=\"{{ _. }}\"}}}"),
                        ('an unknown task', "version: '2.0'\nw: {tasks: {t: {action: std.noop, on-success: u}}}"),
                        ('requires in a direct workflow', "version: '2.0'\nw: {type: foo, tasks: {t: {action: std.noop}}}"),
                        ('no mapping', "version: '2.0'\nw: [1]"), ('two names', "version: '2.0'\nw: {tasks: {t: {action: std.noop, workflow: x}}}"),
                        ('a bad retry', "version: '2.0'\nw: {tasks: {t: {action: std.noop, retry: {count: a b}}}}"),
                        ('a bad join', "version: '2.0'\nw: {tasks: {t: {action: std.noop, join: x}}}")):
        s.text('POST', '/v2/workflows', text, title=f'POST: {title}')
        s.text('POST', '/v2/workflows/validate', text, title=f'validate: {title}')
    for query in ('namespace=n2', 'namespace=n2', 'foo=1'):
        s.ask('DELETE', '/v2/workflows/hello', query)
    s.ask('DELETE', f'/v2/workflows/{UUID}')
    s.ask('DELETE', '/v2/workflows/second', 'namespace=n1')


def actions(s):
    start = len(s)
    definitions(s, 'actions', VERBS, VERBS.replace('greet:', 'salute:').replace('bare:', 'plain:'))
    s[start:] = [named(step, 'greet') for step in s[start:]]
    s.get('/v2/actions/greet', save={'greet': 'id'})
    for path in ('/v2/actions/{greet}', '/v2/actions/greet/n1', '/v2/actions/greet/nope', '/v2/actions/std.http', '/v2/actions/std.nope',
                 '/v2/actions/std.echo/n1'):
        s.get(path)
    s.get('/v2/actions/greet', 'fields=name')
    one = VERBS.partition('bare:')[0]
    s.text('PUT', '/v2/actions/greet', one)
    s.text('PUT', '/v2/actions/{greet}', one, title='PUT by id')
    s.text('PUT', '/v2/actions/greet', VERBS)
    s.text('PUT', '/v2/actions/nope', one)
    s.text('PUT', '/v2/actions/std.echo', one)
    for title, text in (('no base', "version: '2.0'\na: {input: [x]}"), ('no mapping', "version: '2.0'\na: 5"),
                        ('a bad input', "version: '2.0'\na: {base: std.echo, input: x}"), ('a built-in name', "version: '2.0'\nstd.echo: {base: std.noop}"),
                        ('bad YAQL', "version: '2.0'\na: {base: std.echo, base-input: {output: <% $. %>}}"), ('an unknown key', "version: '2.0'\na: {bse: x}")):
        s.text('POST', '/v2/actions', text, title=f'POST: {title}')
        s.text('POST', '/v2/actions/validate', text, title=f'validate: {title}')
    s.ask('DELETE', '/v2/actions/std.echo')
    for query in ('namespace=n2', 'namespace=n2', 'foo=1'):
        s.ask('DELETE', '/v2/actions/greet', query)
    s.ask('DELETE', '/v2/actions/nope')
    s.ask('DELETE', '/v2/actions/bare/n1')


def environments(s):
    path = '/v2/environments'
    s.json('POST', path, {'name': 'lab', 'description': 'd', 'variables': {'a': 1, 'b': {'c': 'é'}}, 'scope': 'private'})
    s.json('POST', path, {'name': 'lab', 'variables': '{}'})
    s.json('POST', path, {'name': 'text', 'variables': '{"a": 1}'})
    for body in ({'variables': {}}, {'name': 'x', 'variables': '[1]'}, {'name': 'x', 'variables': [1]}, {'name': 'x', 'variables': 'x'},
                 {'name': 'x', 'variables': 5}, {'name': 5, 'variables': {}}, {'name': 'x', 'variables': {}, 'foo': 1},
                 {'name': 'x', 'variables': {}, 'scope': 'foo'}, {'name': 'x', 'variables': {}, 'scope': 'public'},
                 {'name': 'x', 'variables': {}, 'project_id': 'p'}, {'name': 'x', 'variables': {}, 'id': 'i'}, {'name': 'x' * 300, 'variables': {}}):
        s.json('POST', path, body, title=f'POST {json.dumps(body)[:80]}')
    for body in ({'name': 'lab', 'variables': {'z': 1}}, {'name': 'lab', 'description': None}, {'name': 'lab'}, {'name': 'nope', 'variables': {}},
                 {'variables': {}}, {'name': 'lab', 'scope': 'foo'}, {'name': 'lab', 'created_at': 'x'}):
        s.json('PUT', path, body, title=f'PUT {json.dumps(body)}')
    s.json('POST', path, {'name': 'shared', 'variables': {}, 'scope': 'public'}, headers=ADMIN)
    for name in ('lab', 'nope', 'shared'):
        s.get(f'{path}/{name}')
    s.get(f'{path}/lab', 'foo=1')
    s.get(f'{path}/lab', 'fields=name,variables')
    s.ask('DELETE', f'{path}/text')
    s.ask('DELETE', f'{path}/text')


def executions(s):
    path = '/v2/executions'
    s.text('POST', '/v2/workflows', RUNS)
    s.get('/v2/workflows/quick', save={'quick': 'id'})
    s.json('POST', path, {'workflow_name': 'quick'}, save={'done': 'id'})
    s.get(f'{path}/{{done}}', until={'state': 'SUCCESS'})
    s.json('POST', path, {'workflow_id': '{quick}', 'input': {'text': 'é'}, 'description': 'mine', 'params': {'env': {'k': 1}, 'note': 'x'}})
    s.json('POST', path, {'workflow_name': 'quick', 'input': '{"text": "a"}', 'params': '{}', 'description': ''})
    s.json('POST', path, {'workflow_name': 'waits'}, save={'held': 'id'})
    s.json('POST', path, {'workflow_name': 'fails'}, save={'failed': 'id'})
    s.get(f'{path}/{{failed}}', until={'state': 'ERROR'})
    s.json('POST', path, {'workflow_name': 'items'}, save={'items': 'id'})
    s.get(f'{path}/{{items}}', until={'state': 'SUCCESS'})
    s.json('POST', path, {'workflow_name': 'parent'}, save={'parent': 'id'})
    s.get(f'{path}/{{parent}}', until={'state': 'SUCCESS'})
    s.json('POST', path, {'workflow_name': 'back', 'params': {'task_name': 'b'}}, save={'back': 'id'})
    s.get(f'{path}/{{back}}', until={'state': 'SUCCESS'})
    s.json('POST', path, {'id': UUID, 'workflow_name': 'quick'}, title='with an id of its own')
    s.json('POST', path, {'id': UUID, 'workflow_name': 'nope'}, title='with the same id')
    s.json('POST', path, {'id': 'my-own', 'workflow_name': 'quick'}, title='with an id that is no UUID')
    s.get(f'{path}/my-own', until={'state': 'SUCCESS'})
    s.json('POST', path, {'source_execution_id': '{done}', 'description': 'again'}, title='based on another')
    s.json('POST', path, {'workflow_name': 'quick', 'params': {'env': 'lab'}}, title='with a stored environment')
    for body in ({}, {'workflow_name': 'nope'}, {'workflow_id': UUID}, {'workflow_name': ''}, {'workflow_name': 'quick', 'workflow_namespace': 'n1'},
                 {'workflow_name': 'quick', 'input': {'nope': 1}}, {'workflow_name': 'hello'}, {'workflow_name': 'hello', 'input': {'name': 1, 'x': 2}},
                 {'workflow_name': 'quick', 'params': {'env': 'nope'}}, {'workflow_name': 'quick', 'params': {'env': 5}},
                 {'workflow_name': 'back'}, {'workflow_name': 'back', 'params': {'task_name': 'nope'}}, {'source_execution_id': UUID, 'description': ''},
                 {'workflow_name': 5}, {'workflow_name': 'quick', 'input': '[1]'}, {'workflow_name': 'quick', 'input': [1]},
                 {'workflow_name': 'quick', 'input': 'x'}, {'workflow_name': 'quick', 'input': 5}, {'workflow_name': 'quick', 'params': 'x'},
                 {'workflow_name': 'quick', 'foo': 1, 'bar': 2}, {'workflow_name': 'quick', 'project_id': 'p'},
                 {'workflow_name': 'quick', 'tags': 'x'}, {'workflow_name': 'quick', 'tags': [1]}, {'workflow_name': 'quick', 'state': 'ERROR'},
                 {'workflow_name': 'quick', 'description': 5}):
        s.json('POST', path, body, title=f'POST {json.dumps(body)[:90]}')
    for identifier in ('{done}', '{failed}', '{held}', UUID.replace('1', '9'), 'nope'):
        s.get(f'{path}/{identifier}')
        for below in ('tasks', 'executions', 'report'):
            s.get(f'{path}/{identifier}/{below}')
    for fields in ('id,state', 'output', 'STATE', 'foo', 'published_global'):
        s.get(f'{path}/{{done}}', f'fields={fields}')
    s.get(f'{path}/{{done}}', 'foo=1')
    for query in ('max_depth=0', 'max_depth=1', 'max_depth=-1', 'max_depth=x', 'errors_only=true', 'include_output=true', 'foo=1'):
        s.get(f'{path}/{{parent}}/executions', query)
    for query in ('statistics_only=true', 'errors_only=true', 'max_depth=0', 'max_depth=x', 'foo=1'):
        s.get(f'{path}/{{parent}}/report', query)
    for body in ({}, {'state': ''}, {'state': 'FOO'}, {'state': 'PAUSED', 'description': 'x'}, {'description': 'new'}, {'params': {'env': {'k': 2}}},
                 {'state': 'PAUSED', 'params': {'env': {'k': 2}}}, {'state': 'PAUSED'}, {'state': 'PAUSED'}, {'params': {'env': {'k': 2}}},
                 {'state': 'RUNNING'}, {'state': 'RUNNING'}, {'state': 'IDLE'}, {'state': 5}, {'foo': 1}, {'state': 'ERROR', 'state_info': 'because'},
                 {'state': 'SUCCESS'}, {'state': 'CANCELLED'}, {'state': 'RUNNING'}):
        s.json('PUT', f'{path}/{{held}}', body, title=f'PUT {json.dumps(body)}')
    for body in ({'state': 'PAUSED'}, {'state': 'SUCCESS'}, {'state': 'ERROR'}, {'state': 'CANCELLED'}, {'state': 'RUNNING'}, {'description': 'late'}):
        s.json('PUT', f'{path}/{{done}}', body, title=f'PUT finished {json.dumps(body)}')
    s.json('PUT', f'{path}/nope', {'state': 'PAUSED'})
    s.json('POST', path, {'workflow_name': 'waits'}, save={'open': 'id'})
    s.ask('DELETE', f'{path}/{{open}}')
    s.ask('DELETE', f'{path}/{{open}}', 'foo=1')
    s.ask('DELETE', f'{path}/{{open}}', 'force=true')
    s.ask('DELETE', f'{path}/{{open}}')
    s.ask('DELETE', f'{path}/my-own')


def tasks(s):
    s.json('POST', '/v2/executions', {'workflow_name': 'fails'}, save={'bad': 'id'})
    s.get('/v2/executions/{bad}', until={'state': 'ERROR'})
    s.get('/v2/executions/{bad}/tasks', save={'boom': 'tasks.0.id'})
    s.get('/v2/executions/{done}/tasks', save={'say': 'tasks.0.id'})
    s.get('/v2/executions/{parent}/tasks', save={'sub': 'tasks.0.id'})
    s.get('/v2/executions/{items}/tasks', save={'many': 'tasks.0.id'})
    for task in ('{boom}', '{say}', '{sub}', '{many}', UUID, 'nope'):
        s.get(f'/v2/tasks/{task}')
        for below in ('action_executions', 'workflow_executions', 'executions'):
            s.get(f'/v2/tasks/{task}/{below}')
    s.get('/v2/tasks/{say}/action_executions', save={'said': 'action_executions.0.id'})
    s.get('/v2/tasks/{say}/action_executions/{said}')
    s.get('/v2/tasks/{say}/action_executions', 'include_output=true')
    for fields in ('id,name', 'foo', 'state,started_at'):
        s.get('/v2/tasks/{say}', f'fields={fields}')
    s.get('/v2/tasks/{say}', 'foo=1')
    for body in ({}, {'state': 'RUNNING'}, {'state': 'RUNNING', 'reset': False}, {'state': 'ERROR', 'reset': True}, {'state': 'RUNNING', 'name': 'x', 'reset': True},
                 {'state': 'RUNNING', 'workflow_name': 'x', 'reset': True}, {'state': 'RUNNING', 'reset': 'maybe'}, {'foo': 1}, {'state': 5},
                 {'state': 'RUNNING', 'reset': True, 'env': '[1]'}):
        s.json('PUT', '/v2/tasks/{boom}', body, title=f'PUT failed {json.dumps(body)}')
    s.json('PUT', '/v2/tasks/{say}', {'state': 'RUNNING', 'reset': True}, title='PUT a good one')
    s.json('PUT', f'/v2/tasks/{UUID}', {'state': 'RUNNING', 'reset': True})
    s.json('PUT', '/v2/tasks/{boom}', {'id': '{boom}', 'state': 'SKIPPED'}, title='skip')
    s.get('/v2/executions/{bad}', until={'state': 'SUCCESS'})
    s.get('/v2/tasks/{boom}', until={'state': 'SKIPPED'})


def action_executions(s):
    path = '/v2/action_executions'
    for params in ({}, {'run_sync': True}, {'save_result': True, 'run_sync': True}):
        s.json('POST', path, {'name': 'std.echo', 'input': {'output': [1, 'é']}, 'params': params})
        s.json('POST', path, {'name': 'std.fail', 'params': params})
    s.json('POST', path, {'name': 'std.echo', 'input': '{"output": 1}', 'description': 'mine', 'params': '{"save_result": true, "run_sync": true}'},
           save={'kept': 'id'})
    s.json('POST', path, {'name': 'std.async_noop'}, save={'async': 'id'})
    s.json('POST', path, {'name': 'std.async_noop', 'params': {'run_sync': True}})
    s.json('POST', path, {'name': 'greet', 'input': {'name': 'you'}})
    s.json('POST', path, {'name': 'greet', 'input': {'name': 'you'}, 'workflow_namespace': 'n1'})
    for body in ({}, {'name': ''}, {'name': 'nope'}, {'name': 'std.echo'}, {'name': 'std.echo', 'input': {'foo': 1}}, {'name': 'greet'},
                 {'name': 5}, {'name': 'std.echo', 'input': '[1]'}, {'name': 'std.echo', 'input': 5}, {'name': 'std.echo', 'input': 'x'},
                 {'name': 'std.noop', 'params': 'x'}, {'name': 'std.noop', 'foo': 1}, {'name': 'std.noop', 'accepted': 'maybe'}):
        s.json('POST', path, body, title=f'POST {json.dumps(body)}')
    for identifier in ('{kept}', '{async}', '{said}', UUID, 'nope'):
        s.get(f'{path}/{identifier}')
    s.get(f'{path}/{{kept}}', 'fields=id,state,foo')
    s.get(f'{path}/{{kept}}', 'foo=1')
    for body in ({}, {'state': 'FOO'}, {'state': ''}, {'state': 'SUCCESS', 'output': 'x'}, {'foo': 1}, {'state': 'IDLE'},
                 {'state': 'PAUSED'}, {'state': 'RUNNING'}, {'state': 'SUCCESS', 'output': {'a': 1}}, {'state': 'SUCCESS', 'output': {'a': 1}}):
        s.json('PUT', f'{path}/{{async}}', body, title=f'PUT {json.dumps(body)}')
    s.json('PUT', f'{path}/{UUID}', {'state': 'SUCCESS'})
    s.json('POST', path, {'name': 'std.async_noop'}, save={'async2': 'id'})
    s.json('PUT', f'{path}/{{async2}}', {'state': 'ERROR'}, title='PUT an error')
    s.json('POST', path, {'name': 'std.async_noop'}, save={'async3': 'id'})
    s.ask('DELETE', f'{path}/{{async3}}')
    s.json('PUT', f'{path}/{{async3}}', {'state': 'CANCELLED'}, title='PUT cancelled')
    s.ask('DELETE', f'{path}/{{said}}')
    s.ask('DELETE', f'{path}/{{async3}}')
    s.ask('DELETE', f'{path}/{{async3}}')
    s.ask('DELETE', f'{path}/nope')


def cron(s):
    path = '/v2/cron_triggers'
    s.json('POST', path, {'name': 'nightly', 'workflow_name': 'quick', 'pattern': '0 3 1 1 *', 'workflow_input': {'text': 'x'}}, save={'nightly': 'id'})
    s.json('POST', path, {'name': 'once', 'workflow_id': '{quick}', 'first_execution_time': '2099-01-01 10:00', 'pattern': None, 'remaining_executions': None})
    s.json('POST', path, {'name': 'nightly', 'workflow_name': 'quick', 'pattern': '5 3 1 1 *'})
    s.json('POST', path, {'name': 'same', 'workflow_name': 'quick', 'pattern': '0 3 1 1 *', 'workflow_input': '{"text": "x"}'})
    for more in ({}, {'pattern': 'x'}, {'pattern': '* * * *'}, {'pattern': '99 * * * *'}, {'first_execution_time': 'x'},
                 {'first_execution_time': '2001-01-01 10:00'}, {'first_execution_time': '2099-01-01 10:00:30'},
                 {'first_execution_time': '2099-01-01 10:00', 'remaining_executions': 5}, {'pattern': '0 3 2 1 *', 'remaining_executions': 0},
                 {'pattern': '0 3 2 1 *', 'remaining_executions': -1}, {'pattern': '0 3 2 1 *', 'remaining_executions': 'x'},
                 {'pattern': '0 3 2 1 *', 'workflow_input': {'nope': 1}}, {'pattern': '0 3 2 1 *', 'workflow_input': '[1]'}, {'pattern': 5},
                 {'pattern': '0 3 2 1 *', 'foo': 1}, {'pattern': '0 3 2 1 *', 'scope': 'foo'}, {'pattern': '0 3 2 1 *', 'scope': 'public'},
                 {'pattern': '0 3 2 1 *', 'project_id': 'p'}, {'pattern': '0 3 3 1 *', 'remaining_executions': 3}):
        s.json('POST', path, {'name': 'bad', 'workflow_name': 'quick'} | more, title=f'POST {json.dumps(more)}')
    s.json('POST', path, {'name': 'x', 'pattern': '0 3 2 1 *'})
    s.json('POST', path, {'name': 'x', 'pattern': '0 3 2 1 *', 'workflow_name': 'nope'})
    s.json('POST', path, {'pattern': '0 3 2 1 *', 'workflow_name': 'quick'})
    for identifier in ('nightly', '{nightly}', 'once', 'nope', UUID):
        s.get(f'{path}/{identifier}')
    s.get(f'{path}/nightly', 'fields=name,pattern')
    s.get(f'{path}/nightly', 'foo=1')
    s.ask('DELETE', '/v2/workflows/quick', title='DELETE a workflow that a trigger uses')
    s.ask('DELETE', f'{path}/nope')
    s.ask('DELETE', f'{path}/once')
    s.ask('DELETE', f'{path}/once')


def events(s):
    path = '/v2/event_triggers'
    good = {'name': 'ev', 'workflow_id': '{quick}', 'exchange': 'e', 'topic': 't', 'event': 'compute.create', 'workflow_params': {}}
    s.json('POST', path, good, save={'trigger': 'id'})
    s.json('POST', path, good, title='again')
    for body in ({}, {'workflow_id': '{quick}'}, good | {'exchange': ''}, good | {'workflow_id': UUID, 'event': 'a'}, good | {'workflow_id': 'x', 'event': 'a'},
                 good | {'workflow_input': {'nope': 1}, 'event': 'b'}, good | {'foo': 1}, good | {'scope': 'foo'}, good | {'scope': 'public', 'event': 'c'},
                 good | {'id': UUID}, good | {'name': 5}):
        s.json('POST', path, body, title=f'POST {json.dumps(body)[:100]}')
    for identifier in ('{trigger}', UUID, 'nope'):
        s.get(f'{path}/{identifier}')
    s.get(f'{path}/{{trigger}}', 'fields=name,topic')
    for body in ({'name': 'new'}, {'topic': 'x'}, {'workflow_id': UUID}, {'workflow_params': {'a': 1}}, {'foo': 1}, {}):
        s.json('PUT', f'{path}/{{trigger}}', body, title=f'PUT {json.dumps(body)}')
    s.json('PUT', f'{path}/{UUID}', {'name': 'x'})
    s.ask('DELETE', f'{path}/{UUID}')
    s.ask('DELETE', f'{path}/nope')


def code(s):
    path = '/v2/code_sources'
    for query in ('name=m', 'name=m', 'name=n&namespace=n1', 'name=p&scope=public', '', 'name=q&scope=foo'):
        s.text('POST', path, 'class A: pass', query, headers=ADMIN)
    s.text('POST', path, 'x', 'name=m')
    s.text('PUT', path, 'y', 'identifier=m', headers=ADMIN)
    s.text('PUT', path, 'y', 'identifier=nope', headers=ADMIN)
    s.text('PUT', path, 'y', headers=ADMIN)
    s.text('PUT', f'{path}/m', 'z', headers=ADMIN)
    s.text('PUT', f'{path}/m', 'z', 'namespace=n1', headers=ADMIN)
    s.text('PUT', f'{path}/m', 'z')
    for identifier in ('m', 'nope', 'n'):
        s.get(f'{path}/{identifier}', headers=ADMIN)
    s.get(f'{path}/n', 'namespace=n1', headers=ADMIN)
    s.get(f'{path}/m', 'fields=name,foo', headers=ADMIN)
    s.get(f'{path}/m', 'foo=1', headers=ADMIN)
    s.get(f'{path}/m')
    path = '/v2/dynamic_actions'
    good = {'name': 'd', 'class_name': 'A', 'code_source_name': 'm'}
    s.json('POST', path, good)
    s.json('POST', path, good, headers=ADMIN, save={'dynamic': 'id'})
    for body in (good, good | {'code_source_name': 'nope'}, {'name': 'e', 'class_name': 'A'}, {'name': 'e', 'code_source_name': 'm'},
                 {'class_name': 'A', 'code_source_name': 'm'}, good | {'foo': 1}, good | {'scope': 'foo'}, good | {'project_id': 'p'}, {},
                 good | {'code_source_id': UUID}, good | {'name': 'f', 'scope': 'public'}, good | {'name': 5}):
        s.json('POST', path, body, headers=ADMIN, title=f'POST {json.dumps(body)}')
    for body in (good | {'class_name': 'B'}, {'name': 'nope', 'class_name': 'B'}, {'class_name': 'B'}, {'id': '{dynamic}', 'class_name': 'C'}, {'name': 'd', 'foo': 1}):
        s.json('PUT', path, body, headers=ADMIN, title=f'PUT {json.dumps(body)}')
    for identifier in ('d', '{dynamic}', 'nope'):
        s.get(f'{path}/{identifier}', headers=ADMIN)
    s.get(f'{path}/d', 'fields=name,foo', headers=ADMIN)
    s.get(f'{path}/d')
    for collection in ('code_sources', 'dynamic_actions'):
        listed(s, collection, ('name', 'updated_at'), headers=ADMIN)
    s.ask('DELETE', f'{path}/nope', headers=ADMIN)
    s.ask('DELETE', f'{path}/d', headers=ADMIN)
    s.ask('DELETE', '/v2/code_sources/m', headers=ADMIN)
    s.ask('DELETE', '/v2/code_sources/m', headers=ADMIN)
    s.ask('DELETE', '/v2/code_sources/p')
    s.ask('DELETE', f'{path}/f', headers=ADMIN)


def members(s):
    for method, body in (('GET', None), ('POST', '{"member_id": "p"}'), ('DELETE', None)):
        s.ask(method, '/v2/workflows/{hello}/members', body=body, headers={'Content-Type': 'application/json'})
    for method, body in (('GET', None), ('PUT', '{"status": "accepted"}'), ('DELETE', None)):
        s.ask(method, '/v2/workflows/{hello}/members/p', body=body, headers={'Content-Type': 'application/json'})
    s.get('/v2/workflows/hello/members')


def listed(s, collection, columns, headers=None, path=None):
    """What all lists have in common."""
    path = path or f'/v2/{collection}'
    for query in ('', 'limit=1', 'limit=0', 'limit=x', 'marker=x', f'marker={UUID}', 'sort_keys=foo',
                  'sort_keys=ID,created_at&sort_dirs=DESC', 'sort_dirs=asc,desc', 'sort_dirs=up', 'fields=id', 'fields=id,foo,bar', 'foo=1', 'project_id=x'):
        s.get(path, query, headers=headers)
    for number, column in enumerate(columns):
        operators = OPERATORS if number == 0 else OPERATORS[number::3]
        for operator in operators:
            s.get(path, f'{column}={operator}:{VALUES.get(column, "a")}', headers=headers)


VALUES = {'created_at': '2001-01-01 00:00:00', 'updated_at': '2001-01-01 00:00:00', 'state': 'SUCCESS', 'scope': 'private', 'workflow_name': 'quick',
          'name': 'hello', 'namespace': 'n1', 'processed': 'true', 'accepted': 'true', 'workflow_id': UUID, 'task_execution_id': UUID}


def lists(s):
    listed(s, 'workbooks', ('name', 'namespace'))
    listed(s, 'workflows', ('name', 'scope', 'created_at', 'definition'))
    listed(s, 'actions', ('scope',))
    listed(s, 'environments', ('name', 'scope', 'description'))
    listed(s, 'executions', ('workflow_name', 'state', 'description', 'created_at', 'updated_at'))
    listed(s, 'tasks', ('name', 'workflow_name', 'state'))
    listed(s, 'action_executions', ('name', 'state', 'workflow_name'))
    listed(s, 'cron_triggers', ('name', 'workflow_name', 'pattern'))
    listed(s, 'event_triggers', ())
    for query in ('tags=blue', 'tags=blue,fast', 'tags=nope', 'nulls=task_execution_id', 'nulls=foo', 'nulls=state', 'include_output=true', 'state=FOO',
                  'created_at=x', 'created_at=lt:x', 'workflow_id=x', 'workflow_id={quick}', 'root_execution_id={parent}', 'task_execution_id={sub}',
                  'input=x', 'input=[1]', 'input={"text": "hello"}', 'params={}', 'output={"text": "hello"}', 'state=in:SUCCESS,ERROR', 'state=nin:SUCCESS,ERROR',
                  'fields=state,output', 'all_projects=1', 'workflow_name=quick&state=SUCCESS&limit=1', 'limit=1&fields=state&state=neq:ERROR'):
        s.get('/v2/executions', query)
    for query in ('workflow_execution_id={done}', 'workflow_execution_id=x', 'processed=true', 'processed=false', 'published={"said": "hello"}', 'published=x',
                  'tags=loud', 'tags=nope', 'type=ACTION', 'state=ERROR&limit=1', 'all_projects=1', 'fields=result', 'fields=name,published'):
        s.get('/v2/tasks', query)
    for query in ('task_execution_id={say}', 'task_execution_id=x', 'accepted=true', 'input={"output": "hello"}', 'output=x', 'include_output=true', 'task_name=say',
                  'fields=name,state', 'tags=x'):
        s.get('/v2/action_executions', query)
    for query in ('name=hello', 'tags=blue', 'tags=Blue', 'name=has:ell', 'input=has:greet', 'fields=name,input', 'project_id=x', 'all_projects=1', 'checksum=x'):
        s.get('/v2/workflows', query)
    for query in ('name=std.echo', 'name=has:std', 'limit=3', 'namespace=n1', 'is_system=true', 'description=has:echo', 'sort_keys=name&sort_dirs=desc&limit=2',
                  'marker=std.echo&limit=1', 'fields=name', 'input=has:output', 'tags=polite', 'updated_at='):
        s.get('/v2/actions', query)
    for path in ('/v2/executions/{done}/tasks', '/v2/tasks/{say}/action_executions', '/v2/tasks/{sub}/workflow_executions'):
        for query in ('limit=1', 'sort_keys=foo', 'fields=id', 'foo=1', 'marker=x', 'state=neq:SUCCESS'):
            s.get(path, query)


def bodies(s):
    """Bodies that are not what the endpoint reads."""
    for method, path in (('POST', '/v2/executions'), ('POST', '/v2/environments'), ('POST', '/v2/action_executions'), ('POST', '/v2/cron_triggers'),
                         ('POST', '/v2/event_triggers'), ('PUT', '/v2/environments'), ('PUT', '/v2/executions/{done}'), ('PUT', '/v2/tasks/{say}'),
                         ('PUT', '/v2/action_executions/{kept}')):
        for body in ('', 'null', '[]', '"x"', '5', '{', '{"a": }', '{"id": {}}', '{"id": []}', '{"id": true}'):
            s.ask(method, path, body=body, headers={'Content-Type': 'application/json'}, title=f'{method} {path} {body}')
    s.ask('POST', '/v2/executions', 'foo=1', '{"workflow_name": "quick"}', headers={'Content-Type': 'application/json'})
    s.ask('POST', '/v2/environments', 'foo=1', '{"name": "q", "variables": {}}', headers={'Content-Type': 'application/json'})


def maintenance(s):
    path = '/maintenance'
    for body in ({}, {'status': 'FOO'}, {'status': 'PAUSING'}, {'status': 5}, {'status': 'RUNNING'}, {'status': 'RUNNING', 'x': 1}, {'status': 'PAUSED'}):
        s.json('PUT', path, body, title=f'PUT {json.dumps(body)}')
    for method in ('POST', 'PUT', 'DELETE'):
        for target in ('/v2/workflows', '/v2/executions', '/v2/environments', '/v2/nowhere'):
            s.ask(method, target, body='{}', headers={'Content-Type': 'application/json', 'Accept': 'application/json'})
    s.json('PUT', '/v2/executions/nope', {'state': 'CANCELLED'})
    s.json('PUT', '/v2/executions/nope', {'state': 'PAUSED'}, headers={'Accept': 'application/json'})
    s.get('/v2/workflows')
    s.json('PUT', path, {'status': 'RUNNING'}, title='PUT RUNNING again')
    s.get(path)


def named(step, name):
    """A step of `definitions` with the name of the kind's example."""
    return {key: value.replace('{name}', name) if key in ('id', 'path') else value for key, value in step.items()}
