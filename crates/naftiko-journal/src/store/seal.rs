//! Encryption of what is sensitive.

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

/// How long a key is.
const LENGTH: usize = 32;

/// What something is sealed for. It opens for nothing else.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose<'a> {
    /// A record of a run.
    Event { run: &'a str, seq: u64 },
    /// A message for whoever drives a run.
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

/// A key, once it was read.
#[derive(Debug)]
pub(super) struct Key {
    cipher: LessSafeKey,
    /// Signs what others bring back; derived, so that what it makes says nothing about the key.
    signer: hmac::Key,
    /// Tells it from other keys, and says nothing about it.
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

    /// Seals `plain`.
    pub(super) fn seal(&self, purpose: Purpose<'_>, plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        let refused = |_| StoreError::Unkeepable {
            what: "something sensitive",
            reason: "it could not be sealed".to_owned(),
        };
        let mut sealed = random::<NONCE_LEN>()?.to_vec();
        let nonce = Nonce::try_assume_unique_for_key(&sealed).map_err(refused)?;
        let mut text = plain.to_vec();
        self.cipher
            .seal_in_place_append_tag(nonce, Aad::from(purpose.bytes()), &mut text)
            .map_err(refused)?;
        sealed.append(&mut text);
        Ok(sealed)
    }

    /// What only the owner of the key can say of `text`.
    pub(super) fn sign(&self, text: &[u8]) -> Vec<u8> {
        hmac::sign(&self.signer, text).as_ref().to_vec()
    }

    /// Whether a signature is of `text`.
    pub(super) fn is_signed(&self, text: &[u8], signature: &[u8]) -> bool {
        hmac::verify(&self.signer, text, signature).is_ok()
    }

    /// What was sealed for this purpose; `None` if it is not as it was sealed.
    pub(super) fn open(&self, purpose: Purpose<'_>, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut text = text.to_vec();
        let length = self.cipher.open_in_place(nonce, Aad::from(purpose.bytes()), &mut text).ok()?.len();
        text.truncate(length);
        Some(text)
    }
}

/// The key of a journal, read or made when it is first needed.
#[derive(Debug)]
pub(super) struct Keys {
    path: PathBuf,
    /// Whether the operator said which file it is; then it is never made.
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

    /// The key to open what was sealed.
    pub(super) fn to_open(&self, connection: &Connection) -> Result<Arc<Key>, Fault> {
        let key = self.find()?.ok_or_else(|| StoreError::KeyMissing { path: self.path.clone() })?;
        match mark(connection)? {
            Some(mark) if mark != key.mark => Err(StoreError::KeyWrong { path: self.path.clone() }.into()),
            _ => Ok(key),
        }
    }

    /// The key to seal with. A new one is never made, nor another taken, while anything is sealed with the old one.
    ///
    /// INVARIANT: `connection` has begun to write, so nobody else makes a key.
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
            // One more than a key has, to see that it is longer.
            file.take(LENGTH as u64 + 1)
                .read_to_end(&mut bytes)
                .map_err(|error| StoreError::file(&self.path, "read", &error))?;
            let reason = || format!("it is not a key of {LENGTH} bytes");
            let unfit = || StoreError::File { path: self.path.clone(), action: "used", reason: reason() };
            *read = Some(Arc::new(Key::new(&bytes).ok_or_else(unfit)?));
        }
        Ok(read.clone())
    }

    /// A file that the operator named may be a link, as mounted secrets are.
    fn open_file(&self) -> Result<io::Result<File>, StoreError> {
        if self.named {
            return Ok(File::open(&self.path));
        }
        protection::open(&self.path, OpenOptions::new().read(true), "read")
    }

    /// Makes the file, whole or not at all.
    fn make(&self) -> Result<Arc<Key>, StoreError> {
        folder::replace(&self.path, &random::<LENGTH>()?)?;
        self.find()?.ok_or_else(|| StoreError::KeyMissing { path: self.path.clone() })
    }
}

/// The mark of the key that things are sealed with.
fn mark(connection: &Connection) -> rusqlite::Result<Option<Vec<u8>>> {
    connection.prepare_cached("SELECT mark FROM sealing")?.query_row([], |row| row.get(0)).optional()
}

/// Whether a key is needed for anything. It looks at every event, and is asked only when the key is not there.
fn anything_sealed(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM events WHERE sealed IS NOT NULL) OR EXISTS (SELECT 1 FROM inbox)
             OR EXISTS (SELECT 1 FROM approvals)",
        [],
        |row| row.get(0),
    )
}

/// Bytes that nobody can guess.
pub(super) fn random<const N: usize>() -> Result<[u8; N], StoreError> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| StoreError::Unkeepable {
        what: "something sensitive",
        reason: "the system gives no random numbers".to_owned(),
    })?;
    Ok(bytes)
}
