//! Hostile text in documents: at each word of each document, both as an escape of YAML and unescaped.

use super::{in_yaml, is_safe, without_color};
use crate::command::{Folder, workspace};

const COMPOSITION: &str = "name: Test
description: What it is for
specification: Naftiko Capability Composition
specificationVersion: '0.2'
providerId: acme
inputs:
  - {name: who, type: string, description: Who it is, default: Acme, pattern: Acme}
  - {name: level, type: string, enum: [low, high], default: low}
  - {name: many, type: array, items: string, default: [one]}
steps:
  - id: create
    description: Makes it
    capability: organizations
    operation: createOrganization
    with: {name: 'of ${inputs.who}', plan: team}
    expect: [response.status == 201]
  - id: tell
    description: Tells somebody
    external: {channel: email, to: a@acme.example, subject: Look, with: {id: '${create.id}', note: Mind it}}
  - id: list
    capability: members
    operation: listMembers
    forEach: inputs.many
    when: inputs.level == 'low'
    with: {organization_id: '${item}', state: active}
outputs:
  - {name: member, source: 'create.id', description: The member}
  - {name: text, source: \"'fixed'\"}
";

/// Characters of plain words in YAML.
fn is_of_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.' | '/' | '@')
}

/// Variants of the document. In each, one word gets a suffix: in turn an escaped hostile text, and hidden characters
/// that YAML allows unescaped. Only every `step`-th word is used.
fn variants(document: &str, step: usize) -> Vec<String> {
    let mut words = Vec::new();
    let mut begun = None;
    for (at, character) in document.char_indices().chain([(document.len(), '\n')]) {
        match (begun, is_of_word(character)) {
            (None, true) => begun = Some(at),
            (Some(start), false) => {
                words.push(start..at);
                begun = None;
            }
            _ => {}
        }
    }
    let evil = in_yaml();
    let raw = "\u{ad}\u{200b}\u{202e}\u{2066}\u{e0041}";
    let hostile = |(number, word): (usize, std::ops::Range<usize>)| {
        let (before, here, after) = (&document[..word.start], &document[word.clone()], &document[word.end..]);
        if number % 2 == 0 {
            format!("{before}\"{here}{evil}\"{after}")
        } else {
            format!("{before}{here}{raw}{after}")
        }
    };
    words.into_iter().step_by(step).enumerate().map(hostile).collect()
}

/// A folder with one folder per variant of each document.
fn folder() -> (Folder, usize) {
    let fixtures = workspace().join("tests/fixtures/acme");
    let read = |name: &str| std::fs::read_to_string(fixtures.join(name)).unwrap();
    let (capabilities, openapi) = (read("acme.yaml"), read("acme-openapi.yaml"));
    // The part of the description that the composition uses.
    let openapi_used = openapi.lines().take(75).collect::<Vec<_>>().join("\n");
    let components = &openapi[openapi.find("\ncomponents:").unwrap()..];
    let small = format!("{openapi_used}{components}");
    let mut folder = Folder::empty();
    let mut count = 0;
    let mut add = |composition: &str, capabilities: &str, openapi: &str| {
        let made = std::mem::replace(&mut folder, Folder::empty());
        folder = made
            .with(&format!("{count}/composition.yaml"), composition)
            .with(&format!("{count}/shared/acme.yaml"), capabilities)
            .with(&format!("{count}/shared/acme-openapi.yaml"), openapi);
        count += 1;
    };
    for composition in variants(COMPOSITION, 1) {
        add(&composition, &capabilities, &openapi);
    }
    for capabilities in variants(&capabilities, 1) {
        add(COMPOSITION, &capabilities, &openapi);
    }
    for openapi in &variants(&small, 5) {
        add(COMPOSITION, &capabilities, openapi);
    }
    (folder, count)
}

