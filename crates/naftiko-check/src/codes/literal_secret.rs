//! A credential written in a document.
//!
//! A text anywhere in a document counts as a credential if it has the shape of one, such as `sk_live_…`. Under
//! `inputs`, `steps` and `auth`, a text that looks random also counts if the name of its key is that of a secret.
//! Placeholders (`<token>`, `…`, `example`) do not count.

use naftiko_diagnostics::{Code, Diagnostic, Severity};
use naftiko_spec::Kind;
use naftiko_syntax::{Node, Value};

pub(crate) static CODE: Code = Code {
    id: "literal-secret",
    severity: Severity::Error,
    summary: "a credential is written in a document",
};

pub(crate) fn find(root: &Node, kind: Kind) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    let named: &[&str] = match kind {
        Kind::Composition => &["inputs", "steps"],
        Kind::Capabilities => &["auth"],
        // Tests contain invented values under keys that are named like secrets.
        Kind::Test => &[],
    };
    for (key, entry) in root.as_mapping().into_iter().flat_map(naftiko_syntax::Mapping::iter) {
        Search { kind, by_name: named.contains(&key), diagnostics: &mut diagnostics }.node(key, &entry.value);
    }
    diagnostics
}

/// Reports a user or a password in an address of a provider.
pub(crate) fn in_url(node: &Node) -> Option<Diagnostic> {
    let text = node.as_str()?;
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next()?;
    let (user, _) = authority.rsplit_once('@')?;
    // `find` reports a credential that has a known shape.
    if user.is_empty() || by_shape(text).is_some() {
        return None;
    }
    let what = if user.contains(':') { "a password" } else { "a user" };
    Some(
        Diagnostic::new(&CODE, node.span, format!("{what} is written in the URL"))
            .with_label("every reader of the document can use it")
            .with_help("remove it from the URL, revoke it, and name the environment variables that hold it: \
                        `auth: {type: basic, usernameEnv: …, passwordEnv: …}`"),
    )
}

struct Search<'a> {
    kind: Kind,
    /// Whether the name of a key can mark its value as a credential in this part of the document.
    by_name: bool,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Search<'_> {
    /// Searches the value of a key. The depth of the recursion is bounded, because the parser limits the depth of
    /// documents.
    fn node(&mut self, key: &str, node: &Node) {
        match &node.value {
            Value::Mapping(mapping) => {
                let name = node.get("name").and_then(Node::as_str).unwrap_or_default();
                for (key, entry) in mapping.iter() {
                    // The default of an input is judged by the name of the input.
                    self.node(if key == "default" { name } else { key }, &entry.value);
                }
            }
            Value::Sequence(items) => items.iter().for_each(|item| self.node(key, item)),
            Value::String(_) => self.text(key, node),
            _ => {}
        }
    }

    fn text(&mut self, key: &str, node: &Node) {
        let text = node.as_str().unwrap_or_default();
        let what = by_shape(text).map(str::to_owned).or_else(|| {
            let named = names_secret(key) || (key == "envVar" && !is_variable(text));
            let told = self.by_name && named && !text.contains("${") && looks_random(text);
            told.then(|| format!("the value of `{key}`"))
        });
        let Some(what) = what else { return };
        let help = match self.kind {
            Kind::Capabilities => "remove it from the document, revoke it, and name the environment variable \
                                   that holds it: `envVar: …`",
            Kind::Test => "remove it from the document, revoke it, and use a made-up value",
            Kind::Composition => "remove it from the document, revoke it, and read it from an input with \
                                  `sensitive: true`",
        };
        self.diagnostics.push(
            Diagnostic::new(&CODE, node.span, format!("{what} is written in the document"))
                .with_label("every reader of the document can use it")
                .with_help(help),
        );
    }
}

