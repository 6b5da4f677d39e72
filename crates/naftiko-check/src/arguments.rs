//! Arguments to the places of a request: those that were written, and in edition 0.1 those that are inferred.

use naftiko_adapter::Place as ParameterPlace;
use naftiko_diagnostics::{Diagnostic, SourceMap, Span};
use naftiko_expr::{Field, ObjectType, Presence, Root, Selector, Template, Type};
use naftiko_plan::{Origin, Slot};
use naftiko_spec::{Argument, Composition, Edition, Invoke, Place, Step, Value, Work};

use crate::faults;
use crate::inference::{Candidate, Inference, Inferrer};
use crate::resolve::{Parameter, Resolution, Resolved};
use crate::scope::Names;

/// The arguments of one step.
#[derive(Default)]
pub(crate) struct Bound {
    /// What goes where.
    pub(crate) arguments: Vec<BoundArgument>,
    /// What the step reads of other steps, and where it says so.
    pub(crate) reads: Vec<Read>,
}

/// A value for a place in the request.
pub(crate) struct BoundArgument {
    pub(crate) slot: Slot,
    pub(crate) value: Template,
    pub(crate) origin: Origin,
    /// Whether it is left out when there is no value.
    pub(crate) optional: bool,
    /// Its key; nothing: nobody wrote it.
    pub(crate) key: Option<Span>,
}

/// A reference from a step to another.
pub(crate) struct Read {
    /// The id of the step that is read.
    pub(crate) step: String,
    /// Where the reference stands.
    pub(crate) span: Span,
}

/// The arguments of every step, in order.
pub(crate) fn bind(
    composition: &Composition,
    steps: &[Resolved],
    names: &Names<'_>,
    inferrer: &Inferrer<'_>,
    sources: &SourceMap,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Bound> {
    let bind = |(position, (step, resolved)): (usize, (&Step, &Resolved))| {
        let templates = composition.edition == Edition::V0_2;
        let mut binder = Binder {
            composition,
            templates,
            step,
            names,
            inferrer,
            position,
            sources,
            bound: Bound::default(),
            diagnostics: Vec::new(),
        };
        match (&step.work, resolved) {
            (Work::Invoke(invoke), Resolved::Operation(resolution)) => {
                binder.operation(invoke, resolution);
                binder.until(invoke);
            }
            // Without a description the values can still be read for the steps they name.
            (Work::Invoke(invoke), _) => {
                invoke.arguments.iter().for_each(|argument| {
                    binder.type_of(&argument.value);
                });
            }
            (Work::External(external), _) => {
                external.with.iter().flat_map(|with| with.values()).for_each(|value| {
                    binder.type_of(value);
                });
            }
            (Work::Unclear, _) => {}
        }
        diagnostics.append(&mut binder.diagnostics);
        binder.bound
    };
    composition.steps.iter().zip(steps).enumerate().map(bind).collect()
}

struct Binder<'a> {
    composition: &'a Composition,
    /// Whether values may be templates.
    templates: bool,
    step: &'a Step,
    names: &'a Names<'a>,
    inferrer: &'a Inferrer<'a>,
    position: usize,
    sources: &'a SourceMap,
    bound: Bound,
    diagnostics: Vec<Diagnostic>,
}

