"""`ostro db copy`: a service moves from its file to PostgreSQL and goes on as after a restart."""

import json
import re

import pytest
import requests

from client import finished, library, start
from conftest import ALLOW_LOOPBACK
from postgres import Node, shared
from program import FileServer, run
from waiting import until
from web_server import WebServer

WORKFLOWS = """
version: '2.0'
waits:
  tags: [slow, Vilnius]
  output: {said: <% $.said %>}
  tasks:
    ask: {action: std.async_noop, publish: {said: <% task().result %>}, on-success: check}
    check: {action: twice word=<% $.said %>}
sleeps:
  tasks:
    doze: {action: std.noop, wait-before: 4, on-success: end}
    end: {action: std.noop}
large:
  input: [size]
  output: {text: <% $.text %>}
  tasks:
    make: {action: std.echo output=<% 'x' * $.size %>, publish: {text: <% task().result %>}}
parts:
  tasks:
    each:
      with-items: n in <% range(1, 4) %>
      workflow: part n=<% $.n %>
      publish: {all: <% task().result %>}
part:
  input: [n]
  output: {n: <% $.n %>}
  tasks:
    fails: {action: std.fail, on-error: mend}
    mend: {action: std.noop}
breaks:
  tasks:
    fails: {action: std.fail}
asks:
  input: [url, safe]
  tasks:
    page: {action: std.http url=<% $.url %>, safe-rerun: <% $.safe %>}
tick:
  output: {at: <% execution().params.scheduled_time %>}
  tasks:
    nothing: {action: std.noop}
"""

WORKBOOK = """
version: '2.0'
name: book
workflows:
  one:
    tasks:
      say: {action: hail}
actions:
  hail: {base: std.echo output='hail'}
"""

ACTION = "version: '2.0'\ntwice:\n  input: [word]\n  base: std.echo output='<% $.word %><% $.word %>'\n"

# Lists that nothing changes while the service only waits.
STILL = ['workbooks', 'workflows', 'actions', 'environments', 'code_sources', 'dynamic_actions', 'event_triggers',
         'notifications']


class Service:
    """Requests to a server."""

    def __init__(self, server):
        self.url = server.url
        self.api = library(server.url)

    def request(self, method, path, **options):
        headers = {'X-Roles': 'admin'} | options.pop('headers', {})
        answer = requests.request(method, f'{self.url}/{path}', headers=headers, timeout=20, **options)
        assert answer.ok, (path, answer.text)
        return answer.json()

    def post(self, path, body, **headers):
        return self.request('POST', path, json=body, headers=headers)

    def upload(self, path, text):
        return self.request('POST', path, data=text.encode(), headers={'Content-Type': 'text/plain'})

    def get(self, path):
        return self.request('GET', path)

    def state(self, execution):
        return self.get(f'executions/{execution}')['state']

    def actions(self, execution):
        tasks = self.get(f'executions/{execution}/tasks?sort_keys=created_at,id')['tasks']
        return [one for task in tasks for one in
                self.get(f'tasks/{task["id"]}/action_executions?include=result')['action_executions']]

    def ticks(self):
        listed = self.get('executions?workflow_name=tick&fields=output,state')['executions']
        return [json.loads(one['output']).get('at') for one in listed]


def fill(service, web_server):
    """Some of everything; what is at rest, and what runs."""
    for path, text in (('workbooks', WORKBOOK), ('actions', ACTION), ('workflows', WORKFLOWS),
                       ('code_sources?name=module', 'class One: pass')):
        service.upload(path, text)
    service.post('environments', {'name': 'live', 'variables': {'deep': {'list': [1, None, 'é\u0000']}}})
    service.post('cron_triggers', {'name': 'tick', 'workflow_name': 'tick', 'pattern': '* * * * * *',
                                   'remaining_executions': 5, 'catch_up': 'all'})
    service.post('cron_triggers', {'name': 'yearly', 'workflow_name': 'tick', 'pattern': '0 0 1 1 *'})
    waits = service.get('workflows/waits')['id']
    service.post('event_triggers', {'name': 'boot', 'workflow_id': waits, 'exchange': 'nova', 'topic': 'events',
                                    'event': 'compute.boot'})
    service.post('dynamic_actions', {'name': 'one', 'class_name': 'One', 'code_source_name': 'module'})
    notify = {'notify': [{'type': 'webhook', 'url': f'{web_server.url}/json'}]}
    rest = [service.post('executions', {'workflow_name': name, 'input': given, 'params': notify})['id']
            for name, given in (('large', {'size': 300_000}), ('large', {'size': 300_000}), ('parts', {}),
                                ('breaks', {}), ('book.one', {}))]
    for execution in rest:
        finished(service.api, execution)
    rest.append(start(service.api, 'waits', env='live'))
    rest.append(publish(service, 'message-1'))
    until(lambda: service.get('executions?workflow_name=waits')['executions'][1:], 20, 'what the event started')
    rest.append(start(service.api, 'waits'))
    service.api.executions.update(rest[-1], 'PAUSED')
    gone = start(service.api, 'breaks')
    finished(service.api, gone)
    service.api.executions.delete(gone)
    until(lambda: service.get('notifications?state=PENDING')['notifications'] == [], 20, 'all notifications')
    return rest


