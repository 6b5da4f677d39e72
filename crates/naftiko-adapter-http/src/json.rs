//! The JSON of answers, read in two passes over the same bytes.
//!
//! The first pass ([`outline`]) counts values and depth before anything is allocated for them, and marks what needs a
//! deviation. The second ([`build`]) makes the value, each list and object with exactly the room that it needs.

mod build;
mod number;
mod outline;

use naftiko_adapter::Departure;
use serde_json::Value;

use outline::Outline;
pub(crate) use outline::{Flaw, MOST_DEPTH};

/// A JSON text whose values are counted and not built yet.
pub(crate) struct Counted {
    bytes: Vec<u8>,
    outline: Outline,
}

impl Counted {
    /// Counts the values of a text, at most `most` of them.
    ///
    /// # Errors
    /// The [`Flaw`], with the bytes, in which half characters may have been replaced.
    pub(crate) fn of(mut bytes: Vec<u8>, most: usize) -> Result<Self, (Flaw, Vec<u8>)> {
        match Outline::of(&mut bytes, most) {
            Ok(outline) => Ok(Self { bytes, outline }),
            Err(flaw) => Err((flaw, bytes)),
        }
    }

    /// How many values the text has: lists, objects, and what is in them.
    pub(crate) fn nodes(&self) -> usize {
        self.outline.nodes
    }

    /// The value, and where the text is not as a JSON text should be.
    ///
    /// # Errors
    /// Why the text is not JSON: the words name a line and a column and never show the text. With the bytes.
    pub(crate) fn build(self) -> Result<(Value, Vec<Departure>), (String, Vec<u8>)> {
        build::built(&self.bytes, &self.outline).map_err(|error| (error.to_string(), self.bytes))
    }
}

#[cfg(test)]
mod tests;
