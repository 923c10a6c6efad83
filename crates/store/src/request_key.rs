//! Requests that callers may repeat: their keys, and what was answered.

use std::sync::Arc;

use engine::model::Timestamp;

/// A request with a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyedRequest {
    /// Whose key it is.
    pub project_id: Arc<str>,
    /// The key.
    pub key: Arc<str>,
    /// Tells the request from others.
    pub fingerprint: [u8; 32],
    /// The incarnation of the server that has it.
    pub claim: i64,
}

/// What was answered to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The media type of the body; empty without one.
    pub content_type: Arc<str>,
    /// The body.
    pub body: Arc<str>,
}

/// What is known of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reservation {
    /// Nothing: from now on the request has it.
    First(Timestamp),
    /// An earlier incarnation of the server began the request at that time and did
    /// not get to an answer: this one has it now.
    Interrupted(Timestamp),
    /// The request is at work.
    AtWork,
    /// The request was answered.
    Answered(KeptAnswer),
    /// The key is that of another request.
    Taken,
}
