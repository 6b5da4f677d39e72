//! A step grants access to an organization without depending on a step that verifies the organization.

use std::collections::HashSet;

use naftiko_diagnostics::{Code, Diagnostic, Severity};
use naftiko_expr::Root;
use naftiko_spec::{Purpose, Work};

use crate::analyses::purposes::{calls_for, is_for};
use crate::analyses::model::{Call, Model};
use crate::analyses::reachability::Direction;

pub(crate) static CODE: Code = Code {
    id: "unverified-organization",
    severity: Severity::Warning,
    summary: "a step gives access to an organization without checking that it is verified",
};

pub(crate) fn check(model: &Model<'_>) -> Vec<Diagnostic> {
    let entries = calls_for(model, &[Purpose::CreateUser, Purpose::GrantAccess]);
    if entries.is_empty() {
        return Vec::new();
    }
    let verifying = || (0..model.steps.len()).filter(|at| is_for(model, *at, &[Purpose::VerifyOrganization]));
    let reachability = model.reachability();
    let verified = Verified {
        first: reachability.first_to_reach(verifying(), Direction::After),
        is_decided: reachability.reached(verifying().filter(|at| can_fail_run(model, *at)), Direction::After),
        ids: verifying().filter_map(|at| Some(model.composition.steps.get(at)?.id.value.as_str())).collect(),
    };
    entries.iter().filter_map(|call| report(model, call, &verified)).collect()
}

/// The steps that verify an organization, indexed by the steps that come after them.
struct Verified<'a> {
    /// For each step, the first verifying step that comes before it.
    first: Vec<Option<usize>>,
    /// For each step, whether a verifying step that can fail the run comes before it.
    is_decided: Vec<bool>,
    ids: HashSet<&'a str>,
}

fn report(model: &Model<'_>, call: &Call<'_>, verified: &Verified<'_>) -> Option<Diagnostic> {
    let first = verified.first.get(call.position).copied().flatten();
    let asks = first.is_some() && asks(call, verified);
    if asks || verified.is_decided.get(call.position) == Some(&true) {
        return None;
    }
    let message = format!(
        "`{}` gives access to an organization that may not be verified",
        call.step.id.value
    );
    let diagnostic = Diagnostic::new(&CODE, call.invoke.operation.span, message)
        .with_label("gives access")
        .with_help("first read whether the organization is verified, and check it with `when`, `expect` or \
                    `poll`");
    let idle = first.and_then(|at| model.composition.steps.get(at));
    Some(match idle {
        Some(step) => diagnostic.with_related(step.id.span, "read here, but not used in a condition"),
        None => diagnostic,
    })
}

/// Whether `when` or `forEach` of a step reads the result of a verifying step. The step then comes after that step.
fn asks(call: &Call<'_>, verified: &Verified<'_>) -> bool {
    let asked = call.step.clauses.when.iter().chain(&call.step.clauses.for_each);
    let mut read = asked.flat_map(|source| source.expression.references());
    read.any(|reference| matches!(&reference.root, Root::Step(id) if verified.ids.contains(id.as_str())))
}

/// Whether the response to a step can fail the run, through `expect` or `poll` of the step.
fn can_fail_run(model: &Model<'_>, position: usize) -> bool {
    let Some(step) = model.composition.steps.get(position) else { return false };
    let has_conditions = !step.clauses.expect.is_empty()
        || matches!(&step.work, Work::Invoke(invoke) if invoke.poll.is_some());
    let on_failure = step.clauses.on_failure.as_ref();
    has_conditions && on_failure.is_none_or(|it| it.value == naftiko_spec::OnFailure::Fail)
}
