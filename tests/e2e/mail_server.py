"""A real SMTP server that keeps what it gets."""

import email
import email.policy

from aiosmtpd.controller import Controller

from loopback import free_port


class MailServer:
    """Listens on a free loopback port; `mails` holds the parsed messages in order."""

    def __init__(self):
        self.mails = []
        self.envelopes = []
        self.refuse = None
        self._controller = Controller(self, hostname='127.0.0.1', port=free_port())
        self._controller.start()

    @property
    def address(self):
        return f'{self._controller.hostname}:{self._controller.port}'

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        if self.refuse:
            return self.refuse
        envelope.rcpt_tos.append(address)
        return '250 OK'

    async def handle_DATA(self, _server, _session, envelope):
        self.envelopes.append((envelope.mail_from, list(envelope.rcpt_tos)))
        self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return '250 kept'

    def stop(self):
        self._controller.stop()
