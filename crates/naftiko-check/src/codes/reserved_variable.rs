//! A secret in an environment variable that is a setting of `naftiko` itself.

use naftiko_diagnostics::{Code, Diagnostic, Severity};
use naftiko_syntax::{Mapping, Node};

pub(crate) static CODE: Code = Code {
    id: "reserved-variable",
    severity: Severity::Error,
    summary: "a document names a setting of naftiko as a secret",
};

/// Reports each such variable in the `auth` of a capabilities document of any edition, in the order of the text.
pub(crate) fn find(root: &Node) -> Vec<Diagnostic> {
    let Some(auth) = root.get("auth").and_then(Node::as_mapping) else { return Vec::new() };
    let nested = auth.iter().filter_map(|(_, entry)| entry.value.as_mapping());
    let entries = std::iter::once(auth).chain(nested).flat_map(Mapping::iter);
    let variables = entries.filter(|(key, _)| naftiko_spec::names_variable(key));
    let mut found: Vec<Diagnostic> = variables.filter_map(|(_, entry)| report(&entry.value)).collect();
    found.sort_by_key(|diagnostic| diagnostic.primary.span.start);
    found
}

fn report(node: &Node) -> Option<Diagnostic> {
    let variable = node.as_str().filter(|variable| naftiko_plan::is_setting(variable))?;
    let message = format!("`{variable}` is a setting of `naftiko`, and is never sent to a provider");
    Some(
        Diagnostic::new(&CODE, node.span, message)
            .with_help("name a variable that does not begin with `NAFTIKO_`, and put the secret there"),
    )
}
