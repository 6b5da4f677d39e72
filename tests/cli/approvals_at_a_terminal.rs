//! The confirmation at a terminal that a secret may be sent to a server.
#![cfg(unix)]

use serde_json::Value;

use crate::approvals::{READS, capabilities, folder, seen, server};
use crate::command::Folder;
use crate::terminal::{Terminal, only_run};

const BEARER: &str = "{type: bearer, envVar: ACME_API_KEY}";

const ASK: &str = "approve the secrets and send them? [y/N] ";

/// The stored approvals, one per line.
fn approved(folder: &Folder) -> Vec<String> {
    let listed = folder.naftiko(&["approvals", "--json"]).stdout;
    let line = |line: &str| {
        let approval: Value = serde_json::from_str(line).unwrap();
        format!("{} → {}", approval["secret"].as_str().unwrap(), approval["origin"].as_str().unwrap())
    };
    listed.lines().map(line).collect()
}

#[tokio::test]
async fn a_pair_is_asked_for_once_and_then_holds_for_every_document() {
    let server = server().await;
    let uri = server.uri();
    let test = move || {
        let folder = folder(READS, &uri, BEARER);
        let Some(mut no) = Terminal::of(&folder, &["run", "composition.yaml"]) else { return false };
        no.wait_for(&format!("  ACME_API_KEY → {uri}"));
        no.wait_for(ASK);
        no.types("n\n");
        no.wait_for("nothing was sent");
        assert_eq!(no.ends().code(), Some(6), "{}", no.seen);
        assert_eq!(approved(&folder), [""; 0]);

        let mut yes = Terminal::of(&folder, &["run", "composition.yaml"]).unwrap();
        yes.wait_for(ASK);
        yes.types("y\n");
        assert_eq!(yes.ends().code(), Some(0), "{}", yes.seen);
        assert_eq!(approved(&folder), [format!("ACME_API_KEY → {uri}")]);

        // It is not asked for again: not here, not for another document, and not without a terminal.
        let text = std::fs::read_to_string(folder.path().join("composition.yaml")).unwrap();
        let folder = folder.with("another.yaml", text.replace("list", "again").replace("againO", "listO"));
        let mut again = Terminal::of(&folder, &["run", "another.yaml"]).unwrap();
        assert_eq!(again.ends().code(), Some(0), "{}", again.seen);
        assert!(!again.seen.contains("[y/N]"), "{}", again.seen);
        assert_eq!(folder.naftiko(&["run", "composition.yaml"]).code, 0);

        // A revoked approval is asked for again.
        assert_eq!(folder.naftiko(&["approvals", "revoke", "ACME_API_KEY"]).code, 0);
        let mut revoked = Terminal::of(&folder, &["run", "composition.yaml"]).unwrap();
        revoked.wait_for(ASK);
        revoked.types("\x03");
        revoked.wait_for("nothing was sent");
        assert_eq!(revoked.ends().code(), Some(6), "{}", revoked.seen);
        true
    };
    let tried = tokio::task::spawn_blocking(test).await.unwrap();
    assert_eq!(seen(&server).await, if tried { 3 } else { 0 });
}

#[tokio::test]
async fn a_changed_server_is_asked_for_again() {
    let (first, second) = (server().await, server().await);
    let (uri, other) = (first.uri(), second.uri());
    let test = move || {
        let folder = folder(READS, &uri, BEARER);
        let Some(mut yes) = Terminal::of(&folder, &["run", "composition.yaml"]) else { return false };
        yes.wait_for(ASK);
        yes.types("yes\n");
        assert_eq!(yes.ends().code(), Some(0), "{}", yes.seen);
        let folder = folder.with("shared/acme.yaml", capabilities(&other, BEARER));
        let mut changed = Terminal::of(&folder, &["run", "composition.yaml"]).unwrap();
        changed.wait_for(&format!("  ACME_API_KEY → {other}"));
        changed.wait_for(ASK);
        changed.types("\n");
        assert_eq!(changed.ends().code(), Some(6), "{}", changed.seen);
        assert_eq!(approved(&folder), [format!("ACME_API_KEY → {uri}")]);
        true
    };
    let tried = tokio::task::spawn_blocking(test).await.unwrap();
    assert_eq!((seen(&first).await, seen(&second).await), (usize::from(tried), 0));
}

