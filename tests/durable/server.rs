//! The provider of these tests: small, deterministic, with an exact record of what reached it.
//!
//! The id of a thing consists of its name and the number of things with that name, so that a repeated request shows in
//! every output.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

/// The only valid token.
pub(crate) const TOKEN: &str = "tok-7f3a91c2e8";
/// The only valid pin.
pub(crate) const PIN: &str = "pin-55aa0b71";

/// A request that reached the server.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) body: Value,
    pub(crate) key: Option<String>,
    /// Whether the request had an effect; never for a read.
    pub(crate) acted: bool,
    /// The response, whether or not it was sent.
    pub(crate) answer: Value,
}

impl Seen {
    pub(crate) fn is_safe(&self) -> bool {
        self.method == "GET"
    }

    /// The request in one line.
    pub(crate) fn line(&self) -> String {
        format!("{} {} {}", self.method, self.path, self.body)
    }
}

/// The point at which a request is cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// After arrival, before any effect.
    BeforeActing,
    /// After the effect, before the response.
    BeforeAnswering,
    /// Nowhere: the response is sent, but late.
    Nowhere,
}

/// An interception of one request, which usually kills the client.
pub(crate) struct Gate {
    /// The number of the request since the gate was set, from 1.
    pub(crate) at: usize,
    pub(crate) cut: Cut,
    /// Called at the request; returns when the request may continue.
    pub(crate) pass: Box<dyn Fn() + Send>,
}

#[derive(Default)]
struct State {
    seen: Vec<Seen>,
    made: BTreeMap<String, usize>,
    /// The responses by idempotency key.
    keyed: BTreeMap<String, (u16, Value)>,
    /// The number of requests so far that failed temporarily.
    troubled: BTreeMap<String, usize>,
    reads: BTreeMap<String, usize>,
    gone: BTreeSet<String>,
    /// Whether nothing becomes active for the time being.
    is_held: bool,
    gate: Option<Gate>,
    since_gate: usize,
    connections: usize,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    idle: Condvar,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The provider, running as long as the test.
#[derive(Clone)]
pub(crate) struct Server {
    shared: Arc<Shared>,
    port: u16,
}

impl Server {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared::default());
        let answering = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                answering.state().connections += 1;
                let shared = Arc::clone(&answering);
                thread::spawn(move || {
                    serve(&shared, &stream);
                    drop(stream);
                    shared.state().connections -= 1;
                    shared.idle.notify_all();
                });
            }
        });
        Self { shared, port }
    }

    /// The value for `--base-url`.
    pub(crate) fn base_url(&self) -> String {
        format!("shop=http://127.0.0.1:{}", self.port)
    }

    /// Resets the provider for the next run.
    pub(crate) fn reset(&self) {
        self.settle();
        *self.shared.state() = State::default();
    }

    /// Sets or removes a gate.
    pub(crate) fn gate(&self, gate: Option<Gate>) {
        let mut state = self.shared.state();
        state.gate = gate;
        state.since_gate = 0;
    }

    /// Sets whether things are held inactive.
    pub(crate) fn hold(&self, held: bool) {
        self.shared.state().is_held = held;
    }

    /// Returns once a request with this method has arrived.
    pub(crate) fn wait_for(&self, method: &str) {
        wait_until(|| self.shared.state().seen.iter().any(|seen| seen.method == method));
    }

    /// The requests so far, once no client is connected; requests of killed clients may still be read until then.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.settle();
        self.shared.state().seen.clone()
    }

    fn settle(&self) {
        let state = self.shared.state();
        let (_state, waited) = self
            .shared
            .idle
            .wait_timeout_while(state, Duration::from_secs(20), |state| state.connections > 0)
            .unwrap_or_else(PoisonError::into_inner);
        assert!(!waited.timed_out(), "somebody is still connected");
    }
}

