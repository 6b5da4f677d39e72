//! A poll, a retry or a next page that would repeat an effect.

use naftiko_adapter::Operation;
use naftiko_diagnostics::{Code, Diagnostic, Severity};
use naftiko_spec::{Invoke, Paginate, Retry};

use crate::ir::resolved::Resolution;

pub(crate) static CODE: Code = Code {
    id: "repeated-effect",
    severity: Severity::Error,
    summary: "a poll, a retry or a next page could repeat an effect",
};

pub(crate) fn report(invoke: &Invoke, resolution: &Resolution) -> Diagnostic {
    let method = resolution.operation.method.as_str();
    Diagnostic::new(
        &CODE,
        invoke.operation.span,
        format!("`{}` is polled, and each {method} repeats its effect", invoke.operation.value),
    )
    .with_help("poll an operation that only reads, or name the header of its idempotency key in the capabilities document")
}

/// Only a safe operation can be paginated: the idempotency key of one request does not cover the request for the next
/// page.
pub(crate) fn paged(paginate: &Paginate, operation: &Operation) -> Diagnostic {
    let method = operation.method.as_str();
    let message = format!("`{}` is paginated, and each {method} repeats its effect", operation.id);
    Diagnostic::new(&CODE, paginate.key, message)
        .with_label(format!("{method} {}", operation.path))
        .with_help("remove `paginate`: only operations that read can be paginated")
}

/// Reports `retry` of a step, or of an operation in a capabilities document. `None` if the operation is safe or has an
/// idempotency key, or if only one attempt is allowed.
pub(crate) fn retried(retry: &Retry, operation: &Operation) -> Option<Diagnostic> {
    let once = retry.attempts.as_ref().is_some_and(|attempts| attempts.value == 1);
    if once || operation.is_safe() || operation.idempotency_key.is_some() {
        return None;
    }
    let method = operation.method.as_str();
    let message = format!("each attempt of `{}` may repeat its effect", operation.id);
    Some(
        Diagnostic::new(&CODE, retry.key, message)
            .with_label(format!("{method} {}, without an idempotency key", operation.path))
            .with_help("name the header of its idempotency key in the capabilities document, \
                        `idempotencyKey: …`, or remove `retry`"),
    )
}
