//! Capabilities documents.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use jiff::SignedDuration;
use naftiko_diagnostics::{Diagnostic, Span, Spanned};
use naftiko_expr::{Base, ExprKind, Expression};
use naftiko_syntax::{Node, Value as Tree};

use super::Retry;
use super::reader::{Interval, Keys, count, duration, interval, items, text, texts};
use crate::codes::{INVALID_VALUE, MISSING_KEY};
use crate::{Edition, Header, Kind, validate};

/// The operations of a provider, in named groups.
#[derive(Debug, Clone)]
pub struct Capabilities {
    /// The edition.
    pub edition: Edition,
    /// The provider.
    pub provider_id: Option<Spanned<String>>,
    /// The URL that the paths of operations are appended to.
    pub base_url: Option<Spanned<String>>,
    /// The authentication of requests; `None` if the document does not specify it.
    pub auth: Option<Auth>,
    /// The entity that separates the provider's customers from each other, as named in parameters.
    pub tenant: Option<Spanned<String>>,
    /// The rate limit over all operations.
    pub rate_limit: Option<RateLimit>,
    /// Paths of OpenAPI descriptions, relative to the document.
    pub openapi: Vec<Spanned<String>>,
    /// The operations by the names that compositions use.
    pub operations: IndexMap<String, Mapping>,
    /// The groups.
    pub capabilities: Vec<Capability>,
    /// The position that represents the whole document: the key of its header.
    pub header: Span,
}

/// The authentication of requests.
#[derive(Debug, Clone)]
pub struct Auth {
    /// The scheme.
    pub kind: AuthKind,
    /// The position of the scheme.
    pub span: Span,
}

/// An authentication scheme. A secret that is `None` is missing, and has a diagnostic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuthKind {
    /// `Authorization: Bearer …`.
    Bearer {
        /// The token.
        token: Option<Secret>,
    },
    /// A key that is sent with every request.
    ApiKey {
        /// The place of the key in a request.
        place: KeyPlace,
        /// The name of the header, query parameter or cookie.
        name: String,
        /// The key.
        key: Option<Secret>,
    },
    /// `Authorization: Basic …` (RFC 7617), with a username and a password.
    Basic {
        /// The username.
        username: Secret,
        /// The password.
        password: Secret,
    },
    /// `Authorization: Basic …`, with `user:password` as one secret.
    BasicPair {
        /// Username and password, joined by `:`.
        credentials: Option<Secret>,
    },
    /// A token of the OAuth 2.0 client credentials grant (RFC 6749 §4.4).
    ClientCredentials {
        /// The URL of the token endpoint; one that starts with `/` is relative to the host of the base URL.
        token_url: String,
        /// The client's id.
        client_id: Secret,
        /// The client's secret.
        client_secret: Secret,
        /// The authentication of the client.
        client_auth: ClientAuth,
        /// The requested scopes.
        scopes: Vec<String>,
        /// The audience of the token.
        audience: Option<String>,
    },
    /// No credentials, stated explicitly.
    None,
    /// A scheme that edition 0.1 names but has no keys for.
    Unsupported(String),
    /// Incomplete; diagnostics report the missing parts.
    Unclear,
}

/// The name of a secret, never the secret itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Secret {
    /// In an environment variable.
    EnvVar(String),
    /// In a file, by its path relative to the document.
    File(String),
    /// In the output of a program: its name and its arguments.
    Command(Vec<String>),
}

/// The authentication of a client at the token endpoint (RFC 6749 §2.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientAuth {
    /// In the `Authorization` header.
    Basic,
    /// In the body.
    Form,
}

/// The place of a key in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the language's")]
pub enum KeyPlace {
    Header,
    Query,
    Cookie,
}

/// A named group of operations.
#[derive(Debug, Clone)]
pub struct Capability {
    /// The id.
    pub id: Spanned<String>,
    /// The names of the operations.
    pub operations: Vec<Spanned<String>>,
}

/// A named operation, with annotations.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// The position of the name.
    pub key: Span,
    /// The operation.
    pub target: Target,
    /// The annotations.
    pub facts: Facts,
}

