//! Decodes JSON that this crate wrote.

use serde::de::DeserializeOwned;

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
