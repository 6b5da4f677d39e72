//! Signatures with the key of the journal, which authenticate values that were handed out and come back.

use std::sync::Arc;

use super::{Store, StoreError};

impl Store {
    /// Signs `text`. The key is created if it does not exist.
    ///
    /// # Errors
    /// Why the key could not be read or created.
    pub fn sign(&self, text: &[u8]) -> Result<Vec<u8>, StoreError> {
        let (text, keys) = (text.to_vec(), Arc::clone(&self.inner.keys));
        self.write_for_now(move |connection| Ok(keys.to_seal(connection)?.sign(&text)))
    }

    /// Whether `signature` is a signature of `text` with this journal's key.
    ///
    /// # Errors
    /// Why the key could not be read.
    pub fn is_signed(&self, text: &[u8], signature: &[u8]) -> Result<bool, StoreError> {
        self.read(|connection| Ok(self.inner.keys.to_open(connection)?.is_signed(text, signature)))
    }
}
