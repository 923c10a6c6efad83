"""A service as the original: Ostro behind a proxy that does not know its additions."""

import http.server
import re
import threading
import urllib.error
import urllib.request

ADDITIONS = re.compile(r'^/v2/(events|executions/[^/]+/(wait|graph|timeline|why))(\?|$)')


class PlainProxy:
    """Listens on a free port; `asked` are the requests for additions."""

    def __init__(self, url):
        outer = self
        self.asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def forward(self):
                body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
                if ADDITIONS.match(self.path):
                    outer.asked.append(self.path)
                    return self.reply(404, 'text/html', b'<html><body><h1>404 Not Found</h1></body></html>')
                headers = {k: v for k, v in self.headers.items() if k.lower() not in ('host', 'accept-encoding')}
                request = urllib.request.Request(
                    url.removesuffix('/v2') + self.path, data=body or None, headers=headers, method=self.command)
                try:
                    with urllib.request.urlopen(request, timeout=60) as answer:
                        return self.reply(answer.status, answer.headers['Content-Type'], answer.read())
                except urllib.error.HTTPError as answer:
                    return self.reply(answer.code, answer.headers['Content-Type'], answer.read())

            do_GET = do_POST = do_PUT = do_DELETE = forward

            def reply(self, status, kind, body):
                self.send_response(status)
                if kind:
                    self.send_header('Content-Type', kind)
                self.send_header('Content-Length', str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.server.daemon_threads = True
        self.url = f'http://127.0.0.1:{self.server.server_port}/v2'
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
