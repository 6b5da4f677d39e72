//! A step whose id is a name that expressions use for something else.

use naftiko_diagnostics::{Code, Diagnostic, Severity};
use naftiko_spec::Composition;

pub(crate) static CODE: Code = Code {
    id: "reserved-id",
    severity: Severity::Error,
    summary: "the id of a step is a reserved word of expressions",
};

const RESERVED: [&str; 9] = ["inputs", "item", "index", "response", "run", "true", "false", "null", "in"];

pub(crate) fn find(composition: &Composition) -> Vec<Diagnostic> {
    let reserved = composition.steps.iter().filter(|step| RESERVED.contains(&step.id.value.as_str()));
    reserved
        .map(|step| {
            let id = &step.id.value;
            Diagnostic::new(&CODE, step.id.span, format!("`{id}` is a reserved word of expressions"))
                .with_help(format!("give the step another id: `{id}-step`"))
        })
        .collect()
}
