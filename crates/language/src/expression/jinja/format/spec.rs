//! The format specification behind `:` — `[[fill]align][sign][#][0][width][,][.precision][type]`.

use num_traits::Signed;
use yaql::Value as Plain;

use super::super::super::failure::{Failure, Outcome, type_error, value_error};
use super::super::number::Number;
use super::super::run::Run;
use super::super::value::Value;
use super::leading_number;
use super::number::{self, Style};

/// A parsed specification.
#[derive(Clone, Debug, Default, PartialEq)]
struct Spec {
    fill: Option<char>,
    align: Option<char>,
    sign: Option<char>,
    alternate: bool,
    width: usize,
    grouping: Option<char>,
    precision: Option<usize>,
    kind: Option<char>,
}

/// Formats a value.
pub(super) fn format(run: &mut Run<'_>, value: &Value, spec: &str) -> Outcome<String> {
    value.defined()?;
    if spec.is_empty() {
        return run.str(value);
    }
    let parsed = parse(spec)?;
    run.reserve(parsed.width.saturating_add(parsed.precision.unwrap_or(0)))?;
    if let Some(text) = value.as_str() {
        return text_field(text, &parsed);
    }
    match value {
        Value::Data(data) => match Number::of(data) {
            Some(Number::Float(f)) => float_field(f, &parsed),
            Some(integer) => integer_field(integer, &parsed),
            None => Err(unsupported(value)),
        },
        _ => Err(unsupported(value)),
    }
}

fn unsupported(value: &Value) -> Failure {
    let name = value.type_name();
    type_error(format!(
        "unsupported format string passed to {name}.__format__"
    ))
}

fn parse(text: &str) -> Outcome<Spec> {
    let mut spec = Spec::default();
    let mut rest = text;
    let is_align = |c: char| matches!(c, '<' | '>' | '=' | '^');
    let mut start = rest.chars();
    match (start.next(), start.next()) {
        (Some(fill), Some(align)) if is_align(align) => {
            (spec.fill, spec.align) = (Some(fill), Some(align));
            rest = start.as_str();
        }
        (Some(align), _) if is_align(align) => {
            spec.align = Some(align);
            rest = &rest[1..];
        }
        _ => {}
    }
    if let Some(sign) = rest.chars().next().filter(|c| matches!(c, '+' | '-' | ' ')) {
        spec.sign = Some(sign);
        rest = &rest[1..];
    }
    if let Some(after) = rest.strip_prefix('#') {
        spec.alternate = true;
        rest = after;
    }
    if let Some(after) = rest.strip_prefix('0') {
        spec.fill.get_or_insert('0');
        spec.align.get_or_insert('=');
        rest = after;
    }
    let (width, after) = leading_number(rest)?;
    spec.width = width.unwrap_or(0);
    rest = after;
    if let Some(grouping) = rest.chars().next().filter(|c| matches!(c, ',' | '_')) {
        spec.grouping = Some(grouping);
        rest = &rest[1..];
    }
    if let Some(after) = rest.strip_prefix('.') {
        let (precision, after) = leading_number(after)?;
        spec.precision = precision;
        if precision.is_none() {
            return Err(value_error("Format specifier missing precision"));
        }
        rest = after;
    }
    let mut kind = rest.chars();
    spec.kind = kind.next();
    match kind.as_str() {
        "" => Ok(spec),
        _ => Err(value_error("Invalid format specifier")),
    }
}

fn text_field(text: &str, spec: &Spec) -> Outcome<String> {
    match spec.kind {
        None | Some('s') => {}
        Some(kind) => return Err(unknown_kind(kind, "str")),
    }
    let refused = match spec {
        Spec { sign: Some(_), .. } => Some("Sign not allowed in string format specifier"),
        Spec {
            alternate: true, ..
        } => Some("Alternate form (#) not allowed in string format specifier"),
        Spec {
            grouping: Some(_), ..
        } => Some("Cannot specify a separator with 's'."),
        Spec {
            align: Some('='),
            fill,
            ..
        } if *fill != Some('0') => Some("'=' alignment not allowed in string format specifier"),
        _ => None,
    };
    if let Some(message) = refused {
        return Err(value_error(message));
    }
    let shown = match spec.precision {
        Some(precision) => text.chars().take(precision).collect(),
        None => text.to_owned(),
    };
    Ok(pad("", &shown, spec, '<'))
}

