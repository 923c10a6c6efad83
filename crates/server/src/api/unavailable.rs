//! Parts of the contract that this version does not have: they say so.

use super::error::ApiError;

macro_rules! missing {
    ($($(#[$doc:meta])* $name:ident: $what:literal;)*) => {
        $($(#[$doc])*
        pub(crate) async fn $name() -> ApiError {
            ApiError::not_implemented(concat!($what, " are not available in this version."))
        })*
    };
}

missing! {
    /// `/v2/event_triggers`
    event_triggers: "Event triggers";
}
