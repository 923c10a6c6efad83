"""std.email against a real SMTP server."""

import pytest

from client import finished, start

DEFINITION = '''
version: '2.0'
mail:
  input: [p]
  tasks:
    t:
      action: std.email
      input: <% $.p %>
'''


@pytest.fixture(scope='module')
def send(api):
    api.workflows.create(DEFINITION)

    def send(**parameters):
        execution = finished(api, start(api, 'mail', {'p': parameters}))
        task, = api.tasks.list(execution.id)
        return execution.state, task.state_info

    return send


def test_a_plain_mail(send, mail_server):
    assert send(from_addr='a@localhost', to_addrs=['b@localhost'], smtp_server=mail_server.address,
                subject='Grüße', body='Straße\nzweite Zeile') == ('SUCCESS', None)
    mail, = mail_server.mails
    assert mail['Subject'] == 'Grüße'
    assert mail['From'] == 'a@localhost'
    assert mail['To'] == 'b@localhost'
    assert mail.get_content().replace('\r\n', '\n').strip() == 'Straße\nzweite Zeile'


def test_a_mail_with_all_fields(send, mail_server):
    state, _ = send(from_addr='a@localhost', to_addrs=['b@localhost', 'c@localhost'], cc_addrs=['d@localhost'],
                    bcc_addrs=['e@localhost'], reply_to=['r@localhost'], smtp_server=mail_server.address,
                    subject='s', body='plain', html_body='<b>rich</b>')
    assert state == 'SUCCESS'
    mail, = mail_server.mails
    assert [part.get_content_type() for part in mail.iter_parts()] == ['text/plain', 'text/html']
    assert (mail['Cc'], mail['Reply-To'], mail['Bcc']) == ('d@localhost', 'r@localhost', None)
    sender, recipients = mail_server.envelopes[0]
    assert sender == 'a@localhost'
    assert sorted(recipients) == ['b@localhost', 'c@localhost', 'd@localhost', 'e@localhost']


def test_a_refused_recipient(send, mail_server):
    mail_server.refuse = '550 nobody of that name'
    state, info = send(from_addr='a@localhost', to_addrs=['b@localhost'], smtp_server=mail_server.address)
    assert state == 'ERROR'
    assert 'Failed to send an email message' in info
    assert mail_server.mails == []


def test_no_server(send):
    state, info = send(from_addr='a@localhost', to_addrs=['b@localhost'], smtp_server='127.0.0.1:9')
    assert state == 'ERROR'
    assert 'Failed to send an email message' in info
