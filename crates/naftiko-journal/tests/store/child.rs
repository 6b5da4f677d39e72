//! Child processes: this test binary, started again to play one part of a test.

use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};

/// The environment variable with the folder of a child process. Tests with a child part check it first.
const FOLDER: &str = "NAFTIKO_STORE_TEST_FOLDER";

/// The folder, if this process is such a child.
pub(crate) fn folder() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "this is how a child knows that it is one")]
    std::env::var_os(FOLDER).map(PathBuf::from)
}

/// Sends one line to the parent process.
pub(crate) fn say(line: &str) {
    #[expect(clippy::disallowed_methods, reason = "the parent process reads what this test process writes")]
    let mut stderr = std::io::stderr();
    stderr.write_all(format!("{line}\n").as_bytes()).unwrap();
}

/// The command that starts this binary for the child part of `test`, a path of modules and a function.
pub(crate) fn command(program: &Path, test: &str, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.args([test, "--exact", "--nocapture", "--test-threads=1"]).env(FOLDER, folder);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

/// A child process and its output. The process is killed when this is dropped.
pub(crate) struct Part {
    child: Child,
    lines: Lines<BufReader<ChildStderr>>,
}

impl Part {
    pub(crate) fn begin(test: &str, folder: &Path) -> Self {
        Self::of(command(&std::env::current_exe().unwrap(), test, folder))
    }

    pub(crate) fn of(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        Self { child, lines }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The next line of its output.
    pub(crate) fn heard(&mut self) -> String {
        self.lines.next().expect("the child ended").unwrap()
    }

    /// Kills the process with SIGKILL; returns the rest of its output.
    pub(crate) fn kill(mut self) -> Vec<String> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.lines.by_ref().map(Result::unwrap).collect()
    }

    /// Waits for the process to exit; returns its status and the rest of its output.
    pub(crate) fn end(mut self) -> (ExitStatus, Vec<String>) {
        let said = self.lines.by_ref().map(Result::unwrap).collect();
        (self.child.wait().unwrap(), said)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
