//! The invariants of the records of any run, computed independently of the code under test.

use std::collections::{BTreeMap, BTreeSet};

use naftiko_journal::{Cause, Event, Failure, Part, Record, Ruling, Status};
use naftiko_plan::{Action, Invoke, OnDoubt, OnFailure, Plan, Step};
use serde_json::Value;

/// The definition of a task, found by its name.
#[derive(Clone, Copy)]
pub(super) struct Definition<'a> {
    plan: &'a Plan,
    step: &'a Step,
    is_compensation: bool,
}

impl<'a> Definition<'a> {
    pub(super) fn of(plan: &'a Plan, name: &str) -> Self {
        let step_of =
            |plan: &'a Plan, id: &str| Self { plan, step: plan.step(id).unwrap(), is_compensation: false };
        match Part::of(name).unwrap() {
            Part::Step(id) => step_of(plan, id),
            Part::Inner { of, id } => match &Self::of(plan, of).step.action {
                Action::Composition(embedded) => step_of(&embedded.plan, id),
                _ => panic!("{of} runs no composition"),
            },
            Part::Item { of, .. } => Self::of(plan, of),
            Part::Compensation { of } => Self { is_compensation: true, ..Self::of(plan, of) },
        }
    }

    fn invoke(&self) -> Option<&'a Invoke> {
        match &self.step.action {
            _ if self.is_compensation => Some(&self.step.compensate.as_ref()?.invoke),
            Action::Invoke(invoke) => Some(invoke),
            _ => None,
        }
    }

    pub(super) fn on_doubt(&self) -> OnDoubt {
        self.invoke().unwrap().on_doubt
    }

    fn polls(&self) -> bool {
        self.invoke().is_some_and(|invoke| invoke.poll.is_some())
    }

    /// Whether it is paginated.
    pub(super) fn pages(&self) -> bool {
        self.invoke().is_some_and(|invoke| invoke.paginate.is_some())
    }

    pub(super) fn has_token(&self) -> bool {
        self.invoke().is_some_and(|invoke| self.plan.facts.contains_key(&invoke.operation))
    }

    /// Whether it sends a message.
    pub(super) fn tells(&self) -> bool {
        matches!(&self.step.action, Action::External(external) if external.channel.sends())
            && !self.is_compensation
    }

    pub(super) fn is_repeatable(&self) -> bool {
        if let (Action::External(external), false) = (&self.step.action, self.is_compensation) {
            return external.channel.is_repeatable();
        }
        let operation = self.plan.operation(self.invoke().unwrap()).unwrap();
        operation.is_safe() || operation.idempotency_key.is_some()
    }

    /// Whether an attempt may be repeated after this failure: because its author accepts a second effect, or it had
    /// none.
    fn may_repeat_after(&self, failure: Option<&Failure>) -> bool {
        match failure.map(|failure| failure.cause) {
            // An attempt that did not happen has no effect.
            Some(Cause::LocalShortage) => true,
            // A message that was not accepted has no second effect.
            Some(cause) if self.tells() => cause == Cause::NotSent,
            Some(Cause::NoAnswer | Cause::Interrupted) => self.on_doubt() == OnDoubt::Retry,
            _ => false,
        }
    }

    fn goes_on(&self) -> bool {
        self.step.on_failure == OnFailure::Continue
    }

    fn undoes_failures(&self) -> bool {
        self.step.compensate.as_ref().is_some_and(|undo| undo.after_failure)
    }
}

/// The state of a task.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is told by a record of its own")]
struct Told {
    attempts: u32,
    /// The running attempt.
    open: Option<u32>,
    /// Whether another attempt is allowed although a second effect is possible.
    may_repeat: bool,
    /// Whether any finished attempt may have had an effect.
    has_acted: bool,
    is_opened: bool,
    is_asked: bool,
    items: Option<u32>,
    /// The items of the pages so far, and the cursor of the next page.
    pages: (Vec<Value>, Option<Value>),
    /// The outcome, and the number of its record.
    outcome: Option<(Outcome, u64)>,
}

