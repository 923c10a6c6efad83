"""A real RabbitMQ from Debian, in a folder of its own, on free loopback ports."""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import threading

import pika

from loopback import quiet_port
from waiting import until

SCRIPT = pathlib.Path('/usr/lib/rabbitmq/bin/rabbitmq-server')


def missing():
    """Why there can be no broker here, if there can not."""
    if not SCRIPT.exists():
        return f'{SCRIPT} is not there: install rabbitmq-server'
    return None if shutil.which('epmd') else 'epmd is not there: install erlang-base'


class RabbitMq:
    """A broker, until it is killed."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.port, self.epmd_port = quiet_port(), quiet_port()
        self.processes = []
        (self.folder / 'rabbitmq.conf').write_text('loopback_users = none\n')

    @property
    def url(self):
        return f'rabbit://guest:guest@127.0.0.1:{self.port}/%2f'

    def start(self):
        log = (self.folder / 'broker.log').open('ab')
        environment = {
            'PATH': os.environ['PATH'], 'HOME': str(self.folder), 'LANG': 'C.UTF-8',
            'ERL_EPMD_ADDRESS': '127.0.0.1', 'ERL_EPMD_PORT': str(self.epmd_port),
            'RABBITMQ_NODENAME': f'ostro-{self.port}@localhost',
            'RABBITMQ_NODE_IP_ADDRESS': '127.0.0.1', 'RABBITMQ_NODE_PORT': str(self.port),
            'RABBITMQ_DIST_PORT': str(quiet_port()), 'RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS': '-kernel inet_dist_use_interface {127,0,0,1}',
            'RABBITMQ_CONFIG_FILE': str(self.folder / 'rabbitmq.conf'),
            'RABBITMQ_ENABLED_PLUGINS_FILE': str(self.folder / 'plugins'),
            'RABBITMQ_MNESIA_BASE': str(self.folder / 'data'), 'RABBITMQ_LOG_BASE': str(self.folder), 'RABBITMQ_LOGS': '-',
            'RABBITMQ_CONF_ENV_FILE': '/dev/null', 'RABBITMQ_PID_FILE': str(self.folder / 'pid')}
        commands = [['epmd', '-address', '127.0.0.1', '-port', str(self.epmd_port)], [SCRIPT]]
        # Each in a session of its own, so that its children end with it.
        self.processes = [
            subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, start_new_session=True)
            for command in commands]
        until(self.is_up, 240, 'the broker')
        return self

    def is_up(self):
        log = (self.folder / 'broker.log').read_text()
        assert self.processes[1].poll() is None, log[-3000:]
        return 'Server startup complete' in log

    def connect(self):
        address = pika.ConnectionParameters('127.0.0.1', self.port, socket_timeout=5, blocked_connection_timeout=10)
        return pika.BlockingConnection(address)

    def kill(self):
        for process in reversed(self.processes):
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait(timeout=20)
        self.processes = []


def envelope(event_type, number, message_id, **context):
    """A notification as oslo.messaging sends it, version 2."""
    message = {
        'message_id': message_id, 'publisher_id': 'compute.host-1', 'event_type': event_type, 'priority': 'INFO',
        'payload': {'n': number}, 'timestamp': '2027-01-01 00:00:00.000001', '_unique_id': f'u-{number}'}
    message |= {f'_context_{name}': value for name, value in context.items()}
    return json.dumps({'oslo.version': '2.0', 'oslo.message': json.dumps(message)})


class Line:
    """A way to the broker that can be cut, and mended on the same port."""

    def __init__(self, broker):
        self.broker, self.port = broker, quiet_port()
        self.listener, self.sockets = None, []

    @property
    def url(self):
        return f'rabbit://guest:guest@127.0.0.1:{self.port}/%2f'

    def mend(self):
        self.listener = socket.create_server(('127.0.0.1', self.port))
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()
        return self

    def cut(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for end in self.sockets:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.sockets = []

    def _accept(self, listener):
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            far = socket.create_connection(('127.0.0.1', self.broker.port))
            self.sockets += [near, far]
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=_copy, args=(source, sink), daemon=True).start()


def _copy(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
