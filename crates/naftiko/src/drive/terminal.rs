//! The terminal while a run is driven: live lines of steps, permanent lines above them, and one question at a time.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use naftiko_adapter_external::Terminal;
use naftiko_text::{Printable, printable};

use crate::world::{self, Stream};

/// The escape sequence that returns to the beginning of the line and clears it.
const CLEAR_LINE: &str = "\r\x1b[K";

/// A line of the terminal that changes until its step is done.
#[derive(Debug)]
pub(crate) struct LiveLine(ProgressBar);

impl LiveLine {
    /// Replaces the text of the line.
    #[expect(clippy::disallowed_methods, reason = "this is where printable text is shown")]
    pub(crate) fn show(&self, text: &Printable) {
        self.0.set_message(text.to_string());
    }

    /// Stops updating the line; its text remains.
    pub(crate) fn abandon(&self) {
        self.0.abandon();
    }
}

/// The terminal: standard error for output, standard input for answers. During a question there are no live lines, and
/// permanent lines are printed above the line in which the answer is typed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Console {
    live: MultiProgress,
    /// The last line of the open question; empty if there is none.
    prompt: Arc<Mutex<Printable>>,
}

impl Console {
    /// Adds a live line below the others.
    pub(crate) fn add(&self) -> LiveLine {
        let bar = self.live.add(ProgressBar::new_spinner());
        bar.set_style(
            ProgressStyle::with_template("{msg}").unwrap_or_else(|_| ProgressStyle::default_spinner()),
        );
        bar.enable_steady_tick(Duration::from_millis(200));
        LiveLine(bar)
    }

    /// Removes a live line from the screen.
    pub(crate) fn remove(&self, line: &LiveLine) {
        line.0.finish_and_clear();
        self.live.remove(&line.0);
    }

    /// Prints permanent lines. A failed write is ignored.
    pub(crate) fn print(&self, lines: &Printable) {
        let prompt = self.prompt.lock().unwrap_or_else(PoisonError::into_inner);
        let clear = Printable::from(if prompt.is_empty() { "" } else { CLEAR_LINE });
        let text = printable!("{}{}{}", clear, lines, *prompt);
        let _unwritten = self.live.suspend(|| Stream::Err.write(&text));
    }
}

impl Terminal for Console {
    fn show(&self, text: &Printable) -> io::Result<()> {
        let mut prompt = self.prompt.lock().unwrap_or_else(PoisonError::into_inner);
        let asks = if text.ends_with('\n') { None } else { text.lines_of().last() };
        let asks = asks.unwrap_or_default();
        if !asks.is_empty() {
            self.live.clear()?;
            self.live.set_draw_target(ProgressDrawTarget::hidden());
        }
        prompt.clone_from(&asks);
        Stream::Err.write(text)?;
        if asks.is_empty() {
            self.live.set_draw_target(ProgressDrawTarget::stderr());
        }
        Ok(())
    }

    fn read_line(&self) -> io::Result<Option<String>> {
        let Some(line) = world::read_line()? else {
            // At the end of input the cursor is still behind the prompt.
            self.show(&"\n".into())?;
            return Ok(None);
        };
        // The terminal has echoed the line break already.
        self.show(&Printable::new())?;
        Ok(Some(line))
    }

    fn forget_typed(&self) {
        world::forget_typed();
    }
}
