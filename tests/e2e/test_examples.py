"""Every folder of examples/ runs, by `ostro run`, by the API, or both."""

import json

import pytest

from client import finished, start
from program import run
from ssh_server import USER

ALLOW_LOOPBACK = ('--set', 'action_std_http.denied_cidrs=[]')
OFFLINE = {
    'hello': ({'name': 'Riga'}, {'greeting': 'Hello, Riga!'}),
    'join': ({}, {'sum': 5, 'first': 'fast'}),
    'retry_and_timeout': ({}, {'waited': True, 'slow_task': 'Task timed out [timeout(s)=1].'}),
    'sub_workflows': ({}, {'total': 11, 'priced': [{'article': 'bread', 'amount': 8}, {'article': 'milk', 'amount': 3}]}),
}
WITH_SERVERS = {'upgrade_kernel', 'health_check', 'crawl_and_report', 'reconfigure_subset'}


def test_every_example_is_tested(examples):
    folders = {path.name for path in examples.iterdir() if path.is_dir()}
    assert folders == set(OFFLINE) | WITH_SERVERS
    for name in folders:
        assert (examples / name / f'{name}.yaml').exists()
        assert (examples / name / 'README.md').exists()


def test_every_example_is_well_formed(examples):
    done = run('lint', *sorted(examples.glob('*/*.yaml')))
    assert (done.returncode, done.stdout) == (0, '')


@pytest.mark.parametrize('name', OFFLINE)
def test_offline_example(examples, name):
    given, expected = OFFLINE[name]
    inputs = [part for key, value in given.items() for part in ('--input', f'{key}={json.dumps(value)}')]
    done = run('run', examples / name / f'{name}.yaml', *inputs)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == expected


def test_health_check(examples, web_server, tmp_path):
    path = examples / 'health_check/health_check.yaml'

    def check(*services):
        values = tmp_path / 'services.json'
        values.write_text(json.dumps({'services': [{'name': n, 'url': u} for n, u in services]}))
        done = run('run', path, '--input', f'@{values}', '--json', *ALLOW_LOOPBACK)
        return done.returncode, json.loads(done.stdout)

    good = ('shop', f'{web_server.url}/json')
    code, result = check(good)
    assert (code, result['output']) == (0, {'healthy': ['shop']})
    code, result = check(good, ('till', f'{web_server.url}/status/500'), ('stock', 'http://127.0.0.1:9/'))
    assert (code, result['state']) == (1, 'ERROR')
    assert result['output'] == {'result': 'Not healthy - till, stock', 'healthy': ['shop'], 'unhealthy': ['till', 'stock']}


def test_crawl_and_report(examples, web_server, tmp_path):
    pages = [f'{web_server.url}/{page}' for page in ('text', 'huge/1000', 'redirect/1', 'status/404')]
    values = tmp_path / 'urls.json'
    values.write_text(json.dumps({'urls': pages}))
    done = run('run', examples / 'crawl_and_report/crawl_and_report.yaml', '--input', f'@{values}', *ALLOW_LOOPBACK)
    assert done.returncode == 0, done.stderr
    output = json.loads(done.stdout)
    assert output['fetched'] == 3
    assert output['failed'] == [pages[3]]
    assert output['largest'] == pages[1]
    assert output['characters'] > 1000


def test_reconfigure_subset(examples, ssh_servers, keys, tmp_path):
    config = tmp_path / 'shop.conf'
    config.write_text('colour=red\nsize=3\n')
    hosts = [{'name': name, 'role': role, 'address': ssh_servers[name].address}
             for name, role in (('web-1', 'web'), ('db-1', 'db'), ('web-2', 'web'))]
    values = tmp_path / 'input.json'
    values.write_text(json.dumps({
        'hosts': hosts, 'role': 'db', 'option': 'colour', 'value': 'blue', 'username': USER,
        'private_key_filename': str(keys.user), 'config_file': str(config)}))
    path = examples / 'reconfigure_subset/reconfigure_subset.yaml'
    done = run('run', path, '--input', f'@{values}')
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {'changed': ['db-1'], 'lines': [{'name': 'db-1', 'line': 'colour=blue'}]}
    assert config.read_text() == 'size=3\ncolour=blue\n'

    done = run('run', path, '--input', f'@{values}', '--input', 'role=mail', '--json')
    assert done.returncode == 1
    assert json.loads(done.stdout)['state_info'] == 'No host plays the role mail.'


def test_upgrade_kernel_and_mend_the_failed_host(api, mistral, examples, ssh_servers, keys, mail_server, tmp_path):
    names = ['web-1', 'web-2', 'db-1']
    broken = tmp_path / 'broken'
    broken.write_text('db-1')
    upgraded = tmp_path / 'upgraded'
    command = (f'if [ "$(cat {broken})" = "$HOST_NAME" ]; then echo "no space left" >&2; exit 100; fi; '
               f'echo "$HOST_NAME" >> {upgraded}; echo updated')
    api.workflows.create((examples / 'upgrade_kernel/upgrade_kernel.yaml').read_text())
    execution = start(api, 'upgrade_kernel', {
        'hosts': [{'name': name, 'address': ssh_servers[name].address} for name in names],
        'username': USER, 'private_key_filename': str(keys.user), 'gateway_host': ssh_servers['gateway'].address,
        'email_info': {'from_email': 'ostro@localhost', 'to_email': 'ops@localhost', 'smtp_server': mail_server.address},
        'upgrade_command': command})

    ended = finished(api, execution)
    assert ended.state == 'ERROR'
    assert json.loads(ended.output)['updated'] == ['web-1', 'web-2']
    assert json.loads(ended.output)['not_updated'] == ['db-1']
    first, = mail_server.mails
    text = first.get_content()
    assert 'Number of updated VMs: 2' in text
    assert 'Updated: web-1, web-2' in text and 'Not updated: db-1' in text

    broken.write_text('')
    upgrade, = [task for task in api.tasks.list(execution) if task.name == 'upgrade']
    mistral.text('task-rerun', '--resume', upgrade.id)
    ended = finished(api, execution)
    assert ended.state == 'SUCCESS'
    assert json.loads(ended.output) == {'updated': names, 'not_updated': []}
    assert len(mail_server.mails) == 2
    assert 'Number of updated VMs: 3' in mail_server.mails[1].get_content()
    # Only the failed host was done again.
    assert sorted(upgraded.read_text().split()) == ['db-1', 'web-1', 'web-2']
