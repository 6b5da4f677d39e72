//! Values read as they were written: the styles of `OpenAPI` 3.1, and bodies by their media types.

use naftiko_adapter::media_type::{essence, is_json};
use naftiko_adapter::{Encoding, Operation, Parameter, RequestBody, Style};
use serde_json::{Map, Value};

use crate::receive::{Received, header, number, percent_decoded};
use crate::shape::Shape;

/// What a value is, as far as that decides how it is read.
pub(crate) enum Kind {
    /// A scalar of one of these types.
    One(Scalar),
    /// A list of scalars.
    List(Scalar),
    /// An object of scalars: those that are named, and others.
    Map(Vec<(String, Scalar)>, Scalar),
}

/// What a text stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scalar {
    Text,
    Number,
    Boolean,
    /// Written as JSON, whatever it is.
    Json,
}

impl Kind {
    /// What the value of a parameter is.
    pub(crate) fn of_parameter(operation: &Operation, parameter: &Parameter) -> Self {
        match &parameter.content_type {
            Some(content_type) if is_json(&essence(content_type)) => Self::One(Scalar::Json),
            Some(_) => Self::One(Scalar::Text),
            None => Self::of(operation, &parameter.schema),
        }
    }

    fn of(operation: &Operation, schema: &Value) -> Self {
        let definitions = &operation.definitions;
        let shape = Shape::of(definitions, &[schema], None);
        let types = shape.types().unwrap_or_default();
        let scalar = |schemas: &[&Value]| Scalar::of(&Shape::of(definitions, schemas, None));
        match types.first() {
            Some(&"array") => Self::List(scalar(&shape.items())),
            Some(&"object") => {
                let named = shape.properties();
                let named = named.iter().map(|(name, schemas)| ((*name).to_owned(), scalar(schemas)));
                let further: Vec<&Value> = shape.keyword("additionalProperties").collect();
                Self::Map(named.collect(), scalar(&further))
            }
            _ => Self::One(Scalar::of(&shape)),
        }
    }
}

impl Scalar {
    fn of(shape: &Shape<'_>) -> Self {
        let types = shape.types().unwrap_or_default();
        match types.first() {
            _ if types.contains(&"string") => Self::Text,
            Some(&"integer" | &"number") => Self::Number,
            Some(&"boolean") => Self::Boolean,
            Some(&"object" | &"array") => Self::Json,
            _ => Self::Text,
        }
    }

    fn read(self, text: String) -> Value {
        match self {
            Self::Number => number(&text).unwrap_or(Value::String(text)),
            Self::Boolean if text == "true" || text == "false" => Value::Bool(text == "true"),
            Self::Json => serde_json::from_str(&text).unwrap_or(Value::String(text)),
            Self::Boolean | Self::Text => Value::String(text),
        }
    }
}

/// A text of a query without its encoding.
pub(crate) fn decoded(text: &str) -> String {
    percent_decoded(&text.replace('+', " "))
}

/// Names and values of a query or a form; the values still encoded.
pub(crate) fn pairs(query: &str) -> Vec<(String, String)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name), value.to_owned())
        })
        .collect()
}

/// What stands in a path in the place of a parameter.
pub(crate) fn path(parameter: &Parameter, kind: &Kind, raw: &str) -> Option<Value> {
    match parameter.style {
        Style::Label => {
            let separator = if parameter.explode { "." } else { "," };
            Some(separated(kind, parameter.explode, raw.strip_prefix('.')?, separator, &percent_decoded))
        }
        Style::Matrix => matrix(parameter, kind, raw),
        _ => Some(simple(kind, parameter.explode, raw, &percent_decoded)),
    }
}

fn matrix(parameter: &Parameter, kind: &Kind, raw: &str) -> Option<Value> {
    let pairs = raw.strip_prefix(';')?.split(';').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let pairs: Vec<(String, String)> =
        pairs.map(|(name, value)| (percent_decoded(name), value.to_owned())).collect();
    form(parameter, kind, &pairs, ",", &[], &percent_decoded)
}

