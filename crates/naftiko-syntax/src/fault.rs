//! The likely cause of a syntax error, in the author's terms.
//!
//! The parser reports where it could not continue, but the author needs to know what to change. So the usual causes are
//! checked first: tabs, unclosed quotes, `${` in braces, a colon in a value, a wrongly indented line.

use std::ops::Range;

use granit_parser::ErrorKind;
use naftiko_diagnostics::{Applicability, Diagnostic, FileId, Fix, Span, one_of};

use crate::codes::YAML_SYNTAX;
use crate::lines::{self, is_blank};
use crate::quote_fault;
use crate::quoting::{self, excerpt, needs_quotes};

/// The state of the parser at the error.
#[derive(Debug)]
pub(crate) struct Surroundings<'a> {
    /// The whole text.
    pub(crate) text: &'a str,
    /// The file.
    pub(crate) file: FileId,
    /// The position that the parser reports.
    pub(crate) at: usize,
    /// The columns of the open block collections.
    pub(crate) columns: Vec<usize>,
    /// The end of what was read.
    pub(crate) cursor: usize,
    /// The last scalar that was read.
    pub(crate) scalar: Range<usize>,
    /// The start of the innermost open collection, if it has brackets or braces.
    pub(crate) flow: Option<usize>,
}

/// The diagnostic for an error.
pub(crate) fn explain(kind: &ErrorKind, around: &Surroundings<'_>) -> Diagnostic {
    use ErrorKind as Kind;
    if let Some(diagnostic) = other_space(around) {
        return diagnostic;
    }
    let found = match kind {
        Kind::TabNotAllowed
        | Kind::TabInBlockIndentation
        | Kind::TabAtBlockScalarStart
        | Kind::TabInIndentation
        | Kind::TabInPlainScalar => tab(around),
        Kind::ExpectedFlowMappingSeparator | Kind::ExpectedFlowSequenceSeparator => Some(separator(around)),
        Kind::UnclosedFlowCollection { open } => Some(unclosed(around, around.at, *open)),
        Kind::InvalidColonPlacement => around.flow.map(|open| unclosed_before_key(around, open)),
        Kind::MismatchedFlowCollectionEnd { open, close } => Some(mismatched(around, *open, *close)),
        Kind::MisplacedFlowCollectionEnd => Some(misplaced(around)),
        Kind::UnexpectedEofFlowMapping
        | Kind::UnexpectedEofFlowSequence
        | Kind::UnexpectedEofImplicitFlowMapping => Some(nothing_between(around)),
        Kind::MappingValueNotAllowed => Some(colon(around)),
        Kind::SimpleKeyExpected => Some(no_colon(around, around.at)),
        Kind::ExpectedDocumentStart => Some(behind_a_value(around)),
        Kind::ExpectedBlockMappingKey | Kind::ExpectedBlockSequenceEntry | Kind::InvalidIndentation => {
            Some(indentation(around, kind))
        }
        Kind::BlockSequenceEntryNotAllowed | Kind::BlockEntryInFlowCollection => Some(list_in_line(around)),
        Kind::UnexpectedCharacter { character } => Some(character_fault(around, *character)),
        Kind::MissingAnchorOrAliasName => {
            character_at(around).map(|character| character_fault(around, character))
        }
        Kind::UndeclaredTagHandle | Kind::UnclosedVerbatimTag => Some(tag(around, kind)),
        _ => quote_fault::explain(kind, around),
    };
    found.unwrap_or_else(|| plainly(kind, around))
}

impl Surroundings<'_> {
    /// A syntax error at a range.
    pub(crate) fn fault(&self, range: Range<usize>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(&YAML_SYNTAX, Span::new(self.file, range), message)
    }

    /// The rest of the line from an offset on, without trailing blanks.
    pub(crate) fn rest_of_line(&self, at: usize) -> Range<usize> {
        let end = lines::line_end(self.text, at);
        at..at + lines::slice(self.text, at..end).trim_end().len()
    }

    /// The first character at an offset; an empty range at the end of a line.
    pub(crate) fn one_character(&self, at: usize) -> Range<usize> {
        let rest = lines::slice(self.text, at..lines::line_end(self.text, at));
        at..at + rest.chars().next().map_or(0, char::len_utf8)
    }

    /// The name of the innermost collection with brackets or braces, and its closing character.
    fn flow_name(&self) -> (&'static str, char) {
        match self.flow.and_then(|open| lines::byte(self.text, open)) {
            Some(b'{') => ("`{…}`", '}'),
            _ => ("`[…]`", ']'),
        }
    }
}

