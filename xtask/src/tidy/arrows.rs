//! Rules about dependencies: which crate may use which other crate (the table in `ARCHITECTURE.md`), and which
//! libraries are reserved for one crate.

use std::collections::{BTreeMap, BTreeSet};

/// A crate of the workspace with its dependencies.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) name: String,
    /// The names of its normal dependencies.
    pub(super) uses: Vec<String>,
    /// The names of its development dependencies.
    pub(super) tested_with: Vec<String>,
}

/// The crates of the workspace that a crate may use.
#[derive(Debug, Clone, Copy)]
enum Ours {
    Only(&'static [&'static str]),
    Any,
}

/// One row per crate. A crate without a row is a problem, and so is a row without a crate.
const ALLOWED: &[(&str, Ours)] = &[
    ("naftiko-text", Ours::Only(&[])),
    ("naftiko-diagnostics", Ours::Only(&[])),
    ("naftiko-syntax", Ours::Only(&["naftiko-diagnostics", "naftiko-text"])),
    ("naftiko-expr", Ours::Only(&["naftiko-diagnostics"])),
    (
        "naftiko-spec",
        Ours::Only(&["naftiko-diagnostics", "naftiko-expr", "naftiko-schema", "naftiko-syntax"]),
    ),
    ("naftiko-openapi", Ours::Only(&["naftiko-adapter", "naftiko-syntax", "naftiko-diagnostics"])),
    ("naftiko-jinja", Ours::Only(&[])),
    ("naftiko-adapter", Ours::Only(&[])),
    ("naftiko-plan", Ours::Only(&["naftiko-adapter", "naftiko-expr", "naftiko-schema", "naftiko-text"])),
    (
        "naftiko-check",
        Ours::Only(&[
            "naftiko-adapter",
            "naftiko-diagnostics",
            "naftiko-expr",
            "naftiko-jinja",
            "naftiko-openapi",
            "naftiko-plan",
            "naftiko-schema",
            "naftiko-spec",
            "naftiko-syntax",
            "naftiko-text",
            "naftiko-wire",
        ]),
    ),
    ("naftiko-wire", Ours::Only(&["naftiko-adapter", "naftiko-schema"])),
    ("naftiko-schema", Ours::Only(&[])),
    (
        "naftiko-adapter-http",
        Ours::Only(&["naftiko-adapter", "naftiko-schema", "naftiko-text", "naftiko-wire"]),
    ),
    ("naftiko-adapter-mock", Ours::Only(&["naftiko-adapter", "naftiko-schema", "naftiko-wire"])),
    (
        "naftiko-adapter-external",
        Ours::Only(&["naftiko-adapter", "naftiko-jinja", "naftiko-schema", "naftiko-text"]),
    ),
    ("naftiko-journal", Ours::Only(&["naftiko-text"])),
    ("naftiko-engine", Ours::Only(&["naftiko-adapter", "naftiko-expr", "naftiko-journal", "naftiko-plan"])),
    (
        "naftiko-report",
        Ours::Only(&["naftiko-diagnostics", "naftiko-journal", "naftiko-plan", "naftiko-text"]),
    ),
    ("naftiko", Ours::Any),
    ("naftiko-tests", Ours::Any),
    ("xtask", Ours::Any),
];

/// Libraries that only one crate may use, so that they can be replaced there.
const RESERVED: &[(&str, &str)] = &[
    ("granit-parser", "naftiko-syntax"),
    ("reqwest", "naftiko-adapter-http"),
    ("lettre", "naftiko-adapter-external"),
    ("hyper", "naftiko"),
    ("rusqlite", "naftiko-journal"),
    ("miette", "naftiko-report"),
];

/// Libraries that these crates must not use: the stages up to the plan are pure and synchronous.
const BANNED: &[(&str, &[&str])] = &[(
    "tokio",
    &[
        "naftiko-text",
        "naftiko-diagnostics",
        "naftiko-syntax",
        "naftiko-expr",
        "naftiko-jinja",
        "naftiko-spec",
        "naftiko-openapi",
        "naftiko-plan",
        "naftiko-schema",
        "naftiko-check",
        "naftiko-wire",
    ],
)];

/// The crate of fixtures and laws, which tests of any crate may use.
const HARNESS: &str = "naftiko-tests";

/// All violations, in the order of the crates.
pub(super) fn problems(rooms: &[Room]) -> Vec<String> {
    let ours: BTreeSet<&str> = rooms.iter().map(|room| room.name.as_str()).collect();
    let arrows: BTreeMap<&str, Vec<&str>> = rooms
        .iter()
        .map(|room| (room.name.as_str(), room.uses.iter().map(String::as_str).collect()))
        .collect();
    let mut problems = Vec::new();
    for room in rooms {
        problems.extend(forbidden_rooms(room, &ours));
        problems.extend(forbidden_libraries(room));
        problems.extend(backward_tests(room, &arrows));
    }
    let stale = ALLOWED.iter().filter(|(name, _)| !ours.contains(name));
    problems.extend(
        stale.map(|(name, _)| format!("the table of arrows has a row for `{name}`, which is no crate")),
    );
    problems
}

