"""The event stream: live, resumed after kill -9, and beside readers that do not read."""

import socket
import threading
import urllib.parse

from client import finished, library, start
from event_stream import EventStream

DEFINITION = """
version: '2.0'
busy:
  tasks:
    first:
      action: std.noop
      on-success: items
    items:
      with-items: n in <% range(5) %>
      action: std.echo output=<% $.n %>
      on-success: last
    last:
      action: std.sleep seconds=0
"""

ENDED = ('SUCCESS', 'ERROR')


def key(event):
    return event['id'], event['previous'], event['state'], event['at']


class Reader(threading.Thread):
    """Follows everything, over any number of servers, and keeps what it saw."""

    def __init__(self, url):
        super().__init__(daemon=True)
        self.stream = EventStream(url)
        self.events, self.resets = [], 0
        self.start()

    def run(self):
        for name, data in self.stream:
            self.resets += name == 'reset'
            self.events += [data] if not name else []

    def resume(self, url):
        """Joins the broken stream and goes on where it ended."""
        self.join(timeout=20)
        assert not self.is_alive(), 'the stream did not break with its server'
        again = Reader.__new__(Reader)
        threading.Thread.__init__(again, daemon=True)
        again.stream = EventStream(url, last=self.stream.last)
        again.events, again.resets = self.events, self.resets
        again.start()
        return again


def read_until_ended(url, executions):
    """Everything that the journal has, up to the end of all these executions."""
    stream, events, open_ones = EventStream(url, cursor='0'), [], set(executions)
    for _, data in stream:
        events.append(data)
        if data['state'] in ENDED:
            open_ones.discard(data['id'])
        if not open_ones:
            break
    stream.close()
    return events


def test_a_stream_goes_on_after_kills_without_a_gap(new_server):
    server = new_server().start()
    library(server.url).workflows.create(DEFINITION)
    reader = Reader(server.url)
    executions = []
    for kill in range(12):
        api = library(server.url)
        executions += [start(api, 'busy') for _ in range(kill % 4 + 1)]
        server.kill()
        reader = reader.resume(server.start().url)
    api = library(server.url)
    for execution in executions:
        finished(api, execution)
    truth = read_until_ended(server.url, executions)
    server.stop()
    reader.join(timeout=20)
    seen = [key(event) for event in reader.events]
    assert len(seen) == len(set(seen)), 'an event came twice'
    assert set(seen) >= {key(event) for event in truth}, 'an event was lost'
    assert reader.resets == 0


def test_readers_that_never_read_hold_up_nobody(new_server):
    server = new_server().start()
    api = library(server.url)
    api.workflows.create(DEFINITION)
    where = urllib.parse.urlsplit(server.url)
    sleepers = []
    for _ in range(5):
        connection = socket.create_connection((where.hostname, where.port))
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(b'GET /v2/events HTTP/1.1\r\nHost: here\r\n\r\n')
        sleepers.append(connection)
    reader = Reader(server.url)
    executions = [start(api, 'busy') for _ in range(40)]
    for execution in executions:
        assert finished(api, execution).state == 'SUCCESS'
    truth = read_until_ended(server.url, executions)
    server.stop()
    reader.join(timeout=20)
    seen = [key(event) for event in reader.events]
    assert len(seen) == len(truth)
    assert set(seen) == {key(event) for event in truth}
    for connection in sleepers:
        connection.close()
