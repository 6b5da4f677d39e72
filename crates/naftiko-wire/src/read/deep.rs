//! The style `deepObject`, read: `a[b][0][c]=…`.

use serde_json::{Map, Value};

use super::decoded;
use super::expected::Expected;

/// A tree of texts.
#[derive(Debug, Default)]
struct Tree {
    text: Option<String>,
    /// The branches in the order in which they came.
    branches: Vec<(String, Tree)>,
}

/// The value of the pairs whose names begin with `name`.
pub(super) fn read(name: &str, expected: &Expected, pairs: &[(String, String)]) -> Option<Value> {
    let mut tree = Tree::default();
    for (full, raw) in pairs {
        let Some(rest) = full.strip_prefix(name) else { continue };
        if let Some(keys) = keys(rest) {
            tree.put(&keys, decoded(raw));
        }
    }
    (tree.text.is_some() || !tree.branches.is_empty()).then(|| tree.value(expected))
}

/// The keys of `[a][b]`; `None` for a text that is something else.
fn keys(text: &str) -> Option<Vec<&str>> {
    if text.is_empty() {
        return Some(Vec::new());
    }
    let inner = text.strip_prefix('[')?.strip_suffix(']')?;
    Some(inner.split("][").collect())
}

impl Tree {
    fn put(&mut self, keys: &[&str], text: String) {
        let Some((first, rest)) = keys.split_first() else {
            self.text = Some(text);
            return;
        };
        // `a[]=x` is another way to write a list.
        let next = self.branches.len().to_string();
        let key = if first.is_empty() { next.as_str() } else { first };
        if let Some((_, branch)) = self.branches.iter_mut().find(|(known, _)| known == key) {
            return branch.put(rest, text);
        }
        let mut branch = Self::default();
        branch.put(rest, text);
        self.branches.push((key.to_owned(), branch));
    }

    fn value(self, expected: &Expected) -> Value {
        if self.branches.is_empty() {
            return expected.scalar(self.text.unwrap_or_default());
        }
        if let Some(items) = expected.items().filter(|_| expected.object().is_none()) {
            let mut items: Vec<(usize, Value)> = self
                .branches
                .into_iter()
                .enumerate()
                .map(|(at, (key, branch))| (key.parse().unwrap_or(at), branch.value(items)))
                .collect();
            items.sort_by_key(|(at, _)| *at);
            return items.into_iter().map(|(_, item)| item).collect();
        }
        let unknown = Expected::default();
        let entries = self.branches.into_iter().map(|(key, branch)| {
            let expected = expected.object().map_or(&unknown, |object| object.entry(&key));
            let value = branch.value(expected);
            (key, value)
        });
        Value::Object(entries.collect::<Map<_, _>>())
    }
}
