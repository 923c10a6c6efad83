//! Tokens, as the scanner hands them to the composer.

use super::cursor::Mark;
use super::node::Style;
use super::origins::Origins;

/// A token and where it stands.
#[derive(Debug)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) start: Mark,
    pub(super) end: Mark,
}

#[derive(Debug)]
pub(super) enum TokenKind {
    StreamEnd,
    Directive(Directive),
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Tag(TagToken),
    Scalar(ScalarToken),
}

/// A `%` line at the top of a document.
#[derive(Debug)]
pub(super) enum Directive {
    /// `%YAML major.minor`
    Yaml { major: u64 },
    /// `%TAG handle prefix`
    Tag { handle: String, prefix: String },
    /// Any other, which is skipped.
    Unknown,
}

/// `handle!suffix`; without a handle the suffix is the whole tag.
#[derive(Debug)]
pub(super) struct TagToken {
    pub(super) handle: Option<String>,
    pub(super) suffix: String,
}

/// A scalar after unescaping and folding.
#[derive(Debug)]
pub(super) struct ScalarToken {
    pub(super) text: String,
    pub(super) style: Style,
    pub(super) origins: Origins,
}

impl TokenKind {
    /// The name in error texts.
    pub(super) fn id(&self) -> &'static str {
        match self {
            Self::StreamEnd => "<stream end>",
            Self::Directive(_) => "<directive>",
            Self::DocumentStart => "<document start>",
            Self::DocumentEnd => "<document end>",
            Self::BlockSequenceStart => "<block sequence start>",
            Self::BlockMappingStart => "<block mapping start>",
            Self::BlockEnd => "<block end>",
            Self::FlowSequenceStart => "[",
            Self::FlowSequenceEnd => "]",
            Self::FlowMappingStart => "{",
            Self::FlowMappingEnd => "}",
            Self::BlockEntry => "-",
            Self::FlowEntry => ",",
            Self::Key => "?",
            Self::Value => ":",
            Self::Tag(_) => "<tag>",
            Self::Scalar(_) => "<scalar>",
        }
    }
}
