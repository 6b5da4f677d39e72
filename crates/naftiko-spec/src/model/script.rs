//! The script of a mock.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use naftiko_diagnostics::{Diagnostic, Span, Spanned};
use naftiko_syntax::{Mapping, Node};
use serde_json::Value as Json;

use super::reader::{Interval, Keys, count, flag, interval, plain, unsigned};
use super::value::Value;
use crate::codes::MISPLACED_KEY;

/// The responses of a mock that its schemas do not determine.
#[derive(Debug, Clone, Default)]
pub struct Script {
    /// The seed of generated values.
    pub seed: Option<u64>,
    /// The scripted responses of operations.
    pub operations: Vec<Scripted<Reply>>,
    /// The resources that exist before the run, by an operation whose response contains them.
    pub seeds: Vec<Scripted<Literal>>,
}

/// The scripted items of one operation.
#[derive(Debug, Clone)]
pub struct Scripted<T> {
    /// The name of the operation in compositions or in its description.
    pub operation: Spanned<String>,
    /// The items, in order.
    pub items: Vec<T>,
}

/// A literal value.
#[derive(Debug, Clone)]
pub struct Literal {
    /// The position of its key; `None` for an item of a list.
    pub key: Option<Span>,
    /// The value.
    pub json: Json,
    /// The value with the position of each part.
    pub value: Value,
}

/// A scripted response.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The number of calls with this response.
    pub times: u32,
    /// The status.
    pub status: Option<u16>,
    /// The headers, by name.
    pub headers: IndexMap<String, String>,
    /// The whole body.
    pub body: Option<Literal>,
    /// The changes to the generated body.
    pub patch: Option<Literal>,
    /// Whether body and patch may deviate from the description.
    pub as_is: bool,
    /// The delay of the response.
    pub delay: Option<Interval>,
    /// The failure of the connection.
    pub fault: Option<WireFault>,
}

/// A failure of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WireFault {
    /// Nothing reaches the provider.
    Connect,
    /// The call is carried out, and the response is lost.
    Drop,
    /// The call is carried out, and the response cannot be read.
    Garbage,
}

impl Literal {
    /// Reads a value; `key` is the position of its key.
    pub(super) fn read(node: &Node, key: Option<Span>) -> Self {
        Self { key, json: node.to_json(), value: Value::literal(node) }
    }
}

impl Script {
    /// Lowers the content of `mock`.
    pub(super) fn lower(node: &Node, keys: Keys, diagnostics: &mut Vec<Diagnostic>) -> Self {
        keys.check(node, Some("Mock"), "`mock`", diagnostics);
        Self {
            seed: unsigned(node, "seed"),
            operations: scripted(node, "operations", &mut |item| Reply::lower(item, keys, diagnostics)),
            seeds: scripted(node, "seeds", &mut |item| Literal::read(item, None)),
        }
    }

    /// Merges this script over `other`: its items for an operation come before those of `other`.
    pub(super) fn over(self, other: &Self) -> Self {
        Self {
            seed: self.seed.or(other.seed),
            operations: over(self.operations, &other.operations),
            seeds: over(self.seeds, &other.seeds),
        }
    }
}

fn over<T: Clone>(mut own: Vec<Scripted<T>>, other: &[Scripted<T>]) -> Vec<Scripted<T>> {
    let known: BTreeSet<String> = own.iter().map(|own| own.operation.value.clone()).collect();
    own.extend(other.iter().filter(|theirs| !known.contains(&theirs.operation.value)).cloned());
    own
}

/// Reads lists by operation.
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
        keys.check(node, Some("Reply"), "a response of the mock", diagnostics);
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

/// Reports keys that exclude each other: a failed connection has no response, and there is only one body.
fn misplaced(node: &Node) -> Vec<Diagnostic> {
    let of_answer = ["status", "headers", "body", "patch", "asIs", "delay"];
    let beside = |key: &'static str, other: &'static str, help: &'static str| {
        let entry = node.entry(key).filter(|_| node.entry(other).is_some())?;
        let message = format!("`{key}` cannot be combined with `{other}`");
        Some(Diagnostic::new(&MISPLACED_KEY, entry.key_span, message).with_help(help))
    };
    let lost = of_answer.into_iter().filter_map(|key| {
        beside(key, "fault", "a call with a connection fault has no response; remove one of them")
    });
    let lost: Vec<_> = lost.collect();
    if !lost.is_empty() {
        return lost;
    }
    beside("patch", "body", "write the change into `body`").into_iter().collect()
}
