//! What is written for arguments against types and schemas: each value, and the body of a request as a whole.

use std::cell::OnceCell;
use std::rc::Rc;

use naftiko_diagnostics::{Diagnostic, SourceMap, Spanned, has_errors};
use naftiko_expr::Type;
use naftiko_plan::Slot;
use naftiko_schema::Tolerance;
use naftiko_spec::Argument;

use super::Binder;
use crate::fit::{Misfit, Mistakes, misfits};
use crate::goal::{goals, open_body};
use crate::judgment::Judgment;
use crate::limits::{Breach, Broken, Tolerated, Verdict};
use crate::resolve::{Parameter, Resolution};
use crate::written::{Parts, Written};
use crate::{faults, limits, sendable};

/// The values of a request as far as they are known.
#[derive(Default, Clone)]
pub(super) struct Body<'w> {
    /// The parameters outside the body.
    pub(super) parameters: Vec<(&'w Slot, Written<'w>)>,
    /// All of it, written as one.
    pub(super) whole: Option<Written<'w>>,
    /// Its properties.
    pub(super) properties: Vec<(&'w str, Written<'w>)>,
    /// Where it has been found to be wrong.
    pub(super) mistakes: Mistakes,
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
    /// The position of the finding about it.
    pub(super) diagnostic: usize,
}

/// The request that arguments are written for, with what its schemas judge of them: each value is examined once.
pub(super) struct Request<'w> {
    pub(super) named: &'w Spanned<String>,
    pub(super) arguments: &'w [Argument],
    pub(super) resolution: &'w Resolution,
    /// What the schema of the body judges of all properties together, as they are sent and by their plain types.
    properties: [OnceCell<Option<Rc<Judgment<'w>>>>; 2],
}

/// How a value is read to judge its parts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Question {
    /// By the plain types: a number and its text are two, even where they are sent as one.
    Rejected,
    /// As the value is sent.
    AsSent,
}

/// The most expressions of one value that are judged by samples of what they may give.
const MAX_EXPRESSIONS: usize = 64;

/// Judges the expressions of one value by samples of what they may give.
struct Expressions<'a, 'w> {
    parameter: &'a Parameter,
    written: &'a Written<'w>,
    request: &'a Request<'w>,
    /// How many more are judged.
    left: usize,
}

impl Expressions<'_, '_> {
    /// Whether `run` accepts whatever an expression may give: a schema with `items` and without `type` takes a text too.
    fn take_any(&mut self, part: &Written<'_>) -> bool {
        let Some(left) = self.left.checked_sub(1) else { return false };
        self.left = left;
        let resolution = self.request.resolution;
        let place = match self.parameter.schema {
            Some(_) => Some(self.parameter),
            None => resolution.slots.body(),
        };
        let options = resolution.options(&self.parameter.slot);
        let Some(schema) = place.and_then(|place| resolution.compiled(place, options)) else { return false };
        let samples = sendable::samples_of_all(part);
        let takes = |whole: &Written<'_>| limits::accepts_all(&schema, whole, part.span, &samples);
        match &self.parameter.slot {
            Slot::Property(name) => {
                let key = self.written.key.unwrap_or(self.written.span);
                takes(&Written::object(vec![(name, self.written.clone())], key, None))
            }
            Slot::Parameter(..) | Slot::Body => takes(self.written),
        }
    }
}

impl<'w> Request<'w> {
    pub(super) fn new(
        named: &'w Spanned<String>,
        arguments: &'w [Argument],
        resolution: &'w Resolution,
    ) -> Self {
        Self { named, arguments, resolution, properties: Default::default() }
    }

    /// What the schema of a place judges of a value; `None` where there is no schema.
    fn judgment(
        &self,
        parameter: &Parameter,
        written: &Written<'w>,
        question: Question,
    ) -> Option<Rc<Judgment<'w>>> {
        if matches!(parameter.slot, Slot::Property(_)) && parameter.schema.is_none() {
            let kept = self.properties.get(usize::from(question == Question::AsSent))?;
            let judged =
                || Some(Rc::new(self.judged(self.resolution.slots.body()?, &self.body(), question)?));
            return kept.get_or_init(judged).clone();
        }
        self.judged(parameter, written, question).map(Rc::new)
    }

    fn judged(&self, parameter: &Parameter, whole: &Written<'w>, question: Question) -> Option<Judgment<'w>> {
        let options = self.resolution.options(&parameter.slot);
        // A number and its text are one where they are sent; written in the wrong form, they are a slip all the same.
        let as_text = options.as_text && question == Question::AsSent;
        let schema = self.resolution.compiled(parameter, naftiko_schema::Options { as_text, ..options })?;
        Some(Judgment::of(&schema, whole))
    }

    /// The properties of the body that are written, without their types.
    fn body(&self) -> Written<'w> {
        let mut properties = Vec::new();
        for argument in self.arguments {
            let goals = goals(argument, self.resolution).into_iter().map(|parameter| &parameter.slot);
            let is_property = goals.chain(open_body(argument, self.resolution).as_ref()).any(is_property);
            if is_property {
                let value = Written::new(&argument.value, Some(argument.key), &mut std::iter::empty());
                properties.push((argument.name.as_str(), value));
            }
        }
        Written::object(properties, self.named.span, None)
    }
}

