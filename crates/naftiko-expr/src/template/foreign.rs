//! The template syntax of other tools, which authors write by habit.

use std::ops::Range;

use super::find_from;
use crate::Expression;
use crate::problem::{FOREIGN_TEMPLATE, Problem};

/// Finds `{{ x }}` in a plain part of a text; the part begins at byte `offset`.
pub(super) fn braces(plain: &str, offset: usize) -> Option<Problem> {
    let mut at = 0;
    while let Some(open) = find_from(plain, at, "{{") {
        let close = find_from(plain, open + 2, "}}")?;
        let inner = plain.get(open + 2..close).unwrap_or_default().trim();
        let begins = |first: char| first.is_alphanumeric() || matches!(first, '_' | '$' | '.');
        // `{{#if x}}` and similar blocks belong to templates that another system renders.
        if inner.starts_with(begins) {
            return Some(problem(open..close + 2, inner).shifted(offset));
        }
        at = close + 2;
    }
    None
}

/// Finds `${{ x }}` at byte `dollar`.
pub(super) fn dollar_braces(text: &str, dollar: usize) -> Option<Problem> {
    let inner_start = dollar + "${{".len();
    if !text.get(dollar..)?.starts_with("${{") {
        return None;
    }
    let close = find_from(text, inner_start, "}}")?;
    Some(problem(dollar..close + 2, text.get(inner_start..close)?.trim()))
}

fn problem(range: Range<usize>, inner: &str) -> Problem {
    let problem =
        Problem::new(&FOREIGN_TEMPLATE, range.clone(), "`{{ … }}` is the template syntax of another tool")
            .with_label("sent as text");
    let inner = inner.trim_start_matches(['$', '.']);
    if Expression::parse(inner).is_err() {
        return problem.with_help("write `${…}`; a literal `{{` is written `${'{{'}`");
    }
    let instead = format!("${{{inner}}}");
    problem
        .with_help(format!("write `{instead}`; a literal `{{{{` is written `${{'{{{{'}}`"))
        .with_replacement(range, instead)
}

/// `$inputs.x` or `$steps.x.outputs.y` as a whole string: a runtime expression of Arazzo.
pub(super) fn arazzo(text: &str) -> Option<Problem> {
    let path = text.strip_prefix('$')?;
    let rest = path.strip_prefix("steps.").map(|rest| rest.replacen(".outputs", "", 1));
    let path = rest.or_else(|| path.starts_with("inputs.").then(|| path.to_owned()))?;
    Expression::parse(&path).ok()?;
    let instead = format!("${{{path}}}");
    let problem = Problem::new(&FOREIGN_TEMPLATE, 0..text.len(), "a runtime expression of Arazzo")
        .with_label("sent as text")
        .with_help(format!("write `{instead}`"));
    Some(problem.with_replacement(0..text.len(), instead))
}
