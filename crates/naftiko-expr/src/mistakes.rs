//! Turns syntax errors of the grammar into messages for people.
//!
//! Habits from other languages come first, each with the correct spelling. Every other error becomes "expected …, found
//! …". Messages never name a rule of the grammar.

use std::ops::Range;

use pest::error::{Error, ErrorVariant, InputLocation};

use crate::grammar::Rule;
use crate::problem::{EXPRESSION_SYNTAX, FOREIGN_TEMPLATE, Problem, TEMPLATE_IN_EXPRESSION};
use crate::scan::Unclosed;

const NO_ARITHMETIC: &str = "there is no arithmetic; `-` only joins the parts of a name";

/// Converts an error of the grammar into a problem. `is_expression` decides whether a part of the text is a whole
/// expression, so that a fix can replace the text by that part.
pub(crate) fn explain(
    text: &str,
    error: &Error<Rule>,
    unclosed: &Unclosed,
    is_expression: fn(&str) -> bool,
) -> Problem {
    let at = match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
    };
    if text.trim().is_empty() {
        return empty(text);
    }
    let expected = match &error.variant {
        ErrorVariant::ParsingError { positives, .. } => positives.as_slice(),
        ErrorVariant::CustomError { .. } => &[],
    };
    let place = Place::new(text, at, expected, is_expression);
    if let Some(problem) = place.template().or_else(|| place.operator_habit()).or_else(|| place.path_habit())
    {
        return problem;
    }
    if let (true, Some((bracket, start))) = (place.rest.is_empty(), unclosed.last()) {
        return Problem::new(&EXPRESSION_SYNTAX, *start..start + 1, format!("`{bracket}` is not closed"))
            .with_label("opened here")
            .with_help(format!("close it with `{}`", if *bracket == '(' { ')' } else { ']' }));
    }
    place.unexpected()
}

/// The problem of an empty expression.
pub(crate) fn empty(text: &str) -> Problem {
    Problem::new(&EXPRESSION_SYNTAX, 0..text.len(), "the expression is empty")
        .with_label("nothing here")
        .with_help("write a value, such as `inputs.name` or `step-id.field`")
}

/// The problem of an `@` outside of a predicate.
pub(crate) fn current_outside(place: Range<usize>) -> Problem {
    Problem::new(&EXPRESSION_SYNTAX, place, "`@` is outside `[? …]`")
        .with_label("no item here")
        .with_help("`@` is the item that a predicate looks at; in `forEach` the item is `item`")
}

/// Help for a function that exists in other languages; `None` for an unknown name.
pub(crate) fn function_habit(name: &str) -> Option<&'static str> {
    Some(match name {
        "not" => "negation is written `!`",
        "and" => "both of two conditions is written `a && b`",
        "or" => "one of two conditions is written `a || b`",
        "if" | "coalesce" | "default" => "`a ?? b` is `b` if `a` is absent or null",
        "filter" | "where" | "select" => "filter a list with `list[? @.field == 'value']`",
        "map" => "a field of each item is written `list[*].field`",
        "size" | "length" | "count" => "the number of items is `len(list)`",
        "concat" | "format" => "concatenate text with a template: `${a}-${b}`",
        "any" | "some" => "test whether one item matches with `len(list[? condition]) > 0`",
        _ => return None,
    })
}

/// The position where the grammar failed, with its surroundings.
struct Place<'t> {
    text: &'t str,
    at: usize,
    /// The text before the position, without trailing white space.
    before: &'t str,
    rest: &'t str,
    /// The rules that could match at the position.
    expected: &'t [Rule],
    /// Whether a text is a whole expression.
    is_expression: fn(&str) -> bool,
}

impl<'t> Place<'t> {
    fn new(text: &'t str, at: usize, expected: &'t [Rule], is_expression: fn(&str) -> bool) -> Self {
        let (before, rest) = text.split_at_checked(at).unwrap_or((text, ""));
        Self { text, at, before: before.trim_end(), rest, expected, is_expression }
    }

    fn problem(&self, length: usize, message: &str, help: &str) -> Problem {
        Problem::new(&EXPRESSION_SYNTAX, self.at..self.at + length, message)
            .with_label("not possible here")
            .with_help(help)
    }

    /// A problem whose fix replaces the next `length` bytes by `instead`.
    fn slip(&self, length: usize, instead: &str) -> Problem {
        let range = self.at..self.at + length;
        let written = self.rest.get(..length).unwrap_or_default();
        Problem::new(&EXPRESSION_SYNTAX, range.clone(), format!("`{written}` is not an operator"))
            .with_label("not an operator")
            .with_help(format!("write `{instead}`"))
            .with_replacement(range, instead)
    }

