//! Generates bodies that fit a schema. The sources of a value are, in this order: the wish (a value from the request,
//! the store or a script), references to stored resources, examples, and seeded values.

mod items;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use crate::mint::Mint;
use crate::name::{id_field, is_cursor, is_own_id, is_own_name, kind_of_schema, plain, referred_kind};
use crate::scalar::{self, Known};
use crate::shape::{Shape, type_of};
use crate::store::Store;

/// The maximum number of values in one body; optional parts end at half of it. Recursive schemas can double the number
/// at every level.
const MOST_VALUES: usize = 20_000;
/// The depth at which optional parts with members end.
const MOST_LEVELS: usize = 12;
/// The maximum depth of a body. Only a schema that no value fits reaches it.
const DEEPEST: usize = 100;
/// The maximum number of items or fields that are generated to satisfy `minItems` or `minProperties`.
const MOST_ITEMS: usize = 1_000;

/// Generates one body.
pub(crate) struct Maker<'a> {
    definitions: &'a Map<String, Value>,
    store: &'a Store,
    mint: &'a Mint,
    /// The kinds and ids of the enclosing resources, the outermost first.
    around: Vec<(String, Value)>,
    /// The schemas of the enclosing objects, to detect recursion.
    above: Vec<&'a Map<String, Value>>,
    left: usize,
    depth: usize,
    /// Whether the objects of a wish are completed with required fields only.
    exact: bool,
    /// The resource that the response is about.
    subject: Option<Subject<'a>>,
    /// The branch of each `oneOf` and `anyOf` that is taken unless a wish decides.
    choice: usize,
    /// Whether all optional fields without a wish are left out.
    is_sparse: bool,
    /// The resources in the generated body: kind, id, fields.
    pub(crate) made: Vec<(String, Value, Map<String, Value>)>,
}

/// The resource that a response is about.
struct Subject<'a> {
    /// The schema of the resource.
    schema: &'a Map<String, Value>,
    kind: String,
    /// The field that identifies the resource.
    key: &'a str,
}

/// One value to generate.
#[derive(Clone)]
pub(crate) struct Ask<'a, 'v> {
    /// The schemas that the value must fit.
    pub(crate) schemas: Vec<&'a Value>,
    /// The wanted value, used as far as it fits.
    pub(crate) wish: Option<&'v Value>,
    /// The value from the example of an enclosing value.
    pub(crate) example: Option<&'v Value>,
    /// The name of the field that holds the value.
    pub(crate) name: String,
    /// The path of the value in the body, such as `/data/0/id`.
    pub(crate) place: String,
    /// The kind of resource, if the schema does not name it.
    pub(crate) kind: Option<&'v str>,
    /// The number of the value among values that must differ.
    pub(crate) variant: usize,
    /// Whether the value is the field that identifies its object.
    pub(crate) is_key: bool,
}

impl<'a, 'v> Ask<'a, 'v> {
    /// Describes the whole body.
    pub(crate) fn whole(schema: &'a Value, wish: Option<&'v Value>, example: Option<&'v Value>) -> Self {
        Self {
            schemas: vec![schema],
            wish,
            example,
            name: String::new(),
            place: String::new(),
            kind: None,
            variant: 0,
            is_key: false,
        }
    }

    /// Describes a field of the object that `self` describes.
    fn field<'f>(
        &self,
        name: &str,
        schemas: Vec<&'a Value>,
        wish: Option<&'f Value>,
        example: Option<&'f Value>,
    ) -> Ask<'a, 'f> {
        Ask {
            schemas,
            wish,
            example,
            name: name.to_owned(),
            place: format!("{}/{name}", self.place),
            kind: None,
            variant: 0,
            is_key: false,
        }
    }
}

impl<'a> Maker<'a> {
    pub(crate) fn new(definitions: &'a Map<String, Value>, store: &'a Store, mint: &'a Mint) -> Self {
        let (around, above, made) = (Vec::new(), Vec::new(), Vec::new());
        let (left, depth, exact, subject) = (MOST_VALUES, 0, false, None);
        let (choice, is_sparse) = (0, false);
        Self { definitions, store, mint, around, above, left, depth, exact, subject, choice, is_sparse, made }
    }

    /// Takes another branch of each `oneOf` and `anyOf`. Every second choice leaves out optional fields.
    pub(crate) fn with_choice(mut self, choice: usize) -> Self {
        self.choice = choice / 2;
        self.is_sparse = choice % 2 == 1;
        self
    }

