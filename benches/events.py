#!/usr/bin/env python3
"""Measures the event stream with many readers; see README.md beside this file.

The same work is done twice: without readers, then with 1,000 readers of ten executions
each, five readers of everything and ten connections that never read. Ends with an error
if a reader misses an event or sees one twice.
"""

import argparse
import collections
import http.client
import json
import pathlib
import re
import resource
import selectors
import socket
import sys
import tempfile
import threading
import time
import urllib.parse

from service import ROOT, Server

# Each execution waits until its first action is completed from outside.
DEFINITIONS = '''version: '2.0'
own:
  tasks:
    go: {action: std.async_noop, on-success: work}
    work: {action: std.noop, on-success: more}
    more: {action: std.noop}
start:
  tasks:
    one: {action: std.noop, on-success: two}
    two: {action: std.noop}
'''

OWN_EVENTS = 11
START_EVENTS = 10
CLIENTS = 4
BLOCK = re.compile(rb'^id: (\S+)\ndata: \{"cursor":"[^"]*",(.*)$', re.M)
EVENT = re.compile(rb'"id":"([^"]+)","name":"[^"]*","state":"([A-Z]+)","previous":(null|"[A-Z]+")')


class Client(threading.local):
    """A kept connection per thread."""

    def __init__(self, url):
        self.connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=60)

    def call(self, method, path, body=None, kind='application/json'):
        try:
            reply, content = self.exchange(method, path, body, kind)
        except http.client.RemoteDisconnected:
            # The server ended a connection that was not used for long.
            self.connection.close()
            reply, content = self.exchange(method, path, body, kind)
        if reply.status >= 400:
            sys.exit(f'bench: {method} {path} -> {reply.status} {content[:300]!r}')
        return json.loads(content)

    def exchange(self, method, path, body, kind):
        self.connection.request(method, '/v2' + path, body, {'Content-Type': kind})
        reply = self.connection.getresponse()
        return reply, reply.read()


