//! Tests of the public interface.

mod agreement;
mod explanation;
mod growth;
mod leniency;
mod unknown;

use serde_json::{Map, Value};

use crate::{Options, Report, Schema};

/// The report on a value; references lead into the schema itself.
fn report(schema: &Value, value: &Value, options: Options) -> Report {
    Schema::compile(schema, &Map::new(), options).examine(value, 20)
}

/// The violations of a report, one line each.
fn lines(report: &Report) -> Vec<String> {
    report
        .violations
        .iter()
        .map(|violation| format!("{}: {}", violation.pointer, violation.quoted()))
        .collect()
}