    /// A simplified schema, with the branches of this choice.
    fn shape(&self, schemas: &[&'a Value], wish: Option<&Value>) -> Shape<'a> {
        Shape::of_choice(self.definitions, schemas, wish, self.choice)
    }

    /// Completes wishes with required fields only.
    pub(crate) fn exactly(mut self) -> Self {
        self.exact = true;
        self
    }

    /// Sets the kind of the resource with these schemas, and the field that identifies it.
    pub(crate) fn about(mut self, schemas: &[&'a Value], kind: &str, key: &'a str) -> Self {
        let identity = Shape::of(self.definitions, schemas, None).identity();
        self.subject = identity.map(|schema| Subject { schema, kind: kind.to_owned(), key });
        self
    }

    /// Generates a value.
    pub(crate) fn make(&mut self, ask: &Ask<'a, '_>) -> Value {
        let shape = self.shape(&ask.schemas, ask.wish);
        if let Some(constant) = shape.constant() {
            return constant.clone();
        }
        let nullable = shape.nullable();
        if nullable && ask.wish.is_some_and(Value::is_null) {
            return Value::Null;
        }
        let wish = ask.wish.filter(|wish| !wish.is_null());
        let own = shape.examples().next();
        let example = own.or(ask.example.filter(|example| !example.is_null()));
        let listed = shape.fixed();
        let turn = listed.get(ask.variant % listed.len().max(1)).copied();
        let kind = chosen_type(&shape, wish, example.filter(|_| ask.variant == 0).or(turn));
        self.left = self.left.saturating_sub(1);
        if self.left == 0 || self.depth >= DEEPEST {
            return bare(kind);
        }
        // Items that must differ cannot all refer to one resource.
        let must_differ = ask.kind.is_some() && ask.variant > 0;
        let referred = if ask.is_key || must_differ { None } else { self.referred(&ask.name, &shape) };
        // A value that identifies a resource is generated even if its schema allows null.
        let is_known = example.is_some() || referred.is_some() || ask.is_key || is_own_id(&ask.name);
        let empty = is_cursor(&ask.name) || !is_known;
        if nullable && wish.is_none() && empty {
            return Value::Null;
        }
        match kind {
            Some("object") => self.inside(|maker| maker.object(ask, &shape, wish, example)),
            Some("array") => self.inside(|maker| maker.array(ask, &shape, wish, example)),
            Some(kind) => {
                let is_id = is_own_id(&ask.name) || referred_kind(&ask.name).is_some();
                let is_id = is_id || (ask.is_key && !is_own_name(&ask.name));
                let known = Known {
                    shape: &shape,
                    kind,
                    name: &ask.name,
                    place: &ask.place,
                    wish,
                    referred: referred.as_ref(),
                    is_id,
                    example,
                    variant: ask.variant,
                };
                scalar::make(&known, self.mint)
            }
            None => wish.or(example).or(shape.keyword("default").next()).cloned().unwrap_or(Value::Null),
        }
    }

    fn inside(&mut self, make: impl FnOnce(&mut Self) -> Value) -> Value {
        self.depth += 1;
        let value = make(self);
        self.depth -= 1;
        value
    }

    /// The id that a field called `name` refers to: that of an enclosing resource, or of the only stored one of its
    /// kind.
    fn referred(&self, name: &str, shape: &Shape<'_>) -> Option<Value> {
        if let Some(kind) = referred_kind(name) {
            let around = self.around.iter().rev().find(|(known, _)| *known == kind).map(|(_, id)| id.clone());
            return around.or_else(|| self.store.only(&kind).map(|kept| kept.id.clone()));
        }
        // `customer: cus_…` is a reference without `_id`, recognized by the prefix of its example.
        let only = self.store.only(&plain(name))?;
        let prefix = |id: &str| id.split_once('_').map(|(prefix, _)| prefix.to_owned());
        let example = shape.examples().next().and_then(Value::as_str).and_then(prefix)?;
        (only.id.as_str().and_then(prefix)? == example).then(|| only.id.clone())
    }

    fn object(
        &mut self,
        ask: &Ask<'a, '_>,
        shape: &Shape<'a>,
        wish: Option<&Value>,
        example: Option<&Value>,
    ) -> Value {
        let properties = shape.properties();
        let (kind, id_key) = self.identity(ask, shape, &properties);
        let embedded = self.embedded(ask, &kind, id_key).filter(|_| wish.is_none());
        let wish = wish.and_then(Value::as_object).or(embedded.as_ref());
        let example = example.and_then(Value::as_object);
        let (around, above) = (self.around.len(), self.above.len());
        self.above.extend(shape.identity());
        let mut fields = Map::new();
        for (name, schemas) in in_turn(&properties, id_key) {
            let wish_for_field = wish.and_then(|wish| wish.get(name));
            let example = example.and_then(|example| example.get(name));
            let mut inner = ask.field(name, schemas.clone(), wish_for_field, example);
            inner.is_key = Some(name) == id_key;
            // Ids differ by their place, and references must be equal.
            let is_id = inner.is_key || is_own_id(name) || referred_kind(name).is_some();
            inner.variant = if is_id { 0 } else { ask.variant };
            let unasked = inner.wish.is_none() && !inner.is_key && self.leaves_out_unasked(wish);
            if !shape.requires(name) && (unasked || self.leaves_out(&inner)) {
                continue;
            }
            let value = self.make(&inner);
            let known = if Some(name) == id_key { Some(kind.clone()) } else { referred_kind(name) };
            let known = known.filter(|_| value.is_string() || value.is_number());
            self.around.extend(known.map(|kind| (kind, value.clone())));
            fields.insert(name.to_owned(), value);
        }
        self.further(ask, shape, wish.or(example), &mut fields);
        self.above.truncate(above);
        self.around.truncate(around);
        let fields = in_order(fields, properties.keys());
        if let Some(id) = id_key.and_then(|key| fields.get(key)).filter(|id| !id.is_null()) {
            self.made.push((kind, id.clone(), fields.clone()));
        }
        Value::Object(fields)
    }

    /// Whether optional fields without a wish are left out of an object.
    fn leaves_out_unasked(&self, wish: Option<&Map<String, Value>>) -> bool {
        (self.exact && wish.is_some()) || self.is_sparse
    }

    /// The kind of resource of an object, and the field that identifies it.
    fn identity(
        &self,
        ask: &Ask<'_, '_>,
        shape: &Shape<'a>,
        properties: &IndexMap<&'a str, Vec<&'a Value>>,
    ) -> (String, Option<&'a str>) {
        match (&self.subject, shape.identity()) {
            (Some(subject), Some(identity)) if std::ptr::eq(subject.schema, identity) => {
                (subject.kind.clone(), Some(subject.key))
            }
            _ => {
                let kind = kind_of(self.definitions, shape, ask.kind.unwrap_or(&plain(&ask.name)));
                let key = id_key(properties, &kind);
                (kind, key)
            }
        }
    }

    /// The stored fields of a resource that another resource embeds, if exactly one of its kind is stored.
    fn embedded(&self, ask: &Ask<'_, '_>, kind: &str, id_key: Option<&str>) -> Option<Map<String, Value>> {
        let is_part = id_key.is_some() && !ask.name.is_empty() && ask.kind.is_none();
        is_part.then(|| self.store.only(kind)).flatten().map(|kept| kept.fields.clone())
    }

    /// Whether an optional part is left out: its schema is false, write-only or recursive, or the body is too deep or
    /// too large.
    fn leaves_out(&self, ask: &Ask<'a, '_>) -> bool {
        let shape = self.shape(&ask.schemas, ask.wish);
        let has_parts =
            shape.types().is_none_or(|types| types.contains(&"object") || types.contains(&"array"));
        let too_deep = self.above.len() >= MOST_LEVELS && has_parts;
        ask.schemas.iter().any(|schema| **schema == false)
            || shape.says("writeOnly")
            || too_deep
            || self.left < MOST_VALUES / 2
            || (self.recurs(&shape) && ask.wish.is_none_or(|wish| !wish.is_object()))
    }

    fn recurs(&self, shape: &Shape<'a>) -> bool {
        let identity = shape.identity();
        identity.is_some_and(|identity| self.above.iter().any(|above| std::ptr::eq(*above, identity)))
    }

    /// Adds fields that the schema allows or requires without declaring them.
    fn further(
        &mut self,
        ask: &Ask<'a, '_>,
        shape: &Shape<'a>,
        source: Option<&Map<String, Value>>,
        fields: &mut Map<String, Value>,
    ) {
        let schemas: Vec<&'a Value> = shape.keyword("additionalProperties").collect();
        let closed = schemas.iter().any(|schema| **schema == false)
            || shape.keyword("unevaluatedProperties").any(|schema| *schema == false);
        // An open object with declared fields gets undeclared ones only if they are required.
        let free =
            !closed && (shape.properties().is_empty() || schemas.iter().any(|schema| schema.is_object()));
        let mut names: Vec<String> = Vec::new();
        if free && shape.keyword("patternProperties").next().is_none() {
            names.extend(source.into_iter().flat_map(Map::keys).cloned());
        }
        let dependents: Vec<&str> = shape.dependents(fields);
        names.extend(shape.required().into_iter().chain(dependents.iter().copied()).map(str::to_owned));
        if !closed {
            let wanted = shape.count("minProperties").unwrap_or(0).min(MOST_ITEMS);
            let known = fields.len() + names.iter().filter(|name| !fields.contains_key(*name)).count();
            names.extend((known..wanted).map(|number| format!("key{}", number + 1)));
        }
        let most = shape.count("maxProperties").unwrap_or(usize::MAX);
        for name in names {
            let needed = shape.requires(&name) || dependents.contains(&name.as_str());
            let is_left_out = !needed && shape.properties().contains_key(name.as_str());
            if is_left_out || fields.contains_key(&name) || (fields.len() >= most && !needed) {
                continue;
            }
            let wish = source.and_then(|source| source.get(&name));
            let declared = shape.properties().get(name.as_str()).cloned();
            let value = self.make(&ask.field(&name, declared.unwrap_or_else(|| schemas.clone()), wish, None));
            fields.insert(name, value);
        }
    }
}

/// The kind of resource of an object: its constant `object`, the name of its schema, or `otherwise`.
pub(crate) fn kind_of(definitions: &Map<String, Value>, shape: &Shape<'_>, otherwise: &str) -> String {
    let constant = shape.properties().get("object").and_then(|schemas| {
        let object = Shape::of(definitions, schemas, None);
        let fixed = object.fixed();
        fixed.first().filter(|_| fixed.len() == 1).and_then(|kind| kind.as_str()).map(plain)
    });
    constant.or_else(|| shape.name.map(kind_of_schema)).unwrap_or_else(|| otherwise.to_owned())
}

/// The field that holds the id of a resource of this kind.
fn id_key<'a, T>(properties: &IndexMap<&'a str, T>, kind: &str) -> Option<&'a str> {
    let fields: Vec<&str> = properties.keys().copied().collect();
    id_field(&fields, kind)
}

/// The type to generate: that of the wish if the schema allows it, then that of the example, then the first type.
fn chosen_type<'a>(shape: &Shape<'a>, wish: Option<&Value>, example: Option<&Value>) -> Option<&'a str> {
    let types = shape.types()?;
    let allowed = |value: &Value| {
        let found = type_of(value);
        types.iter().copied().find(|name| *name == found || (*name == "number" && found == "integer"))
    };
    wish.and_then(allowed).or_else(|| example.and_then(allowed)).or_else(|| types.first().copied())
}

