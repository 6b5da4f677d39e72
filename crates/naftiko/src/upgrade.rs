//! `naftiko upgrade`: translates a composition of edition 0.1 to 0.2.

use naftiko_check::{Change, Checked, Upgrade};
use naftiko_diagnostics::Severity;
use naftiko_report::{diagnostics, summary};
use naftiko_text::printable;

use crate::args::UpgradeOptions;
use crate::diff::unified;
use crate::exit::{Exit, Stop};
use crate::planning::{no_plan, options};
use crate::reading::unreadable;
use crate::screen::Screen;
use crate::world::{FileSystem, replace};

pub(crate) fn upgrade(arguments: &UpgradeOptions, screen: &mut Screen) -> Result<Exit, Stop> {
    let file = &arguments.file;
    let name = file.display();
    let upgraded = naftiko_check::upgrade(
        file,
        &options(&arguments.lookup, &arguments.readable.allowed_files),
        &FileSystem,
    )
    .map_err(|error| Stop::Usage(unreadable(file, &error)))?;
    match upgraded.upgrade {
        Upgrade::Text(after, again) => give(arguments, &upgraded.checked, after, &again, screen),
        Upgrade::UpToDate(text) => {
            screen.message(&printable!("{}: already edition 0.2, nothing to do\n", file));
            if !arguments.write && !arguments.diff {
                screen.document(&text)?;
            }
            Ok(Exit::Done)
        }
        Upgrade::NotAComposition => Err(Stop::Usage(format!("`{name}` is not a composition"))),
        Upgrade::Unclear if upgraded.checked.has_errors() => {
            Ok(refuse(arguments, &upgraded.checked, "cannot be upgraded: correct its errors first", screen))
        }
        Upgrade::Unclear => Err(no_plan(file, &upgraded.checked)),
        Upgrade::Untranslatable(again) => {
            let why = "cannot be upgraded: in edition 0.2 its plan would differ";
            Ok(refuse(arguments, &again, why, screen))
        }
    }
}

/// Prints the new text, or writes it, or shows the changes. `again` is the check of the new text.
fn give(
    arguments: &UpgradeOptions,
    checked: &Checked,
    after: String,
    again: &Checked,
    screen: &mut Screen,
) -> Result<Exit, Stop> {
    let before = checked.sources.files().next().map(|(_, file)| file.text().to_string()).unwrap_or_default();
    if arguments.write {
        replace(&arguments.file, &before, &after).map_err(|error| {
            Stop::Usage(format!("`{}` cannot be written: {error}", arguments.file.display()))
        })?;
        screen.message(&printable!("{}: upgraded to edition 0.2\n", arguments.file));
    } else if arguments.diff {
        let change = Change { path: arguments.file.clone(), before, after };
        unified(&change, screen)?;
    } else {
        screen.document(&after)?;
    }
    // Edition 0.2 has additional rules, so the number of warnings is always reported.
    let warnings = again.diagnostics.iter().filter(|found| found.severity() == Severity::Warning).count();
    let what = match warnings {
        0 => return Ok(Exit::Done),
        1 => "1 warning: `naftiko check` shows it".to_owned(),
        many => format!("{many} warnings: `naftiko check` shows them"),
    };
    screen.message(&printable!("{}: in edition 0.2 it has {}\n", arguments.file, what));
    Ok(Exit::Done)
}

/// Shows the errors and warnings that prevent the upgrade. Without an error, the exit code is that for usage.
fn refuse(arguments: &UpgradeOptions, checked: &Checked, why: &str, screen: &mut Screen) -> Exit {
    let shown: Vec<_> =
        checked.diagnostics.iter().filter(|found| found.severity() != Severity::Note).cloned().collect();
    let name = arguments.file.display().to_string();
    screen.message(&diagnostics(&shown, &checked.sources, screen.err));
    if checked.has_errors() {
        screen.message(&summary(&name, &shown, screen.err));
    }
    screen.problem(&printable!("`{}` {}", name, why));
    if checked.has_errors() { Exit::Errors } else { Exit::Usage }
}
