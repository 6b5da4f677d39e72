//! Scripts: prescribed replies of operations, and resources that exist before the first call.
//!
//! A script changes only responses, with one exception: the resources in a scripted response to a write other than
//! DELETE, and new resources in a scripted response to a read, are stored.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use naftiko_adapter::{Call, Method, Operation, Response};
use serde_json::{Map, Value, json};

use crate::make::{Ask, Maker};
use crate::target::{Target, target};
use crate::turn::Turn;
use crate::world::{World, name_of};

/// A script for a mock.
#[derive(Debug, Clone, Default)]
pub struct Script {
    /// The replies of operations. Each reply applies to its number of calls, the last one to all further calls.
    pub operations: Vec<(Arc<Operation>, Vec<Reply>)>,
    /// The resources that exist initially, by an operation whose response has such resources. No others of their kind
    /// exist.
    pub seeds: Vec<(Arc<Operation>, Vec<Value>)>,
}

/// A reply of an operation. The default is the response that the mock generates without a script.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The number of calls that get this reply.
    pub times: u32,
    /// The status; `None` for the success status. A status other than 2xx changes no resources.
    pub status: Option<u16>,
    /// Headers to add to the response or to replace in it.
    pub headers: IndexMap<String, String>,
    /// The body; `None` for a generated one.
    pub body: Option<Body>,
    /// The delay before the response.
    pub delay: Duration,
    /// A connection fault in place of the response.
    pub fault: Option<Fault>,
}

impl Default for Reply {
    fn default() -> Self {
        let (status, body, fault, delay) = (None, None, None, Duration::ZERO);
        Self { times: 1, status, headers: IndexMap::new(), body, delay, fault }
    }
}

/// The body of a scripted reply.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// This value, completed with the fields that the description requires.
    Whole(Value),
    /// Exactly this value, even if it does not fit the description.
    AsIs(Value),
    /// A patch of the generated body: a JSON Merge Patch (RFC 7396), except that lists are merged item by item.
    Patch(Value),
}

/// A fault of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The request does not reach the provider.
    Connect,
    /// The call is carried out, and the response is lost.
    Drop,
    /// The call is carried out, and the response cannot be read.
    Garbage,
}

/// The outcome of a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// The delay before the outcome.
    pub delay: Duration,
    /// The response, or the connection fault.
    pub answer: Result<Response, Fault>,
}

/// The state of a script during a run.
pub(crate) struct Played {
    /// The remaining replies, by operation, the next one first.
    left: BTreeMap<String, Vec<Reply>>,
}

impl Played {
    pub(crate) fn new(script: &Script) -> Self {
        let operations = script.operations.iter();
        Self { left: operations.map(|(operation, replies)| (name_of(operation), replies.clone())).collect() }
    }

    /// Whether the script has replies for an operation.
    pub(crate) fn has(&self, operation: &Operation) -> bool {
        self.left.contains_key(&name_of(operation))
    }

    /// The scripted reply to the next call of an operation; `None` if the script has none.
    pub(crate) fn next(&mut self, operation: &Operation) -> Option<Reply> {
        let left = self.left.get_mut(&name_of(operation))?;
        let is_last = left.len() <= 1;
        let next = left.first_mut()?;
        let reply = next.clone();
        next.times = next.times.saturating_sub(1);
        if next.times == 0 && !is_last {
            left.remove(0);
        }
        Some(reply)
    }
}

impl World {
    /// The outcome of a call with a scripted reply.
    pub(crate) fn follow(&mut self, call: &Call, reply: &Reply) -> Said {
        let delay = reply.delay;
        let refused = reply.status.filter(|status| !(200..300).contains(status));
        if reply.fault == Some(Fault::Connect) {
            return Said { delay, answer: Err(Fault::Connect) };
        }
        let mut answer = match refused {
            Some(status) => {
                let mint = self.mint(&call.operation);
                self.refuse(&Turn::answered_with(call, mint, status), reply.body.as_ref())
            }
            None => self.answer(call, |world, turn| match (&reply.body, reply.status) {
                (None, None) => world.act(turn),
                (body, None) => world.say(turn, body.as_ref()),
                (body, Some(status)) => {
                    world.say(&Turn::answered_with(call, turn.mint.clone(), status), body.as_ref())
                }
            }),
        };
        answer.headers.extend(reply.headers.iter().map(|(name, value)| (name.to_lowercase(), value.clone())));
        Said { delay, answer: reply.fault.map_or(Ok(answer), Err) }
    }

    /// A response with a status other than 2xx. Nothing in it is stored.
    fn refuse(&self, turn: &Turn<'_>, body: Option<&Body>) -> Response {
        let body = match body {
            Some(Body::AsIs(body)) => body.clone(),
            Some(Body::Whole(body)) => self.completed(turn, body).0,
            Some(Body::Patch(patch)) => patched(self.made_up(turn), patch),
            None => self.made_up(turn),
        };
        turn.respond(body)
    }

