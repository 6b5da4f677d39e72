//! `naftiko run`.

mod answers;
mod consent;
mod endpoints;
mod inputs;
mod live;
mod terminal;
mod virtual_time;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use indexmap::IndexMap;
use jiff::SignedDuration;
use naftiko_adapter::{Adapter, Channel};
use naftiko_adapter_external::{Prepared, Prompt, Silent};
use naftiko_adapter_mock::MockAdapter;
use naftiko_engine::{Cancellation, Clock, Driver, Limits, TokioClock, Unsupported};
use naftiko_journal::{Event, MemoryJournal, Options, Phase, Record, Standing, Status};
use naftiko_plan::{Action, Plan};
use naftiko_report::{Outcome, outputs, visible};

use crate::args::Run as Arguments;
use crate::check::to_plan;
use crate::exit::{Exit, Stop};
use crate::run::live::Live;
use crate::run::terminal::Operator;
use crate::run::virtual_time::VirtualClock;
use crate::screen::Screen;
use crate::world::{self, FileSystem};

/// Everything a run needs, read and refused before anything is sent.
struct Prepare {
    plan: Arc<Plan>,
    inputs: serde_json::Map<String, serde_json::Value>,
    answers: IndexMap<String, serde_json::Value>,
    options: Options,
    adapter: Arc<dyn Adapter>,
}

pub(crate) fn run(arguments: &Arguments, screen: &mut Screen) -> Result<Exit, Stop> {
    let plan = match to_plan(&arguments.file, &arguments.lookup, screen)? {
        Ok(plan) => Arc::new(plan),
        Err(exit) => return Ok(exit),
    };
    refuse_unsupported(&plan, arguments.mock).map_err(Stop::Usage)?;
    let prepared = prepare(arguments, plan, screen).map_err(Stop::Usage)?;
    // Calls wait on the network and people on a terminal: one thread is enough to wait on.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Stop::Usage(format!("the run cannot be started: {error}")))?;
    let exit = runtime.block_on(begin(arguments, prepared, screen));
    // A question at the terminal may still wait for a line that nobody needs any more.
    runtime.shutdown_background();
    exit
}

/// Refuses a plan that says what cannot be run yet: never is a part of it run as if it were the whole. The mock lets
/// everybody in.
fn refuse_unsupported(plan: &Plan, mock: bool) -> Result<(), String> {
    let needed = |found: &Unsupported| !(mock && matches!(found, Unsupported::Authentication { .. }));
    let found: Vec<String> = naftiko_engine::unsupported(plan)
        .iter()
        .filter(|found| needed(found))
        .map(ToString::to_string)
        .collect();
    if found.is_empty() {
        return Ok(());
    }
    Err(format!(
        "this version checks and plans the composition, and cannot run all of it yet\n  - {}",
        found.join("\n  - ")
    ))
}

fn prepare(arguments: &Arguments, plan: Arc<Plan>, screen: &Screen) -> Result<Prepare, String> {
    let inputs =
        inputs::read(&plan, &arguments.inputs, arguments.inputs_file.as_deref(), &FileSystem, screen.err)?;
    let answers = answers::read(&plan, &arguments.answers)?;
    let endpoints = endpoints::urls(&plan, &arguments.base_url)?;
    let adapter: Arc<dyn Adapter> = if arguments.mock {
        Arc::new(MockAdapter::new(arguments.seed))
    } else {
        Arc::new(endpoints::http(&plan, &endpoints, &world::secret)?)
    };
    let poll_every = arguments.poll_every.as_deref().map(interval).transpose()?;
    Ok(Prepare {
        plan,
        inputs,
        answers,
        options: Options { poll_every, mock: arguments.mock, ..Options::default() },
        adapter,
    })
}

fn interval(text: &str) -> Result<SignedDuration, String> {
    naftiko_spec::parse_duration(text).ok_or_else(|| {
        format!("`--poll-every {text}`: durations are written `500ms`, `30s`, `5m`, `2h`, `3d` or `PT5M`")
    })
}

