//! The tokens of a template.

use std::ops::Range;

use yaql::Value;

/// A token and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token<'s> {
    /// What it is.
    pub(crate) kind: Kind<'s>,
    /// Bytes of the source.
    pub(crate) range: Range<usize>,
}

/// What a token is. `Begin` and `End` kinds stand for the delimiters.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind<'s> {
    /// Text outside of delimiters, blanks already trimmed.
    Data(&'s str),
    /// `{{`
    PrintBegin,
    /// `}}`
    PrintEnd,
    /// `{%`
    BlockBegin,
    /// `%}`
    BlockEnd,
    /// An identifier or keyword.
    Name(&'s str),
    /// A quoted string, unescaped.
    Text(String),
    /// An int or float literal.
    Number(Value),
    /// Punctuation and operators.
    Symbol(&'static str),
    /// The end of the source.
    End,
}

/// Operators by text; longer ones first so that the first match is the right one.
pub(super) const SYMBOLS: [&str; 26] = [
    "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}",
    ">", "<", "=", ".", ":", "|", ",", ";",
];

impl Kind<'_> {
    /// How error texts call it.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Data(_) => "template data / text".into(),
            Self::PrintBegin => "begin of print statement".into(),
            Self::PrintEnd => "end of print statement".into(),
            Self::BlockBegin => "begin of statement block".into(),
            Self::BlockEnd => "end of statement block".into(),
            Self::Name(name) => (*name).into(),
            Self::Text(_) => "string".into(),
            Self::Number(Value::Float(_)) => "float".into(),
            Self::Number(_) => "integer".into(),
            Self::Symbol(text) => (*text).into(),
            Self::End => "end of template".into(),
        }
    }
}
