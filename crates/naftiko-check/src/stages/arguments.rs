//! Binds arguments to the slots of a request: written arguments, and in edition 0.1 inferred ones.

mod body;
mod send;

pub(crate) use body::reported;

use std::collections::BTreeSet;
use std::ops::Range;
use std::rc::Rc;

use naftiko_diagnostics::{Diagnostic, SourceMap, Span, Spanned, work};
use naftiko_expr::{Base, ExprKind, Path, Presence, Root, Selector, Template, Type};
use naftiko_plan::{Origin, Slot};
use naftiko_schema::{Options, Tolerance};
use naftiko_spec::{Argument, Composition, Edition, Place, Step, Value, Work};
use naftiko_syntax::Node;
use serde_json::Map;

use self::body::{Body, Request, Undeclared};
use self::send::note;
use crate::analyses::constraints;
use crate::analyses::inference::{Candidate, Inference, Inferrer};
use crate::analyses::missing_argument_fix::Gap;
use crate::analyses::placement::{goals, open_body};
use crate::analyses::symbols::{Names, StepScope, View};
use crate::analyses::typed_value::Written;
use crate::codes;
use crate::codes::possibly_absent::{self, Needed};
use crate::codes::{null_without_body, undeclared_answer};
use crate::ir::bound::{Bound, BoundArgument, Read};
use crate::ir::missing_names::ALWAYS_LISTED;
use crate::ir::resolved::{Resolution, Resolved};
use crate::ir::slots::{Parameter, Taken};
use crate::ir::sub_composition::Embedded;
use crate::stages::message_templates;
use crate::stages::typing;

/// Binds the arguments of every step; the result has one entry per step, in order.
pub(crate) fn bind(
    composition: &Composition,
    steps: &[Resolved],
    undoings: &[Resolved],
    names: &Names<'_>,
    inferrer: &Inferrer<'_>,
    sources: &SourceMap,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Bound> {
    let mut all = Vec::new();
    for (position, ((step, resolved), undoing)) in
        composition.steps.iter().zip(steps).zip(undoings).enumerate()
    {
        let mut binder = Binder::new(composition, step, names, View::Inside(position), sources);
        binder.inferrer = Some((inferrer, position));
        binder.work(resolved);
        diagnostics.append(&mut binder.diagnostics);
        let mut bound = binder.bound;
        if let Some(undo) = &step.clauses.compensate {
            let mut binder = Binder::new(composition, step, names, View::Undoing(position), sources);
            binder.invoked(&undo.operation, &undo.arguments, undoing);
            diagnostics.append(&mut binder.diagnostics);
            bound.undoing = binder.bound.arguments;
            // A step always ends before it is compensated: reading its own result adds no dependency.
            bound.reads.extend(binder.bound.reads.into_iter().filter(|read| read.step != step.id.value));
        }
        all.push(bound);
    }
    all
}

/// Binds the arguments of one step, or of the operation that compensates it.
struct Binder<'a> {
    step: &'a Step,
    names: &'a Names<'a>,
    scope: StepScope<'a>,
    /// Whether values may be templates and an absent value is an error, as in edition 0.2.
    strict: bool,
    /// Infers values for unwritten arguments, with the position of the step; edition 0.1 binds them, edition 0.2 only
    /// suggests them. `None` for a compensation, whose arguments are never inferred.
    inferrer: Option<(&'a Inferrer<'a>, usize)>,
    sources: &'a SourceMap,
    bound: Bound,
    /// The keys of the bound arguments.
    bound_keys: BTreeSet<Span>,
    diagnostics: Vec<Diagnostic>,
    /// The kinds of leniency towards the operation's description that are already reported.
    tolerated: Vec<std::mem::Discriminant<Tolerance>>,
}

/// The types of the scalars of a value, and the findings about scalars that may be absent.
#[derive(Default)]
struct Scalars {
    types: Vec<Type>,
    absences: Vec<Diagnostic>,
    /// Findings about answers of unknown type; they count only where a specific type is needed.
    untyped: Vec<Diagnostic>,
}

/// The slots that an argument is bound to.
enum Destination {
    /// These slots; an empty list means none.
    Known(Vec<Slot>),
    /// None; this slot was probably meant.
    Guessed(Slot),
}

