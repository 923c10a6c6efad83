//! The standard actions, and the trait that every action implements.
//!
//! An action is the work of a task: `std.http` sends a request, `std.ssh` runs a
//! command. The runner looks an action up in the [`Registry`], calls
//! [`Action::run`] and reports the [`Outcome`].
//!
//! Invariants:
//! * dropping a run's future stops its work: sockets and channels are closed, and
//!   no task is left behind. Cancel and timeout are nothing more than that drop;
//! * everything a peer can send is bounded in size;
//! * passwords and keys never reach logs or `Debug` output.

mod action;
mod causes;
mod config;
mod egress;
mod email;
mod http;
mod javascript;
mod parameters;
mod registry;
mod simple;
mod ssh;
mod target;

pub use self::action::{Action, ActionContext};
pub use self::config::{Config, EmailConfig, HttpConfig, JavaScriptConfig, SshConfig};
pub use self::egress::{Cidr, EgressError, EgressPolicy, InvalidCidr};
pub use self::http::client::{
    Head, HttpClient, HttpError, HttpRequest, HttpResponse, TlsCheck, Waits,
};
pub use self::http::proxy::Proxies;
pub use self::registry::Registry;
pub use engine::pure::Outcome;

/// The definition of `std.wait_ssh`, the ad-hoc action that every installation
/// has: it succeeds as soon as a host lets its user log in.
pub const WAIT_SSH_DEFINITION: &str = include_str!("wait_ssh.yaml");
