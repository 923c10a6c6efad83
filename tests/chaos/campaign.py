"""Four nodes on one PostgreSQL, workflows with effects outside, and faults.

    FAULTS=50 SEED=1 python3 tests/chaos/campaign.py target/release/ostro

Two nodes do everything, one runs no actions, one does nothing but that; they have so few
places that many actions run on another node than the one that decides.

Each action asks a web server here for a page with the id of its task in the path: that
is the effect. Others wait for a result that is reported here, and a cron trigger fires
each second. When the faults are over, everything must end, and:
  * every execution that was accepted has ended;
  * no action without safe-rerun had its effect twice;
  * every task in SUCCESS had its effect;
  * every result that was accepted is the action's result;
  * each second was fired for once, and its execution exists once;
  * the journal of every shard has no gaps, and no letter or offered action is left.
The last line is the tally; the exit code is 0 only if all of it holds.
"""

import collections
import datetime
import http.client
import http.server
import json
import os
import pathlib
import random
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[2]
LEASE = 1.0
ROLES = ['all', 'all', 'api,engine', 'api,executor']
PLACES = 6

WORKFLOW = """
version: '2.0'
{name}:
  input: [base]
  task-defaults:
    safe-rerun: {safe}
  tasks:
    first:
      action: std.http url="<% $.base %>/<% task().id %>"
      on-complete: [left, right]
    left:
      action: std.http url="<% $.base %>/<% task().id %>"
      on-complete: together
    right:
      wait-before: 1
      action: std.http url="<% $.base %>/<% task().id %>"
      on-complete: together
    together:
      join: all
      action: std.http url="<% $.base %>/<% task().id %>"
      on-complete: noop
"""


TOLD = """
version: '2.0'
told:
  tasks:
    wait: {action: std.async_noop}
"""

TICK = """
version: '2.0'
tick:
  output: {at: <% execution().params.scheduled_time %>}
  tasks:
    nothing: {action: std.noop}
"""


class Effects:
    """A web server that counts which page was asked for how often."""

    def __init__(self):
        self.seen = collections.Counter()
        effects = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                effects.seen[self.path.strip('/')] += 1
                time.sleep(random.uniform(0.0, 0.3))
                self.send_response(200)
                self.send_header('Content-Length', '2')
                self.end_headers()
                self.wfile.write(b'ok')

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f'http://127.0.0.1:{self.server.server_port}'


class Proxy:
    """A way to the database that can be cut."""

    def __init__(self, port):
        self.target = port
        self.open = True
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client):
        with client:
            if not self.open:
                return
            try:
                server = socket.create_connection(('127.0.0.1', self.target))
            except OSError:
                return
            with server:
                other = {client: server, server: client}
                while True:
                    ready, _, _ = select.select(list(other), [], [], 0.05)
                    # A cut network is silence, not a farewell: nothing is carried.
                    if not self.open:
                        time.sleep(0.05)
                        continue
                    try:
                        for side in ready:
                            data = side.recv(65536)
                            if not data:
                                return
                            other[side].sendall(data)
                    except OSError:
                        return


class Node:
    def __init__(self, program, name, roles, proxy, folder):
        self.program, self.name, self.roles, self.proxy = program, name, roles, proxy
        self.log = folder / f'{name}.log'
        self.process = self.url = None

    def start(self):
        arguments = [
            self.program, 'serve', '--listen', '127.0.0.1:0',
            '--database', f'postgres://ostro@127.0.0.1:{self.proxy.port}/ostro',
            '--role', self.roles, '--set', f'executor.max_running_actions={PLACES}',
            '--set', f'cluster.lease_ms={int(LEASE * 1000)}', '--set', f'cluster.node_name={self.name}',
            '--set', 'action_std_http.denied_cidrs=[]']
        environment = {k: v for k, v in os.environ.items() if not k.startswith('OSTRO')}
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with self.log.open('ab') as log:
                self.process = subprocess.Popen(
                    arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, env=environment)
            line = self.process.stdout.readline().decode()
            if line.startswith('listening on '):
                self.url = line.split()[2]
                return
            # The database may be away just now.
            self.process.wait()
            time.sleep(0.2)
        raise SystemExit(f'{self.name} does not start; see {self.log}')

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def stop(self):
        self.signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.kill()


def call(node, method, path, body=None, timeout=5):
    data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = 'text/plain' if isinstance(body, bytes) else 'application/json'
    request = urllib.request.Request(node.url + path, data, {'Content-Type': kind}, method=method)
    with urllib.request.urlopen(request, timeout=timeout) as answer:
        return json.loads(answer.read() or b'null')


FAILURES = (OSError, ValueError, http.client.HTTPException)