impl Told {
    /// An attempt requests the page that the previous page named.
    fn asks_for_its_page(&self, event: &Event) {
        if let Event::AttemptStarted { step, request, .. } = event {
            let after = request.arguments.get("after");
            assert_eq!(after, self.pages.1.as_ref(), "{step} asks for another page");
        }
    }

    /// The question is put once.
    fn is_asked_once(&mut self) {
        assert!(!self.is_asked, "it is asked twice");
        (self.is_asked, self.has_acted) = (true, false);
    }

    fn has_page(&mut self, items: &[Value], next: Option<&Value>) {
        assert_ne!(self.pages.1.as_ref(), next, "a page is asked for twice");
        self.has_acted = true;
        self.pages.0.extend_from_slice(items);
        self.pages.1 = next.cloned();
    }

    /// The list consists of the items of its pages, and one item of the last.
    fn has_all(&self, result: &Value) {
        let all = result.as_array().unwrap();
        assert!(all.starts_with(&self.pages.0), "a page is lost");
        assert_eq!(all.len(), self.pages.0.len() + 1);
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Outcome {
    Succeeded,
    Skipped,
    Failed,
}

/// The names of the scopes that contain a task, innermost first; the run itself is the empty name.
fn wholes(name: &str) -> Vec<&str> {
    let mut wholes = Vec::new();
    let mut name = match Part::of(name).unwrap() {
        // The compensation of an item is outside the items.
        Part::Compensation { of } => match Part::of(of).unwrap() {
            Part::Item { of, .. } => of,
            _ => of,
        },
        _ => name,
    };
    while let Part::Inner { of, .. } | Part::Item { of, .. } = Part::of(name).unwrap() {
        wholes.push(of);
        name = of;
    }
    wholes.push("");
    wholes
}

struct Checker<'a> {
    plan: &'a Plan,
    tasks: BTreeMap<&'a str, Told>,
    /// The failing scopes, in which nothing starts any more.
    closing: BTreeSet<&'a str>,
    is_cancelled: Option<bool>,
    ended: Option<Status>,
    /// The number of calls, and the number of retries.
    spent: (usize, usize),
}

/// Checks every record, and the end.
pub(super) fn check(plan: &Plan, records: &[Record]) {
    let (tasks, closing) = (BTreeMap::new(), BTreeSet::new());
    let mut checker = Checker { plan, tasks, closing, is_cancelled: None, ended: None, spent: (0, 0) };
    for (seq, record) in (1..).zip(records) {
        assert_eq!(record.seq, seq, "no gaps");
        assert_eq!(checker.ended, None, "nothing comes after the end");
        checker.take(record);
    }
    checker.check_end();
}

impl<'a> Checker<'a> {
    fn take_of_run(&mut self, event: &Event) {
        match event {
            Event::RunCancelled { compensate } => {
                assert!(self.is_cancelled.is_none_or(|undone| undone && !compensate), "once is enough");
                self.is_cancelled = Some(*compensate);
                self.closing.insert("");
            }
            Event::RunFinished { status, .. } => self.ended = Some(*status),
            _ => {}
        }
    }

