//! The source text that `miette` draws. Lines wider than the screen are cut around their underlined part, because a
//! line that the terminal wraps would misplace the underlines below it.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};
use naftiko_diagnostics::SourceFile;

use crate::labels::columns;
use crate::visible::visible_source;

/// Marks the omitted part of a cut line.
const CUT: &str = "…";

/// The columns that `miette` draws to the left of every line, in addition to the line number.
const RULES: usize = 4;

/// The text of a file, with the wide lines around some places cut.
#[derive(Debug)]
pub(crate) struct Excerpt {
    name: String,
    text: Arc<str>,
    cuts: Vec<Cut>,
    /// For each place, its byte offset in the excerpt and its column in the file, counted from 0.
    places: Vec<(usize, usize)>,
}

/// A line of which only a part is drawn.
#[derive(Debug)]
struct Cut {
    /// The whole line, in bytes of the file.
    line: Range<usize>,
    /// The drawn part, in bytes of the file.
    kept: Range<usize>,
    /// The bytes of the excerpt at which the drawn part begins (`at`) and the line ends (`end`).
    at: usize,
    end: usize,
}

impl Excerpt {
    /// Builds the excerpt of `file`; the lines around `places` are cut to `width` columns.
    pub(crate) fn new(file: &SourceFile, places: &[Range<usize>], width: usize) -> Self {
        let source = visible_source(file.text());
        let (drawn, cuts) = cut(&source, file, places, width);
        let text = match source {
            _ if !cuts.is_empty() => drawn.into(),
            Cow::Borrowed(_) => Arc::clone(file.text()),
            Cow::Owned(harmless) => harmless.into(),
        };
        let excerpt =
            Self { name: naftiko_text::escape(file.name()).into_owned(), text, cuts, places: Vec::new() };
        let places = places.iter().map(|place| {
            let column = file.line_column(place.start).column.saturating_sub(1);
            (excerpt.place(place).start, column)
        });
        Self { places: places.collect(), ..excerpt }
    }

    /// Translates a byte range of the file to the excerpt.
    pub(crate) fn place(&self, place: &Range<usize>) -> Range<usize> {
        let start = self.offset(place.start);
        start..self.offset(place.end).max(start)
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    fn offset(&self, offset: usize) -> usize {
        let before = self.cuts.iter().rev().find(|cut| cut.line.start <= offset);
        match before {
            None => offset,
            Some(cut) if offset <= cut.line.end => {
                cut.at + offset.clamp(cut.kept.start, cut.kept.end) - cut.kept.start
            }
            Some(cut) => cut.end + (offset - cut.line.end),
        }
    }
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let found = self.text.as_ref().read_span(span, before, after)?;
        // `miette` prints this position above the lines, so it must be the position in the file, not in the excerpt.
        let own = self.places.iter().find(|(at, _)| before == 0 && *at == span.offset());
        let column = own.map_or(found.column(), |(_, column)| *column);
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            found.data(),
            *found.span(),
            found.line(),
            column,
            found.line_count(),
        )))
    }
}

/// Cuts the wide lines around `places`. Returns the new text and the cuts; both are empty if no line is too wide.
fn cut(text: &str, file: &SourceFile, places: &[Range<usize>], width: usize) -> (String, Vec<Cut>) {
    let first = places.iter().map(|place| place.start).min().unwrap_or_default();
    let last = places.iter().map(|place| place.end).max().unwrap_or_default();
    let number = (file.line_column(last).line + 1).to_string().len();
    let room = width.saturating_sub(number + RULES).max(20);
    let mut cuts: Vec<Cut> = Vec::new();
    let mut drawn = String::new();
    let mut done = 0;
    let mut start = line_before(text, line_start(text, first));
    let end = line_end(text, (line_end(text, last) + 1).min(text.len()));
    while start <= end && start < text.len() {
        let line = start..line_end(text, start);
        start = line.end + 1;
        let words = text.get(line.clone()).unwrap_or_default();
        if columns(words) <= room {
            continue;
        }
        let place = places.iter().find(|place| line.contains(&place.start));
        let kept = window(words, place.map(|place| place.start - line.start..place.end - line.start), room);
        let kept = kept.start + line.start..kept.end + line.start;
        drawn.push_str(text.get(done..line.start).unwrap_or_default());
        if kept.start > line.start {
            drawn.push_str(CUT);
        }
        let at = drawn.len();
        drawn.push_str(text.get(kept.clone()).unwrap_or_default());
        if kept.end < line.end {
            drawn.push_str(CUT);
        }
        done = line.end;
        cuts.push(Cut { line, kept, at, end: drawn.len() });
    }
    if !cuts.is_empty() {
        drawn.push_str(text.get(done..).unwrap_or_default());
    }
    (drawn, cuts)
}

