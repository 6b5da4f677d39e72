//! Prints changes as unified diffs.

use std::io;

use naftiko_check::Change;
use naftiko_text::{Printable, printable};
use similar::{ChangeTag, TextDiff};

use crate::screen::Screen;

/// Prints a change: escaped and colored for a terminal, else in the format of `patch` with the original bytes of the
/// document.
///
/// # Errors
/// If standard output cannot be written.
pub(crate) fn unified(change: &Change, screen: &mut Screen) -> io::Result<()> {
    let diff = TextDiff::from_lines(&change.before, &change.after);
    let mut unified = diff.unified_diff();
    unified.context_radius(3);
    let name = Printable::path(&change.path);
    let style = screen.out;
    if !style.terminal && !style.color {
        return screen.document(&unified.header(&name, &name).to_string());
    }
    let mut out = printable!("--- {}\n+++ {}\n", name, name);
    for hunk in unified.iter_hunks() {
        out.push(&printable!("{}\n", hunk.header()));
        for line in hunk.iter_changes() {
            let (text, ends) = match line.value().strip_suffix('\n') {
                Some(text) => (text, true),
                None => (line.value(), false),
            };
            let shown = printable!("{}{}", line.tag(), text);
            out.push_line(&match line.tag() {
                ChangeTag::Equal => shown,
                ChangeTag::Delete => style.bad(shown),
                ChangeTag::Insert => style.good(shown),
            });
            if !ends {
                out.push_literal("\\ No newline at end of file\n");
            }
        }
    }
    screen.result(&out)
}
