//! The onboarding composition against the emulator of `WorkOS`, run by the real binary.
//!
//! The emulator is the npm package `workos`, pinned under `tests/e2e`; `cargo xtask e2e` installs it, builds the binary
//! and runs this test, which then fails if it would otherwise be skipped. The test plays the customer's IT admin: it
//! watches the events of the run and acts when the run waits.
//!
//! Differences between the emulator and the published description, which the run tolerates:
//! * `POST /portal/generate_link` answers 200, not 201, and demands `intent`, which the description leaves optional;
//! * `POST /organizations` ignores `domains` (it keeps `domain_data` only) and gives `stripe_customer_id: null`, where
//!   the description has a string;
//! * a connection has no `status`, which the description demands;
//! * `GET /directory_users` filters by `directory_id` and not by `directory`: the step gets the users of every
//!   directory. What is sent is therefore asserted on the wire and not by what comes back.
#![expect(clippy::disallowed_methods, reason = "a test reads its environment and its files itself")]

mod killed;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

/// The default API key of the emulator.
const KEY: &str = "sk_test_default";

/// The longest time without output.
const PATIENCE: Duration = Duration::from_secs(30);

#[test]
fn a_customer_is_onboarded_while_its_it_admin_works() {
    let Some(binary) = ready() else { return };
    let mut emulator = Emulator::start();
    // A customer with a complete setup. A list that is not restricted to the new customer would find it.
    let other = emulator.ask(&json!({"do": "createOrganization", "name": "Initech"}));
    emulator.ask(&json!({"do": "createConnection", "organization": other["id"]}));
    emulator.ask(&json!({"do": "linkDirectory", "organization": other["id"]}));

    let mut run = Run::start(&binary, emulator.port);
    let mut admin = Admin::default();
    while let Some(line) = run.stdout.next() {
        admin.watch(&line, &mut emulator);
        run.lines.push(line);
    }
    assert_eq!(run.wait().code(), Some(0));

    let (outcome, events) = run.lines.split_last().unwrap();
    assert_outcome(outcome, &emulator.has(&other), &admin);
    assert_events(events);
    assert_wire(&emulator.requests(), &admin);
    assert!(!run.told().contains(KEY), "the run tells the key");
}

/// The actions of the customer's IT admin so far.
#[derive(Default)]
struct Admin {
    waits: BTreeMap<String, usize>,
    organization: Value,
    connection: Value,
    directory: Value,
}

impl Admin {
    /// Acts when the run waits: on the second wait for a connection, on the first for a directory.
    fn watch(&mut self, line: &Value, emulator: &mut Emulator) {
        if line["event"] != "stepDelayed" {
            return;
        }
        let step = line["step"].as_str().unwrap().to_owned();
        let waits = self.waits.entry(step.clone()).or_default();
        *waits += 1;
        match (step.as_str(), *waits) {
            ("poll-connection-active", 2) => {
                self.organization = emulator.organization("Acme Inc.");
                let order = json!({"do": "createConnection", "organization": self.organization["id"]});
                self.connection = emulator.ask(&order);
            }
            ("verify-directory", 1) => {
                let order = json!({"do": "linkDirectory", "organization": self.organization["id"]});
                self.directory = emulator.ask(&order);
            }
            _ => {}
        }
    }
}

/// The outputs equal the emulator's data, and nothing exists twice.
fn assert_outcome(outcome: &Value, has: &BTreeMap<&str, Vec<Value>>, admin: &Admin) {
    assert_eq!(has["organizations"], [admin.organization["id"].clone()]);
    assert_eq!(has["connections"], [admin.connection["id"].clone()]);
    assert_eq!(has["directories"], [admin.directory["id"].clone()]);
    assert_eq!(outcome["outcome"], "succeeded");
    let organization = admin.organization["id"].as_str().unwrap();
    let outputs = &outcome["outputs"];
    assert_eq!(outputs["organization_id"], admin.organization["id"]);
    assert_eq!(outputs["connection_id"], admin.connection["id"]);
    assert_eq!(outputs["directory_id"], admin.directory["id"]);
    let link = outputs["admin_portal_link"].as_str().unwrap();
    assert!(link.ends_with(&format!("/portal/sso/{organization}")), "`{link}`");
    assert_eq!(outputs.as_object().unwrap().len(), 4);
}

