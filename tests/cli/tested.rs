//! `naftiko test`: runs on the mock, compared with expectations and snapshots.

use std::path::Path;

use serde_json::Value;

use crate::command::{Ended, Folder, command, end, workspace};

const COMPOSITION: &str = "inputs: [{name: name, type: string, required: true}]
steps:
  - id: create
    capability: organizations
    operation: createOrganization
    with: {name: '${inputs.name}'}
    compensate: {operation: deleteOrganization, with: {id: '${create.id}'}}
  - id: look
    capability: organizations
    operation: getOrganization
    with: {id: '${create.id}'}
    poll: {until: response.body.state == 'active', timeout: 1h}
outputs:
  - {name: id, source: create.id}
  - {name: state, source: look.state}
";

/// A folder with the composition above, and one test document with these tests.
fn folder(tests: &str) -> Folder {
    let header = "specification: Naftiko Composition Test\nspecificationVersion: '0.2'\ncomposition: composition.yaml\n";
    let capabilities = include_str!("../fixtures/acme/acme.yaml").replace(
        "createOrganization, getOrganization,",
        "createOrganization, getOrganization, deleteOrganization,",
    );
    let folder = Folder::new("0.2", COMPOSITION).with("shared/acme.yaml", capabilities);
    folder.with("composition.test.yaml", format!("{header}inputs: {{name: Acme}}\ntests:\n{tests}"))
}

/// A test that passes.
const GOOD: &str = "  - name: it becomes active
    mock:
      operations:
        getOrganization: [{times: 2, patch: {state: pending}}, {patch: {state: active}}]
    expect:
      outcome: succeeded
      outputs: {id: '${create.id}', state: active}
      steps: {look: succeeded, 'create:compensate': not-run}
      assert:
        - requests[0].body.name == inputs.name
        - len(requests) == 4
";

fn snapshot(folder: &Folder) -> String {
    std::fs::read_to_string(folder.path().join("composition.snap.yaml")).unwrap()
}

fn in_ci(folder: &Folder, arguments: &[&str]) -> Ended {
    let mut command = folder.command(arguments);
    command.env("CI", "true");
    end(command)
}

#[test]
fn the_shipped_specs_are_as_their_tests_and_snapshots_say() {
    let mut command = command(&["test", "specs"]);
    command.current_dir(workspace()).env("CI", "true");
    let ended = end(command);
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    assert!(ended.stdout.contains("b2b-enterprise-onboarding.test.yaml"), "{}", ended.stdout);
}

