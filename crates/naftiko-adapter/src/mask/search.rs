//! Searches one text for secrets: literal, escaped, in base64 and in hexadecimal digits.
//!
//! The search reads the text once, from start to end, in all its readings at the same time. A [`Thread`] follows one
//! reading that has matched a prefix of a secret; of threads that can find the same secrets, one is retained. Each byte
//! of a thread is recorded as a [`Step`], so that a secret that was found can be traced back to its start.
//!
//! The work is proportional to the length of the text, whatever it contains.

use std::collections::{BTreeMap, BinaryHeap};

use super::automaton::{Automaton, ROOT, StateId};
use super::escapes::{Reader, Reading, is_starter};

/// The maximum number of threads at one position. Only texts made for the purpose reach it; then the threads with the
/// longest matched prefixes are retained.
const MOST_THREADS: usize = 24;
/// The number of steps after which unneeded ones are dropped for the first time.
const FEW_STEPS: usize = 4096;

/// Where the secrets of an automaton may occur.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// Anywhere in the text.
    Anywhere {
        /// Whether ASCII letters match in either case.
        any_case: bool,
    },
    /// Only as the whole text.
    WholeText,
}

/// The state of the search in one text.
pub(super) struct Search<'a> {
    automaton: &'a Automaton,
    scope: Scope,
    text: &'a [u8],
    reader: Reader<'a>,
    at: usize,
    /// The threads at the current position, at the next one, and at later ones.
    here: Vec<Thread>,
    next: Vec<Thread>,
    later: BTreeMap<usize, Vec<Thread>>,
    steps: Vec<Step>,
    /// The number of steps after which unneeded ones are dropped.
    most_steps: usize,
    found: Vec<(usize, usize)>,
    work: u64,
}

/// One reading of the text up to a position.
#[derive(Debug, Clone, Copy)]
struct Thread {
    state: StateId,
    /// The step of the last byte.
    last: Option<u32>,
    digits: Digits,
    /// The position of the digit that starts the next byte.
    from: usize,
}

/// The encoding that a thread decodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Digits {
    /// None: bytes are read from the text itself.
    None,
    /// Base64, with the bits that are not part of a byte yet.
    Base64 { bits: u32, count: u32 },
    /// Hexadecimal digits, with the first digit of a pair.
    Hex { high: Option<u32> },
}

/// A byte that a thread read, or a join of two threads, which reads none.
#[derive(Debug, Clone, Copy)]
struct Step {
    before: Option<u32>,
    /// The last step of the other thread of a join, and the number of bytes that its match has.
    other: Option<(u32, u32)>,
    /// The position where the byte starts in the text.
    from: usize,
    /// The number of bytes, up to and including this one, that are known to be part of a secret.
    covered: u32,
    /// The number of bytes that this step read: 1 or 0.
    length: u32,
}

impl<'a> Search<'a> {
    /// Searches a text. Returns the places of secrets, which may overlap, and the work: the number of bytes and states
    /// visited.
    pub(super) fn run(automaton: &'a Automaton, scope: Scope, text: &'a str) -> (Vec<(usize, usize)>, u64) {
        let mut search = Self {
            automaton,
            scope,
            text: text.as_bytes(),
            reader: Reader::new(text.as_bytes()),
            at: 0,
            here: Vec::new(),
            next: Vec::new(),
            later: BTreeMap::new(),
            steps: Vec::new(),
            most_steps: FEW_STEPS,
            found: Vec::new(),
            work: 0,
        };
        search.go();
        (search.found, search.work + search.reader.work)
    }

    fn go(&mut self) {
        for (at, byte) in self.text.iter().copied().enumerate() {
            self.at = at;
            self.arrive();
            if self.scope == Scope::WholeText && at > 0 && self.here.is_empty() && self.later.is_empty() {
                return;
            }
            self.work += 1;
            if is_starter(byte) {
                for number in 0..self.reader.look_at(at) {
                    if let Some(reading) = self.reader.reading(at, number) {
                        self.read(at, reading);
                    }
                }
            }
            self.read(at, Reading::byte(byte, at + 1));
        }
    }

    /// Collects the threads that continue at the current position.
    fn arrive(&mut self) {
        std::mem::swap(&mut self.here, &mut self.next);
        self.next.clear();
        if let Some(mut earlier) = self.later.remove(&self.at) {
            for thread in std::mem::take(&mut self.here) {
                self.add(&mut earlier, thread);
            }
            self.here = earlier;
        }
        if self.here.is_empty() && self.later.is_empty() {
            self.steps.clear();
        } else if self.steps.len() > self.most_steps {
            self.forget();
        }
    }