fn is_property(slot: &Slot) -> bool {
    matches!(slot, Slot::Property(_))
}

impl Binder<'_> {
    /// Reports what of a value is not of the type its place takes, and rejected by `run`; gives where that is.
    pub(super) fn fit<'w>(
        &mut self,
        parameter: &Parameter,
        written: &Written<'w>,
        request: &Request<'w>,
    ) -> Mistakes {
        let mut misfits = misfits(&parameter.ty, written, parameter.slot.name());
        if misfits.found.is_empty() {
            return misfits.mistakes();
        }
        let sources = self.sources;
        let rejecting = request.judgment(parameter, written, Question::Rejected);
        let sending = request.judgment(parameter, written, Question::AsSent);
        let mut expressions = Expressions { parameter, written, request, left: MAX_EXPRESSIONS };
        misfits.found.retain(|misfit| match misfit {
            Misfit::Type { written: part, .. } if matches!(part.parts, Parts::Open) => {
                !expressions.take_any(part)
            }
            // A number that is kept as its text is no slip, and can be sent wherever numbers are texts.
            Misfit::Type { written: part, .. } if faults::wrong_argument_type::is_inexact(part, sources) => {
                sending.as_ref().is_some_and(|it| it.rejects(misfit.place()))
            }
            // A type may say more than its schema does.
            Misfit::Type { .. } => rejecting.as_ref().is_none_or(|it| it.rejects(misfit.place())),
            Misfit::Unknown { .. } | Misfit::Missing(_) => true,
        });
        for misfit in &misfits.found {
            let diagnostic = reported(misfit, sources);
            let is_accepted = matches!(misfit, Misfit::Unknown { .. })
                && sending.as_ref().is_some_and(|it| it.accepts(misfit.place()));
            self.diagnostics.push(if is_accepted { diagnostic.taken_as_written() } else { diagnostic });
        }
        misfits.mistakes()
    }

    /// Puts the properties that the description does not declare into the body if `run` accepts them: then the finding
    /// about them leaves no gap.
    pub(super) fn undeclared<'w>(&mut self, body: &Body<'w>, request: &Request<'w>) {
        let Some(parameter) = request.resolution.slots.body().filter(|_| !body.undeclared.is_empty()) else {
            return;
        };
        let all = body.undeclared.iter().map(|it| (it.argument.name.as_str(), it.written.clone()));
        let all: Vec<(&str, Written<'_>)> = body.properties.iter().cloned().chain(all).collect();
        let whole = Written::object(all, request.named.span, None);
        let Some(judgment) = request.judged(parameter, &whole, Question::AsSent) else { return };
        for Undeclared { position, argument, diagnostic, .. } in &body.undeclared {
            if judgment.accepts(argument.key) {
                if let Some(found) = self.diagnostics.get_mut(*diagnostic) {
                    found.is_taken_as_written = true;
                }
                self.push(Slot::Property(argument.name.clone()), (*position, argument), false);
            }
        }
    }

    /// The same for an input of another composition.
    pub(super) fn fit_input(&mut self, input: &Parameter, written: &Written<'_>) -> Mistakes {
        let misfits = misfits(&input.ty, written, input.slot.name());
        let sources = self.sources;
        self.diagnostics.extend(misfits.found.iter().map(|misfit| reported(misfit, sources)));
        misfits.mistakes()
    }

    /// Reports the limits that a value breaks where it is not `mistaken`.
    pub(super) fn limits(
        &mut self,
        parameter: &Parameter,
        resolution: &Resolution,
        written: &Written<'_>,
        mistakes: &Mistakes,
    ) {
        let name = parameter.slot.name();
        let verdict = verdict(parameter, resolution, written, name, mistakes);
        verdict.broken.iter().for_each(|broken| self.broken(broken, name));
        verdict.tolerated.iter().for_each(|tolerated| self.tolerated(tolerated, name));
    }

    /// Reports the rules that a literal breaks. `whole` is what the body as a whole is called.
    fn broken(&mut self, broken: &Broken, whole: &str) {
        self.diagnostics.push(match &broken.what {
            Breach::Undecided(_) | Breach::Exhausted => faults::schema_too_complex::report(broken, whole),
            _ => faults::unfit_argument::report(broken, whole),
        });
    }

    /// Reports that a literal fits only because the description is read leniently: each flaw of a description once for a
    /// step.
    fn tolerated(&mut self, tolerated: &Tolerated, whole: &str) {
        match &tolerated.tolerance {
            Tolerance::NearFormat(format, lack) => {
                self.diagnostics.push(faults::near_format::report(tolerated, format, lack, whole));
            }
            // Few descriptions mean that exactly one form fits; nothing is wrong with a value that fits several.
            Tolerance::SeveralBranches => {}
            tolerance => {
                let kind = std::mem::discriminant(tolerance);
                if !self.tolerated.contains(&kind) {
                    self.tolerated.push(kind);
                    self.diagnostics.push(faults::sloppy_description::report(tolerated, whole));
                }
            }
        }
    }

    /// The body as a whole: its form, where it may have one of several, and its limits. A finding since `begun` is not
    /// repeated.
    pub(super) fn body<'w>(
        &mut self,
        named: &'w Spanned<String>,
        body: Body<'w>,
        resolution: &'w Resolution,
        begun: usize,
    ) {
        let Some(parameter) = resolution.slots.body() else { return };
        let mut mistakes = body.mistakes;
        let mistaken = has_errors(self.diagnostics.get(begun..).unwrap_or_default());
        let (name, written) = match body.whole {
            Some(whole) => (parameter.slot.name(), whole),
            None => {
                let written = Written::object(body.properties, named.span, Some(named.span));
                if !mistaken {
                    let of_form = self.form(named, parameter, &written, resolution);
                    if !of_form.places.is_empty() {
                        return;
                    }
                    mistakes.extend(of_form);
                }
                ("", written)
            }
        };
        let verdict = verdict(parameter, resolution, &written, name, &mistakes);
        // A rule that the body as a whole breaks may be about what has been found already.
        let is_new = |about: &str| !(mistaken && about == name);
        for broken in verdict.broken.iter().filter(|broken| is_new(&broken.name)) {
            self.broken(broken, &named.value);
        }
        for tolerated in verdict.tolerated.iter().filter(|tolerated| is_new(&tolerated.name)) {
            self.tolerated(tolerated, &named.value);
        }
    }

    /// Reports where properties, each of which fits, make none of the forms that a body may have.
    fn form(
        &mut self,
        named: &Spanned<String>,
        parameter: &Parameter,
        written: &Written<'_>,
        resolution: &Resolution,
    ) -> Mistakes {
        let forms = parameter.ty.members().into_iter().filter(|form| matches!(form, Type::Object(_)));
        let forms: Vec<Type> = forms.collect();
        if forms.len() < 2 {
            return Mistakes::default();
        }
        let sources = self.sources;
        let misfits = misfits(&Type::union(forms), written, "");
        self.diagnostics.extend(misfits.found.iter().map(|misfit| match misfit {
            Misfit::Missing(missing) if missing.owner.is_empty() => {
                faults::missing_argument::of_form(named, missing, resolution, self.strict)
            }
            other => reported(other, sources),
        }));
        misfits.mistakes()
    }
}

