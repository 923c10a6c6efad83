"""Asks a service what a step says, and keeps what of the answer can be compared."""

import http.client
import json
import re
import time
import urllib.parse

LIMIT = 40
UUID = re.compile(r'[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}')
TIME = re.compile(r'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d')
VARIABLE = re.compile(r'\{(\w+)\}')
# Attributes whose values are the same on every service.
VALUES = {'accepted', 'class_name', 'code_source_name', 'is_system', 'name', 'namespace', 'pattern', 'processed', 'remaining_executions', 'scope', 'state',
          'status', 'tags', 'topic', 'type', 'valid', 'version', 'workflow_name', 'workflow_namespace'}


class Session:
    """Runs steps one after the other; what one saves is there for the next."""

    def __init__(self, url):
        address = urllib.parse.urlsplit(url)
        self.address = address.hostname, address.port
        self.host = f'http://{address.netloc}'
        self.saved = {}

    def run(self, step):
        """The comparable part of the answer to a step."""
        deadline = time.monotonic() + LIMIT
        while True:
            status, headers, body = self.ask(step)
            found = parsed(body)
            wanted = step.get('until', {})
            if not isinstance(found, dict) or all(found.get(key) == value for key, value in wanted.items()):
                break
            if time.monotonic() > deadline:
                raise TimeoutError(f'{step["id"]}: {wanted} was not reached, but {body[:500]!r}')
            time.sleep(0.03)
        for variable, place in step.get('save', {}).items():
            self.saved[variable] = attribute(found, place)
        return answer(status, headers, body, found, self.masked)

    def ask(self, step):
        path = self.filled(step['path'])
        if 'query' in step:
            path += '?' + urllib.parse.quote(self.filled(step['query']), safe='=&:,+*[]')
        body = step.get('body')
        headers = dict(step.get('headers', {}))
        body = None if body is None else self.filled(body).encode()
        connection = http.client.HTTPConnection(*self.address, timeout=90)
        try:
            connection.request(step['method'], path, body, headers)
            reply = connection.getresponse()
            return reply.status, reply.headers, reply.read().decode(errors='replace')
        finally:
            connection.close()

    def filled(self, text):
        return VARIABLE.sub(lambda match: self.saved.get(match[1], match[0]), text)

    def masked(self, text):
        """A text without ids, times and addresses, and without how far a pause has come."""
        text = TIME.sub('TIME', UUID.sub('ID', text.replace(self.host, 'HOST')))
        return text.replace('state is PAUSED', 'state is PAUSING')


def parsed(body):
    try:
        return json.loads(body)
    except ValueError:
        return None


def attribute(found, place):
    for part in place.split('.'):
        found = found[int(part)] if part.isdigit() else found[part]
    return found


def answer(status, headers, body, found, masked):
    """Status, kind of body, the first line of a fault, the shape and the lasting values."""
    kept = {'status': status}
    if status == 405:
        kept['allow'] = sorted(part.strip() for part in headers.get('Allow', '').split(','))
    if isinstance(found, dict) and status >= 400:
        fault = found.get('faultstring', found.get('description')) or ''
        return kept | {'fault': masked(fault.strip().partition('\n')[0])}
    if not isinstance(found, dict):
        return kept | {'body': 'none' if not body else 'text'}
    if isinstance(found.get('error'), str):
        found = found | {'error': masked(found['error'].strip().partition('\n')[0])}
        kept['error'] = found['error']
    if 'next' in found:
        kept['next'] = sorted(urllib.parse.parse_qs(urllib.parse.urlsplit(found['next']).query, keep_blank_values=True))
    return kept | {'shape': shape(found), 'values': values(found)}


def shape(value):
    """Names and kinds; a list is the set of its entries' shapes."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in sorted(value.items())}
    if isinstance(value, list):
        shapes = {json.dumps(shape(item), sort_keys=True) for item in value}
        return [json.loads(text) for text in sorted(shapes)]
    if isinstance(value, str):
        return text_kind(value)
    return {bool: 'boolean', int: 'number', float: 'number', type(None): 'null'}[type(value)]


def text_kind(text):
    if UUID.fullmatch(text):
        return 'id'
    if TIME.fullmatch(text):
        return 'time'
    if text[:1] in ('{', '['):
        inner = parsed(text)
        if isinstance(inner, dict):
            return 'object in a text'
        if isinstance(inner, list):
            return 'list in a text'
    return 'text'


def values(found):
    """What lasts of an object, or of the entries of its list, in a fixed order."""
    for key, collection in found.items():
        if key not in ('problems', 'warnings') and isinstance(collection, list) and all(isinstance(item, dict) for item in collection):
            return sorted((values(item) for item in collection), key=lambda item: json.dumps(item, sort_keys=True))
    return {key: found[key] for key in sorted(found.keys() & VALUES) if not isinstance(found[key], str) or not UUID.search(found[key])}
