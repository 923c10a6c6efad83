"""Nothing that a caller sends gives a 5xx or ends the server: random requests that no client would make.

The seed is fixed; HOSTILE=100000 in the environment makes that many requests from another seed, which a failure tells.
"""

import contextlib
import http.client
import json
import os
import pathlib
import random
import socket
import time
import urllib.parse

import pytest
import requests

DOCUMENT = json.loads((pathlib.Path(__file__).resolve().parents[2] / 'docs/openapi.json').read_text())
COUNT = int(os.environ.get('HOSTILE', '2500'))
SECONDS = 9 if 'HOSTILE' not in os.environ else 3600
METHODS = ['GET', 'POST', 'PUT', 'DELETE']
ODD_METHODS = ['PATCH', 'OPTIONS', 'TRACE', 'CONNECT', 'get', 'FOO', 'M-SEARCH']
UUID = '11111111-2222-3333-4444-555555555555'

TEXTS = [
    '', ' ', 'a', 'known', 'std.echo', UUID, UUID.replace('-', ''), UUID.upper(), '\0', 'a\0b', '\x7f\x1b[31m', 'é', '💥' * 9,
    '\u202eabc', '\ufeff', '../../etc/passwd', "'; DROP TABLE workflow_definitions; --", '" OR 1=1', '%s%n%x', '${jndi:x}',
    '<% $.a %>', '{{ 7 * 7 }}', '<script>', 'x' * 5000, '9' * 400, '-1', '1e999', 'NaN', 'null', 'true', '[]', '{}', '{"a":',
    '[' * 500, '{"a":' * 300, '0x10', '1_0', '٣', 'in:', 'has:%_\\', 'gt:', 'neq:' + 'y' * 300, 'in:' + 'a,' * 900,
    '2026-13-45 99:99:99', 'gt:2026-01-01', '0001-01-01 00:00:00', '99999-01-01', ',,,', 'id,id,name', 'asc,desc,up',
]
RAW = ['%', '%zz', '%ff', '%c3%28', '%00', '%2f', '%252f', '..', '.', '//', ';a=b', '%ed%a0%80', 'a%0d%0ab:c', '+', '*', '{id}', '~', '@', ':']
NUMBERS = ['0', '-1', '1e400', '-1e400', '9' * 400, '0.1', '2147483648', '9223372036854775808', '-9223372036854775809', '1e-400']
TYPES = [
    '', 'application/json', 'application/json; charset=utf-16', 'text/plain', 'text/xml', 'application/soap+xml', '/', ';', 'x' * 300,
    'multipart/form-data; boundary=x', 'application/x-www-form-urlencoded', 'application/octet-stream', 'text/javascript',
]
HEADERS = {
    'Accept': ['*/*', 'application/vnd.ostro.v2+json', 'text/event-stream', 'application/xml', ',;,', 'x' * 4000],
    'Accept-Encoding': ['gzip', 'br;q=x', '*;q=0', 'identity;q=0, *;q=0', 'zstd'],
    'Content-Encoding': ['gzip', 'br', 'nonsense'],
    'Idempotency-Key': ['k', '', ' ', 'k' * 300, 'é', '\x7f'],
    'If-None-Match': ['*', 'W/"', '"a", "b"', ',' * 500],
    'Last-Event-ID': ['0', 'nonsense', '-1', '9' * 300, 'é'],
    'X-Roles': ['admin', 'ADMIN ,,', 'é'],
    'X-Auth-Token': ['t', '\x80'],
    'X-Project-Id': ['p', "'", 'x' * 900],
    'X-Request-ID': ['r', 'a b', 'x' * 300],
    'Forwarded': ['host="', 'proto=;host=;;,=', 'for=[::1'],
    'X-Forwarded-Host': ['', 'a,b', 'é'],
    'Range': ['bytes=0-1', 'bytes=9-1'],
    'Origin': ['http://h', 'null', 'é'],
    'Expect': ['100-continue'],
    'Upgrade': ['websocket', 'h2c'],
    'Sec-WebSocket-Key': ['x'],
    'Cookie': ['a=' + 'b' * 3000],
}


def documented(operation):
    """The answers that an operation may give, except the server's own failures."""
    return {int(status) for status in operation['responses'] if int(status) < 500}


