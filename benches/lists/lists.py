#!/usr/bin/env python3
"""Measures lists out of a million executions; see ../README.md."""

import argparse
import contextlib
import http.client
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from nodes import Postgres  # noqa: E402
from service import ROOT, Server  # noqa: E402

PAGE, LARGE = 100, 1000
PAGE_MS, LARGE_MS = 50, 100
COLUMNS = ('created_at', 'updated_at', 'state', 'workflow_name', 'workflow_id',
           'task_execution_id', 'root_execution_id', 'project_id')

# Actions on their own wait to be completed: such an execution goes on until then.
DEFINITIONS = '''version: '2.0'
waits:
  tasks:
    go: {action: std.async_noop}
start:
  tasks:
    one: {action: std.noop, on-success: two}
    two: {action: std.noop}
'''


class Client:
    def __init__(self, url):
        self.connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=120)

    def call(self, method, path, body=None, kind='application/json', accept=(200, 201)):
        return json.loads(self.read(method, path, body, kind, accept))

    def read(self, method, path, body=None, kind='application/json', accept=(200, 201)):
        self.connection.request(method, '/v2' + path, body, {'Content-Type': kind})
        reply = self.connection.getresponse()
        content = reply.read()
        if reply.status not in accept:
            sys.exit(f'bench: {method} {path} -> {reply.status} {content[:300]!r}')
        return content

    def timed(self, path):
        """Until the answer is read; what the client makes of it does not count."""
        begin = time.perf_counter()
        content = self.read('GET', path)
        return (time.perf_counter() - begin) * 1000, json.loads(content)


def moment(rows, part):
    """The time at which that part of the rows was there."""
    return time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime(1_790_000_000 + int(rows * part)))


def filters(rows, workflow, root, task):
    early, late, last = (moment(rows, part) for part in (0.01, 0.99, 0.9999))
    return {
        'everything': {},
        'state, nearly all': {'state': 'SUCCESS'},
        'state, few': {'state': 'RUNNING'},
        'state, 1 %': {'state': 'ERROR'},
        'state, one of': {'state': 'in:ERROR,CANCELLED,RUNNING'},
        'state, not': {'state': 'neq:SUCCESS'},
        'workflow_name': {'workflow_name': 'workflow_7'},
        'workflow_name, one of': {'workflow_name': 'in:workflow_7,workflow_8'},
        'workflow_name and state': {'workflow_name': 'workflow_7', 'state': 'ERROR'},
        'workflow_id': {'workflow_id': workflow},
        'task_execution_id': {'task_execution_id': task},
        'root_execution_id': {'root_execution_id': root},
        'roots only': {'nulls': 'root_execution_id'},
        'roots only, errors': {'nulls': 'root_execution_id', 'state': 'ERROR'},
        'tags, a quarter': {'tags': 'blue'},
        'tags, few': {'tags': 'rare'},
        'tags, two': {'tags': 'blue,nightly'},
        'created_at, from early': {'created_at': 'gte:' + early},
        'created_at, from late': {'created_at': 'gte:' + late},
        'created_at, until early': {'created_at': 'lt:' + early},
        'updated_at, until early': {'updated_at': 'lt:' + early},
        'updated_at, from the last': {'updated_at': 'gte:' + last},
        'updated_at, from late': {'updated_at': 'gte:' + late},
    }


def percentile(times, part):
    return sorted(times)[min(int(len(times) * part), len(times) - 1)]


class Table:
    def __init__(self):
        self.slow = []

    def row(self, title, times, bound):
        middle, high = percentile(times, 0.5), percentile(times, 0.99)
        mark = ''
        if bound and high > bound:
            self.slow.append(title)
            mark = f'  above {bound} ms'
        print(f'  {title:52}{middle:9.1f}{high:9.1f}{mark}', flush=True)


def pages(client, arguments, limit, rounds):
    """Times of the first pages and of those that their `next` links lead to."""
    path = '/executions?' + urllib.parse.urlencode({**arguments, 'limit': limit})
    times, link = [], path
    client.timed(path)
    while len(times) < rounds:
        elapsed, answer = client.timed(link)
        times.append(elapsed)
        link = answer.get('next', '').partition('/v2')[2] or path
        # The links lead far; from time to time it begins anew.
        if len(times) % 20 == 0:
            link = path
    return times


