//! A composition with nearly all keys: its plan, its run on the mock, and errors for missing parts.

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
    acme at https://api.acme.example, with $ACME_API_KEY (from shared/acme.yaml)

    secrets
      ACME_API_KEY → https://api.acme.example  (acme)

    inputs
      names  list of string, required
      go     boolean, default true

    steps
      1. create  POST /organizations
         body.name ← item
         when inputs.go
         for each item of inputs.names, 1 at a time
         on failure the run continues
         compensated by GET /organizations/{id}
      2. tell  external, by email
         to ← it@acme.example
         with the inputs and results so far, sensitive values masked

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
    insta::assert_snapshot!(ended.stderr, @"error: `NAFTIKO_SMTP_URL` is not set: `tell` sends an e-mail \
                                            through the mail server in that variable");
    let ended = folder.naftiko(&[names.as_slice(), &["--mock", "--answer", "tell=true"]].concat());
    assert_eq!((ended.code, ended.stdout.as_str()), (0, "made: 2\n"), "{}", ended.stderr);
}
