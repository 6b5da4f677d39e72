//! Drives a run from its start to its end while processes are killed.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use naftiko_journal::store::Summary;
use naftiko_journal::{Event, Record, Status};
use serde_json::{Value, json};

use crate::compositions::Composition;
use crate::process::{Ended, KEY, Place, Running};
use crate::server::{Cut, Gate, PIN, Seen, Server, TOKEN};

/// The moment at which a process is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Death {
    /// Once this record is durable, before it has any consequence.
    After(u64),
    /// Once this many further records are durable.
    AfterMore(u64),
    /// During its request with this number.
    During(usize, Cut),
}

/// The commands that drive the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Driving {
    /// `naftiko run`, then `naftiko resume`.
    Resume,
    /// `naftiko run --detach`, then `naftiko work --once`.
    Work,
}

/// The result of the run, and what happened on the way.
#[derive(Debug, Default)]
pub(crate) struct Lived {
    pub(crate) status: String,
    pub(crate) outputs: Value,
    pub(crate) records: Vec<Record>,
    pub(crate) seen: Vec<Seen>,
    /// The requests that were resolved as not happened.
    pub(crate) not_happened: Vec<String>,
    /// The number of processes that were killed.
    pub(crate) deaths: usize,
    /// The commands and their output, for error messages.
    pub(crate) story: String,
}

/// The driver of one run.
pub(crate) struct Life<'a> {
    composition: &'a Composition,
    place: &'a Place,
    server: &'a Server,
    driving: Driving,
    deaths: VecDeque<Death>,
    lived: Lived,
    is_cancelled: bool,
}

/// The maximum number of commands for a run.
const MOST_COMMANDS: usize = 60;

impl<'a> Life<'a> {
    pub(crate) fn new(
        composition: &'a Composition,
        place: &'a Place,
        server: &'a Server,
        driving: Driving,
        deaths: &[Death],
    ) -> Self {
        let deaths = deaths.iter().copied().collect();
        Self { composition, place, server, driving, deaths, lived: Lived::default(), is_cancelled: false }
    }

    /// Drives the run to its end.
    pub(crate) fn live(mut self) -> Lived {
        self.place.forget();
        self.server.reset();
        for _ in 0..MOST_COMMANDS {
            match self.place.run() {
                None => self.begin(),
                Some(run) if run.status.is_over() => return self.end(&run),
                Some(run) => self.go_on(&run),
            }
        }
        panic!("it comes to no end:\n{}", self.lived.story)
    }

    fn begin(&mut self) {
        let base_url = self.server.base_url();
        let mut arguments = vec!["run", "composition.yaml", "--base-url", &base_url, "--accept-inferred"];
        for secret in self.composition.secrets {
            arguments.extend(["--input", secret]);
        }
        match self.driving {
            Driving::Resume => {
                arguments.push("--json");
                let ended = self.command(&arguments, true);
                self.check(&ended);
            }
            // Only the driving process is killed. All such runs start alike, so the start is done once and then
            // restored.
            Driving::Work if self.place.recall() => {}
            Driving::Work => {
                arguments.push("--detach");
                let ended = self.command(&arguments, false);
                assert_eq!(ended.code, Some(4), "{}", self.lived.story);
                self.place.remember();
            }
        }
        if let (None, Some(store)) = (self.place.run(), self.place.store()) {
            self.refuses_what_never_began(&store.runs().unwrap());
        }
    }

    /// A run that was killed before its first record: nothing was sent, and the command says so.
    fn refuses_what_never_began(&mut self, runs: &[Summary]) {
        for run in runs {
            let ended = self.command(&["resume", &run.id], false);
            assert_eq!(ended.code, Some(2), "{}", self.lived.story);
            assert!(ended.stderr.contains("nothing was sent; run the composition again"), "{}", ended.stderr);
        }
    }

