//! JSON Schema → type.
//!
//! A schema is combined with everything else that holds for the same value (`allOf`, a `$ref` with siblings, the schema
//! around a branch of `oneOf`) into a [`Conjunction`]. A `$ref` without siblings remains a name, so schemas may contain
//! themselves. Depth and the number of branches are limited; beyond the limits the type is [`Type::Any`].

use std::cell::Cell;
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};
use serde_json::{Map, Value};

use super::definitions::Link;
use super::{Field, Named, ObjectType, Presence, Type};

/// The maximum depth; deeper parts of a schema become [`Type::Any`].
const MAX_DEPTH: usize = 100;

/// The maximum length of a chain of `$ref` and `allOf` that is read as one schema; beyond, undeclared fields are allowed.
const MAX_JOINED: usize = 1_000;

/// The most conjunctions that the alternatives of one schema may expand to.
const MAX_CONJUNCTIONS: usize = 4096;

/// The most keywords and fields that may be copied for that expansion.
const MAX_COPIES: usize = 200_000;

/// The most characters of a title that are used as the name of a type.
const LONGEST_NAME: usize = 100;

/// The keywords that determine the type. Other keywords only describe, or add limits that a type cannot express.
const KEYWORDS: [&str; 12] = [
    "$ref",
    "additionalProperties",
    "allOf",
    "anyOf",
    "const",
    "enum",
    "items",
    "oneOf",
    "prefixItems",
    "properties",
    "required",
    "type",
];

/// The keywords that may allow fields that `properties` does not declare.
const OPENING: [&str; 6] =
    ["patternProperties", "then", "else", "dependentSchemas", "$dynamicRef", "unevaluatedProperties"];

/// Lowers a schema; `name` is its name in `definitions`, if it has one.
pub(super) fn lower(schema: &Value, definitions: &Link, name: Option<&str>) -> Type {
    Lowering::new(definitions, false).schema(schema, name, 0)
}

/// Lowers a schema strictly: a listed value that does not fit `type` is left out.
pub(super) fn lower_strictly(schema: &Value, definitions: &Link) -> Type {
    Lowering::new(definitions, true).schema(schema, None, 0)
}

/// The name of the referenced definition, if no other keyword of the schema determines its type.
pub(super) fn only_reference(schema: &Value) -> Option<String> {
    let mut schema = schema;
    for _ in 0..=MAX_DEPTH {
        let keywords = schema.as_object()?;
        let mut said = KEYWORDS.into_iter().filter(|keyword| keywords.contains_key(*keyword));
        match (said.next(), said.next(), array(keywords, "allOf")) {
            (Some("$ref"), None, _) => return definition_name(keywords.get("$ref")),
            (Some("allOf"), None, [part]) => schema = part,
            _ => return None,
        }
    }
    None
}

/// What is still to be added to a conjunction.
enum Pending<'s> {
    /// A schema, behind so many references and parts.
    Schema(&'s Value, usize),
    /// A name for the conjunction, if the schemas added before have none.
    Name(String),
}

struct Lowering<'s> {
    definitions: &'s Link,
    left: Cell<usize>,
    is_strict: bool,
    /// The remaining number of copies; see [`MAX_COPIES`].
    copies: Cell<usize>,
}

impl<'s> Lowering<'s> {
    fn new(definitions: &'s Link, is_strict: bool) -> Self {
        Self { definitions, left: Cell::new(MAX_CONJUNCTIONS), copies: Cell::new(MAX_COPIES), is_strict }
    }

    fn schema(&self, schema: &'s Value, name: Option<&str>, depth: usize) -> Type {
        let Value::Object(keywords) = schema else {
            return if schema == &Value::Bool(false) { Type::nothing() } else { Type::Any };
        };
        if depth > MAX_DEPTH {
            return Type::Any;
        }
        let said: Vec<&str> =
            KEYWORDS.into_iter().filter(|keyword| keywords.contains_key(*keyword)).collect();
        match (said.as_slice(), keywords.get("allOf")) {
            (["$ref"], _) => return self.reference(keywords.get("$ref")),
            (["allOf"], Some(Value::Array(parts))) => {
                if let [part] = parts.as_slice() {
                    return self.schema(part, name, depth + 1);
                }
            }
            _ => {}
        }
        let mut conjunction = Conjunction::default();
        conjunction.path.extend(name.map(str::to_owned));
        self.add(&mut conjunction, schema);
        conjunction.name = name.map(str::to_owned).or(conjunction.name);
        self.finish(conjunction, depth)
    }

