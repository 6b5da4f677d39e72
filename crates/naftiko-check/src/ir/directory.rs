//! The providers of one composition, indexed by the names that its steps use.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::rc::Rc;

use naftiko_diagnostics::{NameIndex, work};
use naftiko_spec::Capability;

use crate::ir::provider::{Found, Provider};

/// Providers in order, with indexes of their capabilities and operations.
pub(crate) struct Directory<'a> {
    providers: &'a [Rc<Provider>],
    /// The first provider with each capability.
    by_capability: HashMap<&'a str, (usize, &'a Capability)>,
    capabilities: OnceCell<NameIndex<&'a str>>,
    /// The first provider that has each operation.
    by_operation: OnceCell<HashMap<&'a str, usize>>,
}

impl<'a> Directory<'a> {
    pub(crate) fn new(providers: &'a [Rc<Provider>]) -> Self {
        let mut by_capability = HashMap::new();
        for (at, provider) in providers.iter().enumerate() {
            for capability in &provider.capabilities.capabilities {
                work::add(1);
                by_capability.entry(capability.id.value.as_str()).or_insert((at, capability));
            }
        }
        Self { providers, by_capability, capabilities: OnceCell::new(), by_operation: OnceCell::new() }
    }

    pub(crate) fn providers(&self) -> &'a [Rc<Provider>] {
        self.providers
    }

    /// The first provider with a capability, and the capability.
    pub(crate) fn with_capability(&self, id: &str) -> Option<(&'a Provider, &'a Capability)> {
        let (at, capability) = self.by_capability.get(id)?;
        Some((self.providers.get(*at)?, capability))
    }

    /// An index of the names of all capabilities, for suggestions.
    pub(crate) fn capabilities(&self) -> &NameIndex<&'a str> {
        self.capabilities.get_or_init(|| {
            let providers = self.providers.iter();
            let all = providers.flat_map(|provider| &provider.capabilities.capabilities);
            NameIndex::new(all.map(|capability| capability.id.value.as_str()))
        })
    }

    /// The first provider with an operation of this name; the first provider of all if none has it. `None` if there
    /// is no provider.
    pub(crate) fn with_operation(&self, name: &str) -> Option<&'a Provider> {
        let by_operation = self.by_operation.get_or_init(|| self.index_operations());
        let at = by_operation.get(name).copied().unwrap_or_default();
        self.providers.get(at).map(Rc::as_ref)
    }

    fn index_operations(&self) -> HashMap<&'a str, usize> {
        let mut by_operation = HashMap::new();
        for (at, provider) in self.providers.iter().enumerate() {
            for name in provider.operation_names() {
                work::add(1);
                if !by_operation.contains_key(name)
                    && matches!(provider.operation(name), Found::Operation { .. })
                {
                    by_operation.insert(name, at);
                }
            }
        }
        by_operation
    }
}