# Every answer that the document has; a method that a path does not have; a head that is too long.
ANSWERS = {405, 431}.union(*(documented(operation) for methods in DOCUMENT['paths'].values() for operation in methods.values()))


class Hostile:
    """Makes requests, each from the same stream of random numbers."""

    def __init__(self, seed, known):
        self.random, self.known = random.Random(seed), known
        self.paths = list(DOCUMENT['paths'].items())
        schemas = DOCUMENT['components']['schemas']
        self.bodies = {name: list(schema['properties']) for name, schema in schemas.items()
                       if schema.get('additionalProperties') is False}
        self.arguments = sorted(DOCUMENT['components']['parameters'])

    def pick(self, choices):
        return self.random.choice(choices)

    def chance(self, share):
        return self.random.random() < share

    def segment(self):
        kind = self.random.random()
        if kind < 0.4:
            return self.pick(self.known)
        return self.pick(RAW) if kind < 0.6 else urllib.parse.quote(self.pick(TEXTS), safe='')

    def path(self, template):
        parts = [self.segment() if part.startswith('{') else part for part in template.split('/')]
        path = '/'.join(parts) or '/'
        if self.chance(0.05):
            path += self.pick(['/', '//', '/x', '/' + self.segment(), '/..', '?'])
        return path.replace(' ', '%20')

    def query(self):
        if self.chance(0.5):
            return ''
        if self.chance(0.1):
            return '?' + self.pick(['&&&', '=', '=&=', 'a', '%00=%00', '%ff=1', 'limit=%ff', '?', '&'.join(['limit=1'] * 900)])
        pairs = []
        for _ in range(self.random.randint(1, 4)):
            name = self.pick(self.arguments) if self.chance(0.9) else urllib.parse.quote(self.pick(TEXTS)[:50])
            value = self.pick(RAW) if self.chance(0.1) else urllib.parse.quote(self.pick([*TEXTS, *NUMBERS, *self.known]), safe=':,')
            pairs.append(f'{name}={value}')
        return '?' + '&'.join(pairs)

    def value(self, depth=0):
        """A JSON value as text; no writer of JSON would make all of these."""
        kind = self.random.randint(0, 9 if depth < 3 else 6)
        if kind <= 2:
            return json.dumps(self.pick([*TEXTS, *self.known]))
        if kind == 3:
            return self.pick(NUMBERS)
        if kind == 4:
            return self.pick(['null', 'true', 'false', '""', '{}', '[]', 'NaN', '-Infinity', '\'a\'', '0x1', '01', '1.', '.5', 'tru'])
        if kind == 5:
            return self.pick(['"\\ud800"', '"\\udc00\\ud800"', '"\\u0000"', '"\\x"', '"a', '"\n"', '{"a": 1, "a": 2}', '{"": {"": ""}}'])
        if kind == 6:
            return self.pick(['[' * 2000 + ']' * 2000, '{"a":' * 2000 + '1' + '}' * 2000, '[' * 100_000, '{"a":[' * 3000])
        if kind == 7:
            return '[' + ','.join(self.value(depth + 1) for _ in range(self.random.randint(0, 4))) + ']'
        if kind == 8:
            return json.dumps(self.value(depth + 1))
        pairs = [f'{json.dumps(self.pick(TEXTS))}: {self.value(depth + 1)}' for _ in range(self.random.randint(0, 3))]
        return '{' + ','.join(pairs) + '}'

    def json_body(self, operation):
        content = operation.get('requestBody', {}).get('content', {}).get('application/json', {})
        name = content.get('schema', {}).get('$ref', '').rsplit('/', 1)[-1]
        names = self.bodies.get(name) or self.pick(list(self.bodies.values()))
        chosen = self.random.sample(names, min(len(names), self.random.randint(0, 4)))
        pairs = [f'"{name}": {self.value()}' for name in chosen]
        if self.chance(0.1):
            pairs.append(f'{json.dumps(self.pick(TEXTS))}: {self.value()}')
        # Nothing may pause the service: the rest of the requests would all be refused.
        return '{' + ', '.join(pairs) + '}'

    def definition(self):
        name, value = self.pick(['w', 'known', UUID, '"\\0"', 'é', '1', '~', '"a b"']), self.value()
        return self.pick([
            f"version: '2.0'\n{name}: {{tasks: {{t: {{action: std.noop, publish: {value}}}}}}}",
            f"version: '2.0'\n{name}:\n  input: {value}\n  tasks: {{t: {value}}}",
            f"version: {value}\nname: {name}\nworkflows: {value}\nactions: {value}",
            f"version: '2.0'\n{name}: {{base: std.echo, base-input: {value}, input: {value}}}",
            'a: &a [x, x]\nb: &b [*a, *a]\n' * 20, '!!python/object:os.system x', '{' * 3000, '- ' * 3000, '\t', '%YAML 9.9\n---', '"' * 99,
            ': ' * 500, '? ' * 500, '| \n' * 500, '\u2028', 'a: b: c', '<<: *x', '---\n' * 500, value,
        ])

    def body(self, operation):
        if self.chance(0.15):
            return self.pick([b'', b' ', b'\0', b'\xff\xfe{\0}\0', b'\xef\xbb\xbf{}', b'{"a": "\xff"}', b'\xc3\x28', b'[]', b'1', b'"x"',
                              b'\x1f\x8b\x08\0\0', b'{' + b'"a":1,' * 5000 + b'"a":1}', b'x' * 70_000])
        is_text = 'text/plain' in operation.get('requestBody', {}).get('content', {})
        text = self.definition() if is_text else self.json_body(operation)
        return text.encode('utf-8', 'surrogatepass')

    def request(self):
        """The method, the bytes of a request, and the answers that it may get."""
        template, methods = self.pick(self.paths)
        method = self.pick(METHODS) if self.chance(0.5) else self.pick(list(methods)).upper()
        if self.chance(0.03):
            method = self.pick(ODD_METHODS)
        operation = methods.get(method.lower(), {}) if method.isupper() else {}
        body = b'' if method == 'GET' and self.chance(0.9) else self.body(operation)
        headers = [('Host', self.pick(['h', 'h:1', '[::1]:1', 'h' * 300])), ('Content-Length', str(len(body)))]
        headers.append(('Content-Type', self.pick(TYPES)))
        for name in self.random.sample(sorted(HEADERS), self.random.randint(0, 3)):
            headers.append((name, self.pick(HEADERS[name])))
        path = self.path(template)
        # Other paths may lead elsewhere.
        is_plain = path.count('/') == template.count('/') and all(path.split('/')[2:]) and '?' not in path and '.' not in path
        answers = documented(operation) | {431} if operation and is_plain else ANSWERS
        head = [f'{method} {path}{self.query()} HTTP/1.1', *(f'{name}: {value}' for name, value in headers)]
        return method, '\r\n'.join(head).encode('utf-8') + b'\r\n\r\n' + body, answers | {None, 101, 200}


