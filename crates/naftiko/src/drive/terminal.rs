//! The operator at the terminal, for the external steps of a run.

use std::io::{self, Write};

use indicatif::{MultiProgress, ProgressDrawTarget};
use naftiko_adapter_external::Terminal;

/// Standard error to show, standard input to read; live lines stand still while somebody is asked.
pub(crate) struct Operator {
    live: MultiProgress,
}

impl Operator {
    pub(crate) fn new(live: MultiProgress) -> Self {
        Self { live }
    }
}

impl Terminal for Operator {
    fn show(&mut self, text: &str) -> io::Result<()> {
        self.live.set_draw_target(ProgressDrawTarget::hidden());
        let mut err = io::stderr().lock();
        err.write_all(text.as_bytes())?;
        err.flush()
    }

    fn read_line(&mut self) -> io::Result<Option<String>> {
        let mut line = String::new();
        let read = io::stdin().read_line(&mut line)?;
        if read == 0 {
            // The end of input leaves the cursor behind the prompt.
            self.show("\n")?;
        }
        self.live.set_draw_target(ProgressDrawTarget::stderr());
        Ok((read > 0).then_some(line))
    }
}
