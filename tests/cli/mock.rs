//! Runs on the mock.

use serde_json::Value;

use crate::command::{Ended, Folder, command, end, workspace};

fn onboard(more: &[&str]) -> Ended {
    let fixed = [
        "run",
        "specs/workos/b2b-enterprise-onboarding.yaml",
        "--mock",
        "--inputs",
        "specs/workos/acme.inputs.yaml",
        "--answer",
        r#"send-portal-link={"sent": true}"#,
    ];
    let mut command = command(&[&fixed, more].concat());
    command.current_dir(workspace());
    end(command)
}

#[test]
fn the_onboarding_runs_and_shows_every_step_and_output() {
    let ended = onboard(&[]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    insta::assert_snapshot!(ended.stderr);
    insta::assert_snapshot!(ended.stdout);
}

#[test]
fn what_is_done_for_items_and_undone_stands_below_the_rest() {
    let steps = "inputs: [{name: names, type: array, items: string, required: true}]
steps:
  - id: create
    forEach: inputs.names
    capability: organizations
    operation: createOrganization
    with: {name: '${item}'}
    compensate: {operation: getOrganization, with: {id: '${create.id}'}}
  - id: look
    capability: organizations
    operation: getOrganization
    with: {id: '${create[0].id ?? run.id}'}
    expect: [response.body.name == 'Nobody']
";
    let folder = Folder::new("0.2", steps);
    let ended = folder.naftiko(&["run", "composition.yaml", "--mock", "--input", "names=A,B"]);
    insta::assert_snapshot!(ended.stderr);
}

#[test]
fn the_same_seed_gives_the_same_answers_and_another_gives_others() {
    assert_eq!(onboard(&["--seed", "7"]).stdout, onboard(&["--seed", "7"]).stdout);
    assert_ne!(onboard(&["--seed", "7"]).stdout, onboard(&["--seed", "8"]).stdout);
}

#[test]
fn events_are_json_lines_and_the_outcome_is_the_last() {
    let ended = onboard(&["--json"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    let mut lines: Vec<Value> =
        ended.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for line in &mut lines {
        // Time is virtual and the responses are determined by the seed: only the id of the run differs each time.
        line["run"] = "…".into();
    }
    insta::assert_snapshot!(lines.iter().map(Value::to_string).collect::<Vec<_>>().join("\n"));
}

#[test]
fn what_one_step_creates_the_next_finds() {
    let ended = onboard(&["--json"]);
    let events: Vec<Value> = ended.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let result = |step: &str| {
        let succeeded =
            events.iter().find(|event| event["event"] == "stepSucceeded" && event["step"] == step);
        succeeded.unwrap()["result"].clone()
    };
    let organization = &result("create-organization")["id"];
    assert_eq!(&result("poll-connection-active")["data"][0]["organization_id"], organization);
    assert_eq!(&result("verify-directory")["data"][0]["organization_id"], organization);
    let directory = &result("verify-directory")["data"][0]["id"];
    assert_eq!(&result("verify-directory-users")["data"][0]["directory_id"], directory);
    assert_eq!(result("create-organization")["name"], "Acme Inc.");
}

#[test]
fn waits_take_no_time_on_the_mock() {
    // A condition that the types cannot refute and the script never fulfills.
    let test = "specification: Naftiko Composition Test
specificationVersion: '0.2'
composition: composition.yaml
inputs: {name: nobody}
mock: {operations: {listOrganizations: [{}]}}
tests: [{name: it waits, expect: {outcome: failed}}]
";
    let body = "inputs: [{name: name, type: string, required: true}]
steps:
  - id: list
    capability: organizations
    operation: listOrganizations
    poll: {until: 'response.body.data[0].name == inputs.name', timeout: 1d}
";
    let script = ["run", "composition.yaml", "--mock", "--input", "name=nobody", "--script", "x.test.yaml"];
    let ended = Folder::new("0.2", body).with("x.test.yaml", test).naftiko(&script);
    assert_eq!((ended.code, ended.stdout.as_str()), (3, ""), "{}", ended.stderr);
    assert!(ended.stderr.contains("timed out after 1d"), "{}", ended.stderr);
    assert!(ended.stderr.lines().count() < 10, "a step that waits says so once: {}", ended.stderr);
}

#[test]
fn without_an_answer_and_without_a_terminal_the_run_waits() {
    let arguments = [
        "run",
        "specs/workos/b2b-enterprise-onboarding.yaml",
        "--mock",
        "--inputs",
        "specs/workos/acme.inputs.yaml",
    ];
    let mut command = command(&arguments);
    command.current_dir(workspace());
    let ended = end(command);
    assert_eq!((ended.code, ended.stdout.as_str()), (4, ""));
    insta::assert_snapshot!(ended.stderr);
}

#[test]
fn a_script_says_what_the_mock_answers_in_a_run() {
    let body = "steps:
  - id: list
    capability: organizations
    operation: listOrganizations
    poll: {until: len(response.body.data) > 1, every: 1s, timeout: 1h}
outputs: [{name: count, source: len(list.data)}]
";
    let test = "specification: Naftiko Composition Test
specificationVersion: '0.2'
composition: composition.yaml
mock:
  operations:
    listOrganizations: [{times: 3}, {patch: {data: [{name: one}, {name: two}]}}]
tests: [{name: it ends, expect: {outcome: succeeded}}]
";
    let folder = Folder::new("0.2", body).with("composition.test.yaml", test);
    let alone = folder.naftiko(&["run", "composition.yaml", "--mock"]);
    assert_eq!(alone.code, 3, "{alone:?}");
    assert!(
        alone.stdout.contains("the same response 100 times")
            || alone.stderr.contains("the same response 100 times"),
        "{alone:?}"
    );
    let scripted =
        folder.naftiko(&["run", "composition.yaml", "--mock", "--script", "composition.test.yaml"]);
    assert_eq!((scripted.code, scripted.stdout.trim()), (0, "count: 2"), "{scripted:?}");
    let wrong = folder.naftiko(&["run", "composition.yaml", "--mock", "--script", "composition.yaml"]);
    assert_eq!(wrong.code, 2, "{wrong:?}");
    let real = folder.naftiko(&["run", "composition.yaml", "--script", "composition.test.yaml"]);
    assert_eq!(real.code, 2, "{real:?}");
}
