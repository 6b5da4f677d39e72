//! `naftiko approvals`: how approvals are listed and revoked, and how a damaged table is handled.

use serde_json::{Value, json};

use crate::approvals::{BEARER, READS, approve, folder, off_thread, run, seen, server, state};
use crate::command::{Folder, command, end};

#[test]
fn approvals_are_listed_and_revoked() {
    let folder = folder(READS, "https://api.acme.example", BEARER);
    let none = folder.naftiko(&["approvals"]);
    assert_eq!((none.code, none.stdout.as_str(), none.stderr.as_str()), (0, "", "no secret is approved\n"));
    assert_eq!(folder.naftiko(&["approvals", "revoke", "ACME_API_KEY"]).code, 2);
    assert!(!state(&folder).exists(), "looking makes no journal");

    approve(&folder, "variable", "ACME_API_KEY", "https://api.acme.example");
    approve(&folder, "variable", "ACME_API_KEY", "https://api.eu.acme.example:8443");
    approve(&folder, "program", "op", "https://api.acme.example");
    let listed = folder.naftiko(&["approvals", "list"]);
    insta::assert_snapshot!(listed.stdout, @"
    ACME_API_KEY → https://api.acme.example  (since 2026-01-15)
    ACME_API_KEY → https://api.eu.acme.example:8443  (since 2026-01-15)
    op → https://api.acme.example  (program, since 2026-01-15)
    ");
    assert_eq!(folder.naftiko(&["approvals"]).stdout, listed.stdout);
    let programs = folder.naftiko(&["approvals", "--json"]).stdout;
    let first: Value = serde_json::from_str(programs.lines().next().unwrap()).unwrap();
    assert_eq!(
        first,
        json!({"secret": "ACME_API_KEY", "kind": "variable", "origin": "https://api.acme.example", "at": "2026-01-15T12:00:00Z"})
    );

    let unknown = folder.naftiko(&["approvals", "revoke", "ACME_API_KEI"]);
    assert_eq!(
        unknown.stderr,
        "error: there is no approval of `ACME_API_KEI`; did you mean `ACME_API_KEY`?\n"
    );
    let other = folder.naftiko(&["approvals", "revoke", "op", "ACME_API_KEY=https://acme.example"]);
    assert_eq!(other.code, 2, "none is revoked if one is unknown");
    let one = folder.naftiko(&["approvals", "revoke", "ACME_API_KEY=https://API.acme.example"]);
    assert_eq!(one.stdout, "ACME_API_KEY → https://api.acme.example  (since 2026-01-15)\n");
    assert_eq!(run(&folder, &[]).code, 2, "a revoked approval is asked for again");
    let rest = folder.naftiko(&["approvals", "revoke", "ACME_API_KEY", "op", "--json"]);
    assert_eq!(rest.stdout.lines().count(), 2, "{}", rest.stdout);
    assert_eq!(folder.naftiko(&["approvals"]).stdout, "");
    assert_eq!(folder.naftiko(&["approvals", "revoke"]).code, 2, "it has to say which");
}

#[test]
fn the_text_of_the_command_fits_80_columns() {
    for arguments in
        [&["approvals", "--help"][..], &["approvals", "list", "--help"], &["approvals", "revoke", "--help"]]
    {
        let ended = end(command(arguments));
        assert_eq!(ended.code, 0);
        let wide: Vec<&str> = ended.stdout.lines().filter(|line| line.chars().count() > 80).collect();
        assert!(wide.is_empty(), "{wide:?}");
    }
}

/// Changes the journal directly, bypassing every command.
fn meddle(folder: &Folder, sql: &str) {
    let connection = rusqlite::Connection::open(state(folder).join("journal.db")).unwrap();
    assert_eq!(connection.execute(sql, []).unwrap(), 1, "{sql}");
}

#[tokio::test]
async fn damaged_approvals_approve_nothing_until_they_are_revoked() {
    let server = server().await;
    let uri = server.uri();
    off_thread(move || {
        for change in [
            format!("UPDATE approvals SET origin = '{uri}'"),
            format!("INSERT INTO approvals VALUES ('variable', 'ACME_API_KEY', '{uri}', 0, x'00')"),
            format!("INSERT INTO approvals SELECT kind, name, '{uri}', at, signature FROM approvals"),
        ] {
            let folder = folder(READS, &uri, BEARER);
            approve(&folder, "variable", "ACME_API_KEY", "https://api.acme.example");
            meddle(&folder, &change);
            let refused = run(&folder, &[]);
            assert_eq!((refused.code, refused.stdout.as_str()), (2, ""), "{change}");
            assert!(
                refused.stderr.contains("was changed or damaged, so no approval is valid"),
                "{}",
                refused.stderr
            );
            assert!(refused.stderr.contains("`naftiko approvals revoke --all`"), "{}", refused.stderr);
            assert_eq!(folder.naftiko(&["approvals"]).code, 2);
            assert_eq!(folder.naftiko(&["runs", "verify"]).code, 1);
            let revoked = folder.naftiko(&["approvals", "revoke", "--all"]);
            assert_eq!(revoked.code, 0, "{}", revoked.stderr);
            let asked = run(&folder, &[]);
            assert!(asked.stderr.contains("  ACME_API_KEY → "), "{}", asked.stderr);
        }
        let folder = folder(READS, &uri, BEARER);
        approve(&folder, "variable", "ACME_API_KEY", &uri);
        std::fs::remove_file(state(&folder).join("journal.key")).unwrap();
        let refused = run(&folder, &[]);
        assert_eq!(refused.code, 2);
        assert!(refused.stderr.contains("journal.key"), "{}", refused.stderr);
    })
    .await;
    assert_eq!(seen(&server).await, 0);
}
