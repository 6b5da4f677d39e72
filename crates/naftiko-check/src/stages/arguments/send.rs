//! Checks that the arguments of a step can be sent: each parameter alone, the body, and all of them together.

use std::collections::BTreeMap;

use naftiko_adapter::media_type::{essence, is_json};
use naftiko_adapter::{Arguments, Place};
use naftiko_diagnostics::{Diagnostic, FileId, Severity, Span, Spanned, work};
use naftiko_plan::Slot;
use naftiko_wire::{Refusal, Target};
use serde_json::{Map, Value as Json};

use super::Binder;
use super::body::Body;
use crate::analyses::sendable::{Unsendable, unsendable};
use crate::analyses::typed_value::Written;
use crate::codes;
use crate::ir::resolved::Resolution;

impl Binder<'_> {
    /// Reports the arguments that cannot be sent. Skips arguments with an error among the diagnostics from the index
    /// `begun` on. `has_body` says whether the request has a body.
    pub(super) fn sent(
        &mut self,
        named: &Spanned<String>,
        body: &Body<'_>,
        resolution: &Resolution,
        begun: usize,
        has_body: bool,
    ) {
        let operation = &resolution.operation;
        let errors = ErrorPlaces::of(self.diagnostics.get(begun..).unwrap_or_default());
        let is_faulty = |written: &Written<'_>| errors.touch(written);
        let mut found: Vec<Unsendable> = Vec::new();
        let whole = |message: String| Unsendable { place: named.span, message };
        found.extend(naftiko_wire::operation_refusal(operation).map(|refusal| whole(refusal.message)));
        for (slot, written) in body.parameters.iter().filter(|(_, written)| !is_faulty(written)) {
            let Some(parameter) = resolution.parameter(slot) else { continue };
            let refuse = |value: &Json| naftiko_wire::parameter_refusal(operation, parameter, value);
            found.extend(unsendable(written, &refuse));
        }
        if has_body {
            found.extend(unsendable_body(named.span, body, resolution, &is_faulty));
        }
        if found.is_empty() {
            found.extend(combined(named.span, body, resolution, &is_faulty));
        }
        let reports = found.into_iter().map(|it| codes::unfit_argument::unsendable(it.place, it.message));
        self.diagnostics.extend(reports);
    }
}

/// The spans of errors, indexed to find out whether one overlaps a given span.
struct ErrorPlaces {
    /// For the start of each error, the largest end of this error and of the errors before it in the file.
    farthest: BTreeMap<(FileId, usize), usize>,
}

impl ErrorPlaces {
    fn of(diagnostics: &[Diagnostic]) -> Self {
        let errors = diagnostics.iter().filter(|found| found.severity() == Severity::Error);
        let mut spans: Vec<Span> = errors.map(|found| found.primary.span).collect();
        spans.sort_by_key(|span| (span.file, span.range().start));
        let mut farthest = BTreeMap::new();
        let mut end = (None, 0);
        for span in spans {
            work::add(1);
            let range = span.range();
            end = if end.0 == Some(span.file) {
                (end.0, end.1.max(range.end))
            } else {
                (Some(span.file), range.end)
            };
            farthest.insert((span.file, range.start), end.1);
        }
        Self { farthest }
    }

    /// Whether an error overlaps a value or its key.
    fn touch(&self, written: &Written<'_>) -> bool {
        self.overlap(written.span) || written.key.is_some_and(|key| self.overlap(key))
    }

    fn overlap(&self, span: Span) -> bool {
        work::add(1);
        let range = span.range();
        let mut before = self.farthest.range((span.file, 0)..(span.file, range.end));
        before.next_back().is_some_and(|(_, end)| *end > range.start)
    }
}

/// The parts of the body that cannot be sent. JSON can represent any value, so only other media types are checked.
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
        // Undeclared properties, or a missing body that must be written as a whole, are already reported.
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

/// Converts a refusal of a body with one property to a refusal of that property: removes the first segment of the
/// pointer.
fn within_property(refusal: &Refusal) -> Refusal {
    let rest = refusal.pointer.strip_prefix('/').and_then(|pointer| pointer.find('/').map(|at| at + 1));
    let pointer = rest.and_then(|at| refusal.pointer.get(at..)).unwrap_or_default().to_owned();
    Refusal { pointer, ..refusal.clone() }
}

/// The refusal of a combination of literal parameters, if they cannot be sent together.
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
    let parameters = body.parameters.iter().filter(|(_, written)| !is_faulty(written));
    let parameters = parameters.filter_map(|(slot, written)| match slot {
        Slot::Parameter(place, name) => Some(((*place, name.clone()), literal(written)?)),
        Slot::Property(_) | Slot::Body => None,
    });
    let arguments = Arguments { parameters: parameters.collect(), body: None };
    let refusal = naftiko_wire::combination_refusal(&resolution.operation, &arguments)?;
    let key = |place: Place, name: &str| {
        let slot = Slot::Parameter(place, name.to_owned());
        let found = body.parameters.iter().find(|(known, _)| **known == slot);
        found.map(|(_, written)| written.key.unwrap_or(written.span))
    };
    let place = match &refusal.target {
        Target::Parameter(place, name) => key(*place, name),
        Target::Operation | Target::Body => None,
    };
    Some(Unsendable { place: place.unwrap_or(named), message: refusal.message })
}

/// Adds the value of a parameter outside the body. Ignores the body and its properties.
pub(super) fn note<'w>(body: &mut Body<'w>, slot: &'w Slot, written: &Written<'w>) {
    if matches!(slot, Slot::Parameter(..)) {
        body.parameters.push((slot, written.clone()));
    }
}
