//! The pages of `docs/codes`: their examples are checked.

use std::collections::BTreeSet;

use naftiko_check::Checked;
use naftiko_diagnostics::Code;
use naftiko_tests::pages::{Case, MAIN, Page, pages};
use naftiko_tests::{Finding, check_files, expectations, findings, fixtures};

fn all() -> Vec<Page> {
    pages().unwrap_or_else(|wrong| panic!("{wrong}"))
}

fn code(page: &Page) -> &'static Code {
    naftiko_check::codes()
        .into_iter()
        .find(|code| code.id == page.name)
        .unwrap_or_else(|| panic!("`{}` is the page of no code", page.name))
}

fn checked(case: &Case) -> Checked {
    check_files(MAIN, case.files.iter().cloned())
}

fn expected(case: &Case) -> Vec<Finding> {
    if let Some(gives) = &case.gives {
        return vec![(MAIN.to_owned(), 1, gives.clone())];
    }
    let marks = case.files.iter().flat_map(|(path, text)| expectations(path, &String::from_utf8_lossy(text)));
    let mut marks: Vec<Finding> = marks.collect();
    marks.sort();
    marks
}

#[test]
fn every_code_has_a_page_and_every_page_a_code() {
    let pages = all();
    let names: BTreeSet<&str> = pages.iter().map(|page| page.name.as_str()).collect();
    let codes: BTreeSet<&str> = naftiko_check::codes().iter().map(|code| code.id).collect();
    let missing: Vec<_> = codes.difference(&names).collect();
    let unknown: Vec<_> = names.difference(&codes).collect();
    assert!(missing.is_empty() && unknown.is_empty(), "without a page: {missing:?}; of no code: {unknown:?}");
}

#[test]
fn a_page_begins_with_what_the_code_says_of_itself() {
    for page in all() {
        let code = code(&page);
        assert_eq!(page.title, code.id);
        let mut summary = code.summary.chars();
        let first = summary.next().unwrap_or_default().to_uppercase();
        assert_eq!(page.summary, format!("{first}{}.", summary.as_str()), "{}", page.name);
        let severity = format!("**{}**", code.severity.as_str());
        let may = [severity.clone(), format!("{severity}, with a fix")];
        assert!(may.contains(&page.severity), "{}: `{}`, expected `{severity}`", page.name, page.severity);
    }
}

#[test]
fn every_page_has_the_same_headings() {
    for page in all() {
        let whole = ["What it is", "Why it matters", "Example", "Instead", "See also"];
        let without = ["What it is", "Why it matters", "Example", "See also"];
        assert!(page.headings == whole || page.headings == without, "{}: {:?}", page.name, page.headings);
        assert!(!page.examples.is_empty(), "{} has no example", page.name);
        assert_eq!(
            page.headings == whole,
            !page.instead.is_empty(),
            "{}: `Instead` holds a document",
            page.name
        );
    }
}

#[test]
fn links_lead_to_pages() {
    let pages = all();
    for page in &pages {
        for link in &page.links {
            assert!(pages.iter().any(|page| page.name == *link), "{}: there is no page `{link}`", page.name);
            assert_ne!(*link, page.name, "{} leads to itself", page.name);
        }
        assert!(!page.links.is_empty(), "{} leads nowhere", page.name);
    }
}

#[test]
fn examples_give_what_they_mark_and_nothing_else() {
    let mut wrong = Vec::new();
    for page in all() {
        let own = format!("{}[{}]", code(&page).severity.as_str(), page.name);
        for case in &page.examples {
            let expected = expected(case);
            let notes = expected.iter().any(|(_, _, finding)| finding.starts_with("note"));
            let found = findings(&checked(case), notes);
            if found != expected {
                wrong.push(format!(
                    "{}:{}\n  expected {expected:?}\n  found    {found:?}",
                    page.name, case.line
                ));
            }
            if !expected.iter().any(|(_, _, finding)| *finding == own) {
                wrong.push(format!("{}:{} does not show {own}", page.name, case.line));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_to_write_instead_is_clean() {
    let mut wrong = Vec::new();
    for page in all() {
        for case in &page.instead {
            let checked = checked(case);
            let mut found = findings(&checked, true);
            found.retain(|(_, _, finding)| !finding.starts_with("note") || finding.contains(&page.name));
            if !found.is_empty() {
                wrong.push(format!("{}:{}: {found:?}", page.name, case.line));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_page_says_whether_there_is_a_fix() {
    let pages = all();
    let shown = pages.iter().flat_map(|page| &page.examples).map(checked);
    let elsewhere = fixtures().into_iter().map(|fixture| fixture.checked);
    let mut fixed = BTreeSet::new();
    for checked in shown.chain(elsewhere) {
        let found = checked.diagnostics.iter().filter(|found| found.fix.is_some());
        fixed.extend(found.map(|found| found.code.id));
    }
    let says = pages.iter().filter(|page| page.severity.ends_with("with a fix"));
    let says: BTreeSet<&str> = says.map(|page| page.name.as_str()).collect();
    let unsaid: Vec<_> = fixed.difference(&says).collect();
    let unshown: Vec<_> = says.difference(&fixed).collect();
    assert!(
        unsaid.is_empty() && unshown.is_empty(),
        "with a fix, unsaid: {unsaid:?}; said, without: {unshown:?}"
    );
}

#[test]
fn a_page_that_is_half_written_is_refused() {
    for (text, what) in [
        (
            "## Example\n```yaml title=a.yaml\n```\n",
            "docs/codes/a.md:2: there is no document that `a.yaml` stands beside",
        ),
        ("<!-- generate: \"a\" x 2 -->\n", "docs/codes/a.md:1: `gives error[code]` is missing"),
        ("<!-- generate: \"\\q\" gives x -->\n", "docs/codes/a.md:1: an escape is `\\n` or `\\x00`"),
    ] {
        assert_eq!(Page::read("a", text).unwrap_err(), what);
    }
    let page = Page::read("a", "<!-- generate: \"a\\n\" x 2 \"\\xff\" gives error[b] -->\n").unwrap();
    assert_eq!(page.examples[0].files[0].1, b"a\na\n\xff");
}
