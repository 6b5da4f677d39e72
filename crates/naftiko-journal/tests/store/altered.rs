//! Edited, lost and swapped data is detected.

use naftiko_journal::{Store, StoreError};

use crate::scene::{append, begin, clear, meddle, sensitive, store_with};

/// The problems found after `sql` in a journal of two runs of four records, whose second record is encrypted.
fn found(sql: &str) -> (Vec<String>, Option<StoreError>) {
    let (dir, store) = store_with(&["r", "q"]);
    for run in ["r", "q"] {
        let entries = vec![clear(run, 1), sensitive(run, 2, "tok"), clear(run, 3), clear(run, 4)];
        append(&store, run, entries).unwrap();
    }
    assert_eq!(store.verify().unwrap(), [""; 0]);
    assert!(meddle(dir.path(), sql) > 0, "{sql} changes nothing");
    let looking = Store::open_existing(dir.path()).unwrap().unwrap();
    assert_eq!(looking.verify().unwrap(), store.verify().unwrap());
    (store.verify().unwrap(), store.records("r").err())
}

/// Asserts that `sql` leads to these problems, and that the records of run `r` are rejected from `seq` on.
fn check(sql: &str, problems: &[&str], seq: u64) {
    let (told, refused) = found(sql);
    assert_eq!(told, problems, "{sql}");
    assert_eq!(refused, Some(StoreError::Altered { run: "r".into(), seq }), "{sql}");
}

#[test]
fn a_record_that_was_edited() {
    let altered = "record 2 of run `r` was changed or damaged";
    for column in ["event = '{}'", "at = '2026-01-15T12:00:03Z'", "sealed = NULL", "sealed = x'00'"] {
        check(&format!("UPDATE events SET {column} WHERE run = 'r' AND seq = 2"), &[altered], 2);
    }
    // Both forms of a record are covered: a full event moved to the redacted column is detected, and vice versa.
    check("UPDATE events SET event = event || ' ' WHERE run = 'r' AND seq = 2", &[altered], 2);
    check(
        "UPDATE events SET sum = x'00' WHERE run = 'r' AND seq = 2",
        &[altered, "record 3 of run `r` was changed or damaged"],
        2,
    );
}

#[test]
fn a_record_that_was_lost() {
    check("DELETE FROM events WHERE run = 'r' AND seq = 1", &["record 1 of run `r` is missing"], 1);
    check(
        "DELETE FROM events WHERE run = 'r' AND seq IN (2, 3)",
        &["records 2 to 3 of run `r` are missing"],
        2,
    );
    check("DELETE FROM events WHERE run = 'r' AND seq = 4", &["record 4 of run `r` is missing"], 4);
    check("DELETE FROM events WHERE run = 'r'", &["records 1 to 4 of run `r` are missing"], 1);
}

#[test]
fn records_that_were_swapped_or_taken_from_another_run() {
    let all =
        "at = other.at, event = other.event, sealed = other.sealed, sum = other.sum FROM events AS other";
    check(
        &format!(
            "UPDATE events SET {all} WHERE events.run = 'r' AND events.seq = 3 AND other.run = 'r' AND other.seq = 1"
        ),
        &["record 3 of run `r` was changed or damaged", "record 4 of run `r` was changed or damaged"],
        3,
    );
    // Rows of another run, including their checksums.
    let (told, refused) = found(&format!(
        "UPDATE events SET {all} WHERE events.run = 'r' AND other.run = 'q' AND events.seq = other.seq"
    ));
    assert_eq!(told.first().map(String::as_str), Some("record 1 of run `r` was changed or damaged"));
    assert_eq!(refused, Some(StoreError::Altered { run: "r".into(), seq: 1 }));
}

#[test]
fn a_run_that_remembers_another_end() {
    check("UPDATE runs SET seq = 3 WHERE id = 'r'", &["the number of records of run `r` is wrong"], 4);
    check("UPDATE runs SET seq = 6 WHERE id = 'r'", &["records 5 to 6 of run `r` are missing"], 5);
    check("UPDATE runs SET sum = x'00' WHERE id = 'r'", &["the number of records of run `r` is wrong"], 5);
}

