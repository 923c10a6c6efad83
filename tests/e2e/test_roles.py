"""Nodes with different roles on one PostgreSQL: who decides, who runs, who answers."""

import collections
import http.server
import itertools
import json
import re
import select
import socket
import threading

import pytest
import requests

import postgres
from client import finished, library, start
from conftest import ALLOW_LOOPBACK
from program import run
from waiting import until

WORKFLOWS = """
version: '2.0'
plain:
  input: [url]
  tasks:
    ask: {action: std.http url=<% $.url %>}
repeatable:
  input: [url]
  tasks:
    ask: {action: std.http url=<% $.url %>, safe-rerun: true}
aimed:
  input: [url, at]
  tasks:
    ask: {action: std.http url=<% $.url %>, target: <% $.at %>}
hurried:
  input: [url]
  tasks:
    ask: {action: std.http url=<% $.url %>, timeout: 1}
many:
  input: [url, count]
  tasks:
    ask:
      with-items: i in <% range(0, $.count) %>
      action: std.http url=<% $.url %>
asynchronous:
  tasks:
    wait: {action: std.async_noop, target: left}
called:
  input: [url, {safe: false}]
  tasks:
    call: {action: std.mistral_http url=<% $.url %>, target: left, safe-rerun: <% $.safe %>}
"""

names = itertools.count()


class Listener(http.server.ThreadingHTTPServer):
    daemon_threads = True
    # Many connect at once: whoever is not let in tries again after seconds.
    request_queue_size = 128


class Pages:
    """A web server that answers when it is told to, and notices who hangs up."""

    def __init__(self):
        self.asked, self.left = collections.Counter(), collections.Counter()
        self.is_open = threading.Event()
        pages = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                name = self.path.strip('/')
                pages.asked[name] += 1
                while not pages.is_open.is_set():
                    readable, _, _ = select.select([self.connection], [], [], 0.02)
                    if readable and not self.connection.recv(1, socket.MSG_PEEK):
                        pages.left[name] += 1
                        return
                self.send_response(200)
                self.send_header('Content-Length', '0')
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = Listener(('127.0.0.1', 0), Handler)
        self.server.handle_error = lambda *_: None
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, name):
        return f'http://127.0.0.1:{self.server.server_port}/{name}'

    def was_asked(self, name, times=1):
        until(lambda: self.asked[name] >= times, 15, f'a request for {name}')


@pytest.fixture
def pages():
    server = Pages()
    yield server
    server.is_open.set()
    server.server.shutdown()


@pytest.fixture
def node(tmp_path):
    """Starts nodes on a database of their own."""
    url = postgres.shared().create(f'roles_{next(names)}')
    made = []

    def begin(name, roles, *settings):
        one = postgres.Node(tmp_path, url, name, f'cluster.roles={roles}', ALLOW_LOOPBACK, *settings)
        made.append(one)
        return one.start()

    yield begin
    for one in made:
        one.kill()


@pytest.fixture
def brain(node):
    """A node that decides and answers, and runs nothing."""
    one = node('brain', 'api,engine')
    library(one.url).workflows.create(WORKFLOWS)
    return one


def why(brain, run_id):
    answer = requests.get(f'{brain.url}/executions/{run_id}/why', timeout=5)
    return [one['kind'] for one in answer.json()['waits']]


def waiting_actions(one):
    text = requests.get(one.url.removesuffix('/v2') + '/metrics', timeout=5).text
    return int(re.search(r'^ostro_queue_depth\{queue="actions"\} (\d+)$', text, re.MULTILINE).group(1))


def test_who_has_a_role_does_it(node, brain, pages):
    pages.is_open.set()
    api = library(brain.url)
    waits = start(api, 'plain', {'url': pages.url('waits')})
    until(lambda: why(brain, waits) == ['slot'], 10, 'that it waits for an executor')
    assert not pages.asked
    until(lambda: waiting_actions(brain) == 1, 10, 'that it counts as waiting')
    hands = node('hands', 'executor')
    assert finished(api, waits).state == 'SUCCESS'
    until(lambda: waiting_actions(brain) == 0, 10, 'that nothing counts as waiting')
    assert finished(api, start(api, 'many', {'url': pages.url('many'), 'count': 60})).state == 'SUCCESS'
    assert pages.asked == {'waits': 1, 'many': 60}
    door = node('door', 'api')
    assert finished(library(door.url), start(library(door.url), 'plain', {'url': pages.url('door')})).state == 'SUCCESS'
    # Who answers at once has nobody who runs it here.
    body = {'name': 'std.http', 'input': {'url': pages.url('alone')}}
    answer = requests.post(door.url + '/action_executions', json=body, timeout=10).json()
    assert (answer['state'], pages.asked['alone']) == ('SUCCESS', 1), answer

    listed = json.loads(run('node', 'list', '--url', hands.url, '--json').stdout)
    shown = {one['name']: (one['roles'], one['shard_count']) for one in listed}
    assert shown == {'brain': (['api', 'engine'], 64), 'hands': (['executor'], 0), 'door': (['api'], 0)}
    refused = requests.get(hands.url + '/workflows', timeout=5)
    assert refused.status_code == 404 and 'its roles are: executor' in refused.json()['faultstring']
    root = hands.url.removesuffix('/v2')
    assert requests.get(root + '/readyz', timeout=5).ok and requests.get(root + '/metrics', timeout=5).ok


