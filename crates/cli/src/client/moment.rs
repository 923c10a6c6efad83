//! Times of the API: `2026-11-21 12:00:00` in UTC, or RFC 3339 in own additions.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Reads either form.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    text.parse().ok().or_else(|| {
        let civil: DateTime = text.parse().ok()?;
        civil
            .to_zoned(TimeZone::UTC)
            .ok()
            .map(|zoned| zoned.timestamp())
    })
}

/// The time between two moments, never negative.
pub(crate) fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}

/// To the millisecond, for logs.
pub(crate) fn millis(text: &str) -> String {
    match parse(text) {
        Some(at) => at.strftime("%Y-%m-%d %H:%M:%S%.3f").to_string(),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms() {
        let contract = parse("2026-11-21 12:00:00").unwrap();
        let own = parse("2026-11-21T12:00:01.500000Z").unwrap();
        assert_eq!(between(contract, own), Duration::from_millis(1500));
        assert_eq!(between(own, contract), Duration::ZERO);
        assert_eq!(parse(""), None);
        assert_eq!(millis("2026-11-21 12:00:01"), "2026-11-21 12:00:01.000");
        assert_eq!(millis("soon"), "soon");
    }
}
