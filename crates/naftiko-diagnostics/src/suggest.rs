//! "Did you mean": finds the name most similar to an unknown one.
//!
//! A lookup compares a bounded number of candidates, whatever their total: [`nearest`] considers the first thousand,
//! and [`NameIndex`] finds those that share the rarest pairs of letters with the word.

use std::collections::{BTreeSet, HashMap};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::work;

/// The maximum number of characters of a word or a suggestion.
const LONGEST: usize = 128;
/// The maximum number of names that a lookup without an index considers.
const CONSIDERED: usize = 1024;
/// The maximum number of names for which an index compares only letters, without pairs.
const FEW: usize = 64;
/// The maximum number of entries in the lists of names by pairs that a lookup visits.
const VISITED: usize = 256;
/// The maximum number of names that a lookup compares in full.
const COMPARED: usize = 16;
/// The maximum number of lookups of one index; so many unknown names are not misspellings, and later ones get no suggestion.
const LOOKUPS: usize = 5_000;

/// The candidate that `word` most likely means; `None` if no candidate is similar.
///
/// Similar words differ in at most a third of the longer word's letters (Damerau-Levenshtein, case ignored), are
/// different spellings of one word (`organizationId`, `organization-id`), or have equal letters in another order. Only
/// the first 1,024 candidates are considered; for more candidates and repeated lookups, [`NameIndex`] considers all.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = Word::new(word)?;
    let near = candidates
        .into_iter()
        .take(CONSIDERED)
        .enumerate()
        .filter_map(|(at, name)| word.candidate(at, name, Letters::of(name)?));
    Some(word.nearest_of(near.collect())?.name)
}

/// A name similar to a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Near<'a> {
    /// The name.
    pub name: &'a str,
    /// The edit distance from the word.
    pub distance: usize,
}

/// Names for suggestions, indexed at the first lookup.
#[derive(Debug, Default)]
pub struct NameIndex<S> {
    names: Vec<S>,
    letters: OnceLock<Vec<Option<Letters>>>,
    pairs: OnceLock<Pairs>,
    /// The number of lookups so far.
    lookups: AtomicUsize,
}

/// Positions of names by their letters.
#[derive(Debug, Default)]
struct Pairs {
    by_pair: HashMap<(char, char), Vec<usize>>,
    /// The first name with these letters in any order.
    by_letters: HashMap<String, usize>,
}

impl<S: AsRef<str>> NameIndex<S> {
    /// The names to suggest; of equally similar ones the first is suggested.
    pub fn new(names: impl IntoIterator<Item = S>) -> Self {
        Self {
            names: names.into_iter().collect(),
            letters: OnceLock::new(),
            pairs: OnceLock::new(),
            lookups: AtomicUsize::new(0),
        }
    }

    /// The names, in order.
    pub fn names(&self) -> &[S] {
        &self.names
    }

    /// The name that `word` most likely means; `None` if no name is similar in the sense of [`nearest`].
    pub fn nearest(&self, word: &str) -> Option<&str> {
        Some(self.nearest_with_distance(word)?.name)
    }

    /// Like [`nearest`](Self::nearest), with the distance.
    pub fn nearest_with_distance(&self, word: &str) -> Option<Near<'_>> {
        if self.lookups.fetch_add(1, Ordering::Relaxed) >= LOOKUPS {
            return None;
        }
        let word = Word::new(word)?;
        let letters = self.letters.get_or_init(|| {
            work::add(self.names.len());
            self.names.iter().map(|name| Letters::of(name.as_ref())).collect()
        });
        let candidate = |at: usize| {
            let name = self.names.get(at)?.as_ref();
            word.candidate(at, name, letters.get(at).copied().flatten()?)
        };
        let candidates = if self.names.len() <= FEW {
            (0..self.names.len()).filter_map(candidate).collect()
        } else {
            let pairs = self.pairs.get_or_init(|| Pairs::new(&self.names));
            pairs.alike(&word.folded).into_iter().filter_map(candidate).collect()
        };
        word.nearest_of(candidates)
    }
}

impl Pairs {
    fn new<S: AsRef<str>>(names: &[S]) -> Self {
        let mut pairs = Self::default();
        for (at, name) in names.iter().enumerate() {
            let folded = fold(name.as_ref());
            work::add(folded.len().min(LONGEST));
            if folded.chars().count() > LONGEST {
                continue;
            }
            for pair in pairs_of(&folded) {
                pairs.by_pair.entry(pair).or_default().push(at);
            }
            pairs.by_letters.entry(sorted(&folded)).or_insert(at);
        }
        pairs
    }

    /// The positions of names that share pairs of letters with a word, the rarest pairs first, and of the first name
    /// with its letters in another order.
    fn alike(&self, folded: &str) -> BTreeSet<usize> {
        let mut lists: Vec<&Vec<usize>> =
            pairs_of(folded).iter().filter_map(|pair| self.by_pair.get(pair)).collect();
        lists.sort_by_key(|list| list.len());
        let shared = lists.into_iter().flatten().copied().take(VISITED);
        let found: BTreeSet<usize> = shared.chain(self.by_letters.get(&sorted(folded)).copied()).collect();
        work::add(found.len());
        found
    }
}

