#!/usr/bin/env python3
"""Records what the real croniter makes of many patterns: table.txt beside this file.

Needs croniter in the version that the original service pins:

    python3 -m venv venv && venv/bin/pip install croniter==7.0.0 && venv/bin/python record.py

A line is: the pattern, a tab, then ten times (UTC) separated by blanks, fewer if there
are no more within fifty years, or `invalid`.
"""

import datetime
import pathlib
import random

from croniter import croniter

START = datetime.datetime(2027, 1, 30, 23, 17, 42)
TIMES = 10

BY_HAND = '''
* * * * *
*/5 * * * *
*/7 * * * *
*/59 * * * *
*/60 * * * *
*/70 * * * *
0-59 * * * *
0-59/13 * * * *
7/10 * * * *
59/15 * * * *
50-10 * * * *
50-10/7 * * * *
5-5 * * * *
5-5/20 * * * *
1,2,3,30-33 * * * *
30,30,30 * * * *
*,5 * * * *
5,* * * * *
0 * * * *
0 */2 * * *
0 */5 * * *
0 22-2 * * *
0 22-2/3 * * *
0 9-17 * * mon-fri
30 9-17/2 * * 1-5
0 23/1 * * *
0 0 * * *
0 0 1 * *
0 0 31 * *
0 0 29 2 *
0 0 30 2 *
0 0 31 4,6,9 *
0 0 29,30,31 * *
0 0 L * *
0 0 l 2 *
0 0 1,L * *
0 0 15,L * 1
0 0 25-L * *
0 0 25-L/2 * *
0 0 L-1 * *
0 0 L-3 * *
0 0 LW * *
0 0 15W * *
0 0 W15 * *
0 0 1W * *
0 0 31W * *
0 0 28W 2 *
0 0 15W * 1
0 0 15W * 1#2
0 0 15W,20 * *
0 0 0W * *
0 0 32W * *
0 0 1-15W * *
0 0 */2 * *
0 0 */2 * 1
0 0 */3 */2 *
0 0 2-20/5 * *
0 0 28-3 * *
0 0 28-3/2 * *
0 0 13 * 5
0 0 13 * fri
0 0 1,15 * 3
0 0 * * 0
0 0 * * 7
0 0 * * 0,7
0 0 * * 0-7
0 0 * * 7-7
0 0 * * 5-7
0 0 * * 5-1
0 0 * * 6-2
0 0 * * sat-mon
0 0 * * sat-mon/2
0 0 * * fri-sun
0 0 * * 1-5
0 0 * * mon,wed,fri
0 0 * * MON
0 0 * * Monday
0 0 * * */2
0 0 * * 1/2
0 0 13 * 0-6
0 0 1-31 * 1
0 0 1-31 * *
0 0 */1 * 2
0 0 * * 1#1
0 0 * * 1#5
0 0 * * 5#2
0 0 * * fri#2
0 0 * * mon-wed#1
0 0 * * 1-3#1
0 0 * * 1#1,1#3
0 0 * * 1#1,3#2
0 0 * * 1,3#2
0 0 * * 1#2,1
0 0 * * 7#1
0 0 * * 1#0
0 0 * * 1#6
0 0 * * 1#L
0 0 * * *#2
0 0 * * *,1#2
0 0 10-20 * *,1#2
0 0 */2 * *,1#2
0 0 * * L5
0 0 * * l0
0 0 * * L7
0 0 * * L8
0 0 * * 5L
0 0 * * L
0 0 * * L1,L3
0 0 * * L1,1#1
0 0 13 * L5
0 0 13 * 5#2
0 0 1 * 5#2
0 0 31 2 1#1
0 0 1 jan *
0 0 1 JAN,jul *
0 0 1 jan-mar *
0 0 1 nov-feb *
0 0 1 nov-feb/2 *
0 0 1 apr-jan/3 *
0 0 1 dec/3 *
0 0 1 jan-jan *
0 0 1 */5 *
0 0 1 0 *
0 0 1 13 *
0 0 1 january *
0 0 0 * *
0 0 32 * *
0 24 * * *
60 * * * *
0 0 * * 8
0 0 * * -1
-5 * * * *
1- * * * *
- * * * *
, * * * *
1,,2 * * * *
1, * * * *
*/ * * * *
/5 * * * *
*/0 * * * *
5/0 * * * *
*/-5 * * * *
*/a * * * *
1-5-7 * * * *
1/2/3 * * * *
*-5 * * * *
5-* * * * *
a * * * *
1.5 * * * *
+5 * * * *
005 * * * *
0 007 * * *
? * * * *
0 0 ? * *
0 0 * * ?
0 0 ? * 1
0 0 ?,1 * *
0 0 ? ? ?
h * * * *
H/5 * * * *
h(0-5) * * * *
* * * *
* * *
* * * * * *
* * * * * 0
* * * * * */10
* * * * * 5/20
* * * * * 50-10
*/5 * * * * 30
0 0 * * * 60
0 2 * * mon 15
0 2 * * 1#1 30
0 0 L * * 59
* * * * * * *
0 0 1 1 * 0 2030
0 0 1 1 * 0 2030-2033
0 0 1 1 * 0 */7
0 0 29 2 * 0 2028/4
0 0 1 1 * 0 2020
0 0 1 1 * 0 1960
0 0 1 1 * 0 2100
0 0 1 1 * 0 2090-2099
* * * * * * * *
@midnight
@hourly
@daily
@DAILY
@weekly
@monthly
@yearly
@annually
@reboot
@every 5m
@noon
 0 0 * * * 
0  0   *  * *
0 2 * * mon
15 3 1-7 * 1
15 3 1-7 * *
0 12 1 1-12/3 *
0 0 1 1 1
0 0 29 2 1
0 0 31 2 1
0 0 31 2,4 *
59 23 31 12 *
0 0 1 * 1-5
0 0 1-7,15-21 * *
5,10-20/5,40-50/3 8-10,20-22 * * *
0 0 1 2-4,6,8-10/2 *
0 0 * 2 29
0 0 29-2 * *
0 0 * jan,feb,13 *
0 0 30 2 0
'''


