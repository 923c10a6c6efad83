//! Which type a plain scalar has: the resolver of YAML 1.1 as PyYAML has it.

use super::tag::Tag;
use super::timestamp;

/// The tag of a plain scalar. Every text has one; most are text.
pub(super) fn resolve(text: &str) -> Tag {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Tag::Null,
        "<<" => Tag::Merge,
        "=" => Tag::Value,
        "!" | "&" | "*" => Tag::Other("tag:yaml.org,2002:yaml".to_owned()),
        _ if boolean(text).is_some() => Tag::Bool,
        _ => resolve_number(text),
    }
}

/// The value of the words for booleans; `y` and `n` are none.
pub(super) fn boolean(text: &str) -> Option<bool> {
    match text {
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Some(true),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

fn resolve_number(text: &str) -> Tag {
    if !text.starts_with(['-', '+', '.']) && !text.starts_with(|c: char| c.is_ascii_digit()) {
        Tag::Str
    } else if is_float(text) {
        Tag::Float
    } else if is_int(text) {
        Tag::Int
    } else if timestamp::looks_like(text) {
        Tag::Timestamp
    } else {
        Tag::Str
    }
}

fn is_int(text: &str) -> bool {
    let text = unsigned(text);
    if let Some(digits) = text.strip_prefix("0b") {
        return made_of(digits, |b| matches!(b, b'0' | b'1' | b'_'));
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return made_of(digits, |b| b.is_ascii_hexdigit() || b == b'_');
    }
    if let Some(digits) = text.strip_prefix('0') {
        return digits.is_empty() || made_of(digits, |b| matches!(b, b'0'..=b'7' | b'_'));
    }
    let (digits, sixties) = text.split_at(text.find(':').unwrap_or(text.len()));
    is_digits(digits) && (sixties.is_empty() || is_sexagesimal(sixties))
}

fn is_float(text: &str) -> bool {
    let magnitude = unsigned(text);
    if matches!(magnitude, ".inf" | ".Inf" | ".INF") {
        return true;
    }
    if let Some(fraction) = text.strip_prefix('.') {
        return matches!(fraction, "nan" | "NaN" | "NAN") || is_digits(mantissa(fraction));
    }
    let Some((whole, fraction)) = magnitude.split_once('.') else {
        return false;
    };
    let (digits, sixties) = whole.split_at(whole.find(':').unwrap_or(whole.len()));
    let fraction = match sixties {
        "" => mantissa(fraction),
        _ if is_sexagesimal(sixties) => fraction,
        _ => return false,
    };
    is_digits(digits) && fraction.bytes().all(|b| b.is_ascii_digit() || b == b'_')
}

fn unsigned(text: &str) -> &str {
    text.strip_prefix(['-', '+']).unwrap_or(text)
}

fn made_of(text: &str, allowed: impl Fn(u8) -> bool) -> bool {
    !text.is_empty() && text.bytes().all(allowed)
}

/// A digit, then digits and underscores.
fn is_digits(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
        && text.bytes().all(|b| b.is_ascii_digit() || b == b'_')
}

/// `:` and a number below sixty, once or more.
fn is_sexagesimal(text: &str) -> bool {
    let below_sixty = |part: &str| match part.as_bytes() {
        [d] => d.is_ascii_digit(),
        [tens, d] => matches!(tens, b'0'..=b'5') && d.is_ascii_digit(),
        _ => false,
    };
    text.strip_prefix(':')
        .is_some_and(|parts| parts.split(':').all(below_sixty))
}

/// The text without an exponent. The exponent needs a sign: `1.0e3` is text.
fn mantissa(text: &str) -> &str {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else {
        return text;
    };
    match exponent.strip_prefix(['-', '+']) {
        Some(digits) if made_of(digits, |b| b.is_ascii_digit()) => mantissa,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_texts() {
        for int in ["0", "-0", "012", "1_0", "0x_F", "+0b1", "1:30", "190:20:30"] {
            assert_eq!(resolve(int), Tag::Int, "{int}");
        }
        for float in [
            "1.", "-1.5e+3", ".5", ".5e-1", "1:30.5", "+.INF", ".nan", "1._",
        ] {
            assert_eq!(resolve(float), Tag::Float, "{float}");
        }
        for text in [
            "08", "1e3", "1.0e3", "+.5", "-.nan", "1:60", "0:0", ".", "-", "1.2.3", "0x",
        ] {
            assert_eq!(resolve(text), Tag::Str, "{text}");
        }
    }
}
