//! Checks a written value against a type, and finds the parts that do not match.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use naftiko_diagnostics::{NameIndex, Span, work};
use naftiko_expr::{ObjectType, Presence, Type};

use crate::analyses::typed_value::{Entries, PartName, Parts, Written};
use crate::ir::missing_names::{ALWAYS_LISTED, NameBudget};

/// The maximum number of parts that are examined, since alternatives may be nested without end in hostile documents.
const MAX_PARTS: usize = 20_000;
/// The number of objects whose field names are cached.
const MOST_REMEMBERED: usize = 16;

/// The mismatches between a value and its type.
pub(crate) struct Misfits<'w> {
    pub(crate) found: Vec<Misfit<'w>>,
    /// Whether the whole value was examined.
    is_complete: bool,
}

/// The places of mismatches in a value.
#[derive(Clone)]
pub(crate) struct Mistakes {
    pub(crate) places: Vec<Span>,
    /// Whether the whole value was examined; if not, its schema decides about the rest.
    pub(crate) is_complete: bool,
}

/// A part that does not match. `name` is its name in messages: `address.city`, `lines[0].text`.
pub(crate) enum Misfit<'w> {
    /// A value of another type.
    Type { name: String, expected: Type, written: &'w Written<'w> },
    /// A field that the object does not allow; `meant` is the allowed field with the nearest name, out of `fields`.
    Unknown { owner: String, name: &'w str, key: Span, fields: Rc<FieldNames>, meant: Option<String> },
    /// Required fields that an object lacks.
    Missing(Missing),
}

/// The names of the fields that an object may have, in order, shared by all findings about the object.
pub(crate) type FieldNames = NameIndex<String>;

/// Required fields that an object lacks.
pub(crate) struct Missing {
    /// The name of the object in messages.
    pub(crate) owner: String,
    /// The place to report.
    pub(crate) place: Span,
    /// The fields, with their types.
    pub(crate) fields: Vec<(String, Type)>,
    /// The number of further missing fields that are not reported.
    pub(crate) more: usize,
    /// For an object with several allowed forms: the form that `fields` would complete.
    pub(crate) choice: Option<Choice>,
}

/// The nearest of several forms of an object, none of which matches.
pub(crate) struct Choice {
    /// The name of the nearest form.
    pub(crate) name: Option<String>,
    /// Other forms that only lack fields, except those that also lack all fields of the nearest form.
    pub(crate) others: Vec<Form>,
}

/// A form whose only mismatches are missing fields.
pub(crate) struct Form {
    pub(crate) name: Option<String>,
    /// The missing fields, with their types.
    pub(crate) lacks: Vec<(String, Type)>,
    /// The number of further missing fields.
    pub(crate) more: usize,
}

/// Finds the mismatches between a value and a type; `name` is the value's name in messages.
pub(crate) fn misfits<'w>(
    expected: &Type,
    written: &'w Written<'w>,
    name: &str,
    listed: &NameBudget,
) -> Misfits<'w> {
    let mut found = Vec::new();
    let (left, is_complete, trials) = (Cell::new(MAX_PARTS), Cell::new(true), Cell::new(0));
    let fitting = Fitting { left, is_complete, listed, trials };
    fitting.fit(expected, written, &PartName::Whole(name), &mut found);
    Misfits { found, is_complete: fitting.is_complete.get() }
}

impl Misfits<'_> {
    /// The places of the mismatches.
    pub(crate) fn mistakes(&self) -> Mistakes {
        Mistakes { places: self.found.iter().map(Misfit::place).collect(), is_complete: self.is_complete }
    }
}

impl Default for Mistakes {
    fn default() -> Self {
        Self { places: Vec::new(), is_complete: true }
    }
}

impl Mistakes {
    /// Adds the mismatches of another part of the same value.
    pub(crate) fn extend(&mut self, other: Self) {
        self.places.extend(other.places);
        self.is_complete &= other.is_complete;
    }
}

struct Fitting<'n> {
    left: Cell<usize>,
    is_complete: Cell<bool>,
    listed: &'n NameBudget,
    /// The number of forms around the current part that are only tried: their missing fields are counted.
    trials: Cell<usize>,
}

