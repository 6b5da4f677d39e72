//! An input that nothing reads.

use std::collections::BTreeSet;

use naftiko_diagnostics::{Code, Diagnostic, Severity};
use naftiko_expr::{Root, Segment};
use naftiko_spec::{Edition, Work};

use crate::analyses::model::Model;
use crate::ir::resolved::Resolved;

pub(crate) static CODE: Code = Code {
    id: "unused-input",
    severity: Severity::Warning,
    summary: "an input is never read",
};

pub(crate) fn check(model: &Model<'_>) -> Vec<Diagnostic> {
    if !model.sound || anything_may_read(model) {
        return Vec::new();
    }
    let reads = model.reads().into_iter().filter(|reference| reference.root == Root::Inputs);
    let read: BTreeSet<Option<Segment>> =
        reads.map(|reference| reference.fixed_path().into_iter().next()).collect();
    // A reference to all inputs, or to an input with a computed name, reads each of them.
    if read.iter().any(|first| !matches!(first, Some(Segment::Field(_)))) {
        return Vec::new();
    }
    let unread = model.composition.inputs.iter();
    let unread = unread.filter(|input| !read.contains(&Some(Segment::Field(input.name.value.clone()))));
    unread
        .map(|input| {
            let name = &input.name.value;
            let help = match model.composition.edition {
                Edition::V0_1 => "no operation takes an argument of this name; remove the input, or rename \
                                  it".to_owned(),
                Edition::V0_2 => format!("read it as `${{inputs.{name}}}`, or remove it"),
            };
            Diagnostic::new(&CODE, input.name.span, format!("input `{name}` is never read")).with_help(help)
        })
        .collect()
}

/// Whether a step may read an input without a reference to it.
fn anything_may_read(model: &Model<'_>) -> bool {
    // An external step without `with` shows all values.
    let shown_all = |work: &Work| matches!(work, Work::External(external) if external.with.is_none());
    // Edition 0.1 cannot infer the arguments of an unresolved operation, which may take any input.
    let unknown = model.composition.edition == Edition::V0_1
        && model.steps.iter().any(|step| matches!(step, Resolved::Unknown));
    unknown || model.composition.steps.iter().any(|step| shown_all(&step.work))
}
