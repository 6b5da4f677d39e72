//! Encodes JSON, and decodes JSON that this crate wrote.

use std::io::{self, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The initial room for a text. The length of a longer text is measured before the text is written.
const FEW_BYTES: usize = 64 * 1024;

/// Decodes JSON that this crate wrote, without a limit on its depth.
///
/// INVARIANT: a checksum or authenticated encryption guarantees that `text` is as it was written. A provider's response
/// may be as deep as the limit for reading allows, and is nested deeper within a record; its depth was limited when it
/// was received.
pub(super) fn written<T: DeserializeOwned>(text: &[u8]) -> serde_json::Result<T> {
    let mut reader = serde_json::Deserializer::from_slice(text);
    reader.disable_recursion_limit();
    let value = T::deserialize(&mut reader)?;
    reader.end()?;
    Ok(value)
}

/// The text of a value, in one piece of memory from the beginning: a text that outgrows its room is there twice while it
/// moves, and may be large. There is room for a little more, so that SQLite's copy fits there once the text is dropped.
pub(super) fn text(value: &impl Serialize) -> serde_json::Result<String> {
    let mut first = Measured { bytes: Vec::new(), length: 0 };
    serde_json::to_writer(&mut first, value)?;
    let mut bytes = first.bytes;
    if first.length > FEW_BYTES {
        bytes = Vec::with_capacity(first.length + FEW_BYTES);
        serde_json::to_writer(&mut bytes, value)?;
    }
    String::from_utf8(bytes).map_err(|error| serde_json::Error::io(io::Error::other(error)))
}

/// Measures what is written, and keeps it as long as it is short.
struct Measured {
    bytes: Vec<u8>,
    length: usize,
}

impl Write for Measured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.length += bytes.len();
        if self.length <= FEW_BYTES {
            self.bytes.extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_any_length_is_what_was_written() {
        for length in [0, FEW_BYTES - 3, FEW_BYTES - 2, FEW_BYTES - 1, 3 * FEW_BYTES] {
            let value = "é".repeat(length / 2) + &"x".repeat(length % 2);
            assert_eq!(text(&value).unwrap(), format!("\"{value}\""), "{length}");
        }
    }
}
