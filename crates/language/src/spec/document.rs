//! Reading whole documents: lists of workflows, lists of actions, workbooks.

use std::sync::Arc;

use yaql::{Dict, Value};

use super::definition::{Section, of_list_item, of_member};
use super::model::{ActionSpec, Name, WorkbookSpec, WorkflowSpec};
use super::python;
use super::report::{At, Path, Report, Shape, invalid};
use super::shape::{Keys, is_bool, value};
use super::{action, attributes, canonical, name, workflow};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::yaml::{Content, Mapping, Node};

const WORKBOOK: Keys = Keys {
    of: "a workbook",
    known: &[attributes::WORKBOOK],
    tolerated: &[],
    elsewhere: (&["tasks"], "a workflow"),
};

/// What a list holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Item {
    Workflow,
    Action,
}

/// Reads a list of workflows.
pub(crate) fn workflows(report: &mut Report, text: &str, root: Option<&Node>) -> Vec<WorkflowSpec> {
    let items = list_items(report, root, Item::Workflow);
    let count = items.len();
    let mut specs = Vec::new();
    for (key, node) in items {
        let Some(mut spec) = workflow::read(report, key, node) else {
            continue;
        };
        spec.definition = of_list_item(text, root, &spec.name, node, count);
        specs.push(spec);
    }
    specs
        .iter()
        .for_each(|spec| name::check(report, &spec.name));
    specs
}

/// Reads a list of actions. Each has the whole document as its definition.
pub(crate) fn actions(report: &mut Report, text: &str, root: Option<&Node>) -> Vec<ActionSpec> {
    let definition: Arc<str> = text.into();
    let items = list_items(report, root, Item::Action);
    let specs: Vec<_> = items
        .into_iter()
        .filter_map(|(key, node)| action::read(report, key, node))
        .map(|spec| ActionSpec {
            definition: definition.clone(),
            ..spec
        })
        .collect();
    specs
        .iter()
        .for_each(|spec| name::check(report, &spec.name));
    specs
}

fn list_items<'n>(
    report: &mut Report,
    root: Option<&'n Node>,
    item: Item,
) -> Vec<(Name, &'n Node)> {
    let what = match item {
        Item::Workflow => "a workflow",
        Item::Action => "an action",
    };
    let mut shape = Shape::new();
    let path = &Path::Root;
    let Some(mapping) = document(&mut shape, root) else {
        shape.finish(report);
        return Vec::new();
    };
    let span = root.map_or_else(Span::default, start_of);
    match mapping.get("version") {
        None => shape.missing("version", span, path),
        Some(node) => {
            let path = &Path::Key(path, "version");
            version(&mut shape, At { node, path });
        }
    }
    let entries = mapping
        .entries
        .iter()
        .filter(|(key, _)| key.as_str() != Some("version"));
    let mut items = Vec::new();
    for (key, node) in entries {
        let Some(text) = key.as_str() else {
            continue;
        };
        let path = Path::Key(path, text);
        let Some(item) = shape.object(At { node, path: &path }, what) else {
            continue;
        };
        shape.json_values(item, &path);
        if !item.entries.is_empty() {
            let name = Name {
                text: text.into(),
                span: key.span,
            };
            items.push((name, node));
        }
    }
    if mapping.entries.len() == usize::from(mapping.get("version").is_some()) {
        let data = root.map_or_else(|| "{}".to_owned(), python::repr);
        let message = format!("the document has nothing but a version: it needs {what}");
        let diagnostic = Diagnostic::error(Code::EmptyDocument, message, span);
        shape.push_late(diagnostic.api(format!(
            "At least one item must be in the list [data={data}]."
        )));
    }
    shape.finish(report);
    items
}

/// The dict a document must be. What Python takes for false counts as empty.
fn document<'n>(shape: &mut Shape<'n>, root: Option<&'n Node>) -> Option<&'n Mapping> {
    const EMPTY: &Mapping = &Mapping {
        entries: Vec::new(),
        overridden: Vec::new(),
        flow: false,
    };
    let Some(node) = root else {
        return Some(EMPTY);
    };
    match &node.content {
        Content::Mapping(mapping) => {
            shape.text_keys(mapping, &Path::Root);
            Some(mapping)
        }
        _ if !crate::yaml::to_value(node).is_truthy() => Some(EMPTY),
        _ => {
            let at = At {
                node,
                path: &Path::Root,
            };
            shape.wrong_type(at, "object", "a dict of definitions");
            None
        }
    }
}

