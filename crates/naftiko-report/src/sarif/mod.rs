//! Findings as SARIF 2.1.0, for code scanning.
//!
//! Every code becomes a rule, whether it was found or not. Regions count Unicode code points; files are named by URIs
//! relative to the working folder. Fingerprints survive a shift of lines. A finding ignored by a comment is a result
//! with a suppression.

mod fingerprint;
mod log;
mod uri;

use std::collections::{BTreeMap, BTreeSet};

use naftiko_diagnostics::{
    Applicability, Code, Diagnostic, FileId, Findings, Fix, Severity, SourceMap, Span,
};

use naftiko_text::{Printable, escape, json_pretty};

use fingerprint::Fingerprints;
use log::{
    ArtifactChange, ArtifactContent, ArtifactLocation, BaseId, Configuration, Driver, FixProperties,
    Invocation, Level, Location, Log, Message, PhysicalLocation, Region, RelatedLocation, Replacement, Rule,
    Run, SarifFix, SarifResult, Suppression, Tool,
};

/// The base id of relative URIs.
const ROOT: &str = "%SRCROOT%";

/// Renders the findings as one SARIF log. `codes` are all codes that exist; they become the rules.
///
/// # Errors
/// If serialization fails, which cannot happen for these types.
pub fn sarif(findings: &Findings, codes: &[&Code]) -> serde_json::Result<Printable> {
    let positions: BTreeMap<&str, usize> = codes.iter().map(|code| code.id).zip(0..).collect();
    let mut fingerprints = Fingerprints::default();
    let kept = findings.diagnostics.iter().map(|found| (found, [].as_slice()));
    let ignored = findings.ignored.iter().map(|ignored| (&ignored.diagnostic, ignored.reasons.as_slice()));
    let mut all: Vec<(&Diagnostic, &[String])> = kept.chain(ignored).collect();
    // Both are sorted together, so that ignoring a finding changes the fingerprint of no other one.
    all.sort_by_key(|(found, _)| found.place_in_order());
    let results = all
        .into_iter()
        .map(|(found, reasons)| SarifResult {
            suppressions: suppressions(reasons),
            ..result(found, &findings.sources, &positions, &mut fingerprints)
        })
        .collect();
    let root = BaseId { description: Message::new("the folder in which `naftiko` was run") };
    let log = Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: Tool {
                driver: Driver {
                    name: "naftiko",
                    semantic_version: env!("CARGO_PKG_VERSION"),
                    information_uri: env!("CARGO_PKG_REPOSITORY"),
                    rules: codes.iter().map(|code| rule(code)).collect(),
                },
            },
            invocations: [Invocation { execution_successful: true }],
            original_uri_base_ids: BTreeMap::from([(ROOT, root)]),
            column_kind: "unicodeCodePoints",
            results,
        }],
    };
    Ok(json_pretty(&log)? + &"\n".into())
}

fn rule(code: &Code) -> Rule<'_> {
    Rule {
        id: code.id,
        short_description: Message::new(code.summary),
        default_configuration: Configuration { level: level(code.severity) },
        help_uri: code.url(),
    }
}

fn result<'a>(
    found: &'a Diagnostic,
    sources: &SourceMap,
    positions: &BTreeMap<&str, usize>,
    fingerprints: &mut Fingerprints,
) -> SarifResult<'a> {
    let mut text = escape(&found.message).into_owned();
    if let Some(help) = &found.help {
        text.extend(["\n", &escape(help)]);
    }
    let place = |span| PhysicalLocation::new(span, sources);
    let label = found.primary.text.as_str();
    SarifResult {
        rule_id: found.code.id,
        rule_index: positions.get(found.code.id).copied(),
        level: level(found.severity()),
        message: Message { text },
        locations: [Location {
            physical_location: place(found.primary.span),
            message: (!label.is_empty()).then(|| Message::new(label)),
        }],
        related_locations: found
            .related
            .iter()
            .zip(1..)
            .map(|(label, id)| RelatedLocation {
                id,
                physical_location: place(label.span),
                message: Message::new(&label.text),
            })
            .collect(),
        partial_fingerprints: BTreeMap::from([("codeFileLine/v1", fingerprints.of(found, sources))]),
        fixes: found.fix.iter().map(|fix| self::fix(fix, sources)).collect(),
        suppressions: Vec::new(),
    }
}

/// One suppression per distinct reason; SARIF forbids duplicates.
fn suppressions(reasons: &[String]) -> Vec<Suppression<'_>> {
    let reasons: BTreeSet<&str> = reasons.iter().map(String::as_str).collect();
    reasons.into_iter().map(|justification| Suppression { kind: "inSource", justification }).collect()
}

/// A fix, with its edits grouped by file.
fn fix(fix: &Fix, sources: &SourceMap) -> SarifFix {
    let mut changes: BTreeMap<FileId, Vec<Replacement>> = BTreeMap::new();
    for edit in &fix.edits {
        changes.entry(edit.span.file).or_default().push(Replacement {
            deleted_region: Region::new(edit.span, sources),
            inserted_content: ArtifactContent { text: edit.replacement.clone() },
        });
    }
    SarifFix {
        description: Message::new(&fix.title),
        artifact_changes: changes
            .into_iter()
            .map(|(file, replacements)| ArtifactChange {
                artifact_location: ArtifactLocation::new(file, sources),
                replacements,
            })
            .collect(),
        properties: FixProperties {
            applicability: match fix.applicability {
                Applicability::Safe => "safe",
                Applicability::Unsafe => "unsafe",
            },
        },
    }
}

fn level(severity: Severity) -> Level {
    match severity {
        Severity::Error => Level::Error,
        Severity::Warning => Level::Warning,
        Severity::Note => Level::Note,
    }
}

impl Message {
    fn new(text: &str) -> Self {
        Self { text: escape(text).into_owned() }
    }
}

impl PhysicalLocation {
    fn new(span: Span, sources: &SourceMap) -> Self {
        Self {
            artifact_location: ArtifactLocation::new(span.file, sources),
            region: Region::new(span, sources),
        }
    }
}

impl ArtifactLocation {
    fn new(file: FileId, sources: &SourceMap) -> Self {
        let uri = uri::of(sources.file(file).map_or("", |file| file.name()));
        let relative = !uri.starts_with("file:");
        Self { uri, uri_base_id: relative.then_some(ROOT) }
    }
}

impl Region {
    fn new(span: Span, sources: &SourceMap) -> Self {
        let at = |offset: usize| sources.file(span.file).map(|file| file.line_column(offset));
        let place = |offset: usize| at(offset).map_or((1, 1), |at| (at.line, at.column));
        let ((start_line, start_column), (end_line, end_column)) =
            (place(span.range().start), place(span.range().end));
        Self { start_line, start_column, end_line, end_column }
    }
}
