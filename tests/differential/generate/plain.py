"""Small cases of the common features, all in one."""

import yaml

from generate.dice import Dice

COUNT = 160


def cases():
    """All of them, by name."""
    made = (case(number) for number in range(COUNT))
    return {case['name']: case for case in made}


def case(number):
    dice = Dice(f'case {number}')
    shape = dice.choose({graph: 6, chain: 3, reverse: 2})
    workflow, extra = shape(dice)
    documents = {'version': '2.0', 'wf': workflow}
    if uses_sub(workflow):
        documents['sub'] = sub(dice)
    text = yaml.safe_dump(documents, sort_keys=False, width=1000)
    return {'name': f'random.{number:03}', 'yaml': text, 'input': {'x': dice.randint(0, 3)}} | extra


def graph(dice):
    """Tasks with edges from earlier ones to later ones, and joins."""
    names = [f't{number}' for number in range(dice.randint(2, 8))]
    inbound = {name: parents(dice, names[:position]) for position, name in enumerate(names)}
    tasks, several = {}, set()
    for name in names:
        joins = len(inbound[name]) > 1 and not several.intersection(inbound[name]) and dice.chance(85)
        if not joins and (len(inbound[name]) > 1 or several.intersection(inbound[name])):
            several.add(name)
        tasks[name] = task(dice, name, ancestors(name, inbound), name in several)
        if joins:
            tasks[name]['join'] = 'all'
        for parent in inbound[name]:
            link(dice, tasks[parent], name)
    for name in names:
        if 'on-error' not in tasks[name] and dice.chance(30):
            tasks[name]['on-error'] = 'noop'
    return workflow(dice, tasks), {}


def parents(dice, earlier):
    wanted = dice.choose({0: 15, 1: 50, 2: 25, 3: 10}) if earlier else 0
    return sorted(dice.sample(earlier, min(wanted, len(earlier))))


def ancestors(name, inbound):
    """All tasks from which the task can be reached."""
    found, todo = set(), list(inbound[name])
    while todo:
        parent = todo.pop()
        if parent not in found:
            found.add(parent)
            todo += inbound[parent]
    return sorted(found)


def link(dice, task, target):
    clause = dice.choose({'on-success': 65, 'on-complete': 20, 'on-error': 15})
    task.setdefault(clause, []).append({target: condition(dice)} if dice.chance(25) else target)


def chain(dice):
    """One task after the other, with engine commands between them, and sometimes a round back."""
    names = [f't{number}' for number in range(dice.randint(2, 5))]
    tasks = {name: task(dice, name, names[:position], False) for position, name in enumerate(names)}
    pauses = 0
    for name, after in zip(names, [*names[1:], None]):
        targets = [after] if after else []
        if dice.chance(35):
            command = dice.choose({'fail': 2, 'succeed': 2, 'pause': 3, 'noop': 1})
            pauses += command == 'pause'
            text = command if command == 'noop' or dice.chance(40) else f'{command} msg="at {name}: <% $.x %>"'
            place = dice.randint(0, 0 if command == 'succeed' else len(targets))
            targets.insert(place, {text: condition(dice)} if dice.chance(30) else text)
        if targets:
            tasks[name][dice.choose({'on-success': 6, 'on-complete': 4})] = targets
        if dice.chance(25):
            tasks[name]['on-error'] = ['noop']
    steps = [{'settle': True}, {'execution': 'RUNNING'}] * pauses
    return workflow(dice, tasks), {'steps': steps} if steps else {}


def reverse(dice):
    names = [f't{number}' for number in range(dice.randint(2, 6))]
    inbound = {name: parents(dice, names[:position]) for position, name in enumerate(names)}
    tasks = {name: task(dice, name, ancestors(name, inbound), False) for name in names}
    for name in names:
        if inbound[name]:
            tasks[name]['requires'] = inbound[name]
    return {'type': 'reverse', **workflow(dice, tasks)}, {'params': {'task_name': names[-1]}}


