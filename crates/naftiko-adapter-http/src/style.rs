//! How the value of a parameter is written: the styles of `OpenAPI` 3.1, which are those of RFC 6570.
//!
//! A value that has no written form in a style is refused, and so is one that would arrive as a different value.
//! Messages name the parameter and never show its value.

use naftiko_adapter::media_type::{essence, is_json};
use naftiko_adapter::{Failure, FailureKind, Parameter, Place, Style};
use serde_json::{Map, Value};

use crate::body::single;

/// The reserved characters that `allowReserved` leaves alone in a query. `#[]` may not stand there, and `&` and `+`
/// would be read as something else.
const RESERVED_IN_QUERY: &str = ":/?@!$'()*,;=";
/// The same in a path, where `/` and `?` would end the segment.
const RESERVED_IN_PATH: &str = ":@!$&'()*+,;=";

/// What a cookie carries as it is (RFC 6265), but for `%`, which would be read as something else. Tokens stay whole for
/// those who do not decode.
const IN_COOKIE: &str = "!#$&'()*+/:<=>?@[]^`{|}";

/// A refusal: nothing is sent, now or ever.
pub(crate) fn refused(message: impl Into<String>) -> Failure {
    Failure::new(FailureKind::Refused, message)
}

/// What a path parameter becomes in the place of its `{name}`.
pub(crate) fn path(parameter: &Parameter, value: &Value) -> Result<String, Failure> {
    let flat = Flat::of(parameter, value)?;
    if flat.is_blank() {
        return Err(refused(format!("the path parameter `{}` is empty", parameter.name)));
    }
    let (lead, separator) = match (parameter.style, parameter.explode) {
        (Style::Simple, _) => ("", ","),
        (Style::Label, false) => (".", ","),
        (Style::Label, true) => (".", "."),
        (Style::Matrix, explode) => return matrix(parameter, &flat, explode),
        _ => return Err(no_meaning(parameter, "in a path")),
    };
    if separator == "." && !flat.is_one() && flat.texts().any(|text| text.contains('.')) {
        return Err(refused(format!("an item of `{}` has a `.`, which separates items", parameter.name)));
    }
    let coder = Coder::of(parameter, RESERVED_IN_PATH, &flat);
    Ok(format!("{lead}{}", flat.items(parameter.explode, |text| coder.text(text)).join(separator)))
}

fn matrix(parameter: &Parameter, flat: &Flat, explode: bool) -> Result<String, Failure> {
    let coder = Coder::of(parameter, RESERVED_IN_PATH, flat);
    let pairs: Vec<_> = pairs(parameter, flat, explode, ",", &coder)?
        .into_iter()
        .map(|(name, value)| if value.is_empty() { format!(";{name}") } else { format!(";{name}={value}") })
        .collect();
    Ok(pairs.concat())
}

/// What a query parameter becomes, without the `&` between parameters.
pub(crate) fn query(parameter: &Parameter, value: &Value) -> Result<String, Failure> {
    let flat = Flat::of(parameter, value)?;
    let coder = Coder::of(parameter, RESERVED_IN_QUERY, &flat);
    let pairs = match parameter.style {
        Style::Form => pairs(parameter, &flat, parameter.explode, ",", &coder)?,
        Style::SpaceDelimited => delimited(parameter, &flat, ' ', &coder)?,
        Style::PipeDelimited => delimited(parameter, &flat, '|', &coder)?,
        Style::DeepObject => match &flat {
            Flat::Map(entries) => named(parameter, entries)?
                .iter()
                .map(|(key, value)| (encoded(&format!("{}[{key}]", parameter.name), ""), coder.text(value)))
                .collect(),
            _ => return Err(no_meaning(parameter, "for anything but an object")),
        },
        _ => return Err(no_meaning(parameter, "in a query")),
    };
    let written: Vec<_> = pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    Ok(written.join("&"))
}

/// Lists and objects separated by spaces or pipes. Exploded lists are repeated, as every reader of these styles does.
///
/// The separator stands encoded in the query, just like the same character in an item: an item that holds it would
/// arrive as two.
fn delimited(
    parameter: &Parameter,
    flat: &Flat,
    separator: char,
    coder: &Coder,
) -> Result<Vec<(String, String)>, Failure> {
    match flat {
        Flat::One(_) => Err(no_meaning(parameter, "for a single value")),
        Flat::Map(_) if parameter.explode => Err(no_meaning(parameter, "for an exploded object")),
        _ if !parameter.explode && flat.texts().any(|text| text.contains(separator)) => Err(refused(
            format!("an item of `{}` has a `{separator}`, which separates items", parameter.name),
        )),
        _ => pairs(parameter, flat, parameter.explode, &encoded(&separator.to_string(), ""), coder),
    }
}