fn forbidden_rooms(room: &Room, ours: &BTreeSet<&str>) -> Vec<String> {
    let name = &room.name;
    match ALLOWED.iter().find(|(row, _)| row == name) {
        None => vec![format!("`{name}` has no row in the table of arrows")],
        Some((_, Ours::Any)) => Vec::new(),
        Some((_, Ours::Only(allowed))) => room
            .uses
            .iter()
            .filter(|used| ours.contains(used.as_str()) && !allowed.contains(&used.as_str()))
            .map(|used| format!("`{name}` uses `{used}` and may not; it may use {}", list(allowed)))
            .collect(),
    }
}

fn forbidden_libraries(room: &Room) -> Vec<String> {
    let name = room.name.as_str();
    let used = |library: &str| room.uses.iter().any(|used| used == library);
    let reserved = RESERVED
        .iter()
        .filter(|(library, owner)| used(library) && name != *owner)
        .map(|(library, owner)| format!("`{name}` uses `{library}`, which only `{owner}` may"));
    let banned = BANNED
        .iter()
        .filter(|(library, rooms)| used(library) && rooms.contains(&name))
        .map(|(library, _)| format!("`{name}` uses `{library}` and must never see it"));
    reserved.chain(banned).collect()
}

/// Tests that use a crate which itself depends on the crate under test.
fn backward_tests(room: &Room, arrows: &BTreeMap<&str, Vec<&str>>) -> Vec<String> {
    let name = room.name.as_str();
    room.tested_with
        .iter()
        .filter(|used| used.as_str() != HARNESS && reaches(used, name, arrows))
        .map(|used| {
            format!("the tests of `{name}` use `{used}`, which is built on `{name}`; move them there")
        })
        .collect()
}

/// Whether `from` depends on `to`, directly or indirectly.
fn reaches(from: &str, to: &str, arrows: &BTreeMap<&str, Vec<&str>>) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = vec![from];
    while let Some(room) = open.pop() {
        let Some(uses) = arrows.get(room) else { continue };
        if uses.contains(&to) {
            return true;
        }
        open.extend(uses.iter().copied().filter(|used| seen.insert(*used)));
    }
    false
}

fn list(names: &[&str]) -> String {
    match names {
        [] => "nothing of ours".to_owned(),
        _ => names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks the given crates together with all other crates of the table, which have no dependencies here.
    fn check(rooms: &[(&str, &[&str], &[&str])], expected: &[&str]) {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let rooms: Vec<Room> = ALLOWED
            .iter()
            .map(|(name, _)| (*name, &[] as &[&str], &[] as &[&str]))
            .filter(|(name, ..)| rooms.iter().all(|(given, ..)| given != name))
            .chain(rooms.iter().copied())
            .map(|(name, uses, tests)| Room {
                name: name.to_owned(),
                uses: owned(uses),
                tested_with: owned(tests),
            })
            .collect();
        assert_eq!(problems(&rooms), expected);
    }

    #[test]
    fn an_arrow_of_the_table_is_allowed_and_another_is_not() {
        check(&[("naftiko-syntax", &["naftiko-diagnostics", "granit-parser", "indexmap"], &[])], &[]);
        check(
            &[("naftiko-syntax", &["naftiko-expr"], &[])],
            &[
                "`naftiko-syntax` uses `naftiko-expr` and may not; it may use `naftiko-diagnostics`, `naftiko-text`",
            ],
        );
        check(
            &[("naftiko-adapter", &["naftiko-plan"], &[])],
            &["`naftiko-adapter` uses `naftiko-plan` and may not; it may use nothing of ours"],
        );
        check(&[("naftiko", &["naftiko-engine", "naftiko-adapter-http"], &[])], &[]);
    }

    #[test]
    fn a_library_stays_in_its_room() {
        check(&[("naftiko-adapter-http", &["reqwest"], &[])], &[]);
        check(
            &[("naftiko", &["reqwest"], &[])],
            &["`naftiko` uses `reqwest`, which only `naftiko-adapter-http` may"],
        );
        check(&[("naftiko-engine", &["tokio"], &[])], &[]);
        check(
            &[("naftiko-expr", &["tokio"], &["tokio"])],
            &["`naftiko-expr` uses `tokio` and must never see it"],
        );
    }

    #[test]
    fn tests_may_look_down_and_aside_but_not_up() {
        check(&[("naftiko-engine", &[], &["naftiko-adapter-mock", "tokio"])], &[]);
        check(
            &[
                ("naftiko-diagnostics", &[], &["naftiko-spec"]),
                ("naftiko-spec", &["naftiko-syntax"], &[]),
                ("naftiko-syntax", &["naftiko-diagnostics"], &[]),
            ],
            &[
                "the tests of `naftiko-diagnostics` use `naftiko-spec`, which is built on `naftiko-diagnostics`; \
                move them there",
            ],
        );
    }

    #[test]
    fn the_table_and_the_crates_are_the_same_set() {
        check(&[("naftiko-new", &[], &[])], &["`naftiko-new` has no row in the table of arrows"]);
        let rooms = [Room { name: "naftiko".to_owned(), uses: Vec::new(), tested_with: Vec::new() }];
        let problems = problems(&rooms);
        assert_eq!(problems.len(), ALLOWED.len() - 1);
        assert!(
            problems
                .contains(&"the table of arrows has a row for `naftiko-plan`, which is no crate".to_owned())
        );
    }

    #[test]
    fn a_cycle_of_arrows_does_not_hold_the_search_up() {
        let arrows = BTreeMap::from([("a", vec!["b"]), ("b", vec!["a"])]);
        assert!(reaches("a", "a", &arrows));
        assert!(!reaches("a", "c", &arrows));
    }
}
