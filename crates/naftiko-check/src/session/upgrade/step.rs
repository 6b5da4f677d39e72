//! Rewrites a step of edition 0.1 in edition 0.2: its literal arguments go under `with`, followed by the inferred ones.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

use naftiko_adapter::Place;
use naftiko_diagnostics::{Edit, Span};
use naftiko_plan::{Invoke, Origin, Slot};
use naftiko_spec::{Facts, Step, Work};
use naftiko_syntax::{Entry, Layout, Node, Site, Text, Value as Tree, apply, scalar};
use serde_json::{Map, Value as Json, json};

use super::Upgrading;
use crate::stages::operation::typed;

/// The prefixes that name the place of an argument. A name that itself begins with one needs a prefix.
const PLACES: [&str; 5] = ["path.", "query.", "header.", "cookie.", "body."];

/// A literal argument of a step.
struct Literal<'a> {
    /// Its position among the entries of the step.
    position: usize,
    key: &'a str,
    entry: &'a Entry,
    /// The names of the argument in edition 0.2: one for each place it is sent in.
    names: Vec<String>,
}

impl Upgrading<'_> {
    /// The edits of a step that calls an operation; `None` if the step cannot be rewritten.
    pub(super) fn operation(&self, node: &Node, invoke: &Invoke, written: &Step) -> Option<Vec<Edit>> {
        let Work::Invoke(work) = &written.work else { return None };
        let operation = self.plan.operation(invoke)?;
        let mut known = self.names.borrow_mut();
        let names = known.entry(Arc::as_ptr(operation).addr()).or_insert_with(|| {
            let resolution = typed((**operation).clone(), &Facts::default());
            Names::of_slots(resolution.slots.iter().map(|taken| &taken.slot))
        });
        let written = invoke.arguments.iter().filter(|argument| argument.origin == Origin::Written);
        let written = SlotsByName::new(written.map(|argument| &argument.slot));
        let entries = node.as_mapping()?;
        let keys: BTreeSet<Span> = work.arguments.iter().map(|argument| argument.key).collect();
        let is_argument = |entry: &Entry| keys.contains(&entry.key_span);
        let literals: Vec<Literal<'_>> = entries
            .iter()
            .enumerate()
            .filter(|(_, (_, entry))| is_argument(entry))
            .map(|(position, (key, entry))| Literal {
                position,
                key,
                entry,
                names: names.of_literal(key, &written),
            })
            .collect();
        let mut inferred = Map::new();
        for argument in invoke.arguments.iter().filter(|argument| argument.origin != Origin::Written) {
            let expressions = argument.value.expressions();
            let [expression] = expressions.as_slice() else { return None };
            inferred.insert(names.of(&argument.slot), format!("${{{expression}}}").into());
        }
        let mut appended = Map::new();
        let mut edits = Vec::new();
        if literals.is_empty() {
            if !inferred.is_empty() {
                appended.insert("with".to_owned(), inferred.into());
            }
        } else if self.layout.has_braces(node) {
            edits.extend(self.gather_in_braces(node, &literals, &inferred)?);
        } else {
            edits.extend(self.gather_on_lines(node, &literals, &inferred)?);
        }
        if let Some(poll) = &invoke.poll {
            appended.insert("poll".to_owned(), json!({ "until": poll.until.text() }));
        }
        // Inserts behind the last entry that is not moved.
        let (_, moved) = literals.split_at(run_length(&literals));
        let moved: BTreeSet<usize> = moved.iter().map(|literal| literal.position).collect();
        let stays = |position: &usize| !moved.contains(position);
        let last = (0..entries.len()).rev().find(stays)?;
        edits.extend(self.layout.insert_behind(node, last, &appended)?);
        Some(edits)
    }

    /// Inserts `with` above the first literal arguments, indents them, and puts the other literal arguments and the
    /// inferred ones behind them.
    fn gather_on_lines(
        &self,
        node: &Node,
        literals: &[Literal<'_>],
        inferred: &Map<String, Json>,
    ) -> Option<Vec<Edit>> {
        let layout = &self.layout;
        let column = layout.column(node)? + Layout::INDENT;
        let (run, rest) = literals.split_at(run_length(literals));
        let (first, last) = (run.first()?, run.last()?);
        let quotes = layout.key_quotes(node.as_mapping()?);
        let with = scalar("with", quotes, Site { flow: false, key: true });
        let start = first.entry.key_span.range().start;
        let opening = format!("{with}:{}{}", layout.line_break(), " ".repeat(column));
        let end = layout.line_end(layout.end(last.entry));
        let mut edits = vec![layout.insert(node, start, opening)];
        edits.extend(layout.indent(node, start..end));
        let lines = |name: &str, value: &Json| layout.lines(name, value, column, quotes);
        for literal in run {
            edits.extend(self.translated(literal)?);
            let copies = copies(literal, lines)?;
            edits.push(layout.insert(node, layout.line_end(layout.end(literal.entry)), copies));
        }
        let mut tail = String::new();
        for literal in rest {
            // Comments directly above an argument move with it.
            let before = node.as_mapping()?.iter().nth(literal.position.checked_sub(1)?)?.1;
            let start = layout.start_with_remarks(literal.entry, layout.end(before));
            let range = start..layout.line_end(layout.end(literal.entry));
            let mut moved = self.translated(literal)?;
            moved.push(layout.insert(node, start, " ".repeat(Layout::INDENT)));
            moved.extend(layout.indent(node, range.clone()));
            tail.push_str(layout.line_break());
            tail.push_str(&cut(layout, range, &moved)?);
            tail.push_str(&copies(literal, lines)?);
            let removed = layout.remove(node, literal.key)?;
            edits.push(Edit::new(Span::new(node.span.file, start..removed.span.range().end), ""));
        }
        tail.extend(inferred.iter().map(|(name, value)| lines(name, value)));
        edits.push(layout.insert(node, end, tail));
        Some(edits)
    }

    /// Like [`gather_on_lines`](Self::gather_on_lines), for a step in braces.
    fn gather_in_braces(
        &self,
        node: &Node,
        literals: &[Literal<'_>],
        inferred: &Map<String, Json>,
    ) -> Option<Vec<Edit>> {
        let layout = &self.layout;
        let entries = node.as_mapping()?;
        let (run, rest) = literals.split_at(run_length(literals));
        let (first, last) = (run.first()?, run.last()?);
        let quotes = layout.key_quotes(entries);
        let with = scalar("with", quotes, Site { flow: true, key: true });
        let pair = |name: &str, value: &Json| format!(", {}", layout.pair(name, value, quotes));
        let mut edits = vec![layout.insert(node, first.entry.key_span.range().start, format!("{with}: {{"))];
        for literal in run {
            edits.extend(self.translated(literal)?);
            edits.push(layout.insert(node, layout.end(literal.entry), copies(literal, pair)?));
        }
        let mut tail = String::new();
        for literal in rest {
            let range = literal.entry.key_span.range().start..layout.end(literal.entry);
            tail.push_str(", ");
            tail.push_str(&cut(layout, range, &self.translated(literal)?)?);
            tail.push_str(&copies(literal, pair)?);
        }
        let mut rest = rest;
        while !rest.is_empty() {
            let (run, others) = rest.split_at(run_length(rest));
            edits.push(self.removed_from_braces(node, run)?);
            rest = others;
        }
        tail.extend(inferred.iter().map(|(name, value)| pair(name, value)));
        edits.push(layout.insert(node, layout.end(last.entry), format!("{tail}}}")));
        Some(edits)
    }

    /// Removes adjacent entries from braces; `None` if that would remove a comment.
    fn removed_from_braces(&self, node: &Node, run: &[Literal<'_>]) -> Option<Edit> {
        let entry = |position: usize| node.as_mapping()?.iter().nth(position).map(|(_, entry)| entry);
        let (first, last) = (run.first()?, run.last()?);
        let range = match entry(last.position + 1) {
            Some(next) => first.entry.key_span.range().start..next.key_span.range().start,
            None => self.layout.end(entry(first.position.checked_sub(1)?)?)..self.layout.end(last.entry),
        };
        let has_comment = self.layout.slice(range.clone()).contains(" #");
        (!has_comment).then(|| Edit::new(Span::new(node.span.file, range), ""))
    }

    /// The edits inside an entry: its key gets a prefix if the name is ambiguous, and `${`, which begins an expression
    /// in edition 0.2, is escaped.
    fn translated(&self, literal: &Literal<'_>) -> Option<Vec<Edit>> {
        let mut edits = Vec::new();
        let entry = literal.entry;
        let name = literal.names.first()?;
        if literal.key != name {
            edits.push(self.layout.rename(entry, name));
        }
        let mut open = vec![&entry.value];
        while let Some(node) = open.pop() {
            match &node.value {
                Tree::Sequence(items) => open.extend(items),
                Tree::Mapping(entries) => open.extend(entries.iter().map(|(_, entry)| &entry.value)),
                Tree::String(text) => edits.extend(self.escaped(entry, node, text)?),
                _ => {}
            }
        }
        Some(edits)
    }

    fn escaped(&self, entry: &Entry, node: &Node, text: &Text) -> Option<Vec<Edit>> {
        let edit = |(at, found): (usize, &str)| {
            let place = text.locate(at..at + found.len(), node.span);
            let is_there = Self::is_own(entry) && self.layout.slice(place.range()) == found;
            is_there.then(|| self.layout.insert(node, place.range().start, "$"))
        };
        text.as_str().match_indices("${").map(edit).collect()
    }
}

/// Writes a literal argument again for each place after the first that it is sent in.
fn copies(literal: &Literal<'_>, write: impl Fn(&str, &Json) -> String) -> Option<String> {
    let (_, further) = literal.names.split_first()?;
    let value = escaped_json(literal.entry.value.to_json());
    Some(further.iter().map(|name| write(name, &value)).collect())
}

/// The number of slots of an operation that have each name.
#[derive(Default)]
pub(super) struct Names {
    bearers: HashMap<String, usize>,
    /// The number of header slots for each header name, in lower case.
    headers: HashMap<String, usize>,
}

/// Slots, indexed by the name of an argument that has no place prefix.
struct SlotsByName<'a> {
    all: Vec<&'a Slot>,
    named: HashMap<&'a str, Vec<usize>>,
    /// Headers, by their names in lower case.
    headers: HashMap<String, Vec<usize>>,
}

impl<'a> SlotsByName<'a> {
    fn new(slots: impl Iterator<Item = &'a Slot>) -> Self {
        let mut found = Self { all: slots.collect(), named: HashMap::new(), headers: HashMap::new() };
        for (at, slot) in found.all.iter().enumerate() {
            match header(slot) {
                Some(header) => found.headers.entry(header).or_default().push(at),
                None => found.named.entry(slot.name()).or_default().push(at),
            }
        }
        found
    }

    /// The slots of a name, in order.
    fn named(&self, name: &str) -> Vec<&'a Slot> {
        let headers = self.headers.get(&name.to_ascii_lowercase());
        let positions: BTreeSet<usize> =
            self.named.get(name).into_iter().chain(headers).flatten().copied().collect();
        positions.into_iter().filter_map(|at| self.all.get(at)).copied().collect()
    }
}

