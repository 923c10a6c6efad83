//! `characters(…)`: the classes of Python's module `string` (YAQL §13.4).

use super::functions;
use crate::eval::overload::{Argument, Builtin, Presence};
use crate::eval::types::Type;
use crate::eval::{Result, Scope, raise};
use crate::{Set, Value};

functions! {
    /// The characters of the classes that are switched on, without an order:
    /// `characters(digits => true)`.
    function characters(
        digits = false, hexdigits = false, asciiLowercase = false, asciiUppercase = false,
        asciiLetters = false, letters = false, octdigits = false, punctuation = false,
        printable = false, lowercase = false, uppercase = false, whitespace = false,
    ) = Characters;
}

const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const PUNCTUATION: &str = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
const WHITESPACE: &str = " \t\n\r\x0b\x0c";

/// The classes in the order of the parameters; those that Python 3 does not
/// have any more are errors with their old names.
const CLASSES: [std::result::Result<&[&str], &str>; 12] = [
    Ok(&["0123456789"]),
    Ok(&["0123456789", "abcdef", "ABCDEF"]),
    Ok(&[LOWER]),
    Ok(&[UPPER]),
    Ok(&[LOWER, UPPER]),
    Err("letters"),
    Ok(&["01234567"]),
    Ok(&[PUNCTUATION]),
    Ok(&["0123456789", LOWER, UPPER, PUNCTUATION, WHITESPACE]),
    Err("lowercase"),
    Err("uppercase"),
    Ok(&[WHITESPACE]),
];

/// The function: too many parameters for a Rust function.
struct Characters;

impl Builtin<Characters> for Characters {
    fn shapes() -> Vec<(Type, bool, Presence)> {
        vec![(Type::Bool, true, Presence::Required); CLASSES.len()]
    }

    fn run(&self, _: &Scope<'_>, args: &mut [Argument]) -> Result<Value> {
        let mut found = Set::new();
        for (arg, class) in args.iter_mut().zip(CLASSES) {
            if !std::mem::take(arg).into_value().is_truthy() {
                continue;
            }
            let parts = class.map_err(|old| {
                raise::attribute_error(format!("module 'string' has no attribute '{old}'"))
            })?;
            for c in parts.iter().flat_map(|part| part.chars()) {
                found.insert(c);
            }
        }
        Ok(found.iter().cloned().collect())
    }
}