    /// Passes a reading of the current position to every thread, and to threads that start here.
    fn read(&mut self, at: usize, reading: Reading) {
        let mut fresh = Thread { state: ROOT, last: None, digits: Digits::None, from: at };
        let mut is_read_as_text = false;
        for index in 0..self.here.len() {
            let Some(thread) = self.here.get(index).copied() else { break };
            if thread.digits == Digits::None {
                is_read_as_text = true;
                // Backslashes that escape the first character of a secret belong to it.
                fresh.from = if thread.state == ROOT { thread.from } else { fresh.from };
            }
            self.advance(at, thread, reading);
        }
        if at > 0 && self.scope == Scope::WholeText {
            return;
        }
        // A thread that has matched a prefix of a secret finds secrets that start here too.
        if !is_read_as_text || reading.bytes().is_empty() {
            self.advance(at, fresh, reading);
        }
        if let [symbol] = reading.bytes() {
            self.begin_base64(fresh.from, *symbol, reading.to);
            self.begin_hex(fresh.from, *symbol, reading.to);
        }
    }

    fn advance(&mut self, at: usize, thread: Thread, reading: Reading) {
        if reading.bytes().is_empty() {
            return self.put(reading.to, thread);
        }
        match thread.digits {
            Digits::None => {
                let from = if thread.state == ROOT { thread.from } else { at };
                let mut thread = Thread { from, ..thread };
                for byte in reading.bytes() {
                    let Some(next) = self.take(thread, *byte) else { return };
                    thread = next;
                }
                self.put_read(reading.to, thread);
            }
            Digits::Base64 { .. } | Digits::Hex { .. } => {
                let [symbol] = reading.bytes() else { return };
                self.advance_digits(at, thread, *symbol, reading.to);
            }
        }
    }

    /// The thread after one more byte; `None` if the byte continues no secret.
    fn take(&mut self, thread: Thread, byte: u8) -> Option<Thread> {
        // Carriage returns between lines, and zero bytes of UTF-16, are skipped.
        let is_skipped = byte == b'\r' || (byte == 0 && thread.digits != Digits::None);
        if is_skipped {
            return (thread.state != ROOT).then_some(thread);
        }
        let byte = self.folded(byte);
        let state = match self.scope {
            Scope::WholeText => {
                self.work += 1;
                self.automaton.child(thread.state, byte)?
            }
            Scope::Anywhere { .. } => self.automaton.step(thread.state, byte, &mut self.work),
        };
        if state == ROOT {
            return None;
        }
        let last =
            self.note(Step { before: thread.last, other: None, from: thread.from, covered: 0, length: 1 })?;
        Some(Thread { state, last: Some(last), ..thread })
    }

    fn folded(&self, byte: u8) -> u8 {
        if self.scope == (Scope::Anywhere { any_case: true }) { byte.to_ascii_lowercase() } else { byte }
    }

    /// Passes one more digit to a thread that decodes base64 or hexadecimal digits.
    fn advance_digits(&mut self, at: usize, thread: Thread, symbol: u8, to: usize) {
        if is_between_digits(symbol, thread.digits) {
            return self.put(to, thread);
        }
        match thread.digits {
            Digits::Base64 { bits, count } => {
                let Some(digit) = base64_digit(symbol) else { return };
                let from = if count == 0 { at } else { thread.from };
                let (bits, count) = ((bits << 6) | digit, count + 6);
                if count < 8 {
                    return self.put(to, Thread { digits: Digits::Base64 { bits, count }, from, ..thread });
                }
                let count = count - 8;
                let byte = u8::try_from(bits >> count).unwrap_or_default();
                let digits = Digits::Base64 { bits: bits & ((1 << count) - 1), count };
                if let Some(next) = self.take(Thread { from, ..thread }, byte) {
                    self.put_read(to, Thread { digits, from: at, ..next });
                }
            }
            Digits::Hex { high } => {
                let Some(digit) = char::from(symbol).to_digit(16) else { return };
                let Some(high) = high else {
                    let digits = Digits::Hex { high: Some(digit) };
                    return self.put(to, Thread { digits, from: at, ..thread });
                };
                let byte = u8::try_from(high << 4 | digit).unwrap_or_default();
                if let Some(next) = self.take(thread, byte) {
                    self.put_read(to, Thread { digits: Digits::Hex { high: None }, ..next });
                }
            }
            Digits::None => {}
        }
    }

