"""The `ostro` command line as a client of a service."""

import json

from program import run


class Client:
    """Types `ostro …` commands for one service."""

    def __init__(self, url, *options):
        self.environment = {'OSTRO_URL': url}
        self.options = options

    def try_(self, *arguments):
        """The command as it ended."""
        return run(*arguments, *self.options, environment=self.environment)

    def text(self, *arguments, code=0):
        """What the command prints; nothing else may end otherwise."""
        done = self.try_(*arguments)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    def json(self, *arguments, code=0):
        return json.loads(self.text(*arguments, '--json', code=code))

    def fails(self, *arguments):
        """What a command says that cannot be carried out."""
        done = self.try_(*arguments)
        assert done.returncode == 2, done.stdout + done.stderr
        assert done.stdout == ''
        return done.stderr
