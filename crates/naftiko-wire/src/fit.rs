//! Whether arguments fit the schemas of their operation: the verdict that `check`, the mock and `run` share.

use std::sync::{Arc, OnceLock};

use indexmap::IndexMap;
use naftiko_adapter::media_type::{essence, is_json};
use naftiko_adapter::{Arguments, Operation, Place};
use naftiko_schema::{Options, Schema, Verdict};
use serde_json::Value;

use crate::kept::OfOperations;
use crate::refusal::{Refusal, Target};

/// How a schema of an operation is read for a value that is sent: as JSON, or as the text that parameters and forms are
/// written as.
pub fn options_of(operation: &Operation, target: &Target) -> Options {
    let content_type = match target {
        Target::Operation => None,
        Target::Parameter(place, name) => {
            let mut parameters = operation.parameters.iter();
            let parameter = parameters.find(|it| it.place == *place && it.name == *name);
            parameter.and_then(|parameter| parameter.content_type.as_deref())
        }
        Target::Body => operation.body.as_ref().map(|body| body.content_type.as_str()),
    };
    let is_kept = content_type.map(essence).is_some_and(|it| is_json(&it) || it == "*/*");
    if is_kept { Options::SENT } else { Options::SENT_AS_TEXT }
}

/// The schemas of the arguments of operations, each compiled when it is first needed.
#[derive(Debug, Default)]
pub struct ArgumentSchemas {
    compiled: OfOperations<Compiled>,
}

/// The schemas of one operation.
#[derive(Debug)]
struct Compiled {
    operation: Arc<Operation>,
    parameters: IndexMap<(Place, String), OnceLock<Schema>>,
    body: OnceLock<Schema>,
}

impl ArgumentSchemas {
    /// Whether the arguments of a call fit their operation. A value that cannot be checked within the budget of the
    /// validator is not refused.
    ///
    /// # Errors
    /// The first part that does not fit, with what is expected there; the message never shows the value.
    pub fn check(&self, operation: &Arc<Operation>, arguments: &Arguments) -> Result<(), Refusal> {
        self.compiled.get(operation, || Compiled::new(operation)).check(arguments)
    }
}

impl Compiled {
    fn new(operation: &Arc<Operation>) -> Self {
        let parameters = operation.parameters.iter();
        Self {
            operation: Arc::clone(operation),
            parameters: parameters.map(|it| ((it.place, it.name.clone()), OnceLock::new())).collect(),
            body: OnceLock::new(),
        }
    }

    fn check(&self, arguments: &Arguments) -> Result<(), Refusal> {
        for ((place, name), value) in &arguments.parameters {
            let mut parameters = self.operation.parameters.iter();
            let parameter = parameters.find(|it| it.place == *place && it.name == *name);
            let schema = self.parameters.get(&(*place, name.clone()));
            if let Some((parameter, schema)) = parameter.zip(schema) {
                let target = Target::Parameter(*place, name.clone());
                self.fits(schema, &parameter.schema, value, target)?;
            }
        }
        match self.operation.body.as_ref().zip(arguments.body.as_ref()) {
            Some((spec, value)) => self.fits(&self.body, &spec.schema, value, Target::Body),
            None => Ok(()),
        }
    }

    fn fits(
        &self,
        compiled: &OnceLock<Schema>,
        schema: &Value,
        value: &Value,
        target: Target,
    ) -> Result<(), Refusal> {
        let compiled = compiled.get_or_init(|| {
            Schema::compile(schema, &self.operation.definitions, options_of(&self.operation, &target))
        });
        if compiled.verdict(value) != Verdict::Fails {
            return Ok(());
        }
        let Some(violation) = compiled.examine(value, 1).violations.into_iter().next() else { return Ok(()) };
        let what = match &target {
            Target::Parameter(place, name) => format!("the {} parameter `{name}`", place.as_str()),
            Target::Body | Target::Operation => "the body".to_owned(),
        };
        let at = match violation.pointer.as_str() {
            "" => String::new(),
            pointer => format!(" at `{pointer}`"),
        };
        let message = format!("{what} does not fit its description{at}: {}", violation.redacted());
        Err(Refusal { target, pointer: violation.pointer, message })
    }
}
