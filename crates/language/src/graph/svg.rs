//! Pictures as SVG: one file, no scripts, readable on light and dark ground.

use std::fmt::Write;

use crate::program::{EngineCommand, Trigger};

use super::layout::{Layout, Placed, Point, Route, Size, layout};
use super::model::{Edge, Graph, Link, Node, NodeKind};

/// Width of a character and height of a line.
const CHARACTER: f64 = 7.3;
const LINE: i32 = 17;

const STYLE: &str = "\
    text { font: 13px ui-sans-serif, system-ui, sans-serif; text-anchor: middle; fill: #1c2430 }
    .sub, .label { font-size: 11px; fill: #566173 }
    .node { fill: #f4f7fb; stroke: #4a6fa5; stroke-width: 1.3 }
    .join { fill: #fff7e3; stroke: #b08a1e }
    .fail { fill: #fdeaea; stroke: #c33 } .succeed { fill: #e9f7ec; stroke: #394 }
    .pause, .noop { fill: #eee; stroke: #777 }
    .edge { fill: none; stroke: #4b5563; stroke-width: 1.4 }
    .error { stroke: #c33; stroke-dasharray: 6 3 } .complete { stroke-width: 2.4 }
    .skip { stroke-dasharray: 2 3 }
    .back { fill: #fff; fill-opacity: .85 }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6ebf2 } .sub, .label { fill: #aab4c3 } .back { fill: #14181f }
      .node { fill: #1d2633 } .join { fill: #33290f } .fail { fill: #3a1c1c } .succeed { fill: #16301c }
      .pause, .noop { fill: #2a2e35 } .edge { stroke: #9aa5b5 } .error { stroke: #e66 }
    }
";

/// The places of a graph's nodes and edges, in pixels.
pub fn drawing(graph: &Graph) -> Layout {
    let sizes: Vec<_> = graph.nodes.iter().map(size).collect();
    let ends: Vec<_> = graph
        .edges
        .iter()
        .map(|edge| (edge.from, edge.to))
        .collect();
    layout(&sizes, &ends)
}

/// The workflow as an SVG document.
pub fn svg(graph: &Graph) -> String {
    let layout = drawing(graph);
    let Size { width, height } = room(&layout, graph);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\" role=\"img\">\n  <title>{}</title>\n  \
         <style>\n{STYLE}  </style>\n",
        escaped(&graph.name)
    );
    markers(&mut text);
    for (edge, route) in graph.edges.iter().zip(&layout.edges) {
        draw_edge(&mut text, edge, route);
    }
    for (node, placed) in graph.nodes.iter().zip(&layout.nodes) {
        draw_node(&mut text, node, *placed);
    }
    for (edge, route) in graph.edges.iter().zip(&layout.edges) {
        draw_label(&mut text, edge, route);
    }
    text.push_str("</svg>\n");
    text
}

/// The layout's size, and what labels at its right border need.
fn room(layout: &Layout, graph: &Graph) -> Size {
    let labels = graph.edges.iter().zip(&layout.edges);
    let right = labels.filter_map(|(edge, route)| {
        let half = text_width(&edge.label()?) / 2;
        Some(route.label.x + half + 4)
    });
    Size {
        width: right.fold(layout.size.width, i32::max),
        height: layout.size.height,
    }
}

fn text_width(text: &str) -> i32 {
    (text.chars().count() as f64 * CHARACTER) as i32
}

fn size(node: &Node) -> Size {
    let lines = node.lines();
    let widest = lines.iter().map(|line| text_width(line)).max().unwrap_or(0);
    Size {
        width: (widest + 28).max(60),
        height: lines.len() as i32 * LINE + 14,
    }
}

/// An arrow head for each colour, as a head does not take that of its line everywhere.
fn markers(text: &mut String) {
    text.push_str("  <defs>\n");
    for (id, colour) in [("arrow", "#4b5563"), ("arrow-error", "#c33")] {
        let _ = writeln!(
            text,
            "    <marker id=\"{id}\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"8\" \
             markerHeight=\"8\" markerUnits=\"userSpaceOnUse\" orient=\"auto\">\
             <path d=\"M0 0 8 4 0 8z\" fill=\"{colour}\"/></marker>"
        );
    }
    text.push_str("  </defs>\n");
}

fn draw_edge(text: &mut String, edge: &Edge, route: &Route) {
    let (class, marker) = match edge.link {
        Link::On(Trigger::OnSuccess) | Link::Required => ("edge", "arrow"),
        Link::On(Trigger::OnError) => ("edge error", "arrow-error"),
        Link::On(Trigger::OnComplete) => ("edge complete", "arrow"),
        Link::On(Trigger::OnSkip) => ("edge skip", "arrow"),
    };
    let path = path(&route.points, edge.from == edge.to);
    let _ = writeln!(
        text,
        "  <path class=\"{class}\" marker-end=\"url(#{marker})\" d=\"{path}\"/>"
    );
}

/// Straight down through layers, and a curve from one to the next.
fn path(points: &[Point], is_loop: bool) -> String {
    let mut path = format!("M{} {}", points[0].x, points[0].y);
    if let (true, [_, out, back, end]) = (is_loop, points) {
        let _ = write!(
            path,
            "C{} {} {} {} {} {}",
            out.x, out.y, back.x, back.y, end.x, end.y
        );
        return path;
    }
    for pair in points.windows(2) {
        let (a, b) = (pair[0], pair[1]);
        if a.x == b.x {
            let _ = write!(path, "L{} {}", b.x, b.y);
        } else {
            let middle = (a.y + b.y) / 2;
            let _ = write!(path, "C{} {middle} {} {middle} {} {}", a.x, b.x, b.x, b.y);
        }
    }
    path
}

fn draw_node(text: &mut String, node: &Node, placed: Placed) {
    let Placed { at, size } = placed;
    let (class, radius) = match &node.kind {
        NodeKind::Task { join: Some(_), .. } => ("node join", 4),
        NodeKind::Task { .. } => ("node", 4),
        NodeKind::Command(command, _) => (command_class(*command), size.height / 2),
    };
    let rect = |text: &mut String, inset: i32| {
        let _ = writeln!(
            text,
            "    <rect class=\"{class}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"{radius}\"/>",
            at.x + inset,
            at.y + inset,
            size.width - 2 * inset,
            size.height - 2 * inset
        );
    };
    text.push_str("  <g>\n");
    rect(text, 0);
    if let NodeKind::Task {
        is_workflow: true, ..
    } = &node.kind
    {
        rect(text, 3);
    }
    for (line, words) in node.lines().iter().enumerate() {
        let class = if line == 0 { "" } else { " class=\"sub\"" };
        let _ = writeln!(
            text,
            "    <text{class} x=\"{}\" y=\"{}\">{}</text>",
            at.x + size.width / 2,
            at.y + 7 + LINE * line as i32 + 13,
            escaped(words)
        );
    }
    text.push_str("  </g>\n");
}

fn command_class(command: EngineCommand) -> &'static str {
    match command {
        EngineCommand::Fail => "node fail",
        EngineCommand::Succeed => "node succeed",
        EngineCommand::Pause => "node pause",
        EngineCommand::Noop => "node noop",
    }
}

fn draw_label(text: &mut String, edge: &Edge, route: &Route) {
    let Some(label) = edge.label() else { return };
    let Point { x, y } = route.label;
    let width = (label.chars().count() as f64 * 6.0) as i32 + 6;
    let _ = writeln!(
        text,
        "  <rect class=\"back\" x=\"{}\" y=\"{}\" width=\"{width}\" height=\"14\"/>\
         <text class=\"label\" x=\"{x}\" y=\"{}\">{}</text>",
        x - width / 2,
        y - 7,
        y + 4,
        escaped(&label)
    );
}

/// Text in XML, where control characters cannot stand.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            c if c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}') => escaped.push('\u{FFFD}'),
            c => escaped.push(c),
        }
    }
    escaped
}
