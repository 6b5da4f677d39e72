//! Drives a run in this process; shared by `run`, `resume`, `work` and `test`.

pub(crate) mod answers;
pub(crate) mod clearance;
mod credentials;
mod dump;
pub(crate) mod endpoints;
mod inbox;
mod live;
mod outside;
mod runtime;
mod secrets;
mod stopping;
mod terminal;
mod verdict;
mod virtual_time;

use std::path::Path;
use std::sync::Arc;

use indexmap::IndexMap;
use jiff::SignedDuration;
use naftiko_adapter::{Adapter, Channel};
use naftiko_adapter_external::{Prepared, Prompt, Silent};
use naftiko_engine::{Cancellation, Clock, DriveError, Driver, Limits, Observer, Run, TokioClock, Wire};
use naftiko_journal::{Event, Journal, Options, Record, Standing, Status, Store};
use naftiko_plan::{Plan, Provider};
use serde_json::{Map, Value, json};
use url::Url;

use crate::allowances::Allowances;
use crate::args::Driving;
use crate::drive::live::Live;
use crate::drive::virtual_time::VirtualClock;
use crate::screen::Screen;
use crate::world;

pub(crate) use clearance::{Clearance, Permits, Sender};
pub(crate) use credentials::Credentials;
pub(crate) use dump::Dump;
pub(crate) use live::line_of_json;
pub(crate) use outside::{Outside, Wants, hide_channel_secrets, is_settled};
pub(crate) use runtime::{block_on, block_on_one_thread, start_thread};
pub(crate) use stopping::{Pulses, stop_on_signal};
pub(crate) use verdict::{Verdict, how_to_go_on, is_compensation};

/// Everything needed to drive a run.
pub(crate) struct Session<'a> {
    pub(crate) id: &'a str,
    pub(crate) options: Options,
    pub(crate) journal: &'a dyn Journal,
    /// The store with the inbox of the run; `None` if the run is not stored, so that no other process can know it.
    pub(crate) inbox: Option<Store>,
    pub(crate) adapter: Arc<dyn Adapter>,
    pub(crate) answers: IndexMap<String, Value>,
    /// The channels for external steps.
    pub(crate) outside: Arc<Outside>,
    pub(crate) limits: Limits,
    /// How long to wait for work that is due later; `None`: without limit.
    pub(crate) patience: Option<SignedDuration>,
    /// Renders requests and responses; `None` without `--verbose`.
    pub(crate) dump: Option<Dump>,
    pub(crate) cancellation: Cancellation,
    /// The heartbeats of the threads that drive runs; they show that a thread is not busy computing.
    pub(crate) pulses: Pulses,
}

/// A run whose progress is printed.
pub(crate) struct Watched {
    live: Live,
    json: bool,
    can_ask: bool,
    /// The redacted records so far.
    pub(crate) records: Vec<Record>,
}

impl Watched {
    pub(crate) fn new(plan: &Plan, json: bool, screen: &Screen) -> Self {
        Self { live: Live::new(plan, json, screen.err), json, can_ask: screen.can_ask(), records: Vec::new() }
    }

    /// Drives the run until it ends or has to wait, and prints its progress.
    ///
    /// # Errors
    /// If an event cannot be journaled, or is not valid in the state of the run.
    pub(crate) async fn drive(
        &mut self,
        mut session: Session<'_>,
        run: &mut Run,
    ) -> Result<Standing, DriveError> {
        let dump = session.dump.take();
        let somebody: Box<dyn Channel> =
            if self.can_ask && !self.json { Box::new(Prompt::new(self.live.console())) } else { nobody() };
        let Self { live, records, .. } = self;
        let mut observe = Onlooker { live, records };
        let wire: Option<Box<dyn FnMut(Wire)>> = dump.map(|dump| {
            let live: &Live = live;
            Box::new(move |wire: Wire| live.tell(&dump.lines(&wire))) as _
        });
        let driven = if session.options.mock {
            let clock = VirtualClock::new();
            let somebody = clock.stopped_by(somebody);
            session.drive(run, &clock, &mut observe, wire, somebody).await
        } else {
            session.drive(run, &TokioClock::new(), &mut observe, wire, somebody).await
        };
        self.live.finish();
        driven
    }
}

/// Prints each record and stores it.
struct Onlooker<'a> {
    live: &'a Live,
    records: &'a mut Vec<Record>,
}

impl Observer for Onlooker<'_> {
    fn recorded(&mut self, record: &Record) {
        self.live.show(record);
        self.records.push(remembered(record));
    }

    fn held_up(&mut self, step: &str, wait: SignedDuration) {
        self.live.show_held_up(step, wait);
    }
}

/// A record as far as a [`Verdict`] reads it: a result may be large, and only its id is of use then.
fn remembered(record: &Record) -> Record {
    let event = match &record.event {
        Event::StepSucceeded { step, attempt, status, result, through, .. } => Event::StepSucceeded {
            step: step.clone(),
            attempt: *attempt,
            status: *status,
            result: Arc::new(result.get("id").map_or(Value::Null, |id| json!({ "id": id }))),
            departures: Vec::new(),
            through: *through,
        },
        Event::PageReceived { step, attempt, .. } => Event::PageReceived {
            step: step.clone(),
            attempt: *attempt,
            items: Arc::default(),
            next: Map::new(),
            departures: Vec::new(),
        },
        event => event.clone(),
    };
    Record { run: record.run.clone(), seq: record.seq, at: record.at, event }
}

