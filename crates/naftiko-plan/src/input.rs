//! What a run has to be given, and what its schema says against a value.
//!
//! A value is held to it in one room: whether an operator gives it or the step of another composition hands it over.

use naftiko_schema::{Options, Schema, Verdict};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

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

/// How many objections to one value are listed.
const MOST: usize = 100;

impl Input {
    /// What its schema says against a value, `format` included; nothing if the value fits. A value that cannot be
    /// checked within the budget of the validator does not fit.
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
    /// An objection whose reason does not quote the value.
    fn plain(pointer: &str, reason: String) -> Self {
        Self { pointer: pointer.to_owned(), masked: reason.clone(), reason }
    }
}
