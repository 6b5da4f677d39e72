//! Pagination of a list that is inferred from the OpenAPI description.

use naftiko_diagnostics::{Code, Diagnostic, Severity};
use naftiko_spec::Paginate;

pub(crate) static CODE: Code = Code {
    id: "inferred-pages",
    severity: Severity::Note,
    summary: "the pagination settings of a list were inferred from its description",
};

pub(crate) fn report(step: &str, paginate: &Paginate, how: &str) -> Diagnostic {
    Diagnostic::new(&CODE, paginate.key, format!("`{step}` is paginated: {how}"))
}
