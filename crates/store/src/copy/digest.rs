//! What a table holds, in a few bytes.

use std::fmt;

use crate::StoreError;
use crate::sql::{Cell, Value};

/// The rows of a table: their number, and the sum of their hashes, which does not
/// depend on their order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Digest {
    /// How many.
    pub rows: u64,
    sum: [u64; 4],
}

/// Makes a [`Digest`], column by column and row by row.
#[derive(Default)]
pub(crate) struct Digester {
    digest: Digest,
    row: blake3::Hasher,
}

impl Digester {
    /// The next column of a row that was read from PostgreSQL.
    pub(crate) fn cell(&mut self, cell: &Cell<'_>) -> Result<(), StoreError> {
        match *cell {
            Cell::Null => self.null(),
            Cell::Integer(number) => self.integer(number),
            Cell::Text(bytes) => self.bytes(b't', bytes),
            Cell::Blob(bytes) => self.bytes(b'b', bytes),
            Cell::Other => return Err(StoreError::Damaged("a column of an odd type".into())),
        }
        Ok(())
    }

    /// The next column of a row that goes to PostgreSQL.
    pub(crate) fn value(&mut self, value: &Value) {
        match value {
            Value::Null => self.null(),
            Value::Integer(number) => self.integer(*number),
            Value::Text(text) => self.bytes(b't', text.as_bytes()),
            Value::Blob(bytes) => self.bytes(b'b', bytes),
            Value::Hash(hash) => {
                let text = format!("#{}", blake3::Hash::from(*hash).to_hex());
                self.bytes(b't', text.as_bytes());
            }
        }
    }

    /// The row has no more columns.
    pub(crate) fn end_row(&mut self) {
        let hash = self.row.finalize();
        self.row.reset();
        self.digest.rows += 1;
        let (parts, _) = hash.as_bytes().as_chunks::<8>();
        for (sum, part) in self.digest.sum.iter_mut().zip(parts) {
            *sum = sum.wrapping_add(u64::from_le_bytes(*part));
        }
    }

    pub(crate) fn digest(&self) -> Digest {
        self.digest
    }

    fn null(&mut self) {
        self.row.update(b"n");
    }

    fn integer(&mut self, number: i64) {
        self.row.update(b"i").update(&number.to_le_bytes());
    }

    /// With the length, so that the end of a column counts.
    fn bytes(&mut self, kind: u8, bytes: &[u8]) {
        let length = (bytes.len() as u64).to_le_bytes();
        self.row.update(&[kind]).update(&length).update(bytes);
    }
}

/// A quarter of the checksum, for people.
impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{:016x}", self.sum[0]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(rows: &[&[Value]]) -> Digest {
        let mut digester = Digester::default();
        for row in rows {
            row.iter().for_each(|value| digester.value(value));
            digester.end_row();
        }
        digester.digest()
    }

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[test]
    fn the_order_of_rows_does_not_count_but_all_else_does() {
        let (a, b) = ([text("a"), Value::Null], [text("b"), Value::Integer(1)]);
        let both = digest(&[&a, &b]);
        assert_eq!(both, digest(&[&b, &a]));
        assert_ne!(both, digest(&[&a, &a]));
        assert_ne!(both, digest(&[&a]));
        assert_ne!(digest(&[&a, &a]), digest(&[&b, &b]));
        assert_ne!(
            digest(&[&[text("ab"), text("c")]]),
            digest(&[&[text("a"), text("bc")]])
        );
        assert_ne!(
            digest(&[&[Value::Blob(b"a".into())]]),
            digest(&[&[text("a")]])
        );
        assert_eq!(digest(&[]), Digest::default());
    }

    #[test]
    fn both_sides_are_written_alike() {
        let hash = [0xab; 32];
        let there = digest(&[&[
            text("é"),
            Value::Integer(-1),
            Value::Hash(hash),
            Value::Null,
        ]]);
        let mut here = Digester::default();
        let hex = format!("#{}", "ab".repeat(32));
        for cell in [
            Cell::Text("é".as_bytes()),
            Cell::Integer(-1),
            Cell::Text(hex.as_bytes()),
            Cell::Null,
        ] {
            here.cell(&cell).unwrap();
        }
        here.end_row();
        assert_eq!(there, here.digest());
        assert_eq!(there.to_string().len(), 16);
        assert!(Digester::default().cell(&Cell::Other).is_err());
    }
}