/// The known shapes: the prefix, the minimum length of the rest in bytes, and the kind of the credential.
const SHAPES: &[(&str, usize, &str)] = &[
    ("sk_live_", 10, "a secret key"),
    ("sk_test_", 10, "a secret key"),
    ("rk_live_", 10, "a secret key"),
    ("sk-proj-", 16, "an API key"),
    ("sk-ant-", 16, "an API key"),
    ("ghp_", 20, "a GitHub token"),
    ("gho_", 20, "a GitHub token"),
    ("ghs_", 20, "a GitHub token"),
    ("ghu_", 20, "a GitHub token"),
    ("ghr_", 20, "a GitHub token"),
    ("github_pat_", 20, "a GitHub token"),
    ("glpat-", 16, "a GitLab token"),
    ("xoxb-", 10, "a Slack token"),
    ("xoxp-", 10, "a Slack token"),
    ("xoxa-", 10, "a Slack token"),
    ("xapp-", 10, "a Slack token"),
    ("whsec_", 16, "the secret of a webhook"),
    ("AKIA", 16, "an AWS access key"),
    ("ASIA", 16, "an AWS access key"),
    ("AIza", 30, "a Google API key"),
    ("Bearer ", 16, "a bearer token"),
    ("bearer ", 16, "a bearer token"),
    ("Basic ", 12, "a password in base64"),
];

/// The kind of the credential whose shape occurs in a text: a private key, one of [`SHAPES`], or a signed token.
fn by_shape(text: &str) -> Option<&'static str> {
    if text.contains("-----BEGIN ") && text.contains("PRIVATE KEY-----") {
        return Some("a private key");
    }
    let shaped = SHAPES.iter().find(|(prefix, length, _)| {
        text.match_indices(prefix).any(|(at, _)| {
            let begins = text.get(..at).is_none_or(|before| !before.ends_with(is_token));
            let body = token(text.get(at + prefix.len()..).unwrap_or_default());
            // `Bearer` before an ordinary word is prose about tokens.
            let varied = !prefix.ends_with(' ') || (has_digit(body) && has_letter(body));
            let exact = !matches!(*prefix, "AKIA" | "ASIA") || body.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
            begins && body.len() >= *length && varied && exact && has_digit_or_mixed(body) && !is_stand_in(body)
        })
    });
    shaped.map(|(_, _, what)| *what).or_else(|| jwt(text).then_some("a signed token"))
}

/// Whether a text contains a JWT: three parts in base64, the first of which begins like a JSON object.
fn jwt(text: &str) -> bool {
    text.match_indices("eyJ").any(|(at, _)| {
        let parts: Vec<&str> = token(text.get(at..).unwrap_or_default()).split('.').collect();
        let long = parts.iter().take(2).all(|part| part.len() >= 10);
        parts.len() >= 3 && long && !parts.iter().any(|part| is_stand_in(part))
    })
}

/// Whether the name of a key is that of a credential: `password`, `client_secret`, `x-api-key`, but not `token_url`.
fn names_secret(key: &str) -> bool {
    let name = crate::ir::resource::fold(key.rsplit('.').next().unwrap_or_default());
    let ends = [
        "password", "passwd", "passphrase", "secret", "token", "apikey", "accesskey", "secretkey", "privatekey",
        "credential", "credentials", "authorization",
    ];
    // Page tokens and idempotency tokens give no access.
    let harmless = ["pagetoken", "nexttoken", "continuationtoken", "synctoken", "idempotencytoken"];
    ends.iter().any(|end| name.ends_with(end)) && !harmless.iter().any(|end| name.ends_with(end))
}

/// Whether a text looks like a generated secret or a strong password: at least 8 bytes with a digit, and either three
/// character classes, or two classes, 16 bytes and a high entropy. Placeholders and names do not.
fn looks_random(text: &str) -> bool {
    if text.len() < 8 || text.contains(char::is_whitespace) || is_stand_in(text) || is_name(text) {
        return false;
    }
    let classes = [
        has_digit(text),
        text.contains(|c: char| c.is_ascii_lowercase()),
        text.contains(|c: char| c.is_ascii_uppercase()),
        text.contains(|c: char| c.is_ascii_punctuation() && !matches!(c, '_' | '-' | '.' | '/' | ':')),
    ];
    let kinds = classes.into_iter().filter(|has| *has).count();
    (has_digit(text) && kinds >= 3) || (has_digit(text) && kinds >= 2 && text.len() >= 16 && entropy(text) >= 3.0)
}

