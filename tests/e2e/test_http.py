"""std.http against a real HTTP server that errs, redirects, dawdles and floods."""

import json

import pytest

from client import finished, library, start

DEFINITION = '''
version: '2.0'
web:
  input: [p]
  tasks:
    t:
      action: std.http
      input: <% $.p %>
'''
MIB = 1 << 20


@pytest.fixture(scope='module')
def fetch(api):
    api.workflows.create(DEFINITION)

    def fetch(**parameters):
        execution = finished(api, start(api, 'web', {'p': parameters}))
        task, = api.tasks.list(execution.id)
        return execution.state, json.loads(api.tasks.get(task.id).result)

    return fetch


def test_json_is_read(fetch, web_server):
    state, result = fetch(url=f'{web_server.url}/json')
    assert state == 'SUCCESS'
    assert result['status'] == 200
    assert result['content'] == {'well': True, 'load': [1, 2.5]}
    assert result['reason'] == 'OK'
    assert result['history'] == []
    assert result['url'] == f'{web_server.url}/json'


def test_text_is_decoded(fetch, web_server):
    _, result = fetch(url=f'{web_server.url}/text')
    assert (result['content'], result['encoding']) == ('grün', 'utf-8')


def test_what_is_sent(fetch, web_server):
    _, result = fetch(url=f'{web_server.url}/echo', method='POST', params={'a': [1, 2]}, json={'x': 'ü'},
                      headers={'X-Count': 3}, auth='user:secret', cookies={'k': 'v'})
    seen = result['content']
    headers = {name.lower(): value for name, value in seen['headers'].items()}
    assert seen['method'] == 'POST'
    assert seen['query'] == {'a': ['1', '2']}
    assert json.loads(seen['body']) == {'x': 'ü'}
    assert headers['x-count'] == '3'
    assert headers['content-type'] == 'application/json'
    assert headers['authorization'] == 'Basic dXNlcjpzZWNyZXQ='
    assert headers['cookie'] == 'k=v'


@pytest.mark.parametrize('status', [404, 418, 500, 503])
def test_an_error_status_is_an_error_with_the_answer(fetch, web_server, status):
    state, result = fetch(url=f'{web_server.url}/status/{status}')
    assert state == 'ERROR'
    assert (result['status'], result['content']) == (status, 'as you wish')


def test_redirects_are_followed_on_request(fetch, web_server):
    state, result = fetch(url=f'{web_server.url}/redirect/2')
    assert (state, result['status']) == ('SUCCESS', 302)
    state, result = fetch(url=f'{web_server.url}/redirect/2', allow_redirects=True)
    assert (state, result['status'], len(result['history'])) == ('SUCCESS', 200, 3)
    assert fetch(url=f'{web_server.url}/redirect/100', allow_redirects=True)[0] == 'ERROR'


def test_a_slow_answer_times_out(fetch, web_server):
    state, result = fetch(url=f'{web_server.url}/slow', timeout=1)
    assert state == 'ERROR'
    assert 'Failed to send HTTP request' in result


def test_a_large_answer_that_fits(fetch, web_server):
    state, result = fetch(url=f'{web_server.url}/huge/{MIB // 2}')
    assert (state, len(result['content'])) == ('SUCCESS', MIB // 2)


def test_too_large_answers(fetch, web_server):
    state, result = fetch(url=f'{web_server.url}/huge/{64 * MIB}')
    assert state == 'ERROR'
    assert f'HTTP response is too large (Content-Length={64 * MIB}' in result
    state, result = fetch(url=f'{web_server.url}/endless')
    assert state == 'ERROR'
    assert 'too large' in result


def test_an_answer_that_breaks_off(fetch, web_server):
    state, result = fetch(url=f'{web_server.url}/broken')
    assert state == 'ERROR'
    assert 'Failed to send HTTP request' in result


def test_nobody_listens(fetch):
    state, result = fetch(url='http://127.0.0.1:9/')
    assert state == 'ERROR'
    assert 'Failed to send HTTP request' in result


def test_other_schemes_are_refused(fetch):
    state, result = fetch(url='file:///etc/passwd')
    assert state == 'ERROR'
    assert "URL scheme 'file' is not allowed" in result


def test_loopback_is_refused_by_default(new_server, web_server):
    server = new_server('action_std_http.denied_cidrs=["127.0.0.0/8"]').start()
    api = library(server.url)
    api.workflows.create(DEFINITION)
    before = len(web_server.requests)
    execution = finished(api, start(api, 'web', {'p': {'url': f'{web_server.url}/json'}}))
    task, = api.tasks.list(execution.id)
    assert execution.state == 'ERROR'
    assert 'resolves to a blocked address (127.0.0.1)' in api.tasks.get(task.id).result
    assert len(web_server.requests) == before
