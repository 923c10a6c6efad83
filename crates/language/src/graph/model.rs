//! What a picture shows: nodes, edges, and what stands on them.

use std::collections::HashMap;

use crate::program::{EngineCommand, Join as Wait, Kind, Trigger};
use crate::spec::{TaskSpec, TransitionSpec, WorkKind, WorkflowSpec};

/// The most characters of a text in a picture.
const MAX_TEXT: usize = 40;

/// A workflow as a picture shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graph {
    /// The name of the workflow.
    pub name: String,
    /// The tasks in definition order, then the commands.
    pub nodes: Vec<Node>,
    /// In the order of the tasks that they leave.
    pub edges: Vec<Edge>,
}

/// A task or an engine command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The name of the task or command.
    pub name: String,
    /// What it is.
    pub kind: NodeKind,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// A task.
    Task {
        /// The action or sub-workflow it runs, if the text names one.
        runs: Option<String>,
        /// Whether that is a sub-workflow.
        is_workflow: bool,
        /// `variable in list`, one a line.
        items: Vec<String>,
        /// What it waits for.
        join: Option<Join>,
    },
    /// An engine command, with its message.
    Command(EngineCommand, Option<String>),
}

/// How many inbound tasks a join waits for.
pub type Join = Wait;

/// A way from one node to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Position of the node it leaves.
    pub from: usize,
    /// Position of the node it leads to.
    pub to: usize,
    /// Why it is taken.
    pub link: Link,
    /// The condition, without its delimiters.
    pub guard: Option<String>,
}

/// Why an edge is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// A transition of a direct workflow.
    On(Trigger),
    /// The target requires the source (reverse workflows).
    Required,
}

/// The clauses in the order in which they are drawn.
const TRIGGERS: [Trigger; 4] = [
    Trigger::OnSuccess,
    Trigger::OnError,
    Trigger::OnComplete,
    Trigger::OnSkip,
];

impl Graph {
    /// What a picture of the workflow shows.
    pub fn new(spec: &WorkflowSpec) -> Self {
        let nodes = spec.tasks.values().map(task_node).collect();
        let mut graph = Self {
            name: spec.name.text.to_string(),
            nodes,
            edges: Vec::new(),
        };
        let places: HashMap<&str, usize> = spec.tasks.keys().map(|name| &**name).zip(0..).collect();
        for (from, task) in spec.tasks.values().enumerate() {
            match spec.kind {
                Kind::Direct => graph.add_transitions(spec, task, from, &places),
                Kind::Reverse => {
                    let required = spec.effective_requires(task);
                    let sources = required.filter_map(|name| places.get(&*name.text));
                    graph.edges.extend(sources.map(|source| Edge {
                        from: *source,
                        to: from,
                        link: Link::Required,
                        guard: None,
                    }));
                }
            }
        }
        graph
    }

    fn add_transitions(
        &mut self,
        spec: &WorkflowSpec,
        task: &TaskSpec,
        from: usize,
        places: &HashMap<&str, usize>,
    ) {
        let first_command = self.nodes.len();
        for trigger in TRIGGERS {
            for next in spec.effective_clause(task, trigger.as_str()) {
                let name = &*next.target.text;
                // Commands win over tasks of their names (workflow language §5.6).
                let to = match EngineCommand::by_name(name) {
                    Some(command) => Some(self.command(command, next, first_command)),
                    None => places.get(name).copied(),
                };
                let Some(to) = to else { continue };
                self.edges.push(Edge {
                    from,
                    to,
                    link: Link::On(trigger),
                    guard: next.guard.as_deref().map(condition),
                });
            }
        }
    }

    /// The node of a command: each task has its own, so that edges stay short.
    fn command(&mut self, command: EngineCommand, next: &TransitionSpec, first: usize) -> usize {
        let message = next
            .parameters
            .get("msg")
            .map(|msg| short(&msg.to_string()));
        let kind = NodeKind::Command(command, message);
        let known = self.nodes[first..]
            .iter()
            .position(|node| node.kind == kind);
        if let Some(position) = known {
            return first + position;
        }
        let name = next.target.text.to_string();
        self.nodes.push(Node { name, kind });
        self.nodes.len() - 1
    }
}

fn task_node(task: &TaskSpec) -> Node {
    let work = &task.work;
    let is_written = work.name.span != task.name.span;
    let items = task.with_items.iter().map(|item| {
        let list = match item.list.as_str() {
            Some(text) => condition(text),
            None => item.list.to_string(),
        };
        short(&format!("{} in {list}", item.variable))
    });
    Node {
        name: short(&task.name.text),
        kind: NodeKind::Task {
            runs: is_written.then(|| short(&work.name.text)),
            is_workflow: work.kind == WorkKind::Workflow,
            items: items.collect(),
            join: task.join,
        },
    }
}

/// An expression without its delimiters, in one line.
fn condition(text: &str) -> String {
    let inner = text.trim();
    let inner = ["<%", "{{"]
        .iter()
        .find_map(|open| inner.strip_prefix(open));
    let inner = inner.and_then(|text| {
        let end = ["%>", "}}"]
            .iter()
            .find_map(|close| text.strip_suffix(close));
        end.filter(|text| !text.contains("%>") && !text.contains("}}"))
    });
    short(inner.unwrap_or(text).trim())
}

/// A text that fits into a picture.
fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= MAX_TEXT {
        return line;
    }
    let start: String = line.chars().take(MAX_TEXT - 1).collect();
    format!("{}…", start.trim_end())
}

impl Node {
    /// The lines of text in the node: its name, then what it is.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![self.name.clone()];
        match &self.kind {
            NodeKind::Task {
                runs, items, join, ..
            } => {
                lines.extend(runs.clone());
                lines.extend(items.iter().map(|item| format!("↻ {item}")));
                lines.extend(join.map(|join| match join {
                    Wait::All => "join all".to_owned(),
                    Wait::Count(1) => "join one".to_owned(),
                    Wait::Count(count) => format!("join {count}"),
                }));
            }
            NodeKind::Command(_, message) => lines.extend(message.clone()),
        }
        lines
    }
}

impl Edge {
    /// What is written on the edge: why it is taken, unless that is a success, and when.
    pub fn label(&self) -> Option<String> {
        let why = match self.link {
            Link::On(Trigger::OnSuccess) | Link::Required => None,
            Link::On(Trigger::OnError) => Some("error"),
            Link::On(Trigger::OnComplete) => Some("complete"),
            Link::On(Trigger::OnSkip) => Some("skip"),
        };
        match (why, &self.guard) {
            (None, None) => None,
            (Some(why), None) => Some(why.to_owned()),
            (None, Some(guard)) => Some(guard.clone()),
            (Some(why), Some(guard)) => Some(format!("{why}: {guard}")),
        }
    }
}
