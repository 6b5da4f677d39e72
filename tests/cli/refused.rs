//! Runs that are rejected before anything is sent. No process listens on the provider's port and `--accept-inferred` is
//! given, so any request would end with exit code 3 instead.

use crate::command::{Folder, end};

const CREATE: &str = "inputs:
  - {name: organization_name, type: string, required: true}
  - {name: domains, type: array, items: string}
  - {name: seats, type: integer}
steps:
  - {id: create, capability: organizations, operation: createOrganization}
  - {id: confirm, external: true}
outputs:
  - {name: id, source: create.id}
";

const NOWHERE: &str = "acme=http://127.0.0.1:9";

fn run(folder: &Folder, arguments: &[&str]) -> crate::command::Ended {
    let fixed = ["run", "composition.yaml", "--base-url", NOWHERE, "--accept-inferred"];
    folder.naftiko(&[&fixed, arguments].concat())
}

#[test]
fn an_unknown_input_is_refused() {
    let ended = run(
        &Folder::new("0.1", CREATE),
        &["--input", "organisation_name=Acme", "--input", "organization_name=Acme"],
    );
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
    insta::assert_snapshot!(ended.stderr, @"error: there is no input `organisation_name`; did you mean `organization_name`?");
}

#[test]
fn a_flag_that_cannot_be_meant_is_a_usage_error() {
    let folder = Folder::new("0.1", CREATE).with("a.test.yaml", "");
    let check = |arguments: &[&str], why: &str| {
        let ended = folder.naftiko(arguments);
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{arguments:?} {}", ended.stderr);
        assert!(ended.stderr.contains(why), "{arguments:?} {}", ended.stderr);
    };
    for (url, why) in [
        ("answers.example", "it is not a URL"),
        ("ftp://answers.example", "it has to begin with `https://` or `http://` and a host"),
        ("mailto:a@answers.example", "it has to begin with `https://` or `http://` and a host"),
        ("https://me@answers.example", "it has a user or a password"),
        ("https://:pw@answers.example", "it has a user or a password"),
        ("https://answers.example/?a", "it has a query or a fragment"),
        ("https://answers.example/#a", "it has a query or a fragment"),
    ] {
        for command in [&["work", "--once"][..], &["run", "composition.yaml"], &["resume", "x"]] {
            check(&[command, &["--public-url", url]].concat(), why);
        }
        let mut command = folder.command(&["work", "--once"]);
        command.env("NAFTIKO_PUBLIC_URL", url);
        let ended = end(command);
        assert_eq!(ended.code, 2, "{url} {}", ended.stderr);
        assert!(
            ended.stderr.contains("`NAFTIKO_PUBLIC_URL`: ") && ended.stderr.contains(why),
            "{}",
            ended.stderr
        );
    }
    check(&["work", "--once", "--runs", "0"], "it is not a number above 0");
    check(&["test", ".", "--jobs", "0"], "it is not a number above 0");
    check(&["work", "--once", "--ca", "missing.pem"], "`--ca missing.pem` cannot be read");
    for host in ["http://mock.internal", "mock.internal:80", "*", "a b", "mock/x", "192.0.2.1"] {
        check(&["mock", "composition.yaml", "--host", host], "it is not a host name");
    }
}

