//! The laws of expressions: any text is parsed or rejected, a parsed expression can be printed and parsed again, and
//! typing predicts the result of evaluation. Templates of e-mails are parsed or rejected too, and their output is
//! limited.

use std::ops::Range;
use std::sync::LazyLock;

use naftiko_expr::{
    Definitions, Environment, EvaluationError, Expression, Presence, Problem, Root, Scope, Suggestions,
    Template, Type, Typed,
};
use serde_json::{Value, json};

/// Parses an input as an expression, as a template and as the template of an e-mail, and uses the result.
///
/// # Panics
/// If a law is broken.
pub fn hold(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else { return };
    match Expression::parse(text) {
        Ok(expression) => read(&expression),
        Err(problem) => can_be_shown(&problem, text),
    }
    match Template::parse_str(text) {
        Ok(template) => template_read(&template, text),
        Err(problem) => can_be_shown(&problem, text),
    }
    message(text);
}

/// The template of an e-mail has problems that can be shown, or gives a text within the limits, or an error that can be
/// shown.
fn message(text: &str) {
    let template = match naftiko_jinja::Template::parse(text) {
        Ok(template) => template,
        Err(problems) => {
            assert!(!problems.is_empty());
            problems
                .iter()
                .for_each(|problem| assert!(text.get(problem.range.clone()).is_some(), "{problem:?}"));
            return;
        }
    };
    for problem in template.unknown_names(&|name| name == "item") {
        assert!(text.get(problem.range.clone()).is_some(), "{problem:?}");
    }
    let item = json!({"id": 7, "name": "x'y\"z", "list": [1, 2.5, null, true, {"a": "b"}]});
    let limits = naftiko_jinja::Limits { work: 20_000, text: 4096, made: 65_536 };
    match template.render(&|name| (name != "missing").then_some(&item), limits) {
        Ok(rendered) => assert!(rendered.len() <= limits.text, "{} bytes", rendered.len()),
        Err(error) => assert!(text.get(error.range.clone()).is_some(), "{error:?}"),
    }
}

fn read(expression: &Expression) {
    let text = expression.text();
    let printed = expression.root().to_string();
    let again = Expression::parse(&printed).unwrap_or_else(|problem| panic!("{printed}: {problem:?}"));
    assert_eq!(again.root().to_string(), printed, "printed, {text} is something else");
    for reference in expression.references() {
        assert!(text.get(reference.range.clone()).is_some(), "{reference:?}");
    }
    let (typed, problems) = expression.type_in(&*WORLD);
    let (answer, more) = expression.condition_in(&*WORLD);
    problems.iter().chain(&more).for_each(|problem| can_be_shown(problem, text));
    // Typing makes no statement about roots of unknown type.
    let is_known = expression.references().iter().all(|reference| reference.root.name() != "any");
    for values in &WORLD.values {
        let evaluated = expression.evaluate(values);
        assert_eq!(again.evaluate(values).is_ok(), evaluated.is_ok(), "{text} is not what {printed} is");
        if is_known && problems.is_empty() {
            agree(&typed, &evaluated, text);
        }
        if is_known && more.is_empty() && answer == Presence::Always {
            assert!(
                matches!(evaluated, Ok(Some(Value::Bool(_)))),
                "{text} has an answer, and is {evaluated:?}"
            );
        }
        if evaluated == Ok(Some(json!(true))) {
            proofs_are_there(expression, values);
        }
    }
}

fn template_read(template: &Template, text: &str) {
    let stored = serde_json::to_value(template).expect("a template can be written");
    assert_eq!(stored, json!(text), "a template is written otherwise than it was");
    assert_eq!(serde_json::from_value::<Template>(stored).ok().as_ref(), Some(template), "{text}");
    for (offset, expression) in template.placed_expressions() {
        assert_eq!(text.get(offset..offset + expression.text().len()), Some(expression.text()));
    }
    let (typed, problems) = template.type_in(&*WORLD);
    problems.iter().for_each(|problem| can_be_shown(problem, text));
    let mut references = template.expressions().into_iter().flat_map(Expression::references);
    let is_known = references.all(|reference| reference.root.name() != "any");
    for values in &WORLD.values {
        let evaluated = template.evaluate(values);
        if is_known && problems.is_empty() {
            agree(&typed, &evaluated.map(Some), text);
        }
    }
}

fn can_be_shown(problem: &Problem, text: &str) {
    let shown = |range: &Range<usize>| text.get(range.clone()).is_some();
    assert!(shown(&problem.range), "{problem:?} of {text}");
    assert!(!problem.message.is_empty() && !problem.message.contains('\n'), "{problem:?} of {text}");
    if let Some(replacement) = &problem.replacement {
        assert!(shown(&replacement.0), "{problem:?} of {text}");
    }
}

/// An expression typed *always* has a value, one typed *never* has none, and every value is of the predicted type.
fn agree(typed: &Typed, evaluated: &Result<Option<Value>, EvaluationError>, text: &str) {
    match evaluated {
        Ok(Some(value)) => {
            assert!(typed.presence != Presence::Never, "{text} is typed never, and is {value}");
            assert!(typed.ty.admits(value), "{text} is typed {}, and is {value}", typed.ty);
        }
        other => assert!(typed.presence != Presence::Always, "{text} is typed always, and is {other:?}"),
    }
}

