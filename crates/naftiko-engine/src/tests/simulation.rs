//! Any run, ended anyhow, cut off anywhere.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use jiff::SignedDuration;
use naftiko_adapter::{Answer, Call, Failure, FailureKind};
use naftiko_journal::{Event, Phase, Record, Status};
use naftiko_plan::Plan;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::draft::{Desk, Draft, composition, external, get, keyed, object, post, response};
use crate::{Command, Run};

/// The kind of a step, and which of the steps before it it follows.
type Shape = (u8, Vec<prop::sample::Index>);

fn shapes() -> impl Strategy<Value = Vec<Shape>> {
    let follows = prop::collection::vec(any::<prop::sample::Index>(), 0..4);
    prop::collection::vec((0..5_u8, follows), 1..=30)
}

fn id(step: usize) -> String {
    format!("s{step}")
}

fn plan_of(shapes: &[Shape]) -> Arc<Plan> {
    let draft = |(at, (kind, follows)): (usize, &Shape)| -> Draft {
        let id = id(at);
        let draft = match kind {
            0 => get(&id),
            1 => get(&id).until("response.body.ok", SignedDuration::from_mins(10)),
            2 => post(&id),
            3 => keyed(&id).query("run", "${run.id}"),
            _ => external(&id),
        };
        let follows: BTreeSet<_> = if at == 0 {
            BTreeSet::new()
        } else {
            follows.iter().map(|index| self::id(index.index(at))).collect()
        };
        draft.after(&follows.iter().map(String::as_str).collect::<Vec<_>>())
    };
    composition(shapes.iter().enumerate().map(draft)).plan()
}

/// Somebody who carries commands out as chance has it, and remembers what was handed out.
struct World {
    plan: Arc<Plan>,
    desk: Desk,
    handed_out: Vec<Command>,
    under_way: Vec<Call>,
}

impl World {
    fn begin(plan: Arc<Plan>) -> Self {
        let desk = Desk::begin(&plan, json!({}));
        Self { plan, desk, handed_out: vec![], under_way: vec![] }
    }

    /// One thing happens; false once nothing can happen any more.
    fn happens(&mut self, chance: u64) -> bool {
        let is_recording = self.handed_out.iter().any(|command| matches!(command, Command::Record(_)));
        if chance.is_multiple_of(11) {
            self.is_cut_off();
        } else if !is_recording {
            let commands = self.desk.run.commands();
            self.handed_out.extend(commands);
        }
        if self.desk.run.is_closing() {
            self.handed_out.retain(|command| matches!(command, Command::Record(_)));
        }
        let choices = self.handed_out.len() + self.under_way.len();
        if choices == 0 {
            return false;
        }
        let choice = usize::try_from(chance / 11).unwrap() % choices;
        let chance = chance / 331;
        if choice < self.under_way.len() {
            let call = self.under_way.swap_remove(choice);
            self.ends(&call, chance);
        } else {
            let command = self.handed_out.remove(choice - self.under_way.len());
            self.carry_out(command, chance);
        }
        true
    }

    fn carry_out(&mut self, command: Command, chance: u64) {
        match command {
            Command::Record(event) => self.desk.record(event),
            Command::Invoke { intent, call } => {
                self.desk.record(intent);
                self.under_way.push(*call);
            }
            Command::Wait { step, attempt, until } => {
                self.desk.now = self.desk.now.max(until);
                let due = self.desk.run.due(&step).unwrap();
                assert!(matches!(&due, Command::Invoke { call, .. } if call.attempt == attempt));
                self.handed_out.push(due);
            }
            Command::Ask { question } => {
                let event = match chance % 12 {
                    0 => {
                        self.desk.run.answered(&question.step, Err(Failure::new(FailureKind::Refused, "no")))
                    }
                    1 => self.desk.run.closed_by_panic(&question.step, None, "ouch"),
                    2 | 3 => self.desk.run.answered(&question.step, Ok(Answer::NotYet)),
                    _ => self.desk.run.answered(&question.step, Ok(Answer::Given(json!({"ok": true})))),
                };
                self.desk.record(event);
            }
        }
    }

