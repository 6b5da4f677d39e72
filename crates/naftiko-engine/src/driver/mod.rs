//! Carries out the commands of a run in this process.
//!
//! The driver only decides when: [`Run::commands`] returns the work, and [`Run`] decides what an outcome means.
//! Decisions are applied at once and stored in one batch before they have any consequence: an intent is stored before
//! its effect starts, an outcome before anything that depends on it is sent, asked or shown.

mod begin;
mod cancellation;
mod outbox;
mod queue;
mod shortage;
mod traffic;
mod wire;
mod work;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use naftiko_adapter::{Adapter, Answer, Call, Channel, Hold, Mask, Question, Secrets};
use naftiko_expr::size;
use naftiko_journal::{Entry, Event, IllegalEvent, Journal, JournalError, Options, Record, Standing, Status};
use tokio::sync::{mpsc, oneshot};

pub use cancellation::Cancellation;
use outbox::Outbox;
use queue::Queue;
use shortage::Shortages;
pub use traffic::Traffic;
use traffic::Turns;
pub use wire::Wire;
use work::{End, Work};

use crate::core::Route;
use crate::{Clock, Command, Intervention, Refused, Run};

/// A result with more values, or more times 64 bytes of text, takes much memory: some megabytes.
const LARGE: u64 = 16 * 1024;

/// Drives a run with these collaborators and limits.
pub struct Driver<'a> {
    /// Carries out operations.
    pub adapter: Arc<dyn Adapter>,
    /// Asks questions outside. Several may be pending at once; a channel with one terminal must serialize them.
    pub channel: Arc<dyn Channel>,
    /// The credentials in use. They are redacted wherever anything is shown, also in responses from before they were
    /// known. Answers from the channel and from interventions are masked before they are processed; the adapter masks
    /// its own responses.
    pub secrets: Secrets,
    /// Stores the events.
    pub journal: &'a dyn Journal,
    /// Provides time and randomness.
    pub clock: &'a dyn Clock,
    /// Limits the number of concurrent calls.
    pub limits: Limits,
    /// The longest wait for an attempt that is due later; `None` waits for any due time.
    pub patience: Option<SignedDuration>,
    /// Interventions from outside while the run is driven; `None` if there are none.
    pub deliveries: Option<mpsc::UnboundedReceiver<Delivery>>,
    /// Is notified of records and waits.
    pub observe: &'a mut dyn Observer,
    /// Is called with every call and every response, redacted; `None` for no such trace.
    pub wire: Option<Box<dyn FnMut(Wire) + 'a>>,
    /// Ends the run early.
    pub cancellation: Cancellation,
}

impl fmt::Debug for Driver<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver").field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// Observes a run while it is driven. A closure over [`Record`] observes records only.
pub trait Observer {
    /// Called with every record once it is stored, in the redacted form of [`Run::shown`].
    fn recorded(&mut self, record: &Record);

    /// Called when a call is delayed because a rate limit is used up or the provider requested a pause. Such waits are
    /// not recorded.
    fn held_up(&mut self, _step: &str, _wait: SignedDuration) {}
}

impl<F: FnMut(&Record)> Observer for F {
    fn recorded(&mut self, record: &Record) {
        self(record);
    }
}

/// Limits on concurrent calls, and the shared knowledge of rate limits.
#[derive(Debug, Clone)]
pub struct Limits {
    /// The maximum number of calls in all; 0 counts as 1.
    pub jobs: usize,
    /// The maximum number of calls per provider, by its id; 0 counts as 1.
    pub by_provider: BTreeMap<String, usize>,
    /// The state of the providers' rate limits, shared by all runs with this handle.
    pub traffic: Arc<Traffic>,
}

impl Default for Limits {
    /// Eight calls in all.
    fn default() -> Self {
        Self { jobs: 8, by_provider: BTreeMap::new(), traffic: Arc::default() }
    }
}

/// An intervention in a run that is being driven.
#[derive(Debug)]
pub struct Delivery {
    /// The intervention.
    pub intervention: Intervention,
    /// Receives the outcome once it is stored.
    pub reply: oneshot::Sender<Result<(), Refused>>,
}

