//! Providers: capabilities documents with their OpenAPI descriptions.

mod names;

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use naftiko_adapter::{Method, Place};
use naftiko_diagnostics::{Diagnostic, Span, Spanned};
use naftiko_openapi::{Catalogue, Entry};
use naftiko_spec::{
    AuthKind, Capabilities, Composition, Edition, Facts, Header, KeyPlace, Kind, Mapping, Target,
};
use naftiko_syntax::Node;

use crate::codes;
use crate::session::check::Options;
use crate::stages::addresses;
use crate::stages::annotations;
use crate::stages::load::Loader;
use crate::stages::operation_match;
use crate::stages::operation_match::Known;
use crate::stages::resolve::Resolution;

pub(crate) use self::names::OperationNames;

/// A capabilities document with the descriptions of its operations.
pub(crate) struct Provider {
    /// The id; empty if the document has none.
    pub(crate) id: String,
    /// The path of the document.
    pub(crate) path: PathBuf,
    /// The document.
    pub(crate) capabilities: Capabilities,
    /// Operation names with an unreadable mapping, which has its diagnostic.
    unclear: BTreeSet<String>,
    /// The descriptions; if there are none, all types are *any*.
    pub(crate) catalogues: Vec<Rc<Catalogue>>,
    /// Whether a named description could not be read, which has its diagnostic.
    pub(crate) is_broken: bool,
    /// The folder of the document, to which its paths are relative.
    pub(crate) folder: PathBuf,
    names: OnceCell<OperationNames>,
    /// Resolved operations, by the addresses of their entry and mapping: many steps use one operation.
    resolutions: RefCell<HashMap<(usize, usize), Resolution>>,
    /// The servers at which operations are described, if they differ from the provider's; by the address of the
    /// entry.
    other_servers: RefCell<HashMap<usize, Option<String>>>,
}

/// The result of looking up an operation name.
pub(crate) enum Found<'a> {
    /// An operation of a description.
    Operation { catalogue: &'a Catalogue, entry: &'a Entry, mapping: Option<&'a Mapping> },
    /// No such operation.
    Missing { mapping: Option<&'a Mapping>, sought: &'a str },
    /// No description to search, or an unreadable mapping.
    Undescribed,
}

impl Provider {
    /// The providers of a composition: those it names, or the one that its `providerId` identifies.
    pub(crate) fn find(
        composition: &Composition,
        path: &Path,
        options: &Options,
        loader: &mut Loader<'_>,
    ) -> Vec<Rc<Self>> {
        let mut providers = Vec::new();
        let folder = path.parent().unwrap_or(Path::new(""));
        if options.capabilities.is_none() {
            for named in &composition.capabilities {
                providers.extend(Self::named(named, folder, options, loader));
            }
        }
        if providers.is_empty() && (composition.capabilities.is_empty() || options.capabilities.is_some()) {
            match Self::search(composition, path, options, loader) {
                Ok(found) => providers.extend(found.and_then(|path| Self::read(&path, options, loader))),
                Err(diagnostic) => loader.report([*diagnostic]),
            }
        }
        providers
    }

