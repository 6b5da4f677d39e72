//! `naftiko run`: starts a run.

mod consent;
mod inputs;
mod sensitive;

use std::path::Path;
use std::sync::Arc;

use indexmap::IndexMap;
use jiff::SignedDuration;
use naftiko_adapter::Adapter;
use naftiko_adapter_mock::{MockAdapter, Script};
use naftiko_engine::{Cancellation, DriveError, Limits, Run};
use naftiko_journal::{Journal, MemoryJournal, Options, Status, Store};
use naftiko_plan::Plan;
use naftiko_text::printable;
use serde_json::{Map, Value};

use crate::args::{Run as Arguments, State};
use crate::drive::{
    Clearance, Credentials, Dump, Outside, Permits, Pulses, Sender, Session, Verdict, Wants, Watched,
    adapter, answers, block_on, block_on_one_thread, dump, endpoints, limits, stop_on_signal,
};
use crate::exit::{Exit, Stop};
use crate::marks::Marks;
use crate::mock::scripted;
use crate::planning::to_plan;
use crate::reading::Reading;
use crate::screen::Screen;
use crate::state::{self, Held, Origin};
use crate::world::{self, FileSystem};
use inputs::Given;

pub(crate) use consent::Question;
pub(crate) use inputs::withheld;
pub(crate) use sensitive::asked;

/// The settings of a run other than inputs and connections, validated before anything is sent.
struct Prepared {
    plan: Arc<Plan>,
    answers: IndexMap<String, Value>,
    options: Options,
    limits: Limits,
    dump: Option<Dump>,
    pulses: Pulses,
}

impl Prepared {
    /// Completes the session. `inbox` is the store with messages for the run, if the run is stored.
    fn session<'a>(
        self,
        id: &'a str,
        journal: &'a dyn Journal,
        inbox: Option<Store>,
        connections: Connections,
        cancellation: Cancellation,
    ) -> Session<'a> {
        Session {
            id,
            options: self.options,
            journal,
            inbox,
            adapter: connections.adapter,
            answers: self.answers,
            outside: connections.outside,
            limits: self.limits,
            patience: None,
            dump: self.dump,
            cancellation,
            pulses: self.pulses,
        }
    }
}

/// The adapter for calls and the channels for messages.
struct Connections {
    adapter: Arc<dyn Adapter>,
    outside: Arc<Outside>,
}

impl Connections {
    /// For a run on the mock, which sends nothing.
    fn mock(mock: Arc<dyn Adapter>) -> Self {
        Self { adapter: mock, outside: Arc::new(Outside::none()) }
    }

    /// For a real run. Secrets are looked up here for the first time.
    ///
    /// # Errors
    /// Names what is missing.
    fn real(arguments: &Arguments, prepared: &Prepared, permits: &Permits) -> Result<Self, Stop> {
        let Arguments { driving, allowances, .. } = arguments;
        let credentials = Credentials::default();
        let adapter =
            adapter(&prepared.plan, &driving.base_url, Path::new(""), allowances, &credentials, permits);
        let wants = Wants::of(&prepared.plan, &|step| prepared.answers.contains_key(step));
        let outside = wants.and_then(|wants| {
            Outside::new(&wants, allowances, &arguments.public_url, permits, credentials.secrets())
        });
        Ok(Self { adapter: adapter.map_err(Stop::Usage)?, outside: Arc::new(outside.map_err(Stop::Usage)?) })
    }
}

/// Whether a run may start to send.
enum Start {
    /// Everything is available, apart from a confirmation by the operator.
    Ready(Connections),
    /// Some secrets are not approved, so no secret has been looked up.
    Unapproved(Clearance),
}

pub(crate) fn run(arguments: &Arguments, screen: &mut Screen) -> Result<Exit, Stop> {
    let plan = match to_plan(
        &arguments.file,
        &arguments.lookup,
        &arguments.allowances.readable.allowed_files,
        screen,
    )? {
        Ok(plan) => Arc::new(plan),
        Err(exit) => return Ok(exit),
    };
    let mock = match mock(arguments, screen)? {
        Ok(mock) => mock,
        Err(exit) => return Ok(exit),
    };
    let prepared = prepare(arguments, plan).map_err(Stop::Usage)?;
    let file = arguments.inputs_file.as_deref();
    let given = Given::read(&prepared.plan, &arguments.inputs, file, &FileSystem, screen.err);
    let given = given.map_err(Stop::Lines)?;
    let start = start(arguments, &prepared, mock, &given.known(&prepared.plan))?;
    // Asked last, so that no secret is typed for a run that cannot start.
    let inputs = inputs(arguments, given, &prepared.plan, screen)?;
    let begun = begin(arguments, prepared, start, inputs, screen);
    if arguments.mock { block_on_one_thread(begun) } else { block_on(begun) }
}

