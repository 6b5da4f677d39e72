//! What is sensitive, and where it gets to.

mod paths;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use naftiko_diagnostics::Span;
use naftiko_expr::{Root, Selector};
use naftiko_spec::Edition;
use serde_json::Value;

use self::paths::Paths;
pub(crate) use self::paths::Sensitive;
use crate::embed::Embedded;
use crate::flow::Carried;
use crate::model::{Call, Model, Placed};
use crate::resolve::{Resolution, Resolved};
use crate::schema;

/// How many sensitive parts of one output are followed each on its own; of more, all of the output is sensitive.
const MAX_PARTS: usize = 1_000;

/// Everything sensitive that a composition can read.
#[derive(Default)]
pub(crate) struct Sensitives {
    inputs: Option<Paths>,
    /// What steps yield, by their ids, and where the steps are; steps that do one thing share it.
    steps: BTreeMap<String, (Rc<Paths>, Span)>,
}

/// A place where something sensitive gets into a value.
pub(crate) struct Leak<'s> {
    pub(crate) of: &'s Sensitive,
    /// The place.
    pub(crate) span: Span,
    /// It in the author's words: `` input `token` ``.
    pub(crate) words: String,
    /// Where it is said to be sensitive.
    pub(crate) source: Span,
    /// The fields of the value that lead to it; none where they cannot be told.
    rest: Vec<String>,
}

/// Everything sensitive in a model. What else makes a value sensitive is added here.
pub(crate) fn sources(model: &Model<'_>) -> Sensitives {
    let inputs = model.composition.inputs.iter().filter(|input| input.sensitive).map(|input| {
        let name = &input.name.value;
        Sensitive {
            path: vec![name.clone()],
            span: Some(input.name.span),
            reason: format!("`{name}` is sensitive"),
            provider: None,
        }
    });
    let mut sources = Sensitives { inputs: Some(Paths::new(inputs.collect())), steps: BTreeMap::new() };
    let mut known: HashMap<Doing, Rc<Paths>> = HashMap::new();
    for (position, step) in model.composition.steps.iter().enumerate() {
        let (doing, found): (Doing, Box<dyn Fn() -> Vec<Sensitive>>) =
            match (model.call(position), model.steps.get(position)) {
                (Some(call), _) => (
                    Doing::of(call.resolution),
                    Box::new(move || [declared(&call), passwords(&call)].concat()),
                ),
                (None, Some(Resolved::Composition(embedded))) => {
                    (Doing::of_composition(embedded), Box::new(|| given(embedded)))
                }
                _ => continue,
            };
        let paths = known.entry(doing).or_insert_with(|| Rc::new(Paths::new(found())));
        if !paths.is_empty() {
            let yielded = (Rc::clone(paths), step.id.span);
            sources.steps.entry(step.id.value.clone()).or_insert(yielded);
        }
    }
    sources
}

/// What a step does: steps that do one thing yield one thing.
#[derive(PartialEq, Eq, Hash)]
pub(crate) enum Doing {
    /// An operation, by its address and that of what is known of it, whose answers may be pages.
    Operation { operation: usize, facts: usize, pages: Option<Vec<String>> },
    /// A composition, by its address.
    Composition(usize),
}

impl Doing {
    pub(crate) fn of_composition(embedded: &Rc<Embedded>) -> Self {
        Self::Composition(Rc::as_ptr(embedded).addr())
    }

    pub(crate) fn of(resolution: &Resolution) -> Self {
        Self::Operation {
            operation: std::sync::Arc::as_ptr(&resolution.operation).addr(),
            facts: Rc::as_ptr(&resolution.facts).addr(),
            pages: resolution.pages.items_at().map(<[String]>::to_vec),
        }
    }
}

