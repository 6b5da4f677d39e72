//! The permissions of the operator, and reports about responses that deviate from their description.

use serde_json::{Value, json};
use wiremock::matchers::any as anything;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::command::{Ended, Folder, end};

const CREATE: &str = "inputs:
  - {name: name, type: string, required: true}
steps:
  - {id: create, capability: organizations, operation: createOrganization}
outputs:
  - {name: id, source: create.id}
";

fn run(folder: &Folder, more: &[&str]) -> Ended {
    let fixed = ["run", "composition.yaml", "--accept-inferred", "--input", "name=Acme"];
    folder.naftiko(&[&fixed, more].concat())
}

#[test]
fn what_may_not_be_spoken_to_is_refused_before_anything_is_sent() {
    let folder = Folder::new("0.1", CREATE);
    let refused = |url: &str| {
        let ended = run(&folder, &["--base-url", &format!("acme={url}")]);
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{url}");
        ended.stderr
    };
    let all = [
        "http://169.254.169.254/latest",
        "https://[fd00:ec2::254]",
        "https://192.168.1.1",
        "http://api.acme.example",
        "https://me:hunter2@api.acme.example",
    ];
    let said: Vec<String> = all.into_iter().map(refused).collect();
    insta::assert_snapshot!(said.concat());
}

#[test]
fn a_host_of_another_form_than_a_host_is_a_usage_error() {
    let ended = run(&Folder::new("0.1", CREATE), &["--allow-host", "https://a.example/"]);
    assert_eq!(ended.code, 2);
    assert!(
        ended.stderr.contains("`https://a.example/` is not of the form HOST or HOST:PORT"),
        "{}",
        ended.stderr
    );
}

#[tokio::test]
async fn what_is_not_as_described_is_one_line_of_its_step() {
    let server = MockServer::start().await;
    let body = json!({"id": "org_1", "name": 7, "state": 7, "domains": "hunter2"});
    let answer = ResponseTemplate::new(200).set_body_json(body);
    Mock::given(anything()).respond_with(answer).mount(&server).await;
    let base_url = format!("acme={}", server.uri());
    let run = move || {
        let folder = Folder::new("0.1", CREATE);
        let plain = run(&folder, &["--base-url", &base_url]);
        let json = run(&folder, &["--base-url", &base_url, "--json"]);
        let strict = run(&folder, &["--base-url", &base_url, "--strict-responses"]);
        let first: Value = serde_json::from_str(json.stdout.lines().next().unwrap()).unwrap();
        let id = first["run"].as_str().unwrap().to_owned();
        let shown = folder.naftiko(&["runs", "show", &id]);
        (plain, json, strict, shown)
    };
    let (plain, json, strict, shown) = tokio::task::spawn_blocking(run).await.unwrap();
    assert_eq!((plain.code, plain.stdout.as_str()), (0, "id: org_1\n"), "{}", plain.stderr);
    let line = plain.stderr.lines().find(|line| line.starts_with("done")).unwrap();
    insta::assert_snapshot!(line);
    assert!(!plain.stderr.contains("hunter2"), "{}", plain.stderr);
    let events: Vec<Value> = json.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let succeeded = events.iter().find(|event| event["event"] == "stepSucceeded").unwrap();
    insta::assert_json_snapshot!(succeeded["departures"]);
    assert!(shown.stdout.contains("response deviates from its description"), "{}", shown.stdout);
    assert_eq!(strict.code, 3);
    assert!(strict.stderr.contains("deviates from its description"), "{}", strict.stderr);
    assert!(!strict.stderr.contains("hunter2"), "{}", strict.stderr);
}

