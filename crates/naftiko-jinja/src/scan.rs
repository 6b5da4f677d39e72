//! Splits a template into pieces of text and tokens of code.

use std::ops::Range;

use serde_json::Number;

use crate::problem::Problem;

/// The delimiters of code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tag {
    /// `{{ … }}`
    Show,
    /// `{% … %}`
    Block,
}

impl Tag {
    fn open(self) -> &'static str {
        match self {
            Self::Show => "{{",
            Self::Block => "{%",
        }
    }

    fn close(self) -> &'static str {
        match self {
            Self::Show => "}}",
            Self::Block => "%}",
        }
    }
}

/// A token of code.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Token {
    Word(String),
    Text(String),
    Number(Number),
    /// An operator or a bracket.
    Sign(&'static str),
    /// The end of the code.
    End,
}

/// The signs of the language, the longer ones first.
const SIGNS: [&str; 24] = [
    "**", "//", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "~", "<", ">", "=", "(", ")", "[", "]", "{",
    "}", ",", ":", ".",
];

/// Scans a template from beginning to end.
#[derive(Debug)]
pub(crate) struct Scanner<'s> {
    source: &'s str,
    at: usize,
    /// Whether the white space that follows is removed.
    trims: bool,
    tag: Tag,
    /// The start of the current code.
    opened: usize,
    braces: usize,
}

/// The position of the first code or comment in a text, and the kind of code; linear in the length of the text.
fn opening(text: &str) -> Option<(usize, Option<Tag>)> {
    let bytes = text.as_bytes();
    text.match_indices('{').find_map(|(at, _)| match bytes.get(at + 1)? {
        b'{' => Some((at, Some(Tag::Show))),
        b'%' => Some((at, Some(Tag::Block))),
        b'#' => Some((at, None)),
        _ => None,
    })
}

/// The next piece of a template.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Code, preceded by this text.
    Code(String, Tag),
    /// The end, preceded by this text.
    End(String),
}

impl<'s> Scanner<'s> {
    pub(crate) fn new(source: &'s str) -> Self {
        // The final line break is removed, as in Jinja.
        let end = source.strip_suffix('\n').map_or(source, |rest| rest.strip_suffix('\r').unwrap_or(rest));
        Self { source: end, at: 0, trims: false, tag: Tag::Show, opened: 0, braces: 0 }
    }

