//! Comments that ignore findings: `# naftiko: ignore[code, code] reason`.
//!
//! Such a comment is on the line of a finding, or alone above the line of its key; `ignore-file` is above the first
//! key and applies to the whole file. Syntax errors are never ignored. A comment that ignores nothing is itself a
//! finding in the checked file, but only if there are no errors, since an error may hide other findings.

pub(crate) mod directive;
mod keys;

use std::collections::{BTreeMap, BTreeSet};

use naftiko_diagnostics::{
    Code, Diagnostic, FileId, Ignored, NameIndex, Severity, SourceFile, SourceMap, Span, Spanned, has_errors,
    work,
};
use naftiko_syntax::{Comment, Limits, parse};

use self::directive::{Directive, Top, comments_of, directive};
use self::keys::KeyIndex;
use crate::codes::{no_description, unknown_code, unused_ignore};
use crate::session::rule_selection::AskedFor;

/// The maximum number of reasons for one ignored finding, since any number of comments may ignore it.
const REASONS: usize = 8;

/// Findings, split by whether a comment ignores them.
#[derive(Debug, Default)]
pub(crate) struct Sorted {
    /// The findings that count, including those about the comments themselves.
    pub(crate) kept: Vec<Diagnostic>,
    /// The ignored findings.
    pub(crate) ignored: Vec<Ignored>,
}

/// The comments of one file that ignore findings.
#[derive(Default)]
struct Ignores {
    comments: Vec<Ignore>,
    /// The ignored codes, by the line that the comment applies to (from 1); `None` for the whole file.
    mentions: BTreeMap<(Option<usize>, String), Mentions>,
    keys: KeyIndex,
}

/// All comments that ignore one code in one place.
#[derive(Default)]
struct Mentions {
    /// The first few reasons.
    reasons: Vec<String>,
    /// Whether a finding was ignored because of them.
    used: bool,
}

/// A comment that ignores findings.
struct Ignore {
    /// The span of the comment.
    span: Span,
    state: State,
    /// The line that the comment applies to, from 1; `None` for the whole file.
    line: Option<usize>,
    /// The codes that the comment names.
    codes: Vec<Spanned<String>>,
}

/// Whether a comment can ignore anything.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Valid,
    /// The syntax of the comment is wrong.
    NotUnderstood,
    /// `ignore-file` is below the first key.
    Misplaced,
}

