//! Text that a library rendered for a terminal.

use crate::Printable;
use crate::escape::{escape, is_hidden};

/// Text that a library rendered for a terminal from escaped parts. Line ends, colors, and links to addresses in
/// printable ASCII remain; every other hidden character is escaped, as in untrusted text.
pub fn drawn(text: &str) -> Printable {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((plain, hidden)) = rest.find(is_hidden).and_then(|at| rest.split_at_checked(at)) {
        out.push_str(plain);
        let length = layout(hidden);
        let (kept, more) = hidden.split_at_checked(length).unwrap_or((hidden, ""));
        if length > 0 {
            out.push_str(kept);
            rest = more;
        } else {
            let (first, more) = hidden.split_at_checked(first_length(hidden)).unwrap_or((hidden, ""));
            out.push_str(&escape(first));
            rest = more;
        }
    }
    out.push_str(rest);
    Printable::trusted(out)
}

fn first_length(text: &str) -> usize {
    text.chars().next().map_or(0, char::len_utf8)
}

/// The number of layout bytes at the beginning: a line end, a color, or one end of a link.
fn layout(text: &str) -> usize {
    if text.starts_with('\n') {
        return 1;
    }
    let Some(sequence) = text.strip_prefix('\u{1b}') else { return 0 };
    let rest = if let Some(color) = sequence.strip_prefix('[') {
        let rest = color.trim_start_matches(|character: char| character.is_ascii_digit() || character == ';');
        rest.strip_prefix('m')
    } else if let Some(link) = sequence.strip_prefix("]8;;") {
        let rest =
            link.trim_start_matches(|character: char| character.is_ascii_graphic() && character != '\\');
        rest.strip_prefix("\u{1b}\\")
    } else {
        None
    };
    rest.map_or(0, |rest| text.len() - rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colors_links_and_lines_stay_and_all_else_is_escaped() {
        let color = "\u{1b}[1;31mred\u{1b}[0m\n";
        assert_eq!(drawn(color), color);
        let link = "\u{1b}]8;;https://example.com/a\u{1b}\\text\u{1b}]8;;\u{1b}\\";
        assert_eq!(drawn(link), link);
        assert_eq!(
            drawn("\u{1b}[2J\u{1b}]0;title\u{7}\u{9b}1m\r"),
            "\\u{1b}[2J\\u{1b}]0;title\\u{7}\\u{9b}1m\\r"
        );
        assert_eq!(drawn("\u{1b}[31"), "\\u{1b}[31");
        assert_eq!(drawn("\u{1b}"), "\\u{1b}");
    }
}
