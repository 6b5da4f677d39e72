//! What is written for arguments against types and schemas: each value, and the body of a request as a whole.

use naftiko_adapter::Place;
use naftiko_diagnostics::{Diagnostic, SourceMap, Span, Spanned, has_errors};
use naftiko_expr::Type;
use naftiko_plan::Slot;
use naftiko_schema::{Options, Tolerance};
use naftiko_spec::Argument;
use serde_json::{Map, Value as Json};

use super::Binder;
use crate::fit::{Misfit, misfits};
use crate::limits::{Breach, Broken};
use crate::resolve::{Parameter, Resolution};
use crate::written::{Parts, Written};
use crate::{faults, limits, sendable};

/// How many properties that the description does not declare are judged.
const MAX_UNDECLARED: usize = 64;

/// The values of a request as far as they are known.
#[derive(Default, Clone)]
pub(super) struct Body<'w> {
    /// The parameters outside the body.
    pub(super) parameters: Vec<(Place, &'w str, Written<'w>)>,
    /// All of it, written as one.
    pub(super) whole: Option<Written<'w>>,
    /// Its properties.
    pub(super) properties: Vec<(&'w str, Written<'w>)>,
    /// Where it has been found to be wrong.
    pub(super) mistaken: Vec<Span>,
    /// The properties that the description does not declare, which is reported.
    pub(super) undeclared: Vec<Undeclared<'w>>,
}

/// A property of the body that the description does not declare.
#[derive(Clone)]
pub(super) struct Undeclared<'w> {
    /// Its position among the arguments that are written.
    pub(super) position: usize,
    pub(super) argument: &'w Argument,
    pub(super) written: Written<'w>,
}

impl Binder<'_> {
    /// Reports what of a value is not of the type its place takes, and rejected by `run`; gives where that is.
    pub(super) fn fit(
        &mut self,
        parameter: &Parameter,
        written: &Written<'_>,
        resolution: &Resolution,
    ) -> Vec<Span> {
        let mut found = misfits(&parameter.ty, written, parameter.slot.name());
        let sources = self.sources;
        found.retain(|misfit| match misfit {
            Misfit::Type { written: part, .. } if matches!(part.parts, Parts::Open) => {
                !takes_any(part, misfit, parameter, written, resolution)
            }
            Misfit::Type { written: part, .. } if faults::wrong_argument_type::is_inexact(part, sources) => {
                // A number that is kept as its text is no slip, and can be sent wherever numbers are texts.
                judged(misfit, parameter, written, resolution, &limits::is_rejected_as_sent)
            }
            Misfit::Type { .. } => is_rejected(misfit, parameter, written, resolution),
            _ => true,
        });
        for misfit in &found {
            let diagnostic = reported(misfit, sources);
            let is_accepted = matches!(misfit, Misfit::Unknown { .. })
                && judged(misfit, parameter, written, resolution, &limits::is_accepted);
            self.diagnostics.push(if is_accepted { diagnostic.taken_as_written() } else { diagnostic });
        }
        found.iter().map(Misfit::place).collect()
    }

    /// Puts the properties that the description does not declare into the body if `run` accepts them: then the finding
    /// about them leaves no gap.
    pub(super) fn undeclared(&mut self, body: &Body<'_>, resolution: &Resolution, named: Span) {
        let schema = resolution.slots.body().and_then(|body| body.schema.as_ref());
        let Some(schema) = schema.filter(|_| !body.undeclared.is_empty()) else { return };
        let all = body.undeclared.iter().map(|it| (it.argument.name.as_str(), it.written.clone()));
        let all: Vec<(&str, Written<'_>)> = body.properties.iter().cloned().chain(all).collect();
        let whole = Written::object(all, named, None);
        let options = limits::sent_to(&resolution.operation, &Slot::Body);
        // Each is judged in the whole body, so that more would grow with their square.
        for Undeclared { position, argument, .. } in body.undeclared.iter().take(MAX_UNDECLARED) {
            if limits::is_accepted(schema, resolution.sent.schemas(), options, &whole, argument.key) {
                let about = |found: &&mut Diagnostic| found.primary.span == argument.key;
                if let Some(found) = self.diagnostics.iter_mut().rev().find(about) {
                    found.is_taken_as_written = true;
                }
                self.push(Slot::Property(argument.name.clone()), (*position, argument), false);
            }
        }
    }

    /// The same for an input of another composition.
    pub(super) fn fit_input(&mut self, input: &Parameter, written: &Written<'_>) -> Vec<Span> {
        let found = misfits(&input.ty, written, input.slot.name());
        let sources = self.sources;
        self.diagnostics.extend(found.iter().map(|misfit| reported(misfit, sources)));
        found.iter().map(Misfit::place).collect()
    }

    /// Reports the limits that a value breaks where it is not `mistaken`.
    pub(super) fn limits(
        &mut self,
        parameter: &Parameter,
        resolution: &Resolution,
        written: &Written<'_>,
        mistaken: &[Span],
    ) {
        let Some(schema) = &parameter.schema else { return };
        let name = parameter.slot.name();
        let options = limits::sent_to(&resolution.operation, &parameter.slot);
        let found = limits::broken(schema, resolution.sent.schemas(), options, written, name, mistaken);
        for broken in &found {
            self.broken(broken, name);
        }
    }

    /// Reports what a literal breaks; what is sloppy about the description of a step, once for each way.
    fn broken(&mut self, broken: &Broken, whole: &str) {
        self.diagnostics.push(match &broken.what {
            Breach::Undecided(_) | Breach::Exhausted => faults::schema_too_complex::report(broken, whole),
            Breach::Tolerated(Tolerance::NearFormat(format, lack)) => {
                faults::near_format::report(broken, format, lack, whole)
            }
            // Few descriptions mean that exactly one form fits; nothing is wrong with a value that fits several.
            Breach::Tolerated(Tolerance::SeveralBranches) => return,
            Breach::Tolerated(tolerance) => {
                let kind = std::mem::discriminant(tolerance);
                if self.tolerated.contains(&kind) {
                    return;
                }
                self.tolerated.push(kind);
                faults::sloppy_description::report(broken, tolerance, whole)
            }
            _ => faults::unfit_argument::report(broken, whole),
        });
    }

    /// The body as a whole: its form, where it may have one of several, and its limits. What has been found since
    /// `begun` is not told again.
    pub(super) fn body<'w>(
        &mut self,
        named: &'w Spanned<String>,
        body: Body<'w>,
        resolution: &'w Resolution,
        begun: usize,
    ) {
        let Some(parameter) = resolution.slots.body() else { return };
        let mistaken = has_errors(self.diagnostics.get(begun..).unwrap_or_default());
        let (name, written) = match body.whole {
            Some(whole) => (parameter.slot.name(), whole),
            None => {
                let written = Written::object(body.properties, named.span, Some(named.span));
                if !mistaken && self.is_no_form(named, parameter, &written, resolution) {
                    return;
                }
                ("", written)
            }
        };
        let Some(schema) = &parameter.schema else { return };
        let options = limits::sent_to(&resolution.operation, &Slot::Body);
        let found =
            limits::broken(schema, resolution.sent.schemas(), options, &written, name, &body.mistaken);
        // What the body as a whole lacks may be what has been found already.
        for broken in found.iter().filter(|broken| !(mistaken && broken.name == name)) {
            self.broken(broken, &named.value);
        }
    }

    /// Whether properties, each of which fits, make none of the forms that a body may have; that is reported.
    fn is_no_form(
        &mut self,
        named: &Spanned<String>,
        parameter: &Parameter,
        written: &Written<'_>,
        resolution: &Resolution,
    ) -> bool {
        let forms = parameter.ty.members().into_iter().filter(|form| matches!(form, Type::Object(_)));
        let forms: Vec<Type> = forms.collect();
        if forms.len() < 2 {
            return false;
        }
        let sources = self.sources;
        let found = misfits(&Type::union(forms), written, "");
        self.diagnostics.extend(found.iter().map(|misfit| match misfit {
            Misfit::Missing(missing) if missing.owner.is_empty() => {
                faults::missing_argument::of_form(named, missing, resolution, self.strict)
            }
            other => reported(other, sources),
        }));
        !found.is_empty()
    }
}

