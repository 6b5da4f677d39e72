//! What a mock is told to say.

use indexmap::IndexMap;
use naftiko_diagnostics::{Diagnostic, Span, Spanned};
use naftiko_syntax::{Mapping, Node};
use serde_json::Value as Json;

use super::reader::{Interval, Keys, count, flag, interval, plain, unsigned};
use super::value::Value;
use crate::codes::MISPLACED_KEY;

/// What a mock says where schemas alone do not decide.
#[derive(Debug, Clone, Default)]
pub struct Script {
    /// What made-up values come from.
    pub seed: Option<u64>,
    /// What operations answer.
    pub operations: Vec<Scripted<Reply>>,
    /// What exists before the run begins, by an operation whose answer holds it.
    pub seeds: Vec<Scripted<Literal>>,
}

/// What is said of an operation.
#[derive(Debug, Clone)]
pub struct Scripted<T> {
    /// The operation, as a composition or a description names it.
    pub operation: Spanned<String>,
    /// What is said, in order.
    pub items: Vec<T>,
}

/// A value that is meant as it stands.
#[derive(Debug, Clone)]
pub struct Literal {
    /// The key it stands under; an item of a list has none.
    pub key: Option<Span>,
    /// The value.
    pub json: Json,
    /// The same, each part with its place.
    pub value: Value,
}

/// What an operation answers to a call.
#[derive(Debug, Clone)]
pub struct Reply {
    /// How many calls are answered so.
    pub times: u32,
    /// The status.
    pub status: Option<u16>,
    /// Headers, by name.
    pub headers: IndexMap<String, String>,
    /// The whole body.
    pub body: Option<Literal>,
    /// What is otherwise in the body.
    pub patch: Option<Literal>,
    /// Whether body and patch need not fit the description.
    pub as_is: bool,
    /// How long the answer takes.
    pub delay: Option<Interval>,
    /// How the connection fails.
    pub fault: Option<WireFault>,
}

/// How a connection fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WireFault {
    /// Nothing reaches the other side.
    Connect,
    /// The call is carried out, and the answer is lost.
    Drop,
    /// The call is carried out, and the answer cannot be read.
    Garbage,
}

impl Literal {
    /// A value, and the key it stands under.
    pub(super) fn read(node: &Node, key: Option<Span>) -> Self {
        Self { key, json: node.to_json(), value: Value::literal(node) }
    }
}

impl Script {
    /// Reads what stands under `mock`.
    pub(super) fn lower(node: &Node, keys: Keys, diagnostics: &mut Vec<Diagnostic>) -> Self {
        keys.check(node, Some("Mock"), "`mock`", diagnostics);
        Self {
            seed: unsigned(node, "seed"),
            operations: scripted(node, "operations", &mut |item| Reply::lower(item, keys, diagnostics)),
            seeds: scripted(node, "seeds", &mut |item| Literal::read(item, None)),
        }
    }

    /// This script over `other`: what this one says of an operation goes before what the other says of it.
    pub(super) fn over(self, other: &Self) -> Self {
        Self {
            seed: self.seed.or(other.seed),
            operations: over(self.operations, &other.operations),
            seeds: over(self.seeds, &other.seeds),
        }
    }
}

fn over<T: Clone>(mut own: Vec<Scripted<T>>, other: &[Scripted<T>]) -> Vec<Scripted<T>> {
    let others =
        other.iter().filter(|theirs| !own.iter().any(|own| own.operation.value == theirs.operation.value));
    let others: Vec<_> = others.cloned().collect();
    own.extend(others);
    own
}

/// Lists by operation.
fn scripted<T>(node: &Node, key: &str, read: &mut dyn FnMut(&Node) -> T) -> Vec<Scripted<T>> {
    let entries = node.get(key).and_then(Node::as_mapping).into_iter().flat_map(Mapping::iter);
    entries
        .map(|(name, entry)| Scripted {
            operation: Spanned::new(name.to_owned(), entry.key_span),
            items: entry.value.as_sequence().unwrap_or_default().iter().map(&mut *read).collect(),
        })
        .collect()
}

impl Reply {
    fn lower(node: &Node, keys: Keys, diagnostics: &mut Vec<Diagnostic>) -> Self {
        keys.check(node, Some("Reply"), "an answer of the mock", diagnostics);
        diagnostics.extend(misplaced(node));
        let literal =
            |key: &str| node.entry(key).map(|entry| Literal::read(&entry.value, Some(entry.key_span)));
        let headers = node.get("headers").and_then(Node::as_mapping).into_iter().flat_map(Mapping::iter);
        let headers =
            headers.filter_map(|(name, entry)| Some((name.to_owned(), entry.value.as_str()?.to_owned())));
        Self {
            times: count(node, "times").map_or(1, |times| times.value),
            status: unsigned(node, "status").and_then(|status| status.try_into().ok()),
            headers: headers.collect(),
            body: literal("body"),
            patch: literal("patch"),
            as_is: flag(node, "asIs"),
            delay: interval(node, "delay", diagnostics),
            fault: plain(node, "fault").and_then(|fault| match fault.as_str() {
                "connect" => Some(WireFault::Connect),
                "drop" => Some(WireFault::Drop),
                "garbage" => Some(WireFault::Garbage),
                _ => None,
            }),
        }
    }
}

/// Keys that mean nothing beside others: a call that fails on the wire has no answer, and one body is enough.
fn misplaced(node: &Node) -> Vec<Diagnostic> {
    let of_answer = ["status", "headers", "body", "patch", "asIs", "delay"];
    let beside = |key: &'static str, other: &'static str, help: &'static str| {
        let entry = node.entry(key).filter(|_| node.entry(other).is_some())?;
        let message = format!("`{key}` means nothing beside `{other}`");
        Some(Diagnostic::new(&MISPLACED_KEY, entry.key_span, message).with_help(help))
    };
    let lost = of_answer.into_iter().filter_map(|key| {
        beside(key, "fault", "a call that fails on the wire has no answer; leave one of them out")
    });
    let lost: Vec<_> = lost.collect();
    if !lost.is_empty() {
        return lost;
    }
    beside("patch", "body", "write what is to be different into `body`").into_iter().collect()
}
