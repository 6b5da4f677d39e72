//! What the mock is told, against the operations it speaks of.

use std::rc::Rc;
use std::sync::Arc;

use indexmap::IndexSet;
use naftiko_adapter::{Operation, ResponseSpec};
use naftiko_diagnostics::{Diagnostic, Spanned};
use naftiko_expr::Type;
use naftiko_openapi::Catalogue;
use naftiko_plan::Plan;
use naftiko_schema::{Formats, Options};
use naftiko_spec::{Literal, Reply, Script};
use serde_json::Value;

use super::written_literal;
use crate::faults;
use crate::faults::unfit_answer::AS_IS;
use crate::fit::{Misfit, misfits};
use crate::limits::{self, Breach};
use crate::load::Loader;
use crate::provider::{Found, Provider};

/// What a mock is told, of operations that there are.
#[derive(Debug, Default)]
pub struct Scripted {
    /// What made-up values come from.
    pub seed: u64,
    /// What operations answer, in order.
    pub operations: Vec<(Arc<Operation>, Vec<Reply>)>,
    /// What exists before the run begins, by an operation whose answer holds it.
    pub seeds: Vec<(Arc<Operation>, Vec<Value>)>,
}

/// Finds the operations of a script, and holds what it says against their descriptions.
pub(super) fn resolve(
    script: &Script,
    plan: &Plan,
    loader: &Loader<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Scripted {
    let providers: Vec<&Rc<Provider>> = loader.providers.values().flatten().collect();
    let known = Known { plan, providers: &providers };
    let mut resolved = Scripted { seed: script.seed.unwrap_or_default(), ..Scripted::default() };
    for scripted in &script.operations {
        match known.operation(&scripted.operation) {
            Ok(operation) => {
                let unfit = scripted.items.iter().flat_map(|reply| unfit_reply(reply, &operation));
                diagnostics.extend(unfit);
                resolved.operations.push((operation, scripted.items.clone()));
            }
            Err(found) => diagnostics.push(*found),
        }
    }
    for scripted in &script.seeds {
        match known.operation(&scripted.operation) {
            Ok(operation) => {
                let ty = thing(&operation);
                // What is not known by an id is not kept.
                if ty.as_ref().is_some_and(|ty| !is_open(ty) && !has_id(ty)) {
                    diagnostics.push(faults::unfit_answer::no_thing(&scripted.operation));
                }
                let unfit = scripted.items.iter().flat_map(|item| unfit_seed(item, ty.as_ref(), &operation));
                diagnostics.extend(unfit);
                let items = scripted.items.iter().map(|item| item.json.clone()).collect();
                resolved.seeds.push((operation, items));
            }
            Err(found) => diagnostics.push(*found),
        }
    }
    resolved
}

/// The ids of all operations that a test may speak of: those of the plan first.
pub(super) fn operations(plan: &Plan, loader: &Loader<'_>) -> IndexSet<String> {
    let plans = std::iter::once(plan).chain(plan.embedded().into_iter().map(AsRef::as_ref));
    let used = plans.flat_map(|plan| plan.operations.values()).map(|operation| operation.id.clone());
    let catalogues = loader.providers.values().flatten().flat_map(|provider| &provider.catalogues);
    let described = catalogues.flat_map(Catalogue::operations).filter_map(|entry| entry.id.clone());
    used.chain(described).collect()
}

/// The operations that a script may speak of: those of the plan, and all others of its providers.
struct Known<'a> {
    plan: &'a Plan,
    providers: &'a [&'a Rc<Provider>],
}

impl Known<'_> {
    /// By the name that a composition uses, or by `operationId`.
    fn operation(&self, name: &Spanned<String>) -> Result<Arc<Operation>, Box<Diagnostic>> {
        let plans: Vec<&Plan> =
            std::iter::once(self.plan).chain(self.plan.embedded().into_iter().map(AsRef::as_ref)).collect();
        let operations = || plans.iter().flat_map(|plan| &plan.operations);
        // The key of a plan is the provider's id, and the name that the composition uses.
        let used = |key: &'_ str, operation: &Operation| {
            key.strip_prefix(operation.provider.as_str())
                .and_then(|rest| rest.strip_prefix('/'))
                .map(str::to_owned)
        };
        let by_name =
            operations().find(|(key, operation)| used(key, operation).as_ref() == Some(&name.value));
        let by_id = || operations().find(|(_, operation)| operation.id == name.value);
        if let Some((_, operation)) = by_name.or_else(by_id) {
            return Ok(Arc::clone(operation));
        }
        let mut nearest = Vec::new();
        for provider in self.providers {
            match provider.operation(&name.value) {
                Found::Operation { catalogue, entry, .. } => {
                    return Ok(Arc::new(catalogue.operation(entry, &provider.id).0));
                }
                Found::Missing { nearest: near, .. } => nearest.extend(near),
                Found::Undescribed => {}
            }
        }
        let names: Vec<String> = operations().filter_map(|(key, operation)| used(key, operation)).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        Err(Box::new(faults::unknown_operation::scripted(name, &names, &nearest)))
    }
}

