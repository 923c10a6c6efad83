//! Graphs as text, Mermaid and DOT.

use std::collections::HashMap;

use anstyle::{AnsiColor, Style};

use super::graph::{Edge, Node};
use crate::watch::{colour, symbol};

/// One line for each task, and one below it for each path from it.
pub(super) fn text(nodes: &[Node], edges: &[Edge]) -> String {
    let names: HashMap<&str, &str> = nodes.iter().map(|node| (&*node.id, &*node.name)).collect();
    let mut lines = Vec::new();
    for node in nodes {
        let style = colour(&node.state).map_or_else(Style::new, AnsiColor::on_default);
        let (sign, name, state) = (symbol(&node.state), clean(&node.name), &node.state);
        lines.push(
            format!("{style}{sign}{style:#} {name}  {style}{state}{style:#}")
                .trim_end()
                .to_owned(),
        );
        for edge in edges.iter().filter(|edge| edge.from == node.id) {
            let to = names.get(&*edge.to).copied().unwrap_or(&edge.to);
            let (arrow, on) = (if edge.taken { "──▶" } else { "╌╌▷" }, &edge.on);
            lines.push(format!("    {on:<11} {arrow} {}", clean(to)));
        }
    }
    lines.join("\n")
}

/// A flowchart; paths that were not taken are dotted.
pub(super) fn mermaid(nodes: &[Node], edges: &[Edge]) -> String {
    let places = places(nodes);
    let mut lines = vec!["flowchart TD".to_owned()];
    for (at, node) in nodes.iter().enumerate() {
        let class = class(&node.state);
        lines.push(format!("    n{at}[\"{}\"]:::{class}", html(&node.name)));
    }
    for edge in edges {
        let ends = places.get(&*edge.from).zip(places.get(&*edge.to));
        if let Some((from, to)) = ends {
            let arrow = if edge.taken { "-->" } else { "-.->" };
            let label = match edge.on.as_str() {
                "" => String::new(),
                on => format!("|{}|", html(on)),
            };
            lines.push(format!("    n{from} {arrow}{label} n{to}"));
        }
    }
    for (class, colour) in CLASSES {
        lines.push(format!(
            "    classDef {class} fill:{colour},stroke:#555,color:#111"
        ));
    }
    lines.join("\n")
}

/// A digraph for Graphviz; paths that were not taken are dashed.
pub(super) fn dot(nodes: &[Node], edges: &[Edge]) -> String {
    let places = places(nodes);
    let mut lines = vec![
        "digraph execution {".to_owned(),
        "    node [shape=box, style=\"rounded,filled\", fontname=\"sans-serif\"];".to_owned(),
    ];
    for (at, node) in nodes.iter().enumerate() {
        let class = class(&node.state);
        let fill = CLASSES.iter().find(|(name, _)| *name == class);
        let fill = fill.map_or("#ffffff", |(_, colour)| colour);
        let label = quoted(&node.name);
        lines.push(format!("    n{at} [label={label}, fillcolor=\"{fill}\"];"));
    }
    for edge in edges {
        let ends = places.get(&*edge.from).zip(places.get(&*edge.to));
        if let Some((from, to)) = ends {
            let style = if edge.taken { "solid" } else { "dashed" };
            let label = quoted(&edge.on);
            lines.push(format!(
                "    n{from} -> n{to} [label={label}, style={style}];"
            ));
        }
    }
    lines.push("}".to_owned());
    lines.join("\n")
}

/// Fills of the classes of states.
const CLASSES: [(&str, &str); 5] = [
    ("success", "#c6e6c3"),
    ("error", "#f2b8b5"),
    ("running", "#bfe3f2"),
    ("stopped", "#f5e3a8"),
    ("waiting", "#eeeeee"),
];

fn class(state: &str) -> &'static str {
    match state {
        "SUCCESS" => "success",
        "ERROR" => "error",
        "RUNNING" => "running",
        "PAUSED" | "DELAYED" | "CANCELLED" | "SKIPPED" => "stopped",
        _ => "waiting",
    }
}

fn places(nodes: &[Node]) -> HashMap<&str, usize> {
    let places = nodes.iter().enumerate();
    places.map(|(at, node)| (&*node.id, at)).collect()
}

fn clean(text: &str) -> String {
    text.chars()
        .filter(|character| !character.is_control())
        .collect()
}

/// Text in a label of Mermaid, whose entities are those of HTML with `#`.
fn html(text: &str) -> String {
    let escape = |character: char| match character {
        '"' | '#' | '<' | '>' | '&' | '|' | '`' => format!("#{};", u32::from(character)),
        other => other.to_string(),
    };
    clean(text).chars().map(escape).collect()
}

fn quoted(text: &str) -> String {
    let text = clean(text).replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{text}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> (Vec<Node>, Vec<Edge>) {
        let node = |id: &str, name: &str, state: &str| Node {
            id: id.to_owned(),
            name: name.to_owned(),
            state: state.to_owned(),
        };
        let edge = |from: &str, to: &str, on: &str, taken| Edge {
            from: from.to_owned(),
            to: to.to_owned(),
            on: on.to_owned(),
            taken,
        };
        let nodes = vec![
            node("1", "check", "SUCCESS"),
            node("2", "up \"all\"", "ERROR"),
            node("3", "report", ""),
        ];
        let edges = vec![
            edge("1", "2", "on-success", true),
            edge("2", "3", "on-error", false),
            edge("2", "gone", "on-success", false),
        ];
        (nodes, edges)
    }

    #[test]
    fn as_text() {
        let (nodes, edges) = example();
        let text = text(&nodes, &edges);
        insta::assert_snapshot!(anstream::adapter::strip_str(&text).to_string());
    }

    #[test]
    fn as_mermaid() {
        let (nodes, edges) = example();
        insta::assert_snapshot!(mermaid(&nodes, &edges));
    }

    #[test]
    fn as_dot() {
        let (nodes, edges) = example();
        insta::assert_snapshot!(dot(&nodes, &edges));
    }
}