#[tokio::test]
async fn secrets_and_inferred_arguments_are_one_question() {
    let server = server().await;
    let uri = server.uri();
    let test = move || {
        let body = "inputs: [{name: name, type: string, required: true}]
steps:
  - {id: create, capability: organizations, operation: createOrganization}
";
        let auth = "auth: {type: bearer, envVar: ACME_API_KEY}";
        let text = |uri: &str| {
            format!(
                "specification: Naftiko Capabilities\nspecificationVersion: '0.2'\nproviderId: acme\nbaseUrl: {uri}\n{auth}\nopenapi: acme-openapi.yaml\ncapabilities:\n  - {{id: organizations, operationIds: [createOrganization]}}\n"
            )
        };
        let folder = Folder::new("0.1", body).with("shared/acme.yaml", text(&uri));
        let arguments = ["run", "composition.yaml", "--input", "name=x"];
        let Some(mut terminal) = Terminal::of(&folder, &arguments) else { return };
        terminal.wait_for(&format!("  ACME_API_KEY → {uri}"));
        terminal.wait_for("these calls have inferred arguments:");
        terminal.wait_for("send them? [y/N] ");
        terminal.types("n\n");
        assert_eq!(terminal.ends().code(), Some(6), "{}", terminal.seen);
        assert_eq!(terminal.seen.matches("[y/N]").count(), 1, "{}", terminal.seen);

        // `--accept-inferred` confirms only the inferred arguments.
        let mut secret = Terminal::of(&folder, &[&arguments[..], &["--accept-inferred"]].concat()).unwrap();
        secret.wait_for(ASK);
        secret.types("n\n");
        assert_eq!(secret.ends().code(), Some(6), "{}", secret.seen);
        assert!(!secret.seen.contains("inferred arguments"), "{}", secret.seen);
        let mut inferred =
            Terminal::of(&folder, &[&arguments[..], &["--allow-secret", "ACME_API_KEY"]].concat()).unwrap();
        inferred.wait_for("inferred arguments");
        inferred.wait_for("\r\nsend them? [y/N] ");
        inferred.types("n\n");
        assert_eq!(inferred.ends().code(), Some(6), "{}", inferred.seen);
        assert!(!inferred.seen.contains("ACME_API_KEY →"), "{}", inferred.seen);

        let refused = folder.naftiko(&arguments);
        let flags = format!("\n  --accept-inferred --allow-secret ACME_API_KEY={uri}\n");
        assert!(refused.code == 2 && refused.stderr.ends_with(&flags), "{}", refused.stderr);
    };
    tokio::task::spawn_blocking(test).await.unwrap();
    assert_eq!(seen(&server).await, 0);
}

#[tokio::test]
async fn resume_asks_and_stores_the_answer_and_then_a_worker_goes_on_by_itself() {
    let server = server().await;
    let uri = server.uri();
    let test = move || {
        let waits = "steps:
  - {id: ask, description: Wait, external: {with: {}}}
  - {id: list, capability: organizations, operation: listOrganizations, dependsOn: [ask]}
";
        let folder = folder(waits, &uri, BEARER);
        let begun = folder.naftiko(&["run", "composition.yaml", "--allow-secret", "ACME_API_KEY"]);
        assert_eq!(begun.code, 4, "{}", begun.stderr);
        let id = only_run(&folder);
        let Some(mut no) = Terminal::of(&folder, &["resume", &id]) else { return false };
        no.wait_for(&format!("  ACME_API_KEY → {uri}"));
        no.wait_for(ASK);
        no.types("n\n");
        no.wait_for("nothing was sent");
        assert_eq!(no.ends().code(), Some(4), "{}", no.seen);
        assert_eq!(approved(&folder), [""; 0]);

        let mut yes = Terminal::of(&folder, &["resume", &id]).unwrap();
        yes.wait_for(ASK);
        yes.types("y\n");
        yes.wait_for("ask needs your answer");
        yes.types("later\n");
        assert_eq!(yes.ends().code(), Some(4), "{}", yes.seen);
        assert_eq!(approved(&folder), [format!("ACME_API_KEY → {uri}")]);

        assert_eq!(folder.naftiko(&["complete", &id, "ask", "--result", "null"]).code, 0);
        let worked = folder.naftiko(&["work", "--once"]);
        assert!(worked.stderr.contains("succeeded"), "{}", worked.stderr);
        true
    };
    let tried = tokio::task::spawn_blocking(test).await.unwrap();
    assert_eq!(seen(&server).await, usize::from(tried));
}