    fn rest(&self) -> &'s str {
        self.source.get(self.at..).unwrap_or_default()
    }

    /// The delimiter that opened the current code.
    pub(crate) fn opened(&self) -> Range<usize> {
        self.opened..self.opened + 2
    }

    /// Scans text up to the next code, without comments.
    pub(crate) fn text(&mut self) -> Result<Next, Problem> {
        let mut text = String::new();
        loop {
            let rest = self.rest();
            let Some((length, open)) = opening(rest) else {
                self.plain(&mut text, rest, false);
                self.at = self.source.len();
                return Ok(Next::End(text));
            };
            let start = self.at + length;
            let inside = self.source.get(start + 2..).unwrap_or_default();
            self.plain(&mut text, rest.get(..length).unwrap_or_default(), inside.starts_with('-'));
            self.opened = start;
            self.at = start + 2;
            let Some(tag) = open else {
                self.comment(inside)?;
                continue;
            };
            self.tag = tag;
            if inside.starts_with(['-', '+']) {
                self.at += 1;
            }
            self.braces = 0;
            return Ok(Next::Code(text, self.tag));
        }
    }

    fn plain(&mut self, text: &mut String, more: &str, trims_end: bool) {
        let more = if std::mem::take(&mut self.trims) { more.trim_start() } else { more };
        text.push_str(if trims_end { more.trim_end() } else { more });
    }

    fn comment(&mut self, inside: &str) -> Result<(), Problem> {
        let Some(length) = inside.find("#}") else {
            return Err(Problem::syntax(self.opened(), "`{#` is not closed").with_help("close it with `#}`"));
        };
        self.trims = inside.get(..length).is_some_and(|comment| comment.ends_with('-'));
        self.at += length + 2;
        Ok(())
    }

    /// The text up to `{% endraw %}`, whatever its content. The opening tag has been read.
    pub(crate) fn raw(&mut self) -> Result<String, Problem> {
        let opened = self.opened();
        let rest = self.rest();
        let mut from = 0;
        while let Some(found) = rest.get(from..).and_then(|rest| rest.find("{%")) {
            let start = from + found;
            let code = rest.get(start + 2..).unwrap_or_default();
            let inner = code.trim_start_matches(['-', '+']).trim_start();
            let end = inner.strip_prefix("endraw").map(|end| end.trim_start().trim_start_matches(['-', '+']));
            if let Some(after) = end.and_then(|end| end.strip_prefix("%}")) {
                let mut text = String::new();
                self.plain(&mut text, rest.get(..start).unwrap_or_default(), code.starts_with('-'));
                let closing = rest.len() - after.len();
                self.trims = rest.get(..closing).is_some_and(|code| code.ends_with("-%}"));
                self.at += closing;
                return Ok(text);
            }
            from = start + 2;
        }
        Err(Problem::syntax(opened, "`raw` is not closed").with_help("close it with `{% endraw %}`"))
    }

    /// The next token of code, with its byte range.
    pub(crate) fn token(&mut self) -> Result<(Token, Range<usize>), Problem> {
        self.at += self.rest().len() - self.rest().trim_start().len();
        let (start, rest) = (self.at, self.rest());
        if self.braces == 0
            && let Some(after) = self.closes(rest)
        {
            self.at = self.source.len() - after.len();
            return Ok((Token::End, start..self.at));
        }
        let Some(first) = rest.chars().next() else {
            let message = format!("`{}` is not closed", self.tag.open());
            return Err(Problem::syntax(self.opened(), message)
                .with_help(format!("close it with `{}`", self.tag.close())));
        };
        let token = match first {
            '"' | '\'' => self.quoted(first)?,
            '0'..='9' => self.number()?,
            'a'..='z' | 'A'..='Z' | '_' => {
                let length = rest.find(|it: char| !it.is_alphanumeric() && it != '_').unwrap_or(rest.len());
                self.at += length;
                Token::Word(rest.get(..length).unwrap_or_default().to_owned())
            }
            _ => self.sign(first)?,
        };
        Ok((token, start..self.at))
    }

    /// The rest after the closing delimiter, if the code ends here.
    fn closes(&mut self, rest: &'s str) -> Option<&'s str> {
        let code = rest.strip_prefix(['-', '+']).unwrap_or(rest);
        let after = code.strip_prefix(self.tag.close())?;
        self.trims = rest.starts_with('-');
        Some(after)
    }

    fn sign(&mut self, first: char) -> Result<Token, Problem> {
        if first == '|' {
            self.at += 1;
            return Ok(Token::Sign("|"));
        }
        let Some(sign) = SIGNS.into_iter().find(|sign| self.rest().starts_with(sign)) else {
            let message = format!("`{}` is not part of the template language", first.escape_debug());
            return Err(Problem::syntax(self.at..self.at + first.len_utf8(), message));
        };
        match sign {
            "{" => self.braces += 1,
            "}" => self.braces = self.braces.saturating_sub(1),
            _ => {}
        }
        self.at += sign.len();
        Ok(Token::Sign(sign))
    }

    fn quoted(&mut self, quote: char) -> Result<Token, Problem> {
        let (start, rest) = (self.at, self.rest());
        let mut text = String::new();
        let mut characters = rest.char_indices().skip(1);
        while let Some((at, character)) = characters.next() {
            match character {
                _ if character == quote => {
                    self.at += at + 1;
                    return Ok(Token::Text(text));
                }
                '\\' => match characters.next().map(|(_, escaped)| escaped) {
                    Some('n') => text.push('\n'),
                    Some('t') => text.push('\t'),
                    Some('r') => text.push('\r'),
                    Some(escape @ ('u' | 'x')) => {
                        let digits = if escape == 'u' { 4 } else { 2 };
                        let code: String = characters.by_ref().take(digits).map(|(_, digit)| digit).collect();
                        let decoded = u32::from_str_radix(&code, 16).ok().filter(|_| code.len() == digits);
                        let range = start + at..start + at + 2 + code.len();
                        text.push(decoded.and_then(char::from_u32).ok_or_else(|| {
                            Problem::syntax(
                                range,
                                format!("`\\{escape}` is not followed by a character's number"),
                            )
                        })?);
                    }
                    Some(other) => text.push(other),
                    None => break,
                },
                other => text.push(other),
            }
        }
        Err(Problem::syntax(start..start + 1, "a text is not closed")
            .with_help(format!("close it with `{quote}`")))
    }

    fn number(&mut self) -> Result<Token, Problem> {
        let (start, rest) = (self.at, self.rest());
        let digits =
            |text: &str| text.find(|it: char| !it.is_ascii_digit() && it != '_').unwrap_or(text.len());
        let mut length = digits(rest);
        let fraction = rest.get(length..).and_then(|rest| rest.strip_prefix('.'));
        if let Some(fraction) =
            fraction.filter(|fraction| fraction.starts_with(|it: char| it.is_ascii_digit()))
        {
            length += 1 + digits(fraction);
        }
        self.at += length;
        let text: String = rest.chars().take(length).filter(|it| *it != '_').collect();
        let number = text.parse::<i64>().map(Number::from).ok();
        let number = number.or_else(|| Number::from_f64(text.parse().ok()?));
        number.map(Token::Number).ok_or_else(|| Problem::syntax(start..self.at, "this is not a number"))
    }
}
