//! Random YAQL expressions.

use std::fmt::Write;
use std::sync::LazyLock;

use crate::random::Random;

const OPERATORS: [&str; 21] = [
    "+", "-", "*", "/", " mod ", "=", "!=", "<", ">", "<=", ">=", " and ", " or ", " in ", "=~",
    "!~", ".", "?.", "->", "=>", ",",
];

const LITERALS: [&str; 40] = [
    "0",
    "1",
    "-1",
    "2.5",
    "1e9",
    "9223372036854775807",
    "123456789012345678901234567890",
    "true",
    "false",
    "null",
    "''",
    "'a'",
    "'abc def'",
    "\"\\u00e9\"",
    "'žluť 日本 😀'",
    "'%Y-%m-%d %H:%M'",
    "'2020-02-29T12:30:45Z'",
    "'[a-z]+(\\\\d)?'",
    "'(?P<n>x)|y*'",
    "'a,b;c'",
    "'1.5'",
    "`x\\y`",
    "word",
    "[]",
    "{}",
    "[1, 2, 3]",
    "{a => 1}",
    "$",
    "$.n",
    "$.s",
    "$.list",
    "$.people",
    "$.dict",
    "$.zero",
    "$.nested.a.b",
    "$x",
    "$1",
    "$.missing",
    "$?.missing",
    "$.big",
];

static NAMES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    yaql::reference()
        .iter()
        .map(|function| function.name)
        .collect()
});

/// The names of parameters, for keyword arguments.
const KEYWORDS: [&str; 12] = [
    "predicate",
    "selector",
    "collection",
    "default",
    "string",
    "days",
    "hours",
    "separator",
    "seed",
    "start",
    "stop",
    "a",
];

pub(crate) fn expression(random: &mut Random) -> String {
    let mut out = String::new();
    let depth = 1 + random.below(5);
    write_expression(&mut out, random, depth);
    out
}

fn write_expression(out: &mut String, random: &mut Random, depth: usize) {
    if depth == 0 || out.len() > 2000 {
        return out.push_str(random.pick(&LITERALS));
    }
    match random.below(14) {
        0 => out.push_str(random.pick(&LITERALS)),
        1..=5 => chain(out, random, depth),
        6 | 7 => binary(out, random, depth),
        8 => call(out, random, depth),
        9 => enclosed(out, random, depth, ["[", "]"]),
        10 => enclosed(out, random, depth, ["(", ")"]),
        11 => dict(out, random, depth),
        12 => {
            out.push_str(random.pick(&["-", "not ", "+"]));
            write_expression(out, random, depth - 1);
        }
        _ => {
            out.push_str(random.pick(&["let(", "with(", "def("]));
            out.push_str(random.pick(&["", "x => ", "f, "]));
            write_expression(out, random, depth - 1);
            out.push_str(") -> ");
            write_expression(out, random, depth - 1);
        }
    }
}

fn binary(out: &mut String, random: &mut Random, depth: usize) {
    write_expression(out, random, depth - 1);
    out.push_str(random.pick(&OPERATORS));
    write_expression(out, random, depth - 1);
}

/// `value.method(…).method(…)[index]`
fn chain(out: &mut String, random: &mut Random, depth: usize) {
    write_expression(out, random, depth - 1);
    for _ in 0..=random.below(3) {
        match random.below(8) {
            0 => enclosed(out, random, depth, ["[", "]"]),
            1 => {
                let _ = write!(out, ".{}", random.pick(&["a", "k", "name", "len", "year"]));
            }
            _ => {
                out.push_str(random.pick(&[".", ".", ".", "?."]));
                call(out, random, depth);
            }
        }
    }
}

fn call(out: &mut String, random: &mut Random, depth: usize) {
    out.push_str(random.pick(&NAMES));
    out.push('(');
    for i in 0..random.below(4) {
        if i > 0 {
            out.push_str(", ");
        }
        if random.one_in(8) {
            let _ = write!(out, "{} => ", random.pick(&KEYWORDS));
        }
        write_expression(out, random, depth - 1);
    }
    out.push(')');
}

fn enclosed(out: &mut String, random: &mut Random, depth: usize, [open, close]: [&str; 2]) {
    out.push_str(open);
    for i in 0..=random.below(3) {
        if i > 0 {
            out.push_str(", ");
        }
        write_expression(out, random, depth - 1);
    }
    out.push_str(close);
}

fn dict(out: &mut String, random: &mut Random, depth: usize) {
    out.push('{');
    for i in 0..random.below(3) {
        if i > 0 {
            out.push_str(", ");
        }
        write_expression(out, random, depth - 1);
        out.push_str(" => ");
        write_expression(out, random, depth - 1);
    }
    out.push('}');
}
