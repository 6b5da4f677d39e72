//! Retries and pauses, as in both kinds of documents of edition 0.2.

use naftiko_diagnostics::{Diagnostic, Span, Spanned};
use naftiko_syntax::{Node, Value as Tree};

use super::reader::{Interval, Keys, count, duration, interval, items, number};

/// When a failed attempt is made again.
#[derive(Debug, Clone)]
pub struct Retry {
    /// The bytes of its key.
    pub key: Span,
    /// How many attempts in all, the first included; `None` is the default.
    pub attempts: Option<Spanned<u32>>,
    /// The pauses; `None` is the default.
    pub backoff: Option<Backoff>,
    /// The failures that are retried; `None` is the default.
    pub on: Option<Vec<RetryOn>>,
}

/// A transient failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryOn {
    /// An answer with this status.
    Status(u16),
    /// An answer of this class of statuses: 4 for `4xx`.
    Class(u8),
    /// It was sent, and no readable answer came.
    Timeout,
    /// Nothing reached the other side.
    Connect,
}

/// Pauses; what is left out has the default of the key it is for.
#[derive(Debug, Clone, Default)]
pub struct Backoff {
    /// The first pause.
    pub initial: Option<Interval>,
    /// The factor by which each pause is longer than the one before.
    pub factor: Option<f64>,
    /// The longest pause.
    pub max: Option<Interval>,
    /// The share of each that chance may take away, from 0 to 1.
    pub jitter: Option<f64>,
}

/// The pause between two polls.
#[derive(Debug, Clone)]
pub enum Every {
    /// The same every time.
    Fixed(Interval),
    /// Growing.
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
    /// `None` for what is none: the schema has said so.
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
