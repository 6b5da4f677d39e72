//! Carries out the commands of a run with random outcomes.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::SignedDuration;
use naftiko_adapter::{Answer, Call, Failure, FailureKind, Response};
use naftiko_journal::{Event, Phase, Ruling, Standing, Status};
use naftiko_plan::{OnDoubt, Plan};
use serde_json::{Value, json};

use super::super::desk::{Desk, object, response};
use super::promises::Definition;
use super::shapes::{PIN, TOKEN};
use crate::{Command, Intervention, Run};

/// A run, and its running calls, questions and messages.
pub(super) struct World {
    plan: Arc<Plan>,
    pub(super) desk: Desk,
    /// The calls that were handed out and have not started.
    calls: Vec<(Event, Box<Call>)>,
    under_way: Vec<Call>,
    questions: BTreeSet<String>,
    /// The messages being sent, with their attempts.
    messages: Vec<(String, u32)>,
    /// Earlier answers, to be given once more.
    answered: Vec<(String, Value)>,
    shown: usize,
}

fn inputs() -> Value {
    json!({ "pin": PIN })
}

impl World {
    pub(super) fn begin(plan: Arc<Plan>) -> Self {
        let desk = Desk::begin(&plan, inputs());
        let (calls, under_way, questions, answered) = (vec![], vec![], BTreeSet::new(), vec![]);
        Self { plan, desk, calls, under_way, questions, messages: vec![], answered, shown: 0 }
    }

    pub(super) fn run(&self) -> &Run {
        &self.desk.run
    }

    /// One random event; false once nothing can happen without help.
    pub(super) fn happens(&mut self, chance: u64) -> bool {
        let (what, chance) = (chance % 32, chance / 32);
        match what {
            0 => self.is_cut_off(),
            1 if chance.is_multiple_of(8) => {
                self.intervenes(&Intervention::Cancel { compensate: chance.is_multiple_of(16) });
            }
            2 => self.is_answered_again(chance),
            3 => self.compares(),
            _ => {}
        }
        if !self.decides_one() {
            return self.goes_on(chance);
        }
        true
    }

    /// From now on everything succeeds, questions are answered, and a halted run is helped; whether it is over then.
    pub(super) fn ends_well(&mut self) -> bool {
        for _ in 0..5_000 {
            if self.decides_one() || self.goes_on(79_000) {
                continue;
            }
            self.check_rest();
            if self.run().status().is_over() {
                return true;
            }
            self.is_helped();
        }
        false
    }

    /// Helps a run that rests: resolves doubts, retries compensations, or cancels.
    fn is_helped(&mut self) {
        let doubt = self.names(|phase| matches!(phase, Phase::InDoubt { .. })).pop();
        if let Some(step) = doubt {
            let ruling = if step.len().is_multiple_of(2) {
                Ruling::DidNotHappen
            } else if Definition::of(&self.plan, &step).tells() {
                Ruling::HandedOver { until: None }
            } else {
                Ruling::Happened { result: json!({"ok": true}) }
            };
            return self.intervenes(&Intervention::Resolve { step, ruling });
        }
        let retries = self.run().retries(self.desk.now);
        if !retries.is_empty() {
            return retries.into_iter().for_each(|event| self.record(event));
        }
        let asked = self.names(|phase| matches!(phase, Phase::Asked { .. }));
        let asked = asked.into_iter().find(|step| self.run().is_awaited(step));
        let step = asked.unwrap_or_else(|| panic!("it rests for no reason: {}", self.desk.told()));
        self.intervenes(&Intervention::Complete { step, result: json!({"ok": true}), through: None });
    }

    fn names(&self, is: impl Fn(Phase) -> bool) -> Vec<String> {
        let steps = self.run().ledger().steps();
        steps.filter(|(_, phase)| is(*phase)).map(|(name, _)| name.to_owned()).collect()
    }

    fn intervenes(&mut self, intervention: &Intervention) {
        // A refusal is a valid reply.
        if let Ok(Some(event)) = self.run().intervened(intervention) {
            self.record(event);
        }
    }

