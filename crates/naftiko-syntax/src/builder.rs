//! Builds the tree from events.
//!
//! The builder stores open lists and mappings on a stack of its own, so that deep documents do not exhaust the call
//! stack. It counts the cost of the document as events arrive, and stops at a limit.

use std::borrow::Cow;
use std::ops::{ControlFlow, Range};

use granit_parser::{ErrorKind, Event, ScanError, Span as Marks, StructureStyle, Tag};
use naftiko_diagnostics::{Diagnostic, FileId, Span};

use crate::alias::{self, Anchors, Refusal, Slot, Target};
use crate::codes::{
    ALIAS_BOMB, DUPLICATE_KEY, EMPTY_DOCUMENT, INEXACT_NUMBER, MULTIPLE_DOCUMENTS, NON_STRING_KEY, TOO_DEEP,
    TOO_LARGE, UNDEFINED_ALIAS,
};
use crate::core_schema;
use crate::fault::{self, Surroundings};
use crate::lines;
use crate::quoting;
use crate::reader::{Limits, Parsed};
use crate::reports::Reports;
use crate::stack::{Content, Frame, Key, Stack};
use crate::tree::{Node, Value};
use crate::value::{self, Scalar};

/// Whether to continue reading.
pub(crate) type Flow = ControlFlow<()>;

/// The tree under construction.
#[derive(Debug)]
pub(crate) struct Builder<'a> {
    text: &'a str,
    file: FileId,
    limits: Limits,
    documents: usize,
    root: Option<Node>,
    open: Stack,
    anchors: Anchors<'a>,
    /// The number of values so far.
    nodes: usize,
    /// The remaining budget for copies.
    alias_budget: usize,
    /// The end of the last event with bytes of its own.
    cursor: usize,
    /// The bytes of the last scalar.
    last_scalar: Range<usize>,
    /// The position of the missing value, if the document has none.
    empty: Option<Span>,
    /// The position of the error that stopped reading.
    stopped: Option<usize>,
    reports: Reports,
}

impl<'a> Builder<'a> {
    pub(crate) fn new(text: &'a str, file: FileId, limits: Limits) -> Self {
        Self {
            text,
            file,
            limits,
            documents: 0,
            root: None,
            open: Stack::default(),
            anchors: Anchors::default(),
            nodes: 0,
            alias_budget: limits.alias_nodes,
            cursor: 0,
            last_scalar: 0..0,
            empty: None,
            stopped: None,
            reports: Reports::default(),
        }
    }

