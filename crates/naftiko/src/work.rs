//! `naftiko work`: drives every run that is due.
//!
//! A run is taken up when it is due or has a message, driven until it only waits, and put down again. A waiting run
//! costs only its row in the journal.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indexmap::IndexMap;
use jiff::{SignedDuration, Timestamp};
use naftiko_adapter::Adapter;
use naftiko_engine::{Cancellation, Limits, Run, TokioClock, Traffic};
use naftiko_journal::{Record, Status, Store, StoreError};
use naftiko_report::{Mark, Progress, Style};
use naftiko_text::{Printable, printable, shell_word};
use serde_json::Map;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::allowances::Allowances;
use crate::args::{PublicUrl, Work as Arguments};
use crate::callback::Reception;
use crate::drive::{
    self, Clearance, Credentials, Outside, Permits, Pulses, Session, Wants, block_on, clearance,
    line_of_json, start_thread, stop_on_signal,
};
use crate::exit::{Exit, Stop};
use crate::resume::base_urls;
use crate::screen::Screen;
use crate::state::{self, Held, Kept};
use crate::world;

/// The interval of polling the journal for the work of other processes.
const EVERY: Duration = Duration::from_millis(250);
/// How long to continue waiting for a run's next step before the run is put down; putting it down costs about as much.
const PATIENCE: SignedDuration = SignedDuration::from_millis(200);
/// How long a run that cannot be driven is set aside the first time: the reason may be gone in a moment, such as a lack
/// of file descriptors. Each further time for the same reason is twice as long.
const SET_ASIDE_FIRST: SignedDuration = SignedDuration::from_secs(1);
/// How long a run that cannot be driven is set aside at most.
const SET_ASIDE_MAX: SignedDuration = SignedDuration::from_mins(1);
/// How long a run that another process drives is set aside. It is short, since that process may die and the check is
/// cheap.
const SET_ASIDE_HELD: SignedDuration = SignedDuration::from_secs(1);
/// The time after which a secret is read again.
const SECRETS: Duration = Duration::from_mins(1);
/// The time after which an adapter or channels are replaced. Whether their secrets exist is checked when they are made.
const CONNECTIONS: Duration = Duration::from_mins(1);

pub(crate) fn work(arguments: Arguments, screen: &mut Screen) -> Result<Exit, Stop> {
    arguments.public_url.base().map_err(Stop::Usage)?;
    arguments.allowances.authorities().map_err(Stop::Usage)?;
    let store = state::open(&arguments.state)?;
    let cancellation = Cancellation::new();
    let pulses = Pulses::default();
    let room = arguments.runs;
    block_on(async move {
        stop_on_signal(cancellation.clone(), Exit::Done, pulses.clone())?;
        if let Some(address) = arguments.listen.listen {
            let open = Reception::open(store.clone(), address).await;
            let open = open.map_err(|error| Stop::Usage(format!("cannot listen at `{address}`: {error}")))?;
            screen.message(&printable!("answers are accepted at http://{}/\n", open));
        }
        let worker = Worker {
            crew: Arc::new(Crew {
                store,
                json: arguments.json,
                again: arguments.state.again(),
                allowances: arguments.allowances,
                credentials: Credentials::that_change(SECRETS),
                cancellation,
                pulses,
                adapters: Mutex::default(),
                traffic: Arc::default(),
                public_url: arguments.public_url,
                outsides: Mutex::default(),
            }),
            endings: unbounded_channel(),
            lacks_threads: false,
            taken: BTreeSet::new(),
            set_aside: BTreeMap::new(),
            room,
        };
        worker.go(arguments.once, screen).await
    })
}

struct Worker {
    crew: Arc<Crew>,
    /// How each thread that drives a run reports its end.
    endings: (UnboundedSender<Ended>, UnboundedReceiver<Ended>),
    /// Whether the last run could not be driven for lack of a thread.
    lacks_threads: bool,
    /// The runs that are being driven.
    taken: BTreeSet<String>,
    /// The runs that cannot be driven.
    set_aside: BTreeMap<String, SetAside>,
    room: usize,
}

