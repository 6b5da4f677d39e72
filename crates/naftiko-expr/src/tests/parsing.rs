//! Parsing: text → tree, and the problems of texts that are not expressions.

use std::fmt::Write as _;

use crate::{CODES, Expr, ExprKind, Expression, FUNCTIONS, Root, Segment, is_step_name};
use insta::assert_snapshot;
use naftiko_diagnostics::{Applicability, SourceMap, Span};
use proptest::prelude::*;

use crate::tests::world::show;

/// The tree with its grouping made visible.
fn grouped(expr: &Expr) -> String {
    let children: Vec<String> = expr.children().into_iter().map(grouped).collect();
    match &expr.kind {
        ExprKind::Logical(operator, _) => format!("({})", children.join(&format!(" {} ", operator.as_str()))),
        ExprKind::Comparison(comparison) => {
            format!("({})", children.join(&format!(" {} ", comparison.comparator.as_str())))
        }
        ExprKind::Not(_) => format!("!{}", children.concat()),
        _ => expr.to_string(),
    }
}

fn tree(text: &str) -> String {
    grouped(Expression::parse(text).unwrap().root())
}

fn problems(texts: &[&str]) -> String {
    let mut shown = String::new();
    for text in texts {
        let problem = Expression::parse(text).expect_err(text);
        writeln!(shown, "{}", show(text, &problem)).unwrap();
        if let Some(replacement) = &problem.replacement {
            let mut fixed = (*text).to_owned();
            fixed.replace_range(replacement.0.clone(), &replacement.1);
            let again = Expression::parse(&fixed).err().map(|problem| problem.range.start);
            assert!(
                again.is_none_or(|at| at > problem.range.start),
                "the fix of {text} does not mend: {fixed}"
            );
        }
    }
    shown
}

#[test]
fn operators_bind_as_documented() {
    assert_eq!(tree("a || b && c"), "(a || (b && c))");
    assert_eq!(tree("a && b || c && d"), "((a && b) || (c && d))");
    assert_eq!(tree("a && b == c"), "(a && (b == c))");
    assert_eq!(tree("a ?? b == c ?? d"), "((a ?? b) == (c ?? d))");
    assert_eq!(tree("a ?? b ?? c"), "(a ?? b ?? c)");
    assert_eq!(tree("!a == b"), "(!a == b)");
    assert_eq!(tree("!!a.b"), "!!a.b");
    assert_eq!(tree("a in b || c"), "((a in b) || c)");
    assert_eq!(tree("(a || b) && c"), "((a || b) && c)");
    assert_eq!(tree("a<b&&c>=d"), "((a < b) && (c >= d))");
}

#[test]
fn names_may_hold_hyphens_and_begin_with_a_digit() {
    assert_eq!(tree("create-organization.id"), "create-organization.id");
    assert_eq!(tree("a--b.c-d"), "a--b.c-d");
    assert_eq!(tree("2fa-setup.id"), "2fa-setup.id");
    assert_eq!(tree("1-2"), "1-2");
    assert_eq!(tree("été.größe"), "été.größe");
    assert_eq!(tree("-1"), "-1");
    assert_eq!(tree("1.50"), "1.5");
    assert_eq!(tree("a == -1"), "(a == -1)");
    assert_eq!(tree("in in in-a"), "(in in in-a)");
    assert_eq!(tree("a.true"), "a.true");
}

#[test]
fn paths_read_every_way() {
    assert_eq!(tree("a['any key'][\"k\"][0][-1][*].b"), "a['any key'].k[0][-1][*].b");
    assert_eq!(
        tree("a[? @.b == 'x' && exists(@.c[? @ > 1])].d"),
        "a[? @.b == 'x' && exists(@.c[? @ > 1])].d"
    );
    assert_eq!(tree("first(a[?(@.b)]).id"), "first(a[? @.b]).id");
    assert_eq!(tree("(a[*].b)[0]"), "(a[*].b)[0]");
    assert_eq!(tree(" a\n . b [ 0 ] "), "a.b[0]");
    assert_eq!(tree("[1, 'a', [true, null]]"), "[1, 'a', [true, null]]");
}

