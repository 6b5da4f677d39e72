//! The readings of a text: each character is either literal or starts an escape.
//!
//! The text alone does not tell which is meant: `%41` may be a percent-encoded `A` or part of a password. So the reader
//! returns all readings. An escape can itself be written with escapes, as in `%255C%2522`. The text is therefore read
//! backward, in blocks, so that the parts of an escape are always read before the escape.
//!
//! The work is proportional to the length of the text: each position is read about once, and an escape has a limited
//! number of parts.

use std::ops::Range;

use super::references::{LONGEST_NAME, named};

/// The number of positions that are read at once.
const BLOCK: usize = 4096;
/// The maximum length in bytes of one character with all its encodings.
const LONGEST: usize = 1024;
/// The maximum number of nested encodings that are decoded, except for backslashes, which may be doubled any number of
/// times.
const MOST_NESTED: usize = 12;
/// The maximum number of digits in a numeric character reference of HTML, leading zeros included.
const MOST_DIGITS: usize = 64;
/// The maximum number of positions that are tried between the halves of a surrogate pair.
const MOST_BACKSLASHES: usize = 32;
/// The maximum number of readings of one position.
const MOST_READINGS: usize = 24;
/// The maximum number of escape parts that one position can be read as.
const MOST_PARTS: usize = 12;

/// One way to read the text at a position.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Reading {
    /// The position where the text continues.
    pub(super) to: usize,
    bytes: [u8; 4],
    length: u8,
    /// Whether another reading of the position is more often meant.
    is_unlikely: bool,
}

impl Reading {
    /// A reading that produces no text: a backslash that only escapes the next one, or a soft line break.
    fn nothing(to: usize) -> Self {
        Self { to, ..Self::default() }
    }

    pub(super) fn byte(byte: u8, to: usize) -> Self {
        Self { to, bytes: [byte, 0, 0, 0], length: 1, is_unlikely: false }
    }

    fn character(character: char, to: usize) -> Self {
        let mut bytes = [0; 4];
        let length = character.encode_utf8(&mut bytes).len();
        Self { to, bytes, length: u8::try_from(length).unwrap_or_default(), is_unlikely: false }
    }

    /// The bytes that the reading produces.
    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }

    fn single(&self) -> Option<u8> {
        self.bytes.first().copied().filter(|_| self.length == 1)
    }
}

/// A byte that can be part of an escape but does not start one, and the position where the text continues.
type Part = (u8, usize);

/// A part of an escape that is itself written as an escape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct EscapedPart {
    part: Part,
    is_unlikely: bool,
}

/// Whether an escape may start with this byte.
pub(super) fn is_starter(byte: u8) -> bool {
    matches!(byte, b'%' | b'\\' | b'&' | b'+' | b'=' | b'~')
}

/// Reads a text, and counts the bytes that it reads.
pub(super) struct Reader<'t> {
    text: &'t [u8],
    /// The positions whose readings are available.
    block: Range<usize>,
    /// The readings and parts of each position from the start of the block.
    places: Vec<Place>,
    readings: Vec<Reading>,
    parts: Vec<EscapedPart>,
    pub(super) work: u64,
}

