//! Reads the secrets that documents name, within the limits set by the operator.
//!
//! A document may be untrusted. It may name environment variables, files below its own folder and, if the operator
//! allows them, other files and programs. A secret is read only when it is needed, and after it was approved
//! ([`Permits`]).

use std::io;
use std::path::{Path, PathBuf};

use naftiko_adapter::{Failure, FailureKind, Mask, Secrets, async_trait, shortage};
use naftiko_adapter_http::SecretSource;
use naftiko_plan::SecretName;
use naftiko_spec::Files as _;
use naftiko_text::shell_word;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use crate::allowances::Allowances;
use crate::drive::Permits;
use crate::world::{self, FileSystem};

/// The number of characters of a program's error output that are reported.
const MESSAGE_LIMIT: usize = 300;

/// The files and programs from which the secrets of a document may be read.
#[derive(Debug, Clone)]
pub(crate) struct Reach {
    /// The folder of the composition; relative file paths are resolved in it.
    origin: PathBuf,
    /// The folder of the document that names the secrets.
    document: PathBuf,
    files: Vec<PathBuf>,
    commands: Vec<String>,
}

impl Reach {
    /// The reach of the document at `source`, a path relative to `origin`.
    pub(crate) fn of(origin: &Path, source: &str, allowances: &Allowances) -> Self {
        let document = Path::new(source).parent().unwrap_or(Path::new(""));
        Self {
            origin: origin.to_path_buf(),
            document: origin.join(document),
            files: allowances.readable.allowed_files.clone(),
            commands: allowances.commands.clone(),
        }
    }

    /// Resolves a file path. The file must be, after following links, below the document's folder or allowed.
    fn file(&self, path: &str) -> Result<PathBuf, String> {
        // If the file itself does not exist, the links among its parent folders are still resolved.
        let file = FileSystem.resolved(&self.origin.join(path));
        let allowed = self.files.iter().chain([&self.document]);
        if allowed.map(|folder| FileSystem.resolved(folder)).any(|folder| file.starts_with(folder)) {
            return Ok(file);
        }
        Err(format!(
            "`{path}` is not below the folder of the document that names it; allow it with `--allow-file {}`",
            shell_word(path)
        ))
    }

    /// Rejects a secret that may not be read, without reading it.
    ///
    /// # Errors
    /// Names the file or program, and the option that allows it.
    pub(crate) fn allows(&self, secret: &SecretName) -> Result<(), String> {
        match secret {
            SecretName::EnvVar(_) => Ok(()),
            SecretName::File(path) => self.file(path).map(|_| ()),
            SecretName::Command(words) => self.command(words).map(|_| ()),
        }
    }

    fn command<'a>(&self, words: &'a [String]) -> Result<(&'a String, &'a [String]), String> {
        let Some((program, arguments)) = words.split_first() else {
            return Err("the `command` of a secret names no program".to_owned());
        };
        if self.commands.contains(program) {
            return Ok((program, arguments));
        }
        Err(format!(
            "`{program}` is not allowed: allow documents to run it with `--allow-command {}`",
            shell_word(program)
        ))
    }
}

/// A secret that a document names, with everything needed to read it.
pub(crate) struct Named {
    pub(crate) name: SecretName,
    /// The kind of secret in words, such as `token`.
    pub(crate) what: &'static str,
    pub(crate) provider: String,
    pub(crate) reach: Reach,
    /// The servers to which the secret is sent.
    pub(crate) servers: Vec<Url>,
    pub(crate) permits: Permits,
    /// All secrets of this process; they are redacted in a program's error output.
    pub(crate) secrets: Secrets,
}

impl Named {
    fn missing(&self) -> String {
        let Self { name, what, provider, .. } = self;
        match name {
            SecretName::EnvVar(variable) => format!(
                "environment variable `{variable}` is not set; it holds the {what} of provider `{provider}`"
            ),
            SecretName::File(path) => {
                format!("`{path}` cannot be read or is empty; it holds the {what} of provider `{provider}`")
            }
            SecretName::Command(_) => {
                format!("`{name}` printed nothing; it prints the {what} of provider `{provider}`")
            }
        }
    }

