//! A composition that is being run: the plan's own, or one within a step.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use naftiko_expr::Root;
use naftiko_journal::Failure;
use naftiko_plan::{Plan, Step};

use super::scope::Scope;
use super::whole::Course;

/// A composition that is being run, with names and results of its own.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) plan: Arc<Plan>,
    /// The task whose work it is; `None` for the run itself.
    pub(super) owner: Option<usize>,
    pub(super) scope: Scope,
    /// The task of its first step; those of the others follow.
    pub(super) first: usize,
    followers: Vec<Vec<usize>>,
    /// Of each step, how many of those it follows are not over.
    unfinished: Vec<usize>,
    /// How many steps are over and let the run go on.
    pub(super) over: usize,
    /// How many steps were released and are not over.
    pub(super) live: usize,
    pub(super) course: Course,
    /// Why it fails though no step of it did: it has no outputs, or a step that can never begin.
    pub(super) broken: Option<Failure>,
    /// The positions of the sensitive outputs that read each step.
    pub(super) sensitive_outputs: HashMap<String, Vec<usize>>,
}

impl Frame {
    /// `secret` are the positions of the outputs that must not be shown.
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
            // A second step of one id waits for itself: there are no two outcomes of one id.
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

    /// The tasks of its steps.
    pub(super) fn tasks(&self) -> Range<usize> {
        self.first..self.first + self.plan.steps.len()
    }

    /// The tasks of its steps that follow nothing.
    pub(super) fn beginning(&self) -> Vec<usize> {
        let free = self.unfinished.iter().enumerate().filter(|(_, unfinished)| **unfinished == 0);
        free.map(|(position, _)| self.first + position).collect()
    }

    /// The tasks of its steps that may begin now that this one is over.
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

    /// The first step that follows something that is not over.
    pub(super) fn stuck(&self) -> Option<&Step> {
        let mut steps = self.plan.steps.iter().zip(&self.unfinished);
        steps.find(|(_, unfinished)| **unfinished > 0).map(|(step, _)| step)
    }

    pub(super) fn is_done(&self) -> bool {
        self.over == self.plan.steps.len()
    }
}

/// Of these outputs, those that read each step.
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
