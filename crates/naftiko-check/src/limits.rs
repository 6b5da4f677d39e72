//! Checks a written value against its whole JSON Schema: the verdict of `run`, given before the run.
//!
//! Only literals are checked; a part in `${…}` counts as unknown. Nothing is reported at a place that already has a
//! finding: types come first, since they can name the value that was meant.

use std::collections::BTreeSet;

use naftiko_adapter::Operation;
use naftiko_diagnostics::Span;
use naftiko_plan::Slot;
use naftiko_schema::{Options, Report, Rule, Schema, Tolerance, Violation};
use naftiko_wire::Target;
use serde_json::{Map, Value as Json};

use crate::written::{Parts, Written};

/// How many rules that one value breaks are reported.
const MOST: usize = 100;

/// Keywords that say what types do not; a value of the right type fits a schema without any of them.
const LIMITS: [&str; 29] = [
    "anyOf",
    "const",
    "contains",
    "dependentRequired",
    "dependentSchemas",
    "discriminator",
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
    "unevaluatedItems",
    "unevaluatedProperties",
    "uniqueItems",
];

/// A rule that a value breaks, or that cannot be checked.
pub(crate) struct Broken {
    /// The name of the value; empty: the whole body.
    pub(crate) name: String,
    /// The place of the part.
    pub(crate) place: Span,
    pub(crate) what: Breach,
}