fn unknown_kind(kind: char, name: &str) -> Failure {
    value_error(format!(
        "Unknown format code '{kind}' for object of type '{name}'"
    ))
}

fn integer_field(integer: Number, spec: &Spec) -> Outcome<String> {
    let (radix, prefix) = match spec.kind {
        None | Some('d' | 'n') => (10, ""),
        Some('b') => (2, "0b"),
        Some('o') => (8, "0o"),
        Some('x') => (16, "0x"),
        Some('X') => (16, "0X"),
        Some('c') => return character(&integer, spec),
        Some('e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%') => {
            return float_field(integer.to_float()?, spec);
        }
        Some(kind) => return Err(unknown_kind(kind, "int")),
    };
    if spec.precision.is_some() {
        return Err(value_error(
            "Precision not allowed in integer format specifier",
        ));
    }
    let big = integer.into_big().unwrap_or_default();
    let mut digits = big.abs().to_str_radix(radix);
    if spec.kind == Some('X') {
        digits = digits.to_uppercase();
    }
    if let Some(separator) = spec.grouping {
        digits = number::group(&digits, separator, if radix == 10 { 3 } else { 4 });
    }
    let prefix = if spec.alternate { prefix } else { "" };
    let before = format!("{}{prefix}", sign(big.is_negative(), spec));
    Ok(pad(&before, &digits, spec, '>'))
}

fn character(integer: &Number, spec: &Spec) -> Outcome<String> {
    let code = match integer {
        Number::Small(code) => u32::try_from(*code).ok().and_then(char::from_u32),
        _ => None,
    };
    match code {
        Some(c) => Ok(pad("", &c.to_string(), spec, '<')),
        None => Err(super::super::super::failure::overflow_error(
            "%c arg not in range(0x110000)",
        )),
    }
}

fn float_field(value: f64, spec: &Spec) -> Outcome<String> {
    let positive = value.abs();
    let precision = spec.precision.unwrap_or(6);
    let mut digits = match spec.kind {
        None if spec.precision.is_none() => yaql::python::repr(&Plain::Float(positive)),
        None => number::float(positive, Style::Plain, precision, spec.alternate),
        Some('g' | 'G' | 'n') => number::float(positive, Style::General, precision, spec.alternate),
        Some('e' | 'E') => number::float(positive, Style::Exponent, precision, spec.alternate),
        Some('f' | 'F') => number::float(positive, Style::Fixed, precision, spec.alternate),
        Some('%') => number::float(positive * 100.0, Style::Fixed, precision, spec.alternate) + "%",
        Some(kind) => return Err(unknown_kind(kind, "float")),
    };
    if matches!(spec.kind, Some('E' | 'G' | 'F')) {
        digits = digits.to_uppercase();
    }
    if let Some(separator) = spec.grouping {
        digits = number::group(&digits, separator, 3);
    }
    Ok(pad(
        sign(value.is_sign_negative(), spec),
        &digits,
        spec,
        '>',
    ))
}

fn sign(negative: bool, spec: &Spec) -> &'static str {
    match (negative, spec.sign) {
        (true, _) => "-",
        (false, Some('+')) => "+",
        (false, Some(' ')) => " ",
        _ => "",
    }
}

fn pad(before: &str, text: &str, spec: &Spec, default: char) -> String {
    let width = before.chars().count() + text.chars().count();
    let missing = spec.width.saturating_sub(width);
    let fill = |count| std::iter::repeat_n(spec.fill.unwrap_or(' '), count).collect::<String>();
    match spec.align.unwrap_or(default) {
        '<' => format!("{before}{text}{}", fill(missing)),
        '^' => {
            let left = missing / 2;
            format!("{}{before}{text}{}", fill(left), fill(missing - left))
        }
        // In text, zeros behind a sign have no sign to stand behind.
        '=' if default == '<' => format!("{text}{}", fill(missing)),
        '=' => format!("{before}{}{text}", fill(missing)),
        _ => format!("{}{before}{text}", fill(missing)),
    }
}
