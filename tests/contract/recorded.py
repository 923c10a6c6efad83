"""What was recorded, and how we differ from it on purpose."""

import json
import pathlib
import re

import yaml

HERE = pathlib.Path(__file__).resolve().parent
FILE = HERE / 'recorded.jsonl'
DIFFERENCES = HERE / 'differences.yaml'
ANY = 'any'


def steps():
    """The recorded requests in order, each with its `answer`."""
    return [json.loads(line) for line in FILE.read_text().splitlines()]


class Differences:
    """The deliberate differences: an answer is as recorded, or as the table says."""

    def __init__(self):
        table = yaml.safe_load(DIFFERENCES.read_text())
        self.added = set(table['added'])
        self.texts = [(re.compile(entry['original']), entry['ours']) for entry in table['texts']]
        self.entries = {number: entry for entry in table['requests'] for number in entry['of']}
        self.pending = [re.compile(entry['requests']) for entry in table['pending']]

    def is_pending(self, step):
        """Whether the request is for something that is not there yet."""
        return any(pattern.search(step['id']) for pattern in self.pending)

    def compare(self, step, found):
        """Yields what is neither as recorded nor as the table says."""
        expected = without(self.reworded(step['answer']), self.added)
        found = without(found, self.added)
        instead = self.entries.get(step['id'].partition(' ')[0], {}).get('instead')
        if instead is None or not list(differing(expected, found)):
            yield from differing(expected, found)
            return
        for key, value in instead.items():
            if value != ANY and found.get(key) != value:
                yield f'{key}: the table says {shown(value)}, found {shown(found.get(key))}'
        same = [key for key in expected if key not in instead and key != 'body'] if 'status' not in instead else []
        yield from differing({key: expected[key] for key in same}, {key: found[key] for key in same if key in found})

    def reworded(self, value):
        if isinstance(value, str):
            for pattern, ours in self.texts:
                value = pattern.sub(ours, value)
        elif isinstance(value, list):
            value = [self.reworded(item) for item in value]
        elif isinstance(value, dict):
            value = {key: self.reworded(item) for key, item in value.items()}
        return value


def without(value, names):
    """An answer without the attributes that we add; the shapes of a list's entries are a set."""
    if isinstance(value, dict):
        return {key: without(item, names) for key, item in value.items() if key not in names}
    if isinstance(value, list):
        return [without(item, names) for item in value]
    return value


def differing(expected, found):
    for key in sorted(expected.keys() | found.keys()):
        if folded(key, expected.get(key)) != folded(key, found.get(key)):
            yield f'{key}: expected {shown(expected.get(key))}, found {shown(found.get(key))}'


def folded(key, value):
    """Shapes that differ only in what we add are one shape."""
    if key != 'shape' or not isinstance(value, dict):
        return value
    return {name: sorted({shown(item) for item in entry}) if isinstance(entry, list) else entry for name, entry in value.items()}


def shown(value):
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
