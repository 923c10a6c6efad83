//! Keys of requests that may be repeated.

use engine::model::Timestamp;
use store::{KeptAnswer, KeyedRequest, Reservation};

use crate::Database;

pub(crate) fn a_key_is_for_one_request(database: &dyn Database) {
    let at = Timestamp::from_micros;
    let request = |body: u8, claim| KeyedRequest {
        project_id: "p1".into(),
        key: "k".into(),
        fingerprint: [body; 32],
        claim,
    };
    let reserve = |now, request: KeyedRequest| database.reserve(at(now), at(now - 100), request);
    let first = request(1, 7);
    assert_eq!(
        reserve(1_000, first.clone()).unwrap(),
        Reservation::First(at(1_000))
    );
    assert_eq!(reserve(1_001, first.clone()).unwrap(), Reservation::AtWork);
    assert_eq!(reserve(1_002, request(2, 7)).unwrap(), Reservation::Taken);
    let again = reserve(1_003, request(1, 8)).unwrap();
    assert_eq!(again, Reservation::Interrupted(at(1_000)));
    let answer = KeptAnswer {
        status: 201,
        content_type: "application/json".into(),
        body: "{}".into(),
    };
    database.keep_answer(first, Some(answer.clone())).unwrap();
    assert_eq!(
        reserve(1_004, request(1, 9)).unwrap(),
        Reservation::Answered(answer)
    );
    let other = KeyedRequest {
        project_id: "p2".into(),
        ..request(2, 7)
    };
    assert_eq!(
        reserve(1_005, other.clone()).unwrap(),
        Reservation::First(at(1_005))
    );
    database.keep_answer(other.clone(), None).unwrap();
    assert_eq!(
        reserve(1_006, other).unwrap(),
        Reservation::First(at(1_006))
    );
    assert_eq!(
        reserve(1_101, request(2, 7)).unwrap(),
        Reservation::First(at(1_101))
    );
}
