//! Tests `carried` against the evaluator. Each secret input contains a marker that no other value has: if the value of
//! an expression contains a marker, `carried` must name a secret input.

use naftiko_expr::{Environment, Expression, FUNCTIONS, Root};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Carried, carried};

struct World(Value);

impl World {
    fn new() -> Self {
        Self(json!({
            "inputs": {
                "secret": "ŵŵŵ",
                "plain": "a,b",
                "number": 7,
                "digits": "917917",
                "many": ["x", "ŵ"],
                "nested": [{"id": "1", "key": {"value": "ŵŵ"}}, {"id": "2", "keys": ["ŵ"]}],
            }
        }))
    }

    /// The value of an expression as JSON; `None` if it has no value or its evaluation fails.
    fn value(&self, text: &str) -> Option<String> {
        let expression = Expression::parse(text).unwrap_or_else(|_| panic!("`{text}` is no expression"));
        Some(expression.evaluate(self).ok()??.to_string())
    }
}

impl Environment for World {
    fn root(&self, root: &Root) -> Option<&Value> {
        self.0.get(root.name())
    }
}

/// Whether a value contains a marker: a `ŵ` in either case, or `917917`.
fn tells(value: &str) -> bool {
    value.contains(['ŵ', 'Ŵ']) || value.contains("917917")
}

/// The paths of all secret inputs.
const SECRET: &[&[&str]] =
    &[&["secret"], &["digits"], &["many"], &["nested", "key", "value"], &["nested", "keys"]];

/// Whether `carried` overlaps the input at `path`.
fn holds(carried: &Carried, path: &[String]) -> bool {
    carried.root == Root::Inputs && (path.starts_with(&carried.path) || carried.path.starts_with(path))
}

fn carries(text: &str) -> bool {
    let carried = carried(&Expression::parse(text).unwrap());
    let mut ways = SECRET.iter().map(|way| way.iter().map(|field| (*field).to_owned()).collect::<Vec<_>>());
    ways.any(|way| carried.iter().any(|carried| holds(carried, &way)))
}

#[test]
fn no_function_of_the_language_loses_a_secret() {
    let world = World::new();
    let pool =
        ["inputs.secret", "inputs.digits", "inputs.many", "inputs.nested", "'ŵ'", "','", "inputs.plain"];
    for function in FUNCTIONS {
        let mut evaluated = 0;
        let mut told = 0;
        let pairs = pool.iter().flat_map(|first| pool.iter().map(move |second| [*first, *second]));
        for arguments in pairs {
            let arguments = arguments.get(..function.arity()).expect("no function takes more than two");
            let literal = arguments.contains(&"'ŵ'");
            let text = format!("{}({})", function.name(), arguments.join(", "));
            let Some(value) = world.value(&text) else { continue };
            evaluated += 1;
            if tells(&value) && !literal {
                told += 1;
                assert!(carries(&text), "{text} is {value}");
            }
        }
        assert!(evaluated > 0, "`{}` has no value for any of the pool", function.name());
        let asks = ["len", "exists", "contains", "startsWith", "endsWith", "matches"];
        assert_eq!(told == 0, asks.contains(&function.name()), "{}", function.name());
    }
}

#[test]
fn what_is_only_asked_about_is_not_carried() {
    for text in [
        "len(inputs.secret)",
        "exists(inputs.secret)",
        "inputs.secret == 'x'",
        "!exists(inputs.secret) || contains(inputs.many, 'x')",
        "inputs.plain in inputs.many",
        "inputs.plain",
        "inputs.nested[0].id",
        "first(inputs.nested[? @.key.value == inputs.secret]).id",
        "(inputs.nested ?? inputs.plain)[-1].id",
        "join(inputs.nested[*].id, ',')",
        "[inputs.nested[0]][0].id",
        "run.id",
    ] {
        assert!(!carries(text), "{text}");
    }
}

