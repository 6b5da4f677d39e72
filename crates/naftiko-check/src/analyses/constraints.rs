//! Validates a written value against its whole JSON Schema, as `run` will before it sends the value.
//!
//! Only literals are validated; a part in `${…}` counts as unknown. Nothing is reported at a place that already has a
//! finding: type mismatches come first, since they can name the intended value.

use std::collections::BTreeSet;

use naftiko_diagnostics::Span;
use naftiko_schema::{Options, Report, Rule, Schema, Tolerance, Violation};
use serde_json::{Map, Value as Json};

use crate::analyses::type_match::Mistakes;
use crate::analyses::typed_value::{Parts, Written};
use crate::ir::schema::has_limits;

/// A violation, or a rule that cannot be decided.
pub(crate) struct Broken {
    /// The name of the value; empty for the whole body.
    pub(crate) name: String,
    /// The span of the part.
    pub(crate) place: Span,
    pub(crate) what: Breach,
}

/// The kind of a violation.
pub(crate) enum Breach {
    /// The value has to be something else.
    Demand { expected: String, found: String },
    /// A field that the other fields require.
    Missing(String),
    /// A field that may not occur together with the others.
    Excluded(String),
    /// Any other keyword.
    Keyword(&'static str),
    /// The pattern needs too many steps for this text.
    Undecided(String),
    /// The schema needs too many steps for this value.
    Exhausted,
}

/// A part of a value that matches only because the description is read leniently.
pub(crate) struct Tolerated {
    /// The name of the part; empty for the whole body.
    pub(crate) name: String,
    /// The span of the part.
    pub(crate) place: Span,
    pub(crate) tolerance: Tolerance,
}

/// The verdict of a schema on a value, with at most one finding per span.
#[derive(Default)]
pub(crate) struct Verdict {
    pub(crate) broken: Vec<Broken>,
    pub(crate) tolerated: Vec<Tolerated>,
}

/// The violations of a schema by a value, at most one per span and none at the spans of `mistakes`. References are
/// resolved in `definitions`. A schema that adds nothing to the type is used only if the type check was incomplete.
/// Compiles the schema on each call; where many values meet one schema, use [`verdict`].
pub(crate) fn broken(
    schema: &Json,
    definitions: &Map<String, Json>,
    options: Options,
    written: &Written<'_>,
    name: &str,
    mistakes: &Mistakes,
) -> Vec<Broken> {
    let is_judged = mistakes.is_complete && !has_limits(schema, definitions);
    if matches!(written.parts, Parts::Open) || is_judged {
        return Vec::new();
    }
    let compiled = Schema::compile(schema, definitions, options);
    // An unusable schema of an input has its own diagnostic.
    if options == Options::STRICT && !compiled.defects().is_empty() {
        return Vec::new();
    }
    verdict(&compiled, written, name, &mistakes.places).broken
}

/// The verdict of a compiled schema on a value, ignoring the spans in `mistaken`.
pub(crate) fn verdict(schema: &Schema, written: &Written<'_>, name: &str, mistaken: &[Span]) -> Verdict {
    if matches!(written.parts, Parts::Open) {
        return Verdict::default();
    }
    let mistaken: BTreeSet<Span> = mistaken.iter().copied().collect();
    let written = &written.without(&mistaken);
    let mut unknown = Vec::new();
    let value = written.with_holes("", &mut unknown);
    let reading = Reading { written, name, mistaken: &mistaken };
    let report = schema.examine_known(&value, &unknown, usize::MAX);
    let mut places = mistaken.clone();
    let broken = reading.broken(&report).into_iter().filter(|broken| places.insert(broken.place)).collect();
    let tolerated = reading.tolerated(&report).filter(|it| places.insert(it.place)).collect();
    Verdict { broken, tolerated }
}

/// Whether `run` accepts each of these values in place of a part; false for no values.
pub(crate) fn accepts_all(schema: &Schema, whole: &Written<'_>, part: Span, samples: &[Json]) -> bool {
    let Some(pointer) = whole.pointer_of(part) else { return false };
    let mut unknown = Vec::new();
    let mut value = whole.with_holes("", &mut unknown);
    unknown.retain(|hole| *hole != pointer);
    let is_within =
        |at: &str| at.strip_prefix(&pointer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let accepts = |sample: &Json| {
        let Some(hole) = value.pointer_mut(&pointer) else { return false };
        hole.clone_from(sample);
        let report = schema.examine_known(&value, &unknown, usize::MAX);
        !report.exhausted && !report.violations.iter().any(|violation| is_within(&violation.pointer))
    };
    !samples.is_empty() && samples.iter().all(accepts)
}

/// Converts a validation report into findings about the parts of a value.
struct Reading<'a> {
    written: &'a Written<'a>,
    /// The name of the value.
    name: &'a str,
    mistaken: &'a BTreeSet<Span>,
}

impl Reading<'_> {
    fn broken(&self, report: &Report) -> Vec<Broken> {
        let violations = report.violations.iter().flat_map(|violation| self.violation(violation));
        let undecided = report
            .undecided
            .iter()
            .filter_map(|(pointer, pattern)| self.at(pointer, Breach::Undecided(pattern.clone())));
        let exhausted = report.exhausted.then(|| self.at("", Breach::Exhausted)).flatten();
        violations.chain(undecided).chain(exhausted).collect()
    }

    fn tolerated(&self, report: &Report) -> impl Iterator<Item = Tolerated> {
        report.tolerated.iter().filter_map(|it| {
            let (part, name) = self.written.at(&it.pointer, self.name)?;
            Some(Tolerated { name, place: part.span, tolerance: it.tolerance.clone() })
        })
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
            // The missing field may be meant by an unknown field that is already reported.
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
