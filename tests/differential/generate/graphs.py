"""Workflows with branches and joins."""

from generate.expressions import condition
from generate.tasks import add, documents, leads_on_error, link, start, task, workflow


def graph(dice):
    """Tasks with edges from earlier ones to later ones, and joins."""
    names = [f't{number}' for number in range(dice.randint(2, 8))]
    inbound = {name: parents(dice, names[:position]) for position, name in enumerate(names)}
    made, several = {}, set()
    for name in names:
        joins = len(inbound[name]) > 1 and not several.intersection(inbound[name]) and dice.chance(85)
        if not joins and (len(inbound[name]) > 1 or several.intersection(inbound[name])):
            several.add(name)
        made[name] = task(dice, name, ancestors(name, inbound), name in several, joins)
        if joins:
            made[name]['join'] = 'all'
        for parent in inbound[name]:
            link(dice, made[parent], name)
        # An empty task is refused.
        made[name].setdefault('description', f'does {name}')
    defaults = task_defaults(dice) if dice.chance(15) else {}
    for name in names:
        if not leads_on_error(made[name]) and dice.chance(30):
            add(made[name], 'on-error', 'noop')
    return {'yaml': documents(dice, workflow(dice, made, **defaults)), 'input': start(dice)}


def task_defaults(dice):
    made = {}
    if dice.chance(60):
        made['retry'] = {'count': 1, 'delay': 0}
    if dice.chance(40):
        made['on-error'] = ['noop']
    if dice.chance(30):
        made['fail-on'] = condition(dice)
    if dice.chance(20):
        made['safe-rerun'] = True
    if dice.chance(20):
        made['concurrency'] = 2
    return {'task-defaults': made} if made else {}


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


def fan(dice):
    """Branches that end in a join; as many trigger it as it waits for, or fewer."""
    width = dice.randint(2, 5)
    made = {'first': task(dice, 'first') | {'action': 'std.noop'}} if dice.chance(50) else {}
    for key in ('with-items', 'workflow', 'input', 'concurrency', 'fail-on'):
        made.get('first', {}).pop(key, None)
    triggers = 0
    for number in range(width):
        steps = [f'b{number}', f'c{number}'] if dice.chance(30) else [f'b{number}']
        if made.get('first'):
            add(made['first'], 'on-success', steps[0])
        for name, after in zip(steps, [*steps[1:], 'join']):
            fails = after == 'join' and dice.chance(35)
            made[name] = {'action': 'std.fail'} if fails else {'action': f'std.echo output={number}', 'publish': {f'v_{name}': number}}
            clause = dice.choice(['on-success', 'on-complete', 'on-error']) if after == 'join' else 'on-success'
            made[name][clause] = [after]
            taken = clause == 'on-complete' or (clause == 'on-error') == fails
            if fails and clause != 'on-error':
                made[name]['on-error'] = ['noop']
        triggers += taken
    made['join'] = {'join': waits_for(dice, width, triggers), 'publish': {'seen': f'<% $.get(v_b{dice.randrange(width)}) %>'}}
    if made['join']['join'] == 'all' and triggers < width or isinstance(made['join']['join'], int) and triggers < made['join']['join']:
        # Who has ended when the join gives up depends on who is faster.
        for name in made:
            made[name].pop('publish', None)
    if dice.chance(50):
        made['join']['on-error'] = ['rescue']
        made['rescue'] = {'action': 'std.echo output="rescued"'}
    if dice.chance(50):
        made['join']['on-success'] = ['last']
        made['last'] = {'action': 'std.echo output=<% $.get(seen) %>'}
    return {'yaml': {'wf': workflow(dice, made)}, 'input': start(dice)}


def waits_for(dice, width, triggers):
    """With more triggers than it waits for, the late ones would race."""
    exact = {1: 'one'}.get(triggers, triggers) if triggers else 'all'
    more = dice.randint(triggers, width) or 1
    return dice.choice(['all', exact, more])


def layers(dice):
    """Two or three layers of branches, each joined: what is published travels far."""
    made, last = {'begin': {'publish': {'v_begin': '<% $.x %>', 'shared': {'from': 'begin'}}}}, 'begin'
    for layer in range(dice.randint(2, 3)):
        branches = [f'l{layer}b{number}' for number in range(dice.randint(2, 3))]
        made[last]['on-success'] = branches
        for branch in branches:
            made[branch] = {'action': 'std.echo', 'input': {'output': [branch, f'<% $.get(v_{last}) %>']},
                            'publish': {f'v_{branch}': '<% task().result %>'}, 'on-success': [f'j{layer}']}
        # Of two versions of a variable the one that was changed more often counts.
        made[dice.choice(branches)]['publish']['shared'] = dice.choice([{'layer': layer}, layer, [layer], {'from': 'layer'}])
        last = f'j{layer}'
        made[last] = {'join': 'all', 'publish': {f'v_{last}': '<% $.shared %>'}}
    return {'yaml': {'wf': workflow(dice, made)}, 'input': start(dice)}


def reverse(dice):
    names = [f't{number}' for number in range(dice.randint(2, 6))]
    inbound = {name: parents(dice, names[:position]) for position, name in enumerate(names)}
    made = {name: plain(task(dice, name, ancestors(name, inbound))) for name in names}
    for name in names:
        if inbound[name]:
            made[name]['requires'] = inbound[name] if len(inbound[name]) > 1 or dice.chance(50) else inbound[name][0]
    more = {'type': 'reverse'}
    if dice.chance(15) and len(names) > 2:
        more['task-defaults'] = {'requires': [names[0]]}
        for name in inbound[names[0]]:
            made[names[0]].pop('requires', None)
    return {'yaml': documents(dice, workflow(dice, made, **more)), 'input': start(dice),
            'params': {'task_name': dice.choice(names[-2:])}}


def plain(made):
    """Without clauses, which a task of a reverse workflow has not."""
    return {key: value for key, value in made.items() if not key.startswith('on-')}
