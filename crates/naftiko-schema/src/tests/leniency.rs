//! A sloppy description does not keep a service from being called.

use serde_json::{Value, json};

use super::{lines, report};
use crate::{Options, Tolerance, Verdict};

/// A value that a lenient reading accepts with these tolerances, and the letter of the schema rejects.
fn tolerates(schema: &Value, value: &Value, expected: &[(&str, Tolerance)]) {
    assert_eq!(
        report(schema, value, Options::STRICT).verdict,
        Verdict::Fails,
        "{schema} by the letter: {value}"
    );
    let found = report(schema, value, Options::SENT);
    assert_eq!(found.verdict, Verdict::Fits, "{schema}: {value}: {:?}", lines(&found));
    let tolerated: Vec<(&str, Tolerance)> =
        found.tolerated.iter().map(|it| (it.pointer.as_str(), it.tolerance.clone())).collect();
    assert_eq!(tolerated, expected, "{schema}: {value}");
}

fn rejects(schema: &Value, value: &Value, expected: &[&str]) {
    assert_eq!(lines(&report(schema, value, Options::SENT)), expected, "{schema}: {value}");
}

#[test]
fn several_branches_of_one_of_may_fit() {
    let schema =
        json!({"properties": {"to": {"oneOf": [{"type": "string"}, {"type": "string", "format": "email"}]}}});
    tolerates(&schema, &json!({"to": "a@b.example"}), &[("/to", Tolerance::SeveralBranches)]);
    rejects(&schema, &json!({"to": 1}), &["/to: expected a string, found a number"]);
    let schema = json!({"oneOf": [{"type": "integer"}, {"type": "number"}]});
    tolerates(&schema, &json!(3), &[("", Tolerance::SeveralBranches)]);
}

#[test]
fn the_branch_that_a_discriminator_names_decides() {
    let definitions = json!({
        "Cat": {"type": "object", "required": ["kind", "lives"], "properties": {"lives": {"type": "integer"}}},
        "Dog": {"type": "object", "required": ["kind"], "properties": {"bark": {"type": "string"}}},
    });
    let branches = json!([{"$ref": "#/$defs/Cat"}, {"$ref": "#/$defs/Dog"}]);
    for keyword in ["oneOf", "anyOf"] {
        let named =
            json!({keyword: branches, "$defs": definitions, "discriminator": {"propertyName": "kind"}});
        assert_eq!(report(&named, &json!({"kind": "Cat", "lives": 9}), Options::SENT).verdict, Verdict::Fits);
        assert_eq!(report(&named, &json!({"kind": "Dog", "lives": 9}), Options::SENT).verdict, Verdict::Fits);
        rejects(&named, &json!({"kind": "Cat"}), &[": `lives` is missing"]);
        rejects(
            &named,
            &json!({"kind": "Cat", "lives": "x"}),
            &["/lives: expected an integer, found a string"],
        );
        let mapped = json!({keyword: branches, "$defs": definitions,
            "discriminator": {"propertyName": "kind", "mapping": {"feline": "#/$defs/Cat"}}});
        rejects(&mapped, &json!({"kind": "feline"}), &[": `lives` is missing"]);
        // A name that no branch has leaves the choice to the branches, and is what is wrong where none fits.
        assert_eq!(report(&mapped, &json!({"kind": "wolf"}), Options::SENT).verdict, Verdict::Fits);
        rejects(
            &mapped,
            &json!({"kind": "wolf", "bark": 1}),
            &["/kind: expected `feline`, `Cat` or `Dog`, found `wolf`"],
        );
        rejects(&mapped, &json!({}), &[": `kind` is missing"]);
    }
}

