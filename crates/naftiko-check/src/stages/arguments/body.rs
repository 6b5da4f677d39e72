//! Checks written arguments against types and schemas: each value, and the body of a request as a whole.

use std::cell::OnceCell;
use std::rc::Rc;

use naftiko_diagnostics::{Diagnostic, SourceMap, Spanned, has_errors};
use naftiko_expr::Type;
use naftiko_plan::Slot;
use naftiko_schema::Tolerance;
use naftiko_spec::Argument;

use super::Binder;
use crate::analyses::constraints;
use crate::analyses::constraints::{Breach, Broken, Tolerated, Verdict};
use crate::analyses::judgment::Judgment;
use crate::analyses::placement::{goals, open_body};
use crate::analyses::sendable;
use crate::analyses::type_match::{Misfit, Mistakes, misfits};
use crate::analyses::typed_value::{Parts, Written};
use crate::codes;
use crate::ir::resolved::Resolution;
use crate::ir::slots::Parameter;

/// The known values of a request.
#[derive(Default, Clone)]
pub(super) struct Body<'w> {
    /// The parameters outside the body.
    pub(super) parameters: Vec<(&'w Slot, Written<'w>)>,
    /// The body, if it is written as one value.
    pub(super) whole: Option<Written<'w>>,
    /// The properties of the body, if they are written one by one.
    pub(super) properties: Vec<(&'w str, Written<'w>)>,
    /// The places in the body that already have a finding about their type.
    pub(super) mistakes: Mistakes,
    /// The properties that the description does not declare; each has a finding already.
    pub(super) undeclared: Vec<Undeclared<'w>>,
}

/// A property of the body that the description does not declare.
#[derive(Clone)]
pub(super) struct Undeclared<'w> {
    /// The index of the argument among the written arguments.
    pub(super) position: usize,
    pub(super) argument: &'w Argument,
    pub(super) written: Written<'w>,
    /// The index of its finding in the diagnostics.
    pub(super) diagnostic: usize,
}

/// The request that arguments are written for. It caches the judgments on the properties of the body, which many
/// arguments need.
pub(super) struct Request<'w> {
    pub(super) named: &'w Spanned<String>,
    pub(super) arguments: &'w [Argument],
    pub(super) resolution: &'w Resolution,
    /// The judgment of the body's schema on all properties together, one for each [`Question`] in the order of its
    /// variants.
    properties: [OnceCell<Option<Rc<Judgment<'w>>>>; 2],
}

/// The way in which a schema compares numbers and texts when it judges a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Question {
    /// By plain types: a number and its text differ, even where they are sent alike.
    Rejected,
    /// As the value is sent: a number and its text are equal where the request carries only text.
    AsSent,
}

/// The most expressions in one value that are judged by sample values.
const MAX_EXPRESSIONS: usize = 64;

/// Judges the expressions in one value by samples of the values that they may have.
struct Expressions<'a, 'w> {
    parameter: &'a Parameter,
    written: &'a Written<'w>,
    request: &'a Request<'w>,
    /// How many more expressions may be judged.
    left: usize,
}

impl Expressions<'_, '_> {
    /// Whether `run` accepts every sample value of an expression. For example, a schema with `items` and without `type`
    /// accepts a text too. `false` without a schema, and for expressions beyond [`MAX_EXPRESSIONS`].
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
        let takes = |whole: &Written<'_>| constraints::accepts_all(&schema, whole, part.span, &samples);
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

