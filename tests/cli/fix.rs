//! `check --fix` and `upgrade`: which files are written, and which never are.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use crate::command::Folder;

const BROKEN: &str = "steps: # all
  - {id: create, capability: organizations, operation: createOrganization, with: {name: ${run.id}}}
outputs:
  - {name: id, source: 'create.idd'} # the id
";

/// The composition of a folder.
fn composition(folder: &Folder) -> PathBuf {
    folder.path().join("composition.yaml")
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

#[test]
fn what_is_certain_is_fixed_and_guesses_are_offered() {
    let folder = Folder::new("0.2", BROKEN);
    let ended = folder.naftiko(&["check", "--fix", "composition.yaml"]);
    assert_eq!(ended.code, 1);
    insta::assert_snapshot!(ended.stderr, @"
    composition.yaml: 1 fix applied
    1 fix more with `--unsafe`: review the changes with `--diff` first
    ");
    assert!(ended.stdout.contains("composition.yaml:8:32: error[unknown-field]"), "{}", ended.stdout);
    assert!(text(&composition(&folder)).ends_with(&BROKEN.replace("${run.id}", "'${run.id}'")));

    let ended = folder.naftiko(&["check", "--fix", "--unsafe", "composition.yaml"]);
    assert_eq!(
        (ended.code, ended.stderr.as_str()),
        (0, "composition.yaml: 1 fix applied\n"),
        "{}",
        ended.stdout
    );
    let fixed = BROKEN.replace("${run.id}", "'${run.id}'").replace("create.idd", "create.id");
    assert!(text(&composition(&folder)).ends_with(&fixed));

    let modified = || fs::metadata(composition(&folder)).unwrap().modified().unwrap();
    let before = modified();
    let ended = folder.naftiko(&["check", "--fix", "--unsafe", "composition.yaml"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    assert_eq!(modified(), before, "nothing is written where nothing has changed");
}

#[test]
fn a_diff_shows_the_changes_and_writes_nothing() {
    let folder = Folder::new("0.2", BROKEN);
    let before = text(&composition(&folder));
    let ended = folder.naftiko(&["check", "--fix", "--unsafe", "--diff", "composition.yaml"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    insta::assert_snapshot!(ended.stdout, @"
    --- composition.yaml
    +++ composition.yaml
    @@ -3,6 +3,6 @@
     specificationVersion: '0.2'
     providerId: acme
     steps: # all
    -  - {id: create, capability: organizations, operation: createOrganization, with: {name: ${run.id}}}
    +  - {id: create, capability: organizations, operation: createOrganization, with: {name: '${run.id}'}}
     outputs:
    -  - {name: id, source: 'create.idd'} # the id
    +  - {name: id, source: 'create.id'} # the id
    ");
    assert_eq!(text(&composition(&folder)), before);
    let ended = folder.naftiko(&["check", "--fix", "--diff", "composition.yaml"]);
    assert_eq!(ended.code, 1, "an error remains");
    assert!(ended.stderr.contains("error[unknown-field]"), "{}", ended.stderr);
    for lacking in [&["check", "--diff", "composition.yaml"], &["check", "--unsafe", "composition.yaml"]] {
        assert_eq!(folder.naftiko(lacking).code, 2);
    }
}

#[test]
fn a_link_out_of_its_folder_is_not_written_through() {
    let folder = Folder::new("0.2", "");
    let document = format!("{}{BROKEN}", text(&composition(&folder)));
    let outside = Folder::new("0.2", "").with("theirs.yaml", &document);
    let (theirs, link) = (outside.path().join("theirs.yaml"), composition(&folder));
    fs::remove_file(&link).unwrap();
    symlink(&theirs, &link).unwrap();
    let ended = folder.naftiko(&["check", "--fix", "--unsafe", "composition.yaml"]);
    assert_eq!(ended.code, 2, "{}", ended.stdout);
    let said = ended.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("it is a link to "), "{said}");
    assert_eq!(text(&theirs), document);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
}

#[test]
fn permissions_links_line_ends_and_a_byte_order_mark_stay() {
    let folder = Folder::new("0.2", "");
    let document = format!("\u{FEFF}{}{BROKEN}", text(&composition(&folder))).replace('\n', "\r\n");
    let folder = folder.with("real.yaml", &document);
    let (real, link) = (folder.path().join("real.yaml"), composition(&folder));
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    fs::remove_file(&link).unwrap();
    symlink("real.yaml", &link).unwrap();
    let ended = folder.naftiko(&["check", "--fix", "--unsafe", "composition.yaml"]);
    assert_eq!(ended.code, 0, "{}", ended.stdout);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(text(&real), document.replace("${run.id}", "'${run.id}'").replace("create.idd", "create.id"));
    let left: Vec<String> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with(".naftiko"))
        .collect();
    assert_eq!(left, [""; 0], "no temporary file stays");
}

#[test]
fn what_is_write_protected_is_not_written() {
    let folder = Folder::new("0.2", BROKEN);
    let before = text(&composition(&folder));
    fs::set_permissions(composition(&folder), fs::Permissions::from_mode(0o444)).unwrap();
    let ended = folder.naftiko(&["check", "--fix", "composition.yaml"]);
    assert_eq!(ended.code, 2);
    assert!(
        ended.stderr.contains("`composition.yaml` cannot be written: it is write-protected"),
        "{}",
        ended.stderr
    );
    assert_eq!(text(&composition(&folder)), before);
}

#[test]
fn documents_in_the_folder_are_fixed_and_others_are_not() {
    let wrong = |folder: &Folder| {
        let path = folder.path().join("shared/acme.yaml");
        let changed = text(&path).replace("name: Acme", "name: 5");
        fs::write(&path, &changed).unwrap();
        changed
    };
    let folder = Folder::new("0.2", BROKEN);
    let before = wrong(&folder);
    let ended = folder.naftiko(&["check", "--fix", "--unsafe", "composition.yaml"]);
    assert_eq!(ended.code, 0, "{}", ended.stdout);
    assert_eq!(text(&folder.path().join("shared/acme.yaml")), before.replace("name: 5", "name: '5'"));

    let folder = Folder::new("0.2", BROKEN);
    let before = wrong(&folder);
    fs::create_dir(folder.path().join("inner")).unwrap();
    fs::rename(composition(&folder), folder.path().join("inner/composition.yaml")).unwrap();
    let ended = folder.naftiko(&["check", "--fix", "--unsafe", "inner/composition.yaml"]);
    assert_eq!(ended.code, 1, "what others share is for them to mend");
    assert_eq!(text(&folder.path().join("shared/acme.yaml")), before);
}

const OLD: &str = "inputs:
  - {name: organization_name, type: string, required: true}
steps:
  - id: create # first
    capability: organizations
    operation: createOrganization
    plan: team
outputs:
  - {name: id, source: create.id}
";

#[test]
fn an_upgrade_is_printed_shown_or_written() {
    let folder = Folder::new("0.1", OLD);
    let before = text(&composition(&folder));
    let printed = folder.naftiko(&["upgrade", "composition.yaml"]);
    assert_eq!((printed.code, printed.stderr.as_str()), (0, ""));
    let shown = folder.naftiko(&["upgrade", "--diff", "composition.yaml"]);
    assert_eq!(shown.code, 0);
    insta::assert_snapshot!(shown.stdout, @"
    --- composition.yaml
    +++ composition.yaml
    @@ -1,6 +1,6 @@
     name: Test
     specification: Naftiko Capability Composition
    -specificationVersion: '0.1'
    +specificationVersion: '0.2'
     providerId: acme
     inputs:
       - {name: organization_name, type: string, required: true}
    @@ -8,6 +8,8 @@
       - id: create # first
         capability: organizations
         operation: createOrganization
    -    plan: team
    +    with:
    +      plan: team
    +      name: ${inputs.organization_name}
     outputs:
       - {name: id, source: create.id}
    ");
    assert_eq!(text(&composition(&folder)), before);

    let written = folder.naftiko(&["upgrade", "--write", "composition.yaml"]);
    assert_eq!((written.code, written.stdout.as_str()), (0, ""));
    assert_eq!(written.stderr, "composition.yaml: upgraded to edition 0.2\n");
    assert_eq!(text(&composition(&folder)), printed.stdout);

    let again = folder.naftiko(&["upgrade", "composition.yaml"]);
    assert_eq!((again.code, again.stdout.as_str()), (0, printed.stdout.as_str()));
    assert_eq!(again.stderr, "composition.yaml: already edition 0.2, nothing to do\n");
    let ended = folder.naftiko(&["check", "composition.yaml"]);
    assert_eq!(ended.code, 0);
    assert!(!ended.stdout.contains("inferred"), "{}", ended.stdout);
}

#[test]
fn an_upgrade_says_what_only_edition_0_2_warns_of() {
    let unread = OLD.replace(
        "outputs:",
        "  - id: list
    capability: organizations
    operation: listOrganizations
outputs:",
    );
    let folder = Folder::new("0.1", &unread);
    let before = folder.naftiko(&["check", "composition.yaml"]);
    assert!(!before.stdout.contains("warning"), "{}", before.stdout);
    let written = folder.naftiko(&["upgrade", "--write", "composition.yaml"]);
    assert_eq!(written.code, 0);
    insta::assert_snapshot!(written.stderr, @"
    composition.yaml: upgraded to edition 0.2
    composition.yaml: in edition 0.2 it has 1 warning: `naftiko check` shows it
    ");
    let after = folder.naftiko(&["check", "composition.yaml"]);
    assert!(after.stdout.contains("warning[unused-result]"), "{}", after.stdout);
}

#[test]
fn what_cannot_be_upgraded_is_refused_with_the_reason() {
    let folder = Folder::new("0.1", &OLD.replace("createOrganization", "createOrganisation"));
    let ended = folder.naftiko(&["upgrade", "composition.yaml", "--write"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (1, ""));
    assert!(ended.stderr.contains("error[unknown-operation]"), "{}", ended.stderr);
    assert!(text(&composition(&folder)).contains("'0.1'"));

    let ended = folder.naftiko(&["upgrade", "shared/acme.yaml"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
    assert_eq!(ended.stderr, "error: `shared/acme.yaml` is not a composition\n");

    let ended = folder.naftiko(&["upgrade", "shared/acme-openapi.yaml"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (1, ""));
    assert!(ended.stderr.contains("this is an OpenAPI description"), "{}", ended.stderr);

    let bare = "specification: Naftiko Capabilities\nspecificationVersion: '0.1'\nproviderId: acme\nauth: {type: none}\ncapabilities:\n  - {id: organizations, operationIds: [createOrganization]}\n";
    let folder = Folder::new("0.1", OLD).with("bare.yaml", bare);
    let ended = folder.naftiko(&["upgrade", "composition.yaml", "--capabilities", "bare.yaml"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
    assert!(ended.stderr.contains("give one with `--openapi FILE`"), "{}", ended.stderr);

    let folder = Folder::new("0.1", &OLD.replace("plan: team", "name: 'Dear {{name}}'"));
    let ended = folder.naftiko(&["upgrade", "composition.yaml"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (1, ""));
    assert!(ended.stderr.contains("error[foreign-template]"), "{}", ended.stderr);
    assert!(ended.stderr.contains("its plan would differ"), "{}", ended.stderr);
}

#[test]
fn what_is_ignored_counts_for_nothing_but_what_cannot_be_run_is_not_run() {
    let ignoring = |code: &str, line: &str| {
        OLD.replace("    plan: team\n", &format!("    # naftiko: ignore[{code}] we know\n    {line}\n"))
    };
    let judged = Folder::new("0.1", &ignoring("wrong-argument-type", "plan: 5"));
    let ended = judged.naftiko(&["check", "composition.yaml"]);
    assert_eq!(ended.code, 0, "{}", ended.stdout);
    let ended = judged.naftiko(&["plan", "composition.yaml"]);
    assert_eq!(ended.code, 2, "a run refuses the value: {ended:?}");
    assert!(ended.stderr.contains("the error `wrong-argument-type` is ignored"), "{}", ended.stderr);

    let lacking = Folder::new("0.1", &ignoring("unknown-argument", "colour: blue"));
    assert_eq!(lacking.naftiko(&["check", "composition.yaml"]).code, 0);
    let ended = lacking.naftiko(&["plan", "composition.yaml"]);
    assert!(
        ended.code == 0 && ended.stdout.contains("body.colour ← blue"),
        "an open body takes it: {ended:?}"
    );
}