def in_threads(work, items):
    """Calls `work` for all items, `CLIENTS` at a time; the results in any order."""
    queue, results = collections.deque(items), []

    def run():
        while True:
            try:
                item = queue.popleft()
            except IndexError:
                return
            results.append(work(item))
    threads = [threading.Thread(target=run) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


class Readers(threading.Thread):
    """All sockets in one thread; what comes is kept and looked at in the end."""

    def __init__(self, address):
        super().__init__(daemon=True)
        self.address, self.selector, self.streams = address, selectors.DefaultSelector(), []
        self.received, self.stopped = 0, False

    def open(self, query):
        connection = connect(self.address, query)
        head = b''
        while b'id: ' not in head:
            head += connection.recv(65536)
        if b' 200 ' not in head.split(b'\r\n')[0]:
            sys.exit(f'bench: {head[:300]!r}')
        connection.setblocking(False)
        chunks = []
        self.selector.register(connection, selectors.EVENT_READ, chunks)
        self.streams.append((connection, chunks))
        return chunks

    def run(self):
        while not self.stopped:
            for key, _ in self.selector.select(timeout=0.2):
                chunk = key.fileobj.recv(1 << 20)
                if not chunk:
                    sys.exit('bench: a stream ended')
                key.data.append(chunk)
                self.received += chunk.count(b'\ndata: ')


def connect(address, query, buffer=None):
    connection = socket.socket()
    if buffer:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    connection.connect(address)
    connection.sendall(f'GET /v2/events{query} HTTP/1.1\r\nHost: bench\r\n\r\n'.encode())
    return connection


def events_of(chunks):
    """(id, state, previous) of all events of a stream; the chunks' framing is taken out."""
    text = re.sub(rb'\r\n[0-9a-f]+\r\n', b'', b'\r\n' + b''.join(chunks))
    return [EVENT.search(data).groups() for _, data in BLOCK.findall(text)]


def cpu_seconds(server):
    fields = pathlib.Path(f'/proc/{server.process.pid}/stat').read_text().rsplit(')', 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def waiting_actions(client):
    """Ids of the actions that wait to be completed."""
    path, ids = '/action_executions?state=RUNNING&fields=id&limit=1000', []
    while path:
        page = client.call('GET', path)
        ids += [action['id'] for action in page['action_executions']]
        path = page.get('next', '').partition('/v2')[2]
    return ids


class Phase:
    """The work of one measurement: `own` executions go on, others start meanwhile."""

    def __init__(self, server, client, own, starts):
        self.server, self.client, self.starts = server, client, starts
        body = json.dumps({'workflow_name': 'own'})
        self.own = in_threads(lambda _: client.call('POST', '/executions', body)['id'], range(own))
        self.actions = waiting_actions(client)
        assert len(self.actions) == own

    def run(self):
        every = max(len(self.actions) // self.starts, 1)
        work = []
        for number, action in enumerate(self.actions):
            work.append(action)
            if number % every == 0 and len(work) - number - 1 < self.starts:
                work.append(None)
        self.latencies = []
        self.started = len(work) - len(self.actions)
        in_threads(self.step, work)

    def step(self, action):
        if action:
            self.client.call('PUT', f'/action_executions/{action}', '{"state": "SUCCESS", "output": {}}')
            return
        begin = time.perf_counter()
        self.client.call('POST', '/executions', '{"workflow_name": "start"}')
        self.latencies.append((time.perf_counter() - begin) * 1000)

    def p99(self):
        return sorted(self.latencies)[int(len(self.latencies) * 0.99) - 1]

    def events(self):
        return len(self.actions) * OWN_EVENTS + self.started * START_EVENTS


def check(streams, everything, per_reader, total):
    for number, chunks in enumerate(streams):
        seen = events_of(chunks)
        expected = total if number >= len(streams) - everything else per_reader
        if len(seen) != expected or len(set(seen)) != expected:
            sys.exit(f'bench: reader {number} saw {len(seen)} events, {len(set(seen))} different, '
                     f'instead of {expected}')


def measure(server, options):
    client = Client(server.url)
    client.call('POST', '/workflows', DEFINITIONS, 'text/plain')
    own = options.readers * options.executions
    quiet = Phase(server, client, own, options.starts)
    before = cpu_seconds(server)
    quiet.run()
    time.sleep(0.5)
    quiet_cpu = cpu_seconds(server) - before

    busy = Phase(server, client, own, options.starts)
    where = urllib.parse.urlsplit(server.url)
    address = (where.hostname, where.port)
    readers = Readers(address)
    for first in range(0, own, options.executions):
        ids = ','.join(busy.own[first:first + options.executions])
        readers.open(f'?execution_id={ids}')
    for _ in range(options.everything):
        readers.open('')
    sleepers = [connect(address, '', buffer=4096) for _ in range(options.sleepers)]
    readers.start()
    per_reader = options.executions * OWN_EVENTS
    before = cpu_seconds(server)
    begin = time.perf_counter()
    busy.run()
    deliveries = options.readers * per_reader + options.everything * busy.events()
    deadline = time.monotonic() + 60
    while readers.received < deliveries and time.monotonic() < deadline:
        time.sleep(0.05)
    elapsed = time.perf_counter() - begin
    time.sleep(0.5)
    cpu = cpu_seconds(server) - before
    readers.stopped = True
    readers.join()
    check([chunks for _, chunks in readers.streams], options.everything, per_reader, busy.events())
    for connection in sleepers:
        connection.close()
    return [
        ('events delivered', deliveries, '', None),
        ('… in', elapsed, 's', None),
        ('server CPU, no readers', quiet_cpu, 's', None),
        ('server CPU, readers', cpu, 's', None),
        ('CPU per delivered event', (cpu - quiet_cpu) / deliveries * 1e6, 'µs', 5),
        ('start p99, no readers', quiet.p99(), 'ms', None),
        ('start p99, readers', busy.p99(), 'ms', 2 * quiet.p99()),
        ('resident memory', server.resident_mib(), 'MiB', None),
    ]


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument('--ostro', default=ROOT / 'target/release/ostro', help='the program to measure')
    arguments.add_argument('--readers', type=int, default=1000)
    arguments.add_argument('--executions', type=int, default=10, help='executions of each reader')
    arguments.add_argument('--everything', type=int, default=5, help='readers of everything')
    arguments.add_argument('--sleepers', type=int, default=10, help='connections that never read')
    arguments.add_argument('--starts', type=int, default=2000, help='executions started meanwhile')
    options = arguments.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory(prefix='ostro-bench-') as folder:
        server = Server(options.ostro, folder)
        try:
            for figure, value, unit, bound in measure(server, options):
                number = f'{value:>12,.0f}' if value > 1000 else f'{value:>12.2f}'
                print(f'{figure:28}{number} {unit:4}' + (f'  at most {bound:.1f}' if bound else ''))
        finally:
            server.stop()


if __name__ == '__main__':
    main()