#[test]
fn closed_schemas_that_are_joined_allow_the_properties_of_each_other() {
    let base =
        json!({"type": "object", "properties": {"id": {"type": "string"}}, "additionalProperties": false});
    let more =
        json!({"type": "object", "properties": {"name": {"type": "string"}}, "additionalProperties": false});
    let schema = json!({"allOf": [base, more]});
    let excluded = |name: &str| ("", Tolerance::Excluded(name.to_owned()));
    tolerates(&schema, &json!({"id": "1", "name": "x"}), &[excluded("name"), excluded("id")]);
    rejects(&schema, &json!({"id": "1", "nam": "x"}), &[": `nam` is not allowed"]);
    rejects(&schema, &json!({"id": "1", "name": 5}), &["/name: expected a string, found a number"]);
    // Beside `properties`, by way of references, and beside a choice.
    tolerates(
        &json!({"allOf": [{"$ref": "#/$defs/base"}], "properties": {"name": {}}, "$defs": {"base": base}}),
        &json!({"id": "1", "name": "x"}),
        &[excluded("name")],
    );
    let choice = json!({"allOf": [base, {"oneOf": [
        {"required": ["a"], "properties": {"a": {}}, "additionalProperties": false},
        {"required": ["b"], "properties": {"b": {}}, "additionalProperties": false}]}]});
    tolerates(&choice, &json!({"id": "1", "a": 1}), &[excluded("a"), excluded("id")]);
    rejects(&choice, &json!({"id": "1", "a": 1, "b": 1}), &[": `b` is not allowed"]);
    let around = json!({"properties": {"id": {}}, "additionalProperties": false,
        "anyOf": [{"properties": {"a": {}}, "required": ["a"]}, {"properties": {"b": {}}, "required": ["b"]}]});
    tolerates(&around, &json!({"id": "1", "a": 1}), &[excluded("a")]);
    rejects(&around, &json!({"id": "1", "a": 1, "c": 1}), &[": `c` is not allowed"]);
}

#[test]
fn a_branch_does_not_allow_the_properties_of_another_branch() {
    let schema = json!({"anyOf": [
        {"properties": {"a": {}}, "additionalProperties": false},
        {"properties": {"b": {}}, "additionalProperties": false}]});
    rejects(&schema, &json!({"a": 1, "b": 1}), &[": `b` is not allowed"]);
}

#[test]
fn unevaluated_properties_count_those_beside_them() {
    let closed = json!({"properties": {"a": {}}, "unevaluatedProperties": false});
    tolerates(
        &json!({"allOf": [closed, {"properties": {"b": {}}}]}),
        &json!({"a": 1, "b": 1}),
        &[("", Tolerance::Excluded("b".to_owned()))],
    );
}

#[test]
fn a_listed_value_of_another_type_is_accepted_as_written_and_as_that_type() {
    let texts = json!({"type": "string", "enum": [0, 1, true, "x"]});
    tolerates(&texts, &json!(1), &[("", Tolerance::Untyped)]);
    tolerates(&texts, &json!("1"), &[("", Tolerance::Untyped)]);
    tolerates(&texts, &json!("true"), &[("", Tolerance::Untyped)]);
    assert_eq!(report(&texts, &json!("x"), Options::SENT).tolerated, []);
    rejects(&texts, &json!("2"), &[": expected `0`, `1`, `true` or `x`, found `2`"]);
    let numbers = json!({"type": "integer", "enum": ["1", "2"]});
    tolerates(&numbers, &json!(2), &[("", Tolerance::Untyped)]);
    tolerates(&numbers, &json!("2"), &[("", Tolerance::Untyped)]);
    tolerates(&json!({"type": "string", "enum": ["a", null]}), &json!(null), &[("", Tolerance::Untyped)]);
    tolerates(&json!({"type": "string", "const": 5}), &json!("5"), &[("", Tolerance::Untyped)]);
}

#[test]
fn nullable_accepts_null_and_types_that_exclude_each_other_do_not_reject_everything() {
    for (schema, value) in [
        (json!({"type": "string", "nullable": true, "minLength": 1}), json!(null)),
        (json!({"type": "string", "enum": ["a"], "x-nullable": true}), json!(null)),
        (json!({"$ref": "#/$defs/a", "nullable": true, "$defs": {"a": {"type": "string"}}}), json!(null)),
        (json!({"type": "string", "allOf": [{"type": "integer"}]}), json!("x")),
        (
            json!({"allOf": [{"$ref": "#/$defs/a"}, {"type": "object"}], "$defs": {"a": {"type": "string"}}}),
            json!("x"),
        ),
    ] {
        assert_eq!(report(&schema, &value, Options::STRICT).verdict, Verdict::Fails, "{schema}");
        assert_eq!(report(&schema, &value, Options::SENT).verdict, Verdict::Fits, "{schema}");
        assert_eq!(report(&schema, &json!([1]), Options::SENT).verdict, Verdict::Fails, "{schema}");
    }
}

