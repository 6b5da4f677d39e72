//! Sensitive inputs: read without echo, and never stored.

use naftiko_plan::Input;
use naftiko_text::printable;
use serde_json::Value;

use super::inputs::typed;
use crate::exit::Stop;
use crate::screen::Screen;
use crate::world;

/// The number of attempts to type a value.
const TRIES: usize = 3;

/// Asks for an input at the terminal. A value that does not fit, or that `objection` rejects, is asked for again.
///
/// # Errors
/// If the terminal cannot be read, or the last attempt does not fit.
pub(crate) fn asked(
    input: &Input,
    why: &str,
    screen: &mut Screen,
    objection: &dyn Fn(&Value) -> Result<Option<String>, Stop>,
) -> Result<Value, Stop> {
    let name = &input.name;
    let mut tries = 1..=TRIES;
    loop {
        tries.next();
        screen.message(&printable!("{} ({}): ", name, why));
        let text =
            world::read_secret().map_err(|error| Stop::Usage(format!("`{name}` cannot be read: {error}")))?;
        let wrong = if text.is_empty() {
            printable!("input `{}`: nothing was typed", name)
        } else {
            match typed(input, text) {
                Ok(value) => match objection(&value)? {
                    None => return Ok(value),
                    Some(wrong) => wrong.into(),
                },
                Err(misfit) => misfit,
            }
        };
        if tries.is_empty() {
            return Err(Stop::Lines(wrong));
        }
        screen.message(&(wrong + &"\n".into()));
    }
}