    fn too_long(&self) -> Failure {
        let Self { name, what, provider, .. } = self;
        let source = match name {
            SecretName::EnvVar(variable) => format!("`{variable}` is too long"),
            SecretName::File(path) => format!("`{path}` is too long"),
            SecretName::Command(_) => format!("`{name}` printed too much"),
        };
        let limit = world::SECRET_LIMIT / 1024;
        refused(format!("{source} for the {what} of `{provider}`: a secret has at most {limit} KiB"))
    }

    /// Checks that the secret may still be sent to each of its servers.
    fn permitted(&self) -> Result<(), Failure> {
        let mut servers = self.servers.iter();
        servers.try_for_each(|server| self.permits.require(&self.name, server).map(drop)).map_err(refused)
    }

    /// Reads the secret of a variable or a file; `None` for a program, which takes time. Permissions are checked again,
    /// since a file path may by now lead to another file, which is another secret.
    fn at_once(&self) -> Result<Option<SecretString>, Failure> {
        self.permitted()?;
        let found = match &self.name {
            SecretName::EnvVar(variable) => world::secret_variable(variable),
            SecretName::File(path) => {
                let file = self.reach.file(path).map_err(refused)?;
                world::secret_file(&file).or_else(|error| match shortage(&error) {
                    _ if error.kind() == io::ErrorKind::FileTooLarge => Err(self.too_long()),
                    Some(lacking) => {
                        let message = format!("this machine lacks {} to read `{path}`", lacking.as_str());
                        Err(Failure::new(FailureKind::LocalShortage, message))
                    }
                    None => Ok(None),
                })?
            }
            SecretName::Command(words) => {
                return self.reach.command(words).map(|_| None).map_err(refused);
            }
        };
        let secret = found.ok_or_else(|| refused(self.missing()))?;
        if world::is_too_long_for_a_secret(secret.expose_secret()) {
            return Err(self.too_long());
        }
        Ok(Some(secret))
    }
}

fn refused(message: String) -> Failure {
    Failure::new(FailureKind::Refused, message)
}

#[async_trait]
impl SecretSource for Named {
    async fn read(&self) -> Result<SecretString, Failure> {
        let SecretName::Command(words) = &self.name else {
            return self.at_once()?.ok_or_else(|| refused(self.missing()));
        };
        self.permitted()?;
        let (program, arguments) = self.reach.command(words).map_err(refused)?;
        let ended = world::run_program(program, arguments)
            .await
            .map_err(|failure| Failure::new(failure.kind, format!("`{program}` {}", failure.message)))?;
        if ended.stdout.len() > usize::try_from(world::SECRET_LIMIT).unwrap_or(usize::MAX) {
            return Err(self.too_long());
        }
        let printed = String::from_utf8(ended.stdout).map_err(|_| {
            refused(format!("`{program}` printed bytes that are not text: the {} must be text", self.what))
        })?;
        let secret = printed
            .strip_suffix('\n')
            .map_or(printed.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
        let secret = SecretString::from(secret);
        if ended.code != Some(0) {
            let how = ended.code.map_or_else(|| "by a signal".to_owned(), |code| format!("with code {code}"));
            let complaint = complaint(&ended.stderr, &secret, &self.secrets);
            return Err(refused(format!("`{program}` ended {how}{complaint}")));
        }
        if secret.expose_secret().trim().is_empty() {
            return Err(refused(self.missing()));
        }
        Ok(secret)
    }

    fn peek(&self) -> Result<Option<SecretString>, String> {
        self.at_once().map_err(|failure| failure.message)
    }
}

/// A program's error output in one line, with its standard output and all other secrets redacted.
fn complaint(stderr: &[u8], printed: &SecretString, secrets: &Secrets) -> String {
    let mut mask = Mask::over(secrets.mask());
    mask.hide(printed.expose_secret().trim(), 1);
    let told = mask.text(&String::from_utf8_lossy(stderr));
    let line = told.split_whitespace().collect::<Vec<_>>().join(" ");
    let line: String = line.chars().take(MESSAGE_LIMIT).collect();
    if line.is_empty() { line } else { format!(": {line}") }
}
