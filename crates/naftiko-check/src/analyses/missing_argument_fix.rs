//! Offers a missing argument: as a line to show, and as an edit where its position is certain.
//!
//! The position is certain for a `with` in the usual layouts, and for a step without one in block style. Other
//! layouts get only the line.

use std::ops::Range;

use naftiko_diagnostics::{Applicability, Edit, Fix, SourceMap, Span, Spanned};
use naftiko_expr::Expression;
use naftiko_plan::Slot;

use crate::ir::resolved::Resolution;
use crate::ir::slots::Parameter;

/// The maximum number of lines of a step that are searched for its `with`; longer steps get no edit.
const MOST_LINES: usize = 200;
/// The maximum column at which an argument is inserted, in bytes.
const LONGEST_LINE: usize = 1_000;

/// A parameter without a written argument.
#[derive(Clone, Copy)]
pub(crate) struct Gap<'a> {
    /// The operation, as the step names it.
    pub(crate) named: &'a Spanned<String>,
    /// The key of the first written argument, if any.
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
    /// The argument that binds `value` to the parameter of a gap.
    pub(crate) fn new(gap: Gap<'a>, value: &Expression) -> Self {
        let key = key(&gap.parameter.slot, gap.resolution);
        let value = value.text().replace('\'', "''");
        Self { gap, entry: format!("{key}: '${{{value}}}'") }
    }

    /// The help text of the diagnostic.
    pub(crate) fn help(&self) -> String {
        if self.gap.first.is_none() {
            format!("write `with: {{{}}}`", self.entry)
        } else {
            format!("write `{}` under `with`", self.entry)
        }
    }

    /// The edit that inserts the argument, if its position is certain.
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

    /// Inserts the argument before the first written one.
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

    /// Inserts a `with` on its own line below the operation, in a step without one. The edit covers the rest of the
    /// operation's line, so that no two such edits are applied together: the second would be another `with`.
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

/// The text above the line of a byte offset, and that line up to the offset; `None` far into a long line.
fn line_at(text: &str, at: usize) -> Option<(&str, &str)> {
    let bytes = text.as_bytes().get(..at)?;
    let near = bytes.get(at.saturating_sub(LONGEST_LINE)..)?;
    let back = near.iter().rev().position(|byte| *byte == b'\n').or((near.len() == at).then_some(at))?;
    text.split_at_checked(at - back).map(|(above, rest)| (above, rest.get(..back).unwrap_or_default()))
}

/// The lines of a step above one of its keys, nearest first.
fn above_in_step(above: &str, is_first: bool, column: usize) -> impl Iterator<Item = &str> {
    let mut begun = is_first;
    above.lines().rev().take_while(move |line| {
        let own = !begun;
        begun |= !belongs(line, column);
        own
    })
}

/// Whether a line belongs to the same block as its neighbor at `column`.
fn belongs(line: &str, column: usize) -> bool {
    let text = line.trim_start();
    text.is_empty() || text.starts_with('#') || line.len() - text.len() >= column
}

/// The key of the argument for a slot, as YAML; see [`placed_name`].
fn key(slot: &Slot, resolution: &Resolution) -> String {
    let key = placed_name(slot, resolution);
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && key.chars().all(plain) {
        key
    } else {
        format!("'{}'", key.replace('\'', "''"))
    }
}

/// The name of a slot, prefixed with its location if another slot has the same name.
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
