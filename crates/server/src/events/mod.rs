//! Live events: the journal as it grows, for any number of followers.
//!
//! Invariant: a [`Follower`] gets every entry that its [`Filter`] lets through exactly
//! once, in the order of its shard, whatever it missed or however slow it is. What it
//! does not take in time it reads from the journal; nobody ever waits for it.

mod cursor;
mod event;
mod feed;
mod filter;
mod follower;
mod tail;

pub(crate) use cursor::Cursor;
pub(crate) use event::{Event, precise};
pub use feed::Feed;
pub(crate) use feed::{Farewell, News};
pub(crate) use filter::{Branch, Filter, Kinds, Scope};
pub(crate) use follower::{Batch, Follower, Journal};
pub(crate) use tail::{Interest, Tail};
