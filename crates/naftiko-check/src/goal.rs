//! Where in a request an argument goes, by its name and the place the author gave.

use naftiko_adapter::Place as ParameterPlace;
use naftiko_expr::Type;
use naftiko_plan::Slot;
use naftiko_spec::{Argument, Place};

use crate::resolve::{Parameter, Resolution};

/// Whether two places of the request are one, or one is part of the other.
pub(crate) fn overlaps(one: &Slot, other: &Slot) -> bool {
    match (one, other) {
        (Slot::Body, Slot::Property(_)) | (Slot::Property(_), Slot::Body) => true,
        _ => one == other,
    }
}

/// Whether an argument of this name and place goes there. `body` is the whole body where no property bears that name.
pub(crate) fn goes(argument: &Argument, slot: &Slot, resolution: &Resolution) -> bool {
    let name = argument.name.as_str();
    match (argument.place, slot) {
        (None, Slot::Body) => {
            let is_property = |parameter: &Parameter| parameter.slot == Slot::Property("body".to_owned());
            name == "body" && !resolution.slots.iter().any(is_property)
        }
        (None | Some(Place::Body), Slot::Property(property)) => property == name,
        (None, Slot::Parameter(at, parameter)) => same_parameter(*at, parameter, name),
        (Some(place), Slot::Parameter(at, parameter)) => {
            parameter_place(place) == Some(*at) && same_parameter(*at, parameter, name)
        }
        (Some(_), _) => false,
    }
}

fn parameter_place(place: Place) -> Option<ParameterPlace> {
    match place {
        Place::Path => Some(ParameterPlace::Path),
        Place::Query => Some(ParameterPlace::Query),
        Place::Header => Some(ParameterPlace::Header),
        Place::Cookie => Some(ParameterPlace::Cookie),
        Place::Body => None,
    }
}

/// Names of headers are the same in any case (RFC 9110 §5.1).
fn same_parameter(place: ParameterPlace, parameter: &str, name: &str) -> bool {
    if place == ParameterPlace::Header { parameter.eq_ignore_ascii_case(name) } else { parameter == name }
}

/// The property of a body that takes any property.
pub(crate) fn open_body(argument: &Argument, resolution: &Resolution) -> Option<Slot> {
    if !matches!(argument.place, None | Some(Place::Body)) {
        return None;
    }
    let body = resolution.slots.iter().find(|parameter| parameter.slot == Slot::Body)?;
    let takes = matches!(body.ty.resolve().as_ref(), Type::Any) || body.ty.field(&argument.name).is_some();
    takes.then(|| Slot::Property(argument.name.clone()))
}