#[test]
fn a_first_run_writes_its_snapshot_and_the_next_is_held_against_it() {
    let folder = folder(GOOD);
    let ended = folder.naftiko(&["test"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{}", ended.stdout);
    insta::assert_snapshot!(ended.stdout);
    insta::assert_snapshot!(snapshot(&folder));
    let again = in_ci(&folder, &["test"]);
    assert_eq!(again.code, 0, "{}", again.stdout);
    assert!(again.stdout.ends_with("1 test, all passed\n"), "{}", again.stdout);
}

#[test]
fn in_ci_a_missing_snapshot_is_a_failure_and_none_is_written() {
    let folder = folder(GOOD);
    let ended = in_ci(&folder, &["test"]);
    assert_eq!(ended.code, 1);
    insta::assert_snapshot!(ended.stdout);
    assert!(!folder.path().join("composition.snap.yaml").exists());
    assert_eq!(in_ci(&folder, &["test", "--update"]).code, 0, "somebody asked for it");
    assert!(folder.path().join("composition.snap.yaml").exists());
}

#[test]
fn a_run_that_is_otherwise_than_its_snapshot_fails_with_the_difference() {
    let folder = folder(GOOD);
    folder.naftiko(&["test"]);
    let before = snapshot(&folder);
    let other = GOOD.replace("times: 2", "times: 3").replace("len(requests) == 4", "len(requests) == 5");
    let text = std::fs::read_to_string(folder.path().join("composition.test.yaml")).unwrap();
    let folder = folder.with("composition.test.yaml", text.replace(GOOD, &other));
    let ended = folder.naftiko(&["test"]);
    assert_eq!(ended.code, 1);
    insta::assert_snapshot!(ended.stdout);
    assert_eq!(snapshot(&folder), before, "it is left as it was");
    assert_eq!(folder.naftiko(&["test", "--update"]).code, 0);
    assert_ne!(snapshot(&folder), before);
    assert_eq!(in_ci(&folder, &["test"]).code, 0);
}

#[test]
fn whatever_is_not_as_the_test_says_is_told_and_no_snapshot_is_written() {
    let folder = folder(
        "  - name: everything is expected otherwise
    mock: {operations: {getOrganization: [{status: 404}]}}
    expect:
      outcome: succeeded
      outputs: {id: org_1}
      steps: {create: skipped, look: succeeded}
      assert: [len(requests) == 1, look.state == 'active', '!outputs.state']
",
    );
    let ended = folder.naftiko(&["test", "--update"]);
    assert_eq!(ended.code, 1);
    insta::assert_snapshot!(ended.stdout);
    assert!(!folder.path().join("composition.snap.yaml").exists());
}

#[test]
fn what_an_assertion_found_is_told_and_what_is_sensitive_in_it_is_not() {
    let composition = "name: Test
specification: Naftiko Capability Composition
specificationVersion: '0.2'
providerId: acme
inputs: [{name: name, type: string, required: true}, {name: pin, type: string, required: true, sensitive: true}]
steps: [{id: ask, external: {with: {name: '${inputs.name}'}, result: {type: object, required: [token], properties: {token: {type: string}}}}}]
outputs: [{name: token, source: upper(ask.token), sensitive: true}, {name: name, source: inputs.name}]
";
    let tests = "specification: Naftiko Composition Test
specificationVersion: '0.2'
composition: composition.yaml
tests:
  - name: nothing of it holds
    inputs: {name: Ada, pin: p1n-s3cret}
    answers: {ask: {token: t0p-s3cret}}
    expect:
      outcome: succeeded
      assert:
        - outputs.name == 'Bea'
        - inputs.pin == 'x'
        - outputs.token == 'x'
        - lower(outputs.token) == 'x'
        - upper(inputs.pin) == 'x'
        - len(requests[? @.operation == 'createOrganization']) > 0
";
    let folder = Folder::new("0.2", "").with("composition.yaml", composition).with("a.test.yaml", tests);
    let ended = folder.naftiko(&["test"]);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    insta::assert_snapshot!(ended.stdout);
    assert!(!ended.stdout.to_lowercase().contains("s3cret"), "{}", ended.stdout);
}

#[test]
fn a_step_that_nobody_answers_is_named() {
    let composition = "name: Test\nspecification: Naftiko Capability Composition\nspecificationVersion: '0.2'\nproviderId: acme
steps: [{id: ask, external: true}]\n";
    let tests =
        "specification: Naftiko Composition Test\nspecificationVersion: '0.2'\ncomposition: composition.yaml
tests:
  - {name: it is answered, answers: {ask: yes}, expect: {outcome: succeeded, steps: {ask: succeeded}}}
  - {name: it waits, expect: {outcome: waiting, steps: {ask: waiting}}}
  - {name: it should not wait, expect: {outcome: succeeded}}\n";
    let folder = Folder::new("0.2", "").with("composition.yaml", composition).with("a.test.yaml", tests);
    let ended = folder.naftiko(&["test"]);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    let told = "expected outcome `succeeded`, found `waiting`; `answers` has no answer for `ask`\n";
    assert!(ended.stdout.contains(told), "{}", ended.stdout);
    assert!(
        ended.stdout.ends_with("3 tests, 1 failed, 2 snapshots written: review them\n"),
        "{}",
        ended.stdout
    );
}

#[test]
fn what_was_done_is_seen_to_be_undone() {
    let folder = folder(
        "  - name: an organization nobody finds is removed
    mock: {operations: {getOrganization: [{status: 404}]}}
    expect:
      outcome: compensated
      steps: {look: failed, 'create:compensate': succeeded}
      assert:
        - last(requests).method == 'DELETE'
        - last(requests).path != '/organizations/{id}'
",
    );
    let ended = folder.naftiko(&["test"]);
    assert_eq!(ended.code, 0, "{}", ended.stdout);
    insta::assert_snapshot!(snapshot(&folder));
}

#[test]
fn a_poll_that_is_never_fulfilled_takes_no_time_and_one_line() {
    let folder = folder(
        "  - name: it never becomes active
    mock: {operations: {getOrganization: [{patch: {state: pending}}]}}
    expect: {outcome: compensated}
",
    );
    assert_eq!(folder.naftiko(&["test"]).code, 0);
    let told = snapshot(&folder);
    assert_eq!(told.lines().filter(|line| line.contains("look waited")).count(), 1, "{told}");
    assert!(told.contains("look waited 1h in "), "{told}");
}

#[test]
fn a_document_with_errors_is_a_test_that_failed_and_hides_no_other() {
    let folder = folder(GOOD)
        .with("b/broken.test.yaml", "specification: Naftiko Composition Test\nspecificationVersion: '0.2'\ncomposition: ../compositio.yaml\ntests: [{name: x, expect: {outcome: succeeded}}]\n");
    let ended = folder.naftiko(&["test", "."]);
    assert_eq!(ended.code, 1);
    insta::assert_snapshot!(ended.stdout);
}

#[test]
fn the_order_and_the_results_do_not_depend_on_how_many_run_at_a_time() {
    let many: String =
        (0..12).map(|number| GOOD.replace("it becomes", &format!("{number} becomes"))).collect();
    let folder = folder(&many);
    let one = folder.naftiko(&["test", "--jobs", "1"]).stdout;
    let kept = snapshot(&folder);
    assert_eq!(
        folder.naftiko(&["test", "--jobs", "8", "--update"]).stdout,
        one.replace(" (snapshot written)", "").replace(", 12 snapshots written: review them", "")
    );
    assert_eq!(snapshot(&folder), kept);
}

#[test]
fn a_filter_chooses_by_name_and_leaves_other_snapshots_alone() {
    let two = format!("{GOOD}{}", GOOD.replace("it becomes active", "another"));
    let folder = folder(&two);
    assert_eq!(folder.naftiko(&["test"]).code, 0);
    let before = snapshot(&folder);
    let ended = folder.naftiko(&["test", "--filter", "anoth", "--update"]);
    assert!(ended.stdout.ends_with("1 test, all passed\n"), "{}", ended.stdout);
    assert_eq!(snapshot(&folder), before);
    let nothing = folder.naftiko(&["test", "--filter", "nobody"]);
    assert_eq!(
        (nothing.code, nothing.stderr.as_str()),
        (2, "error: there is no test with `nobody` in its name\n")
    );
}

#[test]
fn a_snapshot_whose_test_is_no_more_is_a_failure_until_it_is_taken_away() {
    let folder = folder(GOOD);
    folder.naftiko(&["test"]);
    let stale = snapshot(&folder) + "\nsomething that was:\n  outcome: failed\n";
    let folder = folder.with("composition.snap.yaml", stale);
    let ended = folder.naftiko(&["test"]);
    assert_eq!(ended.code, 1);
    assert!(ended.stdout.contains("FAIL something that was"), "{}", ended.stdout);
    assert_eq!(folder.naftiko(&["test", "--update"]).code, 0);
    assert!(!snapshot(&folder).contains("something that was"));
}

#[test]
fn programs_get_json_and_junit() {
    let bad = GOOD.replace("it becomes active", "<bad>").replace("len(requests) == 4", "len(requests) == 1");
    let folder = folder(&format!("{GOOD}{bad}"));
    let json = folder.naftiko(&["test", "--format", "json"]);
    let value: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!((json.code, &value["passed"], &value["failed"]), (1, &1.into(), &1.into()));
    assert_eq!(value["tests"][1]["problems"][0], "`len(requests) == 1` is false: `len(requests)` is 4");
    insta::assert_snapshot!(folder.naftiko(&["test", "--format", "junit"]).stdout);
}

#[test]
fn what_is_sensitive_is_in_no_snapshot_and_no_message() {
    let composition = COMPOSITION
        .replace("required: true}]", "required: true, sensitive: true}]")
        .replace("- {name: id, source: create.id}", "- {name: id, source: create.name, sensitive: true}");
    let header = "name: Test\nspecification: Naftiko Capability Composition\nspecificationVersion: '0.2'\nproviderId: acme\n";
    let active = "    inputs: {name: very-secret-name}\n    mock: {operations: {getOrganization: [{patch: {state: active}}]}}\n";
    let tests = format!(
        "  - name: it is hidden\n{active}    expect: {{outcome: succeeded, outputs: {{id: very-secret-name}}}}
  - name: it is hidden where it differs\n{active}    expect: {{outcome: succeeded, outputs: {{id: other-secret}}}}\n"
    );
    let folder = folder(&tests).with("composition.yaml", format!("{header}{composition}"));
    let ended = folder.naftiko(&["test"]);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    assert!(ended.stdout.contains("output `id` has another value than expected"), "{}", ended.stdout);
    let shown = ended.stdout + &ended.stderr + &snapshot(&folder);
    assert!(!shown.contains("secret"), "{shown}");
    assert!(shown.contains("name: '***'") || shown.contains("name: \"***\""), "{shown}");
}

#[test]
fn where_there_is_no_test_the_command_says_what_one_is() {
    let folder = Folder::new("0.2", COMPOSITION);
    let ended = folder.naftiko(&["test"]);
    assert_eq!(ended.code, 2);
    assert_eq!(ended.stderr, "error: there are no tests below `.`: tests are files `*.test.yaml`\n");
    let run = folder.with("a.test.yaml", "specification: Naftiko Composition Test\nspecificationVersion: '0.2'\ncomposition: composition.yaml\ntests: [{name: x, inputs: {name: y}, expect: {outcome: succeeded}}]\n");
    let ended = run.naftiko(&["run", "a.test.yaml"]);
    assert_eq!(
        (ended.code, ended.stderr.as_str()),
        (2, "error: `a.test.yaml` is a test of a composition: run it with `naftiko test`\n")
    );
    assert!(!Path::new("composition.snap.yaml").exists());
}