/// A non-ASCII space used for indentation, in the line of the error or in the line that it continues.
fn other_space(around: &Surroundings<'_>) -> Option<Diagnostic> {
    let text = around.text;
    let lines = [around.scalar.start, around.at].map(|at| lines::line_start(text, at));
    let place = lines.into_iter().find_map(|start| {
        let indent = start + lines::indentation(text, start);
        let first = lines::slice(text, indent..lines::line_end(text, indent)).chars().next()?;
        (first.is_whitespace() && !first.is_ascii() && !first.is_control()).then_some((indent, first))
    });
    let (at, space) = place?;
    let spaces =
        lines::slice(text, at..lines::line_end(text, at)).chars().take_while(|it| *it == space).count();
    let range = at..at + spaces * space.len_utf8();
    let name = if space == '\u{a0}' {
        "a no-break space".to_owned()
    } else {
        format!("the space U+{:04X}", u32::from(space))
    };
    let span = Span::new(around.file, range.clone());
    let fix = Fix::replace("replace it by spaces", span, " ".repeat(spaces), Applicability::Unsafe);
    Some(
        around
            .fault(range, format!("{name} is used for indentation, which must be spaces"))
            .with_help("replace it by a space; it often comes with text that was copied from a page")
            .with_fix(fix),
    )
}

/// An error without one of the usual causes.
fn plainly(kind: &ErrorKind, around: &Surroundings<'_>) -> Diagnostic {
    let words = kind.to_string();
    // The parser's own message, without the context.
    let message = match words.split_once(", ") {
        Some((doing, what)) if doing.starts_with("while ") => what.to_owned(),
        _ => words,
    };
    around.fault(around.one_character(around.at), message.trim_end_matches('.'))
}

fn tab(around: &Surroundings<'_>) -> Option<Diagnostic> {
    let text = around.text;
    let mut line = Some(lines::line_start(text, around.at));
    while let Some(start) = line {
        let indent = start..start + lines::indentation(text, start);
        if let Some(tab) = lines::slice(text, indent.clone()).find('\t') {
            let tabs = lines::count(text, start + tab, |byte| byte == b'\t');
            let written = lines::slice(text, indent.clone());
            let spaces = match around.columns.last() {
                // Tabs alone do not show the depth: that of the lines above is the best guess.
                Some(&column) if written.bytes().all(|byte| byte == b'\t') && column > 0 => {
                    " ".repeat(column)
                }
                _ => written.replace('\t', "  "),
            };
            let span = Span::new(around.file, indent);
            let fix = Fix::replace("indent by spaces", span, spaces, Applicability::Unsafe);
            let message = "a tab is used for indentation, which must be spaces";
            let diagnostic = around.fault(start + tab..start + tab + tabs, message);
            return Some(diagnostic.with_help("indent by spaces").with_fix(fix));
        }
        line = lines::next_line(text, start);
    }
    None
}

fn separator(around: &Surroundings<'_>) -> Diagnostic {
    let (name, close) = around.flow_name();
    if let Some(diagnostic) = long_key(around) {
        return diagnostic;
    }
    if let Some(diagnostic) = quoting::dollar_brace(around.text, around.file, around.at, name) {
        return diagnostic;
    }
    let range = around.one_character(around.at);
    let found = match lines::slice(around.text, range.clone()) {
        "" => "the end of the line".to_owned(),
        character => format!("`{character}`"),
    };
    let help = match found.as_str() {
        "`:`" => "a `,` is missing before the key, or a value with `: ` in it needs quotes",
        _ => "separate the items by `,`, and write a value with brackets or braces in quotes",
    };
    around.fault(range, format!("expected `,` or `{close}` in {name}, found {found}")).with_help(help)
}

fn unclosed(around: &Surroundings<'_>, at: usize, open: char) -> Diagnostic {
    let close = closing(open);
    around
        .fault(around.one_character(at), format!("`{open}` is never closed"))
        .with_help(format!("write `{close}` where it ends, or the whole value in quotes"))
}

fn unclosed_before_key(around: &Surroundings<'_>, open: usize) -> Diagnostic {
    let bracket = lines::byte(around.text, open).map_or('[', char::from);
    let key = lines::line_start(around.text, around.at);
    let key = key + lines::indentation(around.text, key)..around.at;
    unclosed(around, open, bracket)
        .with_related(Span::new(around.file, key), "the next key begins before it is closed")
}

fn mismatched(around: &Surroundings<'_>, open: char, close: char) -> Diagnostic {
    around
        .fault(around.one_character(around.at), format!("`{open}` is closed by `{close}`"))
        .with_help(format!("close it by `{}`", closing(open)))
}