fn start_of(node: &Node) -> Span {
    Span::at(node.span.start)
}

/// A text that is not empty, or a number from 0 up; nothing compares it.
/// *nstr* or a number that is not negative; `at` is the version of a list or of what is
/// in it.
pub(crate) fn version(shape: &mut Shape<'_>, at: At<'_, '_>) {
    let node = at.node;
    if let Some(text) = node.as_str() {
        if text.is_empty() {
            shape.empty(at, "the version");
        }
        return;
    }
    let number = value(node).and_then(Value::as_f64);
    if is_bool(node) || number.is_none_or(|number| number < 0.0) {
        let wrong = match number {
            Some(number) if number.fract() != 0.0 || number.is_infinite() => {
                "is less than the minimum of 0.0"
            }
            _ => "is not valid under any of the given schemas",
        };
        let api = format!("{} {wrong}", python::repr(node));
        let message = "the version is a text or a number";
        let diagnostic = invalid(Code::Version, message, node.span, api);
        shape.push(at.path, diagnostic.help("write version: '2.0'"));
    }
}

/// Reads a workbook.
pub(crate) fn workbook(
    report: &mut Report,
    text: &str,
    root: Option<&Node>,
) -> Option<WorkbookSpec> {
    let mut shape = Shape::new();
    let path = &Path::Root;
    let Some(mapping) = document(&mut shape, root) else {
        shape.finish(report);
        return None;
    };
    let span = root.map_or_else(Span::default, start_of);
    shape.known_keys(mapping, path, &WORKBOOK);
    shape.required(mapping, "name", span, path);
    workbook_version(report, &mut shape, mapping, span);
    let name = shape.field(mapping, path, "name", Shape::nstr);
    let description = shape.field(mapping, path, "description", Shape::nstr);
    let tags = shape.field(mapping, path, "tags", |shape, at| Some(shape.ulist(at)));
    let actions = members(&mut shape, mapping, Section::Actions);
    let workflows = members(&mut shape, mapping, Section::Workflows);
    shape.finish(report);
    let actions = read_actions(report, text, actions);
    let workflows = read_workflows(report, text, workflows);
    let name = name?;
    name::check(report, &name);
    Some(WorkbookSpec {
        json: canonical_workbook(mapping, &actions, &workflows),
        name,
        description: description.map(|text| text.text),
        tags: tags.into_iter().flatten().map(|tag| tag.text).collect(),
        actions,
        workflows,
    })
}

/// A section may repeat the version of the workbook.
fn section_version(shape: &mut Shape<'_>, at: At<'_, '_>) -> Option<()> {
    if value(at.node).is_some_and(|v| v.as_str() == Some("2.0") || v.as_f64() == Some(2.0)) {
        return Some(());
    }
    let api = format!("{} is not one of ['2.0', 2.0]", python::repr(at.node));
    let message = "'version' cannot be the name of a member";
    shape.push(at.path, invalid(Code::Version, message, at.node.span, api));
    None
}

/// The version must be 2, as a number or as the text of one.
fn workbook_version(report: &mut Report, shape: &mut Shape<'_>, mapping: &Mapping, span: Span) {
    let Some(node) = mapping.get("version") else {
        return shape.missing("version", span, &Path::Root);
    };
    let number = match node.as_str() {
        Some(text) => text.trim().parse::<f64>().ok(),
        None if is_bool(node) => None,
        None => value(node).and_then(Value::as_f64),
    };
    if number != Some(2.0) {
        let shown = python::str(node);
        let message = format!("unknown version '{shown}' of a workbook");
        let diagnostic = Diagnostic::error(Code::Version, message, node.span)
            .api(format!("Unsupported DSL version: {shown}"));
        report.push(diagnostic.help("write version: '2.0'"));
    }
}

