//! `naftiko mock`: a provider over HTTP with the responses of the mock that runs use.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Stdio};

use serde_json::{Value, json};

use crate::command::{Ended, Folder, command, end, workspace};

/// A running server, stopped with the test.
pub(crate) struct Server {
    child: Child,
    /// The values of `--base-url` that it prints for `run`.
    base_urls: Vec<String>,
}

impl Server {
    /// The URL of a provider.
    pub(crate) fn url(&self, provider: &str) -> &str {
        let prefix = format!("{provider}=");
        self.base_urls.iter().find_map(|given| given.strip_prefix(&prefix)).unwrap()
    }

    /// The log of the requests, after stopping the server.
    fn log(mut self) -> String {
        let _ended_already = self.child.kill();
        let mut log = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        log
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _unasked = self.child.wait();
    }
}

/// Starts a server for this number of providers.
fn serve(mut command: std::process::Command, providers: usize) -> Server {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let base_urls = (0..providers).map(|_| {
        let line = lines.next().expect("it says where it is").unwrap();
        line.strip_prefix("--base-url ").unwrap().to_owned()
    });
    let base_urls = base_urls.collect();
    Server { child, base_urls }
}

pub(crate) fn workos(more: &[&str]) -> Server {
    let fixed = ["mock", "specs/workos/b2b-enterprise-onboarding.yaml"];
    let mut command = command(&[&fixed, more].concat());
    command.current_dir(workspace());
    serve(command, 1)
}

fn acme(folder: &Folder, more: &[&str]) -> Server {
    serve(folder.command(&[&["mock", "composition.yaml"], more].concat()), 1)
}

/// A folder with a composition of the provider in the fixtures.
fn folder() -> Folder {
    let body = "inputs: [{name: name, type: string, required: true}]
steps:
  - id: create
    capability: organizations
    operation: createOrganization
    with: {name: '${inputs.name}'}
outputs: [{name: id, source: create.id}]
";
    Folder::new("0.2", body)
}

fn onboard(more: &[&str]) -> Ended {
    let state = tempfile::tempdir().unwrap();
    let fixed = [
        "run",
        "specs/workos/b2b-enterprise-onboarding.yaml",
        "--inputs",
        "specs/workos/acme.inputs.yaml",
        "--answer",
        r#"send-portal-link={"sent": true}"#,
        "--accept-inferred",
    ];
    let mut command = command(&[&fixed, more].concat());
    command.current_dir(workspace()).env("WORKOS_API_KEY", "any").env("XDG_STATE_HOME", state.path());
    end(command)
}

/// The status and body of the response to a request with credentials.
async fn ask(method: &str, url: &str, body: Option<Value>) -> (u16, Value) {
    let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
    let request = client().request(method, url).header("authorization", "Bearer any");
    let request = match &body {
        Some(body) => request.json(body),
        None => request,
    };
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap_or_default())
}

fn client() -> reqwest::Client {
    let _already_installed = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}

#[test]
fn a_run_against_it_gives_what_a_run_on_the_mock_gives() {
    let server = workos(&["--seed", "7"]);
    let real = onboard(&["--base-url", &server.base_urls[0]]);
    let mocked = onboard(&["--mock", "--seed", "7"]);
    assert_eq!((real.code, mocked.code), (0, 0), "{}{}", real.stderr, mocked.stderr);
    assert_eq!(real.stdout, mocked.stdout);
    assert!(real.stdout.contains("organization_id: org_"), "{}", real.stdout);
    insta::assert_snapshot!(server.log());
}

