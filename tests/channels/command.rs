//! `channel: command`.

use std::os::unix::fs::PermissionsExt as _;

use crate::scene::{Scene, asking};

/// A scene with a program, and a step that runs it.
fn scene(script: &str) -> Scene {
    let scene = Scene::new(&asking("channel: command\n      command: [./program, 'a b', '$(touch x)']"));
    scene.place.write("program", &format!("#!/bin/sh\n{script}\n"));
    let path = scene.place.path().join("program");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    scene
}

const RUN: [&str; 4] = ["run", "composition.yaml", "--allow-command", "./program"];

fn read(scene: &Scene, name: &str) -> String {
    std::fs::read_to_string(scene.place.path().join(name)).unwrap_or_default()
}

#[test]
fn a_program_gets_the_question_and_gives_the_answer() {
    let scene = scene(
        "cat > question; env > environment; echo \"$# $1 $2\" > arguments; echo '{\"contacted\": true}'",
    )
    .with("SECRET_OF_THE_OPERATOR", "hunter2");
    let ended = scene.naftiko(&RUN);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), "contacted: true\n"), "{}", ended.stderr);
    let question: serde_json::Value = serde_json::from_str(&read(&scene, "question")).unwrap();
    assert_eq!(question["with"]["organization"], "Acme & Co");
    assert_eq!(question["step"], "tell");
    assert_eq!(read(&scene, "arguments"), "2 a b $(touch x)\n", "no shell reads them");
    let environment = read(&scene, "environment");
    let mut names: Vec<&str> = environment.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
    // These variables are set by the shell.
    names.retain(|name| !matches!(*name, "PWD" | "_" | "SHLVL" | "OLDPWD"));
    assert_eq!(names, ["NAFTIKO_RUN", "NAFTIKO_STEP"], "{environment}");
    assert_eq!(scene.events(), ["messageStarted", "stepSucceeded"]);
    let step = &scene.shown_json()["steps"][0];
    assert_eq!((&step["message"]["to"], &step["through"]), (&"./program".into(), &"command".into()));
}

#[test]
fn a_program_that_nobody_allowed_is_not_run() {
    let scene = scene("touch was-here");
    for allowed in [&[][..], &["--allow-command", "program"], &["--allow-command", "sh"]] {
        let ended = scene.naftiko(&[&["run", "composition.yaml"][..], allowed].concat());
        assert_eq!(ended.code, Some(2), "{}", ended.told());
        assert!(
            ended.stderr.contains(
                "`tell`: the program `./program` is not allowed: allow it with `--allow-command ./program`"
            ),
            "{}",
            ended.stderr
        );
    }
    let named_by_a_value = Scene::new(&asking("channel: command\n      command: ['${inputs.who}']"));
    let ended = named_by_a_value.naftiko(&[&RUN[..], &["--input", "who=/bin/true"]].concat());
    assert_eq!(ended.code, Some(3), "{}", ended.told());
    assert!(ended.stderr.contains("the program `/bin/true` is not allowed"), "{}", ended.stderr);
    assert!(!scene.place.path().join("was-here").exists());
}

#[test]
fn a_program_that_says_nothing_is_answered_later_and_not_run_again() {
    let scene = scene("echo run >> runs");
    assert_eq!(scene.naftiko(&RUN).code, Some(4));
    let resume = ["resume", &scene.run_id(), "--allow-command", "./program"];
    assert_eq!(scene.naftiko(&resume).code, Some(4));
    let answer = r#"{"contacted": true}"#;
    assert_eq!(scene.naftiko(&["complete", &scene.run_id(), "tell", "--result", answer]).code, Some(0));
    assert_eq!(scene.naftiko(&resume).code, Some(0));
    assert_eq!(read(&scene, "runs"), "run\n");
}

#[test]
fn a_program_that_fails_or_says_what_does_not_fit_fails_the_step() {
    for (script, told) in [
        ("echo no such customer >&2; exit 3", "`./program` ended with 3: no such customer"),
        ("yes wrong | head -c 100000 >&2; exit 1", "`./program` ended with 1: …"),
        (
            "echo '{\"contacted\": 7}'",
            "the output of `./program` is not a valid answer: expected `true` or `false`, found a number",
        ),
        ("echo done", "the output of `./program` is not a valid answer: it is not JSON, at line 1"),
    ] {
        let scene = scene(script);
        let ended = scene.naftiko(&RUN);
        assert_eq!(ended.code, Some(3), "{}", ended.told());
        assert!(ended.stderr.contains(told), "{}", ended.stderr);
        assert!(ended.stderr.len() < 2000, "{}", ended.stderr);
    }
}

#[test]
fn killed_while_it_ran_it_is_not_run_again_before_somebody_says_so() {
    let scene = scene("echo run >> runs; kill -9 $PPID; sleep 1");
    assert_eq!(scene.naftiko(&RUN).code, None);
    let resume = ["resume", &scene.run_id(), "--allow-command", "./program"];
    let ended = scene.naftiko(&resume);
    assert_eq!(ended.code, Some(5), "{}", ended.told());
    assert_eq!(read(&scene, "runs"), "run\n");
    let answer = r#"{"contacted": true}"#;
    let ended = scene.naftiko(&["resolve", &scene.run_id(), "tell", "--happened", answer]);
    assert_eq!(ended.code, Some(0), "{}", ended.told());
    assert_eq!(scene.naftiko(&resume).code, Some(0));
    assert_eq!(read(&scene, "runs"), "run\n");
}
