//! Checks a written argument against its whole JSON Schema: the limits that a type cannot express.
//!
//! Only literals are checked. What a type says is not reported again: types are the authority on it, and descriptions
//! often allow more in prose than in keywords.

use std::collections::BTreeSet;

use jsonschema::error::ValidationErrorKind as Error;
use jsonschema::{Draft, ValidationError};
use naftiko_diagnostics::Span;
use naftiko_expr::demand::Demand;
use serde_json::{Map, Value as Json, json};

use crate::written::{Parts, Written};

/// Formats that a text has or has not. Of others nobody is sure.
const FORMATS: [&str; 7] = ["date", "date-time", "email", "ipv4", "ipv6", "uri", "uuid"];

/// Keywords under which a schema holds or not by what other values are.
const CONDITIONAL: [&str; 3] = ["/then/", "/else/", "/dependentSchemas/"];

/// Keywords whose schemas types do not read.
const UNTYPED: [&str; 2] = ["/patternProperties/", "/prefixItems/"];

/// Keywords that say what types do not; without them a schema need not be asked.
const LIMITS: [&str; 26] = [
    "anyOf",
    "const",
    "contains",
    "dependentRequired",
    "dependentSchemas",
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "if",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "not",
    "oneOf",
    "pattern",
    "patternProperties",
    "prefixItems",
    "propertyNames",
    "uniqueItems",
];

/// A limit that a value breaks.
pub(crate) struct Broken {
    /// What the value is called; empty: the whole body.
    pub(crate) name: String,
    /// Where it stands.
    pub(crate) place: Span,
    pub(crate) what: Breach,
}

/// What is broken.
pub(crate) enum Breach {
    /// A rule that can be said in words.
    Demand(Demand),
    /// A field that the others make necessary.
    Missing(String),
    /// A field that may not stand beside the others.
    Excluded(String),
    /// Any other keyword.
    Keyword(String),
}

/// What a value breaks of a schema of a description, whose `$ref`s lead to `definitions`, at most once at each place, and
/// nowhere that is `mistaken` already.
pub(crate) fn broken(
    schema: &Json,
    definitions: &Map<String, Json>,
    written: &Written<'_>,
    name: &str,
    mistaken: &[Span],
) -> Vec<Broken> {
    if matches!(written.parts, Parts::Open) || !has_limits(schema, definitions) {
        return Vec::new();
    }
    heard(&json!({"$defs": definitions, "allOf": [schema]}), &FORMATS, written, name, mistaken)
}

/// The same of the schema of an input, of which a run holds every word.
pub(crate) fn broken_of_input(
    schema: &Json,
    written: &Written<'_>,
    name: &str,
    mistaken: &[Span],
) -> Vec<Broken> {
    if matches!(written.parts, Parts::Open) || !has_limits(schema, &Map::new()) {
        return Vec::new();
    }
    heard(schema, &[], written, name, mistaken)
}

/// `formats` are those that count; none: all.
fn heard(
    document: &Json,
    formats: &'static [&'static str],
    written: &Written<'_>,
    name: &str,
    mistaken: &[Span],
) -> Vec<Broken> {
    let options = jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true);
    // A schema that is none has nothing to say; a description is not the author's, and an input has its diagnostic.
    let Ok(validator) = options.build(document) else { return Vec::new() };
    let written = &written.without(mistaken);
    let mut holes = Vec::new();
    let value = written.with_holes("", &mut holes);
    let hearing = Hearing { written, name, holes, mistaken, formats };
    let mut found: Vec<Broken> = Vec::new();
    for broken in validator.iter_errors(&value).flat_map(|error| hearing.told(&error)) {
        let is_known = found.iter().any(|known| known.place == broken.place);
        if !is_known && !mistaken.contains(&broken.place) {
            found.push(broken);
        }
    }
    found
}

/// Whether a schema, or one that it refers to, says more than types do.
fn has_limits(schema: &Json, definitions: &Map<String, Json>) -> bool {
    let mut pending = vec![schema];
    let mut seen = BTreeSet::new();
    while let Some(next) = pending.pop() {
        match next {
            Json::Array(items) => pending.extend(items),
            Json::Object(keywords) => {
                if keywords.keys().any(|keyword| LIMITS.contains(&keyword.as_str())) {
                    return true;
                }
                let name = keywords.get("$ref").and_then(Json::as_str);
                let name = name.and_then(|reference| reference.strip_prefix("#/$defs/"));
                if let Some(name) = name.filter(|name| seen.insert(*name)) {
                    pending.extend(definitions.get(name));
                }
                pending.extend(keywords.values());
            }
            _ => {}
        }
    }
    false
}

/// The errors of a value, heard one by one.
struct Hearing<'a> {
    written: &'a Written<'a>,
    /// What the value is called.
    name: &'a str,
    /// The JSON pointers of what is not known.
    holes: Vec<String>,
    mistaken: &'a [Span],
    /// The formats that count; none: all.
    formats: &'static [&'static str],
}

