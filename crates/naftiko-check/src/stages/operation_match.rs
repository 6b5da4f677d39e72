//! Findings about an operation that was matched by name: the match is ambiguous, or the operation is described at
//! another server than the one requests go to.

use naftiko_diagnostics::{Diagnostic, Span, Spanned};
use naftiko_openapi::{Catalogue, Entry};
use naftiko_spec::{Mapping, Target};
use url::Url;

use crate::codes;
use crate::ir::provider::Provider;

/// An operation that a name was matched to.
pub(crate) struct Known<'a> {
    /// The name, and the place of its use.
    pub(crate) name: &'a Spanned<String>,
    /// The entry of the capability that lists it.
    pub(crate) listed: Option<&'a Spanned<String>>,
    pub(crate) mapping: Option<&'a Mapping>,
    pub(crate) catalogue: &'a Catalogue,
    pub(crate) entry: &'a Entry,
}

impl Known<'_> {
    /// The findings, placed where the capabilities document defines the name, since they can be resolved there.
    pub(crate) fn doubts(&self, provider: &Provider) -> Vec<Diagnostic> {
        self.ambiguity(provider).into_iter().chain(self.other_server(provider)).collect()
    }

    fn place(&self) -> Span {
        match self.mapping.map(|mapping| (&mapping.target, mapping.key)) {
            Some((Target::Id(id), _)) => id.span,
            Some((_, key)) => key,
            None => self.listed.unwrap_or(self.name).span,
        }
    }

    fn ambiguity(&self, provider: &Provider) -> Option<Diagnostic> {
        let sought = match self.mapping.map(|mapping| &mapping.target) {
            Some(Target::Route { .. }) => return None,
            Some(Target::Id(id)) => id.value.as_str(),
            Some(Target::Itself) | None => self.name.value.as_str(),
        };
        let found = provider.described(sought).map(|(_, entry)| entry);
        let others: Vec<&Entry> = found.filter(|entry| entry.span != self.entry.span).collect();
        let edition = provider.capabilities.edition;
        let name = &self.name.value;
        let report = codes::ambiguous_operation::report;
        (!others.is_empty()).then(|| report(self.place(), name, sought, self.entry, &others, edition))
    }

    fn other_server(&self, provider: &Provider) -> Option<Diagnostic> {
        let described =
            provider.other_server_or(self.entry, || other_server(provider, self.catalogue, self.entry))?;
        let base = provider.base_url();
        let report = codes::other_server::report;
        Some(report(self.place(), &self.name.value, self.entry, base.as_deref(), &described))
    }
}

/// The server at which an operation is described, if requests of the provider do not go there.
fn other_server(provider: &Provider, catalogue: &Catalogue, entry: &Entry) -> Option<String> {
    let base = provider.base_url();
    let is_said = provider.capabilities.base_url.is_some();
    let usual = catalogue.servers();
    let described = match catalogue.own_servers(entry) {
        Some(own) => own,
        // Without a `baseUrl`, the first of several descriptions decides.
        None if !is_said => usual.clone(),
        None => return None,
    };
    let at = |server: &String, place: &str| address(server, base.as_deref()) == address(place, None);
    let is_there = match &base {
        Some(base) if described.iter().any(|server| at(server, base)) => true,
        // The base URL is none of the usual servers, for example a sandbox: it then replaces the first of them.
        Some(base) if is_said && !usual.iter().any(|server| at(server, base)) => {
            usual.first().is_some_and(|usual| described.contains(usual))
        }
        _ => false,
    };
    described.into_iter().next().filter(|_| !is_there)
}

/// Normalizes a URL for comparison; a relative one is resolved against `base`.
fn address(server: &str, base: Option<&str>) -> String {
    let base = base.and_then(|base| Url::parse(base).ok());
    let url = Url::options().base_url(base.as_ref()).parse(server);
    let text = url.map_or_else(|_| server.to_owned(), String::from);
    text.trim_end_matches('/').to_owned()
}
