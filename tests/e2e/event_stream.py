"""Reads `GET /v2/events`: Server-Sent Events over a plain connection."""

import http.client
import json
import urllib.parse


class EventStream:
    """An open stream; remembers the cursor to go on from."""

    def __init__(self, url, last=None, **query):
        where = urllib.parse.urlsplit(url)
        self.last = last
        self.connection = http.client.HTTPConnection(where.netloc, timeout=30)
        headers = {'Last-Event-ID': last} if last else {}
        path = f'{where.path}/events?{urllib.parse.urlencode(query)}'
        self.connection.request('GET', path, headers=headers)
        self.answer = self.connection.getresponse()
        assert self.answer.status == 200, self.answer.read()

    def __iter__(self):
        """The events as (name, data) until the stream ends or breaks."""
        fields = {}
        try:
            for line in self.answer:
                line = line.decode().rstrip('\n')
                if line:
                    name, _, value = line.partition(': ')
                    fields[name] = value
                    continue
                self.last = fields.get('id', self.last)
                if 'data' in fields:
                    yield fields.get('event', ''), json.loads(fields['data'])
                fields = {}
        except (OSError, http.client.HTTPException):
            return

    def close(self):
        self.connection.close()
