//! Comments and their positions.

use crate::comments;
use naftiko_diagnostics::SourceMap;

fn found(text: &str) -> Vec<(String, bool)> {
    let mut sources = SourceMap::new();
    let file = sources.add("a.yaml", text);
    comments(text, file)
        .into_iter()
        .map(|comment| (sources.text(comment.span).to_owned(), comment.alone))
        .collect()
}

#[test]
fn comments_are_found_and_what_looks_like_one_is_not() {
    let text = "# head\r\na: b # right\nc: 'x # no'\nd: |\n  # no\n  text\n# between\ne: {f: g, # in braces\n  h: i}\nj: k#no\n  # last";
    let expected =
        [("# head", true), ("# right", false), ("# between", true), ("# in braces", false), ("# last", true)];
    assert_eq!(found(text), expected.map(|(text, alone)| (text.to_owned(), alone)));
}

#[test]
fn many_comments_and_broken_texts_are_no_trouble() {
    let many = "- a\n".to_owned() + &"# x\n".repeat(500) + "- b\n";
    assert_eq!(found(&many).len(), 500);
    assert_eq!(found("# one\na: b: c # two\n").first().map(|(text, _)| text.as_str()), Some("# one"));
    assert_eq!(found(""), []);
    assert_eq!(found("a: *nowhere # still\n").len(), 1);
}
