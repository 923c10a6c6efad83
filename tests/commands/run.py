#!/usr/bin/env python3
"""Types the session's commands into one client and prints what each of them answered, as JSON lines.

usage: run.py (mistral|openstack) URL

The client runs in this process, by the entry point that its script calls: starting Python for each command would take
most of the time.
"""

import contextlib
import io
import json
import logging
import pathlib
import re
import sys
import tempfile
import time

import session

LIMIT = 60
# Prints a set.
WORDS = 'bash-completion'
# When something changed last differs where a change changes nothing; how long something takes differs anyhow.
TIMES = ('Updated at', 'Duration', 'Finished at', 'Started at')
MASKS = [(re.compile(r'[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?<=_id=)[0-9a-f-]{20,}(?=\.\.\.)'), 'ID'),
         (re.compile(r'\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d'), 'TIME'),
         (re.compile(r'\d+:\d\d:\d\d(\.\d+)?'), 'DURATION')]


def main():
    _, client, url = sys.argv
    number = ('mistral', 'openstack').index(client)
    with tempfile.TemporaryDirectory() as folder:
        saved = files(pathlib.Path(folder))
        for step in session.STEPS:
            if step[number]:
                print(json.dumps(run(client, url, step[number], step[2:], saved, folder)), flush=True)


def files(folder):
    for name, text in session.FILES.items():
        (folder / name).write_text(text)
    return {name: str(folder / name) for name in session.FILES}


def run(client, url, command, step, saved, folder):
    """Types one command, until its table says what the step waits for."""
    arguments, save, until = (*step, {}, {})[:3]
    words = [filled(word, saved) for word in arguments.split()]
    deadline = time.monotonic() + LIMIT
    while True:
        code, out, err = typed(client, url, [*command.split(' '), *words] if client == 'openstack' else [command, *words])
        table = cells(out)
        if all([key, value] in table for key, value in until.items()):
            break
        if time.monotonic() > deadline:
            raise TimeoutError(f'{command} {arguments}: {until} was not reached: {out} {err}')
        time.sleep(0.1)
    for variable, column in save.items():
        saved[variable] = first(table, column)
    answer = {'command': f'{client} {command} {arguments}'.strip(), 'code': code}
    if table:
        answer['table'] = tidy(masked(table, folder))
    elif out.strip():
        answer['text'] = masked(out.strip() if command != WORDS else ' '.join(sorted(out.split())), folder)
    if err.strip():
        answer['error'] = masked(err.strip().splitlines()[0], folder)
    return answer


def tidy(table):
    """Without the times and durations, which depend on the moment, and the further lines of a text; sorted."""
    head, *rows = table
    if head == ['Field', 'Value']:
        rows = [[name, '…' if name in TIMES else value] for name, value in rows]
    else:
        rows = [['…' if name in TIMES else value for name, value in zip(head, row)] for row in rows]
    return [head, *sorted(row for row in rows if row[0])]


def typed(client, url, words):
    out, err = io.StringIO(), io.StringIO()
    # Each run of a client adds a handler, which keeps the stream of that run.
    logging.getLogger().handlers.clear()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = entry_point(client)(options(client, url) + words)
        except SystemExit as exit:
            code = exit.code
    return int(bool(code)), out.getvalue(), err.getvalue()


def entry_point(client):
    if client == 'mistral':
        from mistralclient.shell import main
    else:
        from openstackclient.shell import main
    return main


def options(client, url):
    if client == 'mistral':
        return ['--os-auth-url', '', '--os-mistral-url', url]
    return ['--os-auth-type', 'none', '--os-endpoint', url]


def filled(word, saved):
    return re.sub(r'\{(\w+)\}', lambda match: saved.get(match[1], match[0]), word).replace('%', ' ')


def cells(text):
    """The lines of a printed table as lists of cells."""
    lines = [line.strip().strip('|').split('|') for line in text.splitlines() if line.startswith('|')]
    return [[cell.strip() for cell in line] for line in lines]


def first(table, column):
    """A cell of a list's first row, or of an object's table."""
    for field in table:
        if field[0] == column and table[0] == ['Field', 'Value']:
            return field[1]
    return table[1][table[0].index(column)]


def masked(value, folder):
    if isinstance(value, str):
        value = value.replace(folder, 'FOLDER')
        for pattern, word in MASKS:
            value = pattern.sub(word, value)
        return value
    if isinstance(value, list):
        return [masked(item, folder) for item in value]
    if isinstance(value, dict):
        return {key: masked(item, folder) for key, item in value.items()}
    return value


if __name__ == '__main__':
    main()
