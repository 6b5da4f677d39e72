//! Measures the cost of a check, also of a hostile document, and of a journal, the number of runs that one process can
//! drive, and the speed of resuming a long run.
//!
//! Run by `cargo xtask bench`. Values to compare are measured in the same run and reported as ratios, so that no
//! benchmark fails because a machine is slow.

#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark reads the clock itself, prints what it finds, and stops where it cannot measure"
)]

mod check;
mod growth;
mod server;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use indexmap::IndexMap;
use jiff::{SignedDuration, Timestamp};
use naftiko_engine::{Cancellation, Driver, Limits, Run, TokioClock};
use naftiko_journal::store::NewRun;
use naftiko_journal::{
    Entry, Event, Journal, MemoryJournal, Options, Record, Request, Standing, Status, Store,
};
use naftiko_plan::Plan;
use serde_json::{Map, Value, json};

const STEPS: usize = 50;
const WAITING: usize = 10_000;
const EVENTS: usize = 10_000;

const OPENAPI: &str = "openapi: 3.1.0
info: {title: Acme, version: '1'}
paths:
  /organizations:
    post:
      operationId: create
      requestBody:
        content: {application/json: {schema: {type: object, properties: {name: {type: string}}}}}
      responses:
        '200':
          description: made
          content: {application/json: {schema: {$ref: '#/components/schemas/Organization'}}}
  /organizations/{id}:
    get:
      operationId: get
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses:
        '200':
          description: found
          content: {application/json: {schema: {$ref: '#/components/schemas/Organization'}}}
components:
  schemas:
    Organization: {type: object, required: [id, state], properties: {id: {type: string}, state: {type: string}}}
";

fn main() {
    // `cargo test --benches` only checks that this starts; `cargo bench` passes this flag.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    check::check();
    println!();
    growth::growth();
    println!();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let _already_installed = rustls::crypto::ring::default_provider().install_default();
    println!("a chain of {STEPS} requests, each reading the one before");
    // No real provider responds at once: the first row shows the cost of the step itself. A provider in the same
    // building takes a millisecond, one across the internet ten or more.
    for delay in [0, 1, 10].map(Duration::from_millis) {
        runtime.block_on(chain(delay));
    }
    println!();
    resume();
    println!();
    waiting();
}

/// Checks a composition and returns its plan.
fn plan(folder: &Path, base_url: &str, body: &str) -> Plan {
    let capabilities = format!(
        "specification: Naftiko Capabilities\nspecificationVersion: '0.2'\nproviderId: acme\nbaseUrl: {base_url}\n\
         auth: {{type: none}}\nopenapi: openapi.yaml\ncapabilities: [{{id: all, operationIds: [create, get]}}]\n"
    );
    let composition = format!(
        "specification: Naftiko Capability Composition\nspecificationVersion: '0.2'\nname: Bench\nproviderId: acme\n{body}"
    );
    std::fs::create_dir_all(folder.join("shared")).expect("a folder");
    for (name, text) in
        [("shared/openapi.yaml", OPENAPI), ("shared/acme.yaml", &capabilities), ("bench.yaml", &composition)]
    {
        std::fs::write(folder.join(name), text).expect("a file");
    }
    let checked = naftiko_check::check(&folder.join("bench.yaml"), &naftiko_check::Options::default(), &Disk)
        .expect("it can be read");
    checked.plan.unwrap_or_else(|| panic!("{:#?}", checked.diagnostics))
}

struct Disk;

impl naftiko_spec::Files for Disk {
    fn read(&self, path: &Path) -> std::io::Result<Vec<u8>> {
        std::fs::read(path)
    }

    fn is_file(&self, path: &Path) -> bool {
        path.is_file()
    }

    fn absolute(&self, path: &Path) -> std::path::PathBuf {
        std::path::absolute(path).expect("a working folder")
    }
}

fn chain_of_posts() -> String {
    let mut body =
        "steps:\n  - {id: s0, capability: all, operation: create, with: {name: first}}\n".to_owned();
    for at in 1..STEPS {
        let before = at - 1;
        let _ = writeln!(
            body,
            "  - {{id: s{at}, capability: all, operation: create, with: {{name: '${{s{before}.id}}'}}}}"
        );
    }
    let _ = writeln!(body, "outputs: [{{name: id, source: s{}.id}}]", STEPS - 1);
    body
}

