//! Prints changes as unified diffs.

use std::io;

use naftiko_check::Change;
use naftiko_text::{Printable, join, printable};
use similar::{ChangeTag, TextDiff};

use crate::screen::Screen;

/// Prints a change in the format of `patch`, colored for a terminal. Characters that control or reorder text, or are
/// invisible, are escaped, since a diff is for people and logs: a patch with such a line does not apply, while `--fix`
/// and `upgrade --write` write the exact document. Tabs and line ends remain, except on a terminal.
///
/// # Errors
/// If standard output cannot be written.
pub(crate) fn unified(change: &Change, screen: &mut Screen) -> io::Result<()> {
    let diff = TextDiff::from_lines(&change.before, &change.after);
    let mut unified = diff.unified_diff();
    unified.context_radius(3);
    let name = Printable::path(&change.path);
    let style = screen.out;
    let mut out = printable!("--- {}\n+++ {}\n", name, name);
    for hunk in unified.iter_hunks() {
        out.push(&printable!("{}\n", hunk.header()));
        for line in hunk.iter_changes() {
            let (text, ends) = match line.value().strip_suffix('\n') {
                Some(text) => (text, true),
                None => (line.value(), false),
            };
            let shown = printable!("{}", line.tag()) + &line_of(text, style.terminal);
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

/// A line of a document. A program that applies the change needs its tabs, and the first half of its line end.
fn line_of(text: &str, is_for_terminal: bool) -> Printable {
    if is_for_terminal {
        return Printable::escaped(text);
    }
    let (text, end) = text.strip_suffix('\r').map_or((text, ""), |text| (text, "\r"));
    join(text.split('\t').map(Printable::escaped), "\t") + &Printable::from(end)
}