    /// A success response with a scripted body or status.
    fn say(&mut self, turn: &Turn<'_>, body: Option<&Body>) -> Response {
        let safe = turn.operation().is_safe();
        let before = self.store.clone();
        let whole = matches!(body, Some(Body::Whole(_) | Body::AsIs(_)));
        // A read whose whole body is scripted is not looked up in the store.
        let answer = if safe && whole { turn.respond(Value::Null) } else { self.act(turn) };
        let succeeded = (200..300).contains(&answer.status);
        let (said, made) = match body {
            None => return answer,
            Some(Body::Patch(_)) if !succeeded => return answer,
            Some(Body::Patch(patch)) => {
                let body = patched(answer.into_body(), patch);
                let made = self.completed(turn, &body).1;
                (body, made)
            }
            Some(Body::Whole(body)) => self.completed(turn, body),
            Some(Body::AsIs(body)) => (body.clone(), self.completed(turn, body).1),
        };
        if safe {
            let is_new = |(kind, id, _): &Made| self.store.find(kind, id).is_none();
            self.keep(made.into_iter().filter(is_new).collect());
        } else if turn.operation().method != Method::Delete {
            self.store = before;
            self.keep(made);
        }
        turn.respond(said)
    }

    /// Completes a body with the fields that the description requires. Returns the body and its resources.
    fn completed(&self, turn: &Turn<'_>, body: &Value) -> (Value, Vec<Made>) {
        let Some(schema) = turn.schema() else { return (body.clone(), Vec::new()) };
        let operation = turn.operation();
        let mut maker = Maker::new(&operation.definitions, &self.store, &turn.mint).exactly();
        let target = target(operation, schema);
        if let Target::One(locus) | Target::Many(locus) = &target {
            maker = maker.about(&locus.schemas, &locus.kind, locus.key);
        }
        let made = maker.make(&Ask::whole(schema, Some(body), turn.example()));
        (over(made, body), maker.made)
    }

    /// A body generated from the description alone.
    fn made_up(&self, turn: &Turn<'_>) -> Value {
        let Some(schema) = turn.schema() else { return json!({"message": "as scripted"}) };
        let mut maker = Maker::new(&turn.operation().definitions, &self.store, &turn.mint);
        maker.make(&Ask::whole(schema, None, turn.example()))
    }
}

/// A resource: its kind, its id and its fields.
type Made = (String, Value, Map<String, Value>);

/// A generated value, overlaid with the scripted one.
fn over(made: Value, said: &Value) -> Value {
    match (made, said) {
        (Value::Object(mut made), Value::Object(said)) => {
            for (name, said) in said {
                let value = made.get(name).map_or_else(|| said.clone(), |made| over(made.clone(), said));
                made.insert(name.clone(), value);
            }
            Value::Object(made)
        }
        (Value::Array(made), Value::Array(said)) if made.len() == said.len() => {
            made.into_iter().zip(said).map(|(made, said)| over(made, said)).collect()
        }
        (_, said) => said.clone(),
    }
}

/// Applies a JSON Merge Patch, except that lists are merged item by item: further items of the value are retained, and
/// further items of the patch are appended.
fn patched(value: Value, patch: &Value) -> Value {
    match (value, patch) {
        (Value::Array(items), Value::Array(patches)) => {
            let more = patches.iter().skip(items.len()).cloned().collect::<Vec<_>>();
            let met = items.into_iter().enumerate().map(|(at, item)| match patches.get(at) {
                Some(patch) => patched(item, patch),
                None => item,
            });
            met.chain(more).collect()
        }
        (value, Value::Object(patch)) => {
            let mut fields = match value {
                Value::Object(fields) => fields,
                _ => Map::new(),
            };
            for (name, patch) in patch {
                if patch.is_null() {
                    fields.shift_remove(name);
                    continue;
                }
                let old = fields.get(name).cloned().unwrap_or(Value::Null);
                fields.insert(name.clone(), patched(old, patch));
            }
            Value::Object(fields)
        }
        (_, patch) => patch.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_is_a_merge_patch_but_for_lists() {
        for (value, patch, expected) in [
            (json!({"a": 1, "b": 2}), json!({"a": null, "c": 3}), json!({"b": 2, "c": 3})),
            (json!({"a": {"b": 1}}), json!({"a": {"c": 2}}), json!({"a": {"b": 1, "c": 2}})),
            (json!([{"a": 1}, {"a": 2}]), json!([{"a": 3}]), json!([{"a": 3}, {"a": 2}])),
            (json!([{"a": 1}]), json!([{}, {"a": 2}]), json!([{"a": 1}, {"a": 2}])),
            (json!({"a": [1]}), json!({"a": "x"}), json!({"a": "x"})),
            (json!("x"), json!({"a": null}), json!({})),
        ] {
            assert_eq!(patched(value, &patch), expected);
        }
    }
}
