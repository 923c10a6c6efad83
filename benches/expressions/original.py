"""YAQL and Jinja2 from the package index, set up and called as Mistral does it by default.

Each language gives functions for a text and data:

each    what Mistral does for every string: parse, make the context, evaluate
once    the text is parsed beforehand
parse   only that
bare    the context, too (YAQL freezes all data for it), so that only the evaluation is left
"""

import collections.abc  # noqa: F401  (yaql expects somebody to have imported it)
import functools
import json
import re

import jinja2.sandbox
import yaql
from yaql.language import factory, utils

NAMES = ('env', 'execution', 'executions', 'global', 'task', 'tasks', 'uuid', 'json_parse', 'yaml_parse', 'yaml_dump')
FUNCTIONS = {name: lambda context, *args: None for name in NAMES}
FUNCTIONS['json_dump'] = lambda context, data: json.dumps(data, indent=4)

YAQL = re.compile('<%.*?%>')
OPTIONS = {
    'yaql.limitIterators': -1,
    'yaql.memoryQuota': -1,
    'yaql.convertTuplesToLists': True,
    'yaql.convertSetsToLists': False,
    'yaql.iterableDicts': False,
    'yaql.convertOutputData': True,
}
ENGINE = factory.YaqlFactory(keyword_operator='=>', allow_delegates=False).create(options=OPTIONS)
ROOT = yaql.create_context()
for name, function in FUNCTIONS.items():
    ROOT.register_function(function, name=name)


def plain(value):
    """What a result is in JSON."""
    if isinstance(value, utils.FrozenDict):
        return dict(value.items())
    return list(value) if isinstance(value, collections.abc.Iterator) else value


def yaql_context(data):
    context = ROOT.create_child_context()
    context['$'] = utils.convert_input_data(data)
    for key in ('__env', '__execution', '__task_execution'):
        context[key] = data.get(key)
    return context


def yaql_modes(text, data):
    places = YAQL.findall(text)

    def parse():
        return [ENGINE(place.strip('<%>').strip()) for place in places]

    def render(expressions, context=None):
        result = text
        for place, expression in zip(places, expressions):
            value = plain(expression.evaluate(context=context or yaql_context(data)))
            if place == text:
                return value
            result = result.replace(place, str(value))
        return result

    expressions, context = parse(), yaql_context(data)
    return {
        'parse': parse,
        'each': lambda: render(parse()),
        'once': lambda: render(expressions),
        'bare': lambda: render(expressions, context),
    }


JINJA = re.compile('({{(.*?)}})')
ENVIRONMENT = jinja2.sandbox.SandboxedEnvironment(
    undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
ENVIRONMENT.filters.update(FUNCTIONS)


def jinja_context(data):
    context = {'_': data}
    context.update((name, functools.partial(function, data)) for name, function in FUNCTIONS.items())
    context.update((key, data.get(key)) for key in ('__env', '__execution', '__task_execution'))
    return context


def jinja_modes(text, data):
    whole = [inside for place, inside in JINJA.findall(text) if place == text]

    def parse():
        if whole:
            return ENVIRONMENT.compile_expression(whole[0], undefined_to_none=False)
        return ENVIRONMENT.from_string(text).render

    def render(template, context=None):
        value = template(**(context or jinja_context(data)))
        if whole:
            str(value)  # as Mistral does, to raise what is undefined
        return value

    template, context = parse(), jinja_context(data)
    return {
        'parse': parse,
        'each': lambda: render(parse()),
        'once': lambda: render(template),
        'bare': lambda: render(template, context),
    }


MODES = {'yaql': yaql_modes, 'jinja': jinja_modes}
