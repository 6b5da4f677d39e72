//! Standard output and standard error when their reader is gone, and reading from pipes and devices.
#![cfg(unix)]

use std::fs::OpenOptions;
use std::process::{Command, Stdio};

use crate::command::{Ended, Folder, end, workspace};

const CREATE: &str = "inputs: [{name: name, type: string, required: true}]
steps:
  - {id: create, capability: organizations, operation: createOrganization}
";

/// A pipe whose reader is closed.
fn unread() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

/// A run that fails, because no process listens at the provider's address.
const FAILS: [&str; 7] =
    ["run", "composition.yaml", "--base-url", "acme=http://127.0.0.1:9", "--accept-inferred", "-i", "name=x"];

/// The exit codes without a reader of standard output, and without a reader of standard error.
fn unread_codes(folder: &Folder, arguments: &[&str]) -> [Option<i32>; 2] {
    let run =
        |out: Stdio, err: Stdio| folder.command(arguments).stdout(out).stderr(err).status().unwrap().code();
    [run(unread(), Stdio::null()), run(Stdio::null(), unread())]
}

#[test]
fn without_a_reader_the_exit_code_stays() {
    let folder = Folder::new("0.1", CREATE).with("bad.yaml", "steps: [\n");
    assert_eq!(unread_codes(&folder, &["check", "composition.yaml"]), [Some(0); 2]);
    assert_eq!(unread_codes(&folder, &["check", "bad.yaml"]), [Some(1); 2]);
    assert_eq!(unread_codes(&folder, &["plan", "bad.yaml"]), [Some(1); 2]);
    for json in [&[][..], &["--json"]] {
        assert_eq!(unread_codes(&folder, &[&FAILS, json].concat()), [Some(3); 2]);
    }
    assert_eq!(unread_codes(&folder, &["run", "composition.yaml", "--mock", "-i", "name=x"]), [Some(0); 2]);
}

#[test]
fn a_run_begins_although_nobody_reads_its_messages() {
    let folder = Folder::new("0.1", &format!("{CREATE}outputs: [{{name: id, source: create.id}}]\n"));
    let mut command = folder.command(&["run", "composition.yaml", "--mock", "-i", "name=x"]);
    let output = command.stderr(unread()).stdout(Stdio::piped()).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stdout.starts_with(b"id: "), "{:?}", output.stdout);
}

#[cfg(target_os = "linux")]
#[test]
fn a_result_that_is_lost_is_told_by_the_exit_code() {
    let full = || OpenOptions::new().write(true).open("/dev/full").unwrap();
    let folder = Folder::new("0.1", CREATE);
    for arguments in
        [&["check", "composition.yaml"][..], &["run", "composition.yaml", "--mock", "-i", "name=x", "--json"]]
    {
        let mut command = folder.command(arguments);
        let output = command.stdout(full()).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&output.stderr).contains("the output cannot be written"));
    }
    // No result is lost: the run has no outputs, and messages go to standard error.
    let mut command = folder.command(&FAILS);
    assert_eq!(command.stdout(full()).stderr(full()).status().unwrap().code(), Some(3));
}

#[test]
fn a_document_that_names_a_device_or_a_pipe_is_told_so() {
    let capabilities = |openapi: &str| {
        let from = workspace().join("tests/fixtures/acme/acme.yaml");
        std::fs::read_to_string(from).unwrap().replace("acme-openapi.yaml", openapi)
    };
    let folder = Folder::new("0.1", CREATE).with("real.yaml", capabilities("shared/acme-openapi.yaml"));
    let mut mkfifo = Command::new("mkfifo");
    assert!(mkfifo.arg(folder.path().join("fifo")).status().unwrap().success());
    std::os::unix::fs::symlink("/dev/zero", folder.path().join("zero.yaml")).unwrap();
    std::os::unix::fs::symlink("real.yaml", folder.path().join("link.yaml")).unwrap();
    for openapi in ["fifo", "/dev/zero", "zero.yaml"] {
        std::fs::write(folder.path().join("hostile.yaml"), capabilities(openapi)).unwrap();
        // A path out of the folder is rejected without looking at it. If it is allowed, it is still not a regular file.
        let code = if openapi == "fifo" { "error[missing-file]" } else { "error[outside-path]" };
        for (allowed, code) in [(&[][..], code), (&["--allow-file", "/dev"], "error[missing-file]")] {
            let ended = folder.naftiko(&[&["check", "hostile.yaml"], allowed].concat());
            assert_eq!(ended.code, 1, "{openapi}: {}", ended.stderr);
            assert!(ended.stdout.contains(code), "{openapi}: {}", ended.stdout);
        }
    }
    let ended = folder.naftiko(&["check", "composition.yaml", "--openapi", "fifo"]);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    assert!(ended.stdout.contains("`fifo` cannot be read: it is not a regular file"), "{}", ended.stdout);
    let ended = folder.naftiko(&["check", "zero.yaml"]);
    assert_eq!(ended.code, 2);
    assert!(
        ended.stderr.contains("`zero.yaml` cannot be read: it is not a regular file"),
        "{}",
        ended.stderr
    );
    let ended = folder.naftiko(&["plan", "."]);
    assert!(ended.stderr.contains("`.` cannot be read: it is a folder"), "{}", ended.stderr);
    let ended = folder.naftiko(&["check", "link.yaml"]);
    assert!(ended.stdout.contains("unknown-operation"), "the description was read: {}", ended.stdout);
}

