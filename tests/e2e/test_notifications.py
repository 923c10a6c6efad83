"""Notifications: told in order of sequence numbers, each at least once, over dead receivers and kills."""

import hashlib
import hmac
import http.server
import json
import socket
import statistics
import threading
import time

import requests

import client
from loopback import quiet_port
from program import run
from waiting import until

WORKFLOW = '''
version: '2.0'
told:
  output: {done: yes}
  tasks:
    first: {action: std.noop, on-success: second}
    second: {action: std.noop}
failing:
  tasks:
    bad: {action: std.fail}
parent:
  tasks:
    sub: {workflow: told}
'''

WORKFLOW_KEYS = [
    'id', 'name', 'workflow_name', 'workflow_namespace', 'workflow_id', 'state', 'state_info', 'project_id',
    'task_execution_id', 'root_execution_id', 'created_at', 'updated_at', 'event']
TASK_KEYS = [
    'id', 'name', 'workflow_execution_id', 'workflow_name', 'workflow_namespace', 'workflow_id', 'state', 'state_info',
    'type', 'project_id', 'created_at', 'updated_at', 'started_at', 'finished_at', 'event']


class Receiver:
    """Keeps what it is told; answers with `status`."""

    def __init__(self, port=None):
        self.port = port or quiet_port()
        self.told, self.status, self.delay = [], 200, 0
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers['Content-Length']))
                time.sleep(receiver.delay)
                self.send_response(receiver.status)
                self.send_header('Content-Length', '0')
                self.end_headers()
                if receiver.status < 300:
                    receiver.told.append(({name.lower(): value for name, value in self.headers.items()}, body))

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', self.port), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f'http://127.0.0.1:{self.port}/told'

    def wait(self, count):
        until(lambda: len(self.told) >= count, 30, f'{count} notifications')
        return [json.loads(body) for _, body in self.told]

    def sequence(self):
        return [int(headers['x-ostro-sequence']) for headers, _ in self.told]

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def start(url, workflow, *publishers):
    body = {'workflow_name': workflow, 'params': {'notify': list(publishers)}}
    reply = requests.post(f'{url}/executions', json=body, timeout=20)
    assert reply.status_code == 201, reply.text
    return reply.json()['id']


def log(url, execution):
    query = f'workflow_execution_id={execution}&sort_keys=sequence'
    return requests.get(f'{url}/notifications?{query}', timeout=20).json()['notifications']


def test_a_receiver_hears_of_every_change(api, url):
    api.workflows.create(WORKFLOW)
    receiver = Receiver()
    entry = {'type': 'webhook', 'url': receiver.url, 'headers': {'X-Token': 't-1'}, 'secret': 'of us both'}
    failures = {'type': 'webhook', 'url': receiver.url + '/failures', 'event_types': ['WORKFLOW_FAILED', 'TASK_FAILED']}
    execution = start(url, 'told', entry, failures, {'type': 'noop'}, 'nonsense')
    told = sorted(receiver.wait(6), key=lambda event: event['event'])
    assert [event['event'] for event in told] == [
        'TASK_LAUNCHED', 'TASK_LAUNCHED', 'TASK_SUCCEEDED', 'TASK_SUCCEEDED', 'WORKFLOW_LAUNCHED', 'WORKFLOW_SUCCEEDED']
    assert sorted(receiver.sequence()) == [1, 2, 3, 4, 5, 6]
    assert list(told[0]) == TASK_KEYS
    assert list(told[-1]) == WORKFLOW_KEYS
    assert (told[-1]['id'], told[-1]['state'], told[-1]['name']) == (execution, 'SUCCESS', 'told')
    assert {event['workflow_execution_id'] for event in told[:4]} == {execution}
    for headers, body in receiver.told:
        assert headers['x-token'] == 't-1'
        assert headers['x-hub-signature-256'] == 'sha256=' + hmac.new(b'of us both', body, hashlib.sha256).hexdigest()

    start(url, 'failing', failures)
    told = receiver.wait(8)[6:]
    assert sorted(event['event'] for event in told) == ['TASK_FAILED', 'WORKFLOW_FAILED']
    entries = until(lambda: [row for row in log(url, execution) if row['state'] == 'DELIVERED'], 20, 'the log')
    assert 'of us both' not in json.dumps(entries) and 't-1' not in json.dumps(entries)

    # Sub-workflows inherit.
    start(url, 'parent', {'type': 'webhook', 'url': receiver.url + '/parent'})
    assert len({event['id'] for event in receiver.wait(8 + 10)[8:] if event['event'].startswith('WORKFLOW')}) == 2
    receiver.stop()


