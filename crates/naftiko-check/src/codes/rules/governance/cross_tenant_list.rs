//! A list operation that could be filtered by tenant and is not, so it reads resources of all tenants.

use std::collections::BTreeSet;

use naftiko_diagnostics::{Code, Diagnostic, Severity};
use naftiko_plan::Slot;
use naftiko_spec::Edition;

use crate::analyses::model::{Call, Model};
use crate::ir::resource::named_by;
use crate::codes::rules::unscoped_list;

pub(crate) static CODE: Code = Code {
    id: "cross-tenant-list",
    severity: Severity::Warning,
    summary: "a list is read over all tenants, although it could be limited to one",
};

pub(crate) fn check(model: &Model<'_>) -> Vec<Diagnostic> {
    model.calls().filter_map(|call| report(model, &call)).collect()
}

fn report(model: &Model<'_>, call: &Call<'_>) -> Option<Diagnostic> {
    let operation = &call.resolution.operation;
    let provider = model.provider(&operation.provider)?;
    let tenant = provider.capabilities.tenant.as_ref()?;
    let listed = call.resolution.resource().filter(|resource| resource.is_list())?;
    // A list of the tenants themselves is meant to contain all of them.
    if !operation.is_safe() || listed.is(&tenant.value) {
        return None;
    }
    let names_it = |name: &str| named_by(name).contains(&tenant.value);
    let filters = call.resolution.slots.iter().filter(|parameter| names_it(parameter.slot.name()));
    let filters: Vec<_> = filters.collect();
    let filter = filters.first()?;
    let slots: BTreeSet<&Slot> = filters.iter().map(|filter| &filter.slot).collect();
    let is_kept = call.bound.arguments.iter().any(|argument| slots.contains(&argument.slot));
    let said = model.composition.edition == Edition::V0_2 && unscoped_list::finds(model, call);
    if is_kept || said {
        return None;
    }
    let name = filter.slot.name();
    let message = format!("`{}` reads the data of every `{}`", call.step.id.value, tenant.value);
    let diagnostic = Diagnostic::new(&CODE, call.invoke.operation.span, message)
        .with_label(format!("{} {} without `{name}`", operation.method.as_str(), operation.path))
        .with_help(format!("give it `{name}` under `with`"));
    Some(diagnostic.with_related(tenant.span, "the tenant of the provider"))
}
