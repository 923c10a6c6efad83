"""A real HTTP server on a free loopback port that misbehaves on request."""

import http.server
import json
import threading
import urllib.parse

CHUNK = b'x' * 65536


class WebServer:
    """Routes: /json /text /echo /status/CODE /redirect/COUNT /slow /huge/BYTES /endless /broken."""

    def __init__(self):
        self.requests = []
        self.release = threading.Event()
        handler = type('Handler', (Handler,), {'web': self})
        self._server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f'http://127.0.0.1:{self._server.server_port}'

    def stop(self):
        self.release.set()
        self._server.shutdown()
        self._server.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    """One request; the first part of the path chooses the behaviour."""

    protocol_version = 'HTTP/1.1'
    web = None

    def do_GET(self):
        body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
        self.web.requests.append((self.command, self.path, dict(self.headers), body))
        what, _, argument = self.path.strip('/').partition('/')
        try:
            getattr(self, 'do_' + what.partition('?')[0], self.do_missing)(argument, body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    do_POST = do_PUT = do_DELETE = do_PATCH = do_GET

    def do_json(self, _argument, _body):
        self._answer(200, 'application/json', b'{"well": true, "load": [1, 2.5]}')

    def do_text(self, _argument, _body):
        self._answer(200, 'text/plain; charset=utf-8', 'grün'.encode())

    def do_echo(self, _argument, body):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        seen = {'method': self.command, 'query': query, 'headers': dict(self.headers), 'body': body.decode()}
        self._answer(200, 'application/json', json.dumps(seen).encode())

    def do_status(self, argument, _body):
        self._answer(int(argument), 'text/plain', b'as you wish')

    def do_redirect(self, argument, _body):
        count = int(argument)
        target = f'/redirect/{count - 1}' if count else '/json'
        self._answer(302, 'text/plain', b'', {'Location': target})

    def do_slow(self, _argument, _body):
        self.web.release.wait(60)
        self._answer(200, 'text/plain', b'at last')

    def do_huge(self, argument, _body):
        left = int(argument)
        self.send_response(200)
        self.send_header('Content-Length', str(left))
        self.end_headers()
        while left > 0:
            self.wfile.write(CHUNK[:left])
            left -= len(CHUNK)

    def do_endless(self, _argument, _body):
        self.send_response(200)
        self.send_header('Transfer-Encoding', 'chunked')
        self.end_headers()
        while not self.web.release.is_set():
            self.wfile.write(b'%x\r\n%s\r\n' % (len(CHUNK), CHUNK))

    def do_broken(self, _argument, _body):
        self.send_response(200)
        self.send_header('Content-Length', '1000')
        self.end_headers()
        self.wfile.write(b'only this')
        self.wfile.flush()
        self.close_connection = True

    def do_missing(self, _argument, _body):
        self._answer(404, 'text/plain', b'no such page')

    def _answer(self, status, kind, body, headers=None):
        self.send_response(status)
        self.send_header('Content-Type', kind)
        self.send_header('Content-Length', str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments):
        pass
