//! Hiding secrets in text.

/// What stands where something sensitive was.
pub const MASK: &str = "***";

/// The text with every occurrence of these secrets replaced by [`MASK`].
///
/// Occurrences that overlap, of one secret or of several, are masked together, so that no end of one shows; the order
/// of the secrets does not matter. An empty secret hides nothing.
pub fn mask<'s>(text: &str, secrets: impl IntoIterator<Item = &'s str>) -> String {
    let secrets = secrets.into_iter().filter(|secret| !secret.is_empty());
    let mut hidden: Vec<(usize, usize)> = secrets.flat_map(|secret| occurrences(text, secret)).collect();
    hidden.sort_unstable();
    let mut out = String::with_capacity(text.len());
    let mut shown_to = 0;
    for (start, end) in hidden {
        if start >= shown_to {
            out.push_str(text.get(shown_to..start).unwrap_or_default());
            out.push_str(MASK);
        }
        shown_to = shown_to.max(end);
    }
    out.push_str(text.get(shown_to..).unwrap_or_default());
    out
}

/// Every place of `needle`, those that overlap included.
fn occurrences<'a>(text: &'a str, needle: &'a str) -> impl Iterator<Item = (usize, usize)> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let start = from + text.get(from..)?.find(needle)?;
        from = start + text.get(start..)?.chars().next().map_or(1, char::len_utf8);
        Some((start, start + needle.len()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_end_of_a_secret_shows() {
        assert_eq!(mask("a foobar b", ["foo", "foobar"]), "a *** b");
        assert_eq!(mask("a foobar b", ["foobar", "foo"]), "a *** b");
        // A secret that overlaps itself: `match_indices` would leave the last two letters.
        assert_eq!(mask("x ababa y", ["aba"]), "x *** y");
        assert_eq!(mask("éaéaé", ["éaé"]), "***");
        assert_eq!(mask("plain", ["", "secret"]), "plain");
    }
}
