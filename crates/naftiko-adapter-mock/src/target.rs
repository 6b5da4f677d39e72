//! Determines whether the response of an operation contains one resource, a list of resources, or neither.

use naftiko_adapter::Operation;
use serde_json::{Map, Value};

use crate::make::kind_of;
use crate::name::{id_field, identity_field, is_own_name, is_plural, kind_of_path, plain, singular};
use crate::shape::Shape;

/// The content of the response of an operation.
pub(crate) enum Target<'a> {
    /// One resource.
    One(Locus<'a>),
    /// A list of resources.
    Many(Locus<'a>),
    /// Something else.
    Other,
}

/// The place of resources in a response.
pub(crate) struct Locus<'a> {
    /// The property of the response that contains the resources; `None` for the whole response.
    pub(crate) at: Option<&'a str>,
    /// The kind of the resources.
    pub(crate) kind: String,
    /// The field that identifies one of them.
    pub(crate) key: &'a str,
    /// The schemas of each resource.
    pub(crate) schemas: Vec<&'a Value>,
    /// The names of their fields.
    pub(crate) fields: Vec<&'a str>,
}

impl Locus<'_> {
    /// Places `item` in a body.
    pub(crate) fn wrap(&self, item: Value) -> Value {
        match self.at {
            None => item,
            Some(name) => Value::Object(Map::from_iter([(name.to_owned(), item)])),
        }
    }
}

/// Finds the resources in the response of `operation`.
pub(crate) fn target<'a>(operation: &'a Operation, schema: &'a Value) -> Target<'a> {
    let noun = kind_of_path(&operation.path);
    let definitions = &operation.definitions;
    let whole = Shape::of(definitions, &[schema], None);
    let resource = |schemas: Vec<&'a Value>, at: Option<&'a str>, otherwise: &str| {
        let shape = Shape::of(definitions, &schemas, None);
        let properties = shape.properties();
        let kind = kind_of(definitions, &shape, otherwise);
        let fields: Vec<&str> = properties.keys().copied().collect();
        // `/envelopes` responds with the kind `envelope`, although its schema is called `EnvelopeSummary`.
        let is_here = is_collection(&operation.path) && (at.is_none() || otherwise == noun);
        let is_variant = is_here && noun.len() > 2 && (kind.starts_with(&noun) || kind.ends_with(&noun));
        let kind = if is_variant { noun.clone() } else { kind };
        let key = if is_here {
            identity_field(&fields, &kind, &noun, last_parameter(&operation.path))
                .or_else(|| fields.iter().copied().find(|field| is_own_name(field)))
        } else {
            id_field(&fields, &kind)
        };
        Some(Locus { at, kind, key: key?, schemas, fields })
    };
    if let Some(items) = items(&whole) {
        return resource(items, None, &noun).map_or(Target::Other, Target::Many);
    }
    if let Some(locus) = resource(vec![schema], None, &noun) {
        return Target::One(locus);
    }
    let mut lists = Vec::new();
    let mut parts = Vec::new();
    for (name, schemas) in whole.properties() {
        let shape = Shape::of(definitions, &schemas, None);
        // Names such as `data`, `items` and `results` do not name a kind.
        let generic =
            matches!(plain(name).as_str(), "data" | "items" | "results" | "records" | "result" | "item");
        let otherwise = if generic { noun.clone() } else { plain(&singular(name)) };
        match items(&shape) {
            Some(items) => lists.extend(resource(items, Some(name), &otherwise)),
            None => parts.extend(resource(schemas, Some(name), &otherwise)),
        }
    }
    match (only(lists), only(parts)) {
        (Some(list), _) => Target::Many(list),
        (None, Some(part)) => Target::One(part),
        (None, None) => Target::Other,
    }
}

fn only<T>(list: Vec<T>) -> Option<T> {
    let mut list = list.into_iter();
    list.next().filter(|_| list.next().is_none())
}

/// The schemas of the items; `None` if the shape is not a list.
fn items<'a>(shape: &Shape<'a>) -> Option<Vec<&'a Value>> {
    let is_list = shape.types().is_some_and(|types| types == ["array"]);
    is_list.then(|| shape.items()).filter(|items| !items.is_empty())
}

/// Whether a path denotes a collection or one of its resources: `/services`, `/services/{sid}`.
fn is_collection(path: &str) -> bool {
    let mut words = path.trim_end_matches('/').rsplit('/');
    let last = words.next().unwrap_or_default();
    let word = if last.contains('{') { words.next().unwrap_or_default() } else { last };
    is_plural(word)
}

/// The parameter at the end of the path, which selects one resource.
pub(crate) fn last_parameter(path: &str) -> Option<&str> {
    path.trim_end_matches('/').rsplit('/').next()?.strip_prefix('{')?.strip_suffix('}')
}

/// The path parameters with the kinds of resources that they select: `organization` for `{id}` in
/// `/organizations/{id}/roles`.
pub(crate) fn parents(path: &str) -> Vec<(&str, String)> {
    let segments: Vec<&str> = path.split('/').collect();
    let pairs = segments.iter().zip(segments.iter().skip(1));
    pairs
        .filter_map(|(before, segment)| {
            let name = segment.strip_prefix('{')?.strip_suffix('}')?;
            Some((name, plain(&singular(before))))
        })
        .collect()
}
