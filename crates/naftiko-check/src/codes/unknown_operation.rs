//! An operation that the provider's OpenAPI description does not have.

use naftiko_diagnostics::{Applicability, Code, Diagnostic, Fix, NameIndex, Severity, Spanned, some_of};
use naftiko_openapi::Entry;
use naftiko_spec::{Capability, Edition, Mapping, Target};

use crate::ir::provider::Provider;

pub(crate) static CODE: Code = Code {
    id: "unknown-operation",
    severity: Severity::Error,
    summary: "an operation that the provider's OpenAPI description does not have",
};

/// A step misspells the name of an operation that its capability lists or the document maps. `None` if the capability
/// lists the name as written, or no such name is near.
pub(crate) fn meant(
    name: &Spanned<String>,
    listed: Option<&Spanned<String>>,
    capability: Option<&Capability>,
    provider: &Provider,
) -> Option<Diagnostic> {
    if listed.is_some() {
        return None;
    }
    // If a name that only the description has is nearer, the step means none of the listed and mapped names.
    let in_capability = capability.and_then(|_| provider.nearest_standing(&name.value, capability));
    let mapped = provider.nearest_mapped(&name.value);
    let described = provider.nearest_described(&name.value);
    let all = in_capability.into_iter().chain(mapped);
    let near = all.min_by_key(|near| near.distance)?;
    if described.is_some_and(|described| described.distance < near.distance) {
        return None;
    }
    let listed = capability.and_then(|capability| provider.names().listed(capability, near.name));
    let mapped = || provider.capabilities.operations.get(near.name).map(|mapping| mapping.key);
    let span = listed.map(|listed| listed.span).or_else(mapped)?;
    let message = format!("`{}` is not an operation of `{}`", name.value, provider.id);
    let diagnostic = Diagnostic::new(&CODE, name.span, message).with_suggestion(near.name);
    Some(diagnostic.with_related(span, format!("`{}` is here", near.name)))
}

/// A step uses an unknown operation; `listed` is the place where its capability lists the name.
pub(crate) fn used(
    name: &Spanned<String>,
    listed: Option<&Spanned<String>>,
    capability: Option<&Capability>,
    provider: &Provider,
) -> Diagnostic {
    let nearest = provider.nearest(&name.value);
    let diagnostic =
        Diagnostic::new(&CODE, name.span, format!("`{}` is not an operation of `{}`", name.value, provider.id));
    let diagnostic = suggest(diagnostic, name, &nearest);
    match listed {
        None if nearest.is_empty() => diagnostic.with_help(there_are(capability, provider)),
        Some(listed) => {
            let where_to = match provider.capabilities.edition {
                Edition::V0_1 => "listed here, but not in the OpenAPI description",
                Edition::V0_2 => "listed here, but neither in the OpenAPI description nor mapped by `operations`",
            };
            diagnostic.with_related(listed.span, where_to)
        }
        None => diagnostic,
    }
}

/// The help if no name is near: some operations of the capability, or of all capabilities.
fn there_are(capability: Option<&Capability>, provider: &Provider) -> String {
    let of = capability.map_or(&provider.id, |capability| &capability.id.value);
    match provider.some_standing(capability) {
        Some(some) => format!("the operations of `{of}` are {some}"),
        None => format!("`{of}` lists no operations"),
    }
}

/// A capabilities document lists an unknown operation.
pub(crate) fn listed(name: &Spanned<String>, nearest: &[&Entry], edition: Edition) -> Diagnostic {
    let diagnostic = Diagnostic::new(
        &CODE,
        name.span,
        format!("`{}` is not in the OpenAPI description", name.value),
    );
    let diagnostic = suggest(diagnostic, name, nearest);
    match (edition, nearest) {
        (Edition::V0_2, []) => diagnostic.with_help("map it to an operation under `operations`, or remove it"),
        _ => diagnostic,
    }
}

/// A capabilities document lists a misspelled operation. The name that a step uses, `meant`, is that of `entry` in the
/// description.
pub(crate) fn misspelled(name: &Spanned<String>, meant: &str, entry: &Entry, nearest: &[&Entry]) -> Diagnostic {
    // With an equal suggestion, the finding equals the one about the capabilities document on its own.
    if nearest.first().is_some_and(|first| first.id.as_deref() == Some(meant)) {
        return listed(name, nearest, Edition::V0_1);
    }
    Diagnostic::new(&CODE, name.span, format!("`{}` is not in the OpenAPI description", name.value))
        .with_suggestion(meant)
        .with_related(entry.span, format!("{} {}", entry.method.as_str(), entry.path))
}

/// A capabilities document maps a name to an unknown operation.
pub(crate) fn mapped(name: &str, mapping: &Mapping, nearest: &[&Entry]) -> Diagnostic {
    match &mapping.target {
        Target::Id(id) => {
            let diagnostic = Diagnostic::new(
                &CODE,
                id.span,
                format!("`{name}` is mapped to `{}`, which is not in the OpenAPI description", id.value),
            );
            suggest(diagnostic, id, nearest)
        }
        Target::Route { method, path } => Diagnostic::new(
            &CODE,
            path.span,
            format!("`{name}` is mapped to `{} {}`, which is not in the OpenAPI description", method.value, path.value),
        ),
        Target::Itself => {
            Diagnostic::new(&CODE, mapping.key, format!("`{name}` is not in the OpenAPI description"))
        }
    }
}

/// The mock script of a test names an unknown operation.
pub(crate) fn scripted(
    name: &Spanned<String>,
    used: &NameIndex<&str>,
    nearest_entries: &[&Entry],
) -> Diagnostic {
    let message = format!("`{}` is not an operation of the tested composition", name.value);
    let diagnostic = Diagnostic::new(&CODE, name.span, message);
    match used.nearest(&name.value) {
        Some(near) => diagnostic.with_suggestion(near),
        None if nearest_entries.is_empty() => match some_of(used.names()) {
            Some(some) => diagnostic.with_help(format!("the operations it uses are {some}")),
            None => diagnostic,
        },
        None => suggest(diagnostic, name, nearest_entries),
    }
}

fn suggest(diagnostic: Diagnostic, name: &Spanned<String>, nearest: &[&Entry]) -> Diagnostic {
    let mut ids = nearest.iter().filter_map(|entry| Some((entry.id.as_deref()?, entry)));
    let Some((id, entry)) = ids.next() else { return diagnostic };
    let others: Vec<String> = ids.map(|(id, _)| format!("`{id}`")).collect();
    let or = if others.is_empty() { String::new() } else { format!(" (or {})", others.join(", ")) };
    diagnostic
        .with_help(format!("did you mean `{id}`{or}?"))
        .with_related(entry.span, format!("{} {}", entry.method.as_str(), entry.path))
        .with_fix(Fix::reword(format!("replace it by `{id}`"), name.span, id, Applicability::Unsafe))
}
