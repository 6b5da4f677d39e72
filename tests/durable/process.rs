//! Runs the binary in a folder of its own, and kills it at the point given by the test.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use naftiko_journal::store::Summary;
use naftiko_journal::{Record, Store};
use tempfile::{NamedTempFile, TempDir};

/// The credential of the provider.
pub(crate) const KEY: &str = "key-of-the-shop-91c2";

/// A folder with the provider, a composition, and the state of runs.
pub(crate) struct Place {
    folder: TempDir,
}

/// The result of a command.
#[derive(Debug)]
pub(crate) struct Ended {
    /// `None` if it was killed.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// The last line of `--json`.
    pub(crate) fn outcome(&self) -> serde_json::Value {
        serde_json::from_str(self.stdout.lines().last().unwrap_or_default()).unwrap_or_default()
    }

    /// Standard output followed by standard error.
    pub(crate) fn told(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }
}

impl Place {
    /// A folder with `composition.yaml`, and `child.yaml` if there is one.
    pub(crate) fn new(composition: &str, child: Option<&str>) -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        let shop = shop();
        std::fs::create_dir(place.path().join("shared")).unwrap();
        for file in ["shop.yaml", "shop-openapi.yaml"] {
            std::fs::copy(shop.join(file), place.path().join("shared").join(file)).unwrap();
        }
        place.write("composition.yaml", &document(composition));
        if let Some(child) = child {
            place.write("child.yaml", &document(child));
        }
        place
    }

    pub(crate) fn write(&self, name: &str, content: &str) {
        std::fs::write(self.path().join(name), content).unwrap();
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The folder of the stored runs.
    pub(crate) fn state(&self) -> PathBuf {
        self.path().join("state")
    }

    /// The journal, opened for reading.
    pub(crate) fn store(&self) -> Option<Store> {
        Store::open_existing(&self.state()).unwrap()
    }

    /// The only run that has started; `None` if there is none.
    pub(crate) fn run(&self) -> Option<Summary> {
        let mut runs = self.store()?.runs().unwrap();
        runs.retain(|run| run.events > 0);
        assert!(runs.len() <= 1, "{runs:?}");
        runs.pop()
    }

    /// Removes all runs.
    pub(crate) fn forget(&self) {
        if self.state().exists() {
            std::fs::remove_dir_all(self.state()).unwrap();
        }
    }

    /// Whether a secret is in plain text in any file of the journal.
    pub(crate) fn holds(&self, secret: &str) -> bool {
        let files = std::fs::read_dir(self.state()).unwrap().map(|file| file.unwrap().path());
        let mut texts = files.filter(|path| path.is_file()).map(|path| std::fs::read(path).unwrap());
        texts.any(|bytes| String::from_utf8_lossy(&bytes).contains(secret))
    }

    /// Copies the present journal, which must not be in use.
    pub(crate) fn remember(&self) {
        copy(&self.state(), &self.path().join("remembered"));
    }

    /// Restores the copied journal. Returns whether there is a copy.
    pub(crate) fn recall(&self) -> bool {
        self.forget();
        let remembered = self.path().join("remembered");
        let is_there = remembered.exists();
        if is_there {
            copy(&remembered, &self.state());
        }
        is_there
    }

    /// The redacted records of a run.
    pub(crate) fn records(&self, run: &str) -> Vec<Record> {
        self.store().unwrap().shown(run).unwrap()
    }

    /// The command, for changes before it is run. It has empty standard input and a small environment.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_naftiko"));
        command.args(arguments).env_clear().stdin(Stdio::null()).current_dir(self.path());
        command.env("SHOP_KEY", KEY).env("NO_PROXY", "127.0.0.1").env("XDG_STATE_HOME", self.path());
        // Loading the many certificates of the system would take longer than everything else, and they are not needed
        // here.
        command
            .env("SSL_CERT_FILE", shop().join("certificate.pem"))
            .env("SSL_CERT_DIR", self.path().join("none"));
        if takes_state(arguments) {
            command.arg("--state").arg(self.state());
        }
        command
    }

    /// The command that starts a run against this provider, with `further` arguments; inferred arguments are accepted.
    pub(crate) fn run_command(&self, base_url: &str, further: &[&str]) -> Command {
        let run = ["run", "composition.yaml", "--base-url", base_url, "--accept-inferred"];
        self.command(&[&run, further].concat())
    }

    /// Starts a run against this provider, and drives it until it ends or waits.
    pub(crate) fn begin(&self, base_url: &str, further: &[&str]) -> Ended {
        Running::start(self.run_command(base_url, further)).end()
    }

    /// Runs `naftiko` to its end.
    pub(crate) fn naftiko(&self, arguments: &[&str]) -> Ended {
        Running::start(self.command(arguments)).end()
    }
}

