//! Checks a written argument against its type, down to the part that does not fit.

use std::cell::Cell;
use std::collections::BTreeSet;

use naftiko_diagnostics::{Span, nearest};
use naftiko_expr::{ObjectType, Presence, Type};

use crate::written::{Parts, Written, entry_of, item};

/// How many parts are looked at: alternatives within alternatives may be hostile.
const MAX_PARTS: usize = 20_000;

/// A part that does not fit. `name` is what it is called: `address.city`, `lines[0].text`.
pub(crate) enum Misfit<'w> {
    /// A value of another type.
    Type { name: String, expected: Type, written: &'w Written<'w> },
    /// An object has a field that it may not have; `meant` is the one that was probably meant, of all `fields`.
    Unknown { owner: String, name: &'w str, key: Span, fields: Vec<String>, meant: Option<String> },
    /// An object lacks fields that it needs.
    Missing(Missing),
}

/// Fields that an object lacks.
pub(crate) struct Missing {
    /// What the object is called.
    pub(crate) owner: String,
    /// Where it stands.
    pub(crate) place: Span,
    /// The fields, with what they take.
    pub(crate) fields: Vec<(String, Type)>,
    /// Where the object may have several forms: these would make it the nearest of them.
    pub(crate) choice: Option<Choice>,
}

/// One of several forms of an object, of which a value is none.
pub(crate) struct Choice {
    /// The name of the form that is nearest.
    pub(crate) name: Option<String>,
    /// The others that are only not complete; none that lack the same and more.
    pub(crate) others: Vec<Form>,
}

/// A form of an object that is not complete.
pub(crate) struct Form {
    pub(crate) name: Option<String>,
    /// The fields that it lacks, with what they take.
    pub(crate) lacks: Vec<(String, Type)>,
}

/// What of a value does not fit a type; `name` is what the value is called.
pub(crate) fn misfits<'w>(expected: &Type, written: &'w Written<'w>, name: &str) -> Vec<Misfit<'w>> {
    let mut misfits = Vec::new();
    Fitting { left: Cell::new(MAX_PARTS) }.fit(expected, written, name, &mut misfits);
    misfits
}

struct Fitting {
    left: Cell<usize>,
}

