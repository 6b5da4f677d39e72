//! A simplified schema: references followed, `allOf` merged, a branch of each `oneOf` and `anyOf` chosen.
//!
//! Nothing is copied: a shape is the list of the schemas that apply at the same time.

use std::collections::VecDeque;

use indexmap::{IndexMap, IndexSet};
use serde_json::{Map, Value};

/// The maximum number of parts. Schemas written by people have fewer.
const MOST_PARTS: usize = 256;

/// The schemas that a value must fit at the same time.
#[derive(Clone)]
pub(crate) struct Shape<'a> {
    parts: Vec<Part<'a>>,
    /// Whether a union offers null next to the chosen branch.
    offers_null: bool,
    /// The name of the first definition that the schema refers to.
    pub(crate) name: Option<&'a str>,
}

#[derive(Clone, Copy)]
struct Part<'a> {
    schema: &'a Map<String, Value>,
    /// Whether the part is inside a branch next to which null is offered.
    beside_null: bool,
}

impl<'a> Shape<'a> {
    /// The shape of a value that fits all of `schemas`, with branches that suit `wish`.
    pub(crate) fn of(
        definitions: &'a Map<String, Value>,
        schemas: &[&'a Value],
        wish: Option<&Value>,
    ) -> Self {
        Self::of_choice(definitions, schemas, wish, 0)
    }

    /// Like [`of`](Self::of), with another choice of branches where only their order decides.
    pub(crate) fn of_choice(
        definitions: &'a Map<String, Value>,
        schemas: &[&'a Value],
        wish: Option<&Value>,
        choice: usize,
    ) -> Self {
        let mut shape = Self { parts: Vec::new(), offers_null: false, name: None };
        let mut waiting: VecDeque<(&'a Value, bool)> =
            schemas.iter().map(|schema| (*schema, false)).collect();
        while let Some((schema, beside_null)) = waiting.pop_front() {
            let Some(map) = schema.as_object() else { continue };
            if shape.parts.len() >= MOST_PARTS
                || shape.parts.iter().any(|part| std::ptr::eq(part.schema, map))
            {
                continue;
            }
            shape.parts.push(Part { schema: map, beside_null });
            let mut next: Vec<(&'a Value, bool)> = Vec::new();
            if let Some(name) = reference(map) {
                shape.name = shape.name.or(Some(name));
                next.extend(definitions.get(name).map(|schema| (schema, beside_null)));
            }
            next.extend(list(map, "allOf").iter().map(|schema| (schema, beside_null)));
            for branches in [list(map, "oneOf"), list(map, "anyOf")] {
                let nulls = branches.iter().any(|branch| is_null(definitions, branch));
                shape.offers_null |= nulls;
                let chosen = choose(definitions, branches, wish, choice);
                next.extend(chosen.map(|schema| (schema, beside_null || nulls)));
            }
            // A reference is expanded in place, before the schemas that follow it.
            for entry in next.into_iter().rev() {
                waiting.push_front(entry);
            }
        }
        shape
    }

    /// The values of a keyword in all parts.
    pub(crate) fn keyword(&self, name: &'a str) -> impl Iterator<Item = &'a Value> {
        self.parts.iter().filter_map(move |part| part.schema.get(name))
    }

    /// A schema that identifies this shape: the first part without `$ref`, or else the first part.
    pub(crate) fn identity(&self) -> Option<&'a Map<String, Value>> {
        let mut parts = self.parts.iter().map(|part| part.schema);
        parts.clone().find(|schema| !schema.contains_key("$ref")).or_else(|| parts.next())
    }

    /// The allowed types, without null; `None` if all types are allowed.
    pub(crate) fn types(&self) -> Option<Vec<&'a str>> {
        let mut types: Option<Vec<&'a str>> = None;
        for said in self.keyword("type") {
            let said: Vec<&'a str> = match said {
                Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
                name => name.as_str().into_iter().collect(),
            };
            types = Some(match types {
                None => said,
                Some(before) => meet(&before, &said),
            });
        }
        // If `enum` or `const` contradicts `type`, the listed values take precedence.
        let listed = self.listed();
        let is_beside = |said: &Vec<&'a str>| {
            let types = |all: &[&'a str]| -> Vec<&'a str> {
                all.iter().copied().filter(|it| *it != "null").collect()
            };
            listed.as_ref().is_some_and(|listed| {
                let listed = types(listed);
                !listed.is_empty() && meet(&types(said), &listed).is_empty()
            })
        };
        let types = types.filter(|said| !is_beside(said));
        let types = types.or(listed).or_else(|| self.implied().map(|name| vec![name]));
        types.map(|types| types.into_iter().filter(|name| *name != "null").collect())
    }

    /// The types of the values in `enum` and `const`.
    fn listed(&self) -> Option<Vec<&'a str>> {
        let types: IndexSet<&'a str> = self.fixed().into_iter().map(type_of).collect();
        (!types.is_empty()).then(|| types.into_iter().collect())
    }

    /// The type that other keywords imply.
    fn implied(&self) -> Option<&'static str> {
        let has = |names: &[&'static str]| names.iter().any(|name| self.keyword(name).next().is_some());
        if has(&["properties", "required", "additionalProperties"]) {
            return Some("object");
        }
        if has(&["items", "prefixItems", "minItems", "maxItems"]) {
            return Some("array");
        }
        if has(&["minLength", "maxLength", "pattern", "format"]) {
            return Some("string");
        }
        has(&["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]).then_some("number")
    }

    /// Whether the schema explicitly allows null.
    pub(crate) fn nullable(&self) -> bool {
        let mut said = self.offers_null;
        for part in self.parts.iter().filter(|part| !part.beside_null) {
            let named = part.schema.get("type");
            let listed = part.schema.get("enum");
            let constant = part.schema.get("const");
            let allowed = named.is_none_or(|names| *names == "null" || in_list(names, &Value::from("null")))
                && listed.is_none_or(|list| in_list(list, &Value::Null))
                && constant.is_none_or(Value::is_null);
            if !allowed {
                return false;
            }
            said |= named.is_some() || listed.is_some() || constant.is_some();
        }
        said
    }

    /// The values that `const` and `enum` allow, constants first.
    pub(crate) fn fixed(&self) -> Vec<&'a Value> {
        let listed = self.keyword("enum").filter_map(Value::as_array).flatten();
        self.keyword("const").chain(listed).collect()
    }

    /// The value of `const`.
    pub(crate) fn constant(&self) -> Option<&'a Value> {
        self.keyword("const").next()
    }

    /// The examples in order, without null.
    pub(crate) fn examples(&self) -> impl Iterator<Item = &'a Value> {
        let listed = self.keyword("examples").flat_map(|examples| match examples {
            Value::Array(examples) => examples.iter().collect::<Vec<_>>(),
            Value::Object(examples) => examples.values().filter_map(|example| example.get("value")).collect(),
            _ => Vec::new(),
        });
        listed.chain(self.keyword("example")).filter(|example| !example.is_null())
    }