/// The pairs of adjacent letters in a word, including its beginning and its end.
fn pairs_of(folded: &str) -> BTreeSet<(char, char)> {
    const EDGE: char = '\0';
    let letters = std::iter::once(EDGE).chain(folded.chars());
    letters.zip(folded.chars().chain([EDGE])).collect()
}

/// The frequencies of letters in a word, in 32 counters shared by several letters, and its length.
#[derive(Debug, Clone, Copy)]
struct Letters {
    counts: [u8; 32],
    length: usize,
}

impl Letters {
    /// The letters of a folded name; `None` for a name that is too long.
    fn of(name: &str) -> Option<Self> {
        let mut letters = Self { counts: [0; 32], length: 0 };
        for letter in folded(name) {
            letters.length += 1;
            if letters.length > LONGEST {
                return None;
            }
            let slot = usize::try_from(u32::from(letter) % 32).unwrap_or_default();
            if let Some(count) = letters.counts.get_mut(slot) {
                *count = count.saturating_add(1);
            }
        }
        Some(letters)
    }

    /// A lower bound of the edit distance: each edit adds and removes at most one letter.
    fn least_distance(&self, other: &Self) -> usize {
        let pairs = || self.counts.iter().zip(&other.counts);
        let surplus: usize = pairs().map(|(one, other)| usize::from(one.saturating_sub(*other))).sum();
        let lack: usize = pairs().map(|(one, other)| usize::from(other.saturating_sub(*one))).sum();
        surplus.max(lack)
    }
}

/// A word to look up.
struct Word<'w> {
    written: &'w str,
    folded: String,
    letters: Letters,
}

/// A name that may be similar.
struct Candidate<'a> {
    least_distance: usize,
    at: usize,
    name: &'a str,
    longest: usize,
}

impl<'w> Word<'w> {
    fn new(written: &'w str) -> Option<Self> {
        Some(Self { written, letters: Letters::of(written)?, folded: fold(written) })
    }

    /// A candidate, unless its letters rule out that it is similar.
    fn candidate<'a>(&self, at: usize, name: &'a str, letters: Letters) -> Option<Candidate<'a>> {
        work::add(1);
        let longest = self.letters.length.max(letters.length);
        let least_distance = self.letters.least_distance(&letters);
        let possible = least_distance * 3 <= longest && name != self.written;
        possible.then_some(Candidate { least_distance, at, name, longest })
    }

    /// The most similar candidate: those with the fewest differing letters are compared first.
    fn nearest_of<'a>(&self, mut candidates: Vec<Candidate<'a>>) -> Option<Near<'a>> {
        candidates.sort_by_key(|candidate| (candidate.least_distance, candidate.at));
        let mut best: Option<(usize, &Candidate<'a>)> = None;
        for candidate in candidates.iter().take(COMPARED) {
            if best.is_some_and(|(distance, _)| distance < candidate.least_distance) {
                break;
            }
            let other = fold(candidate.name);
            work::add(self.folded.len() + other.len());
            let distance = strsim::damerau_levenshtein(&self.folded, &other);
            let is_near = distance * 3 <= candidate.longest || is_jumbled(&self.folded, &other);
            let is_nearer = best.is_none_or(|(least, first)| (distance, candidate.at) < (least, first.at));
            if is_near && is_nearer {
                best = Some((distance, candidate));
            }
        }
        best.map(|(distance, candidate)| Near { name: candidate.name, distance })
    }
}

/// Whether two words consist of equal letters in different order: `di` for `id`.
fn is_jumbled(word: &str, other: &str) -> bool {
    word.len() == other.len() && sorted(word) == sorted(other)
}

fn sorted(word: &str) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    letters.sort_unstable();
    letters.into_iter().collect()
}

fn folded(word: &str) -> impl Iterator<Item = char> {
    word.chars().filter(|c| !matches!(c, '-' | '_')).flat_map(char::to_lowercase)
}

fn fold(word: &str) -> String {
    folded(word).collect()
}

/// The names as a phrase: `` `a`, `b` or `c` ``; of more than twenty the first ones, and the number of others. Empty
/// for no names.
pub fn one_of<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> String {
    const SHOWN: usize = 20;
    let (quoted, more) = first_of(names, SHOWN);
    if let Some(more) = more {
        return format!("{} or one of {more} more", quoted.join(", "));
    }
    match quoted.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
    }
}

/// The first few names as a list, and the number of others; `None` for no names.
pub fn some_of<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> Option<String> {
    const SHOWN: usize = 8;
    let (quoted, more) = first_of(names, SHOWN);
    let list = quoted.join(", ");
    match more {
        None => (!list.is_empty()).then_some(list),
        Some(more) => Some(format!("{list} and {more} more")),
    }
}

