//! A list operation that could be filtered by the resource of an earlier step and is not, so it also reads resources of
//! others.

use std::collections::BTreeSet;

use naftiko_adapter::Place;
use naftiko_diagnostics::{Code, Diagnostic, Severity, one_of};
use naftiko_expr::{Root, Type};
use naftiko_plan::Slot;
use naftiko_spec::Edition;

use crate::ir::bound::BoundArgument;
use crate::analyses::taint::propagate::carried;
use crate::analyses::inference::Candidate;
use crate::analyses::missing_argument_fix::{Gap, Missing};
use crate::analyses::model::{Call, Model};
use crate::ir::slots::Parameter;
use crate::ir::resource::{named_by, values};

pub(crate) static CODE: Code = Code {
    id: "unscoped-list",
    severity: Severity::Warning,
    summary: "a list is not filtered by the resource of an earlier step",
};

/// Edition 0.2 only: in 0.1 the filter is inferred.
pub(crate) fn check(model: &Model<'_>) -> Vec<Diagnostic> {
    if model.composition.edition == Edition::V0_1 {
        return Vec::new();
    }
    let unscoped = model.calls().filter_map(|call| {
        let (parameter, candidates) = filter(model, &call)?;
        Some(report(model, &call, parameter, &candidates))
    });
    unscoped.collect()
}

/// Whether this rule has a finding about a call.
pub(crate) fn finds(model: &Model<'_>, call: &Call<'_>) -> bool {
    filter(model, call).is_some()
}

/// The first query parameter that could filter an unfiltered list, with the candidates for its value.
fn filter<'a>(model: &Model<'_>, call: &Call<'a>) -> Option<(&'a Parameter, Vec<Candidate>)> {
    let listed = call.resolution.resource().filter(|resource| resource.is_list())?;
    // An argument that could not be bound has its own finding, and may be meant as the filter.
    let placed: BTreeSet<usize> = call.bound.arguments.iter().filter_map(|it| it.written).collect();
    let all_placed = placed.len() == call.invoke.arguments.len();
    if !call.resolution.operation.is_safe() || !all_placed {
        return None;
    }
    let filters = call.resolution.slots.iter().filter_map(|parameter| {
        let Slot::Parameter(Place::Query, name) = &parameter.slot else { return None };
        // A list of organizations is not filtered by organization.
        if named_by(name).iter().any(|name| listed.is(name)) {
            return None;
        }
        let (candidates, _) = model.inferrer.resources_before(call.position, name, &parameter.ty);
        (!candidates.is_empty()).then_some((parameter, candidates))
    });
    let filters: Vec<_> = filters.collect();
    let slots: BTreeSet<&Slot> = filters.iter().map(|(parameter, _)| &parameter.slot).collect();
    let is_filter = |slot: &Slot| slots.contains(slot);
    let narrowed = call.bound.arguments.iter().any(|argument| {
        is_filter(&argument.slot) || narrows(call, argument)
    });
    filters.into_iter().next().filter(|_| !narrowed)
}

/// Whether an argument restricts a list to values of this run: a path parameter, or a text that comes from an input, a
/// step or an item.
fn narrows(call: &Call<'_>, argument: &BoundArgument) -> bool {
    if matches!(argument.slot, Slot::Parameter(Place::Path, _)) {
        return true;
    }
    // A number limits how many items there are, not whose.
    let is_text = call.resolution.slots.at(&argument.slot).is_some_and(|parameter| {
        parameter.ty.accepts(&Type::string()) || !values(&parameter.ty).is_empty()
    });
    let mut carried = argument.value.expressions().into_iter().flat_map(carried);
    is_text && carried.any(|carried| matches!(carried.root, Root::Inputs | Root::Step(_) | Root::Item))
}

fn report(model: &Model<'_>, call: &Call<'_>, parameter: &Parameter, candidates: &[Candidate]) -> Diagnostic {
    let name = parameter.slot.name();
    let operation = &call.resolution.operation;
    let message = format!("`{}` lists the data of every `{}`", call.step.id.value, noun(name));
    let diagnostic = Diagnostic::new(&CODE, call.invoke.operation.span, message)
        .with_label(format!("{} {} without `{name}`", operation.method.as_str(), operation.path));
    let diagnostic = candidates.iter().fold(diagnostic, |diagnostic, candidate| {
        diagnostic.with_related(candidate.span, candidate.reason.clone())
    });
    let [only] = candidates else {
        let values = candidates.iter().map(|candidate| candidate.value.text());
        return diagnostic.with_help(format!("give it `{name}` under `with`: {}", one_of(values)));
    };
    let gap = Gap {
        named: &call.invoke.operation,
        first: call.invoke.arguments.iter().map(|argument| argument.key).min(),
        parameter,
        resolution: call.resolution,
    };
    let missing = Missing::new(gap, &only.value);
    let diagnostic = diagnostic.with_help(missing.help());
    match missing.fix(model.sources) {
        Some(fix) => diagnostic.with_fix(fix),
        None => diagnostic,
    }
}

/// The resource that a parameter names: `organization` for `organization_id`.
fn noun(parameter: &str) -> String {
    named_by(parameter).pop().unwrap_or_default()
}
