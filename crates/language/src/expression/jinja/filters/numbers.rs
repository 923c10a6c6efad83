//! Filters for numbers.

use num_bigint::BigInt;
use num_traits::FromPrimitive;
use yaql::Value as Plain;

use super::super::super::failure::{Outcome, raise, type_error};
use super::super::arguments::Arguments;
use super::super::ast::Operator;
use super::super::number::{self, Number};
use super::super::operators;
use super::super::run::Run;
use super::super::text;
use super::super::value::Value;
use super::attributes::{Path, flag, given};

fn number_of(value: &Value) -> Option<Number> {
    match value {
        Value::Data(data) => Number::of(data),
        _ => None,
    }
}

/// `abs`
pub(super) fn abs(_: &mut Run<'_>, value: &Value, arguments: Arguments) -> Outcome<Value> {
    arguments.none("abs")?;
    value.defined()?;
    match number_of(value) {
        Some(Number::Float(f)) => Ok(f.abs().into()),
        Some(Number::Small(i)) if i >= 0 => Ok(i.into()),
        Some(Number::Big(b)) if b.sign() != num_bigint::Sign::Minus => Ok(b.into()),
        Some(_) => operators::negative(value),
        None => {
            let name = value.type_name();
            Err(type_error(format!("bad operand type for abs(): '{name}'")))
        }
    }
}

/// `int(default, base)`: the default for whatever is no number.
pub(super) fn int(_: &mut Run<'_>, value: &Value, arguments: Arguments) -> Outcome<Value> {
    let [default, base] = arguments.bind("int", ["default", "base"], 0)?;
    value.defined()?;
    let base = match base {
        Some(Value::Data(Plain::Int(base))) => u32::try_from(base).unwrap_or(10),
        _ => 10,
    };
    let result = match value.as_str() {
        Some(text) => parse_integer(text, base).or_else(|| truncate(parse_float(text)?)),
        None => match number_of(value) {
            Some(Number::Float(f)) => truncate(f),
            Some(integer) => integer.into_big(),
            None => None,
        },
    };
    Ok(result
        .map(Value::from)
        .or(default)
        .unwrap_or_else(|| Value::from(0)))
}

fn truncate(value: f64) -> Option<BigInt> {
    BigInt::from_f64(value.trunc()).filter(|_| value.is_finite())
}

/// Python's `int(text, base)`; base 0 goes by the prefix.
fn parse_integer(text: &str, base: u32) -> Option<BigInt> {
    let text = text.trim();
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let negative = text.starts_with('-');
    let prefixed = [("0x", 16), ("0o", 8), ("0b", 2)]
        .into_iter()
        .find_map(|(prefix, radix)| {
            let matches =
                digits.get(..2)?.eq_ignore_ascii_case(prefix) && (base == radix || base == 0);
            matches.then(|| (&digits[2..], radix))
        });
    let (digits, radix) = prefixed.unwrap_or((digits, if base == 0 { 10 } else { base }));
    let sound = !digits.starts_with('_') && !digits.ends_with('_') && !digits.contains("__");
    if !sound
        || digits.len() > 40_000
        || !(2..=36).contains(&radix)
        || digits.starts_with(['+', '-'])
    {
        return None;
    }
    let big = BigInt::parse_bytes(digits.replace('_', "").as_bytes(), radix)?;
    Some(if negative { -big } else { big })
}

/// Python's `float(text)`.
fn parse_float(text: &str) -> Option<f64> {
    let text = text.trim();
    let sound = !text.starts_with('_') && !text.ends_with('_') && !text.contains("__");
    sound.then(|| text.replace('_', "").parse().ok()).flatten()
}

/// `float(default)`
pub(super) fn float(_: &mut Run<'_>, value: &Value, arguments: Arguments) -> Outcome<Value> {
    let [default] = arguments.bind("float", ["default"], 0)?;
    value.defined()?;
    let result = match value.as_str() {
        Some(text) => parse_float(text),
        None => number_of(value).and_then(|number| number.to_float().ok()),
    };
    Ok(result
        .map(Value::from)
        .or(default)
        .unwrap_or_else(|| Value::from(0.0)))
}

