#!/usr/bin/env python3
"""Runs the recorded cases on a service and compares.

usage: replay.py URL [NAME…]
"""

import argparse
import concurrent.futures
import json
import re
import sys

import yaml

import cases
import generate
from case import Patience, outcome
from service import Service

PATIENCE = Patience(limit=40, quiet=2.5, poll=0.03)
WORKERS = 12
DIFFERENCES = cases.HERE / 'differences.yaml'
ABSENT = 'absent'


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument('url')
    parser.add_argument('names', nargs='*')
    options = parser.parse_args()
    recorded = cases.recorded()
    chosen = [recorded[name] for name in options.names] if options.names else list(recorded.values())
    bad = 0
    for case, complaints in replay(Service(options.url), chosen):
        bad += bool(complaints)
        for complaint in complaints:
            print(f"{case['name']}: {complaint}", flush=True)
    print(f'{len(chosen)} cases, {bad} not as expected')
    return 1 if bad else 0


def replay(service, chosen):
    """Runs the cases side by side; yields each with its complaints, which are empty when all is as expected."""
    texts, known = differences()
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        yield from pool.map(lambda case: (case, check(service, case, texts, known.get(case['name'], {}))), chosen)


def differences():
    """The deliberate differences: texts to be read otherwise, and what we do instead by case and path."""
    table = yaml.safe_load(DIFFERENCES.read_text())
    texts = [(re.compile(entry['original']), entry['ours']) for entry in table['texts']]
    return texts, {entry['case']: entry['instead'] for entry in table['cases']}


def rewritten(value, texts):
    """The recorded value with the texts of the original in our words."""
    if isinstance(value, str):
        for pattern, ours in texts:
            value = pattern.sub(ours, value)
    elif isinstance(value, list):
        value = [rewritten(item, texts) for item in value]
    elif isinstance(value, dict):
        value = {key: rewritten(item, texts) for key, item in value.items()}
    return value


def check(service, case, texts, instead):
    """Runs a case; returns a line for each value that is neither as recorded nor as the table says."""
    try:
        differing = differing_places(service, case, texts)
    except Exception as error:
        return [f'{error!r}']
    complaints = []
    for path, (expected, actual) in differing.items():
        if path not in instead:
            complaints.append(f'{path}: expected {shown(expected)}, found {shown(actual)}')
        elif shown(instead[path]) != shown(actual):
            complaints.append(f'{path}: the table says {shown(instead[path])}, found {shown(actual)}')
    return complaints + [f'{path}: is as recorded, though the table says it differs'
                         for path in instead if path not in differing]


def differing_places(service, case, texts):
    """Runs a case; returns {path: (expected, found)} of all places that differ."""
    expected, found = rewritten(case['expect'], texts), outcome(service, case, PATIENCE)
    if generate.is_random(case):
        expected, found = rewritten(expected, generate.VAGUE), rewritten(found, generate.VAGUE)
    return dict(compare(expected, found))


def compare(expected, actual, path=''):
    """Yields (path, (expected, actual)) of every place where the two differ."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key in expected.keys() | actual.keys():
            yield from compare(expected.get(key, ABSENT), actual.get(key, ABSENT), f'{path}/{key}'.lstrip('/'))
    elif isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        for index, pair in enumerate(zip(expected, actual)):
            yield from compare(*pair, f'{path}/{index}')
    elif shown(expected) != shown(actual):
        yield path, (expected, actual)


def shown(value):
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


if __name__ == '__main__':
    sys.exit(main())
