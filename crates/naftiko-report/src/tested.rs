//! What came of tests: for people, as JSON, and as `JUnit` XML.

use std::fmt::Write as _;

use serde::Serialize;

use crate::junit::escaped;
use crate::{Style, visible};

/// The version of the JSON.
const VERSION: u32 = 1;

/// What came of one test.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tested {
    /// The file it stands in.
    pub file: String,
    /// Its name.
    pub name: String,
    /// What is not as the test says, a text each; none: it passed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
    /// How the run differs from its snapshot, as a unified diff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difference: Option<String>,
    /// What came of the snapshot.
    pub snapshot: Snapshot,
}

/// What came of a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Snapshot {
    /// The run is as it says.
    Same,
    /// The run is otherwise.
    Different,
    /// There is none.
    Missing,
    /// It was written.
    Written,
    /// Nobody asked it.
    Unasked,
}

impl Tested {
    /// Whether all is as the test and its snapshot say.
    pub fn passed(&self) -> bool {
        self.problems.is_empty() && !matches!(self.snapshot, Snapshot::Different | Snapshot::Missing)
    }

    /// What is wrong, a text each.
    fn failures(&self) -> Vec<String> {
        let mut failures = self.problems.clone();
        match self.snapshot {
            Snapshot::Different => failures.push("the run is not as its snapshot says".to_owned()),
            Snapshot::Missing => failures.push("there is no snapshot; `--update` writes it".to_owned()),
            Snapshot::Same | Snapshot::Written | Snapshot::Unasked => {}
        }
        failures
    }
}

/// Tests as people read them: a file, its tests, and what is wrong with them.
pub fn tested(tests: &[Tested], style: Style) -> String {
    let mut out = String::new();
    let mut file = "";
    for test in tests {
        if test.file != file {
            let _ = writeln!(out, "{}", style.strong(&visible(&test.file)));
            file = &test.file;
        }
        let mark = if test.passed() { style.good("ok  ") } else { style.bad("FAIL") };
        let more =
            if test.snapshot == Snapshot::Written { style.dim(" (snapshot written)") } else { String::new() };
        let _ = writeln!(out, "  {mark} {}{more}", visible(&test.name));
        for failure in test.failures() {
            for line in failure.lines() {
                let _ = writeln!(out, "       {}", visible(line));
            }
        }
        for line in test.difference.iter().flat_map(|difference| difference.lines()) {
            let shown = visible(line);
            let _ = writeln!(
                out,
                "       {}",
                match line.as_bytes().first() {
                    Some(b'-') => style.bad(&shown),
                    Some(b'+') => style.good(&shown),
                    _ => shown.into_owned(),
                }
            );
        }
    }
    out + &sum(tests, style)
}

fn sum(tests: &[Tested], style: Style) -> String {
    let failed = tests.iter().filter(|test| !test.passed()).count();
    let written = tests.iter().filter(|test| test.snapshot == Snapshot::Written).count();
    let number = |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
    let verdict = match failed {
        0 => style.good("all passed"),
        failed => style.bad(&format!("{failed} failed")),
    };
    let snapshots = match written {
        0 => String::new(),
        written => format!(", {} written: read what they say", number(written, "snapshot")),
    };
    format!("{}, {verdict}{snapshots}\n", number(tests.len(), "test"))
}

/// Tests as one JSON document.
///
/// # Errors
/// When it cannot be written, which none of these types should do.
pub fn tested_as_json(tests: &[Tested]) -> serde_json::Result<String> {
    #[derive(Serialize)]
    struct Document<'a> {
        version: u32,
        passed: usize,
        failed: usize,
        tests: Vec<Line<'a>>,
    }
    #[derive(Serialize)]
    struct Line<'a> {
        passed: bool,
        #[serde(flatten)]
        test: &'a Tested,
    }
    let passed = tests.iter().filter(|test| test.passed()).count();
    let document = Document {
        version: VERSION,
        passed,
        failed: tests.len() - passed,
        tests: tests.iter().map(|test| Line { passed: test.passed(), test }).collect(),
    };
    Ok(format!("{}\n", serde_json::to_string_pretty(&document)?))
}

/// Tests as `JUnit` XML: one case a test.
pub fn tested_as_junit(tests: &[Tested]) -> String {
    let failed = tests.iter().filter(|test| !test.passed()).count();
    let counts = format!("tests=\"{}\" failures=\"{failed}\" errors=\"0\"", tests.len());
    let mut cases = String::new();
    for test in tests {
        let file = escaped(&visible(&test.file));
        let name = escaped(&visible(&test.name));
        let _ = write!(cases, "    <testcase name=\"{name}\" classname=\"{file}\" file=\"{file}\"");
        if test.passed() {
            cases.push_str("/>\n");
            continue;
        }
        cases.push_str(">\n");
        for failure in test.failures() {
            let first = failure.lines().next().unwrap_or_default();
            let _ = writeln!(
                cases,
                "      <failure message=\"{}\">{}</failure>",
                escaped(&visible(first)),
                escaped(&failure)
            );
        }
        if let Some(difference) = &test.difference {
            let _ = writeln!(cases, "      <system-out>{}</system-out>", escaped(difference));
        }
        cases.push_str("    </testcase>\n");
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"naftiko test\" {counts}>\n  \
         <testsuite name=\"naftiko test\" {counts} skipped=\"0\">\n{cases}  </testsuite>\n</testsuites>\n"
    )
}