    fn take(&mut self, record: &'a Record) {
        let Some(name) = record.event.step() else {
            self.take_of_run(&record.event);
            return;
        };
        let definition = Definition::of(self.plan, name);
        if !self.tasks.contains_key(name) {
            self.tasks.insert(name, Told::default());
            if !definition.is_compensation {
                self.begins(name);
            }
        }
        if definition.is_compensation && matches!(record.event, Event::AttemptStarted { .. }) {
            self.is_tried_to_undo(name);
        }
        let is_stopped = wholes(name).iter().any(|whole| self.closing.contains(whole));
        if !definition.is_compensation && !definition.polls() {
            self.spends(&record.event);
        }
        let task = self.tasks.get_mut(name).unwrap();
        if !definition.is_compensation {
            assert_eq!(task.outcome, None, "{name} has one outcome");
        }
        match &record.event {
            Event::AttemptStarted { attempt, .. } | Event::MessageStarted { attempt, .. } => {
                assert_eq!(definition.tells(), matches!(record.event, Event::MessageStarted { .. }));
                task.asks_for_its_page(&record.event);
                assert!(definition.is_compensation || !is_stopped, "{name} is tried after a failure");
                assert_eq!((*attempt, task.open), (task.attempts + 1, None));
                let is_first = *attempt == 1 || task.may_repeat;
                assert!(is_first || definition.is_repeatable(), "{name} has a second effect");
                (task.attempts, task.open, task.may_repeat) = (*attempt, Some(*attempt), false);
            }
            Event::StepDelayed { attempt, failure, .. } if task.outcome.is_some() => {
                // The compensation is retried on request.
                assert!(definition.is_compensation && task.attempts == *attempt && failure.is_some());
                (task.outcome, task.may_repeat) = (None, true);
            }
            Event::StepDelayed { attempt, failure, .. } => {
                assert_eq!(task.open.take(), Some(*attempt));
                task.has_acted |= may_have_acted(failure.as_ref());
                task.may_repeat = definition.may_repeat_after(failure.as_ref());
                assert!(definition.is_repeatable() || task.may_repeat, "{name} would have a second effect");
            }
            Event::PageReceived { attempt, items, next, .. } => {
                assert_eq!(task.open.take(), Some(*attempt));
                task.has_page(items, next.get("after"));
            }
            Event::StepInDoubt { attempt, .. } => {
                assert_eq!(task.open, Some(*attempt));
                assert!(definition.tells() || definition.on_doubt() != OnDoubt::Fail);
            }
            Event::DoubtResolved { attempt, ruling, .. } => {
                assert_eq!(task.open.take(), Some(*attempt));
                task.may_repeat = *ruling == Ruling::DidNotHappen;
                match ruling {
                    Ruling::Happened { .. } => self.ends(name, Outcome::Succeeded, record.seq),
                    Ruling::HandedOver { .. } => task.is_asked_once(),
                    Ruling::DidNotHappen => {}
                }
            }
            Event::StepSucceeded { attempt, result, .. } => {
                // A message may be answered while it waits to be sent again.
                let open = task.open.take().or(attempt.filter(|_| definition.tells()));
                assert_eq!(open, *attempt);
                if definition.pages() && attempt.is_some() {
                    task.has_all(result);
                }
                self.ends(name, Outcome::Succeeded, record.seq);
            }
            Event::StepFailed { attempt, failure, .. } => {
                assert_eq!(task.open.take(), *attempt);
                task.has_acted |= attempt.is_some() && may_have_acted(Some(failure));
                self.ends(name, Outcome::Failed, record.seq);
            }
            Event::StepSkipped { .. } => self.ends(name, Outcome::Skipped, record.seq),
            Event::StepOpened { items, .. } => (task.is_opened, task.items) = (true, *items),
            Event::StepAsked { attempt, .. } => {
                assert_eq!((task.open.take(), attempt.is_some()), (*attempt, definition.tells()));
                task.is_asked_once();
            }
            other => panic!("{other:?}"),
        }
    }

    /// Retries are limited by the number of calls.
    fn spends(&mut self, event: &Event) {
        match event {
            Event::AttemptStarted { .. } => self.spent.0 += 1,
            Event::StepDelayed { failure: Some(failure), .. }
                if !matches!(failure.cause, Cause::Interrupted | Cause::LocalShortage) =>
            {
                self.spent.1 += 1;
            }
            _ => return,
        }
        let (calls, retries) = self.spent;
        assert!(retries <= 10 + calls / 5, "{retries} retries in {calls} calls");
    }

