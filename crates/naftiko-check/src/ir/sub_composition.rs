//! Sub-compositions, as the steps that run them see them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use jiff::SignedDuration;
use naftiko_diagnostics::Span;
use naftiko_expr::Type;
use naftiko_plan::Plan;
use naftiko_spec::{Edition, Purpose};

use crate::ir::slots::Slots;

/// A sub-composition, as the step that runs it sees it.
pub(crate) struct Embedded {
    /// The path, as the step writes it.
    pub(crate) path: String,
    /// The inputs, as slots.
    pub(crate) inputs: Slots,
    /// The type of the result: an object of the outputs.
    pub(crate) result: Type,
    /// The edition; 0.1 cannot mark inputs and outputs as sensitive.
    pub(crate) edition: Edition,
    /// The inputs by name, with how they are used.
    pub(crate) declared: BTreeMap<String, DeclaredInput>,
    /// The sensitive parts of the outputs.
    pub(crate) sensitive_outputs: Vec<SensitiveOutput>,
    /// The parts of the outputs that expire.
    pub(crate) expiring_outputs: Vec<Lifetime>,
    /// The slowest step; `None` if none is slow.
    pub(crate) slowest: Option<Slow>,
    /// The purposes of the steps.
    pub(crate) purposes: BTreeSet<Purpose>,
    /// The number of steps in the plan, including those of nested sub-compositions.
    pub(crate) steps: usize,
    /// Whether this composition or a nested one is reported because its plan has too many steps.
    pub(crate) has_too_many_steps: bool,
    /// The plan; `None` if the composition has errors or some operation has no description.
    pub(crate) plan: Option<Arc<Plan>>,
}

/// An input of a sub-composition.
pub(crate) struct DeclaredInput {
    /// The place of the declaration.
    pub(crate) span: Span,
    /// Whether the input is declared sensitive.
    pub(crate) sensitive: bool,
    /// The ids of the providers that receive the input, at most two: enough to decide whether a given provider is the
    /// only receiver.
    pub(crate) sent_to: BTreeSet<String>,
    /// The slowest work before the last use of the input.
    pub(crate) used_after: Option<Slow>,
}

impl DeclaredInput {
    /// Records work before a use of the input.
    pub(crate) fn is_used_after(&mut self, slow: Option<Slow>) {
        self.used_after = slower_of([self.used_after, slow].into_iter().flatten());
    }
}

/// An output, or a part of one, that is sensitive to the step that runs the composition.
pub(crate) struct SensitiveOutput {
    pub(crate) name: String,
    /// The fields of the output that lead to the sensitive part; empty if all of it is sensitive.
    pub(crate) path: Vec<String>,
    pub(crate) span: Span,
    /// The provider that the value comes from; `None` if it comes from a person or is unknown.
    pub(crate) provider: Option<String>,
}

/// An expiring part of a result.
#[derive(Debug, Clone)]
pub(crate) struct Lifetime {
    /// The fields that lead to the part.
    pub(crate) way: Vec<String>,
    /// The part as authors write it after the id of the step; `None` if it is written by its fields.
    pub(crate) words: Option<String>,
    pub(crate) lives: SignedDuration,
    /// The place that declares the expiry.
    pub(crate) span: Span,
}

/// A step that takes time, and how it uses its values.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slow {
    /// The maximum duration; `None` without a limit.
    pub(crate) at_most: Option<SignedDuration>,
    /// The work of the step, in words that follow its id.
    pub(crate) words: &'static str,
    /// Whether the step uses its values until it ends, and not only at its start.
    pub(crate) keeps: bool,
}

impl Slow {
    /// Whether the step may take longer than a value is valid.
    pub(crate) fn outlasts(&self, lives: SignedDuration) -> bool {
        self.at_most.is_none_or(|longest| longest > lives)
    }
}

/// The slowest; no limit counts as longer than any limit.
pub(crate) fn slower_of(slow: impl IntoIterator<Item = Slow>) -> Option<Slow> {
    slow.into_iter().max_by_key(|slow| (slow.at_most.is_none(), slow.at_most))
}

/// A composition that is currently being checked.
#[derive(Debug, Clone)]
pub(crate) struct Opened {
    /// The normalized absolute path, which identifies the file.
    pub(crate) key: PathBuf,
    /// The path for display.
    pub(crate) name: String,
    /// The place where a step names it; `None` for the main composition.
    pub(crate) from: Option<Span>,
}
