//! Finds steps by their names in a journal, where items, steps of sub-compositions and compensations have names of
//! their own.

use naftiko_journal::Part;
use naftiko_plan::{Action, Plan, Step};

/// Finds the step that a name such as `a[0]/b` refers to, in a plan or its sub-compositions.
pub(crate) fn step_of<'a>(plan: &'a Plan, name: &str) -> Option<&'a Step> {
    match Part::of(name)? {
        Part::Step(id) => plan.step(id),
        Part::Item { of, .. } => step_of(plan, of).filter(|step| step.for_each.is_some()),
        Part::Compensation { of } => step_of(plan, of),
        Part::Inner { of, id } => match &step_of(plan, of)?.action {
            Action::Composition(embedded) => embedded.plan.step(id),
            Action::Invoke(_) | Action::External(_) => None,
        },
    }
}