#[test]
fn every_problem_of_the_inputs_is_listed() {
    let ended = run(&Folder::new("0.1", CREATE), &["-i", "seats=many", "-i", "nonsense", "-i", "zebra=1"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
    insta::assert_snapshot!(ended.stderr, @"
    error: the inputs do not fit
      - `--input nonsense` is not of the form NAME=VALUE
      - input `seats`: `many` is not an integer
      - there is no input `zebra`; there are organization_name, domains, seats
      - input `organization_name` is required: give it with `--input organization_name=…`
    ");
}

#[test]
fn inputs_from_a_file_are_checked_against_their_schemas() {
    let folder =
        Folder::new("0.1", CREATE).with("inputs.yaml", "organization_name: 5\ndomains: [a.example, 7]\n");
    let ended = run(&folder, &["--inputs", "inputs.yaml"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
    insta::assert_snapshot!(ended.stderr, @"
    error: the inputs do not fit
      - input `organization_name`: expected a string, found a number
      - input `domains` at `/1`: expected a string, found a number
    ");
    let folder = folder.with("inputs.yaml", "organization_name: a\norganization_name: b\n");
    let ended = run(&folder, &["--inputs", "inputs.yaml"]);
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("inputs.yaml:2:1: error[duplicate-key]"), "{}", ended.stderr);
    let ended = run(&folder, &["--inputs", "nowhere.yaml"]);
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("`nowhere.yaml` cannot be read"), "{}", ended.stderr);
}

#[test]
fn a_missing_required_argument_is_an_error_of_the_document() {
    let folder = Folder::new(
        "0.1",
        "steps:\n  - {id: create, capability: organizations, operation: createOrganization}\n",
    );
    let ended = run(&folder, &[]);
    assert_eq!((ended.code, ended.stdout.as_str()), (1, ""));
    assert!(
        ended.stderr.contains("error[missing-argument]: `createOrganization` requires `name`"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_list_in_a_path_is_an_error_of_the_document() {
    let folder = Folder::new(
        "0.2",
        "inputs: [{name: ids, type: array, items: string, required: true}]
steps:
  - {id: get, capability: organizations, operation: getOrganization, with: {id: '${inputs.ids}'}}
",
    );
    let ended = run(&folder, &["--input", "ids=a,b"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (1, ""));
    assert!(ended.stderr.contains("`id` takes a string, found a list of strings"), "{}", ended.stderr);
}

#[test]
fn an_unknown_operation_is_an_error_of_the_document() {
    let folder =
        Folder::new("0.1", &CREATE.replace("operation: createOrganization", "operation: createOrganisation"));
    let ended = run(&folder, &["--input", "organization_name=Acme"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (1, ""));
    assert!(ended.stderr.contains("did you mean `createOrganization`?"), "{}", ended.stderr);
}

#[test]
fn inferred_effects_need_consent() {
    let folder = Folder::new("0.1", CREATE);
    let ended = folder.naftiko(&[
        "run",
        "composition.yaml",
        "--base-url",
        NOWHERE,
        "--input",
        "organization_name=Acme",
    ]);
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
    insta::assert_snapshot!(ended.stderr, @"
    error: these calls have inferred arguments:
      to acme at https://api.acme.example, with $ACME_API_KEY (from shared/acme.yaml)
      create  POST /organizations
        name ← inputs.organization_name
        domains ← inputs.domains
        seats ← inputs.seats
    review them with `naftiko plan`, and send them with `--accept-inferred`
    ");
}

#[test]
fn a_missing_secret_is_asked_for_by_name() {
    let folder = Folder::new("0.1", CREATE);
    let given = ["run", "composition.yaml", "--input", "organization_name=Acme", "--accept-inferred"];
    let arguments = [&given[..], &["--allow-secret", "ACME_API_KEY"]].concat();
    for value in [None, Some(""), Some("  ")] {
        let mut command = folder.command(&arguments);
        match value {
            Some(value) => command.env("ACME_API_KEY", value),
            None => command.env_remove("ACME_API_KEY"),
        };
        let ended = end(command);
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
        assert!(ended.stderr.contains("`ACME_API_KEY` is not set"), "{}", ended.stderr);
    }
}

#[test]
fn answers_and_addresses_are_read_before_anything_else_happens() {
    let folder = Folder::new("0.1", CREATE);
    for (arguments, said) in [
        (["--answer", "confrm=1"], "there is no step `confrm`; did you mean `confirm`?"),
        (["--answer", "create=1"], "step `create` is not an external step"),
        (["--answer", "confirm=yes"], "is not JSON"),
        (["--answer", "confirm"], "not of the form STEP=JSON"),
        (["--base-url", "acmee=http://127.0.0.1"], "there is no provider `acmee`; did you mean `acme`?"),
        (["--base-url", "acme=nowhere"], "is not a URL"),
        (["--base-url", "acme=file:///etc/passwd"], "is not an `http` or `https` URL"),
        (["--poll-every", "soon"], "durations are written"),
    ] {
        let ended = run(&folder, &[&["--input", "organization_name=Acme"], arguments.as_slice()].concat());
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(ended.stderr.contains(said), "{arguments:?}: {}", ended.stderr);
    }
}

#[test]
fn a_composition_whose_operations_nobody_describes_cannot_be_run() {
    let bare = "specification: Naftiko Capabilities\nspecificationVersion: '0.1'\nproviderId: acme\nauth: {type: none}\ncapabilities:\n  - {id: organizations, operationIds: [createOrganization]}\n";
    let folder = Folder::new("0.1", CREATE).with("bare.yaml", bare);
    let ended = run(&folder, &["--capabilities", "bare.yaml", "--input", "organization_name=Acme"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
    assert!(ended.stderr.contains("give one with `--openapi FILE`"), "{}", ended.stderr);
    let described = [
        "--capabilities",
        "bare.yaml",
        "--openapi",
        "shared/acme-openapi.yaml",
        "--input",
        "organization_name=Acme",
    ];
    let ended = run(&folder, &described);
    assert_eq!(ended.code, 3, "with a description it is run, and nobody listens: {}", ended.stderr);
}

#[test]
fn usage_is_exit_code_2() {
    for arguments in [
        &["run"][..],
        &["check"],
        &["chekc", "a.yaml"],
        &["run", "a.yaml", "--seed", "1"],
        &["check", "nowhere.yaml"],
    ] {
        let ended = Folder::new("0.1", CREATE).naftiko(arguments);
        assert_eq!(ended.code, 2, "{arguments:?}");
        assert!(!ended.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn a_file_that_cannot_be_read_does_not_hide_the_others() {
    let ended = Folder::new("0.1", CREATE).naftiko(&["check", "nowhere.yaml", "composition.yaml"]);
    assert_eq!(ended.code, 2);
    assert!(ended.stdout.contains("composition.yaml: no errors"), "{}", ended.stdout);
}
