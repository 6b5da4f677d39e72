//! An argument that the operation does not take.

use naftiko_adapter::header::is_set_by_client;
use naftiko_diagnostics::{Applicability, Code, Diagnostic, Fix, NameIndex, Severity, Span, Spanned};
use naftiko_expr::Type;
use naftiko_plan::Slot;
use naftiko_spec::{Argument, Place};

use crate::ir::sub_composition::Embedded;
use crate::analyses::placement::whole_name;
use crate::ir::resolved::Resolution;

pub(crate) static CODE: Code = Code {
    id: "unknown-argument",
    severity: Severity::Error,
    summary: "an argument that the operation does not take",
};

/// The diagnostic, and the slot of the request that the author probably meant.
pub(crate) fn report(argument: &Argument, resolution: &Resolution) -> (Diagnostic, Option<Slot>) {
    let operation = &resolution.operation;
    let name = &argument.name;
    let message = format!("`{}` does not take `{}`", operation.id, whole_name(argument));
    let diagnostic = Diagnostic::new(&CODE, argument.key, message)
        .with_label(format!("{} {}", operation.method.as_str(), operation.path));
    if let Some((elsewhere, several)) = elsewhere(argument, resolution) {
        return (in_other_place(diagnostic, argument, elsewhere, several), Some(elsewhere.clone()));
    }
    // A written place is taken to be right: `path.idd` is meant to be `path.id`.
    if let Some(near) = resolution.slots.nearest(name, argument.place) {
        let said = argument.place.map(|place| format!("{}.", place.as_str())).unwrap_or_default();
        let meant = Some(near.slot.clone());
        return (diagnostic.with_suggestion(&format!("{said}{}", near.slot.name())), meant);
    }
    // A name with a place may be the whole name of a parameter.
    if let Some(near) = argument.place.and_then(|_| resolution.slots.nearest(&whole_name(argument), None)) {
        return (diagnostic.with_suggestion(near.slot.name()), Some(near.slot.clone()));
    }
    if let Some(path) = resolution.slots.inside(name) {
        let outer = path.first().cloned().unwrap_or_default();
        let inner = path.iter().skip(1).rfold("…".to_owned(), |value, field| format!("{{{field}: {value}}}"));
        let help = format!("`{}` of the body has it: write `{outer}: {inner}`", parents(path));
        return (diagnostic.with_help(help), Some(Slot::Property(outer)));
    }
    (diagnostic.with_help(alternatives(argument, resolution)), None)
}

/// The help for an argument that resembles no known name.
fn alternatives(argument: &Argument, resolution: &Resolution) -> String {
    if is_set_by_client(&argument.name) && matches!(argument.place, None | Some(Place::Header)) {
        return format!("the header `{}` is set by the client", argument.name);
    }
    let body = resolution.slots.body();
    let is_scalar = |ty: &Type| !ty.has_fields() && !matches!(ty.resolve().as_ref(), Type::Any);
    let whole = body.filter(|body| is_scalar(&body.ty)).zip(resolution.operation.body.as_ref());
    match (whole, resolution.slots.names()) {
        (Some((body, spec)), _) => {
            format!("the body is sent as `{}`: write `body: …`, {}", spec.content_type, body.ty)
        }
        (None, []) => "it takes no arguments".to_owned(),
        (None, names) => format!("it takes {}", listed(names)),
    }
}

/// A field that its object inside an argument does not take. `meant` is the field that the author probably meant.
pub(crate) fn inside(
    owner: &str,
    name: &str,
    key: Span,
    fields: &[String],
    meant: Option<&str>,
) -> Diagnostic {
    let diagnostic = Diagnostic::new(&CODE, key, format!("`{owner}` does not take `{name}`"));
    match meant {
        Some(near) => diagnostic.with_suggestion(near),
        None => diagnostic.with_help(format!("it takes {}", listed(fields))),
    }
}

/// For an argument with a written place, the first slot of its name in any place, and whether there are more.
fn elsewhere<'a>(argument: &Argument, resolution: &'a Resolution) -> Option<(&'a Slot, bool)> {
    argument.place?;
    let (first, several) = resolution.slots.folded(&argument.name)?;
    Some((&first.slot, several))
}

fn in_other_place(diagnostic: Diagnostic, argument: &Argument, slot: &Slot, several: bool) -> Diagnostic {
    let name = slot.name();
    let (place, prefix) = match slot {
        Slot::Parameter(place, _) => (format!("a {} parameter", place.as_str()), place.as_str()),
        Slot::Property(_) | Slot::Body => ("a property of the body".to_owned(), "body"),
    };
    let key = format!("{prefix}.{name}");
    // The name matches exactly, and only one place takes it.
    let certain = !several && name == argument.name;
    let applicability = if certain { Applicability::Safe } else { Applicability::Unsafe };
    diagnostic
        .with_help(format!("`{name}` is {place}: write `{key}`"))
        .with_fix(Fix::reword(format!("replace it by `{key}`"), argument.key, key, applicability))
}

/// The path of the object that contains a field.
fn parents(path: &[String]) -> String {
    path.split_last().map(|(_, parents)| parents.join(".")).unwrap_or_default()
}

/// An input that the composition of a step does not take, and the slot of the input that the author probably meant.
pub(crate) fn input<'e>(argument: &Argument, embedded: &'e Embedded) -> (Diagnostic, Option<&'e Slot>) {
    let name = whole_name(argument);
    let diagnostic =
        Diagnostic::new(&CODE, argument.key, format!("`{}` does not take `{name}`", embedded.path));
    let names = embedded.inputs.names();
    match embedded.inputs.nearest(&name, None) {
        Some(near) => (diagnostic.with_suggestion(near.slot.name()), Some(&near.slot)),
        None if names.is_empty() => (diagnostic.with_help("it takes no inputs"), None),
        None => (diagnostic.with_help(format!("it takes {}", listed(names))), None),
    }
}

/// An input that a test supplies and its composition does not take.
pub(crate) fn given(name: &Spanned<String>, composition: &str, inputs: &NameIndex<&str>) -> Diagnostic {
    let message = format!("`{composition}` does not take `{}`", name.value);
    let diagnostic = Diagnostic::new(&CODE, name.span, message);
    match inputs.nearest(&name.value) {
        Some(near) => diagnostic.with_suggestion(near),
        None if inputs.names().is_empty() => diagnostic.with_help("it takes no inputs"),
        None => diagnostic.with_help(format!("it takes {}", listed(inputs.names()))),
    }
}

/// The first twenty names as a list, and how many more there are.
fn listed<S: AsRef<str>>(names: &[S]) -> String {
    const SHOWN: usize = 20;
    let shown: Vec<&str> = names.iter().take(SHOWN).map(AsRef::as_ref).collect();
    match names.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
