//! Rules about plain English: in the comments of the crates, in the texts that users read, and in the documentation.

use std::collections::BTreeMap;

use super::text::has_extension;

/// The highest number of words of [`PRIVATE`] per 1,000 comment lines of a crate.
const MOST: usize = 3;

/// Words that avoid the name of their subject, or a standard verb.
const PRIVATE: &[&str] = &[
    "whoever",
    "somebody",
    "nobody",
    "told",
    "said",
    "besides",
    "mend",
    "mends",
    "mended",
    "by itself",
    "meanwhile",
    "kept",
    "stands",
];

/// Constructions that no text for users contains, in addition to [`PRIVATE`].
const CONSTRUCTIONS: &[&str] = &[
    "all the same",
    "anybody",
    "as they stand",
    "by themselves",
    "for ever",
    "go on with",
    "goes on with",
    "gone on with",
    "good for",
    "hand over",
    "handed over",
    "has begun",
    "in vain",
    "is spoken to",
    "means nothing",
    "not begun",
    "nothing is known",
    "nothing says",
    "seen to",
    "take it away",
    "taken away",
    "was begun",
    "was broken off",
    "was cut off",
];

/// The comments of each crate that ships.
#[derive(Debug, Default)]
pub(super) struct Comments {
    by_crate: BTreeMap<String, Count>,
}

#[derive(Debug, Default)]
struct Count {
    lines: usize,
    found: Vec<String>,
}

impl Comments {
    /// Counts the comment lines of a file, and the private words in them. Tests do not count.
    pub(super) fn read(&mut self, path: &str, text: &str) {
        let Some(name) = crate_of(path) else { return };
        let count = self.by_crate.entry(name.to_owned()).or_default();
        for (number, line) in (1..).zip(text.lines()) {
            if line.trim_start().starts_with("//") {
                count.lines += 1;
                let words = words(line);
                let found =
                    PRIVATE.iter().flat_map(|phrase| std::iter::repeat_n(phrase, times(&words, phrase)));
                count.found.extend(found.map(|phrase| format!("{path}:{number}: `{phrase}` in a comment")));
            }
        }
    }

    /// Every private word of the crates that have too many of them.
    pub(super) fn problems(&self) -> Vec<String> {
        let over = self.by_crate.iter().filter(|(_, count)| count.found.len() * 1000 > count.lines * MOST);
        over.flat_map(|(name, Count { lines, found })| {
            let sum = format!(
                "{name}: {} words of the private vocabulary in {lines} comment lines; at most {MOST} per 1,000",
                found.len(),
            );
            found.iter().cloned().chain([sum])
        })
        .collect()
    }
}

/// The forbidden constructions in the texts of a file that users read: string literals, the help of the command line,
/// and the prose of the documentation.
pub(super) fn problems(path: &str, text: &str) -> Vec<String> {
    let texts = if is_documentation(path) {
        prose(text)
    } else if crate_of(path).is_some() && path.contains("/src/") {
        literals(path, text)
    } else {
        return Vec::new();
    };
    let mut problems = Vec::new();
    for (number, text) in texts {
        let words = words(&text);
        let found = PRIVATE.iter().chain(CONSTRUCTIONS).filter(|phrase| times(&words, phrase) > 0);
        problems.extend(found.map(|phrase| format!("{path}:{number}: `{phrase}` in a text for users")));
    }
    problems
}

/// The crate of a source file that is not a test.
fn crate_of(path: &str) -> Option<&str> {
    let (name, file) = path.strip_prefix("crates/")?.split_once('/')?;
    let is_test = path.contains("/tests") || file.ends_with("/tests.rs");
    (has_extension(file, &["rs"]) && !is_test).then_some(name)
}

fn is_documentation(path: &str) -> bool {
    path == "README.md" || (path.starts_with("docs/") && has_extension(path, &["md"]))
}

