//! The progress of a run: in a terminal one live line per step, elsewhere one line per event, or JSON.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;

use jiff::SignedDuration;
use naftiko_journal::Record;
use naftiko_plan::Plan;
use naftiko_report::{Line, Mark, Progress, Style};
use naftiko_text::{Printable, json, printable};
use serde::Serialize;

use crate::drive::terminal::{Console, LiveLine};
use crate::world::Stream;

/// The shortest wait that is shown in a terminal.
const NOTICED: SignedDuration = SignedDuration::from_secs(1);
/// The shortest wait that is reported where lines are permanent.
const LONG: SignedDuration = SignedDuration::from_secs(10);

/// Prints the events of a run.
pub(crate) struct Live {
    progress: RefCell<Progress>,
    /// The live lines of the steps that are not done.
    bars: RefCell<BTreeMap<String, LiveLine>>,
    console: Console,
    terminal: bool,
    json: bool,
}

impl Live {
    pub(crate) fn new(plan: &Plan, json: bool, style: Style) -> Self {
        Self {
            progress: RefCell::new(Progress::new(plan, style)),
            bars: RefCell::default(),
            console: Console::default(),
            terminal: style.terminal,
            json,
        }
    }

    /// The console on which the lines are drawn, for channels that put questions there.
    pub(crate) fn console(&self) -> Console {
        self.console.clone()
    }

    /// Prints an event. A failed write does not stop the run, since the event is in the journal.
    pub(crate) fn show(&self, record: &Record) {
        if self.json {
            let _unwritten = line_of_json(record).and_then(|line| Stream::Out.write(&line));
            return;
        }
        let Some(line) = self.progress.borrow_mut().line(record) else { return };
        if !self.terminal {
            // The start of an attempt adds nothing to the line of its end.
            if !matches!(line.mark, Mark::Running | Mark::Asked) {
                let _unwritten = Stream::Err.write(&printable!("{}\n", line.text));
            }
            return;
        }
        match line.mark {
            Mark::Running | Mark::Waiting | Mark::Asked => self.draw(line),
            Mark::Skipped | Mark::Done | Mark::InDoubt | Mark::Failed => {
                if let Some(bar) = self.bars.borrow_mut().remove(&line.step) {
                    self.console.remove(&bar);
                }
                self.console.print(&printable!("{}\n", line.text));
            }
        }
    }

    /// Shows that a step waits for its turn, if the wait is long enough.
    pub(crate) fn show_held_up(&self, step: &str, wait: SignedDuration) {
        let noticed = if self.terminal { NOTICED } else { LONG };
        if self.json || wait < noticed {
            return;
        }
        let line = self.progress.borrow_mut().held_up(step, wait);
        if self.terminal {
            self.draw(line);
        } else {
            self.console.print(&printable!("{}\n", line.text));
        }
    }

    /// Draws or updates the live line of a step.
    fn draw(&self, line: Line) {
        let mut bars = self.bars.borrow_mut();
        bars.entry(line.step).or_insert_with(|| self.console.add()).show(&line.text);
    }

    /// Prints text above the live lines. A failed write is ignored.
    pub(crate) fn tell(&self, text: &Printable) {
        self.console.print(text);
    }

    /// Removes all live lines from the bookkeeping and leaves their text on the screen.
    pub(crate) fn finish(&self) {
        for (_, bar) in std::mem::take(&mut *self.bars.borrow_mut()) {
            bar.abandon();
        }
    }
}

/// Renders a value as one line of JSON.
///
/// # Errors
/// If the value cannot be serialized.
pub(crate) fn line_of_json(value: &impl Serialize) -> io::Result<Printable> {
    Ok(json(value)? + &"\n".into())
}
