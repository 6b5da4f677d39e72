//! Comments that ignore findings: `# naftiko: ignore[code, code] reason`.
//!
//! Such a comment is on the line of a finding, or alone above the line of its key; `ignore-file` is above the first key
//! and applies to the whole file. What makes a text unreadable is never ignored. A comment that ignores nothing is
//! itself a finding in the checked file, once there are no errors, since an error may hide other findings.

use std::collections::{BTreeMap, BTreeSet};

use naftiko_diagnostics::{
    Code, Diagnostic, FileId, Ignored, Severity, SourceFile, SourceMap, Span, Spanned, has_errors,
};
use naftiko_syntax::{Comment, Limits, Node, comments, parse};

use crate::asked_for::AskedFor;
use crate::faults::{no_description, unknown_code, unused_ignore};

/// What begins a comment that speaks to `naftiko`.
const ADDRESS: &str = "naftiko:";

/// Errors that a plan can do with, should its author know better. Any other one leaves something out of the plan, and
/// a plan that lacks something is not given out.
const JUDGEMENTS: &[&str] = &[
    "literal-secret",
    "never-equal",
    "not-a-list",
    "not-an-object",
    "possibly-absent",
    "repeated-effect",
    "sensitive-in-url",
    "sensitive-output",
    "sensitive-to-external",
    "sensitive-to-other-provider",
    "sensitive-to-unmarked-input",
    "type-mismatch",
    "unknown-field",
    "unlisted-operation",
    "wrong-argument-type",
    "wrong-output-type",
];

/// Findings, sorted out.
#[derive(Debug, Default)]
pub(crate) struct Sorted {
    /// Those that count, and what is wrong with the comments themselves.
    pub(crate) kept: Vec<Diagnostic>,
    /// Those that a comment ignores.
    pub(crate) ignored: Vec<Ignored>,
}

/// What a comment ignores.
struct Ignore {
    /// The comment.
    span: Span,
    /// The lines it speaks of, from 1; `None`: the whole file.
    lines: Option<BTreeSet<usize>>,
    /// The codes it names, and whether there was such a finding.
    codes: Vec<(Spanned<String>, bool)>,
    /// Why; empty: it does not say.
    reason: String,
    /// Whether it is a comment that ignores at all.
    understood: bool,
    /// Whether it stands where such a comment may stand.
    in_place: bool,
}

/// Whether an ignored error leaves something out of the plan.
pub(crate) fn withholds_plan(ignored: &Diagnostic) -> bool {
    ignored.severity() == Severity::Error && !JUDGEMENTS.contains(&ignored.code.id)
}

