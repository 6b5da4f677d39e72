//! A state folder that other users could have changed is rejected, and links in it are not followed.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use naftiko_journal::{Store, StoreError};
use tempfile::TempDir;

use crate::scene::{append, at, files, numbers, sensitive};

/// A folder with a journal of one run, and all files that a journal can have.
fn journal() -> (TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let state = parent.path().join("a state");
    let store = Store::open(&state).unwrap();
    crate::scene::begin(&store, "r", 0).unwrap();
    append(&store, "r", vec![sensitive("r", 1, "tok")]).unwrap();
    let _lease = store.lease("r", at(1)).unwrap();
    (parent, state)
}

fn allow(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Asserts that a journal is neither read nor written, for this reason.
fn refused(state: &Path, reason: &StoreError) {
    for told in [Store::open(state).map(drop), Store::open_existing(state).map(drop)] {
        assert_eq!(told, Err(reason.clone()));
    }
}

#[test]
fn a_folder_that_others_can_write_is_refused_with_the_command_that_corrects_it() {
    let (_parent, state) = journal();
    for mode in [0o777, 0o770, 0o720, 0o702, 0o1777] {
        allow(&state, mode);
        refused(&state, &StoreError::Exposed { path: state.clone() });
    }
    let told = Store::open(&state).unwrap_err().to_string();
    assert!(told.ends_with(&format!("correct it with `chmod go-w '{}'`", state.display())), "{told}");
    let corrected = std::process::Command::new("sh").arg("-c").arg(command_in(&told)).status().unwrap();
    assert!(corrected.success());
    assert_eq!(numbers(&Store::open(&state).unwrap(), "r"), [1]);
    // Others may read files that are not sensitive.
    allow(&state, 0o755);
    assert!(Store::open(&state).is_ok());
}

/// The command at the end of a message.
fn command_in(told: &str) -> String {
    told.trim_end_matches('`').rsplit_once('`').unwrap().1.to_owned()
}

#[test]
fn a_file_that_others_can_write_is_refused() {
    let (_parent, state) = journal();
    let known = ["journal.db", "journal.key", "journal.lock", "journal.mark"];
    assert_eq!(files(&state), [&["holders"], &known[..]].concat());
    for name in known {
        let path = state.join(name);
        for mode in [0o666, 0o620, 0o602] {
            allow(&path, mode);
            refused(&state, &StoreError::Exposed { path: path.clone() });
        }
        allow(&path, 0o600);
    }
    allow(&state.join("holders"), 0o770);
    refused(&state, &StoreError::Exposed { path: state.join("holders") });
    allow(&state.join("holders"), 0o700);
    assert!(Store::open(&state).is_ok());
}

#[test]
fn links_in_the_folder_are_not_followed() {
    let (parent, state) = journal();
    let elsewhere = parent.path().join("elsewhere");
    for name in
        ["journal.db", "journal.db-wal", "journal.db-shm", "journal.key", "journal.lock", "journal.mark"]
    {
        let path = state.join(name);
        let before = fs::rename(&path, &elsewhere).is_ok();
        if !before {
            fs::File::create(&elsewhere).unwrap();
        }
        let content = content(&elsewhere);
        symlink(&elsewhere, &path).unwrap();
        refused(&state, &StoreError::Link { path: path.clone() });
        assert_eq!(self::content(&elsewhere), content, "{name}");
        fs::remove_file(&path).unwrap();
        if before {
            fs::rename(&elsewhere, &path).unwrap();
        } else {
            fs::remove_file(&elsewhere).unwrap();
        }
    }
    // A dangling link is not followed either.
    let key = state.join("journal.key");
    fs::remove_file(&key).unwrap();
    symlink(parent.path().join("made for you"), &key).unwrap();
    refused(&state, &StoreError::Link { path: key });
    assert!(!parent.path().join("made for you").exists());
}

#[expect(clippy::disallowed_methods, reason = "a test reads its own files")]
fn content(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap()
}

#[test]
fn a_lock_file_that_is_a_link_or_that_others_can_write_lets_nobody_drive() {
    let (parent, state) = journal();
    let victim = parent.path().join("victim");
    fs::File::create(&victim).unwrap();
    let planted = state.join("holders/00.lock");
    symlink(&victim, &planted).unwrap();
    let store = Store::open(&state).unwrap();
    assert_eq!(store.lease("r", at(1)).map(drop), Err(StoreError::Link { path: planted.clone() }));
    fs::remove_file(&planted).unwrap();
    fs::File::create(&planted).unwrap();
    allow(&planted, 0o666);
    assert_eq!(store.lease("r", at(1)).map(drop), Err(StoreError::Exposed { path: planted }));
    assert!(victim.exists());
}

#[test]
fn a_folder_on_the_way_that_others_can_write_is_refused_unless_entries_are_their_owners() {
    let parent = tempfile::tempdir().unwrap();
    let (above, state) = (parent.path().join("above"), parent.path().join("above/between/state"));
    drop(Store::open(&state).unwrap());
    for mode in [0o777, 0o770] {
        allow(&above, mode);
        refused(&state, &StoreError::Exposed { path: above.clone() });
    }
    // Nothing is created in such a folder either.
    assert_eq!(Store::open(&above.join("new")).map(drop), Err(StoreError::Exposed { path: above.clone() }));
    assert!(!above.join("new").exists());
    // The mode of `/tmp`.
    allow(&above, 0o1777);
    assert!(Store::open(&state).is_ok());
}

#[test]
fn a_link_to_the_folder_is_followed_and_what_it_leads_to_is_checked() {
    let (parent, state) = journal();
    let (link, second) = (parent.path().join("link"), parent.path().join("second"));
    symlink("a state", &link).unwrap();
    symlink(parent.path().join("link"), &second).unwrap();
    assert_eq!(numbers(&Store::open(&second).unwrap(), "r"), [1]);
    assert_eq!(numbers(&Store::open(&parent.path().join("a state/../second/.")).unwrap(), "r"), [1]);
    allow(&state, 0o777);
    for way in [&link, &second] {
        assert_eq!(Store::open(way).map(drop), Err(StoreError::Exposed { path: state.clone() }));
    }
    let circle = parent.path().join("circle");
    symlink(&circle, &circle).unwrap();
    assert!(Store::open(&circle).is_err());
}

/// Only root can give a file to another user; as any other user, the test uses a folder of root, which is trusted.
#[test]
fn what_belongs_to_another_user_is_refused_and_what_belongs_to_root_is_not() {
    const NOBODY: u32 = 65534;
    let (parent, state) = journal();
    let user = fs::metadata(&state).unwrap().uid();
    let give = |path: &Path, owner| std::os::unix::fs::lchown(path, Some(owner), None);
    if give(&state, NOBODY).is_err() {
        assert_ne!(user, 0, "root can");
        assert_eq!(
            Store::open_existing(Path::new("/")).map(|store| store.is_none()),
            Ok(true),
            "it belongs to root"
        );
        return;
    }
    refused(&state, &StoreError::Foreign { path: state.clone(), owner: NOBODY, user });
    give(&state, user).unwrap();
    let database = state.join("journal.db");
    give(&database, NOBODY).unwrap();
    refused(&state, &StoreError::Foreign { path: database.clone(), owner: NOBODY, user });
    give(&database, user).unwrap();
    // The owner of a link decides where it leads.
    let link = parent.path().join("link");
    symlink(&state, &link).unwrap();
    give(&link, NOBODY).unwrap();
    refused(&link, &StoreError::Foreign { path: link.clone(), owner: NOBODY, user });
    assert!(Store::open(&state).is_ok());
}

#[test]
fn a_pipe_in_place_of_a_file_holds_nobody_up() {
    let (_parent, state) = journal();
    for name in ["journal.mark", "journal.lock"] {
        let path = state.join(name);
        let content = content(&path);
        fs::remove_file(&path).unwrap();
        assert!(std::process::Command::new("mkfifo").arg("-m600").arg(&path).status().unwrap().success());
        assert!(matches!(Store::open(&state), Err(StoreError::File { .. })), "{name}");
        fs::remove_file(&path).unwrap();
        put(&path, &content);
        allow(&path, 0o600);
    }
    assert!(Store::open(&state).is_ok());
}

#[expect(clippy::disallowed_methods, reason = "a test writes its own files")]
fn put(path: &Path, content: &[u8]) {
    fs::write(path, content).unwrap();
}
