//! Suggests operations for an unknown name.
//!
//! Names are compared word by word. A word weighs more the rarer it is in the catalogue, so that `Controller` and
//! `create` matter little; the words of an operation's tags and path count too. No suggestion is better than a wrong
//! one: an operation on another subject is never suggested, however similar its name looks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use naftiko_adapter::Method;
use naftiko_diagnostics::work;

use crate::catalogue::Entry;
use crate::word::{Action, words};

/// The least similarity of two names, from 0 to 1.
const NEAR: f64 = 0.45;
/// The least share of the best score that a suggestion must have.
const BESIDE_THE_BEST: f64 = 0.88;
/// The maximum number of suggestions.
const AT_MOST: usize = 3;
/// The maximum length of a name; comparing longer ones takes too much time.
const LONGEST_NAME: usize = 256;
/// The maximum number of words that are compared.
const MOST_WORDS: usize = 64;

/// How many words and operations all lookups in one catalogue are compared with. Beyond that nothing is suggested: so many
/// names that no operation has are not slips.
const MOST_COMPARED: usize = 2_000_000;
/// How many words an operation counts for.
const OPERATION_COST: usize = 4;

/// The weight of a word in the tags or the path, relative to one in the name.
const CONTEXT: f64 = 0.8;
/// The weight of a synonym for the same action, relative to the same word.
const SAME_ACTION: f64 = 0.8;
/// The weight of a word with the same stem (`authorize`, `authorization`), relative to the same word.
const SAME_STEM: f64 = 0.7;
/// The weight of a verb, relative to a noun: the subject matters more than the action.
const VERB: f64 = 0.5;
/// The penalty for a surplus word in the operation's name, relative to a missing word.
const TOO_MANY: f64 = 0.4;
/// How rare a word must be to name a subject, relative to a word that no operation has.
const COMMON: f64 = 0.1;
/// The factor on the score of an operation with another action.
const OTHER_ACTION: f64 = 0.5;

/// The words of a catalogue.
#[derive(Debug)]
pub(crate) struct Neighborhood {
    weights: BTreeMap<String, f64>,
    /// The weight of a word that no operation has.
    unknown: f64,
    operations: Vec<Neighbor>,
    /// The subjects of the operations.
    subjects: BTreeSet<BTreeSet<String>>,
    /// How many more words and operations are compared.
    left: AtomicUsize,
}

#[derive(Debug)]
struct Neighbor {
    /// The position in the catalogue.
    at: usize,
    name: Folded,
    words: Vec<String>,
    /// The words of the name's subject.
    subject: BTreeSet<String>,
    /// The words of the tags and the path that are not in the name.
    context: Vec<String>,
    actions: BTreeSet<Action>,
}

/// The similarity of the catalogue's words to a word.
type Likeness<'a> = BTreeMap<&'a str, f64>;

/// A word of the unknown name.
struct Word<'a> {
    weight: f64,
    action: Option<Action>,
    likeness: Likeness<'a>,
    /// Whether it belongs to the subject.
    is_subject: bool,
}

/// The unknown name.
struct Wanted<'a> {
    words: Vec<Word<'a>>,
    /// The words of its subject.
    subject: BTreeSet<String>,
    /// Whether operations on exactly this subject exist, and the rest of the name is only an action. Then only those
    /// operations are suggested: creating a flag is different from creating a target of a flag.
    is_of_known_subject: bool,
}

impl Neighborhood {
    pub(crate) fn new(entries: &[Entry]) -> Self {
        let named =
            entries.iter().enumerate().filter_map(|(at, entry)| Some((at, entry, entry.id.as_deref()?)));
        let mut operations: Vec<Neighbor> = named
            .filter(|(_, _, id)| id.len() <= LONGEST_NAME)
            .map(|(at, entry, id)| Neighbor::new(at, entry, id))
            .collect();
        let mut counts: BTreeMap<String, u32> = BTreeMap::new();
        for operation in &operations {
            for word in operation.words.iter().chain(&operation.context) {
                *counts.entry(word.clone()).or_default() += 1;
            }
        }
        let total = u32::try_from(operations.len()).map_or(f64::MAX, f64::from);
        let weights = counts.into_iter().map(|(word, count)| {
            let weight =
                rarity(f64::from(count), total) * if Action::of(&word).is_some() { VERB } else { 1.0 };
            (word, weight)
        });
        let weights = weights.collect();
        let unknown = rarity(0.0, total);
        let left = AtomicUsize::new(MOST_COMPARED);
        let mut neighborhood =
            Self { weights, unknown, operations: Vec::new(), subjects: BTreeSet::new(), left };
        for operation in &mut operations {
            operation.subject.retain(|word| neighborhood.says_something(word));
        }
        neighborhood.subjects = operations.iter().map(|operation| operation.subject.clone()).collect();
        neighborhood.operations = operations;
        neighborhood
    }

