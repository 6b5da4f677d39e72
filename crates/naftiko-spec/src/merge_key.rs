//! `<<`: merges mappings in YAML 1.1, and is an ordinary key in YAML 1.2.

use naftiko_diagnostics::Diagnostic;
use naftiko_syntax::{Node, Value};

use crate::codes::UNKNOWN_KEY;

/// Reports every merge key of a document in `text`. The keys that it should merge are missing, so no other problem of
/// such a document is reported. Quoted keys and the content of free keys (`x-…`) are ignored.
pub fn merge_keys(root: &Node, text: &str) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut open = vec![root];
    while let Some(node) = open.pop() {
        match &node.value {
            Value::Sequence(items) => open.extend(items),
            Value::Mapping(mapping) => {
                for (key, entry) in mapping.iter().filter(|(key, _)| !key.starts_with("x-")) {
                    open.push(&entry.value);
                    if key == "<<" && text.get(entry.key_span.range()) == Some("<<") {
                        let message = "`<<` is an ordinary key in YAML 1.2 and merges nothing";
                        let help = "write the merged keys here";
                        found.push(Diagnostic::new(&UNKNOWN_KEY, entry.key_span, message).with_help(help));
                    }
                }
            }
            _ => {}
        }
    }
    naftiko_diagnostics::sort(&mut found);
    // The content of an alias is in the tree several times.
    found.dedup();
    found
}