/// A minimal value of a type.
fn bare(kind: Option<&str>) -> Value {
    match kind {
        Some("object") => Value::Object(Map::new()),
        Some("array") => Value::Array(Vec::new()),
        Some("string") => Value::from(""),
        Some("boolean") => Value::from(false),
        Some("integer" | "number") => Value::from(0),
        _ => Value::Null,
    }
}

/// The properties in the order of generation: the id, then references, then other fields, which may repeat the
/// references.
fn in_turn<'a, 'p>(
    properties: &'p IndexMap<&'a str, Vec<&'a Value>>,
    id_key: Option<&str>,
) -> Vec<(&'a str, &'p Vec<&'a Value>)> {
    let mut turn: Vec<_> = properties.iter().map(|(name, schemas)| (*name, schemas)).collect();
    turn.sort_by_key(|(name, _)| (Some(*name) != id_key, referred_kind(name).is_none()));
    turn
}

/// The fields in the order of the schema; undeclared fields come last.
fn in_order<'n>(
    mut fields: Map<String, Value>,
    names: impl Iterator<Item = &'n &'n str>,
) -> Map<String, Value> {
    let mut ordered: Map<String, Value> = names.filter_map(|name| fields.shift_remove_entry(*name)).collect();
    ordered.extend(fields);
    ordered
}
