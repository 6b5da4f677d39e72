//! Signatures with the key of the journal: what is given away signed, and brought back, is known again.

use std::sync::Arc;

use super::{Store, StoreError};

impl Store {
    /// What only this journal can say of `text`. The key is made if it is not there.
    ///
    /// # Errors
    /// Why the key cannot be had.
    pub fn sign(&self, text: &[u8]) -> Result<Vec<u8>, StoreError> {
        let (text, keys) = (text.to_vec(), Arc::clone(&self.inner.keys));
        self.write_for_now(move |connection| Ok(keys.to_seal(connection)?.sign(&text)))
    }

    /// Whether a signature of this journal is of `text`.
    ///
    /// # Errors
    /// Why the key cannot be had.
    pub fn is_signed(&self, text: &[u8], signature: &[u8]) -> Result<bool, StoreError> {
        self.read(|connection| Ok(self.inner.keys.to_open(connection)?.is_signed(text, signature)))
    }
}