impl Binder<'_> {
    fn operation(&mut self, invoke: &Invoke, resolution: &Resolution) {
        let infers = self.composition.edition == Edition::V0_1;
        let mut taken: Vec<(Slot, Span)> = Vec::new();
        for argument in &invoke.arguments {
            let ty = self.type_of(&argument.value);
            for slot in self.written(argument, &ty, resolution, infers) {
                match taken.iter().find(|(known, _)| overlaps(known, &slot)) {
                    Some((_, first)) if self.is_bound(argument) => {
                        self.diagnostics.push(faults::duplicate_argument::report(argument, *first));
                    }
                    // A guess of what was meant was wrong.
                    Some(_) => {}
                    None => taken.push((slot, argument.key)),
                }
            }
        }
        let is_open =
            |parameter: &&Parameter| !taken.iter().any(|(known, _)| overlaps(known, &parameter.slot));
        let mut missing = Vec::new();
        for parameter in resolution.slots.iter().filter(is_open) {
            let infer = || self.inferrer.infer(self.position, parameter, resolution);
            if infers {
                let inference = infer();
                missing.extend(self.inferred(invoke, parameter, inference, resolution));
            } else if parameter.required {
                let fault = faults::missing_argument::unwritten(
                    invoke,
                    parameter,
                    resolution,
                    &infer(),
                    self.sources,
                );
                missing.push((parameter, fault));
            }
        }
        // What an optional body requires is required once there is a body.
        let in_body = |argument: &BoundArgument| !matches!(argument.slot, Slot::Parameter(..));
        let has_body = resolution.needs_body || self.bound.arguments.iter().any(in_body);
        let needed = missing.into_iter().filter(|(parameter, _)| has_body || !parameter.is_in_body());
        self.diagnostics.extend(needed.map(|(_, diagnostic)| diagnostic));
    }

    /// Puts an argument that was written where it goes; gives the places it takes.
    fn written(
        &mut self,
        argument: &Argument,
        ty: &[(Type, Span)],
        resolution: &Resolution,
        everywhere: bool,
    ) -> Vec<Slot> {
        let named: Vec<&Parameter> =
            resolution.slots.iter().filter(|slot| goes(argument, &slot.slot, resolution)).collect();
        let places = match named.as_slice() {
            [] => match open_body(argument, resolution) {
                Some(slot) => {
                    self.push(slot.clone(), argument, false);
                    return vec![slot];
                }
                None => {
                    let (diagnostic, meant) = faults::unknown_argument::report(argument, resolution);
                    self.diagnostics.push(diagnostic);
                    // What was meant is not missing as well.
                    return meant.into_iter().collect();
                }
            },
            [_] => named,
            // Edition 0.1 has no way to say which: the value goes to each place of that name.
            _ if everywhere => named,
            _ => {
                let slots = named.iter().map(|parameter| &parameter.slot);
                self.diagnostics.push(faults::ambiguous_place::report(argument, slots));
                return named.into_iter().map(|parameter| parameter.slot.clone()).collect();
            }
        };
        for parameter in &places {
            if let Some((found, span)) = mismatch(&parameter.ty, argument, ty) {
                self.diagnostics.push(faults::wrong_argument_type::report(
                    parameter,
                    &found,
                    span,
                    &argument.value,
                ));
            }
            let optional = !parameter.required && self.is_optional_input(&argument.value);
            self.push(parameter.slot.clone(), argument, optional);
        }
        places.into_iter().map(|parameter| parameter.slot.clone()).collect()
    }

    fn is_bound(&self, argument: &Argument) -> bool {
        self.bound.arguments.iter().any(|bound| bound.key == Some(argument.key))
    }

    fn push(&mut self, slot: Slot, argument: &Argument, optional: bool) {
        self.bound.arguments.push(BoundArgument {
            slot,
            value: argument.value.template(),
            origin: Origin::Written,
            optional,
            key: Some(argument.key),
        });
    }

    /// Whether a value is exactly an input that a run need not be given, `${inputs.name}`: as what edition 0.1 infers
    /// from such an input, it is left out with it.
    fn is_optional_input(&self, value: &Value) -> bool {
        let Template::Whole(expression) = value.template() else { return false };
        let references = expression.references();
        let [reference] = references.as_slice() else { return false };
        let [(Selector::Field(name), _)] = reference.segments.as_slice() else { return false };
        let whole = reference.range == (0..expression.text().len());
        whole
            && reference.root == Root::Inputs
            && self.names.input(name).is_some_and(|input| input.presence != Presence::Always)
    }

    /// Binds what was inferred; gives what is missing if nothing was and something is needed.
    fn inferred<'p>(
        &mut self,
        invoke: &Invoke,
        parameter: &'p Parameter,
        inference: Inference,
        resolution: &Resolution,
    ) -> Option<(&'p Parameter, Diagnostic)> {
        match inference {
            Inference::Bound(candidate) => self.bind_inferred(invoke, parameter, *candidate),
            Inference::Ambiguous(candidates) => {
                self.diagnostics.push(faults::ambiguous_argument::report(invoke, parameter, &candidates));
            }
            Inference::Nothing(unfit) if parameter.required => {
                let fault =
                    faults::missing_argument::uninferred(invoke, self.step, parameter, resolution, &unfit);
                return Some((parameter, fault));
            }
            Inference::Nothing(unfit) => self.diagnostics.extend(unfit.first().map(|candidate| {
                let report = if candidate.is_resource {
                    faults::unfit_resource::report
                } else {
                    faults::unfit_input::report
                };
                report(invoke, parameter, candidate)
            })),
            Inference::Unknowable => {}
        }
        None
    }

    fn bind_inferred(&mut self, invoke: &Invoke, parameter: &Parameter, candidate: Candidate) {
        self.diagnostics.push(faults::inferred_argument::report(invoke, parameter, &candidate));
        for reference in candidate.value.references() {
            if let Root::Step(step) = reference.root {
                self.bound.reads.push(Read { step, span: invoke.operation.span });
            }
        }
        self.bound.arguments.push(BoundArgument {
            slot: parameter.slot.clone(),
            value: Template::Whole(candidate.value),
            origin: Origin::Inferred { reason: candidate.reason },
            optional: candidate.optional && !parameter.required,
            key: None,
        });
    }

    /// Notes what the condition of a poll reads of other steps.
    fn until(&mut self, invoke: &Invoke) {
        let Some(until) = invoke.poll.as_ref().and_then(|poll| poll.until.as_ref()) else { return };
        for reference in until.expression.references() {
            if let Root::Step(step) = reference.root {
                let span = naftiko_spec::locate(&until.node, reference.range);
                self.bound.reads.push(Read { step, span });
            }
        }
    }

    /// The types of the scalars of a value with their places; a value of one scalar has one. Notes what they read.
    fn type_of(&mut self, value: &Value) -> Vec<(Type, Span)> {
        let mut types = Vec::new();
        for (template, node) in value.scalars() {
            if self.templates {
                self.diagnostics.extend(faults::unmarked_reference::find(template, node, self.composition));
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
            let typed = self.names.type_of_template(template, node, &mut self.diagnostics);
            types.push((typed.ty, node.span));
        }
        types
    }
}