/// The forms that an object may have, with lookups over all of them.
struct Forms<'f> {
    all: &'f [ObjectType],
    /// The names of the declared fields of all forms.
    fields: OnceCell<Rc<FieldNames>>,
    /// Whether any form takes a field, by name.
    takes: RefCell<HashMap<&'f str, bool>>,
}

impl<'f> Forms<'f> {
    fn new(all: &'f [ObjectType]) -> Self {
        Self { all, fields: OnceCell::new(), takes: RefCell::default() }
    }

    fn fields(&self) -> &Rc<FieldNames> {
        self.fields.get_or_init(|| {
            if let [only] = self.all {
                return Declared::of(only).names();
            }
            let fields: BTreeSet<&String> = self.all.iter().flat_map(|form| form.fields.keys()).collect();
            work::add(fields.len());
            Rc::new(NameIndex::new(fields.into_iter().cloned()))
        })
    }

    fn take(&self, field: &'f str) -> bool {
        let any = || {
            work::add(self.all.len());
            self.all.iter().any(|form| form.field(field).is_some())
        };
        *self.takes.borrow_mut().entry(field).or_insert_with(any)
    }
}

/// What is asked of the fields of an object as a whole.
struct Declared {
    object: ObjectType,
    names: OnceCell<Rc<FieldNames>>,
    required: OnceCell<Vec<(String, Type)>>,
}

thread_local! {
    /// The fields of recently used objects: many steps use one operation.
    static REMEMBERED: RefCell<Vec<Rc<Declared>>> = const { RefCell::new(Vec::new()) };
}

impl Declared {
    fn of(object: &ObjectType) -> Rc<Self> {
        REMEMBERED.with_borrow_mut(|remembered| {
            let is_same = |known: &&Rc<Self>| Arc::ptr_eq(&known.object.fields, &object.fields);
            if let Some(known) = remembered.iter().find(is_same) {
                return Rc::clone(known);
            }
            if remembered.len() >= MOST_REMEMBERED {
                remembered.remove(0);
            }
            let (names, required) = (OnceCell::new(), OnceCell::new());
            let declared = Rc::new(Self { object: object.clone(), names, required });
            remembered.push(Rc::clone(&declared));
            declared
        })
    }

    /// The names of the declared fields.
    fn names(&self) -> Rc<FieldNames> {
        let names = self.names.get_or_init(|| {
            let fields: BTreeSet<&String> = self.object.fields.keys().collect();
            work::add(fields.len());
            Rc::new(NameIndex::new(fields.into_iter().cloned()))
        });
        Rc::clone(names)
    }

    /// The required fields, in order.
    fn required(&self) -> &[(String, Type)] {
        self.required.get_or_init(|| {
            work::add(self.object.fields.len());
            let fields = self.object.fields.iter();
            let required = fields.filter(|(_, field)| field.presence == Presence::Always);
            required.map(|(name, field)| (name.clone(), field.ty.clone())).collect()
        })
    }
}

