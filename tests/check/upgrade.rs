//! Upgrading edition 0.1 to 0.2: the plan is equal, all comments remain, and nothing is inferred.

use std::path::{Path, PathBuf};

use naftiko_check::{Checked, Options, Upgrade, check, upgrade};
use naftiko_diagnostics::{Severity, SourceMap};
use naftiko_plan::{Action, Origin, Plan};
use naftiko_spec::{Files, MemoryFiles};
use naftiko_syntax::comments;
use naftiko_tests::{fixtures, workspace};
use proptest::prelude::*;

/// The files of this machine.
struct Disk;

impl Files for Disk {
    fn read(&self, path: &Path) -> std::io::Result<Vec<u8>> {
        std::fs::read(path)
    }

    fn is_file(&self, path: &Path) -> bool {
        path.is_file()
    }

    fn absolute(&self, path: &Path) -> PathBuf {
        path.to_path_buf()
    }
}

/// The part of a plan that affects a run.
fn meaning(plan: &Plan) -> serde_json::Value {
    let mut plan = plan.clone();
    plan.sources.clear();
    for step in &mut plan.steps {
        if let Action::Invoke(invoke) = &mut step.action {
            invoke.arguments.iter_mut().for_each(|argument| argument.origin = Origin::Written);
            invoke.poll.iter_mut().for_each(|poll| poll.origin = Origin::Written);
        }
    }
    serde_json::to_value(plan).unwrap()
}

fn remarks(text: &str) -> Vec<String> {
    let mut sources = SourceMap::new();
    let file = sources.add("a.yaml", text);
    let mut found: Vec<String> =
        comments(text, file).iter().map(|comment| sources.text(comment.span).to_owned()).collect();
    // Sorted, because a comment moves with its argument.
    found.sort();
    found
}

/// The upgraded text, after verifying that its plan is equal; or another result of the upgrade.
fn proved(path: &Path, options: &Options, files: &dyn Files) -> Result<String, Upgrade> {
    let upgraded = upgrade(path, options, files).unwrap();
    let before = upgraded.checked.plan.as_ref().map(meaning);
    let text = match upgraded.upgrade {
        Upgrade::Text(text, _) => text,
        other => return Err(other),
    };
    let mut edited = naftiko_check::Edited::new(files);
    edited.set(path, text.clone());
    let again = check(path, options, &edited).unwrap();
    let loud: Vec<&str> = again.diagnostics.iter().map(|found| found.code.id).collect();
    assert!(!loud.iter().any(|code| code.starts_with("inferred")), "{loud:?}\n{text}");
    assert!(!again.has_errors(), "{loud:?}\n{text}");
    assert_eq!(again.plan.as_ref().map(meaning), before, "{text}");
    let old = String::from_utf8(files.read(path).unwrap()).unwrap();
    // The comment that names the schema for editors is updated.
    let old = old.replace("composition-0.1.schema.json", "composition-0.2.schema.json");
    assert_eq!(remarks(&text), remarks(&old), "{text}");
    assert!(
        matches!(upgrade(path, options, &edited).unwrap().upgrade, Upgrade::UpToDate(same) if same == text)
    );
    Ok(text)
}

fn acme() -> MemoryFiles {
    let read = |file: &str| std::fs::read(workspace().join("tests/fixtures/acme").join(file)).unwrap();
    MemoryFiles::new()
        .with("shared/acme.yaml", read("acme.yaml"))
        .with("shared/acme-openapi.yaml", read("acme-openapi.yaml"))
}

const HEADER: &str =
    "specification: Naftiko Capability Composition\nspecificationVersion: '0.1'\nproviderId: acme\nname: T\n";

/// The result of upgrading `body` after a header.
fn upgraded(body: &str) -> Result<String, Upgrade> {
    let files = acme().with("a.yaml", format!("{HEADER}{body}"));
    let text = proved(Path::new("a.yaml"), &Options::default(), &files)?;
    Ok(text.strip_prefix(&HEADER.replace("'0.1'", "'0.2'")).unwrap().to_owned())
}

#[test]
fn the_shipped_onboarding_means_the_same() {
    let path = workspace().join("specs/workos/b2b-enterprise-onboarding.yaml");
    proved(&path, &Options::default(), &Disk).unwrap();
}

#[test]
fn the_published_onboarding_means_the_same() {
    let shared = workspace().join("../shared");
    let path = shared.join("corpus/composition/b2b-enterprise-onboarding.yaml");
    if !path.exists() {
        println!("skipped: the shared corpus is not at hand");
        return;
    }
    let options = Options {
        capabilities: Some(workspace().join("specs/workos/shared/workos.yaml")),
        openapi: vec![shared.join("openapi/workos-openapi.yaml")],
        ..Options::default()
    };
    proved(&path, &options, &Disk).unwrap();
}

