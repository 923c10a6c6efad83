"""The work that is measured, as definitions."""


def document(*workflows):
    return "version: '2.0'\n" + ''.join(workflows)


def workflow(name, tasks, head=''):
    return f'{name}:\n{head}  tasks:\n' + ''.join(f'    {task}\n' for task in tasks)


def one(name='one', action='std.noop'):
    return workflow(name, [f't: {{action: {action}}}'])


def chain(name, count, action='std.noop'):
    links = [f't{n}: {{action: {action}, on-success: t{n + 1}}}' for n in range(count - 1)]
    return workflow(name, links + [f't{count - 1}: {{action: {action}}}'])


def fan(name, count):
    branches = [f't{n}: {{action: std.noop, on-success: last}}' for n in range(count)]
    return workflow(name, branches + ['last: {join: all, action: std.noop}'])


def items(name='items', action='std.noop'):
    return workflow(name, [f"t: {{with-items: 'i in <% range($.n) %>', action: {action}}}"], '  input: [n]\n')


def grid(name, side):
    tasks = []
    for row in range(side):
        for column in range(side):
            below = [f't{row + 1}_{column}'] if row + 1 < side else []
            beside = [f't{row}_{column + 1}'] if column + 1 < side else []
            parts = ['action: std.noop'] + ['join: all'] * bool(row and column)
            if below + beside:
                parts.append(f"on-success: [{', '.join(below + beside)}]")
            tasks.append(f"t{row}_{column}: {{{', '.join(parts)}}}")
    return workflow(name, tasks)


def mixed(name='mixed'):
    """Ten tasks with publishes in YAQL, branches and a join."""
    rows = '<% range(20).select(dict(id => $, name => concat("n", str($)))) %>'
    return workflow(name, [
        "init: {action: std.echo output=<% $.base * 2 %>, publish: {n: <% task().result %>, rows: '" + rows
        + "'}, on-success: [left, middle, right]}",
        "left: {action: 'std.echo output=<% $.rows.where($.id > 10).select($.id).sum() %>',"
        ' publish: {a: <% task().result %>}, on-success: meet}',
        'middle: {action: std.noop, publish: {b: <% $.rows.len() %>}, on-success: meet}',
        "right: {action: 'std.echo output=<% $.rows.groupBy($.id mod 3).len() %>',"
        ' publish: {c: <% task().result %>}, on-success: meet}',
        "meet: {join: all, publish: {total: <% $.a + $.b + $.c %>}, on-success: [{big: '<% $.total > 10 %>'}]}",
        "big: {action: 'std.echo output=<% $.rows.orderByDescending($.id).take(3).name %>',"
        ' publish: {names: <% task().result %>}, on-success: each}',
        "each: {with-items: 'r in <% $.rows.take(3) %>', action: 'std.echo output=<% $.r.name.toUpper() %>',"
        " publish: {upper: '<% task().result.join(\",\") %>'}, on-success: [x, y]}",
        'x: {action: std.noop, on-success: end}',
        'y: {action: std.noop, on-success: end}',
        'end: {join: all, action: std.noop}',
    ], '  input: [{base: 3}]\n  output: {total: <% $.total %>, names: <% $.names %>}\n')


def nested(name='nested', depth=5, width=10):
    """Ten sub-workflows beside each other, each five deep."""
    levels = [workflow(f'{name}_0', ['t: {action: std.noop}'])]
    levels += [workflow(f'{name}_{n}', [f't: {{workflow: {name}_{n - 1}}}']) for n in range(1, depth)]
    branches = [f't{n}: {{workflow: {name}_{depth - 1}, on-success: last}}' for n in range(width)]
    return ''.join(levels) + workflow(name, branches + ['last: {join: all, action: std.noop}'])
