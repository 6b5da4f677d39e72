//! Hostile text in arguments and in the environment.

use super::{hostile, is_safe};
use crate::command::{Folder, end};

const BODY: &str = "inputs: [{name: name, type: integer, required: true}]
steps:
  - {id: ask, external: true}
  - {id: create, capability: organizations, operation: createOrganization, with: {name: x}}
";

#[expect(clippy::too_many_lines, reason = "one row for each argument")]
#[test]
fn every_argument_is_escaped_where_it_is_repeated() {
    let folder = Folder::new("0.2", BODY);
    let evil = hostile();
    let (option, pair) = (format!("--{evil}"), |name: &str| format!("{name}={evil}"));
    let (named, odd) = (pair("name"), format!("{evil}=1"));
    let (answer, url, job) = (pair("ask"), pair("acme"), pair("acme"));
    let run = |more: &[&str]| {
        [&["run", "composition.yaml", "--input", "name=1", "--allow-secret", "ACME_API_KEY"], more]
            .concat()
            .iter()
            .map(|it| (*it).to_owned())
            .collect::<Vec<_>>()
    };
    let words = |words: &[&str]| words.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
    let evil = evil.as_str();
    let all = [
        words(&[evil]),
        words(&[&option]),
        words(&["check", &option, "composition.yaml"]),
        words(&["check", "composition.yaml", "--format", evil]),
        words(&["check", "composition.yaml", "--deny", evil]),
        words(&["check", "composition.yaml", "--allow", evil]),
        words(&["check", "composition.yaml", "--rules", evil]),
        words(&["check", "-", "--stdin-name", evil]),
        words(&["check", "composition.yaml", "--color", evil]),
        words(&["check", &format!("*{evil}")]),
        words(&["check", &format!("[[[{evil}")]),
        words(&["plan", "composition.yaml", "--format", evil]),
        words(&["explain", evil]),
        words(&["explain", &format!("error[{evil}]")]),
        words(&["schema", evil]),
        words(&["run", "composition.yaml", "--input", evil]),
        words(&["run", "composition.yaml", "--input", &named]),
        words(&["run", "composition.yaml", "--input", &odd]),
        words(&["run", "composition.yaml", "--seed", evil]),
        run(&["--mock", "--seed", evil]),
        run(&["--answer", evil]),
        run(&["--answer", &answer]),
        run(&["--answer", &odd]),
        run(&["--base-url", evil]),
        run(&["--base-url", &url]),
        run(&["--base-url", &odd]),
        run(&["--jobs", evil]),
        run(&["--jobs", &job]),
        run(&["--jobs", &odd]),
        run(&["--poll-every", evil]),
        run(&["--allow-host", evil]),
        words(&["run", "composition.yaml", "--input", "name=1", "--allow-secret", evil]),
        words(&["approvals", "revoke", evil]),
        run(&["--allow-command", evil]),
        run(&["--allow-file", evil]),
        run(&["--ca", evil]),
        run(&["--public-url", evil]),
        run(&["--state", evil]),
        words(&["resume", evil]),
        words(&["resume", evil, "--replaced", evil]),
        words(&["complete", evil, evil, "--result", evil]),
        words(&["complete", evil, evil, "--result", "1"]),
        words(&["resolve", evil, evil, "--happened", evil]),
        words(&["resolve", evil, evil, "--did-not-happen"]),
        words(&["cancel", evil]),
        words(&["runs", "show", evil]),
        words(&["runs", "events", evil]),
        words(&["runs", "prune", evil]),
        words(&["runs", "prune", "--older-than", evil]),
        words(&["work", "--once", "--listen", evil]),
        words(&["work", "--once", "--runs", evil]),
        words(&["mock", "composition.yaml", "--port", evil]),
        words(&["mock", "composition.yaml", "--seed", evil]),
        words(&["mock", "composition.yaml", "--script", evil]),
        words(&["mock", "composition.yaml", "--fault", evil]),
        words(&["mock", "composition.yaml", "--fault", &odd]),
        words(&["test", "composition.yaml", "--filter", evil]),
        words(&["test", "composition.yaml", "--jobs", evil]),
        words(&["test", "composition.yaml", "--format", evil]),
    ];
    // Some of the commands need a run that waits.
    let begun =
        folder.naftiko(&["run", "composition.yaml", "--input", "name=1", "--allow-secret", "ACME_API_KEY"]);
    assert_eq!(begun.code, 4, "{}", begun.stderr);
    for arguments in all {
        let ended = folder.naftiko(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        let how = format!("{:?}", arguments.iter().map(|it| it.replace(evil, "EVIL")).collect::<Vec<_>>());
        is_safe(&ended, &how);
    }
}

#[test]
fn commands_on_a_run_escape_what_they_are_given() {
    let folder = Folder::new("0.2", BODY);
    let begun = folder.naftiko(&[
        "run",
        "composition.yaml",
        "--input",
        "name=1",
        "--json",
        "--allow-secret",
        "ACME_API_KEY",
    ]);
    assert_eq!(begun.code, 4, "{}", begun.stderr);
    let outcome: serde_json::Value = serde_json::from_str(begun.stdout.lines().last().unwrap()).unwrap();
    let run = outcome["run"].as_str().unwrap();
    let evil = hostile();
    let json = serde_json::to_string(&evil).unwrap();
    let answer = format!("ask={evil}");
    for arguments in [
        &["complete", run, &evil, "--result", "1"][..],
        &["complete", run, "ask", "--result", &evil],
        &["resolve", run, &evil, "--did-not-happen"],
        &["resolve", run, "ask", "--happened", &evil],
        &["resume", run, "--answer", &answer],
        &["resume", run, "--input", &answer],
        &["resume", run, "--replaced", &evil],
        &["resume", run, "--base-url", &answer],
        &["runs", "prune", run, &evil],
        &["complete", run, "ask", "--result", &json],
        &["complete", run, "ask", "--result", "1"],
        &["runs", "show", run],
        &["runs", "events", run],
        &["runs", "show", run, "--json"],
        &["runs", "events", run, "--json"],
        &["runs", "verify"],
    ] {
        let ended = folder.naftiko(arguments);
        is_safe(
            &ended,
            &format!("{:?}", arguments.iter().map(|it| it.replace(&evil, "EVIL")).collect::<Vec<_>>()),
        );
    }
}

#[test]
fn the_environment_is_escaped() {
    let body = "steps:
  - {id: create, capability: organizations, operation: createOrganization, with: {name: x}}
  - {id: tell, external: {channel: email, to: a@acme.example}}
";
    let folder = Folder::new("0.2", body);
    let evil = hostile();
    for name in [
        "ACME_API_KEY",
        "HTTPS_PROXY",
        "HTTP_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
        "NAFTIKO_SMTP_URL",
        "NAFTIKO_SMTP_FROM",
        "NAFTIKO_WEBHOOK_SECRET",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "XDG_STATE_HOME",
        "HOME",
        "CI",
        "TERM",
        "COLUMNS",
    ] {
        for value in
            [evil.clone(), format!("/nowhere/{evil}"), format!("smtp://{evil}"), format!("http://{evil}")]
        {
            let mut command =
                folder.command(&["run", "composition.yaml", "--base-url", "acme=http://127.0.0.1:9"]);
            command.env(name, &value);
            is_safe(&end(command), &format!("{name}={}", value.replace(&evil, "EVIL")));
        }
    }
}

/// A suggested command does exactly what it says when copied to a shell, and nothing else.
#[cfg(unix)]
#[test]
fn suggested_commands_are_quoted_for_the_shell() {
    let folder = Folder::new("0.2", BODY);
    let state = "st $(touch pwned) `touch pwned`; 'touch' \"pwned\" \u{202e}\n&& touch pwned #";
    let begun = folder.naftiko(&[
        "run",
        "composition.yaml",
        "--input",
        "name=1",
        "--state",
        state,
        "--allow-secret",
        "ACME_API_KEY",
    ]);
    assert_eq!(begun.code, 4, "{}", begun.stderr);
    is_safe(&begun, "run --state");
    let commands: Vec<&str> = begun.stderr.lines().filter(|line| line.starts_with("  naftiko ")).collect();
    assert_eq!(commands.len(), 2, "{}", begun.stderr);
    for (command, code) in commands.iter().zip([0, 2]) {
        let command = command
            .replace(" JSON ", " 1 ")
            .replace("  naftiko ", &format!("{} ", env!("CARGO_BIN_EXE_naftiko")));
        let mut shell = std::process::Command::new("bash");
        shell.args(["-c", &command]).current_dir(folder.path());
        let ended = end(shell);
        // Without its secret the run does not continue; the error shows that the run was found in the given folder.
        assert_eq!(ended.code, code, "{command}: {}{}", ended.stdout, ended.stderr);
        is_safe(&ended, &command);
    }
    assert!(!folder.path().join("pwned").exists());
}