def test_a_dead_receiver_holds_up_nobody_and_hears_later(new_server):
    server = new_server().start()
    client.library(server.url).workflows.create(WORKFLOW)
    alive, port = Receiver(), quiet_port()
    dead = {'type': 'webhook', 'url': f'http://127.0.0.1:{port}/told'}
    ids = [start(server.url, 'told', dead, {'type': 'webhook', 'url': alive.url}) for _ in range(20)]
    for execution in ids:
        client.finished(client.library(server.url), execution)
    alive.wait(120)
    waiting = log(server.url, ids[0])
    pending = [row for row in waiting if row['state'] == 'PENDING']
    assert len(pending) == 6 and len(waiting) == 12
    server.kill()
    late = Receiver(port)
    server.start()
    late.wait(120)
    until(lambda: all(row['state'] == 'DELIVERED' for row in log(server.url, ids[0])), 30, 'the log')
    assert sorted(set(late.sequence())) == list(range(1, 121))
    assert sorted(set(alive.sequence())) == list(range(1, 121))

    # One that is refused waits alone; then it is replayed.
    late.status = 404
    refused = start(server.url, 'told', dead)
    until(lambda: len([row for row in log(server.url, refused) if row['reason']]) == 6, 30, 'refusals')
    assert {row['reason'] for row in log(server.url, refused)} == {'the receiver answered 404 Not Found'}
    late.status = 201
    first = log(server.url, refused)[0]
    before = len(late.told)
    reply = requests.post(f'{server.url}/notifications/{first["id"]}/replay', timeout=20)
    assert reply.status_code == 202
    until(lambda: first['sequence'] in late.sequence()[before:], 20, 'the replay')
    alive.stop()
    late.stop()


def test_what_a_receiver_missed_is_replayed_at_once(new_server):
    server = new_server('notifier.give_up_hours=0').start()
    api = client.library(server.url)
    api.workflows.create(WORKFLOW)
    port, alive = quiet_port(), Receiver()
    missing = {'type': 'webhook', 'url': f'http://127.0.0.1:{port}/told'}
    ids = [start(server.url, 'told', missing, {'type': 'webhook', 'url': alive.url}) for _ in range(3)]
    for execution in ids:
        client.finished(api, execution)

    def failed():
        return requests.get(f'{server.url}/notifications?state=FAILED', timeout=20).json()['notifications']
    until(lambda: len(failed()) == 18, 30, 'what was given up')
    alive.wait(18)
    back = Receiver(port)
    reply = requests.post(f'{server.url}/notifications/replay', timeout=20)
    assert (reply.status_code, 'give a filter' in reply.text) == (400, True)
    done = run('notification', 'replay', '-f', 'state=FAILED', '-f', f'receiver_id={failed()[0]["receiver_id"]}',
               '--url', server.url, '--json')
    assert json.loads(done.stdout) == {'replayed': 18}, done.stderr
    back.wait(18)
    assert sorted(set(back.sequence())) == list(range(1, 19))
    until(lambda: not failed(), 20, 'the log')
    assert len(alive.told) == 18
    done = run('notification', 'replay', '--url', server.url)
    assert done.returncode == 2
    alive.stop()
    back.stop()