/// Waits until the condition holds; fails after 30 seconds.
pub(crate) fn wait_until(mut is_so: impl FnMut() -> bool) {
    for _ in 0..3000 {
        if is_so() {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("it does not come to that");
}

/// Serves the requests of a connection until it ends.
fn serve(shared: &Shared, stream: &TcpStream) {
    let mut reader = BufReader::new(stream);
    while let Some(request) = Request::read(&mut reader) {
        if !handle(shared, &request, stream) {
            return;
        }
    }
}

struct Request {
    method: String,
    path: String,
    key: Option<String>,
    body: Value,
}

impl Request {
    fn read(reader: &mut impl BufRead) -> Option<Self> {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let mut words = line.split_whitespace();
        let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
        let (mut key, mut length) = (None, 0);
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).ok().filter(|read| *read > 0)?;
            let Some((name, value)) = header.trim_end().split_once(':') else { break };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.trim().parse().unwrap(),
                "idempotency-key" => key = Some(value.trim().to_owned()),
                _ => {}
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let body = serde_json::from_slice(&body).unwrap_or_default();
        Some(Self { method, path, key, body })
    }
}

/// The response to a request.
enum Answer {
    Status(u16, Value),
    /// The connection is closed without a response.
    Silence,
    /// No response, for longer than any client waits.
    Late,
}

/// Handles a request. Returns whether the connection continues.
fn handle(shared: &Shared, request: &Request, mut stream: &TcpStream) -> bool {
    let mut state = shared.state();
    state.since_gate += 1;
    let at = state.since_gate;
    let gate = if state.gate.as_ref().is_some_and(|gate| gate.at == at) { state.gate.take() } else { None };
    let seen = |answer: &Value, acted| Seen {
        method: request.method.clone(),
        path: request.path.clone(),
        body: request.body.clone(),
        key: request.key.clone(),
        acted,
        answer: answer.clone(),
    };
    if let Some(gate) = gate.as_ref().filter(|gate| gate.cut == Cut::BeforeActing) {
        let entry = seen(&Value::Null, false);
        state.seen.push(entry);
        drop(state);
        (gate.pass)();
        return false;
    }
    let (answer, acted) = act(&mut state, request);
    let body = match &answer {
        Answer::Status(_, body) => body.clone(),
        Answer::Silence | Answer::Late => thing(&request.body["name"], 1),
    };
    let entry = seen(&body, acted);
    state.seen.push(entry);
    drop(state);
    if let Some(gate) = gate {
        (gate.pass)();
        if gate.cut == Cut::BeforeAnswering {
            return false;
        }
    }
    match answer {
        Answer::Silence => false,
        Answer::Late => {
            // Waits until the client has closed the connection.
            let _gone = stream.read(&mut [0]);
            false
        }
        Answer::Status(status, body) => {
            let body = if body.is_null() { String::new() } else { body.to_string() };
            let head = format!(
                "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            stream.write_all((head + &body).as_bytes()).is_ok()
        }
    }
}

fn thing(name: &Value, count: usize) -> Value {
    let name = name.as_str().unwrap_or("nameless");
    json!({"id": format!("{name}.{count}"), "name": name, "state": "active"})
}

/// The response to a request, and whether the request had an effect.
fn act(state: &mut State, request: &Request) -> (Answer, bool) {
    if let Some((status, body)) = request.key.as_ref().and_then(|key| state.keyed.get(key)) {
        return (Answer::Status(*status, body.clone()), false);
    }
    let (answer, acted) = route(state, request);
    if let (Some(key), Answer::Status(status @ 200..=299, body)) = (&request.key, &answer) {
        state.keyed.insert(key.clone(), (*status, body.clone()));
    }
    (answer, acted)
}

fn route(state: &mut State, request: &Request) -> (Answer, bool) {
    let mut make = || {
        let name = request.body["name"].as_str().unwrap_or("nameless").to_owned();
        let count = state.made.entry(name).or_default();
        *count += 1;
        thing(&request.body["name"], *count)
    };
    let mut count = |what: &str| {
        let count = state.troubled.entry(what.to_owned()).or_default();
        *count += 1;
        *count
    };
    let refused = |status, why: &str| (Answer::Status(status, json!({"message": why})), false);
    match (request.method.as_str(), request.path.as_str()) {
        ("POST", "/things") => (Answer::Status(201, make()), true),
        ("GET", "/things") => {
            let made = state.made.iter().filter(|(name, _)| !state.gone.contains(&format!("{name}.1")));
            let data: Vec<Value> = made.map(|(name, count)| thing(&json!(name), *count)).collect();
            (Answer::Status(200, json!({ "data": data })), false)
        }
        ("POST", "/refused") => refused(422, "nobody wants that"),
        ("POST", "/flaky") if count("flaky") == 1 => refused(503, "not now"),
        ("GET", "/flaky") if count("read") <= 2 => refused(500, "not now"),
        ("GET", "/flaky") => (Answer::Status(200, json!({"data": []})), false),
        ("GET", "/slow") if count("slow") == 1 => (Answer::Late, false),
        ("GET", "/slow") => (Answer::Status(200, thing(&json!("slow"), 1)), false),
        ("POST", "/vanish") if count("vanish") == 1 => {
            make();
            (Answer::Silence, true)
        }
        ("POST", "/lose") if count("lose") == 1 => (Answer::Silence, false),
        ("POST", "/again") => (Answer::Status(201, thing(&request.body["name"], 1)), true),
        ("POST", "/flaky" | "/vanish" | "/lose") => (Answer::Status(201, make()), true),
        ("DELETE", path) if path.starts_with("/stubborn/") && count(path) == 1 => refused(500, "it sticks"),
        ("DELETE", path) => {
            if state.gone.insert(path.rsplit('/').next().unwrap_or_default().to_owned()) {
                (Answer::Status(204, Value::Null), true)
            } else {
                refused(404, "it is gone already")
            }
        }
        ("POST", "/tokens") => {
            make();
            (Answer::Status(201, json!({"id": "token.1", "token": TOKEN})), true)
        }
        ("POST", "/uses") if request.body["token"] != TOKEN => refused(400, "that is not the token"),
        ("POST", "/pinned") if request.body["pin"] != PIN => refused(400, "that is not the pin"),
        // The response echoes the pin, as some providers do.
        ("POST", "/pinned") => {
            (Answer::Status(201, json!({"id": "p.1", "name": PIN, "state": "active"})), true)
        }
        ("POST", "/uses") => (Answer::Status(201, make()), true),
        // Three pages, of which the second is not available at first.
        ("GET", "/pages?after=b") if count("page") == 1 => refused(503, "not now"),
        ("GET", path) if path.starts_with("/pages") => {
            let (items, after) = match path.trim_start_matches("/pages") {
                "" => (["a", "b"].as_slice(), Some("b")),
                "?after=b" => (["c", "d"].as_slice(), Some("d")),
                "?after=d" => (["e"].as_slice(), None),
                _ => return refused(400, "there is no such page"),
            };
            let items: Vec<Value> = items.iter().map(|id| json!({ "id": id })).collect();
            (Answer::Status(200, json!({"data": items, "list_metadata": {"after": after}})), false)
        }
        ("GET", path) => {
            let name = path.trim_start_matches("/things/").to_owned();
            let reads = state.reads.entry(name.clone()).or_default();
            *reads += 1;
            let state = if *reads > 2 && !state.is_held { "active" } else { "pending" };
            (Answer::Status(200, json!({"id": name, "name": name, "state": state})), false)
        }
        _ => refused(404, "there is no such thing"),
    }
}
