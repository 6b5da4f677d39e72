//! Parses a template.
//!
//! A wrong use of a filter is reported and parsing continues; a syntax error ends it.

mod expression;

use std::ops::Range;

use crate::MAX_LENGTH;
use crate::ast::{For, Node};
use crate::problem::Problem;
use crate::scan::{Next, Scanner, Tag, Token};

/// The maximum nesting depth of blocks and brackets.
const MAX_DEPTH: usize = 50;

/// The maximum number of problems that are reported for one template.
const MAX_PROBLEMS: usize = 100;

/// The statements that open a block or stand alone.
const STATEMENTS: [&str; 4] = ["for", "if", "raw", "set"];

/// Parses a template.
pub(crate) fn template(source: &str) -> Result<Vec<Node>, Vec<Problem>> {
    if source.len() > MAX_LENGTH {
        let message = format!("a template is longer than {} KiB", MAX_LENGTH / 1024);
        return Err(vec![Problem::syntax(0..source.len(), message)]);
    }
    let mut parser = Parser::new(source);
    let nodes = match parser.body(&[]) {
        Ok((nodes, _)) => nodes,
        Err(problem) => {
            parser.problems.push(problem);
            Vec::new()
        }
    };
    if parser.problems.is_empty() { Ok(nodes) } else { Err(parser.problems) }
}

/// A token with its byte range.
type Placed = (Token, Range<usize>);

struct Parser<'s> {
    scanner: Scanner<'s>,
    /// The next token, if it was peeked at.
    next: Option<Placed>,
    /// The end of the last token.
    end: usize,
    depth: usize,
    problems: Vec<Problem>,
}

impl<'s> Parser<'s> {
    fn new(source: &'s str) -> Self {
        Self { scanner: Scanner::new(source), next: None, end: 0, depth: 0, problems: Vec::new() }
    }

    fn peek(&mut self) -> Result<&Placed, Problem> {
        let next = match self.next.take() {
            Some(next) => next,
            None => self.scanner.token()?,
        };
        Ok(self.next.insert(next))
    }

    fn take(&mut self) -> Result<Placed, Problem> {
        let next = match self.next.take() {
            Some(next) => next,
            None => self.scanner.token()?,
        };
        self.end = next.1.end;
        Ok(next)
    }

    /// Consumes the sign if it is next.
    fn takes(&mut self, sign: &str) -> Result<bool, Problem> {
        let is_next = matches!(self.peek()?, (Token::Sign(next), _) if *next == sign);
        if is_next {
            self.take()?;
        }
        Ok(is_next)
    }

    /// Consumes the word if it is next.
    fn takes_word(&mut self, word: &str) -> Result<bool, Problem> {
        let is_next = matches!(self.peek()?, (Token::Word(next), _) if next == word);
        if is_next {
            self.take()?;
        }
        Ok(is_next)
    }

    fn expect(&mut self, sign: &str) -> Result<(), Problem> {
        if self.takes(sign)? {
            return Ok(());
        }
        self.unexpected(&format!("`{sign}`"))
    }

    fn expect_end(&mut self) -> Result<(), Problem> {
        match self.peek()? {
            (Token::End, _) => {
                self.take()?;
                Ok(())
            }
            _ => self.unexpected("the end"),
        }
    }

    fn unexpected<T>(&mut self, wanted: &str) -> Result<T, Problem> {
        let (token, range) = self.take()?;
        let found = match token {
            Token::Word(word) => format!("`{word}`"),
            Token::Text(_) => "a text".to_owned(),
            Token::Number(_) => "a number".to_owned(),
            Token::Sign(sign) => format!("`{sign}`"),
            Token::End => "the end".to_owned(),
        };
        Err(Problem::syntax(range, format!("expected {wanted}, found {found}")))
    }

