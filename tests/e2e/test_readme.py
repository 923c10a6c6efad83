"""The tables of tests/README.md name tests that exist."""

import pathlib
import re
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = (ROOT, ROOT / 'crates/server/src/api/tests', ROOT / 'tests/e2e')
sys.path += [str(ROOT / 'tests' / folder) for folder in ('differential', 'contract')]

import cases
import recorded

TEXT = (ROOT / 'tests/README.md').read_text()


def tables():
    """The rows of each part of the document, by its heading."""
    parts = re.split(r'^## ', TEXT, flags=re.MULTILINE)[1:]
    return {part.partition('\n')[0]: [line for line in part.splitlines() if line.startswith('| ') and '`' in line] for part in parts}


def named(row):
    """The names in the last cell of a row."""
    return re.findall(r'`([^`]+)`', row.rpartition(' | ')[2])


def is_there(name, written, groups):
    if name.startswith('contract:'):
        return name.removeprefix('contract:').removesuffix('.*') in groups
    path, _, function = name.partition('::')
    for file in (folder / path for folder in FOLDERS):
        if file.exists():
            return not function or re.search(rf'\b(fn|def) {function}\b', file.read_text()) is not None
    group, _, rest = name.partition('.')
    return name in written or rest == '*' and any(case.startswith(f'{group}.') for case in written)


@pytest.mark.parametrize('heading, least', [('The workflow language, section by section', 40), ('The REST API, section by section', 55)])
def test_the_tables_name_tests_that_exist(heading, least):
    rows = tables()[heading]
    assert len(rows) >= least
    written, groups = cases.written(), {step['id'].partition('.')[0] for step in recorded.steps()}
    for row in rows:
        assert named(row), row
        for name in named(row):
            assert is_there(name, written, groups), f'{row}\nthere is no {name}'
