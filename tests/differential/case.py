"""Runs one case on a service and says what came of it.

A case is a dictionary: `name`; the definitions `yaml` (workflows), `actions`, `workbook`; `workflow` (default `wf`),
`input`, `params`; and `steps` that act on the execution (see `Run.step`). What came of it contains nothing
that differs from run to run: ids and times are masked, and lists have a canonical order.
"""

import json
import re
import time
import uuid

from service import Refused

AT_REST = ('SUCCESS', 'ERROR', 'CANCELLED', 'PAUSED')
COMPLETED = ('SUCCESS', 'ERROR', 'CANCELLED', 'SKIPPED')
VERSION = "version: '2.0'\n"
MASKS = [
    (re.compile(r'[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'), '<id>'),
    (re.compile(r'\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?'), '<time>'),
    (re.compile(r' object at 0x[0-9a-f]+'), ' object'),
    # What follows these texts is a trace.
    (re.compile(r':?\n+Traceback \(most recent call last\)[\s\S]*'), ''),
    (re.compile(r'(Failed to (?:run task|handle action completion|complete task|complete action) \[.*\]):\n[\s\S]*'), r'\1'),
    (re.compile(r'(Failed to check and complete \[.*)\n[\s\S]*'), r'\1'),
]


class Patience:
    """How long to wait: `limit` for a case's end, `quiet` for changes in what may never end (seconds)."""

    def __init__(self, limit, quiet, poll):
        self.limit, self.quiet, self.poll = limit, quiet, poll


def outcome(service, case, patience):
    """Uploads the definitions, runs the workflow with all steps, and returns what came of it."""
    run = Run(service, case, patience)
    try:
        run.upload()
    except Refused as refusal:
        return {'accepted': False, 'refusal': run.refusal(refusal)}
    if case.get('workflow') == '':
        return {'accepted': True}
    try:
        run.start()
    except Refused as refusal:
        return {'accepted': True, 'start': run.refusal(refusal)}
    answers = [run.step(step) for step in case.get('steps', [])]
    run.settle()
    found = {'accepted': True, **run.execution(run.id)}
    return found | ({'steps': answers} if answers else {})