/// Sends equal requests in three ways: with the HTTP library alone, by the engine with a journal in memory, and with
/// one on disk.
async fn chain(delay: Duration) {
    let server = server::serve(delay);
    let folder = tempfile::tempdir().expect("a folder");
    let plan = Arc::new(plan(folder.path(), &server.url, &chain_of_posts()));
    let store = Store::open(&folder.path().join("state")).expect("a journal");
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let url = format!("{}/organizations", server.url);
    let mut bare = Vec::new();
    let mut in_memory = Vec::new();
    let mut on_disk = Vec::new();
    for round in 0..9 {
        let began = Instant::now();
        let mut name = "first".to_owned();
        for _ in 0..STEPS {
            let request = client.post(&url).header("content-type", "application/json");
            let answer = request.body(json!({ "name": name }).to_string()).send().await.expect("an answer");
            let answer: Value = serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("JSON");
            answer["id"].as_str().expect("an id").clone_into(&mut name);
        }
        bare.push(began.elapsed());
        in_memory.push(drive(&plan, &server.url, &MemoryJournal::new(), "memory").await);
        let id = format!("run-{round}");
        let text = serde_json::to_string(&*plan).expect("JSON");
        store.create_run(&new_run(&id, &text)).expect("a run");
        on_disk.push(drive(&plan, &server.url, &store, &id).await);
    }
    let (bare, in_memory, on_disk) = (median(bare), median(in_memory), median(on_disk));
    let ratio = |time: Duration| time.as_secs_f64() / bare.as_secs_f64();
    println!(
        "  answered after {:>2} ms: {:>6.1} ms by reqwest alone, {:.2} times that with the journal in memory, {:.2} \
         times on disk",
        delay.as_millis(),
        bare.as_secs_f64() * 1e3,
        ratio(in_memory),
        ratio(on_disk)
    );
}

fn new_run<'a>(id: &'a str, plan: &'a str) -> NewRun<'a> {
    static ORIGIN: std::sync::LazyLock<Value> =
        std::sync::LazyLock::new(|| json!({"folder": "/", "file": "bench.yaml"}));
    NewRun { id, composition: "Bench", plan, origin: &ORIGIN, at: Timestamp::now() }
}

