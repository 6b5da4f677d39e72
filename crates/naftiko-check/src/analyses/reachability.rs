//! Which steps come before and after which, along the edges of their order.

use std::cell::Cell;
use std::collections::HashSet;

use naftiko_diagnostics::work;
use naftiko_plan::Edge;

/// The budget of all searches, in visits of steps and edges, per step and edge of the graph.
const VISITS_PER_PART: usize = 32;
/// The minimum budget of visits: compositions of some hundred steps never exhaust it.
const MIN_VISITS: usize = 2_000_000;

/// The budget of all searches is exhausted: a question about the order has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Exhausted;

/// The order of the steps of a composition, as a graph.
pub(crate) struct Reachability {
    /// The direct successors of each step.
    after: Vec<Vec<usize>>,
    /// The direct predecessors of each step.
    before: Vec<Vec<usize>>,
    /// The topological rank of each step, higher than the ranks of all steps before it; `None` for a cyclic graph.
    ranks: Option<Vec<usize>>,
    /// The remaining visits of all searches.
    left: Cell<usize>,
}

/// A direction along the edges.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Direction {
    /// Towards later steps.
    After,
    /// Towards earlier steps.
    Before,
}

impl Reachability {
    /// A graph of `steps` steps; edges out of range are ignored.
    pub(crate) fn new(steps: usize, edges: &[Edge]) -> Self {
        let (mut after, mut before) = (vec![Vec::new(); steps], vec![Vec::new(); steps]);
        for edge in edges.iter().filter(|edge| edge.from < steps && edge.to < steps) {
            work::add(1);
            if let Some(list) = after.get_mut(edge.from) {
                list.push(edge.to);
            }
            if let Some(list) = before.get_mut(edge.to) {
                list.push(edge.from);
            }
        }
        let ranks = ranks(&after, &before);
        let left = Cell::new(VISITS_PER_PART * (steps + edges.len()) + MIN_VISITS);
        Self { after, before, ranks, left }
    }

    fn next(&self, step: usize, direction: Direction) -> &[usize] {
        let lists = match direction {
            Direction::After => &self.after,
            Direction::Before => &self.before,
        };
        lists.get(step).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether each step is reached from any step in `from`. The steps in `from` count only if an edge leads to them.
    pub(crate) fn reached(&self, from: impl IntoIterator<Item = usize>, direction: Direction) -> Vec<bool> {
        self.first_to_reach(from, direction).into_iter().map(|first| first.is_some()).collect()
    }

    /// The first step in `from` that reaches each step.
    pub(crate) fn first_to_reach(
        &self,
        from: impl IntoIterator<Item = usize>,
        direction: Direction,
    ) -> Vec<Option<usize>> {
        let mut reached = vec![None; self.after.len()];
        for start in from {
            // Everything behind a step that is already reached has been reached as well.
            let mut pending = vec![start];
            while let Some(step) = pending.pop() {
                work::add(1);
                for next in self.next(step, direction) {
                    if let Some(unreached) = reached.get_mut(*next).filter(|it| it.is_none()) {
                        *unreached = Some(start);
                        pending.push(*next);
                    }
                }
            }
        }
        reached
    }

    /// The topological rank of a step, higher than the ranks of all steps before it; `None` for a cyclic graph.
    pub(crate) fn rank(&self, step: usize) -> Option<usize> {
        self.ranks.as_ref()?.get(step).copied()
    }

    /// The steps after `first` and before `last`, sorted; `None` if `last` does not come after `first`.
    ///
    /// # Errors
    /// [`Exhausted`]: all searches share one budget.
    pub(crate) fn between(&self, first: usize, last: usize) -> Result<Option<Vec<usize>>, Exhausted> {
        let later = self.search(first, Some(last), Direction::After, &|_| true)?;
        if !later.contains(&last) {
            return Ok(None);
        }
        let both = self.search(last, Some(first), Direction::Before, &|step| later.contains(&step))?;
        let mut both: Vec<usize> = both.into_iter().collect();
        both.sort_unstable();
        Ok(Some(both))
    }

    /// The steps that come before `step`.
    ///
    /// # Errors
    /// [`Exhausted`]: all searches share one budget.
    pub(crate) fn before(&self, step: usize) -> Result<HashSet<usize>, Exhausted> {
        self.search(step, None, Direction::Before, &|_| true)
    }

    /// The steps reached from `from`; with `to`, only those that can lie between `from` and `to`.
    fn search(
        &self,
        from: usize,
        to: Option<usize>,
        direction: Direction,
        is_wanted: &dyn Fn(usize) -> bool,
    ) -> Result<HashSet<usize>, Exhausted> {
        let is_within = |step: usize| match (to, direction) {
            (None, _) => true,
            (Some(to), Direction::After) => self.rank(step) <= self.rank(to),
            (Some(to), Direction::Before) => self.rank(step) >= self.rank(to),
        };
        let mut reached = HashSet::new();
        let mut pending = vec![from];
        while let Some(step) = pending.pop() {
            let next = self.next(step, direction);
            self.spend(1 + next.len())?;
            for next in next.iter().filter(|next| is_within(**next) && is_wanted(**next)) {
                if reached.insert(*next) {
                    pending.push(*next);
                }
            }
        }
        Ok(reached)
    }

    /// Takes `visits` from the budget that all searches share.
    ///
    /// # Errors
    /// [`Exhausted`]: so much is not left; then nothing is left.
    pub(crate) fn spend(&self, visits: usize) -> Result<(), Exhausted> {
        let left = self.left.get().checked_sub(visits);
        self.left.set(left.unwrap_or_default());
        if left.is_none() {
            return Err(Exhausted);
        }
        work::add(visits);
        Ok(())
    }
}

/// The topological rank of each step; `None` for a cyclic graph.
fn ranks(after: &[Vec<usize>], before: &[Vec<usize>]) -> Option<Vec<usize>> {
    let mut open: Vec<usize> = before.iter().map(Vec::len).collect();
    let mut ready: Vec<usize> =
        open.iter().enumerate().filter(|(_, open)| **open == 0).map(|(step, _)| step).collect();
    let mut ranks = vec![0; after.len()];
    let mut rank = 0;
    while let Some(step) = ready.pop() {
        if let Some(own) = ranks.get_mut(step) {
            *own = rank;
        }
        rank += 1;
        for next in after.get(step).into_iter().flatten() {
            if let Some(open) = open.get_mut(*next) {
                *open -= 1;
                if *open == 0 {
                    ready.push(*next);
                }
            }
        }
    }
    (rank == after.len()).then_some(ranks)
}

#[cfg(test)]
mod tests {
    use naftiko_plan::Reason;