/// `round(precision, method)`: an integer stays one for the common method.
pub(super) fn round(_: &mut Run<'_>, value: &Value, arguments: Arguments) -> Outcome<Value> {
    let [precision, method] = arguments.bind("round", ["precision", "method"], 0)?;
    value.defined()?;
    let precision = match precision {
        Some(Value::Data(Plain::Int(i))) => i32::try_from(i.clamp(-400, 400)).unwrap_or(0),
        _ => 0,
    };
    let method = method.as_ref().and_then(Value::as_str).unwrap_or("common");
    let Some(number) = number_of(value) else {
        let name = value.type_name();
        return Err(type_error(format!(
            "type {name} doesn't define __round__ method"
        )));
    };
    let scale = 10f64.powi(precision);
    match (method, number) {
        ("common", Number::Float(f)) => Ok(number::round(f, precision).into()),
        ("common", integer) => {
            let integer = integer.into_big().unwrap_or_default();
            Ok(match precision.is_negative() {
                true => number::round_integer(&integer, precision.unsigned_abs()).into(),
                false => integer.into(),
            })
        }
        ("ceil" | "floor", number) if precision >= 0 && !matches!(number, Number::Float(_)) => {
            number.to_float().map(Value::from)
        }
        ("ceil", number) => Ok(((number.to_float()? * scale).ceil() / scale).into()),
        ("floor", number) => Ok(((number.to_float()? * scale).floor() / scale).into()),
        _ => Err(raise(
            "FilterArgumentError",
            "method must be common, ceil or floor",
        )),
    }
}

/// `sum(attribute, start)`
pub(super) fn sum(run: &mut Run<'_>, value: &Value, arguments: Arguments) -> Outcome<Value> {
    let [attribute, start] = arguments.bind("sum", ["attribute", "start"], 0)?;
    let path = given(attribute)
        .map(|attribute| Path::new(&attribute))
        .transpose()?;
    let mut total = start.unwrap_or_else(|| Value::from(0));
    if total.as_str().is_some() {
        return Err(type_error(
            "sum() can't sum strings [use ''.join(seq) instead]",
        ));
    }
    let items = value.each()?;
    run.steps(items.len())?;
    let mut add = |item: Value| -> Outcome<()> {
        total = operators::binary(run, Operator::Add, &total, &item)?;
        Ok(())
    };
    match &path {
        Some(path) => path.each(items, None).try_for_each(|item| add(item?))?,
        None => items.into_iter().try_for_each(add)?,
    }
    Ok(total)
}

/// `filesizeformat(binary)`
pub(super) fn file_size(run: &mut Run<'_>, value: &Value, arguments: Arguments) -> Outcome<Value> {
    let [binary] = arguments.bind("filesizeformat", ["binary"], 0)?;
    let binary = flag(binary, false)?;
    let (base, prefixes) = match binary {
        true => (
            1024.0,
            ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"],
        ),
        false => (1000.0, ["kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"]),
    };
    value.defined()?;
    let bytes = match (number_of(value), value.as_str().and_then(parse_float)) {
        (Some(number), _) => number.to_float()?,
        (None, Some(number)) => number,
        (None, None) if value.as_str().is_some() => {
            let shown = text::repr(value, run.limit())?;
            let message = format!("could not convert string to float: {shown}");
            return Err(raise("ValueError", message));
        }
        (None, None) => {
            let name = value.type_name();
            return Err(type_error(format!(
                "float() argument must be a string or a real number, not '{name}'"
            )));
        }
    };
    if bytes == 1.0 {
        return Ok("1 Byte".into());
    }
    if bytes < base {
        return Ok(format!("{:.0} Bytes", bytes.trunc()).into());
    }
    let mut unit = base;
    for prefix in &prefixes[..prefixes.len() - 1] {
        unit *= base;
        if bytes < unit {
            return Ok(format!("{:.1} {prefix}", base * bytes / unit).into());
        }
    }
    Ok(format!("{:.1} {}", bytes / unit, prefixes[prefixes.len() - 1]).into())
}
