"""Event triggers through the unmodified client, published events, web hooks, and kills in between."""

import hashlib
import hmac
import json
import threading

import pytest
import requests

import client
from client import CommandFailed
from program import run
from waiting import until

WORKFLOW = '''
version: '2.0'
{name}:
  input: [who: nobody]
  output:
    event: <% execution().params.event_params %>
    who: <% $.who %>
  tasks:
    nothing:
      action: std.noop
'''


def publish(url, **event):
    body = {'exchange': 'nova', 'topic': 'notifications', 'event_type': 'compute.create'} | event
    return requests.post(f'{url}/events/publish', json=body, timeout=20)


def finished(url, execution):
    """The execution that an event started, once it is there and has ended."""
    until(lambda: requests.get(f'{url}/executions/{execution}', timeout=20).ok, 20, f'the start of {execution}')
    return client.finished(client.library(url), execution)


def test_the_client_makes_lists_shows_and_deletes_a_trigger(mistral, api, definition):
    mistral.text('workflow-create', definition(WORKFLOW.format(name='event_flow')))
    workflow = api.workflows.get('event_flow').id
    created = mistral.fields(
        'event-trigger-create', 'booted', workflow, 'nova', 'notifications', 'compute.boot', '{"who": "me"}')
    assert (created['Name'], created['Workflow ID'], created['Event']) == ('booted', workflow, 'compute.boot')
    listed = {row['ID']: row for row in mistral.rows('event-trigger-list')}
    assert listed[created['ID']]['Topic'] == 'notifications'
    assert mistral.fields('event-trigger-get', created['ID'])['Exchange'] == 'nova'
    with pytest.raises(CommandFailed, match="Can't delete workflow that has event triggers associated"):
        mistral.text('workflow-delete', 'event_flow')
    with pytest.raises(CommandFailed, match='Duplicate entry for EventTrigger'):
        mistral.text('event-trigger-create', 'x', workflow, 'nova', 'notifications', 'compute.boot')
    mistral.text('event-trigger-delete', created['ID'])
    with pytest.raises(CommandFailed, match='Event trigger not found'):
        mistral.text('event-trigger-get', created['ID'])
    mistral.text('workflow-delete', 'event_flow')


def test_our_commands_publish_events_and_open_web_hooks(api, url):
    api.workflows.create(WORKFLOW.format(name='hooked'))

    def ostro(*arguments):
        done = run('event-trigger', *arguments, '--url', url, '--json')
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)
    trigger = ostro('create', 'booted', 'hooked', 'glance', 'notifications', 'image.upload', '-i', 'who=you')
    [started] = ostro('publish', 'glance', 'notifications', 'image.upload', '-p', 'size=3', '--publisher', 'glance.1')
    execution = finished(url, started['execution_id'])
    output = json.loads(execution.output)
    assert output['who'] == 'you'
    assert (output['event']['service'], output['event']['payload']) == ('glance.1', {'size': 3})
    assert json.loads(execution.description)['triggered_by'] == {
        'type': 'event_trigger', 'id': trigger['id'], 'name': 'booted'}

    hook = ostro('hook', trigger['id'])
    body = json.dumps({'ref': 'main'}).encode()
    signature = hmac.new(hook['secret'].encode(), body, hashlib.sha256).hexdigest()
    headers = {'X-Hub-Signature-256': f'sha256={signature}', 'X-GitHub-Event': 'push', 'X-GitHub-Delivery': 'd-1'}
    assert requests.post(hook['url'], data=body + b' ', headers=headers, timeout=20).status_code == 401
    replies = [requests.post(hook['url'], data=body, headers=headers, timeout=20) for _ in range(3)]
    assert [reply.status_code for reply in replies] == [202] * 3
    assert [reply.json()['repeated'] for reply in replies] == [False, True, True]
    ids = {reply.json()['started'][0]['execution_id'] for reply in replies}
    output = json.loads(finished(url, ids.pop()).output)
    assert not ids
    assert (output['event']['payload'], output['event']['headers']) == (
        {'ref': 'main'}, {'x-github-event': 'push', 'x-github-delivery': 'd-1'})
    fires = until(lambda: ostro('fires', trigger['id']), 20, 'the history')
    assert [fire['kind'] for fire in fires] == ['event', 'event']


def test_an_accepted_event_starts_once_over_kills(new_server):
    server = new_server().start()
    client.library(server.url).workflows.create(WORKFLOW.format(name='w'))
    workflow = client.library(server.url).workflows.get('w').id
    trigger = {'name': 't', 'workflow_id': workflow, 'exchange': 'nova', 'topic': 'notifications', 'event': 'compute.create'}
    assert requests.post(f'{server.url}/event_triggers', json=trigger, timeout=20).status_code == 201

    unanswered, accepted = list(range(60)), {}
    for _ in range(4):
        killer = threading.Timer(0.15, server.kill)
        killer.start()
        for number in list(unanswered):
            try:
                reply = publish(server.url, message_id=f'm-{number}', payload={'n': number})
            except requests.RequestException:
                break
            assert reply.status_code == 202, reply.text
            accepted[number] = reply.json()['started'][0]['execution_id']
            unanswered.remove(number)
        killer.join()
        server.start()
    for number in unanswered:
        accepted[number] = publish(server.url, message_id=f'm-{number}', payload={'n': number}).json()['started'][0]['execution_id']

    api = client.library(server.url)
    for number, execution in accepted.items():
        assert json.loads(finished(server.url, execution).output)['event']['payload'] == {'n': number}
    assert len(set(accepted.values())) == 60
    assert {execution.id for execution in api.executions.list()} == set(accepted.values())


def test_definitions_of_events_say_what_workflows_see(new_server, tmp_path):
    file = tmp_path / 'events.yaml'
    file.write_text('''
- event_types: '*'
  properties: {anything: yes}
- event_types: [compute.*, '!compute.delete']
  properties: {host: <% $.publisher %>, twice: '{{ _.payload.n * 2 }}'}
''')
    server = new_server(f'event_engine.event_definitions_cfg_file={file}').start()
    api = client.library(server.url)
    api.workflows.create(WORKFLOW.format(name='w'))
    for event in ('compute.create', 'compute.delete'):
        api.event_triggers.create('t', api.workflows.get('w').id, 'nova', 'notifications', event)

    def seen(**event):
        started = publish(server.url, payload={'n': 4}, publisher='h', **event).json()['started']
        return json.loads(finished(server.url, started[0]['execution_id']).output)['event']
    assert seen() == {'host': 'h', 'twice': 8}
    assert seen(event_type='compute.delete') == {'anything': True}
