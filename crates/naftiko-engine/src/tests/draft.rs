//! Plans for tests.

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexMap;
use jiff::SignedDuration;
use naftiko_adapter::{Method, Operation, Parameter, Place, ResponseSpec};
use naftiko_expr::{Expression, Template};
use naftiko_plan::{
    Action, Argument, Auth, Backoff, Channel, Compensation, Edge, Embedded, External, Facts, ForEach, Input,
    Invoke, NextPage, OnDoubt, OnFailure, Origin, Output, Paginate, Plan, Poll, Provider, RateLimit, Reason,
    Retry, Slot, Step,
};
use serde_json::{Value, json};

/// The draft of a step.
#[derive(Clone)]
pub(super) struct Draft {
    id: String,
    does: Does,
    provider: &'static str,
    key: bool,
    follows: Vec<String>,
    arguments: Vec<Argument>,
    poll: Option<Poll>,
    paginate: Option<Paginate>,
    with: Option<IndexMap<String, Template>>,
    /// The optional inputs among them.
    optional: Vec<String>,
    timeout: Option<SignedDuration>,
    channel: (Channel, IndexMap<String, Template>),
    retry: Retry,
    expect: Vec<Expression>,
    on_doubt: OnDoubt,
    when: Option<Expression>,
    for_each: Option<ForEach>,
    on_failure: OnFailure,
    undo: Option<(Box<Draft>, bool)>,
    sensitive: Vec<Expression>,
    rate_limit: Option<RateLimit>,
    /// Query parameters by name, with their types.
    takes: Vec<(&'static str, &'static str)>,
    /// The described responses of the operation, by status.
    answers: IndexMap<String, ResponseSpec>,
}

#[derive(Clone)]
enum Does {
    Invokes(Method),
    Asks,
    Runs(Arc<Plan>),
}

fn draft(id: &str, does: Does) -> Draft {
    Draft {
        id: id.into(),
        does,
        provider: "acme",
        key: false,
        follows: vec![],
        arguments: vec![],
        poll: None,
        paginate: None,
        with: None,
        optional: vec![],
        timeout: None,
        channel: (Channel::Prompt, IndexMap::new()),
        retry: Retry::default(),
        expect: vec![],
        on_doubt: OnDoubt::Ask,
        when: None,
        for_each: None,
        on_failure: OnFailure::Fail,
        undo: None,
        sensitive: vec![],
        rate_limit: None,
        takes: vec![],
        answers: IndexMap::new(),
    }
}

/// A step that calls `GET /ID`.
pub(super) fn get(id: &str) -> Draft {
    draft(id, Does::Invokes(Method::Get))
}

/// A step that calls `POST /ID`.
pub(super) fn post(id: &str) -> Draft {
    draft(id, Does::Invokes(Method::Post))
}

/// A step that calls `POST /ID` with an idempotency key.
pub(super) fn keyed(id: &str) -> Draft {
    Draft { key: true, ..post(id) }
}

/// An external step.
pub(super) fn external(id: &str) -> Draft {
    draft(id, Does::Asks)
}

/// A step that runs another composition, whose inputs are the values handed over.
pub(super) fn embedded(id: &str, composition: Composition) -> Draft {
    draft(id, Does::Runs(composition.plan()))
}

fn query(name: &str, ty: &str) -> Parameter {
    Parameter::new(name, Place::Query, json!({ "type": ty }))
}

impl Draft {
    pub(super) fn after(mut self, ids: &[&str]) -> Self {
        self.follows.extend(ids.iter().map(|id| (*id).to_owned()));
        self
    }

    /// Adds a property of the body.
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

    /// Adds a query parameter to the description of the operation.
    pub(super) fn takes(mut self, name: &'static str, ty: &'static str) -> Self {
        self.takes.push((name, ty));
        self
    }

    pub(super) fn answers(mut self, status: &str, with: ResponseSpec) -> Self {
        self.answers.insert(status.into(), with);
        self
    }

    pub(super) fn name(&self) -> &str {
        &self.id
    }

    /// Makes the step paginate a list of at most `max` items in the field `items` of the body.
    pub(super) fn pages(mut self, next: NextPage, max: u32) -> Self {
        let items = vec!["items".to_owned()];
        self.paginate = Some(Paginate { items, next, max, origin: Origin::Written });
        self
    }

    pub(super) fn hands_over(mut self, name: &str, value: &str) -> Self {
        self.with.get_or_insert_default().insert(name.into(), Template::parse_str(value).unwrap());
        self
    }

    /// Adds an optional input of an inner composition, which may be absent.
    pub(super) fn hands_on(mut self, name: &str, value: &str) -> Self {
        self.optional.push(name.into());
        self.hands_over(name, value)
    }

    /// Puts the question in a message on this channel, with this setting.
    pub(super) fn tells(mut self, channel: Channel, setting: &str, value: &str) -> Self {
        self.channel.0 = channel;
        self.channel.1.insert(setting.into(), Template::parse_str(value).unwrap());
        self
    }

    /// Makes a poll fail when `condition` holds, and sets its interval.
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

