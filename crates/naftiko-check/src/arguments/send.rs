//! Whether the arguments of a step can be sent: each alone, the body, and all of them together.

use naftiko_adapter::media_type::{essence, is_json};
use naftiko_adapter::{Arguments, Place};
use naftiko_diagnostics::{Severity, Span, Spanned};
use naftiko_plan::Slot;
use naftiko_wire::{Refusal, Target};
use serde_json::{Map, Value as Json};

use super::Binder;
use super::body::Body;
use crate::faults;
use crate::resolve::Resolution;
use crate::sendable::{Unsendable, unsendable};
use crate::written::Written;

impl Binder<'_> {
    /// Reports what cannot be sent of the arguments that have no error since `begun`. `has_body` says whether a body is
    /// sent.
    pub(super) fn sent(
        &mut self,
        named: &Spanned<String>,
        body: &Body<'_>,
        resolution: &Resolution,
        begun: usize,
        has_body: bool,
    ) {
        let operation = &resolution.operation;
        let mut found: Vec<Unsendable> = Vec::new();
        let whole = |message: String| Unsendable { place: named.span, message };
        found.extend(naftiko_wire::operation_refusal(operation).map(|refusal| whole(refusal.message)));
        for (place, name, written) in &body.parameters {
            let parameter = operation.parameters.iter().find(|it| it.place == *place && it.name == *name);
            let Some(parameter) = parameter.filter(|_| !self.is_faulty(written, begun)) else { continue };
            let refuse = |value: &Json| naftiko_wire::parameter_refusal(operation, parameter, value);
            found.extend(unsendable(written, &refuse));
        }
        let is_faulty = |written: &Written<'_>| self.is_faulty(written, begun);
        if has_body {
            found.extend(unsendable_body(named.span, body, resolution, &is_faulty));
        }
        if found.is_empty() {
            found.extend(combined(named.span, body, resolution, &is_faulty));
        }
        let reports = found.into_iter().map(|it| faults::unfit_argument::unsendable(it.place, it.message));
        self.diagnostics.extend(reports);
    }

    /// Whether an error has been found in a value since `begun`.
    fn is_faulty(&self, written: &Written<'_>, begun: usize) -> bool {
        let overlaps = |one: Span, other: Span| {
            let (first, second) = (one.range(), other.range());
            one.file == other.file && first.start < second.end && second.start < first.end
        };
        let errors = self.diagnostics.get(begun..).unwrap_or_default().iter();
        let mut errors = errors.filter(|found| found.severity() == Severity::Error);
        errors.any(|found| {
            let span = found.primary.span;
            overlaps(span, written.span) || written.key.is_some_and(|key| overlaps(span, key))
        })
    }
}

/// What cannot be sent of the body. JSON can hold any value, so only other media types are asked.
fn unsendable_body(
    named: Span,
    body: &Body<'_>,
    resolution: &Resolution,
    is_faulty: &dyn Fn(&Written<'_>) -> bool,
) -> Vec<Unsendable> {
    let operation = &resolution.operation;
    let Some(spec) = operation.body.as_ref().filter(|spec| !is_json(&essence(&spec.content_type))) else {
        return Vec::new();
    };
    if spec.content_type == "*/*" {
        return Vec::new();
    }
    let refuse = |value: &Json| naftiko_wire::body_refusal(operation, value);
    if let Some(whole) = &body.whole {
        return if is_faulty(whole) { Vec::new() } else { unsendable(whole, &refuse).into_iter().collect() };
    }
    if body.properties.is_empty() {
        // What is there is not declared, or a body that has to be written as a whole is missing: both are reported as that.
        if !body.undeclared.is_empty()
            || resolution.slots.iter().any(|parameter| parameter.slot == Slot::Body && parameter.required)
        {
            return Vec::new();
        }
        let refusal = refuse(&Json::Object(Map::new()));
        return refusal.map(|it| Unsendable { place: named, message: it.message }).into_iter().collect();
    }
    let properties = body.properties.iter().filter(|(_, written)| !is_faulty(written));
    properties
        .filter_map(|(name, written)| {
            let alone = |value: &Json| {
                let fields: Map<String, Json> = [((*name).to_owned(), value.clone())].into_iter().collect();
                refuse(&Json::Object(fields)).map(|refusal| within_property(&refusal))
            };
            unsendable(written, &alone)
        })
        .collect()
}

/// A refusal about a body as one about its only property.
fn within_property(refusal: &Refusal) -> Refusal {
    let rest = refusal.pointer.strip_prefix('/').and_then(|pointer| pointer.find('/').map(|at| at + 1));
    let pointer = rest.and_then(|at| refusal.pointer.get(at..)).unwrap_or_default().to_owned();
    Refusal { pointer, ..refusal.clone() }
}

/// What literals cannot be sent together.
fn combined(
    named: Span,
    body: &Body<'_>,
    resolution: &Resolution,
    is_faulty: &dyn Fn(&Written<'_>) -> bool,
) -> Option<Unsendable> {
    let literal = |written: &Written<'_>| {
        let mut holes = Vec::new();
        let value = written.with_holes("", &mut holes);
        holes.is_empty().then_some(value)
    };
    let parameters = body.parameters.iter().filter(|(_, _, written)| !is_faulty(written));
    let parameters = parameters
        .filter_map(|(place, name, written)| Some(((*place, (*name).to_owned()), literal(written)?)));
    let arguments = Arguments { parameters: parameters.collect(), body: None };
    let refusal = naftiko_wire::combination_refusal(&resolution.operation, &arguments)?;
    let key = |place: Place, name: &str| {
        let found = body.parameters.iter().find(|(at, known, _)| *at == place && *known == name);
        found.map(|(_, _, written)| written.key.unwrap_or(written.span))
    };
    let place = match &refusal.target {
        Target::Parameter(place, name) => key(*place, name),
        Target::Operation | Target::Body => None,
    };
    Some(Unsendable { place: place.unwrap_or(named), message: refusal.message })
}

/// Notes a parameter with its value.
pub(super) fn note<'w>(body: &mut Body<'w>, slot: &'w Slot, written: &Written<'w>) {
    if let Slot::Parameter(place, name) = slot {
        body.parameters.push((*place, name, written.clone()));
    }
}