    /// The judgment of a parameter's schema on a value; `None` if there is no schema.
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
        // A number and its text may be sent alike, but the wrong one of the two is still a mistake of the author.
        let as_text = options.as_text && question == Question::AsSent;
        let schema = self.resolution.compiled(parameter, naftiko_schema::Options { as_text, ..options })?;
        Some(Judgment::of(&schema, whole))
    }

    /// An object of the written properties of the body. The types of its expressions are not known.
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
    /// Reports the parts of a value that do not have the type of `parameter` and that `run` rejects. Returns the places
    /// of these parts.
    pub(super) fn fit<'w>(
        &mut self,
        parameter: &Parameter,
        written: &Written<'w>,
        request: &Request<'w>,
    ) -> Mistakes {
        let mut misfits = misfits(&parameter.ty, written, parameter.slot.name(), &self.names.listed);
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
            // An integer that no number type represents exactly is read as text. It can be sent where numbers are sent
            // as text.
            Misfit::Type { written: part, .. } if codes::wrong_argument_type::is_inexact(part, sources) => {
                sending.as_ref().is_some_and(|it| it.rejects(misfit.place()))
            }
            // A type may be narrower than the schema it comes from, so the schema decides.
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

    /// Binds the undeclared properties of the body that `run` accepts, and marks their findings as taken as written.
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

    /// Reports the parts of a value that do not have the type of an input of another composition. Returns the places of
    /// these parts.
    pub(super) fn fit_input(&mut self, input: &Parameter, written: &Written<'_>) -> Mistakes {
        let misfits = misfits(&input.ty, written, input.slot.name(), &self.names.listed);
        let sources = self.sources;
        self.diagnostics.extend(misfits.found.iter().map(|misfit| reported(misfit, sources)));
        misfits.mistakes()
    }

    /// Reports the limits of its schema that a value breaks outside of the places of `mistakes`.
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

    /// Reports a limit that a literal breaks. `whole` names the body, for a finding about all of it.
    fn broken(&mut self, broken: &Broken, whole: &str) {
        self.diagnostics.push(match &broken.what {
            Breach::Undecided(_) | Breach::Exhausted => codes::schema_too_complex::report(broken, whole),
            _ => codes::unfit_argument::report(broken, whole),
        });
    }

    /// Reports that a literal fits only because the description is read leniently. Each kind of flaw in descriptions is
    /// reported once for a step.
    fn tolerated(&mut self, tolerated: &Tolerated, whole: &str) {
        match &tolerated.tolerance {
            Tolerance::NearFormat(format, lack) => {
                self.diagnostics.push(codes::near_format::report(tolerated, format, lack, whole));
            }
            // Few authors of descriptions mean `oneOf` to exclude a value that fits several forms.
            Tolerance::SeveralBranches => {}
            tolerance => {
                let kind = std::mem::discriminant(tolerance);
                if !self.tolerated.contains(&kind) {
                    self.tolerated.push(kind);
                    self.diagnostics.push(codes::sloppy_description::report(tolerated, whole));
                }
            }
        }
    }

    /// Checks the body as a whole: its form, if it may have one of several, and its limits. If the diagnostics from the
    /// index `begun` on contain an error, findings about all of the body are left out.
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
        // A limit on the body as a whole may be broken by a mistake that is already reported.
        let is_new = |about: &str| !(mistaken && about == name);
        for broken in verdict.broken.iter().filter(|broken| is_new(&broken.name)) {
            self.broken(broken, &named.value);
        }
        for tolerated in verdict.tolerated.iter().filter(|tolerated| is_new(&tolerated.name)) {
            self.tolerated(tolerated, &named.value);
        }
    }

    /// Reports properties that fit one by one but together match none of the forms of the body. Returns the places.
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
        let misfits = misfits(&Type::union(forms), written, "", &self.names.listed);
        self.diagnostics.extend(misfits.found.iter().map(|misfit| match misfit {
            Misfit::Missing(missing) if missing.owner.is_empty() => {
                codes::missing_argument::of_form(named, missing, resolution, self.strict)
            }
            other => reported(other, sources),
        }));
        misfits.mistakes()
    }
}

/// The verdict of a parameter's schema on a value outside of the places of `mistakes`; empty without a schema.
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
    schema.map_or_else(Verdict::default, |schema| {
        constraints::verdict(&schema, written, name, &mistakes.places)
    })
}

/// Makes the finding about a part of an argument that does not fit its type.
pub(crate) fn reported(misfit: &Misfit<'_>, sources: &SourceMap) -> Diagnostic {
    match misfit {
        Misfit::Type { name, expected, written } => {
            let diagnostic = codes::wrong_argument_type::report(name, expected, written, sources);
            // Every run rejects a literal of another type, but the value of an expression may fit.
            let is_open = matches!(written.parts, Parts::Open);
            if is_open { diagnostic.taken_as_written() } else { diagnostic }
        }
        Misfit::Unknown { owner, name, key, fields, meant } => {
            codes::unknown_argument::inside(owner, name, *key, fields.names(), meant.as_deref())
        }
        Misfit::Missing(missing) => codes::missing_argument::inside(missing),
    }
}
