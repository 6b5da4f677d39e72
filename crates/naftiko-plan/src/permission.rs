//! The operator's permissions: which secret may be sent to which server. Pure: nothing is asked, read or stored here.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use crate::{SecretName, ServerOrigin};

/// The kind of a secret's location.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum SecretKind {
    /// An environment variable.
    Variable,
    /// A file.
    File,
    /// A program that prints the secret.
    Program,
}

impl SecretKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Variable, Self::File, Self::Program];

    /// The kind as stored in approvals.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Variable => "variable",
            Self::File => "file",
            Self::Program => "program",
        }
    }
}

/// A secret as named in approvals, independent of the document that refers to it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct SecretId {
    /// The kind of its location.
    pub kind: SecretKind,
    /// The variable, the path of the file without links, or the program without its arguments.
    pub name: String,
}

impl SecretId {
    /// The id of a secret; `path` resolves the path of a file to its canonical form.
    pub fn of(secret: &SecretName, path: &dyn Fn(&str) -> String) -> Self {
        let name = secret.approval_name();
        match secret {
            SecretName::EnvVar(_) => Self { kind: SecretKind::Variable, name: name.to_owned() },
            SecretName::File(_) => Self { kind: SecretKind::File, name: path(name) },
            SecretName::Command(_) => Self { kind: SecretKind::Program, name: name.to_owned() },
        }
    }
}

/// A secret that may be sent to a server.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct SecretPair {
    /// The secret.
    pub secret: SecretId,
    /// The server.
    pub origin: ServerOrigin,
}

/// The permission of an option `--allow-secret NAME[=ORIGIN]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretAllowance {
    /// The variable, the path of the file or the program, as it was typed.
    pub name: String,
    /// The canonical path, if the name is that of a file; `None` if it was not resolved.
    pub path: Option<String>,
    /// The server; `None` allows every server.
    pub origin: Option<ServerOrigin>,
}

/// A malformed value of `--allow-secret`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not of the form NAME or NAME=ORIGIN; an origin is written like `https://api.example.com`"
)]
pub struct NotAnAllowance {
    text: String,
}

impl FromStr for SecretAllowance {
    type Err = NotAnAllowance;

    fn from_str(text: &str) -> Result<Self, NotAnAllowance> {
        let wrong = || NotAnAllowance { text: text.to_owned() };
        // A path may contain the sign; the last one precedes the origin.
        let (name, origin) = match text.rsplit_once('=') {
            Some((name, origin)) => (name, Some(origin.parse().map_err(|_| wrong())?)),
            None => (text, None),
        };
        if name.trim().is_empty() {
            return Err(wrong());
        }
        Ok(Self { name: name.to_owned(), path: None, origin })
    }
}

impl fmt::Display for SecretAllowance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        self.origin.as_ref().map_or(Ok(()), |origin| write!(f, "={origin}"))
    }
}

impl SecretAllowance {
    fn covers(&self, secret: &SecretId, origin: &ServerOrigin) -> bool {
        let is_named = match secret.kind {
            SecretKind::File => self.path.as_ref().is_some_and(|path| *path == secret.name),
            SecretKind::Variable | SecretKind::Program => self.name == secret.name,
        };
        is_named && self.origin.as_ref().is_none_or(|allowed| allowed == origin)
    }
}

/// All permissions of the operator for one run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SecretPermissions {
    /// The pairs that were approved at a terminal.
    pub approved: BTreeSet<SecretPair>,
    /// The permissions given to this process.
    pub allowed: Vec<SecretAllowance>,
    /// The servers given with `--base-url`: every secret of the run may be sent there.
    pub typed: BTreeSet<ServerOrigin>,
}

impl SecretPermissions {
    /// Whether a secret may be sent to a server.
    pub fn permit(&self, secret: &SecretId, origin: &ServerOrigin) -> bool {
        self.typed.contains(origin)
            || self.allowed.iter().any(|allowance| allowance.covers(secret, origin))
            || self.approved.contains(&SecretPair { secret: secret.clone(), origin: origin.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(text: &str) -> ServerOrigin {
        text.parse().unwrap()
    }

    fn variable(name: &str) -> SecretId {
        SecretId { kind: SecretKind::Variable, name: name.to_owned() }
    }

    #[test]
    fn an_allowance_is_read_with_its_server_or_for_every_server() {
        let read = |text: &str| text.parse::<SecretAllowance>().map(|it| (it.name, it.origin));
        assert_eq!(read("KEY"), Ok(("KEY".to_owned(), None)));
        let api = Some(origin("https://api.example"));
        assert_eq!(read("KEY=HTTPS://API.example:443"), Ok(("KEY".to_owned(), api.clone())));
        assert_eq!(read("a=b.key=https://api.example"), Ok(("a=b.key".to_owned(), api)));
        for wrong in
            ["", "=https://api.example", " ", "KEY=", "KEY=api.example", "KEY=https://api.example/v1"]
        {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn nothing_is_permitted_that_was_not_said() {
        let nothing = SecretPermissions::default();
        assert!(!nothing.permit(&variable("KEY"), &origin("https://api.example")));
    }

    #[test]
    fn an_approval_is_for_one_secret_and_one_server() {
        let secret = variable("KEY");
        let pair = SecretPair { secret: secret.clone(), origin: origin("https://api.example") };
        let permissions = SecretPermissions { approved: BTreeSet::from([pair]), ..Default::default() };
        assert!(permissions.permit(&secret, &origin("https://api.example")));
        for (other, at) in [
            (secret.clone(), "https://api.example:8443"),
            (secret.clone(), "http://api.example"),
            (secret.clone(), "https://example"),
            (variable("OTHER"), "https://api.example"),
            (SecretId { kind: SecretKind::Program, name: "KEY".to_owned() }, "https://api.example"),
            (SecretId { kind: SecretKind::File, name: "KEY".to_owned() }, "https://api.example"),
        ] {
            assert!(!permissions.permit(&other, &origin(at)), "{other:?} {at}");
        }
    }

    #[test]
    fn a_file_is_allowed_by_its_path_and_by_nothing_that_is_spelled_alike() {
        let file = SecretId { kind: SecretKind::File, name: "/etc/acme/token".to_owned() };
        let mut allowance: SecretAllowance = "token".parse().unwrap();
        let permit = |allowance: &SecretAllowance| {
            let permissions = SecretPermissions { allowed: vec![allowance.clone()], ..Default::default() };
            permissions.permit(&file, &origin("https://api.example"))
        };
        assert!(!permit(&allowance));
        allowance.path = Some("/etc/acme/token".to_owned());
        assert!(permit(&allowance));
    }

    #[test]
    fn a_server_that_was_typed_takes_every_secret_and_no_other_server_does() {
        let typed = BTreeSet::from([origin("http://127.0.0.1:9")]);
        let permissions = SecretPermissions { typed, ..Default::default() };
        assert!(permissions.permit(&variable("KEY"), &origin("http://127.0.0.1:9")));
        assert!(!permissions.permit(&variable("KEY"), &origin("http://127.0.0.1:10")));
    }
}
