//! The names of one provider's operations and capabilities, indexed once for all that use them.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::rc::Rc;

use naftiko_diagnostics::{NameIndex, Near, Spanned, some_of, work};
use naftiko_openapi::Catalogue;
use naftiko_spec::{Capabilities, Capability};

use super::{Found, Provider};

/// Where the names of a provider are.
#[derive(Default)]
pub(crate) struct OperationNames {
    /// The first capability with each id.
    capabilities: HashMap<String, usize>,
    /// The position of each name in the list of a capability.
    listed: HashMap<(usize, String), usize>,
    /// The first capability that lists each name.
    listing: HashMap<String, usize>,
    /// The descriptions that have each `operationId`, in order.
    described: HashMap<String, Vec<usize>>,
    /// What is suggested for a step of each capability.
    suggested: Vec<Suggested>,
    /// What is suggested for a step without a capability.
    suggested_by_all: Suggested,
    mapped: OnceCell<NameIndex<String>>,
    all_described: OnceCell<NameIndex<String>>,
}

/// Names that a capability lists.
#[derive(Default)]
struct Suggested {
    /// Those that stand for operations.
    standing: OnceCell<NameIndex<String>>,
    /// Those that no description has.
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

    /// The descriptions that have an operation of this id, in order.
    pub(super) fn described(&self, id: &str) -> &[usize] {
        self.described.get(id).map(Vec::as_slice).unwrap_or_default()
    }

    /// Every name that a description has.
    pub(super) fn all_described(&self) -> impl Iterator<Item = &str> {
        self.described.keys().map(String::as_str)
    }

    /// The position of the first capability with an id.
    pub(super) fn capability(&self, id: &str) -> Option<usize> {
        self.capabilities.get(id).copied()
    }

    /// Where a capability lists a name.
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
    /// The names of its operations and capabilities.
    pub(crate) fn names(&self) -> &OperationNames {
        self.names.get_or_init(|| OperationNames::new(&self.capabilities, &self.catalogues))
    }

    /// The first capability that lists an operation.
    pub(crate) fn listing(&self, operation: &str) -> Option<&Capability> {
        self.capabilities.capabilities.get(*self.names().listing.get(operation)?)
    }

    /// The name, of those that a capability lists and stand for operations, that is nearest to another.
    pub(crate) fn nearest_standing(&self, name: &str, capability: Option<&Capability>) -> Option<Near<'_>> {
        self.standing(capability).nearest_with_distance(name)
    }

    /// The names that a capability, or any of them, lists and that stand for operations, as a list.
    pub(crate) fn some_standing(&self, capability: Option<&Capability>) -> Option<String> {
        some_of(self.standing(capability).names())
    }

    fn standing(&self, capability: Option<&Capability>) -> &NameIndex<String> {
        self.names().suggested(capability).standing.get_or_init(|| {
            let stands = |name: &&str| matches!(self.operation(name), Found::Operation { .. });
            NameIndex::new(self.listed_by(capability).filter(stands).map(str::to_owned))
        })
    }

    /// The name, of those that a capability lists and no description has, that is nearest to another.
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

    /// The name, of those that the document maps to operations, that is nearest to another.
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