    /// Repeats or contradicts an earlier answer, for a step that may have continued.
    fn is_answered_again(&mut self, chance: u64) {
        let choices = self.answered.len() as u64;
        if let Some((step, result)) =
            chance.checked_rem(choices).map(|at| self.answered[usize::try_from(at).unwrap()].clone())
        {
            let again = Intervention::Complete { step: step.clone(), result, through: None };
            if self.run().step(&step).is_some_and(|step| step.phase == Phase::Succeeded) {
                assert_eq!(self.run().intervened(&again), Ok(None));
            }
            self.intervenes(&again);
            let other = Intervention::Complete { step, result: json!("otherwise"), through: None };
            assert!(self.run().intervened(&other).is_err());
        }
    }

    fn record(&mut self, event: Event) {
        self.desk.record(event);
        let record = self.desk.records.last().unwrap();
        let shown = serde_json::to_string(&self.desk.run.shown(record)).unwrap();
        assert!(!shown.contains(PIN) && !shown.contains(TOKEN), "{shown}");
        self.shown += 1;
    }

    /// Requests commands from the run, and records one decision, if there is one.
    fn decides_one(&mut self) -> bool {
        let now = self.desk.now;
        let mut commands = self.desk.run.commands(now);
        if commands.is_empty() {
            commands = self.desk.run.due(now);
        }
        let is_something = !commands.is_empty();
        for command in commands {
            match command {
                Command::Record(event) => self.record(event),
                Command::Invoke { intent, call } => self.calls.push((intent, call)),
                Command::Ask { question } => {
                    assert!(self.questions.insert(question.step.clone()), "{} is asked twice", question.step);
                }
                Command::Send { intent, question } => {
                    let Event::MessageStarted { attempt, .. } = intent else { panic!("{intent:?}") };
                    assert!(self.run().may_begin(&question.step), "{}", question.step);
                    self.record(intent);
                    self.messages.push((question.step, attempt));
                }
            }
        }
        is_something
    }

    /// A call starts or ends, a question is answered, or time passes.
    fn goes_on(&mut self, chance: u64) -> bool {
        let may_begin: Vec<usize> =
            (0..self.calls.len()).filter(|at| self.run().may_begin(&self.calls[*at].1.step)).collect();
        let waits = usize::from(self.run().next_due().is_some());
        // An answer from outside is one choice among many, so most of the time it is outstanding.
        let awaited: Vec<String> =
            self.questions.iter().filter(|step| self.run().is_awaited(step)).cloned().collect();
        let choices = may_begin.len() + self.under_way.len() + waits + awaited.len() + self.messages.len();
        if choices == 0 {
            return false;
        }
        let (choice, chance) = (usize::try_from(chance % 1000).unwrap() % choices, chance / 1000);
        let Some(choice) = choice.checked_sub(self.messages.len()) else {
            let (step, attempt) = self.messages.remove(choice);
            self.message_ends(&step, attempt, chance);
            return true;
        };
        if let Some(at) = may_begin.get(choice) {
            let (intent, call) = self.calls.remove(*at);
            self.record(intent);
            self.under_way.push(*call);
        } else if let Some(at) = choice.checked_sub(may_begin.len()).filter(|at| *at < self.under_way.len()) {
            let call = self.under_way.remove(at);
            let event = self.end_of(&call, chance);
            self.record(event);
        } else if choice < may_begin.len() + self.under_way.len() + waits {
            self.desk.now = self.desk.now.max(self.run().next_due().unwrap());
        } else {
            let step = awaited[choice - may_begin.len() - self.under_way.len() - waits].clone();
            self.is_answered(&step, chance);
        }
        true
    }

    fn is_answered(&mut self, step: &str, chance: u64) {
        let result = json!({"ok": true, "said": PIN});
        let event = match chance % 8 {
            0 => self.run().answered(step, Err(Failure::new(FailureKind::Refused, "no"))),
            1 => Some(self.run().closed_by_panic(step, None, "ouch")),
            2 => self.run().answered(step, Ok(Answer::NotYet)),
            3 => self
                .run()
                .intervened(&Intervention::Complete {
                    step: step.into(),
                    result: result.clone(),
                    through: None,
                })
                .unwrap(),
            _ => self.run().answered(step, Ok(Answer::Given(result.clone()))),
        };
        if let Some(event) = event {
            self.answered.push((step.to_owned(), result));
            self.record(event);
        }
        self.questions.remove(step);
    }

