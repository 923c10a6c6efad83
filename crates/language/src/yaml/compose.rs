//! Tokens to a tree in which tags are names and nothing is checked yet.
//!
//! The grammar is that of PyYAML's parser, as functions that call each other.
//! Depth is bounded by the limits, so the recursion is too.

use std::collections::HashMap;

use super::Limits;
use super::cursor::Mark;
use super::error::{Fallible, Fault, YamlErrorKind};
use super::node::Style;
use super::origins::Origins;
use super::python_quoted;
use super::resolve::resolve;
use super::scanner::Scanner;
use super::tag::Tag;
use super::token::{Directive, ScalarToken, TokenKind};

/// A node before its value is made.
#[derive(Debug)]
pub(super) struct RawNode {
    pub(super) tag: Tag,
    pub(super) start: Mark,
    /// In bytes.
    pub(super) end: usize,
    pub(super) content: RawContent,
}

#[derive(Debug)]
pub(super) enum RawContent {
    Scalar(RawScalar),
    Sequence { items: Vec<RawNode>, flow: bool },
    Mapping { entries: Entries, flow: bool },
}

pub(super) type Entries = Vec<(RawNode, RawNode)>;

#[derive(Debug)]
pub(super) struct RawScalar {
    pub(super) text: String,
    pub(super) style: Style,
    pub(super) origins: Origins,
}

/// What may stand where a node is expected.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Block,
    /// In a block mapping a sequence may start at the column of its key.
    BlockValue,
    Flow,
}

/// What stands before the content of a node.
struct Properties {
    tag: Option<String>,
    start: Mark,
}

pub(super) struct Composer<'t> {
    scanner: Scanner<'t>,
    handles: HashMap<String, String>,
    depth: usize,
    nodes: usize,
    limits: Limits,
}

impl RawNode {
    /// The kind in error texts.
    pub(super) fn id(&self) -> &'static str {
        match self.content {
            RawContent::Scalar(_) => "scalar",
            RawContent::Sequence { .. } => "sequence",
            RawContent::Mapping { .. } => "mapping",
        }
    }
}

impl<'t> Composer<'t> {
    pub(super) fn new(text: &'t str, limits: Limits) -> Self {
        Self {
            scanner: Scanner::new(text, limits.depth),
            handles: HashMap::new(),
            depth: 0,
            nodes: 0,
            limits,
        }
    }

    /// The one document of the text, if there is one.
    pub(super) fn single_document(mut self) -> Fallible<Option<RawNode>> {
        let implicit = !matches!(
            self.peek()?,
            TokenKind::Directive(_) | TokenKind::DocumentStart | TokenKind::StreamEnd
        );
        let document = if implicit {
            self.process_directives()?;
            self.node(Place::Block)?
        } else if self.explicit_document_start()?.is_some() {
            self.document_content()?
        } else {
            return Ok(None);
        };
        match self.explicit_document_start()? {
            None => Ok(Some(document)),
            Some(second) => Err(Fault::new(
                YamlErrorKind::Composer,
                "but found another document",
                second,
            )
            .within("expected a single document in the stream", document.start)),
        }
    }

    /// Reads up to a document's `---`; gives where its header begins.
    fn explicit_document_start(&mut self) -> Fallible<Option<Mark>> {
        while matches!(self.peek()?, TokenKind::DocumentEnd) {
            self.scanner.next()?;
        }
        let start = self.scanner.peek()?.start;
        if matches!(self.peek()?, TokenKind::StreamEnd) {
            return Ok(None);
        }
        self.process_directives()?;
        if !matches!(self.peek()?, TokenKind::DocumentStart) {
            let found = python_quoted(self.peek()?.id());
            return Err(self.fault(format!("expected '<document start>', but found {found}"))?);
        }
        self.scanner.next()?;
        Ok(Some(start))
    }

    fn document_content(&mut self) -> Fallible<RawNode> {
        match self.peek()? {
            TokenKind::Directive(_)
            | TokenKind::DocumentStart
            | TokenKind::DocumentEnd
            | TokenKind::StreamEnd => {
                let start = self.scanner.peek()?.start;
                self.empty(start)
            }
            _ => self.node(Place::Block),
        }
    }

