"""Databases that fail for a while: callers hear it, and the service recovers by itself."""

import contextlib
import itertools
import os
import pathlib
import sqlite3
import subprocess
import tempfile

import pytest
import requests

from client import FINAL, finished, library, start
from conftest import ALLOW_LOOPBACK
from pgbouncer import PgBouncer
from postgres import Node, Postgres, shared
from program import FileServer
from waiting import until

WORKFLOWS = """
version: '2.0'
quick:
  input: [text: '']
  output: {said: <% $.said %>}
  tasks:
    say: {action: std.echo output='well', publish: {said: <% task().result %>}}
doze:
  tasks:
    wait: {action: std.sleep seconds=2, on-success: end}
    end: {action: std.noop}
ask:
  tasks:
    wait: {action: std.async_noop}
"""

# A byte that does not repeat: rows that are compressed would not fill a disk.
BULK = iter(lambda: os.urandom(15_000).hex(), None)

numbers = itertools.count()


def new_database():
    """A database of a test's own, and its name."""
    name = f'trouble_{next(numbers)}'
    return shared().create(name), name


@pytest.fixture
def made():
    """Servers that are killed at the end."""
    servers = []
    yield servers
    for server in servers:
        server.kill()


@pytest.fixture
def serve(tmp_path, made):
    def start_one(database, name, *settings):
        made.append(Node(tmp_path, database, name, ALLOW_LOOPBACK, *settings).start())
        return made[-1]
    return start_one


def ask(server, method, path, **options):
    return requests.request(method, f'{server.url}/{path}', timeout=40, **options)


def create(server, **given):
    return ask(server, 'POST', 'executions', json={'workflow_name': 'quick', 'input': given})


def define(server):
    ask(server, 'POST', 'workflows', data=WORKFLOWS, headers={'Content-Type': 'text/plain'}).raise_for_status()


def refused(answer, text):
    return answer.status_code == 503 and text in answer.json()['faultstring']


def all_end(server, executions):
    api = library(server.url)
    for execution in executions:
        assert finished(api, execution, 60).state == 'SUCCESS'


def until_refused(server, reason):
    """Starts executions until one is refused; gives those that were accepted."""
    accepted = []
    for _ in range(3000):
        answer = create(server, text=next(BULK))
        if answer.status_code != 201:
            assert refused(answer, reason), answer.text
            return accepted
        accepted.append(answer.json()['id'])
    raise AssertionError('nothing was refused')


def unhurt(server):
    assert server.alive() and 'panicked' not in server.log.read_text()


def test_polling_alone_is_enough(serve):
    """No node listens, so letters to the owner of an execution are found by looking."""
    url, name = new_database()
    nodes = [serve(url, one, 'cluster.listen=false') for one in ('one', 'two')]
    apis = [library(node.url) for node in nodes]
    define(nodes[0])

    def even():
        listed = ask(nodes[0], 'GET', 'nodes').json()['nodes']
        return sorted(len(one['shards']) for one in listed if one['state'] == 'ALIVE') == [32, 32]
    until(even, 20, 'shards on both nodes')
    listeners = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = '%s'"
    assert shared().sql(listeners.replace('%s', name)) == '0'
    # One of two is the other node's.
    waiting = [start(apis[number % 2], 'ask') for number in range(4)]
    for number, execution in enumerate(waiting):
        near, far = apis[number % 2], apis[1 - number % 2]
        far.executions.update(execution, 'PAUSED')
        near.executions.update(execution, 'RUNNING')
        far.executions.update(execution, 'CANCELLED')
        assert near.executions.get(execution).state == 'CANCELLED'


def test_pgbouncer_may_stand_between(tmp_path, serve):
    url, name = new_database()
    with tempfile.TemporaryDirectory(prefix='ostro-e2e-') as folder:
        pathlib.Path(folder).chmod(0o755)
        bouncer = PgBouncer(folder, shared())
        try:
            nodes = [serve(bouncer.url(name), one) for one in ('one', 'two')]
            define(nodes[0])
            apis = [library(node.url) for node in nodes]
            runs = [start(apis[number % 2], 'doze') for number in range(6)]
            ask(nodes[0], 'POST', 'environments', json={'name': 'live', 'variables': {'a': 1}}).raise_for_status()
            assert apis[1].environments.get('live').variables == {'a': 1}
            paused = start(apis[0], 'ask')
            apis[1].executions.update(paused, 'PAUSED')
            until(lambda: apis[0].executions.get(paused).state == 'PAUSED', 20, 'the pause')
            nodes[0].kill()
            api = apis[1]
            until(lambda: all(api.executions.get(run).state in FINAL for run in runs), 30, 'the ends')
            api.executions.update(paused, 'CANCELLED')
            assert finished(api, start(api, 'quick')).state == 'SUCCESS'
            assert nodes[1].stop() == 0
        finally:
            for node in nodes:
                node.kill()
            bouncer.stop()


