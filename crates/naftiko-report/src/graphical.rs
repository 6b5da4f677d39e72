//! Diagnostics for a terminal, drawn by `miette`: the lines of the document with what is wrong underlined.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};
use naftiko_diagnostics::{Diagnostic, FileId, Label, Severity, SourceMap};
use textwrap::{WordSeparator, WordSplitter};

use crate::Style;
use crate::labels::fitted;
use crate::visible::{visible, visible_source};

/// One diagnostic with the lines it speaks of. Places in other files follow as parts of their own.
pub fn graphical(diagnostic: &Diagnostic, sources: &SourceMap, style: Style) -> String {
    let home = diagnostic.primary.span.file;
    let (here, elsewhere): (Vec<_>, Vec<_>) =
        diagnostic.related.iter().partition(|label| is_beside(label, &diagnostic.primary, sources));
    let mut beside = Beside { sources, width: style.width, left_over: Vec::new() };
    let labels =
        std::iter::once((&diagnostic.primary, true)).chain(here.into_iter().map(|label| (label, false)));
    let labels = labels.map(|(label, primary)| beside.underline(label, primary)).collect();
    let help = diagnostic.help.as_deref().map(|help| visible(help).into_owned());
    let help: Vec<String> = beside.left_over.drain(..).chain(help).collect();
    let picture = Picture {
        code: Some(diagnostic.code.id),
        url: style.links.then(|| diagnostic.code.url()),
        severity: Some(diagnostic.severity()),
        message: visible(&diagnostic.message).into_owned(),
        help: (!help.is_empty()).then(|| help.join("\n")),
        source: source(home, sources),
        labels,
        elsewhere: elsewhere.into_iter().map(|label| other(label, sources)).collect(),
    };
    let theme = match (style.color, style.terminal) {
        (true, _) => GraphicalTheme::unicode(),
        (false, true) => GraphicalTheme::unicode_nocolor(),
        (false, false) => GraphicalTheme::none(),
    };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(style.width)
        .with_context_lines(1)
        // Words are kept whole: a name that is broken cannot be copied.
        .with_break_words(false)
        .with_word_separator(WordSeparator::AsciiSpace)
        .with_word_splitter(WordSplitter::NoHyphenation)
        .with_links(style.links)
        // The code itself is the link.
        .with_link_display_text("");
    let mut out = String::new();
    // Writing to a string fails only where the picture itself cannot be drawn; the plain line is better than nothing.
    match handler.render_report(&mut out, &picture) {
        Ok(()) => {
            out.push('\n');
            out
        }
        Err(_) => crate::plain(diagnostic, sources, style),
    }
}

fn source(file: FileId, sources: &SourceMap) -> Option<NamedSource<Arc<str>>> {
    let file = sources.file(file)?;
    let text = match visible_source(file.text()) {
        Cow::Borrowed(_) => file.text().clone(),
        Cow::Owned(harmless) => harmless.into(),
    };
    Some(NamedSource::new(visible(file.name()), text))
}

/// Whether a place is drawn in one picture with the primary one: `miette` draws all lines between two places, but for
/// places at the very beginning, and would begin with the first of them.
fn is_beside(label: &Label, primary: &Label, sources: &SourceMap) -> bool {
    const FAR: usize = 8;
    let Some(file) = sources.file(primary.span.file).filter(|_| label.span.file == primary.span.file) else {
        return false;
    };
    let [one, other] = [label, primary].map(|label| file.line_column(label.span.range().start).line);
    let distance = one.abs_diff(other);
    distance <= FAR && distance <= one.min(other) + 1
}

/// A place in another file, or far from the primary one.
fn other(label: &Label, sources: &SourceMap) -> Picture {
    Picture {
        code: None,
        url: None,
        severity: None,
        // What is said of the place stands above it.
        message: visible(&label.text).into_owned(),
        help: None,
        source: source(label.span.file, sources),
        labels: vec![LabeledSpan::underline(label.span.range())],
        elsewhere: Vec::new(),
    }
}

/// What stands beside the lines of a document.
struct Beside<'a> {
    sources: &'a SourceMap,
    width: usize,
    /// What there was no room for.
    left_over: Vec<String>,
}

impl Beside<'_> {
    fn underline(&mut self, label: &Label, primary: bool) -> LabeledSpan {
        let text = (!label.text.is_empty()).then(|| self.fitted(label)).flatten();
        if primary {
            LabeledSpan::new_primary_with_span(text, label.span.range())
        } else {
            LabeledSpan::new_with_span(text, label.span.range())
        }
    }

    fn fitted(&mut self, label: &Label) -> Option<String> {
        let text = visible(&label.text);
        let file = self.sources.file(label.span.file)?;
        let fitted = fitted(&text, file, label.span.range(), self.width);
        if fitted.is_none() {
            let line = file.line_column(label.span.range().start).line;
            self.left_over.push(format!("line {line}: {text}"));
        }
        fitted
    }
}

/// What `miette` draws.
#[derive(Debug)]
struct Picture {
    code: Option<&'static str>,
    url: Option<String>,
    severity: Option<Severity>,
    message: String,
    help: Option<String>,
    source: Option<NamedSource<Arc<str>>>,
    labels: Vec<LabeledSpan>,
    elsewhere: Vec<Picture>,
}

impl fmt::Display for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Picture {}

impl miette::Diagnostic for Picture {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let code = self.code?;
        Some(match self.severity {
            Some(severity) => Box::new(format!("{}[{code}]", severity.as_str())),
            None => Box::new(code),
        })
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            Some(Severity::Error) => miette::Severity::Error,
            Some(Severity::Warning) => miette::Severity::Warning,
            Some(Severity::Note) | None => miette::Severity::Advice,
        })
    }

    fn url<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.url.as_ref().map(|url| Box::new(url) as Box<dyn fmt::Display>)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn miette::Diagnostic> + 'a>> {
        (!self.elsewhere.is_empty()).then(|| {
            Box::new(self.elsewhere.iter().map(|picture| picture as &dyn miette::Diagnostic))
                as Box<dyn Iterator<Item = &'a dyn miette::Diagnostic>>
        })
    }
}
