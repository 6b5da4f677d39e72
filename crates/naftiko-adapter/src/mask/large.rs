//! The search for a secret that is too large for an automaton, in its literal form only (Knuth, Morris and Pratt).

use std::sync::Arc;

/// A large secret, with its table for the search.
pub(super) struct Large {
    secret: Arc<str>,
    /// For each prefix, the length of its longest border: a proper prefix that is also a suffix.
    borders: Vec<u32>,
}

impl Large {
    pub(super) fn new(secret: Arc<str>) -> Self {
        let mut large = Self { secret, borders: Vec::new() };
        let mut length = 0;
        for at in 0..large.secret.len() {
            if at > 0
                && let Some(byte) = large.secret.as_bytes().get(at).copied()
            {
                length = large.next(length, byte, &mut 0);
            }
            large.borders.push(u32::try_from(length).unwrap_or_default());
        }
        large
    }

    /// Adds the places of the secret in a text to `found`. `work` counts the comparisons.
    pub(super) fn places(&self, text: &str, found: &mut Vec<(usize, usize)>, work: &mut u64) {
        let mut length = 0;
        for (at, byte) in text.bytes().enumerate() {
            if length == self.secret.len() {
                length = self.border(length);
            }
            length = self.next(length, byte, work);
            if length == self.secret.len() {
                let place = (at + 1 - length, at + 1);
                match found.last_mut().filter(|last| last.1 > place.0) {
                    Some(last) => last.1 = place.1,
                    None => found.push(place),
                }
            }
        }
    }

    fn next(&self, mut length: usize, byte: u8, work: &mut u64) -> usize {
        loop {
            *work += 1;
            if self.secret.as_bytes().get(length) == Some(&byte) {
                return length + 1;
            }
            if length == 0 {
                return 0;
            }
            length = self.border(length);
        }
    }

    fn border(&self, length: usize) -> usize {
        let border = length.checked_sub(1).and_then(|at| self.borders.get(at)).copied().unwrap_or_default();
        usize::try_from(border).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_place_is_covered(secret in "[ab]{1,8}", text in "[abc]{0,60}") {
            let mut found = Vec::new();
            Large::new(secret.as_str().into()).places(&text, &mut found, &mut 0);
            let covered = |at| found.iter().any(|(start, end)| (*start..*end).contains(&at));
            let is_part = |at: usize| {
                (0..text.len()).any(|start| text.as_bytes()[start..].starts_with(secret.as_bytes()) && (start..start + secret.len()).contains(&at))
            };
            for at in 0..text.len() {
                prop_assert_eq!(covered(at), is_part(at), "{}", at);
            }
        }
    }
}
