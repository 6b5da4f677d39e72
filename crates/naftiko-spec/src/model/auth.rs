//! `auth` of a capabilities document: the scheme, and the names of its secrets.

use naftiko_diagnostics::{Diagnostic, Spanned};
use naftiko_syntax::{Entry, Node};

use super::capabilities::{Auth, AuthKind, ClientAuth, KeyPlace, Secret};
use super::reader::{Keys, plain, text, texts};
use crate::Edition;
use crate::codes::{INVALID_VALUE, MISPLACED_KEY, MISSING_KEY};

/// The keys of every scheme, apart from `type` and `description`.
const SCHEMES: [(&str, &[&str]); 5] = [
    ("bearer", &["envVar", "file", "command"]),
    ("apiKey", &["in", "name", "envVar", "file", "command"]),
    ("basic", &["envVar", "file", "command", "usernameEnv", "username", "passwordEnv", "password"]),
    (
        "oauth2",
        &[
            "grant",
            "tokenUrl",
            "clientIdEnv",
            "clientId",
            "clientSecretEnv",
            "clientSecret",
            "clientAuth",
            "scopes",
            "audience",
        ],
    ),
    ("none", &[]),
];

/// The keys that can name a secret.
const PLACES: [&str; 3] = ["envVar", "file", "command"];

impl Auth {
    pub(super) fn lower(node: &Node, keys: Keys, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let Some(scheme) = text(node, "type") else {
            return Self { kind: AuthKind::Unclear, span: node.span };
        };
        // The schema has reported an unknown scheme.
        let Some((name, own)) = SCHEMES.into_iter().find(|(name, _)| *name == scheme.value) else {
            return Self { kind: AuthKind::Unclear, span: scheme.span };
        };
        let v0_2 = keys.edition() == Edition::V0_2;
        // Edition 0.1 has no keys for the other schemes, and rejects them as a whole.
        if v0_2 || matches!(name, "bearer" | "none") {
            keys.check(node, Some("Auth"), "`auth`", diagnostics);
        }
        if v0_2 {
            misplaced(node, name, own, diagnostics);
        }
        let mut reader = Reader { node, keys, scheme: &scheme, diagnostics, missing: Vec::new() };
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

/// Reports keys that belong to other schemes.
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
                format!("`{key}` is not a key of `type: {scheme}`"),
            )
            .with_help(help),
        );
    }
}

struct Reader<'a> {
    node: &'a Node,
    keys: Keys,
    scheme: &'a Spanned<String>,
    diagnostics: &'a mut Vec<Diagnostic>,
    /// The required keys of the scheme that are missing.
    missing: Vec<&'static str>,
}

