//! Plans for tests, and a desk to push a run along by hand.

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexMap;
use jiff::{SignedDuration, Timestamp};
use naftiko_adapter::{Call, Method, Operation, Place, Response};
use naftiko_expr::{Expression, Template};
use naftiko_journal::{Event, Options, Record};
use naftiko_plan::{
    Action, Argument, Backoff, Edge, External, Input, Invoke, OnDoubt, Origin, Output, Plan, Poll, Reason,
    Retry, Slot, Step,
};
use serde_json::{Map, Value, json};

use crate::{Command, Run};

/// A step to be.
#[derive(Clone)]
pub(super) struct Draft {
    id: String,
    method: Option<Method>,
    key: bool,
    follows: Vec<String>,
    arguments: Vec<Argument>,
    poll: Option<Poll>,
    with: Option<IndexMap<String, Template>>,
    timeout: Option<SignedDuration>,
    retry: Retry,
    expect: Vec<Expression>,
}

fn draft(id: &str, method: Option<Method>) -> Draft {
    Draft {
        id: id.into(),
        method,
        key: false,
        follows: vec![],
        arguments: vec![],
        poll: None,
        with: None,
        timeout: None,
        retry: Retry::default(),
        expect: vec![],
    }
}

/// `GET /ID`.
pub(super) fn get(id: &str) -> Draft {
    draft(id, Some(Method::Get))
}

/// `POST /ID`.
pub(super) fn post(id: &str) -> Draft {
    draft(id, Some(Method::Post))
}

/// `POST /ID` with an idempotency key.
pub(super) fn keyed(id: &str) -> Draft {
    Draft { key: true, ..post(id) }
}

/// Done outside.
pub(super) fn external(id: &str) -> Draft {
    draft(id, None)
}

impl Draft {
    pub(super) fn after(mut self, ids: &[&str]) -> Self {
        self.follows.extend(ids.iter().map(|id| (*id).to_owned()));
        self
    }

    /// A property of the body.
    pub(super) fn body(self, name: &str, value: &str) -> Self {
        self.argument(Slot::Property(name.into()), value, false)
    }

    pub(super) fn query(self, name: &str, value: &str) -> Self {
        self.argument(Slot::Parameter(Place::Query, name.into()), value, false)
    }

    pub(super) fn argument(mut self, slot: Slot, value: &str, sensitive: bool) -> Self {
        let value = Template::parse_str(value).unwrap();
        self.arguments.push(Argument { slot, value, origin: Origin::Written, sensitive, optional: false });
        self
    }

    pub(super) fn until(mut self, condition: &str, timeout: SignedDuration) -> Self {
        self.poll = Some(Poll {
            until: Expression::parse(condition).unwrap(),
            fail_when: None,
            every: Backoff::default(),
            timeout,
            origin: Origin::Written,
        });
        self
    }

    pub(super) fn hands_over(mut self, name: &str, value: &str) -> Self {
        self.with.get_or_insert_default().insert(name.into(), Template::parse_str(value).unwrap());
        self
    }

    /// Of a poll: gives up when this holds, and waits so between two rounds.
    pub(super) fn fails_when(mut self, condition: &str, every: Backoff) -> Self {
        let poll = self.poll.as_mut().unwrap();
        poll.fail_when = Some(Expression::parse(condition).unwrap());
        poll.every = every;
        self
    }

    pub(super) fn expects(mut self, condition: &str) -> Self {
        self.expect.push(Expression::parse(condition).unwrap());
        self
    }

