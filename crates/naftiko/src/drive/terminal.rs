//! The terminal while a run is driven: live lines of steps, lines that stay above them, and one question at a time.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget};
use naftiko_adapter_external::Terminal;

use crate::world;

/// Goes to the beginning of the line, and clears it.
const CLEAR_LINE: &str = "\r\x1b[K";

/// Standard error to show, standard input to read. While somebody is asked there are no live lines, and a line that stays
/// goes above the one that the answer is typed in.
#[derive(Debug, Clone, Default)]
pub(crate) struct Console {
    live: MultiProgress,
    /// What stands before the cursor; empty if nothing is asked.
    prompt: Arc<Mutex<String>>,
}

impl Console {
    /// A live line below the others.
    pub(crate) fn add(&self) -> ProgressBar {
        self.live.add(ProgressBar::new_spinner())
    }

    /// Takes a live line away.
    pub(crate) fn remove(&self, bar: &ProgressBar) {
        bar.finish_and_clear();
        self.live.remove(bar);
    }

    /// Writes lines that stay. What cannot be written stops nothing.
    pub(crate) fn print(&self, lines: &str) {
        let prompt = self.prompt.lock().unwrap_or_else(PoisonError::into_inner);
        let clear = if prompt.is_empty() { "" } else { CLEAR_LINE };
        let _unwritten = self.live.suspend(|| write_out(&format!("{clear}{lines}{prompt}")));
    }
}

impl Terminal for Console {
    fn show(&self, text: &str) -> io::Result<()> {
        let mut prompt = self.prompt.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, asks) = text.rsplit_once('\n').unwrap_or(("", text));
        if !asks.is_empty() {
            self.live.clear()?;
            self.live.set_draw_target(ProgressDrawTarget::hidden());
        }
        asks.clone_into(&mut prompt);
        write_out(text)?;
        if asks.is_empty() {
            self.live.set_draw_target(ProgressDrawTarget::stderr());
        }
        Ok(())
    }

    fn read_line(&self) -> io::Result<Option<String>> {
        let mut line = String::new();
        if io::stdin().read_line(&mut line)? == 0 {
            // The end of input leaves the cursor behind the prompt.
            self.show("\n")?;
            return Ok(None);
        }
        // The end of the line has been written by whoever typed it.
        self.show("")?;
        Ok(Some(line))
    }

    fn forget_typed(&self) {
        world::forget_typed();
    }
}

fn write_out(text: &str) -> io::Result<()> {
    let mut err = io::stderr().lock();
    err.write_all(text.as_bytes())?;
    err.flush()
}
