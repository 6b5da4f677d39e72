//! `naftiko runs`: shows, verifies and removes stored runs.

use jiff::SignedDuration;
use naftiko_journal::store::{Prune, Summary};
use naftiko_journal::{Ledger, Record, RunPhase, Status, Store};
use naftiko_plan::Action;
use naftiko_report::{Listed, Shown, events, runs as list};
use naftiko_text::{Printable, printable, shell_word};

use crate::args::{Runs as Arguments, RunsCommand};
use crate::drive::{how_to_go_on, line_of_json};
use crate::exit::{Exit, Stop};
use crate::screen::Screen;
use crate::state::{self, Kept};
use crate::steps::step_of;
use crate::world;

pub(crate) fn runs(arguments: &Arguments, screen: &mut Screen) -> Result<Exit, Stop> {
    let Some(store) = state::look(&arguments.state)? else {
        return match &arguments.command {
            Some(RunsCommand::Show { run, .. } | RunsCommand::Events { run, .. }) => {
                Err(Stop::Usage(format!("there is no run `{run}`: no runs are stored yet")))
            }
            _ => {
                screen.message(&"no runs are stored yet\n".into());
                Ok(Exit::Done)
            }
        };
    };
    match &arguments.command {
        None => listed(&store, arguments.json, screen),
        Some(RunsCommand::Show { run, json }) => {
            shown(&store, run, *json || arguments.json, &arguments.state.again(), screen)
        }
        Some(RunsCommand::Events { run, json }) => events_of(&store, run, *json || arguments.json, screen),
        Some(RunsCommand::Verify) => verify(&store, screen),
        Some(RunsCommand::Prune { runs, older_than, force }) => {
            drop(store);
            prune(arguments, runs, older_than.as_deref(), *force, screen)
        }
    }
}

fn in_list(store: &Store, summary: Summary) -> Result<Listed, Stop> {
    let process = if summary.status.is_over() { None } else { store.driven_by(&summary.id)? };
    let Summary { id, composition, created, updated, status, due, events, .. } = summary;
    let begun = events > 0 || process.is_some();
    Ok(Listed { run: id, composition, status, created, updated, due, events, process, begun })
}

fn listed(store: &Store, json: bool, screen: &mut Screen) -> Result<Exit, Stop> {
    let all: Vec<Listed> =
        store.runs()?.into_iter().map(|run| in_list(store, run)).collect::<Result<_, _>>()?;
    if json {
        for run in &all {
            screen.result(&line_of_json(run)?)?;
        }
    } else {
        screen.result(&list(&all, screen.out))?;
    }
    Ok(Exit::Done)
}

fn shown(store: &Store, run: &str, json: bool, again: &Printable, screen: &mut Screen) -> Result<Exit, Stop> {
    let summary = state::find(store, run)?;
    let kept = Kept::read_shown(store, &summary)?;
    let ledger = ledger(&kept)?;
    let status = summary.status;
    let listed = in_list(store, summary)?;
    let process = listed.process;
    let mut shown = Shown::new(listed, &ledger, &kept.records);
    for step in shown.steps.iter_mut().filter(|step| step.phase == "asked") {
        let Some(definition) = step_of(&kept.plan, &step.step) else { continue };
        step.description.clone_from(&definition.description);
        if let Action::External(external) = &definition.action {
            step.answer.clone_from(&external.result);
        }
    }
    if json {
        screen.result(&line_of_json(&shown)?)?;
        return Ok(Exit::Done);
    }
    screen.result(&shown.text(screen.out))?;
    if kept.records.is_empty() && process.is_none() {
        screen.message(&printable!(
            "its process ended before the run started, and nothing was sent: run the composition again, and \
             remove this run with\n  naftiko runs prune {}{}\n",
            shell_word(&kept.id),
            again
        ));
        return Ok(Exit::Done);
    }
    // A run that another process is driving needs no command to continue.
    if process.is_none() || status == Status::Waiting {
        screen.message(&how_to_go_on(&kept.id, status, &ledger, &kept.plan, again));
    }
    Ok(Exit::Done)
}