/// Test hook: exits the process after a given record, for the crash tests.
struct Halting<'a>(&'a mut dyn Observer);

impl Observer for Halting<'_> {
    fn recorded(&mut self, record: &Record) {
        self.0.recorded(record);
        world::halt_after(record.seq);
    }

    fn held_up(&mut self, step: &str, wait: SignedDuration) {
        self.0.held_up(step, wait);
    }
}

/// The channel for questions at the terminal where no person can be asked.
pub(crate) fn nobody() -> Box<dyn Channel> {
    Box::new(Silent)
}

impl Session<'_> {
    /// Drives a run until it ends or has to wait.
    ///
    /// # Errors
    /// If an event cannot be journaled, or is not valid in the state of the run.
    pub(crate) async fn drive(
        self,
        run: &mut Run,
        clock: &dyn Clock,
        observe: &mut dyn Observer,
        wire: Option<Box<dyn FnMut(Wire) + '_>>,
        somebody: Box<dyn Channel>,
    ) -> Result<Standing, DriveError> {
        let mut observe = Halting(observe);
        let mail = self.inbox.map(|store| inbox::Inbox::watch(store, self.id.to_owned()));
        let (watching, deliveries) =
            mail.map_or((None, None), |mail| (Some(mail.watching), Some(mail.deliveries)));
        run.answer_beforehand(self.answers.keys().cloned());
        let secrets = self.outside.secrets().clone();
        let asked = outside::Switchboard { outside: self.outside, somebody };
        let mut driver = Driver {
            adapter: self.adapter,
            channel: Arc::new(Prepared::new(self.answers, Box::new(asked))),
            secrets,
            journal: self.journal,
            clock,
            limits: self.limits,
            patience: self.patience,
            deliveries,
            observe: &mut observe,
            wire,
            cancellation: self.cancellation,
        };
        let driven = self.pulses.beating(driver.drive(run, self.id, self.options)).await;
        drop(watching);
        driven
    }
}

/// Drives a run on the mock, with a virtual clock and without questions at the terminal.
///
/// # Errors
/// If an event cannot be journaled, or is not valid in the state of the run.
pub(crate) async fn on_the_mock(
    session: Session<'_>,
    run: &mut Run,
    observe: &mut dyn Observer,
) -> Result<Standing, DriveError> {
    session.drive(run, &VirtualClock::new(), observe, None, nobody()).await
}

/// The HTTP adapter for the providers of a plan. Secrets are read when they are needed; relative paths of secret files
/// are resolved in `folder`.
///
/// # Errors
/// If a URL is invalid, or a secret is certainly missing, may not be read, or may not be sent to its server.
pub(crate) fn adapter(
    plan: &Plan,
    base_urls: &[String],
    folder: &Path,
    allowances: &Allowances,
    credentials: &Credentials,
    permits: &Permits,
) -> Result<Arc<dyn Adapter>, String> {
    // A URL of the mail server that cannot be read is reported where a message is to be sent.
    let _are_known = outside::hide_channel_secrets(credentials.secrets());
    let urls = endpoints::urls(plan, base_urls)?;
    let builder = allowances.builder()?.secrets(credentials.secrets().clone());
    let mut credential = |id: &str, provider: &Provider, base_url: &Url| {
        credentials.of(id, provider, base_url, folder, allowances, permits)
    };
    Ok(Arc::new(endpoints::http(plan, &urls, &mut credential, builder)?))
}

/// The renderer for `--verbose`, if that option is given.
///
/// # Errors
/// If a URL is invalid.
pub(crate) fn dump(driving: &Driving, plan: &Plan, base_urls: &[String]) -> Result<Option<Dump>, String> {
    driving.verbose.then(|| endpoints::urls(plan, base_urls).map(Dump::new)).transpose()
}

/// The limits of concurrent calls, parsed from `--jobs` arguments of the form `N` or `PROVIDER=N`.
///
/// # Errors
/// The first argument that is malformed or names an unknown provider.
pub(crate) fn limits(driving: &Driving, plan: &Plan) -> Result<Limits, String> {
    let mut limits = Limits::default();
    for argument in &driving.jobs {
        let (provider, number) =
            argument.split_once('=').map_or((None, argument.as_str()), |(id, n)| (Some(id), n));
        let number =
            number.parse().ok().filter(|number| *number > 0).ok_or_else(|| {
                format!("`--jobs {argument}` is neither a number above 0 nor PROVIDER=NUMBER")
            })?;
        match provider {
            None => limits.jobs = number,
            Some(id) if endpoints::is_known(plan, id) => {
                limits.by_provider.insert(id.to_owned(), number);
            }
            Some(id) => return Err(format!("`--jobs {argument}`: there is no provider `{id}`")),
        }
    }
    Ok(limits)
}

/// The status of a run without a driving process: a run that could continue counts as waiting.
pub(crate) fn at_rest(status: Status) -> Status {
    if status == Status::Running { Status::Waiting } else { status }
}
