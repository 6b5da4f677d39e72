//! Finds, loads and checks the capabilities documents of a composition.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use naftiko_diagnostics::{Diagnostic, Span, Spanned};
use naftiko_spec::{AuthKind, Capabilities, Composition, Edition, Header, Kind};
use naftiko_syntax::Node;

use crate::codes;
use crate::ir::options::Options;
use crate::ir::provider::{Found, Provider};
use crate::stages::addresses;
use crate::stages::annotations;
use crate::stages::load::Loader;
use crate::stages::operation;
use crate::stages::operation_match::Known;

/// The providers of a composition: those it names, or the one that its `providerId` identifies.
pub(crate) fn find(
    composition: &Composition,
    path: &Path,
    options: &Options,
    loader: &mut Loader<'_>,
) -> Vec<Rc<Provider>> {
    let mut providers = Vec::new();
    let folder = path.parent().unwrap_or(Path::new(""));
    if options.capabilities.is_none() {
        for named in &composition.capabilities {
            providers.extend(read_named(named, folder, options, loader));
        }
    }
    if providers.is_empty() && (composition.capabilities.is_empty() || options.capabilities.is_some()) {
        match search(composition, path, options, loader) {
            Ok(found) => providers.extend(found.and_then(|path| read(&path, options, loader))),
            Err(diagnostic) => loader.report([*diagnostic]),
        }
    }
    providers
}

fn read_named(
    named: &Spanned<String>,
    folder: &Path,
    options: &Options,
    loader: &mut Loader<'_>,
) -> Option<Rc<Provider>> {
    let path = loader.admitted(named, folder, "capabilities document")?;
    if !loader.exists(&path) {
        loader.report([codes::missing_file::report(named, &path, "capabilities document")]);
        return None;
    }
    read(&path, options, loader)
}

/// The path of the capabilities document: given by the operator, or `shared/<providerId>.yaml` beside the
/// composition or in a folder above it. `None` if the `providerId` already has a diagnostic.
fn search(
    composition: &Composition,
    path: &Path,
    options: &Options,
    loader: &Loader<'_>,
) -> Result<Option<PathBuf>, Box<Diagnostic>> {
    // The schema reports an id that is no file name; such an id must not lead out of the folder either.
    let provider = composition.provider_id.as_ref().filter(|id| is_file_name(&id.value));
    if let Some(given) = &options.capabilities {
        let in_folder = provider.map(|id| given.join(format!("{}.yaml", id.value)));
        let mut candidates = std::iter::once(given.clone()).chain(in_folder);
        return match candidates.find(|candidate| loader.exists(candidate)) {
            Some(found) => Ok(Some(found)),
            None => Err(Box::new(codes::no_capabilities::not_there(composition, given))),
        };
    }
    match (provider, &composition.provider_id) {
        (Some(id), _) => {
            let file = format!("shared/{}.yaml", id.value);
            let candidates = loader.folders(path).into_iter().map(|folder| (folder.join(&file), folder));
            match candidates.into_iter().find(|(candidate, _)| loader.exists(candidate)) {
                Some((found, folder)) if loader.may_read(&found, &folder) => Ok(Some(found)),
                Some((found, _)) => {
                    Err(Box::new(codes::outside_path::found(id, &found, "capabilities document")))
                }
                None => Err(Box::new(codes::no_capabilities::not_found(id))),
            }
        }
        (None, Some(_)) => Ok(None),
        (None, None) if composition.provider_is_unclear => Ok(None),
        (None, None) => Err(Box::new(codes::no_capabilities::no_provider(composition))),
    }
}

/// The capabilities document at a path. Each document is read, and its faults are reported, once per check.
fn read(path: &Path, options: &Options, loader: &mut Loader<'_>) -> Option<Rc<Provider>> {
    let key = loader.absolute(path);
    if let Some(known) = loader.providers.get(&key) {
        return known.clone();
    }
    let provider = read_anew(path, options, loader).map(Rc::new);
    loader.providers.insert(key, provider.clone());
    provider
}

fn read_anew(path: &Path, options: &Options, loader: &mut Loader<'_>) -> Option<Provider> {
    let root = loader.read(path).ok().flatten()?;
    match Header::read(&root) {
        Ok(Header { kind: Kind::Capabilities, edition }) => {
            loader.note_ambiguous(&root);
            let capabilities = lower(&root, edition, loader);
            Some(load(capabilities, &root, path, &options.openapi, loader))
        }
        Ok(header) => {
            loader.report([codes::wrong_document::report(&root, header.kind)]);
            None
        }
        Err(diagnostic) => {
            loader.report([*diagnostic]);
            None
        }
    }
}

