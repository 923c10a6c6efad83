#!/usr/bin/env python3
"""Compares expressions here with the originals, in the same run; see ../README.md."""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import time

import original

HERE = pathlib.Path(__file__).resolve().parent
SMALL, LARGE = 20, 10_000
# Seconds from which on the original is called only once: sorting 10,000 dicts takes it a minute.
SLOW = 1.0
GROWTH = [1_000, 10_000, 100_000]
# The least ratios that are aimed at, by language and mode.
TARGETS = {'yaql': {'each': 50, 'once': 50}, 'jinja': {'each': 50, 'once': 3}}


def document(size):
    """What a workflow's context looks like, with so many servers."""
    servers = [{
        'id': n,
        'name': f'server-{n:05}',
        'address': f'10.{n // 62500}.{n // 250 % 250}.{n % 250 + 1}',
        'status': 'ACTIVE' if n % 3 else 'ERROR',
        'ram': (n * 7919) % 256 + 1,
        'cpus': n % 16 + 1,
        'zone': f'zone-{n * 31 % 7}',
        'tags': [f'rack-{n % 40}', 'web' if n % 2 else 'db'],
    } for n in range(size)]
    return {
        'name': 'blue',
        'state': 'ready',
        'count': 12,
        'deploy': {'config': {'region': 'eu-west', 'image': 'debian-13'}, 'retries': 5},
        'servers': servers,
    }


def best(call, budget):
    """Seconds per call: the best of five batches."""
    times = [timed(call)]
    repeats = max(1, int(budget / 5 / times[0]))
    times += [timed(call, repeats) for _ in range(5)]
    return min(times)


def timed(call, repeats=1):
    begin = time.perf_counter()
    for _ in range(repeats):
        call()
    return (time.perf_counter() - begin) / repeats


def measure(modes, budget):
    """Seconds by mode, and the result. What takes seconds is called once, and the other modes are left out."""
    begin = time.perf_counter()
    result = modes['each']()
    first = time.perf_counter() - begin
    if first < SLOW:
        return {mode: best(call, budget) for mode, call in modes.items() if mode != 'parse'}, result
    return {'each': first, 'once': first - best(modes['parse'], budget)}, result


def ask(program, question):
    run = subprocess.run([program], input=json.dumps(question), capture_output=True, text=True)
    if run.returncode:
        sys.exit(run.stderr)
    return json.loads(run.stdout)


def duration(seconds):
    for unit, factor in (('s', 1), ('ms', 1e3), ('µs', 1e6)):
        if seconds * factor >= 1:
            return f'{seconds * factor:.3g} {unit}'
    return f'{seconds * 1e9:.3g} ns'


def compare(language, cases, program, budget):
    """Prints a table of one language; the ratios by mode."""
    ratios = {'each': [], 'once': [], 'bare': []}
    same = True
    print(f'\n{language}: the original / here = times faster\n')
    print(f'{"expression":22}{"dicts":>7}  {"parsed each time":34}{"parsed once":34}evaluation only')
    for size in (SMALL, LARGE):
        data = document(size)
        here = ask(program, {'data': data, 'cases': cases[language], 'milliseconds': budget * 1e3})
        for name, text in cases[language].items():
            ours = here[name]
            theirs, result = measure(original.MODES[language](text, data), budget)
            agree = json.loads(json.dumps(result)) == ours['result']
            same = same and agree
            row = f'{name:22}{size:7}  '
            for mode, seconds in theirs.items():
                mine = ours['once' if mode == 'bare' else mode] / 1e9
                ratios[mode].append(seconds / mine)
                times = '' if mode == 'bare' else f'{duration(seconds)} / {duration(mine)} = '
                row += f'{times}{seconds / mine:.{1 if seconds / mine < 10 else 0}f}'.ljust(34)
            print(row.rstrip() + ('' if agree else '  RESULTS DIFFER'), flush=True)
    for mode, found in ratios.items():
        target = TARGETS[language].get(mode)
        print(f'{language} {mode:5} least {min(found):.1f}, median {statistics.median(found):.0f}'
              + (f' (aim: least {target})' if target else ''))
    return same


def growth(program, cases):
    """Prints how time grows with the number of dicts, here."""
    names = ['where, select', 'orderBy', 'groupBy']
    chosen = {name: cases['yaql'][name] for name in names}
    print(f'\nyaql here, parsed once, nanoseconds per dict\n\n{"expression":22}'
          + ''.join(f'{size:>10,}' for size in GROWTH))
    found = [ask(program, {'data': document(size), 'cases': chosen, 'milliseconds': 500}) for size in GROWTH]
    for name in names:
        print(f'{name:22}' + ''.join(f'{answer[name]["once"] / size:10.0f}' for answer, size in zip(found, GROWTH)))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('program', help='the built example `expressions` of the crate `language`')
    parser.add_argument('--budget', type=float, default=0.25, help='seconds for each measurement (default %(default)s)')
    parser.add_argument('--language', action='append', choices=TARGETS, help='only this one')
    arguments = parser.parse_args()
    cases = json.loads((HERE / 'cases.json').read_text())
    languages = arguments.language or list(cases)
    same = [compare(language, cases, arguments.program, arguments.budget) for language in languages]
    if 'yaql' in languages:
        growth(arguments.program, cases)
    sys.exit(0 if all(same) else 'some results differ')


if __name__ == '__main__':
    main()
