//! The first pass over a JSON text: counts its values and its depth, and notes its oddities.
//!
//! This pass allocates no values and stops at the first flaw. It checks the grammar only as far as counting requires;
//! the second pass checks the rest.

use super::number;

/// The maximum nesting depth of lists and objects.
pub(crate) const MOST_DEPTH: usize = 127;

/// The hexadecimal digits of the escape of U+FFFD.
const REPLACEMENT: &[u8; 4] = b"FFFD";

/// The result of the first pass.
#[derive(Debug, Default)]
pub(super) struct Outline {
    /// The number of values.
    pub(super) nodes: usize,
    /// The number of direct members of each list and object, in the order in which they open.
    pub(super) sizes: Vec<u32>,
    /// The oddities, in the order of the text.
    pub(super) notes: Vec<Note>,
}

/// An oddity of a value, with the number of that value from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Note {
    pub(super) node: usize,
    pub(super) oddity: Oddity,
}

/// The oddities of a text that is valid JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Oddity {
    /// A number whose digits are not preserved.
    Inexact,
    /// A number beyond the largest double. Its text is replaced with `null`.
    Huge,
    /// A text or a name with an unpaired surrogate, whose escape is replaced with that of U+FFFD.
    HalfCharacter,
}

/// The reason why counting stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// The text violates the grammar of JSON.
    NotJson,
    /// Lists and objects are nested deeper than [`MOST_DEPTH`].
    TooDeep,
    /// The text has more values than allowed.
    TooMany,
}

/// The token that the grammar allows next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Value,
    ValueOrEnd,
    Name,
    NameOrEnd,
    Colon,
    CommaOrEnd,
}

/// An open list or object.
struct Open {
    is_object: bool,
    /// The index in [`Outline::sizes`].
    place: usize,
}

impl Outline {
    /// Scans a text, which must be a single value. Replaces unpaired surrogates and numbers beyond a double, so that
    /// the second pass can parse the text.
    pub(super) fn of(bytes: &mut [u8], most: usize) -> Result<Self, Flaw> {
        let mut scanner =
            Scanner { bytes, at: 0, most, next: Next::Value, open: Vec::new(), outline: Self::default() };
        while let Some(&byte) = scanner.bytes.get(scanner.at) {
            scanner.step(byte)?;
        }
        let is_whole = scanner.open.is_empty() && scanner.outline.nodes > 0;
        if is_whole { Ok(scanner.outline) } else { Err(Flaw::NotJson) }
    }
}

struct Scanner<'b> {
    bytes: &'b mut [u8],
    at: usize,
    most: usize,
    next: Next,
    open: Vec<Open>,
    outline: Outline,
}

