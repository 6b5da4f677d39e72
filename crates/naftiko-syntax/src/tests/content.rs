//! Diagnostics for valid YAML that cannot be used as it is: keys, tags, numbers, whole files.

use crate::tests::render::{told, told_of_bytes};

#[test]
fn a_key_stands_once() {
    insta::assert_snapshot!(told("a: 1\nb: {c: 1, \"c\": 2}\na: 2\n"), @r#"
    2:11-14 duplicate-key: key `c` occurs twice in this mapping
        | help: remove one of the two, or rename it
        | 2:5-6 the first one, whose value is used
    3:1-2 duplicate-key: key `a` occurs twice in this mapping
        | help: remove one of the two, or rename it
        | 1:1-2 the first one, whose value is used
    "#);
    insta::assert_snapshot!(told("x:\n  1: a\n  '1': b\n"), @r#"
    3:3-6 duplicate-key: key `1` occurs twice in this mapping
        | help: remove one of the two, or rename it
        | 2:3-4 the first one, whose value is used
    "#);
}

#[test]
fn one_document_a_file() {
    insta::assert_snapshot!(told("a: 1\n---\nb: 2\n"), @r#"
    2:1-4 multiple-documents: a second document begins here
        | help: keep one document in a file; only the first is read
    "#);
    insta::assert_snapshot!(told("a: 1\n...\nb\n"), @r#"
    3:1-2 multiple-documents: a second document begins here
        | help: keep one document in a file; only the first is read
    "#);
    insta::assert_snapshot!(told("--- a\n---\n"), @r#"
    2:1-4 multiple-documents: a second document begins here
        | help: keep one document in a file; only the first is read
    "#);
}

#[test]
fn a_document_holds_a_value() {
    insta::assert_snapshot!(told(""), @r#"1:1-1 empty-document: the file is empty"#);
    insta::assert_snapshot!(told("# only\n"), @r#"1:1-1 empty-document: the file is empty"#);
    insta::assert_snapshot!(told("---\n"), @r#"
    1:4-4 empty-document: the document is empty
        | help: write a value below the `---`, or remove the file
    "#);
    insta::assert_snapshot!(told("\n---\n...\n"), @r#"
    2:4-4 empty-document: the document is empty
        | help: write a value below the `---`, or remove the file
    "#);
}

#[test]
fn a_key_is_text() {
    insta::assert_snapshot!(told("? [a]\n: 1\n"), @r#"
    1:3-6 non-string-key: a list or mapping cannot be a key
        | help: write the key as text, in quotes if necessary
    "#);
    insta::assert_snapshot!(told("{a: 1}: 2\n"), @r#"
    1:1-7 non-string-key: a list or mapping cannot be a key
        | help: write the key as text, in quotes if necessary
    "#);
    insta::assert_snapshot!(told(": 1\n"), @r#"
    1:1-1 non-string-key: the key before `:` is missing
        | help: write the key as text, in quotes if necessary
    "#);
    insta::assert_snapshot!(told("a: &x [1]\n*x : 2\n"), @r#"
    2:1-3 non-string-key: a list or mapping cannot be a key
        | help: write the key as text, in quotes if necessary
    "#);
}

#[test]
fn tags_are_known_and_fit() {
    insta::assert_snapshot!(told("a: !Ref x\n"), @r#"1:4-8 unknown-tag: tag `!Ref` is not known and is ignored"#);
    insta::assert_snapshot!(told("a: !!int abc\nb: !!seq {}\nc: !!str [1]\nd: !!set {}\n"), @r#"
    1:4-9 tag-mismatch: `abc` does not match the tag `!!int`
        | help: remove the tag, or write a value it fits
    2:4-9 tag-mismatch: a mapping does not match the tag `!!seq`
        | help: remove the tag, or write a value it fits
    3:4-9 tag-mismatch: a list does not match the tag `!!str`
        | help: remove the tag, or write a value it fits
    4:4-9 unknown-tag: tag `!!set` is not known and is ignored
    "#);
    insta::assert_snapshot!(told("!!int a: 1\n"), @r#""#);
}

#[test]
fn numbers_fit_json() {
    insta::assert_snapshot!(told("a: 12345678901234567890123\nb: -.inf\nc: .NaN\nd: 1e999\ne: 10000000000000000000000\nf: !!int 99999999999999999999\n"), @r#"
    1:4-27 inexact-number: `12345678901234567890123` has more digits than a JSON number can represent, and is read as text
        | help: write it in quotes if it is text
        | Safe fix: write it in quotes = 1:4-27 `'12345678901234567890123'`
    2:4-9 not-a-json-number: `-.inf` is not a JSON number, and is read as text
        | help: write it in quotes if it is text
        | Safe fix: write it in quotes = 2:4-9 `'-.inf'`
    3:4-8 not-a-json-number: `.NaN` is not a JSON number, and is read as text
        | help: write it in quotes if it is text
        | Safe fix: write it in quotes = 3:4-8 `'.NaN'`
    4:4-9 not-a-json-number: `1e999` is not a JSON number, and is read as text
        | help: write it in quotes if it is text
        | Safe fix: write it in quotes = 4:4-9 `'1e999'`
    6:10-30 inexact-number: `99999999999999999999` has more digits than a JSON number can represent, and is read as text
        | help: write it in quotes if it is text
        | Safe fix: write it in quotes = 6:10-30 `'99999999999999999999'`
    "#);
}

#[test]
fn an_alias_cannot_hold_itself() {
    insta::assert_snapshot!(told("a: &x [1, *x]\n"), @r#"1:11-13 alias-bomb: `*x` is inside the value that it names, which would be infinite"#);
    insta::assert_snapshot!(told("&x a: {b: &x {c: *x}}\n"), @r#"1:18-20 alias-bomb: `*x` is inside the value that it names, which would be infinite"#);
}

#[test]
fn a_file_is_text() {
    let told = |bytes: &[u8]| told_of_bytes(bytes, &crate::Limits::default());
    insta::assert_snapshot!(told(b"name: caf\xe9\nb: 1\n"), @r#"
    1:10-11 not-utf8: byte 0xE9 is not UTF-8
        | help: save the file as UTF-8 (in Latin-1 this byte is `é`)
    "#);
    insta::assert_snapshot!(told(b"a: \xff"), @r#"
    1:4-5 not-utf8: byte 0xFF is not UTF-8
        | help: save the file as UTF-8 (in Latin-1 this byte is `ÿ`)
    "#);
    insta::assert_snapshot!(told(b"a: \xe2\x82"), @r#"
    1:4-5 not-utf8: byte 0xE2 is not UTF-8
        | help: save the file as UTF-8 (in Latin-1 this byte is `â`)
    "#);
    insta::assert_snapshot!(told(b"\xff\xfea\0:\0"), @r#"
    1:1-1 not-utf8: the file is UTF-16, not UTF-8
        | help: save the file as UTF-8
    "#);
    insta::assert_snapshot!(told(b"a: b\0c"), @r#"1:1-1 binary-file: the file is binary, not YAML"#);
    insta::assert_snapshot!(told(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), @r#"1:1-1 binary-file: the file is binary, not YAML"#);
    insta::assert_snapshot!(told(b"\xEF\xBB\xBF"), @r#"1:1-1 empty-document: the file is empty"#);
    insta::assert_snapshot!(told(b"\xEF\xBB\xBFa: \xe9\n"), @r#"
    1:4-5 not-utf8: byte 0xE9 is not UTF-8
        | help: save the file as UTF-8 (in Latin-1 this byte is `é`)
    "#);
}
