//! Compares a received request with the expected one.

use serde_json::Value;

use super::server::Request;
use super::wire::{Expected, Head, Part, Written};

/// The first difference between a request and the expectation; `None` if they agree.
pub(super) fn difference(
    request: &Request,
    head: &Head,
    body: Option<&Expected>,
    media: Option<&str>,
) -> Option<String> {
    let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
    let wanted = format!("/call{}", head.path);
    // If reserved characters may remain unescaped, several spellings are right.
    let is_same =
        path == wanted || head.keeps_reserved && unescaped(path, false) == unescaped(&wanted, false);
    if !is_same {
        return Some(format!("the path is {path}, expected {wanted}"));
    }
    differing_query(query, &head.query)
        .or_else(|| differing_fields(request, head))
        .or_else(|| differing_body(request, body, media))
}

fn unescaped(text: &str, plus_is_space: bool) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'%' => {
                let digits = rest.get(..2).and_then(|digits| std::str::from_utf8(digits).ok())?;
                bytes.push(u8::from_str_radix(digits, 16).ok()?);
                rest = &rest[2..];
            }
            b'+' if plus_is_space => bytes.push(b' '),
            other => bytes.push(*other),
        }
    }
    String::from_utf8(bytes).ok()
}

fn is_written(found: &str, wanted: &Written, plus_is_space: bool) -> bool {
    match wanted {
        Written::Exactly(text) => found == text,
        Written::Decoded(texts, '\0') => {
            let alone = texts.first().map(String::as_str);
            unescaped(found, plus_is_space).as_deref() == alone
        }
        Written::Decoded(texts, separator) => {
            let found = if *separator == ',' {
                found.to_owned()
            } else {
                found.replace(&super::wire::escaped(&separator.to_string()), &separator.to_string())
            };
            let found: Option<Vec<String>> =
                found.split(*separator).map(|text| unescaped(text, plus_is_space)).collect();
            found.as_ref() == Some(texts)
        }
    }
}

fn differing_query(query: &str, wanted: &[(String, Written)]) -> Option<String> {
    let found: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty()).collect();
    let is_same = found.len() == wanted.len()
        && found.iter().zip(wanted).all(|(found, (name, written))| {
            let (found_name, text) = found.split_once('=').unwrap_or((found, ""));
            unescaped(found_name, true).as_deref() == Some(name) && is_written(text, written, true)
        });
    (!is_same).then(|| format!("the pairs are {query}, expected {wanted:?}"))
}

fn differing_fields(request: &Request, head: &Head) -> Option<String> {
    for (name, value) in &head.headers {
        let found = request.field(name);
        if found != Some(value) {
            return Some(format!("the header {name} is {found:?}, expected {value:?}"));
        }
    }
    let found = request.field("cookie").unwrap_or_default();
    let pairs: Vec<(String, String)> = found
        .split("; ")
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, text)| (name.to_owned(), text.to_owned()))
        .collect();
    let is_same = pairs.len() == head.cookies.len()
        && pairs.iter().zip(&head.cookies).all(|((found, text), (name, wanted))| {
            let is_plain = text == wanted;
            let items: Vec<&str> =
                if wanted.contains('\u{1}') { text.split(',').collect() } else { vec![text] };
            let items: Option<Vec<String>> = items.into_iter().map(|item| unescaped(item, false)).collect();
            found == name && (is_plain || items.is_some_and(|items| items.join("\u{1}") == *wanted))
        });
    (!is_same).then(|| format!("the cookies are {found:?}, expected {:?}", head.cookies))
}

fn differing_body(request: &Request, wanted: Option<&Expected>, media: Option<&str>) -> Option<String> {
    let shown = || String::from_utf8_lossy(&request.body).into_owned();
    let found = request.field("content-type").and_then(|field| field.split(';').next());
    if !request.body.is_empty() && media.is_some() && found != media {
        return Some(format!("the media type is {found:?}, expected {media:?}"));
    }
    let is_same = match wanted {
        None => request.body.is_empty(),
        Some(Expected::Json(value)) => {
            let found: Option<Value> = serde_json::from_slice(&request.body).ok();
            found.as_ref() == Some(value)
        }
        Some(Expected::Bytes(bytes)) => request.body == *bytes,
        Some(Expected::Form(pairs)) => return differing_query(&shown(), pairs),
        Some(Expected::Parts(parts)) => match parts_of(request) {
            Some(found) if found == *parts => true,
            found => return Some(format!("the parts are {found:?}, expected {parts:?}")),
        },
    };
    (!is_same).then(|| format!("the body is {:?}, expected {wanted:?}", shown()))
}

/// Parses the parts of a multipart body (RFC 2046), independently of the product.
fn parts_of(request: &Request) -> Option<Vec<Part>> {
    let boundary = request.field("content-type")?.split_once("boundary=")?.1;
    let mark = format!("--{boundary}");
    let mut parts = Vec::new();
    let mut rest = request.body.strip_prefix(mark.as_bytes())?;
    while let Some(part) = rest.strip_prefix(b"\r\n") {
        let end = position(part, format!("\r\n{mark}").as_bytes())?;
        let head_end = position(part, b"\r\n\r\n")?;
        let head = std::str::from_utf8(&part[..head_end]).ok()?;
        let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name));
        // Parts by position have no names.
        let is_named = request.field("content-type")?.starts_with("multipart/form-data");
        let disposition = field("Content-Disposition: form-data; ");
        let disposition = if is_named { disposition? } else { "name=\"\"" };
        let quoted = |key: &str| Some(disposition.split(key).nth(1)?.split('"').next()?.to_owned());
        parts.push(Part {
            name: disposition.strip_prefix("name=\"")?.split('"').next()?.to_owned(),
            file_name: quoted("filename=\""),
            content_type: field("Content-Type: ")?.to_owned(),
            bytes: part[head_end + 4..end].to_vec(),
        });
        rest = &part[end + 2 + mark.len()..];
    }
    (rest == b"--\r\n").then_some(parts)
}

fn position(bytes: &[u8], mark: &[u8]) -> Option<usize> {
    bytes.windows(mark.len()).position(|window| window == mark)
}
