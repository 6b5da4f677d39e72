//! Aligns the text of a scalar with its bytes in the file.
//!
//! The value and its source are traversed in parallel. Marks are needed only where the two diverge: at an escape, at a
//! folded line, at indentation. A scalar that cannot be aligned has no marks at all, so that a position is either exact
//! or the whole scalar.

use std::ops::Range;

use crate::lines::{self, is_blank, is_break};

/// The marks of a plain scalar with the source `range`.
pub(crate) fn plain(text: &str, range: Range<usize>, value: &str) -> Vec<(u32, u32)> {
    flow(text, range, value, Style::Plain)
}

/// The marks of a single-quoted scalar; `range` includes its quotes.
pub(crate) fn single_quoted(text: &str, range: &Range<usize>, value: &str) -> Vec<(u32, u32)> {
    flow(text, inside(range), value, Style::Single)
}

/// The marks of a double-quoted scalar; `range` includes its quotes.
pub(crate) fn double_quoted(text: &str, range: &Range<usize>, value: &str) -> Vec<(u32, u32)> {
    flow(text, inside(range), value, Style::Double)
}

/// The marks of a block scalar whose lines start at `body`, indented by `indent` spaces.
pub(crate) fn block(text: &str, body: usize, indent: usize, value: &str) -> Vec<(u32, u32)> {
    let mut walk = Walk::new(text, value, body);
    walk.block(indent).map_or_else(Vec::new, |()| walk.marks)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Plain,
    Single,
    Double,
}

fn inside(range: &Range<usize>) -> Range<usize> {
    range.start + 1..range.end.saturating_sub(1).max(range.start + 1)
}

fn flow(text: &str, range: Range<usize>, value: &str, style: Style) -> Vec<(u32, u32)> {
    let mut walk = Walk::new(text, value, range.start);
    // The common case: one line without escapes.
    if lines::slice(text, range.clone()) == value {
        walk.mark();
        return walk.marks;
    }
    walk.flow(range.end, style).map_or_else(Vec::new, |()| walk.marks)
}

/// A position in the source and the corresponding position in the value.
struct Walk<'a> {
    text: &'a str,
    value: &'a str,
    in_text: usize,
    in_value: usize,
    marks: Vec<(u32, u32)>,
}

impl<'a> Walk<'a> {
    fn new(text: &'a str, value: &'a str, in_text: usize) -> Self {
        Self { text, value, in_text, in_value: 0, marks: Vec::new() }
    }

    /// Adds a mark for the current position, unless the last mark implies it.
    fn mark(&mut self) {
        let told = self
            .marks
            .last()
            .is_some_and(|&(value, file)| self.in_value - value as usize == self.in_text - file as usize);
        if !told {
            self.push_mark();
        }
    }

    /// Adds a mark for the current position.
    fn push_mark(&mut self) {
        let (Ok(value), Ok(file)) = (u32::try_from(self.in_value), u32::try_from(self.in_text)) else {
            return;
        };
        if self.marks.last() != Some(&(value, file)) {
            self.marks.push((value, file));
        }
    }

    /// The next `length` bytes are equal in source and value.
    fn same(&mut self, length: usize) -> Option<()> {
        let source = self.text.get(self.in_text..self.in_text + length)?;
        if !self.value.get(self.in_value..)?.starts_with(source) {
            return None;
        }
        self.mark();
        self.in_text += length;
        self.in_value += length;
        Some(())
    }

    /// The next `source` bytes correspond to the next `value` bytes.
    fn stands_for(&mut self, source: usize, value: usize) {
        self.mark();
        self.in_text += source;
        self.in_value += value;
        self.mark();
    }

    /// The next `source` bytes have no counterpart in the value.
    fn skip(&mut self, source: usize) {
        if source > 0 {
            // The end of the run before is marked too, so that a range that ends here excludes the gap.
            self.push_mark();
            self.in_text += source;
            self.push_mark();
        }
    }

    fn byte(&self) -> Option<u8> {
        lines::byte(self.text, self.in_text)
    }

    /// The number of line breaks in the value from here on.
    fn breaks_in_value(&self) -> usize {
        lines::count(self.value, self.in_value, |byte| byte == b'\n')
    }

    fn flow(&mut self, end: usize, style: Style) -> Option<()> {
        while self.in_text < end {
            match self.byte()? {
                byte if is_blank(byte) || is_break(byte) => self.blanks_or_fold()?,
                b'\'' if style == Style::Single => {
                    (lines::byte(self.value, self.in_value) == Some(b'\'')).then_some(())?;
                    self.stands_for(2, 1);
                }
                b'\\' if style == Style::Double => self.escape()?,
                _ => {
                    let run = lines::count(self.text, self.in_text, |byte| !is_special(byte, style));
                    self.same(run.min(end - self.in_text))?;
                }
            }
        }
        (self.in_text == end && self.in_value == self.value.len()).then_some(())
    }

