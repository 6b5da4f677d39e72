//! Diagnostics for the JSON Schemas in documents, at the exact position of each error.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Error;
use naftiko_diagnostics::{Applicability, Diagnostic, Fix, nearest, one_of};
use naftiko_syntax::{Node, Place};
use serde_json::Value as Json;

use crate::codes::INVALID_SCHEMA;
use crate::demand::{Demand, expected_type};

const TYPES: [&str; 7] = ["string", "integer", "number", "boolean", "array", "object", "null"];

/// The keys whose values map names to schemas.
const NAMED: [&str; 4] = ["properties", "patternProperties", "$defs", "dependentSchemas"];

/// The error in a JSON Schema that was written at `node`; `None` if it is valid.
pub(crate) fn invalid_schema(schema: &Json, node: &Node) -> Option<Diagnostic> {
    let error = jsonschema::draft202012::new(schema).err()?;
    let pointer = error.instance_path().as_str();
    let place = node.span_at(pointer, Place::Value).unwrap_or(node.span);
    let of = |message: String| Diagnostic::new(&INVALID_SCHEMA, place, message);
    let mut keys = pointer.rsplit('/');
    let (key, around) = (keys.next().unwrap_or_default(), keys.next().unwrap_or_default());
    let property = Some(around).filter(|_| keys.next() == Some("properties"));
    let is_keyword = !key.is_empty() && !NAMED.contains(&around) && key.parse::<usize>().is_err();
    Some(match error.kind() {
        Error::AnyOf { .. } if is_keyword && key == "type" => no_type(node, pointer),
        Error::Type { .. } if is_keyword && key == "required" => no_list_of_names(&of, &error, property),
        Error::Type { .. } if takes_schema(&error) => no_schema(&of, &error),
        Error::Format { format } if format == "regex" => {
            of(format!("`{}` is not a regular expression", text(&error)))
        }
        Error::Referencing(_) => of("`$ref` does not resolve".to_owned())
            .with_help("it leads to a schema in this one: `#/$defs/name`"),
        _ => match Demand::of(&error) {
            Some(demand) if is_keyword => {
                of(format!("`{key}` takes {}, found {}", demand.expected, demand.found))
            }
            Some(demand) => of(format!("expected {}, found {}", demand.expected, demand.found)),
            None => of("this is not a JSON Schema".to_owned())
                .with_label(error.to_string())
                .with_help("use the keywords of JSON Schema, draft 2020-12"),
        },
    })
}

fn text(error: &ValidationError<'_>) -> String {
    error.instance().as_str().unwrap_or_default().to_owned()
}

/// Whether an error is about a schema that is neither a mapping nor a boolean.
fn takes_schema(error: &ValidationError<'_>) -> bool {
    match error.kind() {
        Error::Type { kind } => {
            let expected = expected_type(kind);
            expected.contains("`true` or `false`") && expected.contains("a mapping")
        }
        _ => false,
    }
}

/// The diagnostic for an unknown `type`: at the word itself, or at the first such word of a list.
fn no_type(node: &Node, pointer: &str) -> Diagnostic {
    let whole = node.pointer(pointer).unwrap_or(node);
    let is_type = |word: &&Node| word.as_str().is_some_and(|word| TYPES.contains(&word));
    let word =
        whole.as_sequence().and_then(|words| words.iter().find(|word| !is_type(word))).unwrap_or(whole);
    let types = one_of(TYPES);
    let Some(found) = word.as_str() else {
        return Diagnostic::new(
            &INVALID_SCHEMA,
            word.span,
            format!("`type` is {types}, found {}", word.kind()),
        );
    };
    let diagnostic = Diagnostic::new(&INVALID_SCHEMA, word.span, format!("`{found}` is not a type"))
        .with_help(format!("`type` is {types}"));
    // `int` and `bool` are the names in other languages.
    let abbreviated = || TYPES.into_iter().find(|name| found.len() > 2 && name.starts_with(found));
    match nearest(found, TYPES).or_else(abbreviated).or_else(|| type_of_word(found)) {
        Some(near) => diagnostic.with_suggestion(near),
        None => diagnostic,
    }
}

/// The type for a name from other languages.
pub(crate) fn type_of_word(word: &str) -> Option<&'static str> {
    match word.to_ascii_lowercase().as_str() {
        "text" | "str" | "date" | "email" | "uri" | "uuid" => Some("string"),
        "long" => Some("integer"),
        "float" | "double" | "decimal" => Some("number"),
        "list" | "sequence" => Some("array"),
        "map" | "mapping" | "dict" | "hash" => Some("object"),
        _ => None,
    }
}

/// The diagnostic for a `required` that is a single name or a boolean.
fn no_list_of_names(
    of: &impl Fn(String) -> Diagnostic,
    error: &ValidationError<'_>,
    property: Option<&str>,
) -> Diagnostic {
    let diagnostic = of("`required` is a list of names".to_owned());
    let help = match error.instance().as_ref() {
        Json::String(name) if name.chars().all(|c| c.is_alphanumeric() || c == '_') => {
            let list = format!("[{name}]");
            let fix =
                Fix::replace("make it a list", diagnostic.primary.span, list.clone(), Applicability::Safe);
            return diagnostic.with_help(format!("write `required: {list}`")).with_fix(fix);
        }
        Json::Bool(false) => "remove it: names that are not in the list are not required".to_owned(),
        _ => match property {
            Some(name) => format!("remove it, and write `required: [{name}]` beside `properties`"),
            None => "write `required: [name]` beside `properties`".to_owned(),
        },
    };
    diagnostic.with_help(help)
}

/// The diagnostic for a value that is not a schema, usually the bare name of a type.
fn no_schema(of: &impl Fn(String) -> Diagnostic, error: &ValidationError<'_>) -> Diagnostic {
    let found = Demand::of(error).map(|demand| demand.found).unwrap_or_default();
    let diagnostic = of(format!("expected a JSON Schema, found {found}"));
    let name = text(error);
    if !TYPES.contains(&name.as_str()) {
        return diagnostic.with_help("a schema is a mapping: `{type: string}`");
    }
    let meant = format!("{{type: {name}}}");
    let fix = Fix::replace(
        format!("replace it by `{meant}`"),
        diagnostic.primary.span,
        meant.clone(),
        Applicability::Safe,
    );
    diagnostic.with_help(format!("write `{meant}`")).with_fix(fix)
}
