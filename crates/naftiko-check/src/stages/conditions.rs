//! Types the conditions and lists of steps (`when`, `forEach`, `until`, `failWhen`, `expect`) and records their
//! reads.

use naftiko_diagnostics::Diagnostic;
use naftiko_expr::{Presence, Root, Type};
use naftiko_spec::{Composition, Source, Step, Work};

use crate::analyses::symbols::{Names, View};
use crate::codes::possibly_absent::{self, Needed};
use crate::codes::{for_each_non_list, null_without_body, repeated_effect, undeclared_answer, unfit_pause};
use crate::ir::bound::{Bound, Read};
use crate::ir::resolved::Resolved;
use crate::stages::typing;

/// Checks the clauses of every step, and adds the steps that they reference to the reads of the step.
pub(crate) fn check(
    composition: &Composition,
    steps: &[Resolved],
    names: &Names<'_>,
    bound: &mut [Bound],
    diagnostics: &mut Vec<Diagnostic>,
) {
    let all = composition.steps.iter().zip(steps).zip(bound).enumerate();
    for (position, ((step, resolved), bound)) in all {
        before(step, position, names, diagnostics);
        for source in step.clauses.when.iter().chain(&step.clauses.for_each) {
            let locate = |range| naftiko_spec::locate(&source.node, range);
            diagnostics.extend(null_without_body::find(&source.expression, names, &locate));
        }
        let conditions = answered(step);
        for condition in &conditions {
            typing::condition(names, condition, &names.scope(View::Answered(position)), diagnostics);
        }
        if let (Some(retry), Some(resolution)) = (&step.clauses.retry, resolved.operation()) {
            diagnostics.extend(repeated_effect::retried(retry, &resolution.operation));
        }
        let pauses = step.clauses.retry.as_ref().and_then(|retry| retry.backoff.as_ref());
        diagnostics.extend(pauses.and_then(unfit_pause::growing));
        let before = step.clauses.when.iter().chain(&step.clauses.for_each);
        for source in before.chain(conditions) {
            bound.reads.extend(reads(source));
        }
    }
}

/// Checks `when` and `forEach`: both need a value, and both are evaluated before anything else of the step.
fn before(step: &Step, position: usize, names: &Names<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let known = diagnostics.len();
    if let Some(when) = &step.clauses.when {
        let scope = names.scope(View::Before);
        let presence = typing::condition(names, when, &scope, diagnostics);
        if presence == Presence::Always && diagnostics.len() == known {
            let span = when.node.span;
            diagnostics.extend(undeclared_answer::of_condition(&when.expression, span, &scope, names));
        } else if presence != Presence::Always
            && diagnostics.len() == known
            && !names.may_be_proved(&when.expression, None)
        {
            let span = when.node.span;
            let fault = possibly_absent::report(&when.expression, span, presence, Needed::Condition, names);
            diagnostics.push(fault);
        }
    }
    let known = diagnostics.len();
    if let Some(list) = &step.clauses.for_each {
        let scope = names.scope(View::Listed(position));
        let typed =
            typing::expression(names, &list.expression, &list.node, &scope, diagnostics).without_null();
        if diagnostics.len() > known {
            return;
        }
        if !typed.ty.is_nothing() && !Type::list(Type::Any).accepts(&typed.ty) {
            diagnostics.push(for_each_non_list::report(list, &typed.ty));
        } else if typed.presence != Presence::Always && !names.may_be_proved(&list.expression, Some(step)) {
            let span = list.node.span;
            let fault = possibly_absent::report(&list.expression, span, typed.presence, Needed::Step, names);
            diagnostics.push(fault);
        } else if typed.presence == Presence::Always {
            let span = list.node.span;
            diagnostics.extend(undeclared_answer::of_value(&list.expression, span, &scope, names));
            diagnostics.extend(undeclared_answer::of_whole(&list.expression, span, names));
        }
    }
}

/// The conditions on the step's own response.
fn answered(step: &Step) -> Vec<&Source> {
    // Steps without an operation have no such conditions; those keys are reported elsewhere.
    let Work::Invoke(invoke) = &step.work else { return Vec::new() };
    let polled = invoke.poll.iter().flat_map(|poll| poll.until.iter().chain(&poll.fail_when));
    polled.chain(&step.clauses.expect).collect()
}

/// The steps that an expression references, with the places of the references.
fn reads(source: &Source) -> impl Iterator<Item = Read> {
    source.expression.references().into_iter().filter_map(|reference| match reference.root {
        Root::Step(step) => {
            let span = naftiko_spec::locate(&source.node, reference.range);
            Some(Read { step, span })
        }
        _ => None,
    })
}