/// What of an answer does not fit the description.
fn unfit_reply(reply: &Reply, operation: &Operation) -> Vec<Diagnostic> {
    if reply.as_is {
        return Vec::new();
    }
    let spec = match reply.status {
        Some(status) => operation.response(status),
        None => operation.success().map(|(_, spec)| spec),
    };
    let said = reply.body.iter().chain(&reply.patch);
    said.flat_map(|literal| unfit(literal, spec, operation, Some(AS_IS))).collect()
}

/// The one thing that an operation answers with, or what the list holds that it answers with.
fn thing(operation: &Operation) -> Option<Type> {
    let schema = operation.success().and_then(|(_, spec)| spec.schema.as_ref())?;
    let definitions = Arc::new(operation.definitions.clone());
    let whole = Type::from_schema(schema, &definitions);
    let is_one = whole.fields().iter().any(|(name, _)| matches!(name.as_str(), "id" | "uuid"));
    let listed = || only_list(&whole).filter(|_| !is_one);
    Some(whole.items().or_else(listed).unwrap_or(whole))
}

/// Whether a thing may be anything at all.
fn is_open(thing: &Type) -> bool {
    thing.members().iter().any(|member| matches!(member, Type::Any))
}

/// Whether a thing is known by an id, under whatever name.
fn has_id(thing: &Type) -> bool {
    thing.fields().iter().any(|(name, _)| name.to_lowercase().ends_with("id"))
}

/// What of a thing that exists does not fit the things that an operation answers with.
fn unfit_seed(item: &Literal, ty: Option<&Type>, operation: &Operation) -> Vec<Diagnostic> {
    let Some(ty) = ty else { return Vec::new() };
    let written = written_literal(item);
    let found = misfits(ty, &written, "");
    let told = found.iter().filter(|misfit| !is_made_up(misfit));
    told.map(|misfit| faults::unfit_answer::misfit(misfit, &operation.id, None)).collect()
}

/// What the one list of an answer holds.
fn only_list(whole: &Type) -> Option<Type> {
    let mut lists = whole.fields().into_iter().filter_map(|(_, field)| {
        field.ty.items().filter(|items| is_open(items) || !items.fields().is_empty())
    });
    lists.next().filter(|_| lists.next().is_none())
}

fn unfit(
    literal: &Literal,
    spec: Option<&ResponseSpec>,
    operation: &Operation,
    otherwise: Option<&str>,
) -> Vec<Diagnostic> {
    let Some(schema) = spec.and_then(|spec| spec.schema.as_ref()) else { return Vec::new() };
    let definitions = Arc::new(operation.definitions.clone());
    let ty = Type::from_schema(schema, &definitions);
    let written = written_literal(literal);
    let found = misfits(&ty, &written, "");
    let mistaken: Vec<_> = found.iter().map(Misfit::place).collect();
    let told = found.iter().filter(|misfit| !is_made_up(misfit));
    let misfits = told.map(|misfit| faults::unfit_answer::misfit(misfit, &operation.id, otherwise));
    let options = Options { formats: Formats::Common, ..Options::RECEIVED };
    let broken = limits::broken(schema, &operation.definitions, options, &written, "", &mistaken);
    let broken = broken.iter().filter(|broken| matches!(broken.what, Breach::Demand { .. }));
    let broken = broken.map(|broken| faults::unfit_answer::broken(broken, &operation.id, otherwise));
    misfits.chain(broken).collect()
}

/// What is missing is made up, and null in a patch takes something away.
fn is_made_up(misfit: &Misfit<'_>) -> bool {
    match misfit {
        Misfit::Missing(_) => true,
        Misfit::Type { written, .. } => written.literal() == Some(&Value::Null),
        Misfit::Unknown { .. } => false,
    }
}
