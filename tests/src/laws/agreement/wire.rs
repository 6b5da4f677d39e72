//! The serialization of arguments according to RFC 6570, the `OpenAPI` specification and `docs/http.md`: a second
//! implementation, which shares nothing with `naftiko-wire`.

use serde_json::Value;

use super::model::{Case, Parameter, Place, Style};

mod body;

pub(super) use body::{Expected, Part, expected as expected_body};

/// The reason why a value cannot be serialized.
pub(super) type Unwritable = &'static str;

/// The expected request without its body.
#[derive(Debug, Default)]
pub(super) struct Head {
    /// The segments of the path below `/call`, serialized.
    pub(super) path: String,
    /// Whether reserved characters in the path may remain unescaped.
    pub(super) keeps_reserved: bool,
    /// The names and values of the query.
    pub(super) query: Vec<(String, Written)>,
    pub(super) headers: Vec<(String, String)>,
    /// The names and values of cookies, percent-decoded.
    pub(super) cookies: Vec<(String, String)>,
}

/// An expected text in a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Written {
    /// Exactly this text.
    Exactly(String),
    /// Any text that, split at the separator and then decoded, gives these texts.
    Decoded(Vec<String>, char),
}

/// The expected head of the request of a case.
pub(super) fn expected_head(case: &Case) -> Result<Head, Unwritable> {
    let mut head = Head::default();
    for parameter in &case.parameters {
        match parameter.place {
            Place::Path => {
                head.path.push_str(&format!("/{}", path(parameter)?));
                head.keeps_reserved |= parameter.keeps_reserved;
            }
            Place::Query => head.query.extend(query(parameter)?),
            Place::Header => head.headers.push((parameter.name.to_ascii_lowercase(), header(parameter)?)),
            Place::Cookie => head.cookies.extend(cookie(parameter)?),
        }
    }
    let is_twice = |names: Vec<&String>| (1..names.len()).any(|at| names[..at].contains(&names[at]));
    let by_parameter = |place: Place| case.parameters.iter().filter(|it| it.place == place).count();
    if by_parameter(Place::Query) > 1 && is_twice_between(case, Place::Query)
        || by_parameter(Place::Cookie) > 0 && is_twice_between(case, Place::Cookie)
        || is_twice(head.headers.iter().map(|(name, _)| name).collect())
    {
        return Err("a name is sent by two parameters");
    }
    Ok(head)
}

/// Whether two parameters in one location send the same name.
fn is_twice_between(case: &Case, place: Place) -> bool {
    let names = case.parameters.iter().filter(|it| it.place == place).map(|it| {
        let names = match place {
            Place::Query => {
                query(it).map(|pairs| pairs.into_iter().map(|(name, _)| name).collect::<Vec<_>>())
            }
            _ => cookie(it).map(|pairs| pairs.into_iter().map(|(name, _)| name).collect()),
        };
        names.unwrap_or_default()
    });
    let all: Vec<Vec<String>> = names.collect();
    (1..all.len()).any(|at| all[at].iter().any(|name| all[..at].iter().flatten().any(|other| other == name)))
}

/// The text of a scalar outside of JSON. Numbers have no exponent.
pub(super) fn text(value: &Value) -> Result<String, Unwritable> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(truth) => Ok(truth.to_string()),
        Value::Number(number) => Ok(match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(whole), _, _) => whole.to_string(),
            (_, Some(whole), _) => whole.to_string(),
            (_, _, Some(0.0)) => "0".to_owned(),
            // Rust prints floats without an exponent.
            (_, _, Some(float)) => float.to_string(),
            _ => return Err("no number"),
        }),
        Value::Null => Err("null"),
        _ => Err("a list or an object within another"),
    }
}

/// Encodes every byte that is not unreserved.
pub(super) fn escaped(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// The texts of a value without nesting.
enum Flat {
    One(String),
    List(Vec<String>),
    Map(Vec<(String, String)>),
}

fn flat(value: &Value) -> Result<Flat, Unwritable> {
    match value {
        Value::Array(items) if items.is_empty() => Err("an empty list"),
        Value::Object(fields) if fields.is_empty() => Err("an empty object"),
        Value::Array(items) => items.iter().map(text).collect::<Result<_, _>>().map(Flat::List),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| Ok((name.clone(), text(value)?)));
            fields.collect::<Result<_, _>>().map(Flat::Map)
        }
        scalar => text(scalar).map(Flat::One),
    }
}

fn separator(style: Style) -> char {
    match style {
        Style::Space => ' ',
        Style::Pipe => '|',
        Style::Tab => '\t',
        _ => ',',
    }
}

