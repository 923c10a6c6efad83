//! Reading `with-items` (workflow language §5.2).

use yaql::{Value, json};

use super::inline::{first_on_line, is_word, last_on_line};
use super::model::WithItemsSpec;
use super::python;
use super::report::{At, Path, Shape};
use crate::diagnostic::{Code, Diagnostic};
use crate::yaml::Node;

/// Reads `variable in list`, or a list of such texts. `task` is the task as the API
/// shows it, for the error text.
pub(crate) fn read<'n>(shape: &mut Shape<'n>, at: At<'n, '_>, task: &Value) -> Vec<WithItemsSpec> {
    let texts: Vec<&Node> = if at.node.as_str().is_some() {
        shape.nstr(at).into_iter().map(|_| at.node).collect()
    } else if at.node.as_items().is_some() {
        let items = shape.items(at).iter().enumerate();
        let texts = items.filter(|(index, node)| {
            let path = Path::Index(at.path, *index);
            shape.nstr(At { node, path: &path }).is_some()
        });
        texts.map(|(_, node)| node).collect()
    } else {
        shape.none_of(at, "'variable in list', or a list of such texts");
        Vec::new()
    };
    let mut entries: Vec<WithItemsSpec> = Vec::new();
    for node in texts {
        let Some(entry) = read_entry(shape, node, task) else {
            continue;
        };
        // The same variable twice: the last one counts.
        match entries
            .iter_mut()
            .find(|known| known.variable == entry.variable)
        {
            Some(known) => *known = entry,
            None => entries.push(entry),
        }
    }
    entries
}

fn read_entry<'n>(shape: &mut Shape<'n>, node: &'n Node, task: &Value) -> Option<WithItemsSpec> {
    let text = node.as_str()?;
    let Some(parts) = split(text) else {
        let message = "expected 'variable in list'";
        let api = format!(
            "Wrong format of 'with-items' property. Please use format 'var in {{[some, list] | \
             <% $.array %> }}: {}",
            python::value_repr(task)
        );
        let diagnostic = Diagnostic::error(Code::BadWithItems, message, node.span).api(api);
        shape.push_late(diagnostic.help("write: x in <% $.list %>, or: x in [1, \"two\"]"));
        return None;
    };
    let list_text = &text[parts.list.clone()];
    let list = if list_text.starts_with('[') {
        json_list(shape, node, &parts, list_text)?
    } else {
        shape.expression_in(node, parts.list.start, list_text);
        Value::from(list_text)
    };
    let rest = &text[parts.list.end..];
    if !rest.trim().is_empty() {
        let message = format!("'{}' is not understood and has no effect", rest.trim());
        let span = node.locate(parts.list.end..text.len());
        shape.push_late(Diagnostic::warning(Code::IgnoredWords, message, span));
    }
    Some(WithItemsSpec {
        variable: text[parts.variable].into(),
        list,
    })
}

fn json_list<'n>(
    shape: &mut Shape<'n>,
    node: &'n Node,
    parts: &Parts,
    text: &str,
) -> Option<Value> {
    match json::parse(text) {
        Ok(list) => {
            let items = list.as_list().into_iter().flat_map(|items| items.iter());
            for item in items.filter_map(Value::as_str) {
                let offset = text.find(item).unwrap_or(0);
                shape.expression_in(node, parts.list.start + offset, item);
            }
            Some(list)
        }
        Err(error) => {
            let message = format!("the list is not JSON: {error}");
            let span = node.locate(parts.list.clone());
            let api = format!("Invalid array in 'with-items' clause: {text}, error: {error}");
            let diagnostic = Diagnostic::error(Code::BadWithItems, message, span).api(api);
            shape.push_late(diagnostic.help("texts in the list need double quotes"));
            None
        }
    }
}

struct Parts {
    variable: std::ops::Range<usize>,
    list: std::ops::Range<usize>,
}

/// What `\s*([\w\d_\-]+)\s*in\s*(\[.+\]|({{(.*?)}})|<%.*?%>)` finds at the start.
fn split(text: &str) -> Option<Parts> {
    let start = text.len() - text.trim_start().len();
    let rest = &text[start..];
    let longest = rest
        .find(|c: char| !is_word(c) && c != '-')
        .unwrap_or(rest.len());
    // Only the whole word, or the word without a final "in", can be followed by "in".
    let shorter = longest.checked_sub(2).filter(|end| *end > 0);
    [Some(longest), shorter]
        .into_iter()
        .flatten()
        .find_map(|end| {
            let after = text
                .get(start + end..)?
                .trim_start()
                .strip_prefix("in")?
                .trim_start();
            let list_start = text.len() - after.len();
            let length = list_length(after)?;
            (end > 0).then_some(Parts {
                variable: start..start + end,
                list: list_start..list_start + length,
            })
        })
}

fn list_length(text: &str) -> Option<usize> {
    if text.starts_with("[]") && last_on_line(text, "[", "]") == Some(2) {
        return None;
    }
    last_on_line(text, "[", "]")
        .or_else(|| first_on_line(text, "{{", "}}"))
        .or_else(|| first_on_line(text, "<%", "%>"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Option<(&str, &str)> {
        split(text).map(|parts| (&text[parts.variable], &text[parts.list]))
    }

    #[test]
    fn forms() {
        assert_eq!(parts("x in <% $.a %> b"), Some(("x", "<% $.a %>")));
        assert_eq!(parts(" x-1 in[1, 2] ]"), Some(("x-1", "[1, 2] ]")));
        assert_eq!(parts("i in {{ _.a }}"), Some(("i", "{{ _.a }}")));
        assert_eq!(parts("xin [1]"), Some(("x", "[1]")));
        assert_eq!(parts("in in [1]"), Some(("in", "[1]")));
        for bad in ["x in []", "x in y", "in [1]", "x of [1]", "", "x in [1"] {
            assert_eq!(parts(bad), None, "{bad}");
        }
    }
}
