//! Stopping a process that drives runs: at the first signal calls under way end first, at the second nothing is waited
//! for.
//!
//! A run that computes cannot stop before it has computed. It is waited for only so long: whatever the process was
//! doing, the run is left *interrupted* and can be resumed.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use naftiko_engine::Cancellation;

use crate::exit::{Exit, Stop};
use crate::world;

/// How often a thread that drives a run shows that it does not compute.
const BEAT: Duration = Duration::from_millis(250);
/// How often the beats are looked at, once the process is to stop.
const LOOK: Duration = Duration::from_secs(1);
/// How many looks without any beat make a process that computes.
const SILENT_LOOKS: u32 = 10;
/// How long the last words may take: whoever reads them may have stopped reading.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// Stops at the signals that ask for it: the first cancels, the second ends the process at once with `code`, and so
/// does a run that computes for ten seconds after the first.
///
/// # Errors
/// When signals cannot be heard.
pub(crate) fn stop_on_signal(cancellation: Cancellation, code: Exit, pulses: Pulses) -> Result<(), Stop> {
    let (first, is_first) = channel();
    let mut is_cancelled = false;
    let heard = move || {
        if is_cancelled {
            leave(
                code,
                "interrupted: calls under way were cut off; the next command for the run says what became of them\n",
            );
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
        .map_err(|error| Stop::Usage(format!("signals cannot be heard: {error}")))
}

/// Waits for the first signal, and from then on for a process that only computes.
fn watch(is_first: &Receiver<()>, pulses: &Pulses, code: Exit) {
    if is_first.recv().is_err() {
        return;
    }
    tell_soon("stopping: what is under way ends first; again stops at once\n");
    let mut silence = Silence::default();
    while is_first.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
        if silence.lasts_too_long(pulses.beats()) {
            leave(code, "interrupted: a run computes, and was not waited for\n");
        }
    }
}

/// How long nothing has beaten.
#[derive(Default)]
struct Silence {
    beats: Option<u64>,
    looks: u32,
}

impl Silence {
    /// Looks once more. `beats` is the sum of all beats so far; `None` where no run is driven, which is no silence.
    fn lasts_too_long(&mut self, beats: Option<u64>) -> bool {
        let is_silent = beats.is_some() && beats == self.beats;
        self.beats = beats;
        self.looks = if is_silent { self.looks + 1 } else { 0 };
        self.looks >= SILENT_LOOKS
    }
}

/// The pulses of all threads that drive runs. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct Pulses(Arc<Mutex<Vec<Weak<AtomicU64>>>>);

impl Pulses {
    /// Drives `work`, and beats as long as its thread does not compute.
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

    /// The sum of the beats of all that is driven now; `None` if nothing is.
    fn beats(&self) -> Option<u64> {
        let mut pulses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pulses.retain(|pulse| pulse.strong_count() > 0);
        let beats = pulses.iter().filter_map(Weak::upgrade);
        beats.map(|beats| beats.load(Ordering::Relaxed)).reduce(u64::wrapping_add)
    }
}

/// Ends the process at once, with a last line that nothing depends on.
fn leave(code: Exit, text: &'static str) -> ! {
    tell_soon(text);
    world::leave(code)
}

/// Writes a line for the operator. A line that cannot be written, or that is not read in time, stops nothing.
fn tell_soon(text: &'static str) {
    let (told, is_told) = channel();
    let tell = move || {
        let _unwritten = world::Stream::Err.write(&text.into());
        let _nobody_waits = told.send(());
    };
    // Where this machine has no thread left, the line is not written.
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
