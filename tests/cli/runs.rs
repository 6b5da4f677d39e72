//! Listing, showing and removing stored runs.

use crate::command::Folder;

const WAITS: &str = "steps:\n  - {id: ask, description: Wait, external: {with: {}}}\n";

#[test]
fn runs_that_are_over_are_removed_and_others_only_by_force() {
    let folder = Folder::new("0.2", WAITS);
    let run = |more: &[&str]| folder.naftiko(&[&["run", "composition.yaml"], more].concat()).code;
    let kept = || folder.naftiko(&["runs", "--json"]).stdout;
    let ids = || -> Vec<String> {
        let id = |line: &str| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["run"].as_str().unwrap().to_owned()
        };
        kept().lines().map(id).collect()
    };
    assert_eq!(run(&["--answer", "ask=null"]), 0);
    assert_eq!(run(&[]), 4);
    assert_eq!(ids().len(), 2);

    let ended = folder.naftiko(&["runs", "prune", "--older-than", "0s"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let left = ids();
    assert_eq!(left.len(), 1, "the one that waits stays: {}", ended.stdout);
    assert_eq!(folder.naftiko(&["runs", "prune", "nothing-like-it"]).code, 2);
    assert_eq!(ids(), left);
    let ended = folder.naftiko(&["runs", "prune", &left[0]]);
    assert!(ended.code == 2 && ended.stderr.contains("is not over (waiting)"), "{}", ended.stderr);
    assert_eq!(ids(), left);
    let ended = folder.naftiko(&["runs", "prune", &left[0], "--force"]);
    assert_eq!((ended.code, kept().as_str()), (0, ""), "{}", ended.stderr);
    assert_eq!(folder.naftiko(&["runs", "verify"]).code, 0);
}
