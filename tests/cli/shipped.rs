//! Each composition of `specs/workos`, killed in the middle and resumed, has the result of an undisturbed run. The
//! composition of `specs/secureauth` has a server and tests of its own.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::command::{command, end, workspace};
use crate::mocked::workos;

/// The compositions, each with the answers to its external steps.
const SHIPPED: [(&str, &[&str]); 7] = [
    ("admin-portal-self-serve", &[]),
    ("b2b-enterprise-onboarding-0.2", &[]),
    ("b2b-enterprise-onboarding", &["--answer", r#"send-portal-link={"sent": true}"#]),
    ("domain-verification", &["--answer", r#"publish-record={"published": true}"#]),
    ("invite-team", &[]),
    ("jit-guard", &[]),
    ("joiner-mover-leaver", &[]),
];

/// The result of a run, and its events.
struct Told {
    code: i32,
    events: Vec<Value>,
    outcome: Value,
}

impl Told {
    fn of(command: Command) -> Self {
        let ended = end(command);
        let lines = ended.stdout.lines().map(|line| serde_json::from_str(line).unwrap());
        let mut events: Vec<Value> = lines.collect();
        assert!(!events.is_empty(), "it says nothing: {}", ended.stderr);
        let outcome = events.pop().unwrap();
        Self { code: ended.code, events, outcome }
    }
}

fn naftiko(arguments: &[&str], answers: &[&str], state: &Path) -> Command {
    let fixed = ["--json", "--state", state.to_str().unwrap()];
    let mut command = command(&[arguments, &fixed, answers].concat());
    command.current_dir(workspace()).env("WORKOS_API_KEY", "sk_test");
    command
}

fn begins(name: &str, url: &str, answers: &[&str], state: &Path) -> Command {
    let file = format!("specs/workos/{name}.yaml");
    // The composition's own inputs, or those of the onboarding.
    let own = format!("specs/workos/{name}.inputs.yaml");
    let inputs =
        if workspace().join(&own).exists() { own } else { "specs/workos/acme.inputs.yaml".to_owned() };
    let base_url = format!("workos={url}");
    let asks = ["--inputs", &inputs, "--base-url", &base_url, "--accept-inferred", "--poll-every", "20ms"];
    naftiko(&[&["run", &file], asks.as_slice()].concat(), answers, state)
}

/// Runs the command until this many events are committed, and then kills it. Returns the id of the run.
pub(crate) fn killed(mut command: Command, after: &str) -> String {
    command.env("NAFTIKO_TEST_HALT_AFTER", after).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(said.any(|line| line.unwrap().starts_with("halted after")), "it ended before its time");
    child.kill().unwrap();
    let first = BufReader::new(child.stdout.take().unwrap()).lines().next().unwrap().unwrap();
    child.wait().unwrap();
    serde_json::from_str::<Value>(&first).unwrap()["run"].as_str().unwrap().to_owned()
}

#[test]
fn each_is_killed_and_gone_on_with_and_comes_to_the_same() {
    for (name, answers) in SHIPPED {
        let server = workos(&[]);
        let at_once = TempDir::new().unwrap();
        let whole = Told::of(begins(name, server.url("workos"), answers, at_once.path()));
        assert!([0, 4].contains(&whole.code), "{name}: {}", whole.outcome);
        let done: Vec<u64> = whole
            .events
            .iter()
            .filter(|event| event["event"] == "stepSucceeded")
            .map(|event| event["seq"].as_u64().unwrap())
            .collect();
        // In the middle of the effects; if there is none before the first question, at the start.
        let after = done.get(done.len() / 2).copied().unwrap_or(1).to_string();

        let server = workos(&[]);
        let place = TempDir::new().unwrap();
        let run = killed(begins(name, server.url("workos"), answers, place.path()), &after);
        let mut rest = Told::of(naftiko(&["resume", &run], answers, place.path()));
        if rest.code == 5 {
            // The intent was committed together with the event at which the process was killed, and nothing was sent
            // yet.
            let step = rest.outcome["step"].as_str().unwrap().to_owned();
            let resolve =
                ["resolve", &run, &step, "--did-not-happen", "--state", place.path().to_str().unwrap()];
            assert_eq!(end(command(&resolve)).code, 0, "{name}: {step}");
            rest = Told::of(naftiko(&["resume", &run], answers, place.path()));
        }
        assert_eq!(rest.code, whole.code, "{name} after {after}: {}", rest.outcome);
        for key in ["outcome", "outputs", "waiting"] {
            assert_eq!(rest.outcome[key], whole.outcome[key], "{name} after {after}: {key}");
        }
    }
}
