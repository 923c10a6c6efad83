#!/usr/bin/env python3
"""Measures sleeping timers and cron triggers; see README.md beside this file.

A server gets 100,000 timers of four shapes and 10,000 cron triggers through its API, all due
in a window that comes later; it is restarted, measured at rest, and then when the window
comes. Two bursts follow. Lateness is what the service recorded. Ends with an error if a timer
or a trigger did not fire, or fired twice, or if a bound does not hold.
"""

import argparse
import contextlib
import json
import pathlib
import re
import sqlite3
import sys
import tempfile
import time
import urllib.parse
import urllib.request

from events import Client, cpu_seconds, in_threads
from service import ROOT, Server

TASKS = 100
ITEMS = 1000
DEFINITIONS = '''version: '2.0'
sleeping:
  input: [first, step]
  tasks:
    t: {{with-items: 'i in <% range({items}) %>', action: std.sleep seconds=<% $.first + $.i * $.step %>}}
waiting:
  input: [delay]
  tasks:
    t: {{action: std.noop, wait-before: <% $.delay %>}}
retrying:
  input: [delay]
  tasks:
    t: {{action: std.fail, retry: {{count: 1, delay: <% $.delay %>}}}}
timing_out:
  input: [delay]
  tasks:
{tasks}
scheduled:
  input: [number]
  tasks:
    t: {{action: std.noop}}
'''.format(items=ITEMS, tasks=''.join(
    f'    t{n}: {{action: std.async_noop, timeout: <% $.delay + {n} * $.window / {TASKS} %>}}\n' for n in range(TASKS)
)).replace('input: [delay]\n  tasks:\n    t0:', 'input: [delay, window]\n  tasks:\n    t0:')

# What of all timers has which shape.
SLEEPING, WAITING, RETRYING = 0.6, 0.2, 0.1


