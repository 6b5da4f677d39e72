//! The state of a run after the events so far.

use indexmap::IndexMap;

use crate::{Event, IllegalEvent, Part, Phase, Record, Status};

/// The phase of a run as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunPhase {
    /// No event has been recorded.
    Unstarted,
    /// The run has started and is not over.
    Started,
    /// The run was cancelled, and is not over yet.
    Cancelled {
        /// Whether the effects of finished steps are compensated.
        compensate: bool,
    },
    /// The run is over.
    Finished(Status),
}

/// How many steps, and parts of steps, are in each phase.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the number of steps in the phase of that name")]
pub struct Tally {
    pub pending: usize,
    pub running: usize,
    pub delayed: usize,
    pub asked: usize,
    pub open: usize,
    pub in_doubt: usize,
    pub skipped: usize,
    pub succeeded: usize,
    pub failed: usize,
}

impl Tally {
    fn of(&mut self, phase: Phase) -> &mut usize {
        match phase {
            Phase::Pending => &mut self.pending,
            Phase::Running { .. } => &mut self.running,
            Phase::Delayed { .. } => &mut self.delayed,
            Phase::Asked { .. } => &mut self.asked,
            Phase::Open { .. } => &mut self.open,
            Phase::InDoubt { .. } => &mut self.in_doubt,
            Phase::Skipped => &mut self.skipped,
            Phase::Succeeded => &mut self.succeeded,
            Phase::Failed { .. } => &mut self.failed,
        }
    }
}

/// The phases of a run and of its steps, folded from its records. A record that violates the legal order is rejected.
///
/// A ledger starts with the steps of the plan; the parts of a step are added with their first event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ledger {
    run: Option<String>,
    seq: u64,
    phase: RunPhase,
    steps: IndexMap<String, Phase>,
    /// How many entries at the front of `steps` are steps of the plan.
    own: usize,
    tally: Tally,
}

impl Ledger {
    /// The ledger of a run with these steps that has not started.
    pub fn new<S: Into<String>>(steps: impl IntoIterator<Item = S>) -> Self {
        let steps: IndexMap<_, _> = steps.into_iter().map(|step| (step.into(), Phase::Pending)).collect();
        let own = steps.len();
        let tally = Tally { pending: own, ..Tally::default() };
        Self { run: None, seq: 0, phase: RunPhase::Unstarted, steps, own, tally }
    }

    /// Applies the next record.
    ///
    /// # Errors
    /// [`IllegalEvent`] if the record is illegal at this point; the ledger is unchanged then.
    pub fn apply(&mut self, record: &Record) -> Result<(), IllegalEvent> {
        let event = &record.event;
        self.check_place(record)?;
        match event {
            Event::RunStarted { .. } => self.phase = RunPhase::Started,
            Event::RunCancelled { compensate } => {
                self.phase = RunPhase::Cancelled { compensate: *compensate };
            }
            Event::RunFinished { status, .. } => {
                self.check_end(event, *status)?;
                self.phase = RunPhase::Finished(*status);
            }
            _ => self.apply_to_step(record)?,
        }
        self.seq = record.seq;
        if self.run.is_none() {
            self.run = Some(record.run.clone());
        }
        Ok(())
    }

    /// The id of the run; `None` until the run has started.
    pub fn run(&self) -> Option<&str> {
        self.run.as_deref()
    }

    /// The number of the latest record; 0 before the first.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// The phase of the run.
    pub fn phase(&self) -> RunPhase {
        self.phase
    }

    /// The phase of a step; `None` if the run has no such step, or has no event of it yet.
    pub fn step(&self, name: &str) -> Option<Phase> {
        self.steps.get(name).copied()
    }

    /// Every step with its phase: first the steps of the plan in plan order, then their parts in order of first event.
    pub fn steps(&self) -> impl ExactSizeIterator<Item = (&str, Phase)> {
        self.steps.iter().map(|(name, phase)| (name.as_str(), *phase))
    }