class Clients:
    """Start workflows on any node, in a thread."""

    def __init__(self, nodes, base, chance):
        self.nodes, self.base, self.chance = nodes, base, chance
        self.accepted, self.refused, self.stopping = {}, 0, False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while not self.stopping:
            name = self.chance.choice(['once', 'again', 'once', 'again', 'told'])
            body = {'workflow_name': name, 'input': {} if name == 'told' else {'base': self.base}}
            # Every other id is chosen here: it may be of a shard of any node.
            if self.chance.random() < 0.5:
                body['id'] = str(uuid.UUID(int=self.chance.getrandbits(128), version=4))
            try:
                answer = call(self.chance.choice(self.nodes), 'POST', '/executions', body)
                self.accepted[answer['id']] = name
            except FAILURES:
                self.refused += 1
            time.sleep(self.chance.uniform(0.02, 0.12))

    def stop(self):
        self.stopping = True
        self.thread.join()


class Reporters:
    """Report results of actions that wait for them, at any node, in a thread."""

    def __init__(self, nodes, chance):
        self.nodes, self.chance = nodes, chance
        self.accepted, self.stopping = {}, False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while not self.stopping:
            try:
                found = call(self.chance.choice(self.nodes), 'GET',
                             '/action_executions?name=std.async_noop&state=RUNNING&limit=20')['action_executions']
            except FAILURES:
                found = []
            for action in found:
                number = self.chance.randrange(1 << 30)
                try:
                    call(self.chance.choice(self.nodes), 'PUT', f'/action_executions/{action["id"]}',
                         {'state': 'SUCCESS', 'output': {'number': number}})
                    self.accepted[action['id']] = number
                except FAILURES:
                    # It may have been applied all the same: then another number is refused.
                    pass
            time.sleep(0.2)

    def stop(self):
        self.stopping = True
        self.thread.join()


class Campaign:
    def __init__(self, program, folder, seed):
        self.folder = folder
        self.chance = random.Random(seed)
        self.faults = collections.Counter()
        database = folder / 'database'
        database.mkdir()
        folder.chmod(0o755)
        self.database = database
        with socket.socket() as probe:
            probe.bind(('127.0.0.1', 0))
            self.port = probe.getsockname()[1]
        self.postgres('start', str(self.port))
        self.effects = Effects()
        self.nodes = [
            Node(program, f'node-{n}', roles, Proxy(self.port), folder) for n, roles in enumerate(ROLES)]
        for node in self.nodes:
            node.start()
        for name, safe in (('once', 'false'), ('again', 'true')):
            text = WORKFLOW.format(name=name, safe=safe).encode()
            call(self.nodes[0], 'POST', '/workflows', text)
        for text in (TOLD, TICK):
            call(self.nodes[0], 'POST', '/workflows', text.encode())
        call(self.nodes[0], 'POST', '/cron_triggers', {
            'name': 'tick', 'workflow_name': 'tick', 'pattern': '* * * * * *', 'catch_up': 'all'})

    def postgres(self, command, *arguments):
        subprocess.run([ROOT / 'scripts/postgres', command, self.database, *arguments],
                       check=True, stdout=subprocess.DEVNULL)

    def query(self, sql):
        done = subprocess.run(
            ['psql', '-h', '127.0.0.1', '-p', str(self.port), '-U', 'ostro', '-d', 'ostro', '-Atc', sql],
            check=True, capture_output=True, text=True)
        return [line.split('|') for line in done.stdout.splitlines()]

    def fault(self):
        kind = self.chance.choices(['kill', 'pause', 'cut', 'crash', 'backend'], [5, 3, 3, 1, 1])[0]
        self.faults[kind] += 1
        node = self.chance.choice(self.nodes)
        if kind == 'kill':
            node.kill()
            time.sleep(self.chance.uniform(0, 1.5 * LEASE))
            node.start()
        elif kind == 'pause':
            node.signal(signal.SIGSTOP)
            time.sleep(self.chance.uniform(1.2, 2.5) * LEASE)
            node.signal(signal.SIGCONT)
        elif kind == 'cut':
            node.proxy.open = False
            time.sleep(self.chance.uniform(0.5, 2.5) * LEASE)
            node.proxy.open = True
        elif kind == 'backend':
            # The server ends all others, recovers as after a crash, and is not started again.
            os.kill(int(self.chance.choice(self.backends())), signal.SIGKILL)
        else:
            self.postgres('crash')
            time.sleep(self.chance.uniform(0, LEASE))
            self.postgres('up')
        time.sleep(self.chance.uniform(0.1, 0.5))

    def run(self, count):
        clients = Clients(self.nodes, self.effects.url, self.chance)
        reporters = Reporters(self.nodes, random.Random(self.chance.random()))
        for _ in range(count):
            self.fault()
        clients.stop()
        call(self.nodes[0], 'PUT', '/cron_triggers/tick', {'enabled': False}, timeout=30)
        return clients, reporters

    def backends(self):
        """The processes that serve the nodes."""
        found = self.query("SELECT pid FROM pg_stat_activity WHERE datname = 'ostro' AND pid <> pg_backend_pid() "
                           "AND backend_type = 'client backend' ORDER BY pid")
        return [pid for pid, in found]

    def unfinished(self):
        return int(self.query(
            "SELECT count(*) FROM executions WHERE state NOT IN ('SUCCESS', 'ERROR', 'CANCELLED')")[0][0])

    def settle(self, seconds):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.unfinished():
            time.sleep(0.5)
        return self.unfinished()

    def lost_results(self, accepted):
        lost = []
        for action, number in accepted.items():
            output = json.loads(call(self.nodes[1], 'GET', f'/action_executions/{action}')['output'])['result']
            if output != {'number': number}:
                lost.append(f'action {action} has {output}, accepted was {number}')
        return lost

    def wrong_ticks(self):
        outputs = self.query('SELECT v.value FROM executions e JOIN execution_values v '
                             "ON v.execution = e.id AND v.part = 3 WHERE e.workflow_name = 'tick'")
        times = sorted(json.loads(output)['at'] for output, in outputs)
        waiting = self.query("SELECT count(*) FROM fires WHERE state NOT IN ('STARTED')")[0][0]
        wrong = [f'{waiting} fires are not started'] if waiting != '0' else []
        self.ticks = len(times)
        for earlier, later in zip(times, times[1:]):
            gap = datetime.datetime.fromisoformat(later) - datetime.datetime.fromisoformat(earlier)
            if gap != datetime.timedelta(seconds=1):
                wrong.append(f'the trigger fired for {earlier} and then for {later}')
        return wrong

    def problems(self, clients, reporters):
        found = self.lost_results(reporters.accepted) + self.wrong_ticks()
        states = dict(self.query("SELECT id, state FROM executions"))
        lost = [run for run in clients.accepted if run not in states]
        if lost:
            found.append(f'{len(lost)} accepted executions are gone: {lost[:3]}')
        tasks = self.query(
            'SELECT t.id, t.state, e.workflow_name, t.name FROM tasks t JOIN executions e ON e.id = t.execution')
        for task, state, workflow, name in tasks:
            times = self.effects.seen[task]
            if workflow == 'once' and times > 1:
                found.append(f'task {task} ({name}) had its effect {times} times')
            if state == 'SUCCESS' and times == 0 and workflow in ('once', 'again'):
                found.append(f'task {task} ({name}) is in SUCCESS without its effect')
        found += self.gaps()
        letters = self.query('SELECT count(*) FROM inbox')[0][0]
        if letters != '0':
            found.append(f'{letters} letters were never applied')
        offers = self.query('SELECT count(*) FROM offers')[0][0]
        if offers != '0':
            found.append(f'{offers} offered actions are left')
        return found, collections.Counter(states.values())

    def gaps(self):
        """Numbers that are missing in the journal of a shard, or there twice."""
        per, last, found = 1 << 48, collections.Counter(), []
        for shard, number, earlier in self.query(
                f"SELECT position / {per}, position % {per}, encode(coalesce(earlier, ''), 'hex') "
                'FROM journal ORDER BY position'):
            expected = last[shard] + entries(bytes.fromhex(earlier)) + 1
            if int(number) != expected:
                found.append(f'the journal of shard {shard} has {number} where {expected} should be')
            last[shard] = int(number)
        return found

    def close(self):
        for node in self.nodes:
            node.proxy.open = True
            node.stop()
        self.postgres('crash')