/// Why a run is set aside, and for how long.
struct SetAside {
    until: Timestamp,
    pause: SignedDuration,
    /// Empty if another process drives the run.
    why: String,
}

impl SetAside {
    /// Starts a pause at this time.
    fn starting(now: Timestamp, pause: SignedDuration, why: String) -> Self {
        Self { until: now.checked_add(pause).unwrap_or(Timestamp::MAX), pause, why }
    }

    /// Whether the pause still lasts. A clock that was set back ends it.
    fn lasts(&self, now: Timestamp) -> bool {
        let left = self.until.duration_since(now);
        left.is_positive() && left <= self.pause
    }

    /// The pause that follows `previous`: longer if the reason is the same.
    fn after(previous: Option<&Self>, now: Timestamp, why: String) -> Self {
        let same = previous.filter(|previous| previous.why == why);
        let pause = same.map_or(SET_ASIDE_FIRST, |same| (same.pause * 2).min(SET_ASIDE_MAX));
        Self::starting(now, pause, why)
    }
}

/// A run that is no longer driven here, and the reason if it could not be driven.
type Ended = (String, Result<(), Hindrance>);

/// Reports the end of a run when it is dropped, also if the thread that drives the run panics.
struct Ending {
    id: String,
    driven: Option<Result<(), Hindrance>>,
    ended: UnboundedSender<Ended>,
}

impl Drop for Ending {
    fn drop(&mut self) {
        let unknown = || Err(Hindrance::Lacks("the thread that drove it ended unexpectedly".to_owned()));
        let driven = self.driven.take().unwrap_or_else(unknown);
        let _worker_left = self.ended.send((std::mem::take(&mut self.id), driven));
    }
}

/// The reason why a run cannot be driven now.
enum Hindrance {
    /// Another process drives it.
    Held,
    /// Something is missing that the operator must supply.
    Lacks(String),
}

impl Worker {
    async fn go(mut self, once: bool, screen: &mut Screen) -> Result<Exit, Stop> {
        loop {
            let cancellation = self.crew.cancellation.clone();
            if !cancellation.is_cancelled() {
                self.remove_unstarted(screen)?;
                self.take_up(screen)?;
            }
            let is_idle = self.taken.is_empty();
            if is_idle && (once || cancellation.is_cancelled()) {
                return Ok(if once && self.lacks_threads { Exit::Waiting } else { Exit::Done });
            }
            let pause = self.pause()?;
            tokio::select! {
                Some(ended) = self.endings.1.recv(), if !is_idle => self.put_down(ended, screen),
                () = tokio::time::sleep(pause), if !cancellation.is_cancelled() => {}
                () = cancellation.cancelled(), if !cancellation.is_cancelled() => {}
            }
        }
    }

    /// Removes runs whose process ended before they started; they can never be continued.
    fn remove_unstarted(&self, screen: &mut Screen) -> Result<(), Stop> {
        let store = &self.crew.store;
        let unstarted = store.unstarted()?;
        if unstarted.is_empty() {
            return Ok(());
        }
        for run in store.remove_unstarted(&unstarted)? {
            if !self.crew.json {
                let why = "its process ended before the run started, and nothing was sent";
                screen.message(&printable!("{}  removed: {}\n", run, why));
            }
        }
        Ok(())
    }