/// Separates the ignored findings. `main` is the checked file, `known` are all codes.
pub(crate) fn sort_out(
    diagnostics: Vec<Diagnostic>,
    sources: &SourceMap,
    main: Option<FileId>,
    known: &[&'static Code],
    asked_for: &AskedFor,
) -> Sorted {
    let mut files: BTreeMap<FileId, Ignores> = BTreeMap::new();
    for (id, file) in sources.files() {
        files.extend(Ignores::find(file, id).map(|ignores| (id, ignores)));
    }
    let mut sorted = Sorted::default();
    for diagnostic in diagnostics {
        let span = diagnostic.primary.span;
        let reasons = match (sources.file(span.file), files.get_mut(&span.file)) {
            (Some(file), Some(ignores)) if !is_of_reading(diagnostic.code.id) => {
                ignores.reasons_for(&diagnostic, file)
            }
            _ => None,
        };
        match reasons {
            None => sorted.kept.push(diagnostic),
            Some(reasons) => sorted.ignored.push(Ignored { diagnostic, reasons }),
        }
    }
    let all = sorted.kept.iter().chain(sorted.ignored.iter().map(|ignored| &ignored.diagnostic));
    let judged =
        !has_errors(&sorted.kept) && !all.into_iter().any(|found| found.code == &no_description::CODE);
    let is_judged = |code: &str| judged && asked_for.is_on(code);
    if let Some(own) = main.and_then(|main| files.remove(&main)) {
        sorted.kept.extend(own.flaws(&NameIndex::new(known.iter().map(|code| code.id)), &is_judged));
    }
    sorted
}

impl Ignores {
    /// The comments of a file that ignore findings; `None` if there are none.
    fn find(file: &SourceFile, id: FileId) -> Option<Self> {
        let comments = comments_of(file, id);
        let lines: Vec<usize> =
            comments.iter().map(|comment| file.line_column(comment.span.range().start).line).collect();
        let applies_to = lines_below(&comments, &lines);
        let top = Top::of(file.text());
        let mut ignores = Self::default();
        for (comment, line) in comments.iter().zip(applies_to) {
            if let Some((ignore, reason)) = Ignore::read(file.text(), comment, line, &top) {
                ignores.add(ignore, reason);
            }
        }
        if ignores.comments.is_empty() {
            return None;
        }
        let root = parse(file.text(), id, &Limits::default()).root;
        ignores.keys = root.as_ref().map(KeyIndex::new).unwrap_or_default();
        Some(ignores)
    }

    fn add(&mut self, ignore: Ignore, reason: &str) {
        if ignore.state == State::Valid {
            let names: BTreeSet<&str> = ignore.codes.iter().map(|code| code.value.as_str()).collect();
            for name in names {
                let mentions = self.mentions.entry((ignore.line, name.to_owned())).or_default();
                if mentions.reasons.len() < REASONS {
                    mentions.reasons.push(reason.to_owned());
                }
            }
        }
        self.comments.push(ignore);
    }

    /// The reasons of the comments that ignore a finding; `None` if no comment does.
    fn reasons_for(&mut self, diagnostic: &Diagnostic, file: &SourceFile) -> Option<Vec<String>> {
        let line = |span: Span| file.line_column(span.range().start).line;
        let span = diagnostic.primary.span;
        let own = line(span);
        let of_key = self.keys.key_of(span).map(line).filter(|of_key| *of_key != own);
        let mut reasons: Option<Vec<String>> = None;
        // All places are checked, since every applicable comment counts as used.
        for place in [Some(None), Some(Some(own)), of_key.map(Some)].into_iter().flatten() {
            work::add(1);
            if let Some(mentions) = self.mentions.get_mut(&(place, diagnostic.code.id.to_owned())) {
                mentions.used = true;
                reasons.get_or_insert_default().extend_from_slice(&mentions.reasons);
            }
        }
        reasons.map(|mut reasons| {
            reasons.truncate(REASONS);
            reasons
        })
    }

    /// Findings about the comments. A comment is reported as unused only for a code that was checked.
    fn flaws(&self, known: &NameIndex<&'static str>, is_judged: &dyn Fn(&str) -> bool) -> Vec<Diagnostic> {
        let mut flaws = Vec::new();
        let mut exists: BTreeSet<&str> = BTreeSet::new();
        exists.extend(known.names());
        for ignore in &self.comments {
            match ignore.state {
                State::NotUnderstood => flaws.push(unused_ignore::not_understood(ignore.span)),
                State::Misplaced => flaws.push(unused_ignore::not_at_the_top(ignore.span)),
                State::Valid => {}
            }
            // A code that one comment names twice counts as used once.
            let mut named = BTreeSet::new();
            for code in ignore.codes.iter().filter(|_| ignore.state == State::Valid) {
                work::add(1);
                let mentions = self.mentions.get(&(ignore.line, code.value.clone()));
                let used = mentions.is_some_and(|mentions| mentions.used) && named.insert(&code.value);
                if !exists.contains(code.value.as_str()) {
                    flaws.push(unknown_code::report(code, known));
                } else if is_of_reading(&code.value) {
                    flaws.push(unused_ignore::not_ignorable(code));
                } else if is_judged(&code.value) && !used {
                    flaws.push(unused_ignore::nothing_there(code, ignore.line.is_none()));
                }
            }
        }
        flaws
    }
}

/// Whether a code reports a syntax error.
fn is_of_reading(code: &str) -> bool {
    naftiko_syntax::CODES.iter().any(|known| known.id == code && known.severity == Severity::Error)
}

/// The line that each comment applies to: its own, or for a comment alone on its line, the next line without one.
fn lines_below(comments: &[Comment], lines: &[usize]) -> Vec<usize> {
    let mut below: BTreeMap<usize, usize> = BTreeMap::new();
    for (_, line) in comments.iter().zip(lines).rev().filter(|(comment, _)| comment.alone) {
        work::add(1);
        let next = below.get(&(line + 1)).copied().unwrap_or(line + 1);
        below.insert(*line, next);
    }
    let applies_to = |(comment, line): (&Comment, &usize)| {
        below.get(line).copied().filter(|_| comment.alone).unwrap_or(*line)
    };
    comments.iter().zip(lines).map(applies_to).collect()
}

impl Ignore {
    /// Reads one comment and its reason; `None` if the comment is not an `ignore` directive of `naftiko`. `line` is
    /// the line that the comment applies to.
    fn read<'a>(text: &'a str, comment: &Comment, line: usize, top: &Top) -> Option<(Self, &'a str)> {
        let Directive { word, names, rest } = directive(text, comment)?;
        let (state, line) = match word {
            "ignore" => (State::Valid, Some(line)),
            "ignore-file" if top.holds(comment) => (State::Valid, None),
            "ignore-file" => (State::Misplaced, None),
            // The directive selects rules.
            "rules" => return None,
            other => {
                naftiko_diagnostics::nearest(other, ["ignore", "ignore-file", "rules"])?;
                (State::NotUnderstood, None)
            }
        };
        let state = if names.is_none() { State::NotUnderstood } else { state };
        let ignore = Self { span: comment.span, state, line, codes: names.unwrap_or_default() };
        Some((ignore, rest.trim()))
    }
}