    /// Starts threads for secrets whose first bits are in this base64 digit.
    fn begin_base64(&mut self, from: usize, symbol: u8, to: usize) {
        let Some(digit) = base64_digit(symbol) else { return };
        let following = self.text.get(to).copied();
        for count in [6, 4, 2] {
            let bits = digit & ((1 << count) - 1);
            let may_begin = match following.and_then(base64_digit) {
                Some(next) => {
                    let byte = u8::try_from(((bits << 6) | next) >> (count - 2)).unwrap_or_default();
                    self.automaton.begins_with(self.folded(byte))
                }
                None => following.is_some_and(|next| is_starter(next) || next.is_ascii_whitespace()),
            };
            self.work += 1;
            if may_begin {
                let digits = Digits::Base64 { bits, count };
                self.put(to, Thread { state: ROOT, last: None, digits, from });
            }
            if self.scope == Scope::WholeText {
                return;
            }
        }
    }

    /// Starts a thread for secrets whose first byte starts with this hexadecimal digit.
    fn begin_hex(&mut self, from: usize, symbol: u8, to: usize) {
        let Some(high) = char::from(symbol).to_digit(16) else { return };
        let following = self.text.get(to).copied();
        let may_begin = match following.and_then(|next| char::from(next).to_digit(16)) {
            Some(low) => {
                let byte = u8::try_from(high << 4 | low).unwrap_or_default();
                self.automaton.begins_with(self.folded(byte))
            }
            None => following.is_some_and(is_starter),
        };
        self.work += 1;
        if may_begin {
            let digits = Digits::Hex { high: Some(high) };
            self.put(to, Thread { state: ROOT, last: None, digits, from });
        }
    }

    /// Moves a thread that has just read a byte to the position where it continues. Records a secret that ends there.
    fn put_read(&mut self, to: usize, thread: Thread) {
        let longest = self.automaton.longest(thread.state);
        if longest > 0
            && let Some(last) = thread.last
        {
            let start = self.cover(last, longest);
            if self.scope != Scope::WholeText || self.is_whole(start, to, thread) {
                add_place(&mut self.found, (start, to));
            }
        }
        self.put(to, thread);
    }

    fn is_whole(&self, start: usize, end: usize, thread: Thread) -> bool {
        let rest = self.text.get(end..).unwrap_or_default();
        let is_padding =
            matches!(thread.digits, Digits::Base64 { .. }) && rest.iter().all(|byte| *byte == b'=');
        start == 0 && (rest.is_empty() || is_padding)
    }

    /// Moves a thread to the position where it continues.
    fn put(&mut self, to: usize, thread: Thread) {
        if to > self.at + 1 {
            let mut later = self.later.remove(&to).unwrap_or_default();
            self.add(&mut later, thread);
            self.later.insert(to, later);
            return;
        }
        let mut next = std::mem::take(&mut self.next);
        self.add(&mut next, thread);
        self.next = next;
    }

    /// Adds a thread to those at one position. If one of two threads finds everything that the other finds, they are
    /// joined.
    fn add(&mut self, threads: &mut Vec<Thread>, thread: Thread) {
        for other in threads.iter_mut().filter(|other| other.digits == thread.digits) {
            self.work += 1;
            if self.finds_all_of(other, &thread) {
                self.join(other, &thread);
                return;
            }
            if self.finds_all_of(&thread, other) {
                let shorter = std::mem::replace(other, thread);
                self.join(other, &shorter);
                return;
            }
        }
        if threads.len() < MOST_THREADS {
            threads.push(thread);
            return;
        }
        let depth = |thread: &Thread| self.automaton.depth(thread.state);
        let shortest = threads.iter_mut().min_by_key(|other| depth(other));
        if let Some(shortest) = shortest.filter(|shortest| depth(shortest) < depth(&thread)) {
            *shortest = thread;
        }
    }

    fn finds_all_of(&self, one: &Thread, other: &Thread) -> bool {
        // A thread in the root state has read only backslashes, and records where they start.
        if other.digits == Digits::None && other.state == ROOT {
            return one.state == ROOT;
        }
        match self.scope {
            Scope::Anywhere { .. } => self.automaton.is_suffix(other.state, one.state),
            Scope::WholeText => one.state == other.state,
        }
    }

