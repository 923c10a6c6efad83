//! Paths of requests: segments and arguments, encoded.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but the unreserved characters (RFC 3986 §2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A path below `/v2` with its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    text: String,
    has_arguments: bool,
}

impl Address {
    /// `/v2/a/b`; the segments may hold any characters.
    pub(crate) fn new(segments: &[&str]) -> Self {
        Self::from_root(&[&["v2"], segments].concat())
    }

    /// The same without `/v2`.
    pub(crate) fn from_root(segments: &[&str]) -> Self {
        let text = segments
            .iter()
            .map(|segment| format!("/{}", encode(segment)))
            .collect();
        Self {
            text,
            has_arguments: false,
        }
    }

    /// Adds an argument.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.text.push(if self.has_arguments { '&' } else { '?' });
        self.has_arguments = true;
        self.text
            .push_str(&format!("{}={}", encode(name), encode(value)));
        self
    }

    /// Adds an argument if there is one.
    pub(crate) fn with_some(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.text
    }
}

fn encode(text: &str) -> impl std::fmt::Display {
    utf8_percent_encode(text, RESERVED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_encoded() {
        let address = Address::new(&["workflows", "a/b ü?"])
            .with("namespace", "x&y")
            .with_some("scope", None)
            .with("tags", "a,b");
        let expected = "/v2/workflows/a%2Fb%20%C3%BC%3F?namespace=x%26y&tags=a%2Cb";
        assert_eq!(String::from(address), expected);
    }
}
