//! `naftiko complete`, `resolve` and `cancel`: interventions in a run from outside.

use indexmap::IndexMap;
use naftiko_adapter_external::fits;
use naftiko_engine::Intervention;
use naftiko_journal::{Ruling, Store, StoreError};
use naftiko_plan::Action;
use naftiko_text::{Printable, printable};
use serde_json::{Map, Value};

use crate::allowances::Allowances;
use crate::args::{Cancel, Complete, Resolve, State};
use crate::drive::{
    Clearance, Credentials, adapter, block_on_one_thread, hide_channel_secrets, is_compensation,
};
use crate::exit::{Exit, Stop};
use crate::numbers::{ROUNDED, rounded_number};
use crate::post::{Posted, post};
use crate::resume::base_urls;
use crate::screen::Screen;
use crate::state::{self as kept_runs, Held, Kept};
use crate::world;

pub(crate) fn complete(arguments: &Complete, screen: &mut Screen) -> Result<Exit, Stop> {
    let result = json(&arguments.result, "--result")?;
    let step = arguments.step.clone();
    let said = printable!("`{}` is answered", step);
    block_on_one_thread(intervene(
        &arguments.state,
        &arguments.run,
        &Intervention::Complete { step, result, through: None },
        false,
        &said,
        screen,
    ))
}

pub(crate) fn resolve(arguments: &Resolve, screen: &mut Screen) -> Result<Exit, Stop> {
    let step = arguments.step.clone();
    // The result of a compensation is never read, so it needs none.
    let is_read = !is_compensation(&step);
    let (ruling, said) = match &arguments.happened {
        Some(text) if text.is_empty() && !is_read => (Ruling::Happened { result: Value::Null }, "happened"),
        Some(text) if text.is_empty() => {
            (Ruling::HandedOver { until: None }, "arrived; its answer is outstanding")
        }
        Some(text) => (Ruling::Happened { result: json(text, "--happened")? }, "happened"),
        None => (Ruling::DidNotHappen, "did not happen; it is retried when the run continues"),
    };
    let said = printable!("`{}` {}", step, said);
    block_on_one_thread(intervene(
        &arguments.state,
        &arguments.run,
        &Intervention::Resolve { step, ruling },
        arguments.as_is || !is_read,
        &said,
        screen,
    ))
}

pub(crate) fn cancel(arguments: &Cancel, screen: &mut Screen) -> Result<Exit, Stop> {
    let compensate = arguments.compensate;
    let said = if compensate {
        "cancellation is recorded; effects are compensated when the run continues"
    } else {
        "cancellation is recorded"
    };
    block_on_one_thread(intervene(
        &arguments.state,
        &arguments.run,
        &Intervention::Cancel { compensate },
        false,
        &said.into(),
        screen,
    ))
}

fn json(text: &str, flag: &str) -> Result<Value, Stop> {
    let value = serde_json::from_str(text).map_err(|error| {
        Stop::Usage(format!("`{flag}` is not JSON: {error}; write a text in quotes: `'\"…\"'`"))
    })?;
    match rounded_number(text) {
        Some(_) => Err(Stop::Usage(format!("`{flag}`: a number in it {ROUNDED}"))),
        None => Ok(value),
    }
}

/// Applies the intervention if no process drives the run; else leaves a message for the process that does.
async fn intervene(
    state: &State,
    run: &str,
    intervention: &Intervention,
    as_is: bool,
    said: &Printable,
    screen: &mut Screen,
) -> Result<Exit, Stop> {
    let (store, summary) = kept_runs::open_for(state, run)?;
    let lease = match store.lease(&summary.id, world::now()) {
        Ok(lease) => lease,
        Err(StoreError::Held { .. }) if summary.events == 0 => {
            let why = "another process is about to start it; try again";
            return Err(Stop::Usage(format!("run `{}` has no records yet: {why}", summary.id)));
        }
        Err(StoreError::Held { .. }) => {
            let when = "once the process that drives the run reads this".into();
            return leave(&store, &summary.id, intervention, as_is, said, &when, screen);
        }
        Err(error) => return Err(error.into()),
    };
    let kept = Kept::read(&store, &summary)?;
    if kept.records.is_empty() && matches!(intervention, Intervention::Cancel { .. }) {
        store.cancel_unstarted(&lease, world::now())?;
        screen.message(&"the run is cancelled; it never started, and nothing was sent\n".into());
        return Ok(Exit::Done);
    }
    let run = match kept.replay(Map::new()) {
        Ok(run) => run,
        // A list may depend on a sensitive input, which is not stored; only a process that knows the input can replay
        // the run.
        Err(_) if !kept.withheld().is_empty() => {
            drop(lease);
            return leave(
                &store,
                &kept.id,
                intervention,
                as_is,
                said,
                &at_next_resume(&kept.id, state),
                screen,
            );
        }
        Err(stop) => return Err(stop),
    };
    let credentials = Credentials::default();
    let is_known = know_credentials(&kept, &run, &store, &credentials);
    // A ruling is judged after those that wait in the inbox: of two that contradict each other the second is rejected.
    let is_ruling = matches!(intervention, Intervention::Resolve { .. });
    let is_preceded = is_ruling && !store.inbox(&kept.id)?.is_empty();
    if !is_known && (gives_value(intervention) || is_preceded) {
        // The process that drives the run knows its credentials, and masks them in the value before it is stored in
        // clear.
        drop(lease);
        return leave(&store, &kept.id, intervention, as_is, said, &at_next_resume(&kept.id, state), screen);
    }
    let mut held = Held::new(store, kept.id.clone(), run, lease).lacking(kept.withheld());
    let mask = credentials.secrets().mask();
    if is_known {
        held.empty_inbox(&mask).await?;
    }
    let intervention = &intervention.clone().masked(&mask);
    check_answer(&held.run, intervention, as_is)?;
    let left = left_behind(&held.run, intervention);
    let event = held.run.intervened(intervention).map_err(|refused| Stop::Usage(refused.to_string()))?;
    if let Some(event) = event {
        held.record(event).await?;
    }
    let go_on = if held.run.status().is_over() {
        Printable::new()
    } else {
        printable!("; continue with\n  naftiko resume {}{}", held.id, state.again())
    };
    screen.message(&printable!("{}{}{}\n", said, left, go_on));
    Ok(Exit::Done)
}

