//! `naftiko resume`: continues a run.

use std::path::PathBuf;
use std::sync::Arc;

use indexmap::IndexMap;
use naftiko_engine::{Cancellation, Intervention, Refused, Run};
use naftiko_journal::{Status, Store, StoreError};
use naftiko_text::shell_word;
use serde_json::{Map, Value};

use crate::args::Resume as Arguments;
use crate::changes::{self, Settled};
use crate::drive;
use crate::drive::{
    Clearance, Credentials, Outside, Permits, Pulses, Session, Verdict, Wants, Watched, adapter, answers,
    block_on, dump, limits, stop_on_signal,
};
use crate::exit::{Exit, Stop};
use crate::run::{Question, asked, cut_off, withheld};
use crate::screen::Screen;
use crate::state::{self, Held, Kept};
use crate::world::{self, FileSystem};

pub(crate) fn resume(arguments: &Arguments, screen: &mut Screen) -> Result<Exit, Stop> {
    block_on(go_on(arguments, screen))
}

async fn go_on(arguments: &Arguments, screen: &mut Screen) -> Result<Exit, Stop> {
    let (store, summary) = state::open_for(&arguments.state, &arguments.run)?;
    let lease = store.lease(&summary.id, world::now()).map_err(|error| match error {
        StoreError::Held { .. } => {
            Stop::Usage(format!("{error}; resume the run once that process has ended"))
        }
        other => other.into(),
    })?;
    let mut kept = Kept::read(&store, &summary)?;
    let mut settled = None;
    if !summary.status.is_over() {
        let files = &arguments.allowances.readable.allowed_files;
        let chosen = changes::settled(&kept, arguments.adopt_changes, files, screen)?;
        kept.plan = Arc::clone(&chosen.plan);
        settled = Some(chosen);
    }
    let plan = Arc::clone(&kept.plan);
    let answers = answers::read(&plan, &arguments.driving.answers).map_err(Stop::Usage)?;
    let limits = limits(&arguments.driving, &plan).map_err(Stop::Usage)?;
    let inputs =
        if summary.status.is_over() { Map::new() } else { inputs(arguments, &kept, &store, screen)? };
    let run = replay(&kept, inputs, settled.as_ref(), summary.status)?;
    let mut held = Held::new(store, kept.id.clone(), run, lease);
    let cancellation = Cancellation::new();
    let pulses = Pulses::default();
    stop_on_signal(cancellation.clone(), Exit::Waiting, pulses.clone())?;
    let base_urls = base_urls(&kept, &arguments.driving.base_url);
    let credentials = Credentials::default();
    let dump = dump(&arguments.driving, &plan, &base_urls).map_err(Stop::Usage)?;
    refuse_other_answers(&held.run, &answers)?;
    let mut sending = None;
    if !held.run.status().is_over() {
        let approved = approved(arguments, &kept, &held, &base_urls, &answers, screen, &cancellation).await?;
        let Some(permits) = approved else { return Ok(Exit::Waiting) };
        let (folder, allowances) = (&kept.origin.folder, &arguments.allowances);
        let adapter = adapter(&kept.plan, &base_urls, folder, allowances, &credentials, &permits);
        let outside = channels(arguments, &held, &answers, &credentials, &permits)?;
        sending = Some((adapter.map_err(Stop::Usage)?, outside));
    }
    // Nothing that the operator could correct keeps the run from continuing now.
    if let Some(mut settled) = settled {
        settled.adopt(&held.id, &held.store, screen)?;
    }
    // Messages may hold credentials. All secrets are known by now, so they can be redacted.
    held.empty_inbox(&credentials.secrets().mask()).await?;
    refuse_other_answers(&held.run, &answers)?;
    for event in held.run.retries(world::now()) {
        held.record(event).await?;
    }
    if let Some((adapter, outside)) = sending.filter(|_| !held.run.status().is_over()) {
        let session = Session {
            id: &held.id,
            options: kept.options(),
            journal: &held.store,
            inbox: Some(held.store.clone()),
            adapter,
            answers,
            outside,
            limits,
            patience: None,
            dump,
            cancellation: cancellation.clone(),
            pulses,
        };
        let mut watched = Watched::new(&plan, arguments.driving.json, screen);
        if let Err(error) = watched.drive(session, &mut held.run).await {
            return cut_off(&held, &error, &arguments.state, screen);
        }
    }
    let status = drive::at_rest(held.run.status());
    let verdict = Verdict {
        run: &held.run,
        records: &held.store.shown(&held.id)?,
        id: &held.id,
        status,
        kept: Some(&arguments.state.again()),
        stopped: cancellation.is_cancelled(),
        json: arguments.driving.json,
    };
    verdict.report(screen)?;
    Ok(verdict.exit())
}

