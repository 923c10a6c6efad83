//! Which proxy fetches which URL, in the words of Python's requests:
//! `{http: …, https: …, all: …, "http://host": …}`.

use reqwest::Url;
use yaql::{Dict, Value};

use super::client::HttpError;
use crate::action::Failure;
use crate::parameters::text;

/// Proxies by what they are for.
#[derive(Clone, Debug, Default)]
pub struct Proxies(Vec<(String, Proxy)>);

#[derive(Clone)]
struct Proxy(String);

impl std::fmt::Debug for Proxy {
    /// A proxy's URL may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

impl Proxies {
    pub(super) fn read(given: &Dict) -> Result<Self, Failure> {
        let entries = given.iter().filter(|(_, proxy)| !proxy.is_null());
        entries
            .map(|(key, proxy)| {
                let key = key.as_str().unwrap_or_default().to_ascii_lowercase();
                Ok((key, Proxy(text("proxies", proxy)?)))
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The proxy of a URL; the most specific entry decides.
    pub(super) fn of(&self, url: &Url) -> Result<Option<Url>, HttpError> {
        let scheme = url.scheme();
        let host = url.host_str().unwrap_or_default();
        let keys = [
            format!("{scheme}://{host}"),
            scheme.to_owned(),
            format!("all://{host}"),
            "all".to_owned(),
        ];
        let found = keys
            .iter()
            .find_map(|key| self.0.iter().find(|(name, _)| name == key));
        match found {
            Some((_, Proxy(proxy))) if !proxy.is_empty() => parse(proxy).map(Some),
            _ => Ok(None),
        }
    }
}

fn parse(proxy: &str) -> Result<Url, HttpError> {
    let with_scheme = match proxy.contains("://") {
        true => proxy.to_owned(),
        false => format!("http://{proxy}"),
    };
    let url: Option<Url> = with_scheme.parse().ok();
    url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .ok_or_else(|| HttpError::transport("a proxy must be an http or https URL"))
}

/// A null stands for no proxies, anything but a dictionary is refused.
pub(super) fn read(given: Option<&Value>) -> Result<Proxies, Failure> {
    match given.map(|value| (value, value.as_dict())) {
        None => Ok(Proxies::default()),
        Some((_, Some(dict))) => Proxies::read(dict),
        Some((other, None)) => Err(crate::parameters::wrong("proxies", "a dictionary", other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy_of(url: &str) -> Option<String> {
        let given: Dict = [
            ("http", "proxy.test:3128"),
            ("https", "https://u:p@secure.test"),
            ("http://direct.test", ""),
            ("all", "socks5://socks.test"),
        ]
        .into_iter()
        .collect();
        let proxies = Proxies::read(&given).unwrap();
        let found = proxies.of(&url.parse().unwrap());
        found.ok()?.map(|url| url.to_string())
    }

    #[test]
    fn the_most_specific_entry_decides() {
        assert_eq!(
            proxy_of("http://a.test/").as_deref(),
            Some("http://proxy.test:3128/")
        );
        assert_eq!(
            proxy_of("https://a.test/").as_deref(),
            Some("https://u:p@secure.test/")
        );
        assert_eq!(proxy_of("http://direct.test/"), None);
    }

    #[test]
    fn passwords_are_not_shown() {
        let given: Dict = [("http", "http://u:secret@proxy.test")]
            .into_iter()
            .collect();
        let shown = format!("{:?}", Proxies::read(&given).unwrap());
        assert!(!shown.contains("secret"), "{shown}");
    }
}
