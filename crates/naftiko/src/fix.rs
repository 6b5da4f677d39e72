//! `naftiko check --fix`: applies the fixes of findings.

use std::path::{Path, PathBuf};

use naftiko_check::{Checked, Edited, Fixed, Policy, fix};
use naftiko_diagnostics::{Applicability, has_errors};
use naftiko_report::{diagnostics, summary};
use naftiko_text::printable;

use crate::args::Check;
use crate::diff::unified;
use crate::documents::Documents;
use crate::exit::{Exit, Stop};
use crate::planning::options;
use crate::reading::{Reading, unreadable};
use crate::screen::Screen;
use crate::strictness::Strictness;
use crate::world::{FileSystem, is_below, replace};

/// Fixes documents, and writes each one as soon as it is fixed. Returns one message per file that could not be written.
/// A document that cannot be read is skipped; the check that follows reports it.
pub(crate) fn write(paths: &[PathBuf], arguments: &Check, screen: &mut Screen) -> Vec<String> {
    let mut problems = Vec::new();
    let mut guesses = 0;
    for path in paths {
        let mut files = Edited::new(&FileSystem);
        let Ok(fixed) = make(path, arguments, &mut files) else { continue };
        guesses += guesses_left(&fixed.checked);
        for change in files.changes() {
            let name = change.path.display().to_string();
            match replace(&change.path, &change.before, &change.after) {
                Ok(()) => {
                    let count = fixed.made.get(&change.path).copied().unwrap_or_default();
                    screen.message(&printable!("{}: {} applied\n", name, fixes(count)));
                }
                Err(error) => problems.push(format!("`{name}` cannot be written: {error}")),
            }
        }
    }
    offer(guesses, arguments, screen);
    problems
}

/// Prints the changes that the fixes of all documents would make, and the findings that would remain.
pub(crate) fn show(arguments: &Check, strictness: &Strictness, screen: &mut Screen) -> Result<Exit, Stop> {
    let Documents { paths, mut problems } = Documents::find(&arguments.paths, &Reading::new());
    let mut files = Edited::new(&FileSystem);
    let (mut errors, mut guesses) = (false, 0);
    for path in &paths {
        match make(path, arguments, &mut files) {
            Ok(fixed) => {
                guesses += guesses_left(&fixed.checked);
                let left = strictness.judge(fixed.checked.diagnostics);
                screen.message(&diagnostics(&left, &fixed.checked.sources, screen.err));
                screen.message(&summary(&path.display().to_string(), &left, screen.err));
                errors |= has_errors(&left);
            }
            Err(error) => problems.push(unreadable(path, &error)),
        }
    }
    for change in files.changes() {
        unified(&change, screen)?;
    }
    offer(guesses, arguments, screen);
    for problem in &problems {
        screen.problem(&problem.clone().into());
    }
    Ok(match (problems.is_empty(), errors) {
        (false, _) => Exit::Usage,
        (true, true) => Exit::Errors,
        (true, false) => Exit::Done,
    })
}

/// Applies the fixes to one document in memory. Files outside of its folder may be shared with other documents and are
/// not edited.
fn make(document: &Path, arguments: &Check, files: &mut Edited<'_>) -> std::io::Result<Fixed> {
    let may_edit = |path: &Path| path == document || is_below(path, document);
    let policy = Policy { guesses: arguments.fix.guesses, may_edit: &may_edit };
    fix(document, &options(&arguments.lookup, &arguments.readable.allowed_files), files, policy)
}

/// The number of remaining fixes that are guesses.
fn guesses_left(checked: &Checked) -> usize {
    let fixes = checked.diagnostics.iter().filter_map(|found| found.fix.as_ref());
    fixes.filter(|fix| fix.applicability == Applicability::Unsafe).count()
}

fn offer(guesses: usize, arguments: &Check, screen: &mut Screen) {
    if guesses > 0 && !arguments.fix.guesses {
        screen.message(&printable!(
            "{} more with `--unsafe`: review the changes with `--diff` first\n",
            fixes(guesses)
        ));
    }
}

fn fixes(count: usize) -> String {
    if count == 1 { "1 fix".to_owned() } else { format!("{count} fixes") }
}
