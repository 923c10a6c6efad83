use std::fmt::Write;
use std::time::{Duration, Instant};

use super::*;
use crate::parse_workflows;

const SHOP: &str = r#"
version: '2.0'
shop:
  task-defaults:
    on-error: [clean_up]
  tasks:
    fetch:
      action: std.http url="http://127.0.0.1/" method="GET"
      retry: count=3 delay=1
      on-success:
        - check: <% task().result.status = 200 %>
        - fail msg="no <shop> & \"quotes\""
      on-skip: check
    check:
      with-items: [i in <% $.items %>, 'j in [1, 2]']
      action: <% $.checker %> item=<% $.i %>
      on-success:
        next: [pack, {check: "{{ _.again }}"}, bill]
    pack:
      workflow: packing
      on-complete: ship
    bill: {action: std.noop, on-success: ship, on-error: 'noop'}
    ship:
      join: all
      on-success: [succeed, pause]
      on-complete: [{pack: <% $.more %>}]
    clean_up:
      join: one
"#;

const REVERSE: &str = "
version: '2.0'
build:
  type: reverse
  tasks:
    install: {action: std.noop, requires: [compile, docs]}
    compile: {action: std.noop, requires: configure}
    docs: {workflow: make_docs, requires: configure}
    configure: {action: std.echo output=1}
";

fn graph(text: &str) -> Graph {
    Graph::new(&parse_workflows(text).unwrap()[0])
}

#[test]
fn mermaid_pictures() {
    insta::assert_snapshot!(mermaid(&graph(SHOP)) + &mermaid(&graph(REVERSE)));
}

#[test]
fn dot_pictures() {
    insta::assert_snapshot!(dot(&graph(SHOP)) + &dot(&graph(REVERSE)));
}

#[test]
fn svg_pictures() {
    insta::assert_snapshot!(svg(&graph(SHOP)));
}

/// Random edges; most lead to a near task, some anywhere, also back.
fn tangle(nodes: usize, edges: usize) -> (Vec<Size>, Vec<(usize, usize)>) {
    let mut state: u64 = 7;
    let mut dice = |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) as usize % below
    };
    let sizes = (0..nodes).map(|_| Size {
        width: 60 + dice(100) as i32,
        height: 30 + dice(30) as i32,
    });
    let sizes = sizes.collect();
    let edges = (0..edges).map(|_| {
        let from = dice(nodes);
        let near = (from + 1 + dice(30)).min(nodes - 1);
        (from, if dice(10) == 0 { dice(nodes) } else { near })
    });
    (sizes, edges.collect())
}

#[test]
fn nodes_never_overlap_and_edges_begin_and_end_at_nodes() {
    let (sizes, edges) = tangle(120, 240);
    let layout = layout(&sizes, &edges);
    for (index, a) in layout.nodes.iter().enumerate() {
        for b in &layout.nodes[..index] {
            let apart_x = a.at.x + a.size.width < b.at.x || b.at.x + b.size.width < a.at.x;
            let apart_y = a.at.y + a.size.height < b.at.y || b.at.y + b.size.height < a.at.y;
            assert!(apart_x || apart_y, "{a:?} {b:?}");
        }
        assert!(a.at.x >= 0 && a.at.x + a.size.width <= layout.size.width);
        assert!(a.at.y >= 0 && a.at.y + a.size.height <= layout.size.height);
    }
    for ((from, to), route) in edges.iter().zip(&layout.edges) {
        let ends = [*from, *to]
            .into_iter()
            .zip([route.points.first(), route.points.last()]);
        for (node, point) in ends {
            let (node, point) = (layout.nodes[node], point.unwrap());
            assert!((node.at.x..=node.at.x + node.size.width).contains(&point.x));
            assert!((node.at.y..=node.at.y + node.size.height).contains(&point.y));
        }
    }
}

#[test]
fn the_same_graph_has_the_same_picture() {
    let (sizes, edges) = tangle(1_500, 4_000);
    assert_eq!(layout(&sizes, &edges), layout(&sizes, &edges));
    let nothing = layout(&[], &[]);
    assert_eq!((nothing.nodes.len(), nothing.edges.len()), (0, 0));
}

#[test]
fn ten_thousand_tasks_are_drawn_in_seconds() {
    let started = Instant::now();
    let mut text = String::from("version: '2.0'\nlong:\n  tasks:\n");
    for task in 0..10_000 {
        // A chain in which every task leads to the last one too.
        let next = (task + 1).min(9_999);
        let clause = if task < 9_999 {
            format!("[t{next}, {{t9999: <% $.x %>}}]")
        } else {
            "[noop]".into()
        };
        let _ = writeln!(
            text,
            "    t{task}: {{on-success: {clause}, on-error: fail}}"
        );
    }
    let graph = graph(&text);
    assert_eq!(graph.edges.len(), 29_999);
    for picture in [mermaid(&graph), dot(&graph), svg(&graph)] {
        assert!(picture.lines().count() > 39_000);
    }
    assert!(
        started.elapsed() < Duration::from_secs(60),
        "{:?}",
        started.elapsed()
    );
}
