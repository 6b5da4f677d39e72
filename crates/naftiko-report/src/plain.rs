//! Renders diagnostics for files, pipes and CI: `path:line:column: severity[code]: message`, with labels and help
//! below.

use naftiko_diagnostics::{Diagnostic, SourceMap, Span};
use naftiko_text::{Printable, printable};

use crate::Style;

/// Renders one diagnostic. Tools that read compiler output understand the first line.
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

/// The first line: place, severity, code and message.
fn first_line(diagnostic: &Diagnostic, sources: &SourceMap, style: Style) -> Printable {
    let severity = diagnostic.severity();
    let head = style.severity(severity, printable!("{}[{}]", severity.as_str(), diagnostic.code.id));
    printable!("{}: {}: {}\n", place(diagnostic.primary.span, sources), head, diagnostic.message)
}

fn place(span: Span, sources: &SourceMap) -> Printable {
    match sources.file(span.file) {
        Some(file) => {
            let at = file.line_column(span.range().start);
            // A line that begins with `::` or `##[` would be executed as a command by GitHub Actions.
            let command = file.name().starts_with("::") || file.name().starts_with("##[");
            let folder = if command { "./" } else { "" };
            printable!("{}{}:{}:{}", folder, file.name(), at.line, at.column)
        }
        None => "?".into(),
    }
}
