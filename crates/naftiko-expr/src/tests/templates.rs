//! Templates: parsing, evaluation, typing and serialization.

use std::fmt::Write as _;

use crate::{Expression, Piece, Presence, Template};
use indexmap::IndexMap;
use insta::assert_snapshot;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::tests::world::{World, show};

fn world() -> World {
    World::of_values(json!({
        "inputs": {"name": "Ada", "count": 3, "nil": null, "list": [1], "on": true, "float": 1.0},
        "a": {"id": "x"},
    }))
}

fn evaluate(text: &str) -> Result<Value, String> {
    let template = Template::parse_str(text).unwrap_or_else(|problem| panic!("{text}: {problem:?}"));
    template.evaluate(&world()).map_err(|error| error.to_string())
}

#[test]
fn a_lone_expression_keeps_its_type_and_others_become_text() {
    assert_eq!(evaluate("${inputs.count}"), Ok(json!(3)));
    assert_eq!(evaluate("${ inputs.list }"), Ok(json!([1])));
    assert_eq!(evaluate("${inputs.nil}"), Ok(json!(null)));
    assert_eq!(evaluate(" ${inputs.count}"), Ok(json!(" 3")));
    assert_eq!(
        evaluate("${inputs.name}-${inputs.count}/${inputs.on}${inputs.float}"),
        Ok(json!("Ada-3/true1.0"))
    );
    assert_eq!(evaluate("plain { } $ text"), Ok(json!("plain { } $ text")));
    assert_eq!(evaluate(""), Ok(json!("")));
}

#[test]
fn what_has_no_value_or_no_text_is_an_error() {
    assert_eq!(evaluate("${inputs.x}"), Err("`inputs.x` is absent".to_owned()));
    assert_eq!(evaluate("id-${ inputs.x }"), Err("`inputs.x` is absent".to_owned()));
    assert_eq!(evaluate("id-${inputs.nil}"), Err("`inputs.nil` is null".to_owned()));
    assert_eq!(
        evaluate("id-${inputs.list}"),
        Err("a text cannot contain a list in `inputs.list`".to_owned())
    );
    let nested: Template = serde_json::from_value(json!({"a": ["x", {"b": "${inputs.x}"}]})).unwrap();
    assert_eq!(nested.evaluate(&world()).unwrap_err().to_string(), "`inputs.x` is absent");
}

#[test]
fn a_brace_inside_of_a_string_or_a_bracket_closes_nothing() {
    assert_eq!(evaluate("${'}'}"), Ok(json!("}")));
    assert_eq!(evaluate("<${join(['{', \"}\", '\\'}'], '')}>"), Ok(json!("<{}'}>")));
    assert_eq!(evaluate("it's ${inputs.name}, isn't it"), Ok(json!("it's Ada, isn't it")));
}

#[test]
fn a_dollar_escapes_the_next_dollar_brace() {
    assert_eq!(evaluate("$${inputs.name}"), Ok(json!("${inputs.name}")));
    assert_eq!(evaluate("$$${x}"), Ok(json!("$${x}")));
    assert_eq!(evaluate("${'$'}${inputs.count}"), Ok(json!("$3")));
    assert_eq!(evaluate("${inputs.count}$${"), Ok(json!("3${")));
    assert_eq!(evaluate("$$"), Ok(json!("$$")));
    assert_eq!(evaluate("${'{{ x }}'}"), Ok(json!("{{ x }}")));
}

#[test]
fn expressions_know_their_place() {
    let text = "é ${ inputs.name }-$${}${a.id}";
    let template = Template::parse_str(text).unwrap();
    let placed = template.placed_expressions();
    for (offset, expression) in &placed {
        assert_eq!(text.get(*offset..*offset + expression.text().len()), Some(expression.text()));
    }
    assert_eq!(placed.len(), 2);
    let nested: Template =
        serde_json::from_value(json!({"a/b": [1, "${a.id}"], "c": "x${inputs.name}"})).unwrap();
    let pointers: Vec<String> = nested.strings().into_iter().map(|(pointer, _)| pointer).collect();
    assert_eq!(pointers, ["/a~1b/1", "/c"]);
    let texts: Vec<&str> = nested.expressions().into_iter().map(Expression::text).collect();
    assert_eq!(texts, ["a.id", "inputs.name"]);
}

#[test]
fn mistakes_are_shown_in_the_string() {
    let mut shown = String::new();
    for text in [
        "a ${inputs.name",
        "a ${inputs.name == 'x}",
        "a ${inputs..name} b",
        "a ${} b",
        "{{ inputs.name }}",
        "Hello {{inputs.name}}!",
        "${{ inputs.name }}",
        "x ${{inputs.name}} y",
        "{{ $json.name }}",
        "{{ name | upper }}",
        "$inputs.name",
        "$steps.a.outputs.id",
        "${a} {{ b }}",
    ] {
        let problem = Template::parse_str(text).expect_err(text);
        writeln!(shown, "{}", show(text, &problem)).unwrap();
        if let Some(replacement) = &problem.replacement {
            let mut fixed = text.to_owned();
            fixed.replace_range(replacement.0.clone(), &replacement.1);
            assert!(Template::parse_str(&fixed).is_ok(), "the fix of {text} does not mend: {fixed}");
        }
    }
    assert_snapshot!(shown);
}

#[test]
fn what_others_fill_in_is_left_alone() {
    for text in ["{{#each x}}", "{ {x} }", "a }} b {{ c", "$price", "$.x", "{\"a\":{\"b\":{}}}", "{{}}"] {
        assert_eq!(Template::parse_str(text), Ok(Template::Literal(json!(text))), "{text}");
    }
}

