//! The fault table, `faults/table.yaml`: clean documents, and edits that each make one mistake.
//!
//! A row names a document, a text in it and its replacement, and the one diagnostic that must result: its code, its
//! exact place, its suggestion. The place is marked by `«…»`, in the new text or in another part of the document; the
//! marks are removed before the document is checked. If there is a suggestion, applying it must make the document clean
//! again.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;

use naftiko_check::Checked;
use naftiko_diagnostics::{Diagnostic, Edit, Severity, SourceMap};
use serde::Deserialize;

use crate::{check_files, workspace};

/// A clean document with the files beside it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Base {
    /// The path under which the document is checked.
    pub document: String,
    /// The paths of its files in the repository, by the paths under which they are checked.
    pub files: BTreeMap<String, String>,
}

/// One mistake.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// The name of the clean document.
    pub base: String,
    /// The file that is changed; `None`: the document.
    pub file: Option<String>,
    /// A text that occurs once in the file.
    pub replace: String,
    /// The replacement.
    pub by: String,
    /// The code that must be reported.
    pub code: String,
    /// A text around the place, if the place is not in the new text.
    pub at: Option<String>,
    /// The text that must be suggested.
    pub suggests: Option<String>,
    /// Words that the help must contain.
    pub help: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    bases: BTreeMap<String, Base>,
    /// The mistakes, by the row in the language's list of mistakes.
    faults: Vec<Group>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    row: String,
    edits: Vec<Fault>,
}

/// The verdict on a mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Reported once, at its place, with the expected suggestion, and nothing else is reported.
    Found,
    /// Reported at another place.
    Misplaced,
    /// Reported together with something else.
    Extra,
    /// Not reported.
    Missing,
    /// The suggestion is not the expected one, or does not make the document clean.
    WrongSuggestion,
}

/// A mistake and its verdict.
#[derive(Debug)]
pub struct Outcome {
    /// The row in the language's list of mistakes.
    pub row: String,
    /// The mistake.
    pub fault: Fault,
    /// The verdict.
    pub verdict: Verdict,
    /// The reported findings, one line each.
    pub found: Vec<String>,
    /// The expected place.
    pub place: String,
}

/// The results for all mistakes.
#[derive(Debug)]
pub struct Score {
    /// The mistakes, in the order of the table.
    pub outcomes: Vec<Outcome>,
    /// The findings in clean documents.
    pub alarms: Vec<String>,
}

type Files = BTreeMap<String, String>;

/// Checks every document of the table.
///
/// # Errors
/// If the table itself is invalid.
pub fn score() -> Result<Score, String> {
    let table = read()?;
    let mut alarms = Vec::new();
    let mut bases = BTreeMap::new();
    for (name, base) in table.bases {
        let files: Files = base
            .files
            .iter()
            .map(|(path, place)| {
                let text = fs::read_to_string(workspace().join(place));
                Ok((path.clone(), text.map_err(|error| format!("{place}: {error}"))?))
            })
            .collect::<Result<_, String>>()?;
        let checked = run(&base.document, &files);
        alarms.extend(counted(&checked).map(|found| format!("{name}: {}", line(found, &checked.sources))));
        bases.insert(name, (base, files));
    }
    let (mut outcomes, mut wrong) = (Vec::new(), Vec::new());
    for group in table.faults {
        for fault in group.edits {
            let (base, files) = bases.get(&fault.base).ok_or(format!("there is no base `{}`", fault.base))?;
            match judge(&group.row, fault, base, files) {
                Ok(outcome) => outcomes.push(outcome),
                Err(what) => wrong.push(what),
            }
        }
    }
    if wrong.is_empty() { Ok(Score { outcomes, alarms }) } else { Err(wrong.join("\n")) }
}

fn read() -> Result<Table, String> {
    let path = workspace().join("tests/faults/table.yaml");
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    let mut sources = SourceMap::new();
    let (_, parsed) =
        naftiko_syntax::parse_bytes("table.yaml", &bytes, &mut sources, &naftiko_syntax::Limits::default());
    if let Some(wrong) = parsed.diagnostics.first() {
        return Err(line(wrong, &sources));
    }
    let root = parsed.root.ok_or("the table is empty")?;
    serde_json::from_value(root.to_json()).map_err(|error| error.to_string())
}

