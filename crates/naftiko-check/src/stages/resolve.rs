//! Resolves steps to operations, external steps and sub-compositions.

use std::rc::Rc;

use naftiko_diagnostics::{Diagnostic, Spanned};
use naftiko_expr::Type;
use naftiko_spec::{Capability, Composition, Step, Work};

use crate::codes;
use crate::ir::directory::Directory;
use crate::ir::provider::{Found, Provider};
use crate::ir::resolved::Resolved;
use crate::ir::sub_composition::Embedded;
use crate::stages::operation;
use crate::stages::operation_match::Known;

/// Resolves every step, in order.
pub(crate) fn steps(
    composition: &Composition,
    directory: &Directory<'_>,
    embedded: &[Option<Rc<Embedded>>],
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Resolved> {
    let undescribed = directory.providers().iter();
    diagnostics
        .extend(undescribed.filter_map(|provider| codes::no_description::find(provider, composition.header)));
    let steps = composition.steps.iter().zip(embedded);
    steps.map(|(step, embedded)| resolve(step, directory, embedded.as_ref(), diagnostics)).collect()
}

/// Resolves the operation that compensates each step, in order; `Unknown` for a step without one.
pub(crate) fn undoings(
    composition: &Composition,
    directory: &Directory<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Resolved> {
    let undoing = |step: &Step| match &step.clauses.compensate {
        Some(undo) => invoked(undo.capability.as_ref(), &undo.operation, directory, diagnostics),
        None => Resolved::Unknown,
    };
    composition.steps.iter().map(undoing).collect()
}

fn resolve(
    step: &Step,
    directory: &Directory<'_>,
    embedded: Option<&Rc<Embedded>>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Resolved {
    match &step.work {
        Work::External(external) => Resolved::External(match &external.result {
            Some(schema) => Type::from_own_schema(schema),
            None => Type::Any,
        }),
        Work::Unclear => Resolved::Unknown,
        Work::Composition(_) => embedded.map_or(Resolved::Unknown, |it| Resolved::Composition(Rc::clone(it))),
        Work::Invoke(invoke) => {
            invoked(invoke.capability.as_ref(), &invoke.operation, directory, diagnostics)
        }
    }
}

fn invoked(
    capability: Option<&Spanned<String>>,
    name: &Spanned<String>,
    directory: &Directory<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Resolved {
    // No capabilities document could be read, which has its diagnostic.
    if directory.providers().is_empty() {
        return Resolved::Unknown;
    }
    match provider_of(capability, name, directory) {
        Ok((provider, capability)) => described(name, provider, capability, diagnostics),
        Err(diagnostic) => {
            diagnostics.push(*diagnostic);
            Resolved::Unknown
        }
    }
}

/// The provider with the step's capability; without a capability, the provider with its operation.
fn provider_of<'a>(
    capability: Option<&Spanned<String>>,
    name: &Spanned<String>,
    directory: &Directory<'a>,
) -> Result<(&'a Provider, Option<&'a Capability>), Box<Diagnostic>> {
    let Some(named) = capability else {
        return match directory.with_operation(&name.value) {
            Some(provider) => Ok((provider, None)),
            None => Err(Box::new(codes::unknown_capability::report(name, directory))),
        };
    };
    match directory.with_capability(&named.value) {
        Some((provider, capability)) => Ok((provider, Some(capability))),
        None => Err(Box::new(codes::unknown_capability::report(named, directory))),
    }
}

fn described(
    name: &Spanned<String>,
    provider: &Provider,
    capability: Option<&Capability>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Resolved {
    let listed = capability.and_then(|capability| provider.names().listed(capability, &name.value));
    match provider.operation(&name.value) {
        Found::Undescribed => {
            report_unlisted(name, listed, capability, provider, diagnostics);
            Resolved::Unknown
        }
        Found::Missing { mapping: Some(mapping), sought } => {
            let near = provider.nearest(sought);
            diagnostics.push(codes::unknown_operation::mapped(&name.value, mapping, &near));
            Resolved::Unknown
        }
        Found::Missing { mapping: None, .. } => {
            let meant = codes::unknown_operation::meant(name, listed, capability, provider);
            let used = || codes::unknown_operation::used(name, listed, capability, provider);
            diagnostics.push(meant.unwrap_or_else(used));
            Resolved::Unknown
        }
        Found::Operation { catalogue, entry, mapping } => {
            report_unlisted(name, listed, capability, provider, diagnostics);
            let known = Known { name, listed, mapping, catalogue, entry };
            diagnostics.extend(known.doubts(provider));
            let (resolution, found) = operation::resolution(provider, catalogue, entry, mapping);
            diagnostics.extend(found);
            Resolved::Operation(Box::new(resolution))
        }
    }
}

fn report_unlisted(
    name: &Spanned<String>,
    listed: Option<&Spanned<String>>,
    capability: Option<&Capability>,
    provider: &Provider,
    diagnostics: &mut Vec<Diagnostic>,
) {
    if let (None, Some(capability)) = (listed, capability) {
        diagnostics.push(codes::unlisted_operation::report(name, capability, provider));
    }
}
