//! Runs programs: never through a shell, with a minimal environment, and only those that the operator allows by name.

use std::collections::BTreeSet;
use std::fmt;
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use naftiko_adapter::{Answer, Channel, Failure, FailureKind, Mask, Question, Secrets, shortage_of_start};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command as Process};

use crate::fit::Fit;
use crate::question::{as_json, refused, texts};

/// The time limit of a program.
const LIMIT: Duration = Duration::from_mins(10);
/// The maximum number of bytes that are read from each of its outputs.
const MOST: u64 = 1024 * 1024;
/// The length in bytes up to which a secret is fully masked where an output is cut off.
const MOST_OF_A_SECRET: usize = 64 * 1024;
/// The maximum number of characters of an error output that are shown.
const MOST_TOLD: usize = 500;

/// Asks by running a program: the question is its standard input, the answer its standard output.
pub struct Command {
    allowed: BTreeSet<String>,
    /// The environment of the program, apart from the run and the step.
    environment: Vec<(String, String)>,
    secrets: Secrets,
    now: fn() -> SystemTime,
}

impl Command {
    /// Allows only the programs with these names, and runs them with this environment. `secrets` are masked in error
    /// outputs.
    pub fn new(
        allowed: impl IntoIterator<Item = String>,
        environment: Vec<(String, String)>,
        secrets: Secrets,
        now: fn() -> SystemTime,
    ) -> Self {
        Self { allowed: allowed.into_iter().collect(), environment, secrets, now }
    }

    /// Checks whether a program may be run.
    ///
    /// # Errors
    /// The reason if not, and the option that would allow it.
    pub fn permit(&self, program: &str) -> Result<(), String> {
        if self.allowed.contains(program) {
            return Ok(());
        }
        let word = naftiko_text::shell_word(program);
        Err(format!("the program `{program}` is not allowed: allow it with `--allow-command {word}`"))
    }
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Command").field("allowed", &self.allowed).finish_non_exhaustive()
    }
}

#[async_trait]
impl Channel for Command {
    async fn ask(&self, question: &Question) -> Result<Answer, Failure> {
        let fit = Fit::of(question)?;
        let words = texts(question, "command")?;
        let [program, arguments @ ..] = words.as_slice() else {
            return Err(refused("its `command` is empty"));
        };
        self.permit(program).map_err(refused)?;
        let mut process = Process::new(program);
        process.args(arguments).env_clear().envs(self.environment.iter().cloned());
        process.env("NAFTIKO_RUN", &question.run).env("NAFTIKO_STEP", &question.step);
        process.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let child = process.spawn().map_err(|error| {
            let lacks = shortage_of_start(&error).is_some();
            let kind = if lacks { FailureKind::LocalShortage } else { FailureKind::Refused };
            Failure::new(kind, format!("`{program}` cannot be run: {error}"))
        })?;
        let limit = self.limit(question);
        let said = as_json(question, None).to_string();
        let Ok(ended) = tokio::time::timeout(limit, run(child, said)).await else {
            let message = format!("`{program}` did not end within {limit:?} and was killed");
            return Err(Failure::new(FailureKind::Unknown, message));
        };
        let ended = ended.map_err(|error| {
            let message = format!("`{program}` cannot be waited for: {error}");
            Failure::of_io(&error, true, FailureKind::Unknown, message)
        })?;
        understood(program, &ended, &fit, &self.secrets.mask())
    }
}

impl Command {
    /// The time limit of the program: at most the wait for the answer.
    fn limit(&self, question: &Question) -> Duration {
        let left = question.until.map(|until| until.duration_since((self.now)()).unwrap_or_default());
        left.map_or(LIMIT, |left| left.min(LIMIT))
    }
}

/// The outcome of a program.
struct Ended {
    /// `None` if it was killed.
    code: Option<i32>,
    out: Vec<u8>,
    err: Vec<u8>,
}

async fn run(mut child: Child, said: String) -> std::io::Result<Ended> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let tell = async {
        if let Some(mut stdin) = stdin {
            // A program may end without reading its input.
            let _unheard = stdin.write_all(said.as_bytes()).await;
        }
    };
    let ((), out, err, status) = tokio::join!(tell, read(stdout), read(stderr), child.wait());
    Ok(Ended { code: status?.code(), out: out?, err: err? })
}

/// Reads up to a limit; the rest is read and dropped, so that the program is not blocked on writing.
async fn read(source: Option<impl AsyncRead + Unpin>) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(mut source) = source {
        (&mut source).take(MOST + 1).read_to_end(&mut bytes).await?;
        tokio::io::copy(&mut source, &mut tokio::io::sink()).await?;
    }
    Ok(bytes)
}

fn understood(program: &str, ended: &Ended, fit: &Fit, mask: &Mask) -> Result<Answer, Failure> {
    if ended.code != Some(0) {
        let code = ended.code.map_or_else(|| "was killed".to_owned(), |code| format!("ended with {code}"));
        let told = told(&ended.err, mask);
        return Err(Failure::new(FailureKind::Unreadable, format!("`{program}` {code}{told}")));
    }
    let unreadable = |reason: String| {
        Failure::new(
            FailureKind::Unreadable,
            format!("the output of `{program}` is not a valid answer: {reason}"),
        )
    };
    if u64::try_from(ended.out.len()).unwrap_or(u64::MAX) > MOST {
        return Err(unreadable("it is longer than 1 MiB".to_owned()));
    }
    if ended.out.iter().all(u8::is_ascii_whitespace) {
        return Ok(Answer::NotYet);
    }
    let answer = serde_json::from_slice(&ended.out)
        .map_err(|error| unreadable(format!("it is not JSON, at line {}", error.line())))?;
    fit.objection(&answer).map_or(Ok(Answer::Given(answer)), |reason| Err(unreadable(reason)))
}

/// The end of the standard error of a program, on one line. It is masked before it is shortened.
fn told(err: &[u8], mask: &Mask) -> String {
    // The beginning of a secret may remain where the output was cut off.
    let is_cut = u64::try_from(err.len()).unwrap_or(u64::MAX) > MOST;
    let whole = err.len().saturating_sub(if is_cut { MOST_OF_A_SECRET } else { 0 });
    let text = mask.text(&String::from_utf8_lossy(err.get(..whole).unwrap_or_default()));
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.is_empty() {
        return String::new();
    }
    let from = line.chars().count().saturating_sub(MOST_TOLD);
    let cut = if from > 0 { "…" } else { "" };
    format!(": {cut}{}", line.chars().skip(from).collect::<String>())
}