/// Takes out what comments ignore. `main` is the file that is checked, `known` every code there is.
pub(crate) fn sort_out(
    diagnostics: Vec<Diagnostic>,
    sources: &SourceMap,
    main: Option<FileId>,
    known: &[&'static Code],
    asked_for: &AskedFor,
) -> Sorted {
    let mut files: BTreeMap<FileId, (Vec<Ignore>, Option<Node>)> = BTreeMap::new();
    for (id, file) in sources.files() {
        let found = ignores(file, &comments_of(file, id));
        if !found.is_empty() {
            files.insert(id, (found, parse(file.text(), id, &Limits::default()).root));
        }
    }
    let mut sorted = Sorted::default();
    for diagnostic in diagnostics {
        let span = diagnostic.primary.span;
        let reasons: Vec<String> = match (sources.file(span.file), files.get_mut(&span.file)) {
            (Some(file), Some((ignores, root))) if !is_of_reading(diagnostic.code.id) => {
                let lines = lines_of(file, root.as_ref(), span);
                // Every comment that speaks of it is of use, so all are asked.
                ignores
                    .iter_mut()
                    .filter_map(|ignore| ignore.takes(&diagnostic, &lines).map(|()| ignore.reason.clone()))
                    .collect()
            }
            _ => Vec::new(),
        };
        if reasons.is_empty() {
            sorted.kept.push(diagnostic);
        } else {
            sorted.ignored.push(Ignored { diagnostic, reasons });
        }
    }
    let own = main.and_then(|main| files.remove(&main)).map(|(ignores, _)| ignores).unwrap_or_default();
    let all = sorted.kept.iter().chain(sorted.ignored.iter().map(|ignored| &ignored.diagnostic));
    let judged =
        !has_errors(&sorted.kept) && !all.into_iter().any(|found| found.code == &no_description::CODE);
    let is_judged = |code: &str| judged && asked_for.is_on(code);
    sorted.kept.extend(own.iter().flat_map(|ignore| ignore.flaws(known, &is_judged)));
    sorted
}

impl Ignore {
    /// Takes note that it speaks of a finding that stands on one of these lines, if it does.
    fn takes(&mut self, diagnostic: &Diagnostic, on: &[usize]) -> Option<()> {
        let speaks = self.in_place
            && self.lines.as_ref().is_none_or(|lines| on.iter().any(|line| lines.contains(line)));
        let named = self.codes.iter_mut().find(|(code, _)| speaks && code.value == diagnostic.code.id);
        named.map(|(_, used)| *used = true)
    }

    /// What is wrong with it. Whether it is of use can be told only of a code that was judged.
    fn flaws(&self, known: &[&'static Code], is_judged: &dyn Fn(&str) -> bool) -> Vec<Diagnostic> {
        if !self.understood {
            return vec![unused_ignore::not_understood(self.span)];
        }
        if !self.in_place {
            return vec![unused_ignore::not_at_the_top(self.span)];
        }
        let flaw = |(code, used): &(Spanned<String>, bool)| {
            if !known.iter().any(|other| other.id == code.value) {
                Some(unknown_code::report(code, known))
            } else if is_of_reading(&code.value) {
                Some(unused_ignore::not_ignorable(code))
            } else {
                (is_judged(&code.value) && !used)
                    .then(|| unused_ignore::nothing_there(code, self.lines.is_none()))
            }
        };
        self.codes.iter().filter_map(flaw).collect()
    }
}

/// The comments of a file, if one of them may be of interest.
pub(crate) fn comments_of(file: &SourceFile, id: FileId) -> Vec<Comment> {
    if file.text().contains(ADDRESS) { comments(file.text(), id) } else { Vec::new() }
}

/// Whether a code says that a text cannot be read.
fn is_of_reading(code: &str) -> bool {
    naftiko_syntax::CODES.iter().any(|known| known.id == code && known.severity == Severity::Error)
}

fn ignores(file: &SourceFile, comments: &[Comment]) -> Vec<Ignore> {
    let line = |comment: &Comment| file.line_column(comment.span.range().start).line;
    let alone: BTreeSet<usize> = comments.iter().filter(|comment| comment.alone).map(line).collect();
    comments
        .iter()
        .filter_map(|comment| {
            let mut ignore = read(file.text(), comment)?;
            if ignore.lines.is_none() {
                ignore.in_place = is_at_the_top(file.text(), comment);
            } else {
                let own = line(comment);
                let mut below = own;
                while comment.alone && alone.contains(&below) {
                    below += 1;
                }
                ignore.lines = Some(BTreeSet::from([below]));
            }
            Some(ignore)
        })
        .collect()
}

/// A comment that speaks to `naftiko`: `# naftiko: word[name, name] rest`.
pub(crate) struct Directive<'a> {
    /// What it says to do.
    pub(crate) word: &'a str,
    /// The names in brackets, with whether they have been of use: not yet. `None` where there are none.
    pub(crate) names: Option<Vec<(Spanned<String>, bool)>>,
    /// What follows.
    rest: &'a str,
}

/// What a comment says to `naftiko`; `None` if it speaks to others.
pub(crate) fn directive<'a>(text: &'a str, comment: &Comment) -> Option<Directive<'a>> {
    let range = comment.span.range();
    let words = text.get(range.clone())?;
    let said = words.trim_start_matches('#').trim_start().strip_prefix(ADDRESS)?.trim_start();
    let word = said.split(|c: char| !c.is_alphanumeric() && c != '-').next().unwrap_or_default();
    let after = said.strip_prefix(word)?.trim_start();
    let list = after.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let Some((list, rest)) = list.filter(|(list, _)| !list.trim().is_empty()) else {
        return Some(Directive { word, names: None, rest: after });
    };
    let mut start = range.start + words.find('[')? + 1;
    let mut names = Vec::new();
    for part in list.split(',') {
        let name = part.trim();
        let at = start + (part.len() - part.trim_start().len());
        if !name.is_empty() {
            let span = Span::new(comment.span.file, at..at + name.len());
            names.push((Spanned::new(name.to_owned(), span), false));
        }
        start += part.len() + 1;
    }
    Some(Directive { word, names: Some(names), rest })
}

