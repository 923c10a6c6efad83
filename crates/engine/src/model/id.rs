//! Identifiers: 16 bytes, ordered by time when made here, shown as UUIDs.

use std::fmt;
use std::str::FromStr;

/// A UUID. Ids made by [`IdSource`] are version 7: they sort by creation time.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id([u8; 16]);

/// The text is not a UUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a UUID")]
pub struct ParseIdError;

impl Id {
    /// From its bytes, as the store keeps them.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        let mut text = [b'-'; 36];
        let mut at = 0;
        for (i, byte) in self.0.iter().enumerate() {
            if matches!(i, 4 | 6 | 8 | 10) {
                at += 1;
            }
            text[at] = HEX[usize::from(byte >> 4)];
            text[at + 1] = HEX[usize::from(byte & 15)];
            at += 2;
        }
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Id {
    type Err = ParseIdError;

    /// Reads a UUID with or without dashes, in either case.
    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let dashed = text.len() == 36
            && [8, 13, 18, 23]
                .iter()
                .all(|&at| text.as_bytes()[at] == b'-');
        if !dashed && text.len() != 32 {
            return Err(ParseIdError);
        }
        let mut digits = text.bytes().filter(|&b| b != b'-');
        let mut bytes = [0; 16];
        for byte in &mut bytes {
            let mut nibble = || {
                let digit = char::from(digits.next()?).to_digit(16)?;
                u8::try_from(digit).ok()
            };
            *byte = nibble().ok_or(ParseIdError)? << 4 | nibble().ok_or(ParseIdError)?;
        }
        if digits.next().is_some() {
            return Err(ParseIdError);
        }
        Ok(Self(bytes))
    }
}

macro_rules! typed_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub Id);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                text.parse().map(Self)
            }
        }
    };
}

typed_id! {
    /// Identifies a workflow execution.
    ExecutionId
}
typed_id! {
    /// Identifies a task execution.
    TaskId
}
typed_id! {
    /// Identifies an action execution.
    ActionId
}

/// Makes ids and random numbers from a seed: the same seed, the same sequence.
#[derive(Clone, Debug)]
pub struct IdSource {
    millis: u64,
    sequence: u64,
    random: u64,
}

impl IdSource {
    /// A source whose ids carry `now` and continue at `sequence`, so that ids of
    /// one millisecond stay in order; `seed` feeds their random part.
    pub fn new(now: super::Timestamp, sequence: u64, seed: u64) -> Self {
        Self {
            millis: u64::try_from(now.micros() / 1000).unwrap_or(0),
            sequence,
            random: seed,
        }
    }

    /// The next id.
    pub fn next_id(&mut self) -> Id {
        let sequence = self.sequence;
        self.sequence += 1;
        let (high, low) = (self.next_random(), self.next_random());
        let mut bytes = [0; 16];
        bytes[..6].copy_from_slice(&self.millis.to_be_bytes()[2..]);
        // 12 + 14 bits of sequence keep ids of one millisecond in creation order.
        bytes[6] = 0x70 | (sequence >> 22 & 0x0f) as u8;
        bytes[7] = (sequence >> 14) as u8;
        bytes[8] = 0x80 | (sequence >> 8 & 0x3f) as u8;
        bytes[9] = sequence as u8;
        bytes[10..14].copy_from_slice(&high.to_be_bytes()[..4]);
        bytes[14..].copy_from_slice(&low.to_be_bytes()[..2]);
        Id(bytes)
    }

    /// How far the sequence has come; the next source goes on from here.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// A random number (splitmix64).
    pub fn next_random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    #[test]
    fn text_round_trip() {
        let text = "0192f3a4-0001-7abc-8def-0123456789ab";
        let id: Id = text.parse().unwrap();
        assert_eq!(id.to_string(), text);
        assert_eq!(text.replace('-', "").to_uppercase().parse(), Ok(id));
        for bad in [
            "",
            "x",
            "0192f3a4-0001-7abc-8def-0123456789a",
            "0192f3a400017abc8def0123456789zz",
            "é192f3a4-0001-7abc-8def-0123456789",
        ] {
            assert_eq!(bad.parse::<Id>(), Err(ParseIdError), "{bad}");
        }
    }

    #[test]
    fn ids_sort_by_creation() {
        let mut source = IdSource::new(Timestamp::from_micros(1_700_000_000_000_000), 16_380, 7);
        let ids: Vec<_> = (0..20).map(|_| source.next_id()).collect();
        assert!(ids.is_sorted());
    }
}