/// Asks first whether it may begin, where that is to be asked. An interrupt is understood from here on.
async fn begin(arguments: &Arguments, prepared: Prepare, screen: &mut Screen) -> Result<Exit, Stop> {
    let cancellation = Cancellation::new();
    stop_on_interrupt(cancellation.clone());
    // What listens for it is a task that has to be polled once.
    tokio::task::yield_now().await;
    let ask = !arguments.mock && !arguments.accept_inferred;
    if ask && !consent::given(&prepared.plan, screen, &cancellation).await? {
        return Ok(Exit::Cancelled);
    }
    drive(arguments, prepared, cancellation, screen).await
}

async fn drive(
    arguments: &Arguments,
    prepared: Prepare,
    cancellation: Cancellation,
    screen: &mut Screen,
) -> Result<Exit, Stop> {
    let Prepare { plan, inputs, answers, options, adapter } = prepared;
    let live = Live::new(&plan, arguments.json, screen.err);
    if arguments.mock && !arguments.json {
        screen.message("mock: nothing is sent, answers are made up, and waits take no time\n");
    }
    let somebody_is_asked = Arc::new(AtomicBool::new(false));
    let clock: Box<dyn Clock> = if arguments.mock {
        Box::new(VirtualClock::new(Arc::clone(&somebody_is_asked)))
    } else {
        Box::new(TokioClock::new())
    };
    let somebody: Box<dyn Channel> = if screen.can_ask() && !arguments.json {
        Box::new(Prompt::new(Operator::new(live.screen(), Arc::clone(&somebody_is_asked))))
    } else {
        Box::new(Silent)
    };
    let journal = MemoryJournal::new();
    let mut records = Vec::new();
    let mut state = naftiko_engine::Run::new(Arc::clone(&plan), inputs);
    let id = world::run_id();
    let mut observe = |record: &Record| {
        live.show(record);
        records.push(record.clone());
    };
    let mut driver = Driver {
        adapter,
        channel: Arc::new(Prepared::new(answers, somebody)),
        journal: &journal,
        clock: &*clock,
        limits: Limits::default(),
        patience: None,
        deliveries: None,
        observe: &mut observe,
        cancellation: cancellation.clone(),
    };
    let driven = driver.drive(&mut state, &id, options).await;
    live.finish();
    match driven {
        Ok(Standing { status, .. }) => {
            // Events are kept in memory: a run that was stopped is over.
            let stopped = cancellation.is_cancelled() && status == Status::Waiting;
            let status = if stopped { Status::Cancelled } else { status };
            let end = End { arguments, plan: &plan, run: &state, records: &records, id: &id, status };
            end.report(screen)?;
            Ok(status.into())
        }
        Err(error) => {
            screen.problem(&error.to_string());
            Ok(Exit::Failed)
        }
    }
}

/// Ctrl-C once lets calls under way end; twice is at once.
fn stop_on_interrupt(cancellation: Cancellation) {
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            cancellation.cancel();
        }
        if tokio::signal::ctrl_c().await.is_ok() {
            world::leave(Exit::Cancelled);
        }
    });
}

/// A run that has come to an end, or to a halt.
struct End<'a> {
    arguments: &'a Arguments,
    plan: &'a Plan,
    run: &'a naftiko_engine::Run,
    records: &'a [Record],
    id: &'a str,
    status: Status,
}

