//! The approvals of the operator: which secret may be sent to which server.
//!
//! An approval is the only permission in the state folder, so each one is signed with the key of the journal. A row
//! that was written or changed without that key makes reading fail: a damaged table never approves anything.

use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Connection, params};
use serde_json::json;

use super::error::Fault;
use super::moment::{micros, timestamp};
use super::seal::{Key, Keys};
use super::{Store, StoreError};

/// A secret that may be sent to a server, whichever document refers to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// The kind of the name; the store does not interpret it.
    pub kind: String,
    /// The name of the secret, never its value.
    pub name: String,
    /// The server: scheme, host and port.
    pub origin: String,
    /// When the operator approved it, to the microsecond.
    pub at: Timestamp,
}

impl Approval {
    /// The bytes that the signature covers, distinct from everything else that is signed with the key.
    fn signed(&self) -> Vec<u8> {
        json!(["approval", self.kind, self.name, self.origin, micros(self.at)]).to_string().into_bytes()
    }
}

impl Store {
    /// All approvals, ordered by name, server and kind.
    ///
    /// # Errors
    /// [`StoreError::ApprovalAltered`] if one is not as it was written, [`StoreError::KeyMissing`] or
    /// [`StoreError::KeyWrong`] if the signatures cannot be verified, or why they could not be read.
    pub fn approvals(&self) -> Result<Vec<Approval>, StoreError> {
        self.read(|connection| verified(connection, &self.inner.keys))
    }

    /// Stores approvals, all or none. An existing approval retains its time.
    ///
    /// # Errors
    /// As [`approvals`](Self::approvals), or why they could not be stored.
    pub fn approve(&self, approvals: &[Approval]) -> Result<(), StoreError> {
        let (approvals, keys) = (approvals.to_vec(), Arc::clone(&self.inner.keys));
        self.write(move |connection| {
            // No new approval is stored while an existing one is invalid.
            verified(connection, &keys)?;
            let key = keys.to_seal(connection)?;
            for approval in &approvals {
                store(connection, &key, approval)?;
            }
            Ok(())
        })
    }

    /// Removes these approvals, whatever their times; returns how many existed.
    ///
    /// # Errors
    /// Why they could not be removed; then all remain.
    pub fn revoke(&self, approvals: &[Approval]) -> Result<usize, StoreError> {
        let approvals = approvals.to_vec();
        self.write(move |connection| {
            let mut revoked = 0;
            for Approval { kind, name, origin, .. } in &approvals {
                revoked += connection
                    .prepare_cached("DELETE FROM approvals WHERE kind = ?1 AND name = ?2 AND origin = ?3")?
                    .execute([kind, name, origin])?;
            }
            Ok(revoked)
        })
    }

    /// Removes all approvals, including invalid ones; returns how many existed.
    ///
    /// # Errors
    /// Why they could not be removed; then all remain.
    pub fn revoke_all(&self) -> Result<usize, StoreError> {
        self.write(|connection| Ok(connection.execute("DELETE FROM approvals", [])?))
    }
}

/// Returns all approvals after verifying all signatures.
pub(super) fn verified(connection: &Connection, keys: &Keys) -> Result<Vec<Approval>, Fault> {
    // A journal of format 1 that is opened only for reading has no such table.
    if !connection.table_exists(None, "approvals")? {
        return Ok(Vec::new());
    }
    let mut found = connection.prepare_cached(
        "SELECT kind, name, origin, at, signature FROM approvals ORDER BY name, origin, kind",
    )?;
    let mut rows = found.query([])?;
    let (mut approvals, mut key) = (Vec::new(), None);
    while let Some(row) = rows.next()? {
        let approval = Approval {
            kind: row.get(0)?,
            name: row.get(1)?,
            origin: row.get(2)?,
            at: timestamp(row.get(3)?)?,
        };
        let key = match &key {
            Some(key) => key,
            None => key.insert(keys.to_open(connection)?),
        };
        if !key.is_signed(&approval.signed(), &row.get::<_, Vec<u8>>(4)?) {
            let Approval { name, origin, .. } = approval;
            return Err(StoreError::ApprovalAltered { name, origin }.into());
        }
        approvals.push(approval);
    }
    Ok(approvals)
}

fn store(connection: &Connection, key: &Key, approval: &Approval) -> Result<(), Fault> {
    let Approval { kind, name, origin, at } = approval;
    connection
        .prepare_cached(
            "INSERT INTO approvals (kind, name, origin, at, signature) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO NOTHING",
        )?
        .execute(params![kind, name, origin, micros(*at), key.sign(&approval.signed())])?;
    Ok(())
}
