//! `'%05d %s' % (x, y)`

use num_traits::{Signed, ToPrimitive};
use yaql::Value as Plain;

use super::super::super::failure::{
    Failure, Outcome, overflow_error, raise, type_error, value_error,
};
use super::super::number::Number;
use super::super::run::Run;
use super::super::text;
use super::super::value::Value;
use super::leading_number;
use super::number::{self, Style};

/// Formats `template` with a value, a tuple of values, or a dict.
pub(in super::super) fn percent(
    run: &mut Run<'_>,
    template: &Value,
    values: &Value,
) -> Outcome<Value> {
    let tuple = if values.is_tuple() {
        values.items()?
    } else {
        vec![values.clone()]
    };
    let mut formatter = Formatter {
        run,
        values,
        tuple,
        next: 0,
        by_name: false,
    };
    let text = formatter.format(template.as_str().unwrap_or_default())?;
    Ok(match template {
        Value::Markup(_) => Value::Markup(text.into()),
        _ => text.into(),
    })
}

struct Formatter<'r, 's> {
    run: &'r mut Run<'s>,
    values: &'r Value,
    tuple: Vec<Value>,
    next: usize,
    /// Whether a `%(name)s` was seen.
    by_name: bool,
}

/// What stands between `%` and the letter.
#[derive(Default)]
struct Flags {
    left: bool,
    plus: bool,
    blank: bool,
    zero: bool,
    alternate: bool,
    width: usize,
    precision: Option<usize>,
}

impl Formatter<'_, '_> {
    fn format(&mut self, template: &str) -> Outcome<String> {
        let mut out = String::new();
        let mut rest = template;
        while let Some(at) = rest.find('%') {
            out.push_str(&rest[..at]);
            rest = self.conversion(&rest[at + 1..], &mut out)?;
            self.run.steps(1)?;
            super::super::operators::check_length(out.len(), self.run.limit())?;
        }
        out.push_str(rest);
        self.run.reserve(out.len())?;
        let all_used = self.next >= self.tuple.len() || self.by_name || self.values.is_dict();
        match all_used || (self.values.is_list() && self.next == 0) {
            true => Ok(out),
            false => Err(type_error(
                "not all arguments converted during string formatting",
            )),
        }
    }

    fn conversion<'t>(&mut self, text: &'t str, out: &mut String) -> Outcome<&'t str> {
        if let Some(rest) = text.strip_prefix('%') {
            out.push('%');
            return Ok(rest);
        }
        let (name, rest) = split_name(text)?;
        let (flags, rest) = self.flags(rest)?;
        let mut letters = rest.trim_start_matches(['h', 'l', 'L']).chars();
        let Some(letter) = letters.next() else {
            return Err(value_error("incomplete format"));
        };
        let value = match name {
            Some(name) => self.named(name)?,
            None => self.positional()?,
        };
        value.defined()?;
        self.run
            .reserve(flags.width.saturating_add(flags.precision.unwrap_or(0)))?;
        out.push_str(&self.convert(&value, letter, &flags)?);
        Ok(letters.as_str())
    }

    fn flags<'t>(&mut self, text: &'t str) -> Outcome<(Flags, &'t str)> {
        let mut flags = Flags::default();
        let end = text.find(|c| !"-+ 0#".contains(c)).unwrap_or(text.len());
        for c in text[..end].chars() {
            match c {
                '-' => flags.left = true,
                '+' => flags.plus = true,
                ' ' => flags.blank = true,
                '0' => flags.zero = true,
                _ => flags.alternate = true,
            }
        }
        let (width, rest) = self.number(&text[end..])?;
        flags.left |= width < 0;
        flags.width = usize::try_from(width.unsigned_abs()).unwrap_or(usize::MAX);
        let Some(rest) = rest.strip_prefix('.') else {
            return Ok((flags, rest));
        };
        let (precision, rest) = self.number(rest)?;
        flags.precision = Some(usize::try_from(precision).unwrap_or(0));
        Ok((flags, rest))
    }

    /// A number, or `*` for one among the values.
    fn number<'t>(&mut self, text: &'t str) -> Outcome<(i64, &'t str)> {
        if let Some(rest) = text.strip_prefix('*') {
            return match self.positional()? {
                Value::Data(Plain::Int(number)) if number.unsigned_abs() <= 1_000_000 => {
                    Ok((number, rest))
                }
                _ => Err(type_error("* wants int")),
            };
        }
        let (number, rest) = leading_number(text)?;
        Ok((i64::try_from(number.unwrap_or(0)).unwrap_or(0), rest))
    }

    fn named(&mut self, name: &str) -> Outcome<Value> {
        self.by_name = true;
        if !self.values.is_dict() {
            return Err(type_error("format requires a mapping"));
        }
        self.values
            .entry_named(name)
            .ok_or_else(|| raise("KeyError", yaql::python::repr(&Plain::from(name))))
    }

    fn positional(&mut self) -> Outcome<Value> {
        let value = self.tuple.get(self.next).cloned();
        self.next += 1;
        value.ok_or_else(|| type_error("not enough arguments for format string"))
    }

    fn convert(&mut self, value: &Value, letter: char, flags: &Flags) -> Outcome<String> {
        let shown = match letter {
            's' => self.run.str(value)?,
            'r' | 'a' => text::repr(value, self.run.limit())?,
            'c' => character(value)?,
            'd' | 'i' | 'u' | 'x' | 'X' | 'o' => return integer(value, letter, flags),
            'e' | 'E' | 'f' | 'F' | 'g' | 'G' => return float(value, letter, flags),
            other => {
                let code = u32::from(other);
                let message = format!("unsupported format character '{other}' (0x{code:x})");
                return Err(value_error(message));
            }
        };
        let shown = match flags.precision {
            Some(precision) => shown.chars().take(precision).collect(),
            None => shown,
        };
        Ok(pad("", &shown, flags, false))
    }
}

