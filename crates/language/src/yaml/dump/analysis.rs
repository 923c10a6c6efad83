//! Which styles a text can be written in.

use super::super::cursor::{is_blank_or_end, is_break};

/// What a text allows.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Analysis {
    /// Holds a line break.
    pub(super) multiline: bool,
    /// Can be written without quotes (in block style).
    pub(super) allows_plain: bool,
    /// Can be written in single quotes.
    pub(super) allows_single_quotes: bool,
}

impl Analysis {
    pub(super) fn of(text: &str) -> Self {
        let chars: Vec<char> = text.chars().collect();
        let pairs = || chars.iter().zip(chars.iter().skip(1));
        let multiline = chars.iter().copied().any(is_line_end);
        let special = chars.iter().any(|c| !matches!(c, '\n' | ' '..='~'));
        let break_space = pairs().any(|(a, b)| is_line_end(*a) && *b == ' ');
        let space_break = pairs().any(|(a, b)| *a == ' ' && is_line_end(*b));
        let edge = |c: Option<&char>| c.is_some_and(|c| *c == ' ' || is_line_end(*c));
        let padded = edge(chars.first()) || edge(chars.last());
        let allows_single_quotes = !(break_space || space_break || special);
        let allows_plain = allows_single_quotes && !padded && !multiline && !has_indicator(&chars);
        Self {
            multiline,
            allows_plain,
            allows_single_quotes,
        }
    }
}

fn is_line_end(c: char) -> bool {
    is_break(c) && c != '\r'
}

/// Whether a character means something to YAML where it stands in a block.
fn has_indicator(chars: &[char]) -> bool {
    let blank_after = |at: usize| chars.get(at + 1).is_none_or(|c| is_blank_or_end(*c));
    let first = match chars.first() {
        Some('?' | ':' | '-') => blank_after(0),
        Some(c) => "#,[]{}&*!|>'\"%@`".contains(*c),
        None => false,
    };
    let marker = chars.starts_with(&['-'; 3]) || chars.starts_with(&['.'; 3]);
    let inner = (1..chars.len()).any(|at| match chars[at] {
        ':' => blank_after(at),
        '#' => is_blank_or_end(chars[at - 1]),
        _ => false,
    });
    first || marker || inner
}
