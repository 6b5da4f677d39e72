//! Media types: those that bodies have, their parameters and their ranges.

use naftiko_adapter::media_type::{essence, is_json};

/// The media type of bytes of unknown type.
pub(crate) const OCTETS: &str = "application/octet-stream";
/// The media type of text without a more specific type.
pub(crate) const TEXT: &str = "text/plain; charset=utf-8";
pub(crate) const JSON: &str = "application/json";

/// The media type parameter with the boundary between parts.
pub(crate) const BOUNDARY: &str = "boundary";

/// Whether values of a media type, given by its essence, are supplied as text that is sent unchanged, or as a `data:`
/// URL: all types except JSON and `text/*`.
pub(crate) fn is_opaque(essence: &str) -> bool {
    !is_json(essence) && !essence.starts_with("text/")
}

/// Whether a media type, given by its essence, is a form.
pub(crate) fn is_form(essence: &str) -> bool {
    essence == "application/x-www-form-urlencoded"
}

/// Whether a media type, given by its essence, is multipart.
pub(crate) fn is_multipart(essence: &str) -> bool {
    essence.starts_with("multipart/")
}

/// The first of the media types that a description lists, separated by commas.
pub(crate) fn first_of(content_types: &str) -> Option<&str> {
    content_types.split(',').map(str::trim).find(|content_type| !content_type.is_empty())
}

/// The value of a parameter of a media type, without quotes; the first one if the parameter occurs twice. `name` is in
/// lower case.
pub(crate) fn parameter_of(content_type: &str, name: &str) -> Option<String> {
    let (_, value) = pieces(content_type).into_iter().skip(1).find_map(|piece| named(piece, name))?;
    let Some(quoted) = value.strip_prefix('"') else { return Some(value.to_owned()) };
    let quoted = quoted.strip_suffix('"').unwrap_or(quoted);
    let (mut text, mut is_escaped) = (String::with_capacity(quoted.len()), false);
    for character in quoted.chars() {
        is_escaped = character == '\\' && !is_escaped;
        text.extend((!is_escaped).then_some(character));
    }
    Some(text)
}

/// The media type with a parameter removed. `name` is in lower case.
pub(crate) fn without_parameter(content_type: &str, name: &str) -> String {
    let kept: Vec<&str> = pieces(content_type)
        .into_iter()
        .enumerate()
        .filter(|(at, piece)| *at == 0 || named(piece, name).is_none())
        .map(|(_, piece)| piece)
        .collect();
    kept.join(";").trim_end().to_owned()
}

/// The name and value of a parameter, if it has this name in any case.
fn named<'t>(piece: &'t str, name: &str) -> Option<(&'t str, &'t str)> {
    let (known, value) = piece.split_once('=')?;
    known.trim().eq_ignore_ascii_case(name).then(|| (known, value.trim()))
}

/// Splits a media type at the semicolons that are not in quotes.
fn pieces(content_type: &str) -> Vec<&str> {
    let (mut pieces, mut start, mut is_quoted, mut is_escaped) = (Vec::new(), 0, false, false);
    for (at, byte) in content_type.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_quoted => is_escaped = true,
            b'"' => is_quoted = !is_quoted,
            b';' if !is_quoted => {
                pieces.extend(content_type.get(start..at));
                start = at + 1;
            }
            _ => {}
        }
    }
    pieces.extend(content_type.get(start..));
    pieces
}

/// The media type to send for a media type or range.
pub(crate) fn concrete(content_type: &str) -> &str {
    let essence = essence(content_type);
    match essence.as_str() {
        range if !range.contains('*') => content_type,
        "*/*" | "application/*" => JSON,
        json if json.ends_with("+json") => JSON,
        text if text.starts_with("text/") => "text/plain",
        multipart if multipart.starts_with("multipart/") => "multipart/form-data",
        _ => OCTETS,
    }
}

/// Whether a media type belongs to a range of media types, given by its essence.
pub(crate) fn is_within(media_type: &str, range: &str) -> bool {
    let media_type = essence(media_type);
    match range.split_once('*') {
        None => media_type == range,
        Some((before, after)) => {
            media_type.len() >= before.len() + after.trim_start_matches("/*").len()
                && media_type.starts_with(before)
                && (range == "*/*" || media_type.ends_with(after))
        }
    }
}