    /// How many steps are in each phase.
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// Checks that the record is the next one of this run, and that the run accepts it in its phase.
    fn check_place(&self, record: &Record) -> Result<(), IllegalEvent> {
        let illegal = |reason: String| Err(IllegalEvent::new(&record.event, reason));
        let due = self.seq + 1;
        if record.seq != due {
            return illegal(format!("its number is {}, expected {due}", record.seq));
        }
        if let Some(run) = self.run.as_ref().filter(|run| **run != record.run) {
            return illegal(format!("it is of run `{}`, not of `{run}`", record.run));
        }
        match (self.phase, &record.event) {
            // A cancellation that compensates can be cut short by one that does not.
            (RunPhase::Unstarted, Event::RunStarted { .. })
            | (RunPhase::Cancelled { compensate: true }, Event::RunCancelled { compensate: false }) => Ok(()),
            (RunPhase::Unstarted, _) => illegal("the run has not started".into()),
            (RunPhase::Finished(_), _) => illegal("the run is over".into()),
            (_, Event::RunStarted { .. }) => illegal("the run has already started".into()),
            (RunPhase::Cancelled { .. }, Event::RunCancelled { .. }) => {
                illegal("the run is already cancelled".into())
            }
            _ => Ok(()),
        }
    }

    fn apply_to_step(&mut self, record: &Record) -> Result<(), IllegalEvent> {
        let event = &record.event;
        let name = event.step().unwrap_or_default();
        let part =
            Part::of(name).ok_or_else(|| IllegalEvent::new(event, "that is not the name of a step"))?;
        self.check_part(part, event)?;
        let phase = self.steps.get(name).copied();
        let next = match (phase.unwrap_or(Phase::Pending), event) {
            // A compensation that failed is retried when the run is resumed.
            (Phase::Failed { attempt }, Event::StepDelayed { attempt: last, until, .. })
                if attempt == *last && matches!(part, Part::Compensation { .. }) =>
            {
                Phase::Delayed { attempt, until: *until }
            }
            (phase, event) => phase.after(event, record.at)?,
        };
        if let Some(phase) = phase {
            *self.tally.of(phase) -= 1;
        }
        *self.tally.of(next) += 1;
        match self.steps.get_mut(name) {
            Some(phase) => *phase = next,
            None => {
                self.steps.insert(name.to_owned(), next);
            }
        }
        Ok(())
    }

    /// Checks that the subject of the event exists: a part exists while its step is open, a compensation once its step
    /// has ended.
    fn check_part(&self, part: Part<'_>, event: &Event) -> Result<(), IllegalEvent> {
        let illegal = |reason: &str| Err(IllegalEvent::new(event, reason));
        match part {
            Part::Step(id) if self.steps.contains_key(id) => Ok(()),
            Part::Step(_) => illegal("the run has no such step"),
            Part::Inner { of, .. } => match self.step(of) {
                Some(Phase::Open { items: None }) if self.is_around_open(of) => Ok(()),
                _ => illegal("the composition that it belongs to is not open"),
            },
            Part::Item { of, index } => match self.step(of) {
                Some(Phase::Open { items: Some(items) }) if index >= items => {
                    illegal("the step has fewer items")
                }
                Some(Phase::Open { items: Some(_) }) if self.is_around_open(of) => Ok(()),
                _ => illegal("the step that it is an item of is not open"),
            },
            Part::Compensation { of } => match self.step(of) {
                Some(Phase::Succeeded | Phase::Failed { .. }) => Ok(()),
                _ => illegal("the step that it compensates has not ended"),
            },
        }
    }

    /// Whether every step that encloses this one is open; when a step fails, its open parts are over too.
    fn is_around_open(&self, name: &str) -> bool {
        let mut name = name;
        while let Some(Part::Inner { of, .. } | Part::Item { of, .. }) = Part::of(name) {
            if !matches!(self.step(of), Some(Phase::Open { .. })) {
                return false;
            }
            name = of;
        }
        true
    }

    /// Checks that the run can end with this status.
    fn check_end(&self, event: &Event, status: Status) -> Result<(), IllegalEvent> {
        let Tally { running, in_doubt, .. } = self.tally;
        let is_cancelled = matches!(self.phase, RunPhase::Cancelled { .. });
        let mut own = self.steps.values().take(self.own);
        let reason = match status {
            Status::Running | Status::Waiting | Status::InDoubt | Status::Compensating => {
                "a run cannot end with this status"
            }
            _ if running > 0 => "an attempt is running",
            Status::Cancelled if !is_cancelled => "the run was not cancelled",
            Status::Succeeded | Status::Failed | Status::Compensated if is_cancelled => "it is cancelled",
            Status::Succeeded if !own.all(|phase| phase.is_over()) => "not every step is over",
            Status::Failed | Status::Compensated | Status::Cancelled if in_doubt > 0 => {
                "an attempt is in doubt"
            }
            _ => return Ok(()),
        };
        Err(IllegalEvent::new(event, reason))
    }
}
