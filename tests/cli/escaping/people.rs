//! Hostile text at a terminal, in tests, and in changes of documents.

use super::{FORGED, in_yaml, is_safe};
use crate::command::Folder;
#[cfg(unix)]
use crate::terminal::Terminal;

#[cfg(unix)]
#[test]
fn questions_and_lines_of_steps_are_escaped_at_a_terminal() {
    let evil = in_yaml();
    let body = format!(
        "inputs: [{{name: \"in {evil}\", type: string, default: \"{evil}\"}}]
steps:
  - {{id: ask, description: \"{evil}\", external: {{with: {{\"k{evil}\": \"{evil}\", list: [\"{evil}\"]}}, result: {{type: object, description: \"{evil}\"}}}}}}
outputs: [{{name: \"out {evil}\", source: ask}}]
"
    );
    let folder = Folder::new("0.2", &body);
    let Some(mut terminal) = Terminal::of(&folder, &["run", "composition.yaml"]) else { return };
    terminal.wait_for("ask needs your answer");
    terminal.wait_for("answer with JSON, or write `later` to stop here");
    terminal.types("{\"a\": \"\\u009b\\u202e\\u007f\\u001b[2J\"}\n");
    assert_eq!(terminal.ends().code(), Some(0), "{}", terminal.seen);
    let seen = terminal.seen;
    // The program itself moves the cursor there; the hostile text must not.
    for hidden in
        ['\u{7}', '\u{7f}', '\u{85}', '\u{9b}', '\u{ad}', '\u{200b}', '\u{202e}', '\u{2028}', '\u{e0041}']
    {
        assert!(!seen.contains(hidden), "{hidden:?} in {seen:?}");
    }
    assert!(!seen.contains("\u{1b}]0") && !seen.contains("\u{1b}[2J"), "{seen:?}");
    // The lines of a description are indented.
    assert!(!seen.lines().any(|line| line.starts_with(FORGED)), "{seen:?}");
}

#[cfg(unix)]
#[test]
fn documents_and_changes_are_escaped_at_a_terminal_and_exact_in_a_pipe() {
    let body = "steps:\n  # \u{202e}\u{200b}\u{e0041}\n  - {id: a, external: true}\n";
    let folder = Folder::new("0.1", body);
    for arguments in [&["upgrade", "composition.yaml"][..], &["upgrade", "composition.yaml", "--diff"]] {
        let Some(mut terminal) = Terminal::of(&folder, arguments) else { return };
        assert_eq!(terminal.ends().code(), Some(0), "{}", terminal.seen);
        for hidden in ['\u{200b}', '\u{202e}', '\u{e0041}'] {
            assert!(!terminal.seen.contains(hidden), "{arguments:?}: {hidden:?} in {:?}", terminal.seen);
        }
    }
    // A program that writes the document needs its exact bytes.
    let document = folder.naftiko(&["upgrade", "composition.yaml"]);
    assert!(document.stdout.contains("# \u{202e}\u{200b}\u{e0041}\n"), "{}", document.stdout);
}

#[test]
fn changes_are_escaped_in_a_pipe_except_for_tabs_and_line_ends() {
    let body = "steps:\r\n  # \u{202e}a\tb\u{200b}\r\n  - {id: a, external: true}\r\n";
    let upgraded = Folder::new("0.1", body).naftiko(&["upgrade", "composition.yaml", "--diff"]);
    let fixed = Folder::new("0.2", &body.replace("steps:", "step:")).naftiko(&[
        "check",
        "--fix",
        "--unsafe",
        "--diff",
        "composition.yaml",
    ]);
    for ended in [upgraded, fixed] {
        assert!(ended.stdout.contains("   # \\u{202e}a\tb\\u{200b}\r\n"), "{:?}", ended.stdout);
        assert!(!ended.stdout.contains(['\u{202e}', '\u{200b}']), "{:?}", ended.stdout);
    }
}

#[test]
fn a_fix_undoes_no_escape_and_adds_none_that_the_author_left_out() {
    let body = "inputs: [{name: title, type: string}]
steps:
  - {id: a, external: {with: {x: \"\\u202e\\u200b ${inputs.titel} \\u0085\", y: \"\u{200d} ${inputs.titel}\"}}}
";
    let folder = Folder::new("0.2", body);
    let ended = folder.naftiko(&["check", "--fix", "--unsafe", "composition.yaml"]);
    let text = std::fs::read_to_string(folder.path().join("composition.yaml")).unwrap();
    assert!(text.ends_with(&body.replace("inputs.titel", "inputs.title")), "{text:?} {}", ended.stdout);
}

#[test]
fn reports_of_tests_are_escaped() {
    let evil = in_yaml();
    let composition = "inputs: [{name: name, type: string, required: true}]
steps:
  - {id: create, capability: organizations, operation: createOrganization, with: {name: '${inputs.name}'}}
outputs:
  - {name: id, source: create.id}
  - {name: name, source: create.name}
";
    let tests = format!(
        "specification: Naftiko Composition Test
specificationVersion: '0.2'
composition: composition.yaml
inputs: {{name: \"{evil}\"}}
tests:
  - name: \"{evil}\"
    mock: {{operations: {{createOrganization: [{{patch: {{name: \"{evil}\", id: \"{evil}\"}}}}]}}}}
    expect: {{outcome: succeeded, outputs: {{id: \"not {evil}\"}}, assert: [\"create.name == '{evil}x'\"]}}
  - name: \"fails {evil}\"
    mock: {{operations: {{createOrganization: [{{status: 422, body: {{message: \"{evil}\"}}}}]}}}}
    expect: {{outcome: succeeded}}
"
    );
    let folder = Folder::new("0.2", composition).with("composition.test.yaml", &tests);
    for arguments in [
        &["test", "."][..],
        &["test", ".", "--format", "json"],
        &["test", ".", "--format", "junit"],
        &["test", ".", "--filter", "fails"],
    ] {
        let ended = folder.naftiko(arguments);
        assert_eq!(ended.code, 1, "{arguments:?} {}{}", ended.stdout, ended.stderr);
        is_safe(&ended, &format!("{arguments:?}"));
        assert!(ended.stdout.contains("evil"), "{}", ended.stdout);
    }
    // A snapshot is a file that a person opens, so it is escaped too.
    let at = tests.find("  - name: \"fails").expect("it is the second");
    let head = &tests[..tests.find("  - name:").expect("it is the first")];
    let failing = format!("{head}{}", tests[at..].replace("outcome: succeeded", "outcome: failed"));
    let folder = folder.with("composition.test.yaml", failing);
    let updated = folder.naftiko(&["test", ".", "--update"]);
    is_safe(&updated, "test --update");
    let snapshot = std::fs::read_to_string(folder.path().join("composition.snap.yaml")).unwrap();
    assert!(snapshot.contains("evil"), "{snapshot}");
    is_safe(&crate::command::Ended { code: 0, stdout: snapshot, stderr: String::new() }, "a snapshot");
}
