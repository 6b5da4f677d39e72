//! Carries out the commands of a run, in this process.
//!
//! It decides only when: [`Run::commands`] says what to do, and [`Run`] says what an outcome means. What is decided is
//! applied at once and stored in one batch before it has any consequence: an intent is in the journal before its
//! effect, an outcome before anything that depends on it is sent, asked or shown.

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

/// Drives a run with these collaborators and limits.
pub struct Driver<'a> {
    /// Carries operations out.
    pub adapter: Arc<dyn Adapter>,
    /// Asks outside. Several questions may be asked at once; a channel with one terminal has to take turns.
    pub channel: Arc<dyn Channel>,
    /// The credentials in use: they are hidden in everything that is shown, also in what was answered before they were
    /// known. What the channel and interventions answer is masked before anything reads it; the adapter masks what it
    /// answers.
    pub secrets: Secrets,
    /// Where events are kept.
    pub journal: &'a dyn Journal,
    /// Time and randomness.
    pub clock: &'a dyn Clock,
    /// How much may be under way at once.
    pub limits: Limits,
    /// How long to wait for an attempt that is due later; `None` waits as long as any is due.
    pub patience: Option<SignedDuration>,
    /// Interventions from outside while the run is driven; `None` if there can be none.
    pub deliveries: Option<mpsc::UnboundedReceiver<Delivery>>,
    /// Watches what happens.
    pub observe: &'a mut dyn Observer,
    /// Called with every call and every answer, without sensitive values; `None` if nobody watches.
    pub wire: Option<Box<dyn FnMut(Wire) + 'a>>,
    /// Ends the run early.
    pub cancellation: Cancellation,
}

impl fmt::Debug for Driver<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver").field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// Watches a run while it is driven. A closure that takes a [`Record`] is one that watches records only.
pub trait Observer {
    /// Called with every record once it is stored, in the form of [`Run::shown`]: without sensitive values.
    fn recorded(&mut self, record: &Record);

    /// Called when the call of a step has to wait for its turn: a rate limit is used up, or the provider asked to be left
    /// alone. Such waits are not recorded.
    fn held_up(&mut self, _step: &str, _wait: SignedDuration) {}
}

impl<F: FnMut(&Record)> Observer for F {
    fn recorded(&mut self, record: &Record) {
        self(record);
    }
}

/// How many calls may be under way at once, and how often one may begin.
#[derive(Debug, Clone)]
pub struct Limits {
    /// How many in all; 0 counts as 1.
    pub jobs: usize,
    /// How many to a provider, by its id; 0 counts as 1.
    pub by_provider: BTreeMap<String, usize>,
    /// What is known about the rate limits of providers, shared by all runs that have this handle.
    pub traffic: Arc<Traffic>,
}

impl Default for Limits {
    /// Eight in all.
    fn default() -> Self {
        Self { jobs: 8, by_provider: BTreeMap::new(), traffic: Arc::default() }
    }
}

/// An intervention in a run that is being driven.
#[derive(Debug)]
pub struct Delivery {
    /// The intervention.
    pub intervention: Intervention,
    /// Receives the outcome, once it is stored.
    pub reply: oneshot::Sender<Result<(), Refused>>,
}

