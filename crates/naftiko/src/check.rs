//! `naftiko check`.

use std::path::Path;

use naftiko_check::{Checked, Options};
use naftiko_diagnostics::Severity;
use naftiko_report::{diagnostics, summary};

use crate::args::{Check, Lookup};
use crate::exit::{Exit, Stop};
use crate::screen::Screen;
use crate::world::FileSystem;

pub(crate) fn check(arguments: &Check, screen: &mut Screen) -> Result<Exit, Stop> {
    let mut exit = Exit::Done;
    for file in &arguments.files {
        let checked = match read(file, &arguments.lookup) {
            Ok(checked) => checked,
            // The other files are checked all the same.
            Err(Stop::Usage(message)) => {
                screen.problem(&message);
                exit = Exit::Usage;
                continue;
            }
            Err(stop) => return Err(stop),
        };
        screen.result(&diagnostics(&checked.diagnostics, &checked.sources, screen.out))?;
        screen.result(&summary(&file.display().to_string(), &checked.diagnostics, screen.out))?;
        if checked.has_errors() && exit == Exit::Done {
            exit = Exit::Errors;
        }
    }
    Ok(exit)
}

/// Reads and checks one file.
pub(crate) fn read(file: &Path, lookup: &Lookup) -> Result<Checked, Stop> {
    let options = Options { capabilities: lookup.capabilities.clone(), openapi: lookup.openapi.clone() };
    naftiko_check::check(file, &options, &FileSystem)
        .map_err(|error| Stop::Usage(format!("`{}` cannot be read: {error}", file.display())))
}

/// The plan of a file that is to be planned or run. Errors and warnings are shown; without a plan there is an exit
/// code.
pub(crate) fn to_plan(
    file: &Path,
    lookup: &Lookup,
    screen: &mut Screen,
) -> Result<Result<naftiko_plan::Plan, Exit>, Stop> {
    let checked = read(file, lookup)?;
    let errors = checked.has_errors();
    let shown: Vec<_> =
        checked.diagnostics.iter().filter(|found| found.severity() != Severity::Note).cloned().collect();
    screen.message(&diagnostics(&shown, &checked.sources, screen.err))?;
    match checked.plan {
        Some(plan) => Ok(Ok(plan)),
        None if errors => {
            screen.message(&summary(&file.display().to_string(), &shown, screen.err))?;
            Ok(Err(Exit::Errors))
        }
        None => Err(Stop::Usage(format!(
            "`{}` has no plan: without an OpenAPI description nothing is known of its operations; give one with \
             `--openapi FILE`, or name it in a capabilities document of edition 0.2",
            file.display()
        ))),
    }
}