def test_dead_receivers_do_not_slow_starts(new_server):
    """One that refuses connections, and one that takes them and never answers."""
    server = new_server().start()
    api = client.library(server.url)
    api.workflows.create(WORKFLOW)
    with socket.create_server(('127.0.0.1', 0), backlog=1024) as hole:
        dead = [{'type': 'webhook', 'url': f'http://127.0.0.1:{port}/told'}
                for port in (quiet_port(), hole.getsockname()[1])]

        def median(publishers):
            took = []
            for _ in range(40):
                begin = time.perf_counter()
                start(server.url, 'told', *publishers)
                took.append(time.perf_counter() - begin)
            return statistics.median(took)
        median([])
        alone, beside = median([]), median(dead)
        assert beside < 2 * alone + 0.02, (alone, beside)
        rows = requests.get(f'{server.url}/notifications?state=PENDING&limit=1000', timeout=20).json()['notifications']
        assert len(rows) == 40 * 6 * 2


def test_kills_lose_no_notification(new_server):
    receiver = Receiver()
    notify = json.dumps([{'type': 'webhook', 'url': receiver.url}])
    server = new_server(f'notifier.notify={notify}').start()
    client.library(server.url).workflows.create(WORKFLOW)
    started = 0
    for _ in range(3):
        killer = threading.Timer(0.2, server.kill)
        killer.start()
        try:
            while True:
                start(server.url, 'told')
                started += 1
        except (requests.RequestException, AssertionError):
            pass
        killer.join()
        server.start()
    api = client.library(server.url)

    # What was asked for before a kill may be done after it, though nobody was answered: while nobody
    # has the shards of the killed node, a start waits in the database.
    def is_all_told():
        executions = api.executions.list()
        told = set(receiver.sequence())
        return (len(executions) >= started and all(one.state == 'SUCCESS' for one in executions)
                and told == set(range(1, 6 * len(executions) + 1)))
    until(is_all_told, 60, 'all notifications')
    assert started > 0
    receiver.stop()


def test_chats_and_mails(api, url, mail_server):
    api.workflows.create(WORKFLOW.replace('failing', 'failing_loudly').replace('told', 'told_again').replace('parent:', 'parent_2:'))
    receiver = Receiver()
    chat = {'type': 'chat', 'url': receiver.url, 'event_types': ['TASK_FAILED']}
    mail = {'type': 'email', 'to': 'ops@localhost', 'from': 'ostro@localhost', 'smtp_server': mail_server.address,
            'event_types': ['WORKFLOW_FAILED']}
    before = len(mail_server.mails)
    execution = start(url, 'failing_loudly', chat, mail)
    [told] = receiver.wait(1)
    assert told['text'].startswith('failing_loudly: task bad FAILED')
    until(lambda: len(mail_server.mails) > before, 30, 'the mail')
    assert mail_server.mails[-1]['subject'].startswith('failing_loudly FAILED')
    assert execution in mail_server.mails[-1].get_body().get_content()
    receiver.stop()


def test_loopback_is_denied_unless_allowed(tmp_path):
    from program import Server
    server = Server(tmp_path).start()
    try:
        client.library(server.url).workflows.create(WORKFLOW)
        receiver = Receiver()
        execution = start(server.url, 'told', {'type': 'webhook', 'url': receiver.url})
        rows = until(lambda: [row for row in log(server.url, execution) if row['state'] == 'FAILED'], 20, 'the refusal')
        assert 'blocked address' in rows[0]['reason']
        assert not receiver.told
        receiver.stop()
    finally:
        server.stop()


def test_our_commands_show_and_replay(api, url):
    api.workflows.create(WORKFLOW.replace('failing', 'failing_3').replace('told', 'told_3').replace('parent:', 'parent_3:'))
    receiver = Receiver()
    execution = start(url, 'told_3', {'type': 'webhook', 'url': receiver.url})
    receiver.wait(6)

    def ostro(*arguments):
        done = run('notification', *arguments, '--url', url, '--json')
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)
    rows = until(lambda: ostro('list', '--filter', f'workflow_execution_id={execution}', '--filter', 'state=DELIVERED'), 20, 'rows')
    shown = ostro('show', rows[0]['id'])
    assert shown['body']['event'] == shown['event']
    ostro('replay', rows[0]['id'])
    until(lambda: receiver.sequence().count(rows[0]['sequence']) == 2, 20, 'the replay')
    receiver.stop()