def element(low, high, names=None):
    def value():
        number = random.randint(low, high)
        return random.choice(names) if names and random.random() < 0.3 else str(number)
    kind = random.random()
    if kind < 0.35:
        return value()
    if kind < 0.55:
        return f'{value()}-{value()}'
    if kind < 0.7:
        return f'*/{random.randint(1, high + 2)}'
    if kind < 0.85:
        return f'{value()}-{value()}/{random.randint(1, max(2, high // 2))}'
    return f'{value()}/{random.randint(1, max(2, high // 2))}'


def field(low, high, names=None, special=()):
    kind = random.random()
    if kind < 0.35:
        return '*'
    if special and kind < 0.5:
        return random.choice(special)()
    return ','.join(element(low, high, names) for _ in range(random.choice((1, 1, 1, 2, 3))))


def by_chance():
    months = 'jan feb mar apr may jun jul aug sep oct nov dec'.split()
    days = 'sun mon tue wed thu fri sat'.split()
    fields = [
        field(0, 59), field(0, 23),
        field(1, 31, special=(lambda: 'L', lambda: f'{random.randint(1, 28)}W')), field(1, 12, months),
        field(0, 7, days, special=(lambda: f'{random.randint(0, 7)}#{random.randint(1, 5)}',
                                   lambda: f'L{random.randint(0, 7)}',
                                   lambda: f'{random.choice(days)}#{random.randint(1, 5)}'))]
    if random.random() < 0.25:
        fields.append(field(0, 59))
        if random.random() < 0.3:
            fields.append(field(2025, 2040))
    return ' '.join(fields)


def answer(pattern):
    try:
        times = croniter(pattern, START)
    except (ValueError, KeyError):
        return 'invalid'
    found = []
    try:
        while len(found) < TIMES:
            found.append(times.get_next(datetime.datetime).strftime('%Y-%m-%dT%H:%M:%S'))
    except ValueError:
        pass
    return ' '.join(found)


def main():
    random.seed(20270130)
    patterns = [line for line in BY_HAND.split('\n') if line.strip()]
    patterns += [by_chance() for _ in range(300)]
    lines = [f'{pattern}\t{answer(pattern)}\n' for pattern in dict.fromkeys(patterns)]
    path = pathlib.Path(__file__).with_name('table.txt')
    path.write_text(f'# start {START.isoformat()}\n' + ''.join(lines))


if __name__ == '__main__':
    main()