impl Sensitives {
    /// What of it gets into the value of an expression: of all that one provider gave, the first.
    pub(crate) fn leaks(&self, placed: &Placed<'_>) -> Vec<Leak<'_>> {
        let mut known = BTreeSet::new();
        let mut leaks = Vec::new();
        for carried in placed.carried() {
            let Some((paths, yielded)) = self.at(&carried.root) else { continue };
            for of in paths.of(&carried.path) {
                if known.insert(std::ptr::from_ref(of).addr()) {
                    leaks.push(Leak::new(of, &carried, yielded, placed));
                }
            }
        }
        leaks
    }

    /// The same with all that gets into it, where that is not too much to tell apart.
    fn all_leaks(&self, placed: &Placed<'_>) -> Vec<Leak<'_>> {
        let mut known = BTreeSet::new();
        let mut leaks = Vec::new();
        for carried in placed.carried() {
            let Some((paths, yielded)) = self.at(&carried.root) else { continue };
            let all = paths.all_of(&carried.path, MAX_PARTS);
            let (found, whole) = all.map_or_else(|| (paths.of(&carried.path), true), |all| (all, false));
            for of in found {
                if known.insert(std::ptr::from_ref(of).addr()) {
                    let leak = Leak::new(of, &carried, yielded, placed);
                    leaks.push(if whole { Leak { rest: Vec::new(), ..leak } } else { leak });
                }
            }
        }
        leaks
    }

    /// Whether something of it is carried.
    pub(crate) fn reach(&self, carried: &[Carried]) -> bool {
        carried.iter().any(|carried| {
            self.at(&carried.root).is_some_and(|(paths, _)| !paths.of(&carried.path).is_empty())
        })
    }

    /// Whether an input is sensitive.
    pub(crate) fn has_input(&self, name: &str) -> bool {
        self.inputs.as_ref().is_some_and(|inputs| !inputs.of(&[name.to_owned()]).is_empty())
    }

    /// Whether one of the inputs is sensitive.
    pub(crate) fn has_inputs(&self) -> bool {
        self.inputs.as_ref().is_some_and(|inputs| !inputs.is_empty())
    }

    /// What is sensitive in a root, and where the step is that yields it.
    fn at(&self, root: &Root) -> Option<(&Paths, Option<Span>)> {
        match root {
            Root::Inputs => Some((self.inputs.as_ref()?, None)),
            Root::Step(id) => self.steps.get(id).map(|(paths, span)| (paths.as_ref(), Some(*span))),
            _ => None,
        }
    }
}

impl<'s> Leak<'s> {
    fn new(of: &'s Sensitive, carried: &Carried, yielded: Option<Span>, placed: &Placed<'_>) -> Self {
        let span = placed.locate(carried.range.clone());
        let path = of.path.join(".");
        Self {
            of,
            span,
            words: match &carried.root {
                Root::Step(id) if path.is_empty() => format!("`{id}`"),
                Root::Step(id) => format!("`{id}.{path}`"),
                _ => format!("input `{path}`"),
            },
            source: of.span.or(yielded).unwrap_or(span),
            rest: carried.rest_of(&of.path),
        }
    }
}

/// An output that is sensitive to whoever runs the composition.
pub(crate) struct SensitiveOutput {
    name: String,
    /// The fields in it that lead to what is sensitive; none: all of it is.
    path: Vec<String>,
    span: Span,
    /// The provider of what it holds; `None`: a person gave it, or nobody knows.
    provider: Option<String>,
}

/// The outputs that are sensitive: those that say so, and in edition 0.1, which has no word for it, those that hold
/// something sensitive. Where edition 0.2 does not say so it is a mistake, and has its finding.
pub(crate) fn outputs(model: &Model<'_>) -> Vec<SensitiveOutput> {
    let mut outputs = Vec::new();
    for (position, placed) in model.outputs() {
        let Some(output) = model.composition.outputs.get(position) else { continue };
        let leaks = model.sensitive.all_leaks(&placed);
        let (name, span) = (&output.name.value, output.name.span);
        let sensitive = |path, provider| SensitiveOutput { name: name.clone(), path, span, provider };
        if output.sensitive && leaks.is_empty() {
            outputs.push(sensitive(Vec::new(), None));
        } else if output.sensitive {
            outputs.extend(leaks.iter().map(|leak| sensitive(Vec::new(), leak.of.provider.clone())));
        } else if model.composition.edition == Edition::V0_1 {
            outputs.extend(leaks.into_iter().map(|leak| sensitive(leak.rest, leak.of.provider.clone())));
        }
    }
    outputs
}

/// What a composition gives to the step that runs it, and is sensitive.
fn given(embedded: &Embedded) -> Vec<Sensitive> {
    let sensitive = |output: &SensitiveOutput| Sensitive {
        path: [std::slice::from_ref(&output.name), &output.path].concat(),
        span: Some(output.span),
        reason: format!("output `{}` is sensitive", output.name),
        provider: output.provider.clone(),
    };
    embedded.sensitive_outputs.iter().map(sensitive).collect()
}

/// What the capabilities document says of the operation: its `sensitive` response paths.
fn declared(call: &Call<'_>) -> Vec<Sensitive> {
    let paths = call.resolution.facts.sensitive.iter();
    paths
        .filter_map(|declared| {
            let reference = declared.expression.references().into_iter().next()?;
            // The first part is the body; which item of a list it is does not matter.
            let fields = reference.segments.into_iter().skip(1).filter_map(|(selector, _)| match selector {
                Selector::Field(name) => Some(name),
                _ => None,
            });
            Some(Sensitive {
                path: call.resolution.pages.in_result(fields.collect())?,
                span: Some(declared.span),
                reason: "said to be sensitive here".to_owned(),
                provider: Some(call.resolution.operation.provider.clone()),
            })
        })
        .collect()
}

/// What the description says is never shown in clear: `format: password`.
fn passwords(call: &Call<'_>) -> Vec<Sensitive> {
    let operation = &call.resolution.operation;
    let answers = operation.successes().into_iter().filter_map(|(_, answer)| answer.schema.as_ref());
    let is_password = |schema: &Value| schema.get("format").and_then(Value::as_str) == Some("password");
    let places: BTreeSet<Vec<String>> =
        answers.flat_map(|answer| schema::places(operation, answer, &is_password)).collect();
    places
        .into_iter()
        .filter_map(|path| call.resolution.pages.in_result(path))
        .map(|path| Sensitive {
            reason: match path.last() {
                Some(field) => format!("`{field}` of its response has `format: password`"),
                None => "its response has `format: password`".to_owned(),
            },
            path,
            span: None,
            provider: Some(operation.provider.clone()),
        })
        .collect()
}