/// Runs `naftiko` in a shell that supports `<(…)`.
fn in_bash(folder: &Folder, script: &str) -> Ended {
    let naftiko = env!("CARGO_BIN_EXE_naftiko");
    let mut bash = Command::new("bash");
    bash.args(["-c", &format!("{naftiko} {script}")]).current_dir(folder.path()).stdin(Stdio::null());
    end(bash)
}

#[test]
fn a_pipe_that_an_operator_names_is_read_once() {
    let folder = Folder::new("0.1", CREATE);
    // The capabilities document is looked for in the working folder.
    let ended = in_bash(&folder, "check -q <(sed s/createOrganization/createOrganisation/ composition.yaml)");
    assert_eq!((ended.code, ended.stderr.as_str()), (1, ""));
    assert!(ended.stdout.contains(">:7:56: error[unknown-operation]"), "{}", ended.stdout);
    let two = in_bash(&folder, "check -q <(cat composition.yaml) <(cat shared/acme.yaml) composition.yaml");
    assert!(two.stdout.contains("3 files"), "{}{}", two.stdout, two.stderr);
    let plan = in_bash(&folder, "plan <(cat composition.yaml)");
    assert_eq!(plan.stdout, folder.naftiko(&["plan", "composition.yaml"]).stdout);
    assert_eq!(plan.code, 0, "{}", plan.stderr);
    let run = in_bash(&folder, "run --mock --accept-inferred --input name=Acme <(cat composition.yaml)");
    assert_eq!(run.code, 0, "{}", run.stderr);
    for (option, said) in
        [("--fix", "`--fix` cannot write a pipe"), ("--watch", "`--watch` cannot watch a pipe")]
    {
        let ended = in_bash(&folder, &format!("check {option} <(cat composition.yaml)"));
        assert_eq!(ended.code, 2, "{}", ended.stdout);
        assert!(ended.stderr.contains(said), "{}", ended.stderr);
    }
    // Reading stops at the maximum length of a document.
    let ended = in_bash(&folder, "check -q <(yes name: x)");
    assert!(ended.stdout.contains("error[too-large]"), "{}{}", ended.stdout, ended.stderr);
}

#[test]
fn a_named_pipe_is_where_it_is() {
    let folder = Folder::new("0.1", CREATE).with("flows/a.yaml", "");
    let fifo = folder.path().join("flows/fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let text = std::fs::read(folder.path().join("composition.yaml")).unwrap();
    let writer = std::thread::spawn(move || std::fs::write(fifo, text).unwrap());
    let ended = folder.naftiko(&["check", "-q", "flows/fifo"]);
    writer.join().unwrap();
    assert_eq!((ended.code, ended.stdout.as_str()), (0, "flows/fifo: no problems\n"), "{}", ended.stderr);
}

#[test]
fn names_in_a_problem_are_shown_and_not_obeyed() {
    let folder = Folder::new("0.1", CREATE);
    let ended = folder.naftiko(&[
        "run",
        "composition.yaml",
        "--mock",
        "--input",
        "\u{1b}[31mx=1",
        "--input",
        "\u{202e}y=1",
    ]);
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.lines().count() > 1, "{}", ended.stderr);
    assert!(
        ended.stderr.contains("\\u{1b}[31mx") && !ended.stderr.contains(['\u{1b}', '\u{202e}']),
        "{:?}",
        ended.stderr
    );
}

#[test]
fn a_capabilities_document_is_neither_planned_nor_run() {
    let shared = std::fs::read_to_string(workspace().join("tests/fixtures/acme/acme.yaml")).unwrap();
    let (head, _) = shared.split_once("operations:").unwrap();
    let one = "capabilities: [{id: organizations, operationIds: [createOrganization]}]\n";
    let content = format!("{head}{one}").replace("acme-openapi.yaml", "shared/acme-openapi.yaml");
    let folder = Folder::new("0.1", CREATE).with("provider.yaml", content);
    for command in ["plan", "run"] {
        let ended = folder.naftiko(&[command, "provider.yaml"]);
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
        let expected = "`provider.yaml` is a capabilities document; only a composition";
        assert!(ended.stderr.contains(expected), "{}", ended.stderr);
    }
}
