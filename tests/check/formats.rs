//! The findings of `check` in every format.

use std::path::Path;

use jsonschema::Validator;
use naftiko_check::{Options, check, codes};
use naftiko_diagnostics::{Code, Diagnostic, Findings, Fix, Ignored, Severity, SourceMap, Span};
use naftiko_report::{github, json, junit, sarif, schemas};
use naftiko_spec::MemoryFiles;
use naftiko_tests::{fixtures, workspace};
use serde_json::Value;

/// A document with every severity, places in another file, help, fixes, non-ASCII characters before a place, and
/// Windows line breaks.
const EVERYTHING: &str = r#"name: Größe & "Maß" <🚀>
specification: Naftiko Capability Composition
specificationVersion: '0.1'
providerId: acme
audience: everybody
inputs:
  - {name: name, type: string, required: true}
steps:
  - id: create
    capability: organizations
    operation: createOrganization
    plan: teem
  - {description: 'é 🚀 ${x}', id: get, capability: organisations, operation: getOrganization}
outputs:
  - name: größe
    source: create.naem
"#;

fn acme() -> MemoryFiles {
    let file = |name: &str| std::fs::read(workspace().join("tests/fixtures/acme").join(name)).unwrap();
    MemoryFiles::new()
        .with("a b/shared/acme.yaml", file("acme.yaml"))
        .with("a b/shared/acme-openapi.yaml", file("acme-openapi.yaml"))
}

fn gather(sources: &SourceMap, diagnostics: Vec<Diagnostic>, ignored: Vec<Ignored>) -> Findings {
    let mut findings = Findings::new();
    findings.add(sources, diagnostics, ignored, str::to_owned);
    findings.sort();
    findings
}

fn findings(text: &str) -> Findings {
    let path = "a b/größe.yaml";
    let checked = check(Path::new(path), &Options::default(), &acme().with(path, text)).unwrap();
    gather(&checked.sources, checked.diagnostics, checked.ignored)
}

fn everything() -> Findings {
    findings(&EVERYTHING.replace('\n', "\r\n"))
}

/// The findings of every fixture.
fn all() -> Vec<(String, Findings)> {
    let of = |fixture: naftiko_tests::Fixture| {
        let findings = gather(&fixture.checked.sources, fixture.checked.diagnostics, fixture.checked.ignored);
        (fixture.name, findings)
    };
    let mut all: Vec<(String, Findings)> = fixtures().into_iter().map(of).collect();
    all.push(("everything".to_owned(), everything()));
    all
}