impl Fitting<'_> {
    /// Counts one examined part; false once the limit is reached.
    fn goes_on(&self) -> bool {
        let Some(left) = self.left.get().checked_sub(1) else {
            self.is_complete.set(false);
            return false;
        };
        work::add(1);
        self.left.set(left);
        true
    }

    fn fit<'w>(
        &self,
        expected: &Type,
        written: &'w Written<'w>,
        name: &PartName<'_>,
        misfits: &mut Vec<Misfit<'w>>,
    ) {
        if self.goes_on() {
            self.part(expected, written, name, misfits);
        }
    }

    /// Like `fit`, for a part that is already counted.
    fn part<'w>(
        &self,
        expected: &Type,
        written: &'w Written<'w>,
        name: &PartName<'_>,
        misfits: &mut Vec<Misfit<'w>>,
    ) {
        let members = expected.members();
        if members.contains(&Type::Any) {
            return;
        }
        let fits = match &written.parts {
            Parts::Literal(_) | Parts::Open => expected.accepts(&written.ty),
            Parts::Items(items) => expected.items().is_some_and(|ty| {
                for (at, inner) in items.iter().enumerate() {
                    self.fit(&ty, inner, &PartName::Item(name, at), misfits);
                }
                true
            }),
            Parts::Entries(entries) => {
                let objects = members.into_iter().filter_map(|member| match member {
                    Type::Object(object) => Some(object),
                    _ => None,
                });
                let objects: Vec<ObjectType> = objects.collect();
                match objects.as_slice() {
                    [] => {}
                    [only] => {
                        let forms = Forms::new(&objects);
                        misfits.extend(self.object(only, written, entries, name, &forms));
                    }
                    several => misfits.extend(self.nearest(several, written, entries, name)),
                }
                !objects.is_empty()
            }
        };
        if !fits {
            misfits.push(Misfit::Type { name: name.to_string(), expected: expected.clone(), written });
        }
    }

    /// The mismatches with one form of an object. A field that another of its `forms` has is no mismatch.
    fn object<'w, 'f>(
        &self,
        object: &ObjectType,
        written: &'w Written<'w>,
        entries: &'w Entries<'w>,
        name: &PartName<'_>,
        forms: &Forms<'f>,
    ) -> Vec<Misfit<'w>>
    where
        'w: 'f,
    {
        let mut misfits = Vec::new();
        let mut intended: HashSet<String> = HashSet::new();
        for (field, entry) in entries.iter() {
            if !self.goes_on() {
                return misfits;
            }
            match object.field(field).filter(|found| found.presence != Presence::Never) {
                // A value known only at run time may belong to this form or to another.
                Some(_) if is_open(entry) && forms.all.len() > 1 && accepts(forms.all, field, &entry.ty) => {}
                Some(found) => self.part(&found.ty, entry, &PartName::Entry(name, field), &mut misfits),
                None if forms.take(field) => {}
                None => {
                    let fields = Rc::clone(forms.fields());
                    let meant = fields.nearest(field).map(str::to_owned);
                    intended.extend(meant.clone());
                    let key = entry.key.unwrap_or(entry.span);
                    misfits.push(Misfit::Unknown {
                        owner: name.to_string(),
                        name: field,
                        key,
                        fields,
                        meant,
                    });
                }
            }
        }
        // A field that was meant by an unknown name is not reported as missing.
        let is_there = |field: &String| entries.named(field).is_some() || intended.contains(field);
        let declared = Declared::of(object);
        let is_missing = |(field, _): &&(String, Type)| !is_there(field);
        let missing = |(field, ty): &(String, Type)| Missing {
            owner: name.to_string(),
            place: written.place(),
            fields: vec![(field.clone(), ty.clone())],
            more: 0,
            choice: None,
        };
        let counted = self.trials.get() > 0;
        let lists =
            |position: usize| if counted { position < ALWAYS_LISTED } else { self.listed.lists(position) };
        let mut needed = declared.required().iter().filter(is_missing).enumerate();
        let unlisted = needed.find_map(|(position, field)| {
            work::add(1);
            if !lists(position) {
                return Some(position);
            }
            misfits.push(Misfit::Missing(missing(field)));
            None
        });
        if let Some(position) = unlisted
            && let Some(Misfit::Missing(last)) = misfits.last_mut()
        {
            let present: HashSet<&str> =
                entries.iter().map(|(field, _)| *field).chain(intended.iter().map(String::as_str)).collect();
            let is_required = |field: &&&str| {
                object.fields.get(**field).is_some_and(|field| field.presence == Presence::Always)
            };
            let present = present.iter().filter(is_required).count();
            last.more = declared.required().len().saturating_sub(present + position);
        }
        misfits
    }

    /// The mismatches with the nearest form of an object; empty if one form matches.
    fn nearest<'w>(
        &self,
        forms: &[ObjectType],
        written: &'w Written<'w>,
        entries: &'w Entries<'w>,
        name: &PartName<'_>,
    ) -> Vec<Misfit<'w>> {
        let shared = Forms::new(forms);
        self.trials.set(self.trials.get() + 1);
        let mut tried: Vec<(usize, &ObjectType, Vec<Misfit<'w>>)> = forms
            .iter()
            .map(|form| {
                let misfits = self.object(form, written, entries, name, &shared);
                (misfits.iter().map(Misfit::weight).sum(), form, misfits)
            })
            .collect();
        self.trials.set(self.trials.get() - 1);
        tried.sort_by_key(|(weight, ..)| *weight);
        let mut tried = tried.into_iter();
        let Some((_, form, nearest)) = tried.next() else { return Vec::new() };
        let name = name.to_string();
        let is_own =
            |misfit: &Misfit<'_>| matches!(misfit, Misfit::Missing(missing) if missing.owner == name);
        let (own, mut misfits): (Vec<_>, Vec<_>) = nearest.into_iter().partition(is_own);
        let (fields, more) = lacks(own);
        if !fields.is_empty() {
            let incomplete = tried.filter(|(_, _, misfits)| misfits.iter().all(is_own));
            let others = incomplete.map(|(_, form, misfits)| {
                let (lacks, more) = lacks(misfits);
                Form { name: form.name.clone(), lacks, more }
            });
            let others = others.filter(|other| !fields.iter().all(|field| other.lacks.contains(field)));
            let choice = Choice { name: form.name.clone(), others: others.collect() };
            let place = written.place();
            let first: HashSet<String> = fields.iter().map(|(field, _)| field.clone()).collect();
            let owner = name.clone();
            misfits.push(Misfit::Missing(Missing { owner, place, fields, more, choice: Some(choice) }));
            if more > 0 && self.trials.get() == 0 {
                self.rest(form, entries, &first, (&name, place), &mut misfits);
            }
        }
        misfits
    }

    /// Lists the missing fields of a form beyond the `first` ones, as far as the budget of missing names allows.
    fn rest<'w>(
        &self,
        form: &ObjectType,
        entries: &'w Entries<'w>,
        first: &HashSet<String>,
        (owner, place): (&str, Span),
        misfits: &mut Vec<Misfit<'w>>,
    ) {
        let declared = Declared::of(form);
        let is_listed = |field: &str| entries.named(field).is_some() || first.contains(field);
        let rest = declared.required().iter().filter(|(field, _)| !is_listed(field));
        let rest = rest.take_while(|_| self.listed.lists(ALWAYS_LISTED)).map(|(field, ty)| {
            work::add(1);
            let fields = vec![(field.clone(), ty.clone())];
            Misfit::Missing(Missing { owner: owner.to_owned(), place, fields, more: 0, choice: None })
        });
        misfits.extend(rest);
    }
}

