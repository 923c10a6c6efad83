"""The table: each target beside what was measured."""

import statistics


class Peers:
    """Results of ../shared/bench/peers and of the original."""

    def __init__(self, lines):
        self.lines = lines

    def best(self, workload, *names):
        """The best peer's median for a workload: name and units per second."""
        rates = {}
        for line in self.lines:
            peer = line['peer']
            durable = 'orquesta' not in peer and 'prefect' not in peer and not peer.startswith('mistral')
            wanted = any(peer.startswith(name) for name in names) if names else durable
            if wanted and line['workload'] in (workload, f'{workload}_call'):
                rates.setdefault((peer, line['workload']), []).append(line)
        medians = {key: statistics.median(line['per_s'] for line in found) for key, found in rates.items()}
        if not medians:
            return None, None
        best = max(medians, key=medians.get)
        return best[0], medians[best]

    def latency(self, *names):
        """The lowest median latency in ms of one execution after another."""
        found = {}
        for line in self.lines:
            if line['workload'] == 'g_latency' and not line['peer'].startswith('mistral') and 'p50_ms' in line:
                if not names or any(line['peer'].startswith(name) for name in names):
                    found.setdefault(line['peer'], []).append(line['p50_ms'])
        medians = {peer: statistics.median(values) for peer, values in found.items()}
        if not medians:
            return None, None
        best = min(medians, key=medians.get)
        return best, medians[best]


class Table:
    """Rows of (number, what, measured, target, whether it is met)."""

    def __init__(self, figures, peers, limits):
        self.figures, self.peers, self.limits = figures, peers, limits
        self.rows = []

    def row(self, number, what, measured, target, met):
        verdict = {True: 'met', False: '**missed**', None: 'not measured'}[met] if target else 'for comparison'
        self.rows.append(f'| {number} | {what} | {measured} | {target} | {verdict} |')

    def at_most(self, number, what, name, limit, unit, times=1):
        value = self.figures.median(name)
        if value is None:
            return self.row(number, what, '', f'≤ {limit} {unit}', None)
        return self.row(number, what, f'{shown(value * times)} {unit}', f'≤ {limit} {unit}', value * times <= limit)

    def faster(self, number, what, rate, unit, factor, against):
        """`rate` must be that many times the rate of (name, rate)."""
        name, other = against
        if rate is None or other is None:
            return self.row(number, what, f'{shown(rate)} {unit}' if rate else '', f'≥ {factor} × {name or "a peer"}', None)
        times = rate / other
        return self.row(number, what, f'{shown(rate)} {unit}, {shown(times)} × {name} ({shown(other)})',
                        f'≥ {factor} ×', times >= factor)

    def rate(self, name, count):
        seconds = self.figures.median(name)
        return count / seconds if seconds else None

    def text(self):
        head = '| # | scenario | measured | target | |\n|---|---|---|---|---|\n'
        return head + '\n'.join(self.rows) + '\n'


def fill(table):
    for kind in ('sqlite', 'postgres'):
        if kind == 'sqlite' or table.figures.median('postgres.chain.s'):
            chains(table, kind)
            executions(table, kind)
            costs(table, kind)
    fans(table)
    rest(table)
    return table.text()


def chains(table, kind):
    number, peers = ('1', table.peers) if kind == 'sqlite' else ('2', table.peers)
    names = () if kind == 'sqlite' else ('dbos-py-pg', 'dbos-ts', 'absurd', 'graphile')
    original = 1000 if kind == 'sqlite' else 500
    rate = table.rate(f'{kind}.chain.s', 100)
    table.faster(number, f'chain of 100 no-op tasks, {kind}', rate, 'steps/s', 20, peers.best('a_chain100', *names))
    table.faster(number, f'the same, {kind}', rate, 'steps/s', original, peers.best('a_chain100', 'mistral'))
    outside = () if kind == 'sqlite' else ('dbos',)
    rate = table.rate(f'{kind}.chain_outside.s', 100)
    best, _ = best_outside = peers.best('a_chain100', *outside)
    table.faster(number, f'chain of 100 outside actions, {kind}', rate, 'steps/s', 3, best_outside)
    name, other = peers.best('a_chain100', 'dbos-py-pg')
    if kind == 'postgres' and rate and other and name != best:
        table.row(number, f'the same beside {name}', f'{shown(rate / other)} × ({shown(other)})', '', True)
    table.at_most(number, f'commits of an outside step, {kind}', f'{kind}.chain_outside.commits',
                  1.1 if kind == 'sqlite' else 1.25, 'commits')