    pub(super) fn retries(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    pub(super) fn timeout(mut self, timeout: SignedDuration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    fn operation(&self) -> Option<Operation> {
        Some(Operation {
            provider: "acme".into(),
            id: format!("op.{}", self.id),
            method: self.method?,
            path: format!("/{}", self.id),
            parameters: vec![],
            body: None,
            responses: IndexMap::new(),
            definitions: Map::new(),
            idempotency_key: self.key.then(|| "Idempotency-Key".into()),
            deprecated: false,
        })
    }

    fn action(self) -> Action {
        if self.method.is_none() {
            return Action::External(Box::new(External { with: self.with, ..External::default() }));
        }
        Action::Invoke(Box::new(Invoke {
            capability: None,
            operation: self.id,
            arguments: self.arguments,
            poll: self.poll,
            retry: self.retry,
            timeout: self.timeout,
            expect: self.expect,
            on_doubt: OnDoubt::Ask,
        }))
    }
}

/// A composition to be.
#[derive(Clone, Default)]
pub(super) struct Composition {
    drafts: Vec<Draft>,
    inputs: Vec<Input>,
    outputs: Vec<Output>,
}

pub(super) fn composition(drafts: impl IntoIterator<Item = Draft>) -> Composition {
    Composition { drafts: drafts.into_iter().collect(), ..Composition::default() }
}

impl Composition {
    pub(super) fn input(mut self, name: &str, sensitive: bool) -> Self {
        let schema = json!({});
        self.inputs.push(Input {
            name: name.into(),
            schema,
            required: false,
            default: None,
            sensitive,
            description: None,
        });
        self
    }

    pub(super) fn output(mut self, name: &str, source: &str, sensitive: bool) -> Self {
        let source = Expression::parse(source).unwrap();
        self.outputs.push(Output { name: name.into(), source, sensitive, description: None });
        self
    }

    pub(super) fn plan(self) -> Arc<Plan> {
        let at: HashMap<_, _> = (0..).zip(&self.drafts).map(|(at, draft)| (draft.id.as_str(), at)).collect();
        let mut edges = Vec::new();
        for (to, draft) in self.drafts.iter().enumerate() {
            edges.extend(draft.follows.iter().map(|id| Edge {
                from: at[id.as_str()],
                to,
                reason: Reason::DependsOn,
            }));
        }
        let operations =
            self.drafts.iter().filter_map(|draft| Some((draft.id.clone(), draft.operation()?.into())));
        Arc::new(Plan {
            version: Plan::VERSION,
            name: "test".into(),
            sources: vec![],
            providers: IndexMap::new(),
            operations: operations.collect(),
            facts: IndexMap::new(),
            inputs: self.inputs,
            edges,
            steps: self.drafts.into_iter().map(|draft| Step::new(draft.id.clone(), draft.action())).collect(),
            outputs: self.outputs,
        })
    }
}

pub(super) fn object(value: Value) -> Map<String, Value> {
    let Value::Object(fields) = value else { panic!("not an object: {value}") };
    fields
}

pub(super) fn start() -> Timestamp {
    "2026-01-15T12:00:00Z".parse().unwrap()
}

pub(super) fn response(status: u16, body: Value) -> Response {
    Response { status, headers: IndexMap::new(), body }
}

/// A run, its records, and a clock that somebody turns by hand.
pub(super) struct Desk {
    pub(super) run: Run,
    pub(super) records: Vec<Record>,
    pub(super) now: Timestamp,
}

impl Desk {
    /// A run that has begun.
    pub(super) fn begin(plan: &Arc<Plan>, inputs: Value) -> Self {
        Self::begin_with(plan, inputs, Options::default())
    }

    pub(super) fn begin_with(plan: &Arc<Plan>, inputs: Value, options: Options) -> Self {
        let run = Run::new(Arc::clone(plan), object(inputs));
        let started = run.started(options);
        let mut desk = Self { run, records: vec![], now: start() };
        desk.record(started);
        desk
    }

    pub(super) fn record(&mut self, event: Event) {
        let seq = self.records.len() as u64 + 1;
        let record = Record { run: "run-1".into(), seq, at: self.now, event };
        self.run.apply(&record).unwrap();
        self.records.push(record);
    }

    /// The call that comes next, with its intent recorded.
    pub(super) fn call(&mut self) -> Call {
        let Some(Command::Invoke { intent, call }) = self.run.commands().into_iter().next() else {
            panic!("no call comes next")
        };
        self.record(intent);
        *call
    }

    /// The next attempt of a step that waits, begun when it is due.
    pub(super) fn call_again(&mut self) -> Call {
        let [Command::Wait { step, until, attempt }] = &self.run.commands()[..] else {
            panic!("nothing waits")
        };
        self.now = self.now.max(*until);
        let Some(Command::Invoke { intent, call }) = self.run.due(step) else {
            panic!("`{step}` is not due")
        };
        assert_eq!(*attempt, call.attempt);
        self.record(intent);
        *call
    }

    /// What is recorded for an answer, with the greatest jitter.
    pub(super) fn answer(&mut self, call: &Call, response: Response) -> Event {
        let event = self.run.closed_by_response(&call.step, call.attempt, response, self.now, 1.0);
        self.record(event.clone());
        event
    }
}

/// What an event says in short: its name, and why or until when.
pub(super) fn said(event: &Event) -> String {
    match event {
        Event::StepDelayed { until, failure, .. } => {
            let failure =
                failure.as_ref().map(|failure| format!(" ({})", failure.message)).unwrap_or_default();
            format!("stepDelayed {}s{failure}", until.duration_since(start()).as_secs_f64())
        }
        Event::StepFailed { failure, .. } | Event::StepInDoubt { failure, .. } => {
            format!("{} {:?}: {}", event.name(), failure.cause, failure.message)
        }
        other => other.name().to_owned(),
    }
}
