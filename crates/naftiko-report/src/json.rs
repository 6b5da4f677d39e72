//! Renders findings as JSON, for programs.
//!
//! The types define the format. Their JSON Schema is published as `schemas/naftiko-findings.schema.json`, with these
//! comments as its descriptions. A change that could break a reader requires a new [`VERSION`].

use std::borrow::Cow;

use naftiko_diagnostics::{Applicability, Diagnostic, Findings, Severity, SourceFile, SourceMap, Span};
use naftiko_text::{Printable, escape, json_pretty};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::summary::Count;

/// The version of the format.
const VERSION: u32 = 1;

/// Renders the findings as one JSON document.
///
/// # Errors
/// If serialization fails, which cannot happen for these types.
pub fn json(findings: &Findings) -> serde_json::Result<Printable> {
    let sources = &findings.sources;
    let count = Count::of(&findings.diagnostics);
    let document = Document {
        version: VERSION,
        findings: findings.diagnostics.iter().map(|found| Finding::new(found, sources)).collect(),
        ignored: findings
            .ignored
            .iter()
            .map(|it| IgnoredFinding { reasons: &it.reasons, finding: Finding::new(&it.diagnostic, sources) })
            .collect(),
        summary: Summary {
            files: findings.checked.len(),
            errors: count.errors,
            warnings: count.warnings,
            notes: count.notes,
        },
    };
    Ok(json_pretty(&document)? + &"\n".into())
}

/// The JSON Schemas (draft 2020-12) of the output of this crate, by file name.
pub fn schemas() -> Vec<(String, Value)> {
    let name = "naftiko-findings.schema.json";
    let id = format!("https://raw.githubusercontent.com/naftiko/naftiko/main/schemas/{name}");
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema = Map::new();
    schema.insert("$schema".to_owned(), "https://json-schema.org/draft/2020-12/schema".into());
    schema.insert("$id".to_owned(), id.into());
    if let Value::Object(rest) = generator.into_root_schema_for::<Document>().to_value() {
        schema.extend(rest);
    }
    vec![(name.to_owned(), Value::Object(schema))]
}

/// What `naftiko check --format json` writes.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "Naftiko findings")]
struct Document<'a> {
    /// The version of this format.
    #[schemars(extend("const" = VERSION))]
    version: u32,
    /// What was found, by file and place.
    findings: Vec<Finding<'a>>,
    /// What comments in the documents ignore: it counts for nothing.
    ignored: Vec<IgnoredFinding<'a>>,
    /// How many of what.
    summary: Summary,
}

/// One problem, found once.
#[derive(Debug, Serialize, JsonSchema)]
struct Finding<'a> {
    /// What kind of problem it is: its name for ever.
    code: &'a str,
    /// How bad it is. Errors make `check` exit with 1.
    severity: Level,
    /// What is wrong, in one line.
    message: Cow<'a, str>,
    /// What is to be seen at its place.
    label: Option<Cow<'a, str>>,
    /// What to do about it.
    help: Option<Cow<'a, str>>,
    /// Where this kind of problem is explained.
    url: String,
    /// The exact place.
    location: Location<'a>,
    /// Other places that explain it, perhaps in other files.
    related: Vec<Related<'a>>,
    /// A change that corrects the finding.
    fix: Option<Change<'a>>,
}

/// A finding that comments ignore.
#[derive(Debug, Serialize, JsonSchema)]
struct IgnoredFinding<'a> {
    /// Why, as each comment says; empty where one does not say.
    reasons: &'a [String],
    /// The finding.
    finding: Finding<'a>,
}

/// How bad a finding is.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Level {
    /// The document cannot be run, or the kind of problem was denied.
    Error,
    /// The document can be run, and probably does not do what its author wants.
    Warning,
    /// Something the author should know, such as what was inferred.
    Note,
}

