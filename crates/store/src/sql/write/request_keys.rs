//! Rows of requests with a key.

use engine::model::Timestamp;

use super::Tx;
use crate::sql::fields::Micros;
use crate::sql::named_params;
use crate::sql::read::one;
use crate::{KeptAnswer, KeyedRequest, Reservation, StoreError};

/// Old rows go a few at a time, with each new one.
const EXPIRE: &str = "
DELETE FROM request_keys WHERE (project_id, name) IN (
    SELECT project_id, name FROM request_keys WHERE created_at < ?1 ORDER BY created_at LIMIT 100
)";

const EXPIRE_ONE: &str =
    "DELETE FROM request_keys WHERE project_id = ?1 AND name = ?2 AND created_at < ?3";

const FIND: &str = "
SELECT fingerprint, claim, created_at, status, content_type, body
FROM request_keys WHERE project_id = ?1 AND name = ?2";

const INSERT: &str = "
INSERT INTO request_keys (project_id, name, fingerprint, claim, created_at)
VALUES (:project_id, :name, :fingerprint, :claim, :at) ON CONFLICT DO NOTHING";

const TAKE_OVER: &str = "UPDATE request_keys SET claim = ?3 WHERE project_id = ?1 AND name = ?2";

const ANSWER: &str = "
UPDATE request_keys SET status = :status, content_type = :content_type, body = :body
WHERE project_id = :project_id AND name = :name";

const FORGET: &str = "DELETE FROM request_keys WHERE project_id = ?1 AND name = ?2";

struct Row {
    fingerprint: [u8; 32],
    claim: i64,
    created_at: Timestamp,
    answer: Option<KeptAnswer>,
}

pub(crate) fn reserve(
    tx: &mut Tx<'_>,
    at: Timestamp,
    oldest: Timestamp,
    request: &KeyedRequest,
) -> Result<Reservation, StoreError> {
    let (project, key) = (&request.project_id, &request.key);
    tx.execute(EXPIRE, (Micros(oldest),))?;
    tx.execute(EXPIRE_ONE, (project, key, Micros(oldest)))?;
    let Some(row) = find(tx, request)? else {
        let rows = tx.execute(
            INSERT,
            named_params! {
                ":project_id": project,
                ":name": key,
                ":fingerprint": request.fingerprint[..],
                ":claim": request.claim,
                ":at": Micros(at),
            },
        )?;
        return Ok(match rows {
            0 => Reservation::AtWork,
            _ => Reservation::First(at),
        });
    };
    if row.fingerprint != request.fingerprint {
        return Ok(Reservation::Taken);
    }
    if let Some(answer) = row.answer {
        return Ok(Reservation::Answered(answer));
    }
    if row.claim == request.claim {
        return Ok(Reservation::AtWork);
    }
    tx.execute(TAKE_OVER, (project, key, request.claim))?;
    Ok(Reservation::Interrupted(row.created_at))
}

/// Keeps the answer of a request, or forgets the request.
pub(crate) fn answer(
    tx: &mut Tx<'_>,
    request: &KeyedRequest,
    answer: Option<&KeptAnswer>,
) -> Result<(), StoreError> {
    let (project, key) = (&request.project_id, &request.key);
    match answer {
        None => tx.execute(FORGET, (project, key))?,
        Some(answer) => tx.execute(
            ANSWER,
            named_params! {
                ":project_id": project,
                ":name": key,
                ":status": i64::from(answer.status),
                ":content_type": answer.content_type,
                ":body": answer.body,
            },
        )?,
    };
    Ok(())
}

fn find(tx: &Tx<'_>, request: &KeyedRequest) -> Result<Option<Row>, StoreError> {
    let key = (&request.project_id, &request.key);
    one(tx.connection(), FIND, key, |fields| {
        let (fingerprint, claim) = (fields.array()?, fields.integer()?);
        let created_at = fields.time()?;
        let status = fields.optional_integer()?;
        let (content_type, body) = (fields.optional_text()?, fields.optional_text()?);
        let answer = status.map(|status| KeptAnswer {
            status: u16::try_from(status).unwrap_or(500),
            content_type: content_type.unwrap_or_default(),
            body: body.unwrap_or_default(),
        });
        Ok(Row {
            fingerprint,
            claim,
            created_at,
            answer,
        })
    })
}
