//! Documents that have changed by the time a run is resumed.

use std::fs;

use serde_json::{Value, json};
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::command::{Ended, Folder};

const WAITS: &str = "steps:
  - {id: ask, description: Wait, external: {with: {}}}
  - {id: create, capability: organizations, operation: createOrganization, with: {name: before}}
outputs: [{name: id, source: create.id}]
";

const COMPOSITION: &str = "composition.yaml";
const DESCRIPTION: &str = "shared/acme-openapi.yaml";

/// Starts a run that waits for its first step, edits its file `name`, and resumes it. Returns the result and the
/// requests.
async fn edited(
    name: &'static str,
    [from, to]: [&'static str; 2],
    more: &'static [&'static str],
) -> (Ended, Vec<Value>) {
    let server = MockServer::start().await;
    let answer = json!({"id": "org_1", "name": "x", "state": "active"});
    let answer = ResponseTemplate::new(201).set_body_json(answer);
    Mock::given(method("POST")).respond_with(answer).mount(&server).await;
    let base_url = format!("acme={}", server.uri());
    let live = move || {
        let folder = Folder::new("0.2", WAITS);
        let ended = folder.naftiko(&["run", COMPOSITION, "--base-url", &base_url]);
        assert_eq!(ended.code, 4, "{}", ended.stderr);
        let path = folder.path().join(name);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{text}");
        fs::write(path, text.replace(from, to)).unwrap();
        let listed = folder.naftiko(&["runs", "--json"]).stdout;
        let run: Value = serde_json::from_str(listed.lines().next().unwrap()).unwrap();
        let resume = ["resume", run["run"].as_str().unwrap(), "--answer", "ask=null"];
        folder.naftiko(&[&resume, more].concat())
    };
    let ended = tokio::task::spawn_blocking(live).await.unwrap();
    let sent = server.received_requests().await.unwrap();
    (ended, sent.iter().map(|request| serde_json::from_slice(&request.body).unwrap()).collect())
}

/// The messages before those about the steps.
fn said(ended: &Ended) -> String {
    let lines = ended.stderr.lines().take_while(|line| !line.starts_with("done "));
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn a_run_goes_on_with_its_own_plan_and_says_what_has_changed() {
    let (ended, sent) = edited(COMPOSITION, ["name: before", "name: after"], &[]).await;
    assert_eq!((ended.code, sent), (0, vec![json!({"name": "before"})]), "{}", ended.stderr);
    insta::assert_snapshot!(said(&ended), @r"
    `composition.yaml`, or a document that it names, has changed since the run started:
      step `create`: `arguments` changed
    the run continues with its own plan; `--adopt-changes` uses the changed documents
    ");
}

#[tokio::test]
async fn told_to_it_goes_on_with_the_documents_as_they_are() {
    let (ended, sent) = edited(COMPOSITION, ["name: before", "name: after"], &["--adopt-changes"]).await;
    assert_eq!((ended.code, sent), (0, vec![json!({"name": "after"})]), "{}", ended.stderr);
    insta::assert_snapshot!(said(&ended), @r"
    `composition.yaml`, or a document that it names, has changed since the run started:
      step `create`: `arguments` changed
    the run continues with these changes
    ");
}

#[tokio::test]
async fn an_operation_whose_description_has_changed_is_named_with_the_steps_that_use_it() {
    let edit = ["seats: {type: integer}", "seats: {type: string}"];
    let (ended, sent) = edited(DESCRIPTION, edit, &[]).await;
    assert_eq!((ended.code, sent.len()), (0, 1), "{}", ended.stderr);
    insta::assert_snapshot!(said(&ended), @r"
    `composition.yaml`, or a document that it names, has changed since the run started:
      operation `createOrganization` changed, which `create` uses
    the run continues with its own plan; `--adopt-changes` uses the changed documents
    ");
    // A changed operation that no step uses is not reported.
    let edit = ["operationId: getOrganization", "operationId: getOrganization\n      summary: One of them"];
    let (ended, _) = edited(DESCRIPTION, edit, &[]).await;
    assert_eq!((ended.code, said(&ended).as_str()), (0, ""), "{}", ended.stderr);
}

#[tokio::test]
async fn documents_that_have_errors_by_now_stop_nothing_unless_they_are_wanted() {
    let edit = ["createOrganization", "createOrganisation"];
    let (ended, sent) = edited(COMPOSITION, edit, &[]).await;
    assert_eq!((ended.code, sent.len()), (0, 1), "{}", ended.stderr);
    insta::assert_snapshot!(said(&ended), @"`composition.yaml` no longer has a plan (it has errors); the run continues with its own plan");
    let (ended, sent) = edited(COMPOSITION, edit, &["--adopt-changes"]).await;
    assert_eq!((ended.code, sent.len()), (2, 0), "{}", ended.stderr);
    insta::assert_snapshot!(ended.stderr, @"error: `composition.yaml` has no plan, so the run cannot adopt \
                                            it: it has errors");
}

#[tokio::test]
async fn how_a_document_is_written_is_no_change_of_it() {
    let (ended, _) = edited(COMPOSITION, ["steps:", "# Whoever reads this.\nsteps:"], &[]).await;
    assert_eq!((ended.code, said(&ended).as_str()), (0, ""), "{}", ended.stderr);
}
