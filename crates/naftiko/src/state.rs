//! Stored runs: where they are stored, and how they are loaded and changed.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use naftiko_adapter::{MASK, Mask};
use naftiko_engine::{Intervention, Run};
use naftiko_journal::store::{Lease, NewRun, Summary};
use naftiko_journal::{Entry, Event, Record, Ruling, Store, StoreError};
use naftiko_plan::Plan;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::args::{Lookup, State};
use crate::exit::Stop;
use crate::marks::Marks;
use crate::world;

/// The origin of a run, with which its documents can be read again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Origin {
    /// The working folder at the start of the run; relative paths are resolved in it.
    pub(crate) folder: PathBuf,
    /// The path of the composition.
    pub(crate) file: PathBuf,
    /// The value of `--capabilities`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) capabilities: Option<PathBuf>,
    /// The values of `--openapi`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) openapi: Vec<PathBuf>,
    /// The fingerprints of its sensitive inputs.
    #[serde(default, skip_serializing_if = "Marks::is_empty")]
    pub(crate) marks: Marks,
}

impl Origin {
    /// The origin of a run that is started by this command line.
    pub(crate) fn here(file: &Path, lookup: &Lookup) -> Self {
        Self {
            folder: world::identity(Path::new("")),
            file: file.to_owned(),
            capabilities: lookup.capabilities.clone(),
            openapi: lookup.openapi.clone(),
            marks: Marks::default(),
        }
    }
}

/// The folder of the stored runs: the given one, or the user's own.
///
/// # Errors
/// If no folder is given and the user has none.
fn folder(state: &State) -> Result<PathBuf, Stop> {
    let own = || world::state_home().map(|home| home.join("naftiko"));
    state.state.clone().or_else(own).ok_or_else(|| {
        Stop::Usage(
            "there is no state folder: neither `HOME` nor `XDG_STATE_HOME` is set; give a folder \
                     with `--state DIR`"
                .to_owned(),
        )
    })
}

/// Opens the journal for writing; creates it if it does not exist.
///
/// # Errors
/// If the journal cannot be used.
pub(crate) fn open(state: &State) -> Result<Store, Stop> {
    let folder = folder(state)?;
    Store::open(&folder).map_err(|error| Stop::Usage(format!("runs cannot be stored: {error}")))
}

/// Opens the journal for reading; `None` if it does not exist.
///
/// # Errors
/// If the journal cannot be read.
pub(crate) fn look(state: &State) -> Result<Option<Store>, Stop> {
    Ok(Store::open_existing(&folder(state)?)?)
}

/// Finds a run by its id or the beginning of its id.
///
/// # Errors
/// If there is no such run.
pub(crate) fn find(store: &Store, run: &str) -> Result<Summary, Stop> {
    Ok(store.find(run)?)
}

/// Opens the journal for writing, and finds a run in it.
///
/// # Errors
/// If there is no journal, it cannot be written, or it has no such run.
pub(crate) fn open_for(state: &State, run: &str) -> Result<(Store, Summary), Stop> {
    // Checked first, since opening the journal for writing would create it.
    if look(state)?.is_none() {
        return Err(StoreError::UnknownRun { run: run.to_owned(), nearest: None }.into());
    }
    let store = open(state)?;
    let summary = find(&store, run)?;
    Ok((store, summary))
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Usage(error.to_string())
    }
}

/// Stores a new run and leases it for this process, before the run starts.
///
/// # Errors
/// If the run cannot be stored; then it must not start.
pub(crate) fn begin(store: &Store, id: &str, plan: &Plan, origin: &Origin) -> Result<Lease, Stop> {
    let unwritable = |error: serde_json::Error| Stop::Usage(format!("the plan cannot be stored: {error}"));
    let text = serde_json::to_string(plan).map_err(unwritable)?;
    let origin = serde_json::to_value(origin).map_err(unwritable)?;
    let run = NewRun { id, composition: &plan.name, plan: &text, origin: &origin, at: world::now() };
    let lease = store.begin_run(&run)?;
    world::halt_after(0);
    Ok(lease)
}

/// A run as stored in the journal.
pub(crate) struct Kept {
    pub(crate) id: String,
    pub(crate) plan: Arc<Plan>,
    pub(crate) records: Vec<Record>,
    pub(crate) origin: Origin,
}

impl Kept {
    /// Reads a run with its full records.
    ///
    /// # Errors
    /// If the run cannot be read, or its plan has a version that this program does not know.
    pub(crate) fn read(store: &Store, summary: &Summary) -> Result<Self, Stop> {
        Self::with(store, summary, store.records(&summary.id)?)
    }

