//! Diagnostics for files, pipes and CI: `path:line:column: severity[code]: message`, and what belongs to it below.

use naftiko_diagnostics::{Diagnostic, SourceMap, Span};
use naftiko_text::{Printable, printable};

use crate::Style;

/// One diagnostic; the first line can be read by any tool that knows compilers.
pub fn plain(diagnostic: &Diagnostic, sources: &SourceMap, style: Style) -> Printable {
    let mut out = first_line(diagnostic, sources, style);
    if !diagnostic.primary.text.is_empty() {
        out.push(&printable!("  here: {}\n", diagnostic.primary.text));
    }
    for label in &diagnostic.related {
        out.push(&printable!("  {}: {}\n", place(label.span, sources), label.text));
    }
    if let Some(help) = &diagnostic.help {
        out.push(&printable!("  help: {}\n", help));
    }
    out
}

/// Where it is, what it is, and what is wrong.
fn first_line(diagnostic: &Diagnostic, sources: &SourceMap, style: Style) -> Printable {
    let severity = diagnostic.severity();
    let head = style.severity(severity, printable!("{}[{}]", severity.as_str(), diagnostic.code.id));
    printable!("{}: {}: {}\n", place(diagnostic.primary.span, sources), head, diagnostic.message)
}

fn place(span: Span, sources: &SourceMap) -> Printable {
    match sources.file(span.file) {
        Some(file) => {
            let at = file.line_column(span.range().start);
            // At the beginning of a line, the runners of GitHub would take this for a command.
            let command = file.name().starts_with("::") || file.name().starts_with("##[");
            let folder = if command { "./" } else { "" };
            printable!("{}{}:{}:{}", folder, file.name(), at.line, at.column)
        }
        None => "?".into(),
    }
}