impl Misfit<'_> {
    /// The place to report.
    pub(crate) fn place(&self) -> Span {
        match self {
            Self::Type { written, .. } => written.span,
            Self::Unknown { key, .. } => *key,
            Self::Missing(missing) => missing.place,
        }
    }

    /// How strongly the mismatch speaks against a form: a literal that selects another form weighs most, a missing
    /// field least.
    fn weight(&self) -> usize {
        match self {
            Self::Type { expected: Type::String(Some(_)), written, .. } if written.literal().is_some() => 100,
            Self::Type { .. } | Self::Unknown { .. } => 10,
            Self::Missing(missing) => missing.fields.len() + missing.more,
        }
    }
}

/// The fields that are missing together, and the number of further ones.
fn lacks(misfits: Vec<Misfit<'_>>) -> (Vec<(String, Type)>, usize) {
    let missing = misfits.into_iter().filter_map(|misfit| match misfit {
        Misfit::Missing(missing) => Some(missing),
        _ => None,
    });
    missing.fold((Vec::new(), 0), |(mut fields, more), missing| {
        fields.extend(missing.fields);
        (fields, more + missing.more)
    })
}

fn is_open(written: &Written<'_>) -> bool {
    matches!(written.parts, Parts::Open)
}

/// Whether a field may have a value of this type in any of the forms.
fn accepts(forms: &[ObjectType], field: &str, ty: &Type) -> bool {
    Type::union(forms.iter().filter_map(|form| Some(form.field(field)?.ty))).accepts(ty)
}
