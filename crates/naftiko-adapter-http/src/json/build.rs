//! The second pass over a JSON text: builds the value.

use std::fmt;

use naftiko_adapter::Departure;
use naftiko_schema::token;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::outline::{Note, Oddity, Outline};

/// The maximum number of deviations that are collected for one text.
const MOST: usize = 64;
/// The maximum length of a field name in a pointer. A longer name could hold part of a secret, so `…` replaces it.
const LONGEST_NAME: usize = 200;

/// Builds the value of a text with this outline, and returns the deviations.
pub(super) fn built(bytes: &[u8], outline: &Outline) -> serde_json::Result<(Value, Vec<Departure>)> {
    let notes = outline.notes.iter().copied();
    let mut builder =
        Builder { sizes: outline.sizes.iter(), notes: notes.peekable(), node: 0, departures: Vec::new() };
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = Seed(&mut builder).deserialize(&mut reader)?;
    reader.end()?;
    Ok((value, builder.departures))
}

struct Builder<'o> {
    sizes: std::slice::Iter<'o, u32>,
    notes: std::iter::Peekable<std::iter::Copied<std::slice::Iter<'o, Note>>>,
    /// The number of the next value, in the order of the text.
    node: usize,
    /// The deviations found so far, with pointers relative to the value that is being built.
    departures: Vec<Departure>,
}

impl Builder<'_> {
    /// Starts a value: takes its number and turns the notes for it into deviations.
    fn begin(&mut self) {
        let node = self.node;
        self.node += 1;
        while let Some(note) = self.notes.next_if(|note| note.node == node) {
            self.depart(String::new(), expected(note.oddity));
        }
    }

    fn size(&mut self) -> usize {
        self.sizes.next().and_then(|size| usize::try_from(*size).ok()).unwrap_or_default()
    }

    fn depart(&mut self, pointer: String, expected: &str) {
        if self.departures.len() < MOST {
            self.departures.push(Departure { pointer, expected: expected.to_owned() });
        }
    }

    /// Prefixes the pointers of the deviations from index `from` on with `part`. `begun` is the number of deviations at
    /// the start of the enclosing value; of equal deviations within that value, one is retained.
    fn place(&mut self, begun: usize, from: usize, part: impl Fn() -> String) {
        if self.departures.len() == from {
            return;
        }
        let part = part();
        for departure in self.departures.split_off(from) {
            let pointer = format!("/{part}{}", departure.pointer);
            let placed = Departure { pointer, ..departure };
            let known = self.departures.get(begun..).unwrap_or_default();
            if !known.contains(&placed) {
                self.departures.push(placed);
            }
        }
    }
}

fn expected(oddity: Oddity) -> &'static str {
    match oddity {
        Oddity::Inexact => "expected a number that 64 bits or a double can represent",
        Oddity::Huge => "expected a number in the range of a double; it is read as null",
        Oddity::HalfCharacter => "expected complete surrogate pairs; half of one is read as U+FFFD",
    }
}

/// The name of a field as a part of a JSON Pointer.
fn part(name: &str) -> String {
    if name.len() > LONGEST_NAME { "…".to_owned() } else { token::escaped(name) }
}

/// Builds one value.
struct Seed<'b, 'o>(&'b mut Builder<'o>);

impl<'de> DeserializeSeed<'de> for Seed<'_, '_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.0.begin();
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_, '_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let Self(builder) = self;
        let begun = builder.departures.len();
        let mut list = Vec::with_capacity(builder.size());
        loop {
            let before = builder.departures.len();
            let Some(item) = items.next_element_seed(Seed(builder))? else { break };
            list.push(item);
            builder.place(begun, before, || "*".to_owned());
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let Self(builder) = self;
        let begun = builder.departures.len();
        let mut object = Map::with_capacity(builder.size());
        while let Some(name) = fields.next_key::<String>()? {
            let before = builder.departures.len();
            let value = fields.next_value_seed(Seed(builder))?;
            if object.contains_key(&name) {
                builder.depart(String::new(), "expected this name once; the last value is used");
            }
            builder.place(begun, before, || part(&name));
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}
