//! Renders the results of `naftiko test`: for people, as JSON, and as `JUnit` XML.

use naftiko_text::{Printable, json_pretty, printable, xml};
use serde::Serialize;

use crate::Style;
use crate::junit::suites;

/// The version of the JSON format.
const VERSION: u32 = 1;

/// The result of one test.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tested {
    /// The file that contains the test.
    pub file: String,
    /// The name of the test.
    pub name: String,
    /// One text per deviation from the test's expectations; empty if it passed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Printable>,
    /// How the run differs from its snapshot, as a unified diff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difference: Option<String>,
    /// The result of the comparison with the snapshot.
    pub snapshot: Snapshot,
}

/// The result of the comparison with a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Snapshot {
    /// The run equals the snapshot.
    Same,
    /// The run differs from the snapshot.
    Different,
    /// There is no snapshot.
    Missing,
    /// The snapshot was written by this invocation.
    Written,
    /// No comparison was made.
    Unasked,
}

impl Tested {
    /// Whether the run met all expectations and does not differ from its snapshot. A missing snapshot counts as a
    /// failure.
    pub fn passed(&self) -> bool {
        self.problems.is_empty() && !matches!(self.snapshot, Snapshot::Different | Snapshot::Missing)
    }

    /// One text per failure, including that of the snapshot.
    fn failures(&self) -> Vec<Printable> {
        let mut failures = self.problems.clone();
        match self.snapshot {
            Snapshot::Different => failures.push("the run differs from its snapshot".into()),
            Snapshot::Missing => failures.push("there is no snapshot; `--update` writes it".into()),
            Snapshot::Same | Snapshot::Written | Snapshot::Unasked => {}
        }
        failures
    }
}

/// Renders tests for people: each file with its tests and their failures, and a line with the totals.
pub fn tested(tests: &[Tested], style: Style) -> Printable {
    let mut out = Printable::new();
    let mut file = "";
    for test in tests {
        if test.file != file {
            out.push_line(&style.strong(test.file.clone()));
            file = &test.file;
        }
        let mark = if test.passed() { style.good("ok  ") } else { style.bad("FAIL") };
        let written = test.snapshot == Snapshot::Written;
        let more = if written { style.dim(" (snapshot written)") } else { Printable::new() };
        out.push(&printable!("  {} {}{}\n", mark, test.name, more));
        for failure in test.failures() {
            for line in failure.lines_of() {
                out.push(&printable!("       {}\n", line));
            }
        }
        for line in test.difference.iter().flat_map(|difference| difference.lines()) {
            let shown = printable!("{}", line);
            let shown = match line.as_bytes().first() {
                Some(b'-') => style.bad(shown),
                Some(b'+') => style.good(shown),
                _ => shown,
            };
            out.push(&printable!("       {}\n", shown));
        }
    }
    out + &sum(tests, style)
}

fn sum(tests: &[Tested], style: Style) -> Printable {
    let failed = tests.iter().filter(|test| !test.passed()).count();
    let written = tests.iter().filter(|test| test.snapshot == Snapshot::Written).count();
    let number = |count: usize, noun: &'static str| {
        printable!("{} {}{}", count, noun, if count == 1 { "" } else { "s" })
    };
    let verdict = match failed {
        0 => style.good("all passed"),
        failed => style.bad(printable!("{} failed", failed)),
    };
    let snapshots = match written {
        0 => Printable::new(),
        written => printable!(", {} written: review them", number(written, "snapshot")),
    };
    printable!("{}, {}{}\n", number(tests.len(), "test"), verdict, snapshots)
}

/// Renders tests as one JSON document.
///
/// # Errors
/// If serialization fails, which cannot happen for these types.
pub fn tested_as_json(tests: &[Tested]) -> serde_json::Result<Printable> {
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
    Ok(json_pretty(&document)? + &"\n".into())
}

/// Renders tests as `JUnit` XML: one case per test.
pub fn tested_as_junit(tests: &[Tested]) -> Printable {
    let failed = tests.iter().filter(|test| !test.passed()).count();
    let mut cases = Printable::new();
    for test in tests {
        let file = xml(&printable!("{}", test.file));
        let name = xml(&printable!("{}", test.name));
        cases.push(&printable!("    <testcase name=\"{}\" classname=\"{}\" file=\"{}\"", name, file, file));
        if test.passed() {
            cases.push_literal("/>\n");
            continue;
        }
        cases.push_literal(">\n");
        for failure in test.failures() {
            let first = failure.lines_of().next().unwrap_or_default();
            let text = xml(&failure);
            cases.push(&printable!("      <failure message=\"{}\">{}</failure>\n", xml(&first), text));
        }
        if let Some(difference) = &test.difference {
            let difference = xml(&Printable::escaped_lines(difference));
            cases.push(&printable!("      <system-out>{}</system-out>\n", difference));
        }
        cases.push_literal("    </testcase>\n");
    }
    suites("naftiko test", tests.len(), failed, &cases)
}
