//! Paths to sensitive values, found by the fields that lead to them.

use std::collections::{BTreeSet, HashMap};

use naftiko_diagnostics::{Span, work};

/// Something sensitive in a value.
#[derive(Debug, Clone)]
pub(crate) struct Sensitive {
    /// The fields that lead to it.
    pub(crate) path: Vec<String>,
    /// Where it is said to be sensitive; `None`: the step that yields it stands for that.
    pub(crate) span: Option<Span>,
    /// What is to be seen there.
    pub(crate) reason: String,
    /// The provider it comes from; `None`: a person gave it, or nobody knows.
    pub(crate) provider: Option<String>,
}

/// Everything sensitive in one value, in order.
#[derive(Debug)]
pub(crate) struct Paths {
    all: Vec<Sensitive>,
    places: Vec<Place>,
    children: HashMap<(usize, String), usize>,
}

/// A place in the value.
#[derive(Debug, Default)]
struct Place {
    /// What is sensitive exactly here: one for each provider.
    here: Firsts,
    /// What is sensitive here or in parts of it: one for each provider.
    within: Firsts,
    /// The places of its parts.
    parts: Vec<usize>,
}

/// The first of each provider, by its position.
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

    /// The place of a field of what is at another place.
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

    /// Whether nothing is sensitive.
    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// What is sensitive of a part of the value, or of what it is part of: of each place on the way one for each
    /// provider, and one for each within the part.
    pub(crate) fn of(&self, path: &[String]) -> Vec<&Sensitive> {
        let (outer, end) = self.walk(path);
        let mut found: BTreeSet<usize> =
            outer.iter().flat_map(|place| place.here.0.values()).copied().collect();
        found.extend(end.into_iter().flat_map(|place| place.within.0.values()));
        found.into_iter().filter_map(|at| self.all.get(at)).collect()
    }

    /// Like [`of`](Self::of), with all that is within the part; nothing if that is more than `most`.
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

    /// The places on the way to a part, and the part itself if something in it is sensitive.
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
