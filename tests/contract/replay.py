#!/usr/bin/env python3
"""Sends the recorded requests to an empty service and prints each answer that is not as expected.

usage: replay.py URL [GROUP…]
"""

import sys

import recorded
from service import Session


def main():
    _, url, *groups = sys.argv
    differences = recorded.Differences()
    steps = [step for step in recorded.steps() if not differences.is_pending(step)]
    complaints = [line for line in replay(url, steps, differences) if not groups or line.partition('.')[0] in groups]
    for complaint in complaints:
        print(complaint)
    print(f'{len(steps)} requests, {len(complaints)} complaints')
    return 1 if complaints else 0


def replay(url, steps, differences):
    """Yields what is not as it should be."""
    session = Session(url)
    for step in steps:
        try:
            found = session.run(step)
        except (OSError, KeyError, IndexError, TypeError, ValueError) as error:
            yield f'{step["id"]}: {error!r}'
            continue
        for complaint in differences.compare(step, found):
            yield f'{step["id"]}: {complaint}'


if __name__ == '__main__':
    sys.exit(main())
