//! Generates texts that match a regular expression.
//!
//! A text is built from the parsed expression: a character for each class, an alternative for each choice, and a number
//! of repetitions. Assertions such as look-around are ignored, so the caller must validate the texts.

use regex_syntax::hir::{Class, Hir, HirKind};

/// The numbers of optional repetitions that are tried, in this order.
const REPETITIONS: [u32; 9] = [12, 8, 16, 4, 20, 24, 2, 1, 0];
/// The maximum length of a text in bytes.
const LONGEST: usize = 10_000;
/// The maximum nesting depth of groups.
const DEEPEST: usize = 64;

/// Texts that match `pattern`, the best first; none if the pattern cannot be parsed. `least` and `most` bound the
/// length in characters; `bits` returns pseudo-random bits for a number.
pub(crate) fn texts(pattern: &str, least: usize, most: usize, bits: &dyn Fn(u64) -> u64) -> Vec<String> {
    let Some(hir) = parsed(pattern) else { return Vec::new() };
    let wanted = [least, least.saturating_add(1), most].into_iter().filter(|length| *length < LONGEST);
    let wanted = wanted.filter_map(|length| u32::try_from(length).ok());
    let attempts = REPETITIONS.into_iter().chain(wanted).enumerate().flat_map(|(at, repetitions)| {
        // The second attempt takes alternatives at random.
        [(at, repetitions, false), (at, repetitions, true)]
    });
    let made = attempts.filter_map(|(at, repetitions, is_random)| {
        let salt = u64::try_from(at).unwrap_or_default() << 32;
        let mut writer = Writer { text: String::new(), repetitions, is_random, bits, salt };
        writer.write(&hir, 0)?;
        let length = writer.text.chars().count();
        (length >= least && length <= most).then_some(writer.text)
    });
    made.collect()
}

/// Up to `most` texts that match `pattern`, those with the fewest repetitions first; all of them if there are few.
pub(crate) fn language(pattern: &str, most: usize) -> Vec<String> {
    parsed(pattern).map(|hir| matched(&hir, most, 0)).unwrap_or_default()
}

/// The parsed expression; if that fails, the expression without its look-around.
fn parsed(pattern: &str) -> Option<Hir> {
    let parse = |pattern: &str| regex_syntax::Parser::new().parse(pattern).ok();
    parse(pattern).or_else(|| parse(&without_look_around(pattern)))
}

/// Up to `most` texts that match an expression.
fn matched(hir: &Hir, most: usize, depth: usize) -> Vec<String> {
    if depth > DEEPEST {
        return Vec::new();
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => vec![String::new()],
        HirKind::Literal(literal) => {
            std::str::from_utf8(&literal.0).map(|text| vec![text.to_owned()]).unwrap_or_default()
        }
        HirKind::Class(class) => {
            let mut found: Vec<String> = Vec::new();
            let all = (0..u64::try_from(most).unwrap_or(u64::MAX)).map_while(|at| character(class, at));
            for text in all.map(String::from) {
                // After the last character of the class, the first one comes again.
                if found.first() == Some(&text) {
                    break;
                }
                found.push(text);
            }
            found
        }
        HirKind::Repetition(repetition) => {
            let part = matched(&repetition.sub, most, depth + 1);
            let longest = repetition.max.unwrap_or(u32::MAX).min(repetition.min.saturating_add(64));
            let (mut found, mut texts) = (Vec::new(), vec![String::new()]);
            for count in 0..=longest {
                if count >= repetition.min {
                    found.extend(texts.iter().cloned());
                }
                if found.len() >= most || texts.first().is_none_or(|text| text.len() > LONGEST) {
                    break;
                }
                texts = joined(&texts, &part, most);
            }
            found.truncate(most);
            found
        }
        HirKind::Capture(capture) => matched(&capture.sub, most, depth + 1),
        HirKind::Concat(parts) => parts
            .iter()
            .fold(vec![String::new()], |texts, part| joined(&texts, &matched(part, most, depth + 1), most)),
        HirKind::Alternation(parts) => {
            parts.iter().flat_map(|part| matched(part, most, depth + 1)).take(most).collect()
        }
    }
}

/// Up to `most` texts that start with one of `starts` and end with one of `ends`.
fn joined(starts: &[String], ends: &[String], most: usize) -> Vec<String> {
    let all = ends.iter().flat_map(|end| starts.iter().map(move |start| format!("{start}{end}")));
    all.take(most).collect()
}

/// Builds one text.
struct Writer<'b> {
    text: String,
    repetitions: u32,
    /// Whether alternatives are taken at random; otherwise the one with the longest possible text is taken.
    is_random: bool,
    bits: &'b dyn Fn(u64) -> u64,
    salt: u64,
}

