//! All findings in the documents that ship and in published ones. A person compared each finding with the document and
//! the official description.

use std::fmt::Write as _;

use serde_json::Value;

use crate::command::{command, end, workspace};

/// The documents that were published.
const PUBLISHED: &str = "../shared/corpus";

/// The official description of their provider.
const OFFICIAL: &str = "../shared/openapi/workos-openapi.yaml";

/// The findings of `check` with these arguments in the root of the workspace, one per line, and the exit code.
fn found(arguments: &[&str]) -> String {
    let mut command = command(&[&["check", "--format", "json"], arguments].concat());
    command.current_dir(workspace());
    let ended = end(command);
    let report: Value = serde_json::from_str(&ended.stdout).expect("the findings as JSON");
    let mut lines = format!("check {}\n", arguments.join(" "));
    let list = |name: &str| report.get(name).and_then(Value::as_array).unwrap();
    for finding in list("findings") {
        let _ = writeln!(lines, "{}", line(finding));
    }
    for ignored in list("ignored") {
        let _ = writeln!(lines, "{} (ignored)", line(ignored.get("finding").unwrap()));
    }
    let _ = writeln!(lines, "exit code {}: {}", ended.code, ended.stderr.trim_end());
    lines
}

fn line(finding: &Value) -> String {
    let text = |pointer: &str| finding.pointer(pointer).and_then(Value::as_str).unwrap();
    let number = |pointer: &str| finding.pointer(pointer).and_then(Value::as_u64).unwrap();
    let (line, column) = (number("/location/start/line"), number("/location/start/column"));
    let (file, severity, code) = (text("/location/file"), text("/severity"), text("/code"));
    format!("{file}:{line}:{column} {severity}[{code}] {}", text("/message"))
}

/// Whether the published documents are available; prints a message if not.
fn are_at_hand() -> bool {
    let missing = [PUBLISHED, OFFICIAL].into_iter().find(|path| !workspace().join(path).exists());
    if let Some(path) = missing {
        eprintln!("skipped: `{path}` is not at hand");
    }
    missing.is_none()
}

#[test]
fn what_ships_is_clean_and_says_what_it_infers() {
    insta::assert_snapshot!(found(&["specs"]), @"
    check specs
    specs/workos/b2b-enterprise-onboarding.yaml:30:16 note[inferred-argument] `name` is inferred: input `organization_name`
    specs/workos/b2b-enterprise-onboarding.yaml:30:16 note[inferred-argument] `domains` is inferred: input `domains`
    specs/workos/b2b-enterprise-onboarding.yaml:34:16 note[inferred-argument] `organization` is inferred: `create-organization.id`
    specs/workos/b2b-enterprise-onboarding.yaml:41:9 note[inferred-wait] `poll-connection-active` is repeated until `poll-connection-active.data[0].id` is present
    specs/workos/b2b-enterprise-onboarding.yaml:43:16 note[inferred-argument] `organization_id` is inferred: `create-organization.id`
    specs/workos/b2b-enterprise-onboarding.yaml:45:9 note[inferred-wait] `verify-directory` is repeated until `verify-directory.data[0].id` is present
    specs/workos/b2b-enterprise-onboarding.yaml:47:16 note[inferred-argument] `organization_id` is inferred: `create-organization.id`
    specs/workos/b2b-enterprise-onboarding.yaml:51:16 note[inferred-argument] `directory` is inferred: `verify-directory.data[0].id`
    specs/workos/b2b-enterprise-onboarding.yaml:40:5 warning[short-lived-value] `generate-admin-portal-link.link` expires after 5m, and `send-portal-link` may take longer (ignored)
    specs/workos/b2b-enterprise-onboarding.yaml:58:13 warning[short-lived-value] `generate-admin-portal-link.link` expires after 5m and is returned at the end of the run, after `send-portal-link` (ignored)
    exit code 0: 22 files: no errors, 8 notes
    ");
}

#[test]
fn what_is_found_in_published_documents_is_true() {
    if !are_at_hand() {
        return;
    }
    let capabilities = format!("{PUBLISHED}/capabilities");
    let compositions = format!("{PUBLISHED}/composition");
    let all = [
        found(&["specs/workos", "--openapi", OFFICIAL]),
        found(&[PUBLISHED, "--capabilities", &capabilities, "--openapi", OFFICIAL]),
        // With the meaning of the published operation ids, and with the lifetime of a portal link.
        found(&[&compositions, "--capabilities", "specs/workos/shared/workos.yaml", "--openapi", OFFICIAL]),
    ];
    insta::assert_snapshot!(all.join("\n"));
}