/// The run could not be driven further. Running calls are aborted, and nothing more is sent.
#[derive(Debug, thiserror::Error)]
pub enum DriveError {
    /// An event could not be stored.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// An event is illegal in the state of the run.
    #[error(transparent)]
    Illegal(#[from] IllegalEvent),
}

impl Driver<'_> {
    /// Drives a run until it can make no more progress, and returns its state then.
    ///
    /// A run that has not started is started with `id` and `options`; a replayed run continues after its last record,
    /// with its own id and options.
    ///
    /// `drive` returns when the run is over; when it needs an operator to resolve a doubt or to retry a failed
    /// compensation; and when all that is left are unanswered questions, whatever their time limits, and attempts that
    /// are due later than `patience` allows. After a cancellation it starts nothing more, waits for the running calls
    /// and returns: the run can be resumed. It then reports `Waiting` for a run that could have continued. It does the
    /// same if this machine still lacks a resource that an attempt needs after several retries: see [`Run::shortage`].
    ///
    /// Afterwards, and after an error, the `Run` is read-only; rebuild it with [`Run::replay`] to continue.
    ///
    /// Dropping the future aborts running calls; a later replay treats them as after a crash.
    ///
    /// # Errors
    /// [`DriveError`] when an event could not be stored, or is illegal.
    pub async fn drive(&mut self, run: &mut Run, id: &str, options: Options) -> Result<Standing, DriveError> {
        let id = run.id().unwrap_or(id).to_owned();
        let turns = Turns::new(Arc::clone(&self.limits.traffic));
        let mut drive = Drive {
            driver: self,
            run,
            id,
            unkept: Vec::new(),
            is_large: false,
            queue: Queue::default(),
            turns,
            next_turn: None,
            held_up: BTreeMap::new(),
            starting: Vec::new(),
            asking: Vec::new(),
            outbox: Outbox::default(),
            sending: Vec::new(),
            replies: Vec::new(),
            shortages: Shortages::default(),
            holds: Vec::new(),
            work: Work::default(),
            hidden: Arc::default(),
        };
        if drive.run.id().is_none() {
            drive.record(drive.run.started(options))?;
        }
        drive.go_on().await
    }
}

/// The state of driving one run.
struct Drive<'d, 'a> {
    driver: &'d mut Driver<'a>,
    run: &'d mut Run,
    id: String,
    /// Entries that were applied but are not stored yet.
    unkept: Vec<Entry>,
    /// Whether that includes a large result. It is stored before further decisions, which may move it.
    is_large: bool,
    /// Calls that may start, in order of arrival.
    queue: Queue,
    /// The run's access to the rate limits.
    turns: Turns,
    /// The earliest time at which a call delayed by a rate limit may start.
    next_turn: Option<Timestamp>,
    /// The steps that were reported as delayed, with the time reported.
    held_up: BTreeMap<String, Timestamp>,
    /// Calls that start once their intents are stored, with the time of that decision.
    starting: Vec<(Call, Route, Timestamp)>,
    /// Questions that are put once all entries before them are stored.
    asking: Vec<Question>,
    /// Messages that may be sent.
    outbox: Outbox,
    /// Messages that are sent once their intents are stored, with their attempts.
    sending: Vec<(u32, Question)>,
    /// Replies to interventions, sent once all entries are stored.
    replies: Vec<Reply>,
    shortages: Shortages,
    /// Guards of responses whose outcomes are not stored yet.
    holds: Vec<Hold>,
    work: Work,
    /// The credentials that the run redacts.
    hidden: Arc<Mask>,
}

/// The outcome of an intervention, and its receiver.
struct Reply {
    to: oneshot::Sender<Result<(), Refused>>,
    outcome: Result<(), Refused>,
}

impl Drive<'_, '_> {
    async fn go_on(mut self) -> Result<Standing, DriveError> {
        loop {
            self.decide()?;
            let is_cut_short = self.is_large;
            self.keep().await?;
            self.start();
            if is_cut_short || self.ends_at_once().await? {
                continue;
            }
            if self.is_at_rest() {
                // An intervention that arrived before this point is still handled.
                match self.driver.deliveries.as_mut().and_then(|deliveries| deliveries.try_recv().ok()) {
                    Some(delivery) => self.intervene(delivery)?,
                    None => return Ok(self.standing()),
                }
                continue;
            }
            let due = self.run.next_due().into_iter().chain(self.next_turn).min();
            let next = due.filter(|_| !self.is_stopping());
            let Driver { clock, cancellation, deliveries, .. } = &mut *self.driver;
            tokio::select! {
                end = self.work.next() => self.close(end)?,
                () = sleep_until(*clock, next) => {}
                delivery = delivered(deliveries) => self.intervene(delivery)?,
                () = cancellation.cancelled(), if !cancellation.is_cancelled() => {}
            }
            // Whatever ended at the same time is stored in the same batch.
            self.close_ended()?;
        }
    }

