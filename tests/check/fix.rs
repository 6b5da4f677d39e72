//! Fixes: each removes the finding it is offered for, and applying all of them terminates.

use std::path::Path;

use naftiko_check::{Checked, Edited, Options, Policy, check, fix};
use naftiko_diagnostics::Diagnostic;
use naftiko_spec::{Files, MemoryFiles};
use naftiko_syntax::apply;
use naftiko_tests::fixtures;

const ANYTHING: Policy<'_> = Policy { guesses: true, may_edit: &|_| true };

/// The files that a check has read.
fn files(checked: &Checked) -> MemoryFiles {
    let read = checked.sources.files();
    read.fold(MemoryFiles::new(), |files, (_, file)| files.with(file.name(), file.text().as_bytes()))
}

/// The number of findings with an equal code and message.
fn times(found: &Diagnostic, checked: &Checked) -> usize {
    let same = |other: &&Diagnostic| other.code == found.code && other.message == found.message;
    checked.diagnostics.iter().filter(same).count()
}

#[test]
fn every_fix_mends_what_it_is_offered_for_and_makes_no_text_unreadable() {
    let mut tried = 0;
    for fixture in fixtures() {
        let checked = &fixture.checked;
        for found in &checked.diagnostics {
            let Some(fix) = &found.fix else { continue };
            let file = checked.sources.file(found.primary.span.file).unwrap();
            let after = apply(file.text(), &fix.edits).unwrap();
            let files = files(checked).with(file.name(), after.as_bytes());
            let again =
                check(Path::new(&format!("{}.yaml", fixture.name)), &Options::default(), &files).unwrap();
            assert!(
                times(found, &again) < times(found, checked),
                "{}: {}\n{after}",
                fixture.name,
                found.message
            );
            let broken =
                |checked: &Checked| checked.diagnostics.iter().any(|found| found.code.id == "yaml-syntax");
            assert!(broken(checked) || !broken(&again), "{}: {}\n{after}", fixture.name, found.message);
            tried += 1;
        }
    }
    assert!(tried > 20, "{tried} fixes are not worth the name");
}

#[test]
fn fixing_comes_to_an_end_and_once_is_enough() {
    for fixture in fixtures() {
        let main = format!("{}.yaml", fixture.name);
        let files = files(&fixture.checked);
        let mut edited = Edited::new(&files);
        let fixed = fix(Path::new(&main), &Options::default(), &mut edited, ANYTHING).unwrap();
        let changes = edited.changes();
        assert_eq!(changes.is_empty(), fixed.made.is_empty(), "{main}");
        let again = fix(Path::new(&main), &Options::default(), &mut edited, ANYTHING).unwrap();
        assert!(again.made.is_empty(), "{main}: {:?}", again.made);
        assert_eq!(edited.changes(), changes, "{main}");
    }
}

/// The result of fixing `text`, in a composition of edition 0.2 with this step.
fn fixed(text: &str, guesses: bool) -> String {
    let acme = |file: &str| {
        std::fs::read(naftiko_tests::workspace().join("tests/fixtures/acme").join(file)).unwrap()
    };
    let header = "name: T\nspecification: Naftiko Capability Composition\nspecificationVersion: '0.2'\nproviderId: acme\n";
    let files = MemoryFiles::new()
        .with("shared/acme.yaml", acme("acme.yaml"))
        .with("shared/acme-openapi.yaml", acme("acme-openapi.yaml"))
        .with("a.yaml", format!("{header}{text}"));
    let mut edited = Edited::new(&files);
    fix(Path::new("a.yaml"), &Options::default(), &mut edited, Policy { guesses, ..ANYTHING }).unwrap();
    let after = edited.read(Path::new("a.yaml")).unwrap();
    String::from_utf8(after).unwrap().strip_prefix(header).unwrap().to_owned()
}

const STEP: &str = "steps:\n  - {id: create, capability: organizations, operation: createOrganization, with: {name: Acme}}\n";

#[test]
fn a_fix_keeps_the_quotes_and_the_comments_around_it() {
    for (before, after) in [
        (
            "outputs: # all\n  - {name: a, source: \"create.naem\"} # one\n",
            "outputs: # all\n  - {name: a, source: \"create.name\"} # one\n",
        ),
        (
            "outputs:\n  - {name: a, source: 'create.state == ''activ'''}\n",
            "outputs:\n  - {name: a, source: 'create.state == ''active'''}\n",
        ),
        (
            "outputs:\n  - {name: a, source: \"create.state == \\\"activ\\\"\"}\n",
            "outputs:\n  - {name: a, source: \"create.state == 'active'\"}\n",
        ),
        ("outputs:\n  - {name: a, 'sorce': create.id}\n", "outputs:\n  - {name: a, 'source': create.id}\n"),
        (
            "outputs:\n  - {name: a, source: create.domains.0.domain}\n",
            "outputs:\n  - {name: a, source: 'create.domains[0].domain'}\n",
        ),
        (
            "outputs:\n  - name: a\n    source: >-\n      creat.id # text\n",
            "outputs:\n  - name: a\n    source: >-\n      creat.id # text\n",
        ),
    ] {
        assert_eq!(fixed(&format!("{STEP}{before}"), true), format!("{STEP}{after}"));
    }
}