#[test]
fn every_format_of_check_and_plan_escapes_what_documents_hold() {
    let (folder, count) = folder();
    assert!(count > 200, "{count}");
    for format in ["human", "json", "sarif", "junit", "github"] {
        let ended = folder.naftiko(&["check", ".", "--format", format]);
        is_safe(&ended, &format!("check --format {format}"));
        assert!(ended.stdout.len() > 100_000, "{format}: much is found");
        match format {
            "json" | "sarif" => {
                serde_json::from_str::<serde_json::Value>(&ended.stdout).expect(format);
            }
            "github" => {
                assert!(ended.stdout.lines().all(|line| line.starts_with("::")), "one command a line");
            }
            _ => {}
        }
    }
    let colored = without_color(folder.naftiko(&["check", ".", "--color", "always"]));
    is_safe(&colored, "check --color always");
    let formats = ["text", "json", "dot", "mermaid"];
    let mut planned = 0;
    for number in 0..count {
        let format = formats[number % formats.len()];
        let composition = format!("{number}/composition.yaml");
        let ended = folder.naftiko(&["plan", &composition, "--format", format]);
        is_safe(&ended, &format!("plan --format {format} of {}", text(&folder, &composition)));
        planned += usize::from(ended.code == 0);
    }
    assert!(planned > 20, "{planned} have a plan");
}

fn text(folder: &Folder, name: &str) -> String {
    std::fs::read_to_string(folder.path().join(name)).unwrap()
}

#[cfg(unix)]
#[test]
fn names_of_files_and_folders_are_escaped() {
    use std::ffi::{OsStr, OsString};
    use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

    let folder = Folder::new("0.2", "steps:\n  - {id: a, external: true, needs: b}\n");
    // A file name has at most 255 bytes, and no slash.
    let name = "e\u{1b}[2J\u{7}\u{9b}31m\u{202e}\u{200b}\u{e0041}\nFORGED\r::error::x";
    let mut odd = OsString::from_vec(b"\xff\x1b".to_vec());
    odd.push(name);
    std::fs::create_dir_all(folder.path().join(name)).unwrap();
    let mut paths: Vec<OsString> = Vec::new();
    for file in [OsStr::new(name), &odd, OsStr::from_bytes(b"::error::FORGED")] {
        let mut path = OsString::from(name);
        path.push("/");
        path.push(file);
        path.push(".yaml");
        std::fs::copy(folder.path().join("composition.yaml"), folder.path().join(&path)).unwrap();
        paths.push(path);
    }
    let missing = OsString::from(format!("missing {name}"));
    let run = |words: &[&OsStr]| {
        let mut command = folder.command(&[]);
        command.args(words);
        crate::command::end(command)
    };
    for path in paths.iter().chain([&missing, &OsString::from(name)]) {
        for words in [
            &["check"][..],
            &["check", "--format", "json"],
            &["check", "--format", "sarif"],
            &["check", "--format", "junit"],
            &["check", "--format", "github"],
            &["check", "--fix"],
            &["plan"],
            &["run"],
            &["upgrade", "--write"],
            &["test"],
            &["mock"],
            &["run", "composition.yaml", "--inputs"],
            &["run", "composition.yaml", "--ca"],
            &["run", "composition.yaml", "--capabilities"],
            &["check", "composition.yaml", "--openapi"],
            &["runs", "--state"],
        ] {
            let words: Vec<&OsStr> = words.iter().map(OsStr::new).chain([path.as_os_str()]).collect();
            let ended = without_replacement(run(&words));
            is_safe(&ended, &format!("{words:?}"));
        }
    }
    // The files are also found by searching the folder.
    let ended = without_replacement(folder.naftiko(&["check", "."]));
    is_safe(&ended, "check .");
}

/// A name that is not UTF-8 may be reported with a replacement character.
#[cfg(unix)]
fn without_replacement(mut ended: crate::command::Ended) -> crate::command::Ended {
    ended.stdout = ended.stdout.replace('\u{fffd}', "?");
    ended.stderr = ended.stderr.replace('\u{fffd}', "?");
    ended
}
