//! A scan before the grammar runs: strings, brackets, the end of a `${…}`.
//!
//! The grammar recurses at every bracket, so this single pass without recursion limits length and depth. It also finds
//! errors that the grammar reports badly: unclosed strings and brackets.

use std::ops::Range;

use crate::problem::{EXPRESSION_SYNTAX, Problem};

/// The maximum length of an expression, and of a string with a `${…}` in it, in bytes.
pub(crate) const MAX_LENGTH: usize = 64 * 1024;

/// The maximum nesting depth of brackets and negations.
pub(crate) const MAX_DEPTH: usize = 64;

/// The unclosed brackets, outermost first, each with its byte.
pub(crate) type Unclosed = Vec<(char, usize)>;

/// Scans a whole expression. Returns its unclosed brackets.
pub(crate) fn scan_expression(text: &str) -> Result<Unclosed, Problem> {
    check_length(text, "an expression")?;
    let mut scanner = Scanner::default();
    let mut rest = text.char_indices();
    while let Some((at, character)) = rest.next() {
        scanner.step(text, at, character, &mut rest)?;
    }
    Ok(scanner.open)
}

/// The bytes of the expression in the `${…}` that begins at byte `at` of a template.
pub(crate) fn hole(text: &str, at: usize) -> Result<Range<usize>, Problem> {
    let start = at + 2;
    let inner = text.get(start..).unwrap_or_default();
    let mut rest = inner.char_indices();
    let mut scanner = Scanner::default();
    while let Some((place, character)) = rest.next() {
        if character == '}' {
            return Ok(start..start + place);
        }
        scanner.step(inner, place, character, &mut rest).map_err(|problem| problem.shifted(start))?;
    }
    Err(Problem::new(&EXPRESSION_SYNTAX, at..start, "`${` is not closed")
        .with_label("opened here")
        .with_help("close it with `}`; a literal `${` is written `$${`"))
}

/// Rejects a text that is longer than [`MAX_LENGTH`].
pub(crate) fn check_length(text: &str, what: &str) -> Result<(), Problem> {
    if text.len() <= MAX_LENGTH {
        return Ok(());
    }
    let kibibytes = MAX_LENGTH / 1024;
    Err(Problem::new(&EXPRESSION_SYNTAX, 0..text.len(), format!("{what} is longer than {kibibytes} KiB")))
}

#[derive(Default)]
struct Scanner {
    open: Unclosed,
    /// The depth before each open bracket. A bracket and a negation each count as one.
    outer: Vec<usize>,
    depth: usize,
    negations: usize,
}

impl Scanner {
    fn step(
        &mut self,
        text: &str,
        at: usize,
        character: char,
        rest: &mut std::str::CharIndices<'_>,
    ) -> Result<(), Problem> {
        match character {
            '\'' | '"' => skip_string(text, at, character, rest)?,
            '(' | '[' => {
                self.open.push((character, at));
                self.outer.push(self.depth);
                self.depth += self.negations + 1;
            }
            ')' | ']' => {
                self.open.pop();
                self.depth = self.outer.pop().unwrap_or_default();
            }
            _ => {}
        }
        match character {
            '!' => self.negations += 1,
            space if space.is_ascii_whitespace() => {}
            _ => self.negations = 0,
        }
        if self.depth + self.negations <= MAX_DEPTH {
            return Ok(());
        }
        let message = format!("an expression nests deeper than {MAX_DEPTH}");
        Err(Problem::new(&EXPRESSION_SYNTAX, at..at + character.len_utf8(), message)
            .with_label("too deep here"))
    }
}

/// Skips the string that begins at byte `at`.
fn skip_string(
    text: &str,
    at: usize,
    quote: char,
    rest: &mut std::str::CharIndices<'_>,
) -> Result<(), Problem> {
    while let Some((_, character)) = rest.next() {
        if character == quote {
            return Ok(());
        }
        if character == '\\' {
            rest.next();
        }
    }
    Err(Problem::new(&EXPRESSION_SYNTAX, at..text.len(), "a string is not closed")
        .with_label("begins here")
        .with_help(format!("close it with `{quote}`; inside it, `{quote}` is written `\\{quote}`")))
}