def workflow(dice, tasks):
    made = {'input': ['x', {'y': 7}]}
    if dice.chance(40):
        made['vars'] = {'v': dice.choice(['<% $.x + $.y %>', '{{ _.x * 2 }}', [1, '<% $.x %>'], {'k': '<% $.y %>'}])}
    if dice.chance(50):
        made['output'] = {name: f'<% $.get(v_{name}) %>' for name in tasks}
    if dice.chance(20):
        made['output-on-error'] = {'seen': [f'<% task({name}).state %>' for name in tasks if dice.chance(50)]}
    if dice.chance(10):
        made['task-defaults'] = {'retry': {'count': 1, 'delay': 0}}
    return made | {'tasks': tasks}


def task(dice, name, before, several):
    """A task that may look at the tasks before it."""
    made = work(dice, [] if several else before)
    if dice.chance(60):
        made['publish'] = {f'v_{name}': 'once or more' if several else published(dice, before)}
    if dice.chance(40):
        made['publish-on-error'] = {f'e_{name}': 'failed' if several else '<% task().result %>'}
    if dice.chance(8):
        made['retry'] = {'count': dice.randint(0, 2), 'delay': 0}
        if dice.chance(40):
            made['retry'][dice.choice(['break-on', 'continue-on'])] = condition(dice)
    if dice.chance(6):
        made['fail-on'] = condition(dice)
    if dice.chance(4):
        made['wait-before'] = 1
    if dice.chance(4):
        made['wait-after'] = 1
    return made


def work(dice, before):
    return dice.choose({
        lambda: {'action': 'std.noop'}: 3,
        lambda: {'action': 'std.echo', 'input': {'output': value(dice, before)}}: 6,
        lambda: {'action': f'std.echo output=<% $.x + {dice.randint(0, 9)} %>'}: 3,
        lambda: {'action': f'std.test_dict size={dice.randint(0, 2)}', 'input': {'val': value(dice, before)}}: 1,
        lambda: {'action': 'std.fail'}: 1,
        lambda: {'action': f'std.fail error_data="{dice.choice(["bad", "worse"])}"'}: 2,
        lambda: {'action': 'std.fail', 'input': {'error_data': {'why': value(dice, before)}}}: 1,
        lambda: {'workflow': f'sub n={dice.randint(0, 3)}'}: 2,
        lambda: items(dice, before): 2,
    })()


def items(dice, before):
    made = {'with-items': dice.choice(['i in <% range($.x) %>', 'i in [1, 2, 3]', 'i in {{ [_.x, 5] }}'])}
    made['action'] = dice.choice(['std.echo output=<% $.i %>', 'std.echo output="<% $.i %>/<% $.y %>"', 'std.fail error_data=<% $.i %>'])
    if dice.chance(30):
        made['concurrency'] = dice.randint(1, 2)
    return made


def value(dice, before):
    simple = ['text', 5, None, True, 1.5, '<% $.x %>', '{{ _.y }}', 'x is <% $.x %>', 'y is {{ _.y }}', '<% $.y > $.x %>']
    if before and dice.chance(60):
        seen = dice.choice(before)
        return dice.choice([
            f'<% task({seen}).result %>', f'<% task({seen}).state %>', f'<% $.get(v_{seen}, none) %>',
            f"{{{{ _.get('v_{seen}') }}}}", f'saw <% task({seen}).state %>'])
    if dice.chance(20):
        return {'list': [dice.choice(simple)], 'one': dice.choice(simple)}
    return dice.choice(simple)


def published(dice, before):
    return dice.choice(['<% task().result %>', '{{ task().result }}', '<% task().state %>', value(dice, before)])


def condition(dice):
    return dice.choice([
        '<% $.x > 1 %>', '<% $.x < 2 %>', '<% true %>', '<% false %>', '<% $.y = 7 %>', '{{ _.x == 2 }}',
        '<% task().state = SUCCESS %>', '<% $.x %>', "<% task().result != 5 %>"])


def uses_sub(workflow):
    return any('workflow' in task for task in workflow['tasks'].values())


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