#[test]
fn strings_have_the_escapes_of_json() {
    assert_eq!(tree(r#""it's""#), r"'it\'s'");
    assert_eq!(tree(r"'\u00e9\ud83d\ude00\\\n\/'"), r"'é😀\\\n/'");
}

#[test]
fn habits_are_recognized() {
    assert_snapshot!(problems(&[
        "a = 'x'",
        "a === 'x'",
        "a !== 'x'",
        "a => 1",
        "a <> 1",
        "a and b",
        "a OR b",
        "not a",
        "not(a)",
        "a not in b",
        "a is null",
        "a & b",
        "a | lower",
        "a ? b : c",
        "a + 1",
        "a - b",
        "len(a) -1",
        "-a",
        "a * 2",
        "'a' + b",
        "$.data[0].id",
        "$steps.a.outputs.b",
        "${a.b}",
        " ${ a.b } ",
        "{{ a.b }}",
        "${{ a.b }}",
        "a == {{ b }}",
        "a == ${b}",
        "{a: 1}",
        "a.[0]",
        "a.*",
        "a..b",
        "a?.b",
        "a.length()",
        "a[0:2]",
        "“x”",
        "a == `x`",
        "@.a",
        "a[? @.b][@.c]",
    ]));
}

#[test]
fn everything_else_says_what_was_expected() {
    assert_snapshot!(problems(&[
        "",
        "   ",
        "a.",
        "a[",
        "a[]",
        "a[b]",
        "a[1.5]",
        "a[99999999999999999999]",
        "a ==",
        "a == == b",
        "|| a",
        "a b",
        "a 'b'",
        "(a",
        "(a || (b",
        "a)",
        "[a, b",
        "[a,]",
        "first(a",
        "first(a b)",
        "a[? ]",
        "a[? @.b",
        "'abc",
        "a == \"it's",
        r"'a\qb'",
        r"'\u12'",
        r"'\ud800'",
        "1e999",
        "a < b < c",
        "a == b == c && d",
        "a ; b",
        "a # b",
    ]));
}

#[test]
fn functions_are_checked_by_name_and_count() {
    assert_snapshot!(problems(&[
        "lenght(a)",
        "startswith(a, 'x')",
        "frobnicate(a)",
        "concat(a, b)",
        "len()",
        "contains(a)",
        "first(a, b)",
    ]));
}

#[test]
fn the_table_of_functions_is_the_one_in_the_language() {
    let names: Vec<&str> = FUNCTIONS.iter().map(crate::Function::name).collect();
    let language = "len exists first last contains startsWith endsWith matches lower upper trim join split toString toNumber";
    assert_eq!(names.join(" "), language);
}

#[test]
fn codes_are_unlike_each_other_and_kebab_case() {
    let mut ids: Vec<&str> = CODES.iter().map(|code| code.id).collect();
    assert!(ids.iter().all(|id| id.chars().all(|c| c.is_ascii_lowercase() || c == '-')));
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), CODES.len());
}

#[test]
fn references_come_in_order_with_their_places() {
    let text = "first(a.b[? @.c == inputs.d]).e ?? response.body['x'][0][*].y";
    let expression = Expression::parse(text).unwrap();
    let references = expression.references();
    let at = |range: &std::ops::Range<usize>| text.get(range.clone()).unwrap();
    let shown: Vec<&str> = references.iter().map(|reference| at(&reference.range)).collect();
    assert_eq!(shown, ["a.b[? @.c == inputs.d]", "inputs.d", "response.body['x'][0][*].y"]);
    assert_eq!(references[0].root, Root::Step("a".to_owned()));
    assert_eq!(references[0].fixed_path(), [Segment::Field("b".to_owned())]);
    assert_eq!(at(&references[2].root_range), "response");
    assert_eq!(at(&references[2].segments[1].1), "['x']");
    assert_eq!(references[2].fixed_path().len(), 3);
}