    /// `{{ x }}`, `${{ x }}` or `${ x }` around a whole expression.
    fn template(&self) -> Option<Problem> {
        let trimmed = self.text.trim();
        let start = self.text.len() - self.text.trim_start().len();
        let range = start..start + trimmed.len();
        let inside = |open: &str, close: &str| trimmed.strip_prefix(open)?.strip_suffix(close).map(str::trim);
        let foreign = inside("${{", "}}").or_else(|| inside("{{", "}}"));
        let (code, inner, message) = match (foreign, inside("${", "}")) {
            (Some(inner), _) => (&FOREIGN_TEMPLATE, inner, "write the expression without `{{` and `}}`"),
            (None, Some(inner)) => {
                (&TEMPLATE_IN_EXPRESSION, inner, "write the expression without `${` and `}`")
            }
            (None, None) => return self.brace(),
        };
        let problem = Problem::new(code, range.clone(), message)
            .with_label("a template")
            .with_help(format!("write `{inner}`"));
        let reads = (self.is_expression)(inner);
        Some(if reads { problem.with_replacement(range, inner) } else { problem })
    }

    /// A template or an object literal inside an expression.
    fn brace(&self) -> Option<Problem> {
        for (open, close, code) in [
            ("${{", "}}", &FOREIGN_TEMPLATE),
            ("{{", "}}", &FOREIGN_TEMPLATE),
            ("${", "}", &TEMPLATE_IN_EXPRESSION),
        ] {
            let Some(inside) = self.rest.strip_prefix(open) else { continue };
            let help = format!("leave out `{open}` and `{close}`: everything here is one expression");
            let mut problem = self.problem(open.len(), &format!("`{open}` is inside an expression"), &help);
            problem.code = code;
            return Some(match inside.split_once(close) {
                Some((inner, _)) if (self.is_expression)(inner) => {
                    let end = self.at + open.len() + inner.len() + close.len();
                    problem.with_replacement(self.at..end, inner.trim())
                }
                _ => problem,
            });
        }
        let help = "write an object as YAML, with a template for each value";
        self.rest.starts_with('{').then(|| self.problem(1, "an expression cannot write an object", help))
    }

    fn operator_habit(&self) -> Option<Problem> {
        let written = |text: &str| self.rest.starts_with(text);
        let operator_expected = self.expected.contains(&Rule::operator);
        if written("=>") && operator_expected {
            return Some(self.slip(2, ">="));
        }
        if written("=") {
            return self.equals_sign(operator_expected);
        }
        if let Some(word) = self.word() {
            return self.word_habit(word);
        }
        if written(">") && self.before.ends_with('<') && self.text.get(..self.at)?.ends_with('<') {
            let range = self.at - 1..self.at + 1;
            return Some(
                Problem::new(&EXPRESSION_SYNTAX, range.clone(), "`<>` is not an operator")
                    .with_label("not an operator")
                    .with_help("write `!=`")
                    .with_replacement(range, "!="),
            );
        }
        if written("&") && operator_expected {
            return Some(self.slip(1, "&&"));
        }
        if written("|") && operator_expected {
            let help = "write `a || b` if one of two conditions is enough; write functions before their \
                        argument: `lower(a)`";
            return Some(self.problem(1, "`|` is not an operator", help));
        }
        if written("?.") {
            let help = "a field of an absent value is absent: write `.`, and `??` if a value is required";
            return Some(
                self.problem(2, "there is no `?.`", help).with_replacement(self.at..self.at + 1, ""),
            );
        }
        if written("?") && !written("??") && !self.before.ends_with('[') {
            let help = "`a ?? b` is `b` if `a` is absent or null";
            return Some(self.problem(1, "there is no `… ? … : …`", help));
        }
        self.arithmetic()
    }

    fn arithmetic(&self) -> Option<Problem> {
        let sign = self.rest.chars().next().filter(|sign| "+-*/%".contains(*sign))?;
        if sign == '*' && self.before.ends_with('.') {
            return None;
        }
        let near_text = self.before.ends_with(['\'', '"'])
            || self.rest.get(1..).is_some_and(|next| next.trim_start().starts_with(['\'', '"']));
        let help = if sign == '+' && near_text {
            "concatenate text with a template: `${a}-${b}`"
        } else {
            NO_ARITHMETIC
        };
        Some(self.problem(1, &format!("`{sign}` is not an operator"), help))
    }

    /// `=` or `===` instead of `==`, and `!==` instead of `!=`.
    fn equals_sign(&self, operator_expected: bool) -> Option<Problem> {
        let before = self.text.get(..self.at)?;
        match ["==", "!="].into_iter().find(|operator| before.ends_with(operator)) {
            None => operator_expected.then(|| self.slip(1, "==")),
            Some(operator) => {
                let range = self.at - 2..self.at + 1;
                let problem = Problem::new(
                    &EXPRESSION_SYNTAX,
                    range.clone(),
                    format!("`{operator}=` is not an operator"),
                )
                .with_label("not an operator")
                .with_help(format!("write `{operator}`"));
                Some(problem.with_replacement(range, operator))
            }
        }
    }