    fn go_on(&mut self, run: &Summary) {
        let records = self.place.records(&run.id);
        if let Some(doubt) = in_doubt(&records) {
            return self.resolve(run, &records, &doubt);
        }
        let waits_long = |due: Timestamp| due.duration_since(run.updated) > SignedDuration::from_mins(1);
        if run.status == Status::Waiting && run.due.is_none_or(waits_long) {
            return self.somebody_acts(run, &records);
        }
        // A failed compensation is retried only by `resume`, not by `work`.
        if self.driving == Driving::Work && run.status != Status::Compensating {
            if let Some(due) = run.due {
                let left = due.duration_since(records.last().unwrap().at);
                std::thread::sleep(
                    Duration::try_from(left).unwrap_or_default().min(Duration::from_millis(50)),
                );
            }
            let ended = self.command(&["work", "--once"], true);
            assert!(matches!(ended.code, None | Some(0)), "{}", self.lived.story);
            return;
        }
        let mut arguments = vec!["resume", &run.id, "--json"];
        for secret in self.composition.secrets {
            arguments.extend(["--input", secret]);
        }
        let ended = self.command(&arguments, true);
        self.check(&ended);
    }

    /// Resolves a doubt truthfully, with what the server knows: whether it acted, and its response.
    fn resolve(&mut self, run: &Summary, records: &[Record], step: &str) {
        let seen = self.server.seen();
        let acted = seen.iter().find(|seen| seen.acted && is_of(seen, records, step));
        let answer = acted.map(|seen| seen.answer.to_string());
        let mut arguments = vec!["resolve", &run.id, step];
        match &answer {
            Some(answer) => arguments.extend(["--happened", answer]),
            None => arguments.push("--did-not-happen"),
        }
        let ended = self.command(&arguments, true);
        // If the command was killed, it may or may not have taken effect; in the latter case it is run again.
        assert!(matches!(ended.code, None | Some(0)), "{}", self.lived.story);
        let is_settled = in_doubt(&self.place.records(&run.id)).as_deref() != Some(step);
        if is_settled && acted.is_none() {
            let mut lines = seen.iter().filter(|seen| is_of(seen, records, step)).map(Seen::line);
            self.lived.not_happened.extend(lines.next_back());
        }
    }

    /// Cancels the run or answers its question; again if the command was killed before it took effect.
    fn somebody_acts(&mut self, run: &Summary, records: &[Record]) {
        let (asked, answer);
        let arguments = match self.composition.cancelled {
            Some(compensate) => {
                assert!(!std::mem::replace(&mut self.is_cancelled, true), "{}", self.lived.story);
                if compensate { vec!["cancel", &run.id, "--compensate"] } else { vec!["cancel", &run.id] }
            }
            None => {
                let Some(open) = open_question(records) else {
                    panic!("it waits for nobody: {}\n{}", json!(records), self.lived.story)
                };
                asked = open;
                let found = self.composition.answers.iter().find(|(step, _)| *step == asked);
                answer = found.expect("there is an answer").1;
                vec!["complete", &run.id, asked.as_str(), "--result", answer]
            }
        };
        let first = self.command(&arguments, true);
        if first.code.is_none() {
            let again = self.command(&arguments, true);
            assert_eq!(again.code, Some(0), "{}", self.lived.story);
        } else {
            assert_eq!(first.code, Some(0), "{}", self.lived.story);
        }
    }

    /// Runs a command. If it `may_die`, it is killed at the next planned moment.
    fn command(&mut self, arguments: &[&str], may_die: bool) -> Ended {
        let mut command = self.place.command(arguments);
        let death = self.deaths.front().copied().filter(|_| may_die);
        let seq = match death {
            Some(Death::After(seq)) => Some(seq),
            Some(Death::AfterMore(more)) => Some(self.place.run().map_or(0, |run| run.events) + more),
            _ => None,
        };
        if let Some(seq) = seq {
            command.env("NAFTIKO_TEST_HALT_AFTER", seq.to_string());
        }
        let running = Running::start(command);
        if let Some(Death::During(at, cut)) = death {
            self.server.gate(Some(Gate { at, cut, pass: Box::new(running.killer()) }));
        }
        let ended = running.end();
        self.server.gate(None);
        if ended.code.is_none() {
            self.lived.deaths += 1;
            self.deaths.pop_front();
            // Requests that were sent may still be in transit.
            self.server.seen();
        }
        let fate = ended.code.map_or_else(|| "killed".to_owned(), |code| code.to_string());
        writeln!(self.lived.story, "$ naftiko {} -> {fate}\n{}", arguments.join(" "), ended.told()).unwrap();
        for secret in [TOKEN, PIN, KEY] {
            assert!(!ended.told().contains(secret), "a secret is told:\n{}", self.lived.story);
        }
        ended
    }