#[test]
fn a_place_that_was_said_stays_said() {
    let text = "steps:\n  - id: move\n    capability: members\n    operation: moveMember\n    with:\n      path.idd: a\n      body.id: b\n";
    assert_eq!(fixed(text, true), text.replace("path.idd", "path.id"));
}

#[test]
fn an_expression_is_no_slip_for_a_literal() {
    let text = format!(
        "{STEP}  - {{id: list, capability: members, operation: listMembers, with: {{state: '${{create.state}}'}}}}\n"
    );
    assert_eq!(fixed(&text, true), text);
}

#[test]
fn quotes_go_around_what_stands_there() {
    let text = STEP.replace("Acme", "Acme, plan: team") + "tags: [0x10, True, plain]\n";
    assert_eq!(fixed(&text, false), text.replace("[0x10, True,", "['0x10', 'True',"));
}

#[test]
fn an_argument_gets_quotes_around_what_was_written() {
    for written in ["0x10", "0o17", "0644", "-0", "+7", "1e3", "1.50", ".5", "True", "false"] {
        let text = STEP.replace("Acme", written);
        assert_eq!(fixed(&text, true), text.replace(written, &format!("'{written}'")));
    }
    // These are already strings, but would be numbers in YAML 1.1.
    for written in ["1_000", "12:30:45"] {
        let text = STEP.replace("Acme", written);
        assert_eq!(fixed(&text, true), text.replace(written, &format!("'{written}'")));
    }
    // A tag determines the type, with quotes and without.
    for written in ["!!int 16", "!!int '16'", "!!float 1e3"] {
        let text = STEP.replace("Acme", written);
        assert_eq!(fixed(&text, true), text);
    }
}

#[test]
fn guesses_are_made_only_when_asked_for() {
    let text = format!("{STEP}outputs:\n  - {{name: a, source: create.naem}}\n");
    assert_eq!(fixed(&text, false), text);
    assert_eq!(fixed(&text, true), text.replace("naem", "name"));
}

#[test]
fn each_fault_of_syntax_hides_the_next_and_all_are_mended() {
    let many = "  - {name: a, source: create.id, x-n: ${b}}\n".repeat(30);
    let text = format!("{STEP}outputs:\n{many}");
    let after = fixed(&text, false);
    assert_eq!(after, text.replace("${b}", "'${b}'"));
}

#[test]
fn a_fault_of_syntax_that_no_change_mends_is_left_alone() {
    for text in ["*aeps: [{id: ask}]\n", "steps:\n  - with&a : {name}: Acme}\n"] {
        assert_eq!(fixed(text, true), text);
    }
}

#[test]
fn only_documents_of_ours_that_may_be_edited_are_edited() {
    let composition = "name: T\nspecification: Naftiko Capability Composition\nspecificationVersion: '0.2'\ncapabilities: [c.yaml]\nsteps: [{id: a, external: true}]\n";
    let capabilities = "specification: Naftiko Capabilities\nspecificationVersion: '0.2'\nproviderId: 5\nopenapi: o.yaml\nauth: {type: none}\ncapabilities: []\n";
    let openapi =
        "openapi: 3.1.0\ninfo: {title: T, version: '1'}\npaths: {}\nx-huge: 123456789012345678901234567890\n";
    let files =
        MemoryFiles::new().with("a.yaml", composition).with("c.yaml", capabilities).with("o.yaml", openapi);
    let after = |main: &str, may_edit: &dyn Fn(&Path) -> bool| {
        let mut edited = Edited::new(&files);
        let policy = Policy { guesses: true, may_edit };
        fix(Path::new(main), &Options::default(), &mut edited, policy).unwrap();
        edited.changes().into_iter().map(|change| change.path.display().to_string()).collect::<Vec<_>>()
    };
    assert_eq!(after("a.yaml", &|_| true), ["c.yaml"]);
    assert_eq!(after("a.yaml", &|path| path == Path::new("a.yaml")), [""; 0]);
    assert_eq!(after("o.yaml", &|_| true), [""; 0]);
}

#[test]
fn a_text_that_is_not_utf_8_is_left_alone() {
    let mut bytes =
        b"name: 5\nspecification: Naftiko Capability Composition\nspecificationVersion: '0.1'\nx: ".to_vec();
    bytes.push(0xE9);
    let files = MemoryFiles::new().with("a.yaml", bytes);
    let mut edited = Edited::new(&files);
    fix(Path::new("a.yaml"), &Options::default(), &mut edited, ANYTHING).unwrap();
    assert_eq!(edited.changes(), []);
}
