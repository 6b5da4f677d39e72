//! `--verbose` shows requests and responses without sensitive values.

use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::command::{Ended, Folder};

const BODY: &str = "inputs:
  - {name: pin, type: string, required: true, sensitive: true}
  - {name: who, type: string, default: 'Acme & Söhne'}
steps:
  - {id: create, capability: organizations, operation: createOrganization, with: {name: '${inputs.pin}', domains: ['${inputs.who}']}}
  - {id: invite, capability: members, operation: inviteMember, with: {organization_id: '${create.id}', email: 'a@acme.example'}}
  - {id: list, capability: members, operation: listMembers, with: {organization_id: '${create.id}', state: active}, poll: {every: 20ms, until: 'exists(response.body.data[0])'}}
outputs:
  - {name: member, source: 'list.data[0].id'}
  - {name: email, source: invite.email, sensitive: true}
";

const CAPABILITIES: &str = "specification: Naftiko Capabilities
specificationVersion: '0.2'
providerId: acme
baseUrl: http://127.0.0.1:9/v1
auth: {type: bearer, envVar: ACME_API_KEY}
openapi: acme-openapi.yaml
operations:
  inviteMember: {sensitive: [email]}
capabilities:
  - {id: organizations, operationIds: [createOrganization]}
  - {id: members, operationIds: [inviteMember, listMembers]}
";

async fn run(more: &'static [&'static str]) -> (Ended, String) {
    let server = MockServer::start().await;
    let asked = std::sync::atomic::AtomicUsize::new(0);
    let answer = move |request: &Request| match (request.method.as_str(), request.url.path()) {
        ("POST", "/v1/organizations") => {
            let body: Value = serde_json::from_slice(&request.body).unwrap();
            let shown = request.headers.get("authorization").unwrap().to_str().unwrap();
            let echo = format!("{} and {shown}\u{1b}[2J", body["name"].as_str().unwrap());
            let long = "x".repeat(5000);
            let body =
                json!({"id": "org_1", "name": echo, "state": "active", "domains": [body["name"], long]});
            ResponseTemplate::new(201).set_body_json(body)
        }
        ("POST", _) => {
            ResponseTemplate::new(201).set_body_json(json!({"id": "m_1", "email": "t0p-s3cret-token"}))
        }
        _ if asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0 => {
            ResponseTemplate::new(503).set_body_json(json!({"message": "not t0p-s3cret-token yet"}))
        }
        _ => ResponseTemplate::new(200).set_body_json(json!({"data": [{"id": "m_1"}]})),
    };
    Mock::given(any()).respond_with(answer).mount(&server).await;
    let base_url = format!("acme={}/v1", server.uri());
    let ended = tokio::task::spawn_blocking(move || {
        let folder = Folder::new("0.2", BODY).with("shared/acme.yaml", CAPABILITIES);
        let fixed = ["run", "composition.yaml", "--base-url", &base_url, "--input", "pin=a b c d"];
        folder.naftiko(&[&fixed, more].concat())
    });
    (ended.await.unwrap(), server.uri())
}

/// The lines about requests and responses, without parts that vary between runs.
fn wire(ended: &Ended, uri: &str) -> String {
    let lines =
        ended.stderr.lines().filter(|line| line.starts_with(['>', '<']) && !line.starts_with("< date:"));
    lines.collect::<Vec<_>>().join("\n").replace(uri, "HOST").replace(&"x".repeat(50), "x")
}

#[tokio::test]
async fn requests_and_answers_are_shown_without_what_is_sensitive() {
    let (ended, uri) = run(&["--verbose"]).await;
    assert_eq!((ended.code, ended.stdout.as_str()), (0, "member: m_1\nemail: \"***\"\n"), "{}", ended.stderr);
    insta::assert_snapshot!(wire(&ended, &uri));
    for secret in ["a b c d", "secret-of-acme", "t0p-s3cret", "\u{1b}"] {
        assert!(!ended.stderr.contains(secret), "{secret}: {}", ended.stderr);
    }
}

#[tokio::test]
async fn it_stands_beside_events_and_is_not_there_unless_asked_for() {
    let (ended, uri) = run(&["-v", "--json"]).await;
    assert!(wire(&ended, &uri).contains("> create 1: POST HOST/v1/organizations"), "{}", ended.stderr);
    assert!(ended.stdout.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()));
    let (ended, uri) = run(&[]).await;
    assert_eq!(wire(&ended, &uri), "");
}
