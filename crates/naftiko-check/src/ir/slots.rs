//! The slots of an operation or a composition, indexed by name.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use naftiko_adapter::Place as ParameterPlace;
use naftiko_diagnostics::{NameIndex, Span, work};
use naftiko_expr::Type;
use naftiko_plan::Slot;
use naftiko_schema::{Options, Schema};
use naftiko_spec::Place;
use serde_json::{Map, Value as Json};

use crate::ir::resource::fold;
use crate::ir::schema;

/// The maximum depth at which a name is searched inside the body.
const DEPTH: usize = 3;
/// The maximum number of fields inside the body that are searched, since descriptions may be hostile.
const MAX_FIELDS: usize = 20_000;

/// A slot of an operation: a parameter, a top-level property of the body, or the whole body.
pub(crate) struct Parameter {
    /// The slot.
    pub(crate) slot: Slot,
    /// The type of the value.
    pub(crate) ty: Type,
    /// The JSON Schema of the value; `None` for a property of a body, which the schema of the body covers.
    pub(crate) schema: Option<Json>,
    /// Whether a call without it is rejected.
    pub(crate) required: bool,
}

impl Parameter {
    /// Whether the slot is the body or a property of it.
    pub(crate) fn is_in_body(&self) -> bool {
        !matches!(self.slot, Slot::Parameter(..))
    }
}

/// Parameters in order, with indexes.
#[derive(Default)]
pub(crate) struct Slots {
    all: Vec<Parameter>,
    /// Positions by name; headers by their names in lower case.
    by_name: HashMap<String, Vec<usize>>,
    /// The first position by folded name, without the whole body, and whether there are more.
    by_folded: HashMap<String, (usize, bool)>,
    body: Option<usize>,
    required: Vec<usize>,
    /// The number of required parameters in the body.
    required_in_body: usize,
    /// Names for suggestions, by the location that the author gave.
    near: BTreeMap<Option<&'static str>, NameIndex<String>>,
    inside: OnceCell<Inside>,
    /// Compiled schemas, by slot and by whether values are read as text.
    compiled: RefCell<BTreeMap<(Slot, bool), Rc<Schema>>>,
    /// Whether the schema of a slot says more than its type, cached by slot.
    with_limits: RefCell<BTreeMap<Slot, bool>>,
}

/// Paths to fields inside the properties of a body, by folded name; at most two per name.
type Inside = HashMap<String, Vec<Vec<String>>>;