/// Checks that the records of a run are in a valid order, and that they end it exactly if its stored status says so.
fn in_order(summary: &Summary, kept: &Kept) -> Result<(), Stop> {
    let ended = match ledger(kept)?.phase() {
        RunPhase::Finished(status) => Some(status),
        _ => None,
    };
    // Cancelling a run that never started only changes its status; it has no records.
    if kept.records.is_empty() && summary.status == Status::Cancelled {
        return Ok(());
    }
    let said = Some(summary.status).filter(|status| status.is_over());
    if ended == said {
        return Ok(());
    }
    let (id, status) = (&summary.id, summary.status.as_str());
    Err(Stop::Usage(format!("the stored status `{status}` of run `{id}` contradicts its records")))
}

fn ledger(kept: &Kept) -> Result<Ledger, Stop> {
    let mut ledger = Ledger::new(kept.plan.steps.iter().map(|step| step.id.as_str()));
    for record in &kept.records {
        ledger.apply(record).map_err(|error| {
            Stop::Usage(format!("record {} of run `{}` is out of order: {error}", record.seq, kept.id))
        })?;
    }
    Ok(ledger)
}

fn events_of(store: &Store, run: &str, json: bool, screen: &mut Screen) -> Result<Exit, Stop> {
    let summary = state::find(store, run)?;
    let records: Vec<Record> = store.shown(&summary.id)?;
    if json {
        for record in &records {
            screen.result(&line_of_json(record)?)?;
        }
    } else {
        screen.result(&events(&records, screen.out))?;
    }
    Ok(Exit::Done)
}

/// Checks that the journal is unaltered, and that the records of every run are in a valid order.
fn verify(store: &Store, screen: &mut Screen) -> Result<Exit, Stop> {
    let mut problems = store.verify()?;
    let all = store.runs()?;
    let count = all.len();
    for summary in all {
        let checked = Kept::read_shown(store, &summary).and_then(|kept| in_order(&summary, &kept));
        if let Err(Stop::Usage(problem)) = checked
            && !problems.iter().any(|known| known.contains(&summary.id))
        {
            problems.push(problem);
        }
    }
    for problem in &problems {
        screen.problem(&problem.clone().into());
    }
    if !problems.is_empty() {
        return Ok(Exit::Errors);
    }
    let runs = if count == 1 { "1 run is".to_owned() } else { format!("{count} runs are") };
    screen.message(&printable!("{} intact\n", runs));
    Ok(Exit::Done)
}

fn prune(
    arguments: &Arguments,
    runs: &[String],
    older_than: Option<&str>,
    force: bool,
    screen: &mut Screen,
) -> Result<Exit, Stop> {
    let store = state::open(&arguments.state)?;
    let which = match older_than {
        Some(text) => {
            let age = naftiko_spec::parse_duration(text).ok_or_else(|| {
                Stop::Usage(format!(
                    "`--older-than {text}`: durations are written `30d`, `12h`, `5m` or `PT5M`"
                ))
            })?;
            let before = world::now().checked_sub(age.max(SignedDuration::ZERO));
            Prune::Finished { before: before.unwrap_or(jiff::Timestamp::MIN) }
        }
        None => {
            let named = runs.iter().map(|run| state::find(&store, run)).collect::<Result<Vec<_>, _>>()?;
            if let Some(open) = named.iter().find(|run| !force && !run.status.is_over() && run.events > 0) {
                return Err(Stop::Usage(format!(
                    "run `{}` is not over ({}): end it with `naftiko cancel`, or remove it anyway with \
                     `--force`",
                    open.id,
                    open.status.as_str()
                )));
            }
            Prune::Runs(named.into_iter().map(|run| run.id).collect())
        }
    };
    let removed = store.prune(which)?;
    screen.message(&printable!("{} {} removed\n", removed, if removed == 1 { "run" } else { "runs" }));
    Ok(Exit::Done)
}
