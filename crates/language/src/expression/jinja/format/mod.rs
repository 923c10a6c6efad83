//! Python's two ways of formatting text: `'%05d' % x` and `'{:>5}'.format(x)`.

mod brace;
mod number;
mod percent;
mod spec;

pub(super) use self::brace::brace;
pub(super) use self::percent::percent;

use super::super::failure::{Outcome, value_error};

/// The widest field, and the most digits, that a format may ask for.
const MAX_WIDTH: usize = 1_000_000;

/// The number at the start of the text, and the rest.
fn leading_number(text: &str) -> Outcome<(Option<usize>, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    if digits.is_empty() {
        return Ok((None, rest));
    }
    match digits.parse() {
        Ok(number) if number <= MAX_WIDTH => Ok((Some(number), rest)),
        _ => Err(value_error("Too many decimal digits in format string")),
    }
}
