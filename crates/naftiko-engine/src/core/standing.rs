//! The status of a run, and when it next has work.

use jiff::Timestamp;
use naftiko_journal::{Phase, RunPhase, Standing, Status};

use super::Run;

impl Run {
    /// The status of the run.
    pub fn status(&self) -> Status {
        let tally = self.ledger.tally();
        match self.ledger.phase() {
            RunPhase::Finished(status) => status,
            RunPhase::Unstarted => Status::Running,
            RunPhase::Started | RunPhase::Cancelled { .. } => match () {
                () if tally.running > 0 && self.undoing == 0 => Status::Running,
                () if tally.running > 0 => Status::Compensating,
                () if self.is_held_up() => Status::InDoubt,
                () if self.compensates() && (self.undoing > 0 || self.next_undo(None).is_some()) => {
                    Status::Compensating
                }
                () if self.is_closing(None) || self.can_go_on() => Status::Running,
                () => Status::Waiting,
            },
        }
    }

    /// The status of the run, and when it next has work without input from outside.
    pub fn standing(&self) -> Standing {
        let status = self.status();
        let due = match () {
            () if status.is_over() => None,
            // A resuming process must handle the attempts that were running.
            () if self.ledger.tally().running > 0 => Some(self.latest),
            () if self.is_held_up() => None,
            () if self.can_go_on() => Some(self.latest),
            () => self.next_due().into_iter().chain(self.overdue()).min(),
        };
        Standing { status, due }
    }

    /// The next time at which the run has work; `None` if it waits for no time.
    pub fn next_due(&self) -> Option<Timestamp> {
        if self.is_held_up() {
            return None;
        }
        self.waits.iter().find(|(_, at)| self.task_may_begin(*at)).map(|(until, _)| *until)
    }

    /// When the next delayed attempt is due. The time limits of pending questions do not count here, because their
    /// answers are awaited instead.
    pub fn next_attempt_due(&self) -> Option<Timestamp> {
        let is_delayed =
            |at: usize| self.tasks.get(at).is_some_and(|task| matches!(task.phase, Phase::Delayed { .. }));
        if self.is_held_up() {
            return None;
        }
        let mut waits = self.waits.iter();
        waits.find(|(_, at)| is_delayed(*at) && self.task_may_begin(*at)).map(|(until, _)| *until)
    }

    /// The due times of calls that were handed out and have not started.
    fn overdue(&self) -> impl Iterator<Item = Timestamp> {
        let handed_out = self.handed_out.iter().filter(|at| self.task_may_begin(**at));
        handed_out.filter_map(|at| self.tasks.get(*at)?.waits_until())
    }

    /// Whether an attempt is in doubt. Until an operator resolves it, nothing continues, not even the end of a
    /// cancelled run, because the doubt could not be resolved afterwards.
    pub(crate) fn is_held_up(&self) -> bool {
        self.ledger.tally().in_doubt > 0
    }

    /// Whether the run compensates when it is cancelled or fails.
    pub(super) fn compensates(&self) -> bool {
        self.ledger.phase() != RunPhase::Cancelled { compensate: false }
    }

    /// Whether there is work now, provided that no attempt is running.
    fn can_go_on(&self) -> bool {
        self.ledger.phase() == RunPhase::Unstarted
            || self.startable > 0
            || (!self.abandoned.is_empty() && self.compensates())
            || self.handed_out.iter().any(|at| self.is_pending(*at) && self.task_may_begin(*at))
            || self.ripe.iter().any(|whole| self.ripeness(*whole).is_some())
    }

    fn is_pending(&self, at: usize) -> bool {
        self.tasks.get(at).is_some_and(|task| task.phase == Phase::Pending)
    }
}
