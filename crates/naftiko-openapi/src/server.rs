//! The base URLs of an API.

use naftiko_syntax::{Node, Value};

use crate::Version;

/// The server URLs of `holder` (the root, a path item or an operation), with variables replaced by their defaults. A
/// URL with a variable without a default is left out.
pub(crate) fn servers(holder: &Node, version: Version) -> Vec<String> {
    if version == Version::V2_0 {
        return swagger_servers(holder);
    }
    let servers = holder.get("servers").and_then(Node::as_sequence).unwrap_or_default();
    servers
        .iter()
        .filter_map(|server| expanded(server.get("url")?.as_str()?, server.get("variables")))
        .collect()
}

fn expanded(url: &str, variables: Option<&Node>) -> Option<String> {
    let mut out = String::with_capacity(url.len());
    let mut rest = url;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, tail) = after.split_once('}')?;
        out.push_str(before);
        out.push_str(&scalar(variables?.get(name)?.get("default")?)?);
        rest = tail;
    }
    out.push_str(rest);
    Some(out)
}

fn scalar(node: &Node) -> Option<String> {
    match &node.value {
        Value::String(text) => Some(text.as_str().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}

fn swagger_servers(holder: &Node) -> Vec<String> {
    let base = holder.get("basePath").and_then(Node::as_str).unwrap_or_default();
    let Some(host) = holder.get("host").and_then(Node::as_str) else {
        return if base.is_empty() { Vec::new() } else { vec![base.to_owned()] };
    };
    let schemes = holder.get("schemes").and_then(Node::as_sequence).unwrap_or_default();
    let schemes: Vec<&str> = schemes.iter().filter_map(Node::as_str).collect();
    let schemes = if schemes.is_empty() { vec!["https"] } else { schemes };
    schemes.iter().map(|scheme| format!("{scheme}://{host}{base}")).collect()
}