/// The lines of a Markdown file outside blocks of code, with their numbers.
fn prose(text: &str) -> Vec<(usize, String)> {
    let mut is_code = false;
    let mut lines = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        } else if !is_code {
            lines.push((number, line.to_owned()));
        }
    }
    lines
}

/// The string literals of a file that may be shown, with their lines. In the files that define the command line, the
/// documentation is its help, so it is included. The tests at the end of a file are not.
fn literals(path: &str, text: &str) -> Vec<(usize, String)> {
    let is_help = path.starts_with("crates/naftiko/src/args");
    let mut rest = text.split_once("#[cfg(test)]\nmod tests {").map_or(text, |(shipped, _)| shipped);
    let mut line = 1;
    let mut found = Vec::new();
    while let Some((code, token, after)) = next_token(rest) {
        line += code.matches('\n').count();
        // The reason of a lint is for developers.
        let is_text = token.starts_with('"') && token.contains(' ') && !code.ends_with("reason = ");
        if is_text || (is_help && token.starts_with("///")) {
            found.push((line, token.replace("\\n", " ")));
        }
        line += token.matches('\n').count();
        rest = after;
    }
    found
}

/// Divides Rust code before and after its first comment or literal. A lifetime, or a division, is a token as well.
fn next_token(text: &str) -> Option<(&str, &str, &str)> {
    let (code, rest) = text.split_at_checked(text.find(['"', '\'', '/'])?)?;
    let end = match rest.as_bytes() {
        [b'/', b'/', ..] => rest.find('\n'),
        [b'/', b'*', ..] => rest.find("*/").map(|at| at + 2),
        [b'"', ..] => end_of_text(code, rest),
        [b'\'', b'\\', ..] => rest.char_indices().skip(3).find(|(_, c)| *c == '\'').map(|(at, _)| at + 1),
        [b'\'', ..] => {
            Some(rest.char_indices().nth(2).filter(|(_, c)| *c == '\'').map_or(1, |(at, _)| at + 1))
        }
        _ => Some(1),
    };
    let (token, after) = rest.split_at_checked(end.unwrap_or(rest.len()))?;
    Some((code, token, after))
}

/// The end of the string literal at the start of `rest`. If `code`, which precedes it, ends with `r#`, it is raw.
fn end_of_text(code: &str, rest: &str) -> Option<usize> {
    let before = code.trim_end_matches('#');
    if before.ends_with('r') {
        let end = format!("\"{}", "#".repeat(code.len() - before.len()));
        return rest.match_indices(&end).map(|(at, _)| at).find(|at| *at > 0).map(|at| at + end.len());
    }
    let mut is_escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// The words of a text in lower case. The names in the holes of a format string are no words.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for part in text.split_inclusive('{') {
        let rest = part.split_once('}').filter(|(hole, _)| is_name(hole)).map_or(part, |(_, rest)| rest);
        let split = rest.split(|c: char| !c.is_alphanumeric() && c != '_');
        words.extend(split.filter(|word| !word.is_empty()).map(str::to_lowercase));
    }
    words
}

