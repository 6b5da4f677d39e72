//! Parses the comments that are directives to `naftiko`.

use naftiko_diagnostics::{FileId, SourceFile, Span, Spanned};
use naftiko_syntax::{Comment, comments};

/// The prefix of a directive, after the `#`.
const ADDRESS: &str = "naftiko:";

/// The comments of a file; empty if its text does not contain the prefix of a directive.
pub(crate) fn comments_of(file: &SourceFile, id: FileId) -> Vec<Comment> {
    if file.text().contains(ADDRESS) { comments(file.text(), id) } else { Vec::new() }
}

/// A directive in a comment: `# naftiko: word[name, name] rest`.
pub(crate) struct Directive<'a> {
    /// The command, such as `ignore` or `rules`.
    pub(crate) word: &'a str,
    /// The names in brackets; `None` where there are none.
    pub(crate) names: Option<Vec<Spanned<String>>>,
    /// The text after the brackets.
    pub(crate) rest: &'a str,
}

/// The directive in a comment of `text`; `None` if the comment has no directive prefix.
pub(crate) fn directive<'a>(text: &'a str, comment: &Comment) -> Option<Directive<'a>> {
    let range = comment.span.range();
    let words = text.get(range.clone())?;
    let said = words.trim_start_matches('#').trim_start().strip_prefix(ADDRESS)?.trim_start();
    let word = said.split(|c: char| !c.is_alphanumeric() && c != '-').next().unwrap_or_default();
    let after = said.strip_prefix(word)?.trim_start();
    let list = after.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let Some((list, rest)) = list.filter(|(list, _)| !list.trim().is_empty()) else {
        return Some(Directive { word, names: None, rest: after });
    };
    let mut start = range.start + words.find('[')? + 1;
    let mut names = Vec::new();
    for part in list.split(',') {
        let name = part.trim();
        let at = start + (part.len() - part.trim_start().len());
        if !name.is_empty() {
            let span = Span::new(comment.span.file, at..at + name.len());
            names.push(Spanned::new(name.to_owned(), span));
        }
        start += part.len() + 1;
    }
    Some(Directive { word, names: Some(names), rest })
}

/// The top of a document: comments, blank lines, YAML directives and `---` before the first content.
pub(crate) struct Top {
    /// The offset of the first content; `usize::MAX` if there is none.
    end: usize,
}

impl Top {
    /// Finds the top of `text`. One call serves all comments of the text.
    pub(crate) fn of(text: &str) -> Self {
        let mut end = 0;
        for line in text.split_inclusive('\n') {
            let content = line.trim_start();
            if !content.is_empty() && !content.starts_with(['#', '%']) && !content.starts_with("---") {
                return Self { end: end + line.len() - content.len() };
            }
            end += line.len();
        }
        Self { end: usize::MAX }
    }

    /// Whether a comment begins at the top.
    pub(crate) fn holds(&self, comment: &Comment) -> bool {
        comment.span.range().start <= self.end
    }
}

#[cfg(test)]
mod tests {
    use naftiko_diagnostics::SourceMap;

    use super::*;

    #[test]
    fn the_top_ends_where_the_first_key_begins() {
        for (text, expected) in [
            ("# a\n\n%YAML 1.2\n--- # b\n  # c\nkey: 1 # d\n# e\n", vec![true, true, true, false, false]),
            ("# a", vec![true]),
            ("\u{FEFF}key: 1 # a", vec![false]),
            ("", vec![]),
        ] {
            let mut sources = SourceMap::new();
            let id = sources.add("a.yaml", text);
            let top = Top::of(text);
            let found: Vec<bool> = comments(text, id).iter().map(|comment| top.holds(comment)).collect();
            assert_eq!(found, expected, "{text:?}");
        }
    }
}
