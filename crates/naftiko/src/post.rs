//! Leaves a message for whoever drives a run.
//!
//! It is held against the run as it stands with all that was left before and not seen yet, and left only if nothing has
//! changed meanwhile: of two answers that differ, the second is refused, however close they come.

use naftiko_engine::{Intervention, Refused, Run};
use naftiko_journal::store::Message;
use naftiko_journal::{Record, Store};
use serde_json::Map;

use crate::exit::Stop;
use crate::state::{self, Kept};
use crate::world;

/// How often to look again at a run that goes on meanwhile.
const LOOKS: usize = 100;

/// What became of a message.
pub(crate) enum Posted {
    /// It is left.
    Left,
    /// All is as it says already, or will be.
    AlreadySo,
    /// It cannot be.
    Refused(Refused),
}

/// Leaves a message, unless all is as it says or it cannot be. `check` is shown the run first.
///
/// # Errors
/// That of `check`; when the run cannot be read, or the message cannot be kept.
pub(crate) fn post(
    store: &Store,
    run: &str,
    intervention: &Intervention,
    check: impl Fn(&Run) -> Result<(), Stop>,
) -> Result<Posted, Stop> {
    let unwritable = |error: serde_json::Error| Stop::Usage(format!("it cannot be kept: {error}"));
    let message = serde_json::to_value(intervention).map_err(unwritable)?;
    for _ in 0..LOOKS {
        let waiting = store.inbox(run)?;
        let kept = Kept::read(store, &state::find(store, run)?)?;
        let seq = kept.records.last().map_or(0, |record| record.seq);
        let last = waiting.last().map(|message| message.id);
        if let Some(settled) = settled(&kept, waiting, intervention, &check)? {
            return Ok(settled);
        }
        if store.post_unless_changed(run, &message, seq, last)?.is_some() {
            return Ok(Posted::Left);
        }
    }
    // Left unlooked at, it might be dropped without a word.
    Err(Stop::Usage(format!(
        "run `{run}` goes on faster than it can be looked at, and nothing was left for it; try again"
    )))
}

/// What becomes of a message that need not be left.
fn settled(
    kept: &Kept,
    waiting: Vec<Message>,
    intervention: &Intervention,
    check: impl Fn(&Run) -> Result<(), Stop>,
) -> Result<Option<Posted>, Stop> {
    let waiting =
        waiting.into_iter().filter_map(|it| serde_json::from_value::<Intervention>(it.content).ok());
    let mut run = match kept.replay(Map::new()) {
        Ok(run) => run,
        // Without the inputs that are not kept it may not be told how the run stands.
        Err(_) if !kept.withheld().is_empty() => return Ok(among(waiting, intervention)),
        Err(stop) => return Err(stop),
    };
    for earlier in waiting {
        if let Ok(Some(event)) = run.intervened(&earlier) {
            let seq = run.ledger().seq() + 1;
            // What does not fit is dropped by whoever drives the run, too.
            let _unfit = run.apply(&Record { run: kept.id.clone(), seq, at: world::now(), event });
        }
    }
    check(&run)?;
    Ok(match run.intervened(intervention) {
        Ok(Some(_)) => None,
        Ok(None) => Some(Posted::AlreadySo),
        Err(refused) => Some(Posted::Refused(refused)),
    })
}

/// What becomes of an answer, as far as the answers that were left before tell.
fn among(waiting: impl Iterator<Item = Intervention>, intervention: &Intervention) -> Option<Posted> {
    let Intervention::Complete { step, result, .. } = intervention else { return None };
    let mut answers = waiting.filter_map(|earlier| match earlier {
        Intervention::Complete { step: of, result, .. } if of == *step => Some(result),
        _ => None,
    });
    let earlier = answers.next()?;
    Some(if earlier == *result {
        Posted::AlreadySo
    } else {
        Posted::Refused(Refused::AnsweredOtherwise(step.clone()))
    })
}
