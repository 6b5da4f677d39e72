//! An argument that the description marks as deprecated.

use naftiko_adapter::Operation;
use naftiko_diagnostics::{Code, Diagnostic, Severity, Span};
use naftiko_plan::Slot;
use naftiko_spec::Value;
use serde_json::Value as Json;

use crate::ir::bound::BoundArgument;
use crate::analyses::model::{Call, Model};
use crate::ir::schema;

pub(crate) static CODE: Code = Code {
    id: "deprecated-argument",
    severity: Severity::Warning,
    summary: "an argument is deprecated",
};

pub(crate) fn check(model: &Model<'_>) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    for call in model.calls() {
        for argument in &call.bound.arguments {
            for (name, span) in deprecated(&call, argument) {
                diagnostics.push(report(model, &call, argument, &name, span));
            }
        }
    }
    diagnostics
}

fn report(
    model: &Model<'_>,
    call: &Call<'_>,
    argument: &BoundArgument,
    name: &str,
    span: Span,
) -> Diagnostic {
    let operation = &call.invoke.operation.value;
    let diagnostic = Diagnostic::new(&CODE, span, format!("`{name}` of `{operation}` is deprecated"));
    let diagnostic = match argument.key {
        Some(_) => diagnostic.with_help("remove it, or see the provider's documentation for its replacement"),
        None => diagnostic
            .with_label(format!("`{name}` is inferred"))
            .with_help("edition 0.2 infers no arguments: there it can be left out"),
    };
    match model.entry(call) {
        Some(entry) => diagnostic.with_related(entry.span, format!("`{name}` is deprecated in the description")),
        None => diagnostic,
    }
}

/// The deprecated names in an argument, with their spans.
fn deprecated(call: &Call<'_>, argument: &BoundArgument) -> Vec<(String, Span)> {
    let operation = &call.resolution.operation;
    let place = call.place(argument);
    let value = call.written(argument).map(|written| &written.value);
    match &argument.slot {
        Slot::Parameter(_, name) => {
            let deprecated = call.resolution.parameter(&argument.slot).is_some_and(|parameter| {
                parameter.deprecated || schema::is_deprecated(operation, &parameter.schema)
            });
            deprecated.then(|| (name.clone(), place)).into_iter().collect()
        }
        Slot::Property(name) => {
            let Some(body) = &operation.body else { return Vec::new() };
            let schemas = schema::field(operation, &body.schema, name);
            let mut found = Vec::new();
            entry(operation, &schemas, name, place, value, &mut found);
            found
        }
        Slot::Body => {
            let Some(body) = &operation.body else { return Vec::new() };
            let mut found = Vec::new();
            if let Some(value) = value {
                inside(operation, &[&body.schema], value, &mut found);
            }
            found
        }
    }
}

/// Adds a field to `found` if every schema that declares it says that it is deprecated. Otherwise searches its value.
fn entry(
    operation: &Operation,
    schemas: &[&Json],
    name: &str,
    place: Span,
    value: Option<&Value>,
    found: &mut Vec<(String, Span)>,
) {
    let deprecated = |schema: &&Json| schema::is_deprecated(operation, schema);
    if !schemas.is_empty() && schemas.iter().all(deprecated) {
        found.push((name.to_owned(), place));
    } else if let Some(value) = value {
        inside(operation, schemas, value, found);
    }
}

/// Adds the deprecated fields inside a value that has one of these schemas to `found`.
fn inside(operation: &Operation, schemas: &[&Json], value: &Value, found: &mut Vec<(String, Span)>) {
    match value {
        Value::Object { entries, .. } => {
            for (name, written) in entries {
                let of_field: Vec<&Json> =
                    schemas.iter().flat_map(|schema| schema::field(operation, schema, name)).collect();
                entry(operation, &of_field, name, written.key, Some(&written.value), found);
            }
        }
        Value::List { items, .. } => {
            let of_items: Vec<&Json> =
                schemas.iter().flat_map(|schema| schema::items(operation, schema)).collect();
            for item in items {
                inside(operation, &of_items, item, found);
            }
        }
        Value::Scalar { .. } | Value::Unclear { .. } => {}
    }
}
