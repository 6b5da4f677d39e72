//! Finds the documents that a command line names: files, folders, patterns, standard input, pipes.
//!
//! A file that is named is always checked. In folders, and among the matches of a pattern, only files are checked whose
//! header declares them to be documents.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use glob::{MatchOptions, Pattern};
use naftiko_spec::Files as _;

use crate::reading::{Reading, unreadable};
use crate::world::{self, Kind};

/// The file extensions of documents.
const ENDINGS: [&str; 3] = ["yaml", "yml", "json"];

/// Folders with files of other projects and build output, which are skipped.
const FOREIGN: [&str; 2] = ["node_modules", "target"];

/// The result of the search.
#[derive(Debug, Default)]
pub(crate) struct Documents {
    /// The documents, in the order they were named, without duplicates.
    pub(crate) paths: Vec<PathBuf>,
    /// One message for each argument or file that cannot be read.
    pub(crate) problems: Vec<String>,
}

impl Documents {
    /// Finds the documents that the arguments name.
    pub(crate) fn find(named: &[PathBuf], reading: &Reading) -> Self {
        let mut found = Self::default();
        for path in named {
            found.add(path, reading);
        }
        let mut known = BTreeSet::new();
        found.paths.retain(|path| known.insert(world::identity(path)));
        found
    }

    fn add(&mut self, path: &Path, reading: &Reading) {
        if let Some(name) = reading.stream(path) {
            self.paths.push(name.to_path_buf());
            return;
        }
        match (reading.kind(path), path.to_str()) {
            (Some(Kind::Folder), _) => {
                let root = if path == Path::new(".") { Path::new("") } else { path };
                let files = self.walk(root, usize::MAX, reading);
                self.keep_documents(files, reading, &format!("below `{}`", path.display()));
            }
            (None, Some(pattern)) if is_pattern(pattern) => self.add_matches(pattern, reading),
            // A missing file is reported when it is read.
            _ => self.paths.push(path.to_path_buf()),
        }
    }

    /// Adds the documents that match a pattern.
    fn add_matches(&mut self, text: &str, reading: &Reading) {
        let pattern = match Pattern::new(text) {
            Ok(pattern) => pattern,
            Err(error) => return self.problems.push(format!("`{text}` is not a pattern: {}", error.msg)),
        };
        let path = Path::new(text);
        let root: PathBuf =
            path.components().take_while(|part| !part.as_os_str().to_str().is_some_and(is_pattern)).collect();
        let below = path.components().count() - root.components().count();
        let levels = if text.contains("**") { usize::MAX } else { below };
        let options = MatchOptions {
            case_sensitive: true,
            require_literal_separator: true,
            require_literal_leading_dot: true,
        };
        let mut files = self.walk(&root, levels, reading);
        // The paths from the walk do not begin with `./`.
        let plain = text.strip_prefix("./").map_or(Ok(pattern.clone()), Pattern::new);
        files.retain(|file| {
            pattern.matches_path_with(file, options)
                || plain.as_ref().is_ok_and(|plain| plain.matches_path_with(file, options))
        });
        self.keep_documents(files, reading, &format!("among the files that match `{text}`"));
    }

    /// Adds those of `files` that are documents. `place` describes the searched place for the message that there are
    /// none.
    fn keep_documents(&mut self, files: Vec<PathBuf>, reading: &Reading, place: &str) {
        let (documents, problems) = (self.paths.len(), self.problems.len());
        for file in files {
            match reading.read(&file) {
                Ok(bytes) if naftiko_spec::is_document(&bytes) => self.paths.push(file),
                Ok(_) => {}
                Err(error) => self.problems.push(unreadable(&file, &error)),
            }
        }
        if (self.paths.len(), self.problems.len()) == (documents, problems) {
            self.problems.push(format!("there is no composition or capabilities document {place}"));
        }
    }

    /// The files with a document extension at most `levels` levels below `root`, sorted. A folder that several links
    /// lead to is entered once.
    fn walk(&mut self, root: &Path, levels: usize, reading: &Reading) -> Vec<PathBuf> {
        let mut files = Vec::new();
        let mut entered = BTreeSet::new();
        let (mut folders, mut links) = (vec![(root.to_path_buf(), 1)], Vec::new());
        // Links are followed last, so that a folder that can be reached without a link is reported under its own path.
        while let Some((folder, level)) = folders.pop().or_else(|| links.pop()) {
            if !entered.insert(world::identity(&folder)) {
                continue;
            }
            let entries = match reading.entries(&folder) {
                Ok(entries) => entries,
                Err(error) => {
                    self.problems.push(unreadable(&folder, &error));
                    continue;
                }
            };
            for entry in entries.into_iter().filter(|entry| !is_hidden(&entry.path)) {
                match entry.kind {
                    Some(Kind::File) if may_be_document(&entry.path) => files.push(entry.path),
                    Some(Kind::Folder) if level < levels && !is_foreign(&entry.path) => {
                        let later = if entry.link { &mut links } else { &mut folders };
                        later.push((entry.path, level + 1));
                    }
                    _ => {}
                }
            }
        }
        files.sort();
        files
    }
}

fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

fn is_foreign(path: &Path) -> bool {
    path.file_name().and_then(|name| name.to_str()).is_some_and(|name| FOREIGN.contains(&name))
}

fn may_be_document(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known)))
}
