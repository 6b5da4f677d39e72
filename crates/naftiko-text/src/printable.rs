//! The type of text that may be printed.

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::ops::{Add, AddAssign, Deref};
use std::path::Path;

use serde::{Serialize, Serializer};

use crate::escape::escape;

/// Text in which nothing from outside can control a terminal, forge a line or be invisible.
///
/// A value is made from literals, by escaping, or from other values of this type. It dereferences to its text.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Printable(String);

impl Printable {
    /// An empty text.
    pub const fn new() -> Self {
        Self(String::new())
    }

    /// A text on one line; line ends and all other hidden characters are shown as escapes.
    pub fn escaped(text: &str) -> Self {
        Self(escape(text).into_owned())
    }

    /// The lines of a text, each escaped. Only for text whose line structure cannot mislead a reader, such as a quoted
    /// document, or text that the caller indents.
    pub fn escaped_lines(text: &str) -> Self {
        let mut lines = Self::new();
        for (position, line) in text.split('\n').enumerate() {
            if position > 0 {
                lines.0.push('\n');
            }
            lines.0.push_str(&escape(line.strip_suffix('\r').unwrap_or(line)));
        }
        lines
    }

    /// A path; bytes that are not UTF-8 are shown as `\xff`.
    pub fn path(path: &Path) -> Self {
        let mut text = Self::new();
        for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
            text.0.push_str(&escape(chunk.valid()));
            for byte in chunk.invalid() {
                // Writing to a string cannot fail.
                let _infallible = write!(text.0, "\\x{byte:02x}");
            }
        }
        text
    }

    /// A text of `count` spaces.
    pub fn spaces(count: usize) -> Self {
        Self(" ".repeat(count))
    }

    /// The text as it is printed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Appends another text.
    pub fn push(&mut self, other: &Self) {
        self.0.push_str(&other.0);
    }

    /// Appends another text and a line end.
    pub fn push_line(&mut self, other: &Self) {
        self.push(other);
        self.0.push('\n');
    }

    /// Appends a literal.
    pub fn push_literal(&mut self, literal: &'static str) {
        self.0.push_str(literal);
    }

    /// The lines, without their ends.
    pub fn lines_of(&self) -> impl Iterator<Item = Self> {
        self.0.lines().map(|line| Self(line.to_owned()))
    }

    /// Pads the text with spaces on the right, to at least `width` characters.
    #[must_use]
    pub fn padded(mut self, width: usize) -> Self {
        let count = self.0.chars().count();
        self.0.extend(std::iter::repeat_n(' ', width.saturating_sub(count)));
        self
    }

    /// Pads the text with spaces on the left, to at least `width` characters.
    #[must_use]
    pub fn padded_left(self, width: usize) -> Self {
        let count = self.0.chars().count();
        Self::spaces(width.saturating_sub(count)) + &self
    }

    /// Removes white space at the end.
    #[must_use]
    pub fn trimmed_end(mut self) -> Self {
        self.0.truncate(self.0.trim_end().len());
        self
    }

    /// Cuts the text after at most `characters` characters.
    #[must_use]
    pub fn shortened(mut self, characters: usize) -> Self {
        if let Some((end, _)) = self.0.char_indices().nth(characters) {
            self.0.truncate(end);
        }
        self
    }

    /// Replaces each character for which `replacement` returns a text.
    #[must_use]
    pub fn replacing(&self, replacement: impl Fn(char) -> Option<Self>) -> Self {
        let mut out = String::with_capacity(self.0.len());
        for character in self.0.chars() {
            match replacement(character) {
                Some(other) => out.push_str(&other.0),
                None => out.push(character),
            }
        }
        Self(out)
    }

    /// Wraps a text that this crate has made safe.
    pub(crate) fn trusted(text: String) -> Self {
        Self(text)
    }
}

/// Joins texts, with a literal in between.
pub fn join<T: AsRef<Printable>>(parts: impl IntoIterator<Item = T>, between: &'static str) -> Printable {
    let mut all = Printable::new();
    for (position, part) in parts.into_iter().enumerate() {
        if position > 0 {
            all.push_literal(between);
        }
        all.push(part.as_ref());
    }
    all
}

impl AsRef<Printable> for Printable {
    fn as_ref(&self) -> &Printable {
        self
    }
}

/// Converts a literal, unchanged.
impl From<&'static str> for Printable {
    fn from(literal: &'static str) -> Self {
        Self(literal.to_owned())
    }
}

/// Converts a text by escaping it.
impl From<String> for Printable {
    fn from(text: String) -> Self {
        match escape(&text) {
            Cow::Borrowed(_) => Self(text),
            Cow::Owned(escaped) => Self(escaped),
        }
    }
}

impl From<&Printable> for Printable {
    fn from(other: &Printable) -> Self {
        other.clone()
    }
}

impl Deref for Printable {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Printable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Printable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl Add<&Printable> for Printable {
    type Output = Self;

    fn add(mut self, other: &Printable) -> Self {
        self.push(other);
        self
    }
}

impl AddAssign<&Printable> for Printable {
    fn add_assign(&mut self, other: &Printable) {
        self.push(other);
    }
}

impl Extend<Printable> for Printable {
    fn extend<T: IntoIterator<Item = Printable>>(&mut self, parts: T) {
        for part in parts {
            self.push(&part);
        }
    }
}

impl FromIterator<Printable> for Printable {
    fn from_iter<T: IntoIterator<Item = Printable>>(parts: T) -> Self {
        let mut all = Self::new();
        all.extend(parts);
        all
    }
}

impl PartialEq<str> for Printable {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for Printable {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl Serialize for Printable {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_from_outside_stays_one_line() {
        assert_eq!(Printable::escaped("a\nb"), "a\\nb");
        assert_eq!(Printable::escaped_lines("a\u{9b}\r\n\tb\n"), "a\\u{9b}\n\\tb\n");
        assert_eq!(Printable::from("a\n".to_owned() + "\u{1b}"), "a\\n\\u{1b}");
        assert_eq!(Printable::from("a\n"), "a\n");
    }

    #[cfg(unix)]
    #[test]
    fn bytes_of_a_path_that_are_no_text_are_shown() {
        use std::os::unix::ffi::OsStrExt;
        let name = std::ffi::OsStr::from_bytes(b"a\xff\x1b\xe2\x80\xae.yaml");
        assert_eq!(Printable::path(Path::new(name)), "a\\xff\\u{1b}\\u{202e}.yaml");
    }

    #[test]
    fn parts_are_put_together_as_they_are() {
        let parts = [Printable::from("a"), Printable::escaped("\t")];
        assert_eq!(join(&parts, ", "), "a, \\t");
        assert_eq!(parts.into_iter().collect::<Printable>().padded(5), "a\\t  ");
        assert_eq!(Printable::from("7").padded_left(3), "  7");
        assert_eq!(Printable::from("a; b").replacing(|c| (c == ';').then(|| "\n".into())), "a\n b");
        assert_eq!(Printable::from("abc ").shortened(2), "ab");
        assert_eq!(Printable::from("abc \n").trimmed_end(), "abc");
    }
}
