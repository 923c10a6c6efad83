"""A session with every command of the clients: `mistral …`, and `openstack …` for the same commands.

A step names the command of each client (None where it has none) and the arguments. `{word}` in an argument is a value
that an earlier step saved from its table, or a file.
"""

WORKFLOWS = """version: '2.0'
tour:
  description: goes round
  tags: [blue]
  input: [text: hello]
  output: {text: <% $.said %>}
  tasks:
    say:
      action: std.echo output=<% $.text %>
      publish: {said: <% task().result %>}
      on-success: hold
    hold:
      action: std.noop
tour_fails: {tasks: {boom: {action: std.fail}}}
tour_waits: {tasks: {wait: {action: std.async_noop}}}
tour_parent: {tasks: {sub: {workflow: tour}}}
"""
FILES = {
    'workflows': WORKFLOWS,
    'workflow': "version: '2.0'\ntour: {input: [text], tasks: {say: {action: std.echo output=<% $.text %>}}}\n",
    'bad': "version: '2.0'\ntour: {tasks: {}}\n",
    'workbook': "version: '2.0'\nname: tour_book\ntags: [shelf]\nworkflows: {main: {tasks: {t: {action: std.noop}}}}\n",
    'actions': "version: '2.0'\ntour_shout:\n  description: shouts\n  input: [text, mark: '!']\n  base: std.echo\n"
               "  base-input: {output: <% $.text %>}\n",
    'environment': '{"name": "tour_lab", "description": "d", "variables": "{\\"a\\": 1}"}',
    'input': '{"text": "there"}',
    'module': 'class A:\n    pass\n',
}
DONE = {'State': 'SUCCESS'}