    /// The properties with all their schemas, in the order of their first occurrence.
    pub(crate) fn properties(&self) -> IndexMap<&'a str, Vec<&'a Value>> {
        let mut properties: IndexMap<&'a str, Vec<&'a Value>> = IndexMap::new();
        for (name, schema) in self.keyword("properties").filter_map(Value::as_object).flatten() {
            properties.entry(name).or_default().push(schema);
        }
        properties
    }

    /// The required properties.
    pub(crate) fn required(&self) -> IndexSet<&'a str> {
        self.keyword("required").filter_map(Value::as_array).flatten().filter_map(Value::as_str).collect()
    }

    /// Whether a property is required.
    pub(crate) fn requires(&self, name: &str) -> bool {
        self.keyword("required").filter_map(Value::as_array).flatten().any(|required| required == name)
    }

    /// The properties that are required because of the fields that are present.
    pub(crate) fn dependents(&self, fields: &Map<String, Value>) -> Vec<&'a str> {
        let has_all = |names: &[Value]| {
            names.iter().all(|name| name.as_str().is_some_and(|name| fields.contains_key(name)))
        };
        let of_part = |part: &Part<'a>| -> Vec<&'a str> {
            let by_field = |keyword: &str| part.schema.get(keyword).and_then(Value::as_object);
            let named = by_field("dependentRequired").into_iter().flatten();
            let named = named.filter(|(field, _)| fields.contains_key(*field)).map(|(_, names)| names);
            let schemas = by_field("dependentSchemas").into_iter().flatten();
            let schemas = schemas.filter(|(field, _)| fields.contains_key(*field));
            let schemas = schemas.filter_map(|(_, schema)| schema.get("required"));
            // Of an `if`, only `required` can be evaluated here.
            let condition = part.schema.get("if").and_then(|condition| condition.get("required"));
            let is_met = condition.and_then(Value::as_array).is_some_and(|names| has_all(names));
            let then = part.schema.get("then").and_then(|then| then.get("required")).filter(|_| is_met);
            named
                .chain(schemas)
                .chain(then)
                .filter_map(Value::as_array)
                .flatten()
                .filter_map(Value::as_str)
                .collect()
        };
        self.parts.iter().flat_map(of_part).collect()
    }

    /// The schemas of all items of a list.
    pub(crate) fn items(&self) -> Vec<&'a Value> {
        self.keyword("items").collect()
    }

    /// The schemas of the item at `index`.
    pub(crate) fn item(&self, index: usize) -> Vec<&'a Value> {
        let tuple = self.keyword("prefixItems").filter_map(|items| items.get(index));
        let tuple: Vec<_> = tuple.collect();
        if tuple.is_empty() { self.items() } else { tuple }
    }

    /// The greatest value of a lower bound.
    pub(crate) fn least(&self, keyword: &'a str) -> Option<f64> {
        self.keyword(keyword).filter_map(Value::as_f64).reduce(f64::max)
    }

    /// The least value of an upper bound.
    pub(crate) fn most(&self, keyword: &'a str) -> Option<f64> {
        self.keyword(keyword).filter_map(Value::as_f64).reduce(f64::min)
    }

    /// A count bound: the greatest of a keyword that starts with `min`, the least of any other.
    pub(crate) fn count(&self, keyword: &'a str) -> Option<usize> {
        let counts =
            self.keyword(keyword).filter_map(Value::as_u64).filter_map(|count| usize::try_from(count).ok());
        if keyword.starts_with("min") { counts.max() } else { counts.min() }
    }

    /// Whether a keyword is `true` in any part.
    pub(crate) fn says(&self, keyword: &'a str) -> bool {
        self.keyword(keyword).any(|value| *value == true)
    }
}

