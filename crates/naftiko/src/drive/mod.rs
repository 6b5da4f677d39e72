//! Drives a run in this process: what `run`, `resume` and `work` have in common.

mod allowances;
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
use naftiko_journal::{Journal, Options, Record, Standing, Status, Store};
use naftiko_plan::{Plan, Provider};
use serde_json::Value;
use url::Url;

use crate::args::Driving;
use crate::drive::live::Live;
use crate::drive::virtual_time::VirtualClock;
use crate::screen::Screen;
use crate::world;

pub(crate) use allowances::Allowances;
pub(crate) use clearance::{Clearance, Permits, Sender};
pub(crate) use credentials::Credentials;
pub(crate) use dump::Dump;
pub(crate) use live::line_of_json;
pub(crate) use outside::{Outside, Wants, is_settled};
pub(crate) use runtime::{block_on, block_on_one_thread};
pub(crate) use stopping::{Pulses, stop_on_signal};
pub(crate) use verdict::{Verdict, how_to_go_on, is_compensation};

/// What a run is driven with.
pub(crate) struct Session<'a> {
    pub(crate) id: &'a str,
    pub(crate) options: Options,
    pub(crate) journal: &'a dyn Journal,
    /// Where messages for the run are left; `None` for a run that nobody else can know.
    pub(crate) inbox: Option<Store>,
    pub(crate) adapter: Arc<dyn Adapter>,
    pub(crate) answers: IndexMap<String, Value>,
    /// What is asked by messages.
    pub(crate) outside: Arc<Outside>,
    pub(crate) limits: Limits,
    /// How long to stay for something that is due later; `None`: as long as anything is.
    pub(crate) patience: Option<SignedDuration>,
    /// Writes what goes over the wire; `None` if nobody wants to see it.
    pub(crate) dump: Option<Dump>,
    pub(crate) cancellation: Cancellation,
    /// Shows that the thread that drives the run does not compute.
    pub(crate) pulses: Pulses,
}

/// A run that somebody looks at.
pub(crate) struct Watched {
    live: Live,
    json: bool,
    can_ask: bool,
    /// What was recorded, as it may be shown.
    pub(crate) records: Vec<Record>,
}

impl Watched {
    pub(crate) fn new(plan: &Plan, json: bool, screen: &Screen) -> Self {
        Self { live: Live::new(plan, json, screen.err), json, can_ask: screen.can_ask(), records: Vec::new() }
    }

    /// Drives the run as far as it goes by itself, and shows how.
    ///
    /// # Errors
    /// When an event could not be kept, or does not fit the run.
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

/// Shows what happens, and remembers it.
struct Onlooker<'a> {
    live: &'a Live,
    records: &'a mut Vec<Record>,
}

impl Observer for Onlooker<'_> {
    fn recorded(&mut self, record: &Record) {
        self.live.show(record);
        self.records.push(record.clone());
    }

    fn held_up(&mut self, step: &str, wait: SignedDuration) {
        self.live.show_held_up(step, wait);
    }
}

/// Ends the process where somebody wants to see what comes of that.
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

/// Where there is nobody to be asked.
pub(crate) fn nobody() -> Box<dyn Channel> {
    Box::new(Silent)
}

impl Session<'_> {
    /// Drives a run as far as it goes by itself.
    ///
    /// # Errors
    /// When an event could not be kept, or does not fit the run.
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

/// Drives a run on the mock, where time passes as fast as it is waited for and nobody can be asked.
///
/// # Errors
/// When an event does not fit the run.
pub(crate) async fn on_the_mock(
    session: Session<'_>,
    run: &mut Run,
    observe: &mut dyn Observer,
) -> Result<Standing, DriveError> {
    session.drive(run, &VirtualClock::new(), observe, None, nobody()).await
}

/// The adapter that speaks to the providers of a plan. Secrets are read when they are needed; files of secrets start in
/// `folder`.
///
/// # Errors
/// What is wrong with a URL, or which secret is surely not there, may not be read, or may not be sent there.
pub(crate) fn adapter(
    plan: &Plan,
    base_urls: &[String],
    folder: &Path,
    allowances: &Allowances,
    credentials: &Credentials,
    permits: &Permits,
) -> Result<Arc<dyn Adapter>, String> {
    let urls = endpoints::urls(plan, base_urls)?;
    let builder = allowances.builder()?.secrets(credentials.secrets().clone());
    let mut credential = |id: &str, provider: &Provider, base_url: &Url| {
        credentials.of(id, provider, base_url, folder, allowances, permits)
    };
    Ok(Arc::new(endpoints::http(plan, &urls, &mut credential, builder)?))
}

/// What writes what goes over the wire, if that is asked for.
///
/// # Errors
/// What is wrong with a URL.
pub(crate) fn dump(driving: &Driving, plan: &Plan, base_urls: &[String]) -> Result<Option<Dump>, String> {
    driving.verbose.then(|| endpoints::urls(plan, base_urls).map(Dump::new)).transpose()
}

/// How much may be under way at once, as `N` and `PROVIDER=N` say.
///
/// # Errors
/// The first that says neither.
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

/// How a run stands that nobody drives any more: one that could go on waits for somebody to let it.
pub(crate) fn at_rest(status: Status) -> Status {
    if status == Status::Running { Status::Waiting } else { status }
}