    fn process_directives(&mut self) -> Fallible<()> {
        let mut version_seen = false;
        let mut handles = HashMap::new();
        while matches!(self.peek()?, TokenKind::Directive(_)) {
            let token = self.scanner.next()?;
            let TokenKind::Directive(directive) = token.kind else {
                break;
            };
            let fault = |problem: String| Fault::new(YamlErrorKind::Parser, problem, token.start);
            match directive {
                Directive::Yaml { .. } if version_seen => {
                    return Err(fault("found duplicate YAML directive".to_owned()));
                }
                Directive::Yaml { major: 1 } => version_seen = true,
                Directive::Yaml { .. } => {
                    let problem = "found incompatible YAML document (version 1.* is required)";
                    return Err(fault(problem.to_owned()));
                }
                Directive::Tag { handle, .. } if handles.contains_key(&handle) => {
                    let problem = format!("duplicate tag handle {}", python_quoted(&handle));
                    return Err(fault(problem));
                }
                Directive::Tag { handle, prefix } => {
                    handles.insert(handle, prefix);
                }
                Directive::Unknown => {}
            }
        }
        for (handle, prefix) in [("!", "!"), ("!!", "tag:yaml.org,2002:")] {
            let entry = handles.entry(handle.to_owned());
            entry.or_insert_with(|| prefix.to_owned());
        }
        self.handles = handles;
        Ok(())
    }

    fn node(&mut self, place: Place) -> Fallible<RawNode> {
        let properties = self.properties()?;
        self.count(properties.start)?;
        self.depth += 1;
        if self.depth > self.limits.depth {
            let problem = format!("found more than {} levels of nesting", self.limits.depth);
            return Err(Fault::new(YamlErrorKind::Limit, problem, properties.start));
        }
        let node = self.content(place, properties);
        self.depth -= 1;
        node
    }

    fn count(&mut self, mark: Mark) -> Fallible<()> {
        self.nodes += 1;
        if self.nodes <= self.limits.nodes {
            return Ok(());
        }
        let problem = format!("found more than {} values", self.limits.nodes);
        Err(Fault::new(YamlErrorKind::Limit, problem, mark))
    }

    /// Nothing, where a value could be.
    fn empty(&mut self, mark: Mark) -> Fallible<RawNode> {
        self.count(mark)?;
        let properties = Properties {
            tag: None,
            start: mark,
        };
        Ok(properties.scalar(ScalarToken::empty(), mark.offset))
    }

    fn properties(&mut self) -> Fallible<Properties> {
        let start = self.scanner.peek()?.start;
        if !matches!(self.peek()?, TokenKind::Tag(_)) {
            return Ok(Properties { tag: None, start });
        }
        let TokenKind::Tag(tag) = self.scanner.next()?.kind else {
            return Ok(Properties { tag: None, start });
        };
        // What follows is scanned before the handle is looked up.
        self.scanner.peek()?;
        let tag = match tag.handle {
            None => tag.suffix,
            Some(handle) => match self.handles.get(&handle) {
                Some(prefix) => format!("{prefix}{}", tag.suffix),
                None => {
                    let handle = python_quoted(&handle);
                    let problem = format!("found undefined tag handle {handle}");
                    return Err(Fault::new(YamlErrorKind::Parser, problem, start)
                        .within("while parsing a node", start));
                }
            },
        };
        Ok(Properties {
            tag: Some(tag),
            start,
        })
    }

    fn content(&mut self, place: Place, properties: Properties) -> Fallible<RawNode> {
        let start = properties.start;
        let block = place != Place::Flow;
        match self.peek()? {
            TokenKind::BlockEntry if place == Place::BlockValue => {
                self.indentless_sequence(properties)
            }
            TokenKind::Scalar(_) => self.scalar(properties),
            TokenKind::FlowSequenceStart => self.flow_sequence(properties),
            TokenKind::FlowMappingStart => self.flow_mapping(properties),
            TokenKind::BlockSequenceStart if block => self.block_sequence(properties),
            TokenKind::BlockMappingStart if block => self.block_mapping(properties),
            _ if properties.tag.is_some() => {
                Ok(properties.scalar(ScalarToken::empty(), start.offset))
            }
            other => {
                let found = python_quoted(other.id());
                let kind = if block { "block" } else { "flow" };
                Err(self
                    .fault(format!("expected the node content, but found {found}"))?
                    .within(format!("while parsing a {kind} node"), start))
            }
        }
    }