impl Fitting {
    fn fit<'w>(&self, expected: &Type, written: &'w Written<'w>, name: &str, misfits: &mut Vec<Misfit<'w>>) {
        let Some(left) = self.left.get().checked_sub(1) else { return };
        self.left.set(left);
        let members = expected.members();
        if members.contains(&Type::Any) {
            return;
        }
        let fits = match &written.parts {
            Parts::Literal(_) | Parts::Open => expected.accepts(&written.ty),
            Parts::Items(items) => expected.items().is_some_and(|ty| {
                for (at, inner) in items.iter().enumerate() {
                    self.fit(&ty, inner, &item(name, at), misfits);
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
                    [only] => misfits.extend(self.object(only, written, entries, name, &objects)),
                    several => misfits.extend(self.nearest(several, written, entries, name)),
                }
                !objects.is_empty()
            }
        };
        if !fits {
            misfits.push(Misfit::Type { name: name.to_owned(), expected: expected.clone(), written });
        }
    }

    /// What does not fit one form of an object. A field that another of its `forms` has is no mistake.
    fn object<'w>(
        &self,
        object: &ObjectType,
        written: &'w Written<'w>,
        entries: &'w [(&'w str, Written<'w>)],
        name: &str,
        forms: &[ObjectType],
    ) -> Vec<Misfit<'w>> {
        let mut misfits = Vec::new();
        let fields: BTreeSet<String> = forms.iter().flat_map(|form| form.fields.keys().cloned()).collect();
        let mut intended: Vec<String> = Vec::new();
        for (field, entry) in entries {
            match object.field(field).filter(|found| found.presence != Presence::Never) {
                // What only a run knows may be of this form or of another.
                Some(_) if is_open(entry) && forms.len() > 1 && accepts(forms, field, &entry.ty) => {}
                Some(found) => self.fit(&found.ty, entry, &entry_of(name, field), &mut misfits),
                None if forms.iter().any(|form| form.field(field).is_some()) => {}
                None => {
                    let meant = nearest(field, fields.iter().map(String::as_str)).map(str::to_owned);
                    intended.extend(meant.clone());
                    let (owner, key) = (name.to_owned(), entry.key.unwrap_or(entry.span));
                    let fields = fields.iter().cloned().collect();
                    misfits.push(Misfit::Unknown { owner, name: field, key, fields, meant });
                }
            }
        }
        // What was meant by another name is not missing as well.
        let is_there =
            |field: &String| entries.iter().any(|(name, _)| name == field) || intended.contains(field);
        let needed = object.fields.iter().filter(|(_, field)| field.presence == Presence::Always);
        let missing = needed.filter(|(field, _)| !is_there(field));
        misfits.extend(missing.map(|(field, declared)| {
            let fields = vec![(field.clone(), declared.ty.clone())];
            Misfit::Missing(Missing { owner: name.to_owned(), place: written.place(), fields, choice: None })
        }));
        misfits
    }

    /// What does not fit the form of an object that comes nearest; nothing if one fits.
    fn nearest<'w>(
        &self,
        forms: &[ObjectType],
        written: &'w Written<'w>,
        entries: &'w [(&'w str, Written<'w>)],
        name: &str,
    ) -> Vec<Misfit<'w>> {
        let mut tried: Vec<(usize, &ObjectType, Vec<Misfit<'w>>)> = forms
            .iter()
            .map(|form| {
                let misfits = self.object(form, written, entries, name, forms);
                (misfits.iter().map(Misfit::weight).sum(), form, misfits)
            })
            .collect();
        tried.sort_by_key(|(weight, ..)| *weight);
        let mut tried = tried.into_iter();
        let Some((_, form, nearest)) = tried.next() else { return Vec::new() };
        let is_own =
            |misfit: &Misfit<'_>| matches!(misfit, Misfit::Missing(missing) if missing.owner == name);
        let (own, mut misfits): (Vec<_>, Vec<_>) = nearest.into_iter().partition(is_own);
        let fields: Vec<(String, Type)> = own.into_iter().flat_map(Misfit::fields).collect();
        if !fields.is_empty() {
            let incomplete = tried.filter(|(_, _, misfits)| misfits.iter().all(is_own));
            let others = incomplete.map(|(_, form, misfits)| Form {
                name: form.name.clone(),
                lacks: misfits.into_iter().flat_map(Misfit::fields).collect(),
            });
            let others = others.filter(|other| !fields.iter().all(|field| other.lacks.contains(field)));
            let choice = Choice { name: form.name.clone(), others: others.collect() };
            let owner = name.to_owned();
            misfits.push(Misfit::Missing(Missing {
                owner,
                place: written.place(),
                fields,
                choice: Some(choice),
            }));
        }
        misfits
    }
}

impl Misfit<'_> {
    /// Where it is reported.
    pub(crate) fn place(&self) -> Span {
        match self {
            Self::Type { written, .. } => written.span,
            Self::Unknown { key, .. } => *key,
            Self::Missing(missing) => missing.place,
        }
    }

    /// How much it speaks against the form of an object that it does not fit: a word that names another form most.
    fn weight(&self) -> usize {
        match self {
            Self::Type { expected: Type::String(Some(_)), written, .. } if written.literal().is_some() => 100,
            Self::Type { .. } | Self::Unknown { .. } => 10,
            Self::Missing(missing) => missing.fields.len(),
        }
    }

    fn fields(self) -> Vec<(String, Type)> {
        match self {
            Self::Missing(missing) => missing.fields,
            _ => Vec::new(),
        }
    }
}

fn is_open(written: &Written<'_>) -> bool {
    matches!(written.parts, Parts::Open)
}

/// Whether a field may have such a value, in one form or in another.
fn accepts(forms: &[ObjectType], field: &str, ty: &Type) -> bool {
    Type::union(forms.iter().filter_map(|form| Some(form.field(field)?.ty))).accepts(ty)
}