    /// Reports a problem after which parsing continues.
    fn report(&mut self, problem: Problem) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(problem);
        }
    }

    /// Parses one level deeper.
    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Problem>) -> Result<T, Problem> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let message = format!("a template nests deeper than {MAX_DEPTH}");
            // The text may end here, or go on with a character of several bytes.
            return Err(Problem::syntax(self.end..self.end, message));
        }
        let read = read(self);
        self.depth -= 1;
        read
    }

    /// Parses up to one of the statements in `ends`, and returns its name; up to the end of the template if `ends` is
    /// empty.
    fn body(&mut self, ends: &[&str]) -> Result<(Vec<Node>, String), Problem> {
        let opened = self.scanner.opened();
        let mut nodes = Vec::new();
        let push_text = |nodes: &mut Vec<Node>, text: String| {
            if !text.is_empty() {
                nodes.push(Node::Text(text));
            }
        };
        loop {
            match self.scanner.text()? {
                Next::End(text) => {
                    push_text(&mut nodes, text);
                    return match ends.last() {
                        None => Ok((nodes, String::new())),
                        Some(end) => Err(Problem::syntax(opened, format!("`{{% {end} %}}` is missing"))
                            .with_help("the block starts here and has no end")),
                    };
                }
                Next::Code(text, Tag::Show) => {
                    push_text(&mut nodes, text);
                    let shown = self.expression()?;
                    self.expect_end()?;
                    nodes.push(Node::Show(shown));
                }
                Next::Code(text, Tag::Block) => {
                    push_text(&mut nodes, text);
                    let (word, range) = self.word("a statement")?;
                    if ends.contains(&word.as_str()) {
                        return Ok((nodes, word));
                    }
                    nodes.push(self.deeper(|parser| parser.statement(&word, range))?);
                }
            }
        }
    }

    fn word(&mut self, what: &str) -> Result<(String, Range<usize>), Problem> {
        match self.peek()? {
            (Token::Word(word), range) => {
                let found = (word.clone(), range.clone());
                self.take()?;
                Ok(found)
            }
            _ => self.unexpected(what),
        }
    }

    fn statement(&mut self, word: &str, range: Range<usize>) -> Result<Node, Problem> {
        match word {
            "if" => self.condition(),
            "for" => self.repetition(),
            "set" => {
                let (name, _) = self.word("a name")?;
                self.expect("=")?;
                let value = self.expression()?;
                self.expect_end()?;
                Ok(Node::Set { name, value })
            }
            "raw" => {
                self.expect_end()?;
                Ok(Node::Text(self.scanner.raw()?))
            }
            "else" | "elif" | "endif" | "endfor" | "endraw" => {
                Err(Problem::syntax(range, format!("`{word}` does not match an open statement")))
            }
            _ => {
                let statements = STATEMENTS.map(|it| format!("`{it}`")).join(", ");
                Err(Problem::syntax(
                    range,
                    format!("there is no statement `{word}` in the template of an e-mail"),
                )
                .with_help(format!("there are {statements}")))
            }
        }
    }

    fn condition(&mut self) -> Result<Node, Problem> {
        let mut branches = Vec::new();
        loop {
            let test = self.expression()?;
            self.expect_end()?;
            let (body, end) = self.body(&["elif", "else", "endif"])?;
            branches.push((test, body));
            if end == "elif" {
                continue;
            }
            self.expect_end()?;
            if end == "endif" {
                return Ok(Node::If { branches, otherwise: Vec::new() });
            }
            let (otherwise, _) = self.body(&["endif"])?;
            self.expect_end()?;
            return Ok(Node::If { branches, otherwise });
        }
    }

    fn repetition(&mut self) -> Result<Node, Problem> {
        let mut names = vec![self.word("a name")?.0];
        while self.takes(",")? {
            names.push(self.word("a name")?.0);
        }
        if !self.takes_word("in")? {
            return self.unexpected("`in`");
        }
        let list = self.without_condition()?;
        let filter = if self.takes_word("if")? { Some(self.expression()?) } else { None };
        self.expect_end()?;
        let (body, end) = self.body(&["else", "endfor"])?;
        self.expect_end()?;
        let otherwise = if end == "else" {
            let (otherwise, _) = self.body(&["endfor"])?;
            self.expect_end()?;
            otherwise
        } else {
            Vec::new()
        };
        Ok(Node::For(Box::new(For { names, list, filter, body, otherwise })))
    }
}
