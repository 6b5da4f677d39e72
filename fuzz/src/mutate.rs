//! Changes a document as its author might: moves, copies and removes lines and blocks, and replaces keys, values and
//! names by others of the language.
//!
//! Bytes that a fuzzer flips at random rarely get past the loader. Half of the changes are made here; the other half
//! are those of the fuzzer, so that every input remains reachable.

use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Documents whose lines and words are inserted into others. Together they contain every key.
const DOCUMENTS: [&str; 6] = [
    include_str!("../../tests/fixtures/check/clean-0.1.yaml"),
    include_str!("../../tests/fixtures/check/clean-0.2-every-key.yaml"),
    include_str!("../../tests/fixtures/check/external.yaml"),
    include_str!("../../tests/fixtures/check/ignored.yaml"),
    include_str!("../../tests/fixtures/check/sensitive.yaml"),
    include_str!("../../tests/fixtures/acme/acme-openapi.yaml"),
];

static LINES: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| DOCUMENTS.iter().flat_map(|document| document.split_inclusive('\n')).collect());

static WORDS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let words: BTreeSet<&str> = DOCUMENTS.iter().flat_map(|document| words(document)).collect();
    words.into_iter().filter(|word| !word.is_empty()).collect()
});

/// Characters that end or start a scalar, and other syntax.
const MARKS: [&str; 24] = [
    "\"",
    "'",
    "${",
    "}",
    "{",
    "[",
    "]",
    ": ",
    " #",
    "# naftiko: ignore",
    "- ",
    "|\n",
    ">-\n",
    "&a ",
    "*a",
    "!!str ",
    "\t",
    "\r\n",
    "{{ ",
    " }}",
    "${{",
    "é",
    ", ",
    "..",
];

/// Changes the first `size` bytes of `data`, of which up to `max_size` may be used. Returns the number of bytes used.
/// `other` is the mutation of the fuzzer itself.
pub fn document(
    data: &mut [u8],
    size: usize,
    max_size: usize,
    seed: u32,
    other: fn(&mut [u8], usize, usize) -> usize,
) -> usize {
    let mut chance = Chance(u64::from(seed) | 1 << 40);
    let text = data.get(..size).and_then(|bytes| str::from_utf8(bytes).ok());
    let changed = match text {
        Some(text) if chance.below(2) == 0 => change(text, &mut chance),
        _ => return other(data, size, max_size),
    };
    match data.get_mut(..changed.len()) {
        Some(place) if changed.len() <= max_size => {
            place.copy_from_slice(changed.as_bytes());
            changed.len()
        }
        _ => other(data, size, max_size),
    }
}

/// Applies one to three changes to a text.
fn change(text: &str, chance: &mut Chance) -> String {
    let mut text = text.to_owned();
    for _ in 0..=chance.below(3) {
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        text = match chance.below(8) {
            0 => without(&lines, chance),
            1 => with_block(&lines, &lines, chance),
            2 => with_block(&lines, &LINES, chance),
            3 => shifted(&lines, chance),
            4 => marked(&text, chance),
            5 => reworded(&text, &words(&text), chance),
            _ => reworded(&text, &WORDS, chance),
        };
    }
    text
}

/// Removes a block.
fn without(lines: &[&str], chance: &mut Chance) -> String {
    let block = block(lines, chance.below(lines.len()));
    [lines.get(..block.start), lines.get(block.end..)].into_iter().flatten().flatten().copied().collect()
}

/// Inserts a block of `others`, with the indentation of the line that follows it.
fn with_block(lines: &[&str], others: &[&str], chance: &mut Chance) -> String {
    let at = chance.below(lines.len() + 1);
    let wanted = lines.get(at).or(lines.last()).map_or(0, |line| depth(line));
    let start = chance.below(others.len());
    let found = others.get(block(others, start)).unwrap_or_default();
    let has = others.get(start).map_or(0, |line| depth(line));
    let moved = found.iter().map(|line| indented(line, wanted, has));
    let (before, after) = lines.split_at(at.min(lines.len()));
    let owned = |lines: &[&str]| lines.concat();
    format!("{}{}{}", owned(before), moved.collect::<String>(), owned(after))
}

/// Changes the indentation of a block.
fn shifted(lines: &[&str], chance: &mut Chance) -> String {
    let block = block(lines, chance.below(lines.len()));
    let (wanted, has) =
        if chance.below(2) == 0 { (1 + chance.below(4), 0) } else { (0, 1 + chance.below(4)) };
    let moved = |(number, line): (usize, &&str)| {
        if block.contains(&number) { indented(line, wanted, has) } else { (*line).to_owned() }
    };
    lines.iter().enumerate().map(moved).collect()
}

/// Inserts a piece of syntax.
fn marked(text: &str, chance: &mut Chance) -> String {
    let mut at = chance.below(text.len() + 1);
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let (before, after) = text.split_at(at);
    format!("{before}{}{after}", MARKS[chance.below(MARKS.len())])
}

/// Replaces a word by another.
fn reworded(text: &str, others: &[&str], chance: &mut Chance) -> String {
    let own = words(text);
    let (Some(word), Some(other)) =
        (own.get(chance.below(own.len())), others.get(chance.below(others.len())))
    else {
        return marked(text, chance);
    };
    // Words are slices of the text, so their position follows from their addresses.
    let at = word.as_ptr() as usize - text.as_ptr() as usize;
    let (before, after) = text.split_at(at);
    format!("{before}{other}{}", after.get(word.len()..).unwrap_or_default())
}

/// The names, numbers and expressions of a text.
fn words(text: &str) -> Vec<&str> {
    let joins = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '$' | '/');
    text.split(|c| !joins(c)).filter(|word| !word.is_empty()).collect()
}

/// The lines of a block: the first one, and the deeper lines below it.
fn block(lines: &[&str], start: usize) -> std::ops::Range<usize> {
    let Some(first) = lines.get(start) else { return 0..0 };
    let below = lines[start + 1..].iter().take_while(|line| depth(line) > depth(first)).count();
    start..start + 1 + below
}

fn depth(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// Changes the indentation of a line in a block from `has` to `wanted` at the first line of the block.
fn indented(line: &str, wanted: usize, has: usize) -> String {
    let spaces = (depth(line) + wanted).saturating_sub(has);
    let rest = line.trim_start_matches(' ');
    let end = if rest.ends_with('\n') { "" } else { "\n" };
    format!("{}{rest}{end}", " ".repeat(spaces))
}

/// A random number generator (xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % limit.max(1)
    }
}
