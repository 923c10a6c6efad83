"""Fixtures: a server for the whole run, its clients, and the servers that actions talk to."""

import pathlib

import pytest

import client
from mail_server import MailServer
from program import Server
from ssh_server import SshServer, make_keys
from web_server import WebServer

# Actions refuse loopback addresses unless they are told otherwise.
ALLOW_LOOPBACK = 'action_std_http.denied_cidrs=[]'


def pytest_addoption(parser):
    parser.addoption('--url', help='a running server to test instead of starting one (http://127.0.0.1:PORT/v2)')


@pytest.fixture(scope='session')
def url(request, tmp_path_factory):
    """The base address of the server that most tests share."""
    given = request.config.getoption('--url')
    if given:
        yield given
        return
    server = Server(tmp_path_factory.mktemp('server'), ALLOW_LOOPBACK).start()
    yield server.url
    assert server.alive(), f'the server died:\n{server.tail()}'
    server.stop()


@pytest.fixture
def mistral(url):
    """The `mistral` command line."""
    return client.CommandLine(url)


@pytest.fixture(scope='session')
def api(url):
    """The client library."""
    return client.library(url)


@pytest.fixture
def new_server(tmp_path):
    """Makes servers of a test's own: `new_server('section.option=value').start()`."""
    made = []

    def make(*settings, folder=tmp_path, kind=Server):
        made.append(kind(folder, ALLOW_LOOPBACK, *settings))
        return made[-1]

    yield make
    for server in made:
        server.kill()


@pytest.fixture
def definition(tmp_path):
    """Writes a definition to a file and returns its path."""
    def write(text, name='definition.yaml'):
        path = tmp_path / name
        path.write_text(text)
        return path
    return write


@pytest.fixture(scope='session')
def keys(tmp_path_factory):
    return make_keys(tmp_path_factory.mktemp('keys'))


@pytest.fixture(scope='session')
def ssh_servers(keys, tmp_path_factory):
    """Three servers and a gateway, by name."""
    folder = tmp_path_factory.mktemp('sshd')
    servers = {name: SshServer(name, folder, keys) for name in ('web-1', 'web-2', 'db-1', 'gateway')}
    yield servers
    for server in servers.values():
        server.stop()


@pytest.fixture
def mail_server():
    server = MailServer()
    yield server
    server.stop()


@pytest.fixture(scope='session')
def web_server():
    server = WebServer()
    yield server
    server.stop()


@pytest.fixture(scope='session')
def examples():
    return pathlib.Path(__file__).resolve().parents[2] / 'examples'
