//! A run does what was checked, and enforces what the document says.

use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::command::{Ended, Folder};

const INVITE: &str = "name: Invite
specification: Naftiko Capability Composition
specificationVersion: '0.2'
providerId: acme
inputs:
  - {name: email, type: string, format: email, required: true, sensitive: SENSITIVE}
  - {name: role, type: string, enum: [reader, writer], default: reader}
steps:
  - id: invite
    capability: members
    operation: inviteMember
    with: {organization_id: org_1, email: '${inputs.email}', roles: ['${inputs.role}']}
outputs:
  - {name: id, source: invite.id}
";

const ALL: &str = "inputs:
  - {name: people, type: array, required: true, sensitive: SENSITIVE, items: {type: object, properties: {email: {type: string}}}}
  - {name: role, type: string, enum: [reader, writer]}
steps:
  - id: people
    forEach: inputs.people[? exists(@.email)]
    composition: invite.yaml
    with: {email: '${item.email}', role: '${inputs.role}'}
outputs:
  - {name: ids, source: 'people[*].id'}
";

const OFFBOARD: &str = "inputs:
  - {name: member, type: string, required: true}
  - {name: nick, type: string}
  - {name: full, type: string}
steps:
  - id: remove
    capability: members
    operation: removeMember
    with: {id: '${inputs.member}'}
    onFailure: continue
  - id: record
    when: exists(remove)
    capability: audit
    operation: recordEvent
    with: {action: removed, who: '${first(split(inputs.member, \"@\"))}'}
  - id: named
    when: exists(inputs.nick ?? inputs.full)
    capability: audit
    operation: recordEvent
    with: {action: named, who: '${inputs.nick ?? inputs.full}'}
outputs:
  - {name: removed, source: exists(remove)}
  - {name: recorded, source: exists(record)}
";

async fn run(server: &MockServer, folder: Folder, inputs: Value) -> Ended {
    let base_url = format!("acme={}", server.uri());
    let run = move || {
        let folder = folder.with("inputs.json", inputs.to_string());
        folder.naftiko(&["run", "composition.yaml", "--base-url", &base_url, "--inputs", "inputs.json"])
    };
    tokio::task::spawn_blocking(run).await.unwrap()
}

async fn bodies(server: &MockServer) -> Vec<Value> {
    let requests = server.received_requests().await.unwrap();
    let posted = requests.iter().filter(|request: &&Request| !request.body.is_empty());
    posted.map(|request| serde_json::from_slice(&request.body).unwrap()).collect()
}

fn inviting(sensitive: &str) -> Folder {
    let filled = |text: &str| text.replace("SENSITIVE", sensitive);
    Folder::new("0.2", &filled(ALL)).with("invite.yaml", filled(INVITE))
}

#[tokio::test]
async fn what_an_inner_composition_asks_for_holds_before_anything_of_it_is_sent() {
    for sensitive in ["false", "true"] {
        let server = MockServer::start().await;
        let invited = ResponseTemplate::new(201).set_body_json(json!({"id": "member_1"}));
        Mock::given(method("POST")).and(path("/members")).respond_with(invited).mount(&server).await;
        let people = json!([{"email": "ada@acme.example"}, {}, {"email": "nobody-knows-whom"}, {"email": "eve@acme.example"}]);
        let ended = run(&server, inviting(sensitive), json!({"people": people})).await;
        let invited = json!({"organization_id": "org_1", "email": "ada@acme.example", "roles": ["reader"]});
        assert_eq!(bodies(&server).await, [invited], "{}", ended.stderr);
        assert_eq!(ended.code, 3);
        let why = if sensitive == "true" { "the value does not fit" } else { "expected an e-mail address" };
        let told = format!("input `email` of `Invite`: {why}");
        assert!(ended.stderr.contains(&told), "{}", ended.stderr);
        assert!(!ended.stderr.contains("nobody-knows-whom"), "{}", ended.stderr);
    }
}

#[tokio::test]
async fn an_optional_input_is_handed_on_if_it_is_given() {
    for (role, roles) in [(None, "reader"), (Some("writer"), "writer")] {
        let server = MockServer::start().await;
        let invited = ResponseTemplate::new(201).set_body_json(json!({"id": "member_1"}));
        Mock::given(method("POST")).respond_with(invited).mount(&server).await;
        let mut inputs = json!({"people": [{"email": "ada@acme.example"}]});
        if let Some(role) = role {
            inputs["role"] = role.into();
        }
        let ended = run(&server, inviting("false"), inputs).await;
        assert_eq!(
            (ended.code, bodies(&server).await[0]["roles"].clone()),
            (0, json!([roles])),
            "{}",
            ended.stderr
        );
    }
}

#[tokio::test]
async fn a_step_that_was_done_exists_though_nothing_came_back() {
    for (status, inputs, told, out) in [
        (204, json!({"member": "ada@acme.example"}), vec!["ada"], "removed: true\nrecorded: true\n"),
        (
            403,
            json!({"member": "ada", "full": "Ada L."}),
            vec!["Ada L."],
            "removed: false\nrecorded: false\n",
        ),
    ] {
        let server = MockServer::start().await;
        Mock::given(method("DELETE")).respond_with(ResponseTemplate::new(status)).mount(&server).await;
        Mock::given(method("POST")).respond_with(ResponseTemplate::new(204)).mount(&server).await;
        let ended = run(&server, Folder::new("0.2", OFFBOARD), inputs).await;
        assert_eq!((ended.code, ended.stdout.as_str()), (0, out), "{}", ended.stderr);
        let who: Vec<Value> = bodies(&server).await.into_iter().map(|body| body["who"].clone()).collect();
        assert_eq!(who, told);
    }
}