/// Reads one comment; `None` if it does not speak to `naftiko` of ignoring.
fn read(text: &str, comment: &Comment) -> Option<Ignore> {
    let Directive { word, names, rest } = directive(text, comment)?;
    let whole_file = match word {
        "ignore" => false,
        "ignore-file" => true,
        // It asks for rules.
        "rules" => return None,
        other => {
            let near = naftiko_diagnostics::nearest(other, ["ignore", "ignore-file", "rules"]);
            return near.map(|_| Ignore::not_understood(comment.span));
        }
    };
    let Some(codes) = names else { return Some(Ignore::not_understood(comment.span)) };
    Some(Ignore {
        span: comment.span,
        lines: (!whole_file).then(BTreeSet::new),
        codes,
        reason: rest.trim().to_owned(),
        understood: true,
        in_place: true,
    })
}

impl Ignore {
    fn not_understood(span: Span) -> Self {
        Self {
            span,
            lines: Some(BTreeSet::new()),
            codes: Vec::new(),
            reason: String::new(),
            understood: false,
            in_place: false,
        }
    }
}

/// Whether nothing but comments and blank lines stands above a comment.
pub(crate) fn is_at_the_top(text: &str, comment: &Comment) -> bool {
    let above = text.get(..comment.span.range().start).unwrap_or_default();
    above.lines().all(|line| {
        let line = line.trim_start();
        line.is_empty() || line.starts_with(['#', '%']) || line.starts_with("---")
    })
}

/// The lines on which a comment may speak of a finding: its own, and that of the key it belongs to.
fn lines_of(file: &SourceFile, root: Option<&Node>, span: Span) -> Vec<usize> {
    let line = |span: Span| file.line_column(span.range().start).line;
    let key = root.and_then(|root| key_of(root, span));
    std::iter::once(span).chain(key).map(line).collect()
}

/// The innermost key whose value a place lies in.
fn key_of(root: &Node, span: Span) -> Option<Span> {
    let holds = |node: &Node| {
        let (outer, inner) = (node.span.range(), span.range());
        outer.start <= inner.start && inner.end <= outer.end
    };
    let mut node = root;
    let mut key = None;
    loop {
        let entry = node
            .as_mapping()
            .and_then(|entries| entries.iter().map(|(_, entry)| entry).find(|entry| holds(&entry.value)));
        let item = || node.as_sequence().and_then(|items| items.iter().find(|item| holds(item)));
        node = match entry {
            Some(entry) => {
                key = Some(entry.key_span);
                &entry.value
            }
            None => match item() {
                Some(item) => {
                    // A finding in a list item that is a mapping belongs to a key of that, not to the list's.
                    key = None;
                    item
                }
                None => return key,
            },
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn judgements_are_errors_that_there_are() {
        for id in JUDGEMENTS {
            let is_error =
                crate::codes().iter().any(|code| code.id == *id && code.severity == Severity::Error);
            assert!(is_error, "{id}");
        }
    }
}
