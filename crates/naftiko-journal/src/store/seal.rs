//! Encryption and signing of sensitive values.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::digest;
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use rusqlite::{Connection, OptionalExtension};

use super::error::Fault;
use super::{StoreError, folder, protection};

/// The length of a key in bytes.
const LENGTH: usize = 32;

/// The purpose of an encrypted value. The value can be decrypted only for this purpose.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose<'a> {
    /// A record of a run.
    Event { run: &'a str, seq: u64 },
    /// A message to the process that drives a run.
    Message { run: &'a str },
}

impl Purpose<'_> {
    fn bytes(self) -> Vec<u8> {
        let (kind, seq, run) = match self {
            Self::Event { run, seq } => (1, seq, run),
            Self::Message { run } => (2, 0, run),
        };
        let mut bytes = vec![kind];
        bytes.extend(seq.to_be_bytes());
        bytes.extend(run.as_bytes());
        bytes
    }
}

/// A key that was read from its file.
#[derive(Debug)]
pub(super) struct Key {
    cipher: LessSafeKey,
    /// Signs values that come back from outside; derived, so that signatures reveal nothing about the key.
    signer: hmac::Key,
    /// Identifies the key without revealing it: the first bytes of its hash.
    mark: Vec<u8>,
}

impl Key {
    fn new(bytes: &[u8]) -> Option<Self> {
        let cipher = LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, bytes).ok()?);
        let mark = digest::digest(&digest::SHA256, bytes);
        let derived = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, bytes), b"naftiko: signatures");
        let signer = hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref());
        Some(Self { cipher, signer, mark: mark.as_ref().get(..8)?.to_vec() })
    }

    /// Encrypts `plain`: returns the nonce, followed by the ciphertext.
    pub(super) fn seal(&self, purpose: Purpose<'_>, plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        let refused = |_| StoreError::Unkeepable {
            what: "a sensitive value",
            reason: "it could not be encrypted".to_owned(),
        };
        let bytes = random::<NONCE_LEN>()?;
        let nonce = Nonce::assume_unique_for_key(bytes);
        // One copy of what may be large.
        let mut sealed = Vec::with_capacity(NONCE_LEN + plain.len() + CHACHA20_POLY1305.tag_len());
        sealed.extend_from_slice(&bytes);
        sealed.extend_from_slice(plain);
        let text = sealed.get_mut(NONCE_LEN..).unwrap_or_default();
        let tag = self
            .cipher
            .seal_in_place_separate_tag(nonce, Aad::from(purpose.bytes()), text)
            .map_err(refused)?;
        sealed.extend_from_slice(tag.as_ref());
        Ok(sealed)
    }

    /// The signature of `text`.
    pub(super) fn sign(&self, text: &[u8]) -> Vec<u8> {
        hmac::sign(&self.signer, text).as_ref().to_vec()
    }

    /// Whether `signature` is a valid signature of `text`.
    pub(super) fn is_signed(&self, text: &[u8], signature: &[u8]) -> bool {
        hmac::verify(&self.signer, text, signature).is_ok()
    }

    /// Decrypts a value that was encrypted for this purpose; `None` if it was altered.
    pub(super) fn open(&self, purpose: Purpose<'_>, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut text = text.to_vec();
        let length = self.cipher.open_in_place(nonce, Aad::from(purpose.bytes()), &mut text).ok()?.len();
        text.truncate(length);
        Some(text)
    }
}

/// The key of a journal, read or created when it is first needed.
#[derive(Debug)]
pub(super) struct Keys {
    path: PathBuf,
    /// Whether the operator named the file; such a file is never created.
    named: bool,
    read: Mutex<Option<Arc<Key>>>,
}

impl Keys {
    pub(super) fn new(dir: &Path, named: Option<PathBuf>) -> Self {
        Self {
            named: named.is_some(),
            path: named.unwrap_or_else(|| dir.join("journal.key")),
            read: Mutex::default(),
        }
    }

    /// The key for decrypting and verifying.
    pub(super) fn to_open(&self, connection: &Connection) -> Result<Arc<Key>, Fault> {
        let key = self.find()?.ok_or_else(|| StoreError::KeyMissing { path: self.path.clone() })?;
        match mark(connection)? {
            Some(mark) if mark != key.mark => Err(StoreError::KeyWrong { path: self.path.clone() }.into()),
            _ => Ok(key),
        }
    }

    /// The key for encrypting and signing. No key is created or replaced while values encrypted with the old one exist.
    ///
    /// INVARIANT: `connection` is in a write transaction, so no other process creates a key.
    pub(super) fn to_seal(&self, connection: &Connection) -> Result<Arc<Key>, Fault> {
        let mark = mark(connection)?;
        let key = self.find()?;
        if let (Some(key), Some(mark)) = (&key, &mark)
            && key.mark == *mark
        {
            return Ok(Arc::clone(key));
        }
        let bound = mark.is_some() && anything_sealed(connection)?;
        let key = match key {
            Some(_) if bound => return Err(StoreError::KeyWrong { path: self.path.clone() }.into()),
            None if bound || self.named => {
                return Err(StoreError::KeyMissing { path: self.path.clone() }.into());
            }
            Some(key) => key,
            None => self.make()?,
        };
        connection.execute("INSERT OR REPLACE INTO sealing (one, mark) VALUES (1, ?1)", [&key.mark])?;
        Ok(key)
    }

    /// The key in the file; `None` if there is no such file.
    fn find(&self) -> Result<Option<Arc<Key>>, StoreError> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if read.is_none() {
            let file = match self.open_file()? {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(StoreError::file(&self.path, "read", &error)),
            };
            let mut bytes = Vec::new();
            // One byte more than a key has, to detect a longer file.
            file.take(LENGTH as u64 + 1)
                .read_to_end(&mut bytes)
                .map_err(|error| StoreError::file(&self.path, "read", &error))?;
            let reason = || format!("it is not a key of {LENGTH} bytes");
            let unfit = || StoreError::File { path: self.path.clone(), action: "used", reason: reason() };
            *read = Some(Arc::new(Key::new(&bytes).ok_or_else(unfit)?));
        }
        Ok(read.clone())
    }

    /// Opens the key file. A file that the operator named may be a link, as mounted secrets are.
    fn open_file(&self) -> Result<io::Result<File>, StoreError> {
        if self.named {
            return Ok(File::open(&self.path));
        }
        protection::open(&self.path, OpenOptions::new().read(true), "read")
    }

    /// Creates the key file atomically.
    fn make(&self) -> Result<Arc<Key>, StoreError> {
        folder::replace(&self.path, &random::<LENGTH>()?)?;
        self.find()?.ok_or_else(|| StoreError::KeyMissing { path: self.path.clone() })
    }
}

/// The identifier of the key in use; `None` if nothing was encrypted yet.
fn mark(connection: &Connection) -> rusqlite::Result<Option<Vec<u8>>> {
    connection.prepare_cached("SELECT mark FROM sealing")?.query_row([], |row| row.get(0)).optional()
}

/// Whether any stored value depends on the key. This scans all events, and runs only if the key is missing or has
/// changed.
fn anything_sealed(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM events WHERE sealed IS NOT NULL) OR EXISTS (SELECT 1 FROM inbox)
             OR EXISTS (SELECT 1 FROM approvals)",
        [],
        |row| row.get(0),
    )
}

/// Cryptographically secure random bytes.
pub(super) fn random<const N: usize>() -> Result<[u8; N], StoreError> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| StoreError::Unkeepable {
        what: "a sensitive value",
        reason: "the system gives no random numbers".to_owned(),
    })?;
    Ok(bytes)
}
