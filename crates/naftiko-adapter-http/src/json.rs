//! Parses the JSON of responses in two passes over the same bytes.
//!
//! The first pass ([`outline`]) counts values and depth without allocating values, and notes deviations. The second
//! ([`build`]) builds the value, and allocates each list and object at its exact size.

mod build;
mod number;
mod outline;

use naftiko_adapter::Departure;
use serde_json::Value;

use outline::Outline;
pub(crate) use outline::{Flaw, MOST_DEPTH};

/// A JSON text whose values are counted but not built yet.
pub(crate) struct Counted {
    bytes: Vec<u8>,
    outline: Outline,
}

impl Counted {
    /// Counts the values of a text, at most `most` of them.
    ///
    /// # Errors
    /// The [`Flaw`] and the bytes, in which unpaired surrogates and numbers beyond a double may have been replaced.
    pub(crate) fn of(mut bytes: Vec<u8>, most: usize) -> Result<Self, (Flaw, Vec<u8>)> {
        match Outline::of(&mut bytes, most) {
            Ok(outline) => Ok(Self { bytes, outline }),
            Err(flaw) => Err((flaw, bytes)),
        }
    }

    /// The number of values in the text: lists, objects, and their contents.
    pub(crate) fn nodes(&self) -> usize {
        self.outline.nodes
    }

    /// Builds the value, and lists where the text deviates from what JSON readers agree on.
    ///
    /// # Errors
    /// The reason why the text is not JSON, and the bytes. The reason names a line and a column and never shows the
    /// text.
    pub(crate) fn build(self) -> Result<(Value, Vec<Departure>), (String, Vec<u8>)> {
        build::built(&self.bytes, &self.outline).map_err(|error| (error.to_string(), self.bytes))
    }
}

#[cfg(test)]
mod tests;