    /// `and`, `or`, `eq`, `is` and `not` as operators.
    fn word_habit(&self, word: &str) -> Option<Problem> {
        match word.to_ascii_lowercase().as_str() {
            "and" => return Some(self.slip(word.len(), "&&")),
            "or" => return Some(self.slip(word.len(), "||")),
            "eq" | "is" => return Some(self.slip(word.len(), "==")),
            "not" => {
                let help = "write `!` before the condition: `!(a in b)`";
                return Some(self.problem(word.len(), "`not` is not an operator", help));
            }
            _ => {}
        }
        let start = self.before.len() - "not".len().min(self.before.len());
        let last = self.before.get(start..)?;
        let stands_alone = !self
            .before
            .get(..start)?
            .ends_with(|before: char| before.is_alphanumeric() || "_-.".contains(before));
        (last.eq_ignore_ascii_case("not") && stands_alone).then(|| {
            Problem::new(&EXPRESSION_SYNTAX, start..self.before.len(), "`not` is not an operator")
                .with_label("not an operator")
                .with_help("write `!` before the condition, in parentheses if it is more than one value")
        })
    }

    fn path_habit(&self) -> Option<Problem> {
        let written = |text: &str| self.rest.starts_with(text);
        if written("$") {
            let help = "a path begins with `inputs` or the id of a step: `inputs.name`, `step-id.field`; the \
                        response of the step itself is `response.body`";
            return Some(self.problem(1, "a path does not begin with `$`", help));
        }
        if self.before.ends_with('.') && written("[") {
            let range = self.before.len() - 1..self.before.len();
            return Some(
                Problem::new(&EXPRESSION_SYNTAX, range.clone(), "`.` before `[`")
                    .with_label("one too many")
                    .with_help("leave out the `.`")
                    .with_replacement(range, ""),
            );
        }
        if self.before.ends_with('.') && written("*") {
            let range = self.before.len() - 1..self.at + 1;
            return Some(
                Problem::new(&EXPRESSION_SYNTAX, range.clone(), "`.*` is not part of a path")
                    .with_label("each item is `[*]`")
                    .with_help("write `[*]`")
                    .with_replacement(range, "[*]"),
            );
        }
        if self.before.ends_with('.') && written(".") {
            return Some(self.problem(1, "there is no `..`", "name every field on the way"));
        }
        if written("(") {
            return Some(self.problem(
                1,
                "a field cannot be called",
                "write functions before their argument: `len(a)`",
            ));
        }
        if written(":") && self.expected.contains(&Rule::close_list) {
            return Some(self.problem(1, "there are no slices", "`[0]` is the first item, `[-1]` the last"));
        }
        let quote =
            self.rest.chars().next().filter(|mark| "\u{201c}\u{201d}\u{2018}\u{2019}`".contains(*mark))?;
        let help = "write a string between `'` and `'`, or between `\"` and `\"`";
        Some(self.problem(quote.len_utf8(), &format!("`{quote}` does not begin a string"), help))
    }

    /// The word at the position where the grammar failed.
    fn word(&self) -> Option<&'t str> {
        let end = self
            .rest
            .find(|character: char| !(character.is_alphanumeric() || "_-".contains(character)))
            .unwrap_or(self.rest.len());
        self.rest
            .get(..end)
            .filter(|word| word.starts_with(|first: char| first.is_alphanumeric() || first == '_'))
    }

    /// The general problem: the expected tokens and the token found.
    fn unexpected(&self) -> Problem {
        let selects = self.expected.contains(&Rule::integer);
        // If an index is expected, a string at this position can only be a key.
        let expected = self.expected.iter().filter(|rule| !(selects && **rule == Rule::string));
        let mut expected: Vec<&str> = expected.copied().filter_map(words).collect();
        expected.sort_unstable();
        expected.dedup();
        let (found, length) = self.found();
        let message = match expected.split_last() {
            None => format!("unexpected {found}"),
            Some((last, [])) => format!("expected {last}, found {found}"),
            Some((last, others)) => format!("expected {} or {last}, found {found}", others.join(", ")),
        };
        Problem::new(&EXPRESSION_SYNTAX, self.at..self.at + length, message).with_label("not expected here")
    }

    fn found(&self) -> (String, usize) {
        let shown = match (self.word(), self.rest.chars().next()) {
            (Some(word), _) => word,
            (None, Some(first)) => self.rest.get(..first.len_utf8()).unwrap_or_default(),
            (None, None) => return ("the end of the expression".to_owned(), 0),
        };
        let short: String = shown.chars().take(40).collect();
        (format!("`{short}`"), shown.len())
    }
}

/// A rule in words for people; `None` for a rule that would only add noise.
fn words(rule: Rule) -> Option<&'static str> {
    Some(match rule {
        Rule::expression
        | Rule::operand
        | Rule::primary
        | Rule::not
        | Rule::number
        | Rule::string
        | Rule::list
        | Rule::group
        | Rule::call
        | Rule::current
        | Rule::name => "a value",
        Rule::operator => "an operator",
        Rule::identifier => "a name",
        Rule::predicate | Rule::all | Rule::integer => "a key in quotes, a place in the list, `*` or `?`",
        Rule::comma => "`,`",
        Rule::close_group => "`)`",
        Rule::close_list => "`]`",
        Rule::EOI => "the end of the expression",
        Rule::input | Rule::escape | Rule::segment | Rule::field | Rule::bracket | Rule::WHITESPACE => {
            return None;
        }
    })
}
