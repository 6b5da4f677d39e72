//! Texts built to break a parser: each quickly results in a value or a problem.

use crate::{Bound, EvaluationError, Expression, Template};
use serde_json::{Value, json};

use crate::tests::world::World;

const LONG: usize = 60_000;

#[test]
fn deep_nesting_is_refused_and_not_followed() {
    for opening in ["(", "[", "!", "!(", "a[? ", "len(", "@[?", "((!", "[!", "a['"] {
        for closing in ["", ")", "]", "1"] {
            let text = opening.repeat(LONG / opening.len()) + closing;
            assert!(Expression::parse(&text).is_err(), "{opening}…{closing}");
            assert!(Template::parse_str(&format!("${{{text}}}")).is_err(), "${{{opening}…{closing}}}");
        }
    }
}

#[test]
fn the_deepest_nesting_that_is_allowed_works() {
    let world = World::of_values(json!({"a": [true]}));
    for (opening, inner, closing) in
        [("(", "true", ")"), ("!(", "true", ")"), ("first([", "true", "])"), ("a[? ", "true", "] == a")]
    {
        let most = (1..=65).rev().find_map(|depth| {
            let text = opening.repeat(depth) + inner + &closing.repeat(depth);
            Expression::parse(&text).ok().map(|expression| (depth, expression))
        });
        let (depth, expression) = most.unwrap();
        assert!(depth >= 32, "{opening} nests only {depth} deep");
        assert!(expression.evaluate(&world).is_ok());
        let _ = expression.type_in(&world);
        assert_eq!(
            Expression::parse(&expression.root().to_string()).unwrap().root().to_string(),
            expression.root().to_string()
        );
    }
}

#[test]
fn a_long_run_of_operands_does_not_nest() {
    let world = World::of_values(json!({"a": false}));
    for operator in [" || ", " && ", " ?? "] {
        let text = vec!["a"; LONG / 5].join(operator);
        let expression = Expression::parse(&text).unwrap();
        assert_eq!(expression.evaluate(&world), Ok(Some(json!(false))));
        assert!(expression.root().children().len() > 10_000);
        let _ = expression.type_in(&world);
    }
}

#[test]
fn a_long_path_is_read_in_one_go() {
    let world = World::of_values(json!({"a": [[[]]]}));
    let expression = Expression::parse(&("a".to_owned() + &"[*]".repeat(LONG / 3))).unwrap();
    assert_eq!(expression.evaluate(&world), Ok(Some(json!([]))));
    let _ = expression.type_in(&world);
    let fields = Expression::parse(&("b".to_owned() + &".c".repeat(LONG / 2))).unwrap();
    assert_eq!(fields.evaluate(&world), Ok(None));
    let _ = fields.type_in(&world);
}

#[test]
fn a_text_with_very_many_templates_is_read_in_one_go() {
    let world = World::of_values(json!({"a": 1}));
    let template = Template::parse_str(&"${a}".repeat(LONG / 4)).unwrap();
    assert_eq!(template.evaluate(&world).unwrap().as_str().map(str::len), Some(LONG / 4));
    assert!(Template::parse_str(&"${".repeat(LONG / 2)).is_err());
    assert!(Template::parse_str(&"{{#".repeat(LONG / 3)).is_ok());
    assert!(Template::parse_str(&"$${".repeat(LONG / 3)).is_ok());
}

#[test]
fn what_is_too_long_is_refused() {
    let long = format!("'{}'", "x".repeat(70_000));
    assert_eq!(Expression::parse(&long).unwrap_err().message, "an expression is longer than 64 KiB");
    assert_eq!(
        Template::parse_str(&("x".repeat(70_000) + "${a}")).unwrap_err().message,
        "a text with `${` in it is longer than 64 KiB"
    );
    let plain = "x".repeat(70_000);
    assert_eq!(Template::parse_str(&plain), Ok(Template::Literal(Value::String(plain))));
}

#[test]
fn a_pattern_that_would_fill_the_memory_is_refused() {
    let world = World::of_values(json!({"a": "x"}));
    for pattern in ["((a{1000}){1000}){1000}", "(", "[", r"\\p{Nope}"] {
        let expression = Expression::parse(&format!("matches(a, '{pattern}')")).unwrap();
        assert!(expression.evaluate(&world).is_err(), "{pattern}");
    }
}

