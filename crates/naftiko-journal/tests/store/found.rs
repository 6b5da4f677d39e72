//! Runs are found by a prefix of their id.

use naftiko_journal::StoreError;

use crate::scene::store_with;

#[test]
fn a_run_is_found_by_its_id_or_by_what_only_it_begins_with() {
    let (_dir, store) = store_with(&["0198a", "0198b1", "0198b2", "0198", "é%_"]);
    let found = |prefix: &str| store.find(prefix).map(|run| run.id);
    assert_eq!(found("0198a"), Ok("0198a".into()));
    assert_eq!(found("0198b2"), Ok("0198b2".into()));
    // A complete id, although it is a prefix of others.
    assert_eq!(found("0198"), Ok("0198".into()));
    assert_eq!(found("é"), Ok("é%_".into()));
    assert_eq!(found("0198b").unwrap_err().to_string(), "`0198b` may be `0198b1` or `0198b2`");
    assert!(matches!(found("0"), Err(StoreError::Ambiguous { runs, .. }) if runs.len() == 4));
}

#[test]
fn what_is_not_there_is_told_with_the_nearest() {
    let (_dir, store) = store_with(&["0198a3c4-11", "0198b7d2-22"]);
    let told = |prefix: &str| store.find(prefix).unwrap_err().to_string();
    assert_eq!(told("0198b9"), "there is no run `0198b9`; the nearest is `0198b7d2-22`");
    assert_eq!(told("0198a3c4-111"), "there is no run `0198a3c4-111`; the nearest is `0198a3c4-11`");
    assert_eq!(told("zzz"), "there is no run `zzz`");
    assert_eq!(told("%"), "there is no run `%`");
    assert_eq!(told(""), "there is no run ``");
    assert_eq!(store_with(&[]).1.find("a").unwrap_err().to_string(), "there is no run `a`");
}