/// The first names in backticks, and the number of others if there are any, counted up to a thousand.
fn first_of<S: AsRef<str>>(
    names: impl IntoIterator<Item = S>,
    shown: usize,
) -> (Vec<String>, Option<String>) {
    const COUNTED: usize = 1000;
    let mut names = names.into_iter();
    let quoted = names.by_ref().take(shown).map(|name| format!("`{}`", name.as_ref())).collect();
    let others = names.take(COUNTED + 1).count();
    work::add(others);
    let others = match others {
        0 => None,
        _ if others > COUNTED => Some(format!("over {COUNTED}")),
        _ => Some(others.to_string()),
    };
    (quoted, others)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_near_and_another_word_is_not() {
        let names = ["organization_id", "domain", "state"];
        let index = NameIndex::new(names);
        for (word, expected) in [
            ("organisation_id", Some("organization_id")),
            ("organizationId", Some("organization_id")),
            ("sate", Some("state")),
            ("zebra", None),
            ("state", None),
        ] {
            assert_eq!(nearest(word, names), expected, "{word}");
            assert_eq!(index.nearest(word), expected, "{word}");
        }
        assert_eq!(nearest("di", ["id", "name"]), Some("id"));
    }

    #[test]
    fn an_index_of_many_names_suggests_what_a_comparison_with_all_would() {
        let verbs = ["create", "delete", "update", "list", "get", "archive", "restore", "share"];
        let nouns = ["Organization", "Member", "Invoice", "Webhook", "Directory", "Connection", "Role"];
        let mut names = vec!["id".to_owned()];
        for verb in verbs {
            names.extend(nouns.iter().flat_map(|noun| [format!("{verb}{noun}"), format!("{verb}_{noun}s")]));
        }
        assert!(names.len() > FEW);
        let index = NameIndex::new(names);
        for (word, expected) in [
            ("creatOrganization", Some("createOrganization")),
            ("delete_invoice", Some("deleteInvoice")),
            ("listMebmers", Some("list_Members")),
            ("di", Some("id")),
            ("shareDirectorys", Some("share_Directorys")),
            ("zebra", None),
        ] {
            assert_eq!(index.nearest(word), expected, "{word}");
        }
    }

    #[test]
    fn of_equally_near_names_the_first_is_suggested() {
        assert_eq!(nearest("cat", ["bat", "rat", "hat"]), Some("bat"));
        let names = (0..200).map(|at| format!("name{at:03}"));
        assert_eq!(NameIndex::new(names).nearest("nam005x"), Some("name005"));
    }

    #[test]
    fn a_lookup_compares_a_bounded_number_of_names() {
        let steps = |count: usize| {
            let index = NameIndex::new((0..count).map(|at| format!("step-{at}")));
            assert_eq!(index.nearest("step-7x"), Some("step-7"));
            work::count(|| (0..100).filter_map(|at| index.nearest(&format!("stop-{at}z"))).count()).1
        };
        let (some, many) = (steps(1_000), steps(16_000));
        assert!(some > 0 && many < some * 2, "{some} and {many}");
        let names: Vec<String> = (0..100_000).map(|at| format!("field{at}")).collect();
        let (_, once) = work::count(|| nearest("fielt1", names.iter().map(String::as_str)));
        assert!(once < 10_000, "{once}");
    }

    #[test]
    fn a_word_that_nobody_writes_is_near_nothing() {
        let long = "a".repeat(100_000);
        assert_eq!(nearest(&long, ["a", long.get(1..).unwrap_or_default()]), None);
        assert_eq!(NameIndex::new([long.as_str(), "aa"]).nearest("aaa"), Some("aa"));
    }

    #[test]
    fn an_index_suggests_for_a_bounded_number_of_words() {
        let index = NameIndex::new(["state", "domain"]);
        assert!((0..LOOKUPS).all(|_| index.nearest("sate") == Some("state")));
        assert_eq!(index.nearest("sate"), None);
    }

    #[test]
    fn names_read_as_a_phrase() {
        assert_eq!(one_of(["a"]), "`a`");
        assert_eq!(one_of(["a", "b", "c"]), "`a`, `b` or `c`");
        assert!(one_of(["a"; 25]).ends_with("`a` or one of 5 more"), "{}", one_of(["a"; 25]));
        assert_eq!(some_of([""; 0]), None);
        assert_eq!(some_of(["a", "b"]).as_deref(), Some("`a`, `b`"));
        let many = some_of(["a"; 10]);
        assert_eq!(many.as_deref(), Some("`a`, `a`, `a`, `a`, `a`, `a`, `a`, `a` and 2 more"));
        let most = some_of(vec!["a"; 10_000]).unwrap();
        assert!(most.ends_with("`a` and over 1000 more"), "{most}");
    }
}
