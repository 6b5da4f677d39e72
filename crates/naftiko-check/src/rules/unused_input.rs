//! An input that nothing reads.

use std::collections::BTreeSet;

use naftiko_diagnostics::{Code, Diagnostic, Severity};
use naftiko_expr::{Root, Segment};
use naftiko_spec::{Edition, Work};

use crate::model::Model;
use crate::resolve::Resolved;

pub(crate) static CODE: Code = Code {
    id: "unused-input",
    severity: Severity::Warning,
    summary: "an input that nothing reads",
};

pub(crate) fn check(model: &Model<'_>) -> Vec<Diagnostic> {
    if !model.sound || anything_may_read(model) {
        return Vec::new();
    }
    let reads = model.reads().into_iter().filter(|reference| reference.root == Root::Inputs);
    let read: BTreeSet<Option<Segment>> =
        reads.map(|reference| reference.fixed_path().into_iter().next()).collect();
    // Whoever reads all inputs reads each of them.
    if read.iter().any(|first| !matches!(first, Some(Segment::Field(_)))) {
        return Vec::new();
    }
    let unread = model.composition.inputs.iter();
    let unread = unread.filter(|input| !read.contains(&Some(Segment::Field(input.name.value.clone()))));
    unread
        .map(|input| {
            let name = &input.name.value;
            let help = match model.composition.edition {
                Edition::V0_1 => "no operation takes it by its name; take it away, or give it the name of an argument".to_owned(),
                Edition::V0_2 => format!("read it as `${{inputs.{name}}}`, or take it away"),
            };
            Diagnostic::new(&CODE, input.name.span, format!("input `{name}` is never read")).with_help(help)
        })
        .collect()
}

/// Whether something may read an input without saying so.
fn anything_may_read(model: &Model<'_>) -> bool {
    // Who is outside and is handed nothing by name is shown everything.
    let shown_all = |work: &Work| matches!(work, Work::External(external) if external.with.is_none());
    // What an operation that is not described takes is not inferred.
    let unknown = model.composition.edition == Edition::V0_1
        && model.steps.iter().any(|step| matches!(step, Resolved::Unknown));
    unknown || model.composition.steps.iter().any(|step| shown_all(&step.work))
}
