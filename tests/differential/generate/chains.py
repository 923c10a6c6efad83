"""Workflows in which one task runs at a time: commands, loops, errors that fail the workflow, mending."""

from generate.expressions import any_value, condition
from generate.tasks import add, documents, leads_on_error, start, task, value, workflow

FAULTS = [
    '<% $.nokey %>', '{{ _.nokey.more }}', '<% $.x / 0 %>', '<% $.x + "a" %>', '<% nofunction($.x) %>', '{{ 1 // 0 }}',
    '<% int("x") %>', '<% $.nums[9] %>', '<% $.words.nomethod() %>',
]


def chain(dice):
    """One task after the other, with engine commands between them."""
    names = [f't{number}' for number in range(dice.randint(2, 5))]
    made = {name: task(dice, name, names[:position]) for position, name in enumerate(names)}
    pauses = 0
    for name, after in zip(names, [*names[1:], None]):
        targets = [after] if after else []
        if dice.chance(35):
            command = dice.choose({'fail': 2, 'succeed': 2, 'pause': 3, 'noop': 1})
            pauses += command == 'pause'
            place = dice.randint(0, 0 if command == 'succeed' else len(targets))
            text = command_text(dice, command, name)
            targets.insert(place, {text: condition(dice)} if dice.chance(30) else text)
        if dice.chance(4) and after:
            made[name]['pause-before'] = True
            pauses += 1
        clause = dice.choice(['on-success', 'on-success', 'on-complete'])
        for target in targets:
            add(made[name], clause, target)
        if dice.chance(25) and not leads_on_error(made[name]):
            add(made[name], 'on-error', 'noop')
        if dice.chance(6):
            fault(dice, made[name])
    steps = [{'settle': True}, {'execution': 'RUNNING'}] * pauses
    return {'yaml': documents(dice, workflow(dice, made)), 'input': start(dice)} | ({'steps': steps} if steps else {})


def command_text(dice, command, name):
    if command == 'noop' or dice.chance(40):
        return command
    return dice.choice([f'{command} msg="at {name}: <% $.x %>"', f'{command}(msg="at {name} <% $.x %>")', f'{command} msg=<% $.y %>',
                        f"{command} msg='{{{{ _.x }}}} is it'"])


def fault(dice, made):
    """Something that fails when it is evaluated, at one of the places that are."""
    wrong = dice.choice(FAULTS)
    place = dice.choice(['input', 'publish', 'guard', 'fail-on', 'retry', 'with-items', 'unknown', 'parameter'])
    if place == 'input':
        made.pop('workflow', None)
        made |= {'action': 'std.echo', 'input': {'output': wrong}}
    elif place == 'publish':
        made['publish'] = {'wrong': wrong}
    elif place == 'guard':
        add(made, 'on-success', {'noop': wrong})
    elif place == 'fail-on':
        made['fail-on'] = wrong
    elif place == 'retry':
        made['retry'] = {'count': 1, 'delay': 0, 'break-on': wrong}
    elif place == 'with-items':
        made.pop('workflow', None)
        made |= {'with-items': 'i in <% $.y %>', 'action': 'std.echo output=<% $.i %>'}
        made.pop('input', None)
    elif place == 'unknown':
        made.pop('workflow', None)
        made |= {'action': 'no.such_action'}
    else:
        made.pop('workflow', None)
        made |= {'action': 'std.noop', 'input': {'unexpected': 1}}


