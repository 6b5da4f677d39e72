//! The checked composition, with the results of the stages, as the rules read it.
//!
//! This module is the only one that lists where expressions can occur.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use naftiko_diagnostics::{SourceMap, Span, Spanned};
use naftiko_expr::Reference;
use naftiko_openapi::Entry;

use naftiko_plan::{Edge, Poll};
use naftiko_spec::{Argument, Composition, Invoke, Step, Work};

use crate::analyses::expressions::{Placed, in_argument, in_source, in_step, in_value, written};
use crate::analyses::inference::Inferrer;
use crate::analyses::reachability::Reachability;
use crate::analyses::taint::sensitive::Sensitives;
use crate::ir::bound::{Bound, BoundArgument};
use crate::ir::provider::{Found, Provider};
use crate::ir::resolved::{Resolution, Resolved};
use crate::ir::sub_composition::{DeclaredInput, Embedded};

/// A composition with the results of the stages.
pub(crate) struct Model<'a> {
    pub(crate) composition: &'a Composition,
    pub(crate) providers: &'a [Rc<Provider>],
    /// The position of the first provider with each id.
    pub(crate) provider_positions: BTreeMap<&'a str, usize>,
    pub(crate) steps: &'a [Resolved],
    pub(crate) undoings: &'a [Resolved],
    pub(crate) bound: &'a [Bound],
    pub(crate) order: &'a [Edge],
    pub(crate) waits: &'a [Option<Poll>],
    pub(crate) inferrer: &'a Inferrer<'a>,
    pub(crate) sources: &'a SourceMap,
    pub(crate) sensitive: Sensitives,
    pub(crate) reachability: OnceCell<Reachability>,
    /// Whether no finding hides references; only then may a rule report something as unused.
    pub(crate) sound: bool,
}

/// A step with a described operation.
#[derive(Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) position: usize,
    pub(crate) step: &'a Step,
    pub(crate) invoke: &'a Invoke,
    pub(crate) resolution: &'a Resolution,
    pub(crate) bound: &'a Bound,
}

/// A request that a step makes: its own, or the one that compensates it.
pub(crate) struct Request<'a> {
    /// The operation, as the step names it.
    pub(crate) named: &'a Spanned<String>,
    pub(crate) resolution: &'a Resolution,
    pub(crate) arguments: &'a [BoundArgument],
    written: &'a [Argument],
    step: &'a Step,
}

/// An expression that is passed to an input of a sub-composition.
pub(crate) struct HandedDown<'a> {
    /// The name of the input.
    pub(crate) name: &'a str,
    pub(crate) input: &'a DeclaredInput,
    pub(crate) embedded: &'a Embedded,
    pub(crate) placed: Placed<'a>,
}

impl<'a> Model<'a> {
    /// Every step whose operation is described.
    pub(crate) fn calls(&self) -> impl Iterator<Item = Call<'a>> + '_ {
        (0..self.composition.steps.len()).filter_map(|position| self.call(position))
    }

