//! The writing thread: commits queued jobs together, and acknowledges each once it is durable.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};

use futures_channel::oneshot;
use rusqlite::{Connection, Savepoint, Transaction, TransactionBehavior};

use super::StoreError;
use super::error::Fault;
use super::place::Place;

/// The maximum number of jobs committed together.
const LARGEST_GROUP: usize = 512;

/// The work of a job within a transaction. It is repeated if its transaction was rolled back.
type Work<T> = Box<dyn Fn(&Connection) -> Result<T, Fault> + Send>;

/// Passes the outcome to the caller.
type Answer<T> = Box<dyn FnOnce(Result<T, StoreError>) + Send>;

/// The failures that a write survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Durability {
    /// Survives the end of any process, but not a power failure: for data that is meaningless after one.
    Process,
    /// Survives a power failure too.
    Power,
}

/// The thread that owns the writing connection.
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

    /// Runs the work, all or nothing, and waits asynchronously until it is durable.
    ///
    /// The work is queued at the first poll, and done even if the future is dropped afterwards.
    pub(super) async fn queue<T: Send + 'static>(
        &self,
        work: impl Fn(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (sender, answer) = oneshot::channel();
        self.send(Durability::Power, Box::new(work), Box::new(|outcome| drop(sender.send(outcome))))?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Runs the work, all or nothing, and blocks until it is durable to this degree.
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
    /// Writes the jobs that are still queued.
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was reported to the callers as `Closed`.
            let _ = thread.join();
        }
    }
}

/// A job, whatever the type of its result.
trait Job: Send {
    /// The failures that the write must survive.
    fn durability(&self) -> Durability;
    /// Runs the work and stores its result for the caller.
    fn attempt(&mut self, connection: &Connection) -> Attempt;
    /// Reports the outcome to the caller: the job's own result if its group was committed, otherwise the error of the
    /// group.
    fn answer(self: Box<Self>, group: Result<(), &StoreError>, path: &Path);
}

/// The outcome of a job, as far as its group depends on it.
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
        let Self { work, answer, outcome, .. } = *self;
        // The job may hold large data; free it before the caller receives the result.
        drop(work);
        answer(match (group, outcome) {
            (_, Some(Err(fault))) => Err(fault.at(path)),
            (Ok(()), Some(Ok(value))) => Ok(value),
            (Err(error), _) => Err(error.clone()),
            (Ok(()), None) => Err(StoreError::Closed),
        });
    }
}

/// Commits queued jobs until all senders are gone.
fn write(mut connection: Connection, jobs: &Receiver<Box<dyn Job>>, place: &Place) {
    while let Ok(first) = jobs.recv() {
        let mut group = vec![first];
        group.extend(jobs.try_iter().take(LARGEST_GROUP - 1));
        commit(&mut connection, group, place);
    }
}

/// Commits a group in one transaction; if the disk is full, commits each job in its own.
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

/// Runs all jobs in one transaction, each in its own savepoint, so that a failed job does not affect the others.
fn transact(connection: &mut Connection, group: &mut [Box<dyn Job>], place: &Place) -> Result<(), Fault> {
    place.still_there()?;
    // With a write-ahead log, NORMAL omits only the wait for the disk; the next FULL commit waits for all earlier
    // writes.
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
            // A full disk can make SQLite roll back the whole transaction, including the jobs before this one.
            Attempt::Refused if savepoint.is_autocommit() => return Err(rolled_back()),
            Attempt::Refused => savepoint.finish()?,
        }
    }
    transaction.commit()?;
    // Data written to a file that was removed in the meantime is not durable.
    Ok(place.still_there()?)
}

/// The error of a full disk, the one condition in which SQLite rolls back the whole transaction.
fn rolled_back() -> Fault {
    Fault::Sqlite(rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_FULL), None))
}