def executions(table, kind):
    names = ('restate', 'dbos-py-sqlite') if kind == 'sqlite' else ('dbos-py-pg', 'dbos-ts', 'absurd', 'graphile')
    rate = table.figures.median(f'{kind}.flight.per_s')
    table.faster(3, f'1,000 one-task executions, 20 in flight, {kind}', rate, 'executions/s', 10,
                 table.peers.best('b_exec_20inflight', *names))
    table.faster(3, f'the same, {kind}', rate, 'executions/s', 300, table.peers.best('b_exec_20inflight', 'mistral'))
    table.at_most(3, f'commits of an execution, {kind}', f'{kind}.flight.commits', 1.05, 'commits')
    if kind == 'sqlite':
        table.at_most(3, 'commits of an execution with 5 ms added to every flush', 'sqlite.slow_flush.commits', 0.2, 'commits')


def costs(table, kind):
    chain, flight, log = (500, 200, 40) if kind == 'sqlite' else (600, 300, 6)
    table.at_most(6, f'processor time of an outside step in a chain, {kind}', f'{kind}.chain_outside.long_cpu_us', chain, 'µs')
    table.at_most(6, f'the same, 20 executions in flight, {kind}', f'{kind}.flight_outside.cpu_us', flight, 'µs')
    table.at_most(6, f'log written for an outside step, {kind}', f'{kind}.chain_outside.log_kib', log, 'KiB')
    if kind == 'sqlite':
        table.at_most(6, 'processor time of a pure step in a chain', 'sqlite.chain.long_cpu_us', 40, 'µs')
    table.at_most(6, f'log written for a pure step, {kind}', f'{kind}.chain.log_kib', 3, 'KiB')


def fans(table):
    peers = table.peers
    table.at_most(4, 'fan-out to 1,000 tasks and a join', 'sqlite.fan.s', 60, 'ms', 1e3)
    table.faster(4, 'the same', table.rate('sqlite.fan.s', 1000), 'steps/s', 20, peers.best('c_fan1000'))
    table.at_most(4, 'its commits', 'sqlite.fan.commits', 20, 'commits')
    table.at_most(4, '1,000 items', 'sqlite.items_1000.s', 60, 'ms', 1e3)
    table.faster(4, 'the same', table.rate('sqlite.items_1000.s', 1000), 'items/s', 20, peers.best('c_fan1000'))
    table.at_most(4, 'its commits', 'sqlite.items_1000.commits', 20, 'commits')
    small = table.figures.median('sqlite.items_1000.s')
    if small:
        table.at_most(4, '100,000 items, in times of 1,000', 'sqlite.items_100000.s', 120, '×', 1 / small)
    table.at_most(4, 'memory at most, 100,000 items', 'sqlite.items_100000.mib', 300, 'MiB')
    seconds = table.figures.median('sqlite.items_1000000.s')
    table.row(4, '1,000,000 items', f'{shown(seconds)} s, {shown(table.figures.median("sqlite.items_1000000.mib"))} MiB' if seconds else '',
              'completes', True if seconds else None)


def rest(table):
    figures, flush = table.figures, table.limits['flush_ms']
    name, latency = table.peers.latency()
    table.at_most(5, 'latency of a one-task execution, median', 'sqlite.latency.p50_ms', round(3 * flush + 1, 2), 'ms')
    if latency:
        table.at_most(5, f'the same, in times of {name} ({latency} ms)', 'sqlite.latency.p50_ms', 0.4, '×', 1 / latency)
    table.at_most(5, 'the same, 99 of 100', 'sqlite.latency.p99_ms', 10, 'ms')
    table.at_most(6, 'idle', 'sqlite.idle.percent', 0.5, '% of a core')
    table.at_most(6, 'idle', 'sqlite.idle.mib', 30, 'MiB')
    small, large = figures.median('sqlite.grid_10.us'), figures.median('sqlite.grid_100.us')
    if small and large:
        table.row(7, 'grid of 100 × 100 joins beside one of 10 × 10', f'{shown(1e6 / large)} steps/s, {shown(small / large)} × the rate of the small one',
                  '≥ 0.5 ×', small / large >= 0.5)
    seconds = figures.median('sqlite.chain_50000.s')
    table.row(7, 'chain of 50,000 tasks', f'{shown(seconds)} s' if seconds else '', 'completes', True if seconds else None)
    for what, name in (('50 executions of 10 tasks with publishes', 'mixed'), ('sub-workflows, 10 wide and 5 deep', 'nested')):
        original = figures.median(f'mistral.{name}.s')
        rate = table.rate(f'sqlite.{name}.s', 1)
        table.faster(8, what, rate, 'times/s', 300, ('Mistral', 1 / original if original else None))
    table.at_most(9, 'start until ready', 'sqlite.ready.ms', 150, 'ms')
    table.at_most(9, 'the program', 'sqlite.binary.mib', 40, 'MiB')
    table.at_most(9, 'upload of a definition with 100 tasks', 'sqlite.upload.ms', 10, 'ms')


def shown(value):
    if value is None:
        return ''
    if value >= 100:
        return f'{value:,.0f}'
    return f'{value:.3g}'
