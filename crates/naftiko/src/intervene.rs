//! `naftiko complete`, `resolve` and `cancel`: what somebody does to a run from outside.

use naftiko_adapter_external::fits;
use naftiko_engine::Intervention;
use naftiko_journal::{Ruling, Store, StoreError};
use naftiko_plan::Action;
use naftiko_report::visible;
use serde_json::{Map, Value};

use crate::args::{Cancel, Complete, Resolve, State};
use crate::drive::block_on;
use crate::exit::{Exit, Stop};
use crate::screen::Screen;
use crate::state::{self as kept_runs, Held, Kept};
use crate::world;

pub(crate) fn complete(arguments: &Complete, screen: &mut Screen) -> Result<Exit, Stop> {
    let result = json(&arguments.result, "--result")?;
    let step = arguments.step.clone();
    let said = format!("`{}` is answered", visible(&step));
    block_on(intervene(
        &arguments.state,
        &arguments.run,
        &Intervention::Complete { step, result },
        &said,
        screen,
    ))
}

pub(crate) fn resolve(arguments: &Resolve, screen: &mut Screen) -> Result<Exit, Stop> {
    let step = arguments.step.clone();
    let (ruling, said) = match &arguments.happened {
        Some(text) => (Ruling::Happened { result: json(text, "--happened")? }, "happened"),
        None => (Ruling::DidNotHappen, "did not happen, and is made again"),
    };
    let said = format!("`{}` {said}", visible(&step));
    block_on(intervene(
        &arguments.state,
        &arguments.run,
        &Intervention::Resolve { step, ruling },
        &said,
        screen,
    ))
}

pub(crate) fn cancel(arguments: &Cancel, screen: &mut Screen) -> Result<Exit, Stop> {
    let compensate = arguments.compensate;
    let said = if compensate {
        "the run is cancelled, and what was done is to be undone"
    } else {
        "the run is cancelled"
    };
    block_on(intervene(&arguments.state, &arguments.run, &Intervention::Cancel { compensate }, said, screen))
}

fn json(text: &str, flag: &str) -> Result<Value, Stop> {
    serde_json::from_str(text).map_err(|error| {
        Stop::Usage(format!("`{flag}` is not JSON: {error}; a text goes in quotes: `'\"…\"'`"))
    })
}

/// Does it here if nobody drives the run, or leaves it to whoever does.
async fn intervene(
    state: &State,
    run: &str,
    intervention: &Intervention,
    said: &str,
    screen: &mut Screen,
) -> Result<Exit, Stop> {
    let (store, summary) = kept_runs::open_for(state, run)?;
    let kept = Kept::read(&store, &summary)?;
    let lease = match store.lease(&summary.id, world::now()) {
        Ok(lease) => lease,
        Err(StoreError::Held { .. }) => return leave(&store, &kept, intervention, said, screen),
        Err(error) => return Err(error.into()),
    };
    // Read again: whoever had the run may have gone on with it until now.
    let kept = Kept::read(&store, &summary)?;
    let run = match kept.replay(Map::new()) {
        Ok(run) => run,
        // What is not kept may be what a list is made from.
        Err(_) if !kept.withheld().is_empty() => {
            drop(lease);
            return leave(&store, &kept, intervention, said, screen);
        }
        Err(stop) => return Err(stop),
    };
    let mut held = Held::new(store, kept.id.clone(), run, lease);
    held.empty_inbox().await?;
    check_answer(&held.run, intervention)?;
    let event = held.run.intervened(intervention).map_err(|refused| Stop::Usage(refused.to_string()))?;
    if let Some(event) = event {
        held.record(event).await?;
    }
    let go_on = if held.run.status().is_over() {
        String::new()
    } else {
        format!("; go on with\n  naftiko resume {}{}", held.id, state.again())
    };
    screen.message(&format!("{said}{go_on}\n"));
    Ok(Exit::Done)
}

/// Leaves a message, if it can be done as the run stood a moment ago.
fn leave(
    store: &Store,
    kept: &Kept,
    intervention: &Intervention,
    said: &str,
    screen: &mut Screen,
) -> Result<Exit, Stop> {
    if let Ok(run) = kept.replay(Map::new()) {
        check_answer(&run, intervention)?;
        let event = run.intervened(intervention).map_err(|refused| Stop::Usage(refused.to_string()))?;
        if event.is_none() {
            screen.message(&format!("{said}\n"));
            return Ok(Exit::Done);
        }
    }
    let unwritable = |error: serde_json::Error| Stop::Usage(format!("it cannot be kept: {error}"));
    store.post(&kept.id, &serde_json::to_value(intervention).map_err(unwritable)?)?;
    screen.message(&format!("{said}, as soon as whoever drives the run sees it\n"));
    Ok(Exit::Done)
}

/// Holds an answer against the schema that its step declares.
fn check_answer(run: &naftiko_engine::Run, intervention: &Intervention) -> Result<(), Stop> {
    let Intervention::Complete { step, result } = intervention else { return Ok(()) };
    let Some(Action::External(external)) = run.definition(step).map(|step| &step.action) else {
        return Ok(());
    };
    fits(external.result.as_ref(), result)
        .map_err(|reason| Stop::Usage(format!("the answer for `{step}` does not fit: {reason}")))
}
