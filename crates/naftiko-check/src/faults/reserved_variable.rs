//! A secret in an environment variable that is a setting of `naftiko` itself.

use naftiko_diagnostics::{Code, Diagnostic, Severity};
use naftiko_syntax::Node;

pub(crate) static CODE: Code = Code {
    id: "reserved-variable",
    severity: Severity::Error,
    summary: "a document names a setting of naftiko as a secret",
};

/// The keys of `auth` that name a variable.
const VARIABLES: [&str; 5] = ["envVar", "usernameEnv", "passwordEnv", "clientIdEnv", "clientSecretEnv"];

/// The keys of `auth` under which `envVar` names a variable.
const PLACES: [&str; 4] = ["username", "password", "clientId", "clientSecret"];

/// Every such variable in the `auth` of a capabilities document, whatever its edition.
pub(crate) fn find(root: &Node) -> Vec<Diagnostic> {
    let Some(auth) = root.get("auth") else { return Vec::new() };
    let direct = VARIABLES.iter().filter_map(|key| auth.get(key));
    let nested = PLACES.iter().filter_map(|key| auth.get(key)?.get("envVar"));
    let mut found: Vec<Diagnostic> = direct.chain(nested).filter_map(report).collect();
    found.sort_by_key(|diagnostic| diagnostic.primary.span.start);
    found
}

fn report(node: &Node) -> Option<Diagnostic> {
    let variable = node.as_str().filter(|variable| naftiko_plan::is_setting(variable))?;
    let message = format!("`{variable}` is a setting of `naftiko` itself, which is sent to no provider");
    Some(
        Diagnostic::new(&CODE, node.span, message)
            .with_help("name a variable that does not begin with `NAFTIKO_`, and put the secret there"),
    )
}
