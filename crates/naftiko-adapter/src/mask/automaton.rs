//! An Aho–Corasick automaton over the bytes of secrets. Pure, and independent of encodings.
//!
//! A text with escapes can be read in several ways, so the search follows several states at once. The search needs two
//! facts that existing crates do not expose: whether the text of one state is a suffix of that of another (then the
//! search drops the former), and the length of the text of a state. A step takes amortized constant time for one
//! reading of a text. Where readings branch, the shortcuts prevent a step from walking through all prefixes of a
//! periodic secret.

use std::collections::VecDeque;
use std::ops::Range;

/// A state of the automaton: the longest suffix of the input that is a prefix of a secret.
pub(super) type StateId = u32;

/// The state for the empty text.
pub(super) const ROOT: StateId = 0;

/// Finds secrets in bytes.
pub(super) struct Automaton {
    /// The states by length, the root first, so that the children of a state are contiguous.
    states: Vec<State>,
    /// For each byte, the state that follows the root.
    first: Vec<StateId>,
}

#[derive(Debug, Clone, Copy, Default)]
struct State {
    /// The last byte of the text of the state.
    byte: u8,
    /// The first child, and the number of children.
    children: StateId,
    count: u32,
    /// The longest proper suffix of the text that is a state.
    fail: StateId,
    /// The longest such suffix that has a child for a byte for which this state has none.
    shortcut: StateId,
    /// The length of the text in bytes.
    depth: u32,
    /// The length of the longest secret that the text ends with; 0 if there is none.
    longest: u32,
    /// The preorder number of the state in the tree of `fail` links, and the size of its subtree, itself included.
    place: u32,
    below: u32,
}

impl Automaton {
    /// Builds the automaton of these secrets; empty ones are ignored.
    ///
    /// The work is proportional to the total length of the secrets.
    pub(super) fn new(mut secrets: Vec<Vec<u8>>) -> Self {
        secrets.retain(|secret| !secret.is_empty());
        secrets.sort_unstable();
        secrets.dedup();
        let mut automaton = Self { states: vec![State::default()], first: vec![ROOT; 256] };
        automaton.grow(&secrets);
        automaton.link();
        automaton.number();
        automaton
    }

    /// Adds the states, the shortest first. `secrets` are sorted.
    fn grow(&mut self, secrets: &[Vec<u8>]) {
        let mut open: VecDeque<(StateId, Range<usize>)> = VecDeque::from([(ROOT, 0..secrets.len())]);
        while let Some((parent, mut range)) = open.pop_front() {
            let depth = self.depth(parent);
            let at = usize::try_from(depth).unwrap_or(usize::MAX);
            let byte_of = |index: usize| secrets.get(index).and_then(|secret| secret.get(at)).copied();
            // A secret that ends here comes first among those with this prefix.
            if parent != ROOT && range.start < range.end && byte_of(range.start).is_none() {
                self.change(parent, |state| state.longest = depth);
                range.start += 1;
            }
            let first_child = self.len();
            while let Some(byte) = Some(range.start).filter(|start| *start < range.end).and_then(byte_of) {
                let end = (range.start..range.end).find(|index| byte_of(*index) != Some(byte));
                let end = end.unwrap_or(range.end);
                open.push_back((self.len(), range.start..end));
                self.states.push(State { byte, depth: depth + 1, ..State::default() });
                range.start = end;
            }
            let count = self.len() - first_child;
            self.change(parent, |state| (state.children, state.count) = (first_child, count));
        }
        for child in self.children(ROOT) {
            let byte = usize::from(self.state(child).byte);
            if let Some(first) = self.first.get_mut(byte) {
                *first = child;
            }
        }
    }

    /// Sets the `fail` and `shortcut` links.
    fn link(&mut self) {
        for parent in 0..self.len() {
            for child in self.children(parent) {
                let State { byte, longest, .. } = self.state(child);
                let fail =
                    if parent == ROOT { ROOT } else { self.step(self.state(parent).fail, byte, &mut 0) };
                let longest = if longest > 0 { longest } else { self.longest(fail) };
                self.change(child, |state| (state.fail, state.longest) = (fail, longest));
            }
            let mut shortcut = self.state(parent).fail;
            while shortcut != ROOT && self.offers_no_more(shortcut, parent) {
                shortcut = self.state(shortcut).shortcut;
            }
            self.change(parent, |state| state.shortcut = shortcut);
        }
    }

    /// Whether `state` has a child for every byte for which `suffix` has one.
    fn offers_no_more(&self, suffix: StateId, state: StateId) -> bool {
        self.children(suffix).all(|child| self.child(state, self.state(child).byte).is_some())
    }

    /// Numbers the tree of `fail` links in preorder, so that each subtree is a contiguous range.
    fn number(&mut self) {
        for state in (0..self.len()).rev() {
            let below = self.state(state).below + 1;
            self.change(state, |state| state.below = below);
            if state != ROOT {
                self.change(self.state(state).fail, |fail| fail.below += below);
            }
        }
        // The suffix of a state is shorter and comes first in `states`, so it is already numbered.
        let mut next = vec![1; self.states.len()];
        for state in 1..self.len() {
            let State { fail, below, .. } = self.state(state);
            let Some(free) = next.get_mut(index(fail)) else { continue };
            let place = *free;
            *free += below;
            self.change(state, |state| state.place = place);
            if let Some(own) = next.get_mut(index(state)) {
                *own = place + 1;
            }
        }
    }