#[tokio::test]
async fn the_environment_names_the_proxy_and_the_operator_what_may_be_sent_in_clear() {
    let proxy = MockServer::start().await;
    let answer = ResponseTemplate::new(201).set_body_json(json!({"id": "org_1"}));
    Mock::given(anything()).respond_with(answer).mount(&proxy).await;
    let url = proxy.uri();
    let run = move || {
        let folder = Folder::new("0.1", CREATE);
        let arguments = [
            "run",
            "composition.yaml",
            "--accept-inferred",
            "-i",
            "name=Acme",
            "--base-url",
            "acme=http://acme.invalid/v1",
            "--allow-host",
            "acme.invalid",
        ];
        let mut through = folder.command(&arguments);
        through.env("HTTP_PROXY", &url);
        let mut around = folder.command(&arguments);
        around.env("HTTP_PROXY", &url).env("NO_PROXY", ".invalid");
        let mut broken = folder.command(&arguments);
        broken.env("http_proxy", "http://me:hunter2@[");
        (end(through), end(around), end(broken))
    };
    let (through, around, broken) = tokio::task::spawn_blocking(run).await.unwrap();
    assert_eq!((through.code, through.stdout.as_str()), (0, "id: org_1\n"), "{}", through.stderr);
    assert_eq!(around.code, 3, "{}", around.stderr);
    assert_eq!(broken.code, 2);
    assert!(
        broken.stderr.contains("`http_proxy`") && !broken.stderr.contains("hunter2"),
        "{}",
        broken.stderr
    );
    let requests = proxy.received_requests().await.unwrap();
    assert_eq!(requests.len(), 1, "the second run went around it");
    assert_eq!(requests[0].headers["host"], "acme.invalid");
}

#[test]
fn certificates_that_cannot_be_read_are_refused() {
    let folder = Folder::new("0.1", CREATE).with("empty.pem", "");
    let missing = run(&folder, &["--ca", "missing.pem"]);
    assert_eq!(missing.code, 2);
    assert!(missing.stderr.contains("`--ca missing.pem` cannot be read"), "{}", missing.stderr);
    let empty = run(&folder, &["--ca", "empty.pem"]);
    assert_eq!(empty.code, 2);
    insta::assert_snapshot!(empty.stderr, @"error: `empty.pem` has no certificate that can be read: they are given in PEM form");
}

#[tokio::test]
async fn servers_have_variables_and_may_be_only_a_path() {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(201).set_body_json(json!({"id": "org_1"}));
    Mock::given(anything()).respond_with(answer).mount(&server).await;
    let (address, uri) = (*server.address(), server.uri());
    let at = move |servers: &str, more: &[&str]| {
        let folder = Folder::new("0.1", CREATE);
        let capabilities = std::fs::read_to_string(folder.path().join("shared/acme.yaml")).unwrap();
        let description = std::fs::read_to_string(folder.path().join("shared/acme-openapi.yaml")).unwrap();
        let folder = folder
            .with("shared/acme.yaml", capabilities.replace("baseUrl: https://api.acme.example\n", ""))
            .with("shared/acme-openapi.yaml", format!("servers: {servers}\n{description}"));
        run(&folder, more)
    };
    let run = move || {
        let servers = format!(
            "[{{url: 'http://{{host}}:{}/{{version}}', variables: {{host: {{default: 127.0.0.1}}, version: {{default: v2}}}}}}]",
            address.port()
        );
        let base_url = format!("acme={uri}/v3");
        let relative = at("[{url: /v1}]", &[]);
        (
            at(&servers, &["--allow-secret", "ACME_API_KEY"]),
            relative,
            at("[{url: /v1}]", &["--base-url", &base_url]),
        )
    };
    let (variables, relative, given) = tokio::task::spawn_blocking(run).await.unwrap();
    assert_eq!((variables.code, variables.stdout.as_str()), (0, "id: org_1\n"), "{}", variables.stderr);
    assert_eq!(relative.code, 2);
    assert!(relative.stderr.contains("give only the path `/v1` for `acme`"), "{}", relative.stderr);
    assert_eq!(given.code, 0, "{}", given.stderr);
    let requests = server.received_requests().await.unwrap();
    let paths: Vec<_> = requests.iter().map(|request| request.url.path()).collect();
    assert_eq!(paths, ["/v2/organizations", "/v3/organizations"]);
}