impl Reader<'_> {
    /// The secret named by `envVar`, `file` or `command`; `what` names it in the diagnostic for its absence.
    fn secret(&mut self, what: &str, v0_2: bool) -> Option<Secret> {
        let places = if v0_2 { &PLACES[..] } else { &PLACES[..1] };
        if places.iter().any(|place| self.node.get(place).is_some()) {
            return self.place(self.node, places);
        }
        self.diagnostics.push(
            Diagnostic::new(&MISSING_KEY, self.scheme.span, "`envVar` is missing")
                .with_label(format!("authentication of type `{}` needs {what}", self.scheme.value))
                .with_help("name the environment variable that holds it: `envVar: …_API_KEY`"),
        );
        None
    }

    /// The only location in `node`; `None` if it is of the wrong type, which has been reported.
    fn place(&mut self, node: &Node, places: &[&str]) -> Option<Secret> {
        let mut named = places.iter().filter_map(|place| Some((*place, node.entry(place)?)));
        let (first, entry) = named.next()?;
        if let Some((other, entry)) = named.next() {
            self.beside(other, entry, &format!("`{first}`"));
            return None;
        }
        match first {
            "envVar" => entry.value.as_str().map(|variable| Secret::EnvVar(variable.to_owned())),
            "file" => entry.value.as_str().map(|path| Secret::File(path.to_owned())),
            _ => {
                let words = entry.value.as_sequence()?.iter().map(|word| word.as_str().map(str::to_owned));
                let words: Vec<String> = words.collect::<Option<_>>()?;
                if words.first().is_some_and(String::is_empty) {
                    let message = "the name of the program is empty";
                    self.diagnostics.push(Diagnostic::new(&INVALID_VALUE, entry.value.span, message));
                    return None;
                }
                (!words.is_empty()).then_some(Secret::Command(words))
            }
        }
    }

    /// The secret named by the key `variable`, or by a location under the key `mapping`.
    fn part(&mut self, variable: &'static str, mapping: &'static str) -> Option<Secret> {
        match (self.node.get(variable), self.node.entry(mapping)) {
            (Some(_), Some(entry)) => {
                self.beside(mapping, entry, &format!("`{variable}`"));
                None
            }
            (Some(_), None) => plain(self.node, variable).map(Secret::EnvVar),
            (None, Some(entry)) => {
                entry.value.as_mapping()?;
                let what = format!("`{mapping}`");
                self.keys.check(&entry.value, Some("SecretPlace"), &what, self.diagnostics);
                let names_none = PLACES.iter().all(|place| entry.value.get(place).is_none());
                // An unknown key has its own diagnostic.
                if names_none && self.keys.unknown(&entry.value, Some("SecretPlace")).is_empty() {
                    self.diagnostics.push(
                        Diagnostic::new(
                            &MISSING_KEY,
                            entry.key_span,
                            format!("{what} does not name a secret"),
                        )
                        .with_help("name its place: `envVar: …`, `file: …` or `command: […]`"),
                    );
                }
                self.place(&entry.value, &PLACES)
            }
            (None, None) => {
                self.missing.push(variable);
                None
            }
        }
    }

    /// Reports a key that is a second location of a secret.
    fn beside(&mut self, key: &str, entry: &Entry, other: &str) {
        self.diagnostics.push(
            Diagnostic::new(
                &MISPLACED_KEY,
                entry.key_span,
                format!("`{key}` cannot be combined with {other}"),
            )
            .with_help("a secret has one place; remove one of the two"),
        );
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
        let parts = ["usernameEnv", "username", "passwordEnv", "password"];
        if !parts.iter().any(|key| self.node.get(key).is_some()) {
            return AuthKind::BasicPair { credentials: self.secret("`user:password`", true) };
        }
        for key in PLACES {
            if let Some(entry) = self.node.entry(key) {
                self.beside(key, entry, "`usernameEnv` and `passwordEnv`");
            }
        }
        match (self.part("usernameEnv", "username"), self.part("passwordEnv", "password")) {
            (Some(username), Some(password)) => AuthKind::Basic { username, password },
            _ => AuthKind::Unclear,
        }
    }

    fn client_credentials(&mut self) -> AuthKind {
        let grant = self.needed("grant");
        let token_url = self.needed("tokenUrl");
        let client_id = self.part("clientIdEnv", "clientId");
        let client_secret = self.part("clientSecretEnv", "clientSecret");
        // The schema has reported any other value.
        let client_auth = match plain(self.node, "clientAuth").as_deref() {
            Some("form") => ClientAuth::Form,
            _ => ClientAuth::Basic,
        };
        match (grant, token_url, client_id, client_secret) {
            (Some(_), Some(token_url), Some(client_id), Some(client_secret)) => AuthKind::ClientCredentials {
                token_url,
                client_id,
                client_secret,
                client_auth,
                scopes: texts(self.node, "scopes").into_iter().map(|scope| scope.value).collect(),
                audience: plain(self.node, "audience"),
            },
            _ => AuthKind::Unclear,
        }
    }

    /// The text of a required key.
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
                .with_label(format!("authentication of type `{}` is incomplete", self.scheme.value))
                .with_help(format!("add {}", lines.join(", "))),
        );
    }
}
