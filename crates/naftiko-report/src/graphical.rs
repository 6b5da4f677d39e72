//! Diagnostics for a terminal, drawn by `miette`: the lines of the document with what is wrong underlined.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};
use naftiko_diagnostics::{Diagnostic, FileId, Label, Severity, SourceMap};

use crate::Style;
use crate::visible::{visible, visible_source};

/// One diagnostic with the lines it speaks of. Places in other files follow as parts of their own.
pub fn graphical(diagnostic: &Diagnostic, sources: &SourceMap, style: Style) -> String {
    let home = diagnostic.primary.span.file;
    let mut elsewhere: BTreeMap<FileId, Vec<&Label>> = BTreeMap::new();
    for label in diagnostic.related.iter().filter(|label| label.span.file != home) {
        elsewhere.entry(label.span.file).or_default().push(label);
    }
    let here = diagnostic.related.iter().filter(|label| label.span.file == home);
    let picture = Picture {
        code: Some(diagnostic.code.id),
        // A terminal without color may not know links either.
        url: style.color.then(|| diagnostic.code.url()),
        severity: Some(diagnostic.severity()),
        message: visible(&diagnostic.message).into_owned(),
        help: diagnostic.help.as_deref().map(|help| visible(help).into_owned()),
        source: source(home, sources),
        labels: std::iter::once(underline(&diagnostic.primary, true))
            .chain(here.map(|label| underline(label, false)))
            .collect(),
        elsewhere: elsewhere
            .into_iter()
            .map(|(file, labels)| Picture {
                code: None,
                url: None,
                severity: None,
                message: match labels.as_slice() {
                    [only] => visible(&only.text).into_owned(),
                    _ => "see also".to_owned(),
                },
                help: None,
                source: source(file, sources),
                labels: labels
                    .iter()
                    .map(|label| match labels.len() {
                        // The message says it already.
                        1 => LabeledSpan::underline(label.span.range()),
                        _ => underline(label, false),
                    })
                    .collect(),
                elsewhere: Vec::new(),
            })
            .collect(),
    };
    let theme = match (style.color, style.terminal) {
        (true, _) => GraphicalTheme::unicode(),
        (false, true) => GraphicalTheme::unicode_nocolor(),
        (false, false) => GraphicalTheme::none(),
    };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(style.width)
        .with_context_lines(1)
        .with_links(style.color);
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

fn underline(label: &Label, primary: bool) -> LabeledSpan {
    let text = (!label.text.is_empty()).then(|| visible(&label.text).into_owned());
    if primary {
        LabeledSpan::new_primary_with_span(text, label.span.range())
    } else {
        LabeledSpan::new_with_span(text, label.span.range())
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