    use super::*;

    fn graph(steps: usize, edges: &[(usize, usize)]) -> Reachability {
        let edges: Vec<Edge> =
            edges.iter().map(|&(from, to)| Edge { from, to, reason: Reason::Reads }).collect();
        Reachability::new(steps, &edges)
    }

    #[test]
    fn steps_between_two_lie_on_a_way_from_one_to_the_other() {
        let graph = graph(6, &[(0, 1), (1, 3), (0, 2), (2, 4), (3, 5), (1, 5)]);
        assert_eq!(graph.between(0, 5), Ok(Some(vec![1, 3])));
        assert_eq!(graph.between(0, 1), Ok(Some(vec![])));
        assert_eq!(graph.between(2, 5), Ok(None));
        assert_eq!(graph.between(5, 0), Ok(None));
    }

    #[test]
    fn steps_that_wait_for_each_other_lie_between_each_other() {
        let graph = graph(3, &[(0, 1), (1, 0), (1, 2)]);
        assert_eq!(graph.between(0, 2), Ok(Some(vec![0, 1])));
    }

    #[test]
    fn the_first_of_several_steps_that_reaches_a_step_is_named() {
        let graph = graph(5, &[(0, 2), (1, 2), (2, 3), (1, 4)]);
        let first = graph.first_to_reach([0, 1], Direction::After);
        assert_eq!(first, [None, None, Some(0), Some(0), Some(1)]);
        assert_eq!(graph.reached([3], Direction::Before), [true, true, true, false, false]);
    }

    #[test]
    fn searches_between_steps_are_limited_altogether() {
        let chain: Vec<(usize, usize)> = (1..10_000).map(|to| (to - 1, to)).collect();
        let graph = graph(10_000, &chain);
        let searched = |graph: &Reachability| {
            let answers = (1..10_000).map(|to| graph.between(0, to));
            answers.take_while(Result::is_ok).count()
        };
        let (found, visits) = work::count(|| searched(&graph));
        assert!(found > 10 && visits < 4_000_000, "{found} found with {visits} visits");
        assert_eq!(graph.between(0, 1), Err(Exhausted), "no later answer claims that nothing lies between");
    }
}
