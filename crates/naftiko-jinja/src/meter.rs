//! Counts the cost of rendering: work, and the size of created values.

use std::cell::Cell;

use crate::problem::{Failure, RenderErrorKind};

/// The limits of rendering a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Units of work: one for each evaluated part of the template, each inspected value, and each `UNIT` bytes of text
    /// that are read.
    pub work: u64,
    /// The maximum length of any text in bytes, including the result.
    pub text: usize,
    /// The total size of all created values, in bytes; a value that is not a text counts as `NODE`.
    pub made: usize,
}

/// The bytes of text that count as one unit of work.
const UNIT: usize = 64;
/// The bytes that each value counts in addition to its text.
const NODE: usize = 64;

impl Default for Limits {
    /// Enough for any message that a person reads.
    fn default() -> Self {
        Self { work: 1_000_000, text: 256 * 1024, made: 16 << 20 }
    }
}

/// Counts the cost of one rendering.
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

    /// Counts units of work.
    pub(crate) fn work(&self, units: usize) -> Result<(), Failure> {
        let work = self.work.get().saturating_add(u64::try_from(units).unwrap_or(u64::MAX));
        self.work.set(work);
        if work > self.limits.work {
            return Err(Failure::new(RenderErrorKind::Work, "the template computes for too long"));
        }
        Ok(())
    }

    /// Counts the reading of a text of this length.
    pub(crate) fn read(&self, bytes: usize) -> Result<(), Failure> {
        self.work(bytes / UNIT + 1)
    }

    /// Counts a text of this length, before it is created.
    pub(crate) fn make(&self, bytes: usize) -> Result<(), Failure> {
        if bytes > self.limits.text {
            return Err(self.too_long());
        }
        self.copy(bytes)
    }

    /// Counts a copy of an existing text, whatever its length.
    pub(crate) fn copy(&self, bytes: usize) -> Result<(), Failure> {
        self.grow(bytes.saturating_add(NODE))?;
        self.read(bytes)
    }

    /// Counts created bytes.
    fn grow(&self, bytes: usize) -> Result<(), Failure> {
        let made = self.made.get().saturating_add(bytes);
        self.made.set(made);
        if made > self.limits.made {
            return Err(Failure::new(RenderErrorKind::Size, "the template makes too many values"));
        }
        Ok(())
    }

    /// Counts a created value that is not a text.
    pub(crate) fn make_node(&self) -> Result<(), Failure> {
        self.make(0)
    }

    fn too_long(&self) -> Failure {
        let kibibytes = self.limits.text / 1024;
        Failure::new(RenderErrorKind::Size, format!("a text is longer than {kibibytes} KiB"))
    }
}

/// A text that is being created.
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