STEPS = [
    # workbooks
    ('workbook-validate', 'workbook validate', '{workbook}'),
    ('workbook-validate', 'workbook validate', '{bad}'),
    ('workbook-create', 'workbook create', '{workbook}'),
    ('workbook-create', 'workbook create', '{workbook}'),
    ('workbook-update', 'workbook update', '{workbook}'),
    ('workbook-list', 'workbook list', ''),
    ('workbook-get', 'workbook show', 'tour_book'),
    ('workbook-get', 'workbook show', 'nope'),
    ('workbook-get-definition', 'workbook definition show', 'tour_book'),
    ('workbook-delete', 'workbook delete', 'tour_book'),
    # workflows
    ('workflow-validate', 'workflow validate', '{workflows}'),
    ('workflow-validate', 'workflow validate', '{bad}'),
    ('workflow-create', 'workflow create', '{bad}'),
    ('workflow-create', 'workflow create', '{workflows}'),
    ('workflow-create', 'workflow create', '{workflows}'),
    ('workflow-create', 'workflow create', '{workflow} --namespace other'),
    ('workflow-list', 'workflow list', ''),
    ('workflow-list', 'workflow list', '--filter name=tour_fails'),
    ('workflow-get', 'workflow show', 'tour', {'tour': 'ID'}),
    ('workflow-get', 'workflow show', 'tour --namespace other'),
    ('workflow-get', 'workflow show', 'nope'),
    ('workflow-get-definition', 'workflow definition show', 'tour'),
    ('workflow-update', 'workflow update', '{workflows}'),
    ('workflow-update', 'workflow update', '{workflow} --namespace other'),
    ('workflow-delete', 'workflow delete', 'tour --namespace other'),
    ('workflow-delete', 'workflow delete', 'nope'),
    # environments
    ('environment-create', 'workflow env create', '{environment}'),
    ('environment-create', 'workflow env create', '{environment}'),
    ('environment-update', 'workflow env update', '{environment}'),
    ('environment-list', 'workflow env list', ''),
    ('environment-get', 'workflow env show', 'tour_lab'),
    ('environment-get', 'workflow env show', 'nope'),
    # executions
    ('execution-create', 'workflow execution create', 'tour', {'execution': 'ID'}),
    ('execution-get', 'workflow execution show', '{execution}', {}, DONE),
    ('execution-create', 'workflow execution create', 'tour {input} -d mine', {'second': 'ID'}),
    ('execution-get', 'workflow execution show', '{second}', {}, DONE),
    ('execution-create', 'workflow execution create', 'nope'),
    ('execution-create', 'workflow execution create', 'tour_fails', {'failed': 'ID'}),
    ('execution-get', 'workflow execution show', '{failed}', {}, {'State': 'ERROR'}),
    ('execution-create', 'workflow execution create', 'tour_parent', {'parent': 'ID'}),
    ('execution-get', 'workflow execution show', '{parent}', {}, DONE),
    ('execution-create', 'workflow execution create', 'tour_waits', {'held': 'ID'}),
    ('execution-list', 'workflow execution list', ''),
    ('execution-list', 'workflow execution list', '--rootsonly --filter state=ERROR'),
    ('execution-get-input', 'workflow execution input show', '{second}'),
    ('execution-get-output', 'workflow execution output show', '{second}'),
    ('execution-get-published', 'workflow execution published show', '{second}'),
    ('execution-get-report', 'workflow execution report show', '{failed}'),
    ('execution-get-report', 'workflow execution report show', '{parent} --no-errors-only'),
    ('execution-get-sub-executions', None, '{parent}'),
    ('execution-update', 'workflow execution update', '{held} -d described'),
    ('execution-update', 'workflow execution update', '{held} -s PAUSED'),
    ('execution-update', 'workflow execution update', '{held} -s RUNNING'),
    ('execution-delete', 'workflow execution delete', '{held}'),
    # tasks
    ('task-list', 'task execution list', '{execution}'),
    ('task-list', 'task execution list', '{failed}', {'boom': 'ID'}),
    ('task-list', 'task execution list', '{parent}', {'sub': 'ID'}),
    ('task-list', 'task execution list', '{second} --filter name=say', {'say': 'ID'}),
    ('task-get', 'task execution show', '{say}'),
    ('task-get-result', 'task execution result show', '{say}'),
    ('task-get-published', 'task execution published show', '{say}'),
    ('task-get-sub-executions', None, '{sub}'),
    ('task-rerun', 'task execution rerun', '{say}'),
    # actions
    ('action-validate', None, '{actions}'),
    ('action-create', 'action definition create', '{actions}'),
    ('action-create', 'action definition create', '{actions}'),
    ('action-update', 'action definition update', '{actions}'),
    ('action-list', 'action definition list', '--filter name=tour_shout'),
    ('action-get', 'action definition show', 'tour_shout'),
    ('action-get', 'action definition show', 'nope'),
    ('action-get-definition', 'action definition definition show', 'tour_shout'),
    # action executions
    ('run-action', 'action execution run', 'std.echo {"output":"hi"}'),
    ('run-action', 'action execution run', 'tour_shout {"text":"hi"} -s', {'ran': 'ID'}),
    ('action-execution-get', 'action execution show', '{ran}', {}, DONE),
    ('run-action', 'action execution run', 'tour_shout {"text":"hi"} --run-sync'),
    ('run-action', 'action execution run', 'std.async_noop -s', {'waiting': 'ID'}),
    ('run-action', 'action execution run', 'nope'),
    ('action-execution-list', 'action execution list', '{say}'),
    ('action-execution-get', 'action execution show', '{ran}'),
    ('action-execution-get-input', 'action execution input show', '{ran}'),
    ('action-execution-get-output', 'action execution output show', '{ran}'),
    ('action-execution-update', 'action execution update', '{waiting} --state SUCCESS --output {"a":1}'),
    ('action-execution-delete', 'action execution delete', '{ran}'),
    # triggers
    ('cron-trigger-create', 'cron trigger create', 'tour_cron tour --pattern 0%3%1%1%*'),
    ('cron-trigger-create', 'cron trigger create', 'tour_bad tour --pattern nonsense'),
    ('cron-trigger-list', 'cron trigger list', ''),
    ('cron-trigger-get', 'cron trigger show', 'tour_cron'),
    ('cron-trigger-delete', 'cron trigger delete', 'tour_cron'),
    ('event-trigger-create', 'event trigger create', 'tour_event {tour} e t compute.create', {'trigger': 'ID'}),
    ('event-trigger-list', 'event trigger list', ''),
    ('event-trigger-get', 'event trigger show', '{trigger}'),
    ('event-trigger-delete', 'event trigger delete', '{trigger}'),
    # members: refused without authentication
    ('member-create', 'resource member create', '{tour} workflow project'),
    ('member-list', 'resource member list', '{tour} workflow'),
    ('member-get', 'resource member show', '{tour} workflow -m project'),
    ('member-update', 'resource member update', '{tour} workflow -m project'),
    ('member-delete', 'resource member delete', '{tour} workflow project'),
    # code: for administrators, which a client without authentication is not
    ('code-source-create', 'code source create', 'tour_module {module}'),
    ('code-source-update', 'code source update', 'tour_module {module}'),
    ('code-source-list', 'code source list', ''),
    ('code-source-get', 'code source show', 'tour_module'),
    ('code-source-get-content', 'code source content show', 'tour_module'),
    ('code-source-delete', 'code source delete', 'tour_module'),
    ('dynamic-action-create', 'dynamic action create', 'tour_dynamic A tour_module'),
    ('dynamic-action-update', 'dynamic action update', 'tour_dynamic --class-name B'),
    ('dynamic-action-list', 'dynamic action list', ''),
    ('dynamic-action-get', 'dynamic action show', 'tour_dynamic'),
    ('dynamic-action-delete', 'dynamic action delete', 'tour_dynamic'),
    # and all of it away again
    ('execution-delete', 'workflow execution delete', '{held} --force'),
    ('execution-delete', 'workflow execution delete', '{execution} {second} {failed} {parent}'),
    ('action-execution-delete', 'action execution delete', '{waiting}'),
    ('action-delete', 'action definition delete', 'tour_shout'),
    ('environment-delete', 'workflow env delete', 'tour_lab'),
    ('workflow-delete', 'workflow delete', 'tour tour_fails tour_waits tour_parent tour_book.main'),
    ('bash-completion', None, ''),
]
