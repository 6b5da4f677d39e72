//! Checks whether an argument can be encoded as a request, using the functions that encode it at run time.
//!
//! A literal is tried as it is. An expression is tried with a sample of each type that its value may have, and is
//! reported only if no sample can be encoded.

use naftiko_diagnostics::{Span, work};
use naftiko_expr::{ObjectType, Piece, Presence, Template, Type};
use naftiko_schema::token::unescaped;
use naftiko_wire::Refusal;
use serde_json::{Map, Value as Json};

use crate::analyses::typed_value::Written;

/// The number of expressions of one argument that are tried within the whole argument. Each further one is tried alone,
/// so that the work grows in proportion to the argument.
const MAX_WHOLE: usize = 64;
/// The maximum depth of samples.
const MAX_DEPTH: usize = 6;
/// The maximum number of values in one sample, apart from the required fields of its outermost object: a type may
/// contain another one many times at each level.
const MAX_VALUES: usize = 4096;
/// The maximum number of members of a union that are tried.
const MAX_MEMBERS: usize = 32;

/// A part of an argument that cannot be encoded.
pub(crate) struct Unsendable {
    /// The place of the part.
    pub(crate) place: Span,
    /// The reason, in one line.
    pub(crate) message: String,
}

/// The first part of a value that `refuse` rejects.
pub(crate) fn unsendable(
    written: &Written<'_>,
    refuse: &dyn Fn(&Json) -> Option<Refusal>,
) -> Option<Unsendable> {
    let mut holes = Vec::new();
    let mut value = written.with_holes("", &mut holes);
    for hole in &holes {
        put(&mut value, hole, sample(&Type::Any));
    }
    work::add(holes.len());
    let lies_in = |hole: &str, refusal: &Refusal| {
        refusal.pointer.strip_prefix(hole).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let found = refuse(&value).filter(|refusal| !holes.iter().any(|hole| lies_in(hole, refusal)));
    if let Some(refusal) = found {
        return Some(at(written, &refusal.pointer, refusal.message.clone()));
    }
    holes.iter().enumerate().find_map(|(position, hole)| {
        let (part, _) = written.at(hole, "")?;
        let alone = (position >= MAX_WHOLE).then(|| around(&value, hole));
        let (value, within) = alone.as_ref().map_or((&value, hole), |(value, within)| (value, within));
        let mut refusals = samples(part).into_iter().map(|sample| {
            work::add(1);
            let mut value = value.clone();
            put(&mut value, within, sample);
            refuse(&value).filter(|refusal| lies_in(within, refusal))
        });
        let first = refusals.next()??;
        refusals.all(|refusal| refusal.is_some()).then(|| at(written, hole, first.message))
    })
}

fn at(written: &Written<'_>, pointer: &str, message: String) -> Unsendable {
    let place = written.at(pointer, "").map_or_else(|| written.place(), |(part, _)| part.span);
    Unsendable { place, message }
}

/// The part of a value at a JSON pointer with only the lists and objects around it, and the pointer to it there. Of a
/// list, the first items remain, since the rules for an item may depend on its position.
fn around(value: &Json, pointer: &str) -> (Json, String) {
    let Some(rest) = pointer.strip_prefix('/') else { return (value.clone(), String::new()) };
    let (token, rest) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let found = match value {
        Json::Array(items) => {
            token.parse::<usize>().ok().and_then(|at| Some((at, items.get(at)?))).map(|(at, item)| {
                let (item, below) = around(item, rest);
                let mut kept: Vec<Json> = items.iter().take(at.min(MAX_WHOLE)).cloned().collect();
                let pointer = format!("/{}{below}", kept.len());
                kept.push(item);
                (Json::Array(kept), pointer)
            })
        }
        Json::Object(fields) => {
            let name = unescaped(token);
            fields.get(&name).map(|field| {
                let (field, below) = around(field, rest);
                (Json::Object([(name.clone(), field)].into_iter().collect()), format!("/{token}{below}"))
            })
        }
        _ => None,
    };
    found.unwrap_or_else(|| (value.clone(), pointer.to_owned()))
}

fn put(value: &mut Json, pointer: &str, sample: Json) {
    if let Some(hole) = value.pointer_mut(pointer) {
        *hole = sample;
    }
}

/// A sample of each type that an expression may have; for an expression within a text, that text. Empty if there are
/// too many types to try.
fn samples(part: &Written<'_>) -> Vec<Json> {
    if let Some(Template::Text(pieces)) = part.template {
        let texts = pieces.iter().map(|piece| match piece {
            Piece::Text(text) => text.as_str(),
            Piece::Expression(_) => "x",
        });
        return vec![Json::String(texts.collect())];
    }
    let members = part.ty.members();
    if members.len() > MAX_MEMBERS {
        return Vec::new();
    }
    let samples: Vec<Json> = members.iter().flat_map(of_member).collect();
    if samples.is_empty() { vec![sample(&Type::Any)] } else { samples }
}

/// Samples of all types that an expression may have. Texts and integers get two samples, so that no enumeration
/// happens to contain all of them.
pub(crate) fn samples_of_all(part: &Written<'_>) -> Vec<Json> {
    let mut samples = samples(part);
    let others: Vec<Json> = samples
        .iter()
        .filter_map(|sample| match sample {
            Json::String(_) => Some(Json::from("another text")),
            Json::Number(_) => Some(Json::from(7919)),
            _ => None,
        })
        .collect();
    samples.extend(others);
    samples
}

/// The samples of one member of a union: each value of a small enumeration of texts, or one sample.
fn of_member(member: &Type) -> Vec<Json> {
    const MAX_TEXTS: usize = 16;
    match member {
        Type::String(Some(texts)) if texts.len() <= MAX_TEXTS => {
            texts.iter().map(|text| Json::from(text.as_str())).collect()
        }
        member => vec![sample(member)],
    }
}

/// The simplest sample of a type: a scalar if the type allows one.
fn sample(ty: &Type) -> Json {
    sample_within(ty, 0, &mut { MAX_VALUES })
}

/// A sample at a depth. Below the maximum depth, and once `left` is used up, any value.
fn sample_within(ty: &Type, depth: usize, left: &mut usize) -> Json {
    work::add(1);
    *left = left.saturating_sub(1);
    let is_last = depth == MAX_DEPTH || *left == 0;
    let rank = |member: &Type| match member {
        Type::List(_) => 1,
        Type::Object(_) => 2,
        Type::Null => 3,
        _ => 0,
    };
    match ty.members().into_iter().min_by_key(rank) {
        Some(Type::Null) => Json::Null,
        Some(Type::Boolean) => Json::from(true),
        Some(Type::Integer) => Json::from(1),
        Some(Type::Number) => Json::from(1.5),
        Some(Type::String(Some(texts))) => texts.first().map_or("x", String::as_str).into(),
        Some(Type::List(items)) if !is_last => vec![sample_within(&items, depth + 1, left)].into(),
        Some(Type::Object(object)) if !is_last => object_sample(&object, depth, left),
        _ => "x".into(),
    }
}

/// An object with its required fields, or with one optional field if none is required.
fn object_sample(object: &ObjectType, depth: usize, left: &mut usize) -> Json {
    let field = |name: &String| (name.clone(), "x".into());
    let always = object.fields.iter().filter(|(_, field)| field.presence == Presence::Always);
    let mut fields: Map<String, Json> =
        always.map(|(name, field)| (name.clone(), sample_within(&field.ty, depth + 1, left))).collect();
    if fields.is_empty() {
        fields.extend([object.fields.keys().next().map_or_else(|| ("x".to_owned(), "x".into()), field)]);
    }
    Json::Object(fields)
}

#[cfg(test)]
mod tests {
    use naftiko_expr::Definitions;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_sample_of_a_type_that_contains_another_many_times_at_each_level_is_bounded() {
        let level = |below: String| {
            let fields: Map<String, Json> =
                (0..40).map(|at| (format!("f{at}"), json!({"$ref": format!("#/$defs/{below}")}))).collect();
            let required: Vec<&String> = fields.keys().collect();
            json!({"type": "object", "required": required, "properties": fields})
        };
        let mut definitions: Map<String, Json> =
            (1..10).map(|at| (format!("L{at}"), level(format!("L{}", at - 1)))).collect();
        definitions.insert("L0".to_owned(), json!({"type": "string"}));
        let definitions = Definitions::new(definitions.into_iter().collect());
        let ty = Type::from_schema(&json!({"$ref": "#/$defs/L9"}), &definitions);
        let (sample, steps) = work::count(|| sample(&ty));
        assert_eq!(sample.as_object().map(Map::len), Some(40));
        assert!(steps > 0 && steps < 2 * MAX_VALUES as u64, "{steps}");
    }
}
