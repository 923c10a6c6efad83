"""A real `sshd` on a free loopback port, as root or as an ordinary user.

The account is the server's own: `libnss_wrapper` gives sshd a user database in the
test's folder, so that a password can be tried without touching the machine's.
"""

import dataclasses
import os
import pathlib
import signal
import socket
import subprocess

from loopback import free_port
from waiting import until

USER = 'tester'
PASSWORD = 'open sesame'
# PASSWORD as sha512-crypt.
PASSWORD_HASH = ('$6$A2meMqRT3ToZm4zG$TaZsiuChAiq6EpckaiWtoC.XKni1ru47C3TZE7PeCThUiszWo38CWMwqTk7iZda9ppUoEuH3'
                 'ISo8gsDK.MG.0.')
# The folder that sshd wants to exist when it is started by root.
RUN_FOLDER = pathlib.Path('/run/sshd')

CONFIGURATION = '''
Port {port}
ListenAddress 127.0.0.1
HostKey {keys.host}
PidFile none
AuthorizedKeysFile {keys.authorized}
UsePAM no
StrictModes no
PermitRootLogin yes
PasswordAuthentication yes
KbdInteractiveAuthentication no
MaxStartups 200
PrintMotd no
SetEnv HOST_NAME={name}
'''


@dataclasses.dataclass(frozen=True)
class Keys:
    """Key files and user database that several servers share."""

    folder: pathlib.Path

    @property
    def host(self):
        return self.folder / 'host_key'

    @property
    def user(self):
        return self.folder / 'user_key'

    @property
    def authorized(self):
        return self.folder / 'user_key.pub'

    def environment(self):
        return os.environ | {
            'LD_PRELOAD': 'libnss_wrapper.so',
            'NSS_WRAPPER_PASSWD': str(self.folder / 'passwd'),
            'NSS_WRAPPER_GROUP': str(self.folder / 'group'),
            'NSS_WRAPPER_SHADOW': str(self.folder / 'shadow'),
        }


def make_keys(folder):
    """Makes host and user key, and an account that is the present user under another name."""
    keys = Keys(pathlib.Path(folder))
    for path in (keys.host, keys.user):
        subprocess.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', path], check=True)
    user, group = os.getuid(), os.getgid()
    home = keys.folder / 'home'
    home.mkdir()
    (keys.folder / 'passwd').write_text(
        f'{USER}:x:{user}:{group}:{USER}:{home}:/bin/sh\n'
        f'sshd:x:65533:65534::{RUN_FOLDER}:/usr/sbin/nologin\n')
    (keys.folder / 'group').write_text(f'{USER}:x:{group}:\n')
    (keys.folder / 'shadow').write_text(f'{USER}:{PASSWORD_HASH}:19000:0:99999:7:::\n')
    return keys


class SshServer:
    """One sshd. Commands see its name in $HOST_NAME."""

    def __init__(self, name, folder, keys):
        self.name = name
        self.keys = keys
        self.port = free_port()
        self.log = pathlib.Path(folder) / f'sshd-{name}.log'
        configuration = pathlib.Path(folder) / f'sshd-{name}.conf'
        configuration.write_text(CONFIGURATION.format(port=self.port, keys=keys, name=name))
        if os.getuid() == 0:
            RUN_FOLDER.mkdir(mode=0o755, exist_ok=True)
        with self.log.open('ab') as log:
            self.process = subprocess.Popen(
                ['/usr/sbin/sshd', '-D', '-e', '-f', configuration], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=keys.environment(), start_new_session=True)
        until(self._answers, 20, f'sshd {name}, see {self.log}')

    @property
    def address(self):
        return f'127.0.0.1:{self.port}'

    def _answers(self):
        assert self.process.poll() is None, self.log.read_text()
        try:
            with socket.create_connection(('127.0.0.1', self.port), timeout=1) as connection:
                return connection.recv(4) == b'SSH-'
        except OSError:
            return False

    def logins(self):
        """How many logins the server accepted so far."""
        return self.log.read_text().count('Accepted ')

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=10)