    fn reference(&self, reference: Option<&Value>) -> Type {
        match definition_name(reference) {
            Some(name) if self.definitions.contains(&name) => {
                Type::Named(Named::new(&name, self.definitions))
            }
            _ => Type::Any,
        }
    }

    /// The type of a value for which several schemas hold.
    fn all(&self, schemas: &[&'s Value], depth: usize) -> Type {
        match schemas {
            [] => Type::Any,
            [first, rest @ ..] if rest.iter().all(|schema| schema == first) => {
                self.schema(first, None, depth + 1)
            }
            _ => {
                let mut conjunction = Conjunction::default();
                for schema in schemas {
                    self.add(&mut conjunction, schema);
                }
                self.finish(conjunction, depth + 1)
            }
        }
    }

    /// Adds a schema to the conjunction, together with its `$ref` and `allOf`. A list of what is pending in place of
    /// recursion lets chains of references be long.
    fn add(&self, conjunction: &mut Conjunction<'s>, schema: &'s Value) {
        let mut pending = vec![Pending::Schema(schema, 0)];
        while let Some(next) = pending.pop() {
            let (schema, depth) = match next {
                Pending::Schema(schema, depth) => (schema, depth),
                Pending::Name(name) => {
                    conjunction.name.get_or_insert(name);
                    continue;
                }
            };
            let Value::Object(keywords) = schema else {
                conjunction.impossible |= schema == &Value::Bool(false);
                continue;
            };
            if depth > MAX_JOINED {
                conjunction.open = true;
                continue;
            }
            conjunction.add_keywords(keywords);
            let parts = array(keywords, "allOf").iter().rev();
            pending.extend(parts.map(|part| Pending::Schema(part, depth + 1)));
            if let Some(reference) = keywords.get("$ref") {
                pending.extend(self.target(conjunction, reference, depth).into_iter().flatten());
            }
        }
    }

    /// The target of a reference and then its name, the last one first, as far as they are not in the conjunction.
    fn target(
        &self,
        conjunction: &mut Conjunction<'s>,
        reference: &Value,
        depth: usize,
    ) -> Option<[Pending<'s>; 2]> {
        let found = definition_name(Some(reference))
            .and_then(|name| self.definitions.get(&name).map(|schema| (name, schema)));
        let Some((name, schema)) = found else {
            conjunction.open = true;
            return None;
        };
        // A schema that is already part of the conjunction adds nothing.
        let is_new = conjunction.path.insert(name.clone());
        is_new.then(|| [Pending::Name(name), Pending::Schema(schema, depth + 1)])
    }

    fn finish(&self, mut conjunction: Conjunction<'s>, depth: usize) -> Type {
        if conjunction.impossible {
            return Type::nothing();
        }
        let Some(left) = self.left.get().checked_sub(1).filter(|_| depth <= MAX_DEPTH) else {
            return Type::Any;
        };
        self.left.set(left);
        if !conjunction.choices.is_empty() {
            let choice = conjunction.choices.remove(0);
            let copied = conjunction.size().saturating_mul(choice.len());
            if conjunction.choices.is_empty() && conjunction.is_only_a_type() {
                return Type::union(choice.iter().map(|branch| self.schema(branch, None, depth + 1)));
            }
            let Some(copies) = self.copies.get().checked_sub(copied) else { return Type::Any };
            self.copies.set(copies);
            return Type::union(choice.iter().map(|branch| {
                let mut both = conjunction.clone();
                self.add(&mut both, branch);
                self.finish(both, depth + 1)
            }));
        }
        if let Some(values) = &conjunction.values {
            let types = conjunction.types.as_deref();
            let fits = |value: &Value| types.is_none_or(|types| fits_any(value, types));
            let kept = values.iter().filter(|value| !self.is_strict || fits(value));
            return Type::union(kept.flat_map(|value| listed(value, types, values.len() == 1)));
        }
        let kinds = conjunction.kinds();
        if kinds.is_empty() {
            return Type::Any;
        }
        Type::union(kinds.into_iter().map(|kind| self.kind(kind, &conjunction, depth)))
    }

    fn kind(&self, kind: &str, conjunction: &Conjunction<'s>, depth: usize) -> Type {
        match kind {
            "null" => Type::Null,
            "boolean" => Type::Boolean,
            "integer" => Type::Integer,
            "number" => Type::Number,
            "string" => Type::string(),
            "array" => self.list(conjunction, depth),
            "object" => self.object(conjunction, depth),
            _ => Type::Any,
        }
    }

    fn list(&self, conjunction: &Conjunction<'s>, depth: usize) -> Type {
        if conjunction.prefix.is_empty() {
            return Type::list(self.all(&conjunction.items, depth));
        }
        let prefix = conjunction.prefix.iter().map(|schema| self.schema(schema, None, depth + 1));
        let rest = (!conjunction.items.is_empty()).then(|| self.all(&conjunction.items, depth));
        Type::list(Type::union(prefix.chain(rest)))
    }

    fn object(&self, conjunction: &Conjunction<'s>, depth: usize) -> Type {
        let mut fields: IndexMap<String, Field> = IndexMap::new();
        for (name, schemas) in &conjunction.properties {
            let ty = self.all(schemas, depth);
            let presence = match (ty.is_nothing(), conjunction.required.contains(name)) {
                (true, _) => Presence::Never,
                (false, true) => Presence::Always,
                (false, false) => Presence::Maybe,
            };
            fields.insert((*name).to_owned(), Field { ty, presence });
        }
        let undeclared = match &conjunction.additional {
            Some(schema) => Some(self.schema(schema, None, depth + 1)),
            None if conjunction.open || (fields.is_empty() && !conjunction.closed) => Some(Type::Any),
            None => None,
        };
        for name in &conjunction.required {
            if !fields.contains_key(*name) {
                let ty = undeclared.clone().unwrap_or(Type::Any);
                fields.insert((*name).to_owned(), Field { ty, presence: Presence::Always });
            }
        }
        Type::Object(ObjectType {
            name: conjunction.name.clone(),
            fields: Arc::new(fields),
            additional: undeclared.map(Arc::new),
            proved: Vec::new(),
        })
    }
}

/// All schemas that hold for one value, merged.
#[derive(Clone, Default)]
struct Conjunction<'s> {
    name: Option<String>,
    /// The definitions that are already part of the conjunction.
    path: IndexSet<String>,
    types: Option<Vec<&'s str>>,
    values: Option<Vec<&'s Value>>,
    properties: IndexMap<&'s str, Vec<&'s Value>>,
    required: IndexSet<&'s str>,
    additional: Option<&'s Value>,
    open: bool,
    closed: bool,
    items: Vec<&'s Value>,
    prefix: Vec<&'s Value>,
    /// Alternatives: one branch of each entry holds.
    choices: Vec<&'s [Value]>,
    impossible: bool,
}

