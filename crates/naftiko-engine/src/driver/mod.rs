//! Carries the commands of a run out, in this process.
//!
//! It decides nothing but when: what to do comes from [`Run::commands`], what an end means from [`Run`] too. An intent
//! is in the journal before its effect, an end before anything that depends on it.

mod cancellation;
mod work;

use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use naftiko_adapter::{Adapter, Call, Channel};
use naftiko_journal::{Event, IllegalEvent, Journal, JournalError, Options, Record, Status};

pub use cancellation::Cancellation;
use work::{End, Work};

use crate::{Clock, Command, Run};

/// What a run is driven with.
pub struct Driver<'a> {
    /// Carries operations out.
    pub adapter: Arc<dyn Adapter>,
    /// Asks outside. Several questions may be put at once: a channel with one terminal takes turns.
    pub channel: Arc<dyn Channel>,
    /// Where events are kept.
    pub journal: &'a mut dyn Journal,
    /// Time and chance.
    pub clock: &'a dyn Clock,
    /// How many calls may be under way at once; 0 counts as 1.
    pub jobs: usize,
    /// Is shown every record once it is kept, as [`Run::shown`] has it: without what is sensitive. The journal has the
    /// record itself.
    pub observe: &'a mut dyn FnMut(&Record),
    /// Ends the run early.
    pub cancellation: Cancellation,
}

impl fmt::Debug for Driver<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver").field("jobs", &self.jobs).finish_non_exhaustive()
    }
}

/// The run could not be driven on. Calls that were under way are cut off; nothing more is sent.
#[derive(Debug, thiserror::Error)]
pub enum DriveError {
    /// An event could not be kept.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// An event does not fit the run.
    #[error(transparent)]
    Illegal(#[from] IllegalEvent),
}

impl Driver<'_> {
    /// How many calls may be under way at once, unless somebody says otherwise.
    pub const JOBS: usize = 8;

    /// Drives a run as far as it goes by itself, and says how it stands then.
    ///
    /// A run that has not begun begins with `id` and `options`; a replayed one goes on where its records end, with the
    /// id and options it began with.
    ///
    /// It comes back with `Succeeded` or `Failed` when the run is over, with `InDoubt` when it cannot go on before
    /// somebody says what happened, and with `Waiting` when nothing is left but questions without an answer. As long as
    /// a poll or a retry is due some day it stays. Once it is cancelled it begins nothing more, lets the calls under
    /// way end and comes back with `Waiting`, if they did not bring the run to its end: it can be resumed.
    ///
    /// After that, and after an error, the run is good for looking at; to go on, replay its records.
    ///
    /// Dropping the future cuts calls off; a run resumed after that treats them as a crash would leave them.
    ///
    /// # Errors
    /// [`DriveError`] when an event could not be kept or does not fit.
    pub async fn drive(&mut self, run: &mut Run, id: &str, options: Options) -> Result<Status, DriveError> {
        if run.id().is_none() {
            self.record(run, id, run.started(options))?;
        }
        let id = run.id().unwrap_or(id).to_owned();
        Drive {
            driver: self,
            run,
            id,
            queue: VecDeque::new(),
            timers: BTreeSet::new(),
            work: Work::default(),
        }
        .go_on()
        .await
    }

    fn record(&mut self, run: &mut Run, id: &str, event: Event) -> Result<(), DriveError> {
        let record = self.journal.append(id, self.clock.now(), event)?;
        run.apply(&record)?;
        (self.observe)(&run.shown(&record));
        Ok(())
    }
}

/// A run being driven.
struct Drive<'d, 'a> {
    driver: &'d mut Driver<'a>,
    run: &'d mut Run,
    id: String,
    /// Calls that may be made, in the order they came up.
    queue: VecDeque<(Event, Box<Call>)>,
    /// Steps that wait, the first due first.
    timers: BTreeSet<(Timestamp, String)>,
    work: Work,
}