    fn ends(&mut self, call: &Call, chance: u64) {
        let (run, now) = (&self.desk.run, self.desk.now);
        let answer = |status, ok| {
            run.closed_by_response(&call.step, call.attempt, response(status, json!({ "ok": ok })), now, 0.3)
        };
        let failed = |kind| {
            run.closed_by_failure(&call.step, call.attempt, &Failure::new(kind, "no answer"), now, 0.3)
        };
        let event = match chance % 40 {
            0 => answer(500, false),
            1 => answer(429, false),
            2 => answer(404, false),
            3 => failed(FailureKind::Refused),
            4 | 5 => failed(FailureKind::NotSent),
            6 => failed(FailureKind::Unknown),
            7 => failed(FailureKind::Unreadable),
            8 => run.closed_by_panic(&call.step, Some(call.attempt), "ouch"),
            9..=20 => answer(200, false),
            _ => answer(200, true),
        };
        self.desk.record(event);
    }

    /// The process ends, and another goes on from the records: with the same state, and what was outstanding.
    fn is_cut_off(&mut self) {
        let mut replayed =
            Run::replay(Arc::clone(&self.plan), object(json!({})), &self.desk.records).unwrap();
        assert_same_state(&replayed, &self.desk.run);
        let commands = replayed.commands();
        // First of all, attempts that nobody closed are; those of an earlier process too.
        let open = replayed.ledger().steps().filter(|(_, phase)| matches!(phase, Phase::Running { .. }));
        let closed: BTreeSet<_> = open.map(|(id, _)| self.closed_by_interruption(id)).collect();
        assert!(self.under_way.iter().all(|call| closed.contains(&self.closed_by_interruption(&call.step))));
        let expected = if closed.is_empty() { self.outstanding() } else { closed };
        assert_eq!(in_short(&commands), expected);
        self.under_way.clear();
        self.handed_out = commands;
        self.desk.run = replayed;
    }

    fn closed_by_interruption(&self, step: &str) -> String {
        let operation = &self.plan.operations[step];
        let is_repeatable = operation.is_safe() || operation.idempotency_key.is_some();
        format!("record {} {step}", if is_repeatable { "stepDelayed" } else { "stepInDoubt" })
    }

    /// What was handed out and not done, together with what would be handed out next, as a replayed run has it.
    fn outstanding(&mut self) -> BTreeSet<String> {
        let is_closing = self.desk.run.is_closing();
        let is_recording = self.handed_out.iter().any(|command| matches!(command, Command::Record(_)));
        let mut commands = std::mem::take(&mut self.handed_out);
        if is_closing {
            commands.retain(|command| matches!(command, Command::Record(_)));
        }
        if !is_recording {
            commands.extend(self.desk.run.commands());
        }
        let mut told = in_short(&commands);
        if !is_closing {
            // A new process asks again.
            let asked = self.desk.run.ledger().steps().filter(|(_, phase)| *phase == Phase::Asked);
            told.extend(asked.map(|(id, _)| format!("ask {id}")));
        }
        told
    }
}

/// A call that is due after a wait is told as that wait: a replayed run waits for what is over.
fn in_short(commands: &[Command]) -> BTreeSet<String> {
    let told = commands.iter().map(|command| match command {
        Command::Invoke { call, .. } if call.attempt == 1 => format!("invoke {} 1", call.step),
        Command::Invoke { call, .. } => format!("wait {} {}", call.step, call.attempt),
        Command::Wait { step, attempt, .. } => format!("wait {step} {attempt}"),
        Command::Ask { question } => format!("ask {}", question.step),
        Command::Record(event) => format!("record {} {}", event.name(), event.step().unwrap_or_default()),
    });
    told.collect()
}

fn assert_same_state(a: &Run, b: &Run) {
    assert_eq!(a.ledger(), b.ledger());
    assert_eq!(a.status(), b.status());
    assert_eq!(a.outputs(), b.outputs());
    for step in &a.plan().steps {
        assert_eq!(a.step(&step.id), b.step(&step.id));
    }
}

