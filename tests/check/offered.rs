//! Applies the fixes of findings one at a time: each removes its finding and causes no other.

use std::collections::BTreeMap;
use std::path::Path;

use naftiko_check::{Checked, Options, check};
use naftiko_diagnostics::{Diagnostic, Fix};
use naftiko_spec::MemoryFiles;
use naftiko_tests::{Fixture, fixtures};

/// The number of findings by code. Messages are not compared, since those about inferences change with the text.
fn findings(checked: &Checked) -> BTreeMap<&'static str, usize> {
    let mut findings = BTreeMap::new();
    for found in &checked.diagnostics {
        *findings.entry(found.code.id).or_insert(0) += 1;
    }
    findings
}

/// The result of checking the fixture again after applying a fix.
fn changed(fixture: &Fixture, fix: &Fix) -> Checked {
    let mut files = MemoryFiles::new();
    for (id, file) in fixture.checked.sources.files() {
        let mut text = file.text().to_string();
        let mut edits: Vec<_> = fix.edits.iter().filter(|edit| edit.span.file == id).collect();
        edits.sort_by_key(|edit| std::cmp::Reverse(edit.span.start));
        for edit in edits {
            text.replace_range(edit.span.range(), &edit.replacement);
        }
        files = files.with(file.name(), text);
    }
    check(Path::new(&format!("{}.yaml", fixture.name)), &Options::default(), &files)
        .expect("the fixture is there")
}

fn offers(code: &str) -> usize {
    let mut offers = 0;
    for fixture in fixtures() {
        let of_code = |found: &&Diagnostic| found.code.id == code;
        for found in fixture.checked.diagnostics.iter().filter(of_code) {
            let Some(fix) = &found.fix else { continue };
            offers += 1;
            let mut expected = findings(&fixture.checked);
            let left = expected.entry(found.code.id).or_insert(1);
            *left -= 1;
            expected.retain(|_, count| *count > 0);
            assert_eq!(findings(&changed(&fixture, fix)), expected, "{}: {found:?}", fixture.name);
        }
    }
    offers
}

#[test]
fn an_argument_that_is_missing_is_written_where_it_belongs() {
    assert_eq!(offers("missing-argument"), 2);
}

#[test]
fn a_list_is_narrowed() {
    // In `flow` the step is on one line, and in `in-block` a comment follows `with:`; in both no edit is certain.
    assert_eq!(offers("unscoped-list"), 3);
}