/// The name in `#/$defs/NAME`.
fn reference(schema: &Map<String, Value>) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix("#/$defs/")
}

fn list<'a>(schema: &'a Map<String, Value>, keyword: &str) -> &'a [Value] {
    schema.get(keyword).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn in_list(list: &Value, value: &Value) -> bool {
    list.as_array().is_some_and(|list| list.contains(value))
}

/// The JSON Schema type of a value.
pub(crate) fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// The types that both lists allow; `integer` is a subtype of `number`.
fn meet<'a>(left: &[&'a str], right: &[&'a str]) -> Vec<&'a str> {
    let narrow = |of: &[&'a str], by: &[&'a str]| -> Vec<&'a str> {
        let allowed = |name: &&'a str| by.contains(name) || (*name == "integer" && by.contains(&"number"));
        of.iter().copied().filter(allowed).collect()
    };
    let mut types = narrow(left, right);
    types.extend(narrow(right, left).into_iter().filter(|name| !left.contains(name)));
    types
}

/// Whether a branch allows only null.
fn is_null<'a>(definitions: &'a Map<String, Value>, mut branch: &'a Value) -> bool {
    for _ in 0..=definitions.len() {
        let Some(map) = branch.as_object() else { return false };
        let Some(next) = reference(map).and_then(|name| definitions.get(name)) else {
            return branch.get("type").is_some_and(|name| name == "null")
                || branch.get("const").is_some_and(Value::is_null);
        };
        branch = next;
    }
    false
}

/// The branch to take: the first that suits the wish and has all its required fields, then the first that suits the
/// wish, then the first that is not null.
fn choose<'a>(
    definitions: &'a Map<String, Value>,
    branches: &'a [Value],
    wish: Option<&Value>,
    choice: usize,
) -> Option<&'a Value> {
    let real = branches.iter().filter(|branch| !is_null(definitions, branch));
    let suiting = wish.and_then(|wish| {
        let mut suiting = real.clone().filter(|branch| suits(definitions, branch, wish));
        let complete = |branch: &&Value| {
            let shape = Shape::of(definitions, &[*branch], None);
            shape.required().into_iter().all(|name| wish.get(name).is_some())
        };
        let count = suiting.clone().count().max(1);
        let by_order = suiting.clone().nth(choice % count);
        if choice == 0 { suiting.find(complete).or(by_order) } else { by_order }
    });
    let count = real.clone().count().max(1);
    suiting.or_else(|| real.clone().nth(choice % count))
}

/// Whether a wish has a type of the branch, and contradicts none of its constants.
fn suits(definitions: &Map<String, Value>, branch: &Value, wish: &Value) -> bool {
    let shape = Shape::of(definitions, &[branch], None);
    let type_of_wish = type_of(wish);
    let typed = shape.types().is_none_or(|types| {
        types.contains(&type_of_wish) || (type_of_wish == "integer" && types.contains(&"number"))
    });
    let fixed = shape.fixed();
    typed
        && (fixed.is_empty() || fixed.contains(&wish))
        && shape.properties().into_iter().all(|(name, schemas)| {
            let constants = schemas.iter().filter_map(|schema| schema.get("const"));
            wish.get(name).is_none_or(|value| constants.clone().all(|constant| constant == value))
        })
}