/// The kind of the problem.
pub(crate) enum Breach {
    /// The value has to be something else.
    Demand { expected: String, found: String },
    /// A field that the others make necessary.
    Missing(String),
    /// A field that may not stand beside the others.
    Excluded(String),
    /// Any other keyword.
    Keyword(&'static str),
    /// The pattern needs too many steps for this text.
    Undecided(String),
    /// The schema needs too many steps for this value.
    Exhausted,
    /// The value fits only because the description is read leniently.
    Tolerated(Tolerance),
}

/// How a value is read that goes to a place of an operation: the way `run` reads it before it is sent.
pub(crate) fn sent_to(operation: &Operation, slot: &Slot) -> Options {
    let target = match slot {
        Slot::Parameter(place, name) => Target::Parameter(*place, name.clone()),
        Slot::Property(_) | Slot::Body => Target::Body,
    };
    naftiko_wire::options_of(operation, &target)
}

/// The rules of a schema that a value breaks, at most one at each place, and none where a place is `mistaken` already.
/// References lead to `definitions`.
pub(crate) fn broken(
    schema: &Json,
    definitions: &Map<String, Json>,
    options: Options,
    written: &Written<'_>,
    name: &str,
    mistaken: &[Span],
) -> Vec<Broken> {
    if matches!(written.parts, Parts::Open) || !has_limits(schema, definitions) {
        return Vec::new();
    }
    let compiled = Schema::compile(schema, definitions, options);
    // The schema of an input that cannot be used has its own diagnostic.
    if options == Options::STRICT && !compiled.defects().is_empty() {
        return Vec::new();
    }
    let written = &written.without(mistaken);
    let mut unknown = Vec::new();
    let value = written.with_holes("", &mut unknown);
    let reading = Reading { written, name, mistaken };
    let mut found: Vec<Broken> = Vec::new();
    let mut places = BTreeSet::new();
    for broken in reading.all(&compiled.examine_known(&value, &unknown, MOST)) {
        if !mistaken.contains(&broken.place) && places.insert(broken.place) {
            found.push(broken);
        }
    }
    found
}

/// Whether `run` rejects a literal part of a value as well, at this part, around it or within it.
pub(crate) fn is_rejected(
    schema: &Json,
    definitions: &Map<String, Json>,
    options: Options,
    whole: &Written<'_>,
    part: Span,
) -> bool {
    // A number and its text are one where they are sent; written in the wrong form, they are a slip all the same.
    is_rejected_as_sent(schema, definitions, Options { as_text: false, ..options }, whole, part)
}

/// As [`is_rejected`], where a number may be given as its text.
pub(crate) fn is_rejected_as_sent(
    schema: &Json,
    definitions: &Map<String, Json>,
    options: Options,
    whole: &Written<'_>,
    part: Span,
) -> bool {
    let mut unknown = Vec::new();
    let value = whole.with_holes("", &mut unknown);
    let Some(pointer) = whole.pointer_of(part) else { return true };
    let report = Schema::compile(schema, definitions, options).examine_known(&value, &unknown, MOST);
    let leads = |from: &str, to: &str| {
        to.strip_prefix(from).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let concerns = |violation: &Violation| {
        let is_around =
            matches!(violation.rule, Rule::Required(_)) && violation.pointer.len() < pointer.len();
        !is_around && (leads(&violation.pointer, &pointer) || leads(&pointer, &violation.pointer))
    };
    report.exhausted || report.violations.iter().any(concerns)
}

/// Whether `run` accepts an entry that the schema does not declare, whose key is at `key`: the schema does not exclude it,
/// and its object lacks nothing.
pub(crate) fn is_accepted(
    schema: &Json,
    definitions: &Map<String, Json>,
    options: Options,
    whole: &Written<'_>,
    key: Span,
) -> bool {
    let Some((owner, name)) = whole.owner_of(key) else { return false };
    let entry = format!("{owner}/{}", name.replace('~', "~0").replace('/', "~1"));
    let mut unknown = Vec::new();
    let value = whole.with_holes("", &mut unknown);
    let report = Schema::compile(schema, definitions, options).examine_known(&value, &unknown, MOST);
    let is_within = |pointer: &str| {
        pointer.strip_prefix(&entry).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let concerns = |violation: &Violation| violation.pointer == owner || is_within(&violation.pointer);
    !report.exhausted && !report.violations.iter().any(concerns)
}

/// Whether `run` accepts each of these values in the place of a part.
pub(crate) fn accepts_all(
    schema: &Json,
    definitions: &Map<String, Json>,
    options: Options,
    whole: &Written<'_>,
    part: Span,
    samples: &[Json],
) -> bool {
    let Some(pointer) = whole.pointer_of(part) else { return false };
    let mut unknown = Vec::new();
    let mut value = whole.with_holes("", &mut unknown);
    unknown.retain(|hole| *hole != pointer);
    let compiled = Schema::compile(schema, definitions, options);
    let is_within =
        |at: &str| at.strip_prefix(&pointer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    samples.iter().all(|sample| {
        let Some(hole) = value.pointer_mut(&pointer) else { return false };
        hole.clone_from(sample);
        let report = compiled.examine_known(&value, &unknown, MOST);
        !report.exhausted && !report.violations.iter().any(|violation| is_within(&violation.pointer))
    })
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

/// A report on a value, read as findings about its parts.
struct Reading<'a> {
    written: &'a Written<'a>,
    /// The name of the value.
    name: &'a str,
    mistaken: &'a [Span],
}

impl Reading<'_> {
    fn all(&self, report: &Report) -> Vec<Broken> {
        let violations = report.violations.iter().flat_map(|violation| self.violation(violation));
        let undecided = report
            .undecided
            .iter()
            .filter_map(|(pointer, pattern)| self.at(pointer, Breach::Undecided(pattern.clone())));
        let exhausted = report.exhausted.then(|| self.at("", Breach::Exhausted)).flatten();
        let tolerated = report
            .tolerated
            .iter()
            .filter_map(|it| self.at(&it.pointer, Breach::Tolerated(it.tolerance.clone())));
        violations.chain(undecided).chain(exhausted).chain(tolerated).collect()
    }

    fn at(&self, pointer: &str, what: Breach) -> Option<Broken> {
        let (part, name) = self.written.at(pointer, self.name)?;
        Some(Broken { name, place: part.span, what })
    }

    fn violation(&self, violation: &Violation) -> Vec<Broken> {
        let Some((part, name)) = self.written.at(&violation.pointer, self.name) else { return Vec::new() };
        let of = |place: Span, what: Breach| Broken { name: name.clone(), place, what };
        let demand = || {
            let expected = violation.rule.expected();
            let keyword = violation.rule.keyword();
            expected.map_or(Breach::Keyword(keyword), |expected| Breach::Demand {
                expected,
                found: violation.found().to_owned(),
            })
        };
        let entry = |field: &str| part.entry(field).map_or(part.place(), Written::place);
        match &violation.rule {
            // The missing field may be the one that was meant by a field that is not taken.
            Rule::Required(_) if part.keys().any(|key| self.mistaken.contains(&key)) => Vec::new(),
            Rule::Required(field) => vec![of(part.place(), Breach::Missing(field.clone()))],
            Rule::Unexpected(fields) => {
                fields.iter().map(|field| of(entry(field), Breach::Excluded(field.clone()))).collect()
            }
            Rule::Name(field, _) => vec![of(entry(field), demand())],
            Rule::UniqueItems(at) => {
                let again = match &part.parts {
                    Parts::Items(items) => items.get(*at).map(|item| item.span),
                    _ => None,
                };
                vec![of(again.unwrap_or(part.span), demand())]
            }
            _ => vec![of(part.span, demand())],
        }
    }
}
