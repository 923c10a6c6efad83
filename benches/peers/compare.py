#!/usr/bin/env python3
"""Ostro beside its peers and the limits of the machine, in one run; writes the table to docs/benchmarks.md.

The peers, the original and the limits are measured by ../shared/bench and ../shared/oracle, if they are there.
A machine that does nothing else is needed: the figures of a busy one say nothing. See README.md in the folder above.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import subprocess
import sys
import tempfile

import table
import workflows
from client import Client, Refused
from scenarios import Bench, Figures, mixed, nested
from server import Postgres

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / 'shared'
PEERS = SHARED / 'bench/peers'
ORACLE = SHARED / 'oracle/oracle'
ORACLE_PORT = 18996
# Where the time goes in rows that are missed.
FINDINGS = pathlib.Path(__file__).with_name('findings.md')
SCENARIOS = ('chain', 'in_flight', 'group_commit', 'fan_out', 'million_items', 'latency', 'large_graphs', 'start', 'mixed')
ON_POSTGRES = ('chain', 'in_flight')
ONCE = {'million_items', 'group_commit', 'large_graphs'}


def main():
    options = arguments()
    results = pathlib.Path(options.results or tempfile.mkdtemp(prefix='ostro-bench-'))
    figures = Figures()
    if options.peers and PEERS.exists():
        peers(options, results)
    if options.peers and ORACLE.exists():
        original(figures, results / 'original.json')
    scenarios(Bench(options.ostro, figures, 'sqlite'), options, SCENARIOS)
    if options.postgres and PEERS.exists():
        database = Postgres(PEERS / 'pg.sh')
        try:
            scenarios(Bench(options.ostro, figures, 'postgres', database), options, ON_POSTGRES)
        finally:
            database.stop()
    lines, limits = lines_of(results / 'results.jsonl'), lines_of(results / 'limits.jsonl')
    text = document(options, figures, lines, limits)
    print(text)
    if options.write:
        (ROOT / 'docs/benchmarks.md').write_text(text)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--ostro', default=ROOT / 'target/release/ostro', type=pathlib.Path, help='the program to measure')
    parser.add_argument('--repeats', type=int, default=5)
    parser.add_argument('--only', nargs='*', help='scenarios: ' + ' '.join(SCENARIOS))
    parser.add_argument('--no-peers', dest='peers', action='store_false', help='without peers, original and limits')
    parser.add_argument('--no-postgres', dest='postgres', action='store_false', help='without PostgreSQL')
    parser.add_argument('--peers-of', default='limits restate dbos_py dbos_ts mistral', help='which peers')
    parser.add_argument('--results', help='a folder that keeps, or has, the results of the peers')
    parser.add_argument('--write', action='store_true', help='write docs/benchmarks.md')
    return parser.parse_args()


def scenarios(bench, options, names):
    for name in names:
        if options.only and name not in options.only:
            continue
        for _ in range(1 if name in ONCE else options.repeats):
            print(f'{bench.kind} {name}', file=sys.stderr, flush=True)
            getattr(bench, name)()


def peers(options, results):
    if (results / 'results.jsonl').exists():
        return
    results.mkdir(exist_ok=True)
    folder = pathlib.Path(os.environ.get('PEERS_DIR', f'{tempfile.gettempdir()}/peers'))
    env = os.environ | {'ONLY': options.peers_of, 'REPEATS': str(options.repeats), 'OUT': str(results / 'results.jsonl'),
                        'PEERS_DIR': str(folder)}
    subprocess.run([PEERS / 'run_all.sh'], env=env, stdout=sys.stderr, check=False)
    if (folder / 'limits.jsonl').exists():
        (results / 'limits.jsonl').write_text((folder / 'limits.jsonl').read_text())


def original(figures, kept):
    """The scenarios that the loaders of the peers do not have, on the original."""
    if not kept.exists():
        kept.write_text(json.dumps(measured_original()))
    for name, seconds in json.loads(kept.read_text()).items():
        figures.add(f'mistral.{name}', seconds)


def measured_original():
    found = {}
    began = subprocess.run([ORACLE, 'up', '--db', 'postgres', '--port', str(ORACLE_PORT), '--fresh'], stdout=sys.stderr, check=False)
    if began.returncode:
        return found
    try:
        for definition, measure in ((workflows.mixed(), mixed), (workflows.nested(), nested)):
            # It ends connections as it likes.
            client = Client(f'http://127.0.0.1:{ORACLE_PORT}')
            client.upload(workflows.document(definition))
            measure(found.__setitem__, client)
    except (ConnectionError, Refused) as problem:
        print(f'the original: {problem}', file=sys.stderr)
    finally:
        subprocess.run([ORACLE, 'down', '--port', str(ORACLE_PORT), '--purge'], stdout=sys.stderr, check=False)
    return found


def lines_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def document(options, figures, lines, limits):
    flush = next((line['p50_ms'] for line in limits if line['limit'] == 'fdatasync'), 0.1)
    rows = table.fill(table.Table(figures, table.Peers(lines), {'flush_ms': flush}))
    versions = sorted({f"{line['peer']} {line['version']} ({line['db']})" for line in lines})
    return '\n'.join([
        '# Benchmarks', '',
        f'Written by `make bench` on {datetime.date.today()}; medians of {options.repeats}. Machine: {machine()}.', '',
        'Every side is durable when it answers. `std.noop` runs inside a transition; the *outside* rows call an HTTP server on',
        'loopback, one dispatch and one result a step. The end of an execution is pushed to the client.', '',
        rows,
        'Peers: ' + ('; '.join(versions) or 'not measured') + '.', '',
        '## The machine', '', *[limit(line) for line in limits], '',
        FINDINGS.read_text().rstrip(), ''])


def limit(line):
    settings = ', '.join(f'{key} {value}' for key, value in line.items() if key != 'limit')
    return f"- {line['limit']}: {settings}"


def machine():
    model = next((line.split(':', 1)[1].strip() for line in pathlib.Path('/proc/cpuinfo').read_text().splitlines()
                  if line.startswith('model name')), platform.machine())
    load = os.getloadavg()[0]
    return f'{os.cpu_count()} cores, {model}, Linux {platform.release()}; load {load:.1f} at the end'


if __name__ == '__main__':
    main()
