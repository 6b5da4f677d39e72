//! Infers the data flow that edition 0.1 leaves out ("Inference" in `docs/language.md`).
//!
//! For each parameter, the first rule with exactly one candidate of a matching type wins. Several candidates are an
//! error, as is no candidate for a required parameter. Rule 1, the literal argument on the step, is applied before.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use naftiko_diagnostics::{Span, work};
use naftiko_expr::{Expression, Presence, Root, Segment, Type};
use naftiko_plan::Slot;
use naftiko_spec::Composition;

use crate::analyses::symbols::Names;
use crate::ir::paged::Paged;
use crate::ir::resolved::{Resolution, Resolved};
use crate::ir::resource::{Resource, fold, named_by, noun_of_path};
use crate::ir::slots::Parameter;

/// The result of inferring one parameter.
pub(crate) enum Inference {
    /// Exactly one candidate.
    Bound(Box<Candidate>),
    /// Several candidates.
    Ambiguous(Vec<Candidate>),
    /// No candidate; the listed ones match by name but not by type.
    Nothing(Vec<Candidate>),
    /// No candidate, but some possible sources are unknown, which has a diagnostic of its own.
    Unknowable,
}

impl Inference {
    /// The type of the value, if there is one; *any* for an unknown value.
    pub(crate) fn ty(&self) -> Option<Type> {
        match self {
            Self::Bound(candidate) => Some(candidate.ty.clone()),
            Self::Ambiguous(_) | Self::Unknowable => Some(Type::Any),
            Self::Nothing(_) => None,
        }
    }
}

/// A value that a parameter could be bound to.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    /// The value.
    pub(crate) value: Expression,
    /// The value in the author's words: `` input `organization_name` ``.
    pub(crate) words: String,
    /// The reason for the candidacy, in words that follow "because".
    pub(crate) reason: String,
    /// The place of the source.
    pub(crate) span: Span,
    /// The type of the value.
    pub(crate) ty: Type,
    /// Whether the value is an input that a run may omit.
    pub(crate) optional: bool,
    /// Whether the value is the id of a resource that an earlier step yields.
    pub(crate) is_resource: bool,
}

/// The maximum number of candidates that are shown.
const SHOWN: usize = 16;

/// Infers arguments for the steps of one composition.
pub(crate) struct Inferrer<'a> {
    composition: &'a Composition,
    names: &'a Names<'a>,
    resources: Vec<Option<Rc<Resource>>>,
    /// The steps that yield each resource, by the folded names of the resource.
    yielding: HashMap<String, ByType>,
    /// The inputs by folded name.
    inputs: HashMap<String, ByType>,
    /// The first step whose operation is unknown.
    first_unknown: Option<usize>,
    /// The relevant parameters of each operation, by the address of its slots: those that are required or for which a
    /// source may exist.
    relevant: RefCell<HashMap<usize, Rc<[usize]>>>,
}

/// Positions grouped by type, in order, so that many positions of one type are judged once.
#[derive(Default)]
struct ByType(Vec<(Type, Vec<usize>)>);

impl ByType {
    fn add(&mut self, ty: &Type, position: usize) {
        work::add(self.0.len().min(MOST_TYPES));
        let known = self.0.iter_mut().take(MOST_TYPES).find(|(known, _)| known == ty);
        match known {
            Some((_, positions)) => positions.push(position),
            None => self.0.push((ty.clone(), vec![position])),
        }
    }
}

/// The maximum number of types that a new type is compared with.
const MOST_TYPES: usize = 16;

/// The maximum number of types under one name that are compared with a parameter's type.
const MOST_JUDGED: usize = 256;

/// The first few positions whose types are accepted, and those whose types are not, each in order.
type Judged = (Vec<usize>, Vec<usize>);

impl<'a> Inferrer<'a> {
    pub(crate) fn new(composition: &'a Composition, steps: &[Resolved], names: &'a Names<'a>) -> Self {
        let yielded = |step: &Resolved| match step.operation()? {
            resolution @ Resolution { pages: Paged::Not, .. } => resolution.resource(),
            _ => Resource::of(&step.result()).map(Rc::new),
        };
        let resources: Vec<Option<Rc<Resource>>> = steps.iter().map(yielded).collect();
        let mut yielding: HashMap<String, ByType> = HashMap::new();
        for (position, resource) in resources.iter().enumerate() {
            for name in resource.iter().flat_map(|resource| resource.names()) {
                yielding.entry(name.clone()).or_default().add(&resource_type(resource.as_deref()), position);
            }
        }
        let mut inputs: HashMap<String, ByType> = HashMap::new();
        let mut seen = BTreeSet::new();
        for (position, input) in composition.inputs.iter().enumerate() {
            let name = input.name.value.as_str();
            if let Some(typed) = names.input(name).filter(|_| seen.insert(name)) {
                inputs.entry(fold(name)).or_default().add(&typed.ty, position);
            }
        }
        let first_unknown = steps.iter().position(|step| matches!(step, Resolved::Unknown));
        Self { composition, names, resources, yielding, inputs, first_unknown, relevant: RefCell::default() }
    }