impl<'a> Binder<'a> {
    fn new(
        composition: &'a Composition,
        step: &'a Step,
        names: &'a Names<'a>,
        view: View,
        sources: &'a SourceMap,
    ) -> Self {
        Self {
            step,
            names,
            scope: names.scope(view),
            strict: composition.edition == Edition::V0_2,
            inferrer: None,
            sources,
            bound: Bound::default(),
            bound_keys: BTreeSet::new(),
            diagnostics: Vec::new(),
            tolerated: Vec::new(),
        }
    }

    fn work(&mut self, resolved: &Resolved) {
        let step = self.step;
        match (&step.work, resolved) {
            (Work::Invoke(invoke), resolved) => self.invoked(&invoke.operation, &invoke.arguments, resolved),
            (Work::External(external), _) => {
                let handed_over = external.with.iter().flat_map(|with| with.values());
                let settings = external.settings.iter();
                let settings = settings
                    .filter(|(name, value)| !message_templates::is_filled_in(external, name, value))
                    .map(|(_, value)| value);
                handed_over.chain(settings).for_each(|value| self.needed(value));
            }
            (Work::Composition(sub), Resolved::Composition(embedded)) => {
                self.inputs(&sub.path, &sub.arguments, embedded);
            }
            (Work::Composition(sub), _) => {
                sub.arguments.iter().for_each(|argument| self.needed(&argument.value));
            }
            (Work::Unclear, _) => {}
        }
    }

    /// Binds the arguments of an operation, if it is described.
    fn invoked(&mut self, named: &Spanned<String>, arguments: &[Argument], resolved: &Resolved) {
        match resolved.operation() {
            Some(resolution) => self.operation(named, arguments, resolution),
            // Without a description, values are still read for the references to steps.
            None => arguments.iter().for_each(|argument| self.needed(&argument.value)),
        }
    }

    /// Requires a value to be present, for a use that has no type.
    fn needed(&mut self, value: &Value) {
        let found = self.scalars(value);
        self.diagnostics.extend(found.absences);
    }

    /// Binds the inputs of a sub-composition.
    fn inputs(&mut self, named: &Spanned<String>, arguments: &[Argument], embedded: &Embedded) {
        let mut given = BTreeSet::new();
        for (position, argument) in arguments.iter().enumerate() {
            let mut found = self.scalars(&argument.value);
            let named = Slot::Property(argument.name.clone());
            let input = embedded.inputs.at(&named).filter(|_| argument.place.is_none());
            let Some(input) = input else {
                let (diagnostic, meant) = codes::unknown_argument::input(argument, embedded);
                self.diagnostics.push(diagnostic);
                // An input that was probably meant by an unknown name is not reported as missing.
                given.extend(meant);
                continue;
            };
            given.insert(&input.slot);
            found.absences.extend(typed_only(std::mem::take(&mut found.untyped), &input.ty));
            let written = Written::new(&argument.value, Some(argument.key), &mut found.types.into_iter());
            let mistakes = self.fit_input(input, &written);
            let optional = self.is_left_out(input, &argument.value);
            if mistakes.places.is_empty() && !optional {
                self.diagnostics.extend(found.absences);
            }
            let name = input.slot.name();
            let limits = input.schema.iter().flat_map(|schema| {
                constraints::broken(schema, &Map::new(), Options::STRICT, &written, name, &mistakes)
            });
            self.diagnostics.extend(limits.map(|broken| codes::unfit_argument::report(&broken, name)));
            self.push(input.slot.clone(), (position, argument), optional);
        }
        let missing = embedded.inputs.required().filter(|input| !given.contains(&input.slot));
        let fault = |input: &Parameter| codes::missing_argument::input(named, input);
        self.diagnostics.extend(codes::missing_argument::all(named, missing, &self.names.listed, fault));
    }

