//! `auth` of a capabilities document: which scheme, and where its secrets are found.

use naftiko_diagnostics::{Diagnostic, Spanned};
use naftiko_syntax::Node;

use super::capabilities::{Auth, AuthKind, KeyPlace, Secret};
use super::reader::{Keys, plain, text, texts};
use crate::Edition;
use crate::codes::{MISPLACED_KEY, MISSING_KEY};

/// Every key that belongs to a scheme, besides `type` and `description`.
const SCHEMES: [(&str, &[&str]); 5] = [
    ("bearer", &["envVar", "file"]),
    ("apiKey", &["in", "name", "envVar", "file"]),
    ("basic", &["envVar", "file", "usernameEnv", "passwordEnv"]),
    ("oauth2", &["grant", "tokenUrl", "clientIdEnv", "clientSecretEnv", "scopes", "audience"]),
    ("none", &[]),
];

impl Auth {
    pub(super) fn lower(node: &Node, keys: Keys, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let Some(scheme) = text(node, "type") else {
            return Self { kind: AuthKind::Unclear, span: node.span };
        };
        // Not a scheme at all: the schema has said so.
        let Some((name, own)) = SCHEMES.into_iter().find(|(name, _)| *name == scheme.value) else {
            return Self { kind: AuthKind::Unclear, span: scheme.span };
        };
        let v0_2 = keys.edition() == Edition::V0_2;
        // Edition 0.1 has no keys for the other schemes, and they are refused as a whole.
        if v0_2 || matches!(name, "bearer" | "none") {
            keys.check(node, Some("Auth"), "`auth`", diagnostics);
        }
        if v0_2 {
            misplaced(node, name, own, diagnostics);
        }
        let mut reader = Reader { node, scheme: &scheme, diagnostics, missing: Vec::new() };
        let kind = match name {
            "bearer" => AuthKind::Bearer { token: reader.secret("a token", v0_2) },
            "none" => AuthKind::None,
            _ if !v0_2 => AuthKind::Unsupported(scheme.value.clone()),
            "apiKey" => reader.api_key(),
            "basic" => reader.basic(),
            _ => reader.client_credentials(),
        };
        reader.report_missing();
        Self { kind, span: scheme.span }
    }
}

/// Reports the keys of other schemes.
fn misplaced(node: &Node, scheme: &str, own: &[&str], diagnostics: &mut Vec<Diagnostic>) {
    let mut seen: Vec<&str> = own.to_vec();
    for key in SCHEMES.iter().flat_map(|(_, keys)| keys.iter().copied()) {
        if seen.contains(&key) {
            continue;
        }
        seen.push(key);
        let Some(entry) = node.entry(key) else { continue };
        let help = match own {
            [] => format!("`{scheme}` takes no other key"),
            own => format!("`{scheme}` takes {}", own.join(", ")),
        };
        diagnostics.push(
            Diagnostic::new(
                &MISPLACED_KEY,
                entry.key_span,
                format!("`{key}` means nothing to `type: {scheme}`"),
            )
            .with_help(help),
        );
    }
}

struct Reader<'a> {
    node: &'a Node,
    scheme: &'a Spanned<String>,
    diagnostics: &'a mut Vec<Diagnostic>,
    /// The keys that the scheme cannot do without, and that are not there.
    missing: Vec<&'static str>,
}

impl Reader<'_> {
    /// The secret of `envVar` or `file`; `what` is what is missing without it.
    fn secret(&mut self, what: &str, files: bool) -> Option<Secret> {
        let file = self.node.entry("file").filter(|_| files);
        match (plain(self.node, "envVar"), file) {
            (Some(_), Some(entry)) => {
                self.diagnostics.push(
                    Diagnostic::new(&MISPLACED_KEY, entry.key_span, "`file` means nothing beside `envVar`")
                        .with_help("a secret is found in one place; take one of the two away"),
                );
                None
            }
            (Some(variable), None) => Some(Secret::EnvVar(variable)),
            (None, Some(entry)) => entry.value.as_str().map(|path| Secret::File(path.to_owned())),
            // Of the wrong type, which has been said.
            (None, None) if self.node.get("envVar").is_some() => None,
            (None, None) => {
                self.diagnostics.push(
                    Diagnostic::new(&MISSING_KEY, self.scheme.span, "`envVar` is missing")
                        .with_label(format!("authentication of type `{}` needs {what}", self.scheme.value))
                        .with_help("name the environment variable that holds it: `envVar: …_API_KEY`"),
                );
                None
            }
        }
    }

    fn api_key(&mut self) -> AuthKind {
        let key = self.secret("a key", true);
        let place = self.needed("in").and_then(|place| match place.as_str() {
            "header" => Some(KeyPlace::Header),
            "query" => Some(KeyPlace::Query),
            "cookie" => Some(KeyPlace::Cookie),
            _ => None,
        });
        match (place, self.needed("name")) {
            (Some(place), Some(name)) => AuthKind::ApiKey { place, name, key },
            _ => AuthKind::Unclear,
        }
    }

    fn basic(&mut self) -> AuthKind {
        let split = ["usernameEnv", "passwordEnv"].iter().any(|key| self.node.get(key).is_some());
        if !split {
            return AuthKind::BasicPair { credentials: self.secret("`user:password`", true) };
        }
        for key in ["envVar", "file"] {
            if let Some(entry) = self.node.entry(key) {
                self.diagnostics.push(
                    Diagnostic::new(
                        &MISPLACED_KEY,
                        entry.key_span,
                        format!("`{key}` means nothing beside `usernameEnv` and `passwordEnv`"),
                    )
                    .with_help("a secret is found in one place; take one of the two away"),
                );
            }
        }
        match (self.needed("usernameEnv"), self.needed("passwordEnv")) {
            (Some(username), Some(password)) => {
                AuthKind::Basic { username: Secret::EnvVar(username), password: Secret::EnvVar(password) }
            }
            _ => AuthKind::Unclear,
        }
    }

    fn client_credentials(&mut self) -> AuthKind {
        let grant = self.needed("grant");
        let token_url = self.needed("tokenUrl");
        let client_id = self.needed("clientIdEnv");
        let client_secret = self.needed("clientSecretEnv");
        match (grant, token_url, client_id, client_secret) {
            (Some(_), Some(token_url), Some(client_id), Some(client_secret)) => AuthKind::ClientCredentials {
                token_url,
                client_id: Secret::EnvVar(client_id),
                client_secret: Secret::EnvVar(client_secret),
                scopes: texts(self.node, "scopes").into_iter().map(|scope| scope.value).collect(),
                audience: plain(self.node, "audience"),
            },
            _ => AuthKind::Unclear,
        }
    }

    /// The text of a key that the scheme cannot do without.
    fn needed(&mut self, key: &'static str) -> Option<String> {
        if self.node.get(key).is_none() {
            self.missing.push(key);
        }
        plain(self.node, key)
    }

    fn report_missing(&mut self) {
        let Some((last, others)) = self.missing.split_last() else { return };
        let names = match others {
            [] => format!("`{last}` is missing"),
            others => {
                let others: Vec<String> = others.iter().map(|key| format!("`{key}`")).collect();
                format!("{} and `{last}` are missing", others.join(", "))
            }
        };
        let lines: Vec<String> = self.missing.iter().map(|key| format!("`{key}: …`")).collect();
        self.diagnostics.push(
            Diagnostic::new(&MISSING_KEY, self.scheme.span, names)
                .with_label(format!("authentication of type `{}` needs more", self.scheme.value))
                .with_help(format!("add {}", lines.join(", "))),
        );
    }
}