#[test]
fn what_is_read_of_all_inputs_or_of_a_changed_value_is_carried() {
    for text in [
        "inputs",
        "toString(inputs)",
        "inputs['secret']",
        "inputs.nested",
        "inputs.nested[0]",
        "(inputs.nested[*].key)[0].value",
        "[inputs.plain, inputs.secret][0]",
        "split(toString(inputs.nested), ',')[0]",
        "inputs.other ?? inputs.secret",
    ] {
        assert!(carries(text), "{text}");
    }
}

#[test]
fn an_item_carries_what_its_list_carries() {
    let carries = |list: &str, text: &str| {
        let (list, text) = (Expression::parse(list).unwrap(), Expression::parse(text).unwrap());
        let carried = super::carried_of_item(&text, &list);
        let mut ways =
            SECRET.iter().map(|way| way.iter().map(|field| (*field).to_owned()).collect::<Vec<_>>());
        ways.any(|way| carried.iter().any(|carried| holds(carried, &way)))
    };
    for (list, text) in [
        ("inputs.many", "item"),
        ("inputs.nested", "item"),
        ("inputs.nested", "toString(item)"),
        ("inputs.nested", "item.key.value"),
        ("inputs.nested[*].key", "item.value"),
        ("inputs.nested[? exists(@.keys)]", "first(item.keys)"),
        ("split(inputs.secret, 'x')", "item"),
        ("split(toString(inputs.nested), ',')", "item.id"),
        ("[inputs.plain, inputs.secret]", "item"),
        ("inputs.plain ?? inputs.many", "[item][0]"),
        ("[inputs.plain]", "inputs.secret"),
    ] {
        assert!(carries(list, text), "{text} of {list}");
    }
    for (list, text) in [
        ("inputs.nested", "item.id"),
        ("inputs.nested[*].id", "item"),
        ("inputs.many", "len(item)"),
        ("inputs.many", "item == 'x'"),
        ("inputs.many", "index"),
        ("split(inputs.plain, ',')", "item"),
    ] {
        assert!(!carries(list, text), "{text} of {list}");
    }
}

/// Random expressions over the inputs of [`World`]. Most of them have a value.
fn expressions() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "inputs.secret",
        "inputs.plain",
        "inputs.digits",
        "inputs.number",
        "inputs.many",
        "inputs.nested",
        "inputs.nested[0].key.value",
        "inputs.nested[*].key",
        "inputs.nested[? exists(@.keys)]",
        "inputs.missing",
        "','",
        "'a'",
        "inputs",
    ]);
    leaf.prop_map(str::to_owned).prop_recursive(5, 24, 2, |inner| {
        let names: Vec<(&str, usize)> =
            FUNCTIONS.iter().map(|function| (function.name(), function.arity())).collect();
        let call = (prop::sample::select(names), inner.clone(), inner.clone()).prop_map(
            |((name, arity), first, second)| match arity {
                1 => format!("{name}({first})"),
                _ => format!("{name}({first}, {second})"),
            },
        );
        let ends =
            vec!["[0]", "[-1]", "[*]", ".key", ".value", ".keys", ".id", "[? @ != 'x']", "[*].key.value"];
        let read = (inner.clone(), prop::sample::select(ends)).prop_map(|(of, end)| format!("({of}){end}"));
        let operators = vec!["??", "==", "in", "&&"];
        let joined = (inner.clone(), prop::sample::select(operators), inner.clone())
            .prop_map(|(left, operator, right)| format!("(({left}) {operator} ({right}))"));
        let list = (inner.clone(), inner).prop_map(|(first, second)| format!("[{first}, {second}]"));
        prop_oneof![4 => call, 3 => read, 2 => joined, 1 => list]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_in_a_value_is_carried(text in expressions()) {
        // Skips texts that do not parse, such as a constant that is not a valid pattern.
        prop_assume!(Expression::parse(&text).is_ok());
        if let Some(value) = World::new().value(&text) {
            prop_assert!(!tells(&value) || carries(&text), "{} is {}", text, value);
        }
    }
}
