//! Lists: the stored resources that match the filters, or one that another client could have created.

use naftiko_adapter::{Place, Response};
use serde_json::{Map, Value};

use crate::make::{Ask, Maker};
use crate::name::{field, is_paging};
use crate::page::Page;
use crate::shape::Shape;
use crate::store::{Kept, same};
use crate::target::Locus;
use crate::turn::Turn;
use crate::world::World;

impl World {
    /// Responds with the resources that match. If none does, generates and stores one that does, so that the next call
    /// finds it.
    pub(crate) fn list(&mut self, turn: &Turn<'_>, locus: &Locus<'_>) -> Response {
        let filters = filters(turn, locus);
        let mut items: Vec<Map<String, Value>> =
            self.store.of_kind(&locus.kind).filter(|kept| matches(kept, &filters)).map(fields).collect();
        if items.is_empty() && !self.complete.contains(&locus.kind) {
            // A resource that was generated for these filters matches them even if its schema has no field for their
            // values.
            let place = turn.place();
            let before = self.made_for.get(&place).and_then(|id| self.store.find(&locus.kind, id));
            match before.map(|(_, kept)| fields(kept)) {
                Some(before) => items.push(before),
                None => items.extend(self.make_one(turn, locus, &filters, place)),
            }
        }
        let page = Page::of(turn, items);
        let mut body = self.body(turn, locus, page.items.clone());
        if let Some(schema) = turn.schema() {
            page.say(turn.operation(), schema, &mut body);
        }
        turn.respond(body)
    }

    fn make_one(
        &mut self,
        turn: &Turn<'_>,
        locus: &Locus<'_>,
        filters: &[(&str, Value)],
        place: String,
    ) -> Option<Map<String, Value>> {
        let definitions = &turn.operation().definitions;
        let item = Shape::of(definitions, &locus.schemas, None);
        let properties = item.properties();
        let is_list = |name: &str| {
            let shape = properties.get(name).map(|schemas| Shape::of(definitions, schemas, None));
            shape.and_then(|shape| shape.types()).is_some_and(|types| types.contains(&"array"))
        };
        let wishes = filters.iter().map(|(name, wanted)| {
            let wish = match wanted {
                Value::Array(any) if !is_list(name) => any.first().cloned().unwrap_or(Value::Null),
                one if is_list(name) && !one.is_array() => Value::Array(vec![one.clone()]),
                other => other.clone(),
            };
            ((*name).to_owned(), wish)
        });
        let wish = Value::Object(wishes.collect());
        let mut maker =
            Maker::new(definitions, &self.store, &turn.mint).about(&locus.schemas, &locus.kind, locus.key);
        let all = turn.example().and_then(|example| locus.at.map_or(Some(example), |name| example.get(name)));
        let ask = Ask {
            schemas: locus.schemas.clone(),
            wish: Some(&wish),
            example: all.and_then(|all| all.get(0)),
            name: String::new(),
            place: "/new".to_owned(),
            kind: Some(&locus.kind),
            variant: 0,
            is_key: false,
        };
        let item = maker.make(&ask);
        let made = maker.made;
        let id = made.iter().rev().find(|(kind, ..)| *kind == locus.kind).map(|(_, id, _)| id.clone());
        self.keep(made);
        self.made_for.extend(id.map(|id| (place, id)));
        match item {
            Value::Object(fields) => Some(fields),
            _ => None,
        }
    }

    /// The body with these items and the fields that count them.
    fn body(&mut self, turn: &Turn<'_>, locus: &Locus<'_>, items: Vec<Map<String, Value>>) -> Value {
        let count = items.len();
        let mut wish = locus.wrap(items.into_iter().map(Value::Object).collect());
        if let (Some(whole), Some(schema)) = (wish.as_object_mut(), turn.schema()) {
            whole.extend(turn.counts(schema).into_iter().map(|name| (name.to_owned(), Value::from(count))));
        }
        self.produce(turn, Some(locus), Some(&wish))
    }
}

fn fields(kept: &Kept) -> Map<String, Value> {
    kept.fields.clone()
}

/// The fields of the items that arguments refer to, with the values to match.
fn filters<'a>(turn: &Turn<'_>, locus: &Locus<'a>) -> Vec<(&'a str, Value)> {
    let known = |name: &str| locus.fields.iter().copied().find(|field| *field == name);
    let parents = turn.parent_fields(&locus.fields);
    let mut filters: Vec<_> =
        parents.into_iter().filter_map(|(name, value)| Some((known(&name)?, value))).collect();
    for ((place, name), value) in &turn.call.arguments.parameters {
        if *place == Place::Query
            && !is_paging(name)
            && let Some(field) = field(&locus.fields, name)
        {
            filters.push((field, value.clone()));
        }
    }
    filters
}

fn matches(kept: &Kept, filters: &[(&str, Value)]) -> bool {
    filters.iter().all(|(name, wanted)| kept.fields.get(*name).is_some_and(|found| agrees(found, wanted)))
}

/// Whether a field matches a wanted value. Of several wanted or several found values, one match suffices.
fn agrees(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (_, Value::Array(any)) => any.iter().any(|wanted| agrees(found, wanted)),
        (Value::Array(items), _) => items.iter().any(|item| agrees(item, wanted)),
        (Value::Object(parts), wanted) if !wanted.is_object() => {
            parts.values().any(|part| same(part, wanted))
        }
        _ => same(found, wanted),
    }
}
