"""A client that costs little: raw HTTP/1.1 on kept connections, many executions in flight on one thread.

The end of an execution is pushed (`GET /v2/executions/{id}/wait`); a server that lacks it is asked again and again.
"""

import json
import selectors
import socket
import time
import urllib.parse

POLL = 0.005


class Refused(Exception):
    """The server answered with an error."""


class Line:
    """One kept connection."""

    def __init__(self, url):
        self.host = urllib.parse.urlsplit(url).netloc
        name, port = self.host.rsplit(':', 1)
        self.socket = socket.create_connection((name, int(port)), timeout=600)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b''

    def send(self, method, path, body=b'', kind='application/json'):
        head = f'{method} /v2{path} HTTP/1.1\r\nHost: {self.host}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n'
        self.socket.sendall(head.encode() + body)

    def take(self):
        """Reads what has come; gives status and body once the answer is whole."""
        more = self.socket.recv(1 << 20)
        if not more:
            raise ConnectionError('the server closed the connection')
        self.received += more
        end = self.received.find(b'\r\n\r\n')
        if end < 0:
            return None
        head = self.received[:end].lower()
        at = head.find(b'content-length:')
        if at < 0:
            raise Refused('an answer without a length')
        whole = end + 4 + int(head[at + 15:].split(b'\r\n', 1)[0])
        if len(self.received) < whole:
            return None
        body, self.received = self.received[end + 4:whole], self.received[whole:]
        return int(head[9:12]), body

    def call(self, method, path, body=b'', kind='application/json'):
        self.send(method, path, body, kind)
        while (answer := self.take()) is None:
            pass
        status, content = answer
        if status >= 400:
            raise Refused(f'{method} {path}: {status} {content[:300]!r}')
        return content

    def close(self):
        self.socket.close()


class Client:
    """Starts executions and waits for their ends."""

    def __init__(self, url):
        self.url = url
        self.line = Line(url)
        self.pushes = None

    def upload(self, text):
        self.line.call('POST', '/workflows', text.encode(), 'text/plain')

    def run(self, workflow, values=None):
        """Runs an execution; seconds from POST to its end as seen here."""
        began = time.perf_counter()
        execution = json.loads(self.line.call('POST', '/executions', start_body(workflow, values)))
        while execution['state'] in ('IDLE', 'RUNNING'):
            execution = json.loads(self.line.call('GET', self.wait_path(execution['id'])))
        succeeded(execution)
        return time.perf_counter() - began

    def wait_path(self, execution):
        if self.pushes is None:
            try:
                self.line.call('GET', f'/executions/{execution}/wait?timeout=0')
                self.pushes = True
            except Refused:
                self.pushes = False
        if self.pushes:
            return f'/executions/{execution}/wait?timeout=300'
        time.sleep(POLL)
        return f'/executions/{execution}'

    def many(self, workflow, count, in_flight, values=None, urls=()):
        """Runs that many executions, some at a time, on several nodes in turn; the seconds of each and of all."""
        self.run(workflow, values)
        return Flight(self, start_body(workflow, values), count).fly(in_flight, urls or [self.url])


class Flight:
    """Executions in flight, one per connection."""

    def __init__(self, client, body, count):
        self.client = client
        self.body = body
        self.left = count
        self.begun = {}
        self.seconds = []
        self.selector = selectors.DefaultSelector()

    def fly(self, in_flight, urls):
        lines = [Line(urls[number % len(urls)]) for number in range(in_flight)]
        began = time.perf_counter()
        for line in lines:
            self.selector.register(line.socket, selectors.EVENT_READ, line)
            self.start(line)
        while self.begun:
            for key, _ in self.selector.select(timeout=600):
                answer = key.data.take()
                if answer is not None:
                    self.answered(key.data, *answer)
        seconds = time.perf_counter() - began
        for line in lines:
            line.close()
        return self.seconds, seconds

    def start(self, line):
        self.begun.pop(line, None)
        if self.left:
            self.left -= 1
            self.begun[line] = time.perf_counter()
            line.send('POST', '/executions', self.body)

    def answered(self, line, status, body):
        if status >= 400:
            raise Refused(f'{status} {body[:300]!r}')
        execution = json.loads(body)
        if execution['state'] in ('IDLE', 'RUNNING'):
            line.send('GET', self.client.wait_path(execution['id']))
            return
        succeeded(execution)
        self.seconds.append(time.perf_counter() - self.begun[line])
        self.start(line)


def start_body(workflow, values):
    return json.dumps({'workflow_name': workflow, 'input': json.dumps(values or {})}).encode()


def succeeded(execution):
    if execution['state'] != 'SUCCESS':
        raise Refused(f"{execution['workflow_name']} ended in {execution['state']}: {execution['state_info']}")