#[test]
fn work_that_is_linear_in_the_values_is_done_and_more_is_not() {
    let bounded = |text: &str, items: usize| {
        let list: Vec<Value> = (0..items).map(|id| json!({"id": id, "tags": ["a", "b"]})).collect();
        let values = json!({"a": {"items": list}});
        let size = crate::size(&values);
        Expression::parse(text).unwrap().evaluate_bounded(&World::of_values(values), size).map(|_| ())
    };
    for text in [
        "a.items[*].id",
        "len(a.items[? @.id > 5 && 'a' in @.tags && contains(@.tags, 'b')])",
        "a.items[? len(@.tags[? @ == 'a']) == 1][*].tags",
        "a.items[-1].id in a.items[*].id",
        "a.items == a.items",
    ] {
        for items in [10, 30_000] {
            assert_eq!(bounded(text, items), Ok(()), "{text}, {items} items");
        }
    }
    for text in [
        "a.items[? @.id in a.items[*].id]",
        "a.items[? len(a.items[? @.id == 1]) == 1]",
        "a.items[? a.items == a.items]",
        "a.items[? contains(a.items, @)]",
    ] {
        assert_eq!(bounded(text, 10), Ok(()), "{text}");
        let exhausted = EvaluationError::Exhausted { expression: text.to_owned(), bound: Bound::Work };
        assert_eq!(bounded(text, 30_000), Err(exhausted), "{text}");
    }
}

#[test]
fn long_texts_count_as_much_as_they_are_long() {
    let text = "x".repeat(1 << 20);
    let values = json!({"a": {"text": text, "items": vec!["y"; 30_000]}});
    let size = crate::size(&values);
    let world = World::of_values(values);
    let bounded = |text: &str| Expression::parse(text).unwrap().evaluate_bounded(&world, size).map(|_| ());
    assert_eq!(bounded("contains(a.text, 'y')"), Ok(()));
    let expression = "a.items[? contains(a.text, @)]";
    let exhausted = EvaluationError::Exhausted { expression: expression.to_owned(), bound: Bound::Work };
    assert_eq!(bounded(expression), Err(exhausted));
}

/// The limit that the evaluation of a template exceeds; `None` if it has a value.
fn exceeded(template: &Value, values: Value) -> Option<Bound> {
    let template: Template = serde_json::from_value(template.clone()).unwrap();
    match template.evaluate(&World::of_values(values)) {
        Ok(_) => None,
        Err(EvaluationError::Exhausted { bound, .. }) => Some(bound),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn functions_make_no_values_beyond_the_bound() {
    let text = json!({"a": "x".repeat(200_000)});
    for template in ["${join(split(a, ''), a)}", "${join(split(a, ''), 'a long separator, repeated')}"] {
        let within = json!({"a": "x".repeat(1_000)});
        assert_eq!(exceeded(&json!(template), within), None, "{template}");
    }
    assert_eq!(exceeded(&json!("${join(split(a, ''), a)}"), text.clone()), Some(Bound::Size));
    let doubled = "join(split(a, 'x'), a)";
    let nested = format!("${{join(split({doubled}, 'x'), {doubled})}}");
    assert_eq!(exceeded(&json!(nested), json!({"a": "x".repeat(2_000)})), Some(Bound::Size));
    assert_eq!(exceeded(&json!("${split(a, '')}"), json!({"a": "x".repeat(2_100_000)})), Some(Bound::Size));
}

#[test]
fn all_expressions_of_a_template_share_one_bound() {
    let values = json!({"a": vec![0; 300_000], "t": "x".repeat(20_000_000)});
    let copies = |number: usize| json!(vec!["${a}"; number]);
    assert_eq!(exceeded(&copies(6), values.clone()), None);
    assert_eq!(exceeded(&copies(10), values.clone()), Some(Bound::Size));
    assert_eq!(exceeded(&json!({"of": copies(5), "and": copies(5)}), values.clone()), Some(Bound::Size));
    assert_eq!(exceeded(&json!("${t}".repeat(10)), values), Some(Bound::Size));
}

#[test]
fn what_a_predicate_makes_in_passing_does_not_add_up() {
    let items: Vec<usize> = (0..2_000).collect();
    assert_eq!(exceeded(&json!("${len(a[? @ in a[*]])}"), json!({"a": items})), None);
}

#[test]
fn a_value_of_any_size_can_be_copied_once() {
    let values = json!({"a": vec![0; 2_500_000]});
    assert_eq!(exceeded(&json!("${a}"), values.clone()), None);
    assert_eq!(exceeded(&json!(["${a}", "${a}"]), values), Some(Bound::Size));
}

#[test]
fn work_is_bounded_even_where_the_size_of_the_values_is_not_known() {
    let values = json!({"a": "a".repeat(1_000_000), "p": "(a?){50}".repeat(3_000) + "b"});
    assert_eq!(exceeded(&json!("${matches(a, p)}"), values), Some(Bound::Work));
}