    /// Takes up the runs that are due, within the limit of concurrent runs.
    fn take_up(&mut self, screen: &mut Screen) -> Result<(), Stop> {
        let now = world::now();
        let room = self.room.saturating_sub(self.taken.len());
        if room == 0 {
            return Ok(());
        }
        let most = room + self.taken.len() + self.set_aside.len();
        let mut due = self.crew.store.inbox_runs()?;
        due.extend(self.crew.store.due(now, most)?);
        for id in due {
            let is_set_aside = self.set_aside.get(&id).is_some_and(|set_aside| set_aside.lasts(now));
            if self.taken.len() >= self.room || is_set_aside || self.taken.contains(&id) {
                continue;
            }
            if let Err(error) = self.start(&id) {
                // The runs that are driven end, and their threads with them.
                if !std::mem::replace(&mut self.lacks_threads, true) {
                    screen.problem(&printable!("this machine lacks a thread for run `{}`: {}", id, error));
                }
                break;
            }
            self.lacks_threads = false;
            self.taken.insert(id);
        }
        Ok(())
    }

    /// Drives a run on a thread of its own: a run that computes delays no other.
    ///
    /// # Errors
    /// If the operating system refuses the thread.
    fn start(&self, id: &str) -> std::io::Result<()> {
        let (crew, runtime, id) = (Arc::clone(&self.crew), Handle::current(), id.to_owned());
        let ended = self.endings.0.clone();
        start_thread("run", move || {
            let mut ending = Ending { id, driven: None, ended };
            ending.driven = Some(runtime.block_on(crew.drive(&ending.id)));
        })
    }

    fn put_down(&mut self, (id, driven): Ended, screen: &mut Screen) {
        self.taken.remove(&id);
        let now = world::now();
        match driven {
            Ok(()) => {
                self.set_aside.remove(&id);
            }
            Err(Hindrance::Held) => {
                self.set_aside.insert(id, SetAside::starting(now, SET_ASIDE_HELD, String::new()));
            }
            Err(Hindrance::Lacks(why)) => {
                let previous = self.set_aside.get(&id);
                // Reported once, until the reason changes.
                if previous.is_none_or(|previous| previous.why != why) {
                    screen.problem(&printable!("run `{}` is not driven: {}", id, why));
                }
                let set_aside = SetAside::after(previous, now, why);
                self.set_aside.insert(id, set_aside);
            }
        }
    }

    fn pause(&self) -> Result<Duration, Stop> {
        let now = world::now();
        let due = self.crew.store.next_due()?.filter(|due| *due > now);
        let until_due = due.and_then(|due| Duration::try_from(due.duration_since(now)).ok());
        Ok(until_due.map_or(EVERY, |until_due| until_due.min(EVERY)))
    }
}

/// An adapter or channels, with the time at which they were made.
type Made<T> = (Timestamp, Arc<T>);

/// Whether what was made can still be used. A clock that was set back ends its use.
fn is_fresh(made: Timestamp, now: Timestamp) -> bool {
    Duration::try_from(now.duration_since(made)).is_ok_and(|age| age < CONNECTIONS)
}

/// State shared by all runs that this process drives.
struct Crew {
    store: Store,
    json: bool,
    /// The options to repeat in suggested commands.
    again: Printable,
    allowances: Allowances,
    credentials: Credentials,
    cancellation: Cancellation,
    pulses: Pulses,
    /// The adapters, by the providers and permissions that they were made from.
    adapters: Mutex<BTreeMap<(String, clearance::Key), Made<dyn Adapter>>>,
    /// The rate limits of the providers, shared by all runs.
    traffic: Arc<Traffic>,
    public_url: PublicUrl,
    /// The channels, by their requirements and permissions.
    outsides: Mutex<BTreeMap<(Wants, clearance::Key), Made<Outside>>>,
}

