"""OpenStack's notifications from a real RabbitMQ start workflows, each once."""

import json
import threading

import pika
import pytest
import requests

import client
from rabbitmq import Line, RabbitMq, envelope, missing
from waiting import until

WORKFLOW = '''
version: '2.0'
w:
  output: {event: <% execution().params.event_params %>}
  tasks: {t: {action: std.noop}}
'''


@pytest.fixture(scope='module')
def broker(tmp_path_factory):
    reason = missing()
    if reason:
        pytest.skip(reason)
    broker = RabbitMq(tmp_path_factory.mktemp('rabbitmq'))
    try:
        yield broker.start()
    finally:
        broker.kill()


class Publisher:
    """Sends to an exchange as services do."""

    def __init__(self, broker, exchange):
        self.connection = broker.connect()
        self.channel = self.connection.channel()
        self.channel.exchange_declare(exchange, 'topic')
        self.channel.confirm_delivery()
        self.exchange = exchange

    def send(self, topic, body):
        kept = pika.BasicProperties(delivery_mode=2, content_type='application/json')
        self.channel.basic_publish(self.exchange, f'{topic}.info', body, kept, mandatory=True)


def listening(publisher, topic):
    """Whether the server has its queue."""
    try:
        publisher.send(topic, envelope('nothing', 0, 'nothing'))
    except pika.exceptions.UnroutableError:
        return False
    return True


def make_trigger(server, exchange, topic):
    api = client.library(server.url)
    if not any(workflow.name == 'w' for workflow in api.workflows.list()):
        api.workflows.create(WORKFLOW)
    return api.event_triggers.create('t', api.workflows.get('w').id, exchange, topic, 'compute.create')


def outputs(url, count):
    """The events of executions, once there are so many and all have ended."""
    def found():
        reply = requests.get(f'{url}/executions?include_output=true', timeout=20).json()['executions']
        done = [execution for execution in reply if execution['state'] == 'SUCCESS']
        return done if len(done) == len(reply) >= count else None
    return [json.loads(execution['output'])['event'] for execution in until(found, 60, f'{count} executions')]


def test_a_notification_starts_what_listens(broker, new_server):
    server = new_server(f'event_engine.transport_url={broker.url}').start()
    publisher = Publisher(broker, 'nova')
    trigger = make_trigger(server, 'nova', 'notifications')
    until(lambda: listening(publisher, 'notifications'), 30, 'the queue')
    publisher.send('notifications', envelope('compute.create', 1, 'm-1', project_id='p-1', user_id='u-1'))
    publisher.send('notifications', envelope('compute.create', 1, 'm-1', project_id='p-1', user_id='u-1'))
    publisher.send('notifications', envelope('compute.delete', 2, 'm-2'))
    publisher.send('notifications', 'no notification')
    publisher.send('notifications', envelope('compute.create', 3, 'm-3'))
    first, second = sorted(outputs(server.url, 2), key=lambda event: event['payload']['n'])
    assert first == {
        'service': 'compute.host-1', 'project_id': 'p-1', 'user_id': 'u-1', 'timestamp': '2027-01-01 00:00:00.000001',
        'event_type': 'compute.create', 'payload': {'n': 1}}
    assert second['payload'] == {'n': 3}
    # Without triggers there is no queue that fills.
    client.library(server.url).event_triggers.delete(trigger.id)
    until(lambda: not listening(publisher, 'notifications'), 30, 'the end of the queue')


def test_no_notification_is_lost_over_kills_and_cuts(broker, new_server):
    line = Line(broker).mend()
    server = new_server(f'event_engine.transport_url={line.url}').start()
    make_trigger(server, 'glance', 'events')
    publisher = Publisher(broker, 'glance')
    until(lambda: listening(publisher, 'events'), 30, 'the queue')

    def send(numbers):
        for number in numbers:
            publisher.send('events', envelope('compute.create', number, f'm-{number}'))
    sender = threading.Thread(target=send, args=(range(150),))
    sender.start()
    for number in range(4):
        until(lambda: requests.get(f'{server.url}/executions?limit=1', timeout=20).json()['executions'], 30, 'the first')
        if number % 2:
            line.cut()
            line.mend()
        else:
            server.kill()
            server.start()
    sender.join()
    line.cut()
    send(range(150, 160))
    line.mend()
    events = outputs(server.url, 160)
    assert sorted(event['payload']['n'] for event in events) == list(range(160))
    line.cut()