class Bench:
    """A server, its database and what is to be done with both."""

    def __init__(self, options, folder):
        self.options, self.folder, self.figures = options, folder, []
        self.server = Server(options.ostro, folder)
        self.client = Client(self.server.url)
        self.client.call('POST', '/workflows', DEFINITIONS, 'text/plain')

    def tell(self, figure, value, unit='', most=None, least=None):
        bound = f'  at most {most:g}' if most else f'  at least {least:g}' if least else ''
        missed = (most and value > most) or (least and value < least)
        self.figures.append(missed)
        number = f'{value:>12,.0f}' if value >= 1000 else f'{value:>12.2f}'
        print(f'{figure:40}{number} {unit:4}{bound}{"  MISSED" if missed else ""}', flush=True)

    def start(self, workflow, **given):
        body = json.dumps({'workflow_name': workflow, 'input': given})
        return self.client.call('POST', '/executions', body)['id']

    def restart(self):
        self.server.stop()
        self.server = Server(self.options.ostro, self.folder)
        self.client = Client(self.server.url)

    def rows(self, sql, *parameters):
        database = sqlite3.connect(f'file:{self.folder}/ostro.db?mode=ro', uri=True)
        with contextlib.closing(database):
            return database.execute(sql, parameters).fetchall()

    def wait_for(self, sql, expected, limit, *parameters):
        """Waits until a count is as expected; asks rarely, as asking is work, too."""
        deadline = time.monotonic() + limit
        while (count := self.rows(sql, *parameters)[0][0]) != expected:
            if time.monotonic() > deadline:
                sys.exit(f'bench: {count} instead of {expected}: {sql}')
            time.sleep(1)

    # The timers, due from `at` on for `window` seconds.

    def sleep_in_items(self, count, at, window):
        for number in range(count // ITEMS):
            first = at + 1 - time.time() + number * window / count
            self.start('sleeping', first=first, step=window / ITEMS)

    def one_each(self, workflow, count, at, window):
        """Delays are whole seconds from the start, so dues lie anywhere in a second."""
        def one(number):
            return self.start(workflow, delay=round(at + window * number / count - time.time()))
        in_threads(one, range(count))

    def time_out(self, count, at, window):
        for _ in range(count // TASKS):
            self.start('timing_out', delay=round(at - time.time()), window=window)

    def fill(self, at, window):
        timers = self.options.timers
        sleeping, waiting, retrying = (int(timers * part) for part in (SLEEPING, WAITING, RETRYING))
        self.sleep_in_items(sleeping, at, window)
        self.one_each('waiting', waiting, at, window)
        self.one_each('retrying', retrying, at, window)
        self.time_out(timers - sleeping - waiting - retrying, at, window)

    def triggers(self, name, second_of):
        """Triggers that fire once, each in the second that is said for its number."""
        def one(number):
            at = time.gmtime(second_of(number))
            pattern = f'{at.tm_min} {at.tm_hour} {at.tm_mday} {at.tm_mon} * {at.tm_sec}'
            body = {'name': f'{name} {number}', 'workflow_name': 'scheduled', 'pattern': pattern,
                    'workflow_input': {'number': f'{name} {number}'}, 'remaining_executions': 1}
            self.client.call('POST', '/cron_triggers', json.dumps(body))
        in_threads(one, range(self.options.triggers))

    # What the service recorded.

    def lateness(self, name):
        """{upper bound in seconds: how many were at most so late} from the metrics."""
        with urllib.request.urlopen(urllib.parse.urljoin(self.server.url, '/metrics'), timeout=60) as reply:
            text = reply.read().decode()
        found = re.findall(rf'^ostro_{name}_lateness_seconds_bucket{{le="([^"]+)"}} (\d+)$', text, re.M)
        return {float(bound): int(count) for bound, count in found}

    def dues(self):
        """When each timer is due, by the id of the task or action that it belongs to."""
        return dict(self.rows('SELECT owner, due_at FROM timers'))

    def ends(self, dues):
        """(due, end) of what waited for a timer."""
        for table in ('tasks', 'actions'):
            for key, at in self.rows(f'SELECT id, updated_at FROM {table}'):
                if key in dues:
                    yield dues[key], at

    def tell_rows(self, pairs):
        """What the rows say, which have the time of the step and not that of its commit."""
        late = sorted((at - due) / 1000 for due, at in pairs)
        for name, part in (('median', 0.5), ('p99', 0.99), ('the latest', 1)):
            place = min(int(len(late) * part), len(late) - 1)
            self.tell(f'… from the rows: {name}', late[place], 'ms', most=100 if part == 0.99 else None)

    def tell_lateness(self, what, name, before, expected):
        now = self.lateness(name)
        counts = {bound: count - before.get(bound, 0) for bound, count in now.items()}
        total = counts[float('inf')]
        if total != expected:
            sys.exit(f'bench: {total} of {expected} {what} fired')
        p99 = next(bound for bound, count in counts.items() if count >= 0.99 * total)
        self.tell(f'lateness of {what}, p99 at most', p99 * 1000, 'ms', most=100)
        self.tell('… on time within 100 ms', 100 * counts[0.1] / total, '%', least=99)


def measure_window(bench, at, window):
    """From before the window to its end."""
    options = bench.options
    timers, cron, dues = bench.lateness('timer'), bench.lateness('cron'), bench.dues()
    time.sleep(max(at - time.time(), 0))
    cpu = cpu_seconds(bench.server)
    time.sleep(max(at + window + 1 - time.time(), 0))
    cpu = cpu_seconds(bench.server) - cpu
    bench.wait_for('SELECT count(*) FROM timers', 0, 30)
    bench.wait_for("SELECT count(*) FROM fires WHERE state = 'STARTED'", options.triggers, 30)
    bench.tell_lateness('timers', 'timer', timers, options.timers)
    bench.tell_rows(bench.ends(dues))
    bench.tell_lateness('triggers', 'cron', cron, options.triggers)
    bench.tell_rows(bench.rows('SELECT scheduled_at, started_at FROM fires'))
    bench.tell('CPU meanwhile, of one core', 100 * cpu / (window + 1), '%')


def burst_of_triggers(bench):
    count = bench.options.triggers
    at = int(time.time()) + bench.options.fill // 3
    bench.triggers('burst', lambda _: at)
    if time.time() > at - 1:
        sys.exit('bench: the triggers of the burst came too late; use a larger --fill')
    time.sleep(max(at - time.time(), 0))
    due = at * 1_000_000
    bench.wait_for("SELECT count(*) FROM fires WHERE state = 'STARTED' AND scheduled_at = ?", count, 60, due)
    [[last]] = bench.rows('SELECT max(started_at) FROM fires WHERE scheduled_at = ?', due)
    bench.tell(f'burst of {count:,} triggers', count / (last - due) * 1e6, '/s', least=2000)


def burst_of_timers(bench):
    """Tasks that wait for the same second."""
    count, begun = bench.options.triggers, int(time.time() * 1e6)
    at, delays = int(time.time()) + bench.options.fill // 3, {}

    def one(_):
        delay = int(at + 1 - time.time())
        delays[bench.start('waiting', delay=delay)] = delay
    in_threads(one, range(count))
    if time.time() > at - 1:
        sys.exit('bench: the timers of the burst came too late; use a larger --fill')
    time.sleep(max(at - time.time(), 0))
    new = 'FROM tasks WHERE created_at >= ? AND started_at IS NOT NULL'
    bench.wait_for(f'SELECT count(*) {new}', count, 60, begun)
    rows = bench.rows(f'SELECT hex(execution), created_at, started_at {new}', begun)
    delays = {key.replace('-', '').upper(): delay for key, delay in delays.items()}
    dues = [created + delays[execution] * 1_000_000 for execution, created, _ in rows]
    assert max(dues) - min(dues) < 1_200_000, 'they are not due in one second'
    took = max(started for _, _, started in rows) - min(dues)
    bench.tell(f'burst of {count:,} timers', count / took * 1e6, '/s', least=2000)


def measure(bench):
    options = bench.options
    window, at = options.window, int(time.time()) + options.fill
    begin = time.time()
    bench.fill(at, window)
    bench.tell(f'{options.timers:,} timers set in', time.time() - begin, 's')
    bench.wait_for('SELECT count(*) FROM timers', options.timers, 5)
    begin = time.time()
    bench.triggers('spread', lambda number: at + number * window // options.triggers)
    bench.tell(f'{options.triggers:,} triggers made in', time.time() - begin, 's')
    bench.tell('resident memory', bench.server.resident_mib(), 'MiB')
    begin = time.time()
    bench.restart()
    # The first answer of the engine comes when all trees are in memory.
    bench.start('scheduled', number=0)
    bench.tell('restarted, all timers set, in', time.time() - begin, 's')
    time.sleep(2)
    if time.time() + options.idle > at:
        sys.exit('bench: it took too long to set the timers; use a larger --fill')
    cpu = cpu_seconds(bench.server)
    time.sleep(options.idle)
    cpu = cpu_seconds(bench.server) - cpu
    bench.tell('CPU at rest, of one core', 100 * cpu / options.idle, '%', most=5)
    bench.tell('resident memory after the restart', bench.server.resident_mib(), 'MiB')
    measure_window(bench, at, window)
    bench.tell('resident memory when all have fired', bench.server.resident_mib(), 'MiB')
    burst_of_triggers(bench)
    burst_of_timers(bench)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument('--ostro', default=ROOT / 'target/release/ostro', help='the program to measure')
    arguments.add_argument('--timers', type=int, default=100_000)
    arguments.add_argument('--triggers', type=int, default=10_000, help='also the size of the bursts')
    arguments.add_argument('--fill', type=int, default=90, help='seconds until the first is due')
    arguments.add_argument('--window', type=int, default=100, help='seconds from the first due to the last')
    arguments.add_argument('--idle', type=int, default=20, help='seconds of rest that are measured')
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix='ostro-bench-') as folder:
        bench = Bench(options, pathlib.Path(folder))
        try:
            measure(bench)
        finally:
            bench.server.stop()
    if any(bench.figures):
        sys.exit('bench: a bound does not hold')


if __name__ == '__main__':
    main()
