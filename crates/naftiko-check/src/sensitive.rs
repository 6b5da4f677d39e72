//! What is sensitive, and where it gets to.

use std::collections::{BTreeMap, BTreeSet};

use naftiko_diagnostics::Span;
use naftiko_expr::{Root, Selector};
use naftiko_spec::Edition;
use serde_json::Value;

use crate::embed::Embedded;
use crate::flow::Carried;
use crate::model::{Call, Model, Placed};
use crate::schema;

/// Something sensitive.
#[derive(Clone)]
pub(crate) struct Sensitive {
    root: Root,
    path: Vec<String>,
    /// It in the author's words: `` input `token` ``.
    pub(crate) words: String,
    /// Where it is said to be sensitive.
    pub(crate) span: Span,
    /// What is to be seen there.
    pub(crate) reason: String,
    /// The provider it comes from; `None`: a person gave it.
    pub(crate) provider: Option<String>,
}

/// Everything sensitive that a composition can read, by where reading it begins.
#[derive(Default)]
pub(crate) struct Sensitives(BTreeMap<Root, Vec<Sensitive>>);

/// A place where something sensitive gets into a value.
pub(crate) struct Leak<'s> {
    pub(crate) of: &'s Sensitive,
    pub(crate) span: Span,
    /// The fields of the value that lead to it; none where they cannot be told.
    rest: Vec<String>,
}

/// Everything sensitive in a model. What else makes a value sensitive is added here.
pub(crate) fn sources(model: &Model<'_>) -> Sensitives {
    let inputs = model.composition.inputs.iter().filter(|input| input.sensitive).map(|input| {
        let name = &input.name.value;
        Sensitive {
            root: Root::Inputs,
            path: vec![name.clone()],
            words: format!("input `{name}`"),
            span: input.name.span,
            reason: format!("`{name}` is sensitive"),
            provider: None,
        }
    });
    let mut sources = Sensitives::default();
    let answers = model.calls().flat_map(|call| [declared(&call), passwords(&call)].concat());
    let results = model.embedded().flat_map(|(step, embedded)| given(&step.id.value, embedded));
    for source in inputs.chain(answers).chain(results) {
        sources.0.entry(source.root.clone()).or_default().push(source);
    }
    sources
}

impl Sensitives {
    /// What of it gets into the value of an expression, each once.
    pub(crate) fn leaks(&self, placed: &Placed<'_>) -> Vec<Leak<'_>> {
        let reached = self.reached(placed.carried()).into_iter();
        reached
            .map(|(of, carried)| Leak {
                of,
                rest: carried.rest_of(&of.path),
                span: placed.locate(carried.range),
            })
            .collect()
    }

    /// Whether something of it is carried.
    pub(crate) fn reach(&self, carried: Vec<Carried>) -> bool {
        !self.reached(carried).is_empty()
    }

    fn reached(&self, carried: Vec<Carried>) -> Vec<(&Sensitive, Carried)> {
        let mut reached: Vec<(&Sensitive, Carried)> = Vec::new();
        for carried in carried {
            for source in self.0.get(&carried.root).into_iter().flatten() {
                let known = reached.iter().any(|(known, _)| std::ptr::eq(*known, source));
                if !known && carried.holds(&source.root, &source.path) {
                    reached.push((source, carried.clone()));
                }
            }
        }
        reached
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
        let leaks = model.sensitive.leaks(&placed);
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
fn given(step: &str, embedded: &Embedded) -> Vec<Sensitive> {
    let sensitive = |output: &SensitiveOutput| {
        let path = [std::slice::from_ref(&output.name), &output.path].concat();
        Sensitive {
            root: Root::Step(step.to_owned()),
            words: format!("`{step}.{}`", path.join(".")),
            path,
            span: output.span,
            reason: format!("output `{}` is sensitive", output.name),
            provider: output.provider.clone(),
        }
    };
    embedded.sensitive_outputs.iter().map(sensitive).collect()
}

/// What the capabilities document says of the operation: its `sensitive` response paths.
fn declared(call: &Call<'_>) -> Vec<Sensitive> {
    let id = &call.step.id;
    let paths = call.resolution.facts.sensitive.iter();
    paths
        .filter_map(|declared| {
            let reference = declared.expression.references().into_iter().next()?;
            // The first part is the body; which item of a list it is does not matter.
            let fields = reference.segments.into_iter().skip(1).filter_map(|(selector, _)| match selector {
                Selector::Field(name) => Some(name),
                _ => None,
            });
            let path = call.resolution.pages.in_result(fields.collect())?;
            Some(Sensitive {
                words: format!("`{}`", [std::slice::from_ref(&id.value), &path].concat().join(".")),
                root: Root::Step(id.value.clone()),
                path,
                span: declared.span,
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
    let id = &call.step.id;
    let places: BTreeSet<Vec<String>> =
        answers.flat_map(|answer| schema::places(operation, answer, &is_password)).collect();
    places
        .into_iter()
        .filter_map(|path| call.resolution.pages.in_result(path))
        .map(|path| Sensitive {
            words: format!("`{}`", [std::slice::from_ref(&id.value), &path].concat().join(".")),
            root: Root::Step(id.value.clone()),
            reason: match path.last() {
                Some(field) => format!("`{field}` of its response has `format: password`"),
                None => "its response has `format: password`".to_owned(),
            },
            path,
            span: id.span,
            provider: Some(operation.provider.clone()),
        })
        .collect()
}
