"""The unmodified Mistral client, as a command line and as a library."""

import json
import pathlib
import subprocess
import sys

from mistralclient.api import client as mistral_client

from waiting import until

MISTRAL = pathlib.Path(sys.executable).with_name('mistral')
FINAL = ('SUCCESS', 'ERROR', 'CANCELLED', 'PAUSED')


class CommandFailed(Exception):
    """A `mistral` command that ended with an error; the text is what it printed."""


class CommandLine:
    """Types `mistral …` commands and reads the tables that they print."""

    def __init__(self, url):
        self.url = url

    def text(self, *arguments):
        """What the command prints."""
        done = subprocess.run(
            [MISTRAL, '--os-auth-url', '', '--os-mistral-url', self.url, *map(str, arguments)],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False)
        if done.returncode:
            raise CommandFailed(done.stdout + done.stderr)
        return done.stdout

    def json(self, *arguments):
        """The command's output, which is JSON (…-get-output and its kin)."""
        return json.loads(self.text(*arguments))

    def rows(self, *arguments):
        """A list's table as dictionaries by column."""
        head, *lines = cells(self.text(*arguments))
        return [dict(zip(head, line)) for line in lines if any(line)]

    def fields(self, *arguments):
        """A single object's table (Field | Value) as a dictionary."""
        head, *lines = cells(self.text(*arguments))
        assert head == ['Field', 'Value'], head
        return dict(lines)

    def wait(self, execution_id, seconds=30):
        """Asks for the execution until it has come to rest, and returns its fields."""
        def settled():
            fields = self.fields('execution-get', execution_id)
            return fields if fields['State'] in FINAL else None
        return until(settled, seconds, f'the end of execution {execution_id}')


def cells(table):
    """The lines of a printed table, each as a list of trimmed cells; a cell of several lines is one text."""
    lines = []
    for line in table.splitlines():
        if not line.startswith('|'):
            continue
        row = [cell.strip() for cell in line.strip('|').split('|')]
        if row[0] or len(lines) < 2:
            lines.append(row)
        else:
            lines[-1] = ['\n'.join(part for part in pair if part) for pair in zip(lines[-1], row)]
    return lines


def library(url):
    """The client library, unauthenticated."""
    return mistral_client.client(mistral_url=url, auth_url='')


def start(api, workflow, workflow_input=None, **params):
    """Starts an execution and returns its id."""
    return api.executions.create(workflow, workflow_input=workflow_input or {}, **params).id


def finished(api, execution_id, seconds=30):
    """Waits until the execution has come to rest, and returns it."""
    def settled():
        execution = api.executions.get(execution_id)
        return execution if execution.state in FINAL else None
    return until(settled, seconds, f'the end of execution {execution_id}')
