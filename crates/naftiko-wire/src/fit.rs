//! Validates arguments against the schemas of their operation; `check`, the mock and `run` share the result.

use std::sync::{Arc, OnceLock};

use indexmap::IndexMap;
use naftiko_adapter::media_type::{essence, is_json};
use naftiko_adapter::{Arguments, Operation, Parameter, Place};
use naftiko_schema::{Options, Schema, Verdict};
use serde_json::Value;

use crate::kept::OfOperations;
use crate::refusal::{Refusal, Target};

/// The options for validating a sent value: as JSON, or as the text that parameters and forms are written as. `target`
/// selects the parameter or body.
pub fn options_of(operation: &Operation, target: &Target) -> Options {
    match target {
        Target::Operation => options_for(None),
        Target::Parameter(place, name) => {
            options_for(operation.parameter(*place, name).and_then(|it| it.content_type.as_deref()))
        }
        Target::Body => options_for(operation.body.as_ref().map(|body| body.content_type.as_str())),
    }
}

/// The options for validating a value that is sent in this media type; `None` means as the text of a parameter.
pub fn options_for(content_type: Option<&str>) -> Options {
    let is_kept = content_type.map(essence).is_some_and(|it| is_json(&it) || it == "*/*");
    if is_kept { Options::SENT } else { Options::SENT_AS_TEXT }
}

/// The schemas of the arguments of operations, each compiled on first use.
#[derive(Debug, Default)]
pub struct ArgumentSchemas {
    compiled: OfOperations<Compiled>,
}

/// The schemas of one operation.
#[derive(Debug)]
struct Compiled {
    operation: Arc<Operation>,
    /// The parameters by place and name, each with its position in the operation.
    parameters: IndexMap<(Place, String), (usize, OnceLock<Schema>)>,
    body: OnceLock<Schema>,
}

impl ArgumentSchemas {
    /// Validates the arguments of a call. A value that exceeds the budget of the validator is accepted.
    ///
    /// # Errors
    /// The first part that violates its schema, with the expected form; the message never shows the value.
    pub fn check(&self, operation: &Arc<Operation>, arguments: &Arguments) -> Result<(), Refusal> {
        self.compiled.get(operation, || Compiled::new(operation)).check(arguments)
    }
}

impl Compiled {
    fn new(operation: &Arc<Operation>) -> Self {
        // Of two parameters with the same place and name, the first is used.
        let parameters = operation.parameters.iter().enumerate().rev();
        let placed = |(at, it): (usize, &Parameter)| ((it.place, it.name.clone()), (at, OnceLock::new()));
        Self {
            operation: Arc::clone(operation),
            parameters: parameters.map(placed).collect(),
            body: OnceLock::new(),
        }
    }

    fn check(&self, arguments: &Arguments) -> Result<(), Refusal> {
        for ((place, name), value) in &arguments.parameters {
            let target = Target::Parameter(*place, name.clone());
            let Some((at, schema)) = self.parameters.get(&(*place, name.clone())) else { continue };
            let Some(parameter) = self.operation.parameters.get(*at) else { continue };
            let options = options_for(parameter.content_type.as_deref());
            self.fits(schema, (&parameter.schema, options), value, target)?;
        }
        match self.operation.body.as_ref().zip(arguments.body.as_ref()) {
            Some((spec, value)) => {
                let options = options_for(Some(&spec.content_type));
                self.fits(&self.body, (&spec.schema, options), value, Target::Body)
            }
            None => Ok(()),
        }
    }

    fn fits(
        &self,
        compiled: &OnceLock<Schema>,
        (schema, options): (&Value, Options),
        value: &Value,
        target: Target,
    ) -> Result<(), Refusal> {
        let compiled = compiled.get_or_init(|| Schema::compile(schema, &self.operation.definitions, options));
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
