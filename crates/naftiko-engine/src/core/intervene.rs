//! Interventions in a run from outside.

use std::sync::Arc;

use jiff::Timestamp;
use naftiko_adapter::Mask;
use naftiko_journal::{Event, Phase, Ruling, RunPhase, Status, Through};
use naftiko_plan::Action;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Run;

/// An action on a run by an operator, or by the receiver of a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Intervention {
    /// Answers an external step. The answer was validated against the step's `result` schema.
    Complete {
        /// The name of the step.
        step: String,
        /// The answer.
        result: Value,
        /// How the answer arrived; `None` if the operator gave it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        through: Option<Through>,
    },
    /// Rules whether an attempt in doubt had its effect.
    Resolve {
        /// The name of the step.
        step: String,
        /// The ruling.
        ruling: Ruling,
    },
    /// Cancels the run. Cancelling a run that is compensating, without compensation, ends it as it is.
    Cancel {
        /// Whether the effects of finished steps are compensated.
        compensate: bool,
    },
}

impl Intervention {
    /// Masks sensitive values in the answer of the intervention.
    #[must_use]
    pub fn masked(self, mask: &Mask) -> Self {
        match self {
            Self::Complete { step, result, through } => {
                Self::Complete { step, result: mask.value(result), through }
            }
            Self::Resolve { step, ruling: Ruling::Happened { result } } => {
                Self::Resolve { step, ruling: Ruling::Happened { result: mask.value(result) } }
            }
            other => other,
        }
    }
}

/// The reason why an intervention is impossible in the run's present state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The run is over.
    #[error("the run is over: it {}", as_verb(*.0))]
    Over(Status),
    /// The run is already cancelled without compensation.
    #[error("the run was already cancelled without compensation")]
    GivenUp,
    /// There is no such step, or the run has not reached it.
    #[error("the run has no step `{0}`, or has not reached it")]
    NoStep(String),
    /// The step is not external.
    #[error("step `{0}` is not an external step")]
    NotOutside(String),
    /// The step is in another phase.
    #[error("{step}: {phase}", step = format_args!("`{}`", .0), phase = .1)]
    Phase(String, Phase),
    /// No attempt of the step is in doubt.
    #[error("{step} is not in doubt: {phase}", step = format_args!("`{}`", .0), phase = .1)]
    NotInDoubt(String, Phase),
    /// The step was answered differently.
    #[error("step `{0}` already has a different answer")]
    AnsweredOtherwise(String),
    /// The doubt about the step was resolved differently.
    #[error("the doubt about step `{0}` is already resolved differently")]
    RuledOtherwise(String),
}

fn answered(step: &str, attempt: Option<u32>, result: &Value, through: Through) -> Event {
    Event::StepSucceeded {
        step: step.to_owned(),
        attempt,
        status: None,
        result: Arc::new(result.clone()),
        departures: Vec::new(),
        through: Some(through),
    }
}

fn as_verb(status: Status) -> &'static str {
    match status {
        Status::Succeeded => "succeeded",
        Status::Compensated => "failed, and was compensated",
        Status::Cancelled => "was cancelled",
        _ => "failed",
    }
}

impl Run {
    /// The event that an intervention leads to; `None` if it would have no effect.
    ///
    /// # Errors
    /// [`Refused`] if the intervention is impossible in the run's present state.
    pub fn intervened(&self, intervention: &Intervention) -> Result<Option<Event>, Refused> {
        match intervention {
            Intervention::Complete { step, result, through } => {
                self.completed(step, result, through.unwrap_or(Through::Complete))
            }
            Intervention::Resolve { step, ruling } => self.resolved(step, ruling),
            Intervention::Cancel { compensate } => match self.ledger.phase() {
                RunPhase::Finished(Status::Cancelled) if !compensate => Ok(None),
                RunPhase::Finished(status) => Err(Refused::Over(status)),
                RunPhase::Cancelled { compensate: said } if said == *compensate => Ok(None),
                RunPhase::Cancelled { compensate: false } => Err(Refused::GivenUp),
                // A cancellation that compensates can be cut short by one that does not.
                RunPhase::Unstarted | RunPhase::Started | RunPhase::Cancelled { .. } => {
                    Ok(Some(Event::RunCancelled { compensate: *compensate }))
                }
            },
        }
    }

