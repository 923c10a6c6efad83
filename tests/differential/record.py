#!/usr/bin/env python3
"""Records what the original does with the cases.

usage: record.py URL [--all] [--random N] [--invalid N] [NAME…]

Without names: the cases that are new or changed since they were recorded; with --all every one of them.
A random case that is named is run three times and kept only if it always comes to the same: what Ostro does
otherwise may be what the original does by chance.
"""

import argparse
import concurrent.futures
import sys
import time

import cases
import generate
from case import Patience, outcome
from service import Service

PATIENCE = Patience(limit=180, quiet=15, poll=1.2)
WORKERS = 4


def main():
    options = arguments()
    service, known = Service(options.url), cases.recorded()
    wanted = cases.written() | generate.cases(options.random, options.invalid)
    kept = {name: known[name] for name in wanted if name in known}
    todo = [case for name, case in wanted.items() if name in options.names or
            not options.names and (options.all or changed(case, known.get(name)))]
    stored = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        attempts = (pool.submit(lambda case=case: (case, attempt(service, case, 2 * bool(options.names)))) for case in todo)
        for done in concurrent.futures.as_completed(list(attempts)):
            case, expect = done.result()
            if expect is None:
                kept.pop(case['name'], None)
            else:
                kept[case['name']] = case | {'expect': expect}
            if time.monotonic() > stored + 20:
                cases.store(kept)
                stored = time.monotonic()
    cases.store(kept)
    print(f'{len(kept)} cases recorded')
    return 0


def arguments():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument('url')
    parser.add_argument('names', nargs='*')
    parser.add_argument('--all', action='store_true')
    parser.add_argument('--random', type=int, default=generate.COUNT)
    parser.add_argument('--invalid', type=int, default=generate.INVALID)
    return parser.parse_intermixed_args()


def changed(case, recorded):
    return recorded is None or case != {key: value for key, value in recorded.items() if key != 'expect'}


def attempt(service, case, again):
    """What came of the case, or None (with a note) if that is not to be relied on."""
    try:
        expect = outcome(service, case, PATIENCE)
        if generate.is_random(case) and any(outcome(service, case, PATIENCE) != expect for _ in range(again)):
            print(f"{case['name']}: differs from run to run, left out")
            return None
    except Exception as error:
        print(f"{case['name']}: not recorded: {error!r}")
        return None
    if generate.is_random(case) and expect.get('state') == 'RUNNING':
        print(f"{case['name']}: got stuck, left out")
        return None
    print(f"{case['name']}: {expect.get('state') or expect.get('refusal') or expect.get('start') or 'accepted'}", flush=True)
    return expect


if __name__ == '__main__':
    sys.exit(main())