/// Whether the content of a hole is a name, perhaps with a format: `said`, `said:?`.
fn is_name(hole: &str) -> bool {
    let name = hole.split_once(':').map_or(hole, |(name, _)| name);
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// How often a phrase of one or more words occurs.
fn times(words: &[String], phrase: &str) -> usize {
    let phrase: Vec<&str> = phrase.split(' ').collect();
    words.windows(phrase.len()).filter(|window| window.iter().eq(&phrase)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comments(path: &str, text: &str) -> Vec<String> {
        let mut comments = Comments::default();
        comments.read(path, text);
        comments.problems()
    }

    #[test]
    fn three_private_words_in_a_thousand_comment_lines_are_accepted_and_four_are_not() {
        let text = |words: usize| {
            "/// Kept.\n".repeat(words) + &"/// A run.\n".repeat(1000 - words) + "let kept = 1;\n"
        };
        assert!(comments("crates/a/src/lib.rs", &text(3)).is_empty());
        let problems = comments("crates/a/src/lib.rs", &text(4));
        assert_eq!(problems.len(), 5);
        assert_eq!(problems.first().unwrap(), "crates/a/src/lib.rs:1: `kept` in a comment");
        assert_eq!(
            problems.last().unwrap(),
            "a: 4 words of the private vocabulary in 1000 comment lines; at most 3 per 1,000"
        );
    }

    #[test]
    fn a_small_crate_is_counted_alone() {
        let mut all = Comments::default();
        all.read("crates/large/src/lib.rs", &"// A run.\n".repeat(5000));
        all.read("crates/small/src/lib.rs", "//! By itself, and by itself.\n");
        assert_eq!(all.problems().len(), 3);
    }

    #[test]
    fn comments_of_tests_and_parts_of_names_do_not_count() {
        for path in
            ["crates/a/tests/b.rs", "crates/a/src/tests.rs", "crates/a/src/tests/b.rs", "xtask/src/a.rs"]
        {
            assert!(comments(path, "// Somebody.\n").is_empty(), "{path}");
        }
        assert!(comments("crates/a/src/lib.rs", "// `kept_runs` and `Keptness`.\n").is_empty());
    }

    fn check(path: &str, text: &str, expected: &[&str]) {
        assert_eq!(problems(path, text), expected);
    }

    #[test]
    fn a_forbidden_construction_in_a_literal_is_found_at_its_line() {
        let text = "fn a() {\n    b(\"it is not Kept\");\n    c(\"the run \\\n       goes on\\nwith it\", r#\"was cut off\"#);\n}\n";
        check(
            "crates/a/src/lib.rs",
            text,
            &[
                "crates/a/src/lib.rs:2: `kept` in a text for users",
                "crates/a/src/lib.rs:3: `goes on with` in a text for users",
                "crates/a/src/lib.rs:4: `was cut off` in a text for users",
            ],
        );
        check("tests/cli/a.rs", text, &[]);
    }

    #[test]
    fn names_reasons_and_tests_are_no_texts_for_users() {
        check(
            "crates/a/src/lib.rs",
            "//! Nobody.\n#![expect(a, reason = \"nobody reads it\")]\nconst A: &str = \"kept\";\nfn a(said: u8) { \
             format!(\"{said:?} is {{said_too}}\") }\n#[cfg(test)]\nmod tests {\nconst B: &str = \"nobody is here\"; }\n",
            &[],
        );
    }

    #[test]
    fn quotes_in_literals_comments_and_lifetimes_do_not_end_a_text() {
        let found = |text: &str| -> Vec<String> {
            literals("crates/a/src/lib.rs", text).into_iter().map(|(_, text)| text).collect()
        };
        assert_eq!(
            found(r#"f::<'a>('"', '\\'', "a \"b"); /* " c" */ g("d e") // " f"#),
            [r#""a \"b""#, r#""d e""#]
        );
        assert_eq!(
            found(r##"g(r#"a "b" c"#, r"d \\", "e f") / 2"##),
            [r##""a "b" c"#"##, r#""d \\""#, r#""e f""#]
        );
    }

    #[test]
    fn the_help_of_the_command_line_is_a_text_for_users() {
        let text = "/// Rules that are off by themselves.\n#[arg(help = \"as they stand\")]\nstruct A<'a>;\n";
        check("crates/a/src/lib.rs", text, &["crates/a/src/lib.rs:2: `as they stand` in a text for users"]);
        check(
            "crates/naftiko/src/args.rs",
            text,
            &[
                "crates/naftiko/src/args.rs:1: `by themselves` in a text for users",
                "crates/naftiko/src/args.rs:2: `as they stand` in a text for users",
            ],
        );
    }

    #[test]
    fn the_prose_of_the_documentation_is_checked_and_its_code_is_not() {
        let text = "Nobody reads it.\n```yaml\nname: nobody\n```\n";
        check("docs/codes/a.md", text, &["docs/codes/a.md:1: `nobody` in a text for users"]);
        check("CHANGELOG.md", text, &[]);
    }
}
