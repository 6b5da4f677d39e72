//! Matches the name of an argument, and the location that the author gave, to slots of the request.

use naftiko_adapter::Place as ParameterPlace;
use naftiko_expr::Type;
use naftiko_plan::Slot;
use naftiko_spec::{Argument, Place};

use crate::ir::resolved::Resolution;
use crate::ir::slots::Parameter;

/// The parameters that an argument binds. A parameter whose own name equals the whole key wins: with a parameter
/// called `path.id`, the key `path.id` is that parameter. `body` is the whole body if no property has that name.
pub(crate) fn goals<'r>(argument: &Argument, resolution: &'r Resolution) -> Vec<&'r Parameter> {
    if argument.place.is_some() {
        let named = resolution.slots.named(&whole_name(argument));
        if !named.is_empty() {
            return named;
        }
    }
    let name = argument.name.as_str();
    let whole = || resolution.slots.body().filter(|_| name == "body" && argument.place.is_none());
    let is_property = |parameter: &&Parameter| matches!(parameter.slot, Slot::Property(_));
    let mut goals = resolution.slots.named(name);
    if !goals.iter().any(is_property) {
        goals.extend(whole());
    }
    goals.retain(|parameter| match (argument.place, &parameter.slot) {
        (None, _) | (Some(Place::Body), Slot::Property(_)) => true,
        (Some(place), Slot::Parameter(at, _)) => parameter_place(place) == Some(*at),
        (Some(_), _) => false,
    });
    goals
}

/// The key of an argument as it was written.
pub(crate) fn whole_name(argument: &Argument) -> String {
    match argument.place {
        None => argument.name.clone(),
        Some(place) => format!("{}.{}", place.as_str(), argument.name),
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

/// The slot of a property that the body does not declare, if the body is open to any property.
pub(crate) fn open_body(argument: &Argument, resolution: &Resolution) -> Option<Slot> {
    if !matches!(argument.place, None | Some(Place::Body)) {
        return None;
    }
    let body = resolution.slots.body()?;
    let takes = matches!(body.ty.resolve().as_ref(), Type::Any) || body.ty.field(&argument.name).is_some();
    takes.then(|| Slot::Property(argument.name.clone()))
}
