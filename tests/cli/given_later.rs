//! Values and rulings that an operator gives to a run later: no credential in them is stored, and the first ruling holds.

use std::io::Read as _;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use crate::approvals::{BEARER, WAITS, approve, folder, off_thread, only_run, run, server, state};
use crate::command::{Folder, end};

/// Checks that no file of the state folder, at any depth, contains the text.
fn assert_stored_nowhere(folder: &Folder, text: &str) {
    let mut paths = vec![state(folder)];
    while let Some(path) = paths.pop() {
        if path.is_dir() {
            paths.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let is_there = bytes.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(!is_there, "{}", path.display());
    }
}

#[tokio::test]
async fn a_credential_in_a_value_that_is_given_later_is_stored_nowhere() {
    const KEY: &str = "secret-of-acme";
    let server = server().await;
    let uri = server.uri();
    off_thread(move || {
        for (is_approved, stored) in
            [(true, "`ask` is answered;"), (false, "`ask` is answered, once the run continues")]
        {
            let folder = folder(WAITS, &uri, BEARER);
            assert_eq!(run(&folder, &["--allow-secret", "ACME_API_KEY"]).code, 4);
            if is_approved {
                approve(&folder, "variable", "ACME_API_KEY", &uri);
            }
            let id = only_run(&folder);
            let result = json!({"note": format!("the key is {KEY}")}).to_string();
            let completed = folder.naftiko(&["complete", &id, "ask", "--result", &result]);
            assert_eq!(completed.code, 0, "{}", completed.stderr);
            // Without an approval the key is not read here, so the answer waits, encrypted, for a process that knows it.
            assert!(completed.stderr.starts_with(stored), "{}", completed.stderr);
            let resumed = folder.naftiko(&["resume", &id, "--allow-secret", "ACME_API_KEY"]);
            assert_eq!(resumed.code, 0, "{}", resumed.stderr);
            let events = folder.naftiko(&["runs", "events", &id, "--json"]).stdout;
            assert!(events.contains("the key is ***") && !events.contains(KEY), "{events}");
            assert_stored_nowhere(&folder, KEY);
        }
    })
    .await;
}

#[tokio::test]
async fn the_key_of_webhooks_in_a_value_that_is_given_later_is_stored_nowhere() {
    const KEY: &str = "whsec_c2VjcmV0LW9mLXdlYmhvb2tz";
    let server = server().await;
    let uri = server.uri();
    off_thread(move || {
        let folder = folder(WAITS, &uri, "{type: none}");
        assert_eq!(run(&folder, &[]).code, 4);
        let id = only_run(&folder);
        let with_key = |arguments: &[&str]| {
            let mut command = folder.command(arguments);
            command.env("NAFTIKO_WEBHOOK_SECRET", KEY);
            end(command)
        };
        let result = json!({"note": KEY}).to_string();
        let completed = with_key(&["complete", &id, "ask", "--result", &result]);
        assert_eq!(completed.code, 0, "{}", completed.stderr);
        assert_eq!(with_key(&["resume", &id]).code, 0);
        let events = folder.naftiko(&["runs", "events", &id, "--json"]).stdout;
        assert!(events.contains(r#""note":"***""#), "{events}");
        assert_stored_nowhere(&folder, KEY);
    })
    .await;
}

#[tokio::test]
async fn of_two_rulings_that_contradict_each_other_the_second_is_rejected_and_nothing_is_sent_again() {
    const CREATES: &str = "steps:
  - {id: create, capability: organizations, operation: createOrganization, with: {name: Acme}, retry: {attempts: 1}}
";
    // Reads each request, and closes its connection without a response.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = format!("http://{}", listener.local_addr().unwrap());
    let requests = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&requests);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let read = stream.unwrap().read(&mut [0; 4096]).unwrap();
            assert!(read > 0);
            count.fetch_add(1, Ordering::SeqCst);
        }
    });
    off_thread(move || {
        let folder = folder(CREATES, &uri, BEARER);
        assert_eq!(run(&folder, &["--allow-secret", "ACME_API_KEY"]).code, 5);
        let id = only_run(&folder);
        // The key is not approved for these commands, so the value waits for a process that knows the key.
        let made = json!({"id": "org_1", "name": "Acme", "state": "active"}).to_string();
        let happened = folder.naftiko(&["resolve", &id, "create", "--happened", &made, "--as-is"]);
        assert_eq!(happened.code, 0, "{}", happened.stderr);
        let denied = folder.naftiko(&["resolve", &id, "create", "--did-not-happen"]);
        assert_eq!(denied.code, 2, "{}", denied.stderr);
        let resumed = folder.naftiko(&["resume", &id, "--allow-secret", "ACME_API_KEY"]);
        assert_eq!(resumed.code, 0, "{}", resumed.stderr);
    })
    .await;
    assert_eq!(requests.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_second_ruling_is_rejected_too_where_the_state_of_the_run_is_unknown_without_its_sensitive_inputs()
{
    const CREATES: &str = "inputs: [{name: names, type: array, items: string, required: true, sensitive: true}]
steps:
  - {id: create, capability: organizations, operation: createOrganization, forEach: inputs.names, with: {name: Acme}, retry: {attempts: 1}}
";
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let _read = stream.unwrap().read(&mut [0; 4096]).unwrap();
        }
    });
    off_thread(move || {
        let folder = folder(CREATES, &uri, "{type: none}");
        let first = run(&folder, &["-i", "names=[\"Acme\"]"]);
        assert_eq!(first.code, 5, "{}", first.stderr);
        let id = only_run(&folder);
        let happened =
            folder.naftiko(&["resolve", &id, "create[0]", "--happened", "{\"id\": \"org_1\"}", "--as-is"]);
        assert_eq!(happened.code, 0, "{}", happened.stderr);
        let denied = folder.naftiko(&["resolve", &id, "create[0]", "--did-not-happen"]);
        assert_eq!(denied.code, 2, "{}", denied.stderr);
    })
    .await;
}