def test_a_database_that_is_stopped_and_started(tmp_path, made):
    with tempfile.TemporaryDirectory(prefix='ostro-e2e-') as folder:
        server = Postgres(folder)
        try:
            node = Node(tmp_path, server.url, 'one', ALLOW_LOOPBACK).start()
            made.append(node)
            define(node)
            accepted = [start(library(node.url), 'doze') for _ in range(4)]
            server.shut_down()
            text = 'The database can not be used at the moment'
            until(lambda: refused(create(node), text), 30, 'the refusal of a start')
            assert refused(ask(node, 'GET', 'executions'), text)
            assert refused(ask(node, 'POST', 'environments', json={'name': 'x', 'variables': {}}), text)
            server.up()
            until(lambda: create(node).status_code == 201, 30, 'a start')
            all_end(node, accepted)
            unhurt(node)
            node.kill()
        finally:
            server.stop()


def test_a_read_only_database(serve):
    url, name = new_database()
    node = serve(url, 'one')
    define(node)
    accepted = [start(library(node.url), 'doze') for _ in range(3)]
    shared().sql(f'ALTER DATABASE {name} SET default_transaction_read_only = on')
    shared().sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    text = 'The database is read-only'
    until(lambda: refused(create(node), text), 20, 'the refusal of a start')
    # Connections that ended are found out one by one.
    environment = {'name': 'x', 'variables': {}}
    until(lambda: refused(ask(node, 'POST', 'environments', json=environment), text), 20, 'the refusal of a write')
    assert len(ask(node, 'GET', 'executions').json()['executions']) >= 3
    shared().sql(f'ALTER DATABASE {name} RESET default_transaction_read_only')
    until(lambda: create(node).status_code == 201, 20, 'a start')
    all_end(node, accepted)
    unhurt(node)


@contextlib.contextmanager
def small_disk(megabytes, user=0):
    """A folder on a file system that is soon full."""
    with tempfile.TemporaryDirectory(prefix='ostro-e2e-') as folder:
        pathlib.Path(folder).chmod(0o755)
        disk = pathlib.Path(folder) / 'disk'
        disk.mkdir()
        options = f'size={megabytes}m,uid={user},mode=0755'
        mounted = subprocess.run(
            ['mount', '-t', 'tmpfs', '-o', options, 'tmpfs', disk], capture_output=True, check=False)
        if mounted.returncode != 0:
            pytest.skip('only root can make a small file system')
        try:
            yield disk
        finally:
            subprocess.run(['umount', '--lazy', disk], check=True)


def fill_up(path):
    """A file as large as the disk allows."""
    with path.open('wb', buffering=0) as junk, contextlib.suppress(OSError):
        while True:
            junk.write(bytes(4096))


def listed(server):
    answer = ask(server, 'GET', 'executions')
    assert answer.status_code == 200, answer.text
    return len(answer.json()['executions'])


def test_a_full_disk_under_a_file(made):
    with small_disk(12) as disk:
        server = FileServer(disk, ALLOW_LOOPBACK)
        with tempfile.TemporaryDirectory() as elsewhere:
            server.log = pathlib.Path(elsewhere) / 'server.log'
            made.append(server.start())
            define(server)
            accepted = [start(library(server.url), 'doze') for _ in range(3)]
            fill_up(disk / 'junk')
            accepted += until_refused(server, 'The database has no space left')
            assert listed(server) >= 3
            (disk / 'junk').unlink()
            until(lambda: create(server).status_code == 201, 20, 'a start')
            all_end(server, accepted)
            unhurt(server)
            count = len(ask(server, 'GET', 'executions?limit=5000').json()['executions'])
            assert count >= len(accepted)
            server.kill()
        with sqlite3.connect(disk / 'ostro.db') as file:
            assert file.execute('PRAGMA integrity_check').fetchone() == ('ok',)
            assert file.execute('SELECT count(*) FROM executions').fetchone() == (count,)
        file.close()


def test_a_full_disk_under_postgresql(serve):
    server = shared()
    with small_disk(28, server.user) as disk:
        name = f'trouble_{next(numbers)}'
        server.sql(f"CREATE TABLESPACE {name} LOCATION '{disk}'")
        node = None
        try:
            server.sql(f'CREATE DATABASE {name} TABLESPACE {name}')
            node = serve(server.url.replace('/ostro?', f'/{name}?'), 'one')
            define(node)
            accepted = [start(library(node.url), 'doze') for _ in range(3)]
            fill_up(disk / 'junk')
            accepted += until_refused(node, 'The database has no space left')
            assert listed(node) >= 3
            (disk / 'junk').unlink()
            until(lambda: create(node).status_code == 201, 20, 'a start')
            all_end(node, accepted)
            unhurt(node)
        finally:
            if node:
                node.kill()
            server.sql(f'DROP DATABASE IF EXISTS {name} WITH (FORCE)')
            server.sql(f'DROP TABLESPACE {name}')
