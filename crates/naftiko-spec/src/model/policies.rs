//! Retries and pauses, in both kinds of documents of edition 0.2.

use naftiko_diagnostics::{Diagnostic, Span, Spanned};
use naftiko_syntax::{Node, Value as Tree};

use super::reader::{Interval, Keys, count, duration, interval, items, number};

/// The retry policy for failed attempts.
#[derive(Debug, Clone)]
pub struct Retry {
    /// The position of the key.
    pub key: Span,
    /// The maximum number of attempts, including the first; `None` for the default.
    pub attempts: Option<Spanned<u32>>,
    /// The pauses; `None` for the default.
    pub backoff: Option<Backoff>,
    /// The failures that are retried; `None` for the default.
    pub on: Option<Vec<RetryOn>>,
}

/// A transient failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryOn {
    /// A response with this status.
    Status(u16),
    /// A response with a status of this class: 4 for `4xx`.
    Class(u8),
    /// The request was sent, and no readable response came.
    Timeout,
    /// Nothing reached the provider.
    Connect,
}

/// Pauses; missing values have the default of the key that contains them.
#[derive(Debug, Clone, Default)]
pub struct Backoff {
    /// The first pause.
    pub initial: Option<Interval>,
    /// The factor by which each pause is longer than the one before.
    pub factor: Option<f64>,
    /// The longest pause.
    pub max: Option<Interval>,
    /// The random share of each pause, from 0 to 1.
    pub jitter: Option<f64>,
}

/// The pause between two polls.
#[derive(Debug, Clone)]
pub enum Every {
    /// A constant pause.
    Fixed(Interval),
    /// A growing pause.
    Growing(Backoff),
}

impl Retry {
    /// Reads `retry` of a step or an operation.
    pub(super) fn lower(node: &Node, keys: Keys, diagnostics: &mut Vec<Diagnostic>) -> Option<Self> {
        let entry = node.entry("retry")?;
        let value = &entry.value;
        value.as_mapping()?;
        keys.check(value, Some("Retry"), "`retry`", diagnostics);
        Some(Self {
            key: entry.key_span,
            attempts: count(value, "attempts"),
            backoff: value.get("backoff").map(|backoff| Backoff::lower(backoff, keys, diagnostics)),
            on: value.get("on").map(|_| items(value, "on").iter().filter_map(RetryOn::read).collect()),
        })
    }
}

impl RetryOn {
    /// `None` for an unknown value, which the schema has reported.
    fn read(node: &Node) -> Option<Self> {
        match &node.value {
            Tree::Number(number) => number.as_u64()?.try_into().ok().map(Self::Status),
            _ => match node.as_str()? {
                "4xx" => Some(Self::Class(4)),
                "5xx" => Some(Self::Class(5)),
                "timeout" => Some(Self::Timeout),
                "connect" => Some(Self::Connect),
                _ => None,
            },
        }
    }
}

impl Backoff {
    fn lower(node: &Node, keys: Keys, diagnostics: &mut Vec<Diagnostic>) -> Self {
        keys.check(node, Some("Backoff"), "`backoff`", diagnostics);
        Self {
            initial: interval(node, "initial", diagnostics),
            factor: number(node, "factor"),
            max: interval(node, "max", diagnostics),
            jitter: number(node, "jitter"),
        }
    }
}

impl Every {
    pub(super) fn lower(node: &Node, keys: Keys, diagnostics: &mut Vec<Diagnostic>) -> Option<Self> {
        match &node.value {
            Tree::String(_) => duration(node, diagnostics).map(Self::Fixed),
            Tree::Mapping(_) => Some(Self::Growing(Backoff::lower(node, keys, diagnostics))),
            _ => None,
        }
    }
}