impl Names {
    fn of_slots<'a>(slots: impl Iterator<Item = &'a Slot>) -> Self {
        let mut names = Self::default();
        for slot in slots {
            *match header(slot) {
                Some(header) => names.headers.entry(header).or_default(),
                None => names.bearers.entry(slot.name().to_owned()).or_default(),
            } += 1;
        }
        names
    }

    /// The name of an argument for a slot, with a place prefix if the name alone is ambiguous.
    fn of(&self, slot: &Slot) -> String {
        self.written(slot.name(), slot)
    }

    /// The names of a literal argument: one for each slot that the plan binds it to.
    fn of_literal(&self, key: &str, written: &SlotsByName<'_>) -> Vec<String> {
        written.named(key).into_iter().map(|slot| self.written(key, slot)).collect()
    }

    fn written(&self, name: &str, slot: &Slot) -> String {
        let headers = self.headers.get(&name.to_ascii_lowercase());
        let bearers: usize = self.bearers.get(name).into_iter().chain(headers).sum();
        if bearers <= 1 && !PLACES.iter().any(|place| name.starts_with(place)) {
            return name.to_owned();
        }
        match slot {
            Slot::Parameter(place, name) => format!("{}.{name}", place.as_str()),
            Slot::Property(name) => format!("body.{name}"),
            Slot::Body => name.to_owned(),
        }
    }
}

