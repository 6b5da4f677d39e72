//! Applies the fixes that diagnostics offer, in memory, until nothing is left to fix.
//!
//! Each round checks the document and applies every fix that overlaps no other; the first in the text wins. A fix is
//! skipped if the file could no longer be parsed after it, or not as far as before. If the rounds return to an
//! earlier text, all fixes are discarded, so that fixing a fixed document changes nothing.

use std::collections::BTreeMap;
use std::io;
use std::ops::Bound;
use std::path::{Path, PathBuf};

use naftiko_diagnostics::{Applicability, Edit, FileId, Fix, SourceMap, Span, work};
use naftiko_spec::Files;
use naftiko_syntax::{Limits, apply, decode, parse};

use crate::ir::options::Options;
use crate::session::check::{Checked, check};

/// The maximum number of rounds. A round fixes everything that is visible, so few are needed; each syntax error hides
/// the next.
const ROUNDS: usize = 200;

/// The approximate maximum number of bytes that all rounds read.
const MOST_READ: usize = 16 * 1024 * 1024;
/// The minimum number of rounds that are allowed, however long the documents are.
const MIN_ROUNDS: usize = 10;

/// The maximum number of texts that are parsed to find a set of fixes of one file that work together.
const MOST_TRIALS: usize = 64;

/// Which fixes may be applied.
#[derive(Clone, Copy)]
pub struct Policy<'a> {
    /// Whether fixes that are guesses are applied too.
    pub guesses: bool,
    /// Whether a file may be changed.
    pub may_edit: &'a dyn Fn(&Path) -> bool,
}

impl std::fmt::Debug for Policy<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Policy").field("guesses", &self.guesses).finish_non_exhaustive()
    }
}

/// A file system view in which some files have a new text in memory.
pub struct Edited<'a> {
    outside: &'a dyn Files,
    texts: BTreeMap<PathBuf, String>,
}

/// A file with its text before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The path of the file.
    pub path: PathBuf,
    /// The old text, without a byte order mark.
    pub before: String,
    /// The new text.
    pub after: String,
}

/// The result of fixing a document.
#[derive(Debug)]
pub struct Fixed {
    /// The result of the last check: what the fixes left.
    pub checked: Checked,
    /// The number of fixes applied to each file.
    pub made: BTreeMap<PathBuf, usize>,
}

impl<'a> Edited<'a> {
    /// A view without any changes.
    pub fn new(outside: &'a dyn Files) -> Self {
        Self { outside, texts: BTreeMap::new() }
    }

    /// Replaces the text of a file.
    pub fn set(&mut self, path: &Path, text: String) {
        self.texts.insert(path.to_path_buf(), text);
    }

    /// The files whose text differs from the underlying file, sorted by path.
    pub fn changes(&self) -> Vec<Change> {
        let change = |(path, after): (&PathBuf, &String)| {
            let before = text_of(self.outside, path)?;
            (before != *after).then(|| Change { path: path.clone(), before, after: after.clone() })
        };
        self.texts.iter().filter_map(change).collect()
    }
}

impl std::fmt::Debug for Edited<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Edited").field("texts", &self.texts).finish_non_exhaustive()
    }
}

impl Files for Edited<'_> {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match self.texts.get(path) {
            Some(text) => Ok(text.clone().into_bytes()),
            None => self.outside.read(path),
        }
    }

    fn is_file(&self, path: &Path) -> bool {
        self.texts.contains_key(path) || self.outside.is_file(path)
    }

    fn absolute(&self, path: &Path) -> PathBuf {
        self.outside.absolute(path)
    }
}

