//! The data flow that edition 0.1 leaves out ("Inference" in `docs/language.md`).
//!
//! For each parameter, the first rule that gives exactly one candidate of the right type wins; two are an error, and so
//! is none for a required parameter. Rule 1, the literal argument on the step, was applied before.

use std::collections::BTreeSet;

use naftiko_diagnostics::Span;
use naftiko_expr::{Expression, Presence, Root, Segment, Type};
use naftiko_plan::Slot;
use naftiko_spec::Composition;

use crate::pages::Paged;
use crate::resolve::{Parameter, Resolution, Resolved};
use crate::resource::{Resource, fold, named_by, noun_of_path};
use crate::scope::Names;

/// What inference says of a parameter.
pub(crate) enum Inference {
    /// There is one candidate.
    Bound(Box<Candidate>),
    /// There are several.
    Ambiguous(Vec<Candidate>),
    /// There is none; these would have been, were they of the right type.
    Nothing(Vec<Candidate>),
    /// There is none, and what could have been one is not known: that has a diagnostic of its own.
    Unknowable,
}

impl Inference {
    /// The type of the value, if there is one: of a value that is not known, any.
    pub(crate) fn ty(&self) -> Option<Type> {
        match self {
            Self::Bound(candidate) => Some(candidate.ty.clone()),
            Self::Ambiguous(_) | Self::Unknowable => Some(Type::Any),
            Self::Nothing(_) => None,
        }
    }
}

/// Something a parameter could be bound to.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    /// The value.
    pub(crate) value: Expression,
    /// It in the author's words: `` input `organization_name` ``.
    pub(crate) words: String,
    /// Why it is a candidate, in words that follow "because".
    pub(crate) reason: String,
    /// Where it comes from.
    pub(crate) span: Span,
    /// Its type.
    pub(crate) ty: Type,
    /// Whether it is an input that a run need not be given.
    pub(crate) optional: bool,
    /// Whether it is the id of a resource that an earlier step yields.
    pub(crate) is_resource: bool,
}

/// Infers for the steps of one composition.
pub(crate) struct Inferrer<'a> {
    composition: &'a Composition,
    names: &'a Names<'a>,
    resources: Vec<Option<Resource>>,
    /// The first step whose operation is not known.
    first_unknown: Option<usize>,
}

impl<'a> Inferrer<'a> {
    pub(crate) fn new(composition: &'a Composition, steps: &[Resolved], names: &'a Names<'a>) -> Self {
        let yielded = |step: &Resolved| match step.operation()? {
            Resolution { pages: Paged::Not, result, .. } => Resource::of(result),
            _ => Resource::of(&step.result()),
        };
        let resources = steps.iter().map(yielded).collect();
        let first_unknown = steps.iter().position(|step| matches!(step, Resolved::Unknown));
        Self { composition, names, resources, first_unknown }
    }

    /// What a parameter of the step at `position` is bound to. Optional parameters are left out of rule 3.
    pub(crate) fn infer(&self, position: usize, parameter: &Parameter, resolution: &Resolution) -> Inference {
        // The whole body of named properties is filled through them.
        if parameter.slot == Slot::Body && !parameter.required {
            return Inference::Nothing(Vec::new());
        }
        let name = parameter.slot.name();
        let mut unfit = Vec::new();
        let rules: [&dyn Fn() -> Vec<Candidate>; 3] = [
            &|| self.inputs_named(name),
            &|| if parameter.required { self.inputs_of_noun(name, resolution) } else { Vec::new() },
            &|| self.resources_before(position, name),
        ];
        for rule in rules {
            let (mut fit, rest): (Vec<_>, Vec<_>) =
                rule().into_iter().partition(|candidate| parameter.ty.accepts(&candidate.ty));
            unfit.extend(rest);
            match fit.len() {
                0 => {}
                1 => {
                    return fit
                        .pop()
                        .map_or(Inference::Nothing(Vec::new()), |only| Inference::Bound(Box::new(only)));
                }
                _ => return Inference::Ambiguous(fit),
            }
        }
        let knows_all =
            self.composition.inputs_are_known && self.first_unknown.is_none_or(|unknown| unknown >= position);
        if knows_all { Inference::Nothing(unfit) } else { Inference::Unknowable }
    }

    /// Rule 2: inputs of that name.
    fn inputs_named(&self, parameter: &str) -> Vec<Candidate> {
        self.inputs(
            |name| fold(name) == fold(parameter),
            |_| "the input has the name of the parameter".to_owned(),
        )
    }

    /// Rule 3: inputs named after the operation's noun and the parameter.
    fn inputs_of_noun(&self, parameter: &str, resolution: &Resolution) -> Vec<Candidate> {
        let Some(noun) = noun_of_path(&resolution.operation.path) else { return Vec::new() };
        self.inputs(
            |name| fold(name) == fold(&format!("{noun}_{parameter}")),
            |name| format!("`{name}` is the `{parameter}` of the `{noun}` that the operation is about"),
        )
    }

    fn inputs(&self, is: impl Fn(&str) -> bool, reason: impl Fn(&str) -> String) -> Vec<Candidate> {
        let mut seen = BTreeSet::new();
        let inputs = self.composition.inputs.iter().filter(|input| is(&input.name.value));
        let inputs = inputs.filter(|input| seen.insert(input.name.value.as_str()));
        inputs
            .filter_map(|input| {
                let name = &input.name.value;
                let typed = self.names.input(name)?;
                Some(Candidate {
                    value: Expression::path(&Root::Inputs, &[Segment::Field(name.clone())]),
                    words: format!("input `{name}`"),
                    reason: reason(name),
                    span: input.name.span,
                    ty: typed.ty,
                    optional: typed.presence != Presence::Always,
                    is_resource: false,
                })
            })
            .collect()
    }

    /// Rule 4: earlier steps that yield the resource the parameter names.
    pub(crate) fn resources_before(&self, position: usize, parameter: &str) -> Vec<Candidate> {
        let sought = named_by(parameter);
        let earlier = self.composition.steps.iter().zip(&self.resources).take(position);
        earlier
            .filter_map(|(step, resource)| {
                let resource = resource.as_ref()?;
                let name = sought.iter().find(|name| resource.is(name))?;
                let id = &step.id.value;
                let value = Expression::path(&Root::Step(id.clone()), &resource.id);
                Some(Candidate {
                    words: format!("`{value}`"),
                    value,
                    reason: format!("step `{id}` yields the `{name}`"),
                    span: step.id.span,
                    ty: resource.ty.clone(),
                    optional: false,
                    is_resource: true,
                })
            })
            .collect()
    }
}
