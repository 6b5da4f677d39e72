//! Sensitive values never appear: not on the screen, not in an event, not in an error.

use serde_json::{Value, json};
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::command::{Ended, Folder};

const SENSITIVE: &str = "inputs:
  - {name: pw, type: string, required: true, sensitive: true}
steps:
  - {id: one, capability: organizations, operation: createOrganization, with: {name: '${inputs.pw}'}}
  - {id: two, description: Look at it, external: {with: {echoed: '${one.name}', id: '${one.id}'}}}
outputs:
  - {name: name, source: one.name}
  - {name: id, source: one.id}
";

/// Runs the composition against a server, on another thread, so that the server can run.
async fn run(server: &MockServer, body: &'static str, more: &'static [&'static str]) -> Ended {
    let base_url = format!("acme={}", server.uri());
    let run = move || {
        let fixed = ["run", "composition.yaml", "--base-url", &base_url, "--accept-inferred"];
        Folder::new("0.2", body).naftiko(&[&fixed, more].concat())
    };
    tokio::task::spawn_blocking(run).await.unwrap()
}

async fn answering(status: u16, body: Value) -> MockServer {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(status).set_body_json(body);
    Mock::given(method("POST")).respond_with(answer).mount(&server).await;
    server
}

#[tokio::test]
async fn a_token_that_the_provider_quotes_is_shown_nowhere() {
    let server = answering(401, json!({"message": "bad credentials: Bearer secret-of-acme"})).await;
    for more in [&["--input", "pw=x"][..], &["--input", "pw=x", "--json"]] {
        let ended = run(&server, SENSITIVE, more).await;
        assert_eq!(ended.code, 3);
        let told = ended.stdout + &ended.stderr;
        assert!(told.contains("bad credentials: Bearer ***") && !told.contains("secret-of-acme"), "{told}");
    }
}

#[tokio::test]
async fn a_sensitive_input_that_comes_back_is_shown_nowhere() {
    let server = answering(201, json!({"id": "org_1", "name": "hunter22", "state": "active"})).await;
    let ended =
        run(&server, SENSITIVE, &["--input", "pw=hunter22", "--answer", "two=\"hunter22 it is\""]).await;
    assert_eq!((ended.code, ended.stdout.as_str()), (0, "name: \"***\"\nid: org_1\n"), "{}", ended.stderr);
    assert!(!ended.stderr.contains("hunter22"), "{}", ended.stderr);

    let events = &["--json", "--input", "pw=hunter22", "--answer", "two=\"hunter22 it is\""];
    let ended = run(&server, SENSITIVE, events).await;
    assert!(!ended.stdout.contains("hunter22"), "{}", ended.stdout);
    let event = |name: &str| {
        let lines = ended.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines
            .into_iter()
            .find(|line| line["event"] == name || name == "outcome" && line["outcome"].is_string())
            .unwrap()
    };
    assert_eq!(event("stepSucceeded")["result"]["name"], "***");
    assert_eq!(event("runFinished")["outputs"], json!({"name": "***", "id": "org_1"}));
    assert_eq!(event("outcome")["outputs"], json!({"name": "***", "id": "org_1"}));
    // Values are masked in output only; the request contains the actual value.
    let sent = server.received_requests().await.unwrap();
    assert!(sent.iter().all(|request| request.body == br#"{"name":"hunter22"}"#));
}

#[tokio::test]
async fn a_secret_of_one_character_does_not_mask_every_such_character() {
    let server = answering(201, json!({"id": "org_a1", "name": "a", "state": "active"})).await;
    let ended = run(&server, SENSITIVE, &["--input", "pw=a", "--answer", "two=null"]).await;
    assert_eq!((ended.code, ended.stdout.as_str()), (0, "name: \"***\"\nid: org_a1\n"), "{}", ended.stderr);
}

#[test]
fn another_value_of_a_sensitive_input_is_not_taken_for_the_one_the_run_began_with() {
    let folder = Folder::new(
        "0.2",
        "inputs:
  - {name: key, type: object, required: true, sensitive: true, properties: {id: {type: string}, code: {type: integer}}}
steps:
  - {id: wait, description: Wait, external: {with: {}}}
",
    );
    let ended =
        folder.naftiko(&["run", "composition.yaml", "--input", r#"key={"id": "a", "code": 8675309}"#]);
    assert_eq!(ended.code, 4, "{}", ended.stderr);
    let listed = folder.naftiko(&["runs", "--json"]).stdout;
    let run: Value = serde_json::from_str(listed.lines().next().unwrap()).unwrap();
    let resume = |more: &[&str]| folder.naftiko(&[&["resume", run["run"].as_str().unwrap()], more].concat());

    let ended = resume(&["--input", r#"key={"id": "a", "code": 8675310}"#]);
    assert_eq!(ended.code, 2, "{}", ended.stderr);
    insta::assert_snapshot!(ended.stderr, @"error: input `key`: this is not the value at the start of the \
                                            run; if it was replaced since, add `--replaced key`");
    // The order of fields does not matter.
    let ended = resume(&["--input", r#"key={"code": 8675309, "id": "a"}"#]);
    assert_eq!(ended.code, 4, "{}", ended.stderr);
    let ended = resume(&["--input", r#"key={"id": "b", "code": 1}"#, "--replaced", "key"]);
    assert_eq!(ended.code, 4, "{}", ended.stderr);
    let ended = resume(&["--replaced", "kex"]);
    assert_eq!(ended.code, 2, "{}", ended.stderr);
    insta::assert_snapshot!(ended.stderr, @"error: `--replaced kex`: the run has no sensitive input of that name");
}

const TYPED: &str = "inputs:
  - {name: pin, type: integer, sensitive: true, default: 8675309}
  - {name: keys, type: array, items: {type: string, enum: [one]}, sensitive: true}
  - {name: more, type: object, sensitive: true, properties: {a: {type: integer}}}
  - {name: seats, type: integer}
steps:
  - {id: one, capability: organizations, operation: createOrganization, with: {name: x, seats: '${inputs.pin}'}}
";

#[test]
fn what_is_wrong_with_a_sensitive_input_does_not_quote_it() {
    let folder = Folder::new("0.2", TYPED).with("inputs.yaml", "pin: [s3cretpin\nmore: \"s3cretpin\\q\"\n");
    for given in [
        "pin=s3cretpin",
        "keys=s3cretpin",
        "keys=[s3cretpin",
        "keys=[\"s3cretpin\"]",
        "more={s3cretpin",
        "more={\"a\": \"s3cretpin\"}",
        "=s3cretpin",
        "s3cretpin",
    ] {
        let ended = folder.naftiko(&["run", "composition.yaml", "--mock", "--input", given]);
        assert_eq!(ended.code, 2, "{given}");
        let told = ended.stdout + &ended.stderr;
        assert!(told.contains("input") && !told.contains("s3cretpin"), "{told}");
    }
    let ended = folder.naftiko(&["run", "composition.yaml", "--mock", "--inputs", "inputs.yaml"]);
    assert_eq!(ended.code, 2);
    assert!(
        ended.stderr.contains("inputs.yaml:1:6: error[yaml-syntax]") && !ended.stderr.contains("s3cretpin"),
        "{}",
        ended.stderr
    );
    let ended = folder.naftiko(&["run", "composition.yaml", "--mock", "--input", "seats=many"]);
    assert!(ended.stderr.contains("`many` is not an integer"), "{}", ended.stderr);
}

#[test]
fn the_default_of_a_sensitive_input_is_not_shown_and_is_sent() {
    let folder = Folder::new("0.2", TYPED);
    for format in ["text", "json"] {
        let ended = folder.naftiko(&["plan", "composition.yaml", "--format", format]);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        assert!(ended.stdout.contains("***") && !ended.stdout.contains("8675309"), "{}", ended.stdout);
    }
    let ended = folder.naftiko(&["run", "composition.yaml", "--mock", "--json"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(!ended.stdout.contains("8675309"), "{}", ended.stdout);
}
