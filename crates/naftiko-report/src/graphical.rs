//! Diagnostics for a terminal, drawn by `miette`: the source lines with the mistake underlined.

use std::fmt;

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode};
use naftiko_diagnostics::{Diagnostic, Label, Severity, SourceFile, SourceMap};
use naftiko_text::{Printable, drawn as safe, escape};
use textwrap::{WordSeparator, WordSplitter};

use crate::Style;
use crate::excerpt::Excerpt;
use crate::labels::fitted;

/// Renders one diagnostic with its source lines. Related places in other files, or far away in the file, follow as
/// pictures of their own.
pub fn graphical(diagnostic: &Diagnostic, sources: &SourceMap, style: Style) -> Printable {
    let home = diagnostic.primary.span.file;
    let (here, elsewhere): (Vec<_>, Vec<_>) =
        diagnostic.related.iter().partition(|label| is_beside(label, &diagnostic.primary, sources));
    let labels: Vec<&Label> = std::iter::once(&diagnostic.primary).chain(here).collect();
    let mut left_over = Vec::new();
    let drawn = sources.file(home).map(|file| drawn(&labels, file, style.width, &mut left_over));
    let (source, labels) =
        drawn.map_or_else(|| (None, Vec::new()), |(source, labels)| (Some(source), labels));
    let help = diagnostic.help.as_deref().map(|help| escape(help).into_owned());
    let help: Vec<String> = left_over.into_iter().chain(help).collect();
    let picture = Picture {
        code: Some(diagnostic.code.id),
        url: style.links.then(|| diagnostic.code.url()),
        severity: Some(diagnostic.severity()),
        message: escape(&diagnostic.message).into_owned(),
        help: (!help.is_empty()).then(|| help.join("\n")),
        source,
        labels,
        elsewhere: elsewhere.into_iter().map(|label| other(label, sources, style.width)).collect(),
    };
    let theme = match (style.color, style.terminal) {
        (true, _) => GraphicalTheme::unicode(),
        (false, true) => GraphicalTheme::unicode_nocolor(),
        (false, false) => GraphicalTheme::none(),
    };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(style.width)
        .with_context_lines(1)
        // Words are not broken: a name with a line break in it cannot be copied.
        .with_break_words(false)
        .with_word_separator(WordSeparator::AsciiSpace)
        .with_word_splitter(WordSplitter::NoHyphenation)
        .with_links(style.links)
        // The code itself is the link, so no link text is needed.
        .with_link_display_text("");
    let mut out = String::new();
    // Writing to a string cannot fail. If `miette` cannot draw the picture, the plain format is the fallback.
    match handler.render_report(&mut out, &picture) {
        Ok(()) => safe(&out) + &"\n".into(),
        Err(_) => crate::plain(diagnostic, sources, style),
    }
}

/// Whether a related place is drawn in one picture with the primary one. `miette` draws all lines between two places,
/// so both must be near each other. Near the beginning of a file, `miette` does not join places whose distance exceeds
/// the line number of the first; the picture would then begin with the first place instead of the primary one.
fn is_beside(label: &Label, primary: &Label, sources: &SourceMap) -> bool {
    const FAR: usize = 8;
    let Some(file) = sources.file(primary.span.file).filter(|_| label.span.file == primary.span.file) else {
        return false;
    };
    let [one, other] = [label, primary].map(|label| file.line_column(label.span.range().start).line);
    let distance = one.abs_diff(other);
    distance <= FAR && distance <= one.min(other) + 1
}

/// A picture of a place in another file, or far from the primary place.
fn other(label: &Label, sources: &SourceMap, width: usize) -> Picture {
    // A related diagnostic is drawn indented.
    const INDENT: usize = 4;
    let place = label.span.range();
    let source = sources.file(label.span.file);
    let source =
        source.map(|file| Excerpt::new(file, std::slice::from_ref(&place), width.saturating_sub(INDENT)));
    Picture {
        code: None,
        url: None,
        severity: None,
        // The text of the label becomes the headline of this picture.
        message: escape(&label.text).into_owned(),
        help: None,
        labels: source.iter().map(|source| LabeledSpan::underline(source.place(&place))).collect(),
        source,
        elsewhere: Vec::new(),
    }
}

/// Returns the excerpt around `labels`, of which the first is the primary one, and the labels that fit beside their
/// places. A text that does not fit is appended to `left_over` with its line number.
fn drawn(
    labels: &[&Label],
    file: &SourceFile,
    width: usize,
    left_over: &mut Vec<String>,
) -> (Excerpt, Vec<LabeledSpan>) {
    let places: Vec<_> = labels.iter().map(|label| label.span.range()).collect();
    let excerpt = Excerpt::new(file, &places, width);
    let last = places.iter().map(|place| file.line_column(place.end).line).max().unwrap_or_default();
    // The line after the last place is drawn as context, so its number counts for the width.
    let number = (last + 1).to_string().len();
    let mut underlined = Vec::new();
    for (position, label) in labels.iter().enumerate() {
        let place = excerpt.place(&label.span.range());
        let text = escape(&label.text);
        let beside = fitted(&text, excerpt.text(), place.clone(), number, width);
        if beside.is_none() {
            let line = file.line_column(label.span.range().start).line;
            left_over.push(format!("line {line}: {text}"));
        }
        let beside = beside.filter(|text| !text.is_empty());
        underlined.push(match position {
            0 => LabeledSpan::new_primary_with_span(beside, place),
            _ => LabeledSpan::new_with_span(beside, place),
        });
    }
    (excerpt, underlined)
}

/// The content of one drawing by `miette`.
#[derive(Debug)]
struct Picture {
    code: Option<&'static str>,
    url: Option<String>,
    severity: Option<Severity>,
    message: String,
    help: Option<String>,
    source: Option<Excerpt>,
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