/// The members of a section that are worth reading.
fn members<'n>(
    shape: &mut Shape<'n>,
    workbook: &'n Mapping,
    section: Section,
) -> Vec<(Name, &'n Node, bool)> {
    let found = shape.field(workbook, &Path::Root, section.key(), |shape, at| {
        let section_mapping = shape.object(at, section.key())?;
        bad_member_names(shape, section_mapping, at.path);
        shape.field(section_mapping, at.path, "version", section_version);
        let members = section_mapping.entries.iter().filter_map(|(key, node)| {
            let text = key.as_str().filter(|text| is_member_name(text))?;
            let path = Path::Key(at.path, text);
            member_shape(shape, At { node, path: &path }, section)?;
            let name = Name {
                text: text.into(),
                span: key.span,
            };
            Some((name, node, section_mapping.flow))
        });
        Some(members.collect())
    });
    found.unwrap_or_default()
}

fn member_shape(shape: &mut Shape<'_>, at: At<'_, '_>, section: Section) -> Option<()> {
    if at.node.as_mapping().is_some() {
        return Some(());
    }
    if at.node.is_null() {
        shape.none_of(at, "a dict");
    } else if section == Section::Workflows {
        let api = format!(
            "A specification with polymorphic key must be backed by a dictionary [spec_cls=<class \
             'mistral.lang.v2.workflows.WorkflowSpec'>, data={}]",
            python::repr(at.node)
        );
        let message = format!("expected a dict, found {}", super::shape::describe(at.node));
        shape.push_late(Diagnostic::error(Code::WrongType, message, at.node.span).api(api));
    } else {
        shape.wrong_type(at, "object", "a dict");
    }
    None
}

/// `^(?!version$)[\w-]+$`
fn is_member_name(text: &str) -> bool {
    let word = |c: char| super::inline::is_word(c) || c == '-';
    !text.is_empty() && text != "version" && text.chars().all(word)
}

fn bad_member_names(shape: &mut Shape<'_>, section: &Mapping, path: &Path<'_>) {
    let bad = |key: &&Node| {
        let text = key.as_str();
        text.is_some_and(|text| text != "version" && !is_member_name(text))
    };
    let bad: Vec<_> = section
        .entries
        .iter()
        .map(|(key, _)| key)
        .filter(bad)
        .collect();
    let mut names: Vec<_> = bad.iter().filter_map(|key| key.as_str()).collect();
    names.sort_unstable();
    let verb = if names.len() == 1 { "does" } else { "do" };
    let names: Vec<_> = names.into_iter().map(python::quoted).collect();
    let api = format!(
        "{} {verb} not match any of the regexes: '^(?!version$)[\\\\w-]+$', '^version$'",
        names.join(", ")
    );
    for key in bad {
        let message = format!("{} is no name of a member", python::repr(key));
        let diagnostic = invalid(Code::BadName, message, key.span, &api);
        shape.push(path, diagnostic.help("use letters, digits, '_' and '-'"));
    }
}

fn read_actions(
    report: &mut Report,
    text: &str,
    members: Vec<(Name, &Node, bool)>,
) -> Vec<ActionSpec> {
    let read = members.into_iter().filter_map(|(key, node, flow)| {
        let spec = action::read(report, key, node)?;
        let definition = of_member(text, &spec.name, node, flow);
        Some(ActionSpec { definition, ..spec })
    });
    read.collect()
}

fn read_workflows(
    report: &mut Report,
    text: &str,
    members: Vec<(Name, &Node, bool)>,
) -> Vec<WorkflowSpec> {
    let read = members.into_iter().filter_map(|(key, node, flow)| {
        let spec = workflow::read(report, key, node)?;
        let definition = of_member(text, &spec.name, node, flow);
        Some(WorkflowSpec { definition, ..spec })
    });
    read.collect()
}

fn canonical_workbook(
    mapping: &Mapping,
    actions: &[ActionSpec],
    workflows: &[WorkflowSpec],
) -> Value {
    let version = Value::from(canonical::VERSION);
    let mut dict = canonical::with(mapping, [("version", version.clone())]);
    let mut section = |key: &str, members: Dict| {
        if dict.contains_key(key) {
            let mut members = members;
            members.insert("version", version.clone());
            dict.insert(key, members);
        }
    };
    let by_name = |name: &Name, json: &Value| (name.text.clone(), json.clone());
    section(
        "actions",
        actions.iter().map(|a| by_name(&a.name, &a.json)).collect(),
    );
    section(
        "workflows",
        workflows
            .iter()
            .map(|w| by_name(&w.name, &w.json))
            .collect(),
    );
    Value::from(dict)
}
