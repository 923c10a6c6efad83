//! Escapes in quoted strings.

/// A broken escape: Python's text for it.
pub(super) struct BadEscape(pub(super) String);

fn bad<T>(end: usize, reason: &str) -> Result<T, BadEscape> {
    Err(BadEscape(format!(
        "'unicodeescape' codec can't decode bytes in position 0-{end}: {reason}"
    )))
}

/// The text of a quoted string, given without its quotes.
///
/// Unknown escapes keep their backslash. A lone surrogate becomes U+FFFD.
pub(super) fn unescape(raw: &str) -> Result<String, BadEscape> {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        match escape(rest)? {
            Some((c, length)) => {
                out.push(c);
                rest = &rest[length..];
            }
            None => {
                // The backslash and what follows stay as they are.
                let kept = 1 + rest[1..].chars().next().map_or(0, char::len_utf8);
                out.push_str(&rest[..kept]);
                rest = &rest[kept..];
            }
        }
    }
    out.push_str(rest);
    Ok(out)
}

/// The character at the start of `text` (a backslash) and the escape's length.
fn escape(text: &str) -> Result<Option<(char, usize)>, BadEscape> {
    let Some(kind) = text[1..].chars().next() else {
        return Ok(None);
    };
    let simple = match kind {
        '\\' | '\'' | '"' => kind,
        'a' => '\x07',
        'b' => '\x08',
        'f' => '\x0c',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\x0b',
        '0'..='7' => return Ok(Some(octal(&text[1..]))),
        'x' => return hex(text, 2, "\\xXX"),
        'u' => return hex(text, 4, "\\uXXXX"),
        'U' => return hex(text, 8, "\\UXXXXXXXX"),
        'N' => return named(text),
        _ => return Ok(None),
    };
    Ok(Some((simple, 2)))
}

fn octal(digits: &str) -> (char, usize) {
    let length = digits
        .bytes()
        .take(3)
        .take_while(|b| matches!(b, b'0'..=b'7'))
        .count();
    let code = u32::from_str_radix(&digits[..length], 8).unwrap_or(0);
    (char::from_u32(code).unwrap_or('\0'), length + 1)
}

/// Escapes with a fixed number of hexadecimal digits. With fewer characters
/// than that, it is no escape at all.
fn hex(text: &str, digits: usize, shape: &str) -> Result<Option<(char, usize)>, BadEscape> {
    let body = &text[2..];
    let present = body.chars().take(digits).take_while(|c| *c != '\n').count();
    if present < digits {
        return Ok(None);
    }
    let valid = body
        .bytes()
        .take(digits)
        .take_while(u8::is_ascii_hexdigit)
        .count();
    if valid < digits {
        return bad(1 + valid, &format!("truncated {shape} escape"));
    }
    let code = u32::from_str_radix(&body[..digits], 16).unwrap_or(u32::MAX);
    match char::from_u32(code) {
        Some(c) => Ok(Some((c, digits + 2))),
        None if code <= 0xffff => Ok(Some((char::REPLACEMENT_CHARACTER, digits + 2))),
        None => bad(1 + digits, "illegal Unicode character"),
    }
}

fn named(text: &str) -> Result<Option<(char, usize)>, BadEscape> {
    let name = text[2..]
        .strip_prefix('{')
        .and_then(|rest| rest.split_once('}'));
    match name {
        None | Some(("", _)) => Ok(None),
        Some((name, _)) => match unicode_names2::character(name) {
            Some(c) => Ok(Some((c, name.len() + 4))),
            None => bad(name.len() + 3, "unknown Unicode character name"),
        },
    }
}