/// What must hold of the records of any run, told without the help of the code under test.
fn check(plan: &Plan, records: &[Record], status: Status) {
    let mut follows: HashMap<&str, Vec<&str>> = HashMap::new();
    for edge in &plan.edges {
        follows.entry(&plan.steps[edge.to].id).or_default().push(&plan.steps[edge.from].id);
    }
    let mut succeeded = BTreeSet::new();
    let mut over = BTreeSet::new();
    let mut attempts: HashMap<&str, u32> = HashMap::new();
    let mut open: BTreeSet<(&str, u32)> = BTreeSet::new();
    let mut stopped = false;
    let mut ended = None;
    for record in records {
        assert_eq!(ended, None, "nothing comes after the end");
        if let Some(step) = record.event.step() {
            assert!(
                follows.get(step).into_iter().flatten().all(|before| succeeded.contains(before)),
                "{step}"
            );
            assert!(!over.contains(step), "{step} has one outcome");
        }
        match &record.event {
            Event::AttemptStarted { step, attempt, .. } => {
                assert!(!stopped, "{step} begins after a failure");
                let last = attempts.insert(step, *attempt);
                assert_eq!(last.unwrap_or(0) + 1, *attempt);
                let operation = &plan.operations[step];
                assert!(
                    *attempt == 1 || operation.is_safe() || operation.idempotency_key.is_some(),
                    "a second effect"
                );
                assert!(open.insert((step, *attempt)));
            }
            Event::StepDelayed { step, attempt, until, .. } => {
                assert!(open.remove(&(step.as_str(), *attempt)));
                assert!(*until <= record.at + SignedDuration::from_hours(1));
            }
            Event::StepInDoubt { step, attempt, .. } => {
                assert!(open.remove(&(step.as_str(), *attempt)));
                stopped = true;
                over.insert(step.as_str());
            }
            Event::StepSucceeded { step, attempt, .. } => {
                assert!(attempt.is_none_or(|attempt| open.remove(&(step.as_str(), attempt))));
                succeeded.insert(step.as_str());
                over.insert(step.as_str());
            }
            Event::StepFailed { step, attempt, .. } => {
                assert!(attempt.is_none_or(|attempt| open.remove(&(step.as_str(), attempt))));
                stopped = true;
                over.insert(step.as_str());
            }
            Event::RunFinished { status, .. } => ended = Some(*status),
            Event::RunStarted { .. } | Event::StepAsked { .. } => {}
        }
    }
    assert!(open.is_empty(), "every attempt is closed");
    match status {
        Status::Succeeded => {
            assert!(ended == Some(status) && !stopped && succeeded.len() == plan.steps.len());
        }
        Status::Failed => assert!(ended == Some(status) && stopped),
        Status::InDoubt => assert!(ended.is_none() && stopped),
        Status::Waiting => assert!(ended.is_none() && !stopped),
        Status::Running | Status::Cancelled => panic!("a run does not stop {status:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_run_keeps_its_promises_wherever_it_is_cut_off(
        shapes in shapes(),
        chances in prop::collection::vec(any::<u64>(), 0..300),
    ) {
        let plan = plan_of(&shapes);
        let mut world = World::begin(Arc::clone(&plan));
        // Once chance has run out everything goes well: 39 is a good answer and no crash.
        let mut chances = chances.into_iter().chain(std::iter::repeat(39 * 331));
        let mut steps = 0;
        while world.happens(chances.next().unwrap()) {
            steps += 1;
            prop_assert!(steps < 10_000, "the run does not end");
        }
        check(&plan, &world.desk.records, world.desk.run.status());
        let replayed = Run::replay(plan, object(json!({})), &world.desk.records).unwrap();
        assert_same_state(&replayed, &world.desk.run);
    }
}

/// Drives a run in which all goes well, and counts the commands.
fn commands_of(plan: &Arc<Plan>) -> usize {
    let mut desk = Desk::begin(plan, json!({}));
    let mut count = 0;
    loop {
        let commands = desk.run.commands();
        if commands.is_empty() {
            assert_eq!(desk.run.status(), Status::Succeeded);
            return count;
        }
        count += commands.len();
        for command in commands {
            match command {
                Command::Invoke { intent, call } => {
                    desk.record(intent);
                    desk.answer(&call, response(200, Value::Null));
                }
                Command::Record(event) => desk.record(event),
                other => panic!("{other:?}"),
            }
        }
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the time is only printed")]
fn ten_thousand_steps_in_a_row_or_side_by_side_are_ten_thousand_commands_and_an_end() {
    const STEPS: usize = 10_000;
    let row = (0..STEPS).map(|at| if at == 0 { get(&id(0)) } else { get(&id(at)).after(&[&id(at - 1)]) });
    let wide = (0..STEPS).map(|at| get(&id(at)));
    let middle: Vec<String> = (1..STEPS - 1).map(id).collect();
    let middle: Vec<&str> = middle.iter().map(String::as_str).collect();
    let fan = (0..STEPS).map(|at| match at {
        0 => get(&id(0)),
        _ if at == STEPS - 1 => get(&id(at)).after(&middle),
        _ => get(&id(at)).after(&[&id(0)]),
    });
    let plans = [composition(row).plan(), composition(wide).plan(), composition(fan).plan()];
    for (shape, plan) in ["row", "wide", "fan"].into_iter().zip(plans) {
        let began = std::time::Instant::now();
        assert_eq!(commands_of(&plan), STEPS + 1);
        println!("{STEPS} steps, {shape}: {:?}", began.elapsed());
    }
}
