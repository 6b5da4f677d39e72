//! Text in lines that fit the screen.

use textwrap::{Options, WordSeparator, WordSplitter};

use crate::Printable;

/// A text in lines of at most `width` columns: the first behind `lead`, the others below its end. Words are kept whole: a
/// name or a path that is broken cannot be copied.
pub fn wrap(text: &Printable, lead: &Printable, width: usize) -> Printable {
    let indent = " ".repeat(lead.chars().count());
    let options = Options::new(width)
        .initial_indent(lead)
        .subsequent_indent(&indent)
        .break_words(false)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation);
    // Words are moved to other lines, and nothing else.
    Printable::trusted(textwrap::fill(text, options))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_kept_whole_and_lines_begin_below_the_first() {
        assert_eq!(wrap(&"one two three-four".into(), &"- ".into(), 9), "- one two\n  three-four");
    }
}