/// Whether a text can be the name of an environment variable.
fn is_variable(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Whether a text is a name and not a secret: a constant such as `ACME_TOKEN`, `env:TOKEN_2`, a URL or a UUID.
fn is_name(text: &str) -> bool {
    let constant = text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    let is_uuid = text.len() == 36 && text.chars().filter(|c| *c == '-').count() == 4;
    (constant && text.contains('_')) || text.contains("://") || text.starts_with("env:") || is_uuid
}

/// Whether a text is a placeholder: it contains a word such as `example`, has at most three different characters, or
/// begins with `<`, `{`, `$` or `%`.
fn is_stand_in(text: &str) -> bool {
    let lower = text.to_lowercase();
    let words = ["example", "placeholder", "changeme", "redacted", "dummy", "your", "insert", "xxxx", "1234567890", "...", "…", "***"];
    let mut characters: Vec<char> = lower.chars().collect();
    characters.sort_unstable();
    characters.dedup();
    words.iter().any(|word| lower.contains(word)) || characters.len() <= 3 || text.starts_with(['<', '{', '$', '%'])
}

/// The Shannon entropy of a text in bits per character.
#[expect(clippy::cast_precision_loss, reason = "texts are far shorter than 2^52")]
fn entropy(text: &str) -> f64 {
    let mut counts = std::collections::BTreeMap::new();
    for character in text.chars() {
        *counts.entry(character).or_insert(0_usize) += 1;
    }
    let all = text.chars().count() as f64;
    counts.values().map(|&count| count as f64 / all).map(|share| -share * share.log2()).sum()
}

fn token(text: &str) -> &str {
    text.split_once(|c: char| !is_token(c)).map_or(text, |(token, _)| token)
}

fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '+' | '/' | '=')
}

fn has_digit(text: &str) -> bool {
    text.contains(|c: char| c.is_ascii_digit())
}

fn has_letter(text: &str) -> bool {
    text.contains(|c: char| c.is_ascii_alphabetic())
}

/// Whether a text has a digit or letters of both cases. An ordinary word has neither.
fn has_digit_or_mixed(text: &str) -> bool {
    has_digit(text) || (text.contains(|c: char| c.is_ascii_uppercase()) && text.contains(|c: char| c.is_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_known_by_their_shape() {
        for text in [
            // The literals are split so that no secret scanner reports this file.
            concat!("sk_", "live_9fQ2mZt7LkX0bV4c"),
            concat!("Authorization: Bearer ", "9fQ2mZt7LkX0bV4cAa"),
            concat!("gh", "p_9fQ2mZt7LkX0bV4cAa9fQ2mZt7LkX0bV4cAa"),
            concat!("AK", "IAJ4Q7ZL2M9XWB8TKD"),
            concat!("xox", "b-2047189512-9fQ2mZt7LkX0"),
            concat!("ey", "JhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjMifQ.c2lnbmF0dXJl"),
            "-----BEGIN RSA PRIVATE KEY-----\nMII",
        ] {
            assert!(by_shape(text).is_some(), "{text}");
        }
    }

    #[test]
    fn words_about_credentials_and_stand_ins_are_none() {
        for text in [
            "The secret key of a WorkOS environment; it starts with `sk_live_`.",
            "Bearer authentication",
            "Bearer <token>",
            "Bearer ${inputs.token}",
            "sk_test_example123456789",
            "sk_test_xxxxxxxxxxxxxxxx",
            "sk_test_your_key_goes_here",
            "AKIAIOSFODNN7EXAMPLE",
            "org_01KAJ3M5Q8RZT6V2W4X7Y9ABCD",
            "eyJ",
            "task_live_with_1234_colleagues",
        ] {
            assert_eq!(by_shape(text), None, "{text}");
        }
    }

    #[test]
    fn a_key_tells_of_a_credential_and_its_value_looks_like_one() {
        for key in ["password", "client_secret", "X-Api-Key", "header.authorization", "idpToken"] {
            assert!(names_secret(key), "{key}");
        }
        for key in ["token_url", "passwordEnv", "page_token", "secretary", "envVar"] {
            assert!(!names_secret(key), "{key}");
        }
        for value in ["Tr0ub4dor&3", "c9f2e81b7a4d6053", "hT7k-Qm2Z-x9Lp"] {
            assert!(looks_random(value), "{value}");
        }
        for value in [
            "letmein", "ACME_API_KEY_2", "<password>", "your-Token-1", "https://id.example/token1", "PASSWORD_v1…",
            "9b2d7f0e-1c3a-4f5b-8e6d-7a9c0b1d2e3f", "bearer", "refresh_token",
        ] {
            assert!(!looks_random(value), "{value}");
        }
    }
}
