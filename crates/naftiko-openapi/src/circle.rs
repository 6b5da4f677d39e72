//! Removes definitions that refer to nothing but themselves.
//!
//! `A: {allOf: [{$ref: A}]}` has no meaning, and a validator that follows it does not terminate. Such a reference is
//! removed in the way that accepts more rather than less. A reference below `properties` or `items` applies to another
//! value and is not such a cycle.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

/// The keywords whose subschemas apply to the same value.
const SAME_VALUE: [&str; 5] = ["allOf", "anyOf", "then", "else", NAMED];

/// The keyword among them that maps names to schemas.
const NAMED: &str = "dependentSchemas";

/// The keywords that would accept less if a subschema accepted everything; they are removed as a whole.
const DELICATE: [&str; 3] = ["oneOf", "not", "if"];

/// Breaks every cycle; returns the removed references as (definition, target).
pub(crate) fn open(definitions: &mut Map<String, Value>) -> Vec<(String, String)> {
    let closing = closing_edges(&edges(definitions));
    let mut names: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (from, to) in &closing {
        names.entry(from).or_default().insert(to);
    }
    for (from, names) in &names {
        if let Some(schema) = definitions.get_mut(*from) {
            cut(schema, names);
        }
    }
    closing
}

fn edges(definitions: &Map<String, Value>) -> BTreeMap<&str, Vec<&str>> {
    let edges = definitions.iter().map(|(name, schema)| {
        let mut targets = Vec::new();
        collect(schema, &mut targets);
        (name.as_str(), targets)
    });
    edges.collect()
}

fn collect<'a>(schema: &'a Value, targets: &mut Vec<&'a str>) {
    let Some(map) = schema.as_object() else { return };
    targets.extend(target(map));
    for keyword in SAME_VALUE.into_iter().chain(DELICATE) {
        let value = map.get(keyword);
        value.into_iter().flat_map(|value| parts(keyword, value)).for_each(|part| collect(part, targets));
    }
}

fn target(map: &Map<String, Value>) -> Option<&str> {
    map.get("$ref")?.as_str()?.strip_prefix("#/$defs/")
}

/// The subschemas of a keyword: one, a list, or a mapping.
fn parts<'a>(keyword: &str, value: &'a Value) -> Vec<&'a Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(named) if keyword == NAMED => named.values().collect(),
        _ => vec![value],
    }
}

/// The edges back to a definition that the traversal has not left yet. Without them the graph is acyclic.
fn closing_edges(edges: &BTreeMap<&str, Vec<&str>>) -> Vec<(String, String)> {
    let mut closing = Vec::new();
    let mut entered = BTreeSet::new();
    let mut open = BTreeSet::new();
    for &start in edges.keys() {
        if !entered.insert(start) {
            continue;
        }
        open.insert(start);
        let mut path = vec![(start, edges.get(start).into_iter().flatten())];
        while let Some((name, targets)) = path.last_mut() {
            let name = *name;
            match targets.next() {
                None => {
                    open.remove(name);
                    path.pop();
                }
                Some(&to) if open.contains(to) => closing.push((name.to_owned(), to.to_owned())),
                Some(&to) if entered.insert(to) => {
                    open.insert(to);
                    path.push((to, edges.get(to).into_iter().flatten()));
                }
                Some(_) => {}
            }
        }
    }
    closing.sort_unstable();
    closing.dedup();
    closing
}

/// Removes the references to `names` from `schema`; whether there was one.
fn cut(schema: &mut Value, names: &BTreeSet<&str>) -> bool {
    let Some(map) = schema.as_object_mut() else { return false };
    let mut found = target(map).is_some_and(|name| names.contains(name));
    if found {
        map.shift_remove("$ref");
    }
    for keyword in DELICATE {
        if map.get_mut(keyword).is_some_and(|value| cut_parts(keyword, value, names)) {
            map.shift_remove(keyword);
            found = true;
        }
    }
    for keyword in SAME_VALUE {
        found |= map.get_mut(keyword).is_some_and(|value| cut_parts(keyword, value, names));
    }
    found
}

fn cut_parts(keyword: &str, value: &mut Value, names: &BTreeSet<&str>) -> bool {
    // `fold` and not `any`: every part has to be visited.
    match value {
        Value::Array(items) => items.iter_mut().fold(false, |found, part| cut(part, names) | found),
        Value::Object(schemas) if keyword == NAMED => {
            schemas.values_mut().fold(false, |found, part| cut(part, names) | found)
        }
        _ => cut(value, names),
    }
}
