//! The text to store for one of several definitions of a document.

use std::sync::Arc;

use yaql::{Dict, Value};

use super::model::Name;
use crate::yaml::{self, KeyOrder, Node, to_value};

/// The sections of a workbook.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    Actions,
    Workflows,
}

impl Section {
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Actions => "actions",
            Self::Workflows => "workflows",
        }
    }
}

/// A list's only item has the whole text; of several each gets a document of its
/// own, written anew (REST API §6).
pub(crate) fn of_list_item(
    text: &str,
    root: Option<&Node>,
    name: &Name,
    node: &Node,
    count: usize,
) -> Arc<str> {
    let mapping = root.and_then(Node::as_mapping);
    let version = mapping.and_then(|mapping| mapping.get("version"));
    match version {
        Some(version) if count > 1 => {
            let mut dict = Dict::new();
            dict.insert("version", to_value(version));
            dict.insert(name.text.clone(), to_value(node));
            written(dict, text)
        }
        _ => text.into(),
    }
}

/// A workbook's member has its block, without the indentation. What is written with
/// braces has none and is written anew.
pub(crate) fn of_member(text: &str, name: &Name, node: &Node, in_flow: bool) -> Arc<str> {
    let in_flow = in_flow || node.as_mapping().is_none_or(|mapping| mapping.flow);
    match block(text, name).filter(|_| !in_flow) {
        Some(block) => block.into(),
        None => {
            let mut dict = Dict::new();
            dict.insert(name.text.clone(), to_value(node));
            written(dict, text)
        }
    }
}

/// Writes a definition; the whole text stands in for what cannot be written.
fn written(dict: Dict, text: &str) -> Arc<str> {
    let written = yaml::dump(&Value::from(dict), KeyOrder::Kept);
    written.map_or_else(|_| text.into(), Arc::from)
}

/// From the line of the name to the next line that is indented no deeper. Empty lines
/// and comments belong to the block above them.
fn block(text: &str, name: &Name) -> Option<String> {
    let line_start = text[..name.span.start].rfind('\n').map_or(0, |at| at + 1);
    let indent = name.span.start - line_start;
    if !text[line_start..name.span.start].bytes().all(|b| b == b' ') {
        return None;
    }
    let mut lines = text[line_start..].split_inclusive('\n');
    let mut block = lines.next()?[indent..].to_owned();
    for line in lines {
        let depth = line.len() - line.trim_start_matches(' ').len();
        let content = line.trim();
        if content.is_empty() {
            block.push('\n');
        } else if depth > indent {
            block.push_str(&line[indent..]);
        } else if content.starts_with('#') {
            block.push_str(&line[depth.min(indent)..]);
        } else {
            break;
        }
    }
    Some(format!("{}\n", block.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;

    #[test]
    fn a_block_loses_its_indentation() {
        let text =
            "workflows:\n  a:\n    x: |\n      1\n\n      2\n# note\n    y: 1\n\n  b:\n    z: 1\n";
        let name = |at| Name {
            text: "a".into(),
            span: Span::new(at, at + 1),
        };
        assert_eq!(
            block(text, &name(13)).unwrap(),
            "a:\n  x: |\n    1\n\n    2\n# note\n  y: 1\n"
        );
        let b = text.find("b:").unwrap();
        assert_eq!(block(text, &name(b)).unwrap(), "b:\n  z: 1\n");
        assert_eq!(block("{a: 1}", &name(1)), None);
    }
}
