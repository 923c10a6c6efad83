"""Cron triggers through the unmodified client, and what Ostro adds to them."""

import datetime
import json
import re

import pytest
import requests

import client
from client import CommandFailed
from ssh_server import USER
from waiting import until

WORKFLOW = '''
version: '2.0'
{name}:
  input: [who]
  output:
    at: <% execution().params.scheduled_time %>
    who: <% $.who %>
  tasks:
    nothing:
      action: std.noop
'''


def minute_from_now(minutes):
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)
    return at.strftime('%Y-%m-%d %H:%M')


def test_the_client_makes_lists_shows_and_deletes_a_trigger(mistral, definition):
    mistral.text('workflow-create', definition(WORKFLOW.format(name='cron_flow')))
    created = mistral.fields(
        'cron-trigger-create', 'nightly', 'cron_flow', '{"who": "me"}', '--pattern', '0 2 * * mon', '--count', '3',
        '--first-time', minute_from_now(90), '--params', '{"env": {"a": 1}}')
    assert created['Name'] == 'nightly'
    assert created['Workflow'] == 'cron_flow'
    assert created['Pattern'] == '0 2 * * mon'
    assert created['Remaining executions'] == '3'
    assert created['Next execution time'].endswith(':00')
    assert json.loads(created['Params']) == {'env': {'a': 1}}

    listed = {row['Name']: row for row in mistral.rows('cron-trigger-list')}
    assert listed['nightly']['Pattern'] == '0 2 * * mon'
    assert mistral.fields('cron-trigger-get', 'nightly')['Remaining executions'] == '3'
    with pytest.raises(CommandFailed, match="Can't delete workflow that has cron triggers associated"):
        mistral.text('workflow-delete', 'cron_flow')
    with pytest.raises(CommandFailed, match='Duplicate entry for cron trigger'):
        mistral.text('cron-trigger-create', 'nightly', 'cron_flow', '{"who": 1}', '--pattern', '* * * * *')
    with pytest.raises(CommandFailed, match=r'The specified pattern is not valid: \* \* \*'):
        mistral.text('cron-trigger-create', 'bad', 'cron_flow', '{"who": 1}', '--pattern', '* * *')
    mistral.text('cron-trigger-delete', 'nightly')
    with pytest.raises(CommandFailed, match='Cron trigger not found'):
        mistral.text('cron-trigger-get', 'nightly')
    mistral.text('workflow-delete', 'cron_flow')


def test_a_trigger_fires_once_a_time_and_its_history_says_so(api, url):
    api.workflows.create(WORKFLOW.format(name='cron_fires'))
    trigger = api.cron_triggers.create(
        'often', 'cron_fires', workflow_input={'who': 'me'}, pattern='* * * * * *', count=None)
    path = f'{url}/cron_triggers/{trigger.id}'

    def three():
        fires = requests.get(f'{path}/fires?sort_keys=id', timeout=20).json()['fires']
        return fires if len(fires) >= 3 and all(fire['state'] == 'STARTED' for fire in fires) else None
    fires = until(three, 20, 'three fires')
    assert requests.put(path, json={'enabled': False}, timeout=20).status_code == 200
    times = [fire['scheduled_time'] for fire in fires]
    assert len(set(times)) == len(times)
    for fire in fires:
        execution = client.finished(api, fire['execution_id'])
        assert json.loads(execution.output)['at'] == fire['scheduled_time']
        assert json.loads(execution.description)['triggered_by'] == {'type': 'cron_trigger', 'id': trigger.id}
    api.cron_triggers.delete('often')
    metrics = requests.get(url.replace('/v2', '/metrics'), timeout=20).text
    late = int(re.search(r'^ostro_cron_lateness_seconds_count (\d+)$', metrics, re.M)[1])
    assert late >= len(fires)


@pytest.mark.parametrize('again', range(3))
def test_no_fire_is_lost_or_doubled_by_a_kill(new_server, again):
    server = new_server().start()
    api = client.library(server.url)
    api.workflows.create(WORKFLOW.format(name='w'))
    trigger = {'name': 'all', 'workflow_name': 'w', 'workflow_input': {'who': 'me'}, 'pattern': '* * * * * *',
               'catch_up': 'all'}
    assert requests.post(f'{server.url}/cron_triggers', json=trigger, timeout=20).status_code == 201

    def fires(count):
        reply = requests.get(f'{server.url}/cron_triggers/all/fires?sort_keys=id', timeout=20).json()['fires']
        return reply if len(reply) >= count and all(fire['state'] == 'STARTED' for fire in reply) else None
    until(lambda: fires(1 + again), 20, 'the first fires')
    server.kill()
    server.start()
    found = until(lambda: fires(4 + again), 20, 'fires after the restart')
    times = [datetime.datetime.fromisoformat(fire['scheduled_time']) for fire in found]
    second = datetime.timedelta(seconds=1)
    assert times == [times[0] + second * i for i in range(len(times))]
    executions = {execution.id for execution in client.library(server.url).executions.list()}
    assert {fire['execution_id'] for fire in found} <= executions
    assert len(executions) - len(found) <= 2


def test_the_weekly_kernel_upgrade(api, url, examples, ssh_servers, keys, mail_server):
    names = ['web-1', 'web-2', 'db-1']
    api.workflows.create((examples / 'upgrade_kernel/upgrade_kernel.yaml').read_text().replace(
        'upgrade_kernel:', 'weekly_upgrade:').replace('report_upgrade', 'report_weekly_upgrade'))
    given = {
        'hosts': [{'name': name, 'address': ssh_servers[name].address} for name in names],
        'username': USER, 'private_key_filename': str(keys.user), 'gateway_host': ssh_servers['gateway'].address,
        'email_info': {'from_email': 'ostro@localhost', 'to_email': 'ops@localhost', 'smtp_server': mail_server.address},
        'upgrade_command': 'echo updated'}
    weekly = api.cron_triggers.create('weekly', 'weekly_upgrade', workflow_input=given, pattern='0 2 * * mon')
    at = datetime.datetime.fromisoformat(weekly.next_execution_time)
    assert (at.weekday(), at.hour, at.minute, at.second) == (0, 2, 0, 0)
    api.cron_triggers.delete('weekly')

    # The same, at the next second, once.
    soon = api.cron_triggers.create('soon', 'weekly_upgrade', workflow_input=given, pattern='* * * * * *', count=1)

    def started():
        ours = [one for one in api.executions.list() if soon.id in one.description]
        return ours[0] if ours else None
    ended = client.finished(api, until(started, 20, 'the upgrade').id, 60)
    assert ended.state == 'SUCCESS'
    assert json.loads(ended.output) == {'updated': names, 'not_updated': []}
    mail, = mail_server.mails
    assert 'Number of updated VMs: 3' in mail.get_content()
    assert requests.get(f'{url}/cron_triggers/soon', timeout=20).status_code == 404