def entries(earlier):
    """How many entries share a row with its own: what crates/store/src/codec/journal.rs writes."""
    at = count = 0
    while at < len(earlier):
        at += 1 + 16 + 8
        for _ in ('task', 'name', 'state before', 'state'):
            at += 2 + int.from_bytes(earlier[at:at + 2], 'big')
        at += 9 if earlier[at] else 1
        count += 1
    return count


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    count = int(os.environ.get('FAULTS', '50'))
    seed = int(os.environ.get('SEED', str(random.randrange(1 << 32))))
    print(f'{count} faults, seed {seed}', flush=True)
    folder = pathlib.Path(tempfile.mkdtemp(prefix='ostro-chaos-'))
    campaign = Campaign(program, folder, seed)
    try:
        begin = time.monotonic()
        clients, reporters = campaign.run(count)
        open_ones = campaign.settle(90)
        reporters.stop()
        found, states = campaign.problems(clients, reporters)
    finally:
        campaign.close()
    if open_ones:
        found.insert(0, f'{open_ones} executions have not ended')
    for problem in found[:20]:
        print(problem)
    if found:
        print(f'logs in {folder}')
    else:
        shutil.rmtree(folder, ignore_errors=True)
    faults = ', '.join(f'{n} {kind}' for kind, n in sorted(campaign.faults.items()))
    ends = ', '.join(f'{n} {state}' for state, n in sorted(states.items()))
    print(f'{"CLEAN" if not found else "NOT CLEAN"}: {count} faults ({faults}), '
          f'{len(clients.accepted)} executions accepted, {clients.refused} requests refused, ends: {ends}, '
          f'{len(reporters.accepted)} results, {campaign.ticks} ticks, '
          f'{sum(campaign.effects.seen.values())} effects, {time.monotonic() - begin:.0f} s')
    sys.exit(1 if found else 0)


if __name__ == '__main__':
    main()
