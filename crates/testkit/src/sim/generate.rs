//! Random workflows over the features of the language.

use std::fmt::Write;

use super::random::Random;

/// A document with a workflow `main` and sometimes a sub-workflow `child`.
pub fn workflow(random: &mut Random) -> String {
    let mut text = String::from("version: '2.0'\n");
    let with_child = random.chance(40);
    one(random, "main", with_child, &mut text);
    if with_child {
        one(random, "child", false, &mut text);
    }
    text
}

fn one(random: &mut Random, name: &str, with_child: bool, text: &mut String) {
    let count = 2 + random.below(7);
    line(text, 0, &format!("{name}:"));
    if random.chance(20) {
        line(text, 1, "task-defaults:");
        line(text, 2, "on-error: [noop]");
    }
    line(text, 1, "tasks:");
    let inbound = edges(random, count);
    for number in 0..count {
        line(text, 2, &format!("t{number}:"));
        work(random, with_child, text);
        policies(random, text);
        let sources = inbound.iter().filter(|(_, to)| *to == number).count();
        if sources > 1 || (sources == 1 && random.chance(20)) {
            let needed = random.below(sources as u64) + 1;
            let join = match random.below(3) {
                0 => "one".to_owned(),
                1 => needed.to_string(),
                _ => "all".to_owned(),
            };
            line(text, 3, &format!("join: {join}"));
        }
        transitions(random, number, &inbound, text);
    }
}

/// Forward edges, and now and then one back (its guard lets it be taken twice).
fn edges(random: &mut Random, count: u64) -> Vec<(u64, u64)> {
    let mut edges = Vec::new();
    for to in 1..count {
        for _ in 0..random.below(3) {
            let edge = (random.below(to), to);
            if !edges.contains(&edge) {
                edges.push(edge);
            }
        }
    }
    let back = (count - 1, random.below(count - 1) + 1);
    let forward_inbound = edges.iter().any(|(_, to)| *to == back.1);
    if random.chance(15) && back.0 != back.1 && forward_inbound {
        edges.push(back);
    }
    edges
}

fn work(random: &mut Random, with_child: bool, text: &mut String) {
    if with_child && random.chance(25) {
        line(text, 3, "workflow: child");
    } else {
        let actions = [
            "action: std.noop",
            "action: std.noop",
            "action: sim.work",
            "action: sim.work",
            "action: std.fail",
            "action: std.sleep seconds=3",
            "action: std.echo output=\"x\"",
            "action: std.async_noop",
        ];
        line(text, 3, random.pick::<&str>(&actions));
    }
    if random.chance(25) {
        let items = ["[1]", "[1, 2, 3]", "[1, 2, 3, 4, 5, 6, 7]"];
        line(
            text,
            3,
            &format!("with-items: i in {}", random.pick(&items)),
        );
        if random.chance(50) {
            line(text, 3, &format!("concurrency: {}", 1 + random.below(3)));
        }
    }
}

fn policies(random: &mut Random, text: &mut String) {
    if random.chance(20) {
        let (count, delay) = (1 + random.below(3), random.below(3));
        line(
            text,
            3,
            &format!("retry: {{count: {count}, delay: {delay}}}"),
        );
    }
    for (chance, policy) in [
        (10, "wait-before: 2"),
        (10, "wait-after: 1"),
        (10, "timeout: 5"),
        (5, "pause-before: true"),
        (10, "safe-rerun: true"),
        (5, "keep-result: false"),
        (5, "fail-on: true"),
    ] {
        if random.chance(chance) {
            line(text, 3, policy);
        }
    }
    if random.chance(30) {
        line(text, 3, "publish:");
        line(text, 4, "x: <% $.get(x, 0) + 1 %>");
    }
}

fn transitions(random: &mut Random, from: u64, edges: &[(u64, u64)], text: &mut String) {
    let mut clauses: [Vec<String>; 3] = Default::default();
    for &(_, to) in edges.iter().filter(|(source, _)| *source == from) {
        let guard = match (to <= from, random.below(5)) {
            (true, _) => Some("<% $.get(x, 5) < 3 %>"),
            (false, 0) => Some("<% true %>"),
            (false, 1) => Some("<% false %>"),
            _ => None,
        };
        let target = match guard {
            Some(guard) => format!("t{to}: {guard}"),
            None => format!("t{to}"),
        };
        let clause = usize::try_from(random.below(6)).unwrap_or(0).min(2);
        clauses[clause].push(target);
    }
    let command = ["noop", "fail", "succeed", "pause"];
    if random.chance(10) {
        let clause = usize::try_from(random.below(3)).unwrap_or(0);
        clauses[clause].push((*random.pick(&command)).to_owned());
    }
    for (name, targets) in ["on-error", "on-complete", "on-success"]
        .iter()
        .zip(clauses)
    {
        if targets.is_empty() {
            continue;
        }
        line(text, 3, &format!("{name}:"));
        for target in targets {
            line(text, 4, &format!("- {target}"));
        }
    }
}

fn line(text: &mut String, depth: usize, content: &str) {
    let indent = depth * 2;
    // Writing to a String can't fail.
    let _ = writeln!(text, "{:indent$}{content}", "");
}