/// The part of a line to draw: its beginning if the place fits into it, else the place with some context before it.
fn window(line: &str, place: Option<Range<usize>>, room: usize) -> Range<usize> {
    let room = room.saturating_sub(2);
    let fitting = |from: usize| {
        let rest = line.get(from..).unwrap_or_default();
        let end = rest
            .char_indices()
            .map(|(at, it)| at + it.len_utf8())
            .take_while(|end| columns(rest.get(..*end).unwrap_or_default()) <= room);
        from + end.last().unwrap_or_default()
    };
    let end = fitting(0);
    let Some(place) = place.filter(|place| place.end.min(line.len()) > end) else { return 0..end };
    let before = line.get(..place.start).unwrap_or_default();
    let lead = before
        .char_indices()
        .rev()
        .map(|(at, _)| at)
        .take_while(|at| columns(before.get(*at..).unwrap_or_default()) <= room / 3);
    let from = lead.last().unwrap_or(place.start);
    from..fitting(from)
}

fn line_start(text: &str, at: usize) -> usize {
    text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |found| found + 1)
}

fn line_before(text: &str, start: usize) -> usize {
    start.checked_sub(1).map_or(0, |end| line_start(text, end))
}

fn line_end(text: &str, at: usize) -> usize {
    text.get(at..).and_then(|rest| rest.find('\n')).map_or(text.len(), |found| at + found)
}

#[cfg(test)]
mod tests {
    use naftiko_diagnostics::SourceMap;

    use super::*;

    /// The drawn line, with brackets around the place.
    fn drawn(line: &str, width: usize) -> String {
        let mut sources = SourceMap::new();
        let id = sources.add("a.yaml", format!("above: {}\n{line}\nbelow: x\n", "x".repeat(90)));
        let file = sources.file(id).unwrap();
        let start = file.text().find("HERE").unwrap();
        let place = start..start + 4;
        let excerpt = Excerpt::new(file, std::slice::from_ref(&place), width);
        let text = excerpt.text();
        assert!(text.lines().all(|line| columns(line) + 5 <= width), "{text}");
        assert!(text.ends_with("below: x\n"));
        let mut marked = text.to_owned();
        let place = excerpt.place(&place);
        marked.insert(place.end, ']');
        marked.insert(place.start, '[');
        marked.lines().nth(1).unwrap().to_owned()
    }

    #[test]
    fn a_wide_line_is_cut_around_its_place() {
        assert_eq!(drawn("a: HERE", 40), "a: [HERE]");
        assert_eq!(
            drawn(&format!("a: HERE {}", "é".repeat(60)), 30),
            format!("a: [HERE] {}…", "é".repeat(15))
        );
        assert_eq!(drawn(&format!("a: {}HERE, b: c", "é".repeat(60)), 30), "…ééééééé[HERE], b: c");
        let middle = format!("a: {}HERE{}", "日".repeat(60), "日".repeat(60));
        assert_eq!(drawn(&middle, 30), "…日日日[HERE]日日日日日日…");
    }

    #[test]
    fn the_place_that_is_named_is_that_of_the_file() {
        let mut sources = SourceMap::new();
        let id = sources.add("a.yaml", format!("a: {}HERE\n", "x".repeat(100)));
        let file = sources.file(id).unwrap();
        let place = 103..107;
        let excerpt = Excerpt::new(file, std::slice::from_ref(&place), 40);
        let place = excerpt.place(&place);
        let found = excerpt.read_span(&(place.start, 4).into(), 0, 0).unwrap();
        assert_eq!((found.line(), found.column(), found.name()), (0, 103, Some("a.yaml")));
    }
}
