//! What YAML 1.1 reads differently.

use naftiko_diagnostics::SourceMap;
use naftiko_syntax::{Limits, ambiguous_scalars, parse_bytes};

use crate::render::lines;

#[test]
fn plain_words_that_yaml_1_1_reads_differently_are_noted() {
    let text = "on: [no, 'no', Yes, yEs, NO, n]\nmode: 0644\nsize: 1_000\ntime: 12:30\nfine: [0, 10, 1.5, 12:75, 08:30, '12:30', -, no way]\nagain: &x off\nalias: *x\n";
    let mut sources = SourceMap::new();
    let (_, parsed) = parse_bytes("a", text.as_bytes(), &mut sources, &Limits::default());
    let notes = ambiguous_scalars(parsed.root.as_ref().unwrap(), text);
    insta::assert_snapshot!(lines(&notes, &sources));
}
