//! Reading one-line calls: what a task runs, what an action is based on.

use super::inline::{self, InlineCall};
use super::report::{At, Shape};
use crate::diagnostic::{Code, Diagnostic};
use crate::yaml::Node;

/// Reads `name key=value …` from a text of at least one character.
pub(crate) fn read<'n>(shape: &mut Shape<'n>, at: At<'n, '_>) -> Option<InlineCall> {
    let text = shape.nstr(at)?.text;
    let Some(call) = inline::parse(&text) else {
        shape.push_late(unreadable(at.node, &text));
        return None;
    };
    for skipped in &call.skipped {
        let words = &text[skipped.clone()];
        let message = format!("'{words}' is not understood and has no effect");
        let warning =
            Diagnostic::warning(Code::IgnoredWords, message, at.node.locate(skipped.clone()));
        shape.push_late(warning.help(hint(words)));
    }
    for parameter in &call.parameters {
        if let Some(value) = parameter.value.as_str() {
            shape.expression_in(at.node, parameter.range.start, value);
        }
    }
    Some(call)
}

/// A call without a name.
pub(crate) fn unreadable(node: &Node, text: &str) -> Diagnostic {
    let message = "the text does not start with a name";
    Diagnostic::error(Code::BadCall, message, node.span)
        .api(format!("Invalid action/workflow task property: {text}"))
        .help("write the name first, without blanks or quotes before it: name key=\"value\"")
}

fn hint(words: &str) -> String {
    match words.split_once('=') {
        Some((key, value))
            if !key.is_empty() && !value.is_empty() && !value.contains(['"', '\'']) =>
        {
            format!("put quotes around the value: {key}=\"{value}\"")
        }
        _ => "parameters are written key=\"value\", or below in 'input'".to_owned(),
    }
}
