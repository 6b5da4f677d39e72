//! The first pass over a JSON text: how many values it has and how deep they are, and what is odd about them.
//!
//! It never allocates for a value, and stops at the first flaw. Grammar is checked as far as counting needs it; the
//! second pass checks the rest.

use super::number;

/// How deep lists and objects may be within each other.
pub(crate) const MOST_DEPTH: usize = 127;

/// The escape of U+FFFD, without its backslash and its `u`.
const REPLACEMENT: &[u8; 4] = b"FFFD";

/// What the first pass finds.
#[derive(Debug, Default)]
pub(super) struct Outline {
    /// The number of values.
    pub(super) nodes: usize,
    /// How many values are directly in each list and object, in the order in which they open.
    pub(super) sizes: Vec<u32>,
    /// What is odd, in the order of the text.
    pub(super) notes: Vec<Note>,
}

/// Something odd at a value, by the number of that value from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Note {
    pub(super) node: usize,
    pub(super) oddity: Oddity,
}

/// What can be odd about a value that JSON allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Oddity {
    /// A number whose digits are not kept.
    Inexact,
    /// A number beyond the largest double. Its text is replaced by `null`.
    Huge,
    /// A text or a name with half of a surrogate pair, whose escape is replaced by that of U+FFFD.
    HalfCharacter,
}

/// Why a text is not counted to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// It breaks the grammar of JSON.
    NotJson,
    /// Its lists and objects are deeper within each other than [`MOST_DEPTH`].
    TooDeep,
    /// It has more values than allowed.
    TooMany,
}

/// What may come next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Value,
    ValueOrEnd,
    Name,
    NameOrEnd,
    Colon,
    CommaOrEnd,
}

/// A list or an object that is open.
struct Open {
    is_object: bool,
    /// Its place in [`Outline::sizes`].
    place: usize,
}

impl Outline {
    /// The outline of a text, which has to be one value. Replaces half characters and numbers that are too large, so that
    /// the second pass can read them.
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

    /// A value begins. A second one beside the first is no JSON.
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

    /// A text, or the name of a field. What is odd about a name is noted at its value, which comes next.
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

    /// An escape; whether it was half of a pair of surrogates, and is replaced.
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

    /// The unit of UTF-16 that an escape at this place stands for; `None` if there is no such escape.
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
                // The shortest of these numbers has five characters.
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

/// Nothing, if what JSON demands at a place holds.
fn expect(holds: bool) -> Result<(), Flaw> {
    if holds { Ok(()) } else { Err(Flaw::NotJson) }
}
