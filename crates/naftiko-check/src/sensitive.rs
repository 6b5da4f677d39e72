//! What is sensitive, and where it gets to.

use naftiko_diagnostics::Span;
use naftiko_expr::Root;
use serde_json::Value;

use crate::flow::carried;
use crate::model::{Call, Model, Placed};
use crate::schema;

/// Something sensitive.
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

/// A place where something sensitive gets into a value.
pub(crate) struct Leak<'s> {
    pub(crate) of: &'s Sensitive,
    pub(crate) span: Span,
}

/// Everything sensitive that a composition can read. What else makes a value sensitive is added here.
pub(crate) fn sources(model: &Model<'_>) -> Vec<Sensitive> {
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
    inputs.chain(model.calls().flat_map(|call| passwords(&call))).collect()
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

/// What of the sensitive gets into the value of an expression, each once.
pub(crate) fn leaks<'s>(placed: &Placed<'_>, sources: &'s [Sensitive]) -> Vec<Leak<'s>> {
    let carried = carried(placed.expression);
    sources
        .iter()
        .filter_map(|source| {
            let found = carried.iter().find(|carried| carried.holds(&source.root, &source.path))?;
            Some(Leak { of: source, span: placed.locate(found.range.clone()) })
        })
        .collect()
}
