//! Recognizes documents among the files of a folder.
//!
//! This runs for every file of a folder, so that most files are rejected without parsing them as YAML. A document with
//! errors is recognized too, so that the errors are reported.

use naftiko_diagnostics::SourceMap;
use naftiko_syntax::{Limits, parse_bytes};

use crate::Header;
use crate::codes::UNKNOWN_DOCUMENT_KIND;

/// Whether the header of a file claims a kind of document that can be read, or nearly does.
pub fn is_document(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start_matches('\u{feff}');
    if !claims(text).any(|_| true) {
        return false;
    }
    let (_, parsed) = parse_bytes("", bytes, &mut SourceMap::new(), &Limits::default());
    match parsed.root.as_ref().filter(|_| !parsed.is_cut_short()) {
        Some(root) => match Header::read(root) {
            Ok(_) => true,
            // A name similar to a known one has a fix.
            Err(found) => found.code != &UNKNOWN_DOCUMENT_KIND || found.fix.is_some(),
        },
        // Only the text is available: in JSON keys may be anywhere, in YAML a header is not indented.
        None => {
            let json = text.trim_start().starts_with('{');
            claims(text).any(|at| json || unindented(text, at))
        }
    }
}

/// The offsets of texts like `specification: Naftiko Capabilities`.
fn claims(text: &str) -> impl Iterator<Item = usize> {
    let quotes = ['"', '\''];
    text.match_indices("specification").filter_map(move |(at, key)| {
        let after = text.get(at + key.len()..)?;
        let after = after.strip_prefix(quotes).unwrap_or(after).trim_start().strip_prefix(':')?;
        // The value may be quoted, or a block scalar.
        let value = after.trim_start_matches(|c: char| c.is_whitespace() || "\"'>|-+".contains(c));
        let value: String = value.chars().take_while(|c| !matches!(c, '\n' | ',')).take(60).collect();
        let value = value.to_lowercase();
        (value.starts_with("naftiko") || value.contains("capabilit")).then_some(at)
    })
}

/// Whether an offset is at the start of its line, apart from a quote.
fn unindented(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    matches!(line, "" | "\"" | "'")
}

#[cfg(test)]
mod tests {
    use super::is_document;

    #[test]
    fn a_header_of_ours_makes_a_document() {
        for text in [
            "specification: Naftiko Capabilities\nspecificationVersion: '0.1'\n",
            "\u{feff}# x\r\n\"specification\" : 'Naftiko Capability Composition'\r\n",
            "{\"name\":\"x\",\"specification\":\"Naftiko Capabilities\",\"specificationVersion\":\"9\"}",
            "specification: >-\n  Naftiko Capabilities\n",
            "specification: Naftiko Capability Compositon\n",
        ] {
            assert!(is_document(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn a_broken_document_is_one_all_the_same() {
        for text in [
            "specification: Naftiko Capabilities\nsteps: [\n",
            "{\n  \"specification\": \"Naftiko Capabilities\",\n  \"steps\": [\n",
        ] {
            assert!(is_document(text.as_bytes()), "{text}");
        }
        assert!(is_document(b"specification: Naftiko Capabilities\nname: caf\xe9\n"), "not UTF-8");
    }

    #[test]
    fn everything_else_is_none() {
        for text in [
            "",
            "openapi: 3.1.0\ninfo: {description: 'see specification: Naftiko Capabilities'}\n",
            "example:\n  specification: Naftiko Capabilities\n",
            "example:\n  specification: Naftiko Capabilities\nbroken: [\n",
            "specification: OpenAPI\n",
            "specification: {const: Naftiko Capabilities}\n",
            "arazzo: 1.0.1\n",
        ] {
            assert!(!is_document(text.as_bytes()), "{text}");
        }
        assert!(!is_document(&[0, 159, 146, 150]));
    }
}
