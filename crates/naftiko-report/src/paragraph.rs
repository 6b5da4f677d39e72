//! Text in lines that fit the screen.

use textwrap::{Options, WordSeparator, WordSplitter};

/// A text in lines of at most `width` columns: the first behind `lead`, the others below its end. Words are kept whole:
/// a name or a path that is broken cannot be copied.
pub(crate) fn paragraph(text: &str, lead: &str, width: usize) -> String {
    let indent = " ".repeat(lead.chars().count());
    let options = Options::new(width)
        .initial_indent(lead)
        .subsequent_indent(&indent)
        .break_words(false)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation);
    textwrap::fill(text, options)
}
