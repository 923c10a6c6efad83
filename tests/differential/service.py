"""The REST API of a workflow service, as far as the cases need it."""

import json
import urllib.error
import urllib.parse
import urllib.request


class Refused(Exception):
    """A request that the service refused, with its status and the first line of its reason."""

    def __init__(self, status, reason):
        super().__init__(f'{status}: {reason}')
        self.status = status
        self.reason = reason


class Service:
    """A service at a base address (`http://127.0.0.1:PORT/v2`)."""

    def __init__(self, url):
        self.url = url

    def upload(self, kind, text, namespace):
        """Creates definitions; `kind` is workflows, actions or workbooks."""
        return self._ask('POST', kind, text.encode(), 'text/plain', namespace=namespace)

    def start(self, workflow, namespace, workflow_input, params):
        """Starts an execution and returns its id."""
        return self._send('POST', 'executions', {
            'workflow_name': workflow, 'workflow_namespace': namespace,
            'input': json.dumps(workflow_input), 'params': json.dumps(params)})['id']

    def execution(self, execution_id):
        return self._ask('GET', f'executions/{execution_id}')

    def tasks(self, execution_id):
        return self._ask('GET', 'tasks', workflow_execution_id=execution_id)['tasks']

    def task(self, task_id):
        return self._ask('GET', f'tasks/{task_id}')

    def actions(self, task_id):
        return self._ask('GET', f'tasks/{task_id}/action_executions', include_output='true')['action_executions']

    def children(self, task_id):
        """The sub-workflow executions of a task."""
        return self._ask('GET', f'tasks/{task_id}/workflow_executions')['executions']

    def change(self, what, identifier, fields):
        """Updates an execution, a task or an action execution."""
        return self._send('PUT', f'{what}/{identifier}', fields)

    def _send(self, method, path, data):
        return self._ask(method, path, json.dumps(data).encode(), 'application/json')

    def _ask(self, method, path, body=None, content_type=None, **query):
        address = f'{self.url}/{path}?{urllib.parse.urlencode(query)}'
        headers = {'Content-Type': content_type} if content_type else {}
        request = urllib.request.Request(address, body, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=300) as answer:
                return json.loads(answer.read() or b'null')
        except urllib.error.HTTPError as error:
            raise Refused(error.code, reason(error.read().decode(errors='replace'))) from None


def reason(body):
    """The first line of the reason that an error's body gives."""
    try:
        body = json.loads(body)['faultstring']
    except (ValueError, KeyError, TypeError):
        pass
    return body.strip().partition('\n')[0]
