//! Wraps text to the width of the screen.

use textwrap::{Options, WordSeparator, WordSplitter};

use crate::Printable;

/// Wraps a text to at most `width` columns: the first line after `lead`, the others indented by its width. Words are
/// not broken, because a broken name or path cannot be copied.
pub fn wrap(text: &Printable, lead: &Printable, width: usize) -> Printable {
    let indent = " ".repeat(lead.chars().count());
    let options = Options::new(width)
        .initial_indent(lead)
        .subsequent_indent(&indent)
        .break_words(false)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation);
    // Wrapping only moves words to other lines.
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