/// Asserts that a text is JSON that is valid according to this schema.
fn assert_valid(name: &str, validator: &Validator, text: &str) {
    let value: Value = serde_json::from_str(text).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{name}: {errors:#?}");
}

#[test]
fn what_an_author_wrote_on_several_lines_is_shown_on_one() {
    let findings = findings(
        "specification: Naftiko Capability Composition\nspecificationVersion: |\n  0.3\n  \u{202e}\n",
    );
    let document: Value = serde_json::from_str(&json(&findings).unwrap()).unwrap();
    let shown = r"`0.3\n\u{202e}\n` is not an edition of `Naftiko Capability Composition`";
    assert_eq!(document["findings"][0]["message"], shown);
    let log: Value = serde_json::from_str(&sarif(&findings, &codes()).unwrap()).unwrap();
    let message = log["runs"][0]["results"][0]["message"]["text"].as_str().unwrap();
    assert_eq!(message.lines().next(), Some(shown));
}

#[test]
fn human() {
    let findings = everything();
    insta::assert_snapshot!(naftiko_report::diagnostics(
        &findings.diagnostics,
        &findings.sources,
        naftiko_report::Style::PLAIN
    ));
}

#[test]
fn as_json() {
    insta::assert_snapshot!(json(&everything()).unwrap());
}

#[test]
fn as_junit() {
    insta::assert_snapshot!(junit(&everything()));
}

#[test]
fn as_github() {
    insta::assert_snapshot!(github(&everything()));
}

#[test]
fn as_sarif() {
    let codes: Vec<&Code> = codes().into_iter().filter(|code| code.id.starts_with("unknown-c")).collect();
    let version = format!("\"{}\"", env!("CARGO_PKG_VERSION"));
    insta::assert_snapshot!(sarif(&everything(), &codes).unwrap().replace(&version, "\"VERSION\""));
}

#[test]
fn the_json_of_every_fixture_is_as_its_schema_says() {
    let (_, schema) = schemas().into_iter().find(|(name, _)| name.contains("findings")).unwrap();
    assert!(jsonschema::draft202012::meta::is_valid(&schema));
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    for (name, findings) in all() {
        assert_valid(&name, &validator, &json(&findings).unwrap());
    }
    let broken = serde_json::json!({"version": 1, "findings": [{}], "summary": {}});
    assert!(!validator.is_valid(&broken), "the schema refuses what is not as it says");
}

#[test]
fn the_sarif_of_every_fixture_is_as_oasis_says() {
    let path = workspace().join("tests/fixtures/sarif/sarif-schema-2.1.0.json");
    let mut schema: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    // This pattern of the schema is not a valid regular expression (it has a surplus `]`); our logs do not have the
    // key.
    for holder in ["run", "toolComponent"] {
        let language = &mut schema["definitions"][holder]["properties"]["language"];
        language.as_object_mut().unwrap().remove("pattern").unwrap();
    }
    let validator = jsonschema::draft7::new(&schema).unwrap();
    for (name, findings) in all() {
        let text = sarif(&findings, &codes()).unwrap();
        assert_valid(&name, &validator, &text);
        let log: Value = serde_json::from_str(&text).unwrap();
        let run = &log["runs"][0];
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        assert_eq!(rules.len(), codes().len());
        for result in run["results"].as_array().unwrap() {
            let position = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(rules[position]["id"], result["ruleId"]);
        }
    }
    assert!(!validator.is_valid(&serde_json::json!({"version": "2.1.0"})));
}

#[test]
fn the_junit_of_every_fixture_is_xml_with_every_error() {
    for (name, findings) in all() {
        let text = junit(&findings);
        let document = roxmltree::Document::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let messages: Vec<&str> = document
            .descendants()
            .filter(|node| node.has_tag_name("failure"))
            .map(|node| node.attribute("message").unwrap())
            .collect();
        let errors: Vec<&str> = findings
            .diagnostics
            .iter()
            .filter(|found| found.severity() == Severity::Error)
            .map(|found| found.message.as_str())
            .collect();
        assert_eq!(messages, errors, "{name}");
    }
}

#[test]
fn github_has_one_line_a_finding() {
    for (name, findings) in all() {
        let text = github(&findings);
        assert_eq!(text.lines().count(), findings.diagnostics.len(), "{name}");
        assert!(text.lines().all(|line| line.starts_with("::")), "{name}: {text}");
    }
}

/// Editors use the offsets, people the lines and columns: both must agree.
#[test]
fn offsets_lines_and_columns_agree() {
    let findings = everything();
    let document: Value = serde_json::from_str(&json(&findings).unwrap()).unwrap();
    for (found, finding) in findings.diagnostics.iter().zip(document["findings"].as_array().unwrap()) {
        let text = findings.sources.file(found.primary.span.file).unwrap().text();
        for (place, offset) in [("start", found.primary.span.start), ("end", found.primary.span.end)] {
            let position = &finding["location"][place];
            let number = |key: &str| usize::try_from(position[key].as_u64().unwrap()).unwrap();
            assert_eq!(number("offset"), offset as usize);
            let line: &str = text.split('\n').nth(number("line") - 1).unwrap();
            let before: String = line.chars().take(number("column") - 1).collect();
            assert!(text[..number("offset")].ends_with(&before));
            assert_eq!(text[..number("offset")].matches('\n').count() + 1, number("line"));
        }
    }
}

/// The fingerprints of the errors, by code.
fn fingerprints(text: &str) -> Vec<(String, String)> {
    let log: Value = serde_json::from_str(&sarif(&findings(text), &codes()).unwrap()).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    results
        .iter()
        .map(|result| {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            (text(&result["ruleId"]), text(&result["partialFingerprints"]["codeFileLine/v1"]))
        })
        .collect()
}

#[test]
fn a_fingerprint_survives_a_shift_of_lines() {
    let before = fingerprints(EVERYTHING);
    assert!(before.len() > 4, "{before:?}");
    let shifted = EVERYTHING.replace("inputs:", "# one\n# two\ninputs:");
    assert_eq!(fingerprints(&shifted), before);
    assert_eq!(fingerprints(&EVERYTHING.replace('\n', "\r\n")), before);
}

#[test]
fn a_fingerprint_is_of_one_finding() {
    let output = "  - name: größe\n    source: create.naem\n";
    let twice = format!("{EVERYTHING}{}", output.replace("größe", "other"));
    let (before, after) = (fingerprints(EVERYTHING), fingerprints(&twice));
    assert_eq!(after[..before.len()], before, "what was there is as it was");
    assert_eq!(after.len(), before.len() + 1);
    let mut values: Vec<&String> = after.iter().map(|(_, value)| value).collect();
    values.sort();
    values.dedup();
    assert_eq!(values.len(), after.len(), "{after:?}");
}

/// The codes, levels and suppressions of the results.
fn results(text: &str) -> Vec<String> {
    let log: Value = serde_json::from_str(&sarif(&findings(text), &codes()).unwrap()).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    results
        .iter()
        .map(|result| {
            let line = &result["locations"][0]["physicalLocation"]["region"]["startLine"];
            format!("{line} {} {}", result["ruleId"].as_str().unwrap(), result["suppressions"])
        })
        .collect()
}

/// SARIF requires suppressions on all results of a run or on none.
#[test]
fn what_comments_ignore_is_a_suppressed_result_and_keeps_its_fingerprint() {
    let text = EVERYTHING
        .replace("    plan: teem", "    plan: teem # naftiko: ignore[wrong-argument-type]   we know better ")
        .replace("audience:", "# naftiko: ignore[ignored-key]\naudience:")
        .replace("outputs:", "# naftiko: ignore-file[unknown-field]\noutputs:");
    let text =
        format!("# naftiko: ignore-file[ignored-key] ours\n# naftiko: ignore-file[ignored-key] ours\n{text}");
    insta::assert_snapshot!(results(&text).join("\n"), @r#"
    8 ignored-key [{"kind":"inSource"},{"kind":"inSource","justification":"ours"}]
    14 inferred-argument []
    15 wrong-argument-type [{"kind":"inSource","justification":"we know better"}]
    16 unknown-capability []
    17 unused-ignore []
    20 unknown-field []
    "#);
    let codes = |text: &str| fingerprints(text).into_iter().map(|(code, _)| code).collect::<Vec<_>>();
    let ignored_above =
        EVERYTHING.replace("    source:", "    # naftiko: ignore[unknown-field]\n    source:");
    assert_eq!(codes(&text).len(), codes(EVERYTHING).len() + 1, "and the comment that is out of place");
    assert_eq!(fingerprints(&ignored_above), fingerprints(EVERYTHING));
}

#[test]
fn json_keeps_what_is_ignored_apart() {
    let text = EVERYTHING
        .replace("    plan: teem", "    plan: teem # naftiko: ignore[wrong-argument-type] we know better");
    let of = |text: &str| -> Value { serde_json::from_str(&json(&findings(text)).unwrap()).unwrap() };
    let (before, after) = (of(EVERYTHING), of(&text));
    let errors = |report: &Value| report["summary"]["errors"].as_u64().unwrap();
    assert_eq!(errors(&after) + 1, errors(&before));
    assert_eq!(before["ignored"], serde_json::json!([]));
    assert_eq!(after["ignored"][0]["reasons"], serde_json::json!(["we know better"]));
    let code = |finding: &Value| finding["code"].as_str().unwrap().to_owned();
    assert_eq!(code(&after["ignored"][0]["finding"]), "wrong-argument-type");
    assert!(after["findings"].as_array().unwrap().iter().all(|it| code(it) != "wrong-argument-type"));
}

static FLAW: Code = Code { id: "flaw", severity: Severity::Warning, summary: "a flaw" };

#[test]
fn hostile_text_stays_text() {
    let mut sources = SourceMap::new();
    let file = sources.add("a:b,c%2C\u{1b}[2J.yaml", "one\ntwo\n");
    let span = Span::new(file, 1..6);
    let message = "a\r\n::error::%0A ]]></failure><x a=\"\u{1b}[31m";
    let fix = Fix::replace("mend", span, "\u{0}\u{7f}\u{2028}", naftiko_diagnostics::Applicability::Unsafe);
    let found = Diagnostic::new(&FLAW, span, message).with_label("</testcase>").with_fix(fix);
    let findings = gather(&sources, vec![found.clone().denied(), found], Vec::new());
    assert_eq!(
        github(&findings).lines().next().unwrap(),
        "::error file=a%3Ab%2Cc%252C\\u{1b}[2J.yaml,line=1,endLine=2,title=flaw::a\\r\\n::error::%250A ]]></failure><x a=\"\\u{1b}[31m%0Ahere: </testcase>"
    );
    let text = junit(&findings);
    let document = roxmltree::Document::parse(&text).unwrap();
    assert_eq!(document.descendants().filter(|node| node.has_tag_name("testcase")).count(), 1);
    let log: Value = serde_json::from_str(&sarif(&findings, &[&FLAW]).unwrap()).unwrap();
    let result = &log["runs"][0]["results"][0];
    assert_eq!(result["level"], "error", "denied");
    assert_eq!(log["runs"][0]["tool"]["driver"]["rules"][0]["defaultConfiguration"]["level"], "warning");
    assert_eq!(
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
        "a%3Ab%2Cc%252C%1B%5B2J.yaml"
    );
}
