//! Malicious input leads to a diagnostic and exit code 1, never to a panic or an endless loop.

use std::fmt::Write as _;

use crate::command::Folder;

/// Checks a file with this content. The check must end with a diagnostic of this code.
fn refused(content: impl AsRef<[u8]>, code: &str) {
    let folder = Folder::new("0.1", "steps: []\n").with("hostile.yaml", content);
    let ended = folder.naftiko(&["check", "hostile.yaml"]);
    assert_eq!(ended.code, 1, "{code}: {}{}", ended.stdout, ended.stderr);
    assert!(ended.stdout.contains(&format!("error[{code}]")), "{code}: {}", ended.stdout);
    assert!(!ended.stderr.contains("panicked"), "{code}: {}", ended.stderr);
    assert!(ended.stdout.len() < 100_000, "{code}: {} bytes of output", ended.stdout.len());
}

#[test]
fn an_empty_file() {
    refused("", "empty-document");
    refused("\u{feff}\n# nothing\n", "empty-document");
}

#[test]
fn a_binary_file() {
    let bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    refused(bytes, "binary-file");
}

#[test]
fn text_that_is_not_utf8() {
    refused(b"name: caf\xe9\n", "not-utf8");
}

#[test]
fn ten_megabytes_of_brackets() {
    refused("[".repeat(10 * 1024 * 1024), "too-deep");
    refused("{a: ".repeat(2 * 1024 * 1024), "too-deep");
}

#[test]
fn a_file_that_is_too_large() {
    refused("# a long comment\n".repeat(2_200_000), "too-large");
}

#[test]
fn an_alias_bomb() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        let _ = writeln!(bomb, "a{level}: &a{level} [{aliases}]");
    }
    refused(bomb, "alias-bomb");
}

#[test]
fn two_documents() {
    refused("a: 1\n---\nb: 2\n", "multiple-documents");
}

#[test]
fn a_very_deep_expression() {
    for bracket in ["(", "[", "!"] {
        let source = bracket.repeat(30_000);
        let body =
            format!("steps: [{{id: ask, external: true}}]\noutputs:\n  - {{name: o, source: '{source}'}}\n");
        let ended = Folder::new("0.2", &body).naftiko(&["check", "composition.yaml"]);
        assert_eq!(ended.code, 1, "{bracket}");
        assert!(ended.stdout.contains("error[expression-syntax]"), "{bracket}");
        assert!(ended.stdout.len() < 10_000, "{bracket}: {} bytes of output", ended.stdout.len());
    }
}

#[test]
fn a_hundred_thousand_steps() {
    let mut body = String::from("inputs: [{name: name, type: string, required: true}]\nsteps:\n");
    for step in 0..100_000 {
        let _ = writeln!(body, "  - {{id: step-{step}, external: true}}");
    }
    let folder = Folder::new("0.1", &body);
    let ended = folder.naftiko(&["check", "composition.yaml"]);
    assert_eq!(ended.code, 0, "{}", ended.stdout);
    let ended = folder.naftiko(&["plan", "composition.yaml"]);
    assert_eq!(ended.code, 0);
    assert_eq!(ended.stdout.lines().filter(|line| line.contains("external")).count(), 100_000);
}