/// Rejects items that contain the separator, since they would arrive as several items. A comma is unambiguous, because
/// it is encoded within items.
fn separable(texts: &[String], separator: char) -> Result<(), Unwritable> {
    let is_held = separator != ',' && texts.iter().any(|text| text.contains(separator));
    if is_held { Err("an item holds the separator") } else { Ok(()) }
}

fn in_turn(fields: &[(String, String)]) -> Vec<String> {
    fields.iter().flat_map(|(name, value)| [name.clone(), value.clone()]).collect()
}

fn json(value: &Value) -> String {
    value.to_string()
}

/// The text of a path parameter.
fn path(parameter: &Parameter) -> Result<String, Unwritable> {
    let kept = |text: &String| if parameter.keeps_reserved { kept(text) } else { escaped(text) };
    let name = escaped(&parameter.name);
    let flat = if parameter.is_json { Flat::One(json(&parameter.value)) } else { flat(&parameter.value)? };
    let matrix = |name: &str, text: String| {
        if text.is_empty() { format!(";{name}") } else { format!(";{name}={text}") }
    };
    let (lead, between) = match (parameter.style, parameter.explode) {
        (Style::Label, true) => (".", '.'),
        (Style::Label, false) => (".", ','),
        (style, _) => ("", separator(style)),
    };
    let joint =
        if matches!(between, ',' | '.') { between.to_string() } else { escaped(&between.to_string()) };
    let written = match (parameter.style, flat) {
        (Style::Matrix, Flat::One(text)) => matrix(&name, kept(&text)),
        (Style::Matrix, Flat::List(items)) if parameter.explode => {
            items.iter().map(|item| matrix(&name, escaped(item))).collect()
        }
        (Style::Matrix, Flat::Map(fields)) if parameter.explode => {
            if fields.iter().any(|(name, _)| name.is_empty()) {
                return Err("an entry without a name");
            }
            fields.iter().map(|(name, item)| matrix(&escaped(name), escaped(item))).collect()
        }
        (Style::Matrix, Flat::List(items)) => matrix(&name, joined(&items, ",")),
        (Style::Matrix, Flat::Map(fields)) => matrix(&name, joined(&in_turn(&fields), ",")),
        (_, Flat::One(text)) => format!("{lead}{}", kept(&text)),
        (_, Flat::List(items)) => {
            separable(&items, between)?;
            format!("{lead}{}", joined(&items, &joint))
        }
        (_, Flat::Map(fields)) => {
            separable(&in_turn(&fields), between)?;
            let pair = |(name, item): &(String, String)| format!("{}={}", escaped(name), escaped(item));
            match parameter.explode {
                true => format!("{lead}{}", fields.iter().map(pair).collect::<Vec<_>>().join(&joint)),
                false => format!("{lead}{}", joined(&in_turn(&fields), &joint)),
            }
        }
    };
    let segment = format!("{written}{}", parameter.suffix);
    match (written.as_str(), segment.split('/').next()) {
        ("", _) => Err("an empty segment"),
        (_, Some("." | "..")) => Err("a segment of dots"),
        _ => Ok(segment),
    }
}

fn joined(texts: &[String], separator: &str) -> String {
    texts.iter().map(|text| escaped(text)).collect::<Vec<_>>().join(separator)
}

/// Encodes a text, except for reserved characters that are unambiguous in a path.
fn kept(text: &str) -> String {
    text.chars()
        .map(|c| if ":@!$&'()*+,;=".contains(c) { c.to_string() } else { escaped(&c.to_string()) })
        .collect()
}

/// The names and values of a query parameter, or of a property of a form that is serialized like one. Names are
/// decoded.
pub(super) fn query(parameter: &Parameter) -> Result<Vec<(String, Written)>, Unwritable> {
    let exactly = |text: &str| match parameter.keeps_reserved {
        true => Written::Decoded(vec![text.to_owned()], '\0'),
        false => Written::Exactly(escaped(text)),
    };
    let name = parameter.name.clone();
    if parameter.style == Style::Querystring {
        return body::whole_query(parameter);
    }
    if parameter.is_json {
        return Ok(vec![(name, exactly(&json(&parameter.value)))]);
    }
    if parameter.style == Style::Deep {
        let mut pairs = Vec::new();
        deep(&name, &parameter.value, &mut pairs)?;
        return Ok(pairs.into_iter().map(|(name, text)| (name, exactly(&text))).collect());
    }
    let between = separator(parameter.style);
    let all = |texts: Vec<String>| -> Result<Written, Unwritable> {
        separable(&texts, between)?;
        let joint = if between == ',' { ",".to_owned() } else { escaped(&between.to_string()) };
        Ok(match parameter.keeps_reserved {
            true => Written::Decoded(texts, between),
            false => Written::Exactly(joined(&texts, &joint)),
        })
    };
    Ok(match flat(&parameter.value)? {
        Flat::One(text) => vec![(name, exactly(&text))],
        Flat::List(items) if parameter.explode => {
            items.iter().map(|item| (name.clone(), exactly(item))).collect()
        }
        Flat::Map(fields) if parameter.explode => {
            if fields.iter().any(|(name, _)| name.is_empty()) {
                return Err("an entry without a name");
            }
            fields.iter().map(|(name, item)| (name.clone(), exactly(item))).collect()
        }
        Flat::List(items) => vec![(name, all(items)?)],
        Flat::Map(fields) => vec![(name, all(in_turn(&fields))?)],
    })
}

