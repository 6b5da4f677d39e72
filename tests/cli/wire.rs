//! Requests over HTTP, and the handling of responses.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use wiremock::matchers::{body_json, header, method, path, query_param};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::command::{Ended, Folder};

const ONBOARD: &str = "inputs:
  - {name: name, type: string, required: true}
  - {name: domains, type: array, items: string}
steps:
  - {id: create, capability: organizations, operation: createOrganization}
  - {id: list, capability: members, operation: listMembers}
outputs:
  - {name: id, source: create.id}
";

/// Runs the composition against a server, on another thread, so that the server can run.
async fn run(server: &MockServer, body: &'static str, more: &'static [&'static str]) -> Ended {
    let base_url = format!("acme={}", server.uri());
    let run = move || {
        let folder = Folder::new("0.1", body);
        let fixed =
            ["run", "composition.yaml", "--base-url", &base_url, "--accept-inferred", "--input", "name=Acme"];
        folder.naftiko(&[&fixed, more].concat())
    };
    tokio::task::spawn_blocking(run).await.unwrap()
}

async fn created(server: &MockServer, body: Value) {
    let answer = ResponseTemplate::new(201).set_body_json(body);
    Mock::given(method("POST")).and(path("/organizations")).respond_with(answer).mount(server).await;
}

async fn sent(server: &MockServer) -> Vec<String> {
    let requests = server.received_requests().await.unwrap();
    requests.iter().map(|request: &Request| format!("{} {}", request.method, request.url.path())).collect()
}

#[tokio::test]
async fn arguments_and_credentials_arrive_as_they_were_inferred() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/organizations"))
        .and(header("authorization", "Bearer secret-of-acme"))
        .and(body_json(json!({"name": "Acme"})))
        .respond_with(
            ResponseTemplate::new(201)
                .set_body_json(json!({"id": "org_1", "name": "Acme", "state": "active"})),
        )
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(method("GET"))
        .and(path("/members"))
        .and(query_param("organization_id", "org_1"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"data": []})))
        .expect(1)
        .mount(&server)
        .await;
    let ended = run(&server, ONBOARD, &[]).await;
    assert_eq!((ended.code, ended.stdout.as_str()), (0, "id: org_1\n"), "{}", ended.stderr);
    assert!(!ended.stderr.contains("secret-of-acme"));
}

#[tokio::test]
async fn an_optional_input_that_is_given_is_sent_too() {
    let server = MockServer::start().await;
    created(&server, json!({"id": "org_1"})).await;
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"data": []})))
        .mount(&server)
        .await;
    let ended = run(&server, ONBOARD, &["--input", "domains=a.example"]).await;
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let requests = server.received_requests().await.unwrap();
    let body: Value = serde_json::from_slice(&requests[0].body).unwrap();
    assert_eq!(body, json!({"name": "Acme", "domains": ["a.example"]}));
}

#[tokio::test]
async fn a_status_that_is_no_success_fails_the_run_and_nothing_follows() {
    let server = MockServer::start().await;
    let refusal = ResponseTemplate::new(422).set_body_json(json!({"message": "the name is taken"}));
    Mock::given(method("POST")).respond_with(refusal).mount(&server).await;
    let ended = run(&server, ONBOARD, &[]).await;
    assert_eq!((ended.code, ended.stdout.as_str()), (3, ""));
    assert!(ended.stderr.contains("the name is taken"), "{}", ended.stderr);
    assert_eq!(sent(&server).await, ["POST /organizations"]);
}

#[tokio::test]
async fn an_unresolved_reference_fails_its_step_and_nothing_is_sent() {
    let server = MockServer::start().await;
    created(&server, json!({"name": "Acme", "state": "active"})).await;
    let ended = run(&server, ONBOARD, &[]).await;
    assert_eq!((ended.code, ended.stdout.as_str()), (3, ""));
    assert!(
        ended.stderr.contains("failed at list") && ended.stderr.contains("create.id"),
        "{}",
        ended.stderr
    );
    assert_eq!(sent(&server).await, ["POST /organizations"]);
}

#[tokio::test]
async fn an_unresolved_output_fails_the_run() {
    let body = "inputs: [{name: name, type: string, required: true}]
steps: [{id: create, capability: organizations, operation: createOrganization}]
outputs: [{name: owner, source: create.domains}]
";
    let server = MockServer::start().await;
    created(&server, json!({"id": "org_1"})).await;
    let ended = run(&server, body, &[]).await;
    assert_eq!((ended.code, ended.stdout.as_str()), (3, ""));
    assert!(ended.stderr.contains("owner"), "{}", ended.stderr);
}

