//! What a run consists of: steps, their items, and what undoes them.

use std::ops::Range;
use std::sync::Arc;

use jiff::Timestamp;
use naftiko_journal::{Failure, Phase};
use serde_json::Value;

use super::pages::Pages;
use super::whole::Course;

/// Something that is done once: a step, an item of one, or what undoes either.
#[derive(Debug)]
pub(super) struct Task {
    /// What events call it.
    pub(super) name: String,
    /// The composition it belongs to.
    pub(super) frame: usize,
    /// The position of its step there.
    pub(super) position: usize,
    pub(super) role: Role,
    pub(super) phase: Phase,
    /// Whether it could begin, and has not.
    pub(super) is_released: bool,
    /// Whether its question was handed out.
    pub(super) is_asked: bool,
    pub(super) progress: Progress,
    pub(super) inside: Inside,
    /// What an item gave back; what a step did is in the scope of its frame.
    pub(super) result: Option<Arc<Value>>,
    /// What undoes it, once there is something to undo.
    pub(super) undo: Option<usize>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Role {
    Step,
    /// An item of the task `of`, with what expressions read as `item` and `index`.
    Item {
        of: usize,
        item: Value,
        index: Value,
    },
    Compensation {
        of: usize,
    },
}

/// What an open task consists of.
#[derive(Debug)]
pub(super) enum Inside {
    Nothing,
    Items(Items),
    /// A composition.
    Frame(usize),
}

/// The items of a step; their tasks stand in a row.
#[derive(Debug)]
pub(super) struct Items {
    pub(super) course: Course,
    pub(super) first: usize,
    pub(super) count: usize,
    /// How many were released.
    pub(super) released: usize,
    pub(super) succeeded: usize,
}

impl Items {
    /// None of which has begun.
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

/// What is known of a task besides its phase.
#[derive(Debug, Clone, Default)]
pub(super) struct Progress {
    /// When its first attempt began.
    pub(super) first_began: Option<Timestamp>,
    /// When its latest attempt began.
    pub(super) last_began: Option<Timestamp>,
    /// Until when the answer to its message is waited for.
    pub(super) answer_until: Option<Timestamp>,
    /// How often it was polled and its condition did not hold.
    pub(super) rounds: u32,
    /// How many attempts failed since then.
    pub(super) failures: u32,
    /// How many attempts in a row this machine had no means for, or did not finish.
    pub(super) shortages: u32,
    /// Whether an attempt ended of which nobody said that it had no effect.
    pub(super) has_acted: bool,
    /// Why it failed, is in doubt, or is retried.
    pub(super) failure: Option<Failure>,
    /// The list whose pages it asks for.
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

    /// When it has something to do by itself.
    pub(super) fn waits_until(&self) -> Option<Timestamp> {
        match self.phase {
            Phase::Delayed { until, .. } | Phase::Asked { until: Some(until), .. } => Some(until),
            _ => None,
        }
    }
}
