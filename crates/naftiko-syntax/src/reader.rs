//! Reads text into a tree: the limits, and the loop over the parser's events.

use granit_parser::{Options, Parser};
use naftiko_diagnostics::{Diagnostic, FileId, Span};

use crate::builder::Builder;
use crate::codes::{BINARY_FILE, EMPTY_DOCUMENT, TOO_LARGE};
use crate::json;
use crate::tree::Node;

/// Limits on the size of a document. A document that exceeds them is rejected with a diagnostic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of text.
    pub bytes: usize,
    /// The depth of nested lists and mappings, with aliases expanded.
    pub depth: usize,
    /// Values in the text.
    pub nodes: usize,
    /// Values added by aliases; each kilobyte of text counts as one more value.
    pub alias_nodes: usize,
    /// Whether an integer that a JSON number would round is reported and read as text; otherwise it is rounded, as JSON
    /// readers do.
    pub exact_numbers: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 32 * 1024 * 1024,
            depth: 128,
            nodes: 4_000_000,
            alias_nodes: 100_000,
            exact_numbers: true,
        }
    }
}

/// A tree and the diagnostics of its text.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Parsed {
    /// The value of the document; `None` if the text has none.
    pub root: Option<Node>,
    /// The diagnostics, in the order they were found.
    pub diagnostics: Vec<Diagnostic>,
    pub(crate) stopped: Option<usize>,
}

impl Parsed {
    /// Whether reading stopped before the end of the text, so that the tree may be incomplete.
    pub fn is_cut_short(&self) -> bool {
        self.stopped.is_some()
    }

    /// The offset of the error that stopped reading; `None` if the text was read to its end.
    pub fn stopped_at(&self) -> Option<usize> {
        self.stopped
    }

    /// The result for a text that was not read.
    pub(crate) fn refused(diagnostic: Diagnostic) -> Self {
        let stopped = Some(diagnostic.primary.span.range().start);
        Self { root: None, diagnostics: vec![diagnostic], stopped }
    }
}

/// Reads the first document of a text. A text that is one JSON object or list is read by the rules of JSON.
///
/// Reading stops at the first syntax error, and where a limit is exceeded. The tree then contains what was read so far,
/// with open lists and mappings closed, and [`Parsed::is_cut_short`] is true. Any other error is reported, and reading
/// continues: the first of two equal keys is used, an unknown tag is ignored, an alias without an anchor is null.
/// Aliases are replaced by copies whose spans are those of the anchored value; `<<` is an ordinary key.
pub fn parse(text: &str, file: FileId, limits: &Limits) -> Parsed {
    if text.len() > limits.bytes {
        return Parsed::refused(Diagnostic::new(&TOO_LARGE, Span::new(file, 0..0), too_many_bytes(limits)));
    }
    if let Some(nul) = text.bytes().position(|byte| byte == 0) {
        let message = "the file is binary, not YAML";
        return Parsed::refused(
            Diagnostic::new(&BINARY_FILE, Span::new(file, nul..nul + 1), message).with_label("a NUL byte"),
        );
    }
    if let Some(root) = json::parse(text, file, limits) {
        return Parsed { root: Some(root), ..Parsed::default() };
    }
    let mut builder = Builder::new(text, file, *limits);
    for event in Parser::new_from_str_with_options(text, options()) {
        let read = match event {
            Ok((event, span)) => builder.take(event, span),
            Err(error) => builder.stop_at(&error),
        };
        if read.is_break() {
            break;
        }
    }
    let mut parsed = builder.finish();
    if parsed.root.is_none() && parsed.diagnostics.is_empty() {
        let empty = Diagnostic::new(&EMPTY_DOCUMENT, Span::new(file, 0..0), "the file is empty");
        parsed.diagnostics.push(empty);
    }
    parsed
}

/// The message for a text beyond the limit. The full length is unknown, because the rest is not read.
pub(crate) fn too_many_bytes(limits: &Limits) -> String {
    const MIB: usize = 1 << 20;
    let most = match limits.bytes {
        bytes if bytes >= MIB && bytes % MIB == 0 => format!("{} MiB", bytes / MIB),
        bytes => format!("{bytes} bytes"),
    };
    format!("the file has more than {most}; the rest is not read")
}

/// The parser's own depth limits are disabled: the builder counts the depth of lists and mappings of both styles.
fn options() -> Options {
    let mut options = Options::default();
    options.set_emit_comments(false);
    options.emit_anchor_events = true;
    options.emit_unresolved_aliases = true;
    options.flow_nesting_limit = usize::MAX;
    options.block_nesting_limit = usize::MAX;
    options
}
