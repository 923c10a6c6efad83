//! Escapes and sets of characters.

use super::parser::Parser;
use super::{Fault, Flags};

/// What an escape stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Escape {
    Char(char),
    /// One of `d D s S w W`.
    Class(char),
    /// One of `A Z b B`.
    Position(char),
    /// A reference to a group.
    Group(usize),
}

/// Writes a character that stands for itself.
pub(super) fn push_literal(out: &mut String, c: char) {
    if c.is_ascii_punctuation() {
        out.push('\\');
        // The engine knows no escapes of these.
        if matches!(
            c,
            '<' | '>' | '`' | '\'' | '"' | '_' | ':' | ';' | ',' | '=' | '!' | '%' | '@' | '/'
        ) {
            out.pop();
        }
    }
    out.push(c);
}

/// The engine's form of a class that is named by a letter.
pub(super) fn named(letter: char, flags: Flags) -> &'static str {
    match (letter, flags.ascii) {
        ('d', false) => "\\d",
        ('D', false) => "\\D",
        ('s', false) => "[\\s\\x1c-\\x1f]",
        ('S', false) => "[^\\s\\x1c-\\x1f]",
        ('w', false) => "[\\p{L}\\p{N}_]",
        ('W', false) => "[^\\p{L}\\p{N}_]",
        ('d', true) => "[0-9]",
        ('D', true) => "[^0-9]",
        ('s', true) => "[ \\t\\n\\r\\x0b\\x0c]",
        ('S', true) => "[^ \\t\\n\\r\\x0b\\x0c]",
        ('w', true) => "[a-zA-Z0-9_]",
        _ => "[^a-zA-Z0-9_]",
    }
}

/// An escape outside of a set; `start` is the place of its backslash.
pub(super) fn escape(parser: &mut Parser, start: usize) -> Result<Escape, Fault> {
    let Some(c) = parser.next() else {
        return Err(Fault::at("bad escape (end of pattern)", start));
    };
    Ok(match c {
        'A' | 'Z' | 'b' | 'B' => Escape::Position(c),
        '0' => Escape::Char(octal(parser, 0, 2)),
        '1'..='9' => return reference(parser, start, c),
        _ => return common(parser, start, c),
    })
}

/// A number after a backslash: a group, or an octal code of three digits.
fn reference(parser: &mut Parser, start: usize, first: char) -> Result<Escape, Fault> {
    let mut number = first.to_digit(10).unwrap_or(0);
    if let Some(second) = parser.peek().and_then(|c| c.to_digit(10)) {
        parser.at += 1;
        let third = parser.peek().and_then(|c| c.to_digit(8));
        if let Some(third) = third.filter(|_| number < 8 && second < 8) {
            parser.at += 1;
            let code = number * 64 + second * 8 + third;
            return match code > 0o377 {
                true => {
                    let text: String = parser.chars[start..parser.at].iter().collect();
                    let message = format!("octal escape value {text} outside of range 0-0o377");
                    Err(Fault::at(message, start))
                }
                false => Ok(Escape::Char(char::from_u32(code).unwrap_or_default())),
            };
        }
        number = number * 10 + second;
    }
    Ok(Escape::Group(number as usize))
}

fn octal(parser: &mut Parser, mut code: u32, digits: usize) -> char {
    for _ in 0..digits {
        let Some(digit) = parser.peek().and_then(|c| c.to_digit(8)) else {
            break;
        };
        parser.at += 1;
        code = code * 8 + digit;
    }
    char::from_u32(code & 0xff).unwrap_or_default()
}

/// Escapes that are the same within sets and outside.
fn common(parser: &mut Parser, start: usize, c: char) -> Result<Escape, Fault> {
    Ok(Escape::Char(match c {
        'd' | 'D' | 's' | 'S' | 'w' | 'W' => return Ok(Escape::Class(c)),
        'a' => '\x07',
        'f' => '\x0c',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\x0b',
        'x' => hex(parser, start, 2)?,
        'u' => hex(parser, start, 4)?,
        'U' => hex(parser, start, 8)?,
        'N' => character_name(parser, start)?,
        c if c.is_ascii_alphanumeric() => {
            return Err(Fault::at(format_args!("bad escape \\{c}"), start));
        }
        c => c,
    }))
}

