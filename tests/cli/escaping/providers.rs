//! Hostile text from providers (bodies, headers, errors, cursors) and from clients of the mock server.

use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::{hostile, is_safe, without_color};
use crate::command::{Ended, Folder};

const BODY: &str = "inputs: [{name: who, type: string, required: true}]
steps:
  - {id: create, capability: organizations, operation: createOrganization, with: {name: '${inputs.who}'}}
  - {id: get, capability: organizations, operation: getOrganization, with: {id: '${create.id}'}, onFailure: continue}
  - {id: list, capability: members, operation: listMembers, with: {organization_id: '${create.id}'}, onFailure: continue}
  - {id: ask, description: 'Who is ${create.name}?', external: {with: {of: '${create.name}'}}}
outputs:
  - {name: id, source: create.id}
  - {name: name, source: create.name}
  - {name: said, source: ask}
  - {name: all, source: create}
";

/// The hostile text that is possible in an HTTP header.
const IN_HEADER: &str = "evil\u{9b}31m\u{202e}\u{e0041}";

/// Responds with hostile text wherever a response has text.
fn answer(request: &Request) -> ResponseTemplate {
    let evil = hostile();
    let template = |status| {
        ResponseTemplate::new(status).insert_header("x-evil", IN_HEADER).insert_header("retry-after", "0")
    };
    match (request.method.as_str(), request.url.path()) {
        ("POST", _) => template(201).set_body_json(
            json!({"id": evil, "name": evil, "state": "active", "domains": [evil], &evil: {&evil: [evil]}}),
        ),
        ("GET", path) if path.starts_with("/organizations/") => template(400)
            .set_body_json(json!({"message": evil, "error": {"code": evil, "detail": evil}, &evil: evil})),
        _ => template(500).set_body_raw(evil.into_bytes(), "text/plain; charset=utf-8"),
    }
}

/// The commands of a run from its start to its end, with a provider that responds like this.
async fn commands(
    answer: impl Fn(&Request) -> ResponseTemplate + Send + Sync + 'static,
) -> Vec<(String, Ended)> {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    let base_url = format!("acme={}", server.uri());
    tokio::task::spawn_blocking(move || {
        let folder = Folder::new("0.2", BODY);
        let who = format!("who={}", hostile());
        let fixed = ["run", "composition.yaml", "--base-url", &base_url, "--input", &who];
        let mut all = Vec::new();
        for more in
            [&["--verbose"][..], &["--json"], &["--color", "always", "--verbose"], &["--strict-responses"]]
        {
            all.push((format!("run {more:?}"), without_color(folder.naftiko(&[&fixed, more].concat()))));
        }
        let listed = folder.naftiko(&["runs", "--json"]);
        for line in listed.stdout.lines() {
            let run: Value = serde_json::from_str(line).unwrap();
            let run = run["run"].as_str().unwrap();
            let saying = format!("ask={}", serde_json::to_string(&hostile()).unwrap());
            for words in [
                &["runs"][..],
                &["runs", "show", run],
                &["runs", "show", run, "--json"],
                &["runs", "events", run],
                &["runs", "events", run, "--json"],
                &["resolve", run, "create", "--happened", "{\"id\": 1}"],
                &["resume", run, "--answer", &saying, "--verbose"],
                &["runs", "show", run],
                &["runs", "show", run, "--json"],
                &["runs", "events", run],
                &["runs", "events", run, "--json"],
                &["resume", run],
                &["resume", run, "--json"],
                &["work", "--once"],
                &["runs", "verify"],
            ] {
                all.push((format!("{words:?}"), folder.naftiko(words)));
            }
        }
        all
    })
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_are_escaped_in_every_command_and_read_back_as_they_were() {
    let all = commands(answer).await;
    assert!(all.len() > 30, "{}", all.len());
    for (how, ended) in &all {
        is_safe(ended, how);
    }
    let succeeded = all.iter().find(|(how, ended)| how.contains("--answer") && ended.code == 0);
    let (how, ended) = succeeded.expect("a run succeeds");
    let outputs: Value = serde_yaml::from_str(&ended.stdout).unwrap();
    assert_eq!((&outputs["name"], &outputs["said"]), (&json!(hostile()), &json!(hostile())), "{how}");
    let in_json = all
        .iter()
        .find(|(how, ended)| how.contains("\"resume\"") && how.contains("--json") && ended.code == 0);
    let last: Value = serde_json::from_str(in_json.unwrap().1.stdout.lines().last().unwrap()).unwrap();
    assert_eq!(last["outputs"]["name"], json!(hostile()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn errors_are_escaped_in_every_command() {
    let failing: [fn(&Request) -> ResponseTemplate; 3] = [
        |_| {
            ResponseTemplate::new(422)
                .insert_header("x-evil", IN_HEADER)
                .set_body_json(json!({"message": hostile(), "title": hostile()}))
        },
        |_| ResponseTemplate::new(201).set_body_raw(hostile().into_bytes(), "application/json"),
        |_| {
            ResponseTemplate::new(302)
                .insert_header("location", format!("http://169.254.169.254/{IN_HEADER}").as_str())
        },
    ];
    for answer in failing {
        for (how, ended) in commands(answer).await {
            is_safe(&ended, &how);
        }
    }
}

#[test]
fn the_log_and_the_answers_of_the_mock_server_are_escaped() {
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    use std::process::Stdio;

    let folder = Folder::new("0.2", BODY);
    let mut command = folder.command(&["mock", "composition.yaml"]);
    let mut server = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut greeting = String::new();
    BufReader::new(server.stdout.as_mut().unwrap()).read_line(&mut greeting).unwrap();
    let address = greeting.trim().rsplit_once("://").unwrap().1.to_owned();
    for path in ["/\u{9b}31m\u{202e}", "/organizations/\u{7f}\u{200b}", "/%1b%5b2J%0aFORGED"] {
        let mut stream = std::net::TcpStream::connect(&address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = Vec::new();
        let _closed = stream.read_to_end(&mut answer);
    }
    server.kill().unwrap();
    let mut stderr = String::new();
    server.stderr.as_mut().unwrap().read_to_string(&mut stderr).unwrap();
    server.wait().unwrap();
    is_safe(&Ended { code: 0, stdout: greeting, stderr }, "mock");
}
