//! The outcome of a run, as JSON.

use std::sync::Arc;

use indexmap::IndexMap;
use naftiko_journal::{Failure, Status};
use serde::Serialize;
use serde_json::Value;

/// The last line of a run under `--json`.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome<'a> {
    /// How the run ended, or that it waits.
    pub outcome: Status,
    /// The id of the run.
    pub run: &'a str,
    /// The outputs by name; empty unless the run succeeded.
    pub outputs: &'a IndexMap<String, Arc<Value>>,
    /// The names of the steps that wait for an answer from outside.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub waiting: &'a [String],
    /// The reason of the failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<&'a Failure>,
    /// The step that failed or is in doubt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<&'a str>,
}
