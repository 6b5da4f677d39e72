//! An index of the names of one provider's operations and capabilities, built once and shared by all callers.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::rc::Rc;

use naftiko_diagnostics::{NameIndex, Near, Spanned, some_of, work};
use naftiko_openapi::Catalogue;
use naftiko_spec::{Capabilities, Capability};

use super::{Found, Provider};

/// The index of a provider's names.
#[derive(Default)]
pub(crate) struct OperationNames {
    /// The position of the first capability with each id.
    capabilities: HashMap<String, usize>,
    /// The position of each name in the list of a capability, by the position of the capability and the name.
    listed: HashMap<(usize, String), usize>,
    /// The position of the first capability that lists each name.
    listing: HashMap<String, usize>,
    /// The positions of the descriptions that have each `operationId`, ascending.
    described: HashMap<String, Vec<usize>>,
    /// The names to suggest for a step with a capability, by the position of the capability.
    suggested: Vec<Suggested>,
    /// The names to suggest for a step without a capability.
    suggested_by_all: Suggested,
    mapped: OnceCell<NameIndex<String>>,
    all_described: OnceCell<NameIndex<String>>,
}

/// Names that a capability lists, indexed on first use.
#[derive(Default)]
struct Suggested {
    /// The names that resolve to operations.
    standing: OnceCell<NameIndex<String>>,
    /// The names that are not mapped and that no description has.
    missing: OnceCell<NameIndex<String>>,
}

impl OperationNames {
    pub(super) fn new(capabilities: &Capabilities, catalogues: &[Rc<Catalogue>]) -> Self {
        let mut names = Self::default();
        for (at, capability) in capabilities.capabilities.iter().enumerate() {
            names.capabilities.entry(capability.id.value.clone()).or_insert(at);
            for (position, operation) in capability.operations.iter().enumerate() {
                work::add(1);
                names.listed.entry((at, operation.value.clone())).or_insert(position);
                names.listing.entry(operation.value.clone()).or_insert(at);
            }
            names.suggested.push(Suggested::default());
        }
        for (at, catalogue) in catalogues.iter().enumerate() {
            for id in catalogue.operations().filter_map(|entry| entry.id.as_ref()) {
                work::add(1);
                let having = names.described.entry(id.clone()).or_default();
                if having.last() != Some(&at) {
                    having.push(at);
                }
            }
        }
        names
    }

    /// The positions of the descriptions that have an operation with this id, ascending.
    pub(super) fn described(&self, id: &str) -> &[usize] {
        self.described.get(id).map(Vec::as_slice).unwrap_or_default()
    }

    /// Each `operationId` of the descriptions, in no particular order.
    pub(super) fn all_described(&self) -> impl Iterator<Item = &str> {
        self.described.keys().map(String::as_str)
    }

    /// The position of the first capability with an id.
    pub(super) fn capability(&self, id: &str) -> Option<usize> {
        self.capabilities.get(id).copied()
    }

    /// The place where a capability lists a name; `None` if it does not.
    pub(crate) fn listed<'c>(&self, capability: &'c Capability, name: &str) -> Option<&'c Spanned<String>> {
        let at = self.capability(&capability.id.value)?;
        capability.operations.get(*self.listed.get(&(at, name.to_owned()))?)
    }

    fn suggested(&self, capability: Option<&Capability>) -> &Suggested {
        let at = capability.and_then(|capability| self.capability(&capability.id.value));
        at.and_then(|at| self.suggested.get(at)).unwrap_or(&self.suggested_by_all)
    }
}

impl Provider {
    /// The index of the names of its operations and capabilities, built on first use.
    pub(crate) fn names(&self) -> &OperationNames {
        self.names.get_or_init(|| OperationNames::new(&self.capabilities, &self.catalogues))
    }

    /// The first capability that lists an operation.
    pub(crate) fn listing(&self, operation: &str) -> Option<&Capability> {
        self.capabilities.capabilities.get(*self.names().listing.get(operation)?)
    }

    /// The name nearest to `name` that `capability`, or any capability, lists and that resolves to an operation.
    pub(crate) fn nearest_standing(&self, name: &str, capability: Option<&Capability>) -> Option<Near<'_>> {
        self.standing(capability).nearest_with_distance(name)
    }

    /// Some of the names that `capability`, or any capability, lists and that resolve to operations, as text.
    pub(crate) fn some_standing(&self, capability: Option<&Capability>) -> Option<String> {
        some_of(self.standing(capability).names())
    }

    fn standing(&self, capability: Option<&Capability>) -> &NameIndex<String> {
        self.names().suggested(capability).standing.get_or_init(|| {
            let stands = |name: &&str| matches!(self.operation(name), Found::Operation { .. });
            NameIndex::new(self.listed_by(capability).filter(stands).map(str::to_owned))
        })
    }

    /// The name nearest to `name` that a capability lists, that is not mapped and that no description has.
    pub(crate) fn nearest_missing(&self, name: &str, capability: &Capability) -> Option<&str> {
        let index = self.names().suggested(Some(capability)).missing.get_or_init(|| {
            let is_missing =
                |name: &&str| matches!(self.operation(name), Found::Missing { mapping: None, .. });
            NameIndex::new(self.listed_by(Some(capability)).filter(is_missing).map(str::to_owned))
        });
        index.nearest(name)
    }

    fn listed_by(&self, capability: Option<&Capability>) -> impl Iterator<Item = &str> {
        let all = self.capabilities.capabilities.as_slice();
        let at = capability.and_then(|capability| self.names().capability(&capability.id.value));
        let listed = match at {
            Some(at) => all.get(at..=at).unwrap_or_default(),
            None => all,
        };
        listed.iter().flat_map(|capability| &capability.operations).map(|name| name.value.as_str())
    }

    /// The name nearest to `name` that the document maps to an existing operation.
    pub(crate) fn nearest_mapped(&self, name: &str) -> Option<Near<'_>> {
        let index = self.names().mapped.get_or_init(|| {
            let names = self.capabilities.operations.keys();
            let stands = |name: &&String| matches!(self.operation(name), Found::Operation { .. });
            NameIndex::new(names.filter(stands).cloned())
        });
        index.nearest_with_distance(name)
    }

    /// The `operationId` that is nearest to a name.
    pub(crate) fn nearest_described(&self, name: &str) -> Option<Near<'_>> {
        let index = self.names().all_described.get_or_init(|| {
            let entries = self.catalogues.iter().flat_map(|catalogue| catalogue.operations());
            NameIndex::new(entries.filter_map(|entry| entry.id.clone()))
        });
        index.nearest_with_distance(name)
    }
}
