"""A throw-away PostgreSQL server, and nodes that share it."""

import atexit
import functools
import pathlib
import subprocess
import tempfile

from program import ROOT, Server


class Postgres:
    """A server in a folder; `missing` says that PostgreSQL is not installed."""

    def __init__(self, folder, port=None):
        self.folder = pathlib.Path(folder)
        self.port = port
        # pytest's folders are for their owner alone; the server runs as another user.
        for parent in [self.folder, *self.folder.parents][:4]:
            if parent.owner() == self.folder.owner() and parent != pathlib.Path('/tmp'):
                parent.chmod(0o755)
        started = self._script('start', *([str(port)] if port else []))
        self.missing = started.returncode == 3
        assert self.missing or started.returncode == 0, started.stderr
        self.url = started.stdout.strip()

    def _script(self, command, *arguments):
        return subprocess.run(
            [ROOT / 'scripts/postgres', command, self.folder, *arguments], capture_output=True, text=True, check=False)

    def crash(self):
        """As if the machine had failed, and been started again."""
        assert self._script('crash').returncode == 0
        assert self._script('up').returncode == 0

    def stop(self):
        self._script('crash')

    def shut_down(self):
        """As an administrator does it."""
        assert self._script('stop').returncode == 0

    def up(self):
        """Starts it again."""
        assert self._script('up').returncode == 0

    @property
    def user(self):
        """The number of the user that it runs as."""
        return (self.folder / 'data').stat().st_uid

    def sql(self, statement):
        """What a statement gives, run in a database that no test uses."""
        done = self._script('sql', statement, str(self.port or 5432))
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    @staticmethod
    def ask(url, statement):
        """What a statement gives in the database of an address."""
        done = subprocess.run(['psql', url, '-qAtc', statement], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def create(self, name):
        """Makes a database and gives its address."""
        made = self._script('create', name)
        assert made.returncode == 0, made.stderr
        return self.url.replace('/ostro?', f'/{name}?')


@functools.cache
def shared():
    """One server for a whole run of the tests; gone when they are."""
    # Short: the path of a Unix socket has a hundred characters.
    folder = tempfile.TemporaryDirectory(prefix='ostro-e2e-')
    server = Postgres(folder.name)
    assert not server.missing, 'PostgreSQL is not installed (Debian: postgresql)'
    atexit.register(lambda: (server.stop(), folder.cleanup()))
    return server


@functools.cache
def database_of(folder):
    """The database of the server in a folder."""
    database_of.count = getattr(database_of, 'count', 0) + 1
    return shared().create(f'server_{database_of.count}')


class Node(Server):
    """`ostro serve` on a PostgreSQL database."""

    def __init__(self, folder, database, name, *settings):
        super().__init__(folder, f'cluster.node_name={name}', 'cluster.lease_ms=1000', *settings)
        self.url_of_database = database
        self.log = self.folder / f'{name}.log'

    @property
    def database(self):
        return self.url_of_database
