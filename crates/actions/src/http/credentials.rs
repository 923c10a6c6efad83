//! User and password: from the parameter `auth`, or from the URL itself.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use percent_encoding::percent_decode_str;
use reqwest::Url;
use yaql::{List, Value};

use crate::action::Failure;
use crate::parameters::{text, wrong};

/// The Authorization header of the parameter `auth`: text `user:password`, or a
/// list of the two.
pub(super) fn of_parameter(auth: &Value) -> Result<HeaderValue, Failure> {
    let (user, password) = match auth {
        Value::String(text) => text
            .split_once(':')
            .map(|(user, password)| (user.to_owned(), password.to_owned())),
        Value::List(list) => of_list(list)?,
        _ => None,
    }
    .ok_or_else(|| wrong("auth", "'user:password'", auth))?;
    Ok(basic(&user, &password))
}

fn of_list(list: &List) -> Result<Option<(String, String)>, Failure> {
    match &list[..] {
        [user, password] => Ok(Some((text("auth", user)?, text("auth", password)?))),
        _ => Ok(None),
    }
}

fn basic(user: &str, password: &str) -> HeaderValue {
    let encoded = STANDARD.encode(format!("{user}:{password}"));
    let mut value = HeaderValue::from_str(&format!("Basic {encoded}"))
        .expect("base64 text is always a valid header value");
    value.set_sensitive(true);
    value
}

/// Credentials that stand in a URL become a header; the URL loses them.
pub(super) fn take_from(url: &mut Url) -> Option<HeaderValue> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let plain = |text| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let (user, password) = (plain(url.username()), plain(url.password().unwrap_or("")));
    // Both fail only for URLs without a host, which the policy refuses.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    Some(basic(&user, &password))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_leave_the_url() {
        let mut url: Url = "http://us%40er:p%2Fw@a.test/x".parse().unwrap();
        let header = take_from(&mut url).unwrap();
        assert_eq!(url.as_str(), "http://a.test/x");
        assert_eq!(header.to_str().unwrap(), "Basic dXNAZXI6cC93");
    }

    #[test]
    fn a_password_may_contain_colons() {
        let header = of_parameter(&Value::from("u:a:b")).unwrap();
        assert_eq!(header.to_str().unwrap(), "Basic dTphOmI=");
        assert_eq!(format!("{header:?}"), "Sensitive");
    }

    #[test]
    fn anything_else_is_refused_unseen() {
        let refusal = of_parameter(&Value::from("secret-token")).unwrap_err();
        let shown = format!("{refusal:?}");
        assert!(shown.contains("'auth' must be 'user:password'"), "{shown}");
        assert!(!shown.contains("secret"), "{shown}");
    }
}
