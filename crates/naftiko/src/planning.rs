//! From a file to its plan: the check that precedes `plan`, `run` and other commands, and the options of the checker.

use std::path::{Path, PathBuf};

use naftiko_check::{Checked, Options};
use naftiko_diagnostics::Severity;
use naftiko_plan::Plan;
use naftiko_report::{diagnostics, summary};
use naftiko_spec::Kind;

use crate::args::Lookup;
use crate::exit::{Exit, Stop};
use crate::reading::{Reading, unreadable};
use crate::screen::Screen;

/// The options of the checker for these arguments.
pub(crate) fn options(lookup: &Lookup, allowed_files: &[PathBuf]) -> Options {
    Options {
        capabilities: lookup.capabilities.clone(),
        openapi: lookup.openapi.clone(),
        allowed_files: allowed_files.to_vec(),
        rules: Vec::new(),
    }
}

/// Checks a file and returns its plan. Errors and warnings are shown. Without a plan, returns the exit code.
pub(crate) fn to_plan(
    file: &Path,
    lookup: &Lookup,
    allowed_files: &[PathBuf],
    screen: &mut Screen,
) -> Result<Result<Plan, Exit>, Stop> {
    let reading = Reading::of_file(file).map_err(Stop::Usage)?;
    let file = reading.stream(file).unwrap_or(file);
    let checked = naftiko_check::check(file, &options(lookup, allowed_files), &reading)
        .map_err(|error| Stop::Usage(unreadable(file, &error)))?;
    let errors = checked.has_errors();
    let lacking = no_plan(file, &checked);
    let shown: Vec<_> =
        checked.diagnostics.iter().filter(|found| found.severity() != Severity::Note).cloned().collect();
    screen.message(&diagnostics(&shown, &checked.sources, screen.err));
    match checked.plan {
        Some(plan) => Ok(Ok(plan)),
        None if errors => {
            screen.message(&summary(&file.display().to_string(), &shown, screen.err));
            Ok(Err(Exit::Errors))
        }
        None => Err(lacking),
    }
}

/// The reason why a document without errors has no plan.
pub(crate) fn no_plan(file: &Path, checked: &Checked) -> Stop {
    let file = file.display();
    Stop::Usage(match checked.withheld_by() {
        _ if checked.kind == Some(Kind::Capabilities) => {
            format!("`{file}` is a capabilities document; only a composition can be planned and run")
        }
        _ if checked.kind == Some(Kind::Test) && checked.suite.is_some() => {
            format!("`{file}` is a test of a composition: run it with `naftiko test`")
        }
        Some(ignored) => {
            format!("`{file}` has no plan: the error `{}` is ignored, but prevents a run", ignored.code.id)
        }
        None => format!(
            "`{file}` has no plan: its operations have no OpenAPI description; give one with `--openapi \
             FILE`, or name it in a capabilities document of edition 0.2"
        ),
    })
}
