//! The simulated provider: creates, finds, lists, changes and removes resources.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use naftiko_adapter::{Call, Method, Operation, Response};
use serde_json::{Map, Value, json};

use crate::answer_schema::AnswerSchemas;
use crate::make::{Ask, Maker};
use crate::mint::Mint;
use crate::name::{id_field, is_own_id, is_own_name, is_plural, kind_of_path, named_by, plain};
use crate::store::{Kept, Store, same};
use crate::target::{Locus, Target, last_parameter, parents, target};
use crate::turn::Turn;

/// The number of choices of branches and optional fields that are tried until a response fits its schema.
const MOST_CHOICES: usize = 12;

/// The state of the simulated provider.
pub(crate) struct World {
    seed: u64,
    /// The number of calls.
    calls: u64,
    /// The number of calls of each operation. Seeded ids depend on this number, so concurrent calls of different
    /// operations do not change the ids of each other.
    serials: BTreeMap<String, u64>,
    pub(crate) store: Store,
    /// The deleted resources.
    deleted: Store,
    /// The bodies of responses that are not resources, by [`Turn::place`].
    pub(crate) seen: BTreeMap<String, Value>,
    /// The places at which something that is not a resource was written.
    touched: BTreeSet<String>,
    /// The ids of resources that were assumed to exist, by kind, parameter and selecting value.
    assumed: BTreeMap<(String, String, String), Value>,
    /// The ids of resources that were generated for a request, by [`Turn::place`].
    pub(crate) made_for: BTreeMap<String, Value>,
    /// The responses by operation and idempotency key.
    repeats: BTreeMap<String, Response>,
    /// The compiled schemas of responses.
    schemas: AnswerSchemas,
    /// The kinds whose resources the script lists completely: lists generate no others.
    pub(crate) complete: BTreeSet<String>,
}