/// The readings and the parts of a position, as ranges of `readings` and `parts`.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    readings: (usize, usize),
    parts: (usize, usize),
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t [u8]) -> Self {
        let (places, readings, parts) = (Vec::new(), Vec::new(), Vec::new());
        Self { text, block: 0..0, places, readings, parts, work: 0 }
    }

    /// Reads the block of a position if necessary, and returns the number of readings of the position other than the
    /// literal byte. Positions must be passed in ascending order.
    pub(super) fn look_at(&mut self, at: usize) -> usize {
        if !self.block.contains(&at) {
            self.read_block(at);
        }
        let (from, to) = self.place(at).readings;
        to - from
    }

    /// The reading with this number of a position.
    pub(super) fn reading(&self, at: usize, number: usize) -> Option<Reading> {
        self.readings.get(self.place(at).readings.0 + number).copied()
    }

    /// Reads the block that starts at a position.
    fn read_block(&mut self, from: usize) {
        let end = self.text.len().min(from + BLOCK + LONGEST);
        self.block = from..end.min(from + BLOCK);
        self.readings.clear();
        self.parts.clear();
        self.places.clear();
        self.places.resize(end - from, Place::default());
        for at in (from..end).rev() {
            if let Some(starter) = self.byte(at).filter(|byte| is_starter(*byte)) {
                let place = self.read(at, starter);
                if let Some(free) = self.places.get_mut(at - from) {
                    *free = place;
                }
            }
        }
    }

    /// Reads a position. All later positions must have been read.
    fn read(&mut self, at: usize, starter: u8) -> Place {
        let (first_reading, first_part) = (self.readings.len(), self.parts.len());
        self.unescape(starter, at + 1, first_reading);
        // The byte that an escape produces may start another escape.
        for number in first_reading..first_reading + MOST_NESTED {
            let Some(reading) = self.readings.get(number).copied() else { break };
            if let Some(symbol) = reading.single().filter(|byte| is_starter(*byte)) {
                self.unescape(symbol, reading.to, first_reading);
            }
        }
        for number in first_reading..self.readings.len() {
            let Some(reading) = self.readings.get(number).copied() else { break };
            match reading.single() {
                Some(byte) if !is_starter(byte) => {
                    let part = (byte, reading.to);
                    self.parts.push(EscapedPart { part, is_unlikely: reading.is_unlikely });
                }
                None if reading.bytes().is_empty() => self.inherit(reading.to, first_part),
                _ => {}
            }
        }
        self.parts.truncate(first_part + MOST_PARTS);
        Place { readings: (first_reading, self.readings.len()), parts: (first_part, self.parts.len()) }
    }

    /// Adds the parts that the position `from` can be read as.
    fn inherit(&mut self, from: usize, first_part: usize) {
        let new: Vec<EscapedPart> = match self.byte(from) {
            Some(byte) if !is_starter(byte) => {
                vec![EscapedPart { part: (byte, from + 1), is_unlikely: false }]
            }
            _ => self.starter_parts(from).to_vec(),
        };
        for part in new {
            if !self.parts.get(first_part..).unwrap_or_default().contains(&part) {
                self.parts.push(part);
            }
        }
    }

    fn starter_parts(&self, at: usize) -> &[EscapedPart] {
        let (from, to) = self.place(at).parts;
        self.parts.get(from..to).unwrap_or_default()
    }

    fn place(&self, at: usize) -> Place {
        let known = at.checked_sub(self.block.start).and_then(|at| self.places.get(at));
        known.copied().unwrap_or_default()
    }

    fn byte(&mut self, at: usize) -> Option<u8> {
        self.work += 1;
        self.text.get(at).copied()
    }

    /// The part that a position can be read as and that fits: a likely one before unlikely ones, then the longest.
    fn part(&mut self, at: usize, fits: impl Fn(u8) -> bool) -> Option<Part> {
        let raw = self.byte(at)?;
        if !is_starter(raw) {
            return fits(raw).then_some((raw, at + 1));
        }
        let fitting = self.starter_parts(at).iter().filter(|escaped| fits(escaped.part.0));
        fitting.max_by_key(|escaped| (!escaped.is_unlikely, escaped.part.1)).map(|escaped| escaped.part)
    }

    /// Adds a reading to those of the current position, the first of which has the index `first`.
    fn add(&mut self, reading: Reading, first: usize) {
        let known = self.readings.get(first..).unwrap_or_default();
        if known.len() < MOST_READINGS && !known.contains(&reading) {
            self.readings.push(reading);
        }
    }

    /// Adds the readings of the escape that starts with `symbol` and continues at `to`.
    fn unescape(&mut self, symbol: u8, to: usize, first: usize) {
        let reading = match symbol {
            b'+' => Some(Reading::byte(b' ', to)),
            b'&' => self.reference(to),
            b'\\' => return self.backslash(to, first),
            b'~' => self.pointer(to),
            b'%' => {
                self.byte_of(to, 2, 16, first);
                let unit = self.part(to, |part| matches!(part, b'u' | b'U'));
                unit.and_then(|(_, after)| self.hex(after, 4)).and_then(text_of)
            }
            b'=' => {
                self.byte_of(to, 2, 16, first);
                self.line_break(to).map(Reading::nothing)
            }
            _ => None,
        };
        if let Some(reading) = reading {
            self.add(reading, first);
        }
    }

    /// Adds the byte with this number, and the Latin-1 character with this number, which some encoders mean.
    fn byte_of(&mut self, to: usize, count: usize, radix: u32, first: usize) {
        let Some((number, to)) = self.digits(to, count, radix) else { return };
        let Ok(byte) = u8::try_from(number) else { return };
        self.add(Reading::byte(byte, to), first);
        self.add(Reading::character(char::from(byte), to), first);
    }

    /// Adds the readings of a backslash before the position `to`.
    fn backslash(&mut self, to: usize, first: usize) {
        let Some(raw) = self.byte(to) else { return };
        if !is_starter(raw) {
            return self.after_backslash((raw, to + 1), first);
        }
        let (from, end) = self.place(to).readings;
        let readings = self.readings.get(from..end).unwrap_or_default();
        if raw == b'\\' || readings.iter().any(|reading| reading.single() == Some(b'\\')) {
            // The backslash may have been doubled.
            self.add(Reading::nothing(to), first);
        } else {
            self.add(Reading::byte(raw, to + 1), first);
        }
        for escaped in self.starter_parts(to).to_vec() {
            self.after_backslash(escaped.part, first);
        }
    }

    fn after_backslash(&mut self, (part, to): Part, first: usize) {
        let escaped = match part {
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'b' => 8,
            b'f' => 0xC,
            b'u' | b'U' | b'x' => {
                if let Some(reading) = self.unicode(part, to) {
                    self.add(reading, first);
                } else if part == b'x' {
                    self.byte_of(to, 2, 16, first);
                }
                return;
            }
            b'0'..=b'3' => {
                let Some((rest, to)) = self.digits(to, 2, 8) else { return };
                let octal = text_of((u32::from(part - b'0') * 64 + rest, to));
                let octal = octal.map(|reading| Reading { is_unlikely: true, ..reading });
                return octal.into_iter().for_each(|reading| self.add(reading, first));
            }
            other if other.is_ascii_punctuation() || other == b' ' => other,
            _ => return,
        };
        self.add(Reading::byte(escaped, to), first);
    }

    /// Reads `u0041`, `ud83d\ude00`, `u{1F600}`, `U0001F600` or `x{41}`, after the letter.
    fn unicode(&mut self, letter: u8, to: usize) -> Option<Reading> {
        if let Some((_, after)) = self.part(to, |part| part == b'{') {
            return self.terminated(after, 16, b'}', 8).and_then(text_of);
        }
        let (unit, to) = match letter {
            b'u' => self.hex(to, 4)?,
            b'U' => return self.hex(to, 8).and_then(text_of),
            _ => return None,
        };
        if !(0xD800..0xDC00).contains(&unit) {
            return text_of((unit, to));
        }
        // The second half alone is not a character and has no reading, so it is decoded here.
        let (low, to) = self.low_surrogate(to)?;
        text_of((0x1_0000 + ((unit - 0xD800) << 10) + low, to))
    }

    /// Reads the second half of a surrogate pair at `to`. Returns its lower ten bits.
    fn low_surrogate(&mut self, to: usize) -> Option<(u32, usize)> {
        let mut open = vec![to];
        let mut next = 0;
        while let Some(at) = open.get(next).copied().filter(|_| next < MOST_BACKSLASHES) {
            next += 1;
            let unit = self.part(at, |part| part == b'u').filter(|_| at > to);
            let unit = unit.and_then(|(_, after)| self.hex(after, 4));
            if let Some((unit, to)) = unit.filter(|(unit, _)| (0xDC00..0xE000).contains(unit)) {
                return Some((unit - 0xDC00, to));
            }
            // Each level of escaping may add backslashes before the `u`.
            let raw = (self.byte(at) == Some(b'\\')).then_some(at + 1);
            let (from, end) = self.place(at).readings;
            let escaped = self.readings.get(from..end).unwrap_or_default().iter();
            let escaped = escaped.filter(|it| it.single() == Some(b'\\') || it.bytes().is_empty());
            let escaped = escaped.map(|reading| reading.to);
            for after in raw.into_iter().chain(escaped) {
                if !open.contains(&after) {
                    open.push(after);
                }
            }
        }
        None
    }

    /// Reads `amp;`, `#39;` or `#x2F;`, after the `&`.
    fn reference(&mut self, to: usize) -> Option<Reading> {
        if let Some((_, after)) = self.part(to, |part| part == b'#') {
            let hex = self.part(after, |part| matches!(part, b'x' | b'X'));
            let (radix, digits) = hex.map_or((10, after), |(_, digits)| (16, digits));
            return self.terminated(digits, radix, b';', MOST_DIGITS).and_then(text_of);
        }
        let mut name = String::new();
        let mut at = to;
        while name.len() <= LONGEST_NAME {
            let (part, after) = self.part(at, |part| part.is_ascii_alphanumeric() || part == b';')?;
            if part == b';' {
                return named(&name).map(|character| Reading::character(character, after));
            }
            name.push(char::from(part));
            at = after;
        }
        None
    }

    /// Reads a number of at most `most` digits and the character that ends it.
    fn terminated(&mut self, mut at: usize, radix: u32, end: u8, most: usize) -> Option<(u32, usize)> {
        let mut number = 0;
        for count in 0..=most {
            let (part, after) = self.part(at, |part| is_digit(part, radix) || (part == end && count > 0))?;
            if part == end {
                return Some((number, after));
            }
            number = appended(number, part, radix)?;
            at = after;
        }
        None
    }

    /// Reads the `0` or `1` of a JSON Pointer after `~`: `~0` means `~`, and `~1` means `/`.
    fn pointer(&mut self, to: usize) -> Option<Reading> {
        match self.part(to, |part| matches!(part, b'0' | b'1'))? {
            (b'0', to) => Some(Reading::byte(b'~', to)),
            (_, to) => Some(Reading::byte(b'/', to)),
        }
    }

    /// The position after the line break at `to`.
    fn line_break(&mut self, to: usize) -> Option<usize> {
        let to = self.part(to, |part| part == b'\r').map_or(to, |(_, to)| to);
        self.part(to, |part| part == b'\n').map(|(_, to)| to)
    }

    fn hex(&mut self, to: usize, count: usize) -> Option<(u32, usize)> {
        self.digits(to, count, 16)
    }

    fn digits(&mut self, to: usize, count: usize, radix: u32) -> Option<(u32, usize)> {
        let (mut number, mut at) = (0, to);
        for _ in 0..count {
            let (digit, after) = self.part(at, |part| is_digit(part, radix))?;
            number = appended(number, digit, radix)?;
            at = after;
        }
        Some((number, at))
    }
}

fn text_of((number, to): (u32, usize)) -> Option<Reading> {
    char::from_u32(number).map(|character| Reading::character(character, to))
}

fn is_digit(part: u8, radix: u32) -> bool {
    char::from(part).is_digit(radix)
}

fn appended(number: u32, digit: u8, radix: u32) -> Option<u32> {
    let digit = char::from(digit).to_digit(radix)?;
    number.checked_mul(radix)?.checked_add(digit)
}
