//! A poll that only its timeout can end, or whose timeout is zero.

use naftiko_diagnostics::{Code, Diagnostic, Severity};
use naftiko_expr::{Environment, Root};
use naftiko_spec::Poll;
use serde_json::Value;

pub(crate) static CODE: Code = Code {
    id: "endless-poll",
    severity: Severity::Error,
    summary: "only the timeout can end a poll, or the timeout is zero",
};

/// Reports an `until` that does not read `response`, unless it is constantly true, and a `timeout` of zero. A poll
/// without `until` has no finding here.
pub(crate) fn find(poll: &Poll) -> Option<Diagnostic> {
    let until = poll.until.as_ref()?;
    let expression = &until.expression;
    if !expression.references().iter().any(|reference| reference.root == Root::Response) {
        // A constantly true `until` ends the poll after one response, which is harmless.
        let constant = expression.references().is_empty();
        let value = expression.evaluate(&Nowhere).ok().flatten();
        return match (constant, value) {
            (true, Some(Value::Bool(true))) => None,
            (true, _) => Some(
                Diagnostic::new(&CODE, until.node.span, format!("`{expression}` is never true"))
                    .with_label("the poll runs until its timeout, and fails")
                    .with_help("write a condition over `response`"),
            ),
            (false, _) => Some(
                Diagnostic::new(&CODE, until.node.span, format!("`{expression}` does not read `response`"))
                    .with_label("no response can change it")
                    .with_help("write a condition over `response`; a condition for the step itself is `when`"),
            ),
        };
    }
    let timeout = poll.timeout.as_ref().filter(|timeout| timeout.value.is_zero())?;
    Some(
        Diagnostic::new(&CODE, timeout.span, "a poll with timeout 0 makes only one attempt")
            .with_help("set the limit, `timeout: 24h`, or leave out `timeout` for 24 hours"),
    )
}

/// An environment without values, for the evaluation of constant expressions.
struct Nowhere;

impl Environment for Nowhere {
    fn root(&self, _: &Root) -> Option<&Value> {
        None
    }
}
