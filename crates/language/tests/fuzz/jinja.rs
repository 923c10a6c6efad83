//! Random Jinja templates.

use std::sync::LazyLock;

use language::expression::{Language, NameKind, names};

use crate::random::Random;

const OPERATORS: [&str; 19] = [
    "+", "-", "*", "/", "//", "%", "**", "~", "==", "!=", "<", ">", "<=", ">=", " and ", " or ",
    " in ", " not in ", " if ",
];

const LITERALS: [&str; 30] = [
    "0",
    "1",
    "-1",
    "2.5",
    "1e9",
    "9223372036854775807",
    "123456789012345678901234567890",
    "true",
    "none",
    "''",
    "'a'",
    "\"%s %5.2f\"",
    "'{0!r:>10}'",
    "'žluť 日本 😀'",
    "'a,b;c'",
    "[]",
    "{}",
    "[1, 2, 3]",
    "(1, 'a')",
    "{'a': 1}",
    "_",
    "_.n",
    "_.s",
    "_.list",
    "_.people",
    "_.dict",
    "_['zero']",
    "_.nested.a.b",
    "x",
    "loop.index",
];

const METHODS: [&str; 32] = [
    "items",
    "keys",
    "values",
    "get",
    "update",
    "pop",
    "setdefault",
    "append",
    "extend",
    "insert",
    "index",
    "count",
    "split",
    "rsplit",
    "join",
    "replace",
    "strip",
    "upper",
    "title",
    "format",
    "center",
    "zfill",
    "find",
    "startswith",
    "encode",
    "splitlines",
    "partition",
    "expandtabs",
    "translate",
    "sort",
    "copy",
    "isdigit",
];

static NAMES: LazyLock<[Vec<&'static str>; 3]> = LazyLock::new(|| {
    [NameKind::Function, NameKind::Filter, NameKind::Test].map(|kind| names(Language::Jinja, kind))
});

pub(crate) fn template(random: &mut Random) -> String {
    let mut out = String::new();
    let depth = 1 + random.below(4);
    if random.one_in(2) {
        print(&mut out, random, depth);
    } else {
        body(&mut out, random, depth);
    }
    out
}

fn print(out: &mut String, random: &mut Random, depth: usize) {
    out.push_str(random.pick(&["{{ ", "{{- ", "{{"]));
    expression(out, random, depth);
    out.push_str(random.pick(&[" }}", " -}}", "}}"]));
}

fn body(out: &mut String, random: &mut Random, depth: usize) {
    for _ in 0..=random.below(3) {
        match random.below(8) {
            _ if depth == 0 || out.len() > 2000 => {
                out.push_str(random.pick(&["text", "\n", "<b>&"]));
            }
            0 | 1 => out.push_str(random.pick(&["text ", "\n  ", "é", "{# note #}", "# x\n"])),
            2..=4 => print(out, random, depth - 1),
            5 => block(out, random, depth, "if ", "", "endif"),
            6 => {
                let tail = random.pick(&["", " recursive", " if x"]);
                block(out, random, depth, "for x in ", tail, "endfor");
            }
            _ => match random.below(6) {
                0 => block(out, random, depth, "set x = ", "", ""),
                1 => block(
                    out,
                    random,
                    depth,
                    "filter upper | replace(1, ",
                    ")",
                    "endfilter",
                ),
                2 => block(out, random, depth, "with x = ", "", "endwith"),
                3 => block(out, random, depth, "macro m(x, y=", ")", "endmacro"),
                4 => block(out, random, depth, "call m(", ")", "endcall"),
                _ => block(out, random, depth, "autoescape ", "", "endautoescape"),
            },
        }
    }
}

fn block(out: &mut String, random: &mut Random, depth: usize, start: &str, tail: &str, end: &str) {
    out.push_str("{% ");
    out.push_str(start);
    expression(out, random, depth - 1);
    out.push_str(tail);
    out.push_str(" %}");
    if !end.is_empty() {
        body(out, random, depth - 1);
        out.push_str("{% ");
        out.push_str(end);
        out.push_str(" %}");
    }
}

fn expression(out: &mut String, random: &mut Random, depth: usize) {
    if depth == 0 || out.len() > 2000 {
        return out.push_str(random.pick(&LITERALS));
    }
    let [functions, filters, tests] = &*NAMES;
    match random.below(12) {
        0 => out.push_str(random.pick(&LITERALS)),
        1 | 2 => {
            expression(out, random, depth - 1);
            out.push_str(random.pick(&OPERATORS));
            expression(out, random, depth - 1);
        }
        3..=5 => {
            expression(out, random, depth - 1);
            out.push_str(" | ");
            out.push_str(random.pick(filters));
            arguments(out, random, depth);
        }
        6 => {
            expression(out, random, depth - 1);
            out.push_str(random.pick(&[" is ", " is not "]));
            out.push_str(random.pick(tests));
            arguments(out, random, depth);
        }
        7 | 8 => {
            expression(out, random, depth - 1);
            out.push('.');
            out.push_str(random.pick(&METHODS));
            arguments(out, random, depth);
        }
        9 => {
            out.push_str(random.pick(functions));
            arguments(out, random, depth);
        }
        10 => {
            out.push('(');
            expression(out, random, depth - 1);
            out.push_str(random.pick(&[")", ", 1)", ")[1:]", ")[::-1]", ")[0]"]));
        }
        _ => {
            out.push_str(random.pick(&["not ", "-", "[", "{1: "]));
            expression(out, random, depth - 1);
            out.push_str(random.pick(&["", "]", "}"]));
        }
    }
}

fn arguments(out: &mut String, random: &mut Random, depth: usize) {
    if random.one_in(4) {
        return;
    }
    out.push('(');
    for i in 0..random.below(3) {
        if i > 0 {
            out.push_str(", ");
        }
        out.push_str(random.pick(&["", "", "", "", "attribute=", "default=", "*", "**"]));
        expression(out, random, depth - 1);
    }
    out.push(')');
}
