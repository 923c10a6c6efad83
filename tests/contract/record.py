#!/usr/bin/env python3
"""Records what the original answers to the requests of the corpus. The service must be empty.

usage: record.py URL
"""

import json
import sys
import time

import corpus
import recorded
from service import Session


def main():
    _, url = sys.argv
    session = Session(url)
    lines = []
    for step in corpus.steps():
        begin = time.monotonic()
        try:
            lines.append(step | {'answer': session.run(step)})
        except (OSError, KeyError, IndexError, TypeError) as error:
            print(f'{step["id"]}: left out: {error!r}')
        if time.monotonic() - begin > 3:
            print(f'{step["id"]}: {time.monotonic() - begin:.0f} s', flush=True)
    recorded.FILE.write_text(''.join(json.dumps(line, ensure_ascii=False) + '\n' for line in lines))
    print(f'{len(lines)} requests recorded')


if __name__ == '__main__':
    main()
