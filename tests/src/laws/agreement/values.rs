//! Generates values of arguments: most of them according to a schema, some arbitrary.

use serde_json::{Map, Value, json};

use super::chance::Chance;

const TEXTS: [&str; 44] = [
    "a",
    "abc",
    "x",
    "",
    "a b",
    "a,b",
    "a|b",
    "a.b",
    ".",
    "..",
    "a/b",
    "a;b=c",
    "a=b",
    "a&b",
    "a+b",
    "100%",
    "%41",
    "#x",
    "?q",
    "[x]",
    "\"q\"",
    "it's",
    "back\\slash",
    "line\nbreak",
    "tab\tx",
    " padded ",
    "é",
    "日本",
    "😀",
    "~",
    "US$ 5",
    "5",
    "-1",
    "2.5",
    "true",
    "null",
    "2026-01-31",
    "2026-01-31T12:00:00Z",
    "2026-01-31T12:00:00",
    "a@b.example",
    "192.0.2.1",
    "https://x.example/?a=b&c",
    "0f2c1d3e-8a4b-4c5d-9e6f-7a8b9c0d1e2f",
    "data:image/png;base64,iVBORw0KGgo=",
];
const KEYS: [&str; 12] = ["a", "b", "c", "R", "kind", "x.y", "a b", "a[b]", "é", "1", "a=b", ""];

/// A value that roughly follows a schema, or occasionally an arbitrary one.
pub(super) fn of_schema(chance: &mut Chance<'_>, schema: &Value, components: &Value, depth: usize) -> Value {
    if chance.once_in(9) {
        return any(chance, depth);
    }
    if let Some(name) = schema["$ref"].as_str().and_then(|it| it.rsplit('/').next()) {
        return of_schema(chance, &components[name], components, depth + 1);
    }
    if let Some(listed) = schema["enum"].as_array().filter(|listed| !listed.is_empty()) {
        return chance.pick(listed).clone();
    }
    if let Some(constant) = schema.get("const") {
        return constant.clone();
    }
    if schema["nullable"] == true && chance.once_in(4) {
        return Value::Null;
    }
    for key in ["oneOf", "anyOf"] {
        if let Some(branches) = schema[key].as_array() {
            let branch = chance.pick(branches).clone();
            return merged(
                of_schema(chance, &branch, components, depth + 1),
                own(chance, schema, components, depth),
            );
        }
    }
    if let Some(branches) = schema["allOf"].as_array() {
        let all = branches.iter().map(|branch| of_schema(chance, branch, components, depth + 1));
        let all: Vec<Value> = all.collect();
        let own = own(chance, schema, components, depth);
        return all.into_iter().fold(own, |all, next| merged(next, all));
    }
    own(chance, schema, components, depth)
}

/// The union of two objects, or the first value.
fn merged(first: Value, second: Value) -> Value {
    match (first, second) {
        (Value::Object(first), Value::Object(mut second)) => {
            second.extend(first);
            Value::Object(second)
        }
        (first, _) => first,
    }
}

fn own(chance: &mut Chance<'_>, schema: &Value, components: &Value, depth: usize) -> Value {
    let ty = match &schema["type"] {
        Value::Array(types) => chance.pick(types).clone(),
        ty => ty.clone(),
    };
    match ty.as_str() {
        Some("string" | "file") => text(chance, schema),
        Some("integer") => integer(chance),
        Some("number") => number(chance),
        Some("boolean") => json!(chance.once_in(2)),
        Some("null") => Value::Null,
        Some("array") => {
            let count = [1, 2, 3, 0][chance.below(4)];
            let of = |at: usize| schema["prefixItems"].get(at).unwrap_or(&schema["items"]);
            (0..count).map(|at| of_schema(chance, of(at), components, depth + 1)).collect()
        }
        Some("object") => object(chance, schema, components, depth),
        _ if schema.get("properties").is_some() => object(chance, schema, components, depth),
        _ => any(chance, depth),
    }
}

fn object(chance: &mut Chance<'_>, schema: &Value, components: &Value, depth: usize) -> Value {
    let mut fields = Map::new();
    let required =
        |name: &str| schema["required"].as_array().is_some_and(|all| all.iter().any(|it| it == name));
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        if required(name) && !chance.once_in(12) || chance.once_in(2) {
            fields.insert(name.clone(), of_schema(chance, property, components, depth + 1));
        }
    }
    if schema["additionalProperties"].is_object() {
        let name = chance.pick(&KEYS);
        let value = of_schema(chance, &schema["additionalProperties"], components, depth + 1);
        fields.insert((*name).to_owned(), value);
    } else if chance.once_in(6) {
        fields.insert((*chance.pick(&KEYS)).to_owned(), any(chance, depth + 1));
    }
    Value::Object(fields)
}

fn text(chance: &mut Chance<'_>, schema: &Value) -> Value {
    let fitting = match schema["format"].as_str() {
        Some("date") => "2026-01-31",
        Some("date-time") => "2026-01-31T12:00:00Z",
        Some("email") => "a@b.example",
        Some("ipv4") => "192.0.2.1",
        Some("ipv6") => "2001:db8::1",
        Some("uri") => "https://x.example/?a=b&c",
        Some("uuid") => "0f2c1d3e-8a4b-4c5d-9e6f-7a8b9c0d1e2f",
        Some("binary") => "data:image/png;base64,iVBORw0KGgo=",
        _ if schema.get("pattern").is_some() => "abc",
        _ => return json!(chance.pick(&TEXTS)),
    };
    if chance.once_in(3) { json!(chance.pick(&TEXTS)) } else { json!(fitting) }
}

fn integer(chance: &mut Chance<'_>) -> Value {
    let all = [
        json!(1),
        json!(0),
        json!(-1),
        json!(5),
        json!(5.0),
        json!(42),
        json!(1e3),
        json!(i64::MAX),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(9_007_199_254_740_993_i64),
        json!(1e20),
        json!(-0.0),
    ];
    chance.pick(&all).clone()
}

fn number(chance: &mut Chance<'_>) -> Value {
    let all = [
        json!(0.5),
        json!(0.1),
        json!(2.5),
        json!(-2.25),
        json!(1e300),
        json!(1e-7),
        json!(12_345_678.9),
        json!(3.0),
    ];
    if chance.once_in(3) { integer(chance) } else { chance.pick(&all).clone() }
}

/// Any value.
pub(super) fn any(chance: &mut Chance<'_>, depth: usize) -> Value {
    let kinds = if depth > 2 { 4 } else { 6 };
    match chance.below(kinds) {
        0 => json!(chance.pick(&TEXTS)),
        1 => number(chance),
        2 => json!(chance.once_in(2)),
        3 => [Value::Null, json!(1), json!("a")][chance.below(3)].clone(),
        4 => (0..chance.below(3)).map(|_| any(chance, depth + 1)).collect(),
        _ => {
            let fields =
                (0..chance.below(3)).map(|_| ((*chance.pick(&KEYS)).to_owned(), any(chance, depth + 1)));
            Value::Object(fields.collect())
        }
    }
}
