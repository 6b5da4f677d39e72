//! The complete diagnostics for each kind of syntax error.

use crate::tests::render::{diagnostics, told};

#[test]
fn tabs_cannot_indent() {
    insta::assert_snapshot!(told("a:\n\tb: 1\n"), @r#"
    2:1-2 yaml-syntax: a tab is used for indentation, which must be spaces
        | help: indent by spaces
        | Unsafe fix: indent by spaces = 2:1-2 `  `
    "#);
    insta::assert_snapshot!(told("a:\n  b: 1\n\tc: 1\n"), @r#"
    3:1-2 yaml-syntax: a tab is used for indentation, which must be spaces
        | help: indent by spaces
        | Unsafe fix: indent by spaces = 3:1-2 `  `
    "#);
    insta::assert_snapshot!(told("a: |\n\tb\n"), @r#"
    2:1-2 yaml-syntax: a tab is used for indentation, which must be spaces
        | help: indent by spaces
        | Unsafe fix: indent by spaces = 2:1-2 `  `
    "#);
    insta::assert_snapshot!(told("a:\n  - x\n \t - y\n"), @r#"
    3:2-3 yaml-syntax: a tab is used for indentation, which must be spaces
        | help: indent by spaces
        | Unsafe fix: indent by spaces = 3:1-4 `    `
    "#);
}

#[test]
fn a_template_in_braces_or_brackets_needs_quotes() {
    insta::assert_snapshot!(told("args: {x: ${inputs.y}}\n"), @r#"
    1:11-22 yaml-syntax: `${` is not quoted inside `{…}`, where `{` opens a mapping
        | help: write the value in quotes: '${inputs.y}'
        | Safe fix: write the value in quotes = 1:11-22 `'${inputs.y}'`
    "#);
    insta::assert_snapshot!(told("args: {x: a-${inputs.y}-b, z: 1}\n"), @r#"
    1:11-26 yaml-syntax: `${` is not quoted inside `{…}`, where `{` opens a mapping
        | help: write the value in quotes: 'a-${inputs.y}-b'
        | Safe fix: write the value in quotes = 1:11-26 `'a-${inputs.y}-b'`
    "#);
    insta::assert_snapshot!(told("args: [${a['k']}, 2]\n"), @r#"
    1:8-17 yaml-syntax: `${` is not quoted inside `[…]`, where `{` opens a mapping
        | help: write the value in quotes: '${a[''k'']}'
        | Safe fix: write the value in quotes = 1:8-17 `'${a[''k'']}'`
    "#);
    insta::assert_snapshot!(told("args: {x: ${inputs.y\n"), @r#"
    1:11-13 yaml-syntax: `${` is not quoted inside `{…}`, where `{` opens a mapping
        | help: write the value in quotes
    "#);
}

#[test]
fn double_braces_need_quotes() {
    insta::assert_snapshot!(told("a: {{ x }}\n"), @r#"
    1:4-11 yaml-syntax: `{{ x }}` is not quoted, and `{` opens a mapping
        | help: write the value in quotes: '{{ x }}'
        | Safe fix: write the value in quotes = 1:4-11 `'{{ x }}'`
    "#);
    insta::assert_snapshot!(told("a: {{ x }}/y\nb: 1\n"), @r#"
    1:4-11 yaml-syntax: `{{ x }}` is not quoted, and `{` opens a mapping
        | help: write the value in quotes: '{{ x }}/y'
        | Safe fix: write the value in quotes = 1:4-13 `'{{ x }}/y'`
    "#);
    insta::assert_snapshot!(told("a: [{{ x }}]\n"), @r#"
    1:5-12 yaml-syntax: `{{ x }}` is not quoted, and `{` opens a mapping
        | help: write the value in quotes: '{{ x }}'
        | Safe fix: write the value in quotes = 1:5-12 `'{{ x }}'`
    "#);
    insta::assert_snapshot!(told("{{ x }}: 1\n"), @r#"
    1:1-8 yaml-syntax: `{{ x }}` is not quoted, and `{` opens a mapping
        | help: write the value in quotes: '{{ x }}'
        | Safe fix: write the value in quotes = 1:1-8 `'{{ x }}'`
    "#);
}

#[test]
fn a_colon_in_a_value_needs_quotes() {
    insta::assert_snapshot!(told("description: Note: x # why\nb: 1\n"), @r#"
    1:18-19 yaml-syntax: an unquoted value contains `: `
        | help: write the value in quotes: 'Note: x'
        | Unsafe fix: write the value in quotes = 1:14-21 `'Note: x'`
    "#);
    insta::assert_snapshot!(told("- note: it's: y\n"), @r#"
    1:13-14 yaml-syntax: an unquoted value contains `: `
        | help: write the value in quotes: 'it''s: y'
        | Unsafe fix: write the value in quotes = 1:9-16 `'it''s: y'`
    "#);
    insta::assert_snapshot!(told("a: 'x': y\n"), @r#"
    1:7-10 yaml-syntax: text follows the closing quote
        | help: put the whole value in quotes
    "#);
    insta::assert_snapshot!(told("a: one: two\n  three\n"), @r#"
    1:7-8 yaml-syntax: an unquoted value contains `: `
        | help: write the value in quotes
    "#);
}

#[test]
fn some_characters_cannot_begin_a_value() {
    insta::assert_snapshot!(told("a: @foo\n"), @r#"
    1:4-5 yaml-syntax: `@` cannot begin an unquoted value
        | help: write the value in quotes: '@foo'
        | Safe fix: write the value in quotes = 1:4-8 `'@foo'`
    "#);
    insta::assert_snapshot!(told("a: `foo`\n"), @r#"
    1:4-5 yaml-syntax: a backtick cannot begin an unquoted value
        | help: write the value in quotes: '`foo`'
        | Safe fix: write the value in quotes = 1:4-9 `'`foo`'`
    "#);
    insta::assert_snapshot!(told("a: [%foo, 1]\n"), @r#"
    1:5-6 yaml-syntax: `%` cannot begin an unquoted value
        | help: write the value in quotes: '%foo'
        | Safe fix: write the value in quotes = 1:5-9 `'%foo'`
    "#);
    insta::assert_snapshot!(told("a: * foo\n"), @r#"
    1:4-5 yaml-syntax: `*` cannot begin an unquoted value
        | help: write the value in quotes: '* foo'
        | Safe fix: write the value in quotes = 1:4-9 `'* foo'`
    "#);
    insta::assert_snapshot!(told("a: & b\n"), @r#"
    1:4-5 yaml-syntax: `&` cannot begin an unquoted value
        | help: write the value in quotes: '& b'
        | Safe fix: write the value in quotes = 1:4-7 `'& b'`
    "#);
    insta::assert_snapshot!(told("a: [|]\n"), @r#"
    1:5-6 yaml-syntax: `|` cannot begin an unquoted value
        | help: write the value in quotes: '|'
        | Safe fix: write the value in quotes = 1:5-6 `'|'`
    "#);
}

#[test]
fn an_undefined_alias_is_a_slip_or_a_text() {
    insta::assert_snapshot!(told("base: &base 1\nb: *bsae\n"), @r#"
    2:4-9 undefined-alias: `*bsae` names no anchor
        | help: did you mean `*base`
        | Unsafe fix: replace it by `*base` = 2:4-9 `*base`
    "#);
    insta::assert_snapshot!(told("a: *.json\n"), @r#"
    1:4-10 undefined-alias: `*.json` names no anchor
        | help: write the value in quotes: '*.json'
        | Unsafe fix: write the value in quotes = 1:4-10 `'*.json'`
    "#);
    insta::assert_snapshot!(told("a: *foo bar: x\n"), @r#"
    1:4-8 undefined-alias: `*foo` names no anchor
        | help: write the value in quotes: '*foo bar: x'
        | Unsafe fix: write the value in quotes = 1:4-15 `'*foo bar: x'`
    "#);
    insta::assert_snapshot!(told("*a : 1\n"), @r#"
    1:1-3 undefined-alias: `*a` names no anchor
        | help: write the value in quotes: '*a'
        | Unsafe fix: write the value in quotes = 1:1-3 `'*a'`
    "#);
    insta::assert_snapshot!(told("[*a, {b: *c}]\n"), @r#"
    1:2-4 undefined-alias: `*a` names no anchor
        | help: write the value in quotes: '*a'
        | Unsafe fix: write the value in quotes = 1:2-4 `'*a'`
    1:10-12 undefined-alias: `*c` names no anchor
        | help: write the value in quotes: '*c'
        | Unsafe fix: write the value in quotes = 1:10-12 `'*c'`
    "#);
}

#[test]
fn a_quote_must_close() {
    insta::assert_snapshot!(told("a: 'unclosed\nb: 1\n"), @r#"
    1:4-13 yaml-syntax: the quote `'` is not closed
        | help: write `'` at the end of the text; indent its further lines deeper than its key
    "#);
    insta::assert_snapshot!(told("a: \"unclosed\nb: 'x'\n"), @r#"
    1:4-13 yaml-syntax: the quote `"` is not closed
        | help: write `"` at the end of the text; indent its further lines deeper than its key
    "#);
    insta::assert_snapshot!(told("a: \"never\n  closed\n"), @r#"
    1:4-10 yaml-syntax: the quote `"` is not closed
        | help: write `"` at the end of the text; indent its further lines deeper than its key
    "#);
    insta::assert_snapshot!(told("{\"a\": \"b\n}\n"), @r#"
    1:7-9 yaml-syntax: the quote `"` is not closed
        | help: write `"` at the end of the text; indent its further lines deeper than its key
    "#);
    insta::assert_snapshot!(told("a: \"x\n---\n"), @r#"
    1:4-6 yaml-syntax: the quote `"` is not closed
        | help: write `"` at the end of the text; indent its further lines deeper than its key
    "#);
}

#[test]
fn a_quote_must_not_close_early() {
    insta::assert_snapshot!(told("a: 'it's'\nb: 1\n"), @r#"
    1:8-10 yaml-syntax: `s'` follows the closing quote
        | help: write a `'` that belongs to the text twice, or the whole value in one pair of quotes
        | Unsafe fix: escape the quotes inside = 1:4-10 `'it''s'`
    "#);
    insta::assert_snapshot!(told("- \"say \"hi\"\"\n"), @r#"
    1:9-13 yaml-syntax: `hi""` follows the closing quote
        | help: write a `"` that belongs to the text as `\"`, or the whole value in one pair of quotes
        | Unsafe fix: escape the quotes inside = 1:3-13 `"say \"hi\""`
    "#);
    insta::assert_snapshot!(told("a: 'b'c\n"), @r#"
    1:7-8 yaml-syntax: `c` follows the closing quote
        | help: write a `'` that belongs to the text twice, or the whole value in one pair of quotes
    "#);
}

#[test]
fn an_escape_must_be_known() {
    insta::assert_snapshot!(told("a: \"C:\\dir\"\n"), @r#"
    1:7-9 yaml-syntax: `\d` is not an escape of YAML
        | help: write `\\` for a backslash, or use single quotes, which know no escapes
        | Unsafe fix: double the backslash = 1:7-7 `\`
    "#);
    insta::assert_snapshot!(told("a: \"\\ud800\"\n"), @r#"
    1:5-11 yaml-syntax: `\ud800` names no character
        | help: write `\\` for a backslash, or use single quotes, which know no escapes
        | Unsafe fix: double the backslash = 1:5-5 `\`
    "#);
    insta::assert_snapshot!(told("a: \"\\udc00\"\n"), @r#"
    1:5-11 yaml-syntax: `\udc00` names no character
        | help: write `\\` for a backslash, or use single quotes, which know no escapes
        | Unsafe fix: double the backslash = 1:5-5 `\`
    "#);
    insta::assert_snapshot!(told("a: \"ok \\n \\ud83d\\u0041\"\n"), @r#"
    1:11-17 yaml-syntax: `\ud83d` names no character
        | help: write `\\` for a backslash, or use single quotes, which know no escapes
        | Unsafe fix: double the backslash = 1:11-11 `\`
    "#);
    insta::assert_snapshot!(told("a: \"\\x4\"\n"), @r#"
    1:5-8 yaml-syntax: `\x4` names no character
        | help: write `\\` for a backslash, or use single quotes, which know no escapes
        | Unsafe fix: double the backslash = 1:5-5 `\`
    "#);
    insta::assert_snapshot!(told("a: \"\\U00110000\"\n"), @r#"
    1:5-15 yaml-syntax: `\U00110000` names no character
        | help: write `\\` for a backslash, or use single quotes, which know no escapes
        | Unsafe fix: double the backslash = 1:5-5 `\`
    "#);
}

#[test]
fn indentation_must_fit() {
    insta::assert_snapshot!(told("a: 1\n b: 2\n"), @r#"
    2:2-3 yaml-syntax: `b` is indented deeper than the key above it, which has its value
        | help: indent it by 0 spaces, or remove the value above
        | Unsafe fix: indent by 0 = 2:1-2 ``
        | 1:1-4 the key above
    "#);
    insta::assert_snapshot!(told("a:\n    b: 1\n  c: 2\n"), @r#"
    3:3-7 yaml-syntax: no open list or mapping is indented by 2
        | help: indent it by `0` or `4` spaces
    "#);
    insta::assert_snapshot!(told("a:\n  - x\n - y\n"), @r#"
    3:2-5 yaml-syntax: no open list or mapping is indented by 1
        | help: indent it by `0`, `2` or `4` spaces
    "#);
    insta::assert_snapshot!(told("steps:\n  - id: a\n   operation: b\n"), @r#"
    3:4-16 yaml-syntax: no open list or mapping is indented by 3
        | help: indent it by `0`, `2` or `4` spaces
    "#);
    insta::assert_snapshot!(told("steps:\r\n  - id: a\r\n      operation: b\r\n"), @r#"
    3:7-16 yaml-syntax: `operation` is indented deeper than the key above it, which has its value
        | help: indent it by 4 spaces, or remove the value above
        | Unsafe fix: indent by 4 = 3:1-7 `    `
        | 2:3-9 the key above
    "#);
    insta::assert_snapshot!(told("a: |\n  b\n c\n"), @r#"
    3:2-3 yaml-syntax: no open list or mapping is indented by 1
        | help: indent it by `0` or `2` spaces
    "#);
    insta::assert_snapshot!(told("key: value\n  more: x\n"), @r#"
    2:3-7 yaml-syntax: `more` is indented deeper than the key above it, which has its value
        | help: indent it by 0 spaces, or remove the value above
        | Unsafe fix: indent by 0 = 2:1-3 ``
        | 1:1-6 the key above
    "#);
}

#[test]
fn a_line_must_be_key_or_item() {
    insta::assert_snapshot!(told("a: 1\nfoo\nb: 2\n"), @r#"
    2:1-4 yaml-syntax: expected `: ` after `foo`
        | help: write `:` after a key; indent a line deeper if it continues the value above
    "#);
    insta::assert_snapshot!(told("foo\nb: 2\n"), @r#"
    1:1-4 yaml-syntax: expected `: ` after `foo`
        | help: write `:` after a key; indent a line deeper if it continues the value above
    "#);
    insta::assert_snapshot!(told("a:b\nc: d\n"), @r#"
    1:1-4 yaml-syntax: expected `: ` after `a:b`
        | help: put a space after `:`
        | Unsafe fix: put a space after `:` = 1:3-3 ` `
    "#);
    insta::assert_snapshot!(told("- a\n-b\n"), @r#"
    2:1-3 yaml-syntax: expected `: ` after `-b`
        | help: put a space after `-`
        | Unsafe fix: put a space after `-` = 2:2-2 ` `
    "#);
    insta::assert_snapshot!(told("a: 1\n- b\n"), @r#"
    2:1-4 yaml-syntax: expected a key, found a list item
        | help: put the items below a key that has no other value
    "#);
    insta::assert_snapshot!(told("- b\na: 1\n"), @r#"
    2:1-5 yaml-syntax: expected a list item, found a key
        | help: begin it with `- `, or indent it like the key it belongs to
    "#);
    insta::assert_snapshot!(told("a: - b\n"), @r#"
    1:4-5 yaml-syntax: `- ` cannot begin a list here
        | help: begin the list on the next line, write it as `[a, b]`, or write a text that begins with `-` in quotes
    "#);
}

#[test]
fn nothing_follows_a_value() {
    insta::assert_snapshot!(told("a: [1] b\n"), @r#"
    1:8-9 yaml-syntax: `b` follows a value that is complete
        | help: begin a new line, or write the whole value in quotes
    "#);
    insta::assert_snapshot!(told("- &x 1\n- *x y\n"), @r#"
    2:6-7 yaml-syntax: `y` follows a value that is complete
        | help: begin a new line, or write the whole value in quotes
    "#);
    insta::assert_snapshot!(told("{\"a\": 1}}\n"), @r#"
    1:9-10 yaml-syntax: `}` closes nothing
        | help: remove it, or write the value in quotes
    "#);
    insta::assert_snapshot!(told("[1]\nb: 2\n"), @r#"
    2:1-5 yaml-syntax: `b: 2` follows a value that is complete
        | help: begin a new line, or write the whole value in quotes
    "#);
    insta::assert_snapshot!(told("x: [\"a\" \"b\"]\n"), @r#"
    1:9-13 yaml-syntax: `"b"]` follows the closing quote
        | help: a `,` is missing between the two values
    "#);
}

#[test]
fn brackets_must_close() {
    insta::assert_snapshot!(told("a: [1, 2\nb: 3\n"), @r#"
    1:4-5 yaml-syntax: `[` is never closed
        | help: write `]` where it ends, or the whole value in quotes
        | 2:1-2 the next key begins before it is closed
    "#);
    insta::assert_snapshot!(told("a: {b: 1\n"), @r#"
    1:4-5 yaml-syntax: `{` is never closed
        | help: write `}` where it ends, or the whole value in quotes
    "#);
    insta::assert_snapshot!(told("a: [1, 2}\n"), @r#"
    1:4-5 yaml-syntax: `[` is closed by `}`
        | help: close it by `]`
    "#);
    insta::assert_snapshot!(told("a: ]\n"), @r#"
    1:4-5 yaml-syntax: `]` closes nothing
        | help: remove it, or write the value in quotes
    "#);
    insta::assert_snapshot!(told("{\"a\": 1 \"b\": 2}\n"), @r#"
    1:12-13 yaml-syntax: expected `,` or `}` in `{…}`, found `:`
        | help: a `,` is missing before the key, or a value with `: ` in it needs quotes
    "#);
    insta::assert_snapshot!(told("[1,, 2]\n"), @r#"
    1:4-5 yaml-syntax: expected a value before `,`
        | help: remove one of the two separators, or write the value
    "#);
    insta::assert_snapshot!(told("a: [{b: 1} {c: 2}]\n"), @r#"
    1:12-13 yaml-syntax: expected `,` or `]` in `[…]`, found `{`
        | help: separate the items by `,`, and write a value with brackets or braces in quotes
    "#);
}

#[test]
fn blocks_of_text_have_rules() {
    insta::assert_snapshot!(told("a: |x\n  b\n"), @r#"
    1:4-6 yaml-syntax: text follows the `|` that begins a block of text
        | help: begin the text on the next line, or write it in quotes
    "#);
    insta::assert_snapshot!(told("a: |\n    b\n   c\n  d\n"), @r#"
    3:4-5 yaml-syntax: no open list or mapping is indented by 3
        | help: indent it by `0` or `4` spaces
    "#);
    insta::assert_snapshot!(told("a: 1 # x\n  b\n"), @r#"
    1:6-9 yaml-syntax: a comment interrupts a value that continues below
        | help: move the comment, or write a `#` that belongs to the value in quotes
    "#);
}

#[test]
fn characters_must_be_printable() {
    insta::assert_snapshot!(told("a: x\u{7}y\n"), @r#"
    1:5-6 yaml-syntax: character U+0007 is not allowed in YAML
        | help: write it as an escape in double quotes, or remove it
    "#);
    insta::assert_snapshot!(told("a: \"é\u{1b}[0m\"\n"), @r#"
    1:6-7 yaml-syntax: character U+001B is not allowed in YAML
        | help: write it as an escape in double quotes, or remove it
    "#);
}

#[test]
fn long_keys_need_a_question_mark() {
    insta::assert_snapshot!(told(&format!("{}: 1\n", "k".repeat(1100))), @r#"
    1:1-1101 yaml-syntax: a key has at most 1024 characters
        | help: begin a longer key with `? `
    "#);
}

#[test]
fn directives_and_tags_have_rules() {
    insta::assert_snapshot!(told("%YAML 3.0\n---\na\n"), @r#"1:1-2 yaml-syntax: unsupported YAML major version"#);
    insta::assert_snapshot!(told("a: !e!x 1\n"), @r#"
    1:4-8 yaml-syntax: the handle of tag `!e!x` is not declared
        | help: declare it by `%TAG`, or write a value that begins with `!` in quotes
    "#);
    insta::assert_snapshot!(told("a: 1\n... x\n"), @r#"2:5-6 yaml-syntax: invalid content after document end marker"#);
    insta::assert_snapshot!(told("a: !<x 1\n"), @r#"
    1:4-7 yaml-syntax: tag `!<x` is not closed by `>`
        | help: close it, or write a value that begins with `!` in quotes
    "#);
}

#[test]
fn a_space_that_indents_nothing_is_named() {
    insta::assert_snapshot!(told("a:\n\u{a0} b: 1\n  c: 2\n"), @"
    2:1-2 yaml-syntax: a no-break space is used for indentation, which must be spaces
        | help: replace it by a space; it often comes with text that was copied from a page
        | Unsafe fix: replace it by spaces = 2:1-2 ` `
    ");
    insta::assert_snapshot!(told("a:\n  b: 1\n\u{3000}\u{3000}c: 2\n   d: 1\n"), @"
    3:1-3 yaml-syntax: the space U+3000 is used for indentation, which must be spaces
        | help: replace it by a space; it often comes with text that was copied from a page
        | Unsafe fix: replace it by spaces = 3:1-3 `  `
    ");
    // Within a value it is an ordinary character.
    insta::assert_snapshot!(told("a: x\u{a0}y\n"), @"");
}

#[test]
fn what_is_offered_mends_the_text() {
    for text in MENDABLE {
        let mut mended = (*text).to_owned();
        for _ in 0..4 {
            let Some(fix) = diagnostics(&mended).into_iter().find_map(|diagnostic| diagnostic.fix) else {
                break;
            };
            for edit in &fix.edits {
                mended.replace_range(edit.span.range(), &edit.replacement);
            }
        }
        assert_eq!(told(&mended), "", "{text} became {mended}");
    }
}

const MENDABLE: &[&str] = &[
    "a:\n\tb: 1\n",
    "a:\n  b: 1\n\tc: 1\n",
    "args: {x: ${inputs.y}}\n",
    "args: {x: a-${inputs.y}-b, y: ${z}}\n",
    "args: [${a['k']}, ${b}${c[0]}]\n",
    "a: {{ x }}/{{ y }}\nb: 1\n",
    "a: [{{ x }}, {b: {{ y }}}]\n",
    "description: Note: x # why\nb: 1\n",
    "- note: it's: y\n",
    "a: @foo\nb: `bar`\nc: [%x]\nd: * e\n",
    "base: &base 1\nb: *bsae\n",
    "a: *.json\nb: [*x, 1]\n*y : 2\n",
    "a: *foo bar: x\n",
    "a: 'it's'\nb: 1\n",
    "- \"say \"hi\"\"\n",
    "a: \"C:\\dir\\x\"\n",
    "a: 1\n b: 2\n",
    "a:b\nc: d\n",
    "- a\n-b\n",
    "a: 12345678901234567890123\nb: .inf\n",
];
