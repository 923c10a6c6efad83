//! Which addresses the server may listen on (design: without authentication on
//! loopback only).

use std::net::IpAddr;

/// An address that everybody could reach although nobody is asked who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "refusing to listen on {0}: without authentication everybody who can reach it may do \
     everything; listen on 127.0.0.1, or allow it with --allow-unauthenticated"
)]
pub struct OpenListener(IpAddr);

/// Refuses an address beyond loopback unless that is allowed explicitly.
///
/// # Errors
/// The address, if it is not a loopback one.
pub fn check_listen(address: IpAddr, allow: bool) -> Result<(), OpenListener> {
    match allow || address.to_canonical().is_loopback() {
        true => Ok(()),
        false => Err(OpenListener(address)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_needs_no_permission() {
        for (address, open) in [
            ("127.0.0.1", false),
            ("127.8.0.1", false),
            ("::1", false),
            ("::ffff:127.0.0.1", false),
            ("0.0.0.0", true),
            ("::", true),
            ("192.168.0.1", true),
        ] {
            let address = address.parse().unwrap();
            assert_eq!(check_listen(address, false).is_err(), open, "{address}");
            assert_eq!(check_listen(address, true), Ok(()));
        }
    }
}