#[test]
fn leniency_never_rejects_what_the_letter_accepts() {
    let overlapping = json!({"oneOf": [{}, {"type": "string"}]});
    for schema in [
        json!({"not": overlapping}),
        json!({"if": overlapping, "then": false}),
        json!({"contains": overlapping, "maxContains": 0, "minContains": 0}),
        json!({"not": {"type": "string", "format": "uuid"}}),
    ] {
        let value = if schema.get("contains").is_some() {
            json!(["x"])
        } else {
            json!("0189f7ea6f3b7bd0a2d6d2a9a1c2b3d4")
        };
        assert_eq!(report(&schema, &value, Options::STRICT).verdict, Verdict::Fits, "{schema}");
        assert_eq!(report(&schema, &value, Options::SENT).verdict, Verdict::Fits, "{schema}");
    }
}

#[test]
fn a_text_that_nearly_has_a_format_is_accepted() {
    let check = |format: &str, near: &[&str], far: &[&str]| {
        let schema = json!({"type": "string", "format": format});
        for text in near {
            assert_eq!(report(&schema, &json!(text), Options::STRICT).verdict, Verdict::Fails, "{text}");
            let found = report(&schema, &json!(text), Options::SENT);
            assert_eq!(found.verdict, Verdict::Fits, "{format}: {text}");
            assert!(matches!(found.tolerated[0].tolerance, Tolerance::NearFormat(..)), "{text}");
        }
        for text in far {
            assert_eq!(
                report(&schema, &json!(text), Options::SENT).verdict,
                Verdict::Fails,
                "{format}: {text}"
            );
            assert_eq!(
                report(&schema, &json!(text), Options::RECEIVED).verdict,
                Verdict::Fits,
                "{format}: {text}"
            );
        }
    };
    check(
        "date-time",
        &[
            "2026-01-31T12:00:00",
            "2026-01-31 12:00:00Z",
            "2026-01-31T12:00:00.123",
            "2026-01-31T12:00:00+0200",
            "2026-01-31T12:00",
        ],
        &[
            "2026-01-31",
            "tomorrow",
            "2026-02-30T12:00:00",
            "2026-01-31T25:00:00",
            "2026-01-31T12:00:00+x",
            "2026-1-31T12:00:00",
        ],
    );
    check("date", &[], &["2026-13-01", "31.01.2026", "2026-01-31T12:00:00"]);
    check("uri", &["/path", "acme.example", "https://müller.example/ä"], &["hello", "", "two words.html"]);
    check(
        "uuid",
        &["0189f7ea6f3b7bd0a2d6d2a9a1c2b3d4", "{0189f7ea-6f3b-7bd0-a2d6-d2a9a1c2b3d4}"],
        &["0189f7ea", "x"],
    );
    check("email", &["root@host..local"], &["nobody", "a b@c.example", "a@b@c"]);
    check("ipv4", &["10.0.0.0/8"], &["10.0.0", "x/8"]);
}

#[test]
fn as_text_a_number_and_its_text_are_one() {
    let check = |schema: Value, value: Value, expected: Verdict| {
        assert_eq!(report(&schema, &value, Options::SENT_AS_TEXT).verdict, expected, "{schema}: {value}");
    };
    check(json!({"type": "integer"}), json!("5"), Verdict::Fits);
    check(json!({"type": "integer", "maximum": 4}), json!("5"), Verdict::Fails);
    check(json!({"type": "integer"}), json!(" 5"), Verdict::Fails);
    check(json!({"type": "boolean"}), json!("true"), Verdict::Fits);
    check(json!({"type": "string", "minLength": 2}), json!(5), Verdict::Fails);
    check(json!({"type": "string", "minLength": 2}), json!(55), Verdict::Fits);
    check(json!({"type": "string", "enum": [0, 1, 2]}), json!("1"), Verdict::Fits);
    check(json!({"enum": [0, 1, 2]}), json!("1"), Verdict::Fits);
    check(json!({"enum": ["0", "1"]}), json!(1), Verdict::Fits);
    check(json!({"items": {"type": "integer"}}), json!(["1", 2]), Verdict::Fits);
    check(json!({"allOf": [{"type": "string"}, {"minLength": 2}]}), json!(5), Verdict::Fails);
    check(json!({"type": "integer"}), json!("hunter2"), Verdict::Fails);
    check(json!({"type": "null"}), json!("null"), Verdict::Fails);
    let found = report(&json!({"type": "integer"}), &json!("hunter2"), Options::SENT_AS_TEXT);
    assert_eq!(lines(&found), [": expected an integer, found a string"]);
}

