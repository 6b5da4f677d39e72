//! The type of text that may be printed.

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::ops::{Add, AddAssign, Deref};
use std::path::Path;

use serde::{Serialize, Serializer};

use crate::escape::escape;

/// Text in which nothing from outside acts on a terminal, forges a line or hides.
///
/// It is made from literals, by escaping, or of others of its kind. It can be read as the text that it is.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Printable(String);

impl Printable {
    /// Nothing.
    pub const fn new() -> Self {
        Self(String::new())
    }

    /// One line with this text; line ends and all other hidden characters in it are shown as escapes.
    pub fn escaped(text: &str) -> Self {
        Self(escape(text).into_owned())
    }

    /// Each line of a text on a line of its own, each escaped. Only for text whose lines mean nothing to a reader, such as
    /// a document that is quoted, or that is indented by the caller.
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

    /// A path, with bytes that are no UTF-8 as `\xff`.
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

    /// As many spaces.
    pub fn spaces(count: usize) -> Self {
        Self(" ".repeat(count))
    }

    /// The text as it is printed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Appends another.
    pub fn push(&mut self, other: &Self) {
        self.0.push_str(&other.0);
    }

    /// Appends another, and the end of the line.
    pub fn push_line(&mut self, other: &Self) {
        self.push(other);
        self.0.push('\n');
    }

    /// Appends a literal.
    pub fn push_literal(&mut self, literal: &'static str) {
        self.0.push_str(literal);
    }

    /// Its lines, without their ends.
    pub fn lines_of(&self) -> impl Iterator<Item = Self> {
        self.0.lines().map(|line| Self(line.to_owned()))
    }

    /// At least as many characters, with spaces behind.
    #[must_use]
    pub fn padded(mut self, width: usize) -> Self {
        let count = self.0.chars().count();
        self.0.extend(std::iter::repeat_n(' ', width.saturating_sub(count)));
        self
    }

    /// At least as many characters, with spaces before.
    #[must_use]
    pub fn padded_left(self, width: usize) -> Self {
        let count = self.0.chars().count();
        Self::spaces(width.saturating_sub(count)) + &self
    }

    /// Without white space at the end.
    #[must_use]
    pub fn trimmed_end(mut self) -> Self {
        self.0.truncate(self.0.trim_end().len());
        self
    }

    /// The first characters, up to that many.
    #[must_use]
    pub fn shortened(mut self, characters: usize) -> Self {
        if let Some((end, _)) = self.0.char_indices().nth(characters) {
            self.0.truncate(end);
        }
        self
    }

    /// With some characters replaced.
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

    /// The text of a library or format that this crate has made safe.
    pub(crate) fn trusted(text: String) -> Self {
        Self(text)
    }
}

/// Several in a row, with a literal in between.
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

/// A literal of this program, as it is.
impl From<&'static str> for Printable {
    fn from(literal: &'static str) -> Self {
        Self(literal.to_owned())
    }
}

/// Escaped.
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