    /// The positions of the operations most similar to `name`, best first.
    pub(crate) fn nearest(&self, name: &str) -> Vec<usize> {
        if name.len() > LONGEST_NAME || !self.may_compare(name) {
            return Vec::new();
        }
        let wanted = self.wanted(name);
        let folded = Folded::of(name);
        let scores = self.operations.iter().map(|operation| {
            let spelling = operation.name.likeness(&folded);
            (self.meaning(&wanted, operation).max(spelling), operation.at)
        });
        let mut near: Vec<(f64, usize)> = scores.filter(|(score, _)| *score >= NEAR).collect();
        near.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let best = near.first().map_or(0.0, |(score, _)| *score);
        near.retain(|(score, _)| *score >= best * BESIDE_THE_BEST);
        near.truncate(AT_MOST);
        near.into_iter().map(|(_, at)| at).collect()
    }

    /// Whether one more name is compared with all words and operations.
    fn may_compare(&self, name: &str) -> bool {
        let cost = words(name).len() * self.weights.len() + self.operations.len() * OPERATION_COST;
        let left = self.left.load(Ordering::Relaxed).checked_sub(cost);
        if let Some(left) = left {
            work::add(cost);
            self.left.store(left, Ordering::Relaxed);
        }
        left.is_some()
    }

    fn weight(&self, word: &str) -> f64 {
        self.weights.get(word).copied().unwrap_or(self.unknown)
    }

    /// Whether a word can name a subject: it is not an action, and not common to most operations.
    fn says_something(&self, word: &str) -> bool {
        Action::of(word).is_none() && self.weight(word) > self.unknown * COMMON
    }

    fn wanted(&self, name: &str) -> Wanted<'_> {
        let mut subject: BTreeSet<String> = words(subject(name)).into_iter().collect();
        subject.retain(|word| self.says_something(word));
        let all = words(name);
        let says_no_more = all.iter().all(|word| subject.contains(word) || !self.says_something(word));
        let words = all.into_iter().map(|word| {
            let alike = self.weights.keys().map(|other| (other.as_str(), likeness(&word, other)));
            Word {
                weight: self.weight(&word),
                action: Action::of(&word),
                is_subject: subject.contains(&word),
                likeness: alike.filter(|(_, alike)| *alike > 0.0).collect(),
            }
        });
        let words = words.collect();
        let is_of_known_subject = says_no_more && self.subjects.contains(&subject);
        Wanted { words, subject, is_of_known_subject }
    }

    /// How well an operation matches the unknown name, from 0 to 1.
    fn meaning(&self, wanted: &Wanted<'_>, operation: &Neighbor) -> f64 {
        if wanted.is_of_known_subject && operation.subject != wanted.subject {
            return 0.0;
        }
        let (mut sought, mut found) = (0.0, 0.0);
        let mut same_subject = false;
        let mut met: BTreeSet<&str> = BTreeSet::new();
        let mut actions = BTreeSet::new();
        for word in &wanted.words {
            let alike = |others: &[String]| {
                others
                    .iter()
                    .filter_map(|other| word.likeness.get(other.as_str()).copied())
                    .fold(0.0, f64::max)
            };
            let mut best = alike(&operation.words).max(CONTEXT * alike(&operation.context));
            same_subject |= word.is_subject && best > 0.0;
            met.extend(
                operation.words.iter().map(String::as_str).filter(|other| word.likeness.contains_key(other)),
            );
            if let Some(action) = word.action {
                actions.insert(action);
                if operation.actions.contains(&action) {
                    best = best.max(SAME_ACTION);
                    met.extend(
                        operation.words.iter().map(String::as_str).filter(|w| Action::of(w) == Some(action)),
                    );
                }
            }
            sought += word.weight;
            found += word.weight * best;
        }
        let others = operation.words.iter().filter(|word| !met.contains(word.as_str()));
        let too_many: f64 = others.map(|word| self.weight(word)).sum();
        // A name of common words only matches an operation whose name has no other words either.
        same_subject |= wanted.subject.is_empty() && too_many <= 0.0;
        if !same_subject || sought <= 0.0 {
            return 0.0;
        }
        let other_action = !actions.is_empty() && actions.is_disjoint(&operation.actions);
        let score = found / (sought + TOO_MANY * too_many);
        if other_action { score * OTHER_ACTION } else { score }
    }
}