    fn scalar(&mut self, properties: Properties) -> Fallible<RawNode> {
        let token = self.scanner.next()?;
        let TokenKind::Scalar(scalar) = token.kind else {
            return self.empty(token.start);
        };
        Ok(properties.scalar(scalar, token.end.offset))
    }

    fn block_sequence(&mut self, properties: Properties) -> Fallible<RawNode> {
        let opening = self.scanner.next()?.start;
        let mut items = Vec::new();
        while matches!(self.peek()?, TokenKind::BlockEntry) {
            let entry = self.scanner.next()?;
            items.push(match self.peek()? {
                TokenKind::BlockEntry | TokenKind::BlockEnd => self.empty(entry.end)?,
                _ => self.node(Place::Block)?,
            });
        }
        self.block_end("while parsing a block collection", opening)?;
        Ok(properties.sequence(items, opening.offset, false))
    }

    fn indentless_sequence(&mut self, properties: Properties) -> Fallible<RawNode> {
        let opening = self.scanner.peek()?.start;
        let mut items = Vec::new();
        while matches!(self.peek()?, TokenKind::BlockEntry) {
            let entry = self.scanner.next()?;
            items.push(match self.peek()? {
                TokenKind::BlockEntry | TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd => {
                    self.empty(entry.end)?
                }
                _ => self.node(Place::Block)?,
            });
        }
        Ok(properties.sequence(items, opening.offset, false))
    }

    fn block_mapping(&mut self, properties: Properties) -> Fallible<RawNode> {
        let opening = self.scanner.next()?.start;
        let mut entries = Entries::new();
        while matches!(self.peek()?, TokenKind::Key) {
            let mark = self.scanner.next()?.end;
            let key = self.block_part(mark)?;
            let value = match self.peek()? {
                TokenKind::Value => {
                    let mark = self.scanner.next()?.end;
                    self.block_part(mark)?
                }
                _ => self.empty(end_of(&key))?,
            };
            entries.push((key, value));
        }
        self.block_end("while parsing a block mapping", opening)?;
        Ok(properties.mapping(entries, opening.offset, false))
    }

    /// A key or a value of a block mapping; nothing counts as null.
    fn block_part(&mut self, indicator_end: Mark) -> Fallible<RawNode> {
        match self.peek()? {
            TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd => self.empty(indicator_end),
            _ => self.node(Place::BlockValue),
        }
    }

    fn block_end(&mut self, context: &str, opening: Mark) -> Fallible<()> {
        if matches!(self.peek()?, TokenKind::BlockEnd) {
            self.scanner.next()?;
            return Ok(());
        }
        let found = python_quoted(self.peek()?.id());
        let problem = format!("expected <block end>, but found {found}");
        Err(self.fault(problem)?.within(context, opening))
    }

    fn flow_sequence(&mut self, properties: Properties) -> Fallible<RawNode> {
        let opening = self.scanner.next()?.start;
        let mut items = Vec::new();
        while !matches!(self.peek()?, TokenKind::FlowSequenceEnd) {
            if !items.is_empty() {
                self.flow_separator("sequence", ']', opening)?;
            }
            match self.peek()? {
                TokenKind::Key => items.push(self.flow_pair()?),
                TokenKind::FlowSequenceEnd => break,
                _ => items.push(self.node(Place::Flow)?),
            }
        }
        let end = self.scanner.next()?.end.offset;
        Ok(properties.sequence(items, end, true))
    }

    /// `key: value` in a flow sequence is a mapping of one entry.
    fn flow_pair(&mut self) -> Fallible<RawNode> {
        let key_token = self.scanner.next()?;
        let properties = Properties {
            tag: None,
            start: key_token.start,
        };
        let key = match self.peek()? {
            TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowSequenceEnd => {
                self.empty(key_token.end)?
            }
            _ => self.node(Place::Flow)?,
        };
        let value = self.flow_value(&key, false)?;
        let end = value.end;
        Ok(properties.mapping(vec![(key, value)], end, true))
    }