#[test]
fn every_fixture_of_0_1_means_the_same_or_is_refused_for_its_errors() {
    let mut done = 0;
    for fixture in fixtures() {
        let checked = &fixture.checked;
        let files = checked.sources.files();
        let files = files
            .fold(MemoryFiles::new(), |files, (_, file)| files.with(file.name(), file.text().as_bytes()));
        match proved(Path::new(&format!("{}.yaml", fixture.name)), &Options::default(), &files) {
            Ok(_) => done += 1,
            Err(Upgrade::Unclear) => {
                assert!(checked.plan.is_none(), "{}", fixture.name);
            }
            Err(Upgrade::UpToDate(_) | Upgrade::NotAComposition) => {}
            Err(other) => panic!("{}: {other:?}", fixture.name),
        }
    }
    assert!(done > 0);
}

#[test]
fn comments_and_layout_stay() {
    let body = "inputs:
  - {name: organization_name, type: string, required: true} # the customer's
  - name: domains
    type: array
    items: string
    description: Optional, so left out when it is not given.
steps:
  # First things first.
  - plan: team # not free
    id: create # one
    seats: 5
    # many
    capability: organizations

    operation: createOrganization # last
  - id: tell # somebody
    external: true
    how: by mail

  - {id: find, capability: members, operation: listMembers, state: active} # in braces
outputs:
  - {name: member, source: 'find.data[0].id'}
x-note: free
remark: ignored
";
    insta::assert_snapshot!(upgraded(body).unwrap());
}

