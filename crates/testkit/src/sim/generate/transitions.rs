//! Where a task leads: guarded transitions, commands, both forms of a clause.

use super::super::random::Random;
use super::Edge;
use super::text::Text;

const CLAUSES: [&str; 4] = ["on-error", "on-complete", "on-skip", "on-success"];

const COMMANDS: [&str; 7] = [
    "noop",
    "pause",
    "fail",
    "succeed",
    "fail(msg='so it is')",
    "fail: <% $.get(x, 0) > 2 %>",
    "succeed: <% $.get(x, 0) > 3 %>",
];

const GUARDS: [&str; 6] = [
    "<% true %>",
    "<% false %>",
    "<% $.get(x, 0) < 2 %>",
    "<% task().state = SUCCESS %>",
    "<% task().result != null %>",
    "<% tasks(execution().id).len() < 6 %>",
];

/// A loop ends: what goes back counts in a variable that no branch can lose.
const LOOP: &str = "$.get(rounds, 0) < 12";

pub(super) fn clauses(random: &mut Random, from: u64, edges: &[Edge], text: &mut Text) {
    let mut clauses: [Vec<String>; 4] = Default::default();
    for &edge in edges.iter().filter(|edge| edge.from == from) {
        let clause = match (edge.is_back(), random.below(8)) {
            (true, clause) => [0, 1, 3][usize::try_from(clause % 3).unwrap_or(0)],
            (false, clause) => usize::try_from(clause).unwrap_or(0).min(3),
        };
        clauses[clause].push(target(random, edge));
    }
    if random.chance(12) {
        let clause = usize::try_from(random.below(4)).unwrap_or(0);
        clauses[clause].push((*random.pick(&COMMANDS)).to_owned());
    }
    for (name, targets) in CLAUSES.iter().zip(clauses) {
        clause(random, name, &targets, text);
    }
}

fn target(random: &mut Random, edge: Edge) -> String {
    let to = edge.to;
    if edge.is_back() {
        return format!("t{to}: <% {LOOP} and tasks(execution().id).len() < 9 and $.x < 4 %>");
    }
    match random.below(9) {
        0..4 => {
            let guard = random.pick(&GUARDS);
            format!("t{to}: {guard}")
        }
        4 if random.chance(10) => format!("t{to}: <% 1 / 0 %>"),
        _ => format!("t{to}"),
    }
}

fn clause(random: &mut Random, name: &str, targets: &[String], text: &mut Text) {
    let counts = random.chance(15) && name != "on-skip";
    let loops = targets.iter().any(|target| target.contains(LOOP));
    if targets.is_empty() && !counts {
        return;
    }
    text.line(3, &format!("{name}:"));
    let advanced = counts || loops;
    if advanced {
        text.line(4, "publish:");
    }
    if counts && random.chance(60) {
        text.line(5, "branch:");
        text.line(6, "x: <% $.get(x, 0) + 1 %>");
    }
    if advanced {
        text.line(5, "global:");
    }
    if counts {
        text.line(6, "g: <% $.get(g, 0) + 1 %>");
    }
    if loops {
        text.line(6, "rounds: <% $.get(rounds, 0) + 1 %>");
    }
    if targets.is_empty() {
        return;
    }
    if advanced {
        text.line(4, "next:");
    }
    for target in targets {
        text.line(if advanced { 5 } else { 4 }, &format!("- {target}"));
    }
}
