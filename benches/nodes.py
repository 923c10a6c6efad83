#!/usr/bin/env python3
"""Measures one, two, four and eight nodes on one PostgreSQL; see README.md."""

import argparse
import contextlib
import json
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / 'benches/peers'))
import workflows  # noqa: E402
from client import Client  # noqa: E402
from server import Ostro, tree_cpu  # noqa: E402

SHARDS = 64
# How often a second the database is asked who waits, and for what.
SAMPLES = 20
WAITS = "SELECT count(*) FILTER (WHERE wait_event_type = 'Lock'), count(*) FROM pg_stat_activity WHERE state = 'active'"


class Postgres:
    """A PostgreSQL server in a folder of its own; it flushes every commit."""

    def __init__(self, folder):
        self.folder = folder
        with socket.create_server(('127.0.0.1', 0)) as free:
            self.port = free.getsockname()[1]
        subprocess.run([ROOT / 'scripts/postgres', 'start', folder, str(self.port)], check=True, stdout=subprocess.DEVNULL,
                       env=os.environ | {'FSYNC': 'on'})
        self.pid = int((pathlib.Path(folder) / 'data/postmaster.pid').read_text().split()[0])
        self.count = 0

    def fresh(self):
        """The address of a new database."""
        self.count += 1
        self.sql(f'CREATE DATABASE nodes_{self.count}')
        return f'postgres://ostro@127.0.0.1:{self.port}/nodes_{self.count}'

    def sql(self, statement):
        subprocess.run([ROOT / 'scripts/postgres', 'sql', self.folder, statement, str(self.port)], check=True)

    def stop(self):
        subprocess.run([ROOT / 'scripts/postgres', 'stop', self.folder], check=True)

    @contextlib.contextmanager
    def watched(self):
        """Samples who is at work in the database; gives a list that ends as [waiting for a lock, all]."""
        words = ['psql', '-h', '127.0.0.1', '-p', str(self.port), '-U', 'ostro', '-d', 'postgres', '-At', '-F', ' ']
        process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        seen = [0, 0]

        def read():
            for line in process.stdout:
                numbers = line.split()
                if len(numbers) == 2 and all(number.isdigit() for number in numbers):
                    # One of them is the one that asks.
                    seen[0], seen[1] = seen[0] + int(numbers[0]), seen[1] + int(numbers[1]) - 1

        reader = threading.Thread(target=read)
        reader.start()
        process.stdin.write(f'{WAITS} \\watch {1 / SAMPLES}\n')
        process.stdin.flush()
        try:
            yield seen
        finally:
            process.terminate()
            process.wait(timeout=10)
            reader.join()


def main():
    options = arguments()
    with tempfile.TemporaryDirectory(prefix='ostro-nodes-') as folder:
        os.chmod(folder, 0o755)
        database_folder = pathlib.Path(folder) / 'pg'
        database_folder.mkdir()
        postgres = Postgres(database_folder)
        try:
            rows = measure(options, postgres, folder)
        finally:
            postgres.stop()
    best = max(row['per_s'] for row in rows)
    print(f'{"nodes":>5} {"executions/s":>13} {"of the best":>12} {"CPU, µs":>9} {"commits":>8} {"lock waits":>11}')
    for row in rows:
        print(f"{row['nodes']:>5} {row['per_s']:>13,.0f} {row['per_s'] / best:>12.2f} {row['cpu_us']:>9,.0f}"
              f" {row['commits']:>8.2f} {row['locks']:>10.2%}")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('ostro', nargs='?', default=ROOT / 'target/release/ostro', type=pathlib.Path)
    parser.add_argument('--nodes', type=int, nargs='*', default=[1, 2, 4, 8])
    parser.add_argument('--executions', type=int, default=4000)
    parser.add_argument('--in-flight', type=int, default=32, help='executions in flight for each node')
    parser.add_argument('--in-all', action='store_true', help='for all nodes together instead')
    parser.add_argument('--repeats', type=int, default=3)
    return parser.parse_args()


def measure(options, postgres, folder):
    rows = []
    for nodes in options.nodes:
        runs = []
        for number in range(options.repeats):
            print(f'{nodes} nodes, run {number + 1}', file=sys.stderr, flush=True)
            runs.append(run(options, postgres, nodes, folder))
        row = {name: statistics.median(one[name] for one in runs) for name in runs[0]}
        rows.append(row | {'nodes': nodes})
    return rows


def run(options, postgres, nodes, folder):
    address = Address(postgres.fresh(), postgres.pid)
    in_flight = options.in_flight * (1 if options.in_all else nodes)
    with contextlib.ExitStack() as stack:
        servers = []
        for _ in range(nodes):
            place = stack.enter_context(tempfile.TemporaryDirectory(dir=folder))
            servers.append(stack.enter_context(Ostro(options.ostro, place, address)))
        balanced(servers[0].url, nodes)
        client, urls = Client(servers[0].url), [server.url for server in servers]
        client.upload(workflows.document(workflows.chain('five', 5)))
        client.many('five', in_flight * 5, in_flight, urls=urls)
        cpu, commits = processor(servers, postgres), sum(server.commits() for server in servers)
        with postgres.watched() as seen:
            _, seconds = client.many('five', options.executions, in_flight, urls=urls)
        return {
            'per_s': options.executions / seconds,
            'cpu_us': (processor(servers, postgres) - cpu) / options.executions * 1e6,
            'commits': (sum(server.commits() for server in servers) - commits) / options.executions,
            'locks': seen[0] / max(seen[1], 1),
        }


class Address:
    """A database as a server of this bench wants it."""

    def __init__(self, url, pid):
        self.url, self.pid = url, pid


def processor(servers, postgres):
    """Processor seconds of all nodes and of the database."""
    return sum(tree_cpu(server.process.pid) for server in servers) + tree_cpu(postgres.pid)


def balanced(url, nodes):
    """Waits until the shards are spread over all nodes."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with urllib.request.urlopen(f'{url}/v2/nodes', timeout=10) as answer:
            owned = [len(node['shards']) for node in json.load(answer)['nodes']]
        if len(owned) == nodes and sum(owned) == SHARDS and max(owned) - min(owned) <= 1:
            return
        time.sleep(0.1)
    sys.exit(f'bench: the shards are not spread evenly: {owned}')


if __name__ == '__main__':
    main()