/// Annotations of an operation that its description lacks.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The header that carries an idempotency key.
    pub idempotency_key: Option<String>,
    /// The effects of the operation on people's access.
    pub purposes: Vec<Spanned<Purpose>>,
    /// The retry policy for failed attempts, unless the step has its own.
    pub retry: Option<Retry>,
    /// The rate limit of the operation.
    pub rate_limit: Option<RateLimit>,
    /// The parts of the response that are never printed or stored unencrypted.
    pub sensitive: Vec<ResponsePath>,
    /// The parts of the response that expire, and when.
    pub expires: Vec<(ResponsePath, Interval)>,
}

/// An effect of an operation on people's access.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// Creates a person's sign-in.
    CreateUser,
    /// Grants a person access.
    GrantAccess,
    /// Changes the permissions of a person with access.
    ChangeAccess,
    /// Revokes a person's access.
    RevokeAccess,
    /// Reports whether an organization or its domain is verified.
    VerifyOrganization,
    /// Records an action for audit.
    RecordAudit,
    /// Creates a link that gives its holder access.
    MakeLink,
}

impl Purpose {
    /// The purpose with this keyword.
    fn of(word: &str) -> Option<Self> {
        Some(match word {
            "create-user" => Self::CreateUser,
            "grant-access" => Self::GrantAccess,
            "change-access" => Self::ChangeAccess,
            "revoke-access" => Self::RevokeAccess,
            "verify-organization" => Self::VerifyOrganization,
            "record-audit" => Self::RecordAudit,
            "make-link" => Self::MakeLink,
            _ => return None,
        })
    }
}

/// A rate limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// The number of calls.
    pub requests: u32,
    /// The period in which they may be made.
    pub per: SignedDuration,
}

/// A path into a response body: `link`, `data[*].secret`.
#[derive(Debug, Clone)]
pub struct ResponsePath {
    /// The path as an expression over the operation's own `response`.
    pub expression: Expression,
    /// The position of the path.
    pub span: Span,
}

/// A reference to an operation of a description.
#[derive(Debug, Clone)]
pub enum Target {
    /// By `operationId`.
    Id(Spanned<String>),
    /// By method and path.
    Route {
        /// The HTTP method, as written.
        method: Spanned<String>,
        /// The path, as written.
        path: Spanned<String>,
    },
    /// The name is the operation's own: the mapping only adds annotations.
    Itself,
}

impl Capabilities {
    /// Lowers a capabilities document. Malformed parts are reported and left out.
    pub fn lower(root: &Node, edition: Edition) -> (Self, Vec<Diagnostic>) {
        let header = Header { kind: Kind::Capabilities, edition };
        let keys = Keys::new(header);
        let mut diagnostics = validate::validate(root, header);
        keys.check(root, None, "a capabilities document", &mut diagnostics);
        let v0_2 = edition == Edition::V0_2;
        let capabilities = Self {
            edition,
            provider_id: text(root, "providerId"),
            base_url: text(root, "baseUrl"),
            auth: root.get("auth").map(|node| Auth::lower(node, keys, &mut diagnostics)),
            tenant: text(root, "tenant").filter(|_| v0_2),
            rate_limit: rate_limit(root, keys, &mut diagnostics),
            openapi: if v0_2 { texts(root, "openapi") } else { Vec::new() },
            operations: if v0_2 { operations(root, keys, &mut diagnostics) } else { IndexMap::new() },
            capabilities: items(root, "capabilities")
                .iter()
                .filter_map(|node| Capability::lower(node, keys, &mut diagnostics))
                .collect(),
            header: root.entry("specification").map_or(root.span, |entry| entry.key_span),
        };
        (capabilities, diagnostics)
    }

    /// The group with this id.
    pub fn capability(&self, id: &str) -> Option<&Capability> {
        self.capabilities.iter().find(|capability| capability.id.value == id)
    }
}

impl Capability {
    fn lower(node: &Node, keys: Keys, diagnostics: &mut Vec<Diagnostic>) -> Option<Self> {
        keys.check(node, Some("Capability"), "a capability", diagnostics);
        Some(Self { id: text(node, "id")?, operations: texts(node, "operationIds") })
    }
}

fn operations(root: &Node, keys: Keys, diagnostics: &mut Vec<Diagnostic>) -> IndexMap<String, Mapping> {
    let Some(mapping) = root.get("operations").and_then(Node::as_mapping) else { return IndexMap::new() };
    mapping
        .iter()
        .filter_map(|(name, entry)| {
            let node = &entry.value;
            let (target, facts) = match &node.value {
                Tree::String(_) => (Target::Id(node.as_spanned_string()?), Facts::default()),
                Tree::Mapping(_) => {
                    keys.check(node, Some("OperationDetails"), "an operation", diagnostics);
                    let facts = Facts::lower(node, keys, diagnostics);
                    (target(node, name, entry.key_span, diagnostics)?, facts)
                }
                _ => return None,
            };
            Some((name.to_owned(), Mapping { key: entry.key_span, target, facts }))
        })
        .collect()
}

