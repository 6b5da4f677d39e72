//! Reports of examinations, and their wording in messages.

use std::sync::Arc;

use serde_json::{Number, Value};

use crate::verdict::Verdict;
use crate::words::{Kind, Types, names, of_format, on_a_line, one_of, plain, several};

/// The result of an examination of a value.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Whether the value fits.
    pub verdict: Verdict,
    /// The rules that the value breaks, in the order of the value. Where no branch of a choice fits, they are those of the
    /// nearest branch.
    pub violations: Vec<Violation>,
    /// The parts that were accepted only because the description is read leniently.
    pub tolerated: Vec<Tolerated>,
    /// The patterns that could not be decided, each with the place of its text.
    pub undecided: Vec<(String, String)>,
    /// Whether the budget was used up, or the value or the schema is too deep. Then nothing is known of the value.
    pub exhausted: bool,
    /// How many steps were taken.
    pub steps: u64,
    /// How many steps may be taken, in proportion to the size of the value and of the schema.
    pub budget: u64,
}

/// A rule that a part of a value breaks.
#[derive(Debug, Clone, PartialEq)]
pub struct Violation {
    /// The JSON pointer of the part; empty: the whole value.
    pub pointer: String,
    /// The rule.
    pub rule: Rule,
    /// The type of the part.
    pub kind: Kind,
    /// The part in words that may quote it.
    found: String,
}

/// A rule of a schema.
#[derive(Debug, Clone, PartialEq)]
pub enum Rule {
    /// `type`, or the types of all branches of a choice.
    Type(Types),
    /// `enum` or `const`, or the values of all branches of a choice.
    Values(Arc<[Value]>),
    /// `minimum`.
    Minimum(Number),
    /// `maximum`.
    Maximum(Number),
    /// `exclusiveMinimum`.
    Above(Number),
    /// `exclusiveMaximum`.
    Below(Number),
    /// `multipleOf`.
    MultipleOf(Number),
    /// `minLength`, in characters.
    MinLength(u64),
    /// `maxLength`, in characters.
    MaxLength(u64),
    /// `pattern`.
    Pattern(String),
    /// `format`.
    Format(String),
    /// `minItems`.
    MinItems(u64),
    /// `maxItems`.
    MaxItems(u64),
    /// `uniqueItems`, with the position of the first item that is there before.
    UniqueItems(usize),
    /// `contains`, with `minContains` and `maxContains`.
    Contains(u64, Option<u64>),
    /// `minProperties`.
    MinProperties(u64),
    /// `maxProperties`.
    MaxProperties(u64),
    /// `required`, `dependentRequired`, or the property of a `discriminator`: a property that is missing.
    Required(String),
    /// `additionalProperties` or `unevaluatedProperties`: properties that are not allowed.
    Unexpected(Vec<String>),
    /// `propertyNames`: a name that does not fit, and what is expected of it.
    Name(String, String),
    /// `not`.
    Not,
    /// `oneOf`, of which several branches fit.
    SeveralBranches,
    /// A schema that nothing fits.
    Never,
}

/// A part of a value that was accepted only because the description is read leniently.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Tolerated {
    /// The JSON pointer of the part; empty: the whole value.
    pub pointer: String,
    /// Why it would not fit by the letter.
    pub tolerance: Tolerance,
}

/// Why a value fits only where the description is read leniently.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Tolerance {
    /// The part fits several branches of a `oneOf`.
    SeveralBranches,
    /// The part is listed, and is not of the type beside the list.
    Untyped,
    /// The part nearly has this format; the second text gives the difference.
    NearFormat(String, &'static str),
    /// The part has this property, which a closed schema excludes and one combined with it declares.
    Excluded(String),
}

