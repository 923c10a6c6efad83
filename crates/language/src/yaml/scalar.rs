//! The text of a scalar to its value, once its type is known.
//!
//! An explicit tag may stand before any text, so each function can fail; the
//! errors are the words for the user.

use num_bigint::BigInt;
use yaql::Value;

use super::python_quoted;

/// Python refuses to read integers with more digits.
const MAX_DIGITS: usize = 4300;

pub(super) fn boolean(text: &str) -> Result<bool, String> {
    match text.to_lowercase().as_str() {
        "yes" | "true" | "on" => Ok(true),
        "no" | "false" | "off" => Ok(false),
        _ => Err(format!(
            "expected a boolean, but found {}",
            python_quoted(text)
        )),
    }
}

/// Decimal, `0b…`, `0x…`, octal with a leading 0, or sexagesimal (`1:30` is 90).
pub(super) fn integer(text: &str) -> Result<Value, String> {
    let bad = || format!("expected an integer, but found {}", python_quoted(text));
    let digits = text.replace('_', "");
    let (negative, digits) = sign(&digits);
    if digits.len() > MAX_DIGITS {
        return Err(format!("found an integer of more than {MAX_DIGITS} digits"));
    }
    let number = if let Some(bits) = digits.strip_prefix("0b") {
        radix(bits, 2)
    } else if let Some(hex) = digits.strip_prefix("0x") {
        radix(hex, 16)
    } else if digits.starts_with('0') && digits.len() > 1 {
        radix(digits, 8)
    } else {
        sexagesimal(digits)
    };
    let number = number.ok_or_else(bad)?;
    Ok(Value::from(if negative { -number } else { number }))
}

fn radix(digits: &str, radix: u32) -> Option<BigInt> {
    let plain = digits.bytes().all(|b| b.is_ascii_alphanumeric());
    if digits.is_empty() || !plain {
        return None;
    }
    BigInt::parse_bytes(digits.as_bytes(), radix)
}

/// A plain number is a sexagesimal one of a single part.
fn sexagesimal(digits: &str) -> Option<BigInt> {
    let mut parts = digits.split(':');
    let first = radix(parts.next()?, 10)?;
    parts.try_fold(first, |sum, part| Some(sum * 60 + radix(part, 10)?))
}

pub(super) fn float(text: &str) -> Result<f64, String> {
    let bad = || format!("expected a number, but found {}", python_quoted(text));
    let digits = text.replace('_', "").to_lowercase();
    let (negative, digits) = sign(&digits);
    let magnitude = match digits {
        ".inf" => f64::INFINITY,
        ".nan" => return Ok(f64::NAN),
        _ => sexagesimal_float(digits).ok_or_else(bad)?,
    };
    Ok(if negative { -magnitude } else { magnitude })
}

/// Summed from the last part to the first, as the rounding of the original is.
fn sexagesimal_float(digits: &str) -> Option<f64> {
    if !digits.contains(':') {
        return decimal(digits);
    }
    let mut base = 1.0;
    let mut sum = 0.0;
    for part in digits.rsplit(':') {
        sum += decimal(part)? * base;
        base *= 60.0;
    }
    Some(sum)
}

fn decimal(text: &str) -> Option<f64> {
    let plain = |b: u8| matches!(b, b'0'..=b'9' | b'.' | b'e' | b'+' | b'-');
    text.bytes().all(plain).then(|| text.parse().ok())?
}

/// Whether there is a minus, and the text without its sign.
fn sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

/// Decodes base64 as Python does: other characters are skipped, what follows the
/// padding is dropped.
pub(super) fn base64(text: &str) -> Result<Vec<u8>, String> {
    if !text.is_ascii() {
        return Err("failed to convert base64 data into ascii".to_owned());
    }
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut digits) = (0u32, 0usize);
    let mut padding = 0;
    for b in text.bytes() {
        let Some(digit) = base64_digit(b) else {
            padding += usize::from(b == b'=');
            if b == b'=' && digits % 4 >= 2 && digits % 4 + padding >= 4 {
                return Ok(bytes);
            }
            continue;
        };
        padding = 0;
        bits = bits << 6 | digit;
        digits += 1;
        if digits % 4 != 1 {
            let shift = [0, 0, 4, 2][digits % 4];
            bytes.push((bits >> shift & 0xff).to_le_bytes()[0]);
        }
    }
    match digits % 4 {
        0 => Ok(bytes),
        1 => Err(format!(
            "failed to decode base64 data: Invalid base64-encoded string: number of data \
             characters ({digits}) cannot be 1 more than a multiple of 4"
        )),
        _ => Err("failed to decode base64 data: Incorrect padding".to_owned()),
    }
}

fn base64_digit(b: u8) -> Option<u32> {
    let digit = match b {
        b'A'..=b'Z' => b - b'A',
        b'a'..=b'z' => b - b'a' + 26,
        b'0'..=b'9' => b - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(u32::from(digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers() {
        let value = |text| integer(text).unwrap();
        assert_eq!(value("-0x1_F"), Value::from(-31));
        assert_eq!(value("190:20:30"), Value::from(685_230));
        assert_eq!(value("0_1"), Value::from(1));
        assert_eq!(
            integer("08"),
            Err("expected an integer, but found '08'".to_owned())
        );
        assert!(integer(&"9".repeat(5000)).is_err());
    }

    #[test]
    fn floats() {
        assert_eq!(float("1_0.5e+1"), Ok(105.0));
        assert_eq!(float("-20:30.15"), Ok(-1230.15));
        assert!(float("infinity").is_err() && float("").is_err());
    }

    #[test]
    fn bytes() {
        assert_eq!(base64("aGVs\nbG8="), Ok(b"hello".to_vec()));
        assert!(base64("aGVsbG8").is_err() && base64("a").is_err());
    }
}
