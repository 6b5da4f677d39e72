//! The published documents against the official description, where they are at hand.

use std::path::PathBuf;

use crate::command::{Ended, command, end, workspace};

/// A file of the shared corpus; nothing, said aloud, where it is not at hand.
fn shared(file: &str) -> Option<PathBuf> {
    let path = workspace().join("../shared").join(file);
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: `{file}` of the shared corpus is not at hand");
    None
}

fn check(capabilities: &str) -> Option<Ended> {
    let composition = shared("corpus/composition/b2b-enterprise-onboarding.yaml")?;
    let openapi = shared("openapi/workos-openapi.yaml")?;
    let capabilities = match capabilities.strip_prefix("specs/") {
        Some(_) => workspace().join(capabilities),
        None => shared(capabilities)?,
    };
    let text = |path: PathBuf| path.to_str().unwrap().to_owned();
    let (composition, openapi, capabilities) = (text(composition), text(openapi), text(capabilities));
    let ended =
        end(command(&["check", &composition, "--capabilities", &capabilities, "--openapi", &openapi]));
    let root = text(workspace().join("../shared"));
    let ours = text(workspace());
    Some(Ended { stdout: ended.stdout.replace(&root, "SHARED").replace(&ours, "."), ..ended })
}

#[test]
fn the_published_documents_name_an_operation_that_does_not_exist() {
    let Some(ended) = check("corpus/capabilities/workos.yaml") else { return };
    assert_eq!(ended.code, 1);
    let errors: Vec<&str> = ended.stdout.lines().filter(|line| line.contains(": error[")).collect();
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(errors[0].ends_with(
        "error[unknown-operation]: `AdminPortalController_create` is not an operation of `workos`"
    ));
    assert!(ended.stdout.contains("help: did you mean `PortalSessionsController_create`?"));
}

#[test]
fn with_a_mapping_the_published_composition_is_sound_and_its_inferences_are_listed() {
    let Some(ended) = check("specs/workos/shared/workos.yaml") else { return };
    assert_eq!(ended.code, 0, "{}", ended.stdout);
    let notes: Vec<&str> = ended
        .stdout
        .lines()
        .filter_map(|line| line.split_once(": note[")?.1.split_once("]: "))
        .map(|(_, note)| note)
        .collect();
    insta::assert_snapshot!(notes.join("\n"), @"
    `name` is inferred: input `organization_name`
    `domains` is inferred: input `domains`
    `organization` is inferred: `create-organization.id`
    `poll-connection-active` is repeated until there is `poll-connection-active.data[0].id`
    `organization_id` is inferred: `create-organization.id`
    `verify-directory` is repeated until there is `verify-directory.data[0].id`
    `organization_id` is inferred: `create-organization.id`
    `directory` is inferred: `verify-directory.data[0].id`
    ");
}
