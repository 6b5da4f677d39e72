//! Arguments to the places of a request: those that were written, and in edition 0.1 those that are inferred.

use naftiko_adapter::Place as ParameterPlace;
use naftiko_diagnostics::{Diagnostic, Span};
use naftiko_expr::{Field, ObjectType, Presence, Root, Template, Type};
use naftiko_plan::{Origin, Slot};
use naftiko_spec::{Argument, Composition, Edition, Invoke, Place, Step, Value, Work};

use crate::faults;
use crate::inference::{Inference, Inferrer};
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
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Bound> {
    let inferrer = Inferrer::new(composition, steps, names);
    let bind = |(position, (step, resolved)): (usize, (&Step, &Resolved))| {
        let templates = composition.edition == Edition::V0_2;
        let mut binder =
            Binder { composition, templates, step, names, bound: Bound::default(), diagnostics: Vec::new() };
        match (&step.work, resolved) {
            (Work::Invoke(invoke), Resolved::Operation(resolution)) => {
                let inferrer = (composition.edition == Edition::V0_1).then_some((&inferrer, position));
                binder.operation(invoke, resolution, inferrer);
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
    bound: Bound,
    diagnostics: Vec<Diagnostic>,
}

impl Binder<'_> {
    fn operation(
        &mut self,
        invoke: &Invoke,
        resolution: &Resolution,
        inferrer: Option<(&Inferrer<'_>, usize)>,
    ) {
        let mut taken = Vec::new();
        for argument in &invoke.arguments {
            let ty = self.type_of(&argument.value);
            taken.extend(self.written(argument, &ty, resolution, inferrer.is_some()));
        }
        let whole_body = taken.contains(&Slot::Body);
        let open = |parameter: &&Parameter| {
            let in_body = whole_body && matches!(parameter.slot, Slot::Property(_));
            !in_body && !taken.contains(&parameter.slot)
        };
        for parameter in resolution.slots.iter().filter(open) {
            match inferrer {
                Some((inferrer, position)) => {
                    let inference = inferrer.infer(position, parameter, resolution);
                    self.inferred(invoke, parameter, inference, resolution);
                }
                None if parameter.required => {
                    self.diagnostics.push(faults::missing_argument::unwritten(invoke, parameter, resolution));
                }
                None => {}
            }
        }
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
            resolution.slots.iter().filter(|slot| goes(argument, &slot.slot)).collect();
        let places = match named.as_slice() {
            [] => match open_body(argument, resolution) {
                Some(slot) => {
                    self.push(slot.clone(), argument);
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
                self.diagnostics.push(faults::wrong_argument_type::report(parameter, &found, span));
            }
            self.push(parameter.slot.clone(), argument);
        }
        places.into_iter().map(|parameter| parameter.slot.clone()).collect()
    }

    fn push(&mut self, slot: Slot, argument: &Argument) {
        self.bound.arguments.push(BoundArgument {
            slot,
            value: argument.value.template(),
            origin: Origin::Written,
            optional: false,
        });
    }

    fn inferred(
        &mut self,
        invoke: &Invoke,
        parameter: &Parameter,
        inference: Inference,
        resolution: &Resolution,
    ) {
        match inference {
            Inference::Bound(candidate) => {
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
                });
            }
            Inference::Ambiguous(candidates) => {
                self.diagnostics.push(faults::ambiguous_argument::report(invoke, parameter, &candidates));
            }
            Inference::Nothing(unfit) if parameter.required => {
                let fault =
                    faults::missing_argument::uninferred(invoke, self.step, parameter, resolution, &unfit);
                self.diagnostics.push(fault);
            }
            Inference::Nothing(_) | Inference::Unknowable => {}
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

/// Whether an argument of this name and place goes there.
fn goes(argument: &Argument, slot: &Slot) -> bool {
    let name = argument.name.as_str();
    match (argument.place, slot) {
        (None, Slot::Body) => name == "body",
        (None, _) => slot.name() == name,
        (Some(Place::Body), Slot::Property(property)) => property == name,
        (Some(place), Slot::Parameter(at, parameter)) => {
            parameter_place(place) == Some(*at) && same_parameter(*at, parameter, name)
        }
        _ => false,
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