impl Slots {
    pub(crate) fn new(all: Vec<Parameter>) -> Self {
        let mut slots = Self::default();
        let mut near: BTreeMap<Option<&'static str>, Vec<String>> = BTreeMap::new();
        for (at, parameter) in all.iter().enumerate() {
            work::add(1);
            if parameter.required {
                slots.required.push(at);
                slots.required_in_body += usize::from(parameter.is_in_body());
            }
            if parameter.slot == Slot::Body {
                slots.body = Some(at);
                continue;
            }
            let name = parameter.slot.name();
            slots.by_name.entry(key(&parameter.slot)).or_default().push(at);
            slots
                .by_folded
                .entry(fold(name))
                .and_modify(|(_, several)| *several = true)
                .or_insert((at, false));
            near.entry(None).or_default().push(name.to_owned());
            near.entry(Some(place_of(&parameter.slot))).or_default().push(name.to_owned());
        }
        slots.near = near.into_iter().map(|(place, names)| (place, NameIndex::new(names))).collect();
        slots.all = all;
        slots
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Parameter> {
        self.all.iter()
    }

    /// The parameters at some positions; all of them for `None`.
    pub(crate) fn some(&self, positions: Option<Rc<[usize]>>) -> impl Iterator<Item = &Parameter> {
        let count = positions.as_ref().map_or(self.all.len(), |positions| positions.len());
        (0..count).filter_map(move |at| {
            let at = positions.as_ref().map_or(Some(at), |positions| positions.get(at).copied());
            self.all.get(at?)
        })
    }

    /// The parameters without which a call is rejected.
    pub(crate) fn required(&self) -> impl Iterator<Item = &Parameter> {
        self.required.iter().filter_map(|at| self.all.get(*at))
    }

    /// The number of required parameters that are not taken, in time in proportion to the taken ones. Those in the body
    /// count if there is a body.
    pub(crate) fn missing(&self, taken: &Taken, has_body: bool) -> usize {
        let is_required = |slot: &&Slot| self.at(slot).is_some_and(|parameter| parameter.required);
        let is_parameter = |slot: &&Slot| matches!(slot, Slot::Parameter(..));
        let required = || taken.slots.keys().filter(is_required);
        let outside = self.required.len() - self.required_in_body;
        let missing = outside.saturating_sub(required().filter(is_parameter).count());
        if !has_body || taken.slots.contains_key(&Slot::Body) {
            return missing;
        }
        let by_property = self.body().is_some_and(|body| body.required && taken.property.is_some());
        let inside = required().filter(|slot| !is_parameter(slot)).count() + usize::from(by_property);
        missing + self.required_in_body.saturating_sub(inside)
    }

    /// The whole body.
    pub(crate) fn body(&self) -> Option<&Parameter> {
        self.all.get(self.body?)
    }

    /// The parameters with a name, in order, without the whole body; names of headers ignore case.
    pub(crate) fn named(&self, name: &str) -> Vec<&Parameter> {
        let lower = name.to_ascii_lowercase();
        let of = |key: &str, header: bool| {
            let is_so = move |at: &&usize| self.all.get(**at).is_some_and(|it| is_header(&it.slot) == header);
            self.positions(key).iter().filter(is_so)
        };
        let mut found: Vec<usize> = of(&lower, true).chain(of(name, false)).copied().collect();
        found.sort_unstable();
        found.into_iter().filter_map(|at| self.all.get(at)).collect()
    }

    fn positions(&self, key: &str) -> &[usize] {
        let positions = self.by_name.get(key).map(Vec::as_slice).unwrap_or_default();
        work::add(positions.len());
        positions
    }

    /// The parameter for a slot.
    pub(crate) fn at(&self, slot: &Slot) -> Option<&Parameter> {
        if *slot == Slot::Body {
            return self.body();
        }
        self.all.get(self.position(slot)?)
    }

    /// The position of the parameter for a slot other than the whole body.
    pub(crate) fn position(&self, slot: &Slot) -> Option<usize> {
        let mut named = self.positions(&key(slot)).iter().copied();
        named.find(|at| self.all.get(*at).is_some_and(|parameter| parameter.slot == *slot))
    }

    /// The first parameter whose name equals `name` but for case and separators, and whether there are more.
    pub(crate) fn folded(&self, name: &str) -> Option<(&Parameter, bool)> {
        let (at, several) = self.by_folded.get(&fold(name))?;
        Some((self.all.get(*at)?, *several))
    }

    /// The parameter with the nearest name, at the location that the author gave, if any.
    pub(crate) fn nearest(&self, name: &str, place: Option<Place>) -> Option<&Parameter> {
        let near = self.near.get(&place.map(Place::as_str))?.nearest(name)?;
        let is_there =
            |parameter: &&Parameter| place.is_none_or(|place| place.as_str() == place_of(&parameter.slot));
        self.named(near).into_iter().find(is_there)
    }

    /// The names of all parameters.
    pub(crate) fn names(&self) -> &[String] {
        self.near.get(&None).map(NameIndex::names).unwrap_or_default()
    }

    /// The schema of a parameter, compiled on first use; `None` for a parameter without a schema. References are
    /// resolved in `definitions`.
    pub(crate) fn compiled(
        &self,
        parameter: &Parameter,
        definitions: &Map<String, Json>,
        options: Options,
    ) -> Option<Rc<Schema>> {
        let schema = parameter.schema.as_ref()?;
        let mut compiled = self.compiled.borrow_mut();
        let key = (parameter.slot.clone(), options.as_text);
        let compile = || Rc::new(Schema::compile(schema, definitions, options));
        Some(Rc::clone(compiled.entry(key).or_insert_with(compile)))
    }

    /// Whether the schema of a parameter says more than its type does.
    pub(crate) fn has_limits(&self, parameter: &Parameter, definitions: &Map<String, Json>) -> bool {
        let Some(schema) = &parameter.schema else { return false };
        let mut known = self.with_limits.borrow_mut();
        *known.entry(parameter.slot.clone()).or_insert_with(|| schema::has_limits(schema, definitions))
    }

    /// The path to a field with this name inside the body, if there is exactly one.
    pub(crate) fn inside(&self, name: &str) -> Option<&[String]> {
        let ways = self.inside.get_or_init(|| self.find_inside()).get(&fold(name))?;
        let [only] = ways.as_slice() else { return None };
        Some(only)
    }

    fn find_inside(&self) -> Inside {
        let mut inside = Inside::new();
        let mut left = MAX_FIELDS;
        for parameter in &self.all {
            if let Slot::Property(property) = &parameter.slot {
                search(&parameter.ty, &mut vec![property.clone()], &mut left, &mut inside);
            }
        }
        inside
    }
}

fn search(ty: &Type, path: &mut Vec<String>, left: &mut usize, inside: &mut Inside) {
    if path.len() > DEPTH {
        return;
    }
    // A field inside a list is not searched, because `{…}` would not show the list around it.
    for (field, inner) in ty.resolve().fields() {
        let Some(fewer) = left.checked_sub(1) else { return };
        *left = fewer;
        path.push(field.clone());
        let ways = inside.entry(fold(&field)).or_default();
        if ways.len() < 2 {
            ways.push(path.clone());
        }
        search(&inner.ty, path, left, inside);
        path.pop();
    }
}

/// The key of a slot in the index by name.
fn key(slot: &Slot) -> String {
    if is_header(slot) { slot.name().to_ascii_lowercase() } else { slot.name().to_owned() }
}

fn is_header(slot: &Slot) -> bool {
    matches!(slot, Slot::Parameter(ParameterPlace::Header, _))
}

/// The location of a slot, as authors write it.
fn place_of(slot: &Slot) -> &'static str {
    match slot {
        Slot::Parameter(place, _) => place.as_str(),
        Slot::Property(_) | Slot::Body => Place::Body.as_str(),
    }
}

/// The slots of a request that are taken, each with the key of the argument that takes it.
#[derive(Default)]
pub(crate) struct Taken {
    slots: BTreeMap<Slot, Span>,
    /// The key of the first property.
    property: Option<Span>,
}

impl Taken {
    pub(crate) fn insert(&mut self, slot: Slot, key: Span) {
        if matches!(slot, Slot::Property(_)) {
            self.property.get_or_insert(key);
        }
        self.slots.entry(slot).or_insert(key);
    }

    /// The key that takes a slot, the whole body around it, or a property in it.
    pub(crate) fn by(&self, slot: &Slot) -> Option<Span> {
        let exact = self.slots.get(slot).copied();
        match slot {
            Slot::Body => exact.or(self.property),
            Slot::Property(_) => exact.or_else(|| self.slots.get(&Slot::Body).copied()),
            Slot::Parameter(..) => exact,
        }
    }
}
