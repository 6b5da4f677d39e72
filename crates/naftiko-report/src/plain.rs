//! Diagnostics for files, pipes and CI: `path:line:column: severity[code]: message`, and what belongs to it below.

use std::fmt::Write as _;

use naftiko_diagnostics::{Diagnostic, SourceMap, Span};

use crate::Style;
use crate::visible::visible;

/// One diagnostic; the first line can be read by any tool that knows compilers.
pub fn plain(diagnostic: &Diagnostic, sources: &SourceMap, style: Style) -> String {
    let mut out = first_line(diagnostic, sources, style);
    if !diagnostic.primary.text.is_empty() {
        let _ = writeln!(out, "  here: {}", visible(&diagnostic.primary.text));
    }
    for label in &diagnostic.related {
        let _ = writeln!(out, "  {}: {}", place(label.span, sources), visible(&label.text));
    }
    if let Some(help) = &diagnostic.help {
        let _ = writeln!(out, "  help: {}", visible(help));
    }
    out
}

/// Where it is, what it is, and what is wrong.
pub(crate) fn first_line(diagnostic: &Diagnostic, sources: &SourceMap, style: Style) -> String {
    let severity = diagnostic.severity();
    let head = style.severity(severity, &format!("{}[{}]", severity.as_str(), diagnostic.code.id));
    format!("{}: {head}: {}\n", place(diagnostic.primary.span, sources), visible(&diagnostic.message))
}

fn place(span: Span, sources: &SourceMap) -> String {
    match sources.file(span.file) {
        Some(file) => {
            let at = file.line_column(span.range().start);
            format!("{}:{}:{}", visible(file.name()), at.line, at.column)
        }
        None => "?".to_owned(),
    }
}