/// The folder with the documents of the provider.
fn shop() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/durable/shop")
}

/// Copies the files of a folder.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_file() {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

fn takes_state(arguments: &[&str]) -> bool {
    !arguments.contains(&"--state") && !matches!(arguments.first(), Some(&("check" | "plan" | "codes")))
}

/// A composition of the provider.
fn document(body: &str) -> String {
    format!(
        "name: Test\nspecification: Naftiko Capability Composition\nspecificationVersion: '0.2'\nproviderId: shop\n{body}"
    )
}

/// The command under limits set by a shell, such as `ulimit -n 64`.
pub(crate) fn limited(command: &Command, limits: &str) -> Command {
    let mut shell = Command::new("/bin/sh");
    shell
        .args(["-c", &format!("{limits}; exec \"$@\""), "sh"])
        .arg(command.get_program())
        .args(command.get_args());
    shell.env_clear().stdin(Stdio::null());
    for (name, value) in command.get_envs() {
        value.map(|value| shell.env(name, value));
    }
    command.get_current_dir().map(|folder| shell.current_dir(folder));
    shell
}

/// A running process.
pub(crate) struct Running {
    child: Arc<Mutex<Child>>,
    stdout: NamedTempFile,
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        let stdout = NamedTempFile::new().unwrap();
        command.stdout(stdout.reopen().unwrap()).stderr(Stdio::piped());
        Self { child: Arc::new(Mutex::new(command.spawn().unwrap())), stdout }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.lock().unwrap_or_else(PoisonError::into_inner).id()
    }

    /// A function that kills the process and returns once it is dead.
    pub(crate) fn killer(&self) -> impl Fn() + Send + 'static {
        let child = Arc::clone(&self.child);
        move || {
            let mut child = child.lock().unwrap_or_else(PoisonError::into_inner);
            // Sends SIGKILL; fails if the process has ended already, which is fine.
            let _ended = child.kill();
            let _ended = child.wait();
        }
    }

    /// Sends an interrupt, as Ctrl-C does.
    pub(crate) fn interrupt(&self) {
        self.signal("INT");
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
    }

    /// The lines of its standard error, as they arrive.
    pub(crate) fn lines(&self) -> impl Iterator<Item = String> + use<> {
        let stderr = self.child.lock().unwrap_or_else(PoisonError::into_inner).stderr.take().unwrap();
        BufReader::new(stderr).lines().map_while(Result::ok)
    }

    /// Waits for its end without reading its output.
    pub(crate) fn code(&self) -> Option<i32> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner).wait().unwrap().code()
    }

    /// Waits for its end; kills it when it halts.
    pub(crate) fn end(self) -> Ended {
        let stderr = self.child.lock().unwrap_or_else(PoisonError::into_inner).stderr.take().unwrap();
        let kill = self.killer();
        let mut told = String::new();
        for line in BufReader::new(stderr).lines() {
            let line = line.unwrap();
            if line.starts_with("halted after ") {
                kill();
            }
            told.push_str(&line);
            told.push('\n');
        }
        let status = self.child.lock().unwrap_or_else(PoisonError::into_inner).wait().unwrap();
        Ended {
            code: status.code(),
            stdout: std::fs::read_to_string(self.stdout.path()).unwrap(),
            stderr: told,
        }
    }
}
