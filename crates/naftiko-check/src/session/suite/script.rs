//! Resolves the mock script of a test, and checks it against the descriptions of its operations.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use indexmap::IndexSet;
use naftiko_adapter::{Operation, ResponseSpec};
use naftiko_diagnostics::{Diagnostic, NameIndex, Spanned};
use naftiko_expr::{Definitions, Type};
use naftiko_plan::Plan;
use naftiko_schema::{Formats, Options};
use naftiko_spec::{Literal, Reply, Script};
use serde_json::Value;

use super::written_literal;
use crate::analyses::constraints::{self, Breach};
use crate::analyses::type_match::{Misfit, misfits};
use crate::codes;
use crate::codes::unfit_answer::AS_IS;
use crate::ir::missing_names::NameBudget;
use crate::ir::provider::{Found, Provider};
use crate::stages::load::Loader;
use crate::stages::operation;

/// A mock script with resolved operations. Entries with unknown operations are left out.
#[derive(Debug, Default)]
pub struct Scripted {
    /// The seed of generated values; 0 if the script has none.
    pub seed: u64,
    /// The scripted replies of each operation, in order.
    pub operations: Vec<(Arc<Operation>, Vec<Reply>)>,
    /// The resources that exist before the run starts, by an operation whose response contains them.
    pub seeds: Vec<(Arc<Operation>, Vec<Value>)>,
}

