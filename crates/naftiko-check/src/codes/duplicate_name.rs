//! A name given twice among the steps, inputs, outputs or tests.

use std::collections::BTreeMap;

use naftiko_diagnostics::{Code, Diagnostic, Severity, Spanned};
use naftiko_spec::{Composition, TestDocument};

pub(crate) static CODE: Code = Code {
    id: "duplicate-name",
    severity: Severity::Error,
    summary: "two steps, inputs, outputs or tests have the same name",
};

pub(crate) fn find(composition: &Composition) -> Vec<Diagnostic> {
    let steps = twice("a step", composition.steps.iter().map(|step| &step.id));
    let inputs = twice("an input", composition.inputs.iter().map(|input| &input.name));
    let outputs = twice("an output", composition.outputs.iter().map(|output| &output.name));
    [steps, inputs, outputs].concat()
}

/// Reports each test that has the name of an earlier test in the document.
pub(crate) fn of_tests(document: &TestDocument) -> Vec<Diagnostic> {
    twice("a test", document.tests.iter().map(|test| &test.name))
}

fn twice<'a>(what: &str, names: impl Iterator<Item = &'a Spanned<String>>) -> Vec<Diagnostic> {
    let mut first = BTreeMap::new();
    let mut diagnostics = Vec::new();
    for name in names {
        match first.get(name.value.as_str()) {
            Some(span) => diagnostics.push(
                Diagnostic::new(&CODE, name.span, format!("{what} `{}` already exists", name.value))
                    .with_related(*span, "the first one is here")
                    .with_help("rename one of them"),
            ),
            None => {
                first.insert(name.value.as_str(), name.span);
            }
        }
    }
    diagnostics
}