class Connection:
    """Sends bytes, and reads what comes back as an answer."""

    def __init__(self, url):
        address = urllib.parse.urlsplit(url)
        self.address, self.socket = (address.hostname, address.port), None

    def status(self, method, request):
        """The status of the answer; None if the server only closed the connection."""
        if self.socket is None:
            self.socket = socket.create_connection(self.address, timeout=20)
        try:
            self.socket.sendall(request)
        except (BrokenPipeError, ConnectionResetError):
            # It answered and closed before it read everything.
            pass
        answer = http.client.HTTPResponse(self.socket, method=method)
        try:
            answer.begin()
            is_stream = 'event-stream' in answer.headers.get('Content-Type', '') or answer.status < 200
            if not is_stream:
                answer.read()
            is_over = is_stream or answer.will_close
        except (http.client.RemoteDisconnected, http.client.BadStatusLine, ConnectionResetError):
            is_over, answer.status = True, None
        if is_over:
            self.close()
        return answer.status

    def close(self):
        if self.socket is not None:
            self.socket.close()
            self.socket = None


@pytest.fixture
def server(new_server):
    return new_server('api.allow_action_execution_deletion=true', 'limits.body_timeout=2', 'api.event_heartbeat=1').start()


@pytest.fixture
def known(server):
    """Names and ids of things that are there, all of them ended."""
    text = "version: '2.0'\nknown: {input: [n: 1], tasks: {t: {action: std.echo output=<% $.n %>}}}\n"
    assert requests.post(f'{server.url}/workflows', text, timeout=30).status_code == 201
    execution = requests.post(f'{server.url}/executions', json={'workflow_name': 'known'}, timeout=30).json()['id']
    requests.get(f'{server.url}/executions/{execution}/wait', timeout=60)
    task = requests.get(f'{server.url}/tasks', timeout=30).json()['tasks'][0]['id']
    action = requests.get(f'{server.url}/action_executions', timeout=30).json()['action_executions'][0]['id']
    environment = {'name': 'known', 'variables': {'a': 1}}
    assert requests.post(f'{server.url}/environments', json=environment, timeout=30).status_code == 201
    trigger = {'name': 'known', 'workflow_name': 'known', 'pattern': '0 3 1 1 *'}
    assert requests.post(f'{server.url}/cron_triggers', json=trigger, timeout=30).status_code == 201
    return ['known', execution, task, action, 'std.echo']


