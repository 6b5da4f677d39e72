//! Tasks: the steps of a run, their items, and their compensations.

use std::ops::Range;
use std::sync::Arc;

use jiff::Timestamp;
use naftiko_journal::{Failure, Phase};
use serde_json::Value;

use super::pages::Pages;
use super::whole::Course;

/// A unit of work with one outcome: a step, an item of a step, or the compensation of either.
#[derive(Debug)]
pub(super) struct Task {
    /// The name in events.
    pub(super) name: String,
    /// The frame of the composition that the task belongs to.
    pub(super) frame: usize,
    /// The position of the step in that composition.
    pub(super) position: usize,
    pub(super) role: Role,
    pub(super) phase: Phase,
    /// Whether the task may start and has not started.
    pub(super) is_released: bool,
    /// Whether the question was handed out.
    pub(super) is_asked: bool,
    pub(super) progress: Progress,
    pub(super) inside: Inside,
    /// The result of an item; the result of a step is in the scope of its frame.
    pub(super) result: Option<Arc<Value>>,
    /// The compensation of the task, once it has succeeded or may have had an effect.
    pub(super) undo: Option<usize>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Role {
    Step,
    /// An item of the task `of`, with the values of `item` and `index` in expressions.
    Item {
        of: usize,
        item: Value,
        index: Value,
    },
    Compensation {
        of: usize,
    },
}

/// The parts of an open task.
#[derive(Debug)]
pub(super) enum Inside {
    Nothing,
    Items(Items),
    /// The frame of a composition.
    Frame(usize),
}

/// The items of a step; their tasks are consecutive.
#[derive(Debug)]
pub(super) struct Items {
    pub(super) course: Course,
    pub(super) first: usize,
    pub(super) count: usize,
    /// The number of items that were released.
    pub(super) released: usize,
    pub(super) succeeded: usize,
}

impl Items {
    /// The items in these tasks, none of which has started.
    pub(super) fn new(tasks: Range<usize>) -> Self {
        Self { course: Course::default(), first: tasks.start, count: tasks.len(), released: 0, succeeded: 0 }
    }

    pub(super) fn tasks(&self) -> Range<usize> {
        self.first..self.first + self.count
    }

    pub(super) fn are_done(&self) -> bool {
        self.succeeded == self.count
    }
}

/// The state of a task apart from its phase.
#[derive(Debug, Clone, Default)]
pub(super) struct Progress {
    /// When the first attempt started.
    pub(super) first_began: Option<Timestamp>,
    /// When the latest attempt started.
    pub(super) last_began: Option<Timestamp>,
    /// When the wait for the answer to the message ends.
    pub(super) answer_until: Option<Timestamp>,
    /// The number of polls whose condition did not hold.
    pub(super) rounds: u32,
    /// The number of attempts that failed since the last such poll.
    pub(super) failures: u32,
    /// The number of latest attempts in a row that lacked a local resource or were cut off.
    pub(super) shortages: u32,
    /// Whether any finished attempt may have had an effect.
    pub(super) has_acted: bool,
    /// The reason why the task failed, is in doubt, or is retried.
    pub(super) failure: Option<Failure>,
    /// The pages received so far.
    pub(super) pages: Pages,
}

impl Task {
    pub(super) fn new(name: String, frame: usize, position: usize, role: Role) -> Self {
        Self {
            name,
            frame,
            position,
            role,
            phase: Phase::Pending,
            is_released: false,
            is_asked: false,
            progress: Progress::default(),
            inside: Inside::Nothing,
            result: None,
            undo: None,
        }
    }

    pub(super) fn is_compensation(&self) -> bool {
        matches!(self.role, Role::Compensation { .. })
    }

    pub(super) fn items(&self) -> Option<&Items> {
        match &self.inside {
            Inside::Items(items) => Some(items),
            Inside::Nothing | Inside::Frame(_) => None,
        }
    }

    pub(super) fn items_mut(&mut self) -> Option<&mut Items> {
        match &mut self.inside {
            Inside::Items(items) => Some(items),
            Inside::Nothing | Inside::Frame(_) => None,
        }
    }

    /// When the task has work without input from outside.
    pub(super) fn waits_until(&self) -> Option<Timestamp> {
        match self.phase {
            Phase::Delayed { until, .. } | Phase::Asked { until: Some(until), .. } => Some(until),
            _ => None,
        }
    }
}
