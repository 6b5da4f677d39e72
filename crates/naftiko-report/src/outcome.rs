//! What a run gives back.

use indexmap::IndexMap;
use naftiko_journal::{Failure, Status};
use serde::Serialize;
use serde_json::Value;

/// The last line of a run in JSON.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome<'a> {
    /// How the run ended, or that it waits.
    pub outcome: Status,
    /// The id of the run.
    pub run: &'a str,
    /// The outputs by name; empty unless the run succeeded.
    pub outputs: &'a IndexMap<String, Value>,
    /// The steps that wait for somebody outside.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub waiting: &'a [String],
    /// Why it failed, and at which step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<&'a Failure>,
    /// The step that failed or is in doubt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<&'a str>,
}