/// The run could not be driven further. Calls under way are cut off, and nothing more is sent.
#[derive(Debug, thiserror::Error)]
pub enum DriveError {
    /// An event could not be stored.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// An event does not fit the run.
    #[error(transparent)]
    Illegal(#[from] IllegalEvent),
}

impl Driver<'_> {
    /// Drives a run as far as it goes by itself, and says how it stands then.
    ///
    /// A run that has not begun begins with `id` and `options`; a replayed one goes on where its records end, with the
    /// id and options it began with.
    ///
    /// It comes back when the run is over, when it cannot go on before somebody says what happened or tries again what
    /// could not be undone, and when nothing is left but questions without an answer, whatever time there is for one, and
    /// attempts that are due further ahead than its patience. Once it is cancelled it begins nothing more, lets the calls
    /// under way end and comes back: the run can be resumed. It then says `Waiting` of a run that could have gone on. The
    /// same happens when this machine lacks what an attempt needs, and still does after some waiting: see
    /// [`Run::shortage`].
    ///
    /// After that, and after an error, the run is good for looking at; to go on, replay its records.
    ///
    /// Dropping the future cuts calls off; a run resumed after that treats them as a crash would leave them.
    ///
    /// # Errors
    /// [`DriveError`] when an event could not be kept or does not fit.
    pub async fn drive(&mut self, run: &mut Run, id: &str, options: Options) -> Result<Standing, DriveError> {
        let id = run.id().unwrap_or(id).to_owned();
        let turns = Turns::new(Arc::clone(&self.limits.traffic));
        let mut drive = Drive {
            driver: self,
            run,
            id,
            unkept: Vec::new(),
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

/// A run being driven.
struct Drive<'d, 'a> {
    driver: &'d mut Driver<'a>,
    run: &'d mut Run,
    id: String,
    /// What was decided and is not kept yet.
    unkept: Vec<Entry>,
    /// Calls that may be made, in the order they came up.
    queue: Queue,
    /// What providers let it do.
    turns: Turns,
    /// When a call that waits for its turn may have it.
    next_turn: Option<Timestamp>,
    /// The steps that were said to wait for their turn, and until when.
    held_up: BTreeMap<String, Timestamp>,
    /// Calls to be made once their intents are kept, with the time that was.
    starting: Vec<(Call, Route, Timestamp)>,
    /// Questions to be put once all is kept that they may show.
    asking: Vec<Question>,
    /// Messages that may be handed over.
    outbox: Outbox,
    /// Messages to be handed over once their intents are kept, with the attempts that do it.
    sending: Vec<(u32, Question)>,
    /// Who is to be told once all is kept.
    replies: Vec<Reply>,
    shortages: Shortages,
    /// What the answers hold whose outcomes are not kept yet.
    holds: Vec<Hold>,
    work: Work,
    /// The credentials that the run hides.
    hidden: Arc<Mask>,
}

/// Who did something to the run, and what came of it.
struct Reply {
    to: oneshot::Sender<Result<(), Refused>>,
    outcome: Result<(), Refused>,
}

impl Drive<'_, '_> {
    async fn go_on(mut self) -> Result<Standing, DriveError> {
        loop {
            self.decide()?;
            self.keep().await?;
            self.start();
            if self.ends_at_once().await? {
                continue;
            }
            if self.is_at_rest() {
                // Who came before it rested is not sent away.
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
            // What ended at the same time is kept with it.
            self.close_ended()?;
        }
    }

    /// All that can be decided now, until there is nothing: what is recorded may ask for more.
    fn decide(&mut self) -> Result<(), DriveError> {
        let is_stopping = self.is_stopping();
        loop {
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
                        // There is no call without a way.
                        let Some(route) = self.run.route(&call.step) else { continue };
                        self.queue.push(intent, call, route);
                    }
                    // Asked again when the run is resumed.
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

    /// The credentials as they are now. From now on the run hides them.
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
        self.unkept.push(Entry { record, shown });
        Ok(())
    }

    /// Cuts off what nobody has to answer any more, since others may have to be asked.
    fn withdraw_questions(&mut self, event: &Event) {
        let over: Vec<String> = match event {
            Event::StepSucceeded { step, .. } => vec![step.clone()],
            // With all that it consists of.
            Event::StepFailed { .. } => self.work.questions().map(str::to_owned).collect(),
            _ => return,
        };
        for step in over.iter().filter(|step| !self.run.is_awaited(step)) {
            self.work.withdraw(step);
        }
        self.asking.retain(|question| self.run.is_awaited(&question.step));
    }

    /// Keeps what was decided, in one go, and shows it.
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
        for Reply { to, outcome } in self.replies.drain(..) {
            // Whoever asked may have gone.
            let _ = to.send(outcome);
        }
        Ok(())
    }

    /// Whether something ends without any time passing, on a clock that only passes when it is waited for.
    async fn ends_at_once(&mut self) -> Result<bool, DriveError> {
        tokio::task::yield_now().await;
        self.close_ended()
    }

    /// Whether something has ended.
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
            // An answer that comes when nobody waits for it any more is none.
            End::Reply { step, .. } | End::Panic { step, attempt: None, .. }
                if !self.run.is_awaited(&step) =>
            {
                return Ok(());
            }
            End::Reply { step, attempt: None, reply } => match self.run.answered(&step, reply) {
                Some(event) => event,
                None => return Ok(()),
            },
            // A message that broke after it was answered is no matter.
            End::Panic { step, attempt: Some(attempt), .. } if !self.run.is_under_way(&step, attempt) => {
                return Ok(());
            }
            End::Panic { step, attempt, message } => self.run.closed_by_panic(&step, attempt, &message),
        };
        self.record(event)?;
        // Only now is it known what of it is sensitive.
        if let (Some((step, attempt, answer)), Some(wire)) = (looked_at, &mut self.driver.wire) {
            let answer = self.run.shown_answer(&step, answer);
            wire(Wire::Received { step, attempt, answer });
        }
        Ok(())
    }

    /// Takes note of what an end says about the provider and about this machine.
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

    /// Whether nothing more begins.
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

    /// Whether nothing will happen any more, or not soon. Nobody waits for a person once nothing can come of the answer.
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

/// What a channel answered, without credentials.
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

/// Never comes back where there is no time to wait for.
async fn sleep_until(clock: &dyn Clock, until: Option<Timestamp>) {
    match until {
        Some(until) => clock.sleep_until(until).await,
        None => std::future::pending().await,
    }
}

/// Never comes back where nobody can do anything, or does any more.
async fn delivered(deliveries: &mut Option<mpsc::UnboundedReceiver<Delivery>>) -> Delivery {
    match deliveries {
        Some(receiver) => match receiver.recv().await {
            Some(delivery) => delivery,
            None => std::future::pending().await,
        },
        None => std::future::pending().await,
    }
}