/// Whether a literal of another type is rejected by `run` as well: a type may say more than its schema does.
fn is_rejected(
    misfit: &Misfit<'_>,
    parameter: &Parameter,
    written: &Written<'_>,
    resolution: &Resolution,
) -> bool {
    let body = || resolution.slots.body()?.schema.as_ref();
    parameter.schema.as_ref().or_else(body).is_none()
        || judged(misfit, parameter, written, resolution, &limits::is_rejected)
}

/// Whether `run` accepts whatever an expression may give: a schema with `items` and without `type` takes a text too.
fn takes_any(
    part: &Written<'_>,
    misfit: &Misfit<'_>,
    parameter: &Parameter,
    written: &Written<'_>,
    resolution: &Resolution,
) -> bool {
    let samples = sendable::samples_of_all(part);
    let takes = move |schema: &Json, definitions: &Map<String, Json>, options, whole: &Written<'_>, place| {
        limits::accepts_all(schema, definitions, options, whole, place, &samples)
    };
    judged(misfit, parameter, written, resolution, &takes)
}

/// What the schema of a place judges of the part of a value that does not fit.
type Judge = dyn Fn(&Json, &Map<String, Json>, Options, &Written<'_>, Span) -> bool;

/// What a judge says about a part that does not fit; no, where there is no schema.
fn judged(
    misfit: &Misfit<'_>,
    parameter: &Parameter,
    written: &Written<'_>,
    resolution: &Resolution,
    judge: &Judge,
) -> bool {
    let body = || resolution.slots.body()?.schema.as_ref();
    let Some(schema) = parameter.schema.as_ref().or_else(body) else { return false };
    let options = limits::sent_to(&resolution.operation, &parameter.slot);
    let of = |whole: &Written<'_>| judge(schema, resolution.sent.schemas(), options, whole, misfit.place());
    match &parameter.slot {
        Slot::Property(name) => {
            let key = written.key.unwrap_or(written.span);
            of(&Written::object(vec![(name, written.clone())], key, None))
        }
        Slot::Parameter(..) | Slot::Body => of(written),
    }
}

/// What does not fit, as a finding about an argument.
pub(crate) fn reported(misfit: &Misfit<'_>, sources: &SourceMap) -> Diagnostic {
    match misfit {
        Misfit::Type { name, expected, written } => {
            faults::wrong_argument_type::report(name, expected, written, sources)
        }
        Misfit::Unknown { owner, name, key, fields, meant } => {
            faults::unknown_argument::inside(owner, name, *key, fields, meant.as_deref())
        }
        Misfit::Missing(missing) => faults::missing_argument::inside(missing),
    }
}
