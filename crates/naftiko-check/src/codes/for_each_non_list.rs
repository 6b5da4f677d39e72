//! A `forEach` over a value that is not a list.

use naftiko_diagnostics::{Code, Diagnostic, Severity};
use naftiko_expr::Type;
use naftiko_spec::Source;

pub(crate) static CODE: Code = Code {
    id: "for-each-non-list",
    severity: Severity::Error,
    summary: "`forEach` is given something other than a list",
};

pub(crate) fn report(list: &Source, found: &Type) -> Diagnostic {
    let text = list.expression.text();
    let diagnostic = Diagnostic::new(&CODE, list.node.span, format!("`forEach` needs a list, found {found}"));
    let lists: Vec<String> = found
        .fields()
        .into_iter()
        .filter(|(_, field)| field.ty != Type::Any && field.ty.items().is_some())
        .map(|(name, _)| name)
        .collect();
    match lists.as_slice() {
        [only] => diagnostic.with_help(format!("did you mean `{text}.{only}`?")),
        _ => diagnostic.with_help("a step without `forEach` runs once; `[x]` is a list with one item"),
    }
}
