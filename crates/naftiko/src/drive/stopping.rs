//! Stops a process that drives runs. After the first signal, calls under way are completed; the second ends the process
//! at once.
//!
//! A run that is computing cannot be stopped cooperatively; the process waits for it for ten seconds only. In any case
//! the run is left *interrupted* and can be resumed.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use naftiko_engine::Cancellation;

use crate::exit::{Exit, Stop};
use crate::world;

/// The interval of the heartbeats of a thread that drives a run.
const BEAT: Duration = Duration::from_millis(250);
/// The interval at which the heartbeats are checked, after the first signal.
const LOOK: Duration = Duration::from_secs(1);
/// The number of checks without a heartbeat after which the process is considered to be computing.
const SILENT_LOOKS: u32 = 10;
/// The time limit for writing the last message; its reader may have stopped reading.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// Installs the signal handling: the first signal cancels, the second ends the process at once with `code`. The process
/// also ends if a run computes for ten seconds after the first signal.
///
/// # Errors
/// If signals cannot be received.
pub(crate) fn stop_on_signal(cancellation: Cancellation, code: Exit, pulses: Pulses) -> Result<(), Stop> {
    let (first, is_first) = channel();
    let mut is_cancelled = false;
    let heard = move || {
        if is_cancelled {
            leave(code, "interrupted: running calls were aborted; `naftiko resume` reconciles them\n");
        }
        is_cancelled = true;
        cancellation.cancel();
        let _nobody_looks = first.send(());
    };
    let watch = move || watch(&is_first, &pulses, code);
    std::thread::Builder::new()
        .name("stopping".to_owned())
        .spawn(watch)
        .and_then(|_| world::on_stop_signal(heard))
        .map_err(|error| Stop::Usage(format!("signals cannot be received: {error}")))
}

/// Waits for the first signal; from then on checks the heartbeats.
fn watch(is_first: &Receiver<()>, pulses: &Pulses, code: Exit) {
    if is_first.recv().is_err() {
        return;
    }
    tell_soon("stopping: waiting for running calls; a second interrupt stops at once\n");
    let mut silence = Silence::default();
    while is_first.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
        if silence.lasts_too_long(pulses.beats()) {
            leave(code, "interrupted: a run did not stop within ten seconds, because it is computing\n");
        }
    }
}

/// Measures how long the heartbeats have been absent.
#[derive(Default)]
struct Silence {
    beats: Option<u64>,
    looks: u32,
}

impl Silence {
    /// Records one check. `beats` is the sum of all heartbeats so far, or `None` if no run is driven, which does not
    /// count as silence.
    fn lasts_too_long(&mut self, beats: Option<u64>) -> bool {
        let is_silent = beats.is_some() && beats == self.beats;
        self.beats = beats;
        self.looks = if is_silent { self.looks + 1 } else { 0 };
        self.looks >= SILENT_LOOKS
    }
}

/// The heartbeats of all threads that drive runs. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct Pulses(Arc<Mutex<Vec<Weak<AtomicU64>>>>);

impl Pulses {
    /// Drives `work` with a heartbeat, which is absent while the thread computes.
    pub(crate) async fn beating<T>(&self, work: impl Future<Output = T>) -> T {
        let beats = Arc::new(AtomicU64::new(0));
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(&beats));
        let beat = async {
            loop {
                tokio::time::sleep(BEAT).await;
                beats.fetch_add(1, Ordering::Relaxed);
            }
        };
        tokio::select! {
            biased;
            done = work => done,
            never = beat => never,
        }
    }

    /// The sum of the heartbeats of all runs being driven; `None` if there are none.
    fn beats(&self) -> Option<u64> {
        let mut pulses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pulses.retain(|pulse| pulse.strong_count() > 0);
        let beats = pulses.iter().filter_map(Weak::upgrade);
        beats.map(|beats| beats.load(Ordering::Relaxed)).reduce(u64::wrapping_add)
    }
}

/// Ends the process at once, after trying to write a last message.
fn leave(code: Exit, text: &'static str) -> ! {
    tell_soon(text);
    world::leave(code)
}

/// Writes a message for the operator, waiting only a short time. A failure is ignored.
fn tell_soon(text: &'static str) {
    let (told, is_told) = channel();
    let tell = move || {
        let _unwritten = world::Stream::Err.write(&text.into());
        let _nobody_waits = told.send(());
    };
    // If no thread can be created, the message is not written.
    if std::thread::Builder::new().spawn(tell).is_ok() {
        let _unread = is_told.recv_timeout(LAST_WORDS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_process_that_drives_and_does_not_beat_is_silent() {
        let mut silence = Silence::default();
        let waits = (0..100).any(|_| silence.lasts_too_long(None));
        assert!(!waits, "nothing is driven");
        let beats = (0..100).any(|beats| silence.lasts_too_long(Some(beats)));
        assert!(!beats, "it beats");
        let computes: Vec<bool> = (0..=SILENT_LOOKS).map(|_| silence.lasts_too_long(Some(99))).collect();
        assert_eq!(computes.iter().position(|it| *it), Some(SILENT_LOOKS as usize - 1));
        assert!(!silence.lasts_too_long(Some(100)), "it beats again");
    }

    #[test]
    fn a_thread_that_computes_does_not_beat_and_one_that_waits_does() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        let pulses = Pulses::default();
        assert_eq!(pulses.beats(), None);
        runtime.block_on(pulses.beating(async {
            assert_eq!(pulses.beats(), Some(0));
            world::pause(BEAT * 3);
            assert_eq!(pulses.beats(), Some(0), "it was busy");
            while pulses.beats() == Some(0) {
                tokio::time::sleep(BEAT).await;
            }
        }));
        assert_eq!(pulses.beats(), None, "it is done");
    }
}
