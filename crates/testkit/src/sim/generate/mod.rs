//! Random workflows over the features of the language.
//!
//! A document has a workflow `main`, sometimes with `child` and `grand` below it and
//! the reverse workflow `back` beside them. Loops are bounded by their guards, so
//! every generated workflow can end.

mod reverse;
mod task;
mod text;
mod transitions;

use super::random::Random;
use text::Text;

/// What the workflows of one document may refer to.
#[derive(Clone, Copy)]
struct Place {
    /// The workflow that tasks may start, if any.
    below: Option<&'static str>,
    /// There is a reverse workflow.
    back: bool,
    /// How many tasks the workflow has.
    tasks: u64,
}

/// A transition between two tasks.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Edge {
    from: u64,
    to: u64,
}

impl Edge {
    fn is_back(self) -> bool {
        self.to <= self.from
    }
}

/// A document with a workflow `main` and what it calls.
pub fn workflow(random: &mut Random) -> String {
    let mut text = Text::default();
    text.line(0, "version: '2.0'");
    let depth = usize::try_from(random.below(5).saturating_sub(1)).unwrap_or(0);
    let names = ["main", "child", "grand"];
    let names = &names[..(depth + 1).min(names.len())];
    let back = random.chance(25);
    for (level, name) in names.iter().enumerate() {
        let below = names.get(level + 1).copied();
        let most = if level == 0 { 8 } else { 4 };
        let place = Place {
            below,
            back,
            tasks: 1 + random.below(most),
        };
        direct(random, name, place, &mut text);
    }
    if back {
        reverse::workflow(random, &mut text);
    }
    text.into_string()
}

fn direct(random: &mut Random, name: &str, place: Place, text: &mut Text) {
    text.line(0, &format!("{name}:"));
    if random.chance(30) {
        text.line(1, "vars:");
        text.line(2, "x: 1");
        text.line(2, "act: sim.work");
    }
    if random.chance(20) {
        text.line(1, "output:");
        text.line(2, "x: <% $.get(x) %>");
        text.line(2, "all: <% tasks(execution().id).state %>");
    }
    if random.chance(15) {
        text.line(1, "task-defaults:");
        task::defaults(random, text);
    }
    text.line(1, "tasks:");
    let edges = edges(random, place.tasks);
    for number in 0..place.tasks {
        text.line(2, &format!("t{number}:"));
        task::work(random, place, text);
        task::policies(random, text);
        match edges
            .iter()
            .any(|edge| edge.from == number && edge.is_back())
        {
            true => task::publish_round(text),
            false => task::publish(random, text),
        }
        join(random, number, &edges, text);
        transitions::clauses(random, number, &edges, text);
    }
}

fn join(random: &mut Random, number: u64, edges: &[Edge], text: &mut Text) {
    let sources = edges.iter().filter(|edge| edge.to == number).count() as u64;
    if edges
        .iter()
        .any(|edge| edge.to == number && edge.from == number)
    {
        // A join that waits for itself: the rules of the language have no sense for it.
        return;
    }
    if sources > 1 && random.chance(75) || sources == 1 && random.chance(20) {
        let needed = random.below(sources) + 1;
        let join = match random.below(4) {
            0 => "one".to_owned(),
            1 => needed.to_string(),
            _ => "all".to_owned(),
        };
        text.line(3, &format!("join: {join}"));
    }
}

/// Forward edges, and now and then one or two back (their guards end the loop).
fn edges(random: &mut Random, count: u64) -> Vec<Edge> {
    let mut edges = Vec::new();
    for to in 1..count {
        for _ in 0..random.below(3) {
            let edge = Edge {
                from: random.below(to),
                to,
            };
            if !edges.contains(&edge) {
                edges.push(edge);
            }
        }
    }
    for _ in 0..random.below(5).saturating_sub(2) {
        let from = random.below(count);
        let to = random.below(from + 1);
        let edge = Edge { from, to };
        let reached = edges.iter().any(|edge| edge.to == to);
        if reached && !edges.contains(&edge) {
            edges.push(edge);
        }
    }
    edges
}
