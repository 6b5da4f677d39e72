//! Groups of secrets that are searched for together.

use std::sync::Arc;

use super::automaton::Automaton;
use super::forms::forms;
use super::search::{Scope, Search};

/// The minimum length in characters of a secret whose letters match in either case.
const ANY_CASE: usize = 8;
/// Groups whose total size in bytes is at most this are always merged.
const SMALL: usize = 1024;

/// Secrets that share one automaton.
pub(super) struct Group {
    scope: Scope,
    members: Vec<Arc<str>>,
    automaton: Automaton,
    /// The total length of the members in bytes.
    size: usize,
    /// The length of the shortest form in bytes. A shorter text cannot contain a secret.
    least: usize,
}

impl Group {
    /// Builds the group. `members` must be trimmed.
    fn new(scope: Scope, members: Vec<Arc<str>>) -> Self {
        let any_case = scope == Scope::Anywhere { any_case: true };
        let forms = members.iter().flat_map(|secret| match scope {
            Scope::Anywhere { .. } => forms(secret),
            Scope::WholeText => vec![secret.to_string()],
        });
        let forms: Vec<Vec<u8>> = forms
            .map(|form| if any_case { form.to_ascii_lowercase().into() } else { form.into_bytes() })
            .collect();
        let size = members.iter().map(|secret| secret.len()).sum();
        let least = forms.iter().map(Vec::len).min().unwrap_or_default();
        Self { scope, members, automaton: Automaton::new(forms), size, least }
    }

    /// Whether the secrets of this group match only a whole text.
    pub(super) fn is_for_whole_texts(&self) -> bool {
        self.scope == Scope::WholeText
    }

    /// Adds the places of secrets in a text to `found`.
    pub(super) fn places(&self, text: &str, found: &mut Vec<(usize, usize)>, work: &mut u64) {
        if text.len() < self.least {
            return;
        }
        let (places, done) = Search::run(&self.automaton, self.scope, text);
        found.extend(places);
        *work += done;
    }
}

/// The scope of a secret of this length in characters that is masked anywhere.
pub(super) fn anywhere(length: usize) -> Scope {
    Scope::Anywhere { any_case: length >= ANY_CASE }
}

/// Adds a group to others, the largest first. Groups of similar size are merged, so that their number grows with the
/// logarithm of the number of secrets and each secret is rebuilt into few automata.
pub(super) fn add(groups: &mut Vec<Arc<Group>>, scope: Scope, mut members: Vec<Arc<str>>) {
    let mut size: usize = members.iter().map(|secret| secret.len()).sum();
    let (mut same, others): (Vec<_>, Vec<_>) =
        std::mem::take(groups).into_iter().partition(|group| group.scope == scope);
    while let Some(smallest) = same.pop_if(|group| group.size + size <= SMALL || group.size <= 2 * size) {
        size += smallest.size;
        members.extend(smallest.members.iter().cloned());
    }
    same.push(Arc::new(Group::new(scope, members)));
    groups.extend(others.into_iter().chain(same));
}
