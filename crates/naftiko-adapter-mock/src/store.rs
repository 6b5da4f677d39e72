//! The resources of the simulated provider.

use indexmap::IndexMap;
use serde_json::{Map, Value};

use crate::name::{may_pick, plain};

/// Resources by kind and id.
#[derive(Clone, Default)]
pub(crate) struct Store {
    kinds: IndexMap<String, IndexMap<String, Kept>>,
}

/// One resource.
#[derive(Clone)]
pub(crate) struct Kept {
    /// The id as it was written.
    pub(crate) id: Value,
    /// All known fields.
    pub(crate) fields: Map<String, Value>,
}

impl Store {
    /// Stores a resource. If it exists, its fields are updated and its other fields retained.
    pub(crate) fn keep(&mut self, kind: &str, id: &Value, fields: Map<String, Value>) {
        let of_kind = self.kinds.entry(kind.to_owned()).or_default();
        let kept = of_kind.entry(key(id)).or_insert_with(|| Kept { id: id.clone(), fields: Map::new() });
        kept.fields.extend(fields);
    }

    /// All resources of a kind, the oldest first.
    pub(crate) fn of_kind(&self, kind: &str) -> impl Iterator<Item = &Kept> {
        self.kinds.get(kind).into_iter().flat_map(IndexMap::values)
    }

    /// The only resource of a kind; `None` if there are none or several.
    pub(crate) fn only(&self, kind: &str) -> Option<&Kept> {
        let mut all = self.of_kind(kind);
        all.next().filter(|_| all.next().is_none())
    }

    /// The resource that a parameter called `name` selects with `value`: by the field of that name, then by its id as
    /// in [`find`](Self::find), then by any field that such a parameter may refer to.
    pub(crate) fn pick(&self, kind: &str, name: &str, value: &Value) -> Option<(&str, &Kept)> {
        let wanted = plain(name);
        let by_field = |is_meant: &dyn Fn(&str) -> bool| {
            let has =
                |kept: &&Kept| kept.fields.iter().any(|(field, found)| is_meant(field) && same(found, value));
            let (kind, of_kind) = self.kinds.get_key_value(kind)?;
            of_kind.values().find(has).map(|kept| (kind.as_str(), kept))
        };
        let exact = (wanted != "id").then(|| by_field(&|field| plain(field) == wanted)).flatten();
        exact.or_else(|| self.find(kind, value)).or_else(|| by_field(&|field| may_pick(field, name)))
    }

    /// The resource with this id: of this kind, or else the only one of any kind.
    pub(crate) fn find(&self, kind: &str, id: &Value) -> Option<(&str, &Kept)> {
        let key = key(id);
        if let Some((kind, of_kind)) = self.kinds.get_key_value(kind)
            && let Some(kept) = of_kind.get(&key)
        {
            return Some((kind, kept));
        }
        let mut everywhere =
            self.kinds.iter().filter_map(|(kind, of_kind)| Some((kind.as_str(), of_kind.get(&key)?)));
        everywhere.next().filter(|_| everywhere.next().is_none())
    }

    /// Removes a resource, and returns it.
    pub(crate) fn remove(&mut self, kind: &str, id: &Value) -> Option<Kept> {
        self.kinds.get_mut(kind)?.shift_remove(&key(id))
    }
}

/// The id as text. Ids are compared as texts, since a path carries only text.
fn key(id: &Value) -> String {
    id.as_str().map_or_else(|| id.to_string(), str::to_owned)
}

/// Whether two values are equal, also if one of them is the text of the other, as after a path or a query.
pub(crate) fn same(left: &Value, right: &Value) -> bool {
    left == right || (is_plain(left) && is_plain(right) && key(left) == key(right))
}

fn is_plain(value: &Value) -> bool {
    matches!(value, Value::String(_) | Value::Number(_) | Value::Bool(_))
}
