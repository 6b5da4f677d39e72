//! The results of resolving steps: operations with the types of their slots and results.

use std::cell::OnceCell;
use std::rc::Rc;
use std::sync::Arc;

use naftiko_adapter::Operation;
use naftiko_expr::{Definitions, Type};
use naftiko_plan::Slot;
use naftiko_schema::{Options, Schema};
use naftiko_spec::Facts;

use crate::ir::paged::Paged;
use crate::ir::resource::Resource;
use crate::ir::slots::{Parameter, Slots};
use crate::ir::sub_composition::Embedded;

/// The result of resolving a step.
pub(crate) enum Resolved {
    /// A described operation.
    Operation(Box<Resolution>),
    /// An external step, with the type of its answer.
    External(Type),
    /// A sub-composition.
    Composition(Rc<Embedded>),
    /// Unknown: there is a diagnostic, or no description.
    Unknown,
}

/// A described operation. Clones share their parts with the original: many steps use one operation.
#[derive(Clone)]
pub(crate) struct Resolution {
    /// The operation, self-contained.
    pub(crate) operation: Arc<Operation>,
    /// The type of the body of a success response, as a union over all success responses; null for one without a
    /// body.
    pub(crate) result: Type,
    /// The types of the step's result by the status of the success response, as the description writes it. A response
    /// without a body usually gives an object without fields.
    pub(crate) answers: Rc<[(String, Type)]>,
    /// The slots that arguments can be bound to.
    pub(crate) slots: Rc<Slots>,
    /// The definitions of the schemas, for requests.
    pub(crate) sent: Definitions,
    /// Whether a call without a body is rejected.
    pub(crate) needs_body: bool,
    /// The additions of the capabilities document.
    pub(crate) facts: Rc<Facts>,
    /// Whether and how the responses are pages.
    pub(crate) pages: Paged,
    /// The resource that the response is or lists, computed on first use.
    pub(crate) resource: Rc<OnceCell<Option<Rc<Resource>>>>,
    /// The definitions of the schemas, for responses; they own the cache of the response types.
    #[expect(dead_code, reason = "owns the cache that the response types share")]
    pub(crate) answered: Definitions,
}

impl Resolved {
    /// The type of the step's result.
    pub(crate) fn result(&self) -> Type {
        match self {
            Self::Operation(resolution) => match &resolution.pages {
                Paged::Not => any_of(&resolution.answers),
                Paged::Unclear => Type::Any,
                Paged::Pages(pages) => Type::list(pages.item.clone()),
            },
            Self::External(result) => result.clone(),
            Self::Composition(embedded) => embedded.result.clone(),
            Self::Unknown => Type::Any,
        }
    }

    /// The operation, if the step was resolved to one.
    pub(crate) fn operation(&self) -> Option<&Resolution> {
        match self {
            Self::Operation(resolution) => Some(resolution),
            _ => None,
        }
    }
}

impl Resolution {
    /// The description of the parameter for a slot outside the body.
    pub(crate) fn parameter(&self, slot: &Slot) -> Option<&naftiko_adapter::Parameter> {
        // Parameters come before the properties of the body, in the order of the operation.
        self.operation.parameters.get(self.slots.position(slot)?)
    }

    /// The options for validating a value bound to a slot, as `run` uses them before it sends the value.
    pub(crate) fn options(&self, slot: &Slot) -> Options {
        let body = || Some(self.operation.body.as_ref()?.content_type.as_str());
        naftiko_wire::options_for(match slot {
            Slot::Parameter(..) => self.parameter(slot).and_then(|it| it.content_type.as_deref()),
            Slot::Property(_) | Slot::Body => body(),
        })
    }

    /// The compiled schema of a slot, shared by all steps that use the operation; `None` for a slot without a schema.
    pub(crate) fn compiled(&self, parameter: &Parameter, options: Options) -> Option<Rc<Schema>> {
        self.slots.compiled(parameter, self.sent.schemas(), options)
    }

    /// Whether the schema of a slot says more than its type does.
    pub(crate) fn has_limits(&self, parameter: &Parameter) -> bool {
        self.slots.has_limits(parameter, self.sent.schemas())
    }

    /// The resource that a single response is or lists, before pages are joined.
    pub(crate) fn resource(&self) -> Option<Rc<Resource>> {
        self.resource.get_or_init(|| Resource::of(&self.result).map(Rc::new)).clone()
    }
}

/// The union of the types of several responses; *any* if no success response is described.
pub(crate) fn any_of(answers: &[(String, Type)]) -> Type {
    if answers.is_empty() { Type::Any } else { Type::union(answers.iter().map(|(_, ty)| ty.clone())) }
}
