//! Pictures in the language of Graphviz.

use std::fmt::Write;

use crate::program::{EngineCommand, Trigger};

use super::model::{Edge, Graph, Link, Node, NodeKind};

/// The workflow as a Graphviz digraph.
pub fn dot(graph: &Graph) -> String {
    let mut text = format!("digraph {} {{\n", quoted(&graph.name));
    text.push_str("    node [shape=box, style=rounded, fontname=\"sans-serif\"]\n");
    text.push_str("    edge [fontname=\"sans-serif\", fontsize=10]\n");
    for (index, node) in graph.nodes.iter().enumerate() {
        let label = quoted(&node.lines().join("\n"));
        let _ = writeln!(text, "    n{index} [label={label}{}]", shape(node));
    }
    for edge in &graph.edges {
        let label = edge
            .label()
            .map(|label| format!("label={}", quoted(&label)));
        let attributes: Vec<_> = style(edge)
            .map(str::to_owned)
            .into_iter()
            .chain(label)
            .collect();
        let attributes = match attributes.is_empty() {
            true => String::new(),
            false => format!(" [{}]", attributes.join(", ")),
        };
        let _ = writeln!(text, "    n{} -> n{}{attributes}", edge.from, edge.to);
    }
    text.push_str("}\n");
    text
}

fn shape(node: &Node) -> &'static str {
    match &node.kind {
        NodeKind::Task { join: Some(_), .. } => ", shape=hexagon, style=\"\"",
        NodeKind::Task {
            is_workflow: true, ..
        } => ", peripheries=2",
        NodeKind::Task { .. } => "",
        NodeKind::Command(EngineCommand::Fail, _) => ", shape=oval, style=\"\", color=\"#cc3333\"",
        NodeKind::Command(EngineCommand::Succeed, _) => {
            ", shape=oval, style=\"\", color=\"#339944\""
        }
        NodeKind::Command(..) => ", shape=oval, style=\"\"",
    }
}

fn style(edge: &Edge) -> Option<&'static str> {
    match edge.link {
        Link::On(Trigger::OnSuccess) | Link::Required => None,
        Link::On(Trigger::OnError) => Some("style=dashed, color=\"#cc3333\""),
        Link::On(Trigger::OnComplete) => Some("style=bold"),
        Link::On(Trigger::OnSkip) => Some("style=dotted"),
    }
}

fn quoted(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{}\"", text.replace('\n', "\\n"))
}
