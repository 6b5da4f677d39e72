//! Reads the proxies from the usual environment variables.
#![expect(clippy::disallowed_methods, reason = "this is the seam that the others go through")]

use naftiko_adapter_http::Proxies;
use url::Url;

/// The proxies of this process.
///
/// # Errors
/// Names the first variable that is not a URL. The value may hold a password and is not shown.
pub(crate) fn proxies() -> Result<Proxies, String> {
    of(&|variable| std::env::var(variable).ok().filter(|value| !value.trim().is_empty()))
}

/// Reads the proxies from the variables that `get` returns.
fn of(get: &dyn Fn(&str) -> Option<String>) -> Result<Proxies, String> {
    let first = |names: &[&'static str]| names.iter().find_map(|name| Some((*name, get(name)?)));
    // In a CGI program, `HTTP_PROXY` holds the request header `Proxy`, which a client controls.
    let http: &[&str] =
        if get("REQUEST_METHOD").is_some() { &["http_proxy"] } else { &["http_proxy", "HTTP_PROXY"] };
    let all = || first(&["all_proxy", "ALL_PROXY"]);
    let url = |found: Option<(&str, String)>| found.map(|(name, value)| read(name, value.trim())).transpose();
    Ok(Proxies {
        http: url(first(http).or_else(all))?,
        https: url(first(&["https_proxy", "HTTPS_PROXY"]).or_else(all))?,
        none_for: first(&["no_proxy", "NO_PROXY"]).map(|(_, value)| value).unwrap_or_default(),
    })
}

fn read(variable: &str, value: &str) -> Result<Url, String> {
    let text = if value.contains("://") { value.to_owned() } else { format!("http://{value}") };
    match Url::parse(&text) {
        Ok(url) if url.has_host() => Ok(url),
        _ => Err(format!("the environment variable `{variable}` must be the URL of a proxy")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_from(variables: &[(&str, &str)]) -> Result<[Option<String>; 3], String> {
        let get = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        let text = |url: Option<Url>| url.map(String::from);
        of(&get).map(|found| [text(found.http), text(found.https), Some(found.none_for)])
    }

    #[test]
    fn proxies_are_read_as_most_programs_read_them() {
        let check = |variables: &[(&str, &str)], http: Option<&str>, https: Option<&str>, none_for: &str| {
            let expected = [http, https, Some(none_for)].map(|text| text.map(str::to_owned));
            assert_eq!(read_from(variables), Ok(expected), "{variables:?}");
        };
        check(&[], None, None, "");
        check(&[("HTTP_PROXY", "proxy:3128")], Some("http://proxy:3128/"), None, "");
        check(&[("HTTP_PROXY", "a"), ("http_proxy", "b")], Some("http://b/"), None, "");
        check(&[("HTTP_PROXY", "a"), ("REQUEST_METHOD", "GET")], None, None, "");
        check(&[("HTTPS_PROXY", "https://u:p@proxy")], None, Some("https://u:p@proxy/"), "");
        check(&[("all_proxy", "a"), ("https_proxy", "b")], Some("http://a/"), Some("http://b/"), "");
        check(&[("NO_PROXY", ".internal,10.0.0.0/8")], None, None, ".internal,10.0.0.0/8");
        let error = read_from(&[("https_proxy", "http://u:hunter2@[broken")]).unwrap_err();
        assert!(error.contains("`https_proxy`") && !error.contains("hunter2"), "{error}");
    }
}