    /// The first record of a step or an item.
    fn begins(&self, name: &str) {
        let is_stopped = wholes(name).iter().any(|whole| self.closing.contains(whole));
        assert!(!is_stopped, "{name} begins after a failure");
        let is_over = |name: &str| {
            self.tasks.get(name).and_then(|task| task.outcome).is_some_and(|(outcome, _)| {
                outcome != Outcome::Failed || Definition::of(self.plan, name).goes_on()
            })
        };
        let definition = Definition::of(self.plan, name);
        match Part::of(name).unwrap() {
            Part::Item { of, index } => {
                let is_over = |index| {
                    self.tasks
                        .get(format!("{of}[{index}]").as_str())
                        .is_some_and(|item| item.outcome.is_some())
                };
                let under_way = (0..index).filter(|index| !is_over(*index)).count();
                let limit = definition.step.for_each.as_ref().unwrap().concurrency;
                assert!(under_way < usize::try_from(limit).unwrap(), "too many items before {name}");
                assert!(self.tasks[of].items.is_some_and(|items| index < items));
            }
            Part::Inner { of, .. } => {
                assert!(self.tasks[of].is_opened && self.tasks[of].items.is_none());
                Self::follows(definition, &format!("{of}/"), is_over);
            }
            _ => Self::follows(definition, "", is_over),
        }
    }

    fn follows(definition: Definition<'_>, prefix: &str, is_over: impl Fn(&str) -> bool) {
        let steps = &definition.plan.steps;
        let at = steps.iter().position(|step| step.id == definition.step.id).unwrap();
        for edge in definition.plan.edges.iter().filter(|edge| edge.to == at) {
            let before = format!("{prefix}{}", steps[edge.from].id);
            assert!(is_over(&before), "{prefix}{} follows {before}", steps[at].id);
        }
    }

    /// Tasks are compensated in reverse order of success, within the scope of the outermost failure only.
    fn is_tried_to_undo(&self, name: &str) {
        let Part::Compensation { of } = Part::of(name).unwrap() else { panic!("{name}") };
        let around = wholes(name);
        // A composition without outputs fails when all its steps are over, and no record reports that before its
        // compensation.
        let is_closing = |whole: &&str| self.closing.contains(whole) || self.is_all_over(whole);
        let scope = around.iter().rev().find(|whole| is_closing(whole) && self.keeps_failure(whole));
        let scope = scope.unwrap_or_else(|| panic!("{name} begins though nothing has failed"));
        assert_ne!(self.is_cancelled, Some(false), "{name} begins though the run is given up");
        let left = self.to_undo(scope);
        assert_eq!(left.last().map(|(_, name)| *name), Some(of), "{scope:?}: {left:?}");
        let is_within = |task: &str| wholes(task).contains(scope);
        let open = self.tasks.iter().find(|(task, told)| told.open.is_some() && is_within(task));
        assert!(open.is_none(), "{name} begins while {:?} is under way", open.unwrap().0);
    }

    fn keeps_failure(&self, whole: &str) -> bool {
        match whole {
            "" => true,
            whole => {
                !matches!(Part::of(whole), Some(Part::Item { .. }))
                    && Definition::of(self.plan, whole).goes_on()
            }
        }
    }

    fn is_all_over(&self, whole: &str) -> bool {
        let (plan, prefix) = match whole {
            "" => (self.plan, String::new()),
            whole => match &Definition::of(self.plan, whole).step.action {
                Action::Composition(embedded) => (embedded.plan.as_ref(), format!("{whole}/")),
                _ => return false,
            },
        };
        let is_over = |id: &str| {
            self.tasks.get(format!("{prefix}{id}").as_str()).is_some_and(|task| task.outcome.is_some())
        };
        plan.steps.iter().all(|step| is_over(&step.id))
    }

    /// The tasks of a scope that are to be compensated, in order of success.
    fn to_undo(&self, scope: &str) -> Vec<(u64, &'a str)> {
        let mut left: Vec<_> = self
            .tasks
            .iter()
            .filter(|(name, _)| self.is_to_be_undone(name, scope))
            .map(|(name, task)| (task.outcome.unwrap().1, *name))
            .collect();
        left.sort_unstable();
        left
    }