    /// Infers the value of a parameter of the step at `position`. Optional parameters are left out of rule 3.
    pub(crate) fn infer(&self, position: usize, parameter: &Parameter, resolution: &Resolution) -> Inference {
        // A body with named properties is bound through them.
        if parameter.slot == Slot::Body && !parameter.required {
            return Inference::Nothing(Vec::new());
        }
        let name = parameter.slot.name();
        let mut unfit = Vec::new();
        let rules: [&dyn Fn() -> (Vec<Candidate>, Vec<Candidate>); 3] = [
            &|| self.inputs_named(name, &parameter.ty),
            &|| {
                let noun = parameter.required.then(|| noun_of_path(&resolution.operation.path)).flatten();
                noun.map(|noun| self.inputs_of_noun(&noun, name, &parameter.ty)).unwrap_or_default()
            },
            &|| self.resources_before(position, name, &parameter.ty),
        ];
        for rule in rules {
            let (mut fit, rest) = rule();
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
        if self.knows_all(position) { Inference::Nothing(unfit) } else { Inference::Unknowable }
    }

    /// Whether every possible source of values for the step at `position` is known.
    fn knows_all(&self, position: usize) -> bool {
        self.composition.inputs_are_known && self.first_unknown.is_none_or(|unknown| unknown >= position)
    }

    /// The positions of the parameters that are required or for which a source may exist; `None` means all
    /// parameters.
    pub(crate) fn relevant(&self, position: usize, resolution: &Resolution) -> Option<Rc<[usize]>> {
        if !self.knows_all(position) {
            return None;
        }
        let slots = &resolution.slots;
        let is_relevant = |parameter: &Parameter| {
            let name = parameter.slot.name();
            work::add(1);
            parameter.required
                || self.inputs.contains_key(&fold(name))
                || named_by(name).iter().any(|name| self.yielding.contains_key(&fold(name)))
        };
        let find = || {
            let relevant = slots.iter().enumerate().filter(|(_, parameter)| is_relevant(parameter));
            relevant.map(|(at, _)| at).collect()
        };
        let mut known = self.relevant.borrow_mut();
        Some(Rc::clone(known.entry(Rc::as_ptr(slots).addr()).or_insert_with(find)))
    }

    /// Rule 2: inputs with the name of the parameter. Returns those of a matching type, and the others.
    fn inputs_named(&self, parameter: &str, ty: &Type) -> (Vec<Candidate>, Vec<Candidate>) {
        self.inputs(&fold(parameter), ty, &|_| "the input has the name of the parameter".to_owned())
    }

    /// Rule 3: inputs named after the operation's noun and the parameter.
    fn inputs_of_noun(&self, noun: &str, parameter: &str, ty: &Type) -> (Vec<Candidate>, Vec<Candidate>) {
        self.inputs(&fold(&format!("{noun}_{parameter}")), ty, &|name| {
            format!("`{name}` is the `{parameter}` of the `{noun}` that the operation is about")
        })
    }

    fn inputs(
        &self,
        folded: &str,
        ty: &Type,
        reason: &dyn Fn(&str) -> String,
    ) -> (Vec<Candidate>, Vec<Candidate>) {
        let Some(named) = self.inputs.get(folded) else { return Default::default() };
        let (fit, unfit) = judged(named, ty, self.composition.inputs.len());
        let candidate = |position: usize| {
            let input = self.composition.inputs.get(position)?;
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
        };
        (fit.into_iter().filter_map(candidate).collect(), unfit.into_iter().filter_map(candidate).collect())
    }

    /// Rule 4: earlier steps that yield the resource that the parameter names. Returns those whose id is of a
    /// matching type, and the others.
    pub(crate) fn resources_before(
        &self,
        position: usize,
        parameter: &str,
        ty: &Type,
    ) -> (Vec<Candidate>, Vec<Candidate>) {
        let sought = named_by(parameter);
        let yielding = sought.iter().filter_map(|name| self.yielding.get(&fold(name)));
        let (mut fit, mut unfit) = Judged::default();
        for named in yielding {
            let more = judged(named, ty, position);
            fit.extend(more.0);
            unfit.extend(more.1);
        }
        let candidates = |mut positions: Vec<usize>| {
            positions.sort_unstable();
            positions.dedup();
            positions.truncate(SHOWN);
            positions.into_iter().filter_map(|at| self.resource(at, &sought)).collect()
        };
        (candidates(fit), candidates(unfit))
    }

    fn resource(&self, position: usize, sought: &[String]) -> Option<Candidate> {
        let step = self.composition.steps.get(position)?;
        let resource = self.resources.get(position)?.as_ref()?;
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
    }
}

fn resource_type(resource: Option<&Resource>) -> Type {
    resource.map_or(Type::Any, |resource| resource.ty.clone())
}

/// The first few positions below `limit` whose types a parameter accepts, and those whose types it rejects.
fn judged(named: &ByType, ty: &Type, limit: usize) -> Judged {
    let (mut fit, mut unfit) = Judged::default();
    // Types are sorted by their first position.
    let before =
        named.0.partition_point(|(_, positions)| positions.first().is_some_and(|first| *first < limit));
    let before = named.0.get(..before).unwrap_or_default();
    // With this many different types, the author has to choose, whether they match or not.
    if before.len() > MOST_JUDGED {
        let first = before.iter().filter_map(|(_, positions)| positions.first());
        return (first.copied().take(SHOWN).collect(), unfit);
    }
    for (found, positions) in before {
        let Some(first) = positions.first() else { continue };
        work::add(1);
        let list = if ty.accepts(found) { &mut fit } else { &mut unfit };
        let more = positions.iter().skip(1).take_while(|position| **position < limit);
        list.extend(std::iter::once(first).chain(more).take(SHOWN));
        // More than one match is ambiguous already; further ones change nothing.
        if fit.len() > SHOWN {
            break;
        }
    }
    for list in [&mut fit, &mut unfit] {
        list.sort_unstable();
        list.truncate(SHOWN);
    }
    (fit, unfit)
}