def measure_lists(client, options, names):
    table = Table()
    print(f'lists of {PAGE} executions                                      median      p99   [ms]')
    for title, arguments in names.items():
        for direction in ('asc', 'desc'):
            sort = {'sort_keys': 'created_at', 'sort_dirs': direction}
            times = pages(client, {**arguments, **sort}, PAGE, options.rounds)
            table.row(f'{title}, {direction}', times, PAGE_MS)
    for column in COLUMNS[1:]:
        for direction in ('asc', 'desc'):
            sort = {'sort_keys': column, 'sort_dirs': direction}
            times = pages(client, sort, PAGE, options.rounds)
            table.row(f'everything by {column}, {direction}', times, PAGE_MS)
    worst = []
    for title, arguments in names.items():
        for column in COLUMNS[1:]:
            sort = {'sort_keys': column, 'sort_dirs': 'desc'}
            times = pages(client, {**arguments, **sort}, PAGE, max(options.rounds // 10, 3))
            worst.append((percentile(times, 0.99), f'{title} by {column}', times))
    worst.sort(reverse=True)
    print(f'filters by other columns: the slowest of {len(worst)}')
    for _, title, times in worst[:8]:
        table.row(title, times, PAGE_MS)
    print(f'lists of {LARGE} executions')
    for title in ('everything', 'state, 1 %', 'workflow_name', 'tags, a quarter', 'roots only'):
        times = pages(client, names[title], LARGE, max(options.rounds // 2, 3))
        table.row(title, times, LARGE_MS)
    return table.slow


def starts(client, count):
    times = []
    for _ in range(count):
        begin = time.perf_counter()
        client.call('POST', '/executions', '{"workflow_name": "start"}')
        times.append((time.perf_counter() - begin) * 1000)
    return times


HEAVY = [
    {'description': 'has:nothing'},
    {'input': '{"host": "nobody"}'},
    {'state_info': 'has:nothing', 'sort_keys': 'description'},
    {'output': '{"host": "nobody"}', 'sort_keys': 'workflow_namespace'},
]


def measure_heavy(server, client, options):
    """Starts while others ask for what no index answers."""
    table = Table()
    print('starts                                                  median      p99   [ms]')
    table.row('nobody else', starts(client, options.starts), None)
    stop, seen, threads = threading.Event(), [], []

    def ask(arguments):
        own = Client(server.url)
        path = '/executions?' + urllib.parse.urlencode({**arguments, 'limit': PAGE})
        while not stop.is_set():
            begin = time.perf_counter()
            answer = own.call('GET', path, accept=(200, 503))
            seen.append(time.perf_counter() - begin)
            if 'faultstring' in answer:
                refused.add(answer['faultstring'])

    refused = set()
    for arguments in HEAVY:
        threads.append(threading.Thread(target=ask, args=(arguments,)))
        threads[-1].start()
    time.sleep(0.5)
    table.row(f'beside {len(HEAVY)} filters without an index', starts(client, options.starts), None)
    quick = pages(client, {'state': 'ERROR'}, PAGE, options.rounds)
    table.row('a list of 100 beside them', quick, None)
    stop.set()
    for thread in threads:
        thread.join()
    print(f'  these filters took {min(seen):.1f} to {max(seen):.1f} s')
    for text in refused:
        print(f'  refused: {text}')


def measure(server, options):
    try:
        client = Client(server.url)
        client.call('POST', '/workflows', DEFINITIONS, 'text/plain', accept=(201, 409))
        for _ in range(50):
            client.call('POST', '/executions', '{"workflow_name": "waits"}')
        child = client.call('GET', '/executions?tags=blue&task_execution_id=neq:'
                            '00000000-0000-0000-0000-000000000000&limit=1')['executions'][0]
        names = filters(options.rows, child['workflow_id'], child['root_execution_id'], child['task_execution_id'])
        slow = measure_lists(client, options, names)
        measure_heavy(server, client, options)
        print(f'resident memory {server.resident_mib():.0f} MiB')
        return slow
    finally:
        server.stop()


# What was there before is to go, and what begins now is to stay.
RETENTION = ('execution_expiration_policy.evaluation_interval=60', 'execution_expiration_policy.older_than=60',
             'execution_expiration_policy.batch_size=1000')


def measure_retention(server, options):
    """Starts while executions that are too old are deleted."""
    try:
        client = Client(server.url)
        table, before, begin = Table(), kept(client), time.perf_counter()
        print('starts                                                  median      p99   [ms]')
        table.row('beside retention', starts(client, options.starts), None)
        gone = before + options.starts - kept(client)
        print(f'  it deleted {gone / (time.perf_counter() - begin):,.0f} executions a second')
    finally:
        server.stop()


def kept(client):
    """How many executions there are."""
    client.connection.request('GET', '/metrics')
    text = client.connection.getresponse().read().decode()
    return sum(int(float(line.split()[-1])) for line in text.splitlines() if line.startswith('ostro_executions{'))


@contextlib.contextmanager
def copied(options, file, folder):
    """The address of a database on PostgreSQL with the rows of the file."""
    postgres = Postgres(folder)
    try:
        url, begin = postgres.fresh(), time.perf_counter()
        subprocess.run([options.ostro, 'db', 'copy', '--from', file, '--to', url], check=True, stdout=subprocess.DEVNULL)
        print(f'copied to PostgreSQL in {time.perf_counter() - begin:.0f} s')
        yield url
    finally:
        postgres.stop()


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument('--ostro', default=ROOT / 'target/release/ostro')
    arguments.add_argument('--fill', default=ROOT / 'target/release/examples/lists')
    arguments.add_argument('--rows', type=int, default=1_000_000)
    arguments.add_argument('--rounds', type=int, default=100, help='requests of each list')
    arguments.add_argument('--starts', type=int, default=300)
    arguments.add_argument('--file', help='a database that is filled already, or where to keep it')
    arguments.add_argument('--postgres', action='store_true', help='measure a copy of the file on PostgreSQL')
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix='ostro-bench-', dir=ROOT / 'target') as folder:
        file = pathlib.Path(folder) / 'ostro.db'
        if options.file:
            file.symlink_to(os.path.abspath(options.file))
        begin = time.perf_counter()
        if not (options.file and os.path.exists(options.file)):
            subprocess.run([options.fill, options.file or file, str(options.rows)], check=True,
                           stdout=subprocess.DEVNULL)
            size = os.path.getsize(options.file or file) / 2**20
            print(f'{options.rows} executions written in {time.perf_counter() - begin:.0f} s, {size:,.0f} MiB')
        database = copied(options, file, folder) if options.postgres else contextlib.nullcontext()
        with database as url:
            slow = measure(Server(options.ostro, folder, url), options)
            measure_retention(Server(options.ostro, folder, url, RETENTION), options)
    if slow:
        print('above their bounds: ' + '; '.join(slow))


if __name__ == '__main__':
    main()