#[test]
fn what_goes_wrong_on_purpose_is_outlived() {
    let server = workos(&[
        "--fault",
        "ConnectionsController_list=429:1",
        "--fault",
        "DirectoriesController_list=drop",
    ]);
    let ended = onboard(&["--base-url", &server.base_urls[0]]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let log = server.log();
    assert!(log.contains("GET /connections 429\nGET /connections 200\n"), "{log}");
    assert!(log.contains("GET /directories no answer\nGET /directories 200\n"), "{log}");
}

#[test]
fn a_provider_that_crashes_leaves_the_run_in_doubt() {
    // Uses the name of the operation in the capabilities document.
    let mut server = workos(&["--fault", "AdminPortalController_create=crash"]);
    let ended = onboard(&["--base-url", &server.base_urls[0]]);
    assert_eq!(ended.code, 5, "{}", ended.stderr);
    assert_eq!(server.child.wait().unwrap().code(), Some(3));
}

#[tokio::test]
async fn what_one_call_creates_the_next_finds_as_long_as_it_runs() {
    let folder = folder();
    let server = acme(&folder, &["--fault", "listOrganizations=latency:1ms"]);
    let url = server.url("acme");
    let (status, made) = ask("POST", &format!("{url}/organizations"), Some(json!({"name": "Acme"}))).await;
    assert_eq!((status, &made["name"]), (201, &json!("Acme")));
    let id = made["id"].as_str().unwrap();
    let one = format!("{url}/organizations/{id}");
    assert_eq!(ask("GET", &one, None).await, (200, made.clone()));
    assert_eq!(ask("GET", &format!("{url}/organizations"), None).await.1["data"], json!([made]));
    assert_eq!(ask("DELETE", &one, None).await, (204, Value::Null));
    assert_eq!(ask("GET", &one, None).await.0, 404);
}

#[tokio::test]
async fn what_is_no_call_is_refused_with_what_was_meant() {
    let folder = folder();
    let server = acme(&folder, &[]);
    let url = server.url("acme");
    let plain = client().get(format!("{url}/organizations")).send().await.unwrap();
    assert_eq!(
        (plain.status().as_u16(), plain.headers()["www-authenticate"].to_str().unwrap()),
        (401, "Bearer")
    );
    let (status, told) = ask("GET", &format!("{url}/organisations/1"), None).await;
    assert_eq!(status, 404);
    assert_eq!(told["detail"], "there is no `GET /organisations/1`");
    assert_eq!(told["nearest"][0], "GET /organizations/{id}");
    let (status, told) = ask("PUT", &format!("{url}/members"), None).await;
    assert_eq!((status, &told["detail"]), (405, &json!("`/members` supports GET, POST, not PUT")));
    let (status, told) = ask("POST", &format!("{url}/organizations"), Some(json!({}))).await;
    assert_eq!(status, 400);
    assert_eq!(told["detail"], "the body does not fit its description: `name` is missing");
}

#[tokio::test]
async fn a_script_says_what_is_answered_and_what_exists() {
    let test = "specification: Naftiko Composition Test
specificationVersion: '0.2'
composition: composition.yaml
mock:
  operations: {createOrganization: [{status: 409, headers: {x-why: there is one}, body: {message: no}}, {}]}
  seeds: {listMembers: [{id: m1, email: a@acme.example}]}
tests: [{name: none, inputs: {name: x}, expect: {outcome: failed}}]
";
    let folder = folder().with("a.test.yaml", test);
    let server = acme(&folder, &["--script", "a.test.yaml"]);
    let url = server.url("acme");
    let members = ask("GET", &format!("{url}/members"), None).await.1;
    assert_eq!(
        (&members["data"][0]["email"], members["data"].as_array().unwrap().len()),
        (&json!("a@acme.example"), 1)
    );
    let body = Some(json!({"name": "Acme"}));
    assert_eq!(
        ask("POST", &format!("{url}/organizations"), body.clone()).await,
        (409, json!({"message": "no"}))
    );
    assert_eq!(ask("POST", &format!("{url}/organizations"), body).await.0, 201);
}

#[tokio::test]
async fn several_providers_stand_beside_each_other() {
    let folder = folder();
    let workos = workspace().join("specs/workos/shared/workos.yaml");
    let server = serve(folder.command(&["mock", "composition.yaml", workos.to_str().unwrap()]), 2);
    let (acme, workos) = (server.url("acme"), server.url("workos"));
    assert!(acme.ends_with("/acme") && workos.ends_with("/workos"), "{acme} {workos}");
    assert_eq!(ask("GET", &format!("{acme}/members"), None).await.0, 200);
    assert_eq!(ask("GET", &format!("{workos}/connections"), None).await.0, 200);
    assert_eq!(ask("GET", &format!("{workos}/members"), None).await.0, 404);
}

#[test]
fn what_the_command_does_not_understand_it_says() {
    let folder = folder().with(
        "broken.yaml",
        "specification: Naftiko Capabilities\nspecificationVersion: '0.2'\ncapabilities: 1\n",
    );
    let check = |arguments: &[&str], code: i32, message: &str| {
        let ended = folder.naftiko(&[&["mock"], arguments].concat());
        assert_eq!((ended.code, ended.stdout.as_str()), (code, ""), "{}", ended.stderr);
        assert!(ended.stderr.contains(message), "{}", ended.stderr);
    };
    let file = "composition.yaml";
    check(
        &[file, "--fault", "listMember=drop"],
        2,
        "there is no operation `listMember`; did you mean `listMembers`?",
    );
    check(&[file, "--fault", "explode"], 2, "`--fault explode`: faults are `429:3`");
    check(&[file, "--fault", "429:0"], 2, "`--fault 429:0`: faults are");
    check(&[file, "--script", file], 2, "it is not a test document");
    check(&["nowhere.yaml"], 2, "`nowhere.yaml` cannot be read");
    check(&["broken.yaml"], 1, "broken.yaml:3:15: error[wrong-type]");
}

/// The status line of the response to a raw request.
fn status(server: &Server, request: &str) -> String {
    use std::io::{BufRead as _, Write as _};

    let address = server.url("acme").strip_prefix("http://").unwrap().to_owned();
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut line = String::new();
    std::io::BufReader::new(stream).read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}

#[test]
fn a_page_that_calls_this_machine_by_its_own_name_is_refused() {
    let folder = folder();
    let server = acme(&folder, &["--host", "mock.internal"]);
    let get = |host: &str| status(&server, &format!("GET /organizations HTTP/1.1\r\nhost: {host}\r\n\r\n"));
    for host in ["localhost", "127.0.0.1", "[::1]:80", "mock.internal:4010"] {
        assert_eq!(get(host), "HTTP/1.1 401 Unauthorized", "{host}");
    }
    for host in ["evil.example", "localhost.evil.example", "10.0.0.7", "127.0.0.1@evil.example"] {
        assert_eq!(get(host), "HTTP/1.1 421 Misdirected Request", "{host}");
    }
    let absolute = "GET http://evil.example/organizations HTTP/1.1\r\nhost: localhost\r\n\r\n";
    assert_eq!(status(&server, absolute), "HTTP/1.1 421 Misdirected Request");
    assert_eq!(status(&server, "GET /organizations HTTP/1.1\r\n\r\n"), "HTTP/1.1 400 Bad Request");
    assert!(server.log().contains("rejected a request for another host"));
}

#[cfg(unix)]
#[test]
fn a_server_that_may_open_few_files_answers_while_others_hold_many_connections() {
    let folder = folder();
    let command = folder.command(&["mock", "composition.yaml"]);
    let mut shell = std::process::Command::new("/bin/sh");
    shell.args(["-c", "ulimit -n 32; exec \"$@\"", "sh"]).arg(command.get_program()).args(command.get_args());
    shell.current_dir(folder.path());
    let server = serve(shell, 1);
    let address = server.url("acme").strip_prefix("http://").unwrap().to_owned();
    let hold = |says: &str| {
        let connect = |_| {
            let mut stream = std::net::TcpStream::connect(&address).unwrap();
            let _closed = std::io::Write::write_all(&mut stream, says.as_bytes());
            stream
        };
        (0..200).map(connect).collect::<Vec<_>>()
    };
    let body = "POST /organizations HTTP/1.1\r\nhost: localhost\r\ncontent-length: 7\r\n\r\n{";
    for says in ["", "GET / HTTP/1.1\r\n", body] {
        let _held = hold(says);
        let get = "GET /organizations HTTP/1.1\r\nhost: localhost\r\n\r\n";
        assert_eq!(status(&server, get), "HTTP/1.1 401 Unauthorized", "{says:?}");
    }
}
