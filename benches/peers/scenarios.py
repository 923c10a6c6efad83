"""The scenarios, each on a server of its own. Figures are collected by name; every repeat adds one value."""

import collections
import contextlib
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import workflows
from client import Client
from server import Ostro

HERE = pathlib.Path(__file__).resolve().parent
STEPS = 100
EXECUTIONS = 1000
IN_FLIGHT = 20
IDLE_SECONDS = 10


class Figures:
    """Values by name."""

    def __init__(self):
        self.values = collections.defaultdict(list)

    def add(self, name, value):
        self.values[name].append(value)
        print(f'  {name:44}{value:>12.4g}', file=sys.stderr, flush=True)

    def median(self, name):
        return statistics.median(self.values[name]) if self.values.get(name) else None


class Bench:
    """Runs scenarios of one database (`sqlite` or `postgres`)."""

    def __init__(self, program, figures, kind, postgres=None):
        self.program, self.figures, self.kind, self.postgres = program, figures, kind, postgres

    def add(self, name, value):
        self.figures.add(f'{self.kind}.{name}', value)

    @contextlib.contextmanager
    def server(self, *definitions, env=None):
        with tempfile.TemporaryDirectory(prefix='ostro-bench-') as folder:
            database = self.postgres.fresh() if self.postgres else None
            with Ostro(self.program, folder, database, env) as server:
                client = Client(server.url)
                if definitions:
                    client.upload(workflows.document(*definitions))
                yield server, client

    def steps(self, name, server, run, count):
        """Time, processor time, commits and bytes logged for each of `count` steps."""
        cpu, commits, log = server.cpu(), server.commits(), server.log_bytes()
        seconds = run()
        self.add(f'{name}.s', seconds)
        self.add(f'{name}.commits', (server.commits() - commits) / count)
        self.add(f'{name}.log_kib', (server.log_bytes() - log) / 1024 / count)
        self.add(f'{name}.cpu_us', (server.cpu() - cpu) / count * 1e6)

    def chain(self):
        """A chain of no-op tasks, and one of calls to the outside."""
        with target() as action, self.server(
                workflows.chain('chain', STEPS), workflows.chain('outside', STEPS, action)) as (server, client):
            client.run('chain')
            self.steps('chain', server, lambda: client.run('chain'), STEPS)
            client.run('outside')
            self.steps('chain_outside', server, lambda: client.run('outside'), STEPS)
            # One chain is too short for the clock of processor time.
            for name, long in (('chain', 'chain'), ('chain_outside', 'outside')):
                cpu = server.cpu()
                for _ in range(30):
                    client.run(long)
                self.add(f'{name}.long_cpu_us', (server.cpu() - cpu) / 30 / STEPS * 1e6)

    def in_flight(self):
        """One-task executions, 20 at a time."""
        with target() as action, self.server(workflows.one(), workflows.one('outside', action)) as (server, client):
            for name, flown in (('flight', 'one'), ('flight_outside', 'outside')):
                client.many(flown, 100, IN_FLIGHT)
                cpu, commits = server.cpu(), server.commits()
                _, seconds = client.many(flown, EXECUTIONS, IN_FLIGHT)
                self.add(f'{name}.per_s', EXECUTIONS / seconds)
                self.add(f'{name}.commits', (server.commits() - commits) / EXECUTIONS)
                self.add(f'{name}.cpu_us', (server.cpu() - cpu) / EXECUTIONS * 1e6)

    def group_commit(self):
        """The same with 5 ms added to every flush."""
        with slow_flushes() as env, self.server(workflows.one(), env=env) as (server, client):
            commits = server.commits()
            _, seconds = client.many('one', EXECUTIONS, IN_FLIGHT)
            self.add('slow_flush.per_s', EXECUTIONS / seconds)
            self.add('slow_flush.commits', (server.commits() - commits) / EXECUTIONS)

    def fan_out(self):
        """Branches into a join; items by the thousand."""
        with self.server(workflows.fan('fan', 1000), workflows.items()) as (server, client):
            client.run('fan')
            commits = server.commits()
            self.add('fan.s', client.run('fan'))
            self.add('fan.commits', server.commits() - commits)
            client.run('items', {'n': 1000})
            commits = server.commits()
            self.add('items_1000.s', client.run('items', {'n': 1000}))
            self.add('items_1000.commits', server.commits() - commits)
            self.add('items_10000.s', client.run('items', {'n': 10_000}))
            self.add('items_100000.s', client.run('items', {'n': 100_000}))
            self.add('items_100000.mib', server.memory('VmHWM'))

    def million_items(self):
        with self.server(workflows.items()) as (server, client):
            self.add('items_1000000.s', client.run('items', {'n': 1_000_000}))
            self.add('items_1000000.mib', server.memory('VmHWM'))

    def latency(self):
        """One-task executions one after another."""
        with self.server(workflows.one()) as (_, client):
            for _ in range(50):
                client.run('one')
            seconds = sorted(client.run('one') for _ in range(500))
            self.add('latency.p50_ms', seconds[250] * 1e3)
            self.add('latency.p99_ms', seconds[495] * 1e3)

    def large_graphs(self):
        with self.server(workflows.grid('small', 10), workflows.grid('large', 100)) as (_, client):
            client.run('small')
            self.add('grid_10.us', client.run('small') / 100 * 1e6)
            self.add('grid_100.us', client.run('large') / 10_000 * 1e6)
        with self.server(workflows.chain('long', 50_000)) as (_, client):
            self.add('chain_50000.s', client.run('long'))

    def start(self):
        """Start, size, memory, idle time, upload."""
        self.add('binary.mib', os.path.getsize(self.program) / 2**20)
        with self.server(workflows.one()) as (server, client):
            self.add('ready.ms', server.ready_ms)
            client.run('one')
            time.sleep(1)
            cpu = server.cpu()
            time.sleep(IDLE_SECONDS)
            self.add('idle.percent', (server.cpu() - cpu) / IDLE_SECONDS * 100)
            self.add('idle.mib', server.memory('VmRSS'))
            began = time.perf_counter()
            client.upload(workflows.document(workflows.chain('hundred', 100)))
            self.add('upload.ms', (time.perf_counter() - began) * 1e3)

    def mixed(self):
        with self.server(workflows.mixed(), workflows.nested()) as (_, client):
            mixed(self.add, client)
            nested(self.add, client)


def mixed(add, client):
    """Ten-task executions with publishes. The original runs them, too."""
    client.run('mixed')
    add('mixed.s', client.many('mixed', 50, 10)[1])


def nested(add, client):
    """Sub-workflows in sub-workflows. The original runs them, too."""
    client.run('nested')
    add('nested.s', client.run('nested'))


@contextlib.contextmanager
def target():
    """An HTTP target in a process of its own; gives the action that calls it."""
    process = subprocess.Popen([sys.executable, HERE / 'target.py'], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        port = int(process.stdout.readline())
        yield json.dumps(f'std.http url="http://127.0.0.1:{port}/"')
    finally:
        process.stdin.close()
        process.wait(timeout=10)


@contextlib.contextmanager
def slow_flushes():
    with tempfile.TemporaryDirectory(prefix='ostro-bench-') as folder:
        library = f'{folder}/slow_flush.so'
        subprocess.run(['cc', '-shared', '-fPIC', '-O1', '-o', library, HERE / 'slow_flush.c', '-ldl'], check=True)
        yield {'LD_PRELOAD': library, 'OSTRO_FLUSH_DELAY_US': '5000'}