/// The events belong to one run and are numbered from 1 without gaps, and every step succeeded once, in order.
fn assert_events(events: &[Value]) {
    let numbers: Vec<u64> = events.iter().filter_map(|event| event["seq"].as_u64()).collect();
    assert_eq!(numbers, (1..=events.len() as u64).collect::<Vec<_>>());
    assert!(events.iter().all(|event| event["run"].is_string() && event["run"] == events[0]["run"]));
    let done: Vec<&str> = events
        .iter()
        .filter(|event| event["event"] == "stepSucceeded")
        .filter_map(|event| event["step"].as_str())
        .collect();
    let steps = [
        "create-organization",
        "generate-admin-portal-link",
        "send-portal-link",
        "poll-connection-active",
        "verify-directory",
        "verify-directory-users",
    ];
    assert_eq!(done, steps);
}

/// Asserts that exactly these requests were sent, in this order, with reads repeated as often as the run waited.
fn assert_wire(requests: &[Value], admin: &Admin) {
    for request in requests {
        assert_eq!(request["authorization"], format!("Bearer {KEY}"), "{request}");
    }
    let mut distinct: Vec<(Value, usize)> = Vec::new();
    for request in requests {
        let request = json!([request["method"], request["path"], request["query"], request["body"]]);
        match distinct.last_mut() {
            Some((last, times)) if *last == request => *times += 1,
            _ => distinct.push((request, 1)),
        }
    }
    let organization = &admin.organization["id"];
    let of_organization = json!([["organization_id", organization]]);
    let waits = |step: &str| admin.waits.get(step).copied().unwrap_or_default();
    let expected = [
        (json!(["POST", "/organizations", [], {"name": "Acme Inc.", "domains": ["acme.com"]}]), 1),
        (json!(["POST", "/portal/generate_link", [], {"organization": organization, "intent": "sso"}]), 1),
        (json!(["GET", "/connections", of_organization, null]), 1 + waits("poll-connection-active")),
        (json!(["GET", "/directories", of_organization, null]), 1 + waits("verify-directory")),
        (json!(["GET", "/directory_users", [["directory", admin.directory["id"]]], null]), 1),
    ];
    assert_eq!(distinct, expected);
}

/// The binary to run. `None` if the test is not possible and was not requested explicitly; prints the reason.
fn ready() -> Option<PathBuf> {
    let binary = std::env::var_os("NAFTIKO_BIN").map_or_else(beside_this_test, PathBuf::from);
    let reason = if !e2e().join("node_modules").is_dir() {
        "the emulator is not installed".to_owned()
    } else if !binary.is_file() {
        format!("there is no binary `{}`", binary.display())
    } else if Command::new("node").arg("--version").output().is_err() {
        "there is no `node`".to_owned()
    } else {
        return Some(binary);
    };
    let demanded = std::env::var_os("NAFTIKO_E2E").is_some_and(|value| value == "1");
    assert!(!demanded, "{reason}");
    eprintln!("skipped: {reason}; `cargo xtask e2e` sees to it");
    None
}

/// `target/<profile>/naftiko`; this test is `target/<profile>/deps/emulator-…`.
fn beside_this_test() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.ancestors().nth(2).unwrap_or(Path::new("."));
    profile.join(format!("naftiko{}", std::env::consts::EXE_SUFFIX))
}

fn e2e() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("e2e")
}

/// The emulator, stopped when dropped.
struct Emulator {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: Lines,
    port: u64,
    place: TempDir,
}