def loop(dice):
    """Rounds with a bound, in one task or through several, sometimes with a join in them."""
    rounds, shape = dice.randint(1, 3), dice.choice(['self', 'ring', 'diamond'])
    count = {'n': '<% $.get(n, 0) + 1 %>'}
    again, over = f'<% $.n < {rounds} %>', f'<% $.n >= {rounds} %>'
    made = {'begin': {'publish': {'n': 0, 'trail': []}, 'on-success': ['a']}}
    trail = {'trail': '<% $.trail + [$.n] %>'}
    if shape == 'self':
        made['a'] = {'action': 'std.echo output=<% $.n %>', 'publish': count | trail, 'on-success': [{'a': again}, {'end': over}]}
    elif shape == 'ring':
        made['a'] = {'action': 'std.echo output=<% $.n %>', 'publish': count, 'on-success': ['b']}
        made['b'] = {'action': dice.choice(['std.noop', 'std.fail']), 'publish': trail, 'on-complete': [{'a': again}, {'end': over}]}
        made['b']['on-error'] = ['noop']
    else:
        made['a'] = {'publish': count, 'on-success': ['b', 'c']}
        made['b'] = {'action': 'std.echo output=<% $.n %>', 'on-success': ['j']}
        made['c'] = {'action': 'std.noop', 'on-success': ['j']}
        made['j'] = {'join': 'all', 'publish': trail, 'on-success': [{'a': again}, {'end': over}]}
    made['end'] = {'action': 'std.echo output=<% $.trail %>', 'publish': {'v_end': '<% task().result %>'}}
    return {'yaml': {'wf': workflow(dice, made)}, 'input': start(dice)}


def mended(dice):
    """A task fails until the environment says otherwise; it is rerun or skipped."""
    mend = "<% switch(env().get(mend, false) => 'std.noop', true => 'std.fail') %>"
    names = [f't{number}' for number in range(dice.randint(2, 4))]
    bad = dice.randrange(len(names) - 1) if len(names) > 2 else 0
    made = {}
    for position, (name, after) in enumerate(zip(names, [*names[1:], None])):
        made[name] = {'action': 'std.echo', 'input': {'output': value(dice, names[:position])}, 'publish': {f'v_{name}': any_value(dice)}}
        if position == bad:
            made[name] = {'action': mend, 'publish': {f'v_{name}': 'good'}, 'publish-on-error': {f'e_{name}': '<% task().state %>'}}
            if dice.chance(60):
                made[name]['publish-on-skip'] = {f's_{name}': any_value(dice)}
            if dice.chance(40):
                made[name]['on-skip'] = dice.choice([['skipped'], ['skipped', {after: condition(dice)}], [{'skipped': condition(dice)}]])
                made['skipped'] = {'action': 'std.echo output=<% $.keys().len() > 0 %>'}
        if after:
            add(made[name], 'on-success', after)
    steps = [{'settle': True}]
    for _ in range(dice.randint(1, 2)):
        steps.append(dice.choice([
            {'task': names[bad], 'state': 'RUNNING', 'reset': True},
            {'task': names[bad], 'state': 'RUNNING', 'reset': True, 'env': {'mend': True}},
            {'task': names[bad], 'state': 'SKIPPED'},
        ]))
        steps.append({'settle': True})
    params = {'env': {'mend': False, 'z': 1}} if dice.chance(50) else {}
    return {'yaml': {'wf': workflow(dice, made)}, 'input': start(dice), 'params': params, 'steps': steps}


def flow(dice):
    """Variables that are published again and again: what replaces what, and what is seen where."""
    names = [f't{number}' for number in range(dice.randint(3, 5))]
    made = {}
    for name, after in zip(names, [*names[1:], None]):
        shared = dice.choice(['a', 'b', 'x', 'v'])
        values = {shared: dice.choice([{'k': name}, {'k': {'deep': name}}, {name: 1}, [name], name, '<% $.get(a) %>', any_value(dice)])}
        if dice.chance(30):
            seen = dice.choice(['a', 'b', 'x', 'v'])
            made[name] = {'on-success': {'publish': {'branch': values, 'global': {f'g_{name}': f'<% [$.get({seen}), global({seen})] %>'}}}}
        else:
            made[name] = {'publish': values}
        made[name] |= {'action': 'std.echo', 'input': {'output': ['<% $.get(a) %>', '<% $.get(b) %>', '<% $.x %>', '<% global(v) %>']}}
        if after:
            add(made[name], 'on-success', after)
    output = {key: f'<% $.get({key}) %>' for key in ('a', 'b', 'x', 'v')} | {'results': [f'<% task({name}).published %>' for name in names]}
    return {'yaml': {'wf': workflow(dice, made, output=output)}, 'input': start(dice)}