/// Loads a capabilities document with its descriptions: those in `given`, or if empty those it names.
pub(crate) fn load(
    capabilities: Capabilities,
    root: &Node,
    path: &Path,
    given: &[PathBuf],
    loader: &mut Loader<'_>,
) -> Provider {
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut catalogues = Vec::new();
    if given.is_empty() {
        for named in &capabilities.openapi {
            let Some(path) = loader.admitted(named, folder, "OpenAPI description") else { continue };
            match loader.catalogue(&path) {
                Ok(catalogue) => catalogues.extend(catalogue),
                Err(_) => {
                    loader.report([codes::missing_file::report(named, &path, "OpenAPI description")]);
                }
            }
        }
    } else {
        for path in given {
            match loader.catalogue(path) {
                Ok(catalogue) => catalogues.extend(catalogue),
                Err(error) => {
                    loader.report([codes::missing_file::given(capabilities.header, path, &error)]);
                }
            }
        }
    }
    loader.report(codes::no_authentication::find(&capabilities));
    loader.report(addresses::check(root, &capabilities));
    loader.report(codes::reserved_variable::find(root));
    if let Some(auth) = &capabilities.auth
        && let AuthKind::Unsupported(scheme) = &auth.kind
    {
        loader.report([codes::unsupported_authentication::report(auth.span, scheme)]);
    }
    let sought = if given.is_empty() { capabilities.openapi.len() } else { given.len() };
    let is_broken = catalogues.len() < sought;
    let names = root.get("operations").and_then(Node::as_mapping).into_iter();
    let names = names.flat_map(naftiko_syntax::Mapping::iter).map(|(name, _)| name.to_owned());
    let unclear = names.filter(|name| !capabilities.operations.contains_key(name)).collect();
    Provider::new(capabilities, path, catalogues, is_broken, unclear)
}

/// Checks every operation that the document lists or maps: reports unknown operations, and doubts about matched
/// ones.
pub(crate) fn check(provider: &Provider) -> Vec<Diagnostic> {
    if !provider.is_described() {
        return codes::no_description::find(provider, provider.capabilities.header).into_iter().collect();
    }
    let listed = provider.capabilities.capabilities.iter().flat_map(|capability| &capability.operations);
    let mut diagnostics: Vec<Diagnostic> = Vec::new();
    let mut seen = BTreeSet::new();
    for name in listed.filter(|name| !provider.capabilities.operations.contains_key(&name.value)) {
        match provider.operation(&name.value) {
            Found::Missing { sought, .. } => {
                let (near, edition) = (provider.nearest(sought), provider.capabilities.edition);
                diagnostics.push(codes::unknown_operation::listed(name, &near, edition));
            }
            Found::Operation { catalogue, entry, mapping } if seen.insert(&name.value) => {
                let known = Known { name, listed: Some(name), mapping, catalogue, entry };
                diagnostics.extend(known.doubts(provider));
            }
            Found::Operation { .. } | Found::Undescribed => {}
        }
    }
    for (name, mapping) in &provider.capabilities.operations {
        match provider.operation(name) {
            Found::Missing { sought, .. } => {
                let near = provider.nearest(sought);
                diagnostics.push(codes::unknown_operation::mapped(name, mapping, &near));
            }
            Found::Operation { catalogue, entry, .. } => {
                // Findings about the description itself are reported where a composition uses the operation.
                let (resolution, _) = operation::resolution(provider, catalogue, entry, Some(mapping));
                diagnostics.extend(annotations::check(&resolution));
                let name = &Spanned::new(name.clone(), mapping.key);
                let known = Known { name, listed: None, mapping: Some(mapping), catalogue, entry };
                diagnostics.extend(known.doubts(provider));
            }
            Found::Undescribed => {}
        }
    }
    diagnostics
}

/// Lowers a capabilities document; findings are reported to the loader.
pub(crate) fn lower(root: &Node, edition: Edition, loader: &mut Loader<'_>) -> Capabilities {
    let written = codes::literal_secret::find(root, Kind::Capabilities);
    let (capabilities, mut diagnostics) = Capabilities::lower(root, edition);
    // A secret in place of the secret's name is one mistake, reported once.
    let secrets: BTreeSet<Span> = written.iter().map(|secret| secret.primary.span).collect();
    diagnostics.retain(|it| !secrets.contains(&it.primary.span));
    loader.report(written);
    loader.report(diagnostics);
    capabilities
}

fn is_file_name(id: &str) -> bool {
    !id.is_empty() && !id.contains(['/', '\\', '\0']) && !id.starts_with('.')
}