/// The inputs that are given; missing sensitive ones are asked for at a terminal.
fn inputs(
    arguments: &Arguments,
    mut given: Given,
    plan: &Plan,
    screen: &mut Screen,
) -> Result<Map<String, Value>, Stop> {
    if screen.can_ask() && !arguments.detach {
        for input in given.missing_secrets(plan) {
            let value = asked(input, "it is sensitive and not shown", screen, &|_| Ok(None))?;
            given.give(&input.name, value);
        }
    }
    given.complete(plan).map_err(Stop::Lines)
}

/// The mock, with the script of a test document if one is given; `None` without `--mock`.
fn mock(arguments: &Arguments, screen: &mut Screen) -> Result<Result<Option<Arc<dyn Adapter>>, Exit>, Stop> {
    if !arguments.mock {
        return Ok(Ok(None));
    }
    let (script, seed) = match &arguments.script {
        None => (Script::default(), 0),
        Some(path) => {
            let files = &arguments.allowances.readable.allowed_files;
            match scripted(path, &arguments.lookup, files, &Reading::new(), screen)? {
                Ok(scripted) => scripted,
                Err(exit) => return Ok(Err(exit)),
            }
        }
    };
    let adapter = MockAdapter::with_script(arguments.seed.unwrap_or(seed), &script);
    Ok(Ok(Some(Arc::new(adapter))))
}

fn prepare(arguments: &Arguments, plan: Arc<Plan>) -> Result<Prepared, String> {
    let driving = &arguments.driving;
    let answers = answers::read(&plan, &driving.answers)?;
    endpoints::urls(&plan, &driving.base_url)?;
    let poll_every = arguments.poll_every.as_deref().map(interval).transpose()?;
    let limits = limits(driving, &plan)?;
    let base_urls = endpoints::by_provider(&driving.base_url);
    let options = Options { poll_every, mock: arguments.mock, base_urls };
    let dump = dump(driving, &plan, &driving.base_url)?;
    Ok(Prepared { plan, answers, options, limits, dump, pulses: Pulses::default() })
}

/// Looks up everything needed for sending, unless an approval is missing.
fn start(
    arguments: &Arguments,
    prepared: &Prepared,
    mock: Option<Arc<dyn Adapter>>,
    inputs: &Map<String, Value>,
) -> Result<Start, Stop> {
    if let Some(mock) = mock {
        return Ok(Start::Ready(Connections::mock(mock)));
    }
    let sender = Sender {
        plan: &prepared.plan,
        base_urls: &arguments.driving.base_url,
        folder: Path::new(""),
        inputs,
        is_settled: &|step| prepared.answers.contains_key(step),
    };
    let mut clearance = Clearance::of(&sender, &arguments.allowances).map_err(Stop::Usage)?;
    clearance.consult(|| state::look(&arguments.state))?;
    match clearance.permits() {
        Some(permits) => Connections::real(arguments, prepared, &permits).map(Start::Ready),
        None => Ok(Start::Unapproved(clearance)),
    }
}

/// Asks the operator where necessary, and returns the connections; `None` if the operator declines.
async fn consented(
    arguments: &Arguments,
    prepared: &Prepared,
    start: Start,
    screen: &mut Screen,
    cancellation: &Cancellation,
) -> Result<Option<Connections>, Stop> {
    let ask = !arguments.mock && !arguments.accept_inferred;
    let plan = ask.then_some(&*prepared.plan);
    match start {
        Start::Ready(connections) => {
            let answered = Question::new(&[], plan).answered(screen, cancellation).await?;
            Ok(answered.then_some(connections))
        }
        Start::Unapproved(mut clearance) => {
            if !Question::new(&clearance.missing(), plan).answered(screen, cancellation).await? {
                return Ok(None);
            }
            let permits = clearance.approve(|| state::open(&arguments.state))?;
            Connections::real(arguments, prepared, &permits).map(Some)
        }
    }
}

fn interval(text: &str) -> Result<SignedDuration, String> {
    naftiko_spec::parse_duration(text).ok_or_else(|| {
        format!("`--poll-every {text}`: durations are written `500ms`, `30s`, `5m`, `2h`, `3d` or `PT5M`")
    })
}