    /// Handles the next event.
    pub(crate) fn take(&mut self, event: Event<'a>, marks: Marks) -> Flow {
        let range = marks.byte_range().unwrap_or(self.cursor..self.cursor);
        match event {
            Event::DocumentStart(explicit, _) => self.document(range, explicit),
            Event::Scalar(value, style, anchor, tag) => {
                let tag = tag.map(|tag| self.tag(tag, marks));
                self.scalar(anchor, Scalar::new(value, style, tag, range))
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.container_tag(tag, marks, "seq");
                self.open(anchor, range, style, Content::sequence())
            }
            Event::MappingStart(style, anchor, tag) => {
                self.container_tag(tag, marks, "map");
                self.open(anchor, range, style, Content::mapping())
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(range),
            Event::Alias(anchor) => self.alias(anchor, range),
            Event::UnresolvedAlias(name) => self.undefined_alias(&name, range),
            Event::Anchor(_, name) => {
                self.anchors.name(name);
                Flow::Continue(())
            }
            _ => Flow::Continue(()),
        }
    }

    /// Stops at a syntax error.
    pub(crate) fn stop_at(&mut self, error: &ScanError) -> Flow {
        let surroundings = Surroundings {
            text: self.text,
            file: self.file,
            at: error.marker().byte_offset().map_or(self.cursor, |at| lines::floor(self.text, at)),
            columns: self.open.blocks().map(|frame| lines::column(self.text, frame.start)).collect(),
            cursor: self.cursor,
            scalar: self.last_scalar.clone(),
            flow: self.open.flow().map(|frame| frame.start),
        };
        let diagnostic = fault::explain(error.kind(), &surroundings);
        self.stopped = Some(diagnostic.primary.span.range().start);
        // `*.json files`: the undefined alias was reported, and one report is enough.
        let told = self.reports.last().is_some_and(|last| {
            last.code == &UNDEFINED_ALIAS
                && lines::line_start(self.text, last.primary.span.range().start)
                    == lines::line_start(self.text, diagnostic.primary.span.range().start)
        });
        if !told {
            self.reports.push(diagnostic);
        }
        self.forget_half_a_scalar(error.kind());
        Flow::Break(())
    }

    /// Removes the last scalar from the tree if the error shows that it was incomplete: the `$` of `${x}` in braces, or
    /// two lines that were read as one.
    fn forget_half_a_scalar(&mut self, kind: &ErrorKind) {
        let tells = matches!(
            kind,
            ErrorKind::MappingValueNotAllowed
                | ErrorKind::ExpectedFlowMappingSeparator
                | ErrorKind::ExpectedFlowSequenceSeparator
        );
        let is_half = |node: &Node| node.span.range() == self.last_scalar;
        if !tells {
            return;
        }
        if self.open.depth() == 0 {
            self.root.take_if(|node| is_half(node));
        } else {
            self.open.take_back_if(is_half);
        }
    }

    /// Closes everything that is open; returns the tree and the diagnostics.
    pub(crate) fn finish(mut self) -> Parsed {
        while let Some(frame) = self.open.pop() {
            let end = frame.end;
            let is_key = self.open.wants_key();
            let node = frame.into_node(self.file, end);
            if !is_key {
                self.place(node, end);
            }
        }
        if let Some(span) = self.empty.filter(|_| self.reports.is_empty()) {
            let help = "write a value below the `---`, or remove the file";
            let message = "the document is empty";
            self.reports.push(Diagnostic::new(&EMPTY_DOCUMENT, span, message).with_help(help));
        }
        Parsed { root: self.root, diagnostics: self.reports.into_vec(), stopped: self.stopped }
    }

    fn document(&mut self, range: Range<usize>, explicit: bool) -> Flow {
        self.documents += 1;
        if self.documents > 1 {
            let help = "keep one document in a file; only the first is read";
            let message = "a second document begins here";
            self.reports
                .push(Diagnostic::new(&MULTIPLE_DOCUMENTS, self.span(range), message).with_help(help));
            return Flow::Break(());
        }
        // An implicit start has the bytes of the next event.
        if explicit {
            self.cursor = range.end;
        }
        Flow::Continue(())
    }

    fn scalar(&mut self, anchor: usize, mut scalar: Scalar<'_>) -> Flow {
        let is_absent = scalar.is_absent(self.text);
        let slot = self.open.slot();
        if is_absent && anchor == 0 && scalar.tag.is_none() {
            let at = self.place_of_nothing(&scalar.range);
            scalar.range = at..at;
        }
        if scalar.is_block() {
            scalar.widen_block(self.text, self.cursor);
        }
        let range = scalar.range.clone();
        self.cursor = self.cursor.max(range.end);
        self.last_scalar = range.clone();
        if self.open.wants_key() {
            let span = self.span(range.clone());
            if is_absent && scalar.tag.is_none() {
                self.refuse_key(span, "the key before `:` is missing");
                return Flow::Continue(());
            }
            let node = scalar.into_text(self.text, span);
            self.anchors.key(anchor, || node.clone());
            return self.key(node.as_str().unwrap_or_default().to_owned(), span);
        }
        self.count(range.clone())?;
        self.anchors.value(anchor, slot);
        if slot == Slot::Root && is_absent && scalar.tag.is_none() {
            self.empty = Some(self.span(range.clone()));
        }
        let (mut node, flaw) = scalar.into_node(self.text, self.file);
        let is_inexact = flaw.as_ref().is_some_and(|flaw| flaw.code == &INEXACT_NUMBER);
        if is_inexact && !self.limits.exact_numbers {
            if let Some(number) = rounded(&node) {
                node.value = Value::Number(number);
            }
        } else if let Some(flaw) = flaw {
            self.reports.push(flaw);
        }
        self.place(node, range.end);
        Flow::Continue(())
    }

    fn open(&mut self, anchor: usize, range: Range<usize>, style: StructureStyle, content: Content) -> Flow {
        self.count(range.clone())?;
        if self.open.depth() >= self.limits.depth {
            let message = format!("values are nested more than {} deep", self.limits.depth);
            let span = self.first_character(range.start);
            return self.stop(Diagnostic::new(&TOO_DEEP, span, message));
        }
        let slot = self.open.slot();
        self.anchors.value(anchor, slot);
        let number = self.anchors.open(slot);
        let start = match (&content, style) {
            (Content::Sequence(_), StructureStyle::Block) => self.first_dash(range.start),
            _ => range.start,
        };
        let end = if style == StructureStyle::Flow { range.end } else { start };
        self.cursor = self.cursor.max(end);
        self.open.push(Frame { number, slot, start, end, style, content });
        Flow::Continue(())
    }

    fn close(&mut self, range: Range<usize>) -> Flow {
        let Some(frame) = self.open.pop() else { return Flow::Continue(()) };
        // The end of a block collection is known only at the next token; a pair in a flow list has no bracket.
        let end = if frame.style == StructureStyle::Flow { frame.end.max(range.end) } else { frame.end };
        self.cursor = self.cursor.max(end);
        let span = self.span(frame.start..end);
        if !self.open.wants_key() {
            let node = frame.into_node(self.file, end);
            self.place(node, end);
            return Flow::Continue(());
        }
        if let Some(diagnostic) = quoting::template(self.text, span) {
            // The enclosing mapping is part of the mistake.
            self.open.pop();
            return self.stop(diagnostic);
        }
        self.refuse_key(span, "a list or mapping cannot be a key");
        Flow::Continue(())
    }

    fn alias(&mut self, anchor: usize, range: Range<usize>) -> Flow {
        self.cursor = self.cursor.max(range.end);
        let span = self.span(range.clone());
        let node = match self.anchors.target(anchor) {
            Target::Key(node) => node,
            Target::Nowhere => Node { span, value: Value::Null },
            Target::Value(way) => match self.copy(&way, span) {
                Ok(node) => node,
                Err(diagnostic) => return self.stop(*diagnostic),
            },
        };
        if !self.open.wants_key() {
            self.place(node, range.end);
            return Flow::Continue(());
        }
        match &node.value {
            Value::Sequence(_) | Value::Mapping(_) => {
                self.refuse_key(span, "a list or mapping cannot be a key");
                Flow::Continue(())
            }
            Value::String(text) => self.key(text.as_str().to_owned(), span),
            _ => self.key(lines::slice(self.text, node.span.range()).to_owned(), span),
        }
    }

    /// The copy for an alias, or the diagnostic for one that cannot be copied.
    fn copy(&mut self, way: &[(u32, u32)], span: Span) -> Result<Node, Box<Diagnostic>> {
        let name = lines::slice(self.text, span.range());
        let Some(node) = self.open.find(way) else {
            let message = format!("`{name}` is inside the value that it names, which would be infinite");
            return Err(Box::new(Diagnostic::new(&ALIAS_BOMB, span, message)));
        };
        let mut budget = self.alias_budget;
        let depth = self.limits.depth.saturating_sub(self.open.depth());
        let copied = alias::copy(node, &mut budget, depth).map_err(|refusal| match refusal {
            Refusal::Budget => {
                let message = format!("aliases expand to more than {} values", self.limits.alias_nodes);
                Diagnostic::new(&ALIAS_BOMB, span, message).with_related(node.span, "the value copied last")
            }
            Refusal::Depth => {
                let message =
                    format!("with `{name}`, values are nested more than {} deep", self.limits.depth);
                Diagnostic::new(&TOO_DEEP, span, message).with_related(node.span, "the value copied")
            }
        });
        self.alias_budget = budget;
        copied.map_err(Box::new)
    }

    fn undefined_alias(&mut self, name: &str, range: Range<usize>) -> Flow {
        self.cursor = self.cursor.max(range.end);
        let span = self.span(range.clone());
        let near = self.anchors.nearest(name).map(str::to_owned);
        let value = match self.open.flow() {
            _ if self.open.wants_key() => Some(range.clone()),
            Some(_) => quoting::value_in_flow(self.text, range.start),
            None => quoting::value_in_block(self.text, range.start),
        };
        self.reports.push(quoting::undefined_alias(self.text, span, near.as_deref(), value));
        if self.open.wants_key() {
            self.open.set_key(Key::Refused { end: range.end }, range.end);
        } else {
            self.place(Node { span, value: Value::Null }, range.end);
        }
        Flow::Continue(())
    }

    fn key(&mut self, text: String, span: Span) -> Flow {
        let end = span.range().end;
        let key = match self.open.key_span(&text) {
            None => Key::Read { text, span },
            Some(first) => {
                let message = format!("key `{}` occurs twice in this mapping", quoting::excerpt(&text));
                let diagnostic = Diagnostic::new(&DUPLICATE_KEY, span, message)
                    .with_related(first, "the first one, whose value is used")
                    .with_help("remove one of the two, or rename it");
                self.reports.push(diagnostic);
                Key::Refused { end }
            }
        };
        self.open.set_key(key, end);
        Flow::Continue(())
    }

    fn refuse_key(&mut self, span: Span, message: &str) {
        let help = "write the key as text, in quotes if necessary";
        self.reports.push(Diagnostic::new(&NON_STRING_KEY, span, message).with_help(help));
        let end = span.range().end;
        self.open.set_key(Key::Refused { end }, end);
    }

    /// Puts a value that ends at `end` into its container.
    fn place(&mut self, node: Node, end: usize) {
        if let Some(root) = self.open.place(node, end) {
            self.root.get_or_insert(root);
        }
    }

    /// The start of a list with dashes. If the list is not indented relative to its key, the parser only reports the
    /// position after the first dash.
    fn first_dash(&self, named: usize) -> usize {
        let dash = lines::indicator(self.text, self.cursor..named, |byte| byte == b'-');
        dash.filter(|_| self.open.in_mapping()).unwrap_or(named)
    }

    /// The position of a missing value: right after the colon or the dash.
    fn place_of_nothing(&self, range: &Range<usize>) -> usize {
        let Some(key_end) = self.open.key_end() else {
            let dash = lines::indicator(self.text, self.cursor..range.start, |byte| byte == b'-');
            return dash.map_or(range.end, |dash| dash + 1);
        };
        let colon = key_end + lines::count(self.text, key_end, |byte| byte.is_ascii_whitespace());
        if lines::byte(self.text, colon) == Some(b':') { colon + 1 } else { key_end }
    }

    fn tag<'t>(&self, tag: Cow<'t, Tag>, marks: Marks) -> (Cow<'t, Tag>, Span) {
        let range = marks.tag_span().and_then(|span| span.byte_range()).or_else(|| marks.byte_range());
        (tag, self.span(range.unwrap_or_default()))
    }

    fn container_tag(&mut self, tag: Option<Cow<'_, Tag>>, marks: Marks, kind: &str) {
        let Some(tag) = tag else { return };
        let (tag, span) = self.tag(tag, marks);
        if let Some(diagnostic) = value::container_tag(&tag, kind, span) {
            self.reports.push(diagnostic);
        }
    }

    /// Counts a value.
    fn count(&mut self, range: Range<usize>) -> Flow {
        self.nodes += 1;
        if self.nodes <= self.limits.nodes {
            return Flow::Continue(());
        }
        let message = format!("the file has more than {} values", self.limits.nodes);
        let span = self.first_character(range.start);
        self.stop(Diagnostic::new(&TOO_LARGE, span, message))
    }

    fn stop(&mut self, diagnostic: Diagnostic) -> Flow {
        self.stopped = Some(diagnostic.primary.span.range().start);
        self.reports.push(diagnostic);
        Flow::Break(())
    }

    fn first_character(&self, at: usize) -> Span {
        let length = self.text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        self.span(at..at + length)
    }

    fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.file, range)
    }
}

/// The nearest number to an integer that was read as text.
fn rounded(node: &Node) -> Option<serde_json::Number> {
    core_schema::rounded(node.as_str()?)
}