/// What does not fit, and where: the whole value, since that is what was written for the parameter.
fn mismatch(expected: &Type, argument: &Argument, scalars: &[(Type, Span)]) -> Option<(Type, Span)> {
    let found = type_of_value(&argument.value, &mut scalars.iter());
    (!expected.accepts(&found)).then(|| (found, argument.value.span()))
}

/// The type of a value from the types of its scalars, which come in the order of [`Value::scalars`].
fn type_of_value<'a>(value: &Value, scalars: &mut impl Iterator<Item = &'a (Type, Span)>) -> Type {
    match value {
        Value::Scalar { .. } => scalars.next().map_or(Type::Any, |(ty, _)| ty.clone()),
        Value::Unclear { .. } => Type::Any,
        Value::List { items, .. } => {
            let items: Vec<Type> = items.iter().map(|item| type_of_value(item, scalars)).collect();
            Type::list(Type::union(items))
        }
        Value::Object { entries, .. } => {
            let fields = entries.iter().map(|(key, value)| {
                let ty = type_of_value(value, scalars);
                (key.clone(), Field { ty, presence: Presence::Always })
            });
            Type::Object(ObjectType { fields: fields.collect(), ..ObjectType::default() })
        }
    }
}

/// Whether two places of the request are one, or one is part of the other.
fn overlaps(one: &Slot, other: &Slot) -> bool {
    match (one, other) {
        (Slot::Body, Slot::Property(_)) | (Slot::Property(_), Slot::Body) => true,
        _ => one == other,
    }
}

/// Whether an argument of this name and place goes there. `body` is the whole body where no property bears that name.
fn goes(argument: &Argument, slot: &Slot, resolution: &Resolution) -> bool {
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
fn open_body(argument: &Argument, resolution: &Resolution) -> Option<Slot> {
    if !matches!(argument.place, None | Some(Place::Body)) {
        return None;
    }
    let body = resolution.slots.iter().find(|parameter| parameter.slot == Slot::Body)?;
    let takes = matches!(body.ty.resolve().as_ref(), Type::Any) || body.ty.field(&argument.name).is_some();
    takes.then(|| Slot::Property(argument.name.clone()))
}
