//! Decides whether a redirect is followed, and to which URL. Pure.

use reqwest::header::{HeaderMap, LOCATION};
use reqwest::{Method, StatusCode};
use url::Url;

/// The maximum number of redirects that are followed for one request.
pub(crate) const MOST: usize = 5;

/// The request that a redirect asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Next {
    pub(crate) method: Method,
    pub(crate) url: Url,
    /// Whether the body is sent again.
    pub(crate) keeps_body: bool,
}

/// The request to send after this response; `None` if it is not a redirect to follow. Only a request with a safe method
/// to the same origin is followed, so that no effect is repeated and no credential leaves its server.
pub(crate) fn next(method: &Method, from: &Url, status: StatusCode, headers: &HeaderMap) -> Option<Next> {
    if !(method.is_safe() || method.as_str() == "QUERY") {
        return None;
    }
    if !matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = std::str::from_utf8(headers.get(LOCATION)?.as_bytes()).ok()?;
    let url = from.join(location).ok()?;
    let is_elsewhere =
        url.origin() != from.origin() || !url.username().is_empty() || url.password().is_some();
    if is_elsewhere {
        return None;
    }
    let sees_other = status == StatusCode::SEE_OTHER && method != Method::HEAD;
    let method = if sees_other { Method::GET } else { method.clone() };
    Some(Next { method, url, keeps_body: !sees_other })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(method: &str, status: u16, location: &str, expected: Option<(&str, &str)>) {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let from = Url::parse("https://api.example.com/v1/things?page=1").expect("a URL");
        let status = StatusCode::from_u16(status).expect("a status");
        let headers = HeaderMap::from_iter([(LOCATION, location.parse().expect("a header"))]);
        let next = next(&method, &from, status, &headers);
        let found = next.as_ref().map(|next| (next.method.as_str(), next.url.as_str()));
        assert_eq!(found, expected, "{method} {status} {location}");
    }

    #[test]
    fn only_what_changes_nothing_is_sent_on_and_only_to_the_same_server() {
        let there = "https://api.example.com/v2/things";
        for status in [301, 302, 307, 308] {
            check("GET", status, "/v2/things", Some(("GET", there)));
            check("HEAD", status, "../v2/things", Some(("HEAD", there)));
            check("QUERY", status, there, Some(("QUERY", there)));
            check("POST", status, there, None);
            check("DELETE", status, there, None);
        }
        check("GET", 303, there, Some(("GET", there)));
        check("HEAD", 303, there, Some(("HEAD", there)));
        check("QUERY", 303, there, Some(("GET", there)));
        check("POST", 303, there, None);
        for status in [200, 201, 300, 304, 305, 306] {
            check("GET", status, there, None);
        }
        for elsewhere in [
            "http://api.example.com/v2/things",
            "https://api.example.com:8443/",
            "https://example.com/",
            "//evil.example/",
            "https://me:secret@api.example.com/",
            "http://127.0.0.1/",
            "http://169.254.169.254/latest/meta-data/",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "https://[::bad",
        ] {
            check("GET", 302, elsewhere, None);
        }
        check("GET", 302, "//api.example.com:443/v2/things", Some(("GET", there)));
    }
}