/// The style `simple`: items separated by commas.
pub(crate) fn simple(kind: &Kind, explode: bool, raw: &str, decode: &dyn Fn(&str) -> String) -> Value {
    separated(kind, explode, raw, ",", decode)
}

fn separated(
    kind: &Kind,
    explode: bool,
    raw: &str,
    separator: &str,
    decode: &dyn Fn(&str) -> String,
) -> Value {
    let items = || raw.split(separator);
    match kind {
        Kind::One(scalar) => scalar.read(decode(raw)),
        Kind::List(scalar) => items().map(|item| scalar.read(decode(item))).collect(),
        Kind::Map(..) if explode => {
            let pairs = items().map(|pair| pair.split_once('=').unwrap_or((pair, "")));
            map(kind, pairs.map(|(name, value)| (decode(name), decode(value))))
        }
        Kind::Map(..) => {
            let flat: Vec<String> = items().map(decode).collect();
            let pairs = flat.chunks(2).filter_map(|pair| Some((pair.first()?.clone(), pair.get(1)?.clone())));
            map(kind, pairs)
        }
    }
}

/// An object with the types of its fields.
fn map(kind: &Kind, entries: impl Iterator<Item = (String, String)>) -> Value {
    let Kind::Map(named, further) = kind else { return Value::Null };
    let scalar = |name: &str| named.iter().find(|(known, _)| known == name).map_or(*further, |(_, it)| *it);
    let fields = entries.map(|(name, text)| {
        let value = scalar(&name).read(text);
        (name, value)
    });
    Value::Object(fields.collect::<Map<_, _>>())
}

/// The value of a parameter in a query; `claimed` are names that are not its own.
pub(crate) fn query(
    parameter: &Parameter,
    kind: &Kind,
    pairs: &[(String, String)],
    claimed: &[&str],
) -> Option<Value> {
    match parameter.style {
        Style::DeepObject => {
            let own = |name: &str| {
                let key = name.strip_prefix(&parameter.name)?.strip_prefix('[')?.strip_suffix(']')?;
                Some(key.to_owned())
            };
            let entries: Vec<_> =
                pairs.iter().filter_map(|(name, value)| Some((own(name)?, decoded(value)))).collect();
            (!entries.is_empty()).then(|| map(kind, entries.into_iter()))
        }
        Style::SpaceDelimited => {
            let spaced: Vec<_> =
                pairs.iter().map(|(name, value)| (name.clone(), value.replace('+', "%20"))).collect();
            form(parameter, kind, &spaced, "%20", claimed, &decoded)
        }
        Style::PipeDelimited => {
            let piped: Vec<_> =
                pairs.iter().map(|(name, value)| (name.clone(), value.replace('|', "%7C"))).collect();
            form(parameter, kind, &piped, "%7C", claimed, &decoded)
        }
        _ => form(parameter, kind, pairs, ",", claimed, &decoded),
    }
}

/// `name=value` pairs: a value, a pair an item, or a pair a field.
fn form(
    parameter: &Parameter,
    kind: &Kind,
    pairs: &[(String, String)],
    separator: &str,
    claimed: &[&str],
    decode: &dyn Fn(&str) -> String,
) -> Option<Value> {
    let mut own = pairs.iter().filter(|(name, _)| *name == parameter.name).map(|(_, value)| value.as_str());
    match kind {
        Kind::List(scalar) if parameter.explode => {
            let items: Vec<Value> = own.map(|item| scalar.read(decode(item))).collect();
            (!items.is_empty()).then_some(Value::Array(items))
        }
        Kind::Map(named, _) if parameter.explode => {
            let is_own = |name: &str| {
                named.iter().any(|(known, _)| known == name) || (named.is_empty() && !claimed.contains(&name))
            };
            let entries: Vec<_> = pairs
                .iter()
                .filter(|(name, _)| is_own(name))
                .map(|(name, value)| (name.clone(), decode(value)))
                .collect();
            (!entries.is_empty()).then(|| map(kind, entries.into_iter()))
        }
        _ => Some(separated(kind, false, own.next()?, separator, decode)),
    }
}

