//! An argument whose name occurs in several places of the request, such as the query and the body.

use naftiko_diagnostics::{Code, Diagnostic, Severity, one_of};
use naftiko_plan::Slot;
use naftiko_spec::Argument;

pub(crate) static CODE: Code = Code {
    id: "ambiguous-place",
    severity: Severity::Error,
    summary: "an argument's name occurs in several places of the request",
};

pub(crate) fn report<'a>(argument: &Argument, slots: impl Iterator<Item = &'a Slot>) -> Diagnostic {
    let name = &argument.name;
    let places = slots.map(|slot| match slot {
        Slot::Parameter(place, name) => format!("{}.{name}", place.as_str()),
        Slot::Property(name) => format!("body.{name}"),
        Slot::Body => "body".to_owned(),
    });
    Diagnostic::new(&CODE, argument.key, format!("`{name}` occurs in several places of the request"))
        .with_help(format!("add the place: {}", one_of(places)))
}
