//! Every part of a scalar is located in the file, byte for byte.
//!
//! The scalars are generated together with the position of every character, so that the result of `locate` can be
//! compared.

use std::ops::Range;

use crate::{Limits, Value, parse};
use naftiko_diagnostics::SourceMap;
use proptest::prelude::*;

/// A document and its scalar at `/key`, with the position of every character.
#[derive(Debug, Clone, Default)]
struct Written {
    source: String,
    value: String,
    places: Vec<Range<usize>>,
}

impl Written {
    fn begin(prefix: &str) -> Self {
        Self { source: prefix.to_owned(), ..Self::default() }
    }

    /// Source without a counterpart in the value.
    fn skip(&mut self, source: &str) {
        self.source.push_str(source);
    }

    /// A character and its source.
    fn push(&mut self, character: char, source: &str) {
        self.value.push(character);
        self.places.push(self.source.len()..self.source.len() + source.len());
        self.source.push_str(source);
    }

    fn push_as_is(&mut self, text: &str) {
        text.chars().for_each(|character| self.push(character, character.encode_utf8(&mut [0; 4])));
    }

    /// Line breaks with blanks around them. All but the first, or a single one, correspond to a character.
    fn fold(&mut self, fold: &Fold) {
        self.skip(&" ".repeat(fold.before));
        for index in 0..fold.breaks {
            match (index, fold.breaks) {
                (0, 1) => self.push(' ', fold.line_break),
                (0, _) => self.skip(fold.line_break),
                _ => self.push('\n', fold.line_break),
            }
            self.skip(&" ".repeat(if index + 1 == fold.breaks { fold.indent } else { fold.blank }));
        }
    }

    fn check(&self) -> Result<(), TestCaseError> {
        let mut sources = SourceMap::new();
        let file = sources.add("a.yaml", self.source.as_str());
        let parsed = parse(&self.source, file, &Limits::default());
        prop_assert!(parsed.diagnostics.is_empty(), "{:?}: {:?}", self.source, parsed.diagnostics);
        let node = parsed.root.as_ref().and_then(|root| root.get("key")).cloned().unwrap();
        let Value::String(text) = &node.value else { panic!("{:?}: {node:?}", self.source) };
        prop_assert_eq!(text.as_str(), &self.value, "{:?}", self.source);
        let offsets: Vec<usize> =
            self.value.char_indices().map(|(at, _)| at).chain([self.value.len()]).collect();
        let limit = node.span.range().end;
        for from in 0..self.places.len() {
            for to in from + 1..=self.places.len() {
                let found = text.locate(offsets[from]..offsets[to], node.span).range();
                let expected = self.places[from].start..self.places[to - 1].end.min(limit);
                if expected.start <= expected.end {
                    prop_assert_eq!(
                        found,
                        expected,
                        "{:?} in {:?}",
                        self.value.get(offsets[from]..offsets[to]),
                        self.source
                    );
                }
            }
        }
        Ok(())
    }
}

#[derive(Debug, Clone)]
struct Fold {
    before: usize,
    breaks: usize,
    blank: usize,
    indent: usize,
    line_break: &'static str,
}

fn fold() -> impl Strategy<Value = Fold> {
    let line_break = prop_oneof![Just("\n"), Just("\r\n")];
    (0..3_usize, 1..4_usize, 0..3_usize, 2..5_usize, line_break).prop_map(
        |(before, breaks, blank, indent, line_break)| Fold { before, breaks, blank, indent, line_break },
    )
}

/// A word that is read as itself in every style.
fn word() -> impl Strategy<Value = String> {
    "[a-zé日😀][a-z0-9é日😀]{0,5}( {1,2}[a-zé]{1,4}){0,2}"
}

fn words() -> impl Strategy<Value = (String, Vec<(Fold, String)>)> {
    (word(), prop::collection::vec((fold(), word()), 0..4))
}

