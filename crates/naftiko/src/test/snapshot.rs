//! Snapshots: the accepted results of the tests of a file, stored in one file beside it.

use std::io;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use naftiko_check::Trial;
use naftiko_diagnostics::SourceMap;
use naftiko_report::{Snapshot, Tested};
use naftiko_spec::Files as _;
use naftiko_syntax::{Limits, parse_bytes};
use naftiko_text::Printable;
use serde_json::Value;
use similar::TextDiff;

use crate::reading::unreadable;
use crate::test::trial::Ran;
use crate::world::{self, FileSystem};

/// The first line of every snapshot file.
const HEAD: &str =
    "# The results of the tests beside this file, written by `naftiko test --update`: review every change.\n";

/// The snapshots of one test document.
pub(super) struct Snapshots {
    path: PathBuf,
    by_name: IndexMap<String, Value>,
}

/// Which snapshots are written.
#[derive(Clone, Copy)]
pub(super) struct Update {
    /// Whether snapshots that differ are rewritten.
    pub(super) all: bool,
    /// Whether missing snapshots are written.
    pub(super) new: bool,
    /// Whether all tests of the file were run, so that a snapshot without a test is stale.
    pub(super) whole: bool,
}

impl Snapshots {
    /// Reads the snapshots beside a test document; empty if the file does not exist.
    ///
    /// # Errors
    /// If the file cannot be read or parsed.
    pub(super) fn of(test: &Path) -> Result<Self, String> {
        let path = beside(test);
        let by_name = match FileSystem.read(&path) {
            Ok(bytes) => read(&path, &bytes)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => IndexMap::new(),
            Err(error) => return Err(unreadable(&path, &error)),
        };
        Ok(Self { path, by_name })
    }

    /// Compares the runs of the tests of `file` with their snapshots, and writes snapshots as `update` demands.
    ///
    /// # Errors
    /// If the snapshots cannot be written.
    pub(super) fn judge(
        mut self,
        file: &str,
        ran: &[(&Trial, &Ran)],
        update: Update,
    ) -> Result<Vec<Tested>, String> {
        let mut outcomes = Vec::new();
        let mut written = IndexMap::new();
        for (trial, ran) in ran {
            let before = self.by_name.get(&trial.name).cloned();
            let snapshot = verdict(before.as_ref(), ran, update);
            let difference = match (&before, snapshot) {
                (Some(before), Snapshot::Different) => Some(difference(&trial.name, before, &ran.snapshot)?),
                _ => None,
            };
            if snapshot == Snapshot::Written {
                written.insert(trial.name.clone(), ran.snapshot.clone());
            }
            let problems = ran.problems.clone();
            let (file, name) = (file.to_owned(), trial.name.clone());
            outcomes.push(Tested { file, name, problems, difference, snapshot });
        }
        let stale = self.stale(ran, update);
        if update.all {
            self.by_name.retain(|name, _| !stale.contains(name));
        } else {
            outcomes.extend(stale.iter().map(|name| Tested {
                file: file.to_owned(),
                name: name.clone(),
                problems: vec!["the snapshot has no test of this name; `--update` removes it".into()],
                difference: None,
                snapshot: Snapshot::Unasked,
            }));
        }
        if !written.is_empty() || (update.all && !stale.is_empty()) {
            self.by_name.extend(written);
            self.write(ran)?;
        }
        Ok(outcomes)
    }

    /// The names of snapshots whose tests no longer exist.
    fn stale(&self, ran: &[(&Trial, &Ran)], update: Update) -> Vec<String> {
        let is_test = |name: &&String| ran.iter().any(|(trial, _)| trial.name == **name);
        self.by_name.keys().filter(|name| update.whole && !is_test(name)).cloned().collect()
    }

    fn write(&mut self, ran: &[(&Trial, &Ran)]) -> Result<(), String> {
        // Sorted in the order of the tests; snapshots of tests that were not run remain.
        let place = |name: &String| ran.iter().position(|(trial, _)| trial.name == *name);
        self.by_name.sort_by_key(|name, _| place(name));
        let mut text = HEAD.to_owned();
        for (name, snapshot) in &self.by_name {
            text.push('\n');
            text.push_str(&written(name, snapshot)?);
        }
        world::write(&self.path, &text)
            .map_err(|error| format!("`{}` cannot be written: {error}", self.path.display()))
    }
}

/// The path `a.snap.yaml` for `a.test.yaml`.
fn beside(test: &Path) -> PathBuf {
    let name = test.file_name().unwrap_or_default().to_string_lossy();
    let stem =
        [".test.yaml", ".test.yml", ".yaml", ".yml"].into_iter().find_map(|end| name.strip_suffix(end));
    test.with_file_name(format!("{}.snap.yaml", stem.unwrap_or(&name)))
}

fn read(path: &Path, bytes: &[u8]) -> Result<IndexMap<String, Value>, String> {
    let name = path.display().to_string();
    let mut sources = SourceMap::new();
    let (_, parsed) = parse_bytes(&name, bytes, &mut sources, &Limits::default());
    let errors = naftiko_diagnostics::has_errors(&parsed.diagnostics);
    match parsed.root.filter(|_| !errors).map(|root| root.to_json()) {
        Some(Value::Object(by_name)) => Ok(by_name.into_iter().collect()),
        Some(Value::Null) => Ok(IndexMap::new()),
        _ => Err(format!("`{name}` is not a snapshot file; remove it, and `--update` writes a new one")),
    }
}

fn verdict(before: Option<&Value>, ran: &Ran, update: Update) -> Snapshot {
    match before {
        Some(before) if *before == ran.snapshot => Snapshot::Same,
        // A run that does not meet its expectations must not become a snapshot.
        _ if !ran.problems.is_empty() && before.is_none() => Snapshot::Unasked,
        Some(_) if update.all && ran.problems.is_empty() => Snapshot::Written,
        None if update.all || update.new => Snapshot::Written,
        Some(_) => Snapshot::Different,
        None => Snapshot::Missing,
    }
}

/// A snapshot as YAML, as written to the file.
fn written(name: &str, snapshot: &Value) -> Result<Printable, String> {
    let entry = IndexMap::from([(name.to_owned(), snapshot.clone().into())]);
    naftiko_report::outputs(&entry)
        .map_err(|error| format!("the snapshot of `{name}` cannot be written: {error}"))
}

fn difference(name: &str, before: &Value, after: &Value) -> Result<String, String> {
    let (before, after) = (written(name, before)?, written(name, after)?);
    Ok(TextDiff::from_lines(&*before, &*after).unified_diff().header("snapshot", "snapshot").to_string())
}
