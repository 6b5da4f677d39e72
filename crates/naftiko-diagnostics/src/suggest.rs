//! "Did you mean": the nearest of the names that exist.

/// The candidate that `word` was most likely meant to be, or nothing if none is near.
///
/// Near is a third of the longer word in edits (Damerau-Levenshtein, case ignored), the same word in another spelling
/// (`organizationId`, `organization-id`), or the same letters in another order.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = fold(word);
    candidates
        .into_iter()
        .filter(|candidate| *candidate != word)
        .filter_map(|candidate| {
            let other = fold(candidate);
            let distance = strsim::damerau_levenshtein(&folded, &other);
            let longest = folded.chars().count().max(other.chars().count());
            let is_near = distance * 3 <= longest || is_jumbled(&folded, &other);
            is_near.then_some((distance, candidate))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Whether two words are the same letters in another order: `di` for `id`.
fn is_jumbled(word: &str, other: &str) -> bool {
    let sorted = |word: &str| {
        let mut letters: Vec<char> = word.chars().collect();
        letters.sort_unstable();
        letters
    };
    word.len() == other.len() && sorted(word) == sorted(other)
}

/// The names as a phrase: `` `a`, `b` or `c` ``. Empty for no names.
pub fn one_of<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> String {
    let quoted: Vec<String> = names.into_iter().map(|name| format!("`{}`", name.as_ref())).collect();
    match quoted.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
    }
}

/// The first few of the names as a list, and how many more there are; nothing for no names.
pub fn some_of<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> Option<String> {
    const SHOWN: usize = 8;
    let mut quoted: Vec<String> = names.into_iter().map(|name| format!("`{}`", name.as_ref())).collect();
    let more = quoted.len().saturating_sub(SHOWN);
    quoted.truncate(SHOWN);
    let list = quoted.join(", ");
    match more {
        0 => (!list.is_empty()).then_some(list),
        more => Some(format!("{list} and {more} more")),
    }
}

fn fold(word: &str) -> String {
    word.chars().filter(|c| !matches!(c, '-' | '_')).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_near_and_another_word_is_not() {
        let names = ["organization_id", "domain", "state"];
        assert_eq!(nearest("organisation_id", names), Some("organization_id"));
        assert_eq!(nearest("organizationId", names), Some("organization_id"));
        assert_eq!(nearest("sate", names), Some("state"));
        assert_eq!(nearest("di", ["id", "name"]), Some("id"));
        assert_eq!(nearest("zebra", names), None);
    }

    #[test]
    fn names_read_as_a_phrase() {
        assert_eq!(one_of(["a"]), "`a`");
        assert_eq!(one_of(["a", "b", "c"]), "`a`, `b` or `c`");
        assert_eq!(some_of([""; 0]), None);
        assert_eq!(some_of(["a", "b"]).as_deref(), Some("`a`, `b`"));
        let many = some_of(["a"; 10]);
        assert_eq!(many.as_deref(), Some("`a`, `a`, `a`, `a`, `a`, `a`, `a`, `a` and 2 more"));
    }
}