#[test]
fn a_plan_that_was_edited_or_is_gone() {
    let (told, refused) = found("UPDATE plans SET plan = '{}'");
    assert_eq!(told, ["the plan of run `q`, `r`: it was changed or damaged"]);
    assert_eq!(refused, None);
    let (told, _) = found("DELETE FROM plans");
    assert_eq!(told, ["a row of `runs` has no row of `plans`"; 2]);
}

#[test]
fn what_is_no_event_no_status_and_no_plan_is_told() {
    let (dir, store) = store_with(&["r"]);
    let event = serde_json::from_value(serde_json::json!({"event": "stepAsked", "step": "a"})).unwrap();
    append(&store, "r", vec![crate::scene::entry("r", 1, event, None)]).unwrap();
    // As a later version would write it: a correct checksum, and a status that this version does not know.
    meddle(dir.path(), "UPDATE runs SET status = 'dreaming' WHERE id = 'r'");
    let origin = serde_json::Value::Null;
    let (id, at) = ("p", crate::scene::at(1));
    let run = naftiko_journal::store::NewRun { id, composition: "c", plan: "steps: []", origin: &origin, at };
    store.create_run(&run).unwrap();
    let told = store.verify().unwrap();
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!(told[0], "the plan of run `p`: expected value at line 1 column 1");
    assert!(told[1].starts_with("the status of run `r` cannot be parsed: unknown variant `dreaming`"));
    assert!(matches!(store.run("r"), Err(StoreError::Undecodable { .. })));
    assert_eq!(store.records("r").unwrap().len(), 1);
}

#[test]
fn a_change_of_anything_that_is_noted_of_a_run_is_found() {
    // The status follows from the records, so only the identity columns prevent a run from continuing.
    for (change, continues) in [
        ("due = 1700000000000000", true),
        ("updated = updated - 1", true),
        ("status = 'running'", true),
        ("composition = 'another'", false),
        ("created = created + 1", false),
        ("origin = '{}'", false),
        ("checksum = x''", false),
        ("plan = (SELECT hash FROM plans WHERE plan = '{}')", false),
    ] {
        let (dir, store) = store_with(&["r", "q"]);
        append(&store, "r", vec![clear("r", 1)]).unwrap();
        store.adopt_plan("q", "{}", crate::scene::at(9)).unwrap();
        assert_eq!(store.verify().unwrap(), [""; 0], "{change}");
        assert_eq!(meddle(dir.path(), &format!("UPDATE runs SET {change} WHERE id = 'r'")), 1);
        let told = "the stored data of run `r` was changed or damaged";
        let altered = StoreError::AlteredRun { run: "r".into() };
        assert_eq!(store.verify().unwrap(), [told], "{change}");
        assert_eq!(store.records("r").err(), (!continues).then(|| altered.clone()), "{change}");
        assert_eq!(store.records("q"), Ok(Vec::new()));
        // A further record does not hide the alteration.
        append(&store, "r", vec![clear("r", 2)]).unwrap();
        assert_eq!(store.verify().unwrap().is_empty(), continues, "{change}");
        assert_eq!(store.records("r").err(), (!continues).then_some(altered), "{change}");
    }
}

#[test]
fn a_run_whose_records_are_whole_is_readable_beside_one_whose_are_not() {
    let (dir, store) = store_with(&["r"]);
    append(&store, "r", vec![clear("r", 1)]).unwrap();
    begin(&store, "q", 1).unwrap();
    append(&store, "q", vec![clear("q", 1)]).unwrap();
    meddle(dir.path(), "UPDATE events SET event = '{}' WHERE run = 'r'");
    assert_eq!(store.records("q").unwrap().len(), 1);
    assert!(store.shown("r").is_err());
}
