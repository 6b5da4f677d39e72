//! Fingerprints of sensitive inputs, by which a value that is given again is compared. The inputs themselves are never
//! stored.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use naftiko_journal::{Store, StoreError};
use naftiko_plan::Plan;
use naftiko_text::shell_word;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The length of a fingerprint in bytes: enough to notice a mistyped value. One in 65,536 values matches, so that even
/// with the key of the journal a fingerprint does not reveal a good secret.
const MARK: usize = 2;

/// The fingerprints of a run's sensitive inputs by name. They only serve to notice a different value.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Marks(BTreeMap<String, String>);

impl Marks {
    /// The fingerprints of the inputs with which a run is started.
    ///
    /// # Errors
    /// If the key of the journal is not available.
    pub(crate) fn of(
        store: &Store,
        run: &str,
        plan: &Plan,
        inputs: &Map<String, Value>,
    ) -> Result<Self, StoreError> {
        let sensitive = plan.inputs.iter().filter(|input| input.sensitive);
        let given = sensitive.filter_map(|input| Some((&input.name, inputs.get(&input.name)?)));
        let marks = given.map(|(name, value)| Ok((name.clone(), mark(store, run, name, value)?)));
        marks.collect::<Result<_, _>>().map(Self)
    }

    /// Whether there are no fingerprints.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Compares a value that is given again. Returns a message if it is a different value; `None` if it is equal, or no
    /// fingerprint was stored.
    ///
    /// # Errors
    /// If the key of the journal is not available.
    pub(crate) fn objection(
        &self,
        store: &Store,
        run: &str,
        name: &str,
        value: &Value,
    ) -> Result<Option<String>, StoreError> {
        let Some(kept) = self.0.get(name) else { return Ok(None) };
        let is_same = mark(store, run, name, value)? == *kept;
        Ok((!is_same).then(|| {
            format!(
                "input `{name}`: this is not the value at the start of the run; if it was replaced since, \
                 add `--replaced {}`",
                shell_word(name)
            )
        }))
    }
}

/// A fingerprint: the first bytes of a keyed signature of the value. Without the key of the journal, guesses cannot be
/// tested.
fn mark(store: &Store, run: &str, name: &str, value: &Value) -> Result<String, StoreError> {
    let mut value = value.clone();
    // Sorted, so that the order of fields does not matter.
    value.sort_all_objects();
    let signature = store.sign(json!(["sensitive input", run, name, value]).to_string().as_bytes())?;
    Ok(signature.iter().take(MARK).fold(String::new(), |mut mark, byte| {
        let _ = write!(mark, "{byte:02x}");
        mark
    }))
}
