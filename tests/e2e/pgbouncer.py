"""A pgbouncer in front of a throw-away PostgreSQL, in session mode."""

import os
import pathlib
import pwd
import socket
import subprocess

from loopback import quiet_port
from waiting import until

PROGRAM = '/usr/sbin/pgbouncer'

SETTINGS = """
[databases]
* = host={sockets}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = session
default_pool_size = 100
"""


class PgBouncer:
    """Listens on a free port; `stop` ends it."""

    def __init__(self, folder, server):
        self.port = quiet_port()
        folder = pathlib.Path(folder)
        settings = folder / 'pgbouncer.ini'
        # `auth_type = any` logs in as the user that is named here.
        settings.write_text(
            SETTINGS.format(sockets=f'{server.folder} user=ostro', port=self.port))
        settings.chmod(0o644)
        # Like PostgreSQL it refuses to run as root.
        user = {'user': pwd.getpwnam('nobody').pw_uid} if os.geteuid() == 0 else {}
        self.log = (folder / 'pgbouncer.log').open('ab')
        self.process = subprocess.Popen(
            [PROGRAM, '/dev/stdin'], stdin=settings.open(), stdout=self.log, stderr=self.log, cwd='/', **user)
        until(self._listens, 10, 'pgbouncer')

    def _listens(self):
        with socket.socket() as probe:
            return probe.connect_ex(('127.0.0.1', self.port)) == 0

    def url(self, database):
        return f'postgres://ostro@127.0.0.1:{self.port}/{database}'

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=20)
        self.log.close()
