//! What the lexer and the parser say about text that is no template.

use std::ops::Range;

/// A syntax error with the place in the text that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    /// Jinja2's own wording, which clients know.
    pub(crate) message: String,
    /// Bytes of the text given to the lexer.
    pub(crate) range: Range<usize>,
}

impl SyntaxError {
    /// An error about a part of the text.
    pub(crate) fn new(message: impl Into<String>, range: Range<usize>) -> Self {
        Self {
            message: message.into(),
            range,
        }
    }
}
