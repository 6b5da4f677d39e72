//! Diagnostics as text for snapshots.

use crate::{Limits, Parsed, parse_bytes};
use naftiko_diagnostics::{Diagnostic, SourceMap, Span};

/// The diagnostics of a text, one a line: `place code: message | help | fix | related`.
pub(crate) fn told(text: &str) -> String {
    told_of_bytes(text.as_bytes(), &Limits::default())
}

pub(crate) fn told_of_bytes(bytes: &[u8], limits: &Limits) -> String {
    let mut sources = SourceMap::new();
    let (_, parsed) = parse_bytes("a.yaml", bytes, &mut sources, limits);
    lines(&parsed.diagnostics, &sources)
}

pub(crate) fn lines(diagnostics: &[Diagnostic], sources: &SourceMap) -> String {
    diagnostics.iter().map(|diagnostic| line(diagnostic, sources)).collect::<Vec<_>>().join("\n")
}

/// The tree of a text without diagnostics.
pub(crate) fn read(text: &str) -> Parsed {
    let mut sources = SourceMap::new();
    let (_, parsed) = parse_bytes("a.yaml", text.as_bytes(), &mut sources, &Limits::default());
    assert!(parsed.diagnostics.is_empty(), "{text}\n{}", lines(&parsed.diagnostics, &sources));
    parsed
}

fn line(diagnostic: &Diagnostic, sources: &SourceMap) -> String {
    let place = |span: Span| {
        let file = sources.file(span.file).unwrap();
        let (start, end) = (file.line_column(span.range().start), file.line_column(span.range().end));
        if start.line == end.line {
            format!("{}:{}-{}", start.line, start.column, end.column)
        } else {
            format!("{}:{}-{}:{}", start.line, start.column, end.line, end.column)
        }
    };
    let primary = &diagnostic.primary;
    let mut parts = vec![format!("{} {}: {}", place(primary.span), diagnostic.code.id, diagnostic.message)];
    if !primary.text.is_empty() {
        parts.push(format!("there: {}", primary.text));
    }
    parts.extend(diagnostic.help.as_ref().map(|help| format!("help: {help}")));
    parts.extend(diagnostic.fix.as_ref().map(|fix| {
        let edits = fix.edits.iter().map(|edit| format!("{} `{}`", place(edit.span), edit.replacement));
        format!("{:?} fix: {} = {}", fix.applicability, fix.title, edits.collect::<Vec<_>>().join(", "))
    }));
    parts.extend(diagnostic.related.iter().map(|label| format!("{} {}", place(label.span), label.text)));
    parts.join("\n    | ")
}

/// The diagnostics of a text.
pub(crate) fn diagnostics(text: &str) -> Vec<Diagnostic> {
    parse_bytes("a.yaml", text.as_bytes(), &mut SourceMap::new(), &Limits::default()).1.diagnostics
}
