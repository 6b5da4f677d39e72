//! Checks what a capabilities document adds to an operation against the operation's description.

use naftiko_diagnostics::Diagnostic;

use crate::analyses::symbols::{Answer, response};
use crate::codes;
use crate::ir::resolved::Resolution;

/// Findings about the additions to an operation: paths that its response does not have, and retries that would repeat
/// an effect.
pub(crate) fn check(resolution: &Resolution) -> Vec<Diagnostic> {
    let facts = &resolution.facts;
    let scope = Answer(response(&resolution.result));
    let mut diagnostics = Vec::new();
    for path in facts.sensitive.iter().chain(facts.expires.iter().map(|(path, _)| path)) {
        let (_, problems) = path.expression.type_in(&scope);
        // The path is written without `response.body`, so that no part of it can be located or replaced.
        diagnostics.extend(problems.into_iter().map(|problem| {
            let mut diagnostic = problem.into_diagnostic(&|_| path.span);
            diagnostic.fix = None;
            diagnostic
        }));
    }
    if let Some(retry) = &facts.retry {
        diagnostics.extend(codes::repeated_effect::retried(retry, &resolution.operation));
        diagnostics.extend(retry.backoff.as_ref().and_then(codes::unfit_pause::growing));
    }
    diagnostics
}
