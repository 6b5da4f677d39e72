//! The values that a template works with.

use std::rc::Rc;

use serde_json::Value;

/// A value that was given, or that the template created.
#[derive(Debug, Clone)]
pub(crate) enum Val<'v> {
    Given(&'v Value),
    Made(Rc<Value>),
}

impl Val<'_> {
    pub(crate) fn made(value: Value) -> Self {
        Self::Made(Rc::new(value))
    }

    pub(crate) fn get(&self) -> &Value {
        match self {
            Self::Given(value) => value,
            Self::Made(value) => value,
        }
    }
}
