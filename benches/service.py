#!/usr/bin/env python3
"""Measures the built program as a client sees it; see README.md beside this file."""

import argparse
import http.client
import json
import pathlib
import re
import select
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[1]
LOADER = ROOT.parent / 'shared/bench/mistral_load.py'
ROUNDS = 5

CHAIN = 'chain:\n  tasks:\n' + ''.join(
    f'    t{n}:\n      action: std.noop\n' + (f'      on-success: t{n + 1}\n' if n < 99 else '') for n in range(100))
DEFINITIONS = f'''version: '2.0'
one:
  tasks:
    t:
      action: std.noop
items:
  tasks:
    t:
      with-items: n in <% range(1000) %>
      action: std.noop
{CHAIN}'''


class Server:
    """`ostro serve` on a free port, on the given database or one in a temporary folder."""

    def __init__(self, program, folder, database=None, settings=()):
        begin = time.perf_counter()
        self.process = subprocess.Popen(
            [program, 'serve', '--listen', '127.0.0.1:0', '--database', database or f'sqlite://{folder}/ostro.db',
             *(word for setting in settings for word in ('--set', setting))],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        ready, _, _ = select.select([self.process.stdout], [], [], 20)
        line = self.process.stdout.readline() if ready else ''
        self.ready_ms = (time.perf_counter() - begin) * 1000
        found = re.match(r'listening on (http://\S+)', line)
        if not found:
            self.process.kill()
            sys.exit('bench: the server did not start')
        self.url = found.group(1)
        self.connection = http.client.HTTPConnection(urllib.parse.urlsplit(self.url).netloc, timeout=60)

    def call(self, method, path, body=None, kind='application/json'):
        self.connection.request(method, '/v2' + path, body, {'Content-Type': kind})
        reply = self.connection.getresponse()
        content = reply.read()
        if reply.status >= 400:
            sys.exit(f'bench: {method} {path} -> {reply.status} {content[:300]!r}')
        return json.loads(content)

    def run_ms(self, workflow):
        """Milliseconds from POST to SUCCESS seen."""
        body = json.dumps({'workflow_name': workflow})
        begin = time.perf_counter()
        execution = self.call('POST', '/executions', body)
        while execution['state'] == 'RUNNING':
            execution = self.call('GET', f'/executions/{execution["id"]}/wait?timeout=30')
        elapsed = (time.perf_counter() - begin) * 1000
        if execution['state'] != 'SUCCESS':
            sys.exit(f'bench: {workflow} ended in {execution["state"]}: {execution["state_info"]}')
        return elapsed

    def resident_mib(self):
        status = pathlib.Path(f'/proc/{self.process.pid}/status').read_text()
        return int(re.search(r'VmRSS:\s+(\d+)', status).group(1)) / 1024

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=20)


def measure(program):
    """Rows of (figure, values, unit, bound)."""
    ready, memory = [], []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory(prefix='ostro-bench-') as folder:
            server = Server(program, folder)
            server.call('POST', '/workflows', DEFINITIONS, 'text/plain')
            server.run_ms('one')
            ready.append(server.ready_ms)
            memory.append(server.resident_mib())
            server.stop()
    with tempfile.TemporaryDirectory(prefix='ostro-bench-') as folder:
        server = Server(program, folder)
        server.call('POST', '/workflows', DEFINITIONS, 'text/plain')
        times = {}
        for workflow in ('one', 'chain', 'items'):
            server.run_ms(workflow)
            times[workflow] = [server.run_ms(workflow) for _ in range(ROUNDS)]
        server.stop()
    return [
        ('start to ready', ready, 'ms', 150),
        ('resident memory, idle', memory, 'MiB', 30),
        ('one task', times['one'], 'ms', None),
        ('chain of 100 tasks', times['chain'], 'ms', 50),
        ('task with 1,000 items', times['items'], 'ms', 200),
    ]


def print_table(rows):
    print(f'{"":24}{"median":>10}{"lowest":>10}{"highest":>10}{"bound":>10}')
    for figure, values, unit, bound in rows:
        cells = (statistics.median(values), min(values), max(values))
        numbers = ''.join(f'{value:>10.1f}' for value in cells)
        print(f'{figure:24}{numbers}{bound or "":>10}  {unit}')


def load(program, loader):
    with tempfile.TemporaryDirectory(prefix='ostro-bench-') as folder:
        server = Server(program, folder)
        try:
            subprocess.run([sys.executable, loader, server.url, '--limit', '120', '--pid', str(server.process.pid)],
                           stdin=subprocess.DEVNULL, check=False)
        finally:
            server.stop()


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument('--ostro', default=ROOT / 'target/release/ostro', help='the program to measure')
    arguments.add_argument('--quick', action='store_true', help='without the loader')
    options = arguments.parse_args()
    print_table(measure(options.ostro))
    if LOADER.exists() and not options.quick:
        print(f'\n{LOADER.name}:')
        sys.stdout.flush()
        load(options.ostro, LOADER)


if __name__ == '__main__':
    main()
