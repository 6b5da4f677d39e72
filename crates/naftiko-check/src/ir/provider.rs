//! Providers: capabilities documents with their OpenAPI descriptions.

mod names;

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use naftiko_adapter::Method;
use naftiko_openapi::{Catalogue, Entry};
use naftiko_spec::{Capabilities, Mapping, Target};

use crate::ir::resolved::Resolution;

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
    /// A provider with its document at `path` and its descriptions; `unclear` are the operation names with an
    /// unreadable mapping.
    pub(crate) fn new(
        capabilities: Capabilities,
        path: &Path,
        catalogues: Vec<Rc<Catalogue>>,
        is_broken: bool,
        unclear: BTreeSet<String>,
    ) -> Self {
        Self {
            id: capabilities.provider_id.as_ref().map(|id| id.value.clone()).unwrap_or_default(),
            path: path.to_path_buf(),
            capabilities,
            unclear,
            catalogues,
            is_broken,
            folder: path.parent().unwrap_or(Path::new("")).to_path_buf(),
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

    /// The resolution of an operation, from the result of `resolve` in an earlier call or in this one.
    pub(crate) fn resolution_or(
        &self,
        entry: &Entry,
        mapping: Option<&Mapping>,
        resolve: impl FnOnce() -> Resolution,
    ) -> Resolution {
        let mapped = mapping.map_or(0, |mapping| std::ptr::from_ref(mapping).addr());
        let key = (std::ptr::from_ref(entry).addr(), mapped);
        if let Some(known) = self.resolutions.borrow().get(&key) {
            return known.clone();
        }
        let resolution = resolve();
        self.resolutions.borrow_mut().insert(key, resolution.clone());
        resolution
    }

    /// The server at which an operation is described, if requests do not go there; from the result of `find` in an
    /// earlier call or in this one.
    pub(crate) fn other_server_or(
        &self,
        entry: &Entry,
        find: impl FnOnce() -> Option<String>,
    ) -> Option<String> {
        let key = std::ptr::from_ref(entry).addr();
        if let Some(known) = self.other_servers.borrow().get(&key) {
            return known.clone();
        }
        let found = find();
        self.other_servers.borrow_mut().insert(key, found.clone());
        found
    }

    fn route(&self, method: &str, path: &str) -> Option<(&Catalogue, &Entry)> {
        let method = Method::ALL.into_iter().find(|known| known.as_str().eq_ignore_ascii_case(method))?;
        let mut catalogues = self.catalogues.iter().map(Rc::as_ref);
        catalogues.find_map(|catalogue| Some((catalogue, catalogue.find_route(method, path)?)))
    }
}
