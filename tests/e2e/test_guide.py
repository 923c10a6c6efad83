"""Runs the guide: its files are written, its commands typed, and what it shows is what they print."""

import pathlib
import re
import signal
import socket
import subprocess

import pytest

from program import BINARY, Server, clean_environment
from waiting import until

GUIDE = pathlib.Path(__file__).resolve().parents[2] / 'docs/guide.md'
BLOCK = re.compile(r'(?:<!-- file: (?P<file>\S+) -->\n)?```(?P<kind>[^\n]*)\n(?P<text>.*?)```\n', re.DOTALL)
# Ports of the guide, which may be taken here.
PORTS = ('8001', '8002')


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(('127.0.0.1', port)) == 0


def matches(pattern, line):
    """Whether a line is as shown; `…` stands for anything, and columns may be wider."""
    parts = [r'\s+'.join(map(re.escape, part.split(' '))) for part in pattern.strip().split('…')]
    return re.fullmatch('.*'.join(parts), line.strip()) is not None


class Reader:
    """Somebody who types what the guide says."""

    def __init__(self, folder):
        self.folder = folder
        self.ports = {port: str(free_port()) for port in PORTS}
        self.environment = clean_environment({'PATH': f'{BINARY.parent}:/usr/bin:/bin'})
        self.server = None
        self.background = []
        self.printed = ''

    def read(self, block):
        text = self.with_ports(block['text'])
        kind, *options = block['kind'].split() or ['']
        if block['file']:
            (self.folder / block['file']).write_text(text)
        elif kind == 'sh':
            self.type(text, options)
        elif kind == '' and 'cargo build' not in text:
            self.compare(text)

    def with_ports(self, text):
        for port, here in self.ports.items():
            text = text.replace(port, here)
        return text

    def type(self, text, options):
        if 'server' in options:
            self.server = Server(self.folder, 'action_std_http.denied_cidrs=[]').start()
            self.environment['OSTRO_URL'] = self.server.url
            return
        if 'background' in options:
            self.start(text.strip())
            return
        wanted = int(next((option[5:] for option in options if option.startswith('exit=')), 0))
        for command in text.strip().splitlines():
            done = subprocess.run(['bash', '-c', command], cwd=self.folder, env=self.environment, timeout=60,
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
            assert done.returncode == wanted, f'{command}: {done.returncode}\n{done.stdout}{done.stderr}'
            self.printed = done.stdout

    def start(self, command):
        process = subprocess.Popen(['bash', '-c', f'exec {command}'], cwd=self.folder, env=self.environment,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        self.background.append(process)
        port = next(here for here in self.ports.values() if here in command)
        until(lambda: listens(int(port)), 20, command)

    def compare(self, text):
        lines = self.printed.splitlines()
        for shown in text.strip().splitlines():
            assert any(matches(shown, line) for line in lines), f'{shown!r} is not in\n{self.printed}'

    def stop(self):
        for process in self.background:
            process.send_signal(signal.SIGKILL)
            process.wait()
        if self.server:
            self.server.kill()


@pytest.fixture
def reader(tmp_path):
    reader = Reader(tmp_path)
    yield reader
    reader.stop()


def test_the_guide(reader):
    blocks = [match.groupdict() for match in BLOCK.finditer(GUIDE.read_text())]
    assert len(blocks) > 20
    for block in blocks:
        reader.read(block)


def test_no_command_is_left_out():
    """Every fenced block is one that the test above runs, compares or writes."""
    kinds = {(match['kind'].split() or [''])[0] for match in BLOCK.finditer(GUIDE.read_text())}
    assert kinds == {'sh', 'yaml', ''}
    fences = sum(line.startswith('```') for line in GUIDE.read_text().splitlines())
    assert fences == 2 * len(BLOCK.findall(GUIDE.read_text()))
