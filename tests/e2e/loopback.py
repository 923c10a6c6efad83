"""Free ports of the loopback interface."""

import random
import socket


def free_port():
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(('127.0.0.1', 0))
        return listener.getsockname()[1]


def quiet_port():
    """A free port that no client gets as its own: whoever tries to reach it while nobody
    listens must not meet himself."""
    begin, _ = map(int, open('/proc/sys/net/ipv4/ip_local_port_range').read().split())
    for port in random.sample(range(max(begin - 12000, 1024), begin), 200):
        with socket.socket() as listener:
            try:
                listener.bind(('127.0.0.1', port))
            except OSError:
                continue
            return port
    raise AssertionError('no free port')