/// Fixes the document at `path` and, where the policy allows it, the documents it names.
///
/// # Errors
/// If the document itself cannot be read.
pub fn fix(path: &Path, options: &Options, files: &mut Edited<'_>, policy: Policy<'_>) -> io::Result<Fixed> {
    let first = files.texts.clone();
    let mut seen = vec![first.clone()];
    let mut made: BTreeMap<PathBuf, usize> = BTreeMap::new();
    let mut left = ROUNDS;
    while let Some(rounds) = left.checked_sub(1) {
        let checked = check(path, options, files)?;
        // Checking a long document takes time; a document with that many fixes can be fixed again.
        let read: usize = checked.sources.files().map(|(_, file)| file.text().len()).sum();
        left = rounds.min((MOST_READ / read.max(1)).max(MIN_ROUNDS).saturating_sub(ROUNDS - rounds));
        let round = Round::plan(&checked, path, files, policy);
        let changed = round.make(files);
        if changed.is_empty() {
            return Ok(Fixed { checked, made });
        }
        for (path, count) in changed {
            *made.entry(path).or_default() += count;
        }
        if seen.contains(&files.texts) {
            files.texts = first;
            made.clear();
            break;
        }
        seen.push(files.texts.clone());
    }
    Ok(Fixed { checked: check(path, options, files)?, made })
}

/// The fixes of one round.
#[derive(Default)]
struct Round {
    /// The files that fixes touch, each with its text if it may be edited.
    texts: BTreeMap<PathBuf, Option<(FileId, String)>>,
    /// The edits by file, one list per fix.
    fixes: BTreeMap<PathBuf, Vec<Vec<Edit>>>,
    /// The end of each chosen edit, by its file and start; chosen edits do not overlap.
    chosen: BTreeMap<(FileId, u32), u32>,
}

impl Round {
    /// Chooses the fixes to apply, in the order of the text.
    fn plan(checked: &Checked, main: &Path, files: &Edited<'_>, policy: Policy<'_>) -> Self {
        let mut round = Self::default();
        let wanted = |fix: &&Fix| policy.guesses || fix.applicability == Applicability::Safe;
        let mut fixes: Vec<&Fix> =
            checked.diagnostics.iter().filter_map(|found| found.fix.as_ref()).filter(wanted).collect();
        fixes.sort_by_key(|fix| fix.edits.iter().map(|edit| edit.span).min());
        for fix in fixes {
            work::add(1);
            if let Some(edits) = round.editable(fix, &checked.sources, main, files, policy)
                && !fix.edits.iter().any(|edit| round.is_touched(edit.span))
                && round.changes(&edits)
            {
                round
                    .chosen
                    .extend(fix.edits.iter().map(|edit| ((edit.span.file, edit.span.start), edit.span.end)));
                for (path, edits) in edits {
                    round.fixes.entry(path).or_default().push(edits);
                }
            }
        }
        round
    }

    /// The edits of a fix by file, if all of its files may be edited.
    fn editable(
        &mut self,
        fix: &Fix,
        sources: &SourceMap,
        main: &Path,
        files: &Edited<'_>,
        policy: Policy<'_>,
    ) -> Option<BTreeMap<PathBuf, Vec<Edit>>> {
        let mut edits: BTreeMap<PathBuf, Vec<Edit>> = BTreeMap::new();
        for edit in &fix.edits {
            let file = sources.file(edit.span.file)?;
            let path = PathBuf::from(file.name());
            let editable = || {
                // The parsed text equals the text of the file, unless invalid bytes were replaced for display.
                let text = text_of(files, &path).filter(|text| **text == **file.text())?;
                let may_edit = is_ours(&text, path == main, edit.span.file) && (policy.may_edit)(&path);
                may_edit.then_some((edit.span.file, text))
            };
            self.texts.entry(path.clone()).or_insert_with(editable).as_ref()?;
            edits.entry(path).or_default().push(edit.clone());
        }
        Some(edits)
    }

    /// Whether a span overlaps a chosen edit, or begins where one does.
    fn is_touched(&self, place: Span) -> bool {
        let at = |start: u32| (place.file, start);
        let before = self.chosen.range(at(0)..=at(place.start)).next_back();
        let after =
            self.chosen.range((Bound::Excluded(at(place.start)), Bound::Included(at(u32::MAX)))).next();
        before.is_some_and(|((_, start), end)| *start == place.start || *end > place.start)
            || after.is_some_and(|((_, start), _)| *start < place.end)
    }

