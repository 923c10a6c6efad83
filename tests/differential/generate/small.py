"""One or two tasks with much of one thing."""

from generate.chains import fault
from generate.expressions import any_value, condition
from generate import tasks
from generate.tasks import retry, start, workflow


def guards(dice):
    """Many conditions on the ways out of one task."""
    names = [f'g{number}' for number in range(dice.randint(2, 6))]
    ways = [{name: condition(dice, 2)} if dice.chance(85) else name for name in names]
    made = {'t': {'action': dice.choice(['std.noop', 'std.echo output=<% $.x %>']), 'publish': {'p': any_value(dice)}}}
    for clause, part in (('on-success', ways[::2]), ('on-complete', ways[1::2])):
        if part:
            made['t'][clause] = part if dice.chance(60) else {'next': part}
    made |= {name: {'action': f'std.echo output="{name}"', 'publish': {f'v_{name}': 1}} for name in names}
    return {'yaml': {'wf': workflow(dice, made)}, 'input': start(dice)}


def expressions(dice):
    """Values of many kinds in all the places where values stand."""
    made = {
        't': {'action': 'std.echo', 'input': {'output': {f'e{number}': any_value(dice) for number in range(dice.randint(2, 6))}},
              'publish': {'p': any_value(dice), 'q': [any_value(dice), {'deep': any_value(dice)}]}, 'on-success': ['u']},
        'u': {'action': 'std.echo', 'input': {'output': ['<% $.p %>', '{{ _.q }}', '<% task(t).result %>', any_value(dice)]}},
    }
    return {'yaml': {'wf': workflow(dice, made, output={'p': '<% $.p %>', 'u': '<% task(u).result %>', 'o': any_value(dice)})},
            'input': start(dice)}


def policies(dice):
    made = {'t': {'action': dice.choice(['std.noop', 'std.echo output=<% $.x %>', 'std.fail', 'std.fail error_data=<% $.words %>'])}}
    task = made['t']
    for _ in range(3):
        tasks.policies(dice, task)
    if dice.chance(60):
        task['retry'] = retry(dice)
    if dice.chance(40):
        task['retry'] = {'count': dice.randint(1, 3), 'delay': 0,
                         'continue-on': dice.choice(['<% task().result = 2 %>', '<% $.x < 2 %>', '<% true %>', '<% task(t).state = SUCCESS %>'])}
    if dice.chance(30):
        task['fail-on'] = dice.choice(['<% task().result = 1 %>', '<% $.x > 1 %>', True, False, condition(dice)])
    if dice.chance(10):
        task[dice.choice(['wait-before', 'wait-after', 'timeout', 'concurrency'])] = dice.choice(['<% "1" %>', '<% 0 - 1 %>', '<% $.words %>', '<% 1.5 %>'])
    if dice.chance(10):
        task[dice.choice(['pause-before', 'fail-on'])] = dice.choice(['<% 1 %>', '<% "no" %>', '<% $.x %>'])
    if dice.chance(10):
        fault(dice, task)
    task |= {'publish': {'ok': '<% task().result %>', 'state': '<% task().state %>'}, 'publish-on-error': {'bad': '<% task().result %>'}} \
        if 'publish' not in task else {}
    task['on-error' if dice.chance(70) else 'on-complete'] = ['noop']
    if dice.chance(30):
        made['u'] = {'action': 'std.echo', 'input': {'output': '<% task(t).result %>'}}
        task.setdefault('on-success', []).append('u')
    return {'yaml': {'wf': workflow(dice, made)}, 'input': start(dice)}
