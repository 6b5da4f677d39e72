//! The inputs of `check`, and its output formats.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::command::{Ended, Folder, command, end, workspace};

const HEADER: &str = "name: Test\nspecification: Naftiko Capability Composition\nspecificationVersion: '0.1'\nproviderId: acme\n";

/// A body with one error and one note.
const FAULTY: &str = "inputs: [{name: name, type: string, required: true}]
steps:
  - {id: create, capability: organizations, operation: createOrganization}
outputs: [{name: id, source: create.idd}]
";

/// A body with one warning and nothing else.
const WARNED: &str = "audience: all\nsteps: [{id: ask, external: true}]\n";

const CLEAN: &str = "steps: [{id: ask, external: true}]\n";

/// Documents in folders, among other files that are not documents.
fn folders() -> Folder {
    let document = |body: &str| format!("{HEADER}{body}");
    Folder::new("0.1", CLEAN)
        .with("flows/faulty.yml", document(FAULTY))
        .with("flows/deep/warned.YAML", document(WARNED))
        .with("flows/deep/data.json", "{\"specification\": 1}")
        .with("flows/deep/inputs.yaml", "name: Acme\n")
        .with("flows/deep/readme.md", document(FAULTY))
        .with("flows/.hidden/a.yaml", document(FAULTY))
        .with("flows/.b.yaml", document(FAULTY))
        .with("flows/node_modules/c.yaml", document(FAULTY))
        .with("target/d.yaml", document(FAULTY))
        .with("flows/e.json", "{\"specification\": \"Naftiko Capability Composition\", \"steps\": [\n")
}

/// The places and codes of the errors and warnings, in their order.
fn found(ended: &Ended) -> Vec<&str> {
    ended.stdout.lines().filter_map(|line| line.split_once("]: ")).map(|(place, _)| place).collect()
}

fn last_line(text: &str) -> &str {
    text.lines().last().unwrap_or_default()
}

#[test]
fn a_folder_is_its_documents() {
    let ended = folders().naftiko(&["check", "--quiet", "."]);
    assert_eq!((ended.code, ended.stderr.as_str()), (1, ""));
    // `shared/acme.yaml` comes first, because `composition.yaml` reads it.
    let expected = [
        "shared/acme.yaml:20:98: error[unknown-operation",
        "flows/deep/warned.YAML:5:1: warning[ignored-key",
        "flows/e.json:1:62: error[yaml-syntax",
        "flows/faulty.yml:8:37: error[unknown-field",
    ];
    assert_eq!(found(&ended), expected, "{}", ended.stdout);
    assert_eq!(last_line(&ended.stdout), "5 files: 3 errors, 1 warning");
}

#[test]
fn a_pattern_is_the_documents_it_matches() {
    let folder = folders();
    for (pattern, summary) in [
        ("flows/**/*.y*ml", "flows/faulty.yml: 1 error"),
        ("flows/*.json", "flows/e.json: 1 error"),
        ("./flows/*", "2 files: 2 errors"),
        ("f*/*.y[am]*", "flows/faulty.yml: 1 error"),
        ("*/*.y[am]*", "2 files: 2 errors"),
        ("**/*.YAML", "flows/deep/warned.YAML: no errors, 1 warning"),
    ] {
        let ended = folder.naftiko(&["check", "-q", pattern]);
        assert_eq!(ended.stderr, "", "{pattern}");
        assert_eq!(last_line(&ended.stdout), summary, "{pattern}: {}", ended.stdout);
    }
    for (pattern, said) in [
        ("flows/**/*.toml", "no composition or capabilities document among the files that match"),
        ("flows/[a", "is not a pattern"),
        ("nowhere/*.yaml", "`nowhere` cannot be read"),
    ] {
        let ended = folder.naftiko(&["check", pattern]);
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{pattern}");
        assert!(ended.stderr.contains(said), "{pattern}: {}", ended.stderr);
    }
}

