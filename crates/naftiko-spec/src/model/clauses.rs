//! The clauses of a step in edition 0.2: conditions, repetition, and the handling of failures.

use naftiko_diagnostics::{Diagnostic, Span, Spanned};
use naftiko_expr::Expression;
use naftiko_syntax::Node;

use super::reader::{Interval, Keys, count, flag, interval, items, text};
use super::step::{Argument, arguments};
use super::{Every, Retry, Source};

/// The clauses of a step.
#[derive(Debug, Clone, Default)]
pub struct Clauses {
    /// The condition for running the step.
    pub when: Option<Source>,
    /// The list for which the step is run, once per item.
    pub for_each: Option<Source>,
    /// Whether `forEach` is present but could not be read, which has a diagnostic.
    pub for_each_is_unclear: bool,
    /// The maximum number of items that run concurrently.
    pub concurrency: Option<Spanned<u32>>,
    /// The retry policy for failed attempts.
    pub retry: Option<Retry>,
    /// The time limit of an attempt.
    pub timeout: Option<Interval>,
    /// Conditions on the response.
    pub expect: Vec<Source>,
    /// The effect of a failure on the run.
    pub on_failure: Option<Spanned<OnFailure>>,
    /// The compensation of the step.
    pub compensate: Option<Compensate>,
    /// The handling of an attempt whose outcome is unknown.
    pub on_doubt: Option<Spanned<OnDoubt>>,
    /// Whether a condition could not be read, which has a diagnostic: it is unknown then what the conditions imply.
    pub conditions_are_unclear: bool,
}

/// The effect of a failed step on the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnFailure {
    /// The run fails too.
    Fail,
    /// The run continues, and readers of the step see *absent*.
    Continue,
}

/// The handling of a call whose outcome is unknown, and that must not be made twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnDoubt {
    /// Stop, and ask an operator.
    Ask,
    /// Make the call again.
    Retry,
    /// Treat the step as failed.
    Fail,
}

/// The operation that compensates a step.
#[derive(Debug, Clone)]
pub struct Compensate {
    /// The capability it is declared to belong to.
    pub capability: Option<Spanned<String>>,
    /// The name of the operation.
    pub operation: Spanned<String>,
    /// The arguments.
    pub arguments: Vec<Argument>,
    /// Whether failed attempts are compensated too.
    pub after_failure: bool,
}

/// Repeats an operation until a condition holds.
#[derive(Debug, Clone)]
pub struct Poll {
    /// The position of the key.
    pub key: Span,
    /// The condition.
    pub until: Option<Source>,
    /// The condition that fails the step at once.
    pub fail_when: Option<Source>,
    /// The pause between two attempts.
    pub every: Option<Every>,
    /// The time limit of the poll.
    pub timeout: Option<Interval>,
}

impl Clauses {
    pub(super) fn lower(node: &Node, keys: Keys, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let meant = |key| keys.means(node, Some("Step"), key);
        let unread = |key| node.get(key).is_some_and(|value| !is_expression(value));
        let for_each_is_unclear = meant("forEach") || unread("forEach");
        let unproved = node
            .get("expect")
            .is_some_and(|expect| expect.as_sequence().is_none_or(|all| !all.iter().all(is_expression)))
            || node.get("poll").is_some_and(|poll| !poll.get("until").is_some_and(is_expression));
        Self {
            when: source(node, "when", diagnostics),
            for_each: source(node, "forEach", diagnostics),
            for_each_is_unclear,
            concurrency: count(node, "concurrency"),
            retry: Retry::lower(node, keys, diagnostics),
            timeout: interval(node, "timeout", diagnostics),
            expect: items(node, "expect").iter().filter_map(|node| Source::read(node, diagnostics)).collect(),
            on_failure: word(
                node,
                "onFailure",
                &[("fail", OnFailure::Fail), ("continue", OnFailure::Continue)],
            ),
            compensate: node.get("compensate").and_then(|node| Compensate::lower(node, keys, diagnostics)),
            on_doubt: word(
                node,
                "onDoubt",
                &[("ask", OnDoubt::Ask), ("retry", OnDoubt::Retry), ("fail", OnDoubt::Fail)],
            ),
            conditions_are_unclear: unread("when")
                || unproved
                || ["when", "expect", "poll"].into_iter().any(meant),
        }
    }
}

impl Compensate {
    fn lower(node: &Node, keys: Keys, diagnostics: &mut Vec<Diagnostic>) -> Option<Self> {
        node.as_mapping()?;
        keys.check(node, Some("Compensate"), "`compensate`", diagnostics);
        // Arguments that are not a mapping are unknown, and have a diagnostic.
        if node.get("with").is_some_and(|with| with.as_mapping().is_none()) {
            return None;
        }
        let arguments = node.get("with").map(|with| arguments(with, diagnostics)).unwrap_or_default();
        Some(Self {
            capability: text(node, "capability"),
            operation: text(node, "operation")?,
            arguments,
            after_failure: flag(node, "afterFailure"),
        })
    }
}

impl Poll {
    pub(super) fn lower(node: &Node, keys: Keys, diagnostics: &mut Vec<Diagnostic>) -> Option<Self> {
        let entry = node.entry("poll")?;
        let value = &entry.value;
        value.as_mapping()?;
        keys.check(value, Some("Poll"), "`poll`", diagnostics);
        Some(Self {
            key: entry.key_span,
            until: source(value, "until", diagnostics),
            fail_when: source(value, "failWhen", diagnostics),
            every: value.get("every").and_then(|every| Every::lower(every, keys, diagnostics)),
            timeout: interval(value, "timeout", diagnostics),
        })
    }
}

fn source(node: &Node, key: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Source> {
    node.get(key).and_then(|node| Source::read(node, diagnostics))
}

/// Whether a value is a valid expression.
fn is_expression(node: &Node) -> bool {
    node.as_str().is_some_and(|text| Expression::parse(text).is_ok())
}

/// The meaning of a keyword; `None` for an unknown one, which the schema has reported.
fn word<T: Copy>(node: &Node, key: &str, words: &[(&str, T)]) -> Option<Spanned<T>> {
    let text = text(node, key)?;
    let (_, meaning) = words.iter().find(|(word, _)| *word == text.value)?;
    Some(Spanned::new(*meaning, text.span))
}
