//! Secrets that are looked for together.

use std::sync::Arc;

use super::automaton::Automaton;
use super::forms::forms;
use super::search::{Scope, Search};

/// From this length on, in characters, the letters of a secret are found in either case.
const ANY_CASE: usize = 8;
/// Groups that have fewer bytes together are always made one.
const SMALL: usize = 1024;

/// Secrets with one automaton.
pub(super) struct Group {
    scope: Scope,
    members: Vec<Arc<str>>,
    automaton: Automaton,
    /// The total length of the members in bytes.
    size: usize,
    /// The length of the shortest form in bytes: a shorter text has no secret.
    least: usize,
}

impl Group {
    /// `members` are trimmed.
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

    /// Adds the places of secrets in a text.
    pub(super) fn places(&self, text: &str, found: &mut Vec<(usize, usize)>, work: &mut u64) {
        if text.len() < self.least {
            return;
        }
        let (places, done) = Search::run(&self.automaton, self.scope, text);
        found.extend(places);
        *work += done;
    }
}

/// Where a secret of this length in characters, to be masked anywhere, is looked for.
pub(super) fn anywhere(length: usize) -> Scope {
    Scope::Anywhere { any_case: length >= ANY_CASE }
}

/// Adds a group to others, the largest first. Groups of about the same size are made one, so that there are few of them
/// (about the logarithm of the number of secrets) and a secret is put into few automata on the way.
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
