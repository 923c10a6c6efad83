"""Encrypted connections to PostgreSQL, with certificates made here."""

import datetime
import ipaddress
import os
import tempfile

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from client import finished, library, start
from loopback import quiet_port
from postgres import Node, Postgres
from program import run

WORKFLOW = "version: '2.0'\nshort:\n  tasks:\n    one: {action: std.echo output=1}\n"


def authority(name):
    key = ec.generate_private_key(ec.SECP256R1())
    return key, certificate(name, key, None, [
        (x509.BasicConstraints(ca=True, path_length=None), True)])


def certificate(name, key, issuer, extensions):
    issuer_key, issuer_name = (key, named(name)) if issuer is None else (issuer[0], issuer[1].subject)
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = (
        x509.CertificateBuilder().subject_name(named(name)).issuer_name(issuer_name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1)).not_valid_after(now + datetime.timedelta(hours=1)))
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(issuer_key, hashes.SHA256())


def named(name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def write(path, *things):
    data = b''
    for thing in things:
        data += (thing.public_bytes(serialization.Encoding.PEM) if isinstance(thing, x509.Certificate) else
                 thing.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                     serialization.NoEncryption()))
    path.write_bytes(data)
    return path


class Encrypted:
    """A PostgreSQL that takes encrypted connections only, with a certificate for 127.0.0.1."""

    def __init__(self, folder, files):
        self.server = Postgres(folder, quiet_port())
        ours, theirs = authority('ours'), authority('theirs')
        self.ours, self.theirs = write(files / 'ours.pem', ours[1]), write(files / 'theirs.pem', theirs[1])
        data = self.server.folder / 'data'
        self.authority, self.key = ours, data / 'server.key'
        self.pem = data / 'server.crt'
        self.certify(x509.IPAddress(ipaddress.ip_address('127.0.0.1')))
        with (data / 'postgresql.conf').open('a') as settings:
            settings.write('ssl = on\n')
        (data / 'pg_hba.conf').write_text('local all all trust\nhostssl all all 127.0.0.1/32 trust\n')
        self.again()

    def certify(self, name):
        key = ec.generate_private_key(ec.SECP256R1())
        write(self.key, key)
        write(self.pem, certificate('database', key, self.authority, [(x509.SubjectAlternativeName([name]), False)]))
        for file in (self.key, self.pem):
            file.chmod(0o600)
            os.chown(file, self.server.user, -1)

    def again(self):
        self.server.shut_down()
        self.server.up()

    def url(self, mode, file=None):
        root = f'&sslrootcert={file}' if file else ''
        return f'{self.server.url}?sslmode={mode}{root}'

    def status(self, mode, file=None):
        return run('db', 'status', '--database', self.url(mode, file))


@pytest.fixture(scope='module')
def encrypted(tmp_path_factory):
    with tempfile.TemporaryDirectory(prefix='ostro-e2e-') as folder:
        made = Encrypted(folder, tmp_path_factory.mktemp('tls'))
        assert run('db', 'migrate', '--database', made.url('require')).returncode == 0
        yield made
        made.server.stop()


def test_whom_a_connection_believes(encrypted):
    for mode, file in (('prefer', None), ('require', None), ('verify-ca', encrypted.ours),
                       ('require', encrypted.ours), ('verify-full', encrypted.ours)):
        done = encrypted.status(mode, file)
        assert done.returncode == 0, (mode, file, done)
    for mode, file, text in (
            ('disable', None, 'pg_hba.conf'), ('verify-full', encrypted.theirs, 'UnknownIssuer'),
            ('verify-ca', encrypted.theirs, 'UnknownIssuer'), ('require', encrypted.theirs, 'UnknownIssuer'),
            ('verify-full', '/no/such.pem', '/no/such.pem'), ('sometimes', None, 'write disable, prefer')):
        refused = encrypted.status(mode, file)
        assert refused.returncode == 2 and text in refused.stderr, (mode, file, refused)


def test_the_name_counts_when_all_is_verified(encrypted):
    encrypted.certify(x509.DNSName('elsewhere.example.org'))
    encrypted.again()
    try:
        assert encrypted.status('verify-ca', encrypted.ours).returncode == 0
        refused = encrypted.status('verify-full', encrypted.ours)
        assert refused.returncode == 2 and 'not valid for name' in refused.stderr, refused
    finally:
        encrypted.certify(x509.IPAddress(ipaddress.ip_address('127.0.0.1')))
        encrypted.again()


def test_a_node_works_encrypted(encrypted, tmp_path):
    node = Node(tmp_path, encrypted.url('verify-full', encrypted.ours), 'one').start()
    try:
        api = library(node.url)
        api.workflows.create(WORKFLOW)
        assert finished(api, start(api, 'short')).state == 'SUCCESS'
        plain = "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) " \
                "WHERE application_name = 'ostro' AND ssl = "
        assert int(encrypted.server.sql(plain + 'true')) >= 5
        assert encrypted.server.sql(plain + 'false') == '0'
    finally:
        node.kill()
