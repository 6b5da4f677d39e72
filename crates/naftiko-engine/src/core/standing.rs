//! How a run stands, and when it has something to do by itself.

use jiff::Timestamp;
use naftiko_journal::{Phase, RunPhase, Standing, Status};

use super::Run;

impl Run {
    /// The phase of the run.
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

    /// How the run stands, and when it has something to do by itself.
    pub fn standing(&self) -> Standing {
        let status = self.status();
        let due = match () {
            () if status.is_over() => None,
            // Whoever resumes it has to see to what was under way.
            () if self.ledger.tally().running > 0 => Some(self.latest),
            () if self.is_held_up() => None,
            () if self.can_go_on() => Some(self.latest),
            () => self.next_due().into_iter().chain(self.overdue()).min(),
        };
        Standing { status, due }
    }

    /// When there is something to do next because it is time; `None` if no time is waited for.
    pub fn next_due(&self) -> Option<Timestamp> {
        if self.is_held_up() {
            return None;
        }
        self.waits.iter().find(|(_, at)| self.task_may_begin(*at)).map(|(until, _)| *until)
    }

    /// When the next attempt is made again because it is time: the end of the time for an answer from outside is not
    /// waited for, only somebody's answer is.
    pub fn next_attempt_due(&self) -> Option<Timestamp> {
        let is_delayed =
            |at: usize| self.tasks.get(at).is_some_and(|task| matches!(task.phase, Phase::Delayed { .. }));
        if self.is_held_up() {
            return None;
        }
        let mut waits = self.waits.iter();
        waits.find(|(_, at)| is_delayed(*at) && self.task_may_begin(*at)).map(|(until, _)| *until)
    }

    /// When what is handed out and has not begun was due.
    fn overdue(&self) -> impl Iterator<Item = Timestamp> {
        let handed_out = self.handed_out.iter().filter(|at| self.task_may_begin(**at));
        handed_out.filter_map(|at| self.tasks.get(*at)?.waits_until())
    }

    /// Whether an attempt is in doubt, and nothing goes on before somebody says what happened: not even the end of a run
    /// that is given up, or nobody would ever say it.
    pub(crate) fn is_held_up(&self) -> bool {
        self.ledger.tally().in_doubt > 0
    }

    /// Whether a run that is cancelled or failed undoes what was done.
    pub(super) fn compensates(&self) -> bool {
        self.ledger.phase() != RunPhase::Cancelled { compensate: false }
    }

    /// Whether there is something to do now, if no attempt is under way.
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
