//! An argument that the operation does not take.

use naftiko_diagnostics::{Applicability, Code, Diagnostic, Fix, Severity, Span, Spanned, nearest};
use naftiko_expr::Type;
use naftiko_plan::Slot;
use naftiko_spec::{Argument, Place};

use crate::embed::Embedded;
use crate::resolve::{Parameter, Resolution};
use crate::resource::fold;

pub(crate) static CODE: Code = Code {
    id: "unknown-argument",
    severity: Severity::Error,
    summary: "an argument that the operation does not take",
};

/// How deep inside the body a name is looked for.
const DEPTH: usize = 3;

/// The diagnostic, and the place of the request that was probably meant.
pub(crate) fn report(argument: &Argument, resolution: &Resolution) -> (Diagnostic, Option<Slot>) {
    let operation = &resolution.operation;
    let name = &argument.name;
    let diagnostic = Diagnostic::new(&CODE, argument.key, format!("`{}` does not take `{name}`", operation.id))
        .with_label(format!("{} {}", operation.method.as_str(), operation.path));
    if let Some((elsewhere, several)) = elsewhere(argument, resolution) {
        return (in_other_place(diagnostic, argument, elsewhere, several), Some(elsewhere.clone()));
    }
    let slots = || resolution.slots.iter().map(|parameter| &parameter.slot).filter(|slot| **slot != Slot::Body);
    let names: Vec<&str> = slots().map(Slot::name).collect();
    // Who said where it goes meant that place: `path.idd` is `path.id`.
    let there = || slots().filter(|slot| argument.place.is_none_or(|place| is_at(slot, place)));
    if let Some(near) = nearest(name, there().map(Slot::name)) {
        let meant = there().find(|slot| slot.name() == near).cloned();
        let said = argument.place.map(|place| format!("{}.", place.as_str())).unwrap_or_default();
        return (diagnostic.with_suggestion(&format!("{said}{near}")), meant);
    }
    if let Some(path) = deeper(name, resolution) {
        let outer = path.first().cloned().unwrap_or_default();
        let inner = path.iter().skip(1).rfold("…".to_owned(), |value, field| format!("{{{field}: {value}}}"));
        let help = format!("`{}` of the body has it: write `{outer}: {inner}`", parents(&path));
        return (diagnostic.with_help(help), Some(Slot::Property(outer)));
    }
    let help = match names.as_slice() {
        [] => "it takes no arguments".to_owned(),
        names => format!("it takes {}", names.join(", ")),
    };
    (diagnostic.with_help(help), None)
}

/// A field inside an argument that what it is in does not take.
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
        None => diagnostic.with_help(format!("it takes {}", fields.join(", "))),
    }
}

/// The place where there is an argument of that name, and whether there are more.
fn elsewhere<'a>(argument: &Argument, resolution: &'a Resolution) -> Option<(&'a Slot, bool)> {
    argument.place?;
    let named = |parameter: &&Parameter| {
        parameter.slot != Slot::Body && fold(parameter.slot.name()) == fold(&argument.name)
    };
    let mut found = resolution.slots.iter().filter(named);
    let first = found.next()?;
    Some((&first.slot, found.next().is_some()))
}

fn in_other_place(diagnostic: Diagnostic, argument: &Argument, slot: &Slot, several: bool) -> Diagnostic {
    let name = slot.name();
    let (place, prefix) = match slot {
        Slot::Parameter(place, _) => (format!("a {} parameter", place.as_str()), place.as_str()),
        Slot::Property(_) | Slot::Body => ("a property of the body".to_owned(), "body"),
    };
    let key = format!("{prefix}.{name}");
    // The name is right in all its letters, and there is one place for it.
    let certain = !several && name == argument.name;
    let applicability = if certain { Applicability::Safe } else { Applicability::Unsafe };
    diagnostic
        .with_help(format!("`{name}` is {place}: write `{key}`"))
        .with_fix(Fix::reword(format!("replace it by `{key}`"), argument.key, key, applicability))
}

/// The fields that lead to a property of that name inside the body, if there is only one such way.
fn deeper(name: &str, resolution: &Resolution) -> Option<Vec<String>> {
    let mut found = Vec::new();
    for parameter in &resolution.slots {
        if let Slot::Property(property) = &parameter.slot {
            search(name, &parameter.ty, &mut vec![property.clone()], &mut found);
        }
    }
    let only = found.pop()?;
    found.is_empty().then_some(only)
}

fn search(name: &str, ty: &Type, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    if path.len() > DEPTH || found.len() > 1 {
        return;
    }
    // An item of a list is written in the list, which `{…}` would not show.
    for (field, inner) in ty.resolve().fields() {
        let is = fold(&field) == fold(name);
        path.push(field);
        if is {
            found.push(path.clone());
        } else {
            search(name, &inner.ty, path, found);
        }
        path.pop();
    }
}

/// The way to what a field is in.
fn parents(path: &[String]) -> String {
    path.split_last().map(|(_, parents)| parents.join(".")).unwrap_or_default()
}

/// Whether a slot is at the place that an author said.
fn is_at(slot: &Slot, place: Place) -> bool {
    match slot {
        Slot::Parameter(at, _) => at.as_str() == place.as_str(),
        Slot::Property(_) | Slot::Body => place == Place::Body,
    }
}

/// An input that another composition does not take, and the one that was probably meant.
pub(crate) fn input<'e>(argument: &Argument, embedded: &'e Embedded) -> (Diagnostic, Option<&'e Slot>) {
    let name = written(argument);
    let diagnostic =
        Diagnostic::new(&CODE, argument.key, format!("`{}` does not take `{name}`", embedded.path));
    let names: Vec<&str> = embedded.inputs.iter().map(|input| input.slot.name()).collect();
    match nearest(&name, names.iter().copied()) {
        Some(near) => {
            let meant = embedded.inputs.iter().find(|input| input.slot.name() == near);
            (diagnostic.with_suggestion(near), meant.map(|input| &input.slot))
        }
        None if names.is_empty() => (diagnostic.with_help("it takes no inputs"), None),
        None => (diagnostic.with_help(format!("it takes {}", names.join(", "))), None),
    }
}

/// An input that a test gives and its composition does not take.
pub(crate) fn given(name: &Spanned<String>, composition: &str, inputs: &[&str]) -> Diagnostic {
    let message = format!("`{composition}` does not take `{}`", name.value);
    let diagnostic = Diagnostic::new(&CODE, name.span, message);
    match nearest(&name.value, inputs.iter().copied()) {
        Some(near) => diagnostic.with_suggestion(near),
        None if inputs.is_empty() => diagnostic.with_help("it takes no inputs"),
        None => diagnostic.with_help(format!("it takes {}", inputs.join(", "))),
    }
}

/// The key as it stands: an input has no place in a request.
fn written(argument: &Argument) -> String {
    match argument.place {
        None => argument.name.clone(),
        Some(place) => format!("{}.{}", place.as_str(), argument.name),
    }
}
