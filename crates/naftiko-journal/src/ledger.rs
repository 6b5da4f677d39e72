//! How a run stands after the events so far.

use indexmap::IndexMap;

use crate::{Event, IllegalEvent, Phase, Record, Status};

/// How a run stands, steps aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunPhase {
    /// Nothing happened yet.
    Unstarted,
    /// It began and is not over.
    Started,
    /// It is over.
    Finished(Status),
}

/// How many steps stand how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the number of steps in the phase of that name")]
pub struct Tally {
    pub pending: usize,
    pub running: usize,
    pub delayed: usize,
    pub asked: usize,
    pub in_doubt: usize,
    pub succeeded: usize,
    pub failed: usize,
}

impl Tally {
    fn of(&mut self, phase: Phase) -> &mut usize {
        match phase {
            Phase::Pending => &mut self.pending,
            Phase::Running { .. } => &mut self.running,
            Phase::Delayed { .. } => &mut self.delayed,
            Phase::Asked => &mut self.asked,
            Phase::InDoubt { .. } => &mut self.in_doubt,
            Phase::Succeeded => &mut self.succeeded,
            Phase::Failed => &mut self.failed,
        }
    }
}

/// The phases of a run and of its steps, built from records; a record that breaks the order is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ledger {
    run: Option<String>,
    seq: u64,
    phase: RunPhase,
    steps: IndexMap<String, Phase>,
    tally: Tally,
}

impl Ledger {
    /// A run that has these steps and has not begun.
    pub fn new<S: Into<String>>(steps: impl IntoIterator<Item = S>) -> Self {
        let steps: IndexMap<_, _> = steps.into_iter().map(|step| (step.into(), Phase::Pending)).collect();
        let tally = Tally { pending: steps.len(), ..Tally::default() };
        Self { run: None, seq: 0, phase: RunPhase::Unstarted, steps, tally }
    }

    /// Takes the next record.
    ///
    /// # Errors
    /// [`IllegalEvent`] if it cannot come here; then nothing has changed.
    pub fn apply(&mut self, record: &Record) -> Result<(), IllegalEvent> {
        let event = &record.event;
        self.check_place(record)?;
        match event {
            Event::RunStarted { .. } => self.phase = RunPhase::Started,
            Event::RunFinished { status, .. } => {
                self.check_end(event, *status)?;
                self.phase = RunPhase::Finished(*status);
            }
            _ => self.apply_to_step(event)?,
        }
        self.seq = record.seq;
        if self.run.is_none() {
            self.run = Some(record.run.clone());
        }
        Ok(())
    }

    /// The id of the run, once it began.
    pub fn run(&self) -> Option<&str> {
        self.run.as_deref()
    }

    /// How the run stands.
    pub fn phase(&self) -> RunPhase {
        self.phase
    }

    /// How a step stands; nothing for a step the run does not have.
    pub fn step(&self, id: &str) -> Option<Phase> {
        self.steps.get(id).copied()
    }

    /// Every step and how it stands, in the order of the plan.
    pub fn steps(&self) -> impl ExactSizeIterator<Item = (&str, Phase)> {
        self.steps.iter().map(|(id, phase)| (id.as_str(), *phase))
    }

    /// How many steps stand how.
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// Whether the record is the next of this run, and the run is there to take it.
    fn check_place(&self, record: &Record) -> Result<(), IllegalEvent> {
        let illegal = |reason: String| Err(IllegalEvent::new(&record.event, reason));
        let due = self.seq + 1;
        if record.seq != due {
            return illegal(format!("its number is {}, and {due} was due", record.seq));
        }
        if let Some(run) = self.run.as_ref().filter(|run| **run != record.run) {
            return illegal(format!("it is of run `{}`, not of `{run}`", record.run));
        }
        match (self.phase, &record.event) {
            (RunPhase::Unstarted, Event::RunStarted { .. }) => Ok(()),
            (RunPhase::Unstarted, _) => illegal("the run has not begun".into()),
            (RunPhase::Started, Event::RunStarted { .. }) => illegal("the run has already begun".into()),
            (RunPhase::Started, _) => Ok(()),
            (RunPhase::Finished(_), _) => illegal("the run is over".into()),
        }
    }

    fn apply_to_step(&mut self, event: &Event) -> Result<(), IllegalEvent> {
        let Some(phase) = event.step().and_then(|id| self.steps.get_mut(id)) else {
            return Err(IllegalEvent::new(event, "the run has no such step"));
        };
        let next = phase.after(event)?;
        *self.tally.of(*phase) -= 1;
        *self.tally.of(next) += 1;
        *phase = next;
        Ok(())
    }

    /// Whether the run can be over, and in this way.
    fn check_end(&self, event: &Event, status: Status) -> Result<(), IllegalEvent> {
        let Tally { running, in_doubt, succeeded, .. } = self.tally;
        let reason = match status {
            Status::Running | Status::Waiting | Status::InDoubt => "a run does not end so",
            _ if running > 0 => "an attempt is under way",
            Status::Succeeded if succeeded < self.steps.len() => "not every step has succeeded",
            Status::Failed if in_doubt > 0 => "an attempt is in doubt",
            _ => return Ok(()),
        };
        Err(IllegalEvent::new(event, reason))
    }
}
