"""Hooks of schemathesis: requests that reach something.

Random names and definitions are refused, nearly always; so about half of the requests get the name of something
that the server has, or a body that it accepts. Answers may hold nothing that the document does not tell of.

KNOWN in the environment is a JSON object from a path (or METHOD and path) to the ids that it may name.
"""

import hashlib
import json
import os

import schemathesis

KNOWN = json.loads(os.environ.get('KNOWN', '{}'))

WORKFLOWS = """version: '2.0'
made_{name}:
  tags: [made]
  input: [a: 1]
  tasks:
    t: {{action: std.echo output=<% $.a %>}}
"""
WORKBOOK = "version: '2.0'\nname: made_{name}\nworkflows:\n  main: {{tasks: {{t: {{action: std.noop}}}}}}\n"
ACTIONS = "version: '2.0'\nmade_{name}: {{base: std.echo, base-input: {{output: 1}}}}\n"
TEXTS = {
    '/v2/workflows': WORKFLOWS, '/v2/workflows/{id}': WORKFLOWS, '/v2/workflows/validate': WORKFLOWS,
    '/v2/workbooks': WORKBOOK, '/v2/workbooks/validate': WORKBOOK,
    '/v2/actions': ACTIONS, '/v2/actions/{id}': ACTIONS, '/v2/actions/validate': ACTIONS,
}
OBJECTS = {
    'POST /v2/executions': {'workflow_name': 'known', 'input': '{"n": 1}'},
    'PUT /v2/executions/{id}': {'description': 'other'},
    'PUT /v2/tasks/{id}': {'state': 'RUNNING', 'reset': True},
    'POST /v2/action_executions': {'name': 'std.echo', 'input': {'output': 'hi'}, 'params': {'save_result': True}},
    'PUT /v2/action_executions/{id}': {'state': 'SUCCESS', 'output': {'a': 1}},
    'POST /v2/environments': {'name': 'made_{name}', 'variables': {'a': 1}},
    'PUT /v2/environments': {'name': 'known', 'variables': '{"b": 2}'},
    'POST /v2/cron_triggers': {'name': 'made_{name}', 'workflow_name': 'known', 'pattern': '0 3 1 1 *',
                               'jitter': None},
    'PUT /v2/cron_triggers/{id}': {'pattern': '0 4 1 1 *', 'overlap': 'skip'},
    'POST /v2/cron_triggers/{id}/backfill': {'from': '2026-01-01 00:00', 'to': '2026-01-02 00:00'},
    'POST /v2/dynamic_actions': {'name': 'made_{name}', 'class_name': 'A', 'code_source_name': 'known'},
    'PUT /v2/dynamic_actions': {'name': 'known', 'class_name': 'B'},
    'PUT /maintenance': {'status': 'RUNNING'},
}


def draw(value):
    """The same number for the same value, so that a seed gives the same run."""
    return int.from_bytes(hashlib.sha256(repr(value).encode()).digest()[:4])


@schemathesis.hook
def before_load_schema(context, raw_schema):
    forbid_others(raw_schema['components']['schemas'])
    forbid_others(raw_schema['paths'])


def forbid_others(node):
    if isinstance(node, list):
        for entry in node:
            forbid_others(entry)
    if isinstance(node, dict):
        if isinstance(node.get('properties'), dict):
            node.setdefault('additionalProperties', False)
        for entry in node.values():
            forbid_others(entry)


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    if not path_parameters:
        return path_parameters
    path, method = context.operation.path, context.operation.method.upper()
    known = KNOWN.get(f'{method} {path}', [] if method == 'DELETE' else KNOWN.get(path, []))
    number = draw(path_parameters)
    if known and number % 2:
        return known[number // 2 % len(known)]
    return path_parameters


@schemathesis.hook
def map_query(context, query):
    return {} if query and draw(query) % 2 else query


@schemathesis.hook
def map_body(context, body):
    path, method = context.operation.path, context.operation.method.upper()
    number = draw(body)
    if number % 2 == 0:
        return body
    if path in TEXTS:
        return TEXTS[path].format(name=number)
    known = OBJECTS.get(f'{method} {path}')
    if known is None:
        return body
    own = {key: value.replace('{name}', str(number)) if isinstance(value, str) else value for key, value in known.items()}
    return (body if isinstance(body, dict) and number % 4 == 1 else {}) | own
