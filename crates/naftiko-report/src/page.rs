//! Renders the documentation page of a code, for a terminal or a pipe.
//!
//! Pages use a small part of Markdown: headings, paragraphs, code blocks, links to other pages, and HTML comments,
//! which only the tests read.

use naftiko_text::{Printable, printable};

use crate::Style;

/// Renders a page: headings are bold, paragraphs are wrapped to the width of the screen, code is indented.
pub fn page(markdown: &str, style: Style) -> Printable {
    let mut out = Printable::new();
    let mut paragraph = String::new();
    let mut lines = markdown.lines();
    while let Some(line) = lines.next() {
        if let Some(info) = line.strip_prefix("```") {
            flush(&mut paragraph, style, &mut out);
            if let Some((_, title)) = info.split_once(" title=") {
                out.push(&printable!("  {}\n", style.dim(printable!("{}:", title))));
            }
            for code in lines.by_ref().take_while(|line| *line != "```") {
                out.push_line(&printable!("  {}", code).trimmed_end());
            }
            out.push_literal("\n");
        } else if let Some(heading) = line.strip_prefix('#') {
            flush(&mut paragraph, style, &mut out);
            let heading = heading.trim_start_matches('#').trim_start();
            out.push(&printable!("{}\n\n", style.strong(heading.to_owned())));
        } else if line.is_empty() || line.starts_with("<!--") {
            flush(&mut paragraph, style, &mut out);
        } else {
            if !paragraph.is_empty() {
                paragraph.push(' ');
            }
            paragraph.push_str(line);
        }
    }
    flush(&mut paragraph, style, &mut out);
    out.trimmed_end() + &"\n".into()
}

/// Writes the collected paragraph, if any, followed by an empty line.
fn flush(paragraph: &mut String, style: Style, out: &mut Printable) {
    if paragraph.is_empty() {
        return;
    }
    let text = without_links(&std::mem::take(paragraph)).replace("**", "");
    let mut column = 0;
    for word in text.split(' ') {
        let width = word.chars().count();
        if column > 0 && column + 1 + width > style.width {
            out.push_literal("\n");
            column = 0;
        }
        if column > 0 {
            out.push_literal(" ");
            column += 1;
        }
        out.push(&printable!("{}", word));
        column += width;
    }
    out.push_literal("\n\n");
}

/// Replaces each `[text](target)` by `text`.
fn without_links(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, link)) = rest.split_once('[') {
        let parts =
            link.split_once("](").and_then(|(label, target)| Some((label, target.split_once(')')?.1)));
        out.push_str(before);
        match parts.filter(|(label, _)| !label.contains(['[', ' '])) {
            Some((label, after)) => {
                out.push_str(label);
                rest = after;
            }
            None => {
                out.push('[');
                rest = link;
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# a-code\n\nOne two three four.\n\n**error**, with a fix\n\n## Example\n\n<!-- generate: \"x\" gives \
                        error[a-code] -->\n\n```yaml title=b.yaml\nkey: [a]\n\n```\n\n## See also\n\n[b-code](b-code.md), \
                        `list[0]`\n";

    #[test]
    fn a_page_is_wrapped_and_has_no_markup() {
        let narrow = Style { terminal: true, color: false, links: false, width: 12 };
        assert_eq!(
            page(PAGE, narrow),
            "a-code\n\nOne two\nthree four.\n\nerror, with\na fix\n\nExample\n\n  b.yaml:\n  key: [a]\n\n\nSee also\n\nb-code,\n`list[0]`\n"
        );
    }

    #[test]
    fn headings_are_strong_in_color() {
        let colored = Style { terminal: true, color: true, links: false, width: 80 };
        assert!(page(PAGE, colored).starts_with("\u{1b}[1ma-code\u{1b}[0m\n"));
    }
}