    /// Sets the time limit of an attempt, or the wait for an answer.
    pub(super) fn timeout(mut self, timeout: SignedDuration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    pub(super) fn when(mut self, condition: &str) -> Self {
        self.when = Some(Expression::parse(condition).unwrap());
        self
    }

    pub(super) fn for_each(mut self, list: &str, concurrency: u32) -> Self {
        self.for_each = Some(ForEach { list: Expression::parse(list).unwrap(), concurrency });
        self
    }

    pub(super) fn continues(mut self) -> Self {
        self.on_failure = OnFailure::Continue;
        self
    }

    /// Sets the compensation.
    pub(super) fn undone_by(mut self, undo: Draft) -> Self {
        self.undo = Some((Box::new(undo), false));
        self
    }

    /// Sets the compensation, which also applies after failures.
    pub(super) fn undone_anyhow_by(mut self, undo: Draft) -> Self {
        self.undo = Some((Box::new(undo), true));
        self
    }

    pub(super) fn on_doubt(mut self, on_doubt: OnDoubt) -> Self {
        self.on_doubt = on_doubt;
        self
    }

    pub(super) fn at(mut self, provider: &'static str) -> Self {
        self.provider = provider;
        self
    }

    /// Marks a path into the response as sensitive.
    pub(super) fn keeps_secret(mut self, path: &str) -> Self {
        self.sensitive.push(Expression::parse(path).unwrap());
        self
    }

    /// Sets the rate limit of the operation.
    pub(super) fn limited(mut self, requests: u32, per: SignedDuration) -> Self {
        self.rate_limit = Some(RateLimit { requests, per });
        self
    }

    fn operation(&self) -> Option<Operation> {
        let Does::Invokes(method) = self.does else { return None };
        Some(Operation {
            parameters: self.takes.iter().map(|(name, ty)| query(name, ty)).collect(),
            responses: self.answers.clone(),
            idempotency_key: self.key.then(|| "Idempotency-Key".into()),
            ..Operation::new(self.provider, format!("op.{}", self.id), method, format!("/{}", self.id))
        })
    }

    fn invoke(self) -> Invoke {
        Invoke {
            capability: None,
            operation: self.id,
            arguments: self.arguments,
            poll: self.poll,
            paginate: self.paginate,
            retry: self.retry,
            timeout: self.timeout,
            expect: self.expect,
            on_doubt: self.on_doubt,
        }
    }

    fn step(mut self) -> Step {
        let undo = self.undo.take();
        let (id, when, for_each) = (self.id.clone(), self.when.take(), self.for_each.take());
        let on_failure = self.on_failure;
        let action = match self.does {
            Does::Asks => Action::External(Box::new(External {
                with: self.with,
                timeout: self.timeout,
                channel: self.channel.0,
                settings: self.channel.1,
                ..External::default()
            })),
            Does::Runs(plan) => Action::Composition(Embedded {
                plan,
                inputs: self.with.unwrap_or_default(),
                optional: self.optional,
            }),
            Does::Invokes(_) => Action::Invoke(Box::new(self.invoke())),
        };
        let compensate =
            undo.map(|(undo, after_failure)| Compensation { invoke: undo.invoke(), after_failure });
        Step { when, for_each, on_failure, compensate, ..Step::new(id, action) }
    }
}

/// The draft of a composition.
#[derive(Clone, Default)]
pub(super) struct Composition {
    drafts: Vec<Draft>,
    inputs: Vec<Input>,
    outputs: Vec<Output>,
    providers: IndexMap<String, Provider>,
}

pub(super) fn composition(drafts: impl IntoIterator<Item = Draft>) -> Composition {
    Composition { drafts: drafts.into_iter().collect(), ..Composition::default() }
}

/// Steps that follow one another.
pub(super) fn in_a_row(drafts: impl IntoIterator<Item = Draft>) -> Composition {
    let mut composition = composition(drafts);
    for at in 1..composition.drafts.len() {
        let before = composition.drafts[at - 1].id.clone();
        composition.drafts[at].follows.push(before);
    }
    composition
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

    /// Adds an input with a schema.
    pub(super) fn takes(self, name: &str, schema: Value) -> Self {
        self.input(name, false).of_schema(schema)
    }

    /// Sets the schema of the last input.
    pub(super) fn of_schema(mut self, schema: Value) -> Self {
        self.inputs.last_mut().unwrap().schema = schema;
        self
    }

    pub(super) fn required(self, name: &str) -> Self {
        let mut composition = self.input(name, false);
        composition.inputs.last_mut().unwrap().required = true;
        composition
    }

    pub(super) fn defaults(self, name: &str, value: Value) -> Self {
        let mut composition = self.input(name, false);
        composition.inputs.last_mut().unwrap().default = Some(value);
        composition
    }

    pub(super) fn output(mut self, name: &str, source: &str, sensitive: bool) -> Self {
        let source = Expression::parse(source).unwrap();
        self.outputs.push(Output { name: name.into(), source, sensitive, description: None });
        self
    }

    /// Sets the rate limit of a provider.
    pub(super) fn limited(mut self, provider: &str, requests: u32, per: SignedDuration) -> Self {
        let rate_limit = Some(RateLimit { requests, per });
        let provider_of = Provider { base_url: None, auth: Auth::None, source: String::new(), rate_limit };
        self.providers.insert(provider.into(), provider_of);
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
        let undoing = self.drafts.iter().filter_map(|draft| Some(draft.undo.as_ref()?.0.as_ref()));
        let all: Vec<&Draft> = self.drafts.iter().chain(undoing).collect();
        let operations = all.iter().filter_map(|draft| Some((draft.id.clone(), draft.operation()?.into())));
        let facts = all.iter().map(|draft| {
            let (sensitive, rate_limit) = (draft.sensitive.clone(), draft.rate_limit);
            (draft.id.clone(), Facts { sensitive, rate_limit, ..Facts::default() })
        });
        let facts = facts.filter(|(_, facts)| *facts != Facts::default());
        Arc::new(Plan {
            version: Plan::VERSION,
            name: "test".into(),
            sources: vec![],
            providers: self.providers,
            operations: operations.collect(),
            facts: facts.collect(),
            inputs: self.inputs,
            edges,
            steps: self.drafts.into_iter().map(Draft::step).collect(),
            outputs: self.outputs,
        })
    }
}
