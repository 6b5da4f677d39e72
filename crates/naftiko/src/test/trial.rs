//! Runs one test: in memory, on the mock, in virtual time.

use std::sync::Arc;

use naftiko_adapter_mock::MockAdapter;
use naftiko_check::{Suite, Trial};
use naftiko_engine::{Cancellation, Limits, Run};
use naftiko_journal::{MemoryJournal, Options, Record, Status};
use naftiko_text::Printable;
use serde_json::Value;

use crate::drive::{Outside, Pulses, Session, at_rest, block_on_one_thread, on_the_mock};
use crate::exit::Stop;
use crate::test::{expect, requests, script, story};

/// The id of every test run. It is constant, so that requests which contain it are reproducible.
const RUN: &str = "00000000-0000-7000-8000-000000000000";

/// The result of a test.
pub(super) struct Ran {
    /// One message per expectation that is not met.
    pub(super) problems: Vec<Printable>,
    /// The snapshot of the run.
    pub(super) snapshot: Value,
}

/// A run that has ended or waits.
pub(super) struct Rest<'a> {
    pub(super) run: &'a Run,
    /// Its redacted records.
    pub(super) records: &'a [Record],
    pub(super) status: Status,
    /// Its requests, in order.
    pub(super) requests: Vec<requests::Sent>,
}

/// Runs one test.
pub(super) fn run(suite: &Suite, trial: &Trial) -> Ran {
    match block_on_one_thread(driven(suite, trial)) {
        Ok(ran) => ran,
        Err(stop) => Ran { problems: vec![stop.message()], snapshot: Value::Null },
    }
}

async fn driven(suite: &Suite, trial: &Trial) -> Result<Ran, Stop> {
    let told = &trial.script;
    let adapter = MockAdapter::with_script(told.seed, &script(told));
    let mut run = Run::new(Arc::clone(&suite.plan), trial.inputs.clone());
    let session = Session {
        id: RUN,
        options: Options { mock: true, ..Options::default() },
        journal: &MemoryJournal::new(),
        inbox: None,
        adapter: Arc::new(adapter),
        answers: trial.answers.clone(),
        outside: Arc::new(Outside::none()),
        limits: Limits::default(),
        patience: None,
        dump: None,
        cancellation: Cancellation::new(),
        pulses: Pulses::default(),
    };
    let mut records = Vec::new();
    let standing = on_the_mock(session, &mut run, &mut |record: &Record| records.push(record.clone())).await;
    let status = standing.map_err(|error| Stop::Usage(error.to_string()))?.status;
    let requests = requests::sent(&run, &records);
    let rest = Rest { run: &run, records: &records, status: at_rest(status), requests };
    let problems = expect::problems(trial, &rest).into_iter().map(Printable::from).collect();
    Ok(Ran { problems, snapshot: story::tell(&rest) })
}
