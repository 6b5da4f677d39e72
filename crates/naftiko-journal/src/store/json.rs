//! JSON that was written here.

use serde::de::DeserializeOwned;

/// Reads what was written here.
///
/// INVARIANT: what `text` says is known to be what was written, by a sum or a seal. A provider's answer may be as
/// deep as can be read, and is deeper within a record; so the depth, which was bounded then, is not bounded again.
pub(super) fn written<T: DeserializeOwned>(text: &[u8]) -> serde_json::Result<T> {
    let mut reader = serde_json::Deserializer::from_slice(text);
    reader.disable_recursion_limit();
    let value = T::deserialize(&mut reader)?;
    reader.end()?;
    Ok(value)
}