    /// Blanks in a line, or a line break with the blanks around it.
    fn blanks_or_fold(&mut self) -> Option<()> {
        let blanks = lines::count(self.text, self.in_text, is_blank);
        if lines::break_length(self.text, self.in_text + blanks) == 0 {
            return self.same(blanks);
        }
        let breaks = self.line_breaks();
        if breaks.len() == 1 { self.folded(&breaks, b' ') } else { self.folded(breaks.get(1..)?, b'\n') }?;
        self.skip(lines::count(self.text, self.in_text, is_blank));
        Some(())
    }

    /// The line breaks from here on, separated only by blanks: offset and length.
    fn line_breaks(&self) -> Vec<(usize, usize)> {
        let mut breaks = Vec::new();
        let mut at = self.in_text;
        loop {
            at += lines::count(self.text, at, is_blank);
            match lines::break_length(self.text, at) {
                0 => return breaks,
                length => breaks.push((at, length)),
            }
            at += breaks.last().map_or(0, |last| last.1);
        }
    }

    /// Each of these line breaks corresponds to one byte of the value.
    fn folded(&mut self, breaks: &[(usize, usize)], byte: u8) -> Option<()> {
        for &(at, length) in breaks {
            (lines::byte(self.value, self.in_value) == Some(byte)).then_some(())?;
            self.skip(at.checked_sub(self.in_text)?);
            self.stands_for(length, 1);
        }
        Some(())
    }

    /// An escape of a double-quoted scalar.
    fn escape(&mut self) -> Option<()> {
        let digits = match lines::byte(self.text, self.in_text + 1)? {
            byte if is_break(byte) => return self.escaped_break(),
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            _ => 0,
        };
        let mut source = 2 + digits;
        let code = self.text.get(self.in_text + 2..self.in_text + source)?;
        // The first half of a surrogate pair includes the second half.
        if digits == 4 && (0xD800..0xDC00).contains(&u32::from_str_radix(code, 16).ok()?) {
            source += 6;
        }
        let character = self.value.get(self.in_value..)?.chars().next()?;
        self.stands_for(source, character.len_utf8());
        Some(())
    }

    /// A line break after a backslash is removed; those after it remain line breaks.
    fn escaped_break(&mut self) -> Option<()> {
        let length = lines::break_length(self.text, self.in_text + 1);
        self.skip(1 + length);
        let breaks = self.line_breaks();
        self.folded(&breaks, b'\n')?;
        self.skip(lines::count(self.text, self.in_text, is_blank));
        Some(())
    }

    fn block(&mut self, indent: usize) -> Option<()> {
        loop {
            let spaces = lines::count(self.text, self.in_text, |byte| byte == b' ').min(indent);
            let end = lines::line_end(self.text, self.in_text + spaces);
            let content = end - self.in_text - spaces;
            if content > 0 {
                self.skip(spaces);
                self.same(content)?;
            }
            if self.in_value == self.value.len() {
                return Some(());
            }
            if self.breaks_between_lines(indent)?.is_last() {
                return Some(());
            }
        }
    }

    /// The line breaks between one line of a block scalar and the next one that is not empty.
    fn breaks_between_lines(&mut self, indent: usize) -> Option<Breaks> {
        let breaks = self.breaks_of_block(indent);
        let wanted = self.breaks_in_value();
        if self.in_value + wanted == self.value.len() {
            // The tail of the scalar. At the end of the file the last line break may be missing.
            self.folded(breaks.get(..wanted.min(breaks.len()))?, b'\n')?;
            return Some(Breaks::Last);
        }
        let rest = breaks.len().checked_sub(wanted)?;
        match (wanted, rest) {
            (0, 1) => self.folded(&breaks, b' ')?,
            (1.., 0 | 1) => self.folded(breaks.get(rest..)?, b'\n')?,
            _ => return None,
        }
        Some(Breaks::Inner)
    }

    /// The line breaks from here on, separated only by indentation: offset and length.
    fn breaks_of_block(&self, indent: usize) -> Vec<(usize, usize)> {
        let mut breaks = Vec::new();
        let mut at = self.in_text;
        loop {
            let spaces = lines::count(self.text, at, |byte| byte == b' ').min(indent);
            match lines::break_length(self.text, at + spaces) {
                0 => return breaks,
                length => breaks.push((at + spaces, length)),
            }
            at += spaces + breaks.last().map_or(0, |last| last.1);
        }
    }
}

/// Whether a byte may differ between source and value.
fn is_special(byte: u8, style: Style) -> bool {
    is_blank(byte)
        || is_break(byte)
        || match style {
            Style::Plain => false,
            Style::Single => byte == b'\'',
            Style::Double => byte == b'\\',
        }
}

#[derive(Clone, Copy)]
enum Breaks {
    Inner,
    Last,
}

impl Breaks {
    fn is_last(self) -> bool {
        matches!(self, Self::Last)
    }
}
