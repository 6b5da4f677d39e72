//! Whether a written argument can be sent, asked of the functions that send it.
//!
//! A literal is tried as it is. An expression is tried with a sample of each type that its value may have, and is at
//! fault only if no sample can be sent.

use naftiko_diagnostics::{Span, work};
use naftiko_expr::{ObjectType, Piece, Presence, Template, Type};
use naftiko_wire::Refusal;
use serde_json::{Map, Value as Json};

use crate::written::Written;

/// How many expressions of one argument are tried, and how deep samples are made.
const MAX_HOLES: usize = 64;
const MAX_DEPTH: usize = 6;
/// The most values that one sample is made of, the required fields of its outermost object aside: a type may contain another one many times at each level.
const MAX_VALUES: usize = 4096;
/// The most members of a union of which each is tried.
const MAX_MEMBERS: usize = 32;

/// A part of an argument that cannot be sent.
pub(crate) struct Unsendable {
    /// Where the part stands.
    pub(crate) place: Span,
    /// Why, in one line.
    pub(crate) message: String,
}

/// The first part of a value that cannot be sent, as `refuse` has it.
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
    holes.iter().take(MAX_HOLES).find_map(|hole| {
        let (part, _) = written.at(hole, "")?;
        let mut refusals = samples(part).into_iter().map(|sample| {
            let mut value = value.clone();
            put(&mut value, hole, sample);
            refuse(&value).filter(|refusal| lies_in(hole, refusal))
        });
        let first = refusals.next()??;
        refusals.all(|refusal| refusal.is_some()).then(|| at(written, hole, first.message))
    })
}

fn at(written: &Written<'_>, pointer: &str, message: String) -> Unsendable {
    let place = written.at(pointer, "").map_or_else(|| written.place(), |(part, _)| part.span);
    Unsendable { place, message }
}

fn put(value: &mut Json, pointer: &str, sample: Json) {
    if let Some(hole) = value.pointer_mut(pointer) {
        *hole = sample;
    }
}

/// A value of each type that an expression may have; the text around the expression, if there is one. None where there are
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

/// Values of all the types that an expression may have. Of texts and integers there are two, so that no list of values
/// happens to have them all.
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

/// The values of one member of a union: each of a few texts, or one sample.
fn of_member(member: &Type) -> Vec<Json> {
    const MAX_TEXTS: usize = 16;
    match member {
        Type::String(Some(texts)) if texts.len() <= MAX_TEXTS => {
            texts.iter().map(|text| Json::from(text.as_str())).collect()
        }
        member => vec![sample(member)],
    }
}

/// The simplest value of a type: a scalar if it may be one.
fn sample(ty: &Type) -> Json {
    sample_within(ty, 0, &mut { MAX_VALUES })
}

/// A sample at a depth; deeper than samples are made, and where `left` is used up, any value.
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

/// An object with the fields that it always has, or with one that it may have.
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
