//! Values that lack quotes: their extent, and the fix that adds the quotes.

use std::ops::Range;

use naftiko_diagnostics::{Applicability, Diagnostic, FileId, Fix, Span, work};

use crate::codes::{UNDEFINED_ALIAS, YAML_SYNTAX};
use crate::lines::{self, is_blank, is_break};

/// The maximum number of characters of a user's text in a message.
const EXCERPT: usize = 40;
/// The maximum length in bytes of a value in brackets or braces whose extent is sought: a line may hold many values.
const LONGEST: usize = 1024;

/// The beginning of a text, for a message.
pub(crate) fn excerpt(text: &str) -> String {
    let mut shown: String = text.chars().take(EXCERPT).flat_map(shown).collect();
    if text.chars().nth(EXCERPT).is_some() {
        shown.push('…');
    }
    shown
}

/// Reports that a value needs quotes, with a fix if its extent is certain.
pub(crate) fn needs_quotes(
    diagnostic: Diagnostic,
    text: &str,
    range: Option<Range<usize>>,
    applicability: Applicability,
) -> Diagnostic {
    let value = range.clone().map(|range| lines::slice(text, range)).filter(|value| !value.is_empty());
    let (Some(range), Some(value)) = (range, value) else {
        return diagnostic.with_help("write the value in quotes");
    };
    let quoted = format!("'{}'", value.replace('\'', "''"));
    let span = Span::new(diagnostic.primary.span.file, range);
    let fix = Fix::replace("write the value in quotes", span, quoted.clone(), applicability);
    diagnostic.with_help(format!("write the value in quotes: {}", excerpt(&quoted))).with_fix(fix)
}

/// The value that starts at `start` and ends on its line; `None` if it may continue below.
pub(crate) fn value_in_block(text: &str, start: usize) -> Option<Range<usize>> {
    let end = lines::line_end(text, start);
    let line = lines::slice(text, start..end);
    let comment = line.find(" #").or_else(|| line.find("\t#")).unwrap_or(line.len());
    let value = line.get(..comment)?.trim_end_matches([' ', '\t']);
    let goes_on = lines::next_line(text, start).is_some_and(|next| {
        let indent = lines::indentation(text, next);
        let is_empty = lines::byte(text, next + indent).is_none_or(is_break);
        !is_empty && indent > lines::indentation(text, lines::line_start(text, start))
    });
    (!goes_on && !value.is_empty()).then_some(start..start + value.len())
}

/// The value in brackets or braces that starts at `start`, including the braces of `${…}` and `{{…}}`; `None` if they
/// do not close on the line, or if the value is longer than 1,024 bytes.
pub(crate) fn value_in_flow(text: &str, start: usize) -> Option<Range<usize>> {
    let mut depth = 0_usize;
    let mut quote = None;
    let after = text.as_bytes().get(start..).unwrap_or_default();
    let line = after.iter().copied().take_while(|byte| !is_break(*byte)).take(LONGEST);
    for (at, byte) in line.enumerate() {
        work::add(1);
        match (quote, byte) {
            (Some(open), _) if open == byte => quote = None,
            (None, b'\'' | b'"') if depth > 0 => quote = Some(byte),
            (None, b'{' | b'[') => depth += 1,
            (None, b'}' | b']') if depth > 0 => depth -= 1,
            (None, b'}' | b']' | b',') if depth == 0 => return Some(trimmed(text, start..start + at)),
            _ => {}
        }
    }
    None
}

/// The start of the unquoted value in brackets or braces that contains `at`.
pub(crate) fn start_in_flow(text: &str, at: usize) -> usize {
    let before = text.as_bytes().get(..at).unwrap_or_default();
    let begins = |index: usize, byte: u8| {
        matches!(byte, b',' | b'[' | b'{' | b']' | b'}')
            || is_break(byte)
            || (byte == b':' && before.get(index + 1).copied().is_none_or(is_blank))
    };
    let start = before
        .iter()
        .enumerate()
        .rposition(|(index, byte)| begins(index, *byte))
        .map_or(0, |index| index + 1);
    start + lines::count(text, start, is_blank)
}

/// `{{ x }}` without quotes, which YAML reads as a mapping whose key is a mapping; `key` is that inner mapping.
pub(crate) fn template(text: &str, key: Span) -> Option<Diagnostic> {
    let start = key.range().start.checked_sub(1)?;
    lines::slice(text, start..lines::line_end(text, start)).starts_with("{{").then_some(())?;
    let end = key.range().end;
    let outer_end = end + lines::slice(text, end..lines::line_end(text, end)).find('}')? + 1;
    let whole = lines::slice(text, start..outer_end);
    let message = format!("`{}` is not quoted, and `{{` opens a mapping", excerpt(whole));
    let diagnostic = Diagnostic::new(&YAML_SYNTAX, Span::new(key.file, start..outer_end), message);
    let rest = lines::slice(text, outer_end..lines::line_end(text, outer_end));
    let is_all = rest.trim_start().is_empty() || rest.trim_start().starts_with([',', ']', '}', '#', ':']);
    let range = if is_all { Some(start..outer_end) } else { value_in_block(text, start) };
    Some(needs_quotes(diagnostic, text, range, Applicability::Safe))
}

/// An alias without an anchor: misspelled, or a text such as `*.json`. `value` is the extent of that text.
pub(crate) fn undefined_alias(
    text: &str,
    span: Span,
    near: Option<&str>,
    value: Option<Range<usize>>,
) -> Diagnostic {
    let name = excerpt(lines::slice(text, span.range()).trim_start_matches('*'));
    let diagnostic = Diagnostic::new(&UNDEFINED_ALIAS, span, format!("`*{name}` names no anchor"));
    if let Some(near) = near {
        let title = format!("replace it by `*{near}`");
        let fix = Fix::replace(title, span, format!("*{near}"), Applicability::Unsafe);
        return diagnostic.with_help(format!("did you mean `*{near}`")).with_fix(fix);
    }
    needs_quotes(diagnostic, text, value, Applicability::Unsafe)
}

/// `${` in braces or brackets, where the brace opens a mapping; `brace` is its position.
pub(crate) fn dollar_brace(text: &str, file: FileId, brace: usize, flow: &str) -> Option<Diagnostic> {
    let dollar = brace.checked_sub(1)?;
    lines::slice(text, dollar..brace + 1).starts_with("${").then_some(())?;
    let range = value_in_flow(text, start_in_flow(text, dollar));
    let span = range.clone().unwrap_or(dollar..brace + 1);
    let message = format!("`${{` is not quoted inside {flow}, where `{{` opens a mapping");
    let diagnostic = Diagnostic::new(&YAML_SYNTAX, Span::new(file, span), message);
    Some(needs_quotes(diagnostic, text, range, Applicability::Safe))
}

fn shown(character: char) -> impl Iterator<Item = char> {
    let plain = !character.is_control();
    plain.then_some(character).into_iter().chain(character.escape_default().filter(move |_| !plain))
}

fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let length = lines::slice(text, range.clone()).trim_end().len();
    range.start..range.start + length
}
