"""A throw-away PostgreSQL server, and nodes that share it."""

import pathlib
import subprocess

from program import ROOT, Server


class Postgres:
    """A server in a folder; `missing` says that PostgreSQL is not installed."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        # pytest's folders are for their owner alone; the server runs as another user.
        for parent in [self.folder, *self.folder.parents][:4]:
            if parent.owner() == self.folder.owner() and parent != pathlib.Path('/tmp'):
                parent.chmod(0o755)
        started = self._script('start')
        self.missing = started.returncode == 3
        assert self.missing or started.returncode == 0, started.stderr
        self.url = started.stdout.strip()

    def _script(self, command):
        return subprocess.run(
            [ROOT / 'scripts/postgres', command, self.folder], capture_output=True, text=True, check=False)

    def crash(self):
        """As if the machine had failed, and been started again."""
        assert self._script('crash').returncode == 0
        assert self._script('up').returncode == 0

    def stop(self):
        self._script('crash')


class Node(Server):
    """`ostro serve` on a PostgreSQL database."""

    def __init__(self, folder, database, name, *settings):
        super().__init__(folder, f'cluster.node_name={name}', 'cluster.lease_ms=1000', *settings)
        self.url_of_database = database
        self.log = self.folder / f'{name}.log'

    @property
    def database(self):
        return self.url_of_database