    /// Applies all decisions that are possible now; repeated, because a decision can lead to further ones.
    /// After a large result, it stops until that is stored.
    fn decide(&mut self) -> Result<(), DriveError> {
        let is_stopping = self.is_stopping();
        while !self.is_large {
            let mut commands = self.run.commands(self.driver.clock.now());
            if commands.is_empty() && !is_stopping {
                commands = self.run.due(self.driver.clock.now());
            }
            if commands.is_empty() {
                break;
            }
            for command in commands {
                match command {
                    Command::Invoke { intent, call } => {
                        // Every call has a route.
                        let Some(route) = self.run.route(&call.step) else { continue };
                        self.queue.push(intent, call, route);
                    }
                    // These are repeated when the run is resumed.
                    Command::Ask { .. } | Command::Send { .. } if is_stopping => {}
                    Command::Ask { question } => self.asking.push(question),
                    Command::Send { intent, question } => self.outbox.push(intent, question),
                    Command::Record(event) => self.record(event)?,
                }
            }
        }
        self.next_turn = None;
        let begun =
            if is_stopping { Ok(()) } else { self.begin_messages().and_then(|()| self.begin_calls()) };
        self.turns.settle();
        begun
    }

    /// The current credentials. From now on the run redacts them.
    fn credentials(&mut self) -> Arc<Mask> {
        let known = self.driver.secrets.mask();
        if !Arc::ptr_eq(&known, &self.hidden) {
            self.run.hide_credentials(&known);
            self.hidden = Arc::clone(&known);
        }
        known
    }

    fn record(&mut self, event: Event) -> Result<(), DriveError> {
        self.credentials();
        let seq = self.run.ledger().seq() + 1;
        let record = Record { run: self.id.clone(), seq, at: self.driver.clock.now(), event };
        self.run.apply(&record)?;
        self.withdraw_questions(&record.event);
        let shown = self.run.shown(&record).event;
        self.is_large |= is_large(&record.event);
        self.unkept.push(Entry { record, shown });
        Ok(())
    }

    /// Aborts questions that became obsolete, so that others can be put.
    fn withdraw_questions(&mut self, event: &Event) {
        let over: Vec<String> = match event {
            Event::StepSucceeded { step, .. } => vec![step.clone()],
            // Also the questions of the failed step's parts.
            Event::StepFailed { .. } => self.work.questions().map(str::to_owned).collect(),
            _ => return,
        };
        for step in over.iter().filter(|step| !self.run.is_awaited(step)) {
            self.work.withdraw(step);
        }
        self.asking.retain(|question| self.run.is_awaited(&question.step));
    }

    /// Stores the applied entries in one batch, and reports them.
    async fn keep(&mut self) -> Result<(), DriveError> {
        let entries = std::mem::take(&mut self.unkept);
        if !entries.is_empty() {
            let shown: Vec<Record> = entries
                .iter()
                .map(|Entry { record, shown }| Record {
                    run: record.run.clone(),
                    seq: record.seq,
                    at: record.at,
                    event: shown.clone(),
                })
                .collect();
            self.driver.journal.append(&self.id, entries, self.run.standing()).await?;
            for record in &shown {
                self.driver.observe.recorded(record);
            }
        }
        self.holds.clear();
        self.is_large = false;
        for Reply { to, outcome } in self.replies.drain(..) {
            // The receiver may be gone.
            let _ = to.send(outcome);
        }
        Ok(())
    }

    /// Whether anything ends without time passing, on a clock that advances only while the driver waits.
    async fn ends_at_once(&mut self) -> Result<bool, DriveError> {
        tokio::task::yield_now().await;
        self.close_ended()
    }

    /// Handles everything that has ended; whether there was anything.
    fn close_ended(&mut self) -> Result<bool, DriveError> {
        let mut has_ended = false;
        while let Some(end) = self.work.ended() {
            self.close(end)?;
            has_ended = true;
        }
        Ok(has_ended)
    }