    fn operation<'w>(
        &mut self,
        named: &'w Spanned<String>,
        arguments: &'w [Argument],
        resolution: &'w Resolution,
    ) {
        let begun = self.diagnostics.len();
        let mut body = Body::default();
        let request = Request::new(named, arguments, resolution);
        let taken = self.all_written(&request, &mut body);
        let inferring = self.inferrer.filter(|_| !self.strict);
        let uninferred = inferring.map(|(inferrer, at)| {
            let relevant = inferrer.relevant(at, resolution);
            self.uninferred(named, (inferrer, at, relevant), &taken, resolution, &mut body)
        });
        self.undeclared(&body, &request);
        // The required properties of an optional body are required only when there is a body.
        let in_body = |argument: &BoundArgument| !matches!(argument.slot, Slot::Parameter(..));
        let has_body = resolution.needs_body || self.bound.arguments.iter().any(in_body);
        match uninferred {
            Some(missing) => {
                let needed = missing.into_iter().filter(|(parameter, _)| has_body || !parameter.is_in_body());
                let all = codes::missing_argument::all(named, needed, &self.names.listed, |(_, fault)| fault);
                self.diagnostics.extend(all);
            }
            None => self.unwritten(&request, &taken, has_body),
        }
        let values = body.clone();
        if has_body {
            self.body(named, body, resolution, begun);
        }
        self.sent(named, &values, resolution, begun, has_body);
    }

    /// Binds every written argument; returns the slots that are taken, each with the key that takes it.
    fn all_written<'w>(&mut self, request: &Request<'w>, body: &mut Body<'w>) -> Taken {
        let mut taken = Taken::default();
        let mut guesses = Vec::new();
        for (position, argument) in request.arguments.iter().enumerate() {
            let found = self.scalars(&argument.value);
            match self.written((position, argument), found, request, body) {
                Destination::Guessed(slot) => guesses.push((slot, argument.key)),
                Destination::Known(slots) => {
                    for slot in slots {
                        match taken.by(&slot) {
                            Some(first) if self.bound_keys.contains(&argument.key) => {
                                self.diagnostics.push(codes::duplicate_argument::report(argument, first));
                            }
                            Some(_) => {}
                            None => taken.insert(slot, argument.key),
                        }
                    }
                }
            }
        }
        let mut standing_in = BTreeSet::new();
        // A guess is void when another argument already takes that slot.
        for (slot, key) in guesses {
            if taken.by(&slot).is_none() {
                if request.resolution.slots.at(&slot).is_some_and(|meant| meant.required) {
                    standing_in.insert(key);
                }
                taken.insert(slot, key);
            }
        }
        // An undeclared argument that probably means a missing required one is not sent: every run rejects the call.
        body.undeclared.retain(|undeclared| !standing_in.contains(&undeclared.argument.key));
        taken
    }

    /// Reports the required arguments that are not written. Each has a finding as far as the budget of missing names
    /// allows; the inference of edition 0.1 is suggested for the first ones.
    fn unwritten(&mut self, request: &Request<'_>, taken: &Taken, has_body: bool) {
        let (named, resolution) = (request.named, request.resolution);
        let first = request.arguments.iter().map(|argument| argument.key).min();
        let is_needed = |parameter: &Parameter| has_body || !parameter.is_in_body();
        let needed = resolution.slots.required().filter(|parameter| is_needed(parameter));
        let mut missing = needed.filter(|parameter| taken.by(&parameter.slot).is_none()).enumerate();
        let unlisted = missing.find_map(|(position, parameter)| {
            work::add(1);
            if !self.names.listed.lists(position) {
                return Some(position);
            }
            let inferrer = self.inferrer.filter(|_| position < ALWAYS_LISTED);
            let inference = inferrer.map(|(inferrer, at)| inferrer.infer(at, parameter, resolution));
            let gap = Gap { named, first, parameter, resolution };
            let fault = codes::missing_argument::unwritten(&gap, inference.as_ref(), self.sources);
            self.diagnostics.push(fault);
            None
        });
        let Some(listed) = unlisted else { return };
        let more = resolution.slots.missing(taken, has_body).saturating_sub(listed);
        self.diagnostics.push(codes::missing_argument::more(named, more));
    }

    /// Infers the unwritten arguments in edition 0.1. Returns the missing parameters, each with its diagnostic.
    fn uninferred<'w>(
        &mut self,
        named: &Spanned<String>,
        (inferrer, at, relevant): (&Inferrer<'_>, usize, Option<Rc<[usize]>>),
        taken: &Taken,
        resolution: &'w Resolution,
        body: &mut Body<'w>,
    ) -> Vec<(&'w Parameter, Diagnostic)> {
        let mut missing = Vec::new();
        for parameter in resolution.slots.some(relevant).filter(|it| taken.by(&it.slot).is_none()) {
            let inference = inferrer.infer(at, parameter, resolution);
            if let Some(inferred) = inference.ty().map(|ty| Written::unwritten(ty, named.span)) {
                note(body, &parameter.slot, &inferred);
                if let Slot::Property(name) = &parameter.slot {
                    body.properties.push((name.as_str(), inferred));
                }
            }
            missing.extend(self.inferred(named, parameter, inference, resolution));
        }
        missing
    }

    /// Binds a written argument; returns the slots it takes.
    fn written<'w>(
        &mut self,
        (position, argument): (usize, &'w Argument),
        found: Scalars,
        request: &Request<'w>,
        body: &mut Body<'w>,
    ) -> Destination {
        let resolution = request.resolution;
        let written = Written::new(&argument.value, Some(argument.key), &mut found.types.into_iter());
        let named = goals(argument, resolution);
        let places = match named.as_slice() {
            [] => match open_body(argument, resolution) {
                Some(slot) => {
                    self.diagnostics.extend(found.absences);
                    self.push(slot.clone(), (position, argument), false);
                    body.properties.push((&argument.name, written));
                    return Destination::Known(vec![slot]);
                }
                None => return self.unknown((position, argument), written, resolution, body),
            },
            [_] => named,
            // Edition 0.1 cannot name one of several slots: the value goes to each slot with that name.
            _ if !self.strict => named,
            _ => {
                let slots = named.iter().map(|parameter| &parameter.slot);
                self.diagnostics.push(codes::ambiguous_place::report(argument, slots));
                return Destination::Known(
                    named.into_iter().map(|parameter| parameter.slot.clone()).collect(),
                );
            }
        };
        let mut absences = Some(found.absences);
        let mut untyped = Some(found.untyped);
        for parameter in &places {
            let mistakes = self.fit(parameter, &written, request);
            let optional = self.is_left_out(parameter, &argument.value);
            match &parameter.slot {
                Slot::Parameter(..) => {
                    self.limits(parameter, resolution, &written, &mistakes);
                    note(body, &parameter.slot, &written);
                }
                Slot::Property(name) => body.properties.push((name, written.clone())),
                Slot::Body => body.whole = Some(written.clone()),
            }
            let fits = mistakes.places.is_empty();
            body.mistakes.extend(mistakes);
            if fits && !optional {
                self.diagnostics.extend(absences.take().into_iter().flatten());
                let untyped = untyped.take().unwrap_or_default();
                self.diagnostics.extend(typed_only(untyped, &parameter.ty));
            }
            self.push(parameter.slot.clone(), (position, argument), optional);
        }
        Destination::Known(places.into_iter().map(|parameter| parameter.slot.clone()).collect())
    }

    /// Reports an argument that the operation does not declare; returns the slot that was probably meant, which is
    /// then not reported as missing.
    fn unknown<'w>(
        &mut self,
        (position, argument): (usize, &'w Argument),
        written: Written<'w>,
        resolution: &Resolution,
        body: &mut Body<'w>,
    ) -> Destination {
        let (found, meant) = codes::unknown_argument::report(argument, resolution);
        let diagnostic = self.diagnostics.len();
        self.diagnostics.push(found);
        if matches!(argument.place, None | Some(Place::Body)) {
            body.undeclared.push(Undeclared { position, argument, written, diagnostic });
        }
        meant.map_or_else(|| Destination::Known(Vec::new()), Destination::Guessed)
    }

    /// Whether an optional argument is left out when the input that is its whole value is not given.
    fn is_left_out(&self, parameter: &Parameter, value: &Value) -> bool {
        self.strict && !parameter.required && self.is_optional_input(value)
    }

    /// Whether a value is exactly one input that a run may omit.
    fn is_optional_input(&self, value: &Value) -> bool {
        let Value::Scalar { template: Template::Whole(expression), .. } = value else { return false };
        let ExprKind::Path(Path { base: Base::Root(Root::Inputs, _), selectors }) = &expression.root().kind
        else {
            return false;
        };
        let [(Selector::Field(name), _)] = selectors.as_slice() else { return false };
        self.names.input(name).is_some_and(|typed| typed.presence == Presence::Maybe)
    }

    fn push(&mut self, slot: Slot, (position, argument): (usize, &Argument), optional: bool) {
        self.bound_keys.insert(argument.key);
        self.bound.arguments.push(BoundArgument {
            slot,
            value: argument.value.template(),
            origin: Origin::Written,
            optional,
            key: Some(argument.key),
            written: Some(position),
        });
    }

    /// Binds an inferred value; returns the parameter with its diagnostic if it is required and nothing was inferred.
    fn inferred<'p>(
        &mut self,
        named: &Spanned<String>,
        parameter: &'p Parameter,
        inference: Inference,
        resolution: &Resolution,
    ) -> Option<(&'p Parameter, Diagnostic)> {
        match inference {
            Inference::Bound(candidate) => self.bind_inferred(named, parameter, *candidate),
            Inference::Ambiguous(candidates) => {
                self.diagnostics.push(codes::ambiguous_argument::report(named, parameter, &candidates));
            }
            Inference::Nothing(unfit) if parameter.required => {
                let fault =
                    codes::missing_argument::uninferred(named, self.step, parameter, resolution, &unfit);
                return Some((parameter, fault));
            }
            Inference::Nothing(unfit) => self.diagnostics.extend(unfit.first().map(|candidate| {
                let report = if candidate.is_resource {
                    codes::unfit_resource::report
                } else {
                    codes::unfit_input::report
                };
                report(named, parameter, candidate)
            })),
            Inference::Unknowable => {}
        }
        None
    }

    fn bind_inferred(&mut self, named: &Spanned<String>, parameter: &Parameter, candidate: Candidate) {
        self.diagnostics.push(if candidate.optional && parameter.required {
            possibly_absent::inferred(named, parameter, &candidate)
        } else {
            codes::inferred_argument::report(named, parameter, &candidate)
        });
        for reference in candidate.value.references() {
            if let Root::Step(step) = reference.root {
                self.bound.reads.push(Read { step, span: named.span });
            }
        }
        self.bound.arguments.push(BoundArgument {
            slot: parameter.slot.clone(),
            value: Template::Whole(candidate.value),
            origin: Origin::Inferred { reason: candidate.reason },
            optional: candidate.optional && !parameter.required,
            key: None,
            written: None,
        });
    }

    /// Types the scalars of a value, and records the steps that they reference.
    fn scalars(&mut self, value: &Value) -> Scalars {
        let mut found = Scalars::default();
        for (template, node) in value.scalars() {
            if self.strict {
                self.diagnostics.extend(codes::unmarked_reference::find(template, node, self.names));
            }
            for (at, expression) in template.placed_expressions() {
                for reference in expression.references() {
                    if let Root::Step(step) = reference.root {
                        let range = at + reference.range.start..at + reference.range.end;
                        let span = naftiko_spec::locate(node, range);
                        self.bound.reads.push(Read { step, span });
                    }
                }
            }
            for (at, expression) in template.placed_expressions() {
                let locate =
                    |range: Range<usize>| naftiko_spec::locate(node, at + range.start..at + range.end);
                self.diagnostics.extend(null_without_body::find(expression, self.names, &locate));
            }
            let known = self.diagnostics.len();
            let typed = typing::template(self.names, template, node, &self.scope, &mut self.diagnostics);
            found.types.push(typed.ty);
            let is_unsure = typed.presence != Presence::Always || self.names.has_undeclared;
            if self.strict && is_unsure && self.diagnostics.len() == known {
                self.absences(template, node, &mut found);
            }
        }
        found
    }

    /// Collects findings for the expressions of a scalar that may be absent; within a text, null counts as absent.
    fn absences(&self, template: &Template, node: &Node, found: &mut Scalars) {
        let in_text = matches!(template, Template::Text(_));
        for (at, expression) in template.placed_expressions() {
            let (typed, _) = expression.type_in(&self.scope);
            let typed = if in_text { typed.without_null() } else { typed };
            if typed.presence != Presence::Always && !self.names.may_be_proved(expression, Some(self.step)) {
                let span = naftiko_spec::locate(node, at..at + expression.text().len());
                let needed = Needed::Step;
                let fault = possibly_absent::report(expression, span, typed.presence, needed, self.names);
                found.absences.push(fault);
            } else if typed.presence == Presence::Always {
                let span = naftiko_spec::locate(node, at..at + expression.text().len());
                found.absences.extend(undeclared_answer::of_value(expression, span, &self.scope, self.names));
                let whole = undeclared_answer::of_whole(expression, span, self.names);
                if in_text { &mut found.absences } else { &mut found.untyped }.extend(whole);
            }
        }
    }
}

/// The findings about answers of unknown type that apply where a value of type `needed` is required.
fn typed_only(untyped: Vec<Diagnostic>, needed: &Type) -> Vec<Diagnostic> {
    if needed.members().contains(&Type::Any) { Vec::new() } else { untyped }
}