impl Neighbor {
    fn new(at: usize, entry: &Entry, id: &str) -> Self {
        let own = words(id);
        let path = entry.path.split('/').filter(|segment| !segment.contains('{'));
        let mut context: Vec<String> = Vec::new();
        let texts = path.chain(entry.tags.iter().map(String::as_str));
        for word in texts.filter(|text| text.len() <= LONGEST_NAME).flat_map(words).take(MOST_WORDS) {
            if !own.contains(&word) && !context.contains(&word) {
                context.push(word);
            }
        }
        let mut actions: BTreeSet<Action> = own.iter().filter_map(|word| Action::of(word)).collect();
        if actions.is_empty() {
            actions.extend(usual_actions(entry));
        }
        let subject = words(subject(id)).into_iter().collect();
        Self { at, name: Folded::of(id), words: own, subject, context, actions }
    }
}

/// A name without case and separators.
#[derive(Debug)]
struct Folded {
    text: String,
    length: usize,
    /// How often each letter is in it, letters sharing 32 counters.
    letters: [u8; 32],
}

impl Folded {
    fn of(name: &str) -> Self {
        let text: String =
            name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        let mut letters = [0_u8; 32];
        for letter in text.chars() {
            let slot = usize::try_from(u32::from(letter) % 32).unwrap_or_default();
            if let Some(count) = letters.get_mut(slot) {
                *count = count.saturating_add(1);
            }
        }
        Self { length: text.chars().count(), text, letters }
    }

    /// The similarity of spelling; 0 if the names differ in more than one or two letters.
    fn likeness(&self, other: &Self) -> f64 {
        let longest = self.length.max(other.length);
        let slips = if longest < 16 { 1 } else { 2 };
        // Each slip adds one letter and takes one away at most.
        let differing: usize =
            self.letters.iter().zip(&other.letters).map(|(a, b)| usize::from(a.abs_diff(*b))).sum();
        if longest < 4 || differing > slips * 2 {
            return 0.0;
        }
        let distance = strsim::damerau_levenshtein(&self.text, &other.text);
        if distance > slips { 0.0 } else { share(longest - distance, longest) }
    }
}

/// The usual actions of a method, for a name without an action.
fn usual_actions(entry: &Entry) -> Vec<Action> {
    match entry.method {
        Method::Get if entry.path.ends_with('}') => vec![Action::Get],
        Method::Get => vec![Action::List, Action::Get],
        Method::Post => vec![Action::Create],
        Method::Put | Method::Patch => vec![Action::Update],
        Method::Delete => vec![Action::Delete],
        Method::Options | Method::Head | Method::Trace | Method::Query => Vec::new(),
    }
}

/// The subject of a name: everything before the last `_`, `.` or similar separator, or the whole name.
fn subject(name: &str) -> &str {
    let name = name.trim_end_matches(|c: char| !c.is_alphabetic());
    match name.rsplit_once(|c: char| !c.is_alphanumeric()) {
        Some((subject, _)) if words(subject).iter().any(|word| Action::of(word).is_none()) => subject,
        _ => name,
    }
}

/// The inverse document frequency, as in BM25, of a word that `count` of `total` operations have.
fn rarity(count: f64, total: f64) -> f64 {
    (1.0 + (total - count + 0.5) / (count + 0.5)).ln()
}

/// The similarity of two words, from 0 to 1: equal, with one typo in four letters, or with a common stem.
fn likeness(a: &str, b: &str) -> f64 {
    if a == b {
        return 1.0;
    }
    let (shorter, longer) =
        (a.chars().count().min(b.chars().count()), a.chars().count().max(b.chars().count()));
    if shorter < 4 || shorter * 2 < longer {
        return 0.0;
    }
    let distance = strsim::damerau_levenshtein(a, b);
    if distance * 4 <= longer {
        return share(longer - distance, longer);
    }
    let stem = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count();
    if stem >= 5 && stem * 5 >= longer * 3 { SAME_STEM } else { 0.0 }
}

fn share(part: usize, whole: usize) -> f64 {
    let number = |count: usize| u32::try_from(count).map_or(f64::MAX, f64::from);
    number(part) / number(whole)
}