impl Crew {
    async fn drive(&self, id: &str) -> Result<(), Hindrance> {
        let lacks = |stop: Stop| match stop {
            Stop::Usage(why) => Hindrance::Lacks(why),
            Stop::Lines(why) => Hindrance::Lacks(why.to_string()),
            Stop::Output(error) => Hindrance::Lacks(error.to_string()),
        };
        let lease = self.store.lease(id, world::now()).map_err(|error| match error {
            StoreError::Held { .. } => Hindrance::Held,
            other => Hindrance::Lacks(other.to_string()),
        })?;
        let summary = state::find(&self.store, id).map_err(lacks)?;
        let kept = Kept::read(&self.store, &summary).map_err(lacks)?;
        if let [name, ..] = kept.withheld() {
            let go_on = format!(
                "its input `{name}` is sensitive and not stored; continue with `naftiko resume {}{}`",
                shell_word(id),
                self.again
            );
            return Err(Hindrance::Lacks(go_on));
        }
        let run = kept.replay(Map::new()).map_err(lacks)?;
        let begun = run.ledger().seq();
        let mut held = Held::new(self.store.clone(), kept.id.clone(), run, lease);
        self.empty_inbox(&kept, &mut held).await.map_err(lacks)?;
        if held.run.status().is_over() {
            return Ok(());
        }
        let permits = self.permits(&kept, &held.run).map_err(lacks)?;
        let session = Session {
            id: &held.id,
            options: kept.options(),
            journal: &held.store,
            inbox: Some(self.store.clone()),
            adapter: self.adapter(&kept, &permits).map_err(Hindrance::Lacks)?,
            answers: IndexMap::new(),
            limits: Limits { traffic: Arc::clone(&self.traffic), ..Limits::default() },
            outside: self.outside(&held.run, &permits).map_err(Hindrance::Lacks)?,
            patience: Some(PATIENCE),
            dump: None,
            cancellation: self.cancellation.clone(),
            pulses: self.pulses.clone(),
        };
        let driven = session
            .drive(&mut held.run, &TokioClock::new(), &mut self.show(&kept), None, drive::nobody())
            .await;
        let standing = driven.map_err(|error| Hindrance::Lacks(error.to_string()))?;
        if held.run.ledger().seq() == begun {
            // The run was stored as due although it had nothing to do. Without a new status it would be taken up again
            // and again.
            held.note_standing().await.map_err(lacks)?;
        }
        if let Some(why) = held.run.shortage() {
            return Err(Hindrance::Lacks(why.to_owned()));
        }
        self.tell_end(&held, standing.status);
        Ok(())
    }

    /// Reports that a run has ended, or needs the operator. Waiting runs are not reported.
    fn tell_end(&self, held: &Held, status: Status) {
        let needs_somebody = matches!(status, Status::InDoubt | Status::Compensating);
        if self.json || !(status.is_over() || needs_somebody) {
            return;
        }
        let go_on = if needs_somebody {
            drive::how_to_go_on(&held.id, status, held.run.ledger(), held.run.plan(), &self.again)
        } else {
            Printable::new()
        };
        let text = printable!("{}  {}\n{}", held.id, status.as_str(), go_on);
        let _unwritten = world::Stream::Err.write(&text);
    }

    /// Applies the messages in the inbox of a run. An answer may hold a credential of the run, so the messages remain
    /// in the inbox until its credentials are approved and known.
    async fn empty_inbox(&self, kept: &Kept, held: &mut Held) -> Result<(), Stop> {
        if self.store.inbox(&held.id)?.is_empty() {
            held.run.hide_credentials(&self.credentials.secrets().mask());
            return Ok(());
        }
        let permits = self.permits(kept, &held.run)?;
        self.adapter(kept, &permits).map_err(Stop::Usage)?;
        held.empty_inbox(&self.credentials.secrets().mask()).await
    }

    /// The permissions of a run. The operator cannot be asked here: a run with a missing approval is set aside.
    fn permits(&self, kept: &Kept, run: &Run) -> Result<Permits, Stop> {
        let (base_urls, answers) = (base_urls(kept, &[]), IndexMap::new());
        let clearance = Clearance::of_run(kept, run, &base_urls, &answers, &self.allowances, &self.store)?;
        clearance.permits().ok_or_else(|| {
            let missing = clearance.missing();
            let pairs: Vec<String> = missing.iter().map(|it| format!("`{}`", it.line())).collect();
            Stop::Usage(format!(
                "not approved: {}; approve with `naftiko resume {}{}`, or add `{}`",
                pairs.join(", "),
                kept.id,
                self.again,
                clearance::flags(&missing)
            ))
        })
    }

