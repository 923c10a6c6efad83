"""The examples in deploy/: units that systemd understands, a cluster that runs as compose.yaml says."""

import json
import re
import shutil
import subprocess

import pytest
import yaml

from postgres import shared
from program import BINARY, ROOT, Server, clean_environment, run
from waiting import until

DEPLOY = ROOT / 'deploy'
UNITS = sorted((DEPLOY / 'systemd').glob('*.service'))


def settings_of(unit):
    """Lines of the unit, by name."""
    lines = (line.partition('=') for line in unit.read_text().splitlines() if '=' in line)
    return {name: value for name, _, value in lines}


@pytest.mark.parametrize('unit', UNITS, ids=lambda unit: unit.name)
def test_units_are_understood(unit, tmp_path):
    settings = settings_of(unit)
    assert settings['ExecStart'].startswith('/usr/local/bin/ostro serve ') and settings['Restart'] == 'always'
    if not shutil.which('systemd-analyze'):
        return
    # systemd looks whether the program is there.
    here = tmp_path / unit.name
    here.write_text(unit.read_text().replace('/usr/local/bin/ostro', str(BINARY)))
    checked = subprocess.run(
        ['systemd-analyze', 'verify', here], capture_output=True, text=True, check=False)
    assert unit.name.partition('@')[0] not in checked.stderr, checked.stderr


@pytest.mark.parametrize('unit', UNITS, ids=lambda unit: unit.name)
def test_units_start_the_program(unit, tmp_path):
    """With the arguments and the environment of the unit, but for places."""
    command = settings_of(unit)['ExecStart'].replace('%i', '0').replace('%H', 'here').replace(':8989', ':0')
    command = command.replace('/var/lib/ostro', str(tmp_path)).split()
    environment = {}
    if 'EnvironmentFile' in settings_of(unit):
        text = (DEPLOY / 'systemd/node.env').read_text()
        [(name, example)] = re.findall(r'^(\w+)=(.*)$', text, re.MULTILINE)
        assert example.startswith('postgres://')
        environment[name] = shared().create('deployed_unit')
    Started(tmp_path, command[2:], environment).check_and_stop()


class Started(Server):
    """`ostro serve` with given arguments and environment."""

    def __init__(self, folder, arguments, environment):
        super().__init__(folder)
        self.process = subprocess.Popen(
            [BINARY, 'serve', *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=(self.folder / 'server.log').open('ab'), env=clean_environment(environment))
        self.url = self._first_line(seconds=20).decode()

    def check_and_stop(self):
        assert run('workflow', 'list', '--url', self.url).returncode == 0
        assert self.stop() == 0


def services():
    """As compose merges them; it has the same YAML."""
    return yaml.safe_load((DEPLOY / 'compose/compose.yaml').read_text())['services']


def test_the_composed_cluster_runs(tmp_path):
    found = services()
    nodes = {name: service for name, service in found.items() if service['image'] == 'ostro'}
    assert sorted(nodes) == ['node-1', 'node-2', 'node-3'] and 'database' in found
    start = re.search(r'^ENTRYPOINT (.*)$', (DEPLOY / 'compose/Dockerfile').read_text(), re.MULTILINE).group(1)
    arguments = json.loads(start)[2:]
    assert json.loads(start)[:2] == ['ostro', 'serve']
    arguments[arguments.index('0.0.0.0:8989')] = '127.0.0.1:0'
    url = shared().create('deployed_cluster')
    running = []
    try:
        for service in nodes.values():
            assert all(port.startswith('127.0.0.1:') for port in service['ports'])
            environment = service['environment'] | {'OSTRO_DATABASE__CONNECTION': url}
            running.append(Started(tmp_path, arguments, environment))

        def listed():
            shown = json.loads(run('node', 'list', '--url', running[0].url, '--json').stdout)
            return sorted(one['name'] for one in shown if one['state'] == 'ALIVE') == sorted(nodes)
        until(listed, 20, 'three nodes')
    finally:
        for server in running:
            server.kill()

