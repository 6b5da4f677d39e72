//! An address that is not a URL that requests can go to.

use naftiko_diagnostics::{Applicability, Code, Diagnostic, Fix, Severity};
use naftiko_syntax::Node;
use url::Url;


pub(crate) static CODE: Code = Code {
    id: "invalid-url",
    severity: Severity::Error,
    summary: "an address is not a URL for requests",
};

/// A key whose value is a URL, with the forms of URL that it accepts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Address {
    /// The name of the key.
    pub(crate) key: &'static str,
    /// Whether the URL may have a query.
    pub(crate) takes_query: bool,
    /// Whether the URL may begin with `/`; it is then relative to the host of the base URL.
    pub(crate) takes_path: bool,
}

/// Reports an address that is not a URL, or that has a fragment or a query where none is allowed. The code
/// `literal-secret` reports a user or a password in the address.
pub(crate) fn find(address: Address, node: &Node) -> Option<Diagnostic> {
    let text = node.as_str()?;
    let key = address.key;
    let url = if address.takes_path { read_below(text) } else { None };
    if let Some(url) = url.or_else(|| read(text)) {
        let part = if url.fragment().is_some() {
            "a fragment (`#…`)"
        } else if url.query().is_some() && !address.takes_query {
            "a query (`?…`)"
        } else {
            return None;
        };
        let message = format!("`{key}` cannot have {part}");
        let help = if address.takes_query {
            "end it before the `#`"
        } else {
            "end it with the path: operations append their own paths"
        };
        return Some(Diagnostic::new(&CODE, node.span, message).with_help(help));
    }
    let diagnostic = Diagnostic::new(&CODE, node.span, format!("`{text}` is not a URL for requests"));
    Some(match meant(text) {
        Some(url) => diagnostic.with_help(format!("did you mean `{url}`?")).with_fix(Fix::reword(
            format!("replace it by `{url}`"),
            node.span,
            url,
            Applicability::Unsafe,
        )),
        None => diagnostic.with_help(format!("write `{key}: https://…`")),
    })
}

/// Parses a text as an `http` or `https` URL with a host. Rejects texts that the URL parser would repair silently, such
/// as `https:///host`.
pub(crate) fn read(text: &str) -> Option<Url> {
    let (scheme, rest) = text.split_once("://")?;
    let is_web = ["https", "http"].iter().any(|web| scheme.eq_ignore_ascii_case(web));
    let strange = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '\\' | '{' | '}' | '<' | '>' | '"');
    if !is_web || rest.starts_with('/') || rest.contains(strange) {
        return None;
    }
    Url::parse(text).ok().filter(Url::has_host)
}

/// The URL of an absolute path at a placeholder host; `None` if the text is not an absolute path.
fn read_below(text: &str) -> Option<Url> {
    let path = text.strip_prefix('/').filter(|rest| !rest.starts_with('/'))?;
    read(&format!("https://host.invalid/{path}"))
}

/// The URL that the author probably meant by a host without a scheme, or by a scheme with wrong colons or slashes.
fn meant(text: &str) -> Option<String> {
    let scheme = ["https", "http"].into_iter().find(|scheme| text.starts_with(scheme));
    let rest = scheme.and_then(|scheme| text.strip_prefix(scheme)).filter(|rest| rest.starts_with([':', '/']));
    let (scheme, rest) = match (scheme, rest) {
        (Some(scheme), Some(rest)) => (scheme, rest.trim_start_matches([':', '/'])),
        _ if text.contains("://") => return None,
        _ => ("https", text.trim_start_matches('/')),
    };
    let host = rest.split(['/', ':']).next().unwrap_or_default();
    let is_host = host == "localhost" || (host.contains('.') && !host.starts_with('.') && !host.ends_with('.'));
    let url = format!("{scheme}://{rest}");
    (is_host && read(&url).is_some()).then_some(url)
}
