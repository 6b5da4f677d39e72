//! Typing of paths.

use std::ops::Range;

use indexmap::IndexSet;
use naftiko_diagnostics::some_of;

use super::call::is_never_empty;
use super::{Typing, shorten};
use crate::ast::{Base, Expr, Path, Root, Selector};
use crate::place::Place;
use crate::problem::{NOT_A_LIST, NOT_AN_OBJECT, Problem, UNKNOWN_FIELD, UNKNOWN_INPUT};
use crate::proof;
use crate::types::{ObjectType, Presence, Type, Typed, nearest_field};

/// The most fields of an object that are searched for one problem.
const MOST_FIELDS: usize = 64;

/// A selector and the path that it belongs to.
struct Reading<'p> {
    path: &'p Path,
    /// The position of the selector in the path.
    index: usize,
    /// The bytes of the selector.
    range: &'p Range<usize>,
    /// The byte at which the path begins.
    start: usize,
}

impl Reading<'_> {
    /// Whether the list, by its form alone, has an item at this index.
    fn is_certain(&self, index: i64) -> bool {
        let list = match &self.path.base {
            Base::Value(list) if self.index == 0 => list,
            _ => return false,
        };
        matches!(index, 0 | -1) && is_never_empty(list)
    }
}

impl Typing<'_> {
    pub(super) fn path(&mut self, expr: &Expr, path: &Path) -> Typed {
        let mut typed = match &path.base {
            Base::Root(root, range) => self.root(root, path, range),
            Base::Current(_) => Typed::always(self.items.last().cloned().unwrap_or(Type::Any)),
            Base::Value(inner) => self.typed(inner),
        };
        let normal = self.knows_of(expr).then(|| Place::of(expr));
        let before =
            normal.as_ref().map_or(0, |normal| normal.selectors.len().saturating_sub(path.selectors.len()));
        // The presence of the resulting list, once the path contains `[*]`. Values that are absent from an item are
        // left out of it.
        let mut spread = None;
        for (index, (selector, range)) in path.selectors.iter().enumerate() {
            let given = typed.without_null();
            if given.presence == Presence::Never {
                return if spread.is_some() { finish(Typed::never(), spread) } else { Typed::never() };
            }
            let reading = Reading { path, index, range, start: expr.range.start };
            let Some(read) = self.select(&given, selector, &reading) else { return Typed::always(Type::Any) };
            if matches!(selector, Selector::All) && spread.is_none() {
                spread = Some(read.presence);
            }
            self.risk.unreadable |= !is_readable(&given.ty, selector);
            typed = read;
            if let (None, Some(normal)) = (spread, &normal) {
                typed = self.proved(typed, &normal.up_to(before + index + 1));
            }
        }
        finish(typed, spread)
    }

    /// The type of one selector of a value that is not null. `None` if a problem was reported.
    fn select(&mut self, given: &Typed, selector: &Selector, reading: &Reading<'_>) -> Option<Typed> {
        if given.ty.is_nothing() {
            return Some(Typed::never());
        }
        let (ty, presence) = match selector {
            Selector::Field(name) => {
                let field = self.field(&given.ty, name, reading)?;
                (field.ty, field.presence)
            }
            Selector::Index(_) if given.ty == Type::Any => (Type::Any, Presence::Always),
            Selector::Index(index) => {
                let items = self.list_items(&given.ty, reading)?;
                (items, if reading.is_certain(*index) { Presence::Always } else { Presence::Maybe })
            }
            Selector::All => {
                let items = self.list_items(&given.ty, reading)?;
                (items, Presence::Always)
            }
            Selector::Filter(predicate) => {
                let items = self.list_items(&given.ty, reading)?;
                self.items.push(items.clone());
                let outer = self.risk.unreadable;
                self.condition(predicate);
                self.risk.unreadable = outer;
                self.items.pop();
                (Type::list(kept(items, predicate)), Presence::Always)
            }
        };
        Some(Typed { ty, presence: given.presence.and(presence) })
    }

    fn field(&mut self, ty: &Type, name: &str, reading: &Reading<'_>) -> Option<Typed> {
        if let Some(typed) = ty.field(name) {
            return Some(typed);
        }
        let is_object = ty.members().iter().any(|member| matches!(member, Type::Object(_)));
        let problem = if is_object {
            self.unknown_field(ty, name, reading)
        } else {
            self.not_an_object(ty, name, reading)
        };
        self.report(problem);
        None
    }

    fn unknown_field(&self, ty: &Type, name: &str, reading: &Reading<'_>) -> Problem {
        let owner = self.owner(reading);
        let is_input = reading.index == 0 && matches!(reading.path.base, Base::Root(Root::Inputs, _));
        let range = self.key(reading);
        let shown = shorten(name);
        let problem = if is_input {
            Problem::new(&UNKNOWN_INPUT, range, format!("there is no input `{shown}`"))
                .with_label("unknown input")
        } else {
            let named = ty.name().map_or(owner.clone(), str::to_owned);
            Problem::new(&UNKNOWN_FIELD, range, format!("`{named}` has no field `{shown}`"))
                .with_label("unknown field")
        };
        if let Some(inside) = body_habit(ty, name, reading) {
            return problem
                .with_help(format!("did you mean `{owner}{inside}`?"))
                .with_replacement(reading.range.clone(), inside);
        }
        let objects = ty.objects();
        if let Some(near) = nearest_field(name, &objects) {
            let field = Selector::Field(near.clone()).to_string();
            let problem = problem.with_help(format!("did you mean `{near}`?"));
            return match field.strip_prefix('.') {
                Some(bare) if self.key(reading) != *reading.range => {
                    problem.with_replacement(self.key(reading), bare)
                }
                _ => problem.with_replacement(reading.range.clone(), field),
            };
        }
        if let Some((help, removed)) = result_habit(&owner, name, reading) {
            let problem = problem.with_help(help);
            return if removed { problem.with_replacement(reading.range.clone(), "") } else { problem };
        }
        match (some_fields(&objects), is_input) {
            (None, true) => problem.with_help("the composition has no inputs"),
            (None, false) => problem,
            (Some(fields), true) => problem.with_help(format!("the inputs are {fields}")),
            (Some(fields), false) => problem.with_help(format!("its fields are {fields}")),
        }
    }

    fn not_an_object(&self, ty: &Type, name: &str, reading: &Reading<'_>) -> Problem {
        let owner = self.owner(reading);
        let problem =
            Problem::new(&NOT_AN_OBJECT, self.key(reading), format!("`{owner}` is {ty}, not an object"))
                .with_label("has no fields");
        let is_list = ty.items().is_some();
        if matches!(name, "length" | "size" | "count") && (is_list || Type::string().overlaps(ty)) {
            return problem.with_help(format!("its length is `len({owner})`"));
        }
        if !is_list {
            return problem;
        }
        if name.bytes().all(|byte| byte.is_ascii_digit()) {
            let index = format!("[{name}]");
            return problem
                .with_help(format!("write `{index}`"))
                .with_replacement(reading.range.clone(), index);
        }
        let field = Selector::Field(name.to_owned());
        problem.with_help(format!("`[*]{field}` reads it from each item, `[0]{field}` from the first"))
    }

    /// The type of the items of a list. `None` if the type is not a list, which is reported.
    fn list_items(&mut self, ty: &Type, reading: &Reading<'_>) -> Option<Type> {
        if let Some(items) = ty.items() {
            return Some(items);
        }
        let owner = self.owner(reading);
        let problem =
            Problem::new(&NOT_A_LIST, reading.range.clone(), format!("`{owner}` is {ty}, not a list"))
                .with_label("has no items");
        let objects = ty.objects();
        let names = objects.iter().flat_map(ObjectType::names).take(MOST_FIELDS);
        let is_list = |name: &&str| {
            ty.field(name).is_some_and(|field| field.ty != Type::Any && field.ty.items().is_some())
        };
        let lists: Vec<&str> = names.filter(is_list).collect();
        let next = match reading.path.selectors.get(reading.index + 1) {
            Some((Selector::Field(name), _)) => Some(name.as_str()),
            _ => None,
        };
        let is_index = matches!(reading.path.selectors.get(reading.index), Some((Selector::Index(_), _)));
        let of_items = |list: &str| {
            let items = ty.field(list).and_then(|field| field.ty.items()).unwrap_or(Type::Any);
            next.is_none_or(|next| items.field(next).is_some())
        };
        let problem = match lists.as_slice() {
            _ if is_index && next.is_some_and(|next| ty.field(next).is_some()) => {
                let help = format!(
                    "`{owner}` is a single value, not a list: leave out `{}`",
                    self.selector(reading)
                );
                problem.with_help(help).with_replacement(reading.range.clone(), "")
            }
            [only] if of_items(only) => {
                let field = Selector::Field((*only).to_owned()).to_string();
                let place = reading.range.start..reading.range.start;
                problem.with_help(format!("did you mean `{owner}{field}`?")).with_replacement(place, field)
            }
            _ => problem,
        };
        self.report(problem);
        None
    }

    /// Help for names from other languages at the start of a path.
    pub(super) fn root_habit(&self, name: &str, path: &Path) -> Option<String> {
        let first = path.selectors.first().and_then(|(selector, _)| match selector {
            Selector::Field(field) => Some(field.as_str()),
            _ => None,
        });
        match name {
            "steps" | "step" => {
                let is_step = |id: &&str| self.scope.root(&Root::Step((*id).to_owned())).is_some();
                let id = first.filter(is_step).unwrap_or("step-id");
                Some(format!("write the id of the step directly: `{id}.field`"))
            }
            "env" | "environment" | "secrets" | "secret" => {
                Some("expressions read no environment and no secrets: make it an input".to_owned())
            }
            "params" | "parameters" | "arguments" | "args" => {
                Some(format!("inputs are read as `inputs.{}`", first.unwrap_or("name")))
            }
            _ => None,
        }
    }

    /// The source text of a selector.
    fn selector(&self, reading: &Reading<'_>) -> &str {
        self.text.get(reading.range.clone()).unwrap_or_default()
    }

    /// The bytes of a field name, without the `.` before it.
    fn key(&self, reading: &Reading<'_>) -> Range<usize> {
        let dot = usize::from(self.selector(reading).starts_with('.'));
        reading.range.start + dot..reading.range.end
    }

    /// The source text of the path before a selector.
    fn owner(&self, reading: &Reading<'_>) -> String {
        shorten(self.text.get(reading.start..reading.range.start).unwrap_or_default())
    }
}