fn hex(parser: &mut Parser, start: usize, digits: usize) -> Result<char, Fault> {
    let from = parser.at;
    while parser.at < from + digits && parser.peek().is_some_and(|c| c.is_ascii_hexdigit()) {
        parser.at += 1;
    }
    let text: String = parser.chars[from..parser.at].iter().collect();
    let shown: String = parser.chars[start..parser.at].iter().collect();
    if text.len() < digits {
        return Err(Fault::at(format_args!("incomplete escape {shown}"), start));
    }
    let code = u32::from_str_radix(&text, 16).unwrap_or(u32::MAX);
    match char::from_u32(code) {
        Some(c) => Ok(c),
        None if code < 0x10000 => Ok(char::REPLACEMENT_CHARACTER),
        None => Err(Fault::at(format_args!("bad escape {shown}"), start)),
    }
}

fn character_name(parser: &mut Parser, start: usize) -> Result<char, Fault> {
    if !parser.eat('{') {
        return Err(Fault::at("missing {", parser.at));
    }
    let from = parser.at;
    while parser.peek().is_some_and(|c| c != '}') {
        parser.at += 1;
    }
    let name: String = parser.chars[from..parser.at].iter().collect();
    if !parser.eat('}') {
        return Err(Fault::at("missing }, unterminated name", from));
    }
    unicode_names2::character(&name)
        .ok_or_else(|| Fault::at(format_args!("undefined character name '{name}'"), start))
}

/// A set `[…]` in the engine's form; `start` is the place of the `[`.
pub(super) fn set(parser: &mut Parser, start: usize, flags: Flags) -> Result<String, Fault> {
    let mut out = String::from("[");
    if parser.eat('^') {
        out.push('^');
    }
    let mut first = true;
    loop {
        let place = parser.at;
        let Some(c) = parser.next() else {
            return Err(Fault::at("unterminated character set", start));
        };
        if c == ']' && !first {
            break;
        }
        first = false;
        let low = member(parser, place, c)?;
        if !parser.eat('-') {
            push_member(&mut out, low, flags);
            continue;
        }
        let high_place = parser.at;
        match parser.next() {
            None => return Err(Fault::at("unterminated character set", start)),
            Some(']') => {
                push_member(&mut out, low, flags);
                out.push_str("\\-");
                break;
            }
            Some(c) => {
                let high = member(parser, high_place, c)?;
                let (Escape::Char(low), Escape::Char(high)) = (low, high) else {
                    return Err(bad_range(parser, place));
                };
                if high < low {
                    return Err(bad_range(parser, place));
                }
                push_member(&mut out, Escape::Char(low), flags);
                out.push('-');
                push_member(&mut out, Escape::Char(high), flags);
            }
        }
    }
    out.push(']');
    Ok(out)
}

fn bad_range(parser: &Parser, place: usize) -> Fault {
    let range: String = parser.chars[place..parser.at].iter().collect();
    Fault::at(format_args!("bad character range {range}"), place)
}

fn member(parser: &mut Parser, place: usize, c: char) -> Result<Escape, Fault> {
    if c != '\\' {
        return Ok(Escape::Char(c));
    }
    let Some(c) = parser.next() else {
        return Err(Fault::at("bad escape (end of pattern)", place));
    };
    match c {
        'b' => Ok(Escape::Char('\x08')),
        '0'..='7' => {
            let code = c.to_digit(8).unwrap_or(0);
            Ok(Escape::Char(octal(parser, code, 2)))
        }
        c => common(parser, place, c),
    }
}

fn push_member(out: &mut String, member: Escape, flags: Flags) {
    match member {
        Escape::Char(c) if c.is_ascii_punctuation() => out.extend(['\\', c]),
        Escape::Char(c) => out.push(c),
        Escape::Class(letter) => out.push_str(named(letter, flags)),
        Escape::Position(_) | Escape::Group(_) => {}
    }
}
