//! Between parameters, columns and the wire.

use std::error::Error;

use tokio_postgres::Row;
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use crate::StoreError;
use crate::sql::{Cell, Param, Parameter, Value};

/// A column of a row.
pub(crate) fn cell(row: &Row, index: usize) -> Result<Cell<'_>, StoreError> {
    let Some(Raw(kind, bytes)) = row.try_get::<_, Option<Raw<'_>>>(index)? else {
        return Ok(Cell::Null);
    };
    Ok(match kind {
        Type::BYTEA | Type::UUID => Cell::Blob(bytes),
        Type::TEXT | Type::VARCHAR | Type::NAME => Cell::Text(bytes),
        Type::INT2 | Type::INT4 | Type::INT8 => Cell::Integer(integer(bytes)),
        Type::BOOL => Cell::Integer(i64::from(bytes == [1])),
        _ => Cell::Other,
    })
}

/// Two, four or eight bytes, with their sign.
fn integer(bytes: &[u8]) -> i64 {
    let first = bytes.first().copied().unwrap_or(0);
    let sign = if first >= 0x80 { -1 } else { 0 };
    bytes
        .iter()
        .fold(sign, |number, byte| number << 8 | i64::from(*byte))
}

/// A column as it came.
struct Raw<'r>(Type, &'r [u8]);

impl<'r> FromSql<'r> for Raw<'r> {
    fn from_sql(kind: &Type, raw: &'r [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(kind.clone(), raw))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// PostgreSQL's texts have no NUL; what people read is not worth an error.
fn without_nul(text: &str) -> std::borrow::Cow<'_, str> {
    match text.contains('\0') {
        true => text.replace('\0', "\u{fffd}").into(),
        false => text.into(),
    }
}

impl ToSql for Value {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match (self.param(), kind) {
            (Param::Null, _) => return Ok(IsNull::Yes),
            (Param::Integer(number), &Type::INT2) => {
                out.extend_from_slice(&i16::try_from(number)?.to_be_bytes());
            }
            (Param::Integer(number), &Type::INT4) => {
                out.extend_from_slice(&i32::try_from(number)?.to_be_bytes());
            }
            (Param::Integer(number), &Type::INT8) => out.extend_from_slice(&number.to_be_bytes()),
            (Param::Integer(number), &Type::BOOL) => {
                out.extend_from_slice(&[u8::from(number != 0)]);
            }
            (Param::Text(text), &Type::TEXT | &Type::VARCHAR | &Type::NAME) => {
                out.extend_from_slice(without_nul(text).as_bytes());
            }
            (Param::Blob(bytes), &Type::BYTEA) => out.extend_from_slice(bytes),
            (Param::Blob(bytes), &Type::UUID) if bytes.len() == 16 => out.extend_from_slice(bytes),
            (Param::Hash(hash), &Type::TEXT) => {
                out.extend_from_slice(b"#");
                out.extend_from_slice(blake3::Hash::from(*hash).to_hex().as_bytes());
            }
            (param, kind) => return Err(format!("{param:?} is no {kind}").into()),
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl Value {
    /// A parameter that outlives its call.
    pub(super) fn of(param: Param<'_>) -> Self {
        match param {
            Param::Null => Self::Null,
            Param::Integer(number) => Self::Integer(number),
            Param::Text(text) => Self::Text(text.to_owned()),
            Param::Blob(bytes) => Self::Blob(bytes.to_vec()),
            Param::Hash(hash) => Self::Hash(*hash),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_keep_their_sign() {
        for number in [0, 1, -1, i64::MIN, i64::MAX] {
            assert_eq!(integer(&number.to_be_bytes()), number);
        }
        assert_eq!(integer(&(-2_i16).to_be_bytes()), -2);
        assert_eq!(integer(&300_i32.to_be_bytes()), 300);
    }

    #[test]
    fn hashes_are_marked() {
        let mut out = BytesMut::new();
        let hash = Value::Hash([0xab; 32]);
        assert!(matches!(hash.to_sql(&Type::TEXT, &mut out), Ok(IsNull::No)));
        assert_eq!(out, format!("#{}", "ab".repeat(32)));
        assert!(hash.to_sql(&Type::INT4, &mut out).is_err());
    }
}
