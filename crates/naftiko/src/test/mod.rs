//! `naftiko test`: runs tests on the mock, and compares the runs with their expectations and snapshots.

mod expect;
mod find;
mod requests;
mod script;
mod snapshot;
mod story;
mod trial;

use std::path::Path;

use naftiko_check::{Suite, Trial};
use naftiko_diagnostics::Severity;
use naftiko_report::{Style, Tested, diagnostics, tested, tested_as_json, tested_as_junit};
use naftiko_text::Printable;

use crate::args::{Test, TestFormat};
use crate::exit::{Exit, Stop};
use crate::parallel::in_parallel;
use crate::planning::{no_plan, options};
use crate::reading::{Reading, unreadable};
use crate::screen::Screen;
use crate::world;

pub(crate) use script::script;

/// A test document without errors.
struct File<'a> {
    name: String,
    path: &'a Path,
    suite: Suite,
}

pub(crate) fn test(arguments: &Test, screen: &mut Screen) -> Result<Exit, Stop> {
    let reading = Reading::new();
    let paths = find::tests(&arguments.paths, &reading).map_err(Stop::Lines)?;
    let mut outcomes: Vec<Tested> = Vec::new();
    let mut files = Vec::new();
    let suites = in_parallel(&paths, arguments.jobs, |path| suite(path, arguments, &reading));
    for (path, suite) in paths.iter().zip(suites) {
        match suite? {
            Ok(suite) => files.push(File { name: path.display().to_string(), path, suite }),
            Err(broken) => outcomes.push(broken),
        }
    }
    outcomes.extend(run(&files, arguments)?);
    if let (true, Some(text)) = (outcomes.is_empty(), &arguments.filter) {
        return Err(Stop::Usage(format!("there is no test with `{text}` in its name")));
    }
    outcomes.sort_by_key(|outcome| paths.iter().position(|path| path.display().to_string() == outcome.file));
    screen.result(&report(&outcomes, arguments.format, screen.out)?)?;
    Ok(if outcomes.iter().all(Tested::passed) { Exit::Done } else { Exit::Errors })
}

/// Runs the selected tests of all files in parallel, and compares them with the snapshots of each file.
fn run(files: &[File<'_>], arguments: &Test) -> Result<Vec<Tested>, Stop> {
    let wanted = |trial: &Trial| arguments.filter.as_ref().is_none_or(|text| trial.name.contains(text));
    let trials: Vec<(usize, &Suite, &Trial)> = files
        .iter()
        .enumerate()
        .flat_map(|(at, file)| file.suite.trials.iter().map(move |trial| (at, &file.suite, trial)))
        .filter(|(_, _, trial)| wanted(trial))
        .collect();
    let results = in_parallel(&trials, arguments.jobs, |(_, suite, trial)| trial::run(suite, trial));
    let update =
        snapshot::Update { all: arguments.update, new: !world::in_ci(), whole: arguments.filter.is_none() };
    let mut outcomes = Vec::new();
    for (at, file) in files.iter().enumerate() {
        let of_file = trials.iter().zip(&results).filter(|((of, ..), _)| *of == at);
        let of_file: Vec<_> = of_file.map(|((_, _, trial), result)| (*trial, result)).collect();
        let snapshots = snapshot::Snapshots::of(file.path).map_err(Stop::Usage)?;
        outcomes.extend(snapshots.judge(&file.name, &of_file, update).map_err(Stop::Usage)?);
    }
    Ok(outcomes)
}

fn report(outcomes: &[Tested], format: TestFormat, style: Style) -> Result<Printable, Stop> {
    match format {
        TestFormat::Human => Ok(tested(outcomes, style)),
        TestFormat::Junit => Ok(tested_as_junit(outcomes)),
        TestFormat::Json => tested_as_json(outcomes)
            .map_err(|error| Stop::Usage(format!("the results cannot be written: {error}"))),
    }
}

/// Checks a test document and returns its tests. A document with errors becomes a failed test.
fn suite(path: &Path, arguments: &Test, reading: &Reading) -> Result<Result<Suite, Tested>, Stop> {
    let checked =
        naftiko_check::check(path, &options(&arguments.lookup, &arguments.readable.allowed_files), reading)
            .map_err(|error| Stop::Usage(unreadable(path, &error)))?;
    if checked.has_errors() {
        let errors = checked.diagnostics.iter().filter(|found| found.severity() == Severity::Error);
        let errors: Vec<_> = errors.cloned().collect();
        return Ok(Err(Tested {
            file: path.display().to_string(),
            name: "the documents have no errors".to_owned(),
            problems: vec![diagnostics(&errors, &checked.sources, Style::PLAIN)],
            difference: None,
            snapshot: naftiko_report::Snapshot::Unasked,
        }));
    }
    match checked.suite {
        Some(suite) => Ok(Ok(suite)),
        None => Err(no_plan(path, &checked)),
    }
}
