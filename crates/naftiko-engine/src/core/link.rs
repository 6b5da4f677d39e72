//! The `Link` header (RFC 8288), as far as it names the next page.
//!
//! A link is never followed: it is parsed into arguments of the same operation, so that no request goes anywhere that
//! the plan does not name. A link to another origin fails its step.

use naftiko_adapter::{Operation, Place};
use naftiko_journal::Failure;
use naftiko_plan::{Auth, KeyPlace};
use serde_json::{Map, Number, Value};
use url::Url;

use super::close::Closing;
use super::scope::Answer;

/// The base URL of a mocked provider, which has none.
const NOWHERE: &str = "http://nowhere.invalid/";

/// The query parameters of the next page; `None` if there is no link to one.
pub(super) fn next(closing: &Closing<'_>, answer: &Answer) -> Result<Option<Map<String, Value>>, Failure> {
    let header = answer.header("link").unwrap_or_default();
    let Some(target) = links(header).find(|link| link.is_next).map(|link| link.target) else {
        return Ok(None);
    };
    let unreadable = || closing.broken("its `Link` to the next page cannot be read");
    let provider = &closing.operation.provider;
    let known = closing.plan.providers.get(provider);
    let said = closing.run.options.base_urls.get(provider);
    let base = said.map(String::as_str).or_else(|| known.and_then(|known| known.base_url.as_deref()));
    let base = Url::parse(base.unwrap_or(NOWHERE)).map_err(|_| unreadable())?;
    let url = base.join(target).map_err(|_| unreadable())?;
    if url.origin() != base.origin() {
        let elsewhere = url.origin().ascii_serialization();
        return Err(closing.broken(&format!("its next page is at another address: `{elsewhere}`")));
    }
    let mut next = Map::new();
    for (name, value) in url.query_pairs() {
        // A provider with an API key in the query echoes the key in the link.
        let is_key = matches!(
            known.map(|known| &known.auth),
            Some(Auth::ApiKey { place: KeyPlace::Query, name: key, .. }) if *key == name
        );
        if is_key {
            continue;
        }
        if !is_known(closing.operation, &name) {
            let why = format!("its `Link` has a parameter that the operation does not have: `{name}`");
            return Err(closing.broken(&why));
        }
        if says(closing.operation, &name) {
            let value = as_described(closing.operation, &name, &value);
            next.insert(name.into_owned(), value);
        }
    }
    Ok(Some(next))
}

/// Whether the value of a query parameter can be read from a link: not for lists, objects and parameters with a media
/// type, which have too many notations.
pub(super) fn says(operation: &Operation, name: &str) -> bool {
    let types = types(operation, name);
    let mut parameters = operation.parameters.iter();
    let parameter = parameters.find(|known| known.place == Place::Query && known.name == name);
    parameter.is_none_or(|parameter| parameter.content_type.is_none())
        && !types.iter().any(|ty| matches!(*ty, "array" | "object"))
}

fn is_known(operation: &Operation, name: &str) -> bool {
    operation.parameters.iter().any(|known| known.place == Place::Query && known.name == name)
}

/// The types that the schema of a query parameter names directly.
fn types<'a>(operation: &'a Operation, name: &str) -> Vec<&'a str> {
    let mut parameters = operation.parameters.iter();
    let parameter = parameters.find(|known| known.place == Place::Query && known.name == name);
    let schema = parameter.and_then(|parameter| operation.resolve(&parameter.schema));
    match schema.and_then(|schema| schema.get("type")) {
        Some(Value::String(one)) => vec![one.as_str()],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Converts a text of a URL to the type of its parameter.
fn as_described(operation: &Operation, name: &str, text: &str) -> Value {
    let types = types(operation, name);
    let number = || text.parse::<Number>().ok().map(Value::Number);
    let is = |wanted: &str| types.contains(&wanted);
    let value = match () {
        () if is("string") => None,
        () if is("integer") || is("number") => number(),
        () if is("boolean") => text.parse::<bool>().ok().map(Value::Bool),
        () => None,
    };
    value.unwrap_or_else(|| text.into())
}

/// A link of a header.
#[derive(Debug, PartialEq)]
struct Link<'a> {
    target: &'a str,
    /// Whether its relation is `next`.
    is_next: bool,
}

/// The links of a header, up to the first malformed one.
fn links(header: &str) -> impl Iterator<Item = Link<'_>> {
    let mut rest = header;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let (target, parameters) = rest.strip_prefix('<')?.split_once('>')?;
        let (own, others) = cut(parameters, ',');
        rest = others;
        Some(Link { target: target.trim(), is_next: leads_on(own) })
    })
}

/// Splits a text before the first `sign` outside of quotes.
fn cut(text: &str, sign: char) -> (&str, &str) {
    let (mut is_quoted, mut is_escaped) = (false, false);
    for (at, character) in text.char_indices() {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            _ if character == sign && !is_quoted => return text.split_at_checked(at).unwrap_or((text, "")),
            _ => {}
        }
    }
    (text, "")
}

/// Whether the parameters of a link give it the relation `next` to the requested page. The first of several `rel`
/// counts, and a link with an anchor starts from something else (RFC 8288 §3.2, §3.3).
fn leads_on(parameters: &str) -> bool {
    let mut relation = None;
    let mut rest = parameters;
    while !rest.is_empty() {
        let (parameter, others) = cut(rest, ';');
        rest = others.strip_prefix(';').unwrap_or_default();
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        match name.trim().to_ascii_lowercase().as_str() {
            "anchor" => return false,
            "rel" => {
                relation.get_or_insert(value.trim().trim_matches('"'));
            }
            _ => {}
        }
    }
    relation.is_some_and(|names| names.split_whitespace().any(|name| name.eq_ignore_ascii_case("next")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next_of(header: &str) -> Option<&str> {
        links(header).find(|link| link.is_next).map(|link| link.target)
    }

    #[test]
    fn the_link_to_the_next_page_is_found_among_others() {
        for (header, expected) in [
            (
                "<https://a.example/x?page=2>; rel=\"next\", <https://a.example/x?page=9>; rel=\"last\"",
                Some("https://a.example/x?page=2"),
            ),
            ("</x?page=1>; rel=prev,</x?page=3>;rel=next", Some("/x?page=3")),
            ("<?page=3>; title=\"a, \\\"b\\\"; rel=\\\"no\\\"\"; REL=\"prefetch NEXT\"", Some("?page=3")),
            ("<?a=1,2>; rel=first, <?b=1>; rel=next", Some("?b=1")),
            ("<?a>; rel=\"next\"; anchor=\"#other\"", None),
            ("<?a>; rel=last; rel=next", None),
            ("<?a>; rel=nextish", None),
            ("?a; rel=next", None),
            ("<?a", None),
            ("", None),
        ] {
            assert_eq!(next_of(header), expected, "{header}");
        }
    }
}
