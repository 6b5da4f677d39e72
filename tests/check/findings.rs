//! The findings of `check` in the fixtures of `fixtures/check`.

use std::collections::BTreeSet;

use naftiko_report::Style;
use naftiko_tests::fixtures;

#[test]
fn every_fixture_gives_what_it_expects_and_nothing_else() {
    let mut wrong = Vec::new();
    for fixture in fixtures() {
        let found = fixture.found();
        if found != fixture.expected {
            wrong.push(format!("{}\n  expected {:?}\n  found    {found:?}", fixture.name, fixture.expected));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_finding_reads_well() {
    for fixture in fixtures() {
        let checked = &fixture.checked;
        let plain = naftiko_report::diagnostics(&checked.diagnostics, &checked.sources, Style::PLAIN);
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(fixture.name, plain);
        });
    }
}

#[test]
fn every_finding_reads_well_in_a_terminal() {
    let style = Style { terminal: true, color: false, links: false, width: 80 };
    for name in [
        "unknown-operation",
        "later-step",
        "wrong-argument-type",
        "template-in-flow-mapping",
        "possibly-absent",
        "far-apart",
    ] {
        let fixture =
            fixtures().into_iter().find(|fixture| fixture.name == name).expect("the fixture is there");
        let checked = &fixture.checked;
        let drawn = naftiko_report::diagnostics(&checked.diagnostics, &checked.sources, style);
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(format!("terminal-{name}"), drawn);
        });
    }
}

#[test]
fn a_clean_document_has_a_plan_and_one_with_errors_has_none() {
    for fixture in fixtures() {
        let clean = fixture.name.starts_with("clean");
        let planned = fixture.checked.plan.is_some();
        assert!(planned || !clean, "{}", fixture.name);
        assert!(!planned || !fixture.checked.has_errors(), "{}", fixture.name);
    }
}

#[test]
fn every_code_that_check_and_the_documents_can_give_is_given_by_a_fixture() {
    let found: BTreeSet<&str> = fixtures()
        .iter()
        .flat_map(|fixture| fixture.checked.diagnostics.iter().map(|found| found.code.id))
        .collect();
    // The codes of parsers (YAML, expressions, descriptions) are tested in their own crates.
    let elsewhere: BTreeSet<&str> = [naftiko_syntax::CODES, naftiko_expr::CODES, naftiko_openapi::CODES]
        .into_iter()
        .flatten()
        .map(|code| code.id)
        .collect();
    let unproved: Vec<&str> = naftiko_check::codes()
        .into_iter()
        .map(|code| code.id)
        .filter(|id| !found.contains(id) && !elsewhere.contains(id))
        .collect();
    assert!(unproved.is_empty(), "no fixture gives {unproved:?}");
}

#[test]
fn codes_are_unique_and_written_alike() {
    let codes = naftiko_check::codes();
    let mut seen = BTreeSet::new();
    for code in codes {
        assert!(seen.insert(code.id), "`{}` is given twice", code.id);
        assert!(
            code.id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'),
            "{}",
            code.id
        );
        assert!(!code.summary.ends_with('.'), "{}", code.summary);
    }
}
