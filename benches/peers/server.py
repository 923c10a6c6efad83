"""`ostro serve` as something to be measured: its processor time, commits, memory and log of writes."""

import os
import pathlib
import re
import select
import subprocess
import sys
import time
import urllib.request

TICKS = os.sysconf('SC_CLK_TCK')


class Ostro:
    """The service on a free port, on a database of its own."""

    def __init__(self, program, folder, database=None, env=None):
        self.folder = pathlib.Path(folder)
        self.database = database
        url = database.url if database else f'sqlite://{folder}/ostro.db'
        began = time.perf_counter()
        self.process = subprocess.Popen(
            [program, 'serve', '--listen', '127.0.0.1:0', '--database', url, '--set', 'action_std_http.denied_cidrs=[]'],
            cwd=folder, env=os.environ | (env or {}), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True)
        ready, _, _ = select.select([self.process.stdout], [], [], 30)
        line = self.process.stdout.readline() if ready else ''
        self.ready_ms = (time.perf_counter() - began) * 1000
        found = re.match(r'listening on (http://[^/\s]+)', line)
        if not found:
            self.process.kill()
            sys.exit('bench: the server did not start')
        self.url = found.group(1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=30)

    def cpu(self):
        """Processor seconds of the service, and of its database server."""
        return tree_cpu(self.process.pid) + (tree_cpu(self.database.pid) if self.database else 0)

    def commits(self):
        with urllib.request.urlopen(f'{self.url}/metrics', timeout=60) as answer:
            text = answer.read().decode()
        return int(float(re.search(r'^ostro_commit_seconds_count (\S+)$', text, re.M).group(1)))

    def log_bytes(self):
        """Bytes of the write-ahead log so far; on SQLite only as long as it is not written back."""
        if self.database:
            return self.database.log_bytes()
        return (self.folder / 'ostro.db-wal').stat().st_size

    def memory(self, field):
        status = pathlib.Path(f'/proc/{self.process.pid}/status').read_text()
        return int(re.search(rf'{field}:\s+(\d+)', status).group(1)) / 1024


class Postgres:
    """A database of its own on the server of the peers."""

    def __init__(self, script):
        self.script = script
        self.run('start')
        self.port = int(os.environ.get('PEERS_PGPORT', '54391'))
        self.pid = int(self.run('pid'))
        self.count = 0

    def run(self, *words):
        return subprocess.run([self.script, *words], check=True, capture_output=True, text=True).stdout

    def fresh(self):
        self.count += 1
        self.name = f'ostro_{os.getpid()}_{self.count}'
        self.run('newdb', self.name)
        self.url = f'postgres://bench@127.0.0.1:{self.port}/{self.name}'
        return self

    def log_bytes(self):
        query = "select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')"
        words = ['psql', '-h', '127.0.0.1', '-p', str(self.port), '-U', 'bench', '-d', 'postgres', '-Atc', query]
        return int(subprocess.run(words, check=True, capture_output=True, text=True).stdout)

    def stop(self):
        self.run('stop')


def tree_cpu(root):
    """Processor seconds of a process and all below it, ended ones included."""
    parents = {}
    for entry in os.listdir('/proc'):
        if entry.isdigit() and (fields := stat(entry)):
            parents.setdefault(int(fields[1]), []).append(int(entry))
    total, todo = 0, [root]
    while todo:
        process = todo.pop()
        todo += parents.get(process, [])
        if fields := stat(process):
            total += sum(int(field) for field in fields[11:15])
    return total / TICKS


def stat(process):
    try:
        text = pathlib.Path(f'/proc/{process}/stat').read_text()
    except OSError:
        return None
    return text[text.rindex(')') + 2:].split()