    fn named(
        named: &Spanned<String>,
        folder: &Path,
        options: &Options,
        loader: &mut Loader<'_>,
    ) -> Option<Rc<Self>> {
        let path = loader.admitted(named, folder, "capabilities document")?;
        if !loader.exists(&path) {
            loader.report([codes::missing_file::report(named, &path, "capabilities document")]);
            return None;
        }
        Self::read(&path, options, loader)
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
    fn read(path: &Path, options: &Options, loader: &mut Loader<'_>) -> Option<Rc<Self>> {
        let key = loader.absolute(path);
        if let Some(known) = loader.providers.get(&key) {
            return known.clone();
        }
        let provider = Self::read_anew(path, options, loader).map(Rc::new);
        loader.providers.insert(key, provider.clone());
        provider
    }

    fn read_anew(path: &Path, options: &Options, loader: &mut Loader<'_>) -> Option<Self> {
        let root = loader.read(path).ok().flatten()?;
        match Header::read(&root) {
            Ok(Header { kind: Kind::Capabilities, edition }) => {
                loader.note_ambiguous(&root);
                let capabilities = lower(&root, edition, loader);
                Some(Self::load(capabilities, &root, path, &options.openapi, loader))
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
    ) -> Self {
        let folder = path.parent().unwrap_or(Path::new(""));
        let id = capabilities.provider_id.as_ref().map(|id| id.value.clone()).unwrap_or_default();
        let folder = folder.to_path_buf();
        let mut catalogues = Vec::new();
        if given.is_empty() {
            for named in &capabilities.openapi {
                let Some(path) = loader.admitted(named, &folder, "OpenAPI description") else { continue };
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
        Self {
            id,
            path: path.to_path_buf(),
            capabilities,
            unclear,
            catalogues,
            is_broken,
            folder,
            names: OnceCell::new(),
            resolutions: RefCell::default(),
            other_servers: RefCell::default(),
        }
    }

    /// Whether the provider has a description.
    pub(crate) fn is_described(&self) -> bool {
        !self.catalogues.is_empty()
    }

    /// The URL that requests go to: the `baseUrl` of the document, or the first server of its first description.
    pub(crate) fn base_url(&self) -> Option<String> {
        let described =
            || self.catalogues.first().and_then(|catalogue| catalogue.servers().into_iter().next());
        self.capabilities.base_url.as_ref().map(|url| url.value.clone()).or_else(described)
    }

    /// The note that operations are not checked, if no description is named.
    pub(crate) fn undescribed(&self, span: Span) -> Option<Diagnostic> {
        let silent = !self.is_described() && !self.is_broken;
        silent.then(|| codes::no_description::report(span, &self.id))
    }

    /// Looks up an operation name.
    pub(crate) fn operation<'a>(&'a self, name: &'a str) -> Found<'a> {
        // If some description could not be read, an operation that is not found may be in it.
        if !self.is_described() || self.unclear.contains(name) {
            return Found::Undescribed;
        }
        let mapping = self.capabilities.operations.get(name);
        let sought = match mapping.map(|mapping| &mapping.target) {
            Some(Target::Id(id)) => id.value.as_str(),
            Some(Target::Route { method, path }) => {
                return match self.route(&method.value, &path.value) {
                    Some((catalogue, entry)) => Found::Operation { catalogue, entry, mapping },
                    None if self.is_broken => Found::Undescribed,
                    None => Found::Missing { mapping, sought: "" },
                };
            }
            Some(Target::Itself) | None => name,
        };
        match self.described(sought).next() {
            Some((catalogue, entry)) => Found::Operation { catalogue, entry, mapping },
            None if self.is_broken => Found::Undescribed,
            None => Found::Missing { mapping, sought },
        }
    }

    /// The operations with an `operationId`, one for each description that has it.
    pub(crate) fn described(&self, id: &str) -> impl Iterator<Item = (&Catalogue, &Entry)> {
        let having = self.names().described(id).iter().filter_map(|at| self.catalogues.get(*at));
        having.filter_map(move |catalogue| Some((catalogue.as_ref(), catalogue.find(id)?)))
    }

    /// The operations whose ids are nearest to an unknown name.
    pub(crate) fn nearest(&self, sought: &str) -> Vec<&Entry> {
        self.catalogues.iter().flat_map(|catalogue| catalogue.nearest(sought)).collect()
    }

    /// Every name that may identify an operation.
    pub(crate) fn operation_names(&self) -> impl Iterator<Item = &str> {
        self.capabilities.operations.keys().map(String::as_str).chain(self.names().all_described())
    }

    /// An operation with its policies, and the findings about its description. The findings are returned only on the
    /// first call for an operation.
    pub(crate) fn resolution(
        &self,
        catalogue: &Catalogue,
        entry: &Entry,
        mapping: Option<&Mapping>,
    ) -> (Resolution, Vec<Diagnostic>) {
        let mapped = mapping.map_or(0, |mapping| std::ptr::from_ref(mapping).addr());
        let key = (std::ptr::from_ref(entry).addr(), mapped);
        if let Some(known) = self.resolutions.borrow().get(&key) {
            return (known.clone(), Vec::new());
        }
        let (mut operation, mut found) = catalogue.operation(entry, &self.id);
        operation.parameters.retain(|parameter| !is_credential(parameter, self));
        let none = Facts::default();
        let resolution = Resolution::new(operation, mapping.map_or(&none, |mapping| &mapping.facts));
        found.extend(annotations::check(&resolution));
        self.resolutions.borrow_mut().insert(key, resolution.clone());
        (resolution, found)
    }

    /// The server at which an operation is described, if requests do not go there.
    pub(crate) fn other_server(&self, catalogue: &Catalogue, entry: &Entry) -> Option<String> {
        let key = std::ptr::from_ref(entry).addr();
        if let Some(known) = self.other_servers.borrow().get(&key) {
            return known.clone();
        }
        let found = operation_match::other_server(self, catalogue, entry);
        self.other_servers.borrow_mut().insert(key, found.clone());
        found
    }

    fn route(&self, method: &str, path: &str) -> Option<(&Catalogue, &Entry)> {
        let method = Method::ALL.into_iter().find(|known| known.as_str().eq_ignore_ascii_case(method))?;
        let mut catalogues = self.catalogues.iter().map(Rc::as_ref);
        catalogues.find_map(|catalogue| Some((catalogue, catalogue.find_route(method, path)?)))
    }

    /// Checks every operation that the document lists or maps: reports unknown operations, and doubts about matched
    /// ones.
    pub(crate) fn check(&self) -> Vec<Diagnostic> {
        if !self.is_described() {
            return self.undescribed(self.capabilities.header).into_iter().collect();
        }
        let listed = self.capabilities.capabilities.iter().flat_map(|capability| &capability.operations);
        let mut diagnostics: Vec<Diagnostic> = Vec::new();
        let mut seen = BTreeSet::new();
        for name in listed.filter(|name| !self.capabilities.operations.contains_key(&name.value)) {
            match self.operation(&name.value) {
                Found::Missing { sought, .. } => {
                    let (near, edition) = (self.nearest(sought), self.capabilities.edition);
                    diagnostics.push(codes::unknown_operation::listed(name, &near, edition));
                }
                Found::Operation { catalogue, entry, mapping } if seen.insert(&name.value) => {
                    let known = Known { name, listed: Some(name), mapping, catalogue, entry };
                    diagnostics.extend(known.doubts(self));
                }
                Found::Operation { .. } | Found::Undescribed => {}
            }
        }
        for (name, mapping) in &self.capabilities.operations {
            match self.operation(name) {
                Found::Missing { sought, .. } => {
                    let near = self.nearest(sought);
                    diagnostics.push(codes::unknown_operation::mapped(name, mapping, &near));
                }
                Found::Operation { catalogue, entry, .. } => {
                    // Findings about the description itself are reported where a composition uses the operation.
                    let (resolution, _) = self.resolution(catalogue, entry, Some(mapping));
                    diagnostics.extend(annotations::check(&resolution));
                    let name = &Spanned::new(name.clone(), mapping.key);
                    let known = Known { name, listed: None, mapping: Some(mapping), catalogue, entry };
                    diagnostics.extend(known.doubts(self));
                }
                Found::Undescribed => {}
            }
        }
        diagnostics
    }
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

/// Whether a parameter carries the credential of the provider, which some descriptions list among the parameters. A
/// run sets it itself.
fn is_credential(parameter: &naftiko_adapter::Parameter, provider: &Provider) -> bool {
    let Some(AuthKind::ApiKey { place, name, .. }) =
        provider.capabilities.auth.as_ref().map(|auth| &auth.kind)
    else {
        return false;
    };
    match (place, parameter.place) {
        (KeyPlace::Header, Place::Header) => parameter.name.eq_ignore_ascii_case(name),
        (KeyPlace::Query, Place::Query) | (KeyPlace::Cookie, Place::Cookie) => parameter.name == *name,
        _ => false,
    }
}