/// The name of a header slot in lower case, because header names ignore case; `None` for other slots.
fn header(slot: &Slot) -> Option<String> {
    match slot {
        Slot::Parameter(Place::Header, header) => Some(header.to_ascii_lowercase()),
        _ => None,
    }
}

/// The number of literals, from the first one on, that are adjacent entries of the step.
fn run_length(literals: &[Literal<'_>]) -> usize {
    let first = literals.first().map_or(0, |literal| literal.position);
    literals.iter().zip(first..).take_while(|(literal, position)| literal.position == *position).count()
}

/// The text of a range after the application of edits inside it.
fn cut(layout: &Layout<'_>, range: Range<usize>, edits: &[Edit]) -> Option<String> {
    let offset = u32::try_from(range.start).ok()?;
    let inside: Option<Vec<Edit>> = edits
        .iter()
        .map(|edit| {
            let span = Span {
                start: edit.span.start.checked_sub(offset)?,
                end: edit.span.end.checked_sub(offset)?,
                ..edit.span
            };
            Some(Edit { span, ..edit.clone() })
        })
        .collect();
    apply(layout.slice(range), &inside?).ok()
}

fn escaped_json(value: Json) -> Json {
    match value {
        Json::String(text) => text.replace("${", "$${").into(),
        Json::Array(items) => items.into_iter().map(escaped_json).collect(),
        Json::Object(fields) => fields.into_iter().map(|(key, value)| (key, escaped_json(value))).collect(),
        other => other,
    }
}