    /// Sending a message succeeds or fails; or the message is answered before that.
    fn message_ends(&mut self, step: &str, attempt: u32, chance: u64) {
        let result = json!({"ok": true, "said": PIN});
        let failed = |kind| Err(Failure::new(kind, format!("no answer to /?pin={PIN}")));
        let end = match chance % 20 {
            0 => failed(FailureKind::Refused),
            1..=3 => failed(FailureKind::NotSent),
            4..=8 => failed(FailureKind::Unknown),
            9 => failed(FailureKind::Unreadable),
            10 => Ok(Answer::Given(result.clone())),
            11 => {
                let complete =
                    Intervention::Complete { step: step.into(), result: result.clone(), through: None };
                self.intervenes(&complete);
                if self.run().step(step).is_some_and(|step| step.result == Some(&result)) {
                    self.answered.push((step.to_owned(), result));
                }
                Ok(Answer::NotYet)
            }
            12 => {
                let event = self.run().closed_by_panic(step, Some(attempt), "ouch");
                return self.record(event);
            }
            13 => failed(FailureKind::LocalShortage),
            14 => failed(FailureKind::CutOff),
            _ => Ok(Answer::NotYet),
        };
        if let Some(event) = self.run().handed_over(step, attempt, end, self.desk.now, 0.3) {
            self.record(event);
        }
    }

    fn end_of(&self, call: &Call, chance: u64) -> Event {
        let (run, now) = (self.run(), self.desk.now);
        let answer = |status, ok| {
            // A provider may echo a secret, and adds one of its own.
            let token = format!("{TOKEN}{}-{}", call.step, call.attempt);
            let has_token = Definition::of(&self.plan, &call.step).has_token();
            let mut body = json!({"ok": ok, "said": PIN, "token": if has_token { &token } else { "" }, "message": format!("no {PIN}")});
            if Definition::of(&self.plan, &call.step).pages() {
                // Every third page is the last one, and some lead to an earlier page.
                body["items"] = json!([format!("item {}, {PIN}", call.attempt)]);
                body["next"] = match (ok, call.attempt % 3) {
                    (false, _) => json!("again"),
                    (true, 0) => Value::Null,
                    (true, _) => json!(format!("after {}", call.attempt)),
                };
            }
            let response = Response { ..response(status, body) };
            run.closed_by_response(&call.step, call.attempt, response, now, 0.3)
        };
        let failed = |kind| {
            let failure = Failure::new(kind, format!("no answer to /?pin={PIN}"));
            run.closed_by_failure(&call.step, call.attempt, &failure, now, 0.3)
        };
        match chance % 80 {
            0 => answer(500, false),
            1 => answer(429, false),
            2 => answer(404, false),
            3 => failed(FailureKind::Refused),
            4 => failed(FailureKind::NotSent),
            5..=10 => failed(FailureKind::Unknown),
            11 => failed(FailureKind::Unreadable),
            12 => run.closed_by_panic(&call.step, Some(call.attempt), "ouch"),
            17 => failed(FailureKind::Unusable),
            18 | 19 => failed(FailureKind::LocalShortage),
            20 => failed(FailureKind::CutOff),
            13..=16 => answer(200, false),
            _ => answer(200, true),
        }
    }

    fn replayed(&self) -> Run {
        Run::replay(Arc::clone(&self.plan), object(inputs()), &self.desk.records).unwrap()
    }

    /// The process ends, and another one resumes from the records.
    fn is_cut_off(&mut self) {
        let replayed = self.replayed();
        self.check_standing();
        assert_same_state(&replayed, self.run());
        self.calls.clear();
        self.questions.clear();
        self.messages.clear();
        self.under_way.clear();
        self.desk.run = replayed;
    }