impl Scanner<'_> {
    /// Reads one token, or one byte of white space.
    fn step(&mut self, byte: u8) -> Result<(), Flaw> {
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' => self.at += 1,
            b'{' | b'[' => self.opens(byte == b'{')?,
            b'}' | b']' => self.closes(byte == b'}')?,
            b',' => self.comma()?,
            b':' => {
                expect(self.next == Next::Colon)?;
                self.next = Next::Value;
                self.at += 1;
            }
            b'"' => self.string()?,
            b'-' | b'0'..=b'9' => self.number()?,
            b't' | b'f' | b'n' => {
                self.value()?;
                self.skip(u8::is_ascii_lowercase);
            }
            _ => return Err(Flaw::NotJson),
        }
        Ok(())
    }

    /// Starts a value and counts it. Fails if no value is allowed here, or the limit is reached.
    fn value(&mut self) -> Result<(), Flaw> {
        expect(matches!(self.next, Next::Value | Next::ValueOrEnd))?;
        self.next = Next::CommaOrEnd;
        if self.outline.nodes >= self.most {
            return Err(Flaw::TooMany);
        }
        self.outline.nodes += 1;
        let size = self.open.last().and_then(|open| self.outline.sizes.get_mut(open.place));
        if let Some(size) = size {
            *size = size.saturating_add(1);
        }
        Ok(())
    }

    fn opens(&mut self, is_object: bool) -> Result<(), Flaw> {
        self.value()?;
        if self.open.len() >= MOST_DEPTH {
            return Err(Flaw::TooDeep);
        }
        self.open.push(Open { is_object, place: self.outline.sizes.len() });
        self.outline.sizes.push(0);
        self.next = if is_object { Next::NameOrEnd } else { Next::ValueOrEnd };
        self.at += 1;
        Ok(())
    }

    fn closes(&mut self, is_object: bool) -> Result<(), Flaw> {
        let may_end = matches!(self.next, Next::CommaOrEnd | Next::ValueOrEnd | Next::NameOrEnd);
        let open = self.open.pop();
        expect(may_end && open.is_some_and(|open| open.is_object == is_object))?;
        self.next = Next::CommaOrEnd;
        self.at += 1;
        Ok(())
    }

    fn comma(&mut self) -> Result<(), Flaw> {
        expect(self.next == Next::CommaOrEnd)?;
        self.next = match self.open.last() {
            Some(open) if open.is_object => Next::Name,
            Some(_) => Next::Value,
            None => return Err(Flaw::NotJson),
        };
        self.at += 1;
        Ok(())
    }

    /// Reads a text or the name of a field. An oddity of a name is noted at the value that follows.
    fn string(&mut self) -> Result<(), Flaw> {
        let node = self.outline.nodes;
        if matches!(self.next, Next::Name | Next::NameOrEnd) {
            self.next = Next::Colon;
        } else {
            self.value()?;
        }
        self.at += 1;
        let mut has_half = false;
        loop {
            match self.bytes.get(self.at) {
                None => return Err(Flaw::NotJson),
                Some(b'"') => break,
                Some(b'\\') => has_half |= self.escape(),
                Some(_) => self.at += 1,
            }
        }
        self.at += 1;
        if has_half {
            self.note(node, Oddity::HalfCharacter);
        }
        Ok(())
    }

    /// Reads an escape. Returns whether it was an unpaired surrogate, which is then replaced.
    fn escape(&mut self) -> bool {
        let digits = self.at + 2;
        match self.unit(self.at) {
            Some(0xD800..=0xDBFF) => {
                if matches!(self.unit(digits + 4), Some(0xDC00..=0xDFFF)) {
                    self.at = digits + 10;
                    return false;
                }
            }
            Some(0xDC00..=0xDFFF) => {}
            Some(_) => {
                self.at = digits + 4;
                return false;
            }
            None => {
                self.at = digits;
                return false;
            }
        }
        if let Some(half) = self.bytes.get_mut(digits..digits + 4) {
            half.copy_from_slice(REPLACEMENT);
        }
        self.at = digits + 4;
        true
    }

    /// The UTF-16 unit of the `\u` escape at this index; `None` if there is no such escape.
    fn unit(&self, at: usize) -> Option<u32> {
        let digits = self.bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
        digits.iter().try_fold(0, |unit, digit| Some(unit * 16 + char::from(*digit).to_digit(16)?))
    }

    fn number(&mut self) -> Result<(), Flaw> {
        let (node, start) = (self.outline.nodes, self.at);
        self.value()?;
        self.skip(|byte| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'));
        let Some(token) = self.bytes.get_mut(start..self.at) else { return Ok(()) };
        match number::kept(token) {
            number::Kept::Exactly => {}
            number::Kept::Roughly => self.note(node, Oddity::Inexact),
            number::Kept::Not => {
                token.fill(b' ');
                // Such a number has at least five characters (`9e308`), so `null` fits.
                if let Some(start) = token.get_mut(..4) {
                    start.copy_from_slice(b"null");
                }
                self.note(node, Oddity::Huge);
            }
        }
        Ok(())
    }

    fn note(&mut self, node: usize, oddity: Oddity) {
        self.outline.notes.push(Note { node, oddity });
    }

    fn skip(&mut self, is_part: impl Fn(&u8) -> bool) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        self.at += rest.iter().take_while(|byte| is_part(byte)).count();
    }
}

/// Fails with [`Flaw::NotJson`] unless the condition holds.
fn expect(holds: bool) -> Result<(), Flaw> {
    if holds { Ok(()) } else { Err(Flaw::NotJson) }
}
