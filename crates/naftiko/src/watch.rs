//! `naftiko check --watch`: checks again whenever a file that was read changes.

use std::time::Duration;

use crate::args::{Check, CheckFormat};
use crate::check;
use crate::exit::{Exit, Stop};
use crate::reading::Reading;
use crate::screen::Screen;
use crate::strictness::Strictness;
use crate::world;

/// The interval of polling the files.
const EVERY: Duration = Duration::from_millis(300);

/// The escape sequence that clears a terminal and its scrollback, and moves the cursor to the upper left corner.
const CLEAR: &str = "\x1b[2J\x1b[3J\x1b[H";

/// Checks repeatedly, until an interrupt ends the process with [`Exit::Done`], or the reader of the results has gone.
pub(crate) fn watch(arguments: &Check, strictness: &Strictness, screen: &mut Screen) -> Result<Exit, Stop> {
    world::on_stop_signal(|| world::leave(Exit::Done))
        .map_err(|error| Stop::Usage(format!("`--watch` cannot hear signals: {error}")))?;
    loop {
        let reading = Reading::new();
        if arguments.format == CheckFormat::Human && screen.out.terminal {
            screen.result(&CLEAR.into())?;
        }
        let exit = check::once(arguments, strictness, &reading, screen)?;
        if screen.is_unread() {
            return Ok(exit);
        }
        let hint = screen.err.dim("watching; an interrupt (Ctrl-C) ends it");
        screen.message(&(hint + &"\n".into()));
        while !reading.has_changed() {
            world::pause(EVERY);
        }
    }
}
