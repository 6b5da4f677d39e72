//! Compares the plan of a run with the current documents when the run is resumed.

use std::path::PathBuf;
use std::sync::Arc;

use naftiko_journal::Store;
use naftiko_plan::{Change, Plan};
use naftiko_text::{Printable, printable};

use crate::args::Lookup;
use crate::exit::Stop;
use crate::planning;
use crate::reading::unreadable;
use crate::screen::Screen;
use crate::state::{Kept, Origin};
use crate::world::{self, FileSystem};

/// A plan to continue with.
pub(crate) struct Settled {
    pub(crate) plan: Arc<Plan>,
    /// The text of the plan if it is that of changed documents and not stored yet.
    unstored: Option<String>,
}

impl Settled {
    fn stored(plan: &Arc<Plan>) -> Self {
        Self { plan: Arc::clone(plan), unstored: None }
    }

    /// Whether it is the plan of changed documents, which the records of the run may not fit.
    pub(crate) fn is_new(&self) -> bool {
        self.unstored.is_some()
    }

    /// Stores the plan of changed documents as the plan of a run, once nothing else keeps the run from continuing.
    ///
    /// # Errors
    /// If it cannot be stored.
    pub(crate) fn adopt(&mut self, id: &str, store: &Store, screen: &mut Screen) -> Result<(), Stop> {
        if let Some(text) = self.unstored.take() {
            store.adopt_plan(id, &text, world::now())?;
            screen.message(&"the run continues with these changes\n".into());
        }
        Ok(())
    }
}

/// Chooses the plan to continue with: the stored plan, after reporting how the documents have changed; with `adopt`,
/// the plan of the current documents.
///
/// # Errors
/// With `adopt`, if the documents give no plan.
pub(crate) fn settled(
    kept: &Kept,
    adopt: bool,
    allowed_files: &[PathBuf],
    screen: &mut Screen,
) -> Result<Settled, Stop> {
    let file = Printable::path(&kept.origin.file);
    let now = match plan_now(&kept.origin, allowed_files) {
        Ok(now) => now,
        Err(why) if adopt => {
            return Err(Stop::Usage(format!("`{file}` has no plan, so the run cannot adopt it: {why}")));
        }
        Err(why) => {
            screen.message(&printable!(
                "`{}` no longer has a plan ({}); the run continues with its own plan\n",
                file,
                why
            ));
            return Ok(Settled::stored(&kept.plan));
        }
    };
    let changes = kept.plan.changes_to(&now);
    if changes.is_empty() {
        return Ok(Settled::stored(&kept.plan));
    }
    screen.message(&told(&file, &changes));
    if !adopt {
        screen.message(
            &"the run continues with its own plan; `--adopt-changes` uses the changed documents\n".into(),
        );
        return Ok(Settled::stored(&kept.plan));
    }
    let now = Arc::new(now);
    let text = serde_json::to_string(&*now)
        .map_err(|error| Stop::Usage(format!("the plan cannot be stored: {error}")))?;
    Ok(Settled { plan: now, unstored: Some(text) })
}

fn told(file: &Printable, changes: &[Change]) -> Printable {
    let lines: Printable = changes.iter().map(|change| printable!("  {}\n", change)).collect();
    printable!("`{}`, or a document that it names, has changed since the run started:\n{}", file, lines)
}

/// Checks the documents of the run and returns their current plan.
fn plan_now(origin: &Origin, allowed_files: &[PathBuf]) -> Result<Plan, String> {
    let lookup = Lookup {
        capabilities: origin.capabilities.as_ref().map(|path| origin.folder.join(path)),
        openapi: origin.openapi.iter().map(|path| origin.folder.join(path)).collect(),
    };
    let file = origin.folder.join(&origin.file);
    let checked = naftiko_check::check(&file, &planning::options(&lookup, allowed_files), &FileSystem);
    let checked = checked.map_err(|error| unreadable(&file, &error))?;
    checked.plan.ok_or_else(|| "it has errors".to_owned())
}
