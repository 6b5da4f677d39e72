//! Changes made to the state folder from outside are detected before anything is sent that relies on it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::process::{Ended, Place};
use crate::server::Server;

const TWO: &str = "steps:
  - {id: one, capability: things, operation: createThing, with: {name: a}}
  - {id: ask, external: {with: {id: '${one.id}'}}}
  - {id: two, capability: things, operation: createThing, with: {name: b}}
outputs: [{name: id, source: two.id}]
";

/// A run that waits for an answer, after one effect and before another.
fn waiting() -> (Place, Server, String) {
    let (place, server) = (Place::new(TWO, None), Server::start());
    let ended = place.begin(&server.base_url(), &[]);
    assert_eq!(ended.code, Some(4), "{}", ended.told());
    let run = place.run().unwrap().id;
    (place, server, run)
}

fn change(place: &Place, sql: &str) {
    let database = rusqlite::Connection::open(place.state().join("journal.db")).unwrap();
    assert_eq!(database.execute(sql, []).unwrap(), 1, "{sql}");
}

/// Every command that would act on the run, or show its records.
fn acting(place: &Place, run: &str) -> Vec<Ended> {
    let commands: [&[&str]; 6] = [
        &["resume", run, "--answer", "ask=null"],
        &["complete", run, "ask", "--result", "null"],
        &["resolve", run, "one", "--did-not-happen"],
        &["cancel", run],
        &["cancel", run, "--compensate"],
        &["runs", "show", run],
    ];
    commands.iter().map(|command| place.naftiko(command)).collect()
}

#[test]
fn a_changed_record_is_found_before_anything_relies_on_it() {
    for changed in [
        "UPDATE events SET event = replace(event, '\"a.1\"', '\"a.2\"') WHERE event LIKE '%a.1%' AND event LIKE '%stepSucceeded%'",
        "UPDATE events SET event = replace(event, 'runStarted', 'runStarted ') WHERE seq = 1",
        "UPDATE events SET at = '2020-01-01T00:00:00Z' WHERE seq = 2",
        "DELETE FROM events WHERE seq = 3",
    ] {
        let (place, server, run) = waiting();
        change(&place, changed);
        for ended in acting(&place, &run) {
            assert_eq!(ended.code, Some(2), "{changed}: {}", ended.told());
            assert!(ended.stderr.contains("was changed or damaged"), "{changed}: {}", ended.told());
        }
        // Pretends that the run is due.
        let database = rusqlite::Connection::open(place.state().join("journal.db")).unwrap();
        database.execute("UPDATE runs SET due = 1", []).unwrap();
        drop(database);
        let worked = place.naftiko(&["work", "--once"]);
        let left = format!("error: run `{run}` is not driven: record");
        assert!(worked.stderr.starts_with(&left), "{changed}: {}", worked.told());
        assert_eq!(server.seen().len(), 1, "{changed}");
        assert_eq!(place.naftiko(&["runs", "verify"]).code, Some(1));
    }
}

#[test]
fn a_run_of_which_something_else_is_noted_is_found_by_verify() {
    for (changed, continues) in [
        ("composition = 'Another'", false),
        ("origin = replace(origin, 'composition.yaml', 'other.yaml')", false),
        ("due = 1800000000000000", true),
        ("status = 'running'", true),
    ] {
        let (place, server, run) = waiting();
        change(&place, &format!("UPDATE runs SET {changed}"));
        let verified = place.naftiko(&["runs", "verify"]);
        let told = format!("error: the stored data of run `{run}` was changed or damaged\n");
        assert_eq!((verified.code, verified.stderr), (Some(1), told), "{changed}");
        let resumed = place.naftiko(&["resume", &run, "--answer", "ask=null"]);
        assert_eq!(resumed.code, Some(if continues { 0 } else { 2 }), "{changed}: {}", resumed.told());
        assert_eq!(server.seen().len(), if continues { 2 } else { 1 });
    }
}

#[test]
fn an_older_journal_beside_a_damaged_mark_repeats_nothing() {
    for damaged in [&b""[..], b"not a mark\n", &[0x5a; 600]] {
        let (place, server, run) = waiting();
        let mark = place.state().join("journal.mark");
        let older = fs::read(place.state().join("journal.db")).unwrap();
        let ended = place.naftiko(&["resume", &run, "--answer", "ask=null"]);
        assert_eq!((ended.code, server.seen().len()), (Some(0), 2), "{}", ended.told());
        fs::write(place.state().join("journal.db"), &older).unwrap();
        fs::write(&mark, damaged).unwrap();
        let mut commands = acting(&place, &run);
        for command in [&["work", "--once"][..], &["runs"], &["runs", "verify"]] {
            commands.push(place.naftiko(command));
        }
        commands.push(place.begin(&server.base_url(), &[]));
        for ended in commands {
            assert_eq!(ended.code, Some(2), "{}", ended.told());
            assert!(ended.stderr.contains("journal.mark` is damaged"), "{}", ended.told());
        }
        assert_eq!(server.seen().len(), 2, "nothing is sent again");
        assert_eq!(fs::read(&mark).unwrap(), damaged);
    }
}

#[test]
fn a_state_folder_that_others_can_change_is_used_only_once_that_is_corrected() {
    let (place, server, run) = waiting();
    let allow = |name: &str, mode| {
        fs::set_permissions(place.state().join(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    for (name, open, closed) in
        [("", 0o777, 0o700), ("journal.db", 0o666, 0o600), ("journal.mark", 0o620, 0o600)]
    {
        allow(name, open);
        let mut commands = acting(&place, &run);
        for command in [&["work", "--once"][..], &["runs"], &["runs", "verify"]] {
            commands.push(place.naftiko(command));
        }
        commands.push(place.begin(&server.base_url(), &[]));
        for ended in commands {
            assert_eq!(ended.code, Some(2), "{}", ended.told());
            assert!(ended.stderr.contains("correct it with `chmod go-w "), "{}", ended.told());
        }
        allow(name, closed);
    }
    assert_eq!(server.seen().len(), 1);
    let ended = place.naftiko(&["resume", &run, "--answer", "ask=null"]);
    assert_eq!((ended.code, server.seen().len()), (Some(0), 2), "{}", ended.told());
}
