//! The one thread that writes: what is queued is committed together, and acknowledged once it is durable.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};

use futures_channel::oneshot;
use rusqlite::{Connection, Savepoint, Transaction, TransactionBehavior};

use super::StoreError;
use super::error::Fault;
use super::place::Place;

/// How many jobs are committed together at most.
const LARGEST_GROUP: usize = 512;

/// What a job does within a transaction. It may be done again, when what was done was rolled back.
type Work<T> = Box<dyn Fn(&Connection) -> Result<T, Fault> + Send>;

/// Gives the outcome to whoever waits for it.
type Answer<T> = Box<dyn FnOnce(Result<T, StoreError>) + Send>;

/// What something that was written outlives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Durability {
    /// It survives every process, but not a power failure: for what is meaningless after one.
    Process,
    /// It survives a power failure too.
    Power,
}

/// The thread that owns the connection that writes.
#[derive(Debug)]
pub(super) struct Writer {
    queue: Option<Sender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread.
    pub(super) fn start(connection: Connection, place: &Arc<Place>) -> Result<Self, StoreError> {
        let (queue, jobs) = mpsc::channel();
        let written = Arc::clone(place);
        let thread = thread::Builder::new()
            .name("naftiko-journal".to_owned())
            .spawn(move || write(connection, &jobs, &written))
            .map_err(|error| StoreError::file(&place.database, "given a thread that writes", &error))?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    /// Does the work, all or nothing, and waits until it is durable without holding up the thread.
    ///
    /// It is queued at once, and done even if nobody waits any longer.
    pub(super) async fn queue<T: Send + 'static>(
        &self,
        work: impl Fn(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (sender, answer) = oneshot::channel();
        self.send(Durability::Power, Box::new(work), Box::new(|outcome| drop(sender.send(outcome))))?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Does the work, all or nothing, and blocks until it is so durable.
    pub(super) fn wait<T: Send + 'static>(
        &self,
        durability: Durability,
        work: impl Fn(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (sender, answer) = mpsc::sync_channel(1);
        self.send(durability, Box::new(work), Box::new(move |outcome| drop(sender.send(outcome))))?;
        answer.recv().unwrap_or(Err(StoreError::Closed))
    }

    fn send<T: Send + 'static>(
        &self,
        durability: Durability,
        work: Work<T>,
        answer: Answer<T>,
    ) -> Result<(), StoreError> {
        let queue = self.queue.as_ref().ok_or(StoreError::Closed)?;
        queue.send(Box::new(Task { durability, work, answer, outcome: None })).map_err(|_| StoreError::Closed)
    }
}

impl Drop for Writer {
    /// What is queued is still written.
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // A panic there was answered with `Closed`; there is nobody left to tell.
            let _ = thread.join();
        }
    }
}

/// Something to write, whatever it gives back.
trait Job: Send {
    /// What it has to outlive.
    fn durability(&self) -> Durability;
    /// Does it; whether it worked is kept for the answer.
    fn attempt(&mut self, connection: &Connection) -> Attempt;
    /// Tells the outcome: the job's own, once its group is durable, or else why it is not.
    fn answer(self: Box<Self>, group: Result<(), &StoreError>, path: &Path);
}

/// How a job went, as far as its group needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Attempt {
    Done,
    Refused,
}

struct Task<T> {
    durability: Durability,
    work: Work<T>,
    answer: Answer<T>,
    outcome: Option<Result<T, Fault>>,
}

impl<T: Send> Job for Task<T> {
    fn durability(&self) -> Durability {
        self.durability
    }

    fn attempt(&mut self, connection: &Connection) -> Attempt {
        let outcome = (self.work)(connection);
        let attempt = if outcome.is_ok() { Attempt::Done } else { Attempt::Refused };
        self.outcome = Some(outcome);
        attempt
    }

    fn answer(self: Box<Self>, group: Result<(), &StoreError>, path: &Path) {
        (self.answer)(match (group, self.outcome) {
            (_, Some(Err(fault))) => Err(fault.at(path)),
            (Ok(()), Some(Ok(value))) => Ok(value),
            (Err(error), _) => Err(error.clone()),
            (Ok(()), None) => Err(StoreError::Closed),
        });
    }
}

/// Writes what is queued until nobody can queue any more.
fn write(mut connection: Connection, jobs: &Receiver<Box<dyn Job>>, place: &Place) {
    while let Ok(first) = jobs.recv() {
        let mut group = vec![first];
        group.extend(jobs.try_iter().take(LARGEST_GROUP - 1));
        commit(&mut connection, group, place);
    }
}

/// Commits a group together; where there is no room for all of it, each alone.
fn commit(connection: &mut Connection, mut group: Vec<Box<dyn Job>>, place: &Place) {
    let path = &place.database;
    place.mark.forget();
    match transact(connection, &mut group, place) {
        Ok(()) => {
            place.mark.make();
            for job in group {
                job.answer(Ok(()), path);
            }
        }
        Err(fault) if fault.is_full() && group.len() > 1 => {
            for job in group {
                commit(connection, vec![job], place);
            }
        }
        Err(fault) => {
            let error = fault.at(path);
            for job in group {
                job.answer(Err(&error), path);
            }
        }
    }
}

/// Does all jobs in one transaction, each in its own savepoint: one that is refused takes nothing with it.
fn transact(connection: &mut Connection, group: &mut [Box<dyn Job>], place: &Place) -> Result<(), Fault> {
    place.still_there()?;
    // In a write-ahead log, NORMAL leaves out the wait for the disk, and nothing else: the next FULL commit waits for
    // all before it too.
    let synchronous = match group.iter().map(|job| job.durability()).max() {
        Some(Durability::Process) => "NORMAL",
        Some(Durability::Power) | None => "FULL",
    };
    connection.pragma_update(None, "synchronous", synchronous)?;
    let mut transaction = Transaction::new(connection, TransactionBehavior::Immediate)?;
    for job in group {
        let savepoint: Savepoint<'_> = transaction.savepoint()?;
        match job.attempt(&savepoint) {
            Attempt::Done => savepoint.commit()?,
            // A full disk may roll everything back, and the jobs before this one with it.
            Attempt::Refused if savepoint.is_autocommit() => return Err(rolled_back()),
            Attempt::Refused => savepoint.finish()?,
        }
    }
    transaction.commit()?;
    // What was written to a file that is gone by now is not durable.
    Ok(place.still_there()?)
}

/// As if the disk was full, which is what makes SQLite roll back more than was asked.
fn rolled_back() -> Fault {
    Fault::Sqlite(rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_FULL), None))
}