/// Resolves the operations of a script. Reports unknown operations, and replies and seeds that do not fit the
/// descriptions.
pub(super) fn resolve(script: &Script, known: &Known<'_>, diagnostics: &mut Vec<Diagnostic>) -> Scripted {
    let mut resolved = Scripted { seed: script.seed.unwrap_or_default(), ..Scripted::default() };
    for scripted in &script.operations {
        match known.operation(&scripted.operation) {
            Ok(operation) => {
                let unfit = scripted.items.iter().flat_map(|reply| unfit_reply(reply, &operation, known));
                diagnostics.extend(unfit);
                resolved.operations.push((operation, scripted.items.clone()));
            }
            Err(found) => diagnostics.push(*found),
        }
    }
    for scripted in &script.seeds {
        match known.operation(&scripted.operation) {
            Ok(operation) => {
                let ty = thing(&operation, known);
                // The mock stores only resources with an id.
                if ty.as_ref().is_some_and(|ty| !is_open(ty) && !has_id(ty)) {
                    diagnostics.push(codes::unfit_answer::no_thing(&scripted.operation));
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

/// The operations that a script may name: those of the plan, and all others of its providers. Indexed once for all
/// tests.
pub(super) struct Known<'a> {
    providers: Vec<Rc<Provider>>,
    by_name: HashMap<&'a str, &'a Arc<Operation>>,
    by_id: HashMap<&'a str, &'a Arc<Operation>>,
    /// The names of operations that the compositions use.
    names: NameIndex<&'a str>,
    /// Cache: the types of schemas, by the addresses of the operation and the schema.
    types: RefCell<HashMap<(usize, usize), Type>>,
    definitions: RefCell<HashMap<usize, Definitions>>,
}

impl<'a> Known<'a> {
    pub(super) fn new(plan: &'a Plan, loader: &Loader<'_>) -> Self {
        let plans = std::iter::once(plan).chain(plan.embedded().into_iter().map(AsRef::as_ref));
        let mut names = Vec::new();
        let (mut by_name, mut by_id) = (HashMap::new(), HashMap::new());
        for (key, operation) in plans.flat_map(|plan| &plan.operations) {
            // The key of an operation in a plan is the id of its provider, `/` and the name that the composition uses.
            let used = key.strip_prefix(operation.provider.as_str()).and_then(|rest| rest.strip_prefix('/'));
            if let Some(used) = used {
                names.push(used);
                by_name.entry(used).or_insert(operation);
            }
            by_id.entry(operation.id.as_str()).or_insert(operation);
        }
        Self {
            providers: loader.providers.values().flatten().cloned().collect(),
            by_name,
            by_id,
            names: NameIndex::new(names),
            types: RefCell::default(),
            definitions: RefCell::default(),
        }
    }

    /// The ids of all operations that a test may name, those of the plan first.
    pub(super) fn all(&self) -> IndexSet<String> {
        let used = self.names.names().iter().filter_map(|name| self.by_name.get(name));
        let used = used.map(|operation| operation.id.clone());
        let catalogues = self.providers.iter().flat_map(|provider| &provider.catalogues);
        let described =
            catalogues.flat_map(|catalogue| catalogue.operations()).filter_map(|entry| entry.id.clone());
        used.chain(described).collect()
    }

    /// Resolves an operation by the name that a composition uses, or by its `operationId`.
    fn operation(&self, name: &Spanned<String>) -> Result<Arc<Operation>, Box<Diagnostic>> {
        let used = self.by_name.get(name.value.as_str()).or_else(|| self.by_id.get(name.value.as_str()));
        if let Some(operation) = used {
            return Ok(Arc::clone(operation));
        }
        let mut missing = Vec::new();
        for provider in &self.providers {
            match provider.operation(&name.value) {
                Found::Operation { catalogue, entry, .. } => {
                    return Ok(Arc::clone(
                        &operation::resolution(provider, catalogue, entry, None).0.operation,
                    ));
                }
                Found::Missing { sought, .. } => missing.push((provider, sought)),
                Found::Undescribed => {}
            }
        }
        let nearest: Vec<_> =
            missing.into_iter().flat_map(|(provider, sought)| provider.nearest(sought)).collect();
        Err(Box::new(codes::unknown_operation::scripted(name, &self.names, &nearest)))
    }

    /// The type of a schema of an operation.
    fn type_of(&self, schema: &Value, operation: &Arc<Operation>) -> Type {
        let of = Arc::as_ptr(operation).addr();
        let key = (of, std::ptr::from_ref(schema).addr());
        if let Some(known) = self.types.borrow().get(&key) {
            return known.clone();
        }
        let mut definitions = self.definitions.borrow_mut();
        let definitions =
            definitions.entry(of).or_insert_with(|| Definitions::new(operation.definitions.clone()));
        let ty = Type::from_schema(schema, definitions);
        self.types.borrow_mut().insert(key, ty.clone());
        ty
    }
}

/// The findings about the parts of a scripted reply that do not fit the description; none with `asIs: true`.
fn unfit_reply(reply: &Reply, operation: &Arc<Operation>, known: &Known<'_>) -> Vec<Diagnostic> {
    if reply.as_is {
        return Vec::new();
    }
    let spec = match reply.status {
        Some(status) => operation.response(status),
        None => operation.success().map(|(_, spec)| spec),
    };
    let said = reply.body.iter().chain(&reply.patch);
    said.flat_map(|literal| unfit(literal, spec, (operation, known), Some(AS_IS))).collect()
}

/// The type of the resource in the response of an operation, or of the items if the response is or contains a list.
fn thing(operation: &Arc<Operation>, known: &Known<'_>) -> Option<Type> {
    let schema = operation.success().and_then(|(_, spec)| spec.schema.as_ref())?;
    let whole = known.type_of(schema, operation);
    let is_one = whole.fields().iter().any(|(name, _)| matches!(name.as_str(), "id" | "uuid"));
    let listed = || only_list(&whole).filter(|_| !is_one);
    Some(whole.items().or_else(listed).unwrap_or(whole))
}

/// Whether the type of a resource includes `any`.
fn is_open(thing: &Type) -> bool {
    thing.members().iter().any(|member| matches!(member, Type::Any))
}

/// Whether the type of a resource has a field whose name ends in `id`, in either case.
fn has_id(thing: &Type) -> bool {
    thing.fields().iter().any(|(name, _)| name.to_lowercase().ends_with("id"))
}

/// The findings about the parts of a seeded resource that do not fit the resource type of the operation.
fn unfit_seed(item: &Literal, ty: Option<&Type>, operation: &Operation) -> Vec<Diagnostic> {
    let Some(ty) = ty else { return Vec::new() };
    let written = written_literal(item);
    // Missing fields are generated, so that none is listed.
    let misfits = misfits(ty, &written, "", &NameBudget::none());
    let told = misfits.found.iter().filter(|misfit| !is_made_up(misfit));
    told.map(|misfit| codes::unfit_answer::misfit(misfit, &operation.id, None)).collect()
}

/// The item type of the only list of objects in a response; `None` if there is no such list, or more than one.
fn only_list(whole: &Type) -> Option<Type> {
    let mut lists = whole.fields().into_iter().filter_map(|(_, field)| {
        field.ty.items().filter(|items| is_open(items) || !items.fields().is_empty())
    });
    lists.next().filter(|_| lists.next().is_none())
}

fn unfit(
    literal: &Literal,
    spec: Option<&ResponseSpec>,
    (operation, known): (&Arc<Operation>, &Known<'_>),
    otherwise: Option<&str>,
) -> Vec<Diagnostic> {
    let Some(schema) = spec.and_then(|spec| spec.schema.as_ref()) else { return Vec::new() };
    let ty = known.type_of(schema, operation);
    let written = written_literal(literal);
    // Missing fields are generated, so that none is listed.
    let misfits = misfits(&ty, &written, "", &NameBudget::none());
    let mistakes = misfits.mistakes();
    let told = misfits.found.iter().filter(|misfit| !is_made_up(misfit));
    let misfits = told.map(|misfit| codes::unfit_answer::misfit(misfit, &operation.id, otherwise));
    let options = Options { formats: Formats::Common, ..Options::RECEIVED };
    let broken = constraints::broken(schema, &operation.definitions, options, &written, "", &mistakes);
    let broken = broken.iter().filter(|broken| matches!(broken.what, Breach::Demand { .. }));
    let broken = broken.map(|broken| codes::unfit_answer::broken(broken, &operation.id, otherwise));
    misfits.chain(broken).collect()
}

/// Whether a script may contain a misfit: the mock generates missing fields, and null in a patch removes a field.
fn is_made_up(misfit: &Misfit<'_>) -> bool {
    match misfit {
        Misfit::Missing(_) => true,
        Misfit::Type { written, .. } => written.literal() == Some(&Value::Null),
        Misfit::Unknown { .. } => false,
    }
}