impl<'s> Conjunction<'s> {
    fn add_keywords(&mut self, keywords: &'s Map<String, Value>) {
        if let Some(title) = keywords.get("title").and_then(Value::as_str) {
            // The name is shown on one line.
            self.name.get_or_insert_with(|| {
                let words: String = title.chars().take(LONGEST_NAME).collect();
                words.split_whitespace().collect::<Vec<_>>().join(" ")
            });
        }
        self.add_types(keywords.get("type"));
        if self.values.is_none() {
            let one = keywords.get("const").map(|value| vec![value]);
            self.values = one.or_else(|| Some(keywords.get("enum")?.as_array()?.iter().collect()));
        }
        for (name, schema) in keywords.get("properties").and_then(Value::as_object).into_iter().flatten() {
            self.properties.entry(name).or_default().push(schema);
        }
        self.required.extend(array(keywords, "required").iter().filter_map(Value::as_str));
        match keywords.get("additionalProperties") {
            Some(Value::Bool(false)) => self.closed = true,
            Some(schema) => self.additional = Some(schema),
            None => {}
        }
        self.open |= OPENING.iter().any(|keyword| keywords.get(*keyword).is_some_and(|value| value != false));
        match keywords.get("items") {
            // The notation for tuples before 2020-12.
            Some(Value::Array(schemas)) => self.prefix.extend(schemas),
            Some(Value::Bool(false)) | None => {}
            Some(schema) => self.items.push(schema),
        }
        self.prefix.extend(array(keywords, "prefixItems"));
        for keyword in ["oneOf", "anyOf"] {
            let branches = array(keywords, keyword);
            if !branches.is_empty() {
                self.choices.push(branches);
            }
        }
    }

