"""Random cases: small workflows whose outcome does not depend on who is faster.

A case is a function of its number alone. To be free of races, commands (`fail`, `pause`…) and what fails a workflow
at once stand in chains only, names are published by one task each, and a task that may run several times publishes
constants. What differs on purpose is left out here: it has written cases.

`random` cases run; `invalid` ones are uploaded only, and most are refused.
"""

import re

import yaml

from generate import chains, graphs, mutate, nested, plain, small
from generate.dice import Dice

COUNT = 640
INVALID = 480

SHAPES = {
    graphs.graph: 24, graphs.fan: 10, graphs.reverse: 8, graphs.layers: 5,
    chains.chain: 14, chains.loop: 7, chains.mended: 7, chains.flow: 6,
    nested.items: 12, nested.subworkflows: 9, nested.workbook: 6, nested.adhoc: 8,
    small.guards: 8, small.policies: 8, small.expressions: 8,
}

# How many of the tasks before a join had failed when it gave up depends on who is faster.
VAGUE = [(re.compile(r'Failed by tasks: \[[^]]*\]'), 'Failed by tasks: […]')]


def cases(count=COUNT, invalid=INVALID):
    """The first random cases, by name."""
    made = [invalid_case(number) for number in range(invalid)] + [case(number) for number in range(count)]
    return plain.cases() | {case['name']: case for case in made}


def is_random(case):
    return case['name'].startswith(('random.', 'invalid.'))


def case(number):
    dice = Dice(f'case {number}')
    shape = dice.choose(SHAPES)
    parts = shape(dice)
    for key in ('yaml', 'actions', 'workbook'):
        if key in parts:
            parts[key] = text({'version': '2.0'} | parts[key])
    return {'name': f'random.{number:04}', 'shape': shape.__name__} | parts


def invalid_case(number):
    dice = Dice(f'invalid {number}')
    key, document = mutate.base(dice)
    changed = mutate.text(dice, text(document)) if dice.chance(15) else text(mutate.data(dice, document))
    return {'name': f'invalid.{number:04}', key: changed, 'workflow': ''}


def text(document):
    return yaml.dump(document, Dumper=Plain, sort_keys=False, width=1000, allow_unicode=True, default_flow_style=None)


class Plain(yaml.SafeDumper):
    """Writes what is there twice twice: the original knows no anchors."""

    def ignore_aliases(self, data):
        return True