/// The `name=value` pairs of `form` and `matrix`.
fn pairs(
    parameter: &Parameter,
    flat: &Flat,
    explode: bool,
    separator: &str,
    coder: &Coder,
) -> Result<Vec<(String, String)>, Failure> {
    let name = encoded(&parameter.name, "");
    Ok(match flat {
        Flat::List(items) if explode => items.iter().map(|item| (name.clone(), coder.text(item))).collect(),
        Flat::Map(entries) if explode => named(parameter, entries)?
            .iter()
            .map(|(key, value)| (encoded(key, ""), coder.text(value)))
            .collect(),
        _ => vec![(name, flat.items(false, |text| coder.text(text)).join(separator))],
    })
}

/// The entries of an object whose keys become names: none of them may be empty.
fn named<'a>(
    parameter: &Parameter,
    entries: &'a [(String, String)],
) -> Result<&'a [(String, String)], Failure> {
    if entries.iter().any(|(key, _)| key.is_empty()) {
        return Err(refused(format!("an entry of `{}` has no name", parameter.name)));
    }
    Ok(entries)
}

/// What a header parameter becomes: `simple`, and nothing is encoded, because nobody would decode it.
pub(crate) fn header(parameter: &Parameter, value: &Value) -> Result<String, Failure> {
    if parameter.style != Style::Simple {
        return Err(no_meaning(parameter, "in a header"));
    }
    let flat = Flat::of(parameter, value)?;
    let separates = |text: &str| text.contains([',', '=']) || text.trim() != text;
    let lists = |text: &str| text.contains(',') || text.trim() != text;
    let ambiguous = match &flat {
        Flat::One(_) => false,
        Flat::List(items) => items.iter().any(|item| lists(item)),
        Flat::Map(entries) => entries.iter().any(|(key, value)| separates(key) || lists(value)),
    };
    if ambiguous {
        return Err(refused(format!(
            "an item of the header `{}` has a character that separates items",
            parameter.name
        )));
    }
    let text = flat.items(parameter.explode, str::to_owned).join(",");
    visible(&text).then_some(text).ok_or_else(|| {
        refused(format!("the header `{}` can only carry visible ASCII characters", parameter.name))
    })
}

/// What a cookie parameter becomes: `name=value` pairs. In the style `form`, what a cookie cannot carry is encoded; in
/// the style `cookie` of `OpenAPI` 3.2 it is refused, because there nobody would decode it.
pub(crate) fn cookie(parameter: &Parameter, value: &Value) -> Result<Vec<String>, Failure> {
    let is_encoded = match parameter.style {
        Style::Form => true,
        Style::Cookie => false,
        _ => return Err(no_meaning(parameter, "in a cookie")),
    };
    let flat = Flat::of(parameter, value)?;
    let octet = |byte: u8| matches!(byte, 0x21 | 0x23..=0x2b | 0x2d..=0x3a | 0x3c..=0x5b | 0x5d..=0x7e);
    if !is_encoded && !flat.texts().all(|text| text.bytes().all(octet)) {
        return Err(refused(format!(
            "the cookie `{}` has a character that cookies cannot carry",
            parameter.name
        )));
    }
    let write = |text: &str| if is_encoded { encoded(text, IN_COOKIE) } else { text.to_owned() };
    let pairs = match &flat {
        Flat::List(items) if parameter.explode => {
            items.iter().map(|item| (parameter.name.clone(), write(item))).collect()
        }
        Flat::Map(entries) if parameter.explode => {
            entries.iter().map(|(key, value)| (key.clone(), write(value))).collect()
        }
        _ => vec![(parameter.name.clone(), flat.items(false, write).join(","))],
    };
    if !pairs.iter().all(|(name, _)| token(name)) {
        return Err(refused(format!("`{}` is not a name that a cookie can have", parameter.name)));
    }
    Ok(pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect())
}

/// Whether a header can carry `text` and the other side will read exactly that.
pub(crate) fn visible(text: &str) -> bool {
    text.trim() == text && text.bytes().all(|byte| matches!(byte, 0x20..=0x7e))
}

