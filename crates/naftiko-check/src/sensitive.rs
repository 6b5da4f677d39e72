//! What is sensitive, and where it gets to.

use std::collections::BTreeMap;
use std::ops::Range;

use naftiko_diagnostics::Span;
use naftiko_expr::{Expression, Root, Selector};
use serde_json::Value;

use crate::flow::carried;
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
    /// The provider it comes from; nothing: a person gave it.
    pub(crate) provider: Option<String>,
}

/// Everything sensitive that a composition can read, by where reading it begins.
#[derive(Default)]
pub(crate) struct Sensitives(BTreeMap<Root, Vec<Sensitive>>);

/// A place where something sensitive gets into a value.
pub(crate) struct Leak<'s> {
    pub(crate) of: &'s Sensitive,
    pub(crate) span: Span,
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
    for source in inputs.chain(answers) {
        sources.0.entry(source.root.clone()).or_default().push(source);
    }
    sources
}

impl Sensitives {
    /// What of it gets into the value of an expression, each once.
    pub(crate) fn leaks(&self, placed: &Placed<'_>) -> Vec<Leak<'_>> {
        let reached = self.reached(placed.expression).into_iter();
        reached.map(|(of, range)| Leak { of, span: placed.locate(range) }).collect()
    }

    /// Whether something of it gets into the value of an expression.
    pub(crate) fn reach(&self, expression: &Expression) -> bool {
        !self.reached(expression).is_empty()
    }

    fn reached(&self, expression: &Expression) -> Vec<(&Sensitive, Range<usize>)> {
        let mut reached: Vec<(&Sensitive, Range<usize>)> = Vec::new();
        for carried in carried(expression) {
            for source in self.0.get(&carried.root).into_iter().flatten() {
                let known = reached.iter().any(|(known, _)| std::ptr::eq(*known, source));
                if !known && carried.holds(&source.root, &source.path) {
                    reached.push((source, carried.range.clone()));
                }
            }
        }
        reached
    }
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
            let path: Vec<String> = fields.collect();
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
    let Some(answer) = operation.success().and_then(|(_, answer)| answer.schema.as_ref()) else {
        return Vec::new();
    };
    let is_password = |schema: &Value| schema.get("format").and_then(Value::as_str) == Some("password");
    let id = &call.step.id;
    schema::places(operation, answer, &is_password)
        .into_iter()
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