    /// Asserts that the exit code of a command agrees with the journal.
    fn check(&mut self, ended: &Ended) {
        let Some(code) = ended.code else { return };
        let run = self.place.run().expect("it has begun");
        let expected = match run.status {
            Status::Succeeded => 0,
            Status::Failed | Status::Compensated | Status::Compensating => 3,
            Status::Running | Status::Waiting => 4,
            Status::InDoubt => 5,
            Status::Cancelled => 6,
        };
        assert_eq!(code, expected, "{}", self.lived.story);
        assert_eq!(ended.outcome()["outcome"], json!(run.status), "{}", self.lived.story);
    }

    fn end(mut self, run: &Summary) -> Lived {
        let store = self.place.store().unwrap();
        assert_eq!(store.verify().unwrap(), [""; 0], "{}", self.lived.story);
        drop(store);
        self.holds_no_secret();
        let real = |text: &str| text.replace(&run.id, "RUN");
        let records = self.place.records(&run.id);
        if let Some(Event::RunFinished { status, outputs, .. }) = records.last().map(|record| &record.event) {
            status.as_str().clone_into(&mut self.lived.status);
            self.lived.outputs = serde_json::from_str(&real(&json!(outputs).to_string())).unwrap();
        }
        let mut seen = self.server.seen();
        for seen in &mut seen {
            seen.body = serde_json::from_str(&real(&seen.body.to_string())).unwrap();
            seen.key = seen.key.as_deref().map(real);
        }
        self.lived.not_happened = self.lived.not_happened.iter().map(|line| real(line)).collect();
        for record in &records {
            writeln!(self.lived.story, "{}", serde_json::to_string(record).unwrap()).unwrap();
        }
        for seen in &seen {
            writeln!(self.lived.story, "{} acted: {}", seen.line(), seen.acted).unwrap();
        }
        (self.lived.records, self.lived.seen) = (records, seen);
        self.lived
    }

    fn holds_no_secret(&self) {
        for secret in [TOKEN, PIN, KEY] {
            assert!(!self.place.holds(secret), "the journal holds a secret:\n{}", self.lived.story);
        }
    }
}

/// The first step that is in doubt.
fn in_doubt(records: &[Record]) -> Option<String> {
    let mut doubts: Vec<&str> = Vec::new();
    for record in records {
        match &record.event {
            Event::StepInDoubt { step, .. } => doubts.push(step),
            Event::DoubtResolved { step, .. } => doubts.retain(|doubt| doubt != step),
            _ => {}
        }
    }
    doubts.first().map(|step| (*step).to_owned())
}

/// The first step that was asked and has no outcome.
fn open_question(records: &[Record]) -> Option<String> {
    let mut asked: Vec<&str> = Vec::new();
    for record in records {
        match &record.event {
            Event::StepAsked { step, .. } => asked.push(step),
            Event::StepSucceeded { step, .. } | Event::StepFailed { step, .. } => {
                asked.retain(|asked| asked != step);
            }
            _ => {}
        }
    }
    asked.first().map(|step| (*step).to_owned())
}

/// Whether a request is the last one of a step, as far as the journal shows this.
fn is_of(seen: &Seen, records: &[Record], step: &str) -> bool {
    let sent = records.iter().rev().find_map(|record| match &record.event {
        Event::AttemptStarted { step: of, request, .. } if of == step => Some(request),
        _ => None,
    });
    let Some(sent) = sent else { return false };
    let mut path = sent.path.clone();
    let mut body = serde_json::Map::new();
    for (name, value) in &sent.arguments {
        let slot = format!("{{{name}}}");
        if path.contains(&slot) {
            path = path.replace(&slot, value.as_str().unwrap_or_default());
        } else {
            body.insert(name.clone(), value.clone());
        }
    }
    let fits = |shown: &Value, real: &Value| shown == "***" || shown == real;
    let is_body = body.iter().all(|(name, shown)| fits(shown, &seen.body[name]));
    seen.method == sent.method && seen.path == path && is_body
}
