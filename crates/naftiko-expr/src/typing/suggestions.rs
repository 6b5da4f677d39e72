//! Suggestions for unknown names.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use naftiko_diagnostics::{NameIndex, Near};

/// Reserved words that can start a path.
const WORDS: [&str; 5] = ["inputs", "item", "index", "response", "run"];

/// The names of the steps and inputs of a composition, indexed once for all its expressions.
#[derive(Debug, Default)]
pub struct Suggestions {
    steps: usize,
    /// The ids of the steps, followed by the reserved words.
    words: NameIndex<String>,
    inputs: Vec<String>,
    plain: OnceLock<Plain>,
}

/// The inputs whose names can follow a `.` without quotes.
#[derive(Debug)]
struct Plain {
    index: NameIndex<String>,
    names: BTreeSet<String>,
}

impl Suggestions {
    /// Creates suggestions from the ids of all steps and the names of all inputs.
    pub fn new(steps: impl IntoIterator<Item = String>, inputs: impl IntoIterator<Item = String>) -> Self {
        let mut words: Vec<String> = steps.into_iter().collect();
        let steps = words.len();
        words.extend(WORDS.map(str::to_owned));
        Self {
            steps,
            words: NameIndex::new(words),
            inputs: inputs.into_iter().collect(),
            plain: OnceLock::new(),
        }
    }

    /// The ids of all steps.
    pub(crate) fn steps(&self) -> &[String] {
        self.words.names().get(..self.steps).unwrap_or_default()
    }

    /// The step or reserved word that is most similar to a name.
    pub(crate) fn nearest_word(&self, name: &str) -> Option<Near<'_>> {
        self.words.nearest_with_distance(name)
    }

    /// The input that is most similar to a name.
    pub(crate) fn nearest_input(&self, name: &str) -> Option<Near<'_>> {
        self.plain().index.nearest_with_distance(name)
    }

    /// Whether there is an input with exactly this name.
    pub(crate) fn has_input(&self, name: &str) -> bool {
        self.plain().names.contains(name)
    }

    fn plain(&self) -> &Plain {
        self.plain.get_or_init(|| {
            let is_plain = |input: &&String| crate::parse::parse(&format!("inputs.{input}")).is_ok();
            let names: Vec<String> = self.inputs.iter().filter(is_plain).cloned().collect();
            Plain { names: names.iter().cloned().collect(), index: NameIndex::new(names) }
        })
    }
}
