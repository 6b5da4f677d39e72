//! The operations of a document's providers, for a mock that serves them.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use naftiko_adapter::Operation;
use naftiko_spec::{AuthKind, Files, KeyPlace};

use crate::ir::options::Options;
use crate::ir::provider::{Found, Provider};
use crate::session::check::{Checked, examine};

/// A provider with its operations.
#[derive(Debug)]
pub struct Offer {
    /// The id of the provider.
    pub provider: String,
    /// The part of a request that carries the credential.
    pub credential: CredentialPlace,
    /// The operations, including those that no composition uses.
    pub operations: Vec<Arc<Operation>>,
    /// The operations by the names that the capabilities document gives them.
    pub named: BTreeMap<String, Arc<Operation>>,
}

/// The part of a request that carries the credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CredentialPlace {
    /// None: requests need no credential.
    Nowhere,
    /// The header `Authorization`.
    Authorization,
    /// This header.
    Header(String),
    /// This query parameter.
    Query(String),
    /// This cookie.
    Cookie(String),
}

/// Checks the document at `path`, and lists its providers with their operations, sorted by id.
///
/// # Errors
/// If the document itself cannot be read.
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
        // The capabilities document may add an idempotency key to the description.
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
