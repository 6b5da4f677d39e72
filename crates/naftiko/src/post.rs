//! Leaves a message for the process that drives a run.
//!
//! The message is validated against the state of the run including all earlier messages that are not processed yet. It
//! is stored only if neither has changed in between: of two conflicting answers the second is rejected, however close
//! they arrive.

use naftiko_engine::{Intervention, Refused, Run};
use naftiko_journal::store::Message;
use naftiko_journal::{Record, Store};
use serde_json::Map;

use crate::exit::Stop;
use crate::state::{self, Kept};
use crate::world;

/// The number of attempts while the run keeps changing.
const LOOKS: usize = 100;

/// The outcome of leaving a message.
pub(crate) enum Posted {
    /// The message was stored.
    Left,
    /// The message is redundant: its effect has happened, or an equal message is already stored.
    AlreadySo,
    /// The message was rejected.
    Refused(Refused),
}

/// Leaves a message, unless it is redundant or rejected. `check` may reject it after looking at the run.
///
/// # Errors
/// The error of `check`; or if the run cannot be read, or the message cannot be stored.
pub(crate) fn post(
    store: &Store,
    run: &str,
    intervention: &Intervention,
    check: impl Fn(&Run) -> Result<(), Stop>,
) -> Result<Posted, Stop> {
    let unwritable = |error: serde_json::Error| Stop::Usage(format!("the message cannot be stored: {error}"));
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
    // A message that was stored without validation could be dropped silently.
    Err(Stop::Usage(format!("run `{run}` keeps changing, so no message was stored for it; try again")))
}

/// The outcome of a message that need not be stored; `None` if it must be.
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
        // The state of the run may depend on sensitive inputs, which are not stored.
        Err(_) if !kept.withheld().is_empty() => return Ok(among(waiting, intervention)),
        Err(stop) => return Err(stop),
    };
    for earlier in waiting {
        if let Ok(Some(event)) = run.intervened(&earlier) {
            let seq = run.ledger().seq() + 1;
            // An earlier message that does not fit is dropped by the driving process too.
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

/// The outcome of an answer or a ruling, judged only by those that were left earlier.
fn among(mut waiting: impl Iterator<Item = Intervention>, intervention: &Intervention) -> Option<Posted> {
    let (is_equal, refused) = match intervention {
        Intervention::Complete { step, result, .. } => {
            let earlier = waiting.find_map(|earlier| match earlier {
                Intervention::Complete { step: of, result, .. } if of == *step => Some(result),
                _ => None,
            })?;
            (earlier == *result, Refused::AnsweredOtherwise(step.clone()))
        }
        Intervention::Resolve { step, ruling } => {
            let earlier = waiting.find_map(|earlier| match earlier {
                Intervention::Resolve { step: of, ruling } if of == *step => Some(ruling),
                _ => None,
            })?;
            (earlier == *ruling, Refused::RuledOtherwise(step.clone()))
        }
        Intervention::Cancel { .. } => return None,
    };
    Some(if is_equal { Posted::AlreadySo } else { Posted::Refused(refused) })
}
