//! Makes the changes that diagnostics offer, in memory, until there is nothing left to change.
//!
//! Each round checks, makes every fix that does not overlap another (the first in the text wins), and checks again. A
//! fix after which a file can no longer be read, or is read no further, is not made. Fixes that undo each other are all
//! left out, so that fixing a fixed document changes nothing.

use std::collections::BTreeMap;
use std::io;
use std::ops::Bound;
use std::path::{Path, PathBuf};

use naftiko_diagnostics::{Applicability, Edit, FileId, Fix, SourceMap, Span, work};
use naftiko_spec::Files;
use naftiko_syntax::{Limits, apply, decode, parse};

use crate::check::{Checked, Options, check};

/// How often is checked again at most. A round mends everything that can be seen, so few are needed: each fault of
/// syntax hides the next.
const ROUNDS: usize = 200;

/// How many bytes of documents all rounds read, about.
const MOST_READ: usize = 16 * 1024 * 1024;
/// How often is checked again in any case.
const MIN_ROUNDS: usize = 10;

/// How many texts are parsed at most to find the fixes of one file that are good together.
const MOST_TRIALS: usize = 64;

/// Which changes may be made.
#[derive(Clone, Copy)]
pub struct Policy<'a> {
    /// Whether fixes that are guesses are made too.
    pub guesses: bool,
    /// Whether a file may be changed.
    pub may_edit: &'a dyn Fn(&Path) -> bool,
}

impl std::fmt::Debug for Policy<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Policy").field("guesses", &self.guesses).finish_non_exhaustive()
    }
}

/// Files, some of which have a new text in memory.
pub struct Edited<'a> {
    outside: &'a dyn Files,
    texts: BTreeMap<PathBuf, String>,
}

/// A file and its text before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The file.
    pub path: PathBuf,
    /// Its text, without a byte order mark.
    pub before: String,
    /// What its text should be.
    pub after: String,
}

/// The result of fixing a document.
#[derive(Debug)]
pub struct Fixed {
    /// What is still found.
    pub checked: Checked,
    /// How many fixes were made in each file.
    pub made: BTreeMap<PathBuf, usize>,
}

impl<'a> Edited<'a> {
    /// The files without any changes.
    pub fn new(outside: &'a dyn Files) -> Self {
        Self { outside, texts: BTreeMap::new() }
    }

    /// Gives a file a new text.
    pub fn set(&mut self, path: &Path, text: String) {
        self.texts.insert(path.to_path_buf(), text);
    }

    /// The files whose text has changed, by path.
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

/// Fixes the document at `path` and, where the policy lets it, those it names.
///
/// # Errors
/// When the file itself cannot be read.
pub fn fix(path: &Path, options: &Options, files: &mut Edited<'_>, policy: Policy<'_>) -> io::Result<Fixed> {
    let first = files.texts.clone();
    let mut seen = vec![first.clone()];
    let mut made: BTreeMap<PathBuf, usize> = BTreeMap::new();
    let mut left = ROUNDS;
    while let Some(rounds) = left.checked_sub(1) {
        let checked = check(path, options, files)?;
        // A check of a long document takes its time, and one that has so many fixes can be fixed again.
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
    /// The files that fixes are in, each with its text if it may be edited.
    texts: BTreeMap<PathBuf, Option<(FileId, String)>>,
    /// Edits by file, a list for each fix.
    fixes: BTreeMap<PathBuf, Vec<Vec<Edit>>>,
    /// The end of each edit that was chosen, by its file and start: no two of them overlap.
    chosen: BTreeMap<(FileId, u32), u32>,
}

impl Round {
    /// Chooses the fixes to make, the first in the text before the others.
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
                // The text that was read is the text of the file, unless bytes were replaced to show them.
                let text = text_of(files, &path).filter(|text| **text == **file.text())?;
                let may_edit = is_ours(&text, path == main, edit.span.file) && (policy.may_edit)(&path);
                may_edit.then_some((edit.span.file, text))
            };
            self.texts.entry(path.clone()).or_insert_with(editable).as_ref()?;
            edits.entry(path).or_default().push(edit.clone());
        }
        Some(edits)
    }

    /// Whether a place overlaps an edit that was chosen before, or begins where it does.
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

    /// Makes the fixes; gives the files that changed, with how many were made.
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

/// Looks for the fixes of one file after which the file can be read, or be read further than before.
struct Trial<'a> {
    text: &'a str,
    file: FileId,
    before: Option<(usize, usize)>,
    /// How many more texts are parsed.
    left: usize,
}

impl Trial<'_> {
    /// The text after as many of the fixes as are found to be good together, and how many they are. Halves are tried
    /// where the whole is not good; of two good halves that are not good together, the first is made.
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

/// Whether a text can be read to its end or, where the one before could not, further than that one. A change that
/// leaves reading where it was would be made again and again.
fn may_follow(before: Option<(usize, usize)>, after: Option<(usize, usize)>) -> bool {
    match (before, after) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(before), Some(after)) => after < before,
    }
}

/// How many bytes of a text are not read, and how much is wrong with the others; `None` if it is read to its end.
fn unread(text: &str, file: FileId) -> Option<(usize, usize)> {
    let parsed = parse(text, file, &Limits::default());
    Some((text.len() - parsed.stopped_at()?.min(text.len()), parsed.diagnostics.len()))
}

/// Whether a text is a document of ours. The one that is checked is, as far as its faults let it show.
fn is_ours(text: &str, is_main: bool, file: FileId) -> bool {
    let root = parse(text, file, &Limits::default()).root;
    let has = |key: &str| root.as_ref().is_some_and(|root| root.get(key).is_some());
    has("specification") || (is_main && !has("openapi") && !has("swagger"))
}

/// The text of a file, if it is UTF-8.
fn text_of(files: &dyn Files, path: &Path) -> Option<String> {
    let bytes = files.read(path).ok()?;
    decode(&bytes).ok().map(str::to_owned)
}
