"""The program under test: `ostro serve` as a process, and its one-shot commands."""

import os
import pathlib
import re
import select
import signal
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get('OSTRO', ROOT / 'target/release/ostro')).resolve()
READY = re.compile(rb'listening on (http://\S+/v2)\s')


def run(*arguments, timeout=60, environment=None, **options):
    """Runs `ostro ARGUMENTS` to its end; the result has returncode, stdout, stderr."""
    return subprocess.run(
        [BINARY, *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=timeout, env=clean_environment(environment), check=False, **options)


def clean_environment(extra=None):
    """The environment without the settings that would change the program's behaviour."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(('OSTRO', 'XDG_'))}
    return kept | (extra or {})


class Server:
    """`ostro serve` on a free port with a database file; can be killed and started again."""

    def __init__(self, folder, *settings):
        self.folder = pathlib.Path(folder)
        self.settings = settings
        self.environment = {}
        self.process = None
        self.url = None
        self.ready_after = None
        self.log = self.folder / 'server.log'

    @property
    def database(self):
        if os.environ.get('OSTRO_E2E_DATABASE') == 'postgres':
            import postgres
            return postgres.database_of(self.folder)
        return f'sqlite://{self.folder / "ostro.db"}'

    def start(self):
        """Starts the server and waits for the line that says where it listens."""
        assert self.process is None, 'already started'
        arguments = [BINARY, 'serve', '--listen', '127.0.0.1:0', '--database', self.database]
        for setting in self.settings:
            arguments += ['--set', setting]
        begin = time.monotonic()
        with self.log.open('ab') as log:
            self.process = subprocess.Popen(
                arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
                env=clean_environment(self.environment))
        self.url = self._first_line(seconds=20).decode()
        self.ready_after = time.monotonic() - begin
        return self

    def _first_line(self, seconds):
        deadline, text = time.monotonic() + seconds, b''
        while not READY.search(text):
            rest = deadline - time.monotonic()
            readable, _, _ = select.select([self.process.stdout], [], [], max(rest, 0))
            chunk = os.read(self.process.stdout.fileno(), 4096) if readable else b''
            if not chunk:
                raise AssertionError(f'the server did not become ready; it said {text!r}, log:\n{self.tail()}')
            text += chunk
        return READY.search(text).group(1)

    def tail(self):
        return self.log.read_text(errors='replace')[-4000:] if self.log.exists() else ''

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        """kill -9: no farewell."""
        self._end(signal.SIGKILL)

    def stop(self):
        """SIGTERM; returns the exit code."""
        return self._end(signal.SIGTERM)

    def _end(self, how):
        if self.process is None:
            return None
        process, self.process = self.process, None
        if process.poll() is None:
            process.send_signal(how)
        try:
            return process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f'the server did not stop; log:\n{self.tail()}') from None
        finally:
            process.stdout.close()

    def resident_kib(self):
        """Resident memory of the process in KiB."""
        status = pathlib.Path(f'/proc/{self.process.pid}/status').read_text()
        return int(re.search(r'VmRSS:\s+(\d+) kB', status).group(1))


class FileServer(Server):
    """`ostro serve` on a database file, whatever the other tests use."""

    @property
    def database(self):
        return f'sqlite://{self.folder / "ostro.db"}'
