//! Validates generated responses against their schemas.

use std::collections::BTreeMap;
use std::sync::Arc;

use naftiko_schema::{Formats, Options, Schema, Verdict};
use serde_json::Value;

use crate::turn::Turn;
use crate::world::name_of;

/// The compiled schemas of responses, by operation and status.
#[derive(Default)]
pub(crate) struct AnswerSchemas {
    compiled: BTreeMap<(String, u16), Arc<AnswerSchema>>,
}

/// The compiled schema of one response.
pub(crate) struct AnswerSchema(Schema);

impl AnswerSchemas {
    /// The compiled schema of the response in a turn.
    pub(crate) fn of(&mut self, turn: &Turn<'_>, schema: &Value) -> Arc<AnswerSchema> {
        let operation = turn.operation();
        let key = (name_of(operation), turn.status());
        let compiled = self.compiled.entry(key).or_insert_with(|| {
            let options = Options { formats: Formats::Common, lenient: false, ..Options::RECEIVED };
            Arc::new(AnswerSchema(Schema::compile(schema, &operation.definitions, options)))
        });
        Arc::clone(compiled)
    }
}

impl AnswerSchema {
    /// Whether a body fits. A body that the validator cannot decide on counts as fitting.
    pub(crate) fn accepts(&self, body: &Value) -> bool {
        self.0.verdict(body) != Verdict::Fails
    }
}
