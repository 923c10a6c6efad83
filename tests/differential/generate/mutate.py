"""Definitions with a mistake in them, made from good ones."""

import copy
import datetime

from generate import chains, graphs, nested, small

BASES = [graphs.graph, graphs.fan, graphs.reverse, chains.chain, chains.loop, nested.items, nested.subworkflows, small.guards, small.policies]

VALUES = [
    None, '', [], {}, -1, 0, 3, 1.5, True, False, 'text', 'two words', ['a', 'a'], ['a', 1], {'a': {'b': 1}}, [None], [[]],
    '<% 1 + %>', '<% $.x %>', '{{ 1 + }}', '{{ _.x }}', '<% $.x %> {{ _.y }}', '<% $.x', datetime.date(2026, 1, 2), 'fail', 'all', 'one',
    'i in <% $.nums %>', 'i of [1]', 'i in [1,', 'std.echo output=1', ' std.noop', {'count': 1}, {'count': 1, 'delay': '1'}, {'next': 't0'},
    {'publish': {}}, {'publish': {'branch': {}}}, {'publish': {'a': 1}}, {'next': [], 'more': 1}, [{'t0': '<% $.x %>', 't1': '<% $.x %>'}],
    [{'t0': 'text'}], {'t0': '<% true %>'}, 99, '99', 'direct', 'reverse',
]

KEYS = [
    'action', 'workflow', 'input', 'with-items', 'publish', 'publish-on-error', 'publish-on-skip', 'keep-result', 'safe-rerun', 'target', 'retry',
    'wait-before', 'wait-after', 'timeout', 'concurrency', 'pause-before', 'fail-on', 'description', 'tags', 'join', 'on-success', 'on-error',
    'on-complete', 'on-skip', 'requires', 'name', 'version', 'type', 'vars', 'output', 'output-on-error', 'task-defaults', 'tasks', 'base',
    'base-input', 'foo', 'on-succes', 'count', 'delay', 'next', 'branch',
]


def base(dice):
    """A kind of document and a good one of it."""
    kind = dice.choose({'yaml': 75, 'workbook': 13, 'actions': 12})
    made = dice.choice(BASES)(dice) if kind == 'yaml' else nested.workbook(dice) if kind == 'workbook' else nested.adhoc(dice)
    return kind, {'version': '2.0'} | copy.deepcopy(made[kind])


def data(dice, document):
    """The document after one or two changes."""
    for _ in range(dice.choose({1: 80, 2: 20})):
        holder, key = place(dice, document)
        change(dice, holder, key)
    return document


def place(dice, document):
    """A key of a dict somewhere in the document, rather deep than not."""
    holder = document
    while True:
        key = dice.choice(list(holder))
        inner = holder[key]
        if isinstance(inner, dict) and inner and dice.chance(85):
            holder = inner
        else:
            return holder, key


def change(dice, holder, key):
    kind = dice.choose({'value': 40, 'add': 25, 'delete': 12, 'rename': 12, 'misspell': 8, 'list': 8})
    if kind == 'value':
        holder[key] = copy.deepcopy(dice.choice(VALUES))
    elif kind == 'add':
        holder[dice.choice(KEYS)] = copy.deepcopy(dice.choice(VALUES))
    elif kind == 'delete' and len(holder) > 1:
        del holder[key]
    elif kind == 'rename':
        renamed = dice.choice([key + 'x', key.replace('-', '_'), key.upper(), f'{key} {key}', 'b6f6a5b4-4c2b-4a7e-9a51-3a6a4d2e1f00', key * 60, ''])
        entries = [(renamed if name == key else name, value) for name, value in holder.items()]
        holder.clear()
        holder.update(entries)
    elif kind == 'misspell' and isinstance(holder[key], str) and holder[key]:
        at = dice.randrange(len(holder[key]))
        holder[key] = holder[key][:at] + dice.choice(['', ' ', '%', '"', '(']) + holder[key][at + 1:]
    elif isinstance(holder[key], list) and holder[key]:
        holder[key] = dice.choice([holder[key] + holder[key][:1], holder[key] + ['nowhere'], holder[key][0], holder[key] + [1]])
    else:
        holder[key] = copy.deepcopy(dice.choice(VALUES))


def text(dice, written):
    """The text after a slip of the keyboard."""
    at = dice.randrange(len(written))
    return dice.choice([
        lambda: written[:at] + written[at + 1:],
        lambda: written[:at] + dice.choice([':', '{', '}', '[', ']', '"', "'", '\t', '&', '*', '%', '@', '- ', '\n', '#', '|', '!', '? ']) + written[at:],
        lambda: written[:at],
    ])()