    /// The state after one more byte. `work` counts the states that are visited.
    pub(super) fn step(&self, mut state: StateId, byte: u8, work: &mut u64) -> StateId {
        loop {
            *work += 1;
            if state == ROOT {
                return self.first.get(usize::from(byte)).copied().unwrap_or(ROOT);
            }
            if let Some(child) = self.child(state, byte) {
                return child;
            }
            state = self.state(state).shortcut;
        }
    }

    /// The state whose text is that of `state` followed by `byte`.
    pub(super) fn child(&self, state: StateId, byte: u8) -> Option<StateId> {
        if state == ROOT {
            return self.first.get(usize::from(byte)).copied().filter(|first| *first != ROOT);
        }
        self.children(state).find(|child| self.state(*child).byte == byte)
    }

    /// Whether a secret begins with this byte.
    pub(super) fn begins_with(&self, byte: u8) -> bool {
        self.first.get(usize::from(byte)).is_some_and(|first| *first != ROOT)
    }

    /// The length in bytes of the text of a state.
    pub(super) fn depth(&self, state: StateId) -> u32 {
        self.state(state).depth
    }

    /// The length in bytes of the longest secret that ends at this state; 0 if there is none.
    pub(super) fn longest(&self, state: StateId) -> u32 {
        self.state(state).longest
    }

    /// Whether the text of `suffix` is a suffix of the text of `state`, or equal to it.
    pub(super) fn is_suffix(&self, suffix: StateId, state: StateId) -> bool {
        let (suffix, state) = (self.state(suffix), self.state(state));
        (suffix.place..suffix.place + suffix.below).contains(&state.place)
    }

    fn children(&self, state: StateId) -> Range<StateId> {
        let State { children, count, .. } = self.state(state);
        children..children + count
    }

    fn state(&self, state: StateId) -> State {
        self.states.get(index(state)).copied().unwrap_or_default()
    }

    fn change(&mut self, state: StateId, change: impl FnOnce(&mut State)) {
        if let Some(state) = self.states.get_mut(index(state)) {
            change(state);
        }
    }

    fn len(&self) -> StateId {
        StateId::try_from(self.states.len()).unwrap_or(StateId::MAX)
    }
}

fn index(state: StateId) -> usize {
    usize::try_from(state).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The end and length of the longest secret at each place where one ends.
    fn found(secrets: &[&str], text: &str) -> Vec<(usize, u32)> {
        let automaton = Automaton::new(secrets.iter().map(|secret| secret.as_bytes().to_vec()).collect());
        let mut state = ROOT;
        let mut found = Vec::new();
        for (at, byte) in text.bytes().enumerate() {
            state = automaton.step(state, byte, &mut 0);
            if automaton.longest(state) > 0 {
                found.push((at + 1, automaton.longest(state)));
            }
        }
        found
    }

    proptest! {
        #[test]
        fn the_longest_secret_at_each_place_is_found(
            secrets in proptest::collection::vec("[ab]{1,6}", 1..5),
            text in "[abc]{0,40}",
        ) {
            let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
            let expected: Vec<(usize, u32)> = (1..=text.len())
                .filter_map(|end| {
                    let longest = secrets.iter().filter(|secret| text.as_bytes()[..end].ends_with(secret.as_bytes()));
                    Some((end, u32::try_from(longest.map(|secret| secret.len()).max()?).unwrap()))
                })
                .collect();
            prop_assert_eq!(found(&secrets, &text), expected);
        }

        #[test]
        fn a_suffix_is_known_as_one(secrets in proptest::collection::vec("[ab]{1,6}", 1..5)) {
            let automaton = Automaton::new(secrets.iter().map(|secret| secret.as_bytes().to_vec()).collect());
            let read = |text: &str| {
                text.bytes().try_fold(ROOT, |state, byte| automaton.child(state, byte))
            };
            let prefixes = secrets.iter().flat_map(|secret| (0..=secret.len()).map(move |to| secret.get(..to).unwrap()));
            let states: Vec<(&str, StateId)> =
                prefixes.filter_map(|prefix| Some((prefix, read(prefix)?))).collect();
            for (one, state) in &states {
                for (other, other_state) in &states {
                    prop_assert_eq!(automaton.is_suffix(*other_state, *state), one.ends_with(other));
                }
            }
        }
    }

    #[test]
    fn a_byte_that_fits_nowhere_is_refused_in_a_few_steps_however_periodic_the_secret_is() {
        let secret = [vec![b'a'; 10_000], vec![b'b']].concat();
        let automaton = Automaton::new(vec![secret]);
        let deep = (0..10_000).fold(ROOT, |state, _| automaton.step(state, b'a', &mut 0));
        assert_eq!(automaton.depth(deep), 10_000);
        let mut work = 0;
        assert_eq!(automaton.step(deep, b'c', &mut work), ROOT);
        assert!(work <= 3, "{work}");
    }
}