/// Whether an intervention brings a value that later steps read.
fn gives_value(intervention: &Intervention) -> bool {
    match intervention {
        Intervention::Complete { .. } | Intervention::Resolve { ruling: Ruling::Happened { .. }, .. } => true,
        Intervention::Resolve { .. } | Intervention::Cancel { .. } => false,
    }
}

/// Reads the credentials of a run, so that they are masked. Returns whether all of them are known: a run may have none,
/// and nothing is read that is not approved.
fn know_credentials(
    kept: &Kept,
    run: &naftiko_engine::Run,
    store: &Store,
    credentials: &Credentials,
) -> bool {
    let (allowances, answers, base_urls) = (Allowances::default(), IndexMap::new(), base_urls(kept, &[]));
    let mut plans = std::iter::once(&kept.plan).chain(kept.plan.embedded());
    if !plans.any(|plan| plan.providers.values().any(|provider| !provider.auth.secrets().is_empty())) {
        // Its answers may hold the secrets of the settings only: of proxies, of the mail server, of webhooks.
        let are_known = hide_channel_secrets(credentials.secrets());
        let builder = allowances.builder().map(|builder| builder.secrets(credentials.secrets().clone()));
        return are_known && builder.is_ok_and(|builder| builder.build().is_ok());
    }
    let clearance = Clearance::of_run(kept, run, &base_urls, &answers, &allowances, store);
    let Some(permits) = clearance.ok().and_then(|clearance| clearance.permits()) else { return false };
    let folder = &kept.origin.folder;
    adapter(&kept.plan, &base_urls, folder, &allowances, credentials, &permits).is_ok()
}

/// When a message for a run that no process drives takes effect.
fn at_next_resume(run: &str, state: &State) -> Printable {
    printable!("once the run continues with\n  naftiko resume {}{}", run, state.again())
}

/// Leaves a message for the process that drives the run, or will drive it; `when` says when the message takes effect.
fn leave(
    store: &Store,
    run: &str,
    intervention: &Intervention,
    as_is: bool,
    said: &Printable,
    when: &Printable,
    screen: &mut Screen,
) -> Result<Exit, Stop> {
    match post(store, run, intervention, |run| check_answer(run, intervention, as_is))? {
        Posted::Left => screen.message(&printable!("{}, {}\n", said, when)),
        Posted::AlreadySo => screen.message(&printable!("{}\n", said)),
        Posted::Refused(refused) => return Err(Stop::Usage(refused.to_string())),
    }
    Ok(Exit::Done)
}

/// The part of the report on compensations that a cancelled run leaves undone.
fn left_behind(run: &naftiko_engine::Run, intervention: &Intervention) -> String {
    let halted = run.halted_steps();
    if halted.is_empty() || !matches!(intervention, Intervention::Cancel { compensate: false }) {
        return String::new();
    }
    format!("; {} is not compensated, nor are the steps that would follow it", halted.join(", "))
}

/// Validates an answer against the schema that its step declares, or a response against that of its operation.
fn check_answer(run: &naftiko_engine::Run, intervention: &Intervention, as_is: bool) -> Result<(), Stop> {
    let misfit =
        |step: &str, reason: String| format!("the result for `{step}` does not match its schema: {reason}");
    match intervention {
        Intervention::Complete { step, result, .. } => match run.definition(step).map(|step| &step.action) {
            Some(Action::External(external)) => {
                fits(external.result.as_ref(), result).map_err(|reason| Stop::Usage(misfit(step, reason)))
            }
            _ => Ok(()),
        },
        Intervention::Resolve { step, ruling: Ruling::HandedOver { .. } }
            if run.operation(step).is_some() =>
        {
            Err(Stop::Usage(format!(
                "later steps read the result of `{step}`: give the response with `--happened JSON`"
            )))
        }
        Intervention::Resolve { step, ruling: Ruling::Happened { result } } if !as_is => {
            if let Some(Action::External(external)) = run.definition(step).map(|step| &step.action) {
                return fits(external.result.as_ref(), result)
                    .map_err(|reason| Stop::Usage(misfit(step, reason)));
            }
            let schema = run.operation(step).and_then(|operation| operation.success_schema());
            fits(schema.as_ref(), result).map_err(|reason| {
                let why = misfit(step, reason);
                Stop::Lines(printable!(
                    "{}\nlater steps may read missing fields; `--as-is` accepts the result anyway",
                    why
                ))
            })
        }
        Intervention::Resolve { .. } | Intervention::Cancel { .. } => Ok(()),
    }
}
