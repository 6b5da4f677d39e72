//! Origins of URLs: scheme, host and port, in one spelling for each server.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use url::Url;

/// The scheme, host and port of an `http` or `https` URL.
///
/// The spelling is normalized: lower case, names in ASCII form, no trailing dot, addresses in canonical form, and no
/// port if it is the default of the scheme.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerOrigin(String);

/// A text that is not an origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an origin, which is written like `https://api.example.com` or `http://localhost:8080`")]
pub struct NotAnOrigin(String);

impl ServerOrigin {
    /// The origin of a URL; `None` if its scheme is neither `http` nor `https`.
    pub fn of(url: &Url) -> Option<Self> {
        let host = url.host_str().filter(|_| matches!(url.scheme(), "http" | "https"))?;
        // A name with a trailing dot is the same name, fully qualified.
        let host = host.strip_suffix('.').unwrap_or(host);
        // The URL has a port only if it is not the default.
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        (!host.is_empty()).then(|| Self(format!("{}://{host}{port}", url.scheme())))
    }

    /// The origin as a text: `https://api.example.com`, `http://127.0.0.1:8080`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ServerOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for ServerOrigin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl FromStr for ServerOrigin {
    type Err = NotAnOrigin;

    /// Parses an origin. A text with a path, a query or a user is not an origin, and is rejected.
    fn from_str(text: &str) -> Result<Self, NotAnOrigin> {
        let wrong = || NotAnOrigin(text.to_owned());
        let url: Url = text.parse().map_err(|_| wrong())?;
        let is_bare = url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none()
            // A wildcard would seem to cover several servers.
            && !url.host_str().is_some_and(|host| host.contains('*'));
        Self::of(&url).filter(|_| is_bare).ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_server_has_one_spelling() {
        for (text, expected) in [
            ("https://api.example.com", "https://api.example.com"),
            ("HTTPS://API.Example.COM:443/", "https://api.example.com"),
            ("https://api.example.com.", "https://api.example.com"),
            ("http://api.example.com:80", "http://api.example.com"),
            ("http://api.example.com:443", "http://api.example.com:443"),
            ("https://bücher.example", "https://xn--bcher-kva.example"),
            ("https://ａｐｉ.example", "https://api.example"),
            ("http://0x7f.1:8080", "http://127.0.0.1:8080"),
            ("http://[0:0::1]:8080", "http://[::1]:8080"),
        ] {
            assert_eq!(text.parse::<ServerOrigin>().unwrap().as_str(), expected, "{text}");
        }
        // A different server, although the letters look alike.
        let cyrillic: ServerOrigin = "https://\u{430}pi.example".parse().unwrap();
        assert_eq!(cyrillic.as_str(), "https://xn--pi-6kc.example");
    }

    #[test]
    fn a_text_that_says_more_or_less_than_an_origin_is_refused() {
        for text in [
            "api.example.com",
            "https://",
            "https://.",
            "ftp://api.example.com",
            "https://api.example.com/v1",
            "https://api.example.com?a=b",
            "https://api.example.com#a",
            "https://me@api.example.com",
            "https://*.example.com",
            "",
        ] {
            assert!(text.parse::<ServerOrigin>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_origin_of_a_url_leaves_out_everything_else() {
        let url: Url = "https://me:pw@api.example.com:8443/v1?key=secret#x".parse().unwrap();
        assert_eq!(ServerOrigin::of(&url).unwrap().as_str(), "https://api.example.com:8443");
        assert_eq!(ServerOrigin::of(&"mailto:a@b.example".parse().unwrap()), None);
    }
}