/// The notation of a character in double quotes.
fn escaped(character: char, form: u8) -> String {
    let code = u32::from(character);
    match (character, form) {
        ('"', _) => "\\\"".to_owned(),
        ('\\', _) => "\\\\".to_owned(),
        ('\n', _) => "\\n".to_owned(),
        ('\t', 0) => "\\t".to_owned(),
        (_, 1) if code < 0x100 => format!("\\x{code:02x}"),
        (_, 2) if code < 0x1_0000 => format!("\\u{code:04X}"),
        (_, 2) => {
            let (high, low) = (0xD800 + ((code - 0x1_0000) >> 10), 0xDC00 + ((code - 0x1_0000) & 0x3FF));
            format!("\\u{high:04x}\\u{low:04X}")
        }
        (_, 3) => format!("\\U{code:08x}"),
        _ => character.to_string(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn plain_scalars((first, rest) in words()) {
        let mut written = Written::begin("a: 1\nkey:   ");
        written.push_as_is(&first);
        for (fold, word) in &rest {
            written.fold(fold);
            written.push_as_is(word);
        }
        written.skip("   # comment\nb: 2\n");
        written.check()?;
    }

    #[test]
    fn single_quoted_scalars((first, rest) in words(), quotes in "['a-z]{0,6}") {
        let mut written = Written::default();
        written.skip("key: !!str '");
        written.push_as_is(&first);
        for character in quotes.chars() {
            written.push(character, &character.to_string().replace('\'', "''"));
        }
        for (fold, word) in &rest {
            written.fold(fold);
            written.push_as_is(word);
        }
        written.skip("'\n");
        written.check()?;
    }

    #[test]
    fn double_quoted_scalars(
        characters in prop::collection::vec((prop_oneof![Just('"'), Just('\\'), Just('\n'), Just('\t'), any::<char>()], 0..5_u8), 0..12),
        folds in prop::collection::vec((fold(), word(), any::<bool>()), 0..3),
    ) {
        let mut written = Written::begin("key: &anchor \"x");
        written.value.push('x');
        written.places.push(written.source.len() - 1..written.source.len());
        for &(character, form) in &characters {
            // Characters that YAML calls not printable can only be escaped.
            let must = character.is_control() || matches!(character, '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}') || character == ' ';
            let form = if must && !matches!(form, 2 | 3) { 2 } else { form };
            written.push(character, &escaped(character, form));
        }
        for (fold, word, is_escaped) in &folds {
            if *is_escaped {
                // A backslash at the end of a line joins it to the next line without a space.
                written.skip(&format!("\\{}   ", fold.line_break));
            } else {
                written.fold(fold);
            }
            written.push_as_is(word);
        }
        written.skip("\"\n");
        written.check()?;
    }

    #[test]
    fn literal_block_scalars(
        lines in prop::collection::vec("([a-zé😀#:'\"\\\\]( {0,2}[a-zé#]){0,4} ?)?", 0..5),
        // At least one line is not empty; otherwise there is no text to locate.
        (line, at) in ("[a-z] ?[#é]?", any::<prop::sample::Index>()),
        chomping in prop_oneof![Just(""), Just("-"), Just("+")],
        indent in 1..4_usize,
        is_crlf in any::<bool>(),
    ) {
        let mut lines = lines;
        lines.insert(at.index(lines.len() + 1), line);
        let line_break = if is_crlf { "\r\n" } else { "\n" };
        let mut written = Written::begin("a: 1\nkey: |");
        written.skip(&format!("{chomping} # comment > |{line_break}"));
        let last = lines.iter().rposition(|line| !line.is_empty()).unwrap();
        for (index, line) in lines.iter().enumerate() {
            if !line.is_empty() {
                written.skip(&" ".repeat(indent));
                written.push_as_is(line);
            }
            let counts = index < last || chomping == "+" || (index == last && chomping.is_empty());
            if counts { written.push('\n', line_break) } else { written.skip(line_break) }
        }
        written.skip("b: 2\n");
        written.check()?;
    }

    #[test]
    fn folded_block_scalars((first, rest) in words(), indent in 1..4_usize) {
        let mut written = Written::default();
        written.skip("key: >-\n");
        written.skip(&" ".repeat(indent));
        written.push_as_is(&first);
        for (fold, word) in &rest {
            written.fold(&Fold { before: 0, blank: fold.blank.min(indent), indent, ..fold.clone() });
            written.push_as_is(word);
        }
        written.skip("\n\n");
        written.check()?;
    }
}

#[test]
fn a_more_indented_line_of_a_folded_block_keeps_its_breaks() {
    let mut written = Written::begin("key: >\n");
    for (text, line_break) in [("one", '\n'), ("  two", '\n'), ("three", ' '), ("four", '\n')] {
        written.skip("  ");
        written.push_as_is(text);
        written.push(line_break, "\n");
    }
    written.check().unwrap();
}

#[test]
fn a_block_scalar_may_say_its_indentation() {
    let mut written = Written::begin("key: |2\n");
    for text in ["   deeper", "less", "", " more"] {
        written.skip(if text.is_empty() { "" } else { "  " });
        written.push_as_is(text);
        written.push('\n', "\n");
    }
    written.check().unwrap();
}