/// The cookies of a request.
pub(crate) fn cookies(headers: &[(String, String)]) -> Vec<(String, String)> {
    let all = header(headers, "cookie").unwrap_or_default().split(';');
    all.filter_map(|pair| pair.trim().split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// The value of a parameter in a cookie.
pub(crate) fn cookie(parameter: &Parameter, kind: &Kind, cookies: &[(String, String)]) -> Option<Value> {
    if parameter.style == Style::Cookie {
        return form(parameter, kind, cookies, ",", &[], &str::to_owned);
    }
    let cookies: Vec<(String, String)> =
        cookies.iter().map(|(name, value)| (percent_decoded(name), value.clone())).collect();
    form(parameter, kind, &cookies, ",", &[], &percent_decoded)
}

/// The body of a request, in the media type it says it is of; `None` if there is none.
///
/// # Errors
/// Why it cannot be read.
pub(crate) fn body(operation: &Operation, request: &Received<'_>) -> Result<Option<Value>, String> {
    let Some(spec) = &operation.body else { return Ok(None) };
    if request.body.is_empty() {
        return Ok(None);
    }
    let said = header(request.headers, "content-type").unwrap_or(&spec.content_type);
    let essence = essence(said);
    let text = || String::from_utf8(request.body.to_vec()).map_err(|_| "the body is not UTF-8".to_owned());
    match essence.as_str() {
        "*/*" => json(request.body).map(Some),
        essence if is_json(essence) => json(request.body).map(Some),
        "application/x-www-form-urlencoded" => Ok(Some(form_body(operation, spec, &text()?))),
        "text/plain" => {
            let shape = Shape::of(&operation.definitions, &[&spec.schema], None);
            Ok(Some(Scalar::of(&shape).read(text()?)))
        }
        other => Err(format!("a body of the media type `{other}` cannot be read")),
    }
}

fn json(bytes: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(bytes).map_err(|error| format!("the body is not JSON: {error}"))
}

/// A form, each field as its schema says, and as its encoding does.
fn form_body(operation: &Operation, spec: &RequestBody, text: &str) -> Value {
    let shape = Shape::of(&operation.definitions, &[&spec.schema], None);
    let properties = shape.properties();
    let mut pairs = pairs(text);
    let mut fields = Map::new();
    for (name, encoding) in &spec.encoding {
        let schema = properties.get(name.as_str()).and_then(|schemas| schemas.first());
        let Some(value) = encoded_field(operation, name, encoding, schema.copied(), &pairs) else { continue };
        let deep = format!("{name}[");
        let is_own = |known: &str| known == name || known.starts_with(&deep) || value.get(known).is_some();
        pairs.retain(|(known, _)| !is_own(known));
        fields.insert(name.clone(), value);
    }
    for (name, value) in pairs {
        let value = decoded(&value);
        let schemas = properties.get(name.as_str()).cloned().unwrap_or_default();
        let shape = Shape::of(&operation.definitions, &schemas, None);
        if shape.types().is_some_and(|types| types.first() == Some(&"array")) {
            let items = Shape::of(&operation.definitions, &shape.items(), None);
            let list = fields.entry(name).or_insert_with(|| Value::Array(Vec::new()));
            if let Some(list) = list.as_array_mut() {
                list.push(Scalar::of(&items).read(value));
            }
        } else {
            fields.insert(name, Scalar::of(&shape).read(value));
        }
    }
    Value::Object(fields)
}

/// A field of a form that has an encoding of its own.
fn encoded_field(
    operation: &Operation,
    name: &str,
    encoding: &Encoding,
    schema: Option<&Value>,
    pairs: &[(String, String)],
) -> Option<Value> {
    let any = Value::Bool(true);
    let kind = Kind::of(operation, schema.unwrap_or(&any));
    if let Some(parameter) = encoding.as_query_parameter(name) {
        return query(&parameter, &kind, pairs, &[]);
    }
    let content_type = essence(encoding.content_type.as_deref()?);
    let (_, text) = pairs.iter().find(|(known, _)| known == name)?;
    is_json(&content_type).then(|| Scalar::Json.read(decoded(text)))
}
