//! What is checked and planned and cannot be run yet is refused before anything is sent, with everything it is.

use crate::command::Folder;

const BODY: &str = "inputs:
  - {name: names, type: array, items: string, required: true}
  - {name: go, type: boolean, default: true}
steps:
  - id: create
    when: inputs.go
    forEach: inputs.names
    capability: organizations
    operation: createOrganization
    with: {name: '${item}'}
    onFailure: continue
    compensate: {operation: getOrganization, with: {id: '${create.id}'}}
  - id: tell
    external: {channel: email, to: it@acme.example, timeout: 1d}
outputs:
  - {name: made, source: 'len(create ?? [])'}
";

#[test]
fn it_is_checked_and_planned() {
    let folder = Folder::new("0.2", BODY);
    let checked = folder.naftiko(&["check", "composition.yaml"]);
    assert_eq!(checked.code, 0, "{}{}", checked.stdout, checked.stderr);
    let planned = folder.naftiko(&["plan", "composition.yaml"]);
    assert_eq!(planned.code, 0);
    insta::assert_snapshot!(planned.stdout, @"
    Test
    acme at https://api.acme.example, with $ACME_API_KEY, as shared/acme.yaml says

    inputs
      names  list of string, required
      go     boolean, default true

    steps
      1. create  POST /organizations
         body.name ← item
         when inputs.go
         for each of inputs.names, 1 at a time
         if it fails, the run goes on
         undone by GET /organizations/{id}
      2. tell  done outside, by email
         to ← it@acme.example
         with the inputs and results so far, sensitive ones masked

    outputs
      made  ← len(create ?? [])
    ");
}

#[test]
fn on_the_mock_nothing_is_sent_and_elsewhere_what_is_missing_is_said() {
    let folder = Folder::new("0.2", BODY);
    let names = ["run", "composition.yaml", "--input", "names=a,b"];
    let ended = folder.naftiko(&[names.as_slice(), &["--base-url", "acme=http://127.0.0.1:9"]].concat());
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{}", ended.stderr);
    insta::assert_snapshot!(ended.stderr, @"error: `NAFTIKO_SMTP_URL` is not set: `tell` sends an e-mail, and that variable names the mail server");
    let ended = folder.naftiko(&[names.as_slice(), &["--mock", "--answer", "tell=true"]].concat());
    assert_eq!((ended.code, ended.stdout.as_str()), (0, "made: 2\n"), "{}", ended.stderr);
}

#[test]
fn a_provider_that_cannot_be_spoken_to_is_named_and_the_mock_lets_everybody_in() {
    let capabilities = "specification: Naftiko Capabilities\nspecificationVersion: '0.2'\nproviderId: acme\nbaseUrl: http://127.0.0.1:9\nauth: {type: basic, envVar: ACME_API_KEY}\nopenapi: shared/acme-openapi.yaml\ncapabilities:\n  - {id: organizations, operationIds: [listOrganizations]}\n";
    let body = "steps:\n  - {id: list, capability: organizations, operation: listOrganizations}\noutputs: [{name: all, source: list.data}]\n";
    let folder = Folder::new("0.2", body).with("acme.yaml", capabilities);
    let refused = folder.naftiko(&["run", "composition.yaml", "--capabilities", "acme.yaml"]);
    assert_eq!((refused.code, refused.stdout.as_str()), (2, ""));
    insta::assert_snapshot!(refused.stderr, @"
    error: this version checks and plans the composition, and cannot run all of it yet
      - provider `acme`: authentication of type `basic`
    ");
    let imitated = folder.naftiko(&["run", "composition.yaml", "--capabilities", "acme.yaml", "--mock"]);
    assert_eq!(imitated.code, 0, "{}", imitated.stderr);
}

#[test]
fn a_token_may_be_in_a_file() {
    let capabilities = "specification: Naftiko Capabilities\nspecificationVersion: '0.2'\nproviderId: acme\nbaseUrl: http://127.0.0.1:9\nauth: {type: bearer, file: secrets/token}\nopenapi: acme-openapi.yaml\ncapabilities:\n  - {id: organizations, operationIds: [listOrganizations]}\n";
    let body = "steps:\n  - {id: list, capability: organizations, operation: listOrganizations, retry: {attempts: 1}}\noutputs: [{name: all, source: list.data}]\n";
    let folder = Folder::new("0.2", body).with("shared/acme.yaml", capabilities);
    let missing = folder.naftiko(&["run", "composition.yaml"]);
    assert_eq!((missing.code, missing.stdout.as_str()), (2, ""));
    insta::assert_snapshot!(missing.stderr, @"error: `shared/secrets/token` cannot be read or is empty: `acme` is spoken to with the token in that file");
    let ended = folder.with("shared/secrets/token", "s3cret\n").naftiko(&["run", "composition.yaml"]);
    assert_eq!(ended.code, 3, "{}", ended.stderr);
    assert!(ended.stderr.contains("did not reach the other side"), "{}", ended.stderr);
    assert!(!ended.stderr.contains("s3cret"), "{}", ended.stderr);
}
