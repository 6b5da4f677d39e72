//! Questions at a terminal, and the handling of typed answers.
#![cfg(unix)]

use std::io::{Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;

use crate::command::Folder;

#[test]
fn an_interrupt_at_the_question_is_a_no() {
    let body = "inputs: [{name: name, type: string, required: true}]
steps:
  - {id: create, capability: organizations, operation: createOrganization}
";
    let folder = Folder::new("0.1", body);
    let Some(mut terminal) = Terminal::of(&folder, &["run", "composition.yaml", "--input", "name=x"]) else {
        return;
    };
    terminal.wait_for("send them? [y/N]");
    // The character that the key sends; the terminal turns it into an interrupt.
    terminal.types("\x03");
    terminal.wait_for("nothing was sent");
    let status = terminal.ends();
    assert_eq!((status.code(), status.signal()), (Some(6), None), "{}", terminal.seen);
}

const SECRET: &str = "inputs:
  - {name: pin, type: string, required: true, sensitive: true, pattern: '^[0-9]{4,}$'}
steps:
  - {id: look, description: Look at it, external: {with: {}}}
";

#[test]
fn a_secret_that_is_not_given_is_asked_for_and_not_shown() {
    let folder = Folder::new("0.2", SECRET);
    let Some(mut terminal) = Terminal::of(&folder, &["run", "composition.yaml"]) else { return };
    terminal.wait_for("pin (it is sensitive and not shown): ");
    terminal.types("12\n");
    terminal.wait_for("input `pin`: the value does not fit its schema");
    terminal.types("\n");
    terminal.wait_for("input `pin`: nothing was typed");
    terminal.types("86753\n");
    terminal.wait_for("look needs your answer");
    terminal.types("later\n");
    assert_eq!(terminal.ends().code(), Some(4), "{}", terminal.seen);
    assert!(!terminal.seen.contains("86753"), "{}", terminal.seen);

    let run = only_run(&folder);
    let mut terminal = Terminal::of(&folder, &["resume", &run]).unwrap();
    terminal.wait_for("pin (it is sensitive and not stored): ");
    terminal.types("86754\n");
    terminal.wait_for("this is not the value at the start of the run");
    terminal.types("86753\n");
    terminal.wait_for("look needs your answer");
    terminal.types("\n");
    assert_eq!(terminal.ends().code(), Some(0), "{}", terminal.seen);
}

#[test]
fn a_secret_that_never_fits_is_given_up() {
    let folder = Folder::new("0.2", SECRET);
    let Some(mut terminal) = Terminal::of(&folder, &["run", "composition.yaml"]) else { return };
    for _ in 0..3 {
        terminal.wait_for("pin (it is sensitive and not shown): ");
        terminal.types("12\n");
    }
    terminal.wait_for("error: input `pin`: the value does not fit its schema");
    assert_eq!(terminal.ends().code(), Some(2), "{}", terminal.seen);
}

#[test]
fn a_question_that_another_process_answers_makes_room_for_the_next() {
    let body = "steps:
  - {id: first, description: Click the link, external: true}
  - {id: second, description: Say who, external: true, dependsOn: []}
";
    let folder = Folder::new("0.2", body);
    let Some(mut terminal) = Terminal::of(&folder, &["run", "composition.yaml"]) else { return };
    // The questions are asked in any order.
    terminal.wait_for(" needs your answer");
    let is_first = terminal.seen.contains("first needs your answer");
    let (now, next) = if is_first { ("first", "second") } else { ("second", "first") };
    // A partial answer to the question must not become an answer to the next.
    terminal.types("\"some");
    let run = only_run(&folder);
    let ended = folder.naftiko(&["complete", &run, now, "--result", "null"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    terminal.wait_for(&format!("{next} needs your answer"));
    terminal.wait_for(&format!("{now:<6}  outside  answered with `complete`"));
    terminal.types("\"Ada\"\n");
    assert_eq!(terminal.ends().code(), Some(0), "{}", terminal.seen);
    let shown = folder.naftiko(&["runs", "show", &run, "--json"]);
    assert!(shown.stdout.contains("Ada") && !shown.stdout.contains("some"), "{}", shown.stdout);
}

pub(crate) fn only_run(folder: &Folder) -> String {
    let listed = folder.naftiko(&["runs", "--json"]);
    let run: Value = serde_json::from_str(listed.stdout.lines().next().unwrap()).unwrap();
    run["run"].as_str().unwrap().to_owned()
}

/// The command in a pseudo-terminal made by `script` of util-linux, without echo.
pub(crate) struct Terminal {
    child: Child,
    output: Receiver<Vec<u8>>,
    /// All output so far.
    pub(crate) seen: String,
    /// The length of the output that was waited for.
    read: usize,
}

impl Terminal {
    /// Starts the command. If there is no such program, prints a message and returns `None`.
    pub(crate) fn of(folder: &Folder, arguments: &[&str]) -> Option<Self> {
        let version = Command::new("script").arg("--version").output().ok();
        if !version.is_some_and(|version| version.stdout.starts_with(b"script from util-linux")) {
            eprintln!("skipped: there is no `script` to make a terminal");
            return None;
        }
        // Without `exec`, a shell may remain in between, which would also receive the interrupt and exit with a status
        // of its own.
        let command = [&["exec", env!("CARGO_BIN_EXE_naftiko")], arguments].concat().join(" ");
        let mut script = Command::new("script");
        script.args([
            "--quiet",
            "--return",
            "--flush",
            "--echo",
            "never",
            "--command",
            &command,
            "/dev/null",
        ]);
        script.current_dir(folder.path()).env("SHELL", "/bin/sh");
        script.env("XDG_STATE_HOME", folder.path().join("state"));
        script.env("ACME_API_KEY", "secret-of-acme").env("TERM", "xterm").env("NO_COLOR", "1");
        let mut child = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 1024];
            while let Ok(read @ 1..) = stdout.read(&mut bytes) {
                if sender.send(bytes.iter().take(read).copied().collect()).is_err() {
                    return;
                }
            }
        });
        Some(Self { child, output, seen: String::new(), read: 0 })
    }

    /// Waits until `text` appears after the text that was last waited for.
    pub(crate) fn wait_for(&mut self, text: &str) {
        loop {
            let unread = self.seen.get(self.read..).unwrap_or_default();
            if let Some(at) = unread.find(text) {
                self.read += at + text.len();
                return;
            }
            let more = self.output.recv_timeout(Duration::from_mins(1));
            if more.is_err() {
                let _ended = self.child.kill();
            }
            assert!(more.is_ok(), "`{text}` does not come: {}", self.seen);
            self.seen.push_str(&String::from_utf8_lossy(&more.unwrap_or_default()));
        }
    }

    pub(crate) fn types(&mut self, keys: &str) {
        self.child.stdin.as_mut().unwrap().write_all(keys.as_bytes()).unwrap();
    }

    /// Reads the remaining output, and returns the exit status.
    pub(crate) fn ends(&mut self) -> ExitStatus {
        while let Ok(more) = self.output.recv_timeout(Duration::from_mins(1)) {
            self.seen.push_str(&String::from_utf8_lossy(&more));
        }
        self.child.wait().unwrap()
    }
}
