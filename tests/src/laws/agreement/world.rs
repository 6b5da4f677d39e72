//! Checks and runs compositions in this process: on the mock, and over HTTP to a test server.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use naftiko_adapter::{
    Adapter, Answer, Call, Channel, Failure, FailureKind, Question, Response, Secrets, async_trait,
};
use naftiko_adapter_http::{Credential, Endpoint, HttpAdapter};
use naftiko_adapter_mock::MockAdapter;
use naftiko_diagnostics::Severity;
use naftiko_engine::{Cancellation, Driver, Limits, Run, TokioClock};
use naftiko_journal::{MemoryJournal, Options, Record};
use naftiko_plan::Plan;
use serde_json::{Map, Value};
use tokio::runtime::{Builder, Runtime};

use super::model::Media;
use super::server::{Request, Server};
use crate::check_files;

/// The result of checking a composition.
#[derive(Debug)]
pub(super) struct Verdict {
    /// The code and message of each error.
    pub(super) errors: Vec<(&'static str, String)>,
    pub(super) plan: Option<Plan>,
}

/// Checks a composition with its description.
pub(super) fn checked(composition: &Value, description: &Value) -> Verdict {
    let files = [
        ("test.yaml", composition.to_string()),
        ("shared/acme.yaml", super::describe::CAPABILITIES.to_owned()),
        ("shared/api.yaml", description.to_string()),
    ];
    let files = files.map(|(name, text)| (name.to_owned(), text.into_bytes()));
    let checked = check_files("test.yaml", files);
    let errors = checked.diagnostics.iter().filter(|found| found.severity() == Severity::Error);
    let errors = errors.map(|found| (found.code.id, found.message.clone())).collect();
    Verdict { errors, plan: checked.plan }
}

/// The outcome of the only call of a run: its response, or the reason why there is none.
pub(super) type Outcome = Result<Response, String>;

/// The test server, and the HTTP adapter that calls it.
pub(super) struct World {
    runtime: Runtime,
    server: Server,
    http: Arc<HttpAdapter>,
}

/// Shared by the process, since fuzz targets try thousands of cases.
static WORLD: LazyLock<Mutex<World>> = LazyLock::new(|| Mutex::new(World::new()));

/// Calls `work` with exclusive access to the world.
pub(super) fn with_world<T>(work: impl FnOnce(&World) -> T) -> T {
    work(&WORLD.lock().unwrap_or_else(PoisonError::into_inner))
}

impl World {
    fn new() -> Self {
        // A second installation fails, which does not matter.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let server = Server::start();
        let base_url = server.url.parse().expect("a URL");
        let endpoint = Endpoint { base_url, credential: Credential::None };
        let http = HttpAdapter::builder().endpoint("acme", endpoint).build().expect("an adapter");
        Self { runtime, server, http: Arc::new(http) }
    }

    /// Runs a plan on the mock.
    pub(super) fn mocked(&self, plan: &Plan, inputs: &Map<String, Value>) -> Outcome {
        self.run(plan, inputs, Arc::new(MockAdapter::new(7)))
    }

    /// Runs a plan over HTTP, with `answer` as the response to every request. Also returns the requests.
    pub(super) fn sent(
        &self,
        plan: &Plan,
        inputs: &Map<String, Value>,
        media: Media,
        answer: &Value,
    ) -> (Outcome, Vec<Request>) {
        let text = answer.as_str().filter(|_| !media.is_json());
        self.server.answer(media.name(), text.map_or_else(|| answer.to_string(), str::to_owned));
        let http: Arc<dyn Adapter> = Arc::clone(&self.http) as Arc<dyn Adapter>;
        let outcome = self.run(plan, inputs, http);
        (outcome, self.server.requests())
    }

    fn run(&self, plan: &Plan, inputs: &Map<String, Value>, adapter: Arc<dyn Adapter>) -> Outcome {
        let watched = Arc::new(Watched { adapter, seen: Mutex::default() });
        let mut run = Run::new(Arc::new(plan.clone()), inputs.clone());
        let journal = MemoryJournal::new();
        let mut driver = Driver {
            adapter: Arc::clone(&watched) as Arc<dyn Adapter>,
            channel: Arc::new(NoChannel),
            secrets: Secrets::default(),
            journal: &journal,
            clock: &TokioClock::new(),
            limits: Limits::default(),
            patience: None,
            deliveries: None,
            observe: &mut |_: &Record| {},
            wire: None,
            cancellation: Cancellation::new(),
        };
        let driven = self.runtime.block_on(driver.drive(&mut run, "run", Options::default()));
        driven.map_err(|error| error.to_string())?;
        let seen = watched.seen.lock().unwrap_or_else(PoisonError::into_inner).take();
        match seen {
            Some(outcome) => outcome.map_err(|failure| failure.message),
            None => Err("no call was made".to_owned()),
        }
    }
}

/// An adapter that records the outcome of the last call.
struct Watched {
    adapter: Arc<dyn Adapter>,
    seen: Mutex<Option<Result<Response, Failure>>>,
}

#[async_trait]
impl Adapter for Watched {
    async fn invoke(&self, call: &Call) -> Result<Response, Failure> {
        let outcome = self.adapter.invoke(call).await;
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome.clone());
        outcome
    }
}

/// A channel for compositions without external steps.
struct NoChannel;

#[async_trait]
impl Channel for NoChannel {
    async fn ask(&self, _: &Question) -> Result<Answer, Failure> {
        Err(Failure::new(FailureKind::Refused, "nobody is asked"))
    }
}
