//! Finds the sensitive inputs, results and outputs of a composition.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use naftiko_expr::Selector;
use naftiko_spec::Edition;
use serde_json::Value;

use crate::analyses::model::{Call, Model};
use crate::analyses::taint::paths::{Paths, Sensitive};
use crate::analyses::taint::sensitive::Sensitives;
use crate::ir::resolved::{Resolution, Resolved};
use crate::ir::schema;
use crate::ir::sub_composition::{Embedded, SensitiveOutput};

/// Collects the sensitive values of a model. Further kinds of sources are added here.
pub(crate) fn find(model: &Model<'_>) -> Sensitives {
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

/// The work of a step, as a key: steps that do the same work yield the same parts.
#[derive(PartialEq, Eq, Hash)]
pub(crate) enum Doing {
    /// An operation, by the addresses of the operation and of its additions, with the place of the list in its pages.
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

/// The sensitive outputs: those declared sensitive, and in edition 0.1, which cannot declare it, those that carry a
/// sensitive value. In edition 0.2 a missing declaration is an error with its own diagnostic.
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

/// The sensitive parts of a sub-composition's result.
fn given(embedded: &Embedded) -> Vec<Sensitive> {
    let sensitive = |output: &SensitiveOutput| Sensitive {
        path: [std::slice::from_ref(&output.name), &output.path].concat(),
        span: Some(output.span),
        reason: format!("output `{}` is sensitive", output.name),
        provider: output.provider.clone(),
    };
    embedded.sensitive_outputs.iter().map(sensitive).collect()
}

/// The sensitive parts that the capabilities document declares for an operation.
fn declared(call: &Call<'_>) -> Vec<Sensitive> {
    let paths = call.resolution.facts.sensitive.iter();
    paths
        .filter_map(|declared| {
            let reference = declared.expression.references().into_iter().next()?;
            // The first segment is the body; list positions are ignored.
            let fields = reference.segments.into_iter().skip(1).filter_map(|(selector, _)| match selector {
                Selector::Field(name) => Some(name),
                _ => None,
            });
            Some(Sensitive {
                path: call.resolution.pages.in_result(fields.collect())?,
                span: Some(declared.span),
                reason: "marked as sensitive here".to_owned(),
                provider: Some(call.resolution.operation.provider.clone()),
            })
        })
        .collect()
}

/// The parts of the response that the description marks as secret with `format: password`.
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