impl Emulator {
    fn start() -> Self {
        let place = TempDir::new().unwrap();
        let mut child = Command::new("node")
            .arg(e2e().join("emulator.mjs"))
            .arg(place.path().join("requests"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take();
        let stdout = Lines::of(child.stdout.take().unwrap());
        let mut emulator = Self { child, stdin, stdout, port: 0, place };
        let first = emulator.stdout.next().expect("the emulator says its port");
        emulator.port = first["port"].as_u64().unwrap();
        emulator
    }

    /// Sends an order (listed in `emulator.mjs`) and waits until it is done.
    fn ask(&mut self, order: &Value) -> Value {
        writeln!(self.stdin.as_mut().unwrap(), "{order}").unwrap();
        let mut answer = self.stdout.next().expect("the emulator answers");
        assert!(answer["ok"] != Value::Null, "{order}: {answer}");
        answer["ok"].take()
    }

    /// The organization with this name.
    fn organization(&mut self, name: &str) -> Value {
        let all = self.ask(&json!({"do": "list", "what": "organizations"}));
        all.as_array().unwrap().iter().find(|one| one["name"] == name).cloned().unwrap()
    }

    /// The ids of all objects by kind, except those of the `other` organization.
    fn has(&mut self, other: &Value) -> BTreeMap<&'static str, Vec<Value>> {
        ["organizations", "connections", "directories"]
            .into_iter()
            .map(|what| {
                let all = self.ask(&json!({"do": "list", "what": what}));
                let owner = if what == "organizations" { "id" } else { "organization_id" };
                let own = all.as_array().unwrap().iter().filter(|one| one[owner] != other["id"]);
                (what, own.map(|one| one["id"].clone()).collect())
            })
            .collect()
    }

    /// The answered requests, in order, except those of the IT admin.
    fn requests(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.place.path().join("requests")).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        drop(self.stdin.take());
        end(&mut self.child);
    }
}

/// A run of the composition, killed when dropped.
struct Run {
    child: Child,
    stdout: Lines,
    lines: Vec<Value>,
    place: TempDir,
}

impl Run {
    fn start(binary: &Path, port: u64) -> Self {
        let composition =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../specs/workos/b2b-enterprise-onboarding.yaml");
        // The state of the run is stored in this folder, and no proxy is used.
        let place = TempDir::new().unwrap();
        let stderr = std::fs::File::create(place.path().join("stderr")).unwrap();
        let mut child = Command::new(binary)
            .arg("run")
            .arg(composition)
            .args(["--input", "organization_name=Acme Inc."])
            .args(["--input", "domains=acme.com"])
            .args(["--input", "admin_email=it@acme.com"])
            .arg("--base-url")
            .arg(format!("workos=http://127.0.0.1:{port}"))
            .arg("--accept-inferred")
            .args(["--answer", r#"send-portal-link={"sent":true}"#])
            .args(["--poll-every", "100ms", "--json"])
            .env("WORKOS_API_KEY", KEY)
            .env("NO_PROXY", "127.0.0.1")
            .env("HOME", place.path())
            .env("XDG_STATE_HOME", place.path())
            .env("XDG_DATA_HOME", place.path())
            .current_dir(place.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .unwrap();
        let stdout = Lines::of(child.stdout.take().unwrap());
        Self { child, stdout, lines: Vec::new(), place }
    }

    /// Waits for the exit status, after the output has ended.
    fn wait(&mut self) -> ExitStatus {
        let pause = Duration::from_millis(20);
        for _ in 0..PATIENCE.as_millis() / pause.as_millis() {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            thread::sleep(pause);
        }
        panic!("the run has closed its output and does not end");
    }

    /// All output so far.
    fn told(&self) -> String {
        let stderr = std::fs::read_to_string(self.place.path().join("stderr")).unwrap_or_default();
        let lines: Vec<String> = self.lines.iter().map(Value::to_string).collect();
        format!("\n--- stdout\n{}\n--- stderr\n{stderr}", lines.join("\n"))
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("the run said: {}", self.told());
        }
        end(&mut self.child);
    }
}

/// Lines of JSON, as they arrive.
struct Lines(Receiver<String>);

impl Lines {
    fn of(stream: impl Read + Send + 'static) -> Self {
        let (sender, receiver) = channel();
        thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self(receiver)
    }

    /// The next line; `None` at the end.
    fn next(&mut self) -> Option<Value> {
        match self.0.recv_timeout(PATIENCE) {
            Ok(line) => Some(serde_json::from_str(&line).unwrap_or_else(|error| panic!("`{line}`: {error}"))),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("nothing was said for {PATIENCE:?}"),
        }
    }
}

/// Kills a process and waits for it; fine if it has ended already.
fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}
