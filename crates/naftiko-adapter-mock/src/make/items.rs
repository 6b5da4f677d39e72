//! Generates lists and their items, including items that must differ.

use serde_json::{Map, Value};

use super::{Ask, MOST_ITEMS, MOST_LEVELS, MOST_VALUES, Maker};
use crate::distinct;
use crate::name::{plain, singular};
use crate::shape::Shape;

/// The sources of the items of a list.
struct Items<'v> {
    wishes: Option<&'v Vec<Value>>,
    examples: Option<&'v Vec<Value>>,
    /// Whether all items must differ.
    unique: bool,
}

impl<'a> Maker<'a> {
    /// Generates a list: from the wished items, else from the items of the example, else one item; at least `minItems`.
    pub(super) fn array(
        &mut self,
        ask: &Ask<'a, '_>,
        shape: &Shape<'a>,
        wish: Option<&Value>,
        example: Option<&Value>,
    ) -> Value {
        let least = shape.count("minItems").unwrap_or(0).min(MOST_ITEMS);
        let most = shape.count("maxItems").unwrap_or(usize::MAX);
        let items = Items {
            wishes: wish.and_then(Value::as_array),
            examples: example.and_then(Value::as_array),
            unique: shape.says("uniqueItems"),
        };
        let item_shape = self.shape(&shape.items(), None);
        let ends = self.recurs(&item_shape) || self.above.len() >= MOST_LEVELS || self.left < MOST_VALUES / 2;
        let wanted = match (items.wishes, items.examples) {
            (Some(wishes), _) => wishes.len(),
            _ if ends => 0,
            (None, Some(examples)) => examples.len(),
            (None, None) => 1,
        };
        let count = wanted.max(least).min(most);
        let mut made: Vec<Value> = Vec::new();
        // If items must differ, further tries replace items that are equal.
        for turn in 0..count.saturating_add(if items.unique { 32 } else { 0 }) {
            if made.len() >= count {
                break;
            }
            let value = self.item(ask, shape, &items, (turn, made.len()));
            if !items.unique || !made.iter().any(|other| distinct::equal(other, &value)) {
                made.push(value);
            }
        }
        if items.unique && made.len() < least.min(most) {
            self.fill(shape, &mut made, least);
        }
        Value::Array(made)
    }

    /// Fills a list whose items must differ with distinct values of the schema of its items, as far as there are any.
    fn fill(&self, shape: &Shape<'a>, made: &mut Vec<Value>, least: usize) {
        let mut known: Option<(Vec<&'a Value>, Vec<Value>)> = None;
        while made.len() < least {
            let schemas = shape.item(made.len());
            let is_known = known.as_ref().is_some_and(|(before, _)| {
                before.len() == schemas.len()
                    && before.iter().zip(&schemas).all(|(a, b)| std::ptr::eq(*a, *b))
            });
            if !is_known {
                let values = distinct::values(self.definitions, &schemas, least);
                known = Some((schemas, values));
            }
            let mut values = known.iter().flat_map(|(_, values)| values);
            let Some(other) = values.find(|value| !made.iter().any(|made| distinct::equal(made, value)))
            else {
                return;
            };
            made.push(other.clone());
        }
    }

    /// Generates the item at `index` in the try `turn`, which exceeds the index after equal items were dropped.
    fn item(
        &mut self,
        ask: &Ask<'a, '_>,
        shape: &Shape<'a>,
        items: &Items<'_>,
        (turn, index): (usize, usize),
    ) -> Value {
        let schemas = shape.item(index);
        let wish = items.wishes.and_then(|wishes| wishes.get(turn));
        let lifted = wish.and_then(|wish| self.lifted(&schemas, wish, &ask.name));
        let name = singular(&ask.name);
        // The items of a list are separate resources and never refer to the only one that is stored.
        let kind = ask.kind.map_or_else(|| plain(&name), str::to_owned);
        let inner = Ask {
            schemas,
            wish: lifted.as_ref().or(wish),
            example: items.examples.and_then(|examples| examples.get(turn)),
            name,
            place: format!("{}/{turn}", ask.place),
            kind: Some(&kind),
            variant: if items.unique && wish.is_none() { turn } else { 0 },
            is_key: false,
        };
        self.make(&inner)
    }

    /// Turns a plain value into an object where the schema lists objects: in `domains`, the text `"acme.com"` becomes
    /// `{"domain":"acme.com"}`.
    fn lifted(&self, schemas: &[&'a Value], wish: &Value, list: &str) -> Option<Value> {
        let shape = Shape::of(self.definitions, schemas, None);
        let is_object = shape.types().is_some_and(|types| types.contains(&"object"));
        if !is_object || wish.is_object() || wish.is_array() || wish.is_null() {
            return None;
        }
        let properties = shape.properties();
        let key = [singular(list).as_str(), "name", "value"]
            .into_iter()
            .find_map(|wanted| properties.keys().find(|name| plain(name) == plain(wanted)))?;
        Some(Value::Object(Map::from_iter([((*key).to_owned(), wish.clone())])))
    }
}
