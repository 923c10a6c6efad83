//! Digits of floats in C's styles.

/// How a float is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// `1.50`
    Fixed,
    /// `1.5e+00`
    Exponent,
    /// The shorter one.
    General,
    /// As `General`, but it always looks like a float.
    Plain,
}

/// The digits of a float that is not negative; `alternate` keeps trailing zeros.
pub(super) fn float(value: f64, style: Style, precision: usize, alternate: bool) -> String {
    if !value.is_finite() {
        return if value.is_nan() { "nan" } else { "inf" }.into();
    }
    match style {
        Style::Fixed => {
            let point = if alternate && precision == 0 { "." } else { "" };
            format!("{value:.precision$}{point}")
        }
        Style::Exponent => exponent(value, precision),
        Style::General => general(value, precision.max(1), alternate),
        Style::Plain => plain(value, precision.max(1), alternate),
    }
}

fn exponent(value: f64, precision: usize) -> String {
    let text = format!("{value:.precision$e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(exponent) => ('-', exponent),
        None => ('+', exponent),
    };
    format!("{digits}e{sign}{exponent:0>2}")
}

fn plain(value: f64, precision: usize, alternate: bool) -> String {
    let text = general(value, precision, alternate);
    let scientific = exponent(value, precision - 1);
    let size = scientific
        .rsplit_once('e')
        .and_then(|(_, size)| size.parse::<usize>().ok());
    match text.contains(['.', 'e']) {
        true => text,
        // All digits are in front of the point, so none is left to show behind it.
        false if size.is_some_and(|size| size + 1 >= precision) => {
            let (digits, power) = scientific.split_once('e').unwrap_or((&scientific, "+00"));
            format!("{}e{power}", without_zeros(digits))
        }
        false => text + ".0",
    }
}

fn general(value: f64, precision: usize, alternate: bool) -> String {
    let scientific = exponent(value, precision - 1);
    let (digits, power) = scientific.split_once('e').unwrap_or((&scientific, "+00"));
    let size: i64 = power.parse().unwrap_or(0);
    let significant = i64::try_from(precision).unwrap_or(i64::MAX);
    if size < -4 || size >= significant {
        let digits = if alternate {
            digits
        } else {
            without_zeros(digits)
        };
        return format!("{digits}e{power}");
    }
    let places = usize::try_from(significant - 1 - size).unwrap_or(0);
    let text = format!("{value:.places$}");
    if alternate {
        text
    } else {
        without_zeros(&text).into()
    }
}

fn without_zeros(text: &str) -> &str {
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => text,
    }
}

/// Puts a separator between groups of digits of the whole part.
pub(super) fn group(digits: &str, separator: char, size: usize) -> String {
    let end = digits
        .find(|c: char| !c.is_ascii_hexdigit())
        .unwrap_or(digits.len());
    let (whole, rest) = digits.split_at(end);
    let mut out = String::with_capacity(digits.len() * 4 / 3 + 1);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % size == 0 {
            out.push(separator);
        }
        out.push(digit);
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles() {
        assert_eq!(float(2.71999, Style::Fixed, 2, false), "2.72");
        assert_eq!(float(12345.678, Style::Exponent, 3, false), "1.235e+04");
        assert_eq!(float(0.0001, Style::General, 6, false), "0.0001");
        assert_eq!(float(0.00001, Style::General, 6, false), "1e-05");
        assert_eq!(float(1e20, Style::General, 6, false), "1e+20");
        assert_eq!(float(100.0, Style::General, 6, false), "100");
        assert_eq!(group("1234567.25", ',', 3), "1,234,567.25");
    }
}
