//! Makes the changes that diagnostics offer, in memory, until there is nothing left to change.
//!
//! Each round checks, makes every fix that does not overlap another (the first in the text wins), and checks again. A
//! fix after which a file can no longer be read, or is read no further, is not made. Fixes that undo each other are all
//! left out, so that fixing a fixed document changes nothing.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use naftiko_diagnostics::{Applicability, Edit, FileId, Fix, SourceMap};
use naftiko_spec::Files;
use naftiko_syntax::{Limits, apply, decode, parse};

use crate::check::{Checked, Options, check};

/// How often is checked again at most. A round mends everything that can be seen, so few are needed: each fault of
/// syntax hides the next.
const ROUNDS: usize = 200;

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
    for _ in 0..ROUNDS {
        let checked = check(path, options, files)?;
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
    texts: BTreeMap<PathBuf, (FileId, String)>,
    /// Edits by file, a list for each fix.
    fixes: BTreeMap<PathBuf, Vec<Vec<Edit>>>,
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
            if let Some(edits) = round.editable(fix, &checked.sources, main, files, policy)
                && !round.touches(&edits)
                && round.reads_on(&edits)
            {
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
            if !self.texts.contains_key(&path) {
                // What was read is what is there: not so where bytes were replaced to show them.
                let text = text_of(files, &path).filter(|text| **text == **file.text())?;
                if !is_ours(&text, path == main, edit.span.file) || !(policy.may_edit)(&path) {
                    return None;
                }
                self.texts.insert(path.clone(), (edit.span.file, text));
            }
            edits.entry(path).or_default().push(edit.clone());
        }
        Some(edits)
    }

    /// Whether edits touch those of a fix that was chosen before.
    fn touches(&self, edits: &BTreeMap<PathBuf, Vec<Edit>>) -> bool {
        edits.iter().any(|(path, edits)| {
            let chosen = self.fixes.get(path).into_iter().flatten().flatten();
            let meets = |a: &Edit, b: &Edit| {
                let (a, b) = (a.span, b.span);
                a.start == b.start || (a.start < b.end && b.start < a.end)
            };
            chosen.into_iter().any(|other| edits.iter().any(|edit| meets(edit, other)))
        })
    }

    /// Whether the files can be read after these edits alone, or further than before.
    fn reads_on(&self, edits: &BTreeMap<PathBuf, Vec<Edit>>) -> bool {
        edits.iter().all(|(path, edits)| {
            self.texts.get(path).is_some_and(|(file, text)| {
                apply(text, edits).is_ok_and(|after| after != *text && may_follow(text, &after, *file))
            })
        })
    }

    /// Makes the fixes; gives the files that changed, with how many were made. Fixes that only together make a file
    /// unreadable are made one a round.
    fn make(self, files: &mut Edited<'_>) -> BTreeMap<PathBuf, usize> {
        let mut changed = BTreeMap::new();
        for (path, fixes) in self.fixes {
            let Some((file, text)) = self.texts.get(&path) else { continue };
            let all = apply(text, &fixes.concat()).ok().filter(|after| may_follow(text, after, *file));
            let (after, count) = match all {
                Some(after) => (Some(after), fixes.len()),
                None => (fixes.first().and_then(|first| apply(text, first).ok()), 1),
            };
            if let Some(after) = after.filter(|after| after != text) {
                files.set(&path, after);
                changed.insert(path, count);
            }
        }
        changed
    }
}

/// Whether a text can be read to its end or, where the one before could not, further than that one. A change that
/// leaves reading where it was would be made again and again.
fn may_follow(before: &str, after: &str, file: FileId) -> bool {
    match (unread(before, file), unread(after, file)) {
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