#[test]
fn what_0_1_sends_to_every_place_of_a_name_is_written_once_for_each() {
    let body = "steps:
  - id: move
    capability: members
    operation: moveMember
    id_: x
";
    assert!(upgraded(body).is_err());
    let body = "inputs: [{name: id, type: string, required: true}]
steps:
  - id: move
    capability: members
    operation: moveMember
";
    insta::assert_snapshot!(upgraded(body).unwrap(), @"
    inputs: [{name: id, type: string, required: true}]
    steps:
      - id: move
        capability: members
        operation: moveMember
        with:
          path.id: ${inputs.id}
          body.id: ${inputs.id}
    ");
}

#[test]
fn names_that_are_no_identifiers_and_texts_that_look_like_templates_are_written_so_that_they_mean_the_same() {
    let body = "inputs: [{name: '-organization_NAME', type: string, required: true}, {name: e-mail-, type: string, required: true}]
steps:
  - {id: create, capability: organizations, operation: createOrganization, domains: ['a ${b} c', \"$${d}\"]}
  - id: invite
    capability: members
    operation: inviteMember
    roles:
      - >-
        ${role}
        of ${x}
";
    insta::assert_snapshot!(upgraded(body).unwrap(), @r#"
    inputs: [{name: '-organization_NAME', type: string, required: true}, {name: e-mail-, type: string, required: true}]
    steps:
      - {id: create, capability: organizations, operation: createOrganization, with: {domains: ['a $${b} c', "$$${d}"], name: '${inputs[''-organization_NAME'']}'}}
      - id: invite
        capability: members
        operation: inviteMember
        with:
          roles:
            - >-
              $${role}
              of $${x}
          organization_id: ${create.id}
          email: ${inputs['e-mail-']}
    "#);
}

#[test]
fn json_stays_json() {
    let text = r#"{
  "specification": "Naftiko Capability Composition",
  "specificationVersion": "0.1",
  "name": "T", "providerId": "acme",
  "inputs": [{"name": "organization_name", "type": "string", "required": true}],
  "steps": [
    {"id": "create", "capability": "organizations", "plan": "team", "operation": "createOrganization", "seats": 5},
    {
      "id": "find",
      "capability": "members",
      "operation": "listMembers"
    }
  ],
  "outputs": [{"name": "member", "source": "find.data[0].id"}]
}
"#;
    let files = acme().with("a.yaml", text);
    let after = proved(Path::new("a.yaml"), &Options::default(), &files).unwrap();
    assert!(serde_json::from_str::<serde_json::Value>(&after).is_ok(), "{after}");
    insta::assert_snapshot!(after);
}

#[test]
fn the_schema_that_editors_are_told_of_is_that_of_the_edition() {
    let modeline = "# yaml-language-server: $schema=../schemas/naftiko-composition-0.1.schema.json\n";
    let text = format!("{modeline}{HEADER}steps: [{{id: a, external: true}}]\n");
    let files = acme().with("a.yaml", text.clone());
    let Upgrade::Text(after, _) = upgrade(Path::new("a.yaml"), &Options::default(), &files).unwrap().upgrade
    else {
        panic!("it is upgraded");
    };
    assert_eq!(after, text.replace("composition-0.1", "composition-0.2").replace("'0.1'", "'0.2'"));
}

#[test]
fn what_cannot_be_said_in_0_2_is_refused_with_the_finding() {
    let body = "steps:
  - {id: create, capability: organizations, operation: createOrganization, name: 'Dear {{name}}'}
";
    let Err(Upgrade::Untranslatable(again)) = upgraded(body) else { panic!("it means something else") };
    let errors: Vec<&str> = errors(&again);
    assert_eq!(errors, ["foreign-template"]);
}

#[test]
fn documents_with_errors_and_other_documents_are_refused() {
    let nothing =
        upgraded("steps: [{id: create, capability: organizations, operation: createOrganization}]\n");
    assert!(matches!(nothing, Err(Upgrade::Unclear)), "{nothing:?}");
    let kind = |path: &str| upgrade(Path::new(path), &Options::default(), &acme()).unwrap().upgrade;
    assert!(matches!(kind("shared/acme.yaml"), Upgrade::NotAComposition));
    assert!(matches!(kind("shared/acme-openapi.yaml"), Upgrade::Unclear));
}

fn errors(checked: &Checked) -> Vec<&'static str> {
    let errors = checked.diagnostics.iter().filter(|found| found.severity() == Severity::Error);
    errors.map(|found| found.code.id).collect()
}

/// An entry of a step: key, value in block style, value in flow style.
type Literal = (&'static str, &'static str, &'static str);

const LITERALS: &[&[Literal]] = &[
    &[
        ("name", "Acme", "Acme"),
        ("plan", "'team' # why", "'team'"),
        ("seats", "5", "5"),
        ("domains", "\n      - a.example # one\n      - \"b ${c}\"", "[a.example, \"b ${c}\"]"),
        ("domains", ">-\n      - folded\n      text\n", "[x, 'it''s ${y}']"),
    ],
    &[
        ("organization_id", "org_1", "org_1"),
        ("email", "\"a@b.c\"", "\"a@b.c\""),
        ("roles", "[\n      admin, # one\n      user]", "[admin]"),
    ],
    &[("state", "active", "active"), ("limit", "7", "7"), ("organization_id", "|\n      org\n", "'org'")],
    &[("id", "x", "x")],
];

const OPERATIONS: &[(&str, &str)] = &[
    ("organizations", "createOrganization"),
    ("members", "inviteMember"),
    ("members", "listMembers"),
    ("organizations", "listOrganizations"),
];

/// A step: its operation, its literals and their positions among other keys, its style, and comments.
fn step(index: usize) -> impl Strategy<Value = String> {
    let literals = proptest::collection::vec((0..5_usize, 0..4_usize), 0..4);
    (0..6_usize, literals, any::<bool>(), any::<bool>()).prop_map(move |(kind, literals, braces, remark)| {
        let Some((capability, operation)) = OPERATIONS.get(kind) else {
            return format!(
                "  - id: s{index}\n    external: true{}\n",
                if remark { " # outside" } else { "" }
            );
        };
        let mut entries: Vec<(String, String, String)> = [
            ("id", format!("s{index}")),
            ("capability", (*capability).to_owned()),
            ("operation", (*operation).to_owned()),
        ]
        .map(|(key, value)| (key.to_owned(), value.clone(), value))
        .into();
        for (which, at) in literals {
            let options = LITERALS[kind];
            let (key, lines, flow) = options[which % options.len()];
            if entries.iter().all(|(known, ..)| known != key) {
                entries.insert(at.min(entries.len()), (key.to_owned(), lines.to_owned(), flow.to_owned()));
            }
        }
        if braces {
            let pairs: Vec<String> = entries.iter().map(|(key, _, flow)| format!("{key}: {flow}")).collect();
            if remark {
                return format!("  - {{\n      {}\n    }}\n", pairs.join(",\n      "));
            }
            return format!("  - {{{}}}{}\n", pairs.join(", "), if remark { " # braces" } else { "" });
        }
        let remark = if remark { "    # between\n" } else { "" };
        let lines: Vec<String> = entries
            .iter()
            .map(|(key, lines, _)| format!("{key}: {}\n", lines.trim_end_matches('\n')))
            .collect();
        format!("  - {}", lines.join(&format!("{remark}    ")))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_can_be_run_in_0_1_means_the_same_in_0_2(
        steps in (1..5_usize).prop_flat_map(|count| (0..count).map(step).collect::<Vec<_>>()),
        inputs in proptest::sample::subsequence(vec!["organization_name", "email", "limit", "domains", "seats", "role-s"], 0..6),
        required in any::<bool>(),
        output in 0..6_usize,
        crlf in any::<bool>(),
    ) {
        let ty = |name: &str| match name { "limit" | "seats" => "integer", "domains" => "array", _ => "string" };
        let inputs: String = inputs.iter().map(|name| format!("  - {{name: {name}, type: {}, required: {}}}\n", ty(name), required || *name == "organization_name")).collect();
        let inputs = if inputs.is_empty() { inputs } else { format!("inputs:\n{inputs}") };
        let output = if output < steps.len() { format!("outputs: [{{name: o, source: 's{output}.data[0].id'}}]\n") } else { String::new() };
        let text = format!("{HEADER}{inputs}steps:\n{}{output}", steps.concat());
        let text = if crlf { text.replace('\n', "\r\n") } else { text };
        let files = acme().with("a.yaml", text.clone());
        match proved(Path::new("a.yaml"), &Options::default(), &files) {
            Ok(_) => {}
            Err(Upgrade::Unclear) => prop_assume!(false, "it has errors"),
            Err(_) => prop_assert!(false, "it cannot be upgraded\n{}", text),
        }
    }
}