    fn is_to_be_undone(&self, name: &str, scope: &str) -> bool {
        let definition = Definition::of(self.plan, name);
        let task = &self.tasks[name];
        let was_done = match task.outcome {
            Some((Outcome::Succeeded, _)) => true,
            Some((Outcome::Failed, _)) => definition.undoes_failures() && task.has_acted,
            _ => false,
        };
        if definition.is_compensation
            || definition.step.compensate.is_none()
            || task.items.is_some()
            || !was_done
        {
            return false;
        }
        let succeeded = |name: &str| {
            matches!(self.tasks.get(name).and_then(|task| task.outcome), Some((Outcome::Succeeded, _)))
        };
        let around = wholes(name);
        let inside: Vec<_> = around.iter().take_while(|whole| **whole != scope).collect();
        // Compensated by the compensation of the composition that contains it.
        let is_part = inside.iter().any(|whole| {
            succeeded(whole)
                && self.tasks[**whole].items.is_none()
                && Definition::of(self.plan, whole).step.compensate.is_some()
        });
        // A finished item remains done if the run continues.
        let is_kept = self.tasks.get(scope).is_some_and(|scope| scope.items.is_some())
            && inside.last().is_none_or(|item| succeeded(item));
        let is_within = around.contains(&scope);
        is_within && !is_part && !is_kept && !succeeded(&format!("{name}:compensate"))
    }

    fn ends(&mut self, name: &'a str, outcome: Outcome, seq: u64) {
        let definition = Definition::of(self.plan, name);
        let is_inside =
            |task: &str| task.starts_with(&format!("{name}/")) || task.starts_with(&format!("{name}["));
        let open = self.tasks.iter().find(|(task, told)| told.open.is_some() && is_inside(task));
        assert!(open.is_none(), "{name} ends while {:?} is under way", open.unwrap().0);
        self.tasks.get_mut(name).unwrap().outcome = Some((outcome, seq));
        if outcome != Outcome::Failed || definition.is_compensation {
            return;
        }
        let is_item = matches!(Part::of(name), Some(Part::Item { .. }));
        if definition.goes_on() && !is_item && self.is_cancelled != Some(false) {
            assert_eq!(self.to_undo(name), [], "{name} fails before it is undone");
        }
        let mut failed = name;
        for whole in wholes(name) {
            let keeps = Definition::of(self.plan, failed).goes_on()
                && !matches!(Part::of(failed), Some(Part::Item { .. }));
            if keeps {
                break;
            }
            self.closing.insert(whole);
            failed = whole;
        }
    }

    fn check_end(&self) {
        let status = self.ended.expect("it is over");
        let is_failed = self.closing.contains("");
        match status {
            Status::Succeeded => assert!(!is_failed && self.is_all_over("")),
            Status::Failed | Status::Compensated => assert!(is_failed || self.is_all_over("")),
            Status::Cancelled => assert!(self.is_cancelled.is_some()),
            other => panic!("a run does not end {other:?}"),
        }
        assert_eq!(status == Status::Cancelled, self.is_cancelled.is_some());
        if status != Status::Succeeded && self.is_cancelled != Some(false) {
            assert_eq!(self.to_undo(""), [], "all that was done is undone");
            for (name, task) in &self.tasks {
                let is_waiting = task.outcome.is_none() && task.has_acted && !task.is_opened;
                let is_wanted = Definition::of(self.plan, name).undoes_failures();
                assert!(!(is_waiting && is_wanted), "what {name} did is left");
            }
        }
        let open = self.tasks.values().any(|task| task.open.is_some());
        assert!(!open || self.is_cancelled == Some(false), "every attempt is closed");
    }
}

/// Whether an attempt with this failure may have had an effect.
fn may_have_acted(failure: Option<&Failure>) -> bool {
    failure.is_none_or(|failure| {
        !matches!(failure.cause, Cause::NotSent | Cause::Refused | Cause::LocalShortage)
    })
}
