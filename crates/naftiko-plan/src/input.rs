//! What a run has to be given, and what its schema says against a value.
//!
//! A value is held to it in one room: whether an operator gives it or the step of another composition hands it over.

use jsonschema::{PatternOptions, ValidationError, Validator};
use naftiko_expr::demand::{Demand, misfit};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", from = "WrittenInput", into = "WrittenInput")]
pub struct Input {
    /// Its name.
    pub name: String,
    /// The JSON Schema of its value.
    pub schema: Value,
    /// Whether a run without it is refused.
    pub required: bool,
    /// Its value when none is given. The default of a sensitive input is stored as `***`, so a plan that is read back
    /// requires the input.
    pub default: Option<Value>,
    /// Whether it must never be printed or stored in clear.
    pub sensitive: bool,
    /// What it means.
    pub description: Option<String>,
}

/// An input as it is written.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WrittenInput {
    name: String,
    schema: Value,
    required: bool,
    default: Option<Value>,
    sensitive: bool,
    description: Option<String>,
}

/// What is written for a default that may not be.
const WITHHELD: &str = "***";

impl From<Input> for WrittenInput {
    fn from(input: Input) -> Self {
        let Input { name, schema, required, default, sensitive, description } = input;
        let default = default.map(|default| if sensitive { WITHHELD.into() } else { default });
        Self { name, schema, required, default, sensitive, description }
    }
}

impl From<WrittenInput> for Input {
    fn from(written: WrittenInput) -> Self {
        let WrittenInput { name, schema, required, default, sensitive, description } = written;
        let required = required || (sensitive && default.is_some());
        Self { name, schema, required, default: default.filter(|_| !sensitive), sensitive, description }
    }
}

/// Something that is wrong with the value of an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objection {
    /// The JSON pointer of the part that does not fit; empty: the value itself.
    pub pointer: String,
    /// What is wrong with it, which may quote the value.
    pub reason: String,
    /// The same without the value.
    pub masked: String,
}

impl Input {
    /// What its schema says against a value, `format` included; nothing if the value fits.
    pub fn objections(&self, value: &Value) -> Vec<Objection> {
        match validator(&self.schema) {
            Ok(validator) => validator.iter_errors(value).map(|error| Objection::of(&error)).collect(),
            Err(error) => {
                let reason = format!("its schema cannot be read: {error}");
                vec![Objection { pointer: String::new(), masked: reason.clone(), reason }]
            }
        }
    }
}

impl Objection {
    fn of(error: &ValidationError<'_>) -> Self {
        Self {
            pointer: error.instance_path().to_string(),
            reason: misfit(error),
            masked: match Demand::of(error) {
                Some(demand) => format!("expected {}", demand.expected),
                None => error.masked_with("the value").to_string(),
            },
        }
    }
}

/// A schema, ready to be used. The linear engine first: no pattern and no value can stop a run; the other one knows
/// more, and gives up.
fn validator(schema: &Value) -> Result<Validator, ValidationError<'static>> {
    let options = || jsonschema::options().should_validate_formats(true);
    options().with_pattern_options(PatternOptions::regex()).build(schema).or_else(|_| options().build(schema))
}
