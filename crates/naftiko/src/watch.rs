//! `naftiko check --watch`: checks again whenever a file that was read changes.

use std::time::Duration;

use crate::args::CheckFormat;
use crate::exit::{Exit, Stop};
use crate::reading::Reading;
use crate::screen::Screen;
use crate::world;

/// The interval of polling the files.
const EVERY: Duration = Duration::from_millis(300);

/// The escape sequence that clears a terminal and its scrollback, and moves the cursor to the upper left corner.
const CLEAR: &str = "\x1b[2J\x1b[3J\x1b[H";

/// Calls `check` repeatedly, until an interrupt ends the process with [`Exit::Done`], or the reader of the results has
/// gone.
pub(crate) fn watch(
    format: CheckFormat,
    screen: &mut Screen,
    check: impl Fn(&Reading, &mut Screen) -> Result<Exit, Stop>,
) -> Result<Exit, Stop> {
    world::on_stop_signal(|| world::leave(Exit::Done))
        .map_err(|error| Stop::Usage(format!("`--watch` cannot receive signals: {error}")))?;
    loop {
        let reading = Reading::new();
        if format == CheckFormat::Human && screen.out.terminal {
            screen.result(&CLEAR.into())?;
        }
        let exit = check(&reading, screen)?;
        if screen.is_unread() {
            return Ok(exit);
        }
        let hint = screen.err.dim("watching; stop with Ctrl-C");
        screen.message(&(hint + &"\n".into()));
        while !reading.has_changed() {
            world::pause(EVERY);
        }
    }
}
