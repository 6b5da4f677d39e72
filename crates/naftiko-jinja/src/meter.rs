//! What rendering may take: work, and the size of what it makes.

use std::cell::Cell;

use crate::problem::{Failure, RenderErrorKind};

/// The limits of rendering a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Units of work: parts of the template that are evaluated, values that are looked at, each `UNIT` bytes of text
    /// that are read.
    pub work: u64,
    /// The length of any one text, the result included, in bytes.
    pub text: usize,
    /// The size of all values that are made, in bytes; a value that is not a text counts as `NODE`.
    pub made: usize,
}

/// The bytes of text that are one unit of work.
const UNIT: usize = 64;
/// What a value counts besides its text, in bytes.
const NODE: usize = 64;

impl Default for Limits {
    /// Enough for any message that a person reads.
    fn default() -> Self {
        Self { work: 1_000_000, text: 256 * 1024, made: 16 << 20 }
    }
}

/// Counts what a rendering takes.
#[derive(Debug)]
pub(crate) struct Meter {
    limits: Limits,
    work: Cell<u64>,
    made: Cell<usize>,
}

impl Meter {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, work: Cell::new(0), made: Cell::new(0) }
    }

    /// Does so many units of work.
    pub(crate) fn work(&self, units: usize) -> Result<(), Failure> {
        let work = self.work.get().saturating_add(u64::try_from(units).unwrap_or(u64::MAX));
        self.work.set(work);
        if work > self.limits.work {
            return Err(Failure::new(RenderErrorKind::Work, "the template computes for too long"));
        }
        Ok(())
    }

    /// Reads a text of this length.
    pub(crate) fn read(&self, bytes: usize) -> Result<(), Failure> {
        self.work(bytes / UNIT + 1)
    }

    /// Makes a text of this length, before it is made.
    pub(crate) fn make(&self, bytes: usize) -> Result<(), Failure> {
        if bytes > self.limits.text {
            return Err(self.too_long());
        }
        self.copy(bytes)
    }

    /// Makes a copy of a text that is there already, however long it is.
    pub(crate) fn copy(&self, bytes: usize) -> Result<(), Failure> {
        self.grow(bytes.saturating_add(NODE))?;
        self.read(bytes)
    }

    /// Makes so many bytes more.
    fn grow(&self, bytes: usize) -> Result<(), Failure> {
        let made = self.made.get().saturating_add(bytes);
        self.made.set(made);
        if made > self.limits.made {
            return Err(Failure::new(RenderErrorKind::Size, "the template makes too much"));
        }
        Ok(())
    }

    /// Makes a value that is not a text.
    pub(crate) fn make_node(&self) -> Result<(), Failure> {
        self.make(0)
    }

    fn too_long(&self) -> Failure {
        let kibibytes = self.limits.text / 1024;
        Failure::new(RenderErrorKind::Size, format!("a text is longer than {kibibytes} KiB"))
    }
}

/// A text that is being made.
#[derive(Debug)]
pub(crate) struct Text<'m> {
    meter: &'m Meter,
    text: String,
}

impl<'m> Text<'m> {
    pub(crate) fn new(meter: &'m Meter) -> Self {
        Self { meter, text: String::new() }
    }

    pub(crate) fn push(&mut self, more: &str) -> Result<(), Failure> {
        if self.text.len().saturating_add(more.len()) > self.meter.limits.text {
            return Err(self.meter.too_long());
        }
        self.meter.grow(more.len())?;
        self.meter.read(more.len())?;
        self.text.push_str(more);
        Ok(())
    }

    pub(crate) fn finish(self) -> String {
        self.text
    }
}