def test_no_request_gives_a_5xx(server, known):
    seed = 1 if 'HOSTILE' not in os.environ else int(time.time())
    hostile, connection = Hostile(seed, known), Connection(server.url)
    begin, statuses = time.monotonic(), {}
    for number in range(COUNT):
        if time.monotonic() - begin > SECONDS:
            break
        method, request, answers = hostile.request()
        status = connection.status(method, request)
        shown = f'seed {seed}, request {number}: {status} to {request[:1500]!r}'
        assert server.alive(), f'{shown} ended the server:\n{server.tail()}'
        assert status in answers, f'{shown}, which may get {sorted(answers - {None})}\n{server.tail()}'
        statuses[status] = statuses.get(status, 0) + 1
    connection.close()
    assert requests.get(f'{server.url}/', timeout=30).status_code == 200
    assert requests.get(server.url.removesuffix('/v2') + '/readyz', timeout=30).status_code == 200
    assert 'panicked' not in server.log.read_text(errors='replace')
    # The requests are not all refused for the same reason, and the parser of HTTP does not refuse them all.
    assert {200, 400, 404, 405, 415} <= set(statuses), statuses
    assert statuses.get(None, 0) < sum(statuses.values()) / 10, statuses
    assert sum(statuses.values()) > 300, statuses


@pytest.mark.parametrize('text', [
    b'GET / HTTP/1.1\r\n\r\n', b'GET / HTTP/9.9\r\nHost: h\r\n\r\n', b'\0' * 200, b'\r\n' * 50, b'GET\r\n\r\n', b'GET  / HTTP/1.1\r\n\r\n',
    b'\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03', b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', b'GET /' + b'a' * 100_000 + b' HTTP/1.1\r\nHost: h\r\n\r\n',
    b'GET / HTTP/1.1\r\nHost: h\r\n' + b'a: b\r\n' * 500 + b'\r\n', b'GET / HTTP/1.1\r\nHost: h\r\nA: ' + b'b' * 200_000 + b'\r\n\r\n',
    b'POST /v2/workflows HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n', b'POST /v2/workflows HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
    b'POST /v2/workflows HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n',
    b'POST /v2/workflows HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n0\r\n\r\n',
    b'POST /v2/workflows HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n',
    b'POST /v2/workflows HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, chunked\r\n\r\n1\r\na\r\n0\r\n\r\n',
    b'POST /v2/workflows HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n',
    b'POST /v2/executions HTTP/1.1\r\nHost: h\r\nContent-Length: 50\r\n\r\n{"workflow_name":',
    b'GET /v2/events HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 99\r\n\r\n',
    b'GET http://elsewhere/v2/workflows HTTP/1.1\r\nHost: h\r\n\r\n', b'OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n', b'CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n',
])
def test_what_is_hardly_http(url, text):
    address = urllib.parse.urlsplit(url)
    with socket.create_connection((address.hostname, address.port), timeout=20) as connection:
        try:
            connection.sendall(text)
            # The server may have refused it and closed the connection by now.
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_WR)
            answer = connection.recv(4096)
        except ConnectionError:
            answer = b''
    assert not answer or answer.split(b' ')[1] < b'500', answer
    assert requests.get(url + '/', timeout=30).status_code == 200