fn misplaced(around: &Surroundings<'_>) -> Diagnostic {
    let range = around.one_character(around.at);
    let bracket = lines::slice(around.text, range.clone());
    let message = format!("`{bracket}` closes nothing");
    around.fault(range, message).with_help("remove it, or write the value in quotes")
}

fn nothing_between(around: &Surroundings<'_>) -> Diagnostic {
    let range = around.one_character(around.at);
    let found = lines::slice(around.text, range.clone());
    let message = format!("expected a value before `{found}`");
    around.fault(range, message).with_help("remove one of the two separators, or write the value")
}

/// A key that exceeds YAML's length limit for keys without `?`.
fn long_key(around: &Surroundings<'_>) -> Option<Diagnostic> {
    let key = around.scalar.clone();
    (key.end == around.at && key.len() > 1024).then_some(())?;
    let message = "a key has at most 1024 characters";
    Some(around.fault(key, message).with_help("begin a longer key with `? `"))
}

fn closing(open: char) -> char {
    if open == '[' { ']' } else { '}' }
}

/// A colon where no key can be: in a value, or on a line that belongs to the value above.
fn colon(around: &Surroundings<'_>) -> Diagnostic {
    let text = around.text;
    let line = lines::line_start(text, around.at);
    let scalar = &around.scalar;
    if let Some(diagnostic) = long_key(around) {
        return diagnostic;
    }
    if scalar.start >= line {
        return colon_in_value(around);
    }
    let above = lines::line_start(text, scalar.start);
    let before = lines::slice(text, above..scalar.start).trim_start_matches([' ', '\t', '-']);
    if before.is_empty() {
        return no_colon(around, scalar.start);
    }
    let key = line + lines::indentation(text, line)..around.at;
    let column = around.columns.last().copied().unwrap_or_default();
    let message =
        format!("`{}` is indented deeper than the key above it, which has its value", key_text(text, &key));
    let span = Span::new(around.file, line..key.start);
    let fix = Fix::replace(format!("indent by {column}"), span, " ".repeat(column), Applicability::Unsafe);
    let above = above + lines::indentation(text, above)..scalar.start;
    around
        .fault(key, message)
        .with_related(Span::new(around.file, above), "the key above")
        .with_help(format!("indent it by {column} spaces, or remove the value above"))
        .with_fix(fix)
}

fn colon_in_value(around: &Surroundings<'_>) -> Diagnostic {
    let text = around.text;
    let start = around.scalar.start;
    if !lines::slice(text, around.scalar.end..around.at).trim().is_empty() {
        // `a: {b}: c`: the colon does not follow a scalar.
        return behind_a_value(around);
    }
    let is_quoted = matches!(lines::byte(text, start), Some(b'\'' | b'"'));
    if is_quoted {
        let message = "text follows the closing quote";
        return around
            .fault(around.rest_of_line(around.at), message)
            .with_help("put the whole value in quotes");
    }
    let message = "an unquoted value contains `: `";
    let range = quoting::value_in_block(text, start);
    needs_quotes(around.fault(around.at..around.at + 1, message), text, range, Applicability::Unsafe)
}

/// A line that has text but no `: `.
fn no_colon(around: &Surroundings<'_>, at: usize) -> Diagnostic {
    let text = around.text;
    let range = around.rest_of_line(at);
    let words = lines::slice(text, range.clone());
    let insert = |after: usize, what: &str| {
        let place = Span::new(around.file, at + after..at + after);
        Fix::replace(format!("put a space after `{what}`"), place, " ", Applicability::Unsafe)
    };
    let fault = around.fault(range, format!("expected `: ` after `{}`", excerpt(words)));
    if words.starts_with('-') && !words.starts_with("--") {
        return fault.with_help("put a space after `-`").with_fix(insert(1, "-"));
    }
    if let Some(sign) = words.chars().next().filter(|first| matches!(first, '*' | '&' | '!')) {
        let help = format!(
            "after `{sign}` a `:` is a part of the name: put a space before it, or write the key in quotes"
        );
        return fault.with_help(help);
    }
    // A space after a colon that already has one would not help.
    let ends_key =
        |colon: &usize| lines::byte(words, colon + 1).is_none_or(|byte| byte.is_ascii_whitespace());
    match words.match_indices(':').map(|(colon, _)| colon).find(|colon| !ends_key(colon)) {
        Some(colon) => fault.with_help("put a space after `:`").with_fix(insert(colon + 1, ":")),
        None => {
            fault.with_help("write `:` after a key; indent a line deeper if it continues the value above")
        }
    }
}

