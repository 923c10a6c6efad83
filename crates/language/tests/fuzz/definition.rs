//! Random definitions: YAML, mostly in the form of workflows.

use crate::random::Random;
use crate::{jinja, yaql};

const KEYS: [&str; 44] = [
    "version",
    "name",
    "description",
    "type",
    "input",
    "output",
    "output-on-error",
    "vars",
    "tags",
    "tasks",
    "workflows",
    "actions",
    "task-defaults",
    "action",
    "workflow",
    "publish",
    "publish-on-error",
    "publish-on-skip",
    "on-success",
    "on-error",
    "on-complete",
    "on-skip",
    "join",
    "requires",
    "with-items",
    "retry",
    "wait-before",
    "wait-after",
    "timeout",
    "pause-before",
    "concurrency",
    "fail-on",
    "keep-result",
    "safe-rerun",
    "target",
    "base",
    "base-input",
    "count",
    "delay",
    "break-on",
    "branch",
    "global",
    "next",
    "t1",
];

const SCALARS: [&str; 40] = [
    "2.0",
    "'2.0'",
    "direct",
    "reverse",
    "t1",
    "t2",
    "t3",
    "[t1, t2]",
    "noop",
    "fail",
    "all",
    "one",
    "2",
    "-1",
    "true",
    "yes",
    "null",
    "~",
    "",
    "012",
    "0x1f",
    "1:30",
    ".inf",
    "2020-01-02",
    "1e3",
    "{}",
    "[]",
    "std.noop",
    "std.echo output=1",
    "std.fail error_data=\"x\"",
    "i in <% $.list %>",
    "!!str 1",
    "!x y",
    "&a b",
    "*a",
    "<<",
    "? x",
    "'it''s'",
    "\"\\u00e9\\x41\\n\"",
    "succeed(msg=<% 1 %>)",
];

pub(crate) fn document(random: &mut Random) -> String {
    let mut out = String::from("version: '2.0'\nw:\n  tasks:\n");
    if random.one_in(4) {
        out.clear();
        mapping(&mut out, random, 0, 4);
        return out;
    }
    for task in ["t1", "t2", "t3"] {
        out.push_str("    ");
        out.push_str(task);
        out.push_str(":\n");
        mapping(&mut out, random, 6, 2);
    }
    out
}

fn mapping(out: &mut String, random: &mut Random, indent: usize, depth: usize) {
    for _ in 0..=random.below(4) {
        let key = match random.one_in(12) {
            true => random.pick(&SCALARS),
            false => random.pick(&KEYS),
        };
        out.push_str(&" ".repeat(indent));
        out.push_str(key);
        out.push_str(": ");
        node(out, random, indent + 2, depth);
    }
}

fn node(out: &mut String, random: &mut Random, indent: usize, depth: usize) {
    match random.below(9) {
        0 | 1 if depth > 0 => {
            out.push('\n');
            mapping(out, random, indent, depth - 1);
        }
        2 if depth > 0 => {
            out.push('\n');
            for _ in 0..=random.below(3) {
                out.push_str(&" ".repeat(indent));
                out.push_str("- ");
                node(out, random, indent + 2, depth - 1);
            }
        }
        3 => {
            out.push_str(random.pick(&["|\n", ">-\n", "|2+\n", ">1\n"]));
            for _ in 0..=random.below(3) {
                out.push_str(&" ".repeat(indent));
                out.push_str(random.pick(&["text\n", "  more\n", "<% $.n %>\n", "\n", "\t\n"]));
            }
        }
        4 => quoted(out, &format!("<% {} %>", yaql::expression(random))),
        5 => quoted(out, &jinja::template(random)),
        6 => {
            out.push_str(random.pick(&["[", "{"]));
            out.push_str(random.pick(&SCALARS));
            out.push_str(random.pick(&[", ", ": ", ""]));
            out.push_str(random.pick(&SCALARS));
            out.push_str(random.pick(&["]", "}", "]]"]));
            out.push('\n');
        }
        _ => {
            out.push_str(random.pick(&SCALARS));
            out.push_str(random.pick(&["\n", " # note\n", "\r\n"]));
        }
    }
}

fn quoted(out: &mut String, text: &str) {
    out.push('\'');
    out.push_str(&text.replace('\'', "''"));
    out.push_str("'\n");
}
