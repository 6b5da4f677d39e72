//! Parses the style `deepObject`: `a[b][0][c]=…`.

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::decoded;
use crate::expected::Expected;
use crate::parameter::MOST_KEYS;

/// A tree of texts by key, at most [`MOST_KEYS`] deep.
#[derive(Debug, Default)]
struct Tree {
    text: Option<String>,
    /// The branches in the order of the request.
    branches: IndexMap<String, Tree>,
}

/// The value of the pairs whose names consist of `name` and keys; `None` if there are none.
///
/// # Errors
/// The reason, in one line, if a name has more than [`MOST_KEYS`] keys.
pub(super) fn read(
    name: &str,
    expected: &Expected<'_>,
    pairs: &[(String, String)],
) -> Result<Option<Value>, String> {
    let mut tree = Tree::default();
    for (full, raw) in pairs {
        let Some(keys) = full.strip_prefix(name).and_then(keys) else { continue };
        if keys.len() > MOST_KEYS {
            return Err(format!("a name that begins with `{name}` has more than {MOST_KEYS} keys"));
        }
        tree.put(&keys, decoded(raw));
    }
    Ok((tree.text.is_some() || !tree.branches.is_empty()).then(|| tree.value(expected)))
}

/// Splits `[a][b]` into keys, at most one more than allowed; `None` for any other text.
fn keys(text: &str) -> Option<Vec<&str>> {
    if text.is_empty() {
        return Some(Vec::new());
    }
    let inner = text.strip_prefix('[')?.strip_suffix(']')?;
    Some(inner.split("][").take(MOST_KEYS + 1).collect())
}

impl Tree {
    fn put(&mut self, keys: &[&str], text: String) {
        let mut tree = self;
        for key in keys {
            // `a[]=x` appends to a list.
            let key = if key.is_empty() { tree.branches.len().to_string() } else { (*key).to_owned() };
            tree = tree.branches.entry(key).or_default();
        }
        tree.text = Some(text);
    }

    fn value(self, expected: &Expected<'_>) -> Value {
        if self.branches.is_empty() {
            return expected.scalar(self.text.unwrap_or_default());
        }
        if let Some(items) = expected.items().filter(|_| expected.object().is_none()) {
            let mut items: Vec<(usize, Value)> = self
                .branches
                .into_iter()
                .enumerate()
                .map(|(at, (key, branch))| (key.parse().unwrap_or(at), branch.value(&items)))
                .collect();
            items.sort_by_key(|(at, _)| *at);
            return items.into_iter().map(|(_, item)| item).collect();
        }
        let entries = self.branches.into_iter().map(|(key, branch)| {
            let expected = expected.object().map(|object| object.entry(&key)).unwrap_or_default();
            let value = branch.value(&expected);
            (key, value)
        });
        Value::Object(entries.collect::<Map<_, _>>())
    }
}