#[tokio::test]
async fn a_request_without_an_answer_is_in_doubt_and_not_sent_again() {
    // Reads the request, and closes the connection without a response.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base_url = format!("acme=http://{}", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 4096];
        let read = stream.read(&mut request).unwrap();
        drop(stream);
        listener.set_nonblocking(true).unwrap();
        thread::sleep(Duration::from_millis(300));
        (read, listener.accept().is_err())
    });
    let run = move || {
        Folder::new("0.1", ONBOARD).naftiko(&[
            "run",
            "composition.yaml",
            "--base-url",
            &base_url,
            "--accept-inferred",
            "--input",
            "name=Acme",
        ])
    };
    let ended = tokio::task::spawn_blocking(run).await.unwrap();
    assert_eq!((ended.code, ended.stdout.as_str()), (5, ""), "{}", ended.stderr);
    assert!(ended.stderr.contains("in doubt"), "{}", ended.stderr);
    let (read, alone) = server.join().unwrap();
    assert!(read > 0 && alone, "it was sent once");
}

#[tokio::test]
async fn a_step_outside_that_nobody_answers_makes_the_run_wait() {
    let body = "inputs: [{name: name, type: string, required: true}]
steps:
  - {id: create, capability: organizations, operation: createOrganization}
  - {id: confirm, external: true}
  - {id: list, capability: members, operation: listMembers}
";
    let server = MockServer::start().await;
    created(&server, json!({"id": "org_1"})).await;
    let ended = run(&server, body, &[]).await;
    assert_eq!((ended.code, ended.stdout.as_str()), (4, ""));
    assert!(ended.stderr.contains("'confirm' --result JSON"), "{}", ended.stderr);
    assert_eq!(sent(&server).await, ["POST /organizations"]);
    let ended = run(&server, body, &["--json"]).await;
    assert_eq!(ended.code, 4);
    let outcome: Value = serde_json::from_str(ended.stdout.lines().last().unwrap()).unwrap();
    assert_eq!((&outcome["outcome"], &outcome["waiting"]), (&json!("waiting"), &json!(["confirm"])));
}

#[tokio::test]
async fn a_step_that_reads_is_repeated_until_what_is_read_is_there() {
    let body = "inputs: [{name: name, type: string, required: true}]
steps:
  - {id: create, capability: organizations, operation: createOrganization}
  - {id: list, capability: members, operation: listMembers}
outputs: [{name: member, source: 'list.data[0].id'}]
";
    let server = MockServer::start().await;
    created(&server, json!({"id": "org_1"})).await;
    let answer = |body| ResponseTemplate::new(200).set_body_json(body);
    for (body, times) in [(json!({"data": []}), 1), (json!({"data": [{}]}), 1)] {
        Mock::given(method("GET")).respond_with(answer(body)).up_to_n_times(times).mount(&server).await;
    }
    Mock::given(method("GET")).respond_with(answer(json!({"data": [{"id": "m_1"}]}))).mount(&server).await;
    let ended = run(&server, body, &["--poll-every", "20ms"]).await;
    assert_eq!((ended.code, ended.stdout.as_str()), (0, "member: m_1\n"), "{}", ended.stderr);
    assert_eq!(sent(&server).await, ["POST /organizations", "GET /members", "GET /members", "GET /members"]);
}

#[cfg(unix)]
#[tokio::test]
async fn an_interrupt_stops_a_run_that_can_go_on_later() {
    let body = "inputs: [{name: name, type: string}]
steps:
  - {id: list, capability: members, operation: listMembers}
outputs: [{name: member, source: 'list.data[0].id'}]
";
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"data": []})))
        .mount(&server)
        .await;
    let base_url = format!("acme={}", server.uri());
    let run = move || {
        let folder = Folder::new("0.1", body);
        let mut command = folder.command(&["run", "composition.yaml", "--base-url", &base_url, "--json"]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut stdout = std::io::BufReader::new(child.stdout.take().unwrap());
        let mut seen = String::new();
        while !seen.contains("stepDelayed") {
            assert!(std::io::BufRead::read_line(&mut stdout, &mut seen).unwrap() > 0, "{seen}");
        }
        let pid = child.id().to_string();
        assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
        let mut rest = String::new();
        stdout.read_to_string(&mut rest).unwrap();
        (child.wait().unwrap().code(), rest)
    };
    let (code, rest) = tokio::task::spawn_blocking(run).await.unwrap();
    assert_eq!(code, Some(4));
    let outcome: Value = serde_json::from_str(rest.lines().last().unwrap()).unwrap();
    assert_eq!(outcome["outcome"], json!("waiting"));
}

#[tokio::test]
async fn a_reader_that_goes_away_is_no_failure() {
    let run = || {
        let folder = Folder::new("0.1", ONBOARD);
        let mut command = folder.command(&["check", "composition.yaml"]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        child.wait().unwrap().code()
    };
    let code = tokio::task::spawn_blocking(run).await.unwrap();
    assert_eq!(code, Some(0));
    std::io::stdout().flush().unwrap();
}