    /// Reads a run with its redacted records, for display.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub(crate) fn read_shown(store: &Store, summary: &Summary) -> Result<Self, Stop> {
        Self::with(store, summary, store.shown(&summary.id)?)
    }

    fn with(store: &Store, summary: &Summary, records: Vec<Record>) -> Result<Self, Stop> {
        let damaged = |what: &str, error: &dyn std::fmt::Display| {
            Stop::Usage(format!("{what} of run `{}` cannot be parsed: {error}", summary.id))
        };
        let plan: Plan =
            serde_json::from_str(&store.plan(&summary.id)?).map_err(|error| damaged("the plan", &error))?;
        if plan.version != Plan::VERSION {
            let error = format!(
                "its version is {}, and this `naftiko` supports {}: resume the run with the version that \
                 started it",
                plan.version,
                Plan::VERSION
            );
            return Err(damaged("the plan", &error));
        }
        let origin =
            serde_json::from_value(summary.origin.clone()).map_err(|error| damaged("the origin", &error))?;
        Ok(Self { id: summary.id.clone(), plan: Arc::new(plan), records, origin })
    }

    /// The inputs that are stored.
    pub(crate) fn inputs(&self) -> Map<String, Value> {
        match self.records.first().map(|record| &record.event) {
            Some(Event::RunStarted { inputs, .. }) => inputs.clone(),
            _ => Map::new(),
        }
    }

    /// The names of the sensitive inputs that were given; their values are not stored.
    pub(crate) fn withheld(&self) -> &[String] {
        match self.records.first().map(|record| &record.event) {
            Some(Event::RunStarted { withheld, .. }) => withheld,
            _ => &[],
        }
    }

    /// The options with which the run was started.
    pub(crate) fn options(&self) -> naftiko_journal::Options {
        match self.records.first().map(|record| &record.event) {
            Some(Event::RunStarted { options, .. }) => options.clone(),
            _ => naftiko_journal::Options::default(),
        }
    }

    /// Rebuilds the state of the run from its records. `withheld` supplies the inputs that are not stored.
    ///
    /// # Errors
    /// If the records are not in a valid order, or the run never started.
    pub(crate) fn replay(&self, withheld: Map<String, Value>) -> Result<Run, Stop> {
        if self.records.is_empty() {
            let why = "its process ended before the run started, and nothing was sent";
            let then = "run the composition again; `naftiko runs prune` removes this run";
            return Err(Stop::Usage(format!("run `{}` has no records: {why}; {then}", self.id)));
        }
        let mut inputs = self.inputs();
        inputs.extend(withheld);
        Run::replay(Arc::clone(&self.plan), inputs, &self.records).map_err(|error| {
            Stop::Usage(format!("the records of run `{}` are out of order: {error}", self.id))
        })
    }
}

/// A run that this process has leased, so that no other process changes it.
pub(crate) struct Held {
    pub(crate) store: Store,
    pub(crate) run: Run,
    pub(crate) id: String,
    /// Whether sensitive inputs are unknown. Then it is also unknown where they occur in results.
    lacks_inputs: bool,
    _lease: Lease,
}

impl Held {
    pub(crate) fn new(store: Store, id: String, run: Run, lease: Lease) -> Self {
        Self { store, run, id, lacks_inputs: false, _lease: lease }
    }

    /// Marks the inputs in `withheld` as unknown: results given by the operator are then masked entirely.
    pub(crate) fn lacking(self, withheld: &[String]) -> Self {
        Self { lacks_inputs: !withheld.is_empty(), ..self }
    }

    /// Records an event that the operator caused.
    ///
    /// # Errors
    /// If the event is not valid in the state of the run, or cannot be stored.
    pub(crate) async fn record(&mut self, event: Event) -> Result<(), Stop> {
        self.record_taking(event, &[]).await
    }

    /// Like [`record`](Self::record), and deletes these inbox messages in the same transaction.
    async fn record_taking(&mut self, event: Event, messages: &[i64]) -> Result<(), Stop> {
        let seq = self.run.ledger().seq() + 1;
        let record = Record { run: self.id.clone(), seq, at: world::now(), event };
        self.run.apply(&record).map_err(|error| Stop::Usage(error.to_string()))?;
        let shown = self.run.shown(&record).event;
        let shown = if self.lacks_inputs { without_result(shown) } else { shown };
        let entry = Entry { record, shown };
        self.store.append_taking(&self.id, vec![entry], self.run.standing(), messages).await?;
        world::halt_after(seq);
        Ok(())
    }

    /// Stores the status of the run without a new record.
    ///
    /// # Errors
    /// If it cannot be stored.
    pub(crate) async fn note_standing(&self) -> Result<(), Stop> {
        Ok(self.store.append_taking(&self.id, Vec::new(), self.run.standing(), &[]).await?)
    }

    /// Applies the messages that were left in the inbox while no process drove the run, with `credentials` masked. A
    /// message that no longer fits the state of the run is dropped: it was accepted in an earlier state.
    ///
    /// # Errors
    /// If a message cannot be read, or a record cannot be stored.
    pub(crate) async fn empty_inbox(&mut self, credentials: &Mask) -> Result<(), Stop> {
        self.run.hide_credentials(credentials);
        for message in self.store.inbox(&self.id)? {
            let intervention = serde_json::from_value::<Intervention>(message.content).ok();
            let intervention = intervention.map(|intervention| intervention.masked(credentials));
            match intervention.and_then(|it| self.run.intervened(&it).ok().flatten()) {
                Some(event) => self.record_taking(event, &[message.id]).await?,
                None => self.store.taken(&[message.id])?,
            }
        }
        Ok(())
    }
}

/// Masks the result of an event entirely, because the values to redact in it are unknown.
fn without_result(event: Event) -> Event {
    let masked = || Value::from(MASK);
    match event {
        Event::StepSucceeded { step, attempt, status, through, .. } => Event::StepSucceeded {
            step,
            attempt,
            status,
            result: masked().into(),
            departures: Vec::new(),
            through,
        },
        Event::DoubtResolved { step, attempt, ruling: Ruling::Happened { .. } } => {
            Event::DoubtResolved { step, attempt, ruling: Ruling::Happened { result: masked() } }
        }
        other => other,
    }
}