def publish(service, message):
    answer = service.post('events/publish', {
        'exchange': 'nova', 'topic': 'events', 'event_type': 'compute.boot', 'message_id': message})
    return answer['started'][0]['execution_id']


def reads(service, executions):
    """What the API tells of all that is at rest."""
    told = {path: service.get(f'{path}?sort_keys=created_at,id') for path in STILL}
    told['yearly'] = service.get('cron_triggers/yearly')
    for name in ('waits', 'book.one'):
        told[name] = service.get(f'workflows/{name}')
    for execution in executions:
        told[execution] = [service.get(f'executions/{execution}{more}') for more in (
            '', '/tasks?include=result', '/timeline', '/graph', '/why')] + service.actions(execution)
    told['large'] = service.get('executions?workflow_name=large&include=result')
    told['tagged'] = service.get('executions?tags=vilnius&fields=id,state')
    return told


def test_a_service_moves_to_postgresql(tmp_path, web_server):
    slow = WebServer()
    file = FileServer(tmp_path, ALLOW_LOOPBACK).start()
    before = Service(file)
    rest = fill(before, web_server)
    key = {'Idempotency-Key': 'order 7'}
    first = before.post('executions', {'workflow_name': 'breaks'}, **key)
    cut, again = (start(before.api, 'asks', {'url': f'{slow.url}/slow', 'safe': safe}) for safe in (False, True))
    until(lambda: len(slow.requests) == 2, 20, 'both requests')
    until(lambda: len(before.ticks()) >= 2, 20, 'two fires')
    dozing = start(before.api, 'sleeps')
    expected = reads(before, rest)

    database = shared().create('copied')
    refused = run('db', 'copy', '--from', file.folder / 'ostro.db', '--to', database)
    assert refused.returncode == 2 and 'in use by another process' in refused.stderr, refused
    file.kill()
    done = run('db', 'copy', '--from', file.folder / 'ostro.db', '--to', database)
    assert done.returncode == 0, done
    assert re.search(r'^executions +(\d+) +\1  (\w{16})  \2$', done.stdout, re.MULTILINE), done.stdout
    assert 'both sides are the same' in done.stdout and 'DIFFERENT' not in done.stdout
    twice = run('db', 'copy', '--from', f'sqlite://{file.folder}/ostro.db', '--to', database)
    assert twice.returncode == 2 and 'the target is not empty' in twice.stderr, twice

    node = Node(tmp_path, database, 'one', ALLOW_LOOPBACK).start()
    try:
        after = Service(node)
        assert reads(after, rest) == expected
        goes_on(after, rest, slow, (cut, again, dozing))
        assert after.post('executions', {'workflow_name': 'breaks'}, **key)['id'] == first['id']
        assert publish(after, 'message-1') == rest[-2]
        assert publish(after, 'message-2') != rest[-2]
        until(lambda: len(after.ticks()) == 5 and None not in after.ticks(), 30, 'five fires')
        assert len(set(after.ticks())) == 5, after.ticks()
    finally:
        node.kill()
        slow.stop()


def goes_on(service, rest, slow, running):
    """What was waiting goes on; what was running is as after a restart."""
    cut, again, dozing = running
    asked, _, paused = rest[-3:]
    for execution in (asked, paused):
        action = service.actions(execution)[0]['id']
        service.request('PUT', f'action_executions/{action}', json={'state': 'SUCCESS', 'output': '"well"'})
    assert 'well' in finished(service.api, asked).output
    assert [json.loads(one['output'])['result'] for one in service.actions(asked)][1:] == ['wellwell']
    assert service.state(paused) == 'PAUSED'
    service.api.executions.update(paused, 'RUNNING')
    assert finished(service.api, paused).state == 'SUCCESS'
    until(lambda: len(slow.requests) == 3, 20, 'the repeated request')
    slow.release.set()
    assert finished(service.api, again).state == 'SUCCESS'
    assert finished(service.api, cut).state == 'ERROR'
    assert 'The executor stopped while it ran this action' in json.dumps(service.actions(cut)), service.actions(cut)
    assert finished(service.api, dozing).state == 'SUCCESS'
    assert len(slow.requests) == 3


@pytest.mark.parametrize('arguments, text', [
    (['--from', 'nowhere.db', '--to', 'postgres://ostro@127.0.0.1:1/ostro'], 'there is no database nowhere.db'),
    (['--from', 'postgres://h/o', '--to', 'postgres://h/o'], 'only files are copied'),
    (['--from', 'a.db', '--to', 'sqlite://b.db'], '--to must be a PostgreSQL database'),
])
def test_what_cannot_be_copied_is_said(arguments, text, tmp_path):
    refused = run('db', 'copy', *arguments, cwd=tmp_path)
    assert refused.returncode == 2 and text in refused.stderr, refused
