//! `check --watch`, from the first check to the interrupt.
#![cfg(unix)]
#![expect(clippy::panic, reason = "a test speaks by panicking")]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::command::Folder;

/// Longer than any of it takes, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running `check --watch`, stopped with the test.
struct Watching {
    child: Child,
    lines: Receiver<String>,
}

impl Watching {
    fn start(folder: &Folder, paths: &[&str]) -> Self {
        let mut command = folder.command(&[&["check", "--watch", "-q"], paths].concat());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let (send, lines) = channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    break;
                }
            }
        });
        Self { child, lines }
    }

    /// Waits for a check with this summary. A file may be read while it is being written, so other summaries may come
    /// before.
    fn wait_for(&self, summary: &str) {
        let mut before = Vec::new();
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) if line == summary => return,
                Ok(line) => before.push(line),
                Err(error) => panic!("no `{summary}`: {error}; before it came {before:#?}"),
            }
        }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}

const FAULTY: &str = "steps: [{id: ask, external: true, externl: 1}]\n";

fn document(body: &str) -> String {
    format!(
        "name: Test\nspecification: Naftiko Capability Composition\nspecificationVersion: '0.2'\nproviderId: acme\n{body}"
    )
}

#[test]
fn a_change_is_checked_and_an_interrupt_ends_it() {
    let folder = Folder::new("0.2", FAULTY);
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let mut watching = Watching::start(&folder, &["composition.yaml"]);
    watching.wait_for("composition.yaml: 1 error");
    write(
        "composition.yaml",
        &document(
            "steps: [{id: list, capability: members, operation: listMembers}]\noutputs: [{name: all, source: list.data}]\n",
        ),
    );
    watching.wait_for("composition.yaml: no problems");
    // Changes of other files that were read are noticed too, and so are removed files.
    let shared = folder.path().join("shared/acme-openapi.yaml");
    let text = std::fs::read_to_string(&shared).unwrap();
    std::fs::remove_file(&shared).unwrap();
    watching.wait_for("composition.yaml: 1 error");
    write("shared/acme-openapi.yaml", &text);
    watching.wait_for("composition.yaml: no problems");
    let pid = watching.child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    assert_eq!(watching.child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_document_that_comes_to_a_folder_is_seen() {
    let folder = Folder::new("0.2", FAULTY).with("flows/a.yaml", document(FAULTY));
    let watching = Watching::start(&folder, &["flows"]);
    watching.wait_for("flows/a.yaml: 1 error");
    let folder = folder.with("flows/deep/b.yaml", document(FAULTY));
    watching.wait_for("2 files: 2 errors");
    std::fs::remove_file(folder.path().join("flows/a.yaml")).unwrap();
    watching.wait_for("flows/deep/b.yaml: 1 error");
}

#[test]
fn standard_input_cannot_be_watched() {
    let ended = Folder::new("0.2", FAULTY).naftiko(&["check", "--watch", "-"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
    assert_eq!(ended.stderr, "error: `--watch` cannot watch standard input\n");
}
