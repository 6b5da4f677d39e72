//! Converts scalars to values.

use std::borrow::Cow;
use std::ops::Range;

use granit_parser::{ScalarStyle, Tag};
use naftiko_diagnostics::{Applicability, Diagnostic, FileId, Fix, Span};
use serde_json::Number;

use crate::alignment;
use crate::codes::{INEXACT_NUMBER, NOT_A_JSON_NUMBER, TAG_MISMATCH, UNKNOWN_TAG};
use crate::core_schema::{self, Plain};
use crate::lines;
use crate::quoting::excerpt;
use crate::tree::{Node, Text, Value};

/// A scalar in the text.
#[derive(Debug)]
pub(crate) struct Scalar<'a> {
    /// The text, unescaped and unfolded.
    pub(crate) value: Cow<'a, str>,
    /// The style.
    pub(crate) style: ScalarStyle,
    /// The tag, and its position.
    pub(crate) tag: Option<(Cow<'a, Tag>, Span)>,
    /// The bytes. For a block scalar, before [`Scalar::widen_block`], its lines without the header.
    pub(crate) range: Range<usize>,
    /// The indentation in spaces, if it is a block scalar with lines.
    indent: Option<usize>,
}

impl<'a> Scalar<'a> {
    pub(crate) fn new(
        value: Cow<'a, str>,
        style: ScalarStyle,
        tag: Option<(Cow<'a, Tag>, Span)>,
        range: Range<usize>,
    ) -> Self {
        Self { value, style, tag, range, indent: None }
    }

    /// Whether the scalar is missing: the parser returns a `~` that is not in the text.
    pub(crate) fn is_absent(&self, text: &str) -> bool {
        let made_up = self.value == "~" && lines::slice(text, self.range.clone()) != "~";
        self.style == ScalarStyle::Plain && (made_up || self.value.is_empty())
    }

    /// Whether it is a block scalar with `|` or `>`.
    pub(crate) fn is_block(&self) -> bool {
        matches!(self.style, ScalarStyle::Literal | ScalarStyle::Folded)
    }

    /// Extends a block scalar to its header, which comes after `cursor`, and to the end of its last line.
    pub(crate) fn widen_block(&mut self, text: &str, cursor: usize) {
        let header = lines::indicator(text, cursor..self.range.start, |byte| matches!(byte, b'|' | b'>'));
        let header = header.unwrap_or(self.range.start);
        let indicators =
            lines::count(text, header, |byte| matches!(byte, b'|' | b'>' | b'+' | b'-' | b'1'..=b'9'));
        let is_empty = self.value.bytes().all(|byte| byte == b'\n');
        if !is_empty {
            self.indent = Some(self.range.start - lines::line_start(text, self.range.start));
        }
        let end = if is_empty { header + indicators } else { last_line_end(text, &self.range) };
        self.range = header..end;
    }

    /// The scalar as text, whatever it looks like.
    pub(crate) fn into_text(self, text: &str, span: Span) -> Node {
        let anchors = self.anchors(text);
        Node { span, value: Value::String(Text::new(self.value.into_owned(), anchors)) }
    }

    /// The value, and the diagnostic for it.
    pub(crate) fn into_node(self, text: &str, file: FileId) -> (Node, Option<Diagnostic>) {
        let span = Span::new(file, self.range.clone());
        let untagged =
            if self.style == ScalarStyle::Plain { core_schema::plain(&self.value) } else { Plain::Text };
        let (meaning, mut flaw) = match &self.tag {
            None => (untagged, None),
            Some((tag, place)) => match self.tagged(tag) {
                Some(meaning) => (meaning, None),
                None => (untagged, Some(tag_flaw(tag, *place, &format!("`{}`", excerpt(&self.value))))),
            },
        };
        let value = match meaning {
            Plain::Null => Some(Value::Null),
            Plain::Bool(value) => Some(Value::Bool(value)),
            Plain::Number(number) => Some(Value::Number(number)),
            Plain::Text => None,
            Plain::Inexact => {
                flaw = Some(inexact(&self.value, span));
                None
            }
            Plain::Rounded(number) => {
                flaw = Some(rounded(&self.value, &number, span));
                Some(Value::Number(number))
            }
            Plain::NotJson => {
                flaw = Some(not_json(&self.value, span));
                None
            }
        };
        let node = match value {
            Some(value) => Node { span, value },
            None => self.into_text(text, span),
        };
        (node, flaw)
    }

    /// The meaning under the scalar's tag; `None` if the tag is unknown or does not match.
    fn tagged(&self, tag: &Tag) -> Option<Plain> {
        let Some(kind) = tag.core_suffix() else {
            return is_non_specific(tag).then_some(Plain::Text);
        };
        match (kind, core_schema::plain(&self.value)) {
            ("str", _) => Some(Plain::Text),
            ("float", Plain::Number(number)) => number.as_f64().and_then(Number::from_f64).map(Plain::Number),
            ("int", Plain::Number(number)) if number.is_f64() && self.value.contains(['.', 'e', 'E']) => None,
            ("null", meaning @ Plain::Null)
            | ("bool", meaning @ Plain::Bool(_))
            | ("int", meaning @ (Plain::Number(_) | Plain::Inexact))
            | ("float", meaning @ (Plain::NotJson | Plain::Inexact | Plain::Rounded(_))) => Some(meaning),
            _ => None,
        }
    }

    fn anchors(&self, text: &str) -> Vec<(u32, u32)> {
        match self.style {
            ScalarStyle::Plain => alignment::plain(text, self.range.clone(), &self.value),
            ScalarStyle::SingleQuoted => alignment::single_quoted(text, &self.range, &self.value),
            ScalarStyle::DoubleQuoted => alignment::double_quoted(text, &self.range, &self.value),
            ScalarStyle::Literal | ScalarStyle::Folded => self.block_anchors(text).unwrap_or_default(),
        }
    }

    fn block_anchors(&self, text: &str) -> Option<Vec<(u32, u32)>> {
        let body = lines::next_line(text, self.range.start)?;
        let indent = self.indent?;
        Some(alignment::block(text, body, indent, &self.value))
    }
}

/// The diagnostic for the tag of a list (`seq`) or a mapping (`map`).
pub(crate) fn container_tag(tag: &Tag, kind: &str, place: Span) -> Option<Diagnostic> {
    let fits = tag.core_suffix() == Some(kind) || is_non_specific(tag);
    let found = if kind == "seq" { "a list" } else { "a mapping" };
    (!fits).then(|| tag_flaw(tag, place, found))
}

/// Whether a tag is `!` alone, which disables the interpretation by content.
fn is_non_specific(tag: &Tag) -> bool {
    tag.original() == "!"
}

fn tag_flaw(tag: &Tag, place: Span, found: &str) -> Diagnostic {
    let name = tag.original();
    if tag.is_yaml_core_schema() {
        Diagnostic::new(&TAG_MISMATCH, place, format!("{found} does not match the tag `{name}`"))
            .with_help("remove the tag, or write a value it fits")
    } else {
        Diagnostic::new(&UNKNOWN_TAG, place, format!("tag `{}` is not known and is ignored", excerpt(&name)))
    }
}

fn inexact(value: &str, span: Span) -> Diagnostic {
    let message =
        format!("`{}` has more digits than a JSON number can represent, and is read as text", excerpt(value));
    quotable(Diagnostic::new(&INEXACT_NUMBER, span, message), value, span)
}

fn rounded(value: &str, number: &Number, span: Span) -> Diagnostic {
    let message = format!(
        "`{}` has more digits than a JSON number can represent, and is read as {number}",
        excerpt(value)
    );
    Diagnostic::new(&INEXACT_NUMBER, span, message)
        .with_help("write it in quotes if every digit matters, or write the rounded number")
}

fn not_json(value: &str, span: Span) -> Diagnostic {
    let message = format!("`{}` is not a JSON number, and is read as text", excerpt(value));
    quotable(Diagnostic::new(&NOT_A_JSON_NUMBER, span, message), value, span)
}

/// Offers quotes, which do not change the meaning: the value is read as text already.
fn quotable(diagnostic: Diagnostic, value: &str, span: Span) -> Diagnostic {
    let title = "write it in quotes";
    diagnostic.with_help("write it in quotes if it is text").with_fix(Fix::replace(
        title,
        span,
        format!("'{value}'"),
        Applicability::Safe,
    ))
}

/// The end of the last line of a block scalar that is not blank.
fn last_line_end(text: &str, range: &Range<usize>) -> usize {
    let body = lines::slice(text, range.clone());
    let trimmed = body.trim_end_matches([' ', '\t', '\r', '\n']);
    lines::line_end(text, range.start + trimmed.len()).min(range.end)
}
