//! Whether the arguments of a step can be sent: each alone, the body, and all of them together.

use std::collections::BTreeMap;

use naftiko_adapter::media_type::{essence, is_json};
use naftiko_adapter::{Arguments, Place};
use naftiko_diagnostics::{Diagnostic, FileId, Severity, Span, Spanned, work};
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
        let reports = found.into_iter().map(|it| faults::unfit_argument::unsendable(it.place, it.message));
        self.diagnostics.extend(reports);
    }
}

/// The places of errors, found by a place that they overlap.
struct ErrorPlaces {
    /// By the start of each error: the farthest end of it and of those before it.
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

    /// Whether one of the errors is in a value or at its key.
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

/// The parts of the body that cannot be sent. JSON can hold any value, so only other media types are asked.
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

/// Notes a parameter with its value.
pub(super) fn note<'w>(body: &mut Body<'w>, slot: &'w Slot, written: &Written<'w>) {
    if matches!(slot, Slot::Parameter(..)) {
        body.parameters.push((slot, written.clone()));
    }
}
