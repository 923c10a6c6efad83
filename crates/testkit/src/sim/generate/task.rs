//! What a task does: its work, its items, its policies, what it publishes.

use super::super::random::Random;
use super::Place;
use super::text::Text;

/// An expression that fails wherever it stands.
const BROKEN: &str = "<% 1 / 0 %>";

pub(super) fn work(random: &mut Random, place: Place, text: &mut Text) {
    let items = random.chance(25);
    match place.below {
        Some(name) if random.chance(25) => sub_workflow(random, name, text),
        _ if place.back && random.chance(12) => {
            text.line(3, "workflow: back");
            text.line(3, "input:");
            text.line(4, &format!("task_name: r{}", random.below(5)));
        }
        _ => action(random, items, text),
    }
    if items {
        with_items(random, text);
    }
}

fn sub_workflow(random: &mut Random, name: &str, text: &mut Text) {
    match random.below(6) {
        0 => text.line(3, &format!("workflow: <% '{name}' %>")),
        1 => text.line(3, &format!("workflow: <% $.get(flow, '{name}') %>")),
        _ => text.line(3, &format!("workflow: {name}")),
    }
}

fn action(random: &mut Random, items: bool, text: &mut Text) {
    let actions = [
        "std.noop",
        "std.noop",
        "sim.work",
        "sim.work",
        "sim.work",
        "std.fail",
        "std.sleep seconds=3",
        "std.echo output=\"x\"",
        "std.echo output=<% $.get(x, 0) %> delay=2",
        "sim.call",
        "sim.adhoc",
        "sim.chain",
        "<% $.get(act, 'std.noop') %>",
        "std.noop wrong=1",
        "sim.unknown",
    ];
    let common = random.chance(85);
    let most = if common { 12 } else { actions.len() as u64 };
    let index = usize::try_from(random.below(most)).unwrap_or(0);
    if items && random.chance(40) {
        text.line(3, "action: sim.work value=<% $.i %>");
    } else {
        text.line(3, &format!("action: {}", actions[index]));
    }
    if random.chance(2) {
        text.line(3, &format!("target: {BROKEN}"));
    }
}

fn with_items(random: &mut Random, text: &mut Text) {
    let lists = [
        "[1]",
        "[1, 2, 3]",
        "[1, 2, 3, 4, 5, 6, 7]",
        "<% range(0, 5) %>",
        "<% range(0, $.get(x, 2)) %>",
        "<% [] %>",
        BROKEN,
    ];
    let most = if random.chance(95) { 6 } else { 7 };
    let index = usize::try_from(random.below(most)).unwrap_or(0);
    text.line(3, &format!("with-items: i in {}", lists[index]));
    if random.chance(50) {
        text.line(3, &format!("concurrency: {}", 1 + random.below(3)));
    }
}

pub(super) fn defaults(random: &mut Random, text: &mut Text) {
    if random.chance(50) {
        text.line(2, "on-error: [noop]");
    }
    if random.chance(40) {
        text.line(2, "retry: {count: 1, delay: 1}");
    }
    text.line(2, "safe-rerun: true");
}

pub(super) fn policies(random: &mut Random, text: &mut Text) {
    if random.chance(20) {
        retry(random, text);
    }
    for (chance, policy) in [
        (10, "wait-before: 2"),
        (3, "wait-before: <% $.get(x, 1) %>"),
        (10, "wait-after: 1"),
        (10, "timeout: 5"),
        (5, "pause-before: true"),
        (3, "pause-before: <% $.get(x, 0) > 1 %>"),
        (10, "safe-rerun: true"),
        (6, "keep-result: false"),
        (4, "fail-on: true"),
        (4, "fail-on: <% $.get(x, 0) > 1 %>"),
    ] {
        let name = policy.split(':').next().unwrap_or_default();
        let is_second = policy.contains("$.get(x");
        if random.chance(chance) && !(is_second && text.has_in_task(name)) {
            text.line(3, policy);
        }
    }
}

fn retry(random: &mut Random, text: &mut Text) {
    let (count, delay) = (1 + random.below(3), random.below(3));
    let more = match random.below(6) {
        0 => ", break-on: \"<% $.get(x, 0) > 2 %>\"",
        1 => ", continue-on: \"<% task().result = 7 %>\"",
        _ => "",
    };
    text.line(
        3,
        &format!("retry: {{count: {count}, delay: {delay}{more}}}"),
    );
}

pub(super) fn publish(random: &mut Random, text: &mut Text) {
    if random.chance(35) {
        text.line(3, "publish:");
        match random.below(12) {
            0 => text.line(4, &format!("y: {BROKEN}")),
            1 => text.line(4, "r: <% task().result %>"),
            2 => text.line(4, "act: std.async_noop"),
            3 => text.line(4, "d: \"<% {a => $.get(x, 0)} %>\""),
            4 => text.line(4, "seen: <% task(t0) != null and task(t0).state %>"),
            _ => text.line(4, "x: <% $.get(x, 0) + 1 %>"),
        }
    }
    if random.chance(10) {
        text.line(3, "publish-on-error:");
        text.line(4, "x: <% $.get(x, 0) + 1 %>");
    }
    if random.chance(5) {
        text.line(3, "publish-on-skip:");
        text.line(4, "skipped: true");
    }
}

/// What a task that closes a loop publishes: how often it came round.
pub(super) fn publish_round(text: &mut Text) {
    for clause in ["publish:", "publish-on-error:"] {
        text.line(3, clause);
        text.line(4, "x: <% $.get(x, 0) + 1 %>");
    }
}
