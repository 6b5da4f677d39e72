//! The inputs of a plan, and the validation of their values.
//!
//! Values from an operator and from the step of another composition are validated by the same code.

use naftiko_schema::{Options, Schema, Verdict};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// An input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", from = "WrittenInput", into = "WrittenInput")]
pub struct Input {
    /// The name.
    pub name: String,
    /// The JSON Schema of its value.
    pub schema: Value,
    /// Whether a run without it is rejected.
    pub required: bool,
    /// The default. That of a sensitive input is stored as `***`, so a plan that is read back requires the input.
    pub default: Option<Value>,
    /// Whether it must never be printed or stored unencrypted.
    pub sensitive: bool,
    /// The meaning of the input.
    pub description: Option<String>,
}

/// The stored form of an input.
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

/// Stored in place of the default of a sensitive input.
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

/// A violation of an input's schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objection {
    /// The JSON pointer of the invalid part; empty for the value itself.
    pub pointer: String,
    /// A description, which may quote the value.
    pub reason: String,
    /// The description without the value.
    pub masked: String,
}

/// The maximum number of violations listed for one value.
const MOST: usize = 100;

impl Input {
    /// The violations of the schema by a value, including `format`; empty if the value is valid. A value that cannot be
    /// checked within the budget of the validator is invalid.
    pub fn objections(&self, value: &Value) -> Vec<Objection> {
        let schema = Schema::compile(&self.schema, &Map::new(), Options::STRICT);
        if let Some(defect) = schema.defects().first() {
            return vec![Objection::plain("", format!("its schema cannot be read: {}", defect.reason))];
        }
        let report = schema.examine(value, MOST);
        if report.verdict == Verdict::Fits {
            return Vec::new();
        }
        let violations = report.violations.iter().map(|violation| Objection {
            pointer: violation.pointer.clone(),
            reason: violation.quoted(),
            masked: violation.redacted(),
        });
        let undecided = report.undecided.iter().map(|(pointer, pattern)| {
            Objection::plain(
                pointer,
                format!("it cannot be checked: `{pattern}` needs too many steps for it"),
            )
        });
        let exhausted = report.exhausted.then(|| {
            Objection::plain("", "it cannot be checked: its schema needs too many steps for it".to_owned())
        });
        violations.chain(undecided).chain(exhausted).collect()
    }
}

impl Objection {
    /// A violation whose description does not quote the value.
    fn plain(pointer: &str, reason: String) -> Self {
        Self { pointer: pointer.to_owned(), masked: reason.clone(), reason }
    }
}
