//! Scalars that YAML 1.1 reads differently.

use crate::{Limits, ambiguous_scalars, parse_bytes};
use naftiko_diagnostics::SourceMap;

use crate::tests::render::lines;

#[test]
fn plain_words_that_yaml_1_1_reads_differently_are_noted() {
    let text = "on: [no, 'no', Yes, yEs, NO, n]\nmode: 0644\nsize: 1_000\ntime: 12:30\nfine: [0, 10, 1.5, 12:75, 08:30, '12:30', -, no way]\nagain: &x off\nalias: *x\n";
    let mut sources = SourceMap::new();
    let (_, parsed) = parse_bytes("a", text.as_bytes(), &mut sources, &Limits::default());
    let notes = ambiguous_scalars(parsed.root.as_ref().unwrap(), text, &[]);
    insta::assert_snapshot!(lines(&notes, &sources));
}

#[test]
fn a_key_that_nobody_chose_is_not_noted() {
    let text = "retry:\n  on: [on]\noff: 1\n";
    let mut sources = SourceMap::new();
    let (_, parsed) = parse_bytes("a", text.as_bytes(), &mut sources, &Limits::default());
    let notes = ambiguous_scalars(parsed.root.as_ref().unwrap(), text, &["on"]);
    insta::assert_snapshot!(lines(&notes, &sources), @"
    2:8-10 yaml-1-1-word: `on` is `true` to readers of YAML 1.1
        | help: write it in quotes if it is text
        | Unsafe fix: write it in quotes = 2:8-10 `'on'`
    3:1-4 yaml-1-1-word: `off` is `false` to readers of YAML 1.1
        | help: write it in quotes if it is text
        | Unsafe fix: write it in quotes = 3:1-4 `'off'`
    ");
}