impl End<'_> {
    fn report(&self, screen: &mut Screen) -> Result<(), Stop> {
        let values = self.shown_outputs();
        let waiting = self.waiting();
        let (step, failure) = self.failure().map_or((None, None), |(step, failure)| (step, Some(failure)));
        if self.arguments.json {
            let outcome = Outcome {
                outcome: self.status,
                run: self.id,
                outputs: &values,
                waiting: &waiting,
                failure,
                step,
            };
            return Ok(screen.result(&live::line_of_json(&outcome)?)?);
        }
        screen.message(&self.verdict(&waiting, screen));
        let text = outputs(&values)
            .map_err(|error| Stop::Usage(format!("the outputs cannot be written: {error}")))?;
        Ok(screen.result(&text)?)
    }

    fn shown_outputs(&self) -> IndexMap<String, serde_json::Value> {
        self.records
            .iter()
            .find_map(|record| match &record.event {
                Event::RunFinished { outputs, .. } => Some(outputs.clone()),
                _ => None,
            })
            .unwrap_or_default()
    }

    /// The steps that were asked and have not answered.
    fn waiting(&self) -> Vec<String> {
        if self.status != Status::Waiting {
            return Vec::new();
        }
        let asked = self.plan.steps.iter().map(|step| &step.id);
        asked
            .filter(|step| {
                self.run.step(step).is_some_and(|state| matches!(state.phase, Phase::Asked { .. }))
            })
            .cloned()
            .collect()
    }

    /// The failure that ended the run: of the step that failed first, or of the end itself.
    fn failure(&self) -> Option<(Option<&str>, &naftiko_journal::Failure)> {
        self.records.iter().find_map(|record| match &record.event {
            Event::StepFailed { step, failure, .. } | Event::StepInDoubt { step, failure, .. } => {
                Some((Some(step.as_str()), failure))
            }
            Event::RunFinished { failure: Some(failure), .. } => Some((None, failure)),
            _ => None,
        })
    }

    fn verdict(&self, waiting: &[String], screen: &Screen) -> String {
        let style = screen.err;
        let (word, help) = match self.status {
            Status::Succeeded => (style.good("succeeded"), String::new()),
            Status::Cancelled => (style.busy("cancelled"), String::new()),
            Status::Failed => (style.bad("failed"), self.why()),
            Status::Compensated => (style.bad("failed, and was undone"), self.why()),
            Status::Compensating => (style.bad("failed, and could not be undone"), self.why()),
            Status::InDoubt => {
                let help = "look at the provider whether it happened before you run this again";
                (style.bad("in doubt"), format!("{}\n{help}", self.why()))
            }
            Status::Waiting | Status::Running => {
                let waiting: Vec<_> = waiting.iter().map(|step| visible(step)).collect();
                let answers =
                    waiting.iter().map(|step| format!("--answer {step}=JSON")).collect::<Vec<_>>().join(" ");
                (
                    style.busy("waiting"),
                    format!(" for {}\nthe answer can be given with {answers}", waiting.join(", ")),
                )
            }
        };
        let mock = if self.arguments.mock { " (mock)" } else { "" };
        format!("\n{word}{mock}{help}\n{}", self.done_so_far())
    }

    /// What has happened and would happen again: nothing is kept of a run that did not come to its end.
    fn done_so_far(&self) -> String {
        if self.status == Status::Succeeded || self.arguments.mock {
            return String::new();
        }
        let done = self.records.iter().filter_map(|record| match &record.event {
            Event::StepSucceeded { step, result, attempt: Some(_), .. } if self.has_effect(step) => {
                let id = result.get("id").and_then(serde_json::Value::as_str);
                let step = visible(step);
                Some(id.map_or_else(|| step.to_string(), |id| format!("{step} ({})", visible(id))))
            }
            _ => None,
        });
        let done: Vec<String> = done.collect();
        if done.is_empty() {
            return String::new();
        }
        format!("already done: {}; runs are not kept yet, so another run does it again\n", done.join(", "))
    }

    fn has_effect(&self, step: &str) -> bool {
        let Some(Action::Invoke(invoke)) = self.plan.step(step).map(|step| &step.action) else {
            return false;
        };
        self.plan.operation(invoke).is_some_and(|operation| !operation.is_safe())
    }

    /// Where it failed; the line of the step has said why.
    fn why(&self) -> String {
        match self.failure() {
            Some((Some(step), _)) => format!(" at {}", visible(step)),
            Some((None, failure)) => format!(": {}", visible(&failure.message)),
            None => String::new(),
        }
    }
}
