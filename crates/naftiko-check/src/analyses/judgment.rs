//! The verdict of a schema on one value, computed once and queried by part.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;

use naftiko_diagnostics::{Span, work};
use naftiko_schema::{Rule, Schema};

use crate::analyses::typed_value::{Parts, Written};

/// The verdict of a schema on a value, queried by the spans of the value's parts.
pub(crate) struct Judgment<'w> {
    /// Whether the validation budget was exhausted, so that nothing is known.
    exhausted: bool,
    /// The JSON pointers of violations, each with whether any violation there is about something other than a missing
    /// field.
    broken: BTreeMap<String, bool>,
    /// The pointer of the part at each span; the first part counts where several share one span.
    pointers: HashMap<Span, String>,
    /// For each key, the pointer of its object and the name of the entry.
    owners: HashMap<Span, (String, &'w str)>,
}

impl<'w> Judgment<'w> {
    /// Validates a whole value; parts that are known only at run time are ignored.
    pub(crate) fn of(schema: &Schema, whole: &Written<'w>) -> Self {
        let mut unknown = Vec::new();
        let value = whole.with_holes("", &mut unknown);
        let report = schema.examine_known(&value, &unknown, usize::MAX);
        let mut broken: BTreeMap<String, bool> = BTreeMap::new();
        for violation in report.violations {
            work::add(1);
            let is_missing = matches!(violation.rule, Rule::Required(_));
            *broken.entry(violation.pointer).or_default() |= !is_missing;
        }
        let mut judgment =
            Self { exhausted: report.exhausted, broken, pointers: HashMap::new(), owners: HashMap::new() };
        judgment.index(whole, &mut String::new());
        judgment
    }

    fn index(&mut self, part: &Written<'w>, pointer: &mut String) {
        work::add(1);
        self.pointers.entry(part.span).or_insert_with(|| pointer.clone());
        let length = pointer.len();
        match &part.parts {
            Parts::Literal(_) | Parts::Open => {}
            Parts::Items(items) => {
                for (at, item) in items.iter().enumerate() {
                    pointer.push('/');
                    pointer.push_str(&at.to_string());
                    self.index(item, pointer);
                    pointer.truncate(length);
                }
            }
            Parts::Entries(entries) => {
                for (name, entry) in entries.iter() {
                    if let Some(key) = entry.key {
                        self.owners.entry(key).or_insert_with(|| (pointer.clone(), name));
                    }
                    pointer.push('/');
                    pointer.push_str(&token(name));
                    self.index(entry, pointer);
                    pointer.truncate(length);
                }
            }
        }
    }

    /// Whether `run` rejects the part at a span: a violation is at this part, within it or around it. Fields missing
    /// around it do not count. True where nothing is known of the span.
    pub(crate) fn rejects(&self, part: Span) -> bool {
        work::add(1);
        let Some(pointer) = self.pointers.get(&part) else { return true };
        let around = pointer.match_indices('/').filter_map(|(end, _)| pointer.get(..end));
        self.exhausted
            || self.is_broken_within(pointer)
            || around.into_iter().any(|outer| self.broken.get(outer) == Some(&true))
    }

    /// Whether `run` accepts an undeclared entry with its key at `key`: the schema does not exclude the entry, and
    /// its object has no violation of its own.
    pub(crate) fn accepts(&self, key: Span) -> bool {
        work::add(1);
        let Some((owner, name)) = self.owners.get(&key) else { return false };
        let entry = format!("{owner}/{}", token(name));
        !self.exhausted && !self.broken.contains_key(owner) && !self.is_broken_within(&entry)
    }

    /// Whether there is a violation at a pointer or below it.
    fn is_broken_within(&self, pointer: &str) -> bool {
        let below = format!("{pointer}/");
        let after = (Bound::Included(below.as_str()), Bound::Unbounded);
        let mut after = self.broken.range::<str, _>(after);
        self.broken.contains_key(pointer) || after.next().is_some_and(|(first, _)| first.starts_with(&below))
    }
}

/// Escapes a name as a token of a JSON pointer.
fn token(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
