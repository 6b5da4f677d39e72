//! Pagination: which part of a list a call requests, and the cursors in its response.
//!
//! The mock recognizes pagination parameters by their usual names only.

use naftiko_adapter::{Operation, Place};
use serde_json::{Map, Value};

use crate::name::{is_limit, leads_back, leads_on, plain};
use crate::shape::Shape;
use crate::turn::Turn;

/// The requested part of a list.
pub(crate) struct Page {
    pub(crate) items: Vec<Map<String, Value>>,
    /// The cursor of the next page; `None` if this is the last page.
    next: Option<String>,
}

impl Page {
    /// The part of `all` that a call requests.
    pub(crate) fn of(turn: &Turn<'_>, all: Vec<Map<String, Value>>) -> Self {
        let limit = limit(turn);
        let begins = begins(turn, &all, limit);
        let is_last = begins.saturating_add(limit) >= all.len();
        let items: Vec<_> = all.into_iter().skip(begins).take(limit).collect();
        let next = items.last().filter(|_| !is_last).and_then(|item| item.get("id")).map(text);
        Self { items, next }
    }

    /// Sets the cursor fields of a body to the next cursor. On the last page, and for fields that lead back, a cursor
    /// is null, empty or absent.
    pub(crate) fn say(&self, operation: &Operation, schema: &Value, body: &mut Value) {
        let whole = Shape::of(&operation.definitions, &[schema], None);
        let Value::Object(fields) = body else { return };
        self.say_in(operation, &whole, fields);
        for (name, schemas) in whole.properties() {
            if let Some(Value::Object(fields)) = fields.get_mut(name) {
                self.say_in(operation, &Shape::of(&operation.definitions, &schemas, None), fields);
            }
        }
    }

    fn say_in(&self, operation: &Operation, shape: &Shape<'_>, fields: &mut Map<String, Value>) {
        let names: Vec<String> =
            fields.keys().filter(|name| is_cursor_of(operation, name)).cloned().collect();
        for name in names {
            let Some(said) = fields.get_mut(&name) else { continue };
            match &self.next {
                Some(next) if !leads_back(&name) => *said = next.as_str().into(),
                _ if said.is_null() => {}
                _ if shape.requires(&name) => *said = "".into(),
                _ => drop(fields.shift_remove(&name)),
            }
        }
    }
}

/// Whether a field contains the value for a cursor parameter of the operation.
fn is_cursor_of(operation: &Operation, field: &str) -> bool {
    let field = plain(field);
    operation.parameters.iter().any(|parameter| {
        let name = plain(&parameter.name);
        parameter.place == Place::Query
            && (leads_on(&name) || leads_back(&name))
            && (field == name || field.strip_prefix("next") == Some(name.as_str()))
    })
}

/// The number of items before the requested page.
fn begins(turn: &Turn<'_>, all: &[Map<String, Value>], limit: usize) -> usize {
    for ((place, name), value) in &turn.call.arguments.parameters {
        if *place != Place::Query {
            continue;
        }
        let (name, value) = (plain(name), text(value));
        let number = value.parse::<usize>().unwrap_or_default();
        match name.as_str() {
            "offset" | "skip" => return number,
            "page" | "pagenumber" => {
                return number.saturating_sub(first(turn.operation(), &name)).saturating_mul(limit);
            }
            name if leads_on(name) => {
                let last = all.iter().position(|item| item.get("id").map(text).as_ref() == Some(&value));
                // No items follow an unknown cursor.
                return last.map_or(all.len(), |last| last + 1);
            }
            _ => {}
        }
    }
    0
}

/// The number of the first page: the default or the minimum of the parameter, or else 1.
fn first(operation: &Operation, name: &str) -> usize {
    let parameter = operation.parameters.iter().find(|parameter| plain(&parameter.name) == name);
    let schema = parameter.and_then(|parameter| operation.resolve(&parameter.schema));
    let number = |keyword: &str| schema?.get(keyword)?.as_u64()?.try_into().ok();
    number("default").or_else(|| number("minimum")).unwrap_or(1)
}

/// The maximum number of items that the caller requests.
fn limit(turn: &Turn<'_>) -> usize {
    let arguments = turn.call.arguments.parameters.iter();
    let mut limits = arguments.filter(|((place, name), _)| *place == Place::Query && is_limit(name));
    limits.next().and_then(|(_, value)| text(value).parse().ok()).unwrap_or(usize::MAX)
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