/// Narrows the items of a list by the proofs of the predicate that selects them.
fn kept(items: Type, predicate: &Expr) -> Type {
    let proofs = proof::of_truth(predicate);
    let current = Place::current();
    let proved = proofs.iter().filter_map(|proof| proof.fields_after(&current));
    proved.fold(items, |items, (fields, may_be_null)| items.having(&fields, may_be_null))
}

/// Whether a selector can be read of every member of a type.
fn is_readable(ty: &Type, selector: &Selector) -> bool {
    ty.members().iter().all(|member| match (member, selector) {
        (Type::Any, _) | (Type::Object(_), Selector::Field(_)) => true,
        (member, selector) => matches!(member, Type::List(_)) && !matches!(selector, Selector::Field(_)),
    })
}

/// The type of a whole path: after `[*]`, a list of all values read.
fn finish(typed: Typed, spread: Option<Presence>) -> Typed {
    match spread {
        None => typed,
        Some(presence) => Typed { ty: Type::list(typed.ty), presence },
    }
}

/// Suggests `response.body.state` for `response.state`, if the body has such a field.
fn body_habit(response: &Type, name: &str, reading: &Reading<'_>) -> Option<String> {
    let is_response = reading.index == 0 && matches!(reading.path.base, Base::Root(Root::Response, _));
    let body = response.field("body").filter(|_| is_response)?;
    body.ty.field(name).filter(|_| body.ty != Type::Any)?;
    Some(format!(".body{}", Selector::Field(name.to_owned())))
}

/// Help for a superfluous word between a step and a field of its result, and whether removing the word fixes the path.
fn result_habit(owner: &str, name: &str, reading: &Reading<'_>) -> Option<(String, bool)> {
    let Base::Root(root, _) = &reading.path.base else { return None };
    let more = reading.path.selectors.len() > 1;
    match (root, reading.index, name) {
        (Root::Step(_), 0, "body" | "response" | "result" | "results" | "output" | "outputs") => {
            Some((format!("`{owner}` is the result itself: leave out `.{name}`"), more))
        }
        (Root::Response, 0, _) => Some((format!("a field of the response is `response.body.{name}`"), false)),
        _ => None,
    }
}

/// The field names of some objects as a list, each once; `None` if there are no fields.
fn some_fields(objects: &[ObjectType]) -> Option<String> {
    match objects {
        [only] => some_of(only.names()),
        several => {
            let names = several.iter().flat_map(ObjectType::names).take(MOST_FIELDS);
            some_of(names.collect::<IndexSet<&str>>())
        }
    }
}
