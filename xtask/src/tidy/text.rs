//! Rules about the contents of files in the repository.

/// The number of lines above which a file probably has two responsibilities.
const LONGEST: usize = 600;

/// This file, which is exempt because it contains the forbidden words.
const THIS: &str = "xtask/src/tidy/text.rs";

/// Words that mark postponed work, which belongs into an issue.
const PUT_OFF: &[&str] = &["TODO", "FIXME", "XXX", "todo!", "unimplemented!"];

/// Beginnings of paths that exist only on one machine.
const MACHINE: &[&str] = &["/home/", "/root/", "/Users/", "/work/", "/workspace/", "C:\\Users\\"];

/// The violations in a file, line by line.
pub(super) fn problems(path: &str, text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    if is_rust(path) && !is_exempt(path) && !text.starts_with("//!") {
        problems.push(format!("{path}:1: the file does not begin with `//!`, what it is for"));
    }
    if path == THIS || is_locked(path) {
        return problems;
    }
    for (number, line) in (1..).zip(text.lines()) {
        if is_source(path) {
            let words = PUT_OFF.iter().filter(|word| holds_word(line, word));
            problems
                .extend(words.map(|word| format!("{path}:{number}: `{word}` puts work off; open an issue")));
        }
        let paths = MACHINE.iter().filter(|start| holds_path(line, start));
        problems.extend(paths.map(|start| format!("{path}:{number}: a path of one machine, `{start}…`")));
    }
    problems
}

/// A warning, if a Rust file is too long.
pub(super) fn too_long(path: &str, text: &str) -> Option<String> {
    let lines = text.lines().count();
    (is_rust(path) && !is_exempt(path) && lines > LONGEST)
        .then(|| format!("{path}: {lines} lines, more than {LONGEST}; what else lives there?"))
}

/// One message per crate that `ARCHITECTURE.md` does not name.
pub(super) fn unnamed<'a>(text: &str, crates: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    crates
        .into_iter()
        .filter(|name| !holds_word(text, name))
        .map(|name| format!("ARCHITECTURE.md: the crate `{name}` is not named"))
        .collect()
}

/// Whether a file has the extension of Rust.
pub(super) fn is_rust(path: &str) -> bool {
    has_extension(path, &["rs"])
}

fn is_source(path: &str) -> bool {
    path == ".ci/run" || has_extension(path, &["rs", "mjs", "pest", "toml", "yaml", "yml"])
}

/// Whether the extension of a file is one of these.
pub(super) fn has_extension(path: &str, extensions: &[&str]) -> bool {
    path.rsplit_once('.').is_some_and(|(_, extension)| extensions.contains(&extension))
}

/// Build scripts need no introduction, and fixtures are data.
fn is_exempt(path: &str) -> bool {
    path.split('/').any(|part| part == "build.rs" || part == "fixtures")
}

/// Files written by a package manager.
fn is_locked(path: &str) -> bool {
    path.ends_with("Cargo.lock") || path.ends_with("package-lock.json")
}

/// Whether `word` occurs in `text` and not only as part of a longer word.
fn holds_word(text: &str, word: &str) -> bool {
    let joins = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|after| after.chars().next());
        !before.is_some_and(joins) && !after.is_some_and(joins)
    })
}

/// Whether `text` contains an absolute path with this beginning; parts of URLs and of relative paths do not count.
fn holds_path(text: &str, start: &str) -> bool {
    text.match_indices(start).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        before.is_none_or(|c| !c.is_alphanumeric() && !matches!(c, '.' | '_' | '-' | '~' | '/' | '}' | '*'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, text: &str, expected: &[&str]) {
        assert_eq!(problems(path, text), expected);
    }

    #[test]
    fn a_rust_file_says_what_it_is_for() {
        check("crates/a/src/lib.rs", "//! A room.\n", &[]);
        let missing = "the file does not begin with `//!`, what it is for";
        check("crates/a/src/lib.rs", "mod b;\n", &[&format!("crates/a/src/lib.rs:1: {missing}")]);
        check("xtask/src/tidy/text.rs", "", &[&format!("xtask/src/tidy/text.rs:1: {missing}")]);
        check("crates/a/build.rs", "fn main() {}\n", &[]);
        check("tests/fixtures/a.rs", "mod b;\n", &[]);
    }

    #[test]
    fn work_is_not_put_off_in_a_source() {
        check(
            "a.rs",
            "//! A.\n// TODO: later\ntodo!()\n",
            &["a.rs:2: `TODO` puts work off; open an issue", "a.rs:3: `todo!` puts work off; open an issue"],
        );
        check("a.rs", "//! A.\nlet TODOS = mastodon_todo;\n", &[]);
        check("README.md", "no TODO here\n", &[]);
    }

    #[test]
    fn a_path_of_one_machine_is_refused_and_a_url_is_not() {
        check("a.md", "see `/home/me/x`\n", &["a.md:1: a path of one machine, `/home/…`"]);
        check("a.md", "/work/x\n", &["a.md:1: a path of one machine, `/work/…`"]);
        check("a.md", "https://example.com/home/x and ../work/x and crates/work/x\n", &[]);
        check("tests/e2e/package-lock.json", "\"/home/x\"\n", &[]);
    }

    #[test]
    fn a_long_file_is_a_question() {
        let text = "//!\n".repeat(601);
        assert_eq!(
            too_long("a.rs", &text).unwrap(),
            "a.rs: 601 lines, more than 600; what else lives there?"
        );
        assert_eq!(too_long("a.rs", &"//!\n".repeat(600)), None);
        assert_eq!(too_long("a.yaml", &text), None);
    }

    #[test]
    fn a_crate_is_named_by_its_whole_name() {
        let text = "| `naftiko-adapter-http` | HTTP |";
        assert!(unnamed(text, ["naftiko-adapter-http"]).is_empty());
        assert_eq!(
            unnamed(text, ["naftiko-adapter"]),
            ["ARCHITECTURE.md: the crate `naftiko-adapter` is not named"]
        );
    }
}
