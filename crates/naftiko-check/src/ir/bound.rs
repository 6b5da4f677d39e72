//! The bound arguments of steps.

use naftiko_diagnostics::Span;
use naftiko_expr::Template;
use naftiko_plan::{Origin, Slot};

/// The bound arguments of one step.
#[derive(Default)]
pub(crate) struct Bound {
    /// The arguments by slot; inputs of a sub-composition have the slot of a property.
    pub(crate) arguments: Vec<BoundArgument>,
    /// The arguments of the operation that compensates the step.
    pub(crate) undoing: Vec<BoundArgument>,
    /// The references to other steps.
    pub(crate) reads: Vec<Read>,
}

/// A value bound to a slot of the request.
pub(crate) struct BoundArgument {
    pub(crate) slot: Slot,
    pub(crate) value: Template,
    pub(crate) origin: Origin,
    /// Whether the argument is left out when its value is absent.
    pub(crate) optional: bool,
    /// The key of the argument; `None` for an inferred one.
    pub(crate) key: Option<Span>,
    /// The position among the written arguments.
    pub(crate) written: Option<usize>,
}

/// A reference from one step to another.
pub(crate) struct Read {
    /// The id of the referenced step.
    pub(crate) step: String,
    /// The place of the reference.
    pub(crate) span: Span,
}