def test_an_executor_is_killed(node, brain, pages):
    api = library(brain.url)
    first = node('first', 'executor')
    plain = start(api, 'plain', {'url': pages.url('plain')})
    again = start(api, 'repeatable', {'url': pages.url('again')})
    pages.was_asked('plain'), pages.was_asked('again')
    assert why(brain, plain) == ['action']
    node('second', 'executor')
    first.kill()
    pages.was_asked('again', 2)
    pages.is_open.set()
    assert finished(api, again).state == 'SUCCESS'
    ended = finished(api, plain)
    assert ended.state == 'ERROR' and 'The executor stopped while it ran this action' in ended.state_info
    assert pages.asked == {'plain': 1, 'again': 2}


def test_what_does_not_end_in_time_is_handed_back(node, brain, pages):
    api = library(brain.url)
    first = node('first', 'executor', 'limits.stop_timeout=1')
    again = start(api, 'repeatable', {'url': pages.url('again')})
    pages.was_asked('again')
    assert first.stop() == 0
    pages.is_open.set()
    node('second', 'executor')
    assert finished(api, again).state == 'SUCCESS'


def test_a_node_that_stops_ends_what_it_runs(node, brain, pages):
    api = library(brain.url)
    hands = node('hands', 'executor')
    plain = start(api, 'plain', {'url': pages.url('plain')})
    pages.was_asked('plain')
    stopping = threading.Thread(target=hands.stop)
    stopping.start()

    def is_retired():
        shown = requests.get(brain.url + '/nodes', timeout=5).json()['nodes']
        return [one['roles'] for one in shown if one['name'] == 'hands'] == [[]]
    until(is_retired, 10, 'that it takes no more actions')
    late = start(api, 'plain', {'url': pages.url('late')})
    pages.is_open.set()
    assert finished(api, plain).state == 'SUCCESS'
    stopping.join(10)
    assert not stopping.is_alive() and pages.asked == {'plain': 1}
    node('other', 'executor')
    assert finished(api, late).state == 'SUCCESS'


def test_a_target_is_obeyed(node, brain, pages):
    pages.is_open.set()
    api = library(brain.url)
    node('left', 'executor')
    runs = {at: start(api, 'aimed', {'url': pages.url(at), 'at': at}) for at in ('left', 'right', 'gpu')}
    assert finished(api, runs['left']).state == 'SUCCESS'
    until(lambda: why(brain, runs['right']) == why(brain, runs['gpu']) == ['target'], 10, 'that the others wait')
    assert pages.asked == {'left': 1}
    # It decides, too: an action for it needs no detour, one for others takes it.
    node('right', 'engine,executor', 'executor.targets=["gpu"]')
    assert finished(api, runs['right']).state == finished(api, runs['gpu']).state == 'SUCCESS'
    for at in ('left', 'right', 'gpu'):
        body = {'name': 'std.http', 'input': {'url': pages.url(f'alone-{at}')}, 'params': {'target': at}}
        answer = requests.post(brain.url + '/action_executions', json=body, timeout=10).json()
        assert (answer['state'], pages.asked[f'alone-{at}']) == ('SUCCESS', 1), answer
    shown = requests.get(brain.url + '/nodes', timeout=5).json()['nodes']
    assert {one['name']: one['targets'] for one in shown} == {'brain': [], 'left': [], 'right': ['gpu']}


def test_what_runs_elsewhere_is_stopped(node, brain, pages):
    api = library(brain.url)
    node('left', 'executor')
    cancelled = start(api, 'plain', {'url': pages.url('cancelled')})
    late = start(api, 'hurried', {'url': pages.url('late')})
    pages.was_asked('cancelled')
    api.executions.update(cancelled, 'CANCELLED')
    until(lambda: pages.left == {'cancelled': 1, 'late': 1}, 10, 'that both requests were given up')
    assert finished(api, late).state == 'ERROR'
    task = api.tasks.list(cancelled)[0].id
    states = [one.state for one in api.action_executions.list(task)]
    assert states == ['CANCELLED']
    assert pages.asked == {'cancelled': 1, 'late': 1}


