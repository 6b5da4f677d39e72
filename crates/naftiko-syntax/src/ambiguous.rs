//! Plain scalars that YAML 1.1 reads differently.
//!
//! Many tools still implement YAML 1.1, so a document with such a scalar has different meanings in different tools.
//! That is not a mistake, so it is reported only on demand.

use naftiko_diagnostics::{Applicability, Diagnostic, Fix, Span};

use crate::codes::YAML_1_1_WORD;
use crate::lines;
use crate::tree::{Node, Value};

/// A note for every unquoted key and value of a tree that a YAML 1.1 reader interprets differently: `no`, `014`,
/// `1_000`, `12:30`. `text` is the source of the tree; `keywords` are keys that authors cannot choose, which are not
/// reported.
pub fn ambiguous_scalars(root: &Node, text: &str, keywords: &[&str]) -> Vec<Diagnostic> {
    let mut notes = Vec::new();
    let mut open = vec![root];
    while let Some(node) = open.pop() {
        match &node.value {
            Value::Sequence(items) => open.extend(items.iter().rev()),
            Value::Mapping(mapping) => {
                let chosen = mapping.iter().filter(|(key, _)| !keywords.contains(key));
                notes.extend(chosen.filter_map(|(_, entry)| note(text, entry.key_span)));
                open.extend(mapping.iter().map(|(_, entry)| &entry.value));
            }
            _ => notes.extend(note(text, node.span)),
        }
    }
    naftiko_diagnostics::sort(&mut notes);
    // An aliased value is in the tree several times.
    notes.dedup();
    notes
}

fn note(text: &str, span: Span) -> Option<Diagnostic> {
    let written = lines::slice(text, span.range());
    let meaning = meaning(written)?;
    let message = format!("`{written}` is {meaning} to readers of YAML 1.1");
    let fix = Fix::replace("write it in quotes", span, format!("'{written}'"), Applicability::Unsafe);
    let diagnostic = Diagnostic::new(&YAML_1_1_WORD, span, message);
    Some(diagnostic.with_help("write it in quotes if it is text").with_fix(fix))
}

/// Whether a YAML 1.1 reader interprets a plain scalar differently.
pub(crate) fn is_ambiguous(written: &str) -> bool {
    meaning(written).is_some()
}

/// The meaning of a plain scalar in YAML 1.1, if it differs from YAML 1.2.
fn meaning(written: &str) -> Option<&'static str> {
    let lower = written.to_ascii_lowercase();
    let is_one_case =
        [lower.as_str(), &written.to_ascii_uppercase()].contains(&written) || is_capitalized(written);
    match lower.as_str() {
        "yes" | "on" if is_one_case => return Some("`true`"),
        "no" | "off" if is_one_case => return Some("`false`"),
        _ => {}
    }
    let unsigned = written.strip_prefix(['-', '+']).unwrap_or(written);
    let digits = |allowed: fn(char) -> bool| {
        unsigned.starts_with(|c: char| c.is_ascii_digit()) && unsigned.chars().all(allowed)
    };
    if unsigned.len() > 1 && unsigned.starts_with('0') && digits(|c| matches!(c, '0'..='7' | '_')) {
        Some("an octal number")
    } else if unsigned.contains('_') && digits(|c| c.is_ascii_digit() || c == '_') {
        Some("a number")
    } else if is_base_60(unsigned) {
        Some("a number in base 60")
    } else {
        None
    }
}

fn is_capitalized(word: &str) -> bool {
    let mut characters = word.chars();
    characters.next().is_some_and(|first| first.is_ascii_uppercase())
        && characters.all(|c| c.is_ascii_lowercase())
}

/// Whether a text is like `12:30:45`.
fn is_base_60(text: &str) -> bool {
    let mut parts = text.split(':');
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let first = parts.next().is_some_and(|part| is_digits(part) && !part.starts_with('0'));
    let mut rest = parts.peekable();
    first
        && rest.peek().is_some()
        && rest.all(|part| is_digits(part) && part.parse().is_ok_and(|value: u32| value < 60))
}