    /// Whether edits change the text of each of their files.
    fn changes(&self, edits: &BTreeMap<PathBuf, Vec<Edit>>) -> bool {
        edits.iter().all(|(path, edits)| {
            let text = self.texts.get(path).and_then(Option::as_ref).map_or("", |(_, text)| text);
            edits.iter().any(|edit| text.get(edit.span.range()) != Some(edit.replacement.as_str()))
        })
    }

    /// Applies the fixes; returns the changed files, each with its number of fixes.
    fn make(self, files: &mut Edited<'_>) -> BTreeMap<PathBuf, usize> {
        let mut changed = BTreeMap::new();
        for (path, fixes) in self.fixes {
            let Some(Some((file, text))) = self.texts.get(&path) else { continue };
            let mut trial = Trial { text, file: *file, before: unread(text, *file), left: MOST_TRIALS };
            if let Some((after, count)) = trial.largest(&fixes).filter(|(after, _)| after != text) {
                files.set(&path, after);
                changed.insert(path, count);
            }
        }
        changed
    }
}

/// Searches for the fixes of one file after which the file parses, or parses further than before.
struct Trial<'a> {
    text: &'a str,
    file: FileId,
    before: Option<(usize, usize)>,
    /// The number of texts that may still be parsed.
    left: usize,
}

impl Trial<'_> {
    /// The text after the largest set of fixes that was found to work together, and the number of these fixes. If all
    /// of them fail together, each half is tried; if two working halves fail together, the first is applied.
    fn largest(&mut self, fixes: &[Vec<Edit>]) -> Option<(String, usize)> {
        let good = self.good(fixes);
        let after = apply(self.text, &good.concat()).ok()?;
        (!good.is_empty()).then_some((after, good.len()))
    }

    fn good(&mut self, fixes: &[Vec<Edit>]) -> Vec<Vec<Edit>> {
        if self.is_good(fixes) {
            return fixes.to_vec();
        }
        if fixes.len() < 2 || self.left == 0 {
            return Vec::new();
        }
        let (first, second) = fixes.split_at(fixes.len() / 2);
        let (first, second) = (self.good(first), self.good(second));
        let both = [first.as_slice(), second.as_slice()].concat();
        match (first.is_empty(), second.is_empty()) {
            (true, _) => second,
            (_, true) => first,
            _ if self.is_good(&both) => both,
            _ => first,
        }
    }

    fn is_good(&mut self, fixes: &[Vec<Edit>]) -> bool {
        let Some(left) = self.left.checked_sub(1) else { return false };
        self.left = left;
        work::add(self.text.len());
        let after = apply(self.text, &fixes.concat());
        after.is_ok_and(|after| !fixes.is_empty() && may_follow(self.before, unread(&after, self.file)))
    }
}

/// Whether the new text parses to its end, or further than the old one. A fix without such progress would be applied
/// again in every round.
fn may_follow(before: Option<(usize, usize)>, after: Option<(usize, usize)>) -> bool {
    match (before, after) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(before), Some(after)) => after < before,
    }
}

/// The number of unparsed bytes and the number of diagnostics about the parsed ones; `None` if the text parses to its
/// end.
fn unread(text: &str, file: FileId) -> Option<(usize, usize)> {
    let parsed = parse(text, file, &Limits::default());
    Some((text.len() - parsed.stopped_at()?.min(text.len()), parsed.diagnostics.len()))
}

/// Whether a text is one of our documents. The main document counts as one even if its errors hide that.
fn is_ours(text: &str, is_main: bool, file: FileId) -> bool {
    let root = parse(text, file, &Limits::default()).root;
    let has = |key: &str| root.as_ref().is_some_and(|root| root.get(key).is_some());
    has("specification") || (is_main && !has("openapi") && !has("swagger"))
}

/// The text of a file, if it can be read and is UTF-8.
fn text_of(files: &dyn Files, path: &Path) -> Option<String> {
    let bytes = files.read(path).ok()?;
    decode(&bytes).ok().map(str::to_owned)
}