fn judge(row: &str, fault: Fault, base: &Base, files: &Files) -> Result<Outcome, String> {
    let wrong = |what: &str| format!("{row}: `{}` by `{}`: {what}", fault.replace, fault.by);
    let file = fault.file.as_ref().unwrap_or(&base.document);
    let text = files.get(file).ok_or_else(|| wrong("there is no such file"))?;
    if text.matches(&fault.replace).count() != 1 {
        return Err(wrong("the text does not stand there exactly once"));
    }
    let marked = text.replacen(&fault.replace, &fault.by, 1);
    let marked = match &fault.at {
        Some(at) => {
            let plain = at.replace(['«', '»'], "");
            if marked.matches(&plain).count() != 1 {
                return Err(wrong("the place does not stand there exactly once"));
            }
            marked.replacen(&plain, at, 1)
        }
        None => marked,
    };
    let (before, rest) = marked.split_once('«').ok_or_else(|| wrong("no place is marked"))?;
    let (place, after) = rest.split_once('»').ok_or_else(|| wrong("no place is marked"))?;
    let range = before.len()..before.len() + place.len();
    let mut files = files.clone();
    files.insert(file.clone(), format!("{before}{place}{after}"));
    let checked = run(&base.document, &files);
    let at = |found: &Diagnostic| {
        let in_file =
            checked.sources.file(found.primary.span.file).is_some_and(|source| source.name() == file);
        in_file && found.primary.span.range() == range
    };
    let all: Vec<&Diagnostic> = counted(&checked).collect();
    let same: Vec<&Diagnostic> = all.iter().copied().filter(|found| found.code.id == fault.code).collect();
    let verdict = match (same.as_slice(), all.len()) {
        ([], _) => Verdict::Missing,
        ([only], 1) if !at(only) => Verdict::Misplaced,
        ([only], 1) if !suggested(only, &fault, &checked, &base.document, &files) => Verdict::WrongSuggestion,
        ([_], 1) => Verdict::Found,
        _ => Verdict::Extra,
    };
    let lines = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let found = all.into_iter().map(|found| line(found, &checked.sources)).collect();
    Ok(Outcome {
        row: row.to_owned(),
        fault: fault.clone(),
        verdict,
        found,
        place: format!("{file}:{lines}:{column}"),
    })
}

/// Whether the finding has the expected suggestion, and applying it makes the document clean.
fn suggested(found: &Diagnostic, fault: &Fault, checked: &Checked, document: &str, files: &Files) -> bool {
    let help = found.help.as_deref().unwrap_or_default();
    if fault.help.as_ref().is_some_and(|words| !help.contains(words)) {
        return false;
    }
    let edits = found.fix.as_ref().map_or(&[][..], |fix| &fix.edits);
    let (Some(suggestion), Some(first)) = (&fault.suggests, edits.first()) else {
        return fault.suggests.is_none() && edits.is_empty();
    };
    let mended = applied(edits, checked, files);
    first.replacement == *suggestion && counted(&run(document, &mended)).next().is_none()
}

fn applied(edits: &[Edit], checked: &Checked, files: &Files) -> Files {
    let mut files = files.clone();
    let mut edits: Vec<&Edit> = edits.iter().collect();
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.span));
    for edit in edits {
        let file = checked.sources.file(edit.span.file).and_then(|file| files.get_mut(file.name()));
        if let Some(text) = file {
            text.replace_range(edit.span.range(), &edit.replacement);
        }
    }
    files
}

fn run(document: &str, files: &Files) -> Checked {
    check_files(document, files.iter().map(|(path, text)| (path.clone(), text.clone().into_bytes())))
}

/// Errors and warnings. Notes report inferences and do not count.
fn counted(checked: &Checked) -> impl Iterator<Item = &Diagnostic> {
    checked.diagnostics.iter().filter(|found| found.severity() != Severity::Note)
}

fn line(found: &Diagnostic, sources: &SourceMap) -> String {
    let plain = naftiko_report::plain(found, sources, naftiko_report::Style::PLAIN);
    let suggestion =
        found.fix.iter().flat_map(|fix| &fix.edits).map(|edit| format!(" [{}]", edit.replacement));
    let text = sources.text(found.primary.span);
    format!("{} «{text}»{}", plain.lines().collect::<Vec<_>>().join(" |"), suggestion.collect::<String>())
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdicts =
            [Verdict::Found, Verdict::Misplaced, Verdict::Extra, Verdict::Missing, Verdict::WrongSuggestion];
        let mut rows: Vec<(&str, Vec<&Outcome>)> = Vec::new();
        for outcome in &self.outcomes {
            match rows.last_mut().filter(|(row, _)| *row == outcome.row) {
                Some((_, outcomes)) => outcomes.push(outcome),
                None => rows.push((&outcome.row, vec![outcome])),
            }
        }
        rows.push(("all", self.outcomes.iter().collect()));
        let width = rows.iter().map(|(row, _)| row.chars().count()).max().unwrap_or_default();
        writeln!(f, "{:width$}  edits  found  misplaced  extra  missing  wrong suggestion", "")?;
        for (row, outcomes) in rows {
            let count = |verdict| outcomes.iter().filter(|outcome| outcome.verdict == verdict).count();
            let [found, misplaced, extra, missing, suggestion] = verdicts.map(count);
            let edits = outcomes.len();
            writeln!(
                f,
                "{row:width$}  {edits:5}  {found:5}  {misplaced:9}  {extra:5}  {missing:7}  {suggestion:16}"
            )?;
        }
        for outcome in self.outcomes.iter().filter(|outcome| outcome.verdict != Verdict::Found) {
            let fault = &outcome.fault;
            writeln!(
                f,
                "\n{:?}: {} in {}: `{}` by `{}`",
                outcome.verdict, outcome.row, fault.base, fault.replace, fault.by
            )?;
            writeln!(f, "  expected {} at {}, suggesting {:?}", fault.code, outcome.place, fault.suggests)?;
            for found in &outcome.found {
                writeln!(f, "  found {found}")?;
            }
        }
        for alarm in &self.alarms {
            writeln!(f, "\nfalse alarm: {alarm}")?;
        }
        Ok(())
    }
}