    fn add_types(&mut self, types: Option<&'s Value>) {
        let new: Vec<&str> = match types {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
            _ => return,
        };
        let Some(old) = &self.types else {
            self.types = Some(new);
            return;
        };
        let narrowed = |a: &'s str, b: &'s str| match (a, b) {
            ("number", "integer") | ("integer", "number") => Some("integer"),
            _ => (a == b).then_some(a),
        };
        let both: Vec<&str> = old.iter().flat_map(|a| new.iter().filter_map(|b| narrowed(a, b))).collect();
        // Contradicting types are a mistake in the schema; the first one is used.
        if !both.is_empty() {
            self.types = Some(both);
        }
    }

    /// Whether the conjunction contains at most `type`; names, flags and alternatives are ignored.
    fn is_only_a_type(&self) -> bool {
        self.properties.is_empty()
            && self.required.is_empty()
            && self.additional.is_none()
            && self.items.is_empty()
            && self.prefix.is_empty()
            && self.values.is_none()
    }

    /// The cost of a copy.
    fn size(&self) -> usize {
        let lists = [self.items.len(), self.prefix.len(), self.choices.len(), self.path.len()];
        1 + self.properties.len()
            + self.required.len()
            + self.values.as_ref().map_or(0, Vec::len)
            + lists.iter().sum::<usize>()
    }

    /// The declared types; without `type`, the types that the other keywords imply.
    fn kinds(&self) -> Vec<&'s str> {
        if let Some(types) = &self.types {
            return types.clone();
        }
        let object = !self.properties.is_empty()
            || !self.required.is_empty()
            || self.additional.is_some()
            || self.closed;
        let list = !self.items.is_empty() || !self.prefix.is_empty();
        object.then_some("object").into_iter().chain(list.then_some("array")).collect()
    }
}

fn array<'s>(keywords: &'s Map<String, Value>, keyword: &str) -> &'s [Value] {
    keywords.get(keyword).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The name in `#/$defs/NAME`.
fn definition_name(reference: Option<&Value>) -> Option<String> {
    let token = reference?.as_str()?.strip_prefix("#/$defs/")?;
    (!token.contains('/')).then(|| token.replace("~1", "/").replace("~0", "~"))
}

/// The types that a listed value allows. A value that does not fit the declared types allows itself and its equivalent
/// of these types: `1` and `"1"`. `is_alone`: no other value is listed.
fn listed(value: &Value, types: Option<&[&str]>, is_alone: bool) -> Vec<Type> {
    let mut allowed = vec![Type::of_value(value)];
    let Some(types) = types.filter(|types| !fits_any(value, types)) else { return allowed };
    match value {
        // Few services that list null beside another type ever respond with it, so null is left out of the type. Sent
        // literals are validated against the schema itself, which allows null.
        Value::Null if !is_alone => allowed.clear(),
        Value::Number(_) | Value::Bool(_) if types.contains(&"string") => {
            allowed.push(Type::of_value(&Value::String(value.to_string())));
        }
        Value::String(text) => {
            let spelled = serde_json::from_str(text).ok().filter(|spelled: &Value| {
                (spelled.is_number() || spelled.is_boolean()) && fits_any(spelled, types)
            });
            allowed.extend(spelled.map(|spelled| Type::of_value(&spelled)));
        }
        _ => {}
    }
    allowed
}

fn fits_any(value: &Value, types: &[&str]) -> bool {
    types.iter().any(|kind| match *kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => Type::Integer.admits(value),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => true,
    })
}
