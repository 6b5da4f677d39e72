//! A composition being run: the plan's own, or that of a step.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use naftiko_expr::Root;
use naftiko_journal::Failure;
use naftiko_plan::{Plan, Step};

use super::scope::Scope;
use super::whole::Course;

/// A composition being run, with its own names and results.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) plan: Arc<Plan>,
    /// The task that runs the composition; `None` for the run itself.
    pub(super) owner: Option<usize>,
    pub(super) scope: Scope,
    /// The task of the first step; those of the other steps follow it.
    pub(super) first: usize,
    followers: Vec<Vec<usize>>,
    /// For each step, the number of its predecessors that are not over.
    unfinished: Vec<usize>,
    /// The number of steps that are over and did not fail the composition.
    pub(super) over: usize,
    /// The number of steps that were released and are not over.
    pub(super) live: usize,
    pub(super) course: Course,
    /// The reason for a failure that no step caused: an output has no value, or a step can never start.
    pub(super) broken: Option<Failure>,
    /// The positions of the sensitive outputs that read each step, by the id of the step.
    pub(super) sensitive_outputs: HashMap<String, Vec<usize>>,
}

impl Frame {
    /// Creates the frame; `secret` are the positions of the sensitive outputs.
    pub(super) fn new(
        plan: Arc<Plan>,
        owner: Option<usize>,
        scope: Scope,
        first: usize,
        secret: &[usize],
    ) -> Self {
        let graph = plan.graph();
        let followers = (0..plan.steps.len()).map(|step| graph.after(step)).collect();
        let unfinished = |(at, step): (usize, &Step)| {
            // A second step with the same id waits for itself, because an id has only one outcome.
            graph.before(at).len() + usize::from(scope.position(&step.id) != Some(at))
        };
        let unfinished = plan.steps.iter().enumerate().map(unfinished).collect();
        let sensitive_outputs = readers(&plan, secret);
        Self {
            plan,
            owner,
            scope,
            first,
            followers,
            unfinished,
            over: 0,
            live: 0,
            course: Course::default(),
            broken: None,
            sensitive_outputs,
        }
    }

    /// The tasks of the steps.
    pub(super) fn tasks(&self) -> Range<usize> {
        self.first..self.first + self.plan.steps.len()
    }

    /// The tasks of the steps without predecessors.
    pub(super) fn beginning(&self) -> Vec<usize> {
        let free = self.unfinished.iter().enumerate().filter(|(_, unfinished)| **unfinished == 0);
        free.map(|(position, _)| self.first + position).collect()
    }

    /// The tasks of the steps that may start once the step at this position is over.
    pub(super) fn released_by(&mut self, position: usize) -> Vec<usize> {
        let mut released = Vec::new();
        for &follower in self.followers.get(position).into_iter().flatten() {
            let Some(unfinished) = self.unfinished.get_mut(follower) else { continue };
            *unfinished = unfinished.saturating_sub(1);
            if *unfinished == 0 {
                released.push(self.first + follower);
            }
        }
        released
    }

    /// The first step with a predecessor that is not over.
    pub(super) fn stuck(&self) -> Option<&Step> {
        let mut steps = self.plan.steps.iter().zip(&self.unfinished);
        steps.find(|(_, unfinished)| **unfinished > 0).map(|(step, _)| step)
    }

    pub(super) fn is_done(&self) -> bool {
        self.over == self.plan.steps.len()
    }
}

/// The positions of these outputs, grouped by the id of the step they read.
fn readers(plan: &Plan, outputs: &[usize]) -> HashMap<String, Vec<usize>> {
    let mut readers: HashMap<String, Vec<usize>> = HashMap::new();
    for &position in outputs {
        let references = plan.outputs.get(position).map(|output| output.source.references());
        for reference in references.into_iter().flatten() {
            if let Root::Step(step) = reference.root {
                readers.entry(step).or_default().push(position);
            }
        }
    }
    readers
}
