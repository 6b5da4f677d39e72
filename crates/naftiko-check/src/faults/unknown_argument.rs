//! An argument that the operation does not take.

use naftiko_diagnostics::{Code, Diagnostic, Severity, nearest};
use naftiko_plan::Slot;
use naftiko_spec::Argument;

use crate::resolve::Resolution;

pub(crate) static CODE: Code = Code {
    id: "unknown-argument",
    severity: Severity::Error,
    summary: "an argument that the operation does not take",
};

/// The diagnostic, and the place of the request that was probably meant.
pub(crate) fn report(argument: &Argument, resolution: &Resolution) -> (Diagnostic, Option<Slot>) {
    let operation = &resolution.operation;
    let name = &argument.name;
    let diagnostic = Diagnostic::new(&CODE, argument.key, format!("`{}` does not take `{name}`", operation.id))
        .with_label(format!("{} {}", operation.method.as_str(), operation.path));
    let slots = || resolution.slots.iter().map(|parameter| &parameter.slot).filter(|slot| **slot != Slot::Body);
    if let Some(elsewhere) = slots().find(|slot| argument.place.is_some() && slot.name() == name) {
        let place = match elsewhere {
            Slot::Parameter(place, _) => place.as_str(),
            Slot::Property(_) | Slot::Body => "body",
        };
        let diagnostic = diagnostic.with_suggestion(&format!("{place}.{name}"));
        return (diagnostic, Some(elsewhere.clone()));
    }
    let names: Vec<&str> = slots().map(Slot::name).collect();
    match nearest(name, names.iter().copied()) {
        Some(near) => {
            let meant = slots().find(|slot| slot.name() == near).cloned();
            (diagnostic.with_suggestion(near), meant)
        }
        None if names.is_empty() => (diagnostic.with_help("it takes no arguments"), None),
        None => (diagnostic.with_help(format!("it takes {}", names.join(", "))), None),
    }
}
