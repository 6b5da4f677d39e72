//! Failures of the journal: they are reported, nothing is sent that cannot be recorded, and the run continues once the
//! cause is corrected.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use crate::process::{Ended, Place, Running};
use crate::server::{PIN, Server};

const TWO: &str = "steps:
  - {id: one, capability: things, operation: createThing, with: {name: a}}
  - {id: ask, external: {with: {id: '${one.id}'}}}
  - {id: two, capability: things, operation: createThing, with: {name: b}}
outputs: [{name: id, source: two.id}]
";

/// Runs until the run waits for its answer, and returns its id.
fn waiting(place: &Place, server: &Server) -> String {
    let ended = begin(place, server);
    assert_eq!(ended.code, Some(4), "{}", ended.told());
    place.run().unwrap().id
}

fn begin(place: &Place, server: &Server) -> Ended {
    place.begin(&server.base_url(), &[])
}

/// Answers the step, and resumes the run until it ends.
fn goes_on(place: &Place, server: &Server, run: &str) {
    let ended = place.naftiko(&["resume", run, "--answer", "ask=null"]);
    assert_eq!(ended.code, Some(0), "{}", ended.told());
    let lines: Vec<String> = server.seen().iter().map(crate::server::Seen::line).collect();
    assert_eq!(lines, [r#"POST /things {"name":"a"}"#, r#"POST /things {"name":"b"}"#]);
}

/// The message, with the folder of the test replaced by `DIR`, and run ids by `RUN`.
fn said(place: &Place, ended: &Ended) -> String {
    let told = ended.stderr.replace(&place.path().display().to_string(), "DIR");
    let store = naftiko_journal::Store::open_existing(&place.state()).ok().flatten();
    match store.and_then(|store| store.runs().ok()) {
        Some(runs) => runs.iter().fold(told, |told, run| told.replace(&run.id, "RUN")),
        None => told,
    }
}

#[test]
fn a_path_that_is_a_file_is_no_place_for_runs() {
    let (place, server) = (Place::new(TWO, None), Server::start());
    place.write("file", "");
    let ended = place.begin(&server.base_url(), &["--state", "file"]);
    insta::assert_snapshot!(said(&place, &ended));
    assert_eq!((ended.code, server.seen().len()), (Some(2), 0));
    for command in
        [&["resume", "x", "--state", "file"][..], &["runs", "--state", "file"], &["work", "--state", "file"]]
    {
        let ended = place.naftiko(command);
        assert_eq!(ended.code, Some(2), "{command:?} {}", ended.told());
    }
}

#[test]
fn a_folder_that_may_not_be_written_is_told_of_and_the_run_goes_on_once_it_may() {
    let (place, server) = (Place::new(TWO, None), Server::start());
    let run = waiting(&place, &server);
    // Permissions do not restrict root, so the command runs as another user then.
    let is_root = fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0);
    let as_other = |arguments: &[&str]| {
        let mut command = place.command(arguments);
        if is_root {
            command.uid(65534).gid(65534);
        }
        Running::start(command).end()
    };
    let allow = |folder: u32, files: u32| {
        for path in [place.path(), &place.path().join("shared")] {
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        for file in fs::read_dir(place.state()).unwrap().map(|file| file.unwrap().path()) {
            fs::set_permissions(
                &file,
                fs::Permissions::from_mode(if file.is_dir() { folder } else { files }),
            )
            .unwrap();
        }
        fs::set_permissions(place.state(), fs::Permissions::from_mode(folder)).unwrap();
    };
    allow(0o555, 0o444);
    let resumed = as_other(&["resume", &run, "--answer", "ask=null"]);
    let begun = as_other(&["run", "composition.yaml", "--base-url", &server.base_url(), "--accept-inferred"]);
    let listed = as_other(&["runs"]);
    allow(0o755, 0o644);
    insta::assert_snapshot!(format!("{}{}", said(&place, &resumed), said(&place, &begun)));
    assert_eq!((resumed.code, begun.code, server.seen().len()), (Some(2), Some(2), 1));
    assert!(
        listed.code == Some(0) && listed.stdout.contains(&run),
        "what may be read is shown: {}",
        listed.told()
    );
    goes_on(&place, &server, &run);
}

/// The offset of the user version in a SQLite file, which holds the version of our schema.
const FORMAT_AT: usize = 60;

#[test]
fn a_journal_of_a_later_version_is_left_alone() {
    let (place, server) = (Place::new(TWO, None), Server::start());
    let run = waiting(&place, &server);
    let path = place.state().join("journal.db");
    let ours = fs::read(&path).unwrap();
    let mut later = ours.clone();
    later[FORMAT_AT + 3] = 99;
    fs::write(&path, &later).unwrap();
    for command in [
        &["resume", &run][..],
        &["complete", &run, "ask", "--result", "null"],
        &["work", "--once"],
        &["runs"],
        &["run", "composition.yaml", "--base-url", &server.base_url(), "--accept-inferred"],
    ] {
        let ended = place.naftiko(command);
        assert_eq!(ended.code, Some(2), "{command:?} {}", ended.told());
        assert!(
            ended.stderr.contains("has format 99, and this version supports formats up to 3"),
            "{}",
            ended.stderr
        );
    }
    assert_eq!(fs::read(&path).unwrap(), later, "it is as it was");
    fs::write(&path, &ours).unwrap();
    goes_on(&place, &server, &run);
}

#[test]
fn a_journal_that_is_damaged_anywhere_is_never_taken_for_whole() {
    let (place, server) = (Place::new(TWO, None), Server::start());
    let run = waiting(&place, &server);
    let path = place.state().join("journal.db");
    let whole = fs::read(&path).unwrap();
    let (mut refused, mut unharmed) = (0, 0);
    // A few bytes in every part of the file that is not empty.
    let written =
        (0..whole.len() / 16).filter(|part| whole[part * 16..part * 16 + 16].iter().any(|byte| *byte != 0));
    for at in written.step_by(9).map(|part| part * 16) {
        let mut damaged = whole.clone();
        for byte in &mut damaged[at..at + 16] {
            *byte ^= 0x15;
        }
        fs::write(&path, &damaged).unwrap();
        let resumed = place.naftiko(&["resume", &run]);
        let verified = place.naftiko(&["runs", "verify"]);
        match resumed.code {
            // The damaged bytes are not needed to continue this run.
            Some(4) => unharmed += 1,
            Some(2 | 3) => {
                refused += 1;
                let errors = resumed.stderr.lines().filter(|line| line.starts_with("error: "));
                assert_eq!(errors.count(), 1, "damaged at {at}: {}", resumed.told());
                assert!(
                    matches!(verified.code, Some(1 | 2)),
                    "damaged at {at}: {} {}",
                    resumed.told(),
                    verified.told()
                );
            }
            other => panic!("damaged at {at}: {other:?} {}", resumed.told()),
        }
        for file in ["journal.db-wal", "journal.db-shm"] {
            let _gone = fs::remove_file(place.state().join(file));
        }
        fs::write(&path, &whole).unwrap();
    }
    assert!(refused >= 10 && unharmed >= 1, "{refused} refused, {unharmed} unharmed");
    assert_eq!(server.seen().len(), 1, "nothing was sent that was not to be");
    goes_on(&place, &server, &run);
}

#[test]
fn a_plan_that_was_changed_in_the_journal_is_not_carried_out() {
    let (place, server) = (Place::new(&TWO.replace("name: b}", "name: harmless}"), None), Server::start());
    let run = waiting(&place, &server);
    let path = place.state().join("journal.db");
    let whole = fs::read(&path).unwrap();
    let mut changed = whole.clone();
    let at = whole.windows(8).position(|window| window == b"harmless").expect("the plan is there");
    changed[at..at + 8].copy_from_slice(b"harmfull");
    fs::write(&path, &changed).unwrap();
    for command in
        [&["resume", &run, "--answer", "ask=null"][..], &["complete", &run, "ask", "--result", "null"]]
    {
        let ended = place.naftiko(command);
        assert_eq!(ended.code, Some(2), "{}", ended.told());
        assert!(ended.stderr.contains("the plan of run") && ended.stderr.contains("changed or damaged"));
    }
    assert_eq!(server.seen().len(), 1);
    fs::write(&path, &whole).unwrap();
    let ended = place.naftiko(&["resume", &run, "--answer", "ask=null"]);
    assert_eq!(ended.code, Some(0), "{}", ended.told());
}

#[test]
fn what_is_noted_of_a_run_and_is_not_so_is_found_and_holds_nobody_up() {
    let (place, server) = (Place::new(TWO, None), Server::start());
    let run = waiting(&place, &server);
    let note = |noted: &str| {
        let database = rusqlite::Connection::open(place.state().join("journal.db")).unwrap();
        database.execute(&format!("UPDATE runs SET {noted}"), []).unwrap();
    };
    note("status = 'succeeded'");
    let verified = place.naftiko(&["runs", "verify"]);
    let told = format!("error: the stored data of run `{run}` was changed or damaged\n");
    assert_eq!((verified.code, verified.stderr.as_str()), (Some(1), told.as_str()));
    note("due = 1");
    let worked = place.naftiko(&["work", "--once"]);
    assert_eq!(worked.code, Some(0), "{}", worked.told());
    let verified = place.naftiko(&["runs", "verify"]);
    assert_eq!((verified.code, verified.stderr.as_str()), (Some(0), "1 run is intact\n"));
    goes_on(&place, &server, &run);
}

#[test]
fn without_its_key_a_run_that_holds_secrets_does_not_go_on() {
    let body = "steps:
  - {id: token, capability: secrets, operation: makeToken, with: {name: t}}
  - {id: ask, external: {with: {id: '${token.id}'}}}
  - {id: use, capability: secrets, operation: useToken, with: {name: u, token: '${token.token}'}}
outputs: [{name: id, source: use.id}]
";
    let (place, server) = (Place::new(body, None), Server::start());
    let run = waiting(&place, &server);
    let (key, away) = (place.state().join("journal.key"), place.path().join("away"));
    fs::rename(&key, &away).unwrap();
    let resumed = place.naftiko(&["resume", &run, "--answer", "ask=null"]);
    let completed = place.naftiko(&["complete", &run, "ask", "--result", "null"]);
    let begun = begin(&place, &server);
    insta::assert_snapshot!([&resumed, &completed, &begun].map(|ended| said(&place, ended)).join("---\n"));
    // The new run has secrets of its own; it stops where the first of them would have to be stored.
    assert_eq!((resumed.code, completed.code, begun.code), (Some(2), Some(2), Some(4)));
    assert!(!key.exists(), "no other key is made");
    let listed = place.naftiko(&["runs", "show", &run]);
    assert_eq!(listed.code, Some(0), "{}", listed.told());
    fs::rename(&away, &key).unwrap();
    let ended = place.naftiko(&["resume", &run, "--answer", "ask=null"]);
    assert_eq!(ended.code, Some(0), "{}", ended.told());
}

/// Runs the command with a limit on the size of files, in blocks. Writes beyond it fail as on a full disk.
fn on_a_small_disk(place: &Place, blocks: u32, arguments: &[&str]) -> Ended {
    let naftiko = place.command(arguments);
    let mut command = Command::new("/bin/sh");
    command.args(["-c", &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"")]);
    command.arg(naftiko.get_program()).args(naftiko.get_args()).env_clear();
    command.envs(naftiko.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.current_dir(naftiko.get_current_dir().unwrap()).stdin(std::process::Stdio::null());
    Running::start(command).end()
}

#[test]
fn a_disk_that_fills_up_at_any_point_stops_the_run_and_loses_nothing() {
    let (place, server) = (Place::new(TWO, None), Server::start());
    let (mut never_begun, mut cut_off) = (0, 0);
    for blocks in (0..).step_by(24) {
        place.forget();
        server.reset();
        let base_url = server.base_url();
        let ended = on_a_small_disk(
            &place,
            blocks,
            &[
                "run",
                "composition.yaml",
                "--base-url",
                &base_url,
                "--accept-inferred",
                "--answer",
                "ask=null",
            ],
        );
        if ended.code == Some(0) {
            break;
        }
        assert!(matches!(ended.code, Some(2 | 4)), "{blocks}: {}", ended.told());
        assert!(ended.stderr.contains("error: "), "{blocks}: {}", ended.told());
        let Some(run) =
            place.store().and_then(|store| store.runs().unwrap().pop()).filter(|run| run.events > 0)
        else {
            never_begun += 1;
            assert_eq!(server.seen().len(), 0, "what is not kept is not sent");
            continue;
        };
        cut_off += 1;
        assert!(ended.stderr.contains(&format!("naftiko resume {}", run.id)), "{}", ended.told());
        mended(&place, &server, &run.id);
    }
    assert!(never_begun >= 1 && cut_off >= 1, "{never_begun} never started, {cut_off} were cut off");
}

/// Resumes the run with enough space, and asserts that every effect happens once.
fn mended(place: &Place, server: &Server, run: &str) {
    let mut ended = place.naftiko(&["resume", run, "--answer", "ask=null"]);
    if ended.code == Some(5) {
        // The response arrived, and could not be recorded.
        let last = server.seen().last().cloned().unwrap();
        let step = if last.body["name"] == "a" { "one" } else { "two" };
        let resolved = place.naftiko(&["resolve", run, step, "--happened", &last.answer.to_string()]);
        assert_eq!(resolved.code, Some(0), "{}", resolved.told());
        ended = place.naftiko(&["resume", run, "--answer", "ask=null"]);
    }
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), "id: b.1\n"), "{}", ended.told());
    assert_eq!(server.seen().len(), 2);
    assert_eq!(place.store().unwrap().verify().unwrap(), [""; 0]);
}

