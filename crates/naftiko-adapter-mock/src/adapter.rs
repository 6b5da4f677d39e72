//! The adapter itself: refuses what a real one would refuse, and asks the world for the rest.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use naftiko_adapter::{Adapter, Call, Failure, FailureKind, Place, Response};
use serde_json::Value;

use crate::shape::Shape;
use crate::world::World;

/// Answers calls from the schemas of their operations.
pub struct MockAdapter {
    seed: u64,
    world: Mutex<World>,
}

impl MockAdapter {
    /// An adapter for a world in which nothing exists yet. The same seed and the same sequence of calls give the
    /// same answers.
    pub fn new(seed: u64) -> Self {
        Self { seed, world: Mutex::new(World::new(seed)) }
    }
}

impl fmt::Debug for MockAdapter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What is in the world came from arguments, which may be sensitive.
        f.debug_struct("MockAdapter").field("seed", &self.seed).finish_non_exhaustive()
    }
}

#[async_trait]
impl Adapter for MockAdapter {
    async fn invoke(&self, call: &Call) -> Result<Response, Failure> {
        if let Some(reason) = objection(call) {
            return Err(Failure::new(FailureKind::Refused, reason));
        }
        // A panic in one call leaves a world that the next one can still use.
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(world.answer(call))
    }
}

/// Why a real adapter, or the provider behind it, would not take the call.
fn objection(call: &Call) -> Option<String> {
    let (operation, arguments) = (&call.operation, &call.arguments);
    for ((place, name), value) in &arguments.parameters {
        let known = operation.parameters.iter().any(|known| known.place == *place && known.name == *name);
        let place_name = place.as_str();
        if !known {
            return Some(format!("`{}` has no {place_name} parameter `{name}`", operation.id));
        }
        if value.is_null() || (*place == Place::Path && (value == "" || value == "." || value == "..")) {
            return Some(format!("the {place_name} parameter `{name}` is empty"));
        }
    }
    for parameter in operation.parameters.iter().filter(|parameter| parameter.required) {
        if arguments.parameter(parameter.place, &parameter.name).is_none() {
            let place = parameter.place.as_str();
            return Some(format!("the {place} parameter `{}` is required and missing", parameter.name));
        }
    }
    match (&operation.body, &arguments.body) {
        (None, Some(_)) => Some(format!("`{}` takes no body", operation.id)),
        (Some(spec), None) if spec.required => {
            Some(format!("`{}` needs a body, and there is none", operation.id))
        }
        (Some(spec), Some(Value::Object(body))) => {
            let shape = Shape::of(&operation.definitions, &[&spec.schema], arguments.body.as_ref());
            let missing = shape.required().into_iter().find(|name| !body.contains_key(*name));
            missing.map(|name| format!("the body of `{}` needs `{name}`, and there is none", operation.id))
        }
        _ => None,
    }
}