/// The run as its records leave it, under the plan to continue with.
fn replay(
    kept: &Kept,
    inputs: Map<String, Value>,
    plan: Option<&Settled>,
    status: Status,
) -> Result<Run, Stop> {
    kept.replay(inputs).map_err(|stop| {
        if plan.is_some_and(Settled::is_new) {
            return Stop::Usage("the events of the run do not fit the changed documents".to_owned());
        }
        // Its sensitive inputs are not stored, and what it did may depend on them.
        if status.is_over() && !kept.withheld().is_empty() {
            let (id, show) = (&kept.id, shell_word(&kept.id));
            let ended = status.as_str();
            return Stop::Usage(format!(
                "run `{id}` has ended as {ended}; `naftiko runs show {show}` shows it"
            ));
        }
        stop
    })
}

/// The channels for the messages of the run.
fn channels(
    arguments: &Arguments,
    held: &Held,
    answers: &IndexMap<String, Value>,
    credentials: &Credentials,
    permits: &Permits,
) -> Result<Arc<Outside>, Stop> {
    let wants = Wants::of_run(&held.run, answers).map_err(Stop::Usage)?;
    let secrets = credentials.secrets();
    let outside = Outside::new(&wants, &arguments.allowances, &arguments.public_url, permits, secrets);
    let outside = outside.map_err(Stop::Usage)?;
    outside.answered_in(&held.store);
    Ok(Arc::new(outside))
}

/// The permissions to send secrets; the operator is asked for missing approvals. `None` if the operator declines.
async fn approved(
    arguments: &Arguments,
    kept: &Kept,
    held: &Held,
    base_urls: &[String],
    answers: &IndexMap<String, Value>,
    screen: &mut Screen,
    cancellation: &Cancellation,
) -> Result<Option<Permits>, Stop> {
    let mut clearance =
        Clearance::of_run(kept, &held.run, base_urls, answers, &arguments.allowances, &held.store)?;
    if !Question::new(&clearance.missing(), None).answered(screen, cancellation).await? {
        return Ok(None);
    }
    clearance.approve(|| Ok(held.store.clone())).map(Some)
}

/// Rejects an answer to a step that has a different one.
fn refuse_other_answers(run: &Run, answers: &IndexMap<String, Value>) -> Result<(), Stop> {
    for (step, result) in answers {
        let answer = Intervention::Complete { step: step.clone(), result: result.clone(), through: None };
        if let Err(refused @ Refused::AnsweredOtherwise(_)) = run.intervened(&answer) {
            return Err(Stop::Usage(refused.to_string()));
        }
    }
    Ok(())
}

/// The base URLs with which the run was started, replaced by those given now.
pub(crate) fn base_urls(kept: &Kept, given: &[String]) -> Vec<String> {
    let begun = kept.options().base_urls;
    // For a provider that occurs twice, the last URL takes effect.
    begun.iter().map(|(id, url)| format!("{id}={url}")).chain(given.iter().cloned()).collect()
}

/// The sensitive inputs, which are not stored: given again, or asked for at the terminal. They must be equal to those
/// with which the run was started, unless `--replaced` names them.
fn inputs(
    arguments: &Arguments,
    kept: &Kept,
    store: &Store,
    screen: &mut Screen,
) -> Result<Map<String, Value>, Stop> {
    let file: Option<&PathBuf> = arguments.inputs_file.as_ref();
    let names = kept.withheld();
    if let Some(name) = arguments.replaced.iter().find(|name| !names.contains(name)) {
        return Err(Stop::Usage(format!("`--replaced {name}`: the run has no sensitive input of that name")));
    }
    let (mut inputs, missing) =
        withheld(&kept.plan, names, &arguments.inputs, file.map(PathBuf::as_path), &FileSystem, screen.err)
            .map_err(Stop::Lines)?;
    let objection = |name: &str, value: &Value| {
        if arguments.replaced.iter().any(|replaced| replaced == name) {
            return Ok(None);
        }
        kept.origin.marks.objection(store, &kept.id, name, value).map_err(Stop::from)
    };
    for (name, value) in &inputs {
        if let Some(wrong) = objection(name, value)? {
            return Err(Stop::Usage(wrong));
        }
    }
    for name in missing {
        let needed = || {
            let give = format!("give it again with `--input {}=…`", shell_word(&name));
            Stop::Usage(format!("the input `{name}` is sensitive and not stored: {give}"))
        };
        let input = kept.plan.inputs.iter().find(|input| input.name == name).ok_or_else(needed)?;
        if !screen.can_ask() {
            return Err(needed());
        }
        let why = "it is sensitive and not stored";
        let value = asked(input, why, screen, &|value| objection(&name, value))?;
        inputs.insert(name, value);
    }
    Ok(inputs)
}