/// The resource that a path selects.
enum Picked<'a> {
    /// The resource exists: its kind and its content.
    Found(String, Kept),
    /// The resource was deleted, or the script lists all that exist. The text is the message.
    Missing(String),
    /// The resource is unknown, so it was created before the run: the selecting parameter, and its value.
    Assumed(&'a str, &'a Value),
    /// The path selects no resource.
    Nothing,
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed,
            calls: 0,
            serials: BTreeMap::new(),
            store: Store::default(),
            deleted: Store::default(),
            seen: BTreeMap::new(),
            touched: BTreeSet::new(),
            assumed: BTreeMap::new(),
            made_for: BTreeMap::new(),
            repeats: BTreeMap::new(),
            schemas: AnswerSchemas::default(),
            complete: BTreeSet::new(),
        }
    }

    /// Responds to a valid call with the result of `by`. A repeated idempotency key gets its first response again.
    pub(crate) fn answer(
        &mut self,
        call: &Call,
        by: impl FnOnce(&mut Self, &Turn<'_>) -> Response,
    ) -> Response {
        let operation = &call.operation;
        let name = name_of(operation);
        let key = call.idempotency_key.as_ref().filter(|_| operation.idempotency_key.is_some());
        let key = key.map(|key| format!("{name}\n{key}"));
        if let Some(answer) = key.as_ref().and_then(|key| self.repeats.get(key)) {
            return answer.clone();
        }
        let mint = self.mint(operation);
        *self.serials.entry(name).or_default() += 1;
        let answer = by(self, &Turn::new(call, mint));
        if let Some(key) = key {
            self.repeats.insert(key, answer.clone());
        }
        answer
    }

    /// The generator of the seeded values for the next response of an operation. Counts the call.
    pub(crate) fn mint(&mut self, operation: &Operation) -> Mint {
        let name = name_of(operation);
        let serial = self.serials.get(&name).copied().unwrap_or_default();
        let mint = Mint::new(self.seed, name, serial, self.calls);
        self.calls += 1;
        mint
    }

    /// Carries out a call without a script.
    pub(crate) fn act(&mut self, turn: &Turn<'_>) -> Response {
        let operation = turn.operation();
        let target = turn.schema().map_or(Target::Other, |schema| target(operation, schema));
        match (operation.method, target) {
            (Method::Delete, mut target) => self.remove(turn, &mut target),
            (Method::Get | Method::Head | Method::Query, Target::Many(locus)) => self.list(turn, &locus),
            (_, Target::One(locus)) => self.one(turn, locus),
            (Method::Put | Method::Patch, Target::Other) if last_parameter(&operation.path).is_some() => {
                self.change_silently(turn)
            }
            (Method::Post, Target::Other) if turn.creates_silently() => {
                self.create_silently(turn);
                self.other(turn, &Target::Other)
            }
            (_, target) => self.other(turn, &target),
        }
    }

    /// Responds with one resource: found, changed, created, or the only one at its place.
    fn one(&mut self, turn: &Turn<'_>, mut locus: Locus<'_>) -> Response {
        let safe = turn.operation().is_safe();
        let method = turn.operation().method;
        match self.picked(turn, &locus.kind) {
            // A name that the caller chooses can be reused after a deletion; an id cannot.
            Picked::Missing(_) if turn.may_create_again(&locus) => self.create(turn, &locus),
            Picked::Missing(what) => missing(&what),
            Picked::Found(kind, kept) => {
                // Two operations may name one kind differently; the stored kind is used.
                locus.kind.clone_from(&kind);
                let id = kept.id.clone();
                let fields = if safe { kept.fields } else { changed(turn, kept, &locus.fields) };
                let (response, shown) = self.show(turn, &locus, fields);
                if shown.is_some_and(|shown| !same(&shown, &id)) {
                    // The resource was created without a response that shows it, and takes the id of this response.
                    self.store.remove(&kind, &id);
                }
                response
            }
            Picked::Assumed(name, value) => self.assumed(turn, &locus, name, value),
            Picked::Nothing if method == Method::Post => self.create(turn, &locus),
            Picked::Nothing => self.single(turn, &locus),
        }
    }

    /// Responds with a resource that the run neither created nor deleted: it was created before the run, and has the
    /// value by which the path selects it.
    fn assumed(&mut self, turn: &Turn<'_>, locus: &Locus<'_>, name: &str, value: &Value) -> Response {
        let noun = kind_of_path(&turn.operation().path);
        let mut fields = Map::new();
        fields.extend(turn.path_fields(&locus.fields));
        fields.extend(turn.parent_fields(&locus.fields));
        let named = named_by(&locus.fields, name, &noun);
        let also = locus.fields.iter().copied().find(|field| plain(name).contains(&plain(field)));
        for field in named.or(also).into_iter().chain(named.is_none().then_some(locus.key)) {
            fields.insert(field.to_owned(), value.clone());
        }
        if !turn.operation().is_safe() {
            let changes = turn.body_fields(&locus.fields);
            fields.extend(changes.into_iter().filter(|(field, _)| field != locus.key));
        }
        let (response, id) = self.show(turn, locus, fields);
        if let Some(id) = id {
            self.assumed.insert((locus.kind.clone(), plain(name), value.to_string()), id);
        }
        response
    }

    /// The resource that the path selects: by the parameter at its end, or by that of the resource of an action.
    fn picked<'c>(&self, turn: &Turn<'c>, kind: &str) -> Picked<'c> {
        let path = &turn.call.operation.path;
        let acted_upon = || {
            // `/connections/{id}/activate` acts on a connection; `/connections/{id}/users` does not.
            let acts = path.rsplit('/').next().is_some_and(|word| !is_plural(word));
            let mut parents = parents(path).into_iter().rev();
            acts.then(|| parents.find(|(_, parent)| parent == kind)).flatten().map(|(name, _)| name)
        };
        let Some(name) = last_parameter(path).or_else(acted_upon) else { return Picked::Nothing };
        let Some(value) = turn.path_argument(name) else { return Picked::Nothing };
        let alias = self.assumed.get(&(kind.to_owned(), plain(name), value.to_string()));
        let aliased = alias.and_then(|id| self.store.find(kind, id));
        if let Some((kind, kept)) = self.store.pick(kind, name, value).or(aliased) {
            return Picked::Found(kind.to_owned(), kept.clone());
        }
        if self.complete.contains(kind) || self.deleted.pick(kind, name, value).is_some() {
            return Picked::Missing(format!("there is no `{kind}` with `{name}` {value}"));
        }
        Picked::Assumed(name, value)
    }

    /// Responds with a resource, and returns its id.
    fn show(
        &mut self,
        turn: &Turn<'_>,
        locus: &Locus<'_>,
        fields: Map<String, Value>,
    ) -> (Response, Option<Value>) {
        let wish = locus.wrap(Value::Object(fields));
        let (body, id) = self.produce_with_id(turn, Some(locus), Some(&wish));
        (turn.respond(body), id)
    }

    fn create(&mut self, turn: &Turn<'_>, locus: &Locus<'_>) -> Response {
        // `POST /authenticate` responds with an existing user.
        let mentioned = locus.at.is_some() && kind_of_path(&turn.operation().path) != locus.kind;
        let known = mentioned.then(|| self.store.only(&locus.kind)).flatten();
        let mut fields = known.map(|kept| kept.fields.clone()).unwrap_or_default();
        if known.is_none() {
            fields.extend(turn.path_fields(&locus.fields));
            fields.extend(turn.parent_fields(&locus.fields));
            fields.extend(turn.body_fields(&locus.fields));
        }
        self.show(turn, locus, fields).0
    }

    /// Responds with the only resource at a place, such as the settings of an organization.
    fn single(&mut self, turn: &Turn<'_>, locus: &Locus<'_>) -> Response {
        let place = turn.place();
        let before = self.made_for.get(&place).and_then(|id| self.store.find(&locus.kind, id));
        let known = before.map(|(_, kept)| kept).or_else(|| self.store.only(&locus.kind));
        let mut fields = known.map(|kept| kept.fields.clone()).unwrap_or_default();
        fields.extend(turn.parent_fields(&locus.fields));
        fields.extend(turn.body_fields(&locus.fields));
        let wish = locus.wrap(Value::Object(fields));
        let (body, id) = self.produce_with_id(turn, Some(locus), Some(&wish));
        self.made_for.extend(id.map(|id| (place, id)));
        turn.respond(body)
    }

    fn remove(&mut self, turn: &Turn<'_>, target: &mut Target<'_>) -> Response {
        let kind = kind_of_path(&turn.operation().path);
        match self.picked(turn, &kind) {
            Picked::Nothing => {
                self.seen.remove(&turn.place());
                self.other(turn, target)
            }
            Picked::Missing(what) => {
                // Something that was written here and is not a resource is removed too.
                if self.touched.remove(&turn.place()) { self.other(turn, target) } else { missing(&what) }
            }
            Picked::Assumed(name, value) => {
                let answer = match target {
                    Target::One(locus) => self.assumed(turn, locus, name, value),
                    _ => self.other(turn, target),
                };
                let fields = Map::from_iter([(name.to_owned(), value.clone())]);
                let found = self.store.pick(&kind, name, value).map(|(_, kept)| kept.id.clone());
                if let Some(kept) = found.and_then(|id| self.store.remove(&kind, &id)) {
                    self.deleted.keep(&kind, &kept.id, kept.fields);
                }
                self.deleted.keep(&kind, value, fields);
                self.touched.remove(&turn.place());
                answer
            }
            Picked::Found(kind, kept) => {
                let answer = match target {
                    Target::One(locus) => {
                        locus.kind.clone_from(&kind);
                        self.show(turn, locus, kept.fields).0
                    }
                    _ => self.other(turn, target),
                };
                if let Some(kept) = self.store.remove(&kind, &kept.id) {
                    self.deleted.keep(&kind, &kept.id, kept.fields);
                }
                answer
            }
        }
    }

    /// Carries out a change whose response does not show the resource: known fields take their new values, and an
    /// unknown resource exists from then on.
    fn change_silently(&mut self, turn: &Turn<'_>) -> Response {
        let kind = kind_of_path(&turn.operation().path);
        match self.picked(turn, &kind) {
            Picked::Nothing => self.other(turn, &Target::Other),
            Picked::Missing(what) if !turn.is_answered_with_created() => missing(&what),
            Picked::Missing(_) | Picked::Assumed(..) => {
                self.create_silently(turn);
                self.other(turn, &Target::Other)
            }
            Picked::Found(kind, kept) => {
                let known: Vec<&str> = kept.fields.keys().map(String::as_str).collect();
                let changes = turn.body_fields(&known);
                let id = kept.id.clone();
                let fits = |name: &String, value: &Value| {
                    let known = kept.fields.get(name);
                    known.is_some_and(|old| std::mem::discriminant(old) == std::mem::discriminant(value))
                };
                let changes =
                    changes.into_iter().filter(|(name, value)| fits(name, value) && *value != id).collect();
                self.store.keep(&kind, &id, changes);
                self.other(turn, &Target::Other)
            }
        }
    }

    /// Creates a resource that the response does not show, from the path and the body of the request.
    fn create_silently(&mut self, turn: &Turn<'_>) {
        let path = &turn.operation().path;
        let noun = kind_of_path(path);
        let mut fields = Map::new();
        let body = turn.call.arguments.body.as_ref().and_then(Value::as_object);
        for (name, value) in body.into_iter().flatten() {
            // `project_name` of a project is its `name`.
            let short = plain(name).strip_prefix(&noun).map(str::to_owned);
            let short = short.filter(|short| is_own_id(short) || is_own_name(short));
            fields.extend(short.map(|short| (short, value.clone())));
            fields.insert(name.clone(), value.clone());
        }
        let picked = last_parameter(path).and_then(|name| Some((name, turn.path_argument(name)?)));
        if let Some((name, value)) = picked {
            fields.insert(name.to_owned(), value.clone());
        }
        let names: Vec<&str> = fields.keys().map(String::as_str).collect();
        let own = id_field(&names, &noun).or_else(|| names.iter().copied().find(|name| is_own_name(name)));
        let id = picked.map(|(_, value)| value.clone()).or_else(|| fields.get(own?).cloned());
        let id = id.unwrap_or_else(|| Value::from(turn.mint.ulid("/created")));
        self.deleted.remove(&noun, &id);
        self.store.keep(&noun, &id, fields);
    }

    /// Responds with a body that is not a stored resource. The body is the same at the same place until a call changes
    /// it.
    fn other(&mut self, turn: &Turn<'_>, target: &Target<'_>) -> Response {
        let place = turn.place();
        let operation = turn.operation();
        let lasts = operation.is_safe() || matches!(operation.method, Method::Put | Method::Patch);
        let mut wish = self.seen.get(&place).filter(|_| lasts).cloned().or_else(|| turn.named_by_path());
        if let Some(body) = &turn.call.arguments.body {
            wish = Some(match (wish, body) {
                (Some(Value::Object(mut before)), Value::Object(body)) => {
                    before.extend(body.clone());
                    Value::Object(before)
                }
                (_, body) => body.clone(),
            });
        }
        let locus = match target {
            Target::One(locus) | Target::Many(locus) => Some(locus),
            Target::Other => None,
        };
        let body = self.produce(turn, locus, wish.as_ref());
        if operation.method != Method::Delete && !operation.is_safe() {
            self.touched.insert(place.clone());
        }
        if lasts {
            self.seen.insert(place, body.clone());
        }
        turn.respond(body)
    }

    pub(crate) fn produce(
        &mut self,
        turn: &Turn<'_>,
        locus: Option<&Locus<'_>>,
        wish: Option<&Value>,
    ) -> Value {
        self.produce_with_id(turn, locus, wish).0
    }

    /// Generates the body of a response, stores the resources in it, and returns the id of the resource that it is
    /// about.
    ///
    /// The body fits its schema: if the first choice of branches and optional fields does not fit, others are tried.
    fn produce_with_id(
        &mut self,
        turn: &Turn<'_>,
        locus: Option<&Locus<'_>>,
        wish: Option<&Value>,
    ) -> (Value, Option<Value>) {
        let Some(schema) = turn.schema() else {
            return (turn.example().cloned().unwrap_or(Value::Null), None);
        };
        let answers = self.schemas.of(turn, schema);
        let asked = Ask::whole(schema, wish, turn.example());
        let unasked = Ask::whole(schema, None, None);
        let attempt = |(ask, choice): (&Ask<'_, '_>, usize)| {
            let mut maker = Maker::new(&turn.operation().definitions, &self.store, &turn.mint);
            maker = maker.with_choice(choice);
            if let Some(locus) = locus {
                maker = maker.about(&locus.schemas, &locus.kind, locus.key);
            }
            (maker.make(ask), maker.made)
        };
        let first = attempt((&asked, 0));
        let (body, made) = if answers.accepts(&first.0) {
            first
        } else {
            let others = (1..MOST_CHOICES).map(|choice| (&asked, choice));
            // The wish from the request may be what does not fit.
            let others = others.chain((0..MOST_CHOICES).map(|choice| (&unasked, choice)));
            others.map(attempt).find(|(body, _)| answers.accepts(body)).unwrap_or(first)
        };
        let kind = locus.map(|locus| locus.kind.as_str());
        let id =
            made.iter().rev().find(|(made, ..)| Some(made.as_str()) == kind).map(|(_, id, _)| id.clone());
        self.keep(made);
        (body, id)
    }

    /// Stores the seeds of a script as the resources that the response of an operation has, one or many. No others of
    /// their kind exist.
    pub(crate) fn let_exist(&mut self, operation: &Operation, things: &[Value]) {
        let Some(spec) = operation.success().map(|(_, spec)| spec) else { return };
        let Some(schema) = &spec.schema else { return };
        let (Target::One(locus) | Target::Many(locus)) = target(operation, schema) else { return };
        self.complete.insert(locus.kind.clone());
        for (number, thing) in (0..).zip(things) {
            let mint = Mint::new(self.seed, format!("{}\nexists", name_of(operation)), number, 0);
            let mut maker = Maker::new(&operation.definitions, &self.store, &mint).about(
                &locus.schemas,
                &locus.kind,
                locus.key,
            );
            maker.make(&Ask {
                schemas: locus.schemas.clone(),
                wish: Some(thing),
                example: None,
                name: String::new(),
                place: "/exists".to_owned(),
                kind: Some(&locus.kind),
                variant: 0,
                is_key: false,
            });
            let made = maker.made;
            self.keep(made);
        }
    }

    /// Whether the script lists all resources of the kind in the response of an operation.
    pub(crate) fn is_complete(&self, operation: &Operation) -> bool {
        let schema = operation.success().and_then(|(_, spec)| spec.schema.as_ref());
        match schema.map(|schema| target(operation, schema)) {
            Some(Target::One(locus) | Target::Many(locus)) => self.complete.contains(&locus.kind),
            _ => false,
        }
    }

    pub(crate) fn keep(&mut self, made: Vec<(String, Value, Map<String, Value>)>) {
        for (kind, id, fields) in made {
            self.deleted.remove(&kind, &id);
            self.store.keep(&kind, &id, fields);
        }
    }
}

/// The fields of a resource after a change: the id is retained, and the time of the change is set.
fn changed(turn: &Turn<'_>, kept: Kept, fields: &[&str]) -> Map<String, Value> {
    let mut wish = kept.fields;
    let now = turn.mint.now().to_string();
    for (name, value) in &mut wish {
        let noted = matches!(
            plain(name).as_str(),
            "updatedat" | "modifiedat" | "lastmodified" | "modified" | "updated"
        );
        if noted && value.as_str().is_some_and(|text| text.contains('T')) {
            *value = Value::from(now.clone());
        }
    }
    let changes = turn.body_fields(fields);
    wish.extend(changes.into_iter().filter(|(name, _)| plain(name) != "id"));
    wish
}

/// A key that identifies an operation.
pub(crate) fn name_of(operation: &Operation) -> String {
    format!("{}\n{}", operation.provider, operation.id)
}

fn missing(message: &str) -> Response {
    let headers = IndexMap::from([("content-type".to_owned(), "application/json".to_owned())]);
    Response::new(404, headers, json!({ "message": message }))
}
