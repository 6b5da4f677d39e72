//! Comments, which are not part of the tree and are read only on demand.

use granit_parser::{Event, Options, Parser};
use naftiko_diagnostics::{FileId, Span};

use crate::lines;

/// A comment, from `#` to the end of its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// The bytes, including `#`.
    pub span: Span,
    /// Whether only white space comes before it on its line.
    pub alone: bool,
}

/// The comments of a text in order; if the text is not valid YAML, those before its first error.
pub fn comments(text: &str, file: FileId) -> Vec<Comment> {
    let mut options = Options::default();
    options.set_emit_comments(true);
    options.emit_unresolved_aliases = true;
    options.flow_nesting_limit = usize::MAX;
    options.block_nesting_limit = usize::MAX;
    // Comments need no more memory than the text, which is limited already.
    options.max_buffered_comment_events = usize::MAX;
    let mut found: Vec<Comment> = Parser::new_from_str_with_options(text, options)
        .map_while(Result::ok)
        .filter(|(event, _)| matches!(event, Event::Comment(..)))
        .filter_map(|(_, marks)| {
            let range = marks.byte_range()?;
            let before = lines::slice(text, lines::line_start(text, range.start)..range.start);
            let alone = before.trim_matches([' ', '\t', '\u{FEFF}']).is_empty();
            Some(Comment { span: Span::new(file, range), alone })
        })
        .collect();
    found.sort_by_key(|comment| comment.span);
    found
}
