//! What the providers of a document offer, for a mock that stands in for them.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use naftiko_adapter::Operation;
use naftiko_spec::{AuthKind, Files, KeyPlace};

use crate::check::{Checked, Options, examine};
use crate::provider::{Found, Provider};

/// What a provider offers.
#[derive(Debug)]
pub struct Offer {
    /// Its id.
    pub provider: String,
    /// Where a request carries its credential.
    pub credential: CredentialPlace,
    /// Its operations, including those that no composition uses.
    pub operations: Vec<Arc<Operation>>,
    /// Operations by the names that the capabilities document gives them.
    pub named: BTreeMap<String, Arc<Operation>>,
}

/// Where a request carries its credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CredentialPlace {
    /// Nowhere: everybody is let in.
    Nowhere,
    /// In the header `Authorization`.
    Authorization,
    /// In this header.
    Header(String),
    /// In this parameter of the query.
    Query(String),
    /// In this cookie.
    Cookie(String),
}

/// Checks the document at `path`, and lists what its providers offer, in the order of their ids.
///
/// # Errors
/// When the file itself cannot be read.
pub fn offers(path: &Path, options: &Options, files: &dyn Files) -> io::Result<(Checked, Vec<Offer>)> {
    let (checked, mut providers) = examine(path, options, files)?;
    providers.sort_by(|one, other| one.id.cmp(&other.id));
    Ok((checked, providers.iter().map(offer).collect()))
}

fn offer(provider: &Rc<Provider>) -> Offer {
    let mut operations: Vec<Operation> = Vec::new();
    for catalogue in &provider.catalogues {
        let all = catalogue.operations().map(|entry| catalogue.operation(entry, &provider.id).0);
        operations.extend(all);
    }
    let mut names = Vec::new();
    for (name, mapping) in &provider.capabilities.operations {
        let Found::Operation { entry, .. } = provider.operation(name) else { continue };
        let is = |it: &Operation| it.method == entry.method && it.path == entry.path;
        let Some(at) = operations.iter().position(is) else { continue };
        // What the document knows of an operation besides its description.
        if let (Some(operation), Some(key)) = (operations.get_mut(at), &mapping.facts.idempotency_key) {
            operation.idempotency_key = Some(key.clone());
        }
        names.push((name.clone(), at));
    }
    let operations: Vec<Arc<Operation>> = operations.into_iter().map(Arc::new).collect();
    let named = names.into_iter().filter_map(|(name, at)| Some((name, Arc::clone(operations.get(at)?))));
    Offer {
        provider: provider.id.clone(),
        credential: credential(provider),
        named: named.collect(),
        operations,
    }
}

fn credential(provider: &Provider) -> CredentialPlace {
    match provider.capabilities.auth.as_ref().map(|auth| &auth.kind) {
        None | Some(AuthKind::None | AuthKind::Unclear) => CredentialPlace::Nowhere,
        Some(AuthKind::ApiKey { place, name, .. }) => match place {
            KeyPlace::Header => CredentialPlace::Header(name.clone()),
            KeyPlace::Query => CredentialPlace::Query(name.clone()),
            KeyPlace::Cookie => CredentialPlace::Cookie(name.clone()),
        },
        Some(_) => CredentialPlace::Authorization,
    }
}