#[test]
fn types_of_templates() {
    let mut world = World::of_schemas(&json!({
        "inputs": {"required": ["name"], "properties": {"name": {"type": "string"}, "nick": {"type": "string"},
            "nil": {"type": ["string", "null"]}, "list": {"type": "array"}}},
    }));
    world.types.push(("run".to_owned(), crate::Typed::always(crate::Type::open_object())));
    let typed = |text: &str| {
        let (typed, problems) = Template::parse_str(text).unwrap().type_in(&world);
        let codes: Vec<_> =
            problems.iter().map(|problem| (problem.code.id, text.get(problem.range.clone()))).collect();
        (typed.ty.to_string(), typed.presence, format!("{codes:?}"))
    };
    let fine = |words: &str, presence| (words.to_owned(), presence, "[]".to_owned());
    assert_eq!(typed("x"), fine("the string `x`", Presence::Always));
    assert_eq!(typed("${inputs.name}"), fine("a string", Presence::Always));
    assert_eq!(typed("a-${inputs.name}"), fine("a string", Presence::Always));
    assert_eq!(typed("a-${inputs.nick}"), fine("a string", Presence::Maybe));
    assert_eq!(typed("a-${inputs.nil ?? ''}"), fine("a string", Presence::Always));
    assert_eq!(typed("${inputs.list}").0, "a list");
    assert_eq!(typed("a ${inputs.list} b").2, r#"[("type-mismatch", Some("inputs.list"))]"#);
    assert_eq!(typed("a ${ inputs.nam } b").2, r#"[("unknown-input", Some("nam"))]"#);
    let nested: Template = serde_json::from_value(json!({"a": ["x", "${inputs.nick}"]})).unwrap();
    let (nested, problems) = nested.type_in(&world);
    assert!(problems.is_empty());
    assert_eq!(nested.presence, Presence::Maybe);
    assert_eq!(nested.ty.field("a").unwrap().ty.to_string(), "a list of strings");
}

#[test]
fn a_template_is_stored_as_its_author_wrote_it() {
    for written in [
        json!("plain"),
        json!("${a.id}"),
        json!("x ${ a.id } $${y} {{ z }}"),
        json!(["a", {"b": "${a.id}", "c": null}, 1]),
        json!({"a": {"b": ["$${"]}}),
        json!(null),
    ] {
        let template: Template = serde_json::from_value(written.clone()).unwrap();
        assert_eq!(serde_json::to_value(&template).unwrap(), written);
    }
    assert!(serde_json::from_value::<Template>(json!({"a": "${"})).is_err());
    let literal = Template::literal(json!(["${a}", "{{ b }}", "$inputs.c"]));
    assert_eq!(serde_json::to_value(&literal).unwrap(), json!(["$${a}", "{{ b }}", "$inputs.c"]));
}

fn values() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        any::<String>(),
        prop::collection::vec(
            prop::sample::select(vec!["$", "{", "}", "${", "a", "'", "{{", "}}", "\\"]),
            0..8
        )
        .prop_map(|parts| parts.concat()),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text.prop_map(Value::from)
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map("[a-c]", inner, 0..3)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// Templates that are built from parts rather than parsed.
fn built() -> impl Strategy<Value = Template> {
    let expression = || prop::sample::select(vec!["a.id", " inputs.name ", "'$'", "'}'", "inputs.count"]);
    let piece = prop_oneof![
        prop::sample::select(vec!["$", "${", "x", "$$", "{", "}"])
            .prop_map(|text| Piece::Text(text.to_owned())),
        expression().prop_map(|text| Piece::Expression(Expression::parse(text).unwrap())),
    ];
    let leaf = prop_oneof![
        values().prop_map(Template::literal),
        expression().prop_map(|text| Template::Whole(Expression::parse(text).unwrap())),
        prop::collection::vec(piece, 1..5).prop_map(Template::Text),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Template::list),
            prop::collection::vec(inner, 0..3).prop_map(|fields| {
                let names = ["a", "b/c", "d"].map(str::to_owned);
                Template::object(names.into_iter().zip(fields).collect::<IndexMap<_, _>>())
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_string_is_answered_and_stored_as_it_was(text in prop_oneof![any::<String>(),
        prop::collection::vec(prop::sample::select(vec!["$", "${", "}", "a.b", "'", "{{", "}}", "x", "é"]), 0..12)
            .prop_map(|parts| parts.concat())]) {
        match Template::parse_str(&text) {
            Ok(template) => {
                prop_assert_eq!(serde_json::to_value(&template).unwrap(), json!(text));
                for (offset, expression) in template.placed_expressions() {
                    prop_assert_eq!(text.get(offset..offset + expression.text().len()), Some(expression.text()));
                }
            }
            Err(problem) => prop_assert!(text.get(problem.range.clone()).is_some(), "{:?}", problem),
        }
    }

    #[test]
    fn a_literal_stays_one(value in values()) {
        let template = Template::literal(value.clone());
        let stored = serde_json::to_value(&template).unwrap();
        let read: Template = serde_json::from_value(stored).unwrap();
        prop_assert_eq!(&read, &template);
        prop_assert_eq!(read.evaluate(&world()).unwrap(), value);
    }

    #[test]
    fn a_built_template_means_the_same_when_it_is_read_again(template in built()) {
        let stored = serde_json::to_value(&template).unwrap();
        let read: Template = serde_json::from_value(stored.clone()).unwrap();
        prop_assert_eq!(read.evaluate(&world()), template.evaluate(&world()));
        prop_assert_eq!(serde_json::to_value(&read).unwrap(), stored);
    }
}
