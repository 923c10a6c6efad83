//! Faults of syntax.

use super::Span;

/// Which part of parsing failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ParseErrorKind {
    /// A character that starts no token.
    Lexical,
    /// Tokens in a wrong order.
    Grammar,
    /// A broken escape in a string.
    Encoding,
    /// More nesting or more text than is allowed.
    TooComplex,
}

/// A text that is no expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParseError {
    /// Which part of parsing failed.
    pub kind: ParseErrorKind,
    /// yaql's text, position in code points included.
    pub message: String,
    /// Where, in bytes; empty at the end of the text.
    pub span: Span,
    /// What to write instead, when that is known.
    pub help: Option<String>,
}

impl ParseError {
    /// The class name that yaql uses for it.
    pub fn class(&self) -> &'static str {
        match self.kind {
            ParseErrorKind::Lexical => "YaqlLexicalException",
            ParseErrorKind::Grammar => "YaqlGrammarException",
            ParseErrorKind::Encoding => "UnicodeDecodeError",
            ParseErrorKind::TooComplex => "RecursionError",
        }
    }
}
