//! Progress of a run: one live line per step in a terminal, one line per event elsewhere, or JSON.

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

/// A wait that somebody who looks on would wonder about.
const NOTICED: SignedDuration = SignedDuration::from_secs(1);
/// A wait that is worth a line that stays.
const LONG: SignedDuration = SignedDuration::from_secs(10);

/// Shows the events of a run.
pub(crate) struct Live {
    progress: RefCell<Progress>,
    /// The lines of steps that are not done.
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

    /// Where the lines are drawn, for whoever asks something there.
    pub(crate) fn console(&self) -> Console {
        self.console.clone()
    }

    /// Shows an event. A line that cannot be written stops nothing: the journal has the event.
    pub(crate) fn show(&self, record: &Record) {
        if self.json {
            let _unwritten = line_of_json(record).and_then(|line| Stream::Out.write(&line));
            return;
        }
        let Some(line) = self.progress.borrow_mut().line(record) else { return };
        if !self.terminal {
            // The beginning says nothing that the end does not say.
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

    /// Shows that a step waits for its turn, where that takes long enough to be noticed.
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

    /// Draws the line of a step that is not done.
    fn draw(&self, line: Line) {
        let mut bars = self.bars.borrow_mut();
        bars.entry(line.step).or_insert_with(|| self.console.add()).show(&line.text);
    }

    /// Says something beside the lines of steps. What cannot be written stops nothing.
    pub(crate) fn tell(&self, text: &Printable) {
        self.console.print(text);
    }

    /// Leaves the lines of steps that are not done as they are.
    pub(crate) fn finish(&self) {
        for (_, bar) in std::mem::take(&mut *self.bars.borrow_mut()) {
            bar.abandon();
        }
    }
}

/// A value as one line of JSON.
///
/// # Errors
/// When it cannot be written as JSON.
pub(crate) fn line_of_json(value: &impl Serialize) -> io::Result<Printable> {
    Ok(json(value)? + &"\n".into())
}
