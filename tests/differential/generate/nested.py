"""Items, sub-workflows, workbooks and ad-hoc actions."""

from generate.expressions import any_value, condition
from generate.tasks import retry, start, task, value, workflow


def items(dice):
    """A task over items of any kind, and what is made of its result."""
    each = {'with-items': lists(dice)}
    variables = ['i', 'j'][:1 if isinstance(each['with-items'], str) else 2]
    kind = dice.choose({'action': 5, 'fail': 2, 'some fail': 2, 'workflow': 3, 'nested': 2, 'named': 1})
    documents_ = {}
    if kind == 'action':
        each |= {'action': 'std.echo', 'input': {'output': {name: f'<% $.{name} %>' for name in variables} | {'x': '<% $.x %>'}}}
    elif kind == 'fail':
        each |= {'action': 'std.fail error_data=<% $.i %>'}
    elif kind == 'some fail':
        each |= {'workflow': 'odd', 'input': {'n': '<% $.i %>'}}
        documents_['odd'] = odd(dice)
    elif kind == 'workflow':
        each |= {'workflow': 'each n=<% $.i %>'}
        documents_['each'] = {'input': ['n', {'more': 1}], 'output': {'got': '<% [$.n, $.more] %>'}, 'tasks': {'e': {'action': 'std.noop'}}}
    elif kind == 'nested':
        each |= {'workflow': 'inner', 'input': {'outer': '<% $.i %>'}}
        documents_['inner'] = {
            'input': ['outer'], 'output': {'all': '<% task(e).result %>'},
            'tasks': {'e': {'with-items': dice.choice(['k in [1, 2]', 'k in <% range(2) %>']),
                            'action': 'std.echo output="<% $.outer %>.<% $.k %>"'} | ({'concurrency': 1} if dice.chance(40) else {})}}
    else:
        each |= {'action': '<% concat("std.", "echo") %>', 'input': {'output': '<% $.i %>'}}
    if dice.chance(50):
        each['concurrency'] = dice.choice([0, 1, 2, 3, '<% $.nums.len() %>', '{{ _.x + 1 }}'])
    if dice.chance(20):
        each['retry'] = retry(dice)
    if dice.chance(15):
        each['fail-on'] = dice.choice(['<% len(task().result) > 2 %>', condition(dice)])
    if dice.chance(15):
        each['keep-result'] = False
    each['publish'] = {'all': dice.choice(['<% task().result %>', '<% task(each).result.len() %>', '{{ task().result }}'])}
    each['publish-on-error'] = {'bad': '<% task(each).result %>'}
    if dice.chance(50):
        each['on-error'] = dice.choice([['noop'], ['after']])
    each['on-success'] = ['after']
    made = {'each': each, 'after': task(dice, 'after', ['each'], several=True)}
    for key in ('retry', 'with-items', 'workflow', 'concurrency'):
        made['after'].pop(key, None)
    made['after'] |= {'action': 'std.echo', 'input': {'output': ['<% $.get(all) %>', '<% task(each).result %>']}}
    made['after'].pop('fail-on', None)
    return {'yaml': {'wf': workflow(dice, made)} | documents_, 'input': start(dice)}


def lists(dice):
    single = dice.choice([
        'i in <% $.nums %>', 'i in <% range($.x) %>', 'i in [1, 2, 3, 4]', 'i in {{ _.words }}', 'i in <% $.d %>', 'i in <% "xyz" %>',
        'i in <% [] %>', 'i in ["a", {"k": 1}, null, [2]]', 'i in <% $.nums.orderBy($).select({id => $}) %>', 'i in <% $.nums.where($ > 1) %>'])
    if dice.chance(25):
        return [single, dice.choice(['j in <% $.nums %>', 'j in [7, 8, 9, 10]', 'j in <% range(3) %>'])]
    return single


def odd(dice):
    """Fails for some of its inputs."""
    made = {'input': ['n'], 'tasks': {
        'o': {'action': 'std.echo output=<% $.n %>', 'publish': {'seen': '<% task().result %>'},
              'on-success': [{dice.choice(['fail', 'fail msg="not <% $.n %>"', 'succeed msg="yes"']): dice.choice(['<% $.n = 1 %>', '<% $.n in [2, 3] %>'])}]}}}
    if dice.chance(40):
        made['output-on-error'] = {'why': '<% $.n %>'}
    return made