#[test]
fn paths_can_be_built() {
    let segments =
        [Segment::Field("odd name".to_owned()), Segment::Index(-1), Segment::Field("id".to_owned())];
    let built = Expression::path(&Root::Inputs, &segments);
    assert_eq!(built.text(), "inputs['odd name'][-1].id");
    assert_eq!(Expression::parse(built.text()), Ok(built));
}

#[test]
fn a_step_has_to_be_named_so_that_it_can_be_read() {
    for name in ["create-organization", "2fa", "a_b", "steps", "len"] {
        assert!(is_step_name(name), "{name}");
    }
    for name in ["", "inputs", "run", "true", "null", "12", "1.5", "-1", "a b", "a.b", "a-", "-a", "a/b"] {
        assert!(!is_step_name(name), "{name}");
    }
}

#[test]
fn an_expression_is_stored_as_its_text() {
    let expression = Expression::parse(" a.b ?? 'x'").unwrap();
    let stored = serde_json::to_string(&expression).unwrap();
    assert_eq!(stored, "\" a.b ?? 'x'\"");
    assert_eq!(serde_json::from_str::<Expression>(&stored).unwrap(), expression);
    assert!(serde_json::from_str::<Expression>("\"a ==\"").is_err());
}

/// Texts that resemble expressions more often than random texts.
fn likely() -> impl Strategy<Value = String> {
    let tokens = prop::sample::select(vec![
        "a", "inputs", ".b", "['c']", "[0]", "[*]", "[?", "]", "(", ")", "first(", "len(", ",", "@", "!",
        "||", "&&", "??", "==", "<", " in ", "'x'", "\"y\"", "'", "\\", "1", "-", "-2", " ", "true", "null",
        "${", "}", "{{", "$", "é", "\u{0}", "and", "=", ".", "*",
    ]);
    prop::collection::vec(tokens, 0..24).prop_map(|tokens| tokens.concat())
}

fn check_total(text: &str) -> Result<(), TestCaseError> {
    match Expression::parse(text) {
        Ok(expression) => {
            prop_assert_eq!(expression.to_string(), text);
            prop_assert_eq!(Expression::parse(&expression.to_string()), Ok(expression.clone()));
            let printed = expression.root().to_string();
            let again = Expression::parse(&printed)
                .map_err(|problem| TestCaseError::fail(format!("{printed}: {problem:?}")))?;
            prop_assert_eq!(again.root().to_string(), printed);
            prop_assert_eq!(grouped(again.root()), grouped(expression.root()));
        }
        Err(problem) => {
            prop_assert!(text.get(problem.range.clone()).is_some(), "{:?}", problem);
            prop_assert!(!problem.message.is_empty() && !problem.message.contains('\n'));
            if let Some(replacement) = &problem.replacement {
                prop_assert!(text.get(replacement.0.clone()).is_some());
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_answered(text in any::<String>()) {
        check_total(&text)?;
    }

    #[test]
    fn any_likely_text_is_answered_and_reads_the_same_again(text in likely()) {
        check_total(&text)?;
    }
}

#[test]
fn a_problem_becomes_a_diagnostic_where_its_text_stands() {
    let mut files = SourceMap::new();
    let file = files.add("c.yaml", "when: a = lenn(b)");
    let locate = |range: std::ops::Range<usize>| Span::new(file, range.start + 6..range.end + 6);
    let slip = Expression::parse("a = lenn(b)").unwrap_err().into_diagnostic(&locate);
    assert_eq!((slip.code.id, files.text(slip.primary.span)), ("expression-syntax", "="));
    let fix = slip.fix.unwrap();
    assert_eq!((fix.title.as_str(), fix.applicability), ("replace it by `==`", Applicability::Safe));
    assert_eq!(files.text(fix.edits[0].span), "=");
    let guess = Expression::parse("a == lenn(b)").unwrap_err().into_diagnostic(&locate);
    assert_eq!(guess.code.id, "unknown-function");
    assert_eq!(guess.fix.unwrap().applicability, Applicability::Unsafe);
}
