//! From text to a syntax tree.
//!
//! Owns the lexer, the parser and the tree (YAQL §1 and §2). Positions in
//! messages are code points, as yaql counts them; spans are byte offsets.

pub(crate) mod ast;
pub(crate) mod chars;
mod error;
mod escape;
mod lexer;
mod parser;
#[cfg(test)]
mod tests;

pub use self::ast::Span;
pub use self::error::{ParseError, ParseErrorKind};
pub(crate) use self::parser::parse;

/// Which language a text is parsed as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseOptions {
    /// The mapping symbol, usually `=>`. Empty: no mappings and no named
    /// arguments at all.
    pub keyword_operator: String,
    /// Whether any expression can be called: `expr(args)`.
    pub delegates: Delegates,
    /// Whether the functions and the syntax of yaql 0.2 are there (YAQL §15).
    pub legacy: Legacy,
}

/// Calls of expressions: `let(f => lambda($ + 1)) -> $f(1)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Delegates {
    /// `expr(args)` is a grammar error.
    #[default]
    Off,
    /// It parses, but the functions for it are not registered: as in Mistral
    /// with `allow_delegates`.
    ParseOnly,
    /// It works, and there is `lambda(expression)`.
    On,
}

/// Compatibility with yaql 0.2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Legacy {
    /// The modern language only.
    #[default]
    Off,
    /// The modern grammar with the legacy functions.
    Library,
    /// The legacy grammar, too: `=>` builds tuples.
    Full,
}

impl Default for ParseOptions {
    fn default() -> Self {
        ParseOptions {
            keyword_operator: "=>".into(),
            delegates: Delegates::Off,
            legacy: Legacy::Off,
        }
    }
}

/// Whether a text can be the name of a keyword argument.
pub(crate) fn is_word(text: &str) -> bool {
    let mut rest = text.chars();
    rest.next().is_some_and(chars::starts_word)
        && rest.all(chars::is_word)
        && !text.starts_with("__")
}