/// Whether `text` is a token of RFC 9110: what header names and cookie names are made of.
pub(crate) fn token(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// `text` with every byte percent-encoded that is neither unreserved (RFC 3986) nor in `keep`.
pub(crate) fn encoded(text: &str, keep: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for byte in text.bytes() {
        let unreserved = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if unreserved || keep.as_bytes().contains(&byte) {
            written.push(char::from(byte));
        } else {
            written.push('%');
            for half in [byte >> 4, byte & 0xf] {
                written.extend(char::from_digit(u32::from(half), 16).map(|digit| digit.to_ascii_uppercase()));
            }
        }
    }
    written
}

fn no_meaning(parameter: &Parameter, with: &str) -> Failure {
    let style = match parameter.style {
        Style::Matrix => "matrix",
        Style::Label => "label",
        Style::Simple => "simple",
        Style::Form => "form",
        Style::Cookie => "cookie",
        Style::SpaceDelimited => "spaceDelimited",
        Style::PipeDelimited => "pipeDelimited",
        Style::DeepObject => "deepObject",
    };
    refused(format!("the style `{style}` of `{}` has no meaning {with}", parameter.name))
}

/// A value that has a written form: no list or object lies inside another.
enum Flat {
    One(String),
    List(Vec<String>),
    Map(Vec<(String, String)>),
}

impl Flat {
    fn of(parameter: &Parameter, value: &Value) -> Result<Self, Failure> {
        let name = &parameter.name;
        if let Some(content_type) = &parameter.content_type {
            return Ok(Self::One(content(parameter, content_type, value)?));
        }
        let flat = match value {
            Value::Array(items) => {
                Self::List(items.iter().map(|item| text(name, item)).collect::<Result<_, _>>()?)
            }
            Value::Object(entries) => Self::Map(flat_entries(name, entries)?),
            other => Self::One(text(name, other)?),
        };
        // Left out, an empty filter would mean "everything"; that is for the author to say, not for us.
        let empty = matches!(&flat, Self::List(items) if items.is_empty())
            || matches!(&flat, Self::Map(entries) if entries.is_empty());
        if empty { Err(refused(format!("`{name}` is empty, which has no written form"))) } else { Ok(flat) }
    }

    fn is_one(&self) -> bool {
        matches!(self, Self::One(_))
    }

    /// Whether nothing would be left of it in a path.
    fn is_blank(&self) -> bool {
        match self {
            Self::One(text) => text.is_empty(),
            Self::List(items) => items.iter().all(String::is_empty),
            Self::Map(_) => false,
        }
    }

    /// Every text in it, keys too.
    fn texts(&self) -> impl Iterator<Item = &str> {
        let texts: Vec<&str> = match self {
            Self::One(text) => vec![text],
            Self::List(items) => items.iter().map(String::as_str).collect(),
            Self::Map(entries) => entries.iter().flat_map(|(key, value)| [key.as_str(), value]).collect(),
        };
        texts.into_iter()
    }

    /// The items as they are joined: `key=value` when exploded, keys and values in turn when not.
    fn items(&self, explode: bool, write: impl Fn(&str) -> String) -> Vec<String> {
        match self {
            Self::Map(entries) if explode => {
                entries.iter().map(|(key, value)| format!("{}={}", write(key), write(value))).collect()
            }
            _ => self.texts().map(write).collect(),
        }
    }
}

fn flat_entries(name: &str, entries: &Map<String, Value>) -> Result<Vec<(String, String)>, Failure> {
    entries.iter().map(|(key, value)| Ok((key.clone(), text(name, value)?))).collect()
}

/// A value that is written in a media type as a whole.
fn content(parameter: &Parameter, content_type: &str, value: &Value) -> Result<String, Failure> {
    let name = &parameter.name;
    let written = single(name, content_type, value)?;
    let text = String::from_utf8(written.bytes).map_err(|_| refused(format!("`{name}` is not text")))?;
    let is_escaped = parameter.place == Place::Header && is_json(&essence(content_type));
    Ok(if is_escaped { ascii(&text) } else { text })
}

/// JSON of nothing but ASCII, which is all that a header carries.
fn ascii(json: &str) -> String {
    let mut written = String::with_capacity(json.len());
    for character in json.chars() {
        if character.is_ascii() {
            written.push(character);
        } else {
            let units = character.encode_utf16(&mut [0; 2]).to_vec();
            written.extend(units.iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    written
}

/// The text of a single value; `name` is the parameter's.
pub(crate) fn text(name: &str, value: &Value) -> Result<String, Failure> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
        Value::Null => Err(refused(format!("`{name}` is or holds null, which has no written form"))),
        Value::Array(_) | Value::Object(_) => Err(refused(format!(
            "`{name}` holds a list or an object inside another, which has no written form"
        ))),
    }
}

/// Writes the texts of one parameter.
struct Coder(String);

impl Coder {
    /// Keeps the `reserved` characters where the parameter allows them, but never one that separates its items.
    fn of(parameter: &Parameter, reserved: &str, flat: &Flat) -> Self {
        let kept = |character: &char| {
            parameter.allow_reserved && (flat.is_one() || !matches!(character, ',' | ';' | '='))
        };
        Self(reserved.chars().filter(kept).collect())
    }

    fn text(&self, text: &str) -> String {
        encoded(text, &self.0)
    }
}
