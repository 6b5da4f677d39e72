//! Diagnostics where reading stops and no small change lets it continue.

use crate::{Limits, parse};
use naftiko_diagnostics::SourceMap;

use crate::tests::render::told;

#[test]
fn a_colon_behind_braces_is_in_no_scalar() {
    insta::assert_snapshot!(told("a:\n  b: {c}: d}\n"), @r#"
    2:9-13 yaml-syntax: `: d}` follows a value that is complete
        | help: begin a new line, or write the whole value in quotes
    "#);
}

#[test]
fn a_fault_that_an_alias_explains_stops_reading_too() {
    let text = "a: *.json files\nb: 1\n";
    let file = SourceMap::new().add("a.yaml", text);
    assert_eq!(parse(text, file, &Limits::default()).stopped_at(), Some(10));
    insta::assert_snapshot!(told(text), @r#"
    1:4-10 undefined-alias: `*.json` names no anchor
        | help: write the value in quotes: '*.json files'
        | Unsafe fix: write the value in quotes = 1:4-16 `'*.json files'`
    "#);
}

#[test]
fn a_colon_in_the_name_of_an_alias_is_no_end_of_a_key() {
    insta::assert_snapshot!(told("x: &a b\n*a: 1\n"), @r#"
    2:1-6 yaml-syntax: expected `: ` after `*a: 1`
        | help: after `*` a `:` is a part of the name: put a space before it, or write the key in quotes
    "#);
    insta::assert_snapshot!(told("x: 1\n&c: 2\n"), @r#"
    2:1-6 yaml-syntax: expected `: ` after `&c: 2`
        | help: after `&` a `:` is a part of the name: put a space before it, or write the key in quotes
    "#);
}