    /// Once everything is decided, a replayed run finds exactly the outstanding work.
    fn compares(&mut self) {
        while self.decides_one() {}
        let mut replayed = self.replayed();
        let now = self.desk.now;
        if !self.under_way.is_empty() || !self.messages.is_empty() {
            let closed = replayed.commands(now);
            let calls = self.under_way.iter().map(|call| self.closed_by_interruption(call));
            let messages = self.messages.iter().map(|(step, _)| {
                let is_repeatable = Definition::of(&self.plan, step).is_repeatable();
                format!("record {} {step}", if is_repeatable { "stepDelayed" } else { "stepInDoubt" })
            });
            assert_eq!(in_short(&closed), calls.chain(messages).collect());
            return;
        }
        // The attempts of an earlier process have ended by now, so nothing is left to decide.
        let mut commands = replayed.commands(now);
        commands.extend(replayed.due(now));
        let calls = self.calls.iter().filter(|(_, call)| self.run().may_begin(&call.step));
        let mut expected: BTreeSet<_> =
            calls.map(|(_, call)| format!("invoke {} {}", call.step, call.attempt)).collect();
        let asked = self.names(|phase| matches!(phase, Phase::Asked { attempt: 0, .. }));
        let put_again =
            asked.into_iter().filter(|step| self.run().is_awaited(step) && self.run().may_begin(step));
        expected.extend(put_again.map(|step| format!("ask {step}")));
        assert_eq!(in_short(&commands), expected, "{}", self.desk.told());
        self.check_rest();
    }

    fn closed_by_interruption(&self, call: &Call) -> String {
        let is_repeatable = call.operation.is_safe() || call.operation.idempotency_key.is_some();
        let event = match Definition::of(&self.plan, &call.step).on_doubt() {
            _ if is_repeatable => "stepDelayed",
            OnDoubt::Retry => "stepDelayed",
            OnDoubt::Fail => "stepFailed",
            OnDoubt::Ask => "stepInDoubt",
        };
        format!("record {event} {}", call.step)
    }

    /// A run reports that it has work exactly if a replayed run finds work.
    pub(super) fn check_standing(&self) {
        let mut replayed = self.replayed();
        let standing = replayed.standing();
        let now = self.desk.now;
        let is_work = |command: &Command| !matches!(command, Command::Ask { .. });
        let has_work = replayed.commands(now).iter().any(is_work) || replayed.due(now).iter().any(is_work);
        let is_due = standing.due.is_some_and(|due| due <= now);
        assert_eq!(is_due, has_work, "{standing:?} at {now}: {}", self.desk.told());
    }

    /// A run that rests reports the reason.
    fn check_rest(&self) {
        let can_begin = self.calls.iter().any(|(_, call)| self.run().may_begin(&call.step));
        if can_begin || !self.under_way.is_empty() || !self.messages.is_empty() {
            return;
        }
        let Standing { status, due } = self.run().standing();
        assert_eq!(due, self.run().next_due(), "{status:?}");
        let awaits = |run: &Run| run.ledger().steps().any(|(step, _)| run.is_awaited(step));
        let has_reason = match status {
            _ if due.is_some() => due.unwrap() > self.desk.now && !status.is_over(),
            Status::Waiting => awaits(self.run()),
            Status::InDoubt => self.run().ledger().tally().in_doubt > 0,
            Status::Compensating => self.run().is_halted(),
            Status::Running => false,
            _ => status.is_over(),
        };
        assert!(has_reason, "{status:?} {due:?}: {}", self.desk.told());
        assert!(due.is_none_or(|due| due <= self.desk.now + SignedDuration::from_hours(1)));
    }
}

fn in_short(commands: &[Command]) -> BTreeSet<String> {
    let told = commands.iter().map(|command| match command {
        Command::Invoke { call, .. } => format!("invoke {} {}", call.step, call.attempt),
        Command::Ask { question } => format!("ask {}", question.step),
        Command::Send { question, .. } => format!("send {}", question.step),
        Command::Record(event) => format!("record {} {}", event.name(), event.step().unwrap_or_default()),
    });
    told.collect()
}

pub(super) fn assert_same_state(a: &Run, b: &Run) {
    assert_eq!(a.ledger(), b.ledger());
    assert_eq!(a.standing(), b.standing());
    assert_eq!(a.outputs(), b.outputs());
    assert_eq!(a.is_halted(), b.is_halted());
    for (step, _) in a.ledger().steps() {
        assert_eq!(a.step(step), b.step(step));
        assert_eq!(a.may_begin(step), b.may_begin(step), "{step}");
        assert_eq!(a.is_awaited(step), b.is_awaited(step), "{step}");
    }
}