    /// Joins another thread into this one, so that a secret can be traced back through both.
    fn join(&mut self, thread: &mut Thread, other: &Thread) {
        thread.from = thread.from.min(other.from);
        let (Some(last), Some(other_last)) = (thread.last, other.last) else { return };
        if last == other_last || self.scope == Scope::WholeText {
            return;
        }
        let other = Some((other_last, self.automaton.depth(other.state)));
        thread.last = self.note(Step { before: Some(last), other, from: self.at, covered: 0, length: 0 });
    }

    fn note(&mut self, step: Step) -> Option<u32> {
        let last = u32::try_from(self.steps.len()).ok()?;
        self.steps.push(step);
        Some(last)
    }

    /// Marks the `length` bytes that end with the step `last` as part of a secret, and returns the position where they
    /// start. Bytes that are already marked are not visited again, so overlapping secrets cost no extra work.
    fn cover(&mut self, last: u32, length: u32) -> usize {
        let mut start = self.at;
        // A step only refers to earlier ones. The latest comes first, so that each is walked through once, whatever
        // paths lead to it.
        let mut open = BinaryHeap::from([(last, length)]);
        while let Some((at, left)) = open.pop() {
            let Some(step) = self.steps.get_mut(index(at)) else { continue };
            self.work += 1;
            start = start.min(step.from);
            if step.covered < left {
                step.covered = left;
                open.extend(step.needs(left));
            }
        }
        start
    }

    /// Drops the steps that no thread needs any more.
    fn forget(&mut self) {
        let mut needed = vec![0; self.steps.len()];
        let threads = self.here.iter().chain(self.later.values().flatten());
        let needs = threads.filter_map(|thread| Some((thread.last?, self.automaton.depth(thread.state))));
        needs.for_each(|need| raise(&mut needed, need));
        // A step only refers to earlier ones.
        for (at, step) in self.steps.iter().enumerate().rev() {
            self.work += 1;
            if let Some(left) = needed.get(at).copied().filter(|left| *left > 0) {
                step.needs(left).for_each(|need| raise(&mut needed, need));
            }
        }
        let mut kept = Vec::new();
        let mut places = vec![None; self.steps.len()];
        for ((step, need), place) in self.steps.iter().zip(needed).zip(&mut places) {
            self.work += 1;
            if need > 0 {
                *place = u32::try_from(kept.len()).ok();
                kept.push(*step);
            }
        }
        let moved = |at: Option<u32>| at.and_then(|at| places.get(index(at)).copied().flatten());
        for step in &mut kept {
            step.before = moved(step.before);
            step.other = step.other.and_then(|(other, depth)| Some((moved(Some(other))?, depth)));
        }
        self.here.iter_mut().for_each(|thread| thread.last = moved(thread.last));
        self.later.values_mut().flatten().for_each(|thread| thread.last = moved(thread.last));
        self.steps = kept;
        self.most_steps = FEW_STEPS + 2 * self.steps.len();
    }
}

impl Step {
    /// The preceding steps that contain the last `left` bytes, and how many of them each.
    fn needs(&self, left: u32) -> impl Iterator<Item = (u32, u32)> + use<> {
        let rest = left - self.length;
        let before = self.before.filter(|_| rest > 0).map(|before| (before, rest));
        let other = self.other.map(|(other, depth)| (other, rest.min(depth)));
        before.into_iter().chain(other)
    }
}

/// Notes that at least this many bytes up to a step are needed.
fn raise(needed: &mut [u32], (at, left): (u32, u32)) {
    if let Some(need) = needed.get_mut(index(at)) {
        *need = left.max(*need);
    }
}

/// Adds a place, merged with the last one if they overlap.
fn add_place(found: &mut Vec<(usize, usize)>, (start, end): (usize, usize)) {
    match found.last_mut() {
        Some(last) if start < last.1 && last.0 < end => *last = (last.0.min(start), last.1.max(end)),
        _ => found.push((start, end)),
    }
}

/// Whether a character may separate digits: white space, or a separator of hexadecimal bytes.
fn is_between_digits(symbol: u8, digits: Digits) -> bool {
    symbol.is_ascii_whitespace() || (matches!(digits, Digits::Hex { .. }) && matches!(symbol, b':' | b'-'))
}

/// The value of a base64 digit, standard or URL-safe.
fn base64_digit(symbol: u8) -> Option<u32> {
    Some(match symbol {
        b'A'..=b'Z' => u32::from(symbol - b'A'),
        b'a'..=b'z' => u32::from(symbol - b'a') + 26,
        b'0'..=b'9' => u32::from(symbol - b'0') + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    })
}

fn index(step: u32) -> usize {
    usize::try_from(step).unwrap_or(usize::MAX)
}