/// If a condition holds, the values whose presence it proves are present.
fn proofs_are_there(expression: &Expression, values: &Values) {
    for proof in expression.proofs() {
        // The text of a proof is an expression, followed by `?` if the value may be null.
        let written = proof.to_string();
        let path = written.trim_end_matches('?');
        let may_be_null = path != written;
        let value = Expression::parse(path).expect("an expression").evaluate(values);
        let there = match &value {
            Ok(value) => value.as_ref().is_some_and(|value| may_be_null || !value.is_null()),
            // A value that has a length need not be a list; reading an item of it then fails.
            Err(error) => may_be_null && matches!(error, EvaluationError::Type { reading: true, .. }),
        };
        assert!(there, "{} is true, but {path} is {value:?}", expression.text());
    }
}

/// Roots with types, and values of these types.
struct World {
    types: Vec<(&'static str, Typed)>,
    values: Vec<Values>,
}

struct Values(Value);

impl Environment for Values {
    fn root(&self, root: &Root) -> Option<&Value> {
        self.0.get(root.name())
    }
}

impl Scope for World {
    fn root(&self, root: &Root) -> Option<Typed> {
        self.types.iter().find(|(name, _)| *name == root.name()).map(|(_, typed)| typed.clone())
    }

    fn suggestions(&self) -> &Suggestions {
        static NAMES: LazyLock<Suggestions> =
            LazyLock::new(|| Suggestions::new(STEPS.map(str::to_owned), ["name".to_owned()]));
        &NAMES
    }
}

const STEPS: [&str; 4] = ["create", "list-all", "skipped", "any"];

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let definitions = Definitions::new(
        json!({"Node": {
            "type": "object",
            "required": ["id"],
            "properties": {"id": {"type": "string"}, "parent": {"$ref": "#/$defs/Node"}},
        }})
        .as_object()
        .cloned()
        .unwrap_or_default(),
    );
    let always = |schema: Value| Typed::always(Type::from_schema(&schema, &definitions));
    let maybe = |schema: Value| Typed::maybe(Type::from_schema(&schema, &definitions));
    let types = vec![
        ("inputs", always(inputs())),
        ("create", always(organization())),
        ("list-all", always(page())),
        ("skipped", maybe(organization())),
        ("any", always(json!({}))),
        ("item", always(json!({"$ref": "#/$defs/Node"}))),
        ("index", always(json!({"type": "integer"}))),
        (
            "run",
            always(json!({"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}})),
        ),
        ("response", always(response())),
    ];
    World { types, values: values().into_iter().map(Values).collect() }
});

fn inputs() -> Value {
    json!({
        "type": "object",
        "required": ["name", "seats", "big", "tags"],
        "properties": {
            "name": {"type": "string"},
            "seats": {"type": "integer"},
            "big": {"type": "boolean"},
            "tags": {"type": "array", "items": {"type": "string"}},
            "plan": {"type": "string", "enum": ["free", "team"]},
            "ratio": {"type": "number"},
            "odd name": {"type": ["string", "null"]},
        },
    })
}

fn organization() -> Value {
    json!({
        "type": "object",
        "required": ["id", "state"],
        "properties": {
            "id": {"type": "string"},
            "state": {"type": "string", "enum": ["pending", "active"]},
            "owner": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/Node"}]},
            "domains": {"type": "array", "items": {"oneOf": [{"type": "string"}, {"$ref": "#/$defs/Node"}]}},
        },
    })
}

fn page() -> Value {
    json!({
        "type": "object",
        "required": ["data"],
        "properties": {"data": {"type": "array", "items": organization()}, "next": {"type": "string"}},
    })
}

fn response() -> Value {
    json!({
        "type": "object",
        "required": ["status", "headers", "body"],
        "properties": {
            "status": {"type": "integer"},
            "headers": {"type": "object", "additionalProperties": {"type": "string"}},
            "body": page(),
        },
    })
}

/// Small values, large values, and other values where any type is allowed.
fn values() -> Vec<Value> {
    let node = json!({"id": "n1", "parent": {"id": "n2", "parent": {"id": "n3"}}});
    let small = json!({"id": "", "state": "pending"});
    let full = json!({
        "id": "o-1", "state": "active", "owner": node, "domains": ["acme.com", {"id": "d"}], "extra": [[1]],
    });
    let around =
        |status: u16, body: &Value| json!({"status": status, "headers": {"x-id": "7"}, "body": body});
    let world = |organization: &Value, page: Value, any: Value, inputs: Value| {
        json!({
            "inputs": inputs, "create": organization, "any": any, "item": node, "index": 1,
            "run": {"id": "r-1"}, "response": around(200, &page), "list-all": page,
        })
    };
    let few = json!({"name": "", "seats": 0, "big": false, "tags": []});
    let many = json!({
        "name": "Acme", "seats": 7, "big": true, "tags": ["a", "b", "free"], "plan": "team", "ratio": 2.5,
        "odd name": "x-y",
    });
    let nulls = json!({"name": "1", "seats": -1, "big": true, "tags": [""], "odd name": null, "more": 1});
    let mut skipped =
        world(&full, json!({"data": [full, small], "next": "n"}), json!({"id": [1, null]}), many);
    skipped["skipped"] = full.clone();
    vec![
        world(&small, json!({"data": []}), Value::Null, few),
        skipped,
        world(
            &json!({"id": "x", "state": "active", "owner": null, "domains": []}),
            json!({"data": [small]}),
            json!([true]),
            nulls,
        ),
    ]
}