impl Hearing<'_> {
    /// What an error is to an author.
    fn told(&self, error: &ValidationError<'_>) -> Vec<Broken> {
        if !self.counts(error) {
            return Vec::new();
        }
        match error.kind() {
            // Types have spoken of these, where they speak.
            Error::Type { .. } if !is_untyped(error) => Vec::new(),
            Error::AdditionalProperties { .. } | Error::UnevaluatedProperties { .. } => Vec::new(),
            Error::AnyOf { context } | Error::OneOfNotValid { context } => {
                if let Some(demand) = no_type(error, context) {
                    return self.at(error, Breach::Demand(demand)).into_iter().collect();
                }
                let branches = context.iter().map(|branch| {
                    let counted = branch.iter().filter(|inner| self.counts(inner));
                    counted.collect::<Vec<_>>()
                });
                let weight = |branch: &Vec<&ValidationError<'_>>| -> usize {
                    branch.iter().map(|error| weight(error)).sum()
                };
                let nearest = branches.min_by_key(weight);
                nearest.into_iter().flatten().flat_map(|inner| self.in_branch(inner)).collect()
            }
            _ => self.said(error).into_iter().collect(),
        }
    }

    /// What an error of the nearest of several alternatives is: there types have not spoken.
    fn in_branch(&self, error: &ValidationError<'_>) -> Vec<Broken> {
        match error.kind() {
            Error::AnyOf { .. } | Error::OneOfNotValid { .. } => self.told(error),
            _ => self.said(error).into_iter().collect(),
        }
    }

    fn at(&self, error: &ValidationError<'_>, what: Breach) -> Option<Broken> {
        let (part, name) = self.written.at(error.instance_path().as_str(), self.name)?;
        Some(Broken { name, place: part.span, what })
    }

    fn said(&self, error: &ValidationError<'_>) -> Option<Broken> {
        let (part, name) = self.written.at(error.instance_path().as_str(), self.name)?;
        let (place, what) = match error.kind() {
            // What is needed may be what was meant by a field that is not taken.
            Error::Required { .. } if part.keys().any(|key| self.mistaken.contains(&key)) => return None,
            Error::Required { property } => {
                (part.place(), Breach::Missing(property.as_str().unwrap_or_default().to_owned()))
            }
            Error::AdditionalProperties { unexpected } | Error::UnevaluatedProperties { unexpected } => {
                let first = unexpected.first()?;
                (part.entry(first).map_or(part.place(), Written::place), Breach::Excluded(first.clone()))
            }
            Error::UniqueItems => (second(part).unwrap_or(part.span), Breach::Demand(Demand::of(error)?)),
            kind => {
                let keyword = || Breach::Keyword(kind.keyword().to_owned());
                (part.span, Demand::of(error).map_or_else(keyword, Breach::Demand))
            }
        };
        Some(Broken { name, place, what })
    }

    /// Whether an error is sure, whatever stands in the holes.
    fn counts(&self, error: &ValidationError<'_>) -> bool {
        let at = error.instance_path().as_str();
        let leads = |from: &str, to: &str| {
            to.strip_prefix(from).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if self.holes.iter().any(|hole| leads(hole, at)) {
            return false;
        }
        let has_holes = self.holes.iter().any(|hole| leads(at, hole));
        // What depends on other values depends on those that are not known.
        let path = error.evaluation_path().as_str();
        let is_conditional = CONDITIONAL.iter().any(|part| path.contains(part));
        if is_conditional && !self.holes.is_empty() {
            return false;
        }
        match error.kind() {
            Error::Format { format } => self.formats.is_empty() || self.formats.contains(&format.as_str()),
            // That several alternatives fit is a slip of the description more often than of the author.
            Error::OneOfMultipleValid { .. }
            | Error::BacktrackLimitExceeded { .. }
            | Error::RegexEngineFailure { .. }
            | Error::Referencing(_) => false,
            Error::AnyOf { context } | Error::OneOfNotValid { context } => {
                context.iter().all(|branch| branch.iter().any(|inner| self.counts(inner)))
            }
            Error::Enum { .. }
            | Error::Constant { .. }
            | Error::Contains
            | Error::Not { .. }
            | Error::UniqueItems => !has_holes,
            _ => true,
        }
    }
}

/// Where an item stands that stands in the list before.
fn second(list: &Written<'_>) -> Option<Span> {
    let Parts::Items(items) = &list.parts else { return None };
    let values: Vec<Json> = items.iter().map(|item| item.with_holes("", &mut Vec::new())).collect();
    let again = |at: &usize| values.iter().take(*at).any(|earlier| Some(earlier) == values.get(*at));
    items.get((0..values.len()).find(again)?).map(|item| item.span)
}

/// Whether an error is about a part that types say nothing of.
fn is_untyped(error: &ValidationError<'_>) -> bool {
    let path = error.evaluation_path().as_str();
    UNTYPED.iter().chain(&CONDITIONAL).any(|part| path.contains(part))
}

/// What is taken where each of several alternatives takes another type.
fn no_type(error: &ValidationError<'_>, context: &[Vec<ValidationError<'_>>]) -> Option<Demand> {
    let of_type = |branch: &Vec<ValidationError<'_>>| match branch.as_slice() {
        [only]
            if matches!(only.kind(), Error::Type { .. })
                && only.instance_path().as_str() == error.instance_path().as_str() =>
        {
            Demand::of(only)
        }
        _ => None,
    };
    let demands: Vec<Demand> = context.iter().map(of_type).collect::<Option<_>>()?;
    let found = demands.first()?.found.clone();
    let mut expected: Vec<String> = demands.into_iter().map(|demand| demand.expected).collect();
    expected.dedup();
    Some(Demand { expected: expected.join(" or "), found })
}

/// How much an error speaks against the alternative it is about.
fn weight(error: &ValidationError<'_>) -> usize {
    match error.kind() {
        Error::Type { .. } | Error::Constant { .. } | Error::Enum { .. } => 100,
        Error::Required { .. } => 1,
        _ => 10,
    }
}