/// The pairs of `deepObject`, as documented by Stripe: `a[b][0][c]`.
pub(super) fn deep(name: &str, value: &Value, pairs: &mut Vec<(String, String)>) -> Result<(), Unwritable> {
    match value {
        Value::Array(items) if items.is_empty() => Err("an empty list"),
        Value::Object(fields) if fields.is_empty() => Err("an empty object"),
        Value::Array(items) => (0..)
            .zip(items)
            .try_for_each(|(at, item): (usize, _)| deep(&format!("{name}[{at}]"), item, pairs)),
        Value::Object(fields) => fields.iter().try_for_each(|(key, value)| {
            if key.is_empty() || key.contains(['[', ']']) {
                return Err("a key that cannot stand between brackets");
            }
            deep(&format!("{name}[{key}]"), value, pairs)
        }),
        scalar => {
            pairs.push((name.to_owned(), text(scalar)?));
            Ok(())
        }
    }
}

/// The value of a header parameter: visible ASCII, with spaces and tabs inside.
fn header(parameter: &Parameter) -> Result<String, Unwritable> {
    let carried =
        |text: &str| text.trim() == text && text.bytes().all(|byte| matches!(byte, b'\t' | b' '..=b'~'));
    if parameter.is_json {
        let units = |c: char| -> String {
            if c.is_ascii() {
                return c.to_string();
            }
            let mut units = [0; 2];
            c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")).collect()
        };
        return Ok(json(&parameter.value).chars().map(units).collect());
    }
    let between = separator(parameter.style);
    let item = |text: &String, others: &[char]| match text.contains(others)
        || !carried(text)
        || text.contains(between)
    {
        true => Err("an item that a header cannot carry"),
        false => Ok(()),
    };
    let written = match flat(&parameter.value)? {
        Flat::One(text) => text,
        Flat::List(items) => {
            items.iter().try_for_each(|text| item(text, &[]))?;
            items.join(&between.to_string())
        }
        Flat::Map(fields) => {
            for (name, value) in &fields {
                item(name, &['='])?;
                item(value, &[])?;
            }
            match parameter.explode {
                true => {
                    let pairs: Vec<_> =
                        fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
                    pairs.join(&between.to_string())
                }
                false => in_turn(&fields).join(&between.to_string()),
            }
        }
    };
    if carried(&written) { Ok(written) } else { Err("a text that a header cannot carry") }
}

/// The cookies of a cookie parameter, decoded.
fn cookie(parameter: &Parameter) -> Result<Vec<(String, String)>, Unwritable> {
    let is_name = |name: &str| {
        !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
    };
    let pairs: Vec<(String, String)> = match (parameter.is_json, &parameter.value) {
        (true, value) => vec![(parameter.name.clone(), json(value))],
        (_, value) => match flat(value)? {
            Flat::One(text) => vec![(parameter.name.clone(), text)],
            Flat::List(items) if parameter.explode => {
                items.into_iter().map(|item| (parameter.name.clone(), item)).collect()
            }
            Flat::Map(fields) if parameter.explode => fields,
            _ if parameter.style == Style::Cookie => return Err("a list in one cookie that is not encoded"),
            // The comma between items is not encoded; a comma within an item is.
            Flat::List(items) => vec![(parameter.name.clone(), joined_for_cookie(&items))],
            Flat::Map(fields) => vec![(parameter.name.clone(), joined_for_cookie(&in_turn(&fields)))],
        },
    };
    let is_octet = |byte: u8| matches!(byte, 0x21 | 0x23..=0x2b | 0x2d..=0x3a | 0x3c..=0x5b | 0x5d..=0x7e);
    let is_plain = parameter.style == Style::Cookie && !parameter.is_json;
    for (name, text) in &pairs {
        if !is_name(name) {
            return Err("a name that no cookie has");
        }
        if is_plain && !text.bytes().all(is_octet) {
            return Err("a text that cookies cannot carry");
        }
    }
    Ok(pairs)
}

/// Joins the items of one cookie. In decoded form, a control character represents the separating comma.
fn joined_for_cookie(items: &[String]) -> String {
    items.join("\u{1}")
}