    /// The adapter for the providers of a run. Runs with equal providers and permissions share one, with its
    /// connections.
    fn adapter(&self, kept: &Kept, permits: &Permits) -> Result<Arc<dyn Adapter>, String> {
        let urls = base_urls(kept, &[]);
        let plans = std::iter::once(&kept.plan).chain(kept.plan.embedded());
        let providers: Vec<_> = plans.map(|plan| &plan.providers).collect();
        let key = serde_json::to_string(&(providers, &urls, &kept.origin.folder))
            .map_err(|error| error.to_string())?;
        let key = (key, permits.key());
        let now = world::now();
        let mut adapters = self.adapters.lock().unwrap_or_else(PoisonError::into_inner);
        adapters.retain(|_, (made, _)| is_fresh(*made, now));
        if let Some((_, adapter)) = adapters.get(&key) {
            return Ok(Arc::clone(adapter));
        }
        let folder = &kept.origin.folder;
        let adapter =
            drive::adapter(&kept.plan, &urls, folder, &self.allowances, &self.credentials, permits)?;
        adapters.insert(key, (now, Arc::clone(&adapter)));
        Ok(adapter)
    }

    /// The channels of a run. Runs with equal requirements and permissions share them.
    fn outside(&self, run: &Run, permits: &Permits) -> Result<Arc<Outside>, String> {
        let wants = Wants::of_run(run, &IndexMap::new())?;
        let now = world::now();
        let mut outsides = self.outsides.lock().unwrap_or_else(PoisonError::into_inner);
        outsides.retain(|_, (made, _)| is_fresh(*made, now));
        let key = (wants, permits.key());
        if let Some((_, outside)) = outsides.get(&key) {
            return Ok(Arc::clone(outside));
        }
        let outside = Arc::new(Outside::new(
            &key.0,
            &self.allowances,
            &self.public_url,
            permits,
            self.credentials.secrets(),
        )?);
        outside.answered_in(&self.store);
        outsides.insert(key, (now, Arc::clone(&outside)));
        Ok(outside)
    }

    /// Prints each event as a line that begins with the id of its run.
    fn show(&self, kept: &Kept) -> impl FnMut(&Record) + use<> {
        let json = self.json;
        let mut progress = Progress::new(&kept.plan, Style::PLAIN);
        move |record: &Record| {
            // A failed write does not stop the run, since the event is in the journal.
            let _unwritten = if json {
                line_of_json(record).and_then(|line| world::Stream::Out.write(&line))
            } else {
                match progress.line(record).filter(|line| line.mark != Mark::Running) {
                    Some(line) => world::Stream::Err.write(&printable!("{}  {}\n", record.run, line.text)),
                    None => Ok(()),
                }
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_set_aside_for_longer_each_time_the_reason_is_the_same() {
        let (now, mut previous) = (Timestamp::UNIX_EPOCH, None);
        let mut next = |why: &str| {
            let set_aside = SetAside::after(previous.as_ref(), now, why.to_owned());
            let pause = set_aside.until.duration_since(now).as_secs();
            previous = Some(set_aside);
            pause
        };
        assert_eq!([(); 8].map(|()| next("no file is free")), [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(next("not approved"), 1);
    }

    #[test]
    fn a_clock_that_is_set_back_ends_a_pause() {
        let at = |seconds| Timestamp::from_second(seconds).expect("a time");
        let set_aside = SetAside::starting(at(100), SET_ASIDE_FIRST, String::new());
        assert_eq!([100, 101, 99].map(|seconds| set_aside.lasts(at(seconds))), [true, false, false]);
    }
}