    fn flow_mapping(&mut self, properties: Properties) -> Fallible<RawNode> {
        let opening = self.scanner.next()?.start;
        let mut entries = Entries::new();
        while !matches!(self.peek()?, TokenKind::FlowMappingEnd) {
            if !entries.is_empty() {
                self.flow_separator("mapping", '}', opening)?;
            }
            match self.peek()? {
                TokenKind::Key => {
                    let mark = self.scanner.next()?.end;
                    entries.push(self.flow_entry(mark)?);
                }
                TokenKind::FlowMappingEnd => break,
                _ => {
                    let key = self.node(Place::Flow)?;
                    let value = self.empty(end_of(&key))?;
                    entries.push((key, value));
                }
            }
        }
        let end = self.scanner.next()?.end.offset;
        Ok(properties.mapping(entries, end, true))
    }

    fn flow_entry(&mut self, key_mark: Mark) -> Fallible<(RawNode, RawNode)> {
        let key = match self.peek()? {
            TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowMappingEnd => {
                self.empty(key_mark)?
            }
            _ => self.node(Place::Flow)?,
        };
        let value = self.flow_value(&key, true)?;
        Ok((key, value))
    }

    /// The value behind a key of a flow collection; nothing counts as null.
    fn flow_value(&mut self, key: &RawNode, in_mapping: bool) -> Fallible<RawNode> {
        if !matches!(self.peek()?, TokenKind::Value) {
            return self.empty(end_of(key));
        }
        let mark = self.scanner.next()?.end;
        match self.peek()? {
            TokenKind::FlowEntry => self.empty(mark),
            TokenKind::FlowMappingEnd if in_mapping => self.empty(mark),
            TokenKind::FlowSequenceEnd if !in_mapping => self.empty(mark),
            _ => self.node(Place::Flow),
        }
    }

    fn flow_separator(&mut self, kind: &str, closing: char, opening: Mark) -> Fallible<()> {
        if matches!(self.peek()?, TokenKind::FlowEntry) {
            self.scanner.next()?;
            return Ok(());
        }
        let found = python_quoted(self.peek()?.id());
        let problem = format!("expected ',' or '{closing}', but got {found}");
        Err(self
            .fault(problem)?
            .within(format!("while parsing a flow {kind}"), opening))
    }

    fn peek(&mut self) -> Fallible<&TokenKind> {
        Ok(&self.scanner.peek()?.kind)
    }

    /// A fault at the next token.
    fn fault(&mut self, problem: String) -> Fallible<Box<Fault>> {
        let start = self.scanner.peek()?.start;
        Ok(Fault::new(YamlErrorKind::Parser, problem, start))
    }
}

impl Properties {
    fn scalar(self, token: ScalarToken, end: usize) -> RawNode {
        let tag = match self.tag.as_deref() {
            None if token.style != Style::Plain => Tag::Str,
            None | Some("!") => resolve(&token.text),
            Some(_) => self.explicit_tag(Tag::Str),
        };
        RawNode {
            tag,
            start: self.start,
            end,
            content: RawContent::Scalar(RawScalar {
                text: token.text,
                style: token.style,
                origins: token.origins,
            }),
        }
    }

    /// The end is that of the brackets, or the start if there are none.
    fn sequence(self, items: Vec<RawNode>, end: usize, flow: bool) -> RawNode {
        let last = items.last().map_or(end, |item| item.end);
        RawNode {
            tag: self.explicit_tag(Tag::Seq),
            start: self.start,
            end: end.max(last),
            content: RawContent::Sequence { items, flow },
        }
    }

    fn mapping(self, entries: Entries, end: usize, flow: bool) -> RawNode {
        let last = entries.last().map_or(end, |(_, value)| value.end);
        RawNode {
            tag: self.explicit_tag(Tag::Map),
            start: self.start,
            end: end.max(last),
            content: RawContent::Mapping { entries, flow },
        }
    }

    fn explicit_tag(&self, default: Tag) -> Tag {
        match self.tag.as_deref() {
            None | Some("!") => default,
            Some(uri) => Tag::from_uri(uri.to_owned()),
        }
    }
}

/// The place just behind a node. Only its offset is used, for a null.
fn end_of(node: &RawNode) -> Mark {
    Mark {
        offset: node.end,
        ..node.start
    }
}
