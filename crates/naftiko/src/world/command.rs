//! Runs programs that the operator allows, and captures their output.

use std::process::Stdio;
use std::time::Duration;

use naftiko_adapter::{Failure, FailureKind, Shortage, shortage, shortage_of_start};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Command;

use super::SECRET_LIMIT;

/// The time limit of a program; a person may have to unlock a vault first.
const LIMIT: Duration = Duration::from_mins(1);
/// The maximum number of bytes of each output stream that are captured: the maximum length of a secret and one byte.
const MOST_BYTES: u64 = SECRET_LIMIT + 1;

/// The result of a program.
pub(crate) struct Ended {
    /// The exit code; `None` if a signal ended the program.
    pub(crate) code: Option<i32>,
    /// The captured standard output; longer than [`SECRET_LIMIT`] if there was more than a secret may have.
    pub(crate) stdout: Vec<u8>,
    /// The captured standard error.
    pub(crate) stderr: Vec<u8>,
}

/// Runs a program to its end, without a shell and with empty standard input.
///
/// # Errors
/// If the program cannot be run. The message continues a sentence that begins with the program's name.
pub(crate) async fn run_program(program: &str, arguments: &[String]) -> Result<Ended, Failure> {
    let mut command = Command::new(program);
    // The settings of `naftiko`, which may be secret, are not passed on to programs that documents name.
    for (variable, _) in std::env::vars_os() {
        if variable.to_str().is_some_and(naftiko_plan::is_setting) {
            command.env_remove(variable);
        }
    }
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed(shortage_of_start(&error), format!("cannot be run: {error}")))?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let ended = async {
        let (stdout, stderr) = tokio::try_join!(all_of(stdout), all_of(stderr))?;
        Ok(Ended { code: child.wait().await?.code(), stdout, stderr })
    };
    match tokio::time::timeout(LIMIT, ended).await {
        Ok(ended) => ended
            .map_err(|error: std::io::Error| failed(shortage(&error), format!("cannot be read: {error}"))),
        Err(_) => Err(failed(None, format!("took longer than {} s", LIMIT.as_secs()))),
    }
}

fn failed(lacking: Option<Shortage>, message: String) -> Failure {
    let kind = if lacking.is_some() { FailureKind::LocalShortage } else { FailureKind::Refused };
    Failure::new(kind, message)
}

async fn all_of(pipe: Option<impl AsyncRead + Unpin>) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(mut pipe) = pipe {
        (&mut pipe).take(MOST_BYTES).read_to_end(&mut bytes).await?;
        // The rest is read and discarded, so that the program does not block on a full pipe.
        tokio::io::copy(&mut pipe, &mut tokio::io::sink()).await?;
    }
    Ok(bytes)
}