def subworkflows(dice):
    """Workflows in workflows, two deep, of which some fail."""
    leaf = odd(dice)
    middle = {
        'input': ['n', {'depth': 2}],
        'output': {'down': '<% task(m).result %>', 'env': '<% env() %>', 'p': '<% $.get(pub) %>'},
        'tasks': {
            'm': {'workflow': 'leaf', 'input': {'n': '<% $.n %>'}, 'publish': {'pub': '<% task().result %>'}},
        },
    }
    if dice.chance(40):
        middle['tasks']['m']['on-error'] = dice.choice([['noop'], ['e'], ['fail msg="below: <% task(m).result %>"']])
        middle['tasks']['e'] = {'action': 'std.echo output="mended"'}
        if middle['tasks']['m']['on-error'] != ['e']:
            del middle['tasks']['e']
    if dice.chance(30):
        middle['output-on-error'] = {'failed': '<% task(m).state %>'}
    if dice.chance(25):
        middle['type'] = 'reverse'
        middle['tasks'] = {'m': {'workflow': 'leaf', 'input': {'n': '<% $.n %>'}, 'requires': ['r']}, 'r': {'action': 'std.noop'}}
    top = {'workflow': dice.choice(['middle', '<% concat("mid", "dle") %>', '{{ "middle" }}']),
           'input': {'n': dice.choice([1, 2, 3, '<% $.x %>']), 'task_name': 'm'},
           'publish': {'got': '<% task().result %>'}, 'publish-on-error': {'bad': '<% task().result %>'}}
    if dice.chance(15):
        top['input']['env'] = {'own': 1}
    if dice.chance(10):
        top['input'].pop('n')
    if dice.chance(8):
        top['workflow'] = 'nowhere'
    if dice.chance(15):
        top['retry'] = {'count': 1, 'delay': 0}
    made = {'a': top, 'b': {'action': 'std.echo', 'input': {'output': '<% task(a).result %>'}}}
    top[dice.choice(['on-success', 'on-complete', 'on-error'])] = ['b']
    params = {'env': {'e': '<% 1 + 1 %>', 'z': {'k': 'v'}}} if dice.chance(50) else {}
    return {'yaml': {'wf': workflow(dice, made), 'middle': middle, 'leaf': leaf}, 'input': start(dice), 'params': params}


def workbook(dice):
    """A workbook whose members call each other by their short names."""
    main = {'a': {'action': 'own', 'input': {'text': any_value(dice)}, 'publish': {'v_a': '<% task().result %>'}, 'on-success': ['b']},
            'b': {'workflow': dice.choice(['helper', 'book.helper']), 'input': {'n': '<% $.x %>'}, 'publish': {'v_b': '<% task().result %>'},
                  dice.choice(['on-success', 'on-complete']): ['c']},
            'c': {'action': dice.choice(['book.own', 'own']), 'input': {'text': value(dice, ['a', 'b'])}}}
    helper = odd(dice)
    helper['tasks']['o']['action'] = dice.choice(['own text=<% $.n %>', 'own text="<% $.n %>"'])
    if dice.chance(30):
        helper['task-defaults'] = {'retry': {'count': 1, 'delay': 0}}
    own = {'base': dice.choice(['std.echo', 'std.echo output="<% $.text %>!"']), 'input': ['text', {'mark': '?'}]}
    if own['base'] == 'std.echo':
        own['base-input'] = {'output': dice.choice(['<% $.text %>', {'t': '<% $.text %>', 'm': '<% $.mark %>'}, '{{ _.text }}{{ _.mark }}'])}
    if dice.chance(40):
        own['output'] = dice.choice(['<% [$] %>', {'was': '<% $ %>'}, 'got {{ _ }}', ['<% str($) %>']])
    book = {'name': 'book', 'actions': {'own': own}, 'workflows': {'main': workflow(dice, main), 'helper': helper}}
    if dice.chance(30):
        book |= {'description': 'a book', 'tags': ['x']}
    return {'workbook': book, 'workflow': 'book.main', 'input': start(dice)}


def adhoc(dice):
    """Actions made of actions."""
    first = {'base': 'std.echo', 'input': ['a', {'b': 2}],
             'base-input': {'output': dice.choice(['<% $.a %>', ['<% $.a %>', '<% $.b %>'], {'sum': '<% [$.a, $.b] %>'}, '{{ _.a }}-{{ _.b }}'])}}
    if dice.chance(50):
        first['output'] = dice.choice(['<% [$] %>', {'r': '<% $ %>'}, '<% str($) %>'])
    second = {'base': dice.choice(['first a=<% $.c %>', 'first a="<% $.c %>" b=5', 'first']), 'input': ['c']}
    if second['base'] == 'first':
        second['base-input'] = {'a': dice.choice(['<% $.c %>', 'got <% $.c %>', ['<% $.c %>']])}
    if dice.chance(40):
        second['output'] = dice.choice([{'outer': '<% $ %>'}, 'text', '<% [$, $] %>'])
    failing = {'base': 'std.fail', 'input': [{'why': 'no reason'}], 'base-input': {'error_data': '<% $.why %>'}}
    call = dice.choice([
        {'action': 'first a=1'}, {'action': 'first', 'input': {'a': any_value(dice), 'b': 3}}, {'action': 'second', 'input': {'c': any_value(dice)}},
        {'action': 'second c=<% $.x %>'}, {'action': 'failing'}, {'action': 'failing', 'input': {'why': '<% $.words %>'}},
        {'with-items': 'i in <% $.nums %>', 'action': 'second', 'input': {'c': '<% $.i %>'}},
        {'action': 'first'}, {'action': 'first a=1 z=2'}, {'action': 'failing', 'retry': {'count': 1, 'delay': 0}}])
    made = {'t': call | {'publish': {'v_t': '<% task().result %>'}, 'publish-on-error': {'e_t': '<% task().result %>'}}}
    if dice.chance(50):
        made['t']['on-error'] = ['u']
        made['t']['on-success'] = ['u']
        made['u'] = {'action': 'std.echo', 'input': {'output': '<% task(t).result %>'}}
    return {'yaml': {'wf': workflow(dice, made)}, 'actions': {'first': first, 'second': second, 'failing': failing}, 'input': start(dice)}
