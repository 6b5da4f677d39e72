//! Somebody is let into an organization, and nothing has looked whether it is the one it says it is.

use naftiko_diagnostics::{Code, Diagnostic, Severity};
use naftiko_expr::Root;
use naftiko_spec::{Purpose, Work};

use super::{calls_for, is_for};
use crate::model::{Call, Model};

pub(crate) static CODE: Code = Code {
    id: "unverified-organization",
    severity: Severity::Warning,
    summary: "people are let into an organization whose verification nothing depends on",
};

pub(crate) fn check(model: &Model<'_>) -> Vec<Diagnostic> {
    let entries = calls_for(model, &[Purpose::CreateUser, Purpose::GrantAccess]);
    entries.iter().filter_map(|call| report(model, call)).collect()
}

fn report(model: &Model<'_>, call: &Call<'_>) -> Option<Diagnostic> {
    let before = model.reachable(call.position, |edge| (edge.to, edge.from));
    let looked: Vec<usize> =
        before.into_iter().filter(|at| is_for(model, *at, &[Purpose::VerifyOrganization])).collect();
    if looked.iter().any(|at| decides(model, *at, call)) {
        return None;
    }
    let message = format!(
        "`{}` lets people into an organization that may not be verified",
        call.step.id.value
    );
    let diagnostic = Diagnostic::new(&CODE, call.invoke.operation.span, message)
        .with_label("lets people in")
        .with_help("look first whether the organization is verified, and let `when`, `expect` or `poll` decide");
    let idle = looked.first().and_then(|at| model.composition.steps.get(*at));
    Some(match idle {
        Some(step) => diagnostic.with_related(step.id.span, "looked at here, and it decides nothing"),
        None => diagnostic,
    })
}

/// Whether what a step finds keeps another from being done: it fails by its own conditions, or the other asks it.
fn decides(model: &Model<'_>, looked: usize, call: &Call<'_>) -> bool {
    let Some(step) = model.composition.steps.get(looked) else { return false };
    let has_conditions = !step.clauses.expect.is_empty()
        || matches!(&step.work, Work::Invoke(invoke) if invoke.poll.is_some());
    let fails_the_run = step.clauses.on_failure.as_ref().is_none_or(|it| it.value == naftiko_spec::OnFailure::Fail);
    let id = Root::Step(step.id.value.clone());
    let asked = call.step.clauses.when.iter().chain(&call.step.clauses.for_each);
    let mut read = asked.flat_map(|source| source.expression.references());
    (has_conditions && fails_the_run) || read.any(|reference| reference.root == id)
}
