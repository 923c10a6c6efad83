//! Where a follower is: one journal number per shard that it reads.

use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use store::{SHARDS, Shard};

/// The number of the last entry seen in each shard, ordered by shard. As text it is
/// opaque: callers keep it and bring it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cursor(Vec<(Shard, u64)>);

/// The text is not a cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cursor is not one that this service gave")]
pub(crate) struct CursorError;

/// The first byte of a cursor that has a number for every shard.
const ALL: u8 = SHARDS;

/// The longest text of a cursor: all shards, ten bytes each, in base64.
const MAX_TEXT: usize = (1 + SHARDS as usize * 11) * 4 / 3 + 4;

impl Cursor {
    /// A cursor of these shards, which come in order.
    pub(crate) fn new(positions: impl IntoIterator<Item = (Shard, u64)>) -> Self {
        Self(positions.into_iter().collect())
    }

    /// The shards it knows.
    pub(crate) fn shards(&self) -> impl Iterator<Item = Shard> + '_ {
        self.0.iter().map(|(shard, _)| *shard)
    }

    /// The last number seen in a shard.
    pub(crate) fn get(&self, shard: Shard) -> Option<u64> {
        let at = self.place(shard)?;
        Some(self.0[at].1)
    }

    /// Everything up to a number is seen; never goes back.
    pub(crate) fn advance(&mut self, shard: Shard, seq: u64) {
        if let Some(at) = self.place(shard) {
            let position = &mut self.0[at].1;
            *position = seq.max(*position);
        }
    }

    /// The number of a shard is not what it seemed to be.
    pub(crate) fn set(&mut self, shard: Shard, seq: u64) {
        if let Some(at) = self.place(shard) {
            self.0[at].1 = seq;
        }
    }

    fn place(&self, shard: Shard) -> Option<usize> {
        match self.0.len() == usize::from(SHARDS) {
            true => Some(usize::from(shard.number())),
            false => self
                .0
                .binary_search_by_key(&shard, |(shard, _)| *shard)
                .ok(),
        }
    }

    /// Appends its text.
    pub(crate) fn write(&self, text: &mut String) {
        let mut bytes = Vec::with_capacity(4 * self.0.len() + 1);
        let is_full = self.0.len() == usize::from(ALL);
        bytes.push(if is_full { ALL } else { self.0.len() as u8 });
        for (shard, seq) in &self.0 {
            if !is_full {
                bytes.push(shard.number());
            }
            write_number(&mut bytes, *seq);
        }
        URL_SAFE_NO_PAD.encode_string(&bytes, text);
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut text = String::new();
        self.write(&mut text);
        f.write_str(&text)
    }
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        if text.len() > MAX_TEXT {
            return Err(CursorError);
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| CursorError)?;
        let (&count, mut rest) = bytes.split_first().ok_or(CursorError)?;
        if count > ALL {
            return Err(CursorError);
        }
        let mut positions: Vec<(Shard, u64)> = Vec::with_capacity(usize::from(count));
        for number in 0..count {
            let shard = match count {
                ALL => number,
                _ => take(&mut rest).ok_or(CursorError)?,
            };
            let shard = Shard::new(shard).ok_or(CursorError)?;
            if positions.last().is_some_and(|(last, _)| *last >= shard) {
                return Err(CursorError);
            }
            positions.push((shard, read_number(&mut rest).ok_or(CursorError)?));
        }
        match rest.is_empty() {
            true => Ok(Self(positions)),
            false => Err(CursorError),
        }
    }
}

fn take(bytes: &mut &[u8]) -> Option<u8> {
    let (first, rest) = bytes.split_first()?;
    *bytes = rest;
    Some(*first)
}

/// Seven bits a byte, the lowest first.
fn write_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn read_number(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..63).step_by(7) {
        let byte = take(bytes)?;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shard(number: u8) -> Shard {
        Shard::new(number).unwrap()
    }

    #[test]
    fn texts_come_back() {
        let all = Shard::all().map(|shard| (shard, u64::from(shard.number()) * 1_000_003));
        let some = [(shard(3), 0), (shard(63), 1 << 47)];
        for cursor in [Cursor::new([]), Cursor::new(all), Cursor::new(some)] {
            assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }
    }

    #[test]
    fn other_texts_are_refused() {
        let cut = Cursor::new([(shard(1), 5)]).to_string()[..3].to_owned();
        let long = "A".repeat(5_000);
        for text in [
            "",
            "x",
            "!!",
            "QQ",
            "AgMBAwE",
            "AQP_____________",
            &cut,
            &long,
        ] {
            assert_eq!(text.parse::<Cursor>(), Err(CursorError), "{text}");
        }
    }

    #[test]
    fn a_cursor_only_advances() {
        let mut cursor = Cursor::new([(shard(1), 5), (shard(9), 7)]);
        cursor.advance(shard(9), 6);
        cursor.advance(shard(1), 8);
        cursor.advance(shard(2), 8);
        assert_eq!(
            [1, 9].map(|number| cursor.get(shard(number))),
            [Some(8), Some(7)]
        );
        assert_eq!(cursor.get(shard(2)), None);
    }
}
