//! Where runs are kept, and how one is resumed.

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
use crate::run::Marks;
use crate::world;

/// Where a run came from, so that its documents can be read again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Origin {
    /// The folder it was begun in: relative paths start there.
    pub(crate) folder: PathBuf,
    /// The composition.
    pub(crate) file: PathBuf,
    /// As `--capabilities` had it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) capabilities: Option<PathBuf>,
    /// As `--openapi` had it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) openapi: Vec<PathBuf>,
    /// What its sensitive inputs are known again by.
    #[serde(default, skip_serializing_if = "Marks::is_empty")]
    pub(crate) marks: Marks,
}

impl Origin {
    /// Of a run that is begun here.
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

/// The folder that runs are kept in: the one that is named, or the user's own.
///
/// # Errors
/// When there is no such folder to be had.
fn folder(state: &State) -> Result<PathBuf, Stop> {
    let own = || world::state_home().map(|home| home.join("naftiko"));
    state.state.clone().or_else(own).ok_or_else(|| {
        Stop::Usage("nothing says where runs are kept: neither `HOME` nor `XDG_STATE_HOME` is set; give a folder with `--state DIR`".to_owned())
    })
}

/// The journal, made if it is not there.
///
/// # Errors
/// Why it cannot be used.
pub(crate) fn open(state: &State) -> Result<Store, Stop> {
    let folder = folder(state)?;
    Store::open(&folder).map_err(|error| Stop::Usage(format!("runs cannot be kept: {error}")))
}

/// The journal as it is, to look at; `None` if no run was ever kept.
///
/// # Errors
/// Why it cannot be read.
pub(crate) fn look(state: &State) -> Result<Option<Store>, Stop> {
    Ok(Store::open_existing(&folder(state)?)?)
}

/// The journal and the run that is meant, by its id or how that begins.
///
/// # Errors
/// When there is no such run.
pub(crate) fn find(store: &Store, run: &str) -> Result<Summary, Stop> {
    Ok(store.find(run)?)
}

/// The journal that has a run, to change it.
///
/// # Errors
/// When there is no journal, or none that can be written.
pub(crate) fn open_for(state: &State, run: &str) -> Result<(Store, Summary), Stop> {
    // Looking first: asking for a run that cannot be there makes no journal.
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

/// Keeps a run that is about to begin, for this process to drive.
///
/// # Errors
/// Why it cannot be kept; then it must not begin.
pub(crate) fn begin(store: &Store, id: &str, plan: &Plan, origin: &Origin) -> Result<Lease, Stop> {
    let unwritable = |error: serde_json::Error| Stop::Usage(format!("the plan cannot be kept: {error}"));
    let text = serde_json::to_string(plan).map_err(unwritable)?;
    let origin = serde_json::to_value(origin).map_err(unwritable)?;
    let run = NewRun { id, composition: &plan.name, plan: &text, origin: &origin, at: world::now() };
    let lease = store.begin_run(&run)?;
    world::halt_after(0);
    Ok(lease)
}

/// A run as the journal has it.
pub(crate) struct Kept {
    pub(crate) id: String,
    pub(crate) plan: Arc<Plan>,
    pub(crate) records: Vec<Record>,
    pub(crate) origin: Origin,
}

impl Kept {
    /// # Errors
    /// When it cannot be read, or was written by another version.
    pub(crate) fn read(store: &Store, summary: &Summary) -> Result<Self, Stop> {
        Self::with(store, summary, store.records(&summary.id)?)
    }

    /// The run with its records as they may be shown, to look at it.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub(crate) fn read_shown(store: &Store, summary: &Summary) -> Result<Self, Stop> {
        Self::with(store, summary, store.shown(&summary.id)?)
    }

    fn with(store: &Store, summary: &Summary, records: Vec<Record>) -> Result<Self, Stop> {
        let damaged = |what: &str, error: &dyn std::fmt::Display| {
            Stop::Usage(format!("{what} of run `{}` cannot be understood: {error}", summary.id))
        };
        let plan: Plan =
            serde_json::from_str(&store.plan(&summary.id)?).map_err(|error| damaged("the plan", &error))?;
        if plan.version != Plan::VERSION {
            let error = format!(
                "its version is {}, and this `naftiko` knows {}: go on with the one that began it",
                plan.version,
                Plan::VERSION
            );
            return Err(damaged("the plan", &error));
        }
        let origin =
            serde_json::from_value(summary.origin.clone()).map_err(|error| damaged("the origin", &error))?;
        Ok(Self { id: summary.id.clone(), plan: Arc::new(plan), records, origin })
    }

    /// The inputs that the journal has.
    pub(crate) fn inputs(&self) -> Map<String, Value> {
        match self.records.first().map(|record| &record.event) {
            Some(Event::RunStarted { inputs, .. }) => inputs.clone(),
            _ => Map::new(),
        }
    }

    /// The names of the inputs that were given and are not kept.
    pub(crate) fn withheld(&self) -> &[String] {
        match self.records.first().map(|record| &record.event) {
            Some(Event::RunStarted { withheld, .. }) => withheld,
            _ => &[],
        }
    }

    /// What the operator asked for when it began.
    pub(crate) fn options(&self) -> naftiko_journal::Options {
        match self.records.first().map(|record| &record.event) {
            Some(Event::RunStarted { options, .. }) => options.clone(),
            _ => naftiko_journal::Options::default(),
        }
    }

    /// The run, with these inputs besides those that the journal has.
    ///
    /// # Errors
    /// When its records break their order, or it never began.
    pub(crate) fn replay(&self, withheld: Map<String, Value>) -> Result<Run, Stop> {
        if self.records.is_empty() {
            let why = "its process ended before it began, and nothing was sent";
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

/// A run that this process alone may change.
pub(crate) struct Held {
    pub(crate) store: Store,
    pub(crate) run: Run,
    pub(crate) id: String,
    /// Whether inputs are missing that are not kept: then nobody can tell where they show.
    lacks_inputs: bool,
    _lease: Lease,
}

impl Held {
    pub(crate) fn new(store: Store, id: String, run: Run, lease: Lease) -> Self {
        Self { store, run, id, lacks_inputs: false, _lease: lease }
    }

    /// The same without the inputs that are not kept: of what somebody says nothing is shown.
    pub(crate) fn lacking(self, withheld: &[String]) -> Self {
        Self { lacks_inputs: !withheld.is_empty(), ..self }
    }

    /// Records what somebody decided.
    ///
    /// # Errors
    /// When it does not fit the run, or cannot be kept.
    pub(crate) async fn record(&mut self, event: Event) -> Result<(), Stop> {
        self.record_taking(event, &[]).await
    }

    /// The same of what these messages said, which are gone then.
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

    /// Notes how the run stands, without a record of anything.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub(crate) async fn note_standing(&self) -> Result<(), Stop> {
        Ok(self.store.append_taking(&self.id, Vec::new(), self.run.standing(), &[]).await?)
    }

    /// Does what was left in the inbox while nobody drove the run, without these credentials. What cannot be done as the run stands is dropped: it
    /// was accepted for a run that stood otherwise.
    ///
    /// # Errors
    /// When something cannot be read or kept.
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

/// An event whose result may hold something that nobody knows to hide.
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