impl Rule {
    /// The name of the keyword.
    pub fn keyword(&self) -> &'static str {
        match self {
            Self::Type(_) => "type",
            Self::Values(_) => "enum",
            Self::Minimum(_) => "minimum",
            Self::Maximum(_) => "maximum",
            Self::Above(_) => "exclusiveMinimum",
            Self::Below(_) => "exclusiveMaximum",
            Self::MultipleOf(_) => "multipleOf",
            Self::MinLength(_) => "minLength",
            Self::MaxLength(_) => "maxLength",
            Self::Pattern(_) => "pattern",
            Self::Format(_) => "format",
            Self::MinItems(_) => "minItems",
            Self::MaxItems(_) => "maxItems",
            Self::UniqueItems(_) => "uniqueItems",
            Self::Contains(..) => "contains",
            Self::MinProperties(_) => "minProperties",
            Self::MaxProperties(_) => "maxProperties",
            Self::Required(_) => "required",
            Self::Unexpected(_) => "additionalProperties",
            Self::Name(..) => "propertyNames",
            Self::Not => "not",
            Self::SeveralBranches => "oneOf",
            Self::Never => "false",
        }
    }

    /// The expectation, as it follows "expected" or "takes"; `None` for a rule that no value alone can satisfy.
    pub fn expected(&self) -> Option<String> {
        Some(match self {
            Self::Type(types) => types.to_string(),
            Self::Values(values) => one_of(values.iter()),
            Self::Minimum(limit) => format!("at least {limit}"),
            Self::Maximum(limit) => format!("at most {limit}"),
            Self::Above(limit) => format!("more than {limit}"),
            Self::Below(limit) => format!("less than {limit}"),
            Self::MultipleOf(factor) => format!("a multiple of {factor}"),
            Self::MinLength(limit) => format!("at least {}", several(*limit, "character")),
            Self::MaxLength(limit) => format!("at most {}", several(*limit, "character")),
            Self::Pattern(pattern) => format!("a text that matches `{}`", on_a_line(pattern, 80)),
            Self::Format(name) => of_format(name),
            Self::MinItems(limit) => format!("at least {}", several(*limit, "item")),
            Self::MaxItems(limit) => format!("at most {}", several(*limit, "item")),
            Self::UniqueItems(_) => "no item twice".to_owned(),
            Self::Contains(min, None) => {
                format!("at least {} of the kind that `contains` describes", several(*min, "item"))
            }
            Self::Contains(0, Some(max)) => {
                format!("at most {} of the kind that `contains` describes", several(*max, "item"))
            }
            Self::Contains(min, Some(max)) => {
                format!("{min} to {max} items of the kind that `contains` describes")
            }
            Self::MinProperties(limit) => format!("at least {}", several(*limit, "field")),
            Self::MaxProperties(limit) => format!("at most {}", several(*limit, "field")),
            Self::Required(_)
            | Self::Unexpected(_)
            | Self::Name(..)
            | Self::Not
            | Self::SeveralBranches
            | Self::Never => return None,
        })
    }

    /// The rule in one line, where it is not about what a value is.
    fn complaint(&self) -> String {
        match self {
            Self::Required(name) => format!("`{}` is missing", on_a_line(name, 80)),
            Self::Unexpected(found) => {
                let are = if found.len() > 1 { "are" } else { "is" };
                format!("{} {are} not allowed", names(found))
            }
            Self::Name(name, expected) => {
                format!("the name `{}` does not fit: expected {expected}", on_a_line(name, 80))
            }
            Self::Not => "`not` excludes this value".to_owned(),
            Self::SeveralBranches => "several of the alternatives of `oneOf` fit".to_owned(),
            Self::Never => "no value is allowed here".to_owned(),
            other => other.expected().map(|expected| format!("expected {expected}")).unwrap_or_default(),
        }
    }
}

impl Violation {
    pub(crate) fn new(pointer: String, rule: Rule, value: &Value) -> Self {
        let found = found(&rule, value);
        Self { pointer, rule, kind: Kind::of(value), found }
    }

    /// The part, as it follows "found"; the words may quote the value.
    pub fn found(&self) -> &str {
        &self.found
    }

    /// The reason in one line that may quote the value.
    pub fn quoted(&self) -> String {
        match self.rule.expected() {
            Some(expected) => format!("expected {expected}, found {}", self.found),
            None => self.rule.complaint(),
        }
    }

    /// The reason in one line that never shows the value, which may be a secret.
    pub fn redacted(&self) -> String {
        match &self.rule {
            Rule::Type(types) => format!("expected {types}, found {}", self.kind.found()),
            rule => rule.complaint(),
        }
    }
}

/// A part of a value in words that may quote it.
fn found(rule: &Rule, value: &Value) -> String {
    match (rule, value) {
        (Rule::Type(_), _) => Kind::of(value).found().to_owned(),
        (Rule::UniqueItems(at), Value::Array(items)) => {
            let again = items.get(*at).map(|item| on_a_line(&plain(item), 40)).unwrap_or_default();
            format!("`{again}` twice")
        }
        (_, Value::Array(items)) => several(items.len() as u64, "item"),
        (_, Value::Object(fields)) => several(fields.len() as u64, "field"),
        (Rule::MinLength(_) | Rule::MaxLength(_), Value::String(text)) => {
            several(text.chars().count() as u64, "character")
        }
        _ => format!("`{}`", on_a_line(&plain(value), 40)),
    }
}