fn split_name(text: &str) -> Outcome<(Option<&str>, &str)> {
    let Some(inner) = text.strip_prefix('(') else {
        return Ok((None, text));
    };
    match inner.split_once(')') {
        Some((name, rest)) => Ok((Some(name), rest)),
        None => Err(value_error("incomplete format key")),
    }
}

fn number_of(value: &Value) -> Option<Number> {
    match value {
        Value::Data(data) => Number::of(data),
        _ => None,
    }
}

fn wanted(letter: char, what: &str, value: &Value) -> Failure {
    let found = value.type_name();
    type_error(format!("%{letter} format: {what} is required, not {found}"))
}

fn character(value: &Value) -> Outcome<String> {
    let code = match number_of(value) {
        Some(Number::Small(code)) => u32::try_from(code).ok().and_then(char::from_u32),
        Some(Number::Big(_)) => None,
        _ => {
            return match value.as_str() {
                Some(text) if text.chars().count() == 1 => Ok(text.into()),
                _ => Err(type_error("%c requires int or char")),
            };
        }
    };
    code.map(String::from)
        .ok_or_else(|| overflow_error("%c arg not in range(0x110000)"))
}

fn integer(value: &Value, letter: char, flags: &Flags) -> Outcome<String> {
    let truncates = matches!(letter, 'd' | 'i' | 'u');
    let big = match number_of(value) {
        Some(Number::Float(f)) if truncates && f.is_finite() => {
            num_traits::FromPrimitive::from_f64(f.trunc())
        }
        Some(number) => number.into_big(),
        None => None,
    };
    let big: num_bigint::BigInt = match big {
        Some(big) => big,
        None if truncates => return Err(wanted(letter, "a real number", value)),
        None => return Err(wanted(letter, "an integer", value)),
    };
    let (radix, prefix) = match letter {
        'x' => (16, "0x"),
        'X' => (16, "0X"),
        'o' => (8, "0o"),
        _ => (10, ""),
    };
    let digits = big.abs().to_str_radix(radix);
    let digits = if letter == 'X' {
        digits.to_uppercase()
    } else {
        digits
    };
    let digits = format!("{digits:0>width$}", width = flags.precision.unwrap_or(0));
    let prefix = if flags.alternate { prefix } else { "" };
    let before = format!("{}{prefix}", sign(big.is_negative(), flags));
    Ok(pad(&before, &digits, flags, true))
}

fn float(value: &Value, letter: char, flags: &Flags) -> Outcome<String> {
    let Some(number) = number_of(value) else {
        return Err(type_error(format!(
            "must be real number, not {}",
            value.type_name()
        )));
    };
    let float = match number {
        Number::Big(big) => big.to_f64().unwrap_or(f64::NAN),
        number => number.to_float()?,
    };
    let style = match letter.to_ascii_lowercase() {
        'e' => Style::Exponent,
        'f' => Style::Fixed,
        _ => Style::General,
    };
    let digits = number::float(
        float.abs(),
        style,
        flags.precision.unwrap_or(6),
        flags.alternate,
    );
    let digits = if letter.is_ascii_uppercase() {
        digits.to_uppercase()
    } else {
        digits
    };
    Ok(pad(
        sign(float.is_sign_negative(), flags),
        &digits,
        flags,
        float.is_finite(),
    ))
}

fn sign(negative: bool, flags: &Flags) -> &'static str {
    match negative {
        true => "-",
        false if flags.plus => "+",
        false if flags.blank => " ",
        false => "",
    }
}

fn pad(before: &str, text: &str, flags: &Flags, zeros: bool) -> String {
    let width = before.chars().count() + text.chars().count();
    let missing = flags.width.saturating_sub(width);
    let fill = |c| std::iter::repeat_n(c, missing).collect::<String>();
    if flags.left {
        format!("{before}{text}{}", fill(' '))
    } else if flags.zero && zeros {
        format!("{before}{}{text}", fill('0'))
    } else {
        format!("{}{before}{text}", fill(' '))
    }
}
