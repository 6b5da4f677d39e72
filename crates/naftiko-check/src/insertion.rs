//! Offers a missing argument: the line to show, and the edit where that is certain.
//!
//! It is certain for a `with` in the usual layouts, and for a step without one in block style. Any other layout gets
//! only the line.

use std::ops::Range;

use naftiko_diagnostics::{Applicability, Edit, Fix, SourceMap, Span, Spanned};
use naftiko_expr::Expression;
use naftiko_plan::Slot;

use crate::resolve::{Parameter, Resolution};

/// The most lines of a step that are searched for its `with`: there is no edit for a longer one.
const MOST_LINES: usize = 200;
/// The farthest into a line that an argument is inserted.
const LONGEST_LINE: usize = 1_000;

/// A parameter that nothing is written for.
#[derive(Clone, Copy)]
pub(crate) struct Gap<'a> {
    /// The operation as it is named.
    pub(crate) named: &'a Spanned<String>,
    /// The key of the first argument that is written, if there is one.
    pub(crate) first: Option<Span>,
    pub(crate) parameter: &'a Parameter,
    pub(crate) resolution: &'a Resolution,
}

/// An argument that could be written: `organization_id: '${create-organization.id}'`.
pub(crate) struct Missing<'a> {
    gap: Gap<'a>,
    entry: String,
}

impl<'a> Missing<'a> {
    /// The argument that gives a parameter a value.
    pub(crate) fn new(gap: Gap<'a>, value: &Expression) -> Self {
        let key = key(&gap.parameter.slot, gap.resolution);
        let value = value.text().replace('\'', "''");
        Self { gap, entry: format!("{key}: '${{{value}}}'") }
    }

    /// What to do, in words.
    pub(crate) fn help(&self) -> String {
        if self.gap.first.is_none() {
            format!("write `with: {{{}}}`", self.entry)
        } else {
            format!("write `{}` under `with`", self.entry)
        }
    }

    /// The edit that writes it, where that is sure.
    pub(crate) fn fix(&self, sources: &SourceMap) -> Option<Fix> {
        let file = self.gap.named.span.file;
        let text = sources.file(file)?.text();
        let (range, replacement) = match self.gap.first {
            Some(first) => self.beside(text, first)?,
            None => self.below(text, self.gap.named.span)?,
        };
        Some(Fix {
            title: format!("write `{}`", self.entry),
            applicability: Applicability::Unsafe,
            edits: vec![Edit::new(Span::new(file, range), replacement)],
        })
    }

    /// Before the first argument that is there.
    fn beside(&self, text: &str, first: Span) -> Option<(Range<usize>, String)> {
        let at = first.range().start;
        let (above, before) = line_at(text, at)?;
        if before.trim_end().ends_with("with: {") {
            return Some((at..at, format!("{}, ", self.entry)));
        }
        let indented = before.chars().all(|c| c == ' ');
        let block = indented && above.trim_end().ends_with("with:");
        block.then(|| (at..at, format!("{}\n{before}", self.entry)))
    }

    /// On a line of its own below the operation, in a step without `with`. The rest of the operation's line is part of
    /// the edit, so that no two of them are made at once: the second would be another `with`.
    fn below(&self, text: &str, operation: Span) -> Option<(Range<usize>, String)> {
        let at = operation.range().start;
        let (above, before) = line_at(text, at)?;
        let item = before.trim_start();
        let column = before.len() - item.trim_start_matches("- ").len();
        if !matches!(item.trim_start_matches("- "), "operation: " | "operation: '" | "operation: \"") {
            return None;
        }
        let rest = text.get(at..)?;
        let end = at + rest.find('\n').unwrap_or(rest.len());
        let end = if text.get(..end)?.ends_with('\r') { end - 1 } else { end };
        let line = text.get(at - before.len()..end)?;
        let below = text.get(end..)?.lines().skip(1);
        let own = above_in_step(above, item.starts_with("- "), column)
            .chain(below.take_while(move |line| belongs(line, column)));
        let mut own = own.chain([line]);
        let is_with = |line: &str| line.get(column..).is_some_and(|rest| rest.starts_with("with:"));
        let has_with = own.by_ref().take(MOST_LINES).any(is_with) || own.next().is_some();
        let kept = text.get(at..end)?;
        (!has_with).then(|| (at..end, format!("{kept}\n{}with: {{{}}}", " ".repeat(column), self.entry)))
    }
}

/// The text above the line of a byte, and that line up to it; nothing far into a long line.
fn line_at(text: &str, at: usize) -> Option<(&str, &str)> {
    let bytes = text.as_bytes().get(..at)?;
    let near = bytes.get(at.saturating_sub(LONGEST_LINE)..)?;
    let back = near.iter().rev().position(|byte| *byte == b'\n').or((near.len() == at).then_some(at))?;
    text.split_at_checked(at - back).map(|(above, rest)| (above, rest.get(..back).unwrap_or_default()))
}

/// The lines of a step above one of its keys, the lowest first.
fn above_in_step(above: &str, is_first: bool, column: usize) -> impl Iterator<Item = &str> {
    let mut begun = is_first;
    above.lines().rev().take_while(move |line| {
        let own = !begun;
        begun |= !belongs(line, column);
        own
    })
}

/// Whether a line is part of what its neighbor at `column` is part of.
fn belongs(line: &str, column: usize) -> bool {
    let text = line.trim_start();
    text.is_empty() || text.starts_with('#') || line.len() - text.len() >= column
}

/// The key of the argument for a slot, as YAML: with its place where another slot has the same name.
fn key(slot: &Slot, resolution: &Resolution) -> String {
    let key = placed_name(slot, resolution);
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && key.chars().all(plain) {
        key
    } else {
        format!("'{}'", key.replace('\'', "''"))
    }
}

/// The name of a slot, with its place where another slot has the same name.
pub(crate) fn placed_name(slot: &Slot, resolution: &Resolution) -> String {
    let name = slot.name();
    let mut same = resolution.slots.named(name).into_iter().filter(|other| other.slot.name() == name);
    let alone = same.nth(1).is_none();
    let prefix = match slot {
        _ if alone && name != "body" => "",
        Slot::Parameter(place, _) => place.as_str(),
        Slot::Property(_) => "body",
        Slot::Body => "",
    };
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") }
}
