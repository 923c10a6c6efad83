//! Pictures as Mermaid flowcharts, for Markdown.

use std::fmt::Write;

use crate::program::{EngineCommand, Trigger};

use super::model::{Edge, Graph, Link, Node, NodeKind};

/// The workflow as a Mermaid flowchart.
pub fn mermaid(graph: &Graph) -> String {
    let mut text = format!("---\ntitle: {}\n---\nflowchart TD\n", quoted(&graph.name));
    for (index, node) in graph.nodes.iter().enumerate() {
        let _ = writeln!(text, "    n{index}{}", shape(node));
    }
    for edge in &graph.edges {
        let arrow = arrow(edge);
        let label = edge.label().map(|label| format!("|{}|", quoted(&label)));
        let label = label.unwrap_or_default();
        let _ = writeln!(text, "    n{} {arrow}{label} n{}", edge.from, edge.to);
    }
    let errors = graph.edges.iter().enumerate();
    let errors = errors.filter(|(_, edge)| edge.link == Link::On(Trigger::OnError));
    let errors: Vec<_> = errors.map(|(index, _)| index.to_string()).collect();
    if !errors.is_empty() {
        let _ = writeln!(text, "    linkStyle {} stroke:#c33", errors.join(","));
    }
    text
}

/// The label in the brackets of its shape: tasks are boxes, sub-workflows have double
/// walls, joins six corners, commands round ends.
fn shape(node: &Node) -> String {
    let label = quoted(&node.lines().join("\n")).replace('\n', "<br>");
    match &node.kind {
        NodeKind::Task { join: Some(_), .. } => format!("{{{{{label}}}}}"),
        NodeKind::Task {
            is_workflow: true, ..
        } => format!("[[{label}]]"),
        NodeKind::Task { .. } => format!("[{label}]"),
        NodeKind::Command(EngineCommand::Noop, _) => format!("(({label}))"),
        NodeKind::Command(..) => format!("([{label}])"),
    }
}

fn arrow(edge: &Edge) -> &'static str {
    match edge.link {
        Link::On(Trigger::OnSuccess) | Link::Required => "-->",
        Link::On(Trigger::OnComplete) => "==>",
        Link::On(Trigger::OnError | Trigger::OnSkip) => "-.->",
    }
}

/// Mermaid's text: entities begin with `#`.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("#quot;"),
            '#' => quoted.push_str("#35;"),
            '<' => quoted.push_str("#lt;"),
            '>' => quoted.push_str("#gt;"),
            '&' => quoted.push_str("#amp;"),
            '`' => quoted.push_str("#96;"),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