#[test]
fn a_run_whose_journal_is_removed_sends_nothing_more() {
    let body = "steps:
  - {id: one, capability: things, operation: createThing, with: {name: a}}
  - id: wait
    capability: things
    operation: getThing
    with: {id: '${one.id}'}
    poll: {until: response.body.state == 'active', every: 20ms, timeout: 1h}
  - {id: two, capability: things, operation: createThing, with: {name: b}}
outputs: [{name: id, source: two.id}]
";
    let (place, server) = (Place::new(body, None), Server::start());
    server.hold(true);
    let running = Running::start(place.run_command(&server.base_url(), &[]));
    server.wait_for("GET");
    place.forget();
    server.hold(false);
    let ended = running.end();
    assert_eq!(ended.code, Some(4), "{}", ended.told());
    assert!(
        ended.stderr.contains("journal.db` was removed, moved or replaced while it was in use"),
        "{}",
        ended.stderr
    );
    assert_eq!(server.seen().iter().filter(|seen| !seen.is_safe()).count(), 1, "{}", ended.told());
}

#[test]
fn an_answer_that_holds_a_sensitive_input_is_not_kept_in_clear() {
    let body = "inputs: [{name: pin, type: string, required: true, sensitive: true}]
steps:
  - {id: ask, external: true}
  - {id: pin, capability: secrets, operation: pinThing, with: {name: p, pin: '${inputs.pin}'}}
outputs: [{name: id, source: pin.id}]
";
    let (place, server) = (Place::new(body, None), Server::start());
    let pin = format!("pin={PIN}");
    let ended = place.begin(&server.base_url(), &["--input", &pin]);
    assert_eq!(ended.code, Some(4), "{}", ended.told());
    let run = place.run().unwrap().id;
    // The answering process does not know the input, so it cannot recognize it in the answer.
    let answer = format!("\"the pin is {PIN}, is it not?\"");
    let ended = place.naftiko(&["complete", &run, "ask", "--result", &answer]);
    assert_eq!(ended.code, Some(0), "{}", ended.told());
    assert!(!place.holds(PIN));
    let ended = place.naftiko(&["resume", &run, "--input", &pin]);
    assert_eq!(ended.code, Some(0), "{}", ended.told());
    assert!(!place.holds(PIN));
}