impl Facts {
    fn lower(node: &Node, keys: Keys, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let retry = Retry::lower(node, keys, diagnostics);
        let rate_limit = rate_limit(node, keys, diagnostics);
        let sensitive = texts(node, "sensitive");
        let sensitive = sensitive.iter().filter_map(|text| ResponsePath::read(text, diagnostics)).collect();
        let mut expires = Vec::new();
        for (path, entry) in
            node.get("expires").and_then(Node::as_mapping).into_iter().flat_map(naftiko_syntax::Mapping::iter)
        {
            let path = ResponsePath::read(&Spanned::new(path.to_owned(), entry.key_span), diagnostics);
            expires.extend(path.zip(duration(&entry.value, diagnostics)));
        }
        let idempotency_key = text(node, "idempotencyKey").map(|key| key.value);
        let purposes = texts(node, "purpose").into_iter();
        // The schema has reported unknown words. A purpose that is listed twice is listed once.
        let mut listed = BTreeSet::new();
        let purposes = purposes.filter_map(|word| Some(Spanned::new(Purpose::of(&word.value)?, word.span)));
        let purposes = purposes.filter(|purpose| listed.insert(purpose.value));
        Self { idempotency_key, purposes: purposes.collect(), retry, rate_limit, sensitive, expires }
    }
}

fn rate_limit(node: &Node, keys: Keys, diagnostics: &mut Vec<Diagnostic>) -> Option<RateLimit> {
    if keys.edition() == Edition::V0_1 {
        return None;
    }
    node.get("rateLimit").and_then(|node| RateLimit::lower(node, keys, diagnostics))
}

impl RateLimit {
    fn lower(node: &Node, keys: Keys, diagnostics: &mut Vec<Diagnostic>) -> Option<Self> {
        node.as_mapping()?;
        keys.check(node, Some("RateLimit"), "`rateLimit`", diagnostics);
        let per = interval(node, "per", diagnostics)?;
        if per.value.is_zero() {
            diagnostics.push(
                Diagnostic::new(&INVALID_VALUE, per.span, "a rate limit requires a period above 0")
                    .with_help("write the period of `requests`, such as a second, minute or hour: `per: 1m`"),
            );
            return None;
        }
        Some(Self { requests: count(node, "requests")?.value, per: per.value })
    }
}

impl ResponsePath {
    pub(super) fn read(path: &Spanned<String>, diagnostics: &mut Vec<Diagnostic>) -> Option<Self> {
        let text = path.value.trim();
        let joint = if text.starts_with('[') { "" } else { "." };
        let expression = Expression::parse(&format!("response.body{joint}{text}")).ok();
        let is_path = |expression: &Expression| matches!(&expression.root().kind, ExprKind::Path(path) if matches!(path.base, Base::Root(..)));
        let expression = expression.filter(is_path);
        if expression.is_none() {
            diagnostics.push(
                Diagnostic::new(
                    &INVALID_VALUE,
                    path.span,
                    format!("`{}` is not a path into a response", path.value),
                )
                .with_help("paths begin at the body: `token`, `data[*].secret`, `['odd key']`"),
            );
        }
        Some(Self { expression: expression?, span: path.span })
    }
}

fn target(node: &Node, name: &str, key: Span, diagnostics: &mut Vec<Diagnostic>) -> Option<Target> {
    match (text(node, "operationId"), text(node, "method"), text(node, "path")) {
        (Some(id), None, None) => Some(Target::Id(id)),
        (None, Some(method), Some(path)) => Some(Target::Route { method, path }),
        (None, None, None) => Some(Target::Itself),
        (Some(id), ..) => {
            diagnostics.push(
                Diagnostic::new(&INVALID_VALUE, id.span, format!("`{name}` is mapped twice"))
                    .with_help("give `operationId`, or `method` and `path`, not both"),
            );
            None
        }
        (None, ..) => {
            diagnostics.push(
                Diagnostic::new(&MISSING_KEY, key, format!("`{name}` needs both `method` and `path`"))
                    .with_help("or its `operationId` alone"),
            );
            None
        }
    }
}
