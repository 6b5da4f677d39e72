//! The signals that ask this process to stop: interrupt (Ctrl-C), termination, and hang-up, which a closing terminal
//! sends.
//!
//! A dedicated thread waits for them, so they are handled even if all other threads are busy.

use std::io;
use std::sync::mpsc::channel;

use tokio::runtime::Builder;

/// Calls `heard` at each signal, on a dedicated thread; `heard` must not block. Signals that arrive together count as
/// one. `SIGHUP` remains ignored if this process was started with it ignored, for example by `nohup`.
///
/// # Errors
/// If the operating system refuses the thread or the handlers.
pub(crate) fn on_stop_signal(mut heard: impl FnMut() + Send + 'static) -> io::Result<()> {
    let (ready, is_ready) = channel();
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        // A runtime that was built by the caller would panic if no thread could be created for it: the caller may be
        // asynchronous, where no runtime may be dropped.
        let runtime = match Builder::new_current_thread().enable_io().build() {
            Ok(runtime) => runtime,
            Err(error) => {
                let _caller_left = ready.send(Err(error));
                return;
            }
        };
        runtime.block_on(async move {
            let mut signals = match StopSignals::register() {
                Ok(signals) => signals,
                Err(error) => {
                    let _caller_left = ready.send(Err(error));
                    return;
                }
            };
            let _caller_left = ready.send(Ok(()));
            loop {
                signals.next().await;
                heard();
            }
        });
    })?;
    is_ready.recv().unwrap_or_else(|_| Err(io::ErrorKind::Other.into()))
}

#[cfg(unix)]
struct StopSignals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    /// `None` if the signal is ignored.
    hang_up: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl StopSignals {
    fn register() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        let hang_up = (!hang_up_is_ignored()).then(|| signal(SignalKind::hangup())).transpose()?;
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up,
        })
    }

    async fn next(&mut self) {
        let hang_up = async {
            match &mut self.hang_up {
                Some(hang_up) => hang_up.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = hang_up => {}
        }
    }
}

#[cfg(not(unix))]
struct StopSignals;

#[cfg(not(unix))]
impl StopSignals {
    fn register() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        let _unheard = tokio::signal::ctrl_c().await;
    }
}

/// Whether this process was started with `SIGHUP` ignored.
#[cfg(target_os = "linux")]
fn hang_up_is_ignored() -> bool {
    // The disposition of a signal can be read only with unsafe code; on Linux it is also in a file.
    std::fs::read_to_string("/proc/self/status")
        .map_or_else(|_| child_ignores_hang_up(), |status| ignores(&status))
}

/// Whether this process was started with `SIGHUP` ignored.
#[cfg(all(unix, not(target_os = "linux")))]
fn hang_up_is_ignored() -> bool {
    child_ignores_hang_up()
}

/// Whether the mask of ignored signals in `/proc/PID/status` contains `SIGHUP` (signal 1).
#[cfg(target_os = "linux")]
fn ignores(status: &str) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

/// Whether a child process survives `SIGHUP`: ignored signals are inherited.
#[cfg(unix)]
fn child_ignores_hang_up() -> bool {
    use std::process::{Command, Stdio};

    let mut shell = Command::new("/bin/sh");
    shell
        .args(["-c", "kill -HUP $$; exit 0"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    shell.status().is_ok_and(|status| status.success())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_mask_says_whether_a_closing_terminal_is_ignored() {
        assert!(ignores("Name:\tx\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000001001\n"));
        assert!(!ignores("SigIgn:\t0000000000001000\nSigCgt:\t0000000000000001\n"));
        assert!(!ignores(""));
    }

    #[test]
    fn a_child_says_the_same_as_the_mask_of_this_process() {
        assert_eq!(child_ignores_hang_up(), hang_up_is_ignored());
    }
}