impl Writer<'_> {
    /// Appends a text that matches an expression; `None` if none matches or a limit is exceeded.
    fn write(&mut self, hir: &Hir, depth: usize) -> Option<()> {
        if depth > DEEPEST || self.text.len() > LONGEST {
            return None;
        }
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => Some(()),
            HirKind::Literal(literal) => {
                self.text.push_str(std::str::from_utf8(&literal.0).ok()?);
                Some(())
            }
            HirKind::Class(class) => {
                let at = self.chance();
                self.text.push(character(class, at)?);
                Some(())
            }
            HirKind::Repetition(repetition) => {
                let most = repetition.max.unwrap_or(u32::MAX);
                let count = repetition.min.saturating_add(self.repetitions).min(most);
                (0..count).try_for_each(|_| self.write(&repetition.sub, depth + 1))
            }
            HirKind::Capture(capture) => self.write(&capture.sub, depth + 1),
            HirKind::Concat(parts) => parts.iter().try_for_each(|part| self.write(part, depth + 1)),
            HirKind::Alternation(parts) => {
                let chosen = if self.is_random {
                    let count = u64::try_from(parts.len()).ok().filter(|count| *count > 0)?;
                    parts.get(usize::try_from(self.chance() % count).ok()?)
                } else {
                    // The first of the alternatives with the greatest maximum length: `max_by_key` returns the last
                    // one, hence `rev`.
                    parts
                        .iter()
                        .rev()
                        .max_by_key(|part| part.properties().maximum_len().unwrap_or(usize::MAX))
                };
                self.write(chosen?, depth + 1)
            }
        }
    }

    fn chance(&mut self) -> u64 {
        self.salt += 1;
        (self.bits)(self.salt)
    }
}

/// The character number `at` of a class, modulo its size: among letters and digits if it has any, else among visible
/// ASCII characters, else among all.
fn character(class: &Class, at: u64) -> Option<char> {
    let Class::Unicode(class) = class else { return None };
    let ranges: Vec<(u32, u32)> =
        class.ranges().iter().map(|range| (u32::from(range.start()), u32::from(range.end()))).collect();
    let preferred: [&[(u32, u32)]; 3] =
        [&[(0x30, 0x39), (0x41, 0x5a), (0x61, 0x7a)], &[(0x20, 0x7e)], &[(0, 0x0010_ffff)]];
    preferred.into_iter().find_map(|wanted| {
        let met: Vec<(u32, u32)> = ranges
            .iter()
            .flat_map(|(low, high)| wanted.iter().map(|(from, to)| (*low.max(from), *high.min(to))))
            .filter(|(low, high)| low <= high)
            .collect();
        let count: u64 = met.iter().map(|(low, high)| u64::from(high - low) + 1).sum();
        let mut left = at.checked_rem(count)?;
        met.into_iter().find_map(|(low, high)| {
            let size = u64::from(high - low) + 1;
            if left < size {
                return char::from_u32(low + u32::try_from(left).ok()?);
            }
            left -= size;
            None
        })
    })
}

/// A pattern without its look-around, which the parser does not support.
fn without_look_around(pattern: &str) -> String {
    let mut out = String::new();
    let mut rest = pattern;
    let mut in_class = false;
    while let Some(character) = rest.chars().next() {
        let is_look_around =
            !in_class && ["(?=", "(?!", "(?<=", "(?<!"].iter().any(|it| rest.starts_with(it));
        let length = match character {
            '\\' => rest.char_indices().nth(2).map_or(rest.len(), |(at, _)| at),
            _ if is_look_around => {
                rest = rest.get(group(rest)..).unwrap_or_default();
                continue;
            }
            other => {
                in_class = (in_class || other == '[') && other != ']';
                other.len_utf8()
            }
        };
        out.push_str(rest.get(..length).unwrap_or_default());
        rest = rest.get(length..).unwrap_or_default();
    }
    out
}

/// The length in bytes of the group at the start of a text.
fn group(text: &str) -> usize {
    let (mut depth, mut in_class, mut is_escaped) = (0_usize, false, false);
    for (at, character) in text.char_indices() {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '[' => in_class = true,
            ']' => in_class = false,
            '(' if !in_class => depth += 1,
            ')' if !in_class => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use regex::Regex;

    fn made(pattern: &str, salt: u64) -> Vec<String> {
        texts(pattern, 0, usize::MAX, &|at| (at ^ salt).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 7)
    }

    #[test]
    fn a_text_matches_its_pattern() {
        for pattern in [
            "^(0|[1-9][0-9]*)$",
            "^AC[0-9a-fA-F]{32}$",
            "^[a-z0-9]+(?:[._-][a-z0-9]+)*$",
            r"^\d{4}-\d{2}$",
            r"^\+?[1-9]\d{1,14}$",
            "^[^/]+/[^/]+$",
            "x",
            r"^(usd|eur)\s[0-9]+\.[0-9]{2}$",
            "^é+$",
            "^.{3}$",
        ] {
            let texts = made(pattern, 3);
            let first = texts.first().unwrap();
            assert!(Regex::new(pattern).unwrap().is_match(first), "{pattern}: {first}");
            assert!(first.chars().all(|character| !character.is_control()), "{pattern}: {first:?}");
        }
    }

    #[test]
    fn an_unbounded_part_gives_another_text_each_time() {
        let first = |salt| made("^(0|[1-9][0-9]*)$", salt).into_iter().next().unwrap();
        assert_ne!(first(1), first(2));
        assert!(first(1).len() > 8);
    }

    #[test]
    fn look_around_is_left_out() {
        assert_eq!(without_look_around(r"^(?!x[)]\))(?=.*\d)[a-z(?=]+$"), "^[a-z(?=]+$");
        assert!(!made("^(?=.*[0-9])[a-z0-9]{8}$", 1).is_empty());
    }

    #[test]
    fn a_pattern_that_is_none_gives_nothing() {
        assert_eq!(made("(", 1), Vec::<String>::new());
        assert_eq!(made(r"(a)\1", 1), Vec::<String>::new());
        assert!(made("((a{1000}){1000}){1000}", 1).is_empty());
    }
}
