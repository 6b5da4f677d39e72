//! Follows `docs/tutorial.md` literally: its files, its commands and their output.

use crate::command::{Folder, workspace};

/// The tutorial.
fn text() -> String {
    std::fs::read_to_string(workspace().join("docs/tutorial.md")).unwrap()
}

/// The folder with all files of the text so far.
fn folder(text: &str) -> Folder {
    let mut folder = Folder::empty();
    for block in text.split("```yaml title=").skip(1) {
        let (name, rest) = block.split_once('\n').unwrap();
        folder = folder.with(name, rest.split_once("```").unwrap().0);
    }
    folder
}

#[test]
fn its_documents_are_clean_at_every_point() {
    let text = text();
    let (before, _) = text.split_once("## Test it").unwrap();
    let checked = folder(before).naftiko(&["check", "."]);
    assert_eq!((checked.code, checked.stdout.as_str()), (0, "2 files: no problems\n"));
    let checked = folder(&text).naftiko(&["check", ".", "--deny", "warnings"]);
    assert_eq!((checked.code, checked.stdout.as_str()), (0, "3 files: no problems\n"));
}

#[test]
fn the_mistakes_it_asks_for_are_found_with_what_was_meant() {
    for (right, wrong, found) in [
        ("source: reserve.id", "source: reserve.idd", "error[unknown-field]"),
        ("operation: reserveBook", "operation: reserveBok", "error[unknown-operation]"),
    ] {
        let checked = folder(&text().replace(right, wrong)).naftiko(&["check", "lend.yaml"]);
        assert_eq!(checked.code, 1, "{wrong}");
        assert!(checked.stdout.contains(found), "{}", checked.stdout);
        assert!(checked.stdout.contains("did you mean"), "{}", checked.stdout);
    }
}

#[test]
fn what_it_runs_and_tests_comes_out_as_it_says() {
    let text = text();
    let folder = folder(&text);
    let line = text.lines().find(|line| line.starts_with("naftiko run ")).unwrap();
    let words: Vec<&str> = line.split(' ').skip(1).chain(["--answer", r#"fetch={"found": true}"#]).collect();
    let ran = folder.naftiko(&words);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("found: true\n"), "{}", ran.stdout);
    let tested = folder.naftiko(&["test"]);
    assert_eq!(tested.code, 0, "{}", tested.stdout);
    assert!(tested.stdout.contains("3 tests, all passed"), "{}", tested.stdout);
    let composition = std::fs::read_to_string(folder.path().join("lend.yaml")).unwrap();
    let folder = folder.with("lend.yaml", composition.replace("copies > 0", "copies > 1"));
    let failed = folder.naftiko(&["test"]);
    assert_eq!(failed.code, 1);
    assert!(failed.stdout.contains("FAIL a book that is there is lent"), "{}", failed.stdout);
}
