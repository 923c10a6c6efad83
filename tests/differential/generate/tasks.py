"""Random tasks."""

from generate.expressions import INPUT, any_value, condition

SIMPLE = ['text', 5, None, True, 1.5, '<% $.x %>', '{{ _.y }}', 'x is <% $.x %>', 'y is {{ _.y }}', '<% $.y > $.x %>']


def workflow(dice, tasks, **more):
    """A workflow around tasks, with what may stand beside them."""
    made = {'input': INPUT} | more
    if dice.chance(40):
        made['vars'] = {'v': dice.choice([any_value(dice), [1, '<% $.x %>'], {'k': '<% $.y %>'}])}
    if dice.chance(50) and 'output' not in made:
        made['output'] = {name: f'<% $.get(v_{name}) %>' for name in tasks} | {'more': any_value(dice)}
    if dice.chance(20):
        made['output-on-error'] = {'seen': [f'<% task({name}).state %>' for name in tasks if dice.chance(50)]}
    if dice.chance(10):
        made['tags'] = ['one', 'two']
    return made | {'tasks': tasks}


def start(dice):
    """The input of a start."""
    return {'x': dice.randint(0, 3)} | ({'y': dice.randint(0, 9)} if dice.chance(20) else {})


def task(dice, name, before=(), several=False, joins=False):
    """A task that may look at the tasks before it."""
    made = work(dice, [] if several else before)
    published(dice, made, name, before, several)
    policies(dice, made, joins)
    if dice.chance(5):
        made['keep-result'] = dice.chance(50)
    if dice.chance(4):
        made |= {'description': f'does {name}', 'tags': ['t', name]}
    return made


def policies(dice, made, joins=False):
    if dice.chance(8):
        made['retry'] = retry(dice)
    if dice.chance(6):
        made['fail-on'] = condition(dice)
    if dice.chance(3) and not joins:
        made['wait-before'] = 1
    if dice.chance(3):
        made['wait-after'] = 1
    if dice.chance(3) and not joins:
        made['timeout'] = dice.choice([0, 60, '<% $.y * 10 + 30 %>'])


def retry(dice):
    if dice.chance(20):
        return f'count={dice.randint(0, 2)} delay=0'
    made = {'count': dice.choice([0, 1, 2, '<% $.x %>']), 'delay': dice.choice([0, '<% 0 %>'])}
    if dice.chance(30):
        made['break-on'] = condition(dice)
    if dice.chance(30):
        made['continue-on'] = condition(dice)
    return made


def published(dice, made, name, before, several):
    """Variables of its own: in the basic form, or in the clauses with both scopes."""
    def value():
        return 'once or more' if several else publish_value(dice, before)
    if dice.chance(25) and not several:
        for clause in dice.some(['on-success', 'on-error', 'on-complete'], 2):
            made[clause] = {'publish': {'branch': {f'v_{name}': value()}, 'global': {f'g_{name}': value()}}}
        return
    if dice.chance(60):
        made['publish'] = {f'v_{name}': value()}
    if dice.chance(40):
        made['publish-on-error'] = {f'e_{name}': 'failed' if several else '<% task().result %>'}


def publish_value(dice, before):
    return dice.choice(['<% task().result %>', '{{ task().result }}', '<% task().state %>', value(dice, before), any_value(dice)])


def work(dice, before=()):
    return dice.choose({
        lambda: {'action': 'std.noop'}: 2,
        lambda: {}: 1,
        lambda: {'action': 'std.echo', 'input': {'output': value(dice, before)}}: 6,
        lambda: {'action': 'std.echo', 'input': {'output': any_value(dice)}}: 4,
        lambda: {'action': f'std.echo output=<% $.x + {dice.randint(0, 9)} %>'}: 2,
        lambda: {'action': 'std.echo output="a b"', 'input': {'output': 'hidden'}}: 1,
        lambda: {'action': 'std.echo', 'input': '<% {output => $.nums} %>'}: 1,
        lambda: {'action': '<% switch($.x > 1 => "std.echo", true => "std.echo") %> output=<% $.y %>'}: 1,
        lambda: {'action': f'std.test_dict size={dice.randint(0, 2)}', 'input': {'val': value(dice, before)}}: 1,
        lambda: {'action': 'std.fail'}: 1,
        lambda: {'action': f'std.fail error_data="{dice.choice(["bad", "worse"])}"'}: 2,
        lambda: {'action': 'std.fail', 'input': {'error_data': {'why': value(dice, before)}}}: 1,
        lambda: {'workflow': f'sub n={dice.randint(0, 3)}'}: 2,
        lambda: items(dice, before): 2,
    })()


def items(dice, before=()):
    made = {'with-items': dice.choice([
        'i in <% range($.x) %>', 'i in [1, 2, 3]', 'i in {{ [_.x, 5] }}', 'i in <% $.words %>', 'i in <% $.d %>', 'i in <% "abc" %>',
        ['i in <% $.nums %>', 'j in [4, 5, 6]'], 'i in ["<% $.x %>", 2]'])}
    made['action'] = dice.choice(['std.echo output=<% $.i %>', 'std.echo output="<% $.i %>/<% $.y %>"', 'std.fail error_data=<% $.i %>',
                                  'std.echo'])
    if made['action'] == 'std.echo':
        made['input'] = {'output': {'item': '<% $.i %>', 'of': value(dice, before)}}
    if dice.chance(30):
        made['concurrency'] = dice.choice([1, 2, '<% 1 + 1 %>'])
    return made


def value(dice, before=()):
    if before and dice.chance(60):
        seen = dice.choice(before)
        return dice.choice([
            f'<% task({seen}).result %>', f'<% task({seen}).state %>', f'<% $.get(v_{seen}, none) %>', f'<% global(g_{seen}) %>',
            f"{{{{ _.get('v_{seen}') }}}}", f'saw <% task({seen}).state %>', f"{{{{ task('{seen}').state }}}}"])
    if dice.chance(20):
        return {'list': [dice.choice(SIMPLE)], 'one': dice.choice(SIMPLE)}
    return dice.choice(SIMPLE)


def link(dice, task, target, guarded=25):
    """A transition to a target."""
    clause = dice.choose({'on-success': 65, 'on-complete': 20, 'on-error': 15})
    # An on-error of which no condition holds is told otherwise on purpose.
    guarded = guarded if clause != 'on-error' else 0
    add(task, clause, {target: condition(dice)} if dice.chance(guarded) else target)


def add(task, clause, target):
    """Adds a target to a clause, whichever form it has."""
    there = task.get(clause)
    if isinstance(there, dict):
        there.setdefault('next', []).append(target)
    else:
        task.setdefault(clause, []).append(target)


def leads_on_error(task):
    there = task.get('on-error')
    return bool(there.get('next')) if isinstance(there, dict) else bool(there)


def uses_sub(tasks):
    return any(str(task.get('workflow', '')).startswith('sub ') for task in tasks.values())


def documents(dice, workflow_):
    """The workflow, and the sub-workflow if a task uses it."""
    return {'wf': workflow_} | ({'sub': sub(dice)} if uses_sub(workflow_['tasks']) else {})


def sub(dice):
    return {
        'input': ['n'],
        'output': {'n': '<% $.n %>', 'twice': '<% $.n * 2 %>'},
        'tasks': {
            's': {'publish': {'p': '<% $.n %>'}, 'on-success': [
                {'fail msg="sub <% $.n %>"': f'<% $.n > {dice.randint(0, 3)} %>'}, {'u': '<% $.n > 0 %>'}]},
            'u': {'action': 'std.echo output=<% $.p %>'},
        },
    }
