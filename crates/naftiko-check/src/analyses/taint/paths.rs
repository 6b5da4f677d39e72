//! A tree of the paths to the sensitive parts of a value, indexed by field names.

use std::collections::{BTreeSet, HashMap};

use naftiko_diagnostics::{Span, work};

/// A sensitive part of a value.
#[derive(Debug, Clone)]
pub(crate) struct Sensitive {
    /// The fields that lead from the value to the part.
    pub(crate) path: Vec<String>,
    /// The place that declares the part sensitive; if `None`, diagnostics point to the step that yields the value.
    pub(crate) span: Option<Span>,
    /// The explanation that diagnostics show at that place.
    pub(crate) reason: String,
    /// The provider that the part comes from; `None` if a person supplied it or its origin is unknown.
    pub(crate) provider: Option<String>,
}

/// All sensitive parts of one value, in the given order.
#[derive(Debug)]
pub(crate) struct Paths {
    all: Vec<Sensitive>,
    places: Vec<Place>,
    children: HashMap<(usize, String), usize>,
}

/// A node of the tree: a place in the value.
#[derive(Debug, Default)]
struct Place {
    /// The sensitive parts exactly here, the first for each provider.
    here: Firsts,
    /// The sensitive parts here and below, the first for each provider.
    within: Firsts,
    /// The indexes of the places of its fields.
    parts: Vec<usize>,
}

/// The index of the first sensitive part for each provider.
#[derive(Debug, Default)]
struct Firsts(HashMap<Option<String>, usize>);

impl Firsts {
    fn insert(&mut self, provider: Option<&String>, at: usize) {
        self.0.entry(provider.cloned()).or_insert(at);
    }
}

impl Paths {
    pub(crate) fn new(all: Vec<Sensitive>) -> Self {
        let mut paths = Self { all: Vec::new(), places: vec![Place::default()], children: HashMap::new() };
        for (at, sensitive) in all.iter().enumerate() {
            paths.insert(at, sensitive);
        }
        paths.all = all;
        paths
    }

    fn insert(&mut self, at: usize, sensitive: &Sensitive) {
        let provider = sensitive.provider.as_ref();
        let mut place = 0;
        let mut fields = sensitive.path.iter();
        loop {
            work::add(1);
            let next = fields.next().map(|field| self.part(place, field));
            if let Some(found) = self.places.get_mut(place) {
                found.within.insert(provider, at);
                if next.is_none() {
                    found.here.insert(provider, at);
                }
            }
            match next {
                Some(next) => place = next,
                None => return,
            }
        }
    }

    /// The index of the place of a field below the place `of`. Adds the place if it is new.
    fn part(&mut self, of: usize, field: &str) -> usize {
        let key = (of, field.to_owned());
        if let Some(known) = self.children.get(&key) {
            return *known;
        }
        let new = self.places.len();
        self.places.push(Place::default());
        self.children.insert(key, new);
        if let Some(place) = self.places.get_mut(of) {
            place.parts.push(new);
        }
        new
    }

    /// Whether no part of the value is sensitive.
    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The sensitive parts that contain `path` or lie within it. For each provider, it returns the first part at each
    /// place on the way and the first part within `path`.
    pub(crate) fn of(&self, path: &[String]) -> Vec<&Sensitive> {
        let (outer, end) = self.walk(path);
        let mut found: BTreeSet<usize> =
            outer.iter().flat_map(|place| place.here.0.values()).copied().collect();
        found.extend(end.into_iter().flat_map(|place| place.within.0.values()));
        found.into_iter().filter_map(|at| self.all.get(at)).collect()
    }

    /// Like [`of`](Self::of), with every sensitive part within `path`; `None` if `path` has more than `most` places
    /// within it.
    pub(crate) fn all_of(&self, path: &[String], most: usize) -> Option<Vec<&Sensitive>> {
        let (outer, end) = self.walk(path);
        let mut found: BTreeSet<usize> =
            outer.iter().flat_map(|place| place.here.0.values()).copied().collect();
        let mut pending: Vec<&Place> = end.into_iter().collect();
        let mut visited = 0;
        while let Some(place) = pending.pop() {
            visited += 1;
            if visited > most {
                return None;
            }
            found.extend(place.here.0.values());
            pending.extend(place.parts.iter().filter_map(|at| self.places.get(*at)));
        }
        Some(found.into_iter().filter_map(|at| self.all.get(at)).collect())
    }

    /// The places on the way to a part, and the place of the part itself if a part at or below it is sensitive.
    fn walk(&self, path: &[String]) -> (Vec<&Place>, Option<&Place>) {
        let mut at = 0;
        let mut outer = Vec::new();
        for field in path {
            work::add(1);
            outer.extend(self.places.get(at));
            match self.children.get(&(at, field.clone())) {
                Some(next) => at = *next,
                None => return (outer, None),
            }
        }
        (outer, self.places.get(at))
    }
}