    /// The step at a position, if its operation is described.
    pub(crate) fn call(&self, position: usize) -> Option<Call<'a>> {
        let (composition, steps, bound) = (self.composition, self.steps, self.bound);
        let step = composition.steps.get(position)?;
        let Work::Invoke(invoke) = &step.work else { return None };
        let resolution = steps.get(position)?.operation()?;
        Some(Call { position, step, invoke, resolution, bound: bound.get(position)? })
    }

    /// Every request of every step whose operation is described.
    pub(crate) fn requests(&self) -> Vec<Request<'a>> {
        let own = self.calls().map(|call| Request {
            named: &call.invoke.operation,
            resolution: call.resolution,
            arguments: &call.bound.arguments,
            written: &call.invoke.arguments,
            step: call.step,
        });
        let undoings = self.composition.steps.iter().zip(self.undoings).zip(self.bound);
        let undoings = undoings.filter_map(|((step, resolved), bound)| {
            let undo = step.clauses.compensate.as_ref()?;
            Some(Request {
                named: &undo.operation,
                resolution: resolved.operation()?,
                arguments: &bound.undoing,
                written: &undo.arguments,
                step,
            })
        });
        own.chain(undoings).collect()
    }

    /// Every expression that is passed to an input of a sub-composition that could be read.
    pub(crate) fn handed_down(&self) -> Vec<HandedDown<'a>> {
        (0..self.composition.steps.len()).flat_map(|position| self.handed_down_by(position)).collect()
    }

    /// The expressions that one step passes to inputs of the sub-composition that it runs.
    pub(crate) fn handed_down_by(&self, position: usize) -> Vec<HandedDown<'a>> {
        let (composition, steps) = (self.composition, self.steps);
        let (Some(step), Some(Resolved::Composition(embedded))) =
            (composition.steps.get(position), steps.get(position))
        else {
            return Vec::new();
        };
        let Work::Composition(sub) = &step.work else { return Vec::new() };
        let mut found = Vec::new();
        for argument in sub.arguments.iter().filter(|argument| argument.place.is_none()) {
            let Some(input) = embedded.declared.get(&argument.name) else { continue };
            let name = argument.name.as_str();
            let placed = in_step(step, &argument.value);
            found.extend(placed.map(|placed| HandedDown { name, input, embedded, placed }));
        }
        found
    }

    /// The first provider with an id.
    pub(crate) fn provider(&self, id: &str) -> Option<&'a Rc<Provider>> {
        self.providers.get(*self.provider_positions.get(id)?)
    }

    /// The entry of a step's operation in its description.
    pub(crate) fn entry(&self, call: &Call<'a>) -> Option<&'a Entry> {
        match self.provider(&call.resolution.operation.provider)?.operation(&call.invoke.operation.value) {
            Found::Operation { entry, .. } => Some(entry),
            _ => None,
        }
    }

    /// The order of the steps as a graph, computed on first use.
    pub(crate) fn reachability(&self) -> &Reachability {
        self.reachability.get_or_init(|| Reachability::new(self.composition.steps.len(), self.order))
    }

    /// Every reference in the composition, in its steps and its outputs.
    pub(crate) fn reads(&self) -> Vec<Reference> {
        let steps = self.composition.steps.iter().enumerate();
        let of_steps = steps.flat_map(|(position, step)| self.expressions_of(position, step));
        let outputs = self.outputs().map(|(_, placed)| placed);
        of_steps.chain(outputs).flat_map(|placed| placed.expression.references()).collect()
    }

    /// The source of every output that could be read, with the output's position.
    pub(crate) fn outputs(&self) -> impl Iterator<Item = (usize, Placed<'a>)> {
        self.composition.outputs.iter().enumerate().filter_map(|(position, output)| {
            let source = output.source.as_ref()?;
            Some((position, in_source(source)))
        })
    }

    /// Every expression of a step. A new key of the language that holds an expression is added here.
    pub(crate) fn expressions_of(&self, position: usize, step: &'a Step) -> Vec<Placed<'a>> {
        let mut found = self.in_work(position, step);
        let clauses = &step.clauses;
        found.extend(clauses.when.iter().chain(&clauses.for_each).chain(&clauses.expect).map(in_source));
        let undoing = clauses.compensate.iter().flat_map(|undo| &undo.arguments);
        found.extend(undoing.flat_map(|argument| in_value(&argument.value)));
        found.into_iter().map(|placed| placed.of(step)).collect()
    }

    fn in_work(&self, position: usize, step: &'a Step) -> Vec<Placed<'a>> {
        match &step.work {
            Work::Invoke(invoke) => {
                let written = invoke.arguments.iter().flat_map(|argument| in_value(&argument.value));
                let bound = self.bound.get(position).into_iter().flat_map(|bound| &bound.arguments);
                let inferred = bound
                    .filter(|argument| argument.key.is_none())
                    .flat_map(|argument| in_argument(&invoke.operation, &invoke.arguments, argument));
                let conditions = invoke.poll.iter().flat_map(|poll| poll.until.iter().chain(&poll.fail_when));
                written.chain(inferred).chain(conditions.map(in_source)).collect()
            }
            Work::External(external) => {
                let handed_over = external.with.iter().flat_map(|with| with.values());
                handed_over.chain(external.settings.values()).flat_map(in_value).collect()
            }
            Work::Composition(sub) => {
                sub.arguments.iter().flat_map(|argument| in_value(&argument.value)).collect()
            }
            Work::Unclear => Vec::new(),
        }
    }
}

impl<'a> Call<'a> {
    /// The expressions of an argument, with their places.
    pub(crate) fn expressions(&self, argument: &'a BoundArgument) -> Vec<Placed<'a>> {
        let found = in_argument(&self.invoke.operation, &self.invoke.arguments, argument);
        found.into_iter().map(|placed| placed.of(self.step)).collect()
    }

    /// The written argument; `None` for an inferred one.
    pub(crate) fn written(&self, argument: &BoundArgument) -> Option<&'a Argument> {
        written(&self.invoke.arguments, argument)
    }

    /// The span of an argument: its key, or the operation for an inferred argument.
    pub(crate) fn place(&self, argument: &BoundArgument) -> Span {
        argument.key.unwrap_or(self.invoke.operation.span)
    }
}

impl<'a> Request<'a> {
    /// The expressions of an argument, with their places.
    pub(crate) fn expressions(&self, argument: &'a BoundArgument) -> Vec<Placed<'a>> {
        let found = in_argument(self.named, self.written, argument);
        found.into_iter().map(|placed| placed.of(self.step)).collect()
    }
}