def take_and_die(brain):
    """An executor takes all that is offered and dies before it starts anything."""
    ask(brain, "INSERT INTO nodes (id, name, version, engine, expires_at) VALUES (7, 'left', '1', false, now())")
    ask(brain, 'UPDATE offers SET claim = 7')


def ask(one, statement):
    return postgres.Postgres.ask(one.database, statement)


def test_an_executor_dies_before_it_starts_an_asynchronous_action(node, brain, pages):
    pages.is_open.set()
    api = library(brain.url)
    runs = [start(api, 'called', {'url': pages.url('once')}), start(api, 'asynchronous'),
            start(api, 'called', {'url': pages.url('again'), 'safe': True})]
    until(lambda: ask(brain, 'SELECT count(*) FROM offers') == '3', 10, 'that all are offered')
    take_and_die(brain)
    ended = finished(api, runs[0])
    assert ended.state == 'ERROR' and 'The executor stopped while it ran this action' in ended.state_info
    until(lambda: ask(brain, 'SELECT count(*) FROM offers WHERE claim IS NULL') == '2', 10, 'that two are offered again')
    node('left', 'executor')
    pages.was_asked('again')
    for run_id in runs[1:]:
        until(lambda: why(brain, run_id) == ['report'], 10, 'that it waits for a report')
        action = api.action_executions.list(api.tasks.list(run_id)[0].id)[0].id
        api.action_executions.update(action, state='SUCCESS', output='{}')
        assert finished(api, run_id).state == 'SUCCESS'
    assert pages.asked == {'again': 1}


def test_an_asynchronous_action_outlives_its_executor(node, brain, pages):
    pages.is_open.set()
    api = library(brain.url)
    left = node('left', 'executor')
    waits = start(api, 'called', {'url': pages.url('called')})
    until(lambda: ask(brain, 'SELECT count(*) FROM actions WHERE started = 1') == '1', 10, 'that its start is known')
    left.kill()
    until(lambda: [one['state'] for one in requests.get(brain.url + '/nodes', timeout=5).json()['nodes']]
          == ['ALIVE', 'GONE'], 10, 'the end of the executor')
    task = api.tasks.list(waits)[0].id
    action = api.action_executions.list(task)[0].id
    assert why(brain, waits) == ['report'] and pages.asked == {'called': 1}
    api.action_executions.update(action, state='SUCCESS', output='{}')
    assert finished(api, waits).state == 'SUCCESS'


def test_the_offer_of_an_asynchronous_action_ends_with_it_after_a_takeover(node, brain, pages):
    pages.is_open.set()
    left = node('left', 'executor')
    waits = start(library(brain.url), 'called', {'url': pages.url('called')})
    until(lambda: why(brain, waits) == ['report'], 10, 'that it waits for a report')
    until(lambda: ask(brain, 'SELECT count(*) FROM actions WHERE started = 1') == '1', 10, 'that its start is known')
    left.kill()
    claimed = 'SELECT count(*) FROM actions WHERE claim IS NOT NULL'
    until(lambda: ask(brain, claimed) == '1', 10, 'that its tree knows who had it')
    assert ask(brain, 'SELECT count(*) FROM offers') == '1'
    brain.kill()
    heir = node('heir', 'api,engine')
    until(lambda: why(heir, waits) == ['report'], 15, 'that another node knows of it')
    api = library(heir.url)
    action = api.action_executions.list(api.tasks.list(waits)[0].id)[0].id
    api.action_executions.update(action, state='SUCCESS', output='{}')
    assert finished(api, waits).state == 'SUCCESS'
    assert ask(heir, 'SELECT count(*) FROM offers') == '0'


def test_work_without_a_place_goes_to_others(node, pages):
    """Two nodes with two places each: six requests run four at a time, wherever they came from."""
    small = 'executor.max_running_actions=2'
    first = node('first', 'all', small)
    node('second', 'executor', small)
    api = library(first.url)
    api.workflows.create(WORKFLOWS)
    many = start(api, 'many', {'url': pages.url('many'), 'count': 6})
    pages.was_asked('many', 4)
    pages.is_open.set()
    assert finished(api, many).state == 'SUCCESS'
    assert pages.asked['many'] == 6


def test_wrong_roles_are_refused(tmp_path):
    file = f'sqlite://{tmp_path / "ostro.db"}'
    wrong = run('serve', '--listen', '127.0.0.1:0', '--database', file, '--role', 'api,cook')
    assert wrong.returncode == 2 and "unknown role 'cook'" in wrong.stderr
    none = run('serve', '--listen', '127.0.0.1:0', '--database', file, '--role', '')
    assert none.returncode == 2 and 'a node needs a role' in none.stderr
    alone = run('serve', '--listen', '127.0.0.1:0', '--database', file, '--role', 'executor')
    assert alone.returncode != 0 and 'SQLite database has one node' in alone.stderr
