//! Relations between types, and between types and values.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Number, Value};

use super::named::Key;
use super::{Field, Named, ObjectType, Presence, Type};

/// Types nested deeper than this are not compared; they count as accepted.
const MAX_DEPTH: usize = 64;

/// A check whether one type accepts another.
#[derive(Default)]
struct Acceptance {
    /// The result for each pair of names; true while it is being computed, so that recursive schemas terminate.
    answers: BTreeMap<(Key, Key), bool>,
    depth: usize,
}

impl Type {
    /// Whether a value belongs to the type. Undeclared fields are allowed: real responses have more fields than their
    /// schema declares.
    pub fn admits(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Any, _)
            | (Self::Null, Value::Null)
            | (Self::Boolean, Value::Bool(_))
            | (Self::Number, Value::Number(_))
            | (Self::String(None), Value::String(_)) => true,
            (Self::Integer, Value::Number(number)) => is_integer(number),
            (Self::String(Some(values)), Value::String(text)) => values.contains(text),
            (Self::List(items), Value::Array(values)) => values.iter().all(|value| items.admits(value)),
            (Self::Object(object), Value::Object(fields)) => {
                let proved = object.proved.iter().map(|(name, field)| (name, field));
                object.fields.iter().chain(proved).all(|(name, field)| field.admits(fields.get(name)))
            }
            (Self::Union(_) | Self::Named(_), _) => self.members().iter().any(|member| match member {
                Self::Union(_) | Self::Named(_) => false,
                member => member.admits(value),
            }),
            _ => false,
        }
    }

    /// Whether every value of `value` belongs to this type. [`Type::Any`] accepts and is accepted by every type; a
    /// plain string is not accepted as one of a list of values.
    pub fn accepts(&self, value: &Self) -> bool {
        Acceptance::default().accepts(self, value)
    }

    /// Whether a value can belong to both types. Two lists always overlap, since both may be empty.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        let others = other.members();
        self.members().iter().any(|a| others.iter().any(|b| members_overlap(a, b)))
    }
}

impl Field {
    fn admits(&self, value: Option<&Value>) -> bool {
        match value {
            None => self.presence != Presence::Always,
            Some(value) => self.presence != Presence::Never && self.ty.admits(value),
        }
    }
}

pub(super) fn is_integer(number: &Number) -> bool {
    number.is_i64() || number.is_u64() || number.as_f64().is_some_and(|float| float.fract() == 0.0)
}

/// The members of a union, with names resolved; any other type is its own single member. Cyclic references add nothing.
pub(super) fn members(ty: &Type) -> Vec<Type> {
    let mut seen = Vec::new();
    let mut found = Vec::new();
    let mut pending = vec![ty.clone()];
    while let Some(next) = pending.pop() {
        match next {
            Type::Union(members) => pending.extend(members.into_iter().rev()),
            Type::Named(named) => {
                let key = named.key();
                if !seen.contains(&key) {
                    pending.push(named.body());
                    seen.push(key);
                }
            }
            Type::Any => return vec![Type::Any],
            other => found.push(other),
        }
    }
    found
}

fn members_overlap(a: &Type, b: &Type) -> bool {
    match (a, b) {
        (Type::Any, _)
        | (_, Type::Any)
        | (Type::Integer | Type::Number, Type::Integer | Type::Number)
        | (Type::List(_), Type::List(_))
        | (Type::Object(_), Type::Object(_))
        | (Type::String(None), Type::String(_))
        | (Type::String(_), Type::String(None)) => true,
        (Type::String(Some(a)), Type::String(Some(b))) => {
            let (fewer, more) = if a.len() < b.len() { (a, b) } else { (b, a) };
            fewer.iter().any(|value| more.contains(value))
        }
        _ => a == b,
    }
}

impl Acceptance {
    fn accepts(&mut self, to: &Type, from: &Type) -> bool {
        if self.depth == MAX_DEPTH {
            return true;
        }
        self.depth += 1;
        let answer = match (to, from) {
            (Type::Named(to), Type::Named(from)) => self.named(to, from),
            _ => self.members(to, from),
        };
        self.depth -= 1;
        answer
    }

    fn named(&mut self, to: &Named, from: &Named) -> bool {
        let pair = (to.key(), from.key());
        if pair.0 == pair.1 {
            return true;
        }
        if let Some(&known) = self.answers.get(&pair) {
            return known;
        }
        self.answers.insert(pair.clone(), true);
        let answer = self.members(&to.body(), &from.body());
        self.answers.insert(pair, answer);
        answer
    }

    fn members(&mut self, to: &Type, from: &Type) -> bool {
        let targets = members(to);
        members(from)
            .iter()
            .all(|from| targets.iter().any(|to| self.member(to, from)) || is_covered_together(&targets, from))
    }

    fn member(&mut self, to: &Type, from: &Type) -> bool {
        match (to, from) {
            (Type::Any, _)
            | (_, Type::Any)
            | (Type::String(None), Type::String(_))
            | (Type::Number, Type::Integer) => true,
            (Type::String(Some(to)), Type::String(Some(from))) => {
                Arc::ptr_eq(to, from) || from.is_subset(to.as_ref())
            }
            (Type::List(to), Type::List(from)) => self.accepts(to, from),
            (Type::Object(to), Type::Object(from)) => self.object(to, from),
            _ => to == from,
        }
    }

    fn object(&mut self, to: &ObjectType, from: &ObjectType) -> bool {
        if Arc::ptr_eq(&to.fields, &from.fields) && from.proved.is_empty() {
            return true;
        }
        to.fields.iter().all(|(name, wanted)| match from.field(name) {
            // It is unknown whether an open object has the field, so its presence is not required.
            Some(found) if !from.fields.contains_key(name) && found.presence != Presence::Never => {
                self.accepts(&wanted.ty, &found.ty)
            }
            Some(found) => {
                let there = wanted.presence != Presence::Always || found.presence == Presence::Always;
                there && (found.presence == Presence::Never || self.accepts(&wanted.ty, &found.ty))
            }
            None => wanted.presence != Presence::Always,
        })
    }
}

/// Whether several string types together contain all values of a string type.
fn is_covered_together(targets: &[Type], from: &Type) -> bool {
    let Type::String(Some(values)) = from else { return false };
    values.iter().all(|value| {
        targets.iter().any(|to| matches!(to, Type::String(Some(accepted)) if accepted.contains(value)))
    })
}