    fn close(&mut self, end: End) -> Result<(), DriveError> {
        let end = masked(end, &self.credentials());
        let clock = self.driver.clock;
        self.note(&end, clock.now());
        let looked_at = match &end {
            End::Answer { step, attempt, answer } if self.driver.wire.is_some() => {
                Some((step.clone(), *attempt, answer.clone()))
            }
            _ => None,
        };
        let event = match end {
            End::Answer { step, attempt, answer: Ok(response) } => {
                self.run.closed_by_response(&step, attempt, response, clock.now(), clock.jitter())
            }
            End::Answer { step, attempt, answer: Err(failure) } => {
                self.run.closed_by_failure(&step, attempt, &failure, clock.now(), clock.jitter())
            }
            End::Reply { step, attempt: Some(attempt), reply } => {
                match self.run.handed_over(&step, attempt, reply, clock.now(), clock.jitter()) {
                    Some(event) => event,
                    None => return Ok(()),
                }
            }
            // An answer to a question that is no longer awaited is ignored.
            End::Reply { step, .. } | End::Panic { step, attempt: None, .. }
                if !self.run.is_awaited(&step) =>
            {
                return Ok(());
            }
            End::Reply { step, attempt: None, reply } => match self.run.answered(&step, reply) {
                Some(event) => event,
                None => return Ok(()),
            },
            // A panic after the message was answered has no effect.
            End::Panic { step, attempt: Some(attempt), .. } if !self.run.is_under_way(&step, attempt) => {
                return Ok(());
            }
            End::Panic { step, attempt, message } => self.run.closed_by_panic(&step, attempt, &message),
        };
        self.record(event)?;
        // Only after recording is it known which parts are sensitive.
        if let (Some((step, attempt, answer)), Some(wire)) = (looked_at, &mut self.driver.wire) {
            let answer = self.run.shown_answer(&step, answer);
            wire(Wire::Received { step, attempt, answer });
        }
        Ok(())
    }

    /// Updates the state of the provider's limits and of this machine's resources from an outcome.
    fn note(&mut self, end: &End, now: Timestamp) {
        match end {
            End::Answer { step, answer, .. } => {
                if let Some(route) = self.run.route(step) {
                    self.driver.limits.traffic.ended(&route, answer, now);
                }
                self.shortages.ended(step, answer);
                self.holds.extend(answer.as_ref().ok().map(|response| response.hold.clone()));
            }
            End::Reply { step, attempt: Some(_), reply } => self.shortages.ended(step, reply),
            End::Reply { .. } | End::Panic { .. } => {}
        }
    }

    /// Whether nothing more may start.
    fn is_stopping(&self) -> bool {
        self.driver.cancellation.is_cancelled() || self.shortages.persist()
    }

    fn intervene(&mut self, delivery: Delivery) -> Result<(), DriveError> {
        let intervention = delivery.intervention.masked(&self.credentials());
        let outcome = match self.run.intervened(&intervention) {
            Ok(event) => {
                if let Some(event) = event {
                    self.record(event)?;
                }
                Ok(())
            }
            Err(refused) => Err(refused),
        };
        self.replies.push(Reply { to: delivery.reply, outcome });
        Ok(())
    }

    /// Whether nothing happens any more, or not soon enough. An answer that cannot have an effect is not awaited.
    fn is_at_rest(&self) -> bool {
        if self.work.calls() > 0 {
            return false;
        }
        if self.is_stopping() {
            return true;
        }
        let patient_until = self
            .driver
            .patience
            .map(|patience| self.driver.clock.now().checked_add(patience).unwrap_or(Timestamp::MAX));
        let next = self.run.next_attempt_due();
        let waits = next.is_some_and(|due| patient_until.is_none_or(|until| due <= until));
        let is_asking =
            self.work.questions().any(|step| self.run.may_begin(step) && self.run.is_awaited(step));
        !waits && !is_asking && !self.queue.can_go_on(self.run) && !self.outbox.can_go_on(self.run)
    }

    fn standing(&self) -> Standing {
        let standing = self.run.standing();
        match standing.status {
            Status::Running => Standing { status: Status::Waiting, ..standing },
            _ => standing,
        }
    }
}

/// Whether an event has a result that takes much memory.
fn is_large(event: &Event) -> bool {
    match event {
        Event::StepSucceeded { result, .. } => size(result) > LARGE,
        Event::PageReceived { items, .. } => items.iter().map(size).sum::<u64>() > LARGE,
        _ => false,
    }
}

/// The outcome with credentials masked in the channel's answers.
fn masked(end: End, credentials: &Mask) -> End {
    match end {
        End::Reply { step, attempt, reply } => {
            let reply = match reply {
                Ok(Answer::Given(answer)) => Ok(Answer::Given(credentials.value(answer))),
                Ok(Answer::NotYet) => Ok(Answer::NotYet),
                Err(failure) => Err(credentials.failure(&failure)),
            };
            End::Reply { step, attempt, reply }
        }
        other => other,
    }
}

/// Never returns for `None`.
async fn sleep_until(clock: &dyn Clock, until: Option<Timestamp>) {
    match until {
        Some(until) => clock.sleep_until(until).await,
        None => std::future::pending().await,
    }
}

/// Never returns if there is no sender.
async fn delivered(deliveries: &mut Option<mpsc::UnboundedReceiver<Delivery>>) -> Delivery {
    match deliveries {
        Some(receiver) => match receiver.recv().await {
            Some(delivery) => delivery,
            None => std::future::pending().await,
        },
        None => std::future::pending().await,
    }
}