async fn drive(plan: &Arc<Plan>, url: &str, journal: &dyn Journal, id: &str) -> Duration {
    let endpoint = naftiko_adapter_http::Endpoint {
        base_url: url.parse().expect("a URL"),
        credential: naftiko_adapter_http::Credential::None,
    };
    let adapter =
        naftiko_adapter_http::HttpAdapter::builder().endpoint("acme", endpoint).build().expect("an adapter");
    let mut driver = Driver {
        adapter: Arc::new(adapter),
        channel: Arc::new(naftiko_adapter_external::Silent),
        secrets: naftiko_adapter::Secrets::default(),
        journal,
        clock: &TokioClock::new(),
        limits: Limits::default(),
        patience: None,
        deliveries: None,
        observe: &mut |_: &Record| {},
        wire: None,
        cancellation: Cancellation::new(),
    };
    let mut run = Run::new(Arc::clone(plan), Map::new());
    let began = Instant::now();
    let standing = driver.drive(&mut run, id, Options::default()).await.expect("it goes through");
    let took = began.elapsed();
    assert_eq!(standing.status, Status::Succeeded);
    took
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// Measures how fast a new process resumes a run of ten thousand events.
fn resume() {
    let server = server::serve(Duration::ZERO);
    let folder = tempfile::tempdir().expect("a folder");
    let items = EVENTS / 2;
    let body = "inputs: [{name: names, type: array, items: string, required: true}]\nsteps:\n  - {id: create, capability: all, \
         operation: create, forEach: inputs.names, concurrency: 64, with: {name: '${item}'}}\n  - {id: ask, external: true}\n\
         outputs: [{name: made, source: len(create)}]\n";
    let _plan = plan(folder.path(), &server.url, body);
    let names: Vec<String> = (0..items.min(1000)).map(|at| format!("n{at}")).collect();
    let names: Vec<&String> = (0..items).map(|at| &names[at % names.len()]).collect();
    std::fs::write(folder.path().join("inputs.json"), json!({ "names": names }).to_string()).expect("a file");
    let ended = naftiko(folder.path(), &["run", "bench.yaml", "--inputs", "inputs.json", "--jobs", "64"]);
    assert_eq!(ended.code, Some(4), "{}", ended.text);
    let run = only_run(folder.path());
    let mut times: Vec<Duration> = (0..9).map(|_| naftiko(folder.path(), &["resume", &run]).took).collect();
    let nothing: Vec<Duration> = (0..9).map(|_| naftiko(folder.path(), &["--version"]).took).collect();
    times.sort();
    println!(
        "a run of {} events is taken up by a new process in {:.0} ms, of which {:.0} ms are the process",
        events_of(folder.path(), &run),
        median(times).as_secs_f64() * 1e3,
        median(nothing).as_secs_f64() * 1e3
    );
}

struct Ended {
    code: Option<i32>,
    text: String,
    took: Duration,
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_naftiko"));
    command.args(arguments).current_dir(folder).env_clear().env("XDG_STATE_HOME", folder.join("state"));
    command.stdin(Stdio::null());
    command
}

fn naftiko(folder: &Path, arguments: &[&str]) -> Ended {
    let began = Instant::now();
    let output = command(folder, arguments).output().expect("it starts");
    let took = began.elapsed();
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    Ended { code: output.status.code(), text, took }
}

fn only_run(folder: &Path) -> String {
    let listed = naftiko(folder, &["runs", "--json"]).text;
    let run: Value = serde_json::from_str(listed.lines().next().expect("a run")).expect("JSON");
    run["run"].as_str().expect("an id").to_owned()
}

fn events_of(folder: &Path, run: &str) -> usize {
    naftiko(folder, &["runs", "events", run]).text.lines().count()
}

/// Measures the memory of one process that drives ten thousand polling runs, and the delay of each poll.
fn waiting() {
    let server = server::serve(Duration::ZERO);
    let folder = tempfile::tempdir().expect("a folder");
    let body = "inputs: [{name: id, type: string, required: true}]\nsteps:\n  - id: wait\n    capability: all\n    operation: get\n    \
                with: {id: '${inputs.id}'}\n    poll: {until: response.body.state == 'active'}\noutputs: [{name: state, source: wait.state}]\n";
    let plan = plan(folder.path(), &server.url, body);
    let store = Store::open(&folder.path().join("state/naftiko")).expect("a journal");
    let first = Timestamp::now() + SignedDuration::from_secs(20);
    let spread = SignedDuration::from_secs(60);
    let dues = runtime_fill(&store, &plan, first, spread);
    drop(store);
    println!("{WAITING} runs wait, each due at another moment of {} s", spread.as_secs());
    let mut worker = command(folder.path(), &["work"]).stderr(Stdio::null()).spawn().expect("it starts");
    let last = first + spread;
    let mut most = 0;
    while Timestamp::now() < last + SignedDuration::from_secs(3) {
        most = most.max(resident(&worker));
        std::thread::sleep(Duration::from_millis(200));
    }
    let stopped = Command::new("kill").args(["-INT", &worker.id().to_string()]).status().expect("kill");
    assert!(stopped.success());
    worker.wait().expect("it ends");
    let asked = server.asked.lock().expect("nobody panics there");
    let at: HashMap<&str, SystemTime> =
        asked.iter().filter_map(|(at, path)| Some((path.strip_prefix("/organizations/")?, *at))).collect();
    let mut late: Vec<Duration> = dues
        .iter()
        .filter_map(|(id, due)| at.get(id.as_str())?.duration_since(SystemTime::from(*due)).ok())
        .collect();
    late.sort();
    let share = |hundredths: usize| {
        let at = late.get(late.len() * hundredths / 100).or(late.last());
        at.map_or(0.0, |late| late.as_secs_f64() * 1e3)
    };
    println!(
        "  {} were asked about; half of them within {:.0} ms of being due, 99 of 100 within {:.0} ms, the last {:.0} ms; \
         {} MB at most",
        late.len(),
        share(50),
        share(99),
        share(100),
        most / 1024
    );
}

/// Stores runs that have polled once. Returns each run with the time of its next poll.
fn runtime_fill(
    store: &Store,
    plan: &Plan,
    first: Timestamp,
    spread: SignedDuration,
) -> Vec<(String, Timestamp)> {
    let text = serde_json::to_string(plan).expect("JSON");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut dues = Vec::with_capacity(WAITING);
        let mut tasks = tokio::task::JoinSet::new();
        for at in 0..WAITING {
            let id = format!("run-{at:05}");
            let due = first + spread * i32::try_from(at).expect("few") / i32::try_from(WAITING).expect("few");
            store.create_run(&new_run(&id, &text)).expect("a run");
            let (store, run) = (store.clone(), id.clone());
            tasks.spawn(async move {
                let standing = Standing { status: Status::Waiting, due: Some(due) };
                store.append(&run, begun(&run, due), standing).await.expect("kept");
            });
            dues.push((id, due));
        }
        while tasks.join_next().await.is_some() {}
        dues
    })
}

fn begun(run: &str, due: Timestamp) -> Vec<Entry> {
    let inputs = json!({ "id": run }).as_object().cloned().expect("an object");
    let request = Request {
        operation: "get".into(),
        method: "GET".into(),
        path: "/organizations/{id}".into(),
        arguments: IndexMap::from([("id".into(), json!(run))]),
    };
    let events = [
        Event::RunStarted {
            composition: "Bench".into(),
            inputs,
            withheld: vec![],
            options: Options::default(),
        },
        Event::AttemptStarted { step: "wait".into(), attempt: 1, request },
        Event::StepDelayed { step: "wait".into(), attempt: 1, until: due, failure: None },
    ];
    let entry = |(seq, event): (u64, Event)| {
        let record = Record { run: run.to_owned(), seq, at: Timestamp::now(), event };
        Entry { shown: record.event.clone(), record }
    };
    (1..).zip(events).map(entry).collect()
}

/// The resident memory of a process, in kilobytes.
fn resident(process: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or(0)
}