/// A line that starts at no column of the lines above it, or at that of another kind of line.
fn indentation(around: &Surroundings<'_>, kind: &ErrorKind) -> Diagnostic {
    let text = around.text;
    let line = lines::line_start(text, around.at);
    let indent = lines::indentation(text, line);
    let range = around.rest_of_line(line + indent);
    if around.cursor > range.start {
        return behind_a_value(around);
    }
    if lines::slice(text, line..range.start).contains('\t')
        && let Some(diagnostic) = tab(around)
    {
        return diagnostic;
    }
    if !around.columns.contains(&indent) {
        let columns = columns_to_choose(around, line);
        let help = format!("indent it by {} spaces", one_of(columns.iter().map(usize::to_string)));
        return around
            .fault(range, format!("no open list or mapping is indented by {indent}"))
            .with_help(help);
    }
    let (message, help) = if matches!(kind, ErrorKind::ExpectedBlockSequenceEntry) {
        let help = "begin it with `- `, or indent it like the key it belongs to";
        ("expected a list item, found a key", help)
    } else if lines::slice(text, range.clone()).starts_with("- ") {
        ("expected a key, found a list item", "put the items below a key that has no other value")
    } else {
        ("expected a key", "write `key: value`")
    };
    around.fault(range, message).with_help(help)
}

/// The columns of the open collections at a line, and of keys and dashes in the line above.
fn columns_to_choose(around: &Surroundings<'_>, line: usize) -> Vec<usize> {
    let text = around.text;
    let mut columns = around.columns.clone();
    if let Some(above) = lines::line_above(text, line) {
        let mut at = above + lines::indentation(text, above);
        columns.push(at - above);
        while lines::slice(text, at..lines::line_end(text, at)).starts_with("- ") {
            at += 1 + lines::count(text, at + 1, is_blank);
            columns.push(at - above);
        }
    }
    columns.sort_unstable();
    columns.dedup();
    columns
}

/// Text after a complete value.
fn behind_a_value(around: &Surroundings<'_>) -> Diagnostic {
    let range = around.rest_of_line(around.at);
    let message =
        format!("`{}` follows a value that is complete", excerpt(lines::slice(around.text, range.clone())));
    around.fault(range, message).with_help("begin a new line, or write the whole value in quotes")
}

fn list_in_line(around: &Surroundings<'_>) -> Diagnostic {
    let help = "begin the list on the next line, write it as `[a, b]`, or write a text that begins with `-` in quotes";
    let message = "`- ` cannot begin a list here";
    around.fault(around.one_character(around.at), message).with_help(help)
}

/// A character that cannot start a value, or that YAML does not allow at all.
fn character_fault(around: &Surroundings<'_>, character: char) -> Diagnostic {
    let text = around.text;
    // For a control character, the parser may only report the start of its value.
    let offset = lines::slice(text, around.at..text.len()).find(character).unwrap_or_default();
    let at = around.at + offset;
    let range = at..at + character.len_utf8().min(text.len() - at);
    if character.is_control() || !matches!(character, '@' | '`' | '%' | '*' | '&' | '|' | '>') {
        let message = format!("character U+{:04X} is not allowed in YAML", u32::from(character));
        return around
            .fault(range, message)
            .with_help("write it as an escape in double quotes, or remove it");
    }
    let shown = if character == '`' { "a backtick".to_owned() } else { format!("`{character}`") };
    let value = match around.flow {
        Some(_) => quoting::value_in_flow(text, at),
        None => quoting::value_in_block(text, at),
    };
    let fault = around.fault(range, format!("{shown} cannot begin an unquoted value"));
    needs_quotes(fault, text, value, Applicability::Safe)
}

fn tag(around: &Surroundings<'_>, kind: &ErrorKind) -> Diagnostic {
    let length = lines::count(around.text, around.at, |byte| !byte.is_ascii_whitespace());
    let shown = excerpt(lines::slice(around.text, around.at..around.at + length));
    let (message, help) = match kind {
        ErrorKind::UndeclaredTagHandle => {
            (format!("the handle of tag `{shown}` is not declared"), "declare it by `%TAG`")
        }
        _ => (format!("tag `{shown}` is not closed by `>`"), "close it"),
    };
    let help = format!("{help}, or write a value that begins with `!` in quotes");
    around.fault(around.at..around.at + length, message).with_help(help)
}

fn character_at(around: &Surroundings<'_>) -> Option<char> {
    lines::slice(around.text, around.one_character(around.at)).chars().next()
}

fn key_text(text: &str, key: &Range<usize>) -> String {
    excerpt(lines::slice(text, key.clone()).trim_end_matches(is_blank_character))
}

fn is_blank_character(character: char) -> bool {
    u8::try_from(character).is_ok_and(is_blank)
}