/// What the schema of a place says of a value where the value is not `mistaken`; nothing where there is no schema.
fn verdict(
    parameter: &Parameter,
    resolution: &Resolution,
    written: &Written<'_>,
    name: &str,
    mistakes: &Mistakes,
) -> Verdict {
    if mistakes.is_complete && !resolution.has_limits(parameter) {
        return Verdict::default();
    }
    let options = resolution.options(&parameter.slot);
    let schema = resolution.compiled(parameter, options);
    schema.map_or_else(Verdict::default, |schema| limits::verdict(&schema, written, name, &mistakes.places))
}

/// What does not fit, as a finding about an argument.
pub(crate) fn reported(misfit: &Misfit<'_>, sources: &SourceMap) -> Diagnostic {
    match misfit {
        Misfit::Type { name, expected, written } => {
            let diagnostic = faults::wrong_argument_type::report(name, expected, written, sources);
            // Every run refuses a literal of another type; what an expression gives may fit.
            let is_open = matches!(written.parts, Parts::Open);
            if is_open { diagnostic.taken_as_written() } else { diagnostic }
        }
        Misfit::Unknown { owner, name, key, fields, meant } => {
            faults::unknown_argument::inside(owner, name, *key, fields.names(), meant.as_deref())
        }
        Misfit::Missing(missing) => faults::missing_argument::inside(missing),
    }
}
