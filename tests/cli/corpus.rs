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
    assert!(!ended.stdout.contains(": warning["), "{}", ended.stdout);
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

/// WorkOS: a portal link is good for five minutes, and is not to be mailed.
#[test]
fn a_portal_link_that_is_said_to_expire_may_not_be_mailed() {
    let folder = tempfile::tempdir().unwrap();
    let shipped = workspace().join("specs/workos");
    let copy = |file: &str, change: &dyn Fn(String) -> String| {
        let target = folder.path().join(file);
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        std::fs::write(target, change(std::fs::read_to_string(shipped.join(file)).unwrap())).unwrap();
    };
    let said = "    operationId: PortalSessionsController_create\n";
    copy("b2b-enterprise-onboarding.yaml", &|text| text);
    copy("shared/openapi/workos-onboarding.yaml", &|text| text);
    copy("shared/workos.yaml", &|text| {
        assert!(text.contains(said), "{text}");
        text.replace(said, &format!("{said}    expires: {{link: 5m}}\n"))
    });
    let composition = folder.path().join("b2b-enterprise-onboarding.yaml");
    let ended = end(command(&["check", composition.to_str().unwrap()]));
    assert_eq!(ended.code, 0, "{}", ended.stdout);
    let warnings: Vec<&str> = ended
        .stdout
        .lines()
        .filter_map(|line| line.split_once(": warning["))
        .map(|(_, found)| found)
        .collect();
    insta::assert_snapshot!(warnings.join("\n"), @"short-lived-value]: `generate-admin-portal-link.link` expires after 5m, and `send-portal-link` may take longer");
}