#[test]
fn a_name_with_brackets_is_a_name_where_there_is_such_a_file() {
    let folder = Folder::new("0.1", CLEAN).with("a[1].yaml", format!("{HEADER}{CLEAN}"));
    let ended = folder.naftiko(&["check", "a[1].yaml"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (0, "a[1].yaml: no problems\n"));
}

#[test]
fn a_folder_without_documents_is_a_mistake() {
    let folder = Folder::new("0.1", CLEAN).with("empty/inputs.yaml", "a: 1\n");
    let ended = folder.naftiko(&["check", "empty"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
    assert_eq!(ended.stderr, "error: there is no composition or capabilities document below `empty`\n");
}

#[test]
fn a_document_is_checked_once_however_it_is_named() {
    let folder = folders();
    let absolute = folder.path().join("flows/faulty.yml");
    let names =
        ["flows/faulty.yml", "./flows/faulty.yml", "flows/deep/../faulty.yml", absolute.to_str().unwrap()];
    let ended = folder.naftiko(&[&["check", "-q"], names.as_slice(), &["flows/*.yml", "flows"]].concat());
    assert_eq!(last_line(&ended.stdout), "3 files: 2 errors, 1 warning");
    assert_eq!(found(&ended).len(), 3);
}

#[test]
fn what_a_document_reads_is_not_found_twice() {
    // A mistake in the capabilities document, which every composition of the provider reads.
    let broken = "specification: Naftiko Capabilities\nspecificationVersion: '0.2'\nproviderId: acme\nauht: {type: none}\nopenapi: acme-openapi.yaml\ncapabilities: []\n";
    let folder = folders().with("shared/acme.yaml", broken);
    let ended = folder.naftiko(&["check", "-q", "composition.yaml", "shared", "./flows", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    let unknown = |finding: &&serde_json::Value| finding["code"] == "unknown-key";
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(findings.iter().filter(unknown).count(), 1, "{}", ended.stdout);
    assert_eq!(report["summary"]["files"], 5);
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_circles_end() {
    use std::os::unix::fs::symlink;
    let folder = folders();
    let at = |name: &str| folder.path().join(name);
    symlink("..", at("flows/deep/up")).unwrap();
    symlink(".", at("flows/self")).unwrap();
    symlink("nowhere", at("flows/dangling.yaml")).unwrap();
    symlink("loop.yaml", at("flows/loop.yaml")).unwrap();
    symlink("faulty.yml", at("flows/again.yaml")).unwrap();
    std::fs::create_dir(at("linked")).unwrap();
    symlink("../flows", at("linked/flows")).unwrap();
    let ended = folder.naftiko(&["check", "-q", "flows"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (1, ""));
    assert_eq!(last_line(&ended.stdout), "3 files: 2 errors, 1 warning");
    let ended = folder.naftiko(&["check", "-q", "linked"]);
    assert_eq!(last_line(&ended.stdout), "3 files: 2 errors, 1 warning", "through a link");
}

#[cfg(unix)]
#[test]
fn a_name_that_is_not_utf8_is_shown_as_well_as_can_be() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    let folder = folders();
    let name = OsStr::from_bytes(b"caf\xe9.yaml");
    std::fs::create_dir(folder.path().join("odd")).unwrap();
    std::fs::write(folder.path().join("odd").join(name), format!("{HEADER}{FAULTY}")).unwrap();
    for format in ["human", "json", "sarif", "junit", "github"] {
        for path in [Path::new("odd").to_path_buf(), Path::new("odd").join(name)] {
            let mut command = folder.command(&["check", "--format", format]);
            command.arg(path);
            let ended = end(command);
            assert_eq!(ended.code, 1, "{format}: {}", ended.stderr);
            assert!(!ended.stderr.contains("panicked"), "{format}: {}", ended.stderr);
            let shown = if format == "sarif" { "odd/caf%EF%BF%BD.yaml" } else { "odd/caf\u{fffd}.yaml" };
            assert!(ended.stdout.contains(shown), "{format}: {}", ended.stdout);
        }
    }
}

#[cfg(unix)]
#[test]
fn a_name_that_a_terminal_would_obey_is_shown_and_not_obeyed() {
    let folder = folders().with("odd/a\u{1b}[2J.yaml", format!("{HEADER}{FAULTY}"));
    std::os::unix::fs::symlink("nowhere", folder.path().join("odd/b\u{1b}[2J.yaml")).unwrap();
    for format in ["human", "json", "sarif", "junit", "github"] {
        for paths in [&["odd"][..], &["odd/a\u{1b}[2J.yaml", "odd/b\u{1b}[2J.yaml"]] {
            let ended = folder.naftiko(&[&["check", "--format", format], paths].concat());
            assert!(!ended.stdout.contains('\u{1b}'), "{format}: {}", ended.stdout);
            assert!(!ended.stderr.contains('\u{1b}'), "{format}: {}", ended.stderr);
        }
    }
}

/// Runs `naftiko check` with a text on standard input.
fn piped(folder: &Folder, text: &str, arguments: &[&str]) -> Ended {
    let mut command = folder.command(&[&["check"], arguments].concat());
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { code: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

#[test]
fn standard_input_is_a_document() {
    let folder = folders();
    let ended = piped(&folder, &format!("{HEADER}{FAULTY}"), &["-q", "-"]);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    assert_eq!(found(&ended), ["<stdin>:8:37: error[unknown-field"]);
    assert_eq!(last_line(&ended.stdout), "<stdin>: 1 error");
}

#[test]
fn standard_input_stands_for_the_file_it_is_named_after() {
    let folder = folders();
    // The capabilities document is looked for above the file, not above the working folder.
    let mut inner = folder.path().join("elsewhere");
    std::fs::create_dir(&inner).unwrap();
    let mut command = folder.command(&["check", "-", "--stdin-name", "../flows/faulty.yml"]);
    command.current_dir(&inner).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(format!("{HEADER}{CLEAN}").as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "../flows/faulty.yml: no problems\n");
    // A composition may read the document that is piped.
    inner.pop();
    let named = ["-q", "flows/faulty.yml", "-", "--stdin-name", "./shared/acme.yaml"];
    let ended = piped(&folder, "specification: Naftiko Capabilities\n", &named);
    assert_eq!(ended.code, 1);
    assert!(ended.stdout.contains("shared/acme.yaml:1:1: error[unknown-edition]"), "{}", ended.stdout);
    assert_eq!(last_line(&ended.stdout), "2 files: 1 error", "{}", ended.stdout);
}

#[test]
fn warnings_can_be_denied_and_allowed() {
    let folder = Folder::new("0.1", WARNED);
    let check = |options: &[&str]| folder.naftiko(&[&["check", "composition.yaml"], options].concat());
    for (options, code, summary) in [
        (&[][..], 0, "no errors, 1 warning"),
        (&["--deny", "warnings"], 1, "1 error"),
        (&["--deny", "ignored-key"], 1, "1 error"),
        (&["--deny", "inferred-wait"], 0, "no errors, 1 warning"),
        (&["--allow", "ignored-key"], 0, "no problems"),
        (&["--allow", "ignored-key", "--deny", "warnings"], 0, "no problems"),
    ] {
        let ended = check(options);
        assert_eq!((ended.code, ended.stderr.as_str()), (code, ""), "{options:?}");
        assert_eq!(last_line(&ended.stdout), format!("composition.yaml: {summary}"), "{options:?}");
    }
    for (options, said) in [
        (["--deny", "ignored-kee"], "there is no code `ignored-kee`; did you mean `ignored-key`?"),
        (["--allow", "unknown-field"], "errors cannot be allowed"),
        (["--allow", "warnings"], "there is no code `warnings`"),
    ] {
        let ended = check(&options);
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{options:?}");
        assert!(ended.stderr.contains(said), "{options:?}: {}", ended.stderr);
    }
}

#[test]
fn rules_are_held_to_when_they_are_asked_for() {
    let invites = "inputs: [{name: org, type: string, required: true}]
steps:
  - id: invite
    capability: members
    operation: inviteMember
    with: {organization_id: '${inputs.org}', email: a@acme.example}
";
    let folder = Folder::new("0.2", invites);
    let check = |options: &[&str]| folder.naftiko(&[&["check", "composition.yaml"], options].concat());
    for (options, code, summary) in [
        (&[][..], 0, "no problems"),
        (&["--rules", "governance"], 0, "no errors, 3 warnings"),
        (&["--rules", "governance", "--allow", "unaudited-access"], 0, "no errors, 2 warnings"),
        (&["--rules", "governance", "--deny", "warnings"], 1, "3 errors"),
        (&["--rules", "unaudited-access"], 0, "no errors, 1 warning"),
        (&["--rules", "unaudited-access", "--rules", "irrevocable-access"], 0, "no errors, 2 warnings"),
        (&["--rules", "standing-link"], 0, "no problems"),
    ] {
        let ended = check(options);
        assert_eq!((ended.code, ended.stderr.as_str()), (code, ""), "{options:?}");
        assert_eq!(last_line(&ended.stdout), format!("composition.yaml: {summary}"), "{options:?}");
    }
    for (name, said) in [
        ("identity", "unknown rule; there is `governance`, `cross-tenant-list`,"),
        ("unaudited-acces", "did you mean `unaudited-access`?"),
        ("unused-input", "unknown rule"),
    ] {
        let ended = check(&["--rules", name]);
        assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{name}");
        assert!(ended.stderr.contains(said), "{name}: {}", ended.stderr);
    }
}

#[cfg(unix)]
#[test]
fn what_a_provider_id_finds_is_no_link_to_elsewhere() {
    let away = Folder::new("0.1", CLEAN);
    let folder = Folder::new("0.1", CLEAN);
    let shared = folder.path().join("shared/acme.yaml");
    std::fs::remove_file(&shared).unwrap();
    std::os::unix::fs::symlink(away.path().join("shared/acme.yaml"), &shared).unwrap();
    let ended = folder.naftiko(&["check", "composition.yaml"]);
    assert_eq!(ended.code, 1, "{}", ended.stdout);
    assert!(ended.stdout.contains("error[outside-path]: `shared/acme.yaml` leads out"), "{}", ended.stdout);
    let allowed = away.path().to_str().unwrap();
    let ended = folder.naftiko(&["check", "composition.yaml", "--allow-file", allowed]);
    assert!(!ended.stdout.contains("outside-path"), "{}", ended.stdout);
}

#[cfg(unix)]
#[test]
fn a_document_has_no_other_read_outside_of_its_folder_unless_that_is_allowed() {
    let names = |path: &str| {
        let header =
            "name: Test\nspecification: Naftiko Capability Composition\nspecificationVersion: '0.2'\n";
        format!("{header}capabilities: [{path}]\nsteps: [{{id: ask, external: true}}]\n")
    };
    let folder = Folder::new("0.1", CLEAN)
        .with("flows/named.yaml", names("../shared/acme.yaml"))
        .with("flows/linked.yaml", names("link.yaml"));
    std::os::unix::fs::symlink("../shared/acme.yaml", folder.path().join("flows/link.yaml")).unwrap();
    // The rule is independent of the working folder.
    let mut inside = folder.command(&["check", "named.yaml"]);
    inside.current_dir(folder.path().join("flows"));
    let inside = end(inside);
    assert!(inside.stdout.contains("error[outside-path]"), "{}", inside.stdout);
    for (file, path) in [("named", "flows/../shared/acme.yaml"), ("linked", "flows/link.yaml")] {
        let file = format!("flows/{file}.yaml");
        for command in ["check", "plan"] {
            let ended = folder.naftiko(&[command, &file]);
            let said = format!("{}{}", ended.stdout, ended.stderr);
            assert_eq!(ended.code, 1, "{said}");
            assert!(said.contains("error[outside-path]"), "{said}");
            assert!(said.contains(&format!("`--allow-file {path}`")), "{said}");
            assert!(!said.contains("ACME_API_KEY"), "it was read: {said}");
        }
        for allowed in [path, "shared"] {
            let ended = folder.naftiko(&["check", &file, "--allow-file", allowed]);
            assert!(!ended.stdout.contains("outside-path"), "{}", ended.stdout);
        }
        let elsewhere = folder.naftiko(&["check", &file, "--allow-file", "elsewhere"]);
        assert!(elsewhere.stdout.contains("outside-path"), "{}", elsewhere.stdout);
    }
}

#[test]
fn quiet_leaves_out_notes_and_nothing_else() {
    let folder = Folder::new("0.1", FAULTY);
    let loud = folder.naftiko(&["check", "composition.yaml"]);
    let quiet = folder.naftiko(&["check", "composition.yaml", "--quiet"]);
    assert!(loud.stdout.contains("note[inferred-argument]"), "{}", loud.stdout);
    assert_eq!((loud.code, quiet.code), (1, 1));
    assert_eq!(found(&quiet), ["composition.yaml:8:37: error[unknown-field"]);
    let denied = folder.naftiko(&["check", "composition.yaml", "-q", "--deny", "inferred-argument"]);
    assert_eq!(last_line(&denied.stdout), "composition.yaml: 2 errors", "what is denied is no note");
}

#[test]
fn standard_output_is_the_document_and_nothing_else() {
    let folder = folders();
    let check = |format: &str| {
        let ended = folder.naftiko(&["check", ".", "-q", "--format", format]);
        assert_eq!(ended.code, 1, "{format}");
        assert_eq!(ended.stderr, "5 files: 3 errors, 1 warning\n", "{format}");
        let again = folder.naftiko(&["check", ".", "-q", "--format", format]);
        assert_eq!(ended.stdout, again.stdout, "{format}: the same every time");
        ended.stdout
    };
    for format in ["json", "sarif"] {
        serde_json::from_str::<serde_json::Value>(&check(format)).unwrap();
    }
    assert!(check("junit").starts_with("<?xml"));
    insta::assert_snapshot!(check("github"), @"
    ::error file=shared/acme.yaml,line=20,endLine=20,col=98,endColumn=114,title=unknown-operation::`removeEverything` is not in the OpenAPI description%0Ahelp: map it to an operation under `operations`, or remove it
    ::warning file=flows/deep/warned.YAML,line=5,endLine=5,col=1,endColumn=9,title=ignored-key::`audience` is not a key of a composition in edition 0.1 and is ignored%0Ahelp: a composition takes api, created, description, inputs, modified, name, outputs, provider, providerId, specification, specificationVersion, steps, tags
    ::error file=flows/e.json,line=1,endLine=1,col=62,endColumn=63,title=yaml-syntax::`[` is never closed%0Ahelp: write `]` where it ends, or the whole value in quotes
    ::error file=flows/faulty.yml,line=8,endLine=8,col=37,endColumn=40,title=unknown-field::`Organization` has no field `idd`%0Ahere: unknown field%0Ahelp: did you mean `id`?
    ");
}

#[test]
fn what_a_comment_ignores_is_judged_like_any_other_finding() {
    let ignored = WARNED.replace("all", "all # naftiko: ignore[ignored-key] for our own tools");
    let folder = Folder::new("0.1", &ignored);
    let suppressed = |options: &[&str]| {
        let ended = folder.naftiko(&[&["check", "composition.yaml", "--format", "sarif"], options].concat());
        assert_eq!(
            (ended.code, ended.stderr.as_str()),
            (0, "composition.yaml: no problems\n"),
            "{options:?}"
        );
        let log: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
        let results = log["runs"][0]["results"].as_array().unwrap();
        let told = |result: &serde_json::Value| {
            format!("{} {} {}", result["ruleId"], result["level"], result["suppressions"][0]["justification"])
        };
        results.iter().map(told).collect::<Vec<_>>()
    };
    assert_eq!(suppressed(&[]), [r#""ignored-key" "warning" "for our own tools""#]);
    assert_eq!(suppressed(&["--deny", "warnings"]), [r#""ignored-key" "error" "for our own tools""#]);
    assert_eq!(suppressed(&["--allow", "ignored-key"]), [""; 0]);
    let human = folder.naftiko(&["check", "composition.yaml"]);
    assert_eq!((human.code, human.stdout.as_str()), (0, "composition.yaml: no problems\n"));
}

#[test]
fn all_codes_are_rules_of_the_sarif() {
    let ended = Folder::new("0.1", CLEAN).naftiko(&["check", "composition.yaml", "--format", "sarif"]);
    let log: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    let ids: Vec<&str> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    let codes: Vec<&str> = naftiko_check::codes().iter().map(|code| code.id).collect();
    assert_eq!(ids, codes);
}

#[test]
fn a_reader_that_goes_away_changes_nothing_but_what_is_read() {
    let folder = folders();
    let mut command = folder.command(&["check", ".", "--format", "sarif"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "the documents have errors all the same");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!told.contains("error:"), "it is no failure: {told}");
}

#[test]
fn schemas_are_printed_as_they_are_published() {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(workspace().join("schemas")).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_str().unwrap().to_owned();
        let name = file.strip_prefix("naftiko-").unwrap().strip_suffix(".schema.json").unwrap().to_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(end(command(&["schema", &name])).stdout, text, "{name}");
        let schema: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{name}");
        assert!(schema["$id"].as_str().unwrap().ends_with(&format!("/schemas/{file}")), "{name}");
        names.push(name);
    }
    names.sort();
    assert_eq!(
        names,
        [
            "capabilities-0.1",
            "capabilities-0.2",
            "composition-0.1",
            "composition-0.2",
            "findings",
            "test-0.2"
        ]
    );
    let ended = end(command(&["schema", "composition-0.3"]));
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""));
}

/// All files below a folder.
fn below(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { below(&path) } else { vec![path] }).collect()
}

#[test]
fn every_document_that_ships_names_its_schema_to_editors() {
    let mut documents = 0;
    for path in below(&workspace().join("specs")) {
        let bytes = std::fs::read(&path).unwrap();
        if !naftiko_spec::is_document(&bytes) {
            continue;
        }
        documents += 1;
        let text = String::from_utf8(bytes).unwrap();
        let first = text.lines().next().unwrap();
        let schema = first
            .strip_prefix("# yaml-language-server: $schema=")
            .unwrap_or_else(|| panic!("{}: {first}", path.display()));
        let schema = std::fs::read(path.parent().unwrap().join(schema)).expect("the path leads to a schema");
        let schema: serde_json::Value = serde_json::from_slice(&schema).unwrap();
        for key in ["specification", "specificationVersion"] {
            let value = schema["properties"][key]["const"].as_str().unwrap();
            let (plain, quoted) = (format!("\n{key}: {value}\n"), format!("\n{key}: '{value}'\n"));
            assert!(text.contains(&plain) || text.contains(&quoted), "{}: {key}", path.display());
        }
    }
    assert!(documents >= 2, "{documents}");
}
