//! Changes as a unified diff.

use std::borrow::Cow;

use naftiko_check::Change;
use naftiko_report::{Style, visible};
use similar::{ChangeTag, TextDiff};

/// A change as `patch` reads it.
pub(crate) fn unified(change: &Change, style: Style) -> String {
    let name = change.path.display().to_string();
    let diff = TextDiff::from_lines(&change.before, &change.after);
    let mut unified = diff.unified_diff();
    let mut out = format!("--- {name}\n+++ {name}\n");
    for hunk in unified.context_radius(3).iter_hunks() {
        out.push_str(&hunk.header().to_string());
        out.push('\n');
        for line in hunk.iter_changes() {
            let (sign, text) = (line.tag().to_string(), line.value());
            let (text, end) = match text.strip_suffix('\n') {
                Some(text) => (text, "\n"),
                None => (text, "\n\\ No newline at end of file\n"),
            };
            // A program gets the bytes, a terminal nothing that it would obey.
            let text = if style.terminal { visible(text) } else { Cow::Borrowed(text) };
            let shown = format!("{sign}{text}");
            out.push_str(&match line.tag() {
                ChangeTag::Equal => shown,
                ChangeTag::Delete => style.bad(&shown),
                ChangeTag::Insert => style.good(&shown),
            });
            out.push_str(end);
        }
    }
    out
}