    fn completed(&self, step: &str, result: &Value, through: Through) -> Result<Option<Event>, Refused> {
        let state = self.step(step).ok_or_else(|| Refused::NoStep(step.to_owned()))?;
        let action = self.definition(step).map(|step| &step.action);
        if !matches!(action, Some(Action::External(_))) {
            return Err(Refused::NotOutside(step.to_owned()));
        }
        match (state.phase, self.ledger.phase()) {
            (Phase::Succeeded, _) if state.result == self.read_as(step, result).as_deref() => Ok(None),
            (Phase::Succeeded, _) => Err(Refused::AnsweredOtherwise(step.to_owned())),
            (_, RunPhase::Finished(status)) => Err(Refused::Over(status)),
            (
                Phase::Asked { .. } | Phase::Running { .. } | Phase::Delayed { .. } | Phase::InDoubt { .. },
                _,
            ) if !self.stands_open(step) => Err(self.is_broken_off(step)),
            (Phase::Asked { .. }, _) => Ok(Some(answered(step, None, result, through))),
            // An answer proves that the message arrived, whatever is known of its delivery.
            (Phase::Running { attempt } | Phase::Delayed { attempt, .. } | Phase::InDoubt { attempt }, _) => {
                Ok(Some(answered(step, Some(attempt), result, through)))
            }
            (phase, _) => Err(Refused::Phase(step.to_owned(), phase)),
        }
    }

    fn resolved(&self, step: &str, ruling: &Ruling) -> Result<Option<Event>, Refused> {
        let state = self.step(step).ok_or_else(|| Refused::NoStep(step.to_owned()))?;
        if let (Phase::InDoubt { .. }, RunPhase::Finished(status)) = (state.phase, self.ledger.phase()) {
            return Err(Refused::Over(status));
        }
        let external = self.definition(step).is_some_and(|step| matches!(step.action, Action::External(_)));
        if matches!(ruling, Ruling::HandedOver { .. }) && !external {
            return Err(Refused::NotOutside(step.to_owned()));
        }
        match (state.phase, ruling) {
            (Phase::InDoubt { attempt }, Ruling::HandedOver { .. }) => {
                let ruling = Ruling::HandedOver { until: self.answer_until(step) };
                Ok(Some(Event::DoubtResolved { step: step.to_owned(), attempt, ruling }))
            }
            (Phase::Asked { .. }, Ruling::HandedOver { .. }) => Ok(None),
            (Phase::InDoubt { attempt }, _) => {
                Ok(Some(Event::DoubtResolved { step: step.to_owned(), attempt, ruling: ruling.clone() }))
            }
            (Phase::Succeeded, Ruling::Happened { result })
                if state.result == self.read_as(step, result).as_deref() =>
            {
                Ok(None)
            }
            (phase, _) => Err(Refused::NotInDoubt(step.to_owned(), phase)),
        }
    }

    fn answer_until(&self, step: &str) -> Option<Timestamp> {
        self.tasks.get(self.task_of(step)?)?.progress.answer_until
    }

    /// The error for an external step within a scope that is over.
    fn is_broken_off(&self, step: &str) -> Refused {
        let around = self.task_of(step).into_iter().flat_map(|at| self.wholes(at)).flatten();
        let over = around.filter_map(|owner| self.tasks.get(owner)).find(|owner| owner.phase.is_over());
        match over {
            Some(owner) => Refused::Phase(owner.name.clone(), owner.phase),
            None => Refused::NoStep(step.to_owned()),
        }
    }
}
