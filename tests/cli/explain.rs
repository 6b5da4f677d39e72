//! `naftiko explain` and `naftiko codes`.

use crate::command::{Folder, command, end};

#[test]
fn a_code_is_explained_with_what_to_write_instead() {
    let ended = end(command(&["explain", "unknown-dependency"]));
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    insta::assert_snapshot!(ended.stdout);
}

#[test]
fn a_code_may_be_copied_with_its_severity() {
    let ended = end(command(&["explain", "error[unknown-dependency]"]));
    assert_eq!(ended.stdout, end(command(&["explain", "unknown-dependency"])).stdout);
}

#[test]
fn an_unknown_code_is_a_usage_error_with_the_nearest() {
    for (code, message) in [
        ("unkown-step", "error: there is no code `unkown-step`; did you mean `unknown-step`?\n"),
        ("zebra", "error: unknown code `zebra`; `naftiko codes` lists all codes\n"),
    ] {
        let ended = end(command(&["explain", code]));
        assert_eq!((ended.code, ended.stdout.as_str(), ended.stderr.as_str()), (2, "", message));
    }
}

#[test]
fn every_code_that_is_listed_is_explained() {
    let json = end(command(&["codes", "--json"]));
    let codes: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    let codes = codes.as_array().unwrap();
    assert_eq!(codes.len(), naftiko_check::codes().len());
    assert_eq!(
        codes[0],
        serde_json::json!({
            "id": "alias-bomb",
            "severity": "error",
            "summary": "aliases expand to too many values",
            "fix": false,
            "url": "https://github.com/naftiko/naftiko/blob/main/docs/codes/alias-bomb.md",
        })
    );
    let table = end(command(&["codes"])).stdout;
    for (code, row) in codes.iter().zip(table.lines()) {
        let id = code["id"].as_str().unwrap();
        assert!(row.starts_with(&format!("{id} ")), "{row}");
        assert_eq!(row.contains("  fix  "), code["fix"] == true, "{row}");
        assert_eq!(end(command(&["explain", id])).code, 0, "{id}");
    }
}

#[test]
fn without_a_terminal_check_prints_findings_and_their_number_alone() {
    let folder = Folder::new("0.2", "steps: [{id: a, external: true, dependsOn: [b]}]\n");
    let ended = folder.naftiko(&["check", "composition.yaml"]);
    assert_eq!(ended.code, 1);
    assert!(!ended.stdout.contains("naftiko explain"), "{}", ended.stdout);
}