#[test]
fn bounds_are_exact_beyond_64_bits() {
    for (schema, fitting, broken) in [
        (
            json!({"maximum": 9_223_372_036_854_775_807_i64}),
            json!(i64::MAX),
            json!(9_223_372_036_854_775_808_u64),
        ),
        (json!({"minimum": -9_223_372_036_854_776_000.0}), json!(i64::MIN), json!(-1e19)),
        (json!({"maximum": 9_223_372_036_854_776_000.0}), json!(i64::MAX), json!(u64::MAX)),
        (json!({"maximum": 1e20}), json!(u64::MAX), json!(1.1e20)),
        (
            json!({"exclusiveMaximum": 18_446_744_073_709_551_615_u64}),
            json!(18_446_744_073_709_551_614_u64),
            json!(u64::MAX),
        ),
        (json!({"minimum": 0.5}), json!(1), json!(0)),
        (json!({"minimum": -0.5}), json!(0), json!(-1)),
        (json!({"maximum": 1e300}), json!(1e299), json!(1e301)),
        (
            json!({"enum": [18_446_744_073_709_551_615_u64]}),
            json!(u64::MAX),
            json!(18_446_744_073_709_551_614_u64),
        ),
        (json!({"type": "integer"}), json!(5.0), json!(5.5)),
    ] {
        assert_eq!(report(&schema, &fitting, Options::SENT).verdict, Verdict::Fits, "{schema} {fitting}");
        assert_eq!(report(&schema, &broken, Options::SENT).verdict, Verdict::Fails, "{schema} {broken}");
    }
}

#[test]
fn a_property_that_only_goes_the_other_way_is_not_required() {
    let schema = json!({
        "allOf": [{"$ref": "#/$defs/base"}, {"required": ["id", "name"]}],
        "$defs": {"base": {"required": ["secret"], "properties": {
            "id": {"readOnly": true}, "name": {}, "secret": {"$ref": "#/$defs/secret"}}},
            "secret": {"type": "string", "writeOnly": true}},
    });
    let missing = |options: Options| lines(&report(&schema, &json!({}), options));
    assert_eq!(missing(Options::SENT), [": `secret` is missing", ": `name` is missing"]);
    assert_eq!(missing(Options::RECEIVED), [": `id` is missing", ": `name` is missing"]);
    assert_eq!(missing(Options::STRICT).len(), 3);
}

#[test]
fn a_schema_that_is_used_twice_requires_in_each_place_what_goes_that_way() {
    let excused = json!({
        "allOf": [{"$ref": "#/$defs/base"}],
        "required": ["name"],
        "properties": {"id": {"readOnly": true}},
    });
    let beside = json!({
        "$ref": "#/$defs/base",
        "required": ["name"],
        "properties": {"id": {"readOnly": true}},
    });
    let alias = json!({"$ref": "#/$defs/alias"});
    let definitions = json!({"base": {"required": ["id"]}, "alias": {"$ref": "#/$defs/base"}});
    for excused in [&excused, &beside] {
        for properties in [
            json!({"a": excused, "b": alias, "c": excused}),
            json!({"b": alias, "c": excused, "a": excused}),
            json!({"a": excused, "c": excused, "b": alias}),
        ] {
            let schema = json!({"properties": properties, "$defs": definitions});
            let value = json!({"a": {"name": 1}, "b": {}, "c": {"name": 1}});
            assert_eq!(lines(&report(&schema, &value, Options::SENT)), ["/b: `id` is missing"], "{schema}");
        }
    }
}

#[test]
fn schemas_that_excuse_different_properties_of_one_another_are_compiled_in_linear_work() {
    // Each level knows of one more property, and is used alone too.
    let chain = |levels: usize| {
        let mut definitions = serde_json::Map::new();
        definitions.insert("L0".to_owned(), json!({"required": ["p0"]}));
        for level in 1..=levels {
            let below = json!({"$ref": format!("#/$defs/L{}", level - 1)});
            let own = format!("p{level}");
            definitions.insert(
                format!("L{level}"),
                json!({"allOf": [below], "required": [own], "properties": {own: {"readOnly": true}}}),
            );
        }
        let each: serde_json::Map<String, Value> = (0..=levels)
            .map(|level| (format!("u{level}"), json!({"$ref": format!("#/$defs/L{level}")})))
            .collect();
        json!({"properties": each, "$defs": definitions})
    };
    let found = report(&chain(100), &json!({"u100": {}}), Options::SENT);
    assert_eq!(lines(&found), ["/u100: `p0` is missing"]);
    // A million nodes would be needed if each way to a schema made another one.
    let found = report(&chain(1_400), &json!({"u5": {}}), Options::SENT);
    assert!(!found.exhausted && found.verdict == Verdict::Fails, "{:?}", lines(&found));
}
