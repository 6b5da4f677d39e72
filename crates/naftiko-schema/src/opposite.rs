//! Properties that only go the other way, and so are not required: `readOnly` where a value is sent, `writeOnly` where
//! it is received.

use std::collections::{BTreeSet, HashSet};

use serde_json::{Map, Value};

use crate::reference::Document;

/// How many references are followed to the schema of one property, and how many schemas one `allOf` is read as.
const MOST: usize = 1_000;
/// How many schemas all `allOf` of one compilation are read as: chains of them must not cost the square of their length.
pub(crate) const MOST_OF_ALL: usize = 100_000;

/// The properties that are marked by `keyword`, in this schema or in one that `allOf` and `$ref` join to it. `left` is how
/// many more schemas may be looked at; this one always is.
pub(crate) fn marked<'s>(
    keywords: &'s Map<String, Value>,
    keyword: &str,
    resource: &'s Value,
    document: &mut Document<'s>,
    left: &mut usize,
) -> BTreeSet<&'s str> {
    let mut marked = BTreeSet::new();
    let mut seen: HashSet<*const Map<String, Value>> = HashSet::new();
    let mut pending = vec![keywords];
    while let Some(keywords) = pending.pop() {
        if seen.len() > MOST || (*left == 0 && !seen.is_empty()) || !seen.insert(keywords) {
            continue;
        }
        *left = left.saturating_sub(1);
        let properties = keywords.get("properties").and_then(Value::as_object);
        for (name, schema) in properties.into_iter().flatten() {
            if is_marked(schema, keyword, resource, document) {
                marked.insert(name.as_str());
            }
        }
        let target = keywords.get("$ref").and_then(Value::as_str);
        let target = target.and_then(|reference| document.find(reference, resource));
        let parts = keywords.get("allOf").and_then(Value::as_array);
        pending.extend(parts.into_iter().flatten().chain(target).filter_map(Value::as_object));
    }
    marked
}

/// Whether a schema, or one that it is only another name for, has `keyword: true`.
fn is_marked<'s>(
    mut schema: &'s Value,
    keyword: &str,
    resource: &'s Value,
    document: &mut Document<'s>,
) -> bool {
    for _ in 0..MOST {
        if schema.get(keyword) == Some(&Value::Bool(true)) {
            return true;
        }
        let reference = schema.get("$ref").and_then(Value::as_str);
        match reference.and_then(|reference| document.find(reference, resource)) {
            Some(target) => schema = target,
            None => return false,
        }
    }
    false
}
