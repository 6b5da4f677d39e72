//! The laws of `check`: it ends with findings that can be shown, is deterministic, and gives a plan if there is no
//! error.

use naftiko_check::{Checked, Options, check, codes};
use naftiko_diagnostics::Findings;
use naftiko_plan::{Action, Plan};
use naftiko_report::{Style, diagnostics, github, json, junit, plan, sarif};
use naftiko_spec::{Files, Kind};
use serde_json::Value;

use super::documents::{files, main};
use super::places::can_be_shown;

/// The narrowest screen.
const STYLE: Style = Style { width: 60, ..Style::PLAIN };

/// Checks an input twice.
///
/// # Panics
/// If a law is broken.
pub fn hold(input: &[u8]) {
    let files = files(input);
    let checked = once(&files);
    let again = once(&files);
    assert_eq!(checked.diagnostics, again.diagnostics, "the same document gives two answers");
    assert_eq!(checked.ignored, again.ignored, "the same comments ignore different findings");
    assert_eq!(checked.plan, again.plan, "the same document has two plans");
    plan_where_nothing_is_wrong(&checked);
    reports(&checked);
}

/// Checks the document of an input.
///
/// # Panics
/// If a finding cannot be shown.
pub fn once(files: &dyn Files) -> Checked {
    let checked = check(main(), &Options::default(), files).expect("the document is there");
    can_be_shown(&checked.diagnostics, &checked.sources);
    can_be_shown(checked.ignored.iter().map(|ignored| &ignored.diagnostic), &checked.sources);
    checked
}

fn plan_where_nothing_is_wrong(checked: &Checked) {
    let is_complete = checked.kind == Some(Kind::Composition)
        && !checked.has_errors()
        && checked.withheld_by().is_none()
        && !checked.diagnostics.iter().any(|found| found.code.id == "no-description");
    match &checked.plan {
        Some(found) => {
            assert!(!checked.has_errors(), "a plan in spite of {:#?}", checked.diagnostics);
            let written = serde_json::to_string(found).expect("a plan can be written");
            let read: Plan = serde_json::from_str(&written).expect("a plan can be read");
            assert_eq!(read, read_back(found), "{written}");
            plan(found, STYLE);
        }
        None => assert!(!is_complete, "nothing is wrong and there is no plan: {:#?}", checked.diagnostics),
    }
}

/// A plan as it is after deserialization: the defaults of sensitive inputs are not serialized, so these inputs become
/// required.
fn read_back(plan: &Plan) -> Plan {
    let mut plan = plan.clone();
    for input in plan.inputs.iter_mut().filter(|input| input.sensitive) {
        input.required |= input.default.take().is_some();
    }
    for step in &mut plan.steps {
        if let Action::Composition(embedded) = &mut step.action {
            embedded.plan = std::sync::Arc::new(read_back(&embedded.plan));
        }
    }
    plan
}

/// Renders every finding in every format.
fn reports(checked: &Checked) {
    let mut findings = Findings::new();
    findings.add(&checked.sources, checked.diagnostics.clone(), checked.ignored.clone(), str::to_owned);
    findings.sort();
    for terminal in [false, true] {
        diagnostics(&findings.diagnostics, &findings.sources, Style { terminal, ..STYLE });
    }
    let written: Value = serde_json::from_str(&json(&findings).expect("findings as JSON")).expect("JSON");
    for found in written["findings"].as_array().into_iter().flatten() {
        let message = found["message"].as_str().unwrap_or_default();
        assert!(!message.is_empty() && !message.contains('\n'), "not a line: {found}");
    }
    sarif(&findings, &codes()).expect("findings as SARIF");
    junit(&findings);
    github(&findings);
}
