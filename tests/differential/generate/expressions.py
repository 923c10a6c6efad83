"""Random expressions over the input that every workflow here has."""

INPUT = ['x', {'y': 7}, {'nums': [3, 1, 2]}, {'words': ['b', 'a', 'c', 'a']}, {'d': {'k': 1, 'l': {'m': 'deep'}}}]


def number(dice, depth=2):
    if depth == 0 or dice.chance(35):
        return dice.choice(['$.x', '$.y', '$.d.k', '$.nums[1]', str(dice.randint(0, 9))])
    less = depth - 1
    return dice.choice([
        lambda: f'({number(dice, less)} {dice.choice("+-*")} {number(dice, less)})',
        lambda: f'max({number(dice, less)}, {number(dice, less)})',
        lambda: f'{numbers(dice, less)}.sum(0)',
        lambda: f'{numbers(dice, less)}.toList().len()',
        lambda: '$.words.len()',
        lambda: f'switch({truth(dice, less)} => {number(dice, less)}, true => {number(dice, less)})',
        lambda: f'abs({number(dice, less)})',
    ])()


def numbers(dice, depth=2):
    if depth == 0 or dice.chance(35):
        return dice.choice(['$.nums', '[1, 2]', 'range(3)', f'range({dice.randint(0, 4)})'])
    less = depth - 1
    return dice.choice([
        lambda: f'{numbers(dice, less)}.select($ {dice.choice("+*")} {dice.randint(1, 3)})',
        lambda: f'{numbers(dice, less)}.where($ > {dice.randint(0, 2)})',
        lambda: f'{numbers(dice, less)}.orderBy($)',
        lambda: f'{numbers(dice, less)}.orderByDescending($)',
        lambda: f'{numbers(dice, less)}.toList().reverse()',
        lambda: f'({numbers(dice, less)}.toList() + [{number(dice, 0)}])',
        lambda: f'{numbers(dice, less)}.take({dice.randint(0, 2)})',
    ])()


def text(dice, depth=2):
    if depth == 0 or dice.chance(35):
        return dice.choice(['$.words[0]', '$.d.l.m', '"lit"', "'a b'"])
    less = depth - 1
    return dice.choice([
        lambda: '$.words.join("-")',
        lambda: f'str({number(dice, less)})',
        lambda: f'{text(dice, less)}.toUpper()',
        lambda: f'concat({text(dice, less)}, {text(dice, less)})',
        lambda: f'{text(dice, less)}.replace("a", "z")',
        lambda: f'concat(str({number(dice, less)}), "/", {text(dice, less)})',
        lambda: '$.words.orderBy($).distinct().join(",")',
    ])()


def truth(dice, depth=2):
    if depth == 0 or dice.chance(30):
        compare = dice.choice(['<', '>', '<=', '>=', '=', '!='])
        return f'{number(dice, 0)} {compare} {number(dice, 0)}'
    less = depth - 1
    return dice.choice([
        lambda: f'({truth(dice, less)} {dice.choice(["and", "or"])} {truth(dice, less)})',
        lambda: f'not ({truth(dice, less)})',
        lambda: f'{number(dice, less)} in {numbers(dice, less)}',
        lambda: f'{numbers(dice, less)}.any($ = {dice.randint(0, 3)})',
        lambda: f'{numbers(dice, less)}.all($ > {dice.randint(0, 1)})',
        lambda: f'$.d.containsKey({dice.choice(["k", "z"])})',
        lambda: f'{number(dice, less)} > {number(dice, less)}',
        lambda: f'isString({text(dice, less)})',
        lambda: f'{text(dice, less)}.startsWith("b")',
    ])()


JINJA = [
    '{{ _.x + _.y }}', '{{ _.nums | sum }}', '{{ _.words | join("-") }}', '{{ _.nums | sort }}', '{{ _.d.l.m | upper }}',
    '{{ "big" if _.x > 1 else "small" }}', 'x={{ _.x }}, y={{ _.y }}', '{% if _.x > 1 %}many{% else %}few{% endif %} of {{ _.y }}',
    '{{ _.words | length }}', '{{ _.nums | map("string") | list }}', '{{ _.d }}', '{{ [_.x, _.y] | max }}',
    '{% for n in _.nums %}{{ n }};{% endfor %}', '{{ _.get("nothing") }}', '{{ _.x is even }}', '{{ _.words | unique | list }}',
]


def yaql(dice, depth=2):
    """Any value, in YAQL."""
    kind = dice.choose({number: 4, text: 3, truth: 2, numbers: 2})
    expression = f'<% {kind(dice, depth)} %>'
    return f'now {expression} and <% $.x %>' if dice.chance(15) else expression


def any_value(dice):
    return dice.choice(JINJA) if dice.chance(30) else yaql(dice)


def condition(dice, depth=1):
    if dice.chance(20):
        return dice.choice(['{{ _.x == 2 }}', '{{ _.x > 1 and _.y < 9 }}', '{{ not _.nums }}', '{{ "a" in _.words }}'])
    if dice.chance(15):
        return dice.choice(['<% true %>', '<% false %>', '<% $.x %>', '<% $.get(nothing) %>', '<% [] %>', '<% "" %>', '<% {a => 1} %>'])
    return f'<% {truth(dice, depth)} %>'