/// Asks for confirmation where necessary, and starts the run. Interrupts are handled from here on.
async fn begin(
    arguments: &Arguments,
    prepared: Prepared,
    start: Start,
    inputs: Map<String, Value>,
    screen: &mut Screen,
) -> Result<Exit, Stop> {
    let cancellation = Cancellation::new();
    let twice = if arguments.mock { Exit::Cancelled } else { Exit::Waiting };
    stop_on_signal(cancellation.clone(), twice, prepared.pulses.clone())?;
    let Some(connections) = consented(arguments, &prepared, start, screen, &cancellation).await? else {
        return Ok(Exit::Cancelled);
    };
    if arguments.detach {
        refuse_to_leave(&prepared.plan, &inputs)?;
    }
    let run = Run::new(Arc::clone(&prepared.plan), inputs.clone());
    if arguments.mock {
        return mocked(arguments, prepared, connections, run, cancellation, screen).await;
    }
    let id = world::run_id();
    let store = state::open(&arguments.state)?;
    let marks = Marks::of(&store, &id, &prepared.plan, &inputs)?;
    let origin = Origin { marks, ..Origin::here(&arguments.file, &arguments.lookup) };
    let lease = state::begin(&store, &id, &prepared.plan, &origin)?;
    connections.outside.answered_in(&store);
    let mut held = Held::new(store, id, run, lease);
    if arguments.detach {
        return detach(held, prepared, arguments, screen).await;
    }
    let mut watched = Watched::new(&prepared.plan, arguments.driving.json, screen);
    let inbox = Some(held.store.clone());
    let session = prepared.session(&held.id, &held.store, inbox, connections, cancellation.clone());
    let status = match watched.drive(session, &mut held.run).await {
        Ok(standing) => standing.status,
        Err(error) => return cut_off(&held, &error, &arguments.state, screen),
    };
    let verdict = Verdict {
        run: &held.run,
        records: &watched.records,
        id: &held.id,
        status,
        kept: Some(&arguments.state.again()),
        stopped: cancellation.is_cancelled(),
        json: arguments.driving.json,
    };
    verdict.report(screen)?;
    Ok(verdict.exit())
}

/// Reports a run that ended because an event could not be written. It can be resumed from its journal.
///
/// # Errors
/// If not even its first event was written: then nothing was sent, and there is nothing to resume.
pub(crate) fn cut_off(
    held: &Held,
    error: &DriveError,
    state: &State,
    screen: &mut Screen,
) -> Result<Exit, Stop> {
    let id = &held.id;
    if held.store.records(id).is_ok_and(|records| records.is_empty()) {
        let why = "the run has not started, and nothing was sent; run the composition again";
        return Err(Stop::Lines(printable!("{}\n{}", error, why)));
    }
    screen.problem(&printable!(
        "{}\nthe run stopped after its last stored record; correct the cause, then continue with `naftiko \
         resume {}{}`",
        error,
        id,
        state.again()
    ));
    Ok(match error {
        DriveError::Journal(_) => Exit::Waiting,
        DriveError::Illegal(_) => Exit::Failed,
    })
}

/// Drives a run on the mock. Such a run is not stored, since nothing is sent.
async fn mocked(
    arguments: &Arguments,
    prepared: Prepared,
    connections: Connections,
    mut run: Run,
    cancellation: Cancellation,
    screen: &mut Screen,
) -> Result<Exit, Stop> {
    if !arguments.driving.json {
        screen.message(&"mock: nothing is sent, responses are generated, and waits take no time\n".into());
    }
    let id = world::run_id();
    let mut watched = Watched::new(&prepared.plan, arguments.driving.json, screen);
    let journal = MemoryJournal::new();
    let session = prepared.session(&id, &journal, None, connections, cancellation.clone());
    let driven = match watched.drive(session, &mut run).await {
        Ok(standing) => standing.status,
        Err(error) => {
            screen.problem(&printable!("{}", error));
            return Ok(Exit::Failed);
        }
    };
    // The run is not stored, so it cannot be continued: if it was stopped, it is cancelled.
    let is_undoing = driven == Status::Compensating && run.halted_steps().is_empty();
    let stopped = cancellation.is_cancelled() && (driven == Status::Waiting || is_undoing);
    let status = if stopped { Status::Cancelled } else { driven };
    let json = arguments.driving.json;
    let records = &watched.records;
    Verdict { run: &run, records, id: &id, status, kept: None, stopped: false, json }.report(screen)?;
    Ok(status.into())
}

/// Rejects sensitive inputs with `--detach`: they are not stored, so no other process could continue the run.
fn refuse_to_leave(plan: &Plan, inputs: &Map<String, Value>) -> Result<(), Stop> {
    let given = |name: &String| inputs.contains_key(name);
    match plan.inputs.iter().find(|input| input.sensitive && given(&input.name)) {
        Some(input) => Err(Stop::Usage(format!(
            "`--detach` cannot be used with the input `{}`: it is sensitive and not stored, so no other \
             process could continue the run",
            input.name
        ))),
        None => Ok(()),
    }
}

/// Stores the started run, and leaves it to `naftiko work`.
async fn detach(
    mut held: Held,
    prepared: Prepared,
    arguments: &Arguments,
    screen: &mut Screen,
) -> Result<Exit, Stop> {
    let started = held.run.started(prepared.options);
    held.record(started).await?;
    if arguments.driving.json {
        let line = crate::drive::line_of_json(&serde_json::json!({"outcome": "waiting", "run": held.id}))?;
        screen.result(&line)?;
    } else {
        screen.result(&printable!("{}\n", held.id))?;
        let again = arguments.state.again();
        screen.message(&printable!("the run is stored; `naftiko work{}` drives it\n", again));
    }
    Ok(Exit::Waiting)
}