class Run:
    """A case on its way through a service, in a namespace of its own."""

    def __init__(self, service, case, patience):
        self.service, self.case, self.patience = service, case, patience
        self.namespace = f"{case['name']}.{uuid.uuid4().hex[:8]}"
        self.id = None

    def upload(self):
        for key, kind in (('actions', 'actions'), ('workbook', 'workbooks'), ('yaml', 'workflows')):
            if key in self.case:
                self.service.upload(kind, with_version(self.case[key]), self.namespace)

    def start(self):
        self.id = self.service.start(
            self.case.get('workflow', 'wf'), self.namespace, self.case.get('input', {}), self.case.get('params', {}))

    def step(self, step):
        """Does one step and returns `ok` or the refusal:

        {until: {execution: PAUSED, t1: RUNNING}}   wait for states of the execution and of tasks
        {settle: true}                              wait until all has come to rest
        {execution: PAUSED, env: {}, info: text}    change the state of the execution
        {task: t1, state: RUNNING, reset: true}     rerun (RUNNING) or skip (SKIPPED) a task
        {action: t1, index: 0, state: SUCCESS, output: {}}   complete or pause an action of a task
        """
        try:
            if 'until' in step:
                self.until(step['until'])
            elif 'settle' in step:
                self.settle()
            elif 'execution' in step:
                self.change_execution(step)
            elif 'task' in step:
                self.change_task(step)
            else:
                self.change_action(step)
            return 'ok'
        except Refused as refusal:
            return self.refusal(refusal)

    def change_execution(self, step):
        fields = {'state': step['execution']} if step['execution'] else {}
        fields |= {'state_info': step['info']} if 'info' in step else {}
        fields |= {'params': json.dumps({'env': step['env']})} if 'env' in step else {}
        self.service.change('executions', self.id, fields)

    def change_task(self, step):
        fields = {key: step[key] for key in ('state', 'reset') if key in step}
        fields |= {'env': json.dumps(step['env'])} if 'env' in step else {}
        task = self.find_task(step['task'])
        self.service.change('tasks', task['id'], {'id': task['id'], 'name': task['name']} | fields)

    def change_action(self, step):
        def running():
            task = self.find_task(step['action'])
            actions = [a for a in self.service.actions(task['id']) if a['state'] in ('RUNNING', 'PAUSED', 'IDLE')]
            wanted = [a for a in actions if step.get('input') in (None, json.loads(a['input']))]
            return wanted and wanted[0]
        action = self.wait(running, f"a running action of {step['action']}")
        fields = {'state': step['state']}
        fields |= {'output': json.dumps(step['output'])} if 'output' in step else {}
        self.service.change('action_executions', action['id'], fields)

    def find_task(self, name):
        """The latest execution of a task, in this execution or (`sub/t`) in a sub-workflow of a task."""
        execution_id = self.id
        *parents, name = name.split('/')
        for parent in parents:
            task = self.latest(execution_id, parent)
            execution_id = self.service.children(task['id'])[-1]['id']
        return self.latest(execution_id, name)

    def latest(self, execution_id, name):
        tasks = [task for task in self.service.tasks(execution_id) if task['name'] == name]
        if not tasks:
            raise Refused(404, f'there is no task {name} yet')
        return max(tasks, key=lambda task: (task['created_at'] or '', task['id']))

    def until(self, states):
        def reached():
            for name, state in states.items():
                if name == 'execution':
                    found = [self.service.execution(self.id)['state']]
                else:
                    found = [task['state'] for task in self.service.tasks(self.id) if task['name'] == name]
                if state not in found:
                    return False
            return True
        self.wait(reached, f'the states {states}')

    def wait(self, condition, what):
        deadline = time.monotonic() + self.patience.limit
        while not (value := condition()):
            if time.monotonic() > deadline:
                raise AssertionError(f"{self.case['name']}: waited in vain for {what}")
            time.sleep(self.patience.poll)
        return value

    def settle(self):
        """Waits until nothing more will happen by itself, or until nothing has happened for a while."""
        seen, since = None, time.monotonic()
        deadline = since + self.patience.limit
        while True:
            state = self.service.execution(self.id)['state']
            tasks = self.service.tasks(self.id) if state in AT_REST else []
            if state in AT_REST and all(at_rest(task, state) for task in tasks):
                return
            now, picture = time.monotonic(), (state, [(task['id'], task['state']) for task in tasks])
            if picture != seen:
                seen, since = picture, now
            if now - since > self.patience.quiet and (state in AT_REST or not self.waits()):
                return
            if now > deadline:
                raise AssertionError(f"{self.case['name']} does not come to rest: {picture}")
            time.sleep(self.patience.poll)

    def waits(self):
        """Does a task wait for the clock?"""
        return any(task['state'] == 'DELAYED' for task in self.service.tasks(self.id))

    def execution(self, execution_id):
        found = self.service.execution(execution_id)
        tasks = [self.task(task['id']) for task in self.service.tasks(execution_id)]
        return {
            'name': found['workflow_name'],
            'state': found['state'],
            'state_info': self.mask(found['state_info']),
            'input': self.mask(parsed(found['input'])),
            'output': self.mask(parsed(found['output'])),
            'globals': self.mask(parsed(found.get('published_global'))),
            'tasks': in_order(tasks),
        }

    def task(self, task_id):
        task = self.service.task(task_id)
        found = {
            'name': task['name'],
            'state': task['state'],
            'state_info': self.mask(task['state_info']),
            'published': self.mask(parsed(task['published'])),
            'result': self.mask(parsed(task.get('result'))),
        }
        if task['type'] == 'WORKFLOW':
            children = [self.execution(child['id']) for child in self.service.children(task_id)]
            return found | {'workflows': in_order(children)}
        return found | {'actions': in_order([self.action(action) for action in self.service.actions(task_id)])}

    def action(self, action):
        return {
            'name': action['name'],
            'state': action['state'],
            'accepted': action['accepted'],
            'input': self.mask(parsed(action['input'])),
            'output': self.mask(parsed(action.get('output'))),
        }

    def refusal(self, refusal):
        return f'{refusal.status}: {self.mask(refusal.reason)}'

    def mask(self, value):
        if isinstance(value, str):
            value = value.replace(self.namespace, '<namespace>')
            for pattern, replacement in MASKS:
                value = pattern.sub(replacement, value)
            return value
        if isinstance(value, list):
            return [self.mask(item) for item in value]
        if isinstance(value, dict):
            return {self.mask(key): self.mask(item) for key, item in value.items()}
        return value


def at_rest(task, execution_state):
    """A task that nothing will move: completed, or kept by the state of its execution."""
    if task['state'] in COMPLETED:
        return True
    if task['state'] in ('IDLE', 'WAITING', 'PAUSED'):
        return execution_state == 'PAUSED'
    return False


def with_version(text):
    return text if text.lstrip().startswith('version') else VERSION + text


def parsed(text):
    """A JSON text of the API as data; a text that is none stays as it is."""
    if not isinstance(text, str):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def in_order(items):
    return sorted(items, key=lambda item: (item['name'], json.dumps(item, sort_keys=True)))
