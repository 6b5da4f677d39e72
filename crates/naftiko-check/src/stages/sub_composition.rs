//! What the step that runs a composition needs to know of it, and the limit on the steps of a plan.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use naftiko_diagnostics::Spanned;
use naftiko_expr::{Root, Type};
use naftiko_spec::{Composition, Work};

use crate::analyses::expiry;
use crate::analyses::expressions::Placed;
use crate::analyses::model::Model;
use crate::analyses::purposes::purposes;
use crate::analyses::taint::sources;
use crate::codes::composition_cycle::MOST_STEPS;
use crate::ir::resolved::Resolved;
use crate::ir::slots::Slots;
use crate::ir::sub_composition::{DeclaredInput, Embedded, Slow, slower_of};

/// The results of checking a composition, without its plan.
pub(crate) fn summary(named: &str, model: &Model<'_>, inputs: Slots, result: Type) -> Embedded {
    let steps = model.composition.steps.len().saturating_add(nested_steps(model.steps));
    let runs_others = model.steps.iter().any(|step| matches!(step, Resolved::Composition(_)));
    Embedded {
        path: named.to_owned(),
        inputs,
        result,
        edition: model.composition.edition,
        declared: declared(model),
        sensitive_outputs: sources::outputs(model),
        expiring_outputs: expiry::outputs(model),
        slowest: expiry::slowest(model),
        purposes: purposes(model),
        steps,
        has_too_many_steps: runs_others && steps > MOST_STEPS,
        plan: None,
    }
}

/// The total number of steps in sub-compositions, counted once per step that runs them.
fn nested_steps(steps: &[Resolved]) -> usize {
    let nested = steps.iter().map(|step| match step {
        Resolved::Composition(embedded) => embedded.steps,
        _ => 0,
    });
    nested.fold(0, usize::saturating_add)
}

/// The first step whose sub-composition makes the plan exceed the maximum number of steps; `None` if that is already
/// reported in a nested composition.
pub(crate) fn too_many_steps<'c>(
    composition: &'c Composition,
    embedded: &[Option<Rc<Embedded>>],
) -> Option<&'c Spanned<String>> {
    if embedded.iter().flatten().any(|embedded| embedded.has_too_many_steps) {
        return None;
    }
    let mut held = composition.steps.len();
    composition.steps.iter().zip(embedded).find_map(|(step, embedded)| {
        let Work::Composition(sub) = &step.work else { return None };
        held = held.saturating_add(embedded.as_ref()?.steps);
        (held > MOST_STEPS).then_some(&sub.path)
    })
}

/// The declared inputs of a composition, with the providers that receive them and the time until their use.
fn declared(model: &Model<'_>) -> BTreeMap<String, DeclaredInput> {
    let mut declared = Declared::default();
    for input in &model.composition.inputs {
        let (span, sensitive) = (input.name.span, input.sensitive);
        let nowhere = DeclaredInput { span, sensitive, sent_to: BTreeSet::new(), used_after: None };
        declared.by_name.entry(input.name.value.clone()).or_insert(nowhere);
    }
    for request in model.requests() {
        for placed in request.arguments.iter().flat_map(|argument| request.expressions(argument)) {
            let receiver = &request.resolution.operation.provider;
            declared.note(&placed, &BTreeSet::from([receiver.clone()]), None);
        }
    }
    let steps = model.composition.steps.iter().enumerate();
    for ((position, step), slow) in steps.zip(expiry::slow_by_then(model)) {
        for placed in model.expressions_of(position, step) {
            declared.note(&placed, &BTreeSet::new(), slow);
        }
    }
    for handed in model.handed_down() {
        declared.note(&handed.placed, &handed.input.sent_to, handed.input.used_after);
    }
    declared.finish()
}

/// Collects the uses of a composition's inputs.
#[derive(Default)]
struct Declared {
    by_name: BTreeMap<String, DeclaredInput>,
    /// The receivers of the object of all inputs.
    sent_to: BTreeSet<String>,
    used_after: Option<Slow>,
}

impl Declared {
    /// Records a use of each input that flows into the value of an expression.
    fn note(&mut self, placed: &Placed<'_>, sent_to: &BTreeSet<String>, used_after: Option<Slow>) {
        for carried in placed.carried().iter().filter(|carried| carried.root == Root::Inputs) {
            match carried.path.first() {
                Some(name) => {
                    if let Some(input) = self.by_name.get_mut(name) {
                        add_receivers(&mut input.sent_to, sent_to);
                        input.is_used_after(used_after);
                    }
                }
                None => {
                    add_receivers(&mut self.sent_to, sent_to);
                    self.used_after = slower_of([self.used_after, used_after].into_iter().flatten());
                }
            }
        }
    }

    fn finish(mut self) -> BTreeMap<String, DeclaredInput> {
        for input in self.by_name.values_mut() {
            add_receivers(&mut input.sent_to, &self.sent_to);
            input.is_used_after(self.used_after);
        }
        self.by_name
    }
}

/// Adds receivers, and retains the first two in total.
fn add_receivers(receivers: &mut BTreeSet<String>, more: &BTreeSet<String>) {
    receivers.extend(more.iter().take(2).cloned());
    while receivers.len() > 2 {
        receivers.pop_last();
    }
}
