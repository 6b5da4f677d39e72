//! Sensitive inputs: asked for without showing them, never kept, and told from another value when they are given again.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use naftiko_journal::{Store, StoreError};
use naftiko_plan::{Input, Plan};
use naftiko_text::{printable, shell_word};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::inputs::typed;
use crate::exit::Stop;
use crate::screen::Screen;
use crate::world;

/// How often somebody may mistype.
const TRIES: usize = 3;
/// As many bytes of a signature as tell a mistyped value from the right one. They fit one value in 65,536, so that even
/// with the key of the journal they do not single out a secret worth the name.
const MARK: usize = 2;

/// The value of an input that somebody types at the terminal. What does not fit, or what `objection` says something
/// against, is asked for again.
///
/// # Errors
/// When it cannot be read, or did not fit in the end.
pub(crate) fn asked(
    input: &Input,
    why: &str,
    screen: &mut Screen,
    objection: &dyn Fn(&Value) -> Result<Option<String>, Stop>,
) -> Result<Value, Stop> {
    let name = &input.name;
    let mut tries = 1..=TRIES;
    loop {
        tries.next();
        screen.message(&printable!("{} ({}): ", name, why));
        let text =
            world::read_secret().map_err(|error| Stop::Usage(format!("`{name}` cannot be read: {error}")))?;
        let wrong = if text.is_empty() {
            printable!("input `{}`: nothing was typed", name)
        } else {
            match typed(input, text) {
                Ok(value) => match objection(&value)? {
                    None => return Ok(value),
                    Some(wrong) => wrong.into(),
                },
                Err(misfit) => misfit,
            }
        };
        if tries.is_empty() {
            return Err(Stop::Lines(wrong));
        }
        screen.message(&(wrong + &"\n".into()));
    }
}

/// What a run keeps of its sensitive inputs, by their names: enough to notice that another value is given.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Marks(BTreeMap<String, String>);

impl Marks {
    /// Of the inputs that a run is begun with.
    ///
    /// # Errors
    /// Why the key of the journal cannot be had.
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

    /// Whether there is nothing to tell values by.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is to be said against a value that is given again: that it is another one. Nothing where no mark was kept.
    ///
    /// # Errors
    /// Why the key of the journal cannot be had.
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
                "input `{name}`: this is not the value that the run began with; if it was replaced since, say so with `--replaced {}`",
                shell_word(name)
            )
        }))
    }
}

/// The beginning of what only this journal can say of a value, so that without its key nothing can be tried out.
fn mark(store: &Store, run: &str, name: &str, value: &Value) -> Result<String, StoreError> {
    let mut value = value.clone();
    // The same value, in whatever order its fields are given.
    value.sort_all_objects();
    let signature = store.sign(json!(["sensitive input", run, name, value]).to_string().as_bytes())?;
    Ok(signature.iter().take(MARK).fold(String::new(), |mut mark, byte| {
        let _ = write!(mark, "{byte:02x}");
        mark
    }))
}