impl Drive<'_, '_> {
    async fn go_on(mut self) -> Result<Status, DriveError> {
        loop {
            self.take_commands()?;
            self.begin_calls()?;
            if self.is_at_rest() {
                return Ok(self.standing());
            }
            let next = if self.begins_no_more() { None } else { self.timers.first().map(|(due, _)| *due) };
            let Driver { clock, cancellation, .. } = &*self.driver;
            tokio::select! {
                end = self.work.next() => self.close(end)?,
                () = sleep_until(*clock, next) => self.take_due()?,
                () = cancellation.cancelled(), if !cancellation.is_cancelled() => {}
            }
        }
    }

    /// Until there are none: recording one may give others.
    fn take_commands(&mut self) -> Result<(), DriveError> {
        loop {
            let commands = self.run.commands();
            if commands.is_empty() {
                return Ok(());
            }
            for command in commands {
                self.take(command)?;
            }
        }
    }

    fn take(&mut self, command: Command) -> Result<(), DriveError> {
        match command {
            Command::Invoke { intent, call } => self.queue.push_back((intent, call)),
            Command::Wait { step, until, .. } => {
                self.timers.insert((until, step));
            }
            Command::Ask { question } if !self.begins_no_more() => {
                self.work.ask(Arc::clone(&self.driver.channel), question);
            }
            // Asked again when the run is resumed.
            Command::Ask { .. } => {}
            Command::Record(event) => self.record(event)?,
        }
        Ok(())
    }

    fn begin_calls(&mut self) -> Result<(), DriveError> {
        while !self.begins_no_more() && self.work.calls() < self.driver.jobs.max(1) {
            let Some((intent, call)) = self.queue.pop_front() else { break };
            self.record(intent)?;
            self.work.call(Arc::clone(&self.driver.adapter), call);
        }
        Ok(())
    }

    /// The steps that are due come up.
    fn take_due(&mut self) -> Result<(), DriveError> {
        let now = self.driver.clock.now();
        while self.timers.first().is_some_and(|(due, _)| *due <= now) {
            let Some((_, step)) = self.timers.pop_first() else { break };
            if let Some(command) = self.run.due(&step) {
                self.take(command)?;
            }
        }
        Ok(())
    }

    fn close(&mut self, end: End) -> Result<(), DriveError> {
        let clock = self.driver.clock;
        let event = match end {
            End::Answer { step, attempt, answer: Ok(response) } => {
                self.run.closed_by_response(&step, attempt, response, clock.now(), clock.jitter())
            }
            End::Answer { step, attempt, answer: Err(failure) } => {
                self.run.closed_by_failure(&step, attempt, &failure, clock.now(), clock.jitter())
            }
            End::Reply { step, reply } => self.run.answered(&step, reply),
            End::Panic { step, attempt, message } => self.run.closed_by_panic(&step, attempt, &message),
        };
        self.record(event)
    }

    fn record(&mut self, event: Event) -> Result<(), DriveError> {
        self.driver.record(self.run, &self.id, event)
    }

    fn begins_no_more(&self) -> bool {
        self.run.is_closing() || self.driver.cancellation.is_cancelled()
    }

    /// Whether nothing will happen any more. Nobody waits for a person once nothing can come of the answer.
    fn is_at_rest(&self) -> bool {
        if self.work.calls() > 0 {
            return false;
        }
        self.begins_no_more()
            || (self.queue.is_empty() && self.timers.is_empty() && self.work.questions() == 0)
    }

    fn standing(&self) -> Status {
        match self.run.status() {
            Status::Running => Status::Waiting,
            status => status,
        }
    }
}

/// Never comes back where there is no time to wait for.
async fn sleep_until(clock: &dyn Clock, until: Option<Timestamp>) {
    match until {
        Some(until) => clock.sleep_until(until).await,
        None => std::future::pending().await,
    }
}