/// A range of a file.
#[derive(Debug, Serialize, JsonSchema)]
struct Location<'a> {
    /// The path as it was given or found.
    file: &'a str,
    /// The first character.
    start: Position,
    /// The character after the last.
    end: Position,
}

/// A place in a file.
#[derive(Debug, Serialize, JsonSchema)]
struct Position {
    /// The line, from 1.
    #[schemars(range(min = 1))]
    line: usize,
    /// The column, from 1, in characters (Unicode scalar values).
    #[schemars(range(min = 1))]
    column: usize,
    /// How many bytes of UTF-8 stand before it in the file, a byte order mark not counted.
    offset: usize,
}

/// A place that explains a finding.
#[derive(Debug, Serialize, JsonSchema)]
struct Related<'a> {
    /// What is to be seen there.
    message: Cow<'a, str>,
    /// The place.
    location: Location<'a>,
}

/// A change of the documents that corrects what a finding reports.
#[derive(Debug, Serialize, JsonSchema)]
struct Change<'a> {
    /// What it does, as an imperative.
    title: Cow<'a, str>,
    /// Whether it may be made without asking.
    applicability: Certainty,
    /// What to replace; no two overlap.
    edits: Vec<Replacement<'a>>,
}

/// Whether a change may be made without asking.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Certainty {
    /// The meaning stays, or what was meant is certain.
    Safe,
    /// A good guess; a person should look.
    Unsafe,
}

/// A range of a file and what to put there.
#[derive(Debug, Serialize, JsonSchema)]
struct Replacement<'a> {
    /// What is replaced; empty to insert.
    #[serde(flatten)]
    location: Location<'a>,
    /// By what.
    replacement: &'a str,
}

/// How many of what.
#[derive(Debug, Serialize, JsonSchema)]
struct Summary {
    /// How many documents were checked.
    files: usize,
    /// How many errors there are.
    errors: usize,
    /// How many warnings there are.
    warnings: usize,
    /// How many notes there are.
    notes: usize,
}

impl<'a> Finding<'a> {
    fn new(found: &'a Diagnostic, sources: &'a SourceMap) -> Self {
        let label = found.primary.text.as_str();
        Self {
            code: found.code.id,
            severity: match found.severity() {
                Severity::Error => Level::Error,
                Severity::Warning => Level::Warning,
                Severity::Note => Level::Note,
            },
            message: escape(&found.message),
            label: (!label.is_empty()).then(|| escape(label)),
            help: found.help.as_deref().map(escape),
            url: found.code.url(),
            location: Location::new(found.primary.span, sources),
            related: found
                .related
                .iter()
                .map(|label| Related {
                    message: escape(&label.text),
                    location: Location::new(label.span, sources),
                })
                .collect(),
            fix: found.fix.as_ref().map(|fix| Change {
                title: escape(&fix.title),
                applicability: match fix.applicability {
                    Applicability::Safe => Certainty::Safe,
                    Applicability::Unsafe => Certainty::Unsafe,
                },
                edits: fix
                    .edits
                    .iter()
                    .map(|edit| Replacement {
                        location: Location::new(edit.span, sources),
                        replacement: &edit.replacement,
                    })
                    .collect(),
            }),
        }
    }
}

impl<'a> Location<'a> {
    fn new(span: Span, sources: &'a SourceMap) -> Self {
        let file = sources.file(span.file);
        let position = |offset: usize| Position::new(offset, file);
        Self {
            file: file.map_or("", SourceFile::name),
            start: position(span.range().start),
            end: position(span.range().end),
        }
    }
}

impl Position {
    fn new(offset: usize, file: Option<&SourceFile>) -> Self {
        match file {
            Some(file) => {
                let at = file.line_column(offset);
                Self { line: at.line, column: at.column, offset: offset.min(file.text().len()) }
            }
            // A span in an unknown file has no line, but the format requires one.
            None => Self { line: 1, column: 1, offset },
        }
    }
}
