//! Property test of the two evaluators over random schemas, values that fit them, and random expressions: an expression
//! that is typed *always* has a value, one typed *never* has none, and every value belongs to its type.

mod proved;

use crate::{Definitions, EvaluationError, Expression, Presence, Selector, Template, Type, Typed};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::tests::world::World;

/// A schema and the values that fit it.
#[derive(Debug, Clone, PartialEq)]
enum Shape {
    Integer,
    Number,
    Boolean,
    Text,
    Values(Vec<&'static str>),
    List(Box<Shape>),
    Object(Vec<(&'static str, Shape, bool)>),
    Either(Box<Shape>, Box<Shape>),
    Nullable(Box<Shape>),
}

/// A supply of random decisions that can shrink.
struct Choices<'c> {
    supply: &'c [u32],
    at: usize,
}

impl Choices<'_> {
    fn below(&mut self, limit: usize) -> usize {
        let choice = self.supply[self.at % self.supply.len()] as usize ^ (self.at / self.supply.len());
        self.at += 1;
        choice % limit
    }

    fn often(&mut self) -> bool {
        self.below(3) > 0
    }

    fn of<'t, T>(&mut self, from: &'t [T]) -> &'t T {
        &from[self.below(from.len())]
    }

    fn shape(&mut self, depth: usize) -> Shape {
        match self.below(if depth == 0 { 5 } else { 11 }) {
            0 => Shape::Integer,
            1 => Shape::Text,
            2 => Shape::Boolean,
            3 => Shape::Values(vec!["red", "green", "blue"][..=self.below(3)].to_vec()),
            4 => Shape::Number,
            5 | 6 => Shape::List(Box::new(self.shape(depth - 1))),
            7 => Shape::Either(Box::new(self.object(depth - 1)), Box::new(self.shape(depth - 1))),
            8 => Shape::Nullable(Box::new(self.shape(depth - 1))),
            _ => self.object(depth - 1),
        }
    }

    fn object(&mut self, depth: usize) -> Shape {
        let names = ["id", "state", "data", "odd name"];
        let fields = names.into_iter().take(1 + self.below(4));
        Shape::Object(fields.map(|name| (name, self.shape(depth), self.often())).collect())
    }

    /// Writes the schema of a shape. Parts of it move into `definitions`, and objects are split in two, as in real
    /// descriptions.
    fn schema(&mut self, shape: &Shape, definitions: &mut Map<String, Value>) -> Value {
        let schema = match shape {
            Shape::Integer => json!({"type": "integer"}),
            Shape::Number => json!({"type": "number"}),
            Shape::Boolean => json!({"type": "boolean"}),
            Shape::Text => json!({"type": "string"}),
            Shape::Values(values) => json!({"enum": values}),
            Shape::List(items) => json!({"type": "array", "items": self.schema(items, definitions)}),
            Shape::Either(a, b) => {
                json!({"oneOf": [self.schema(a, definitions), self.schema(b, definitions)]})
            }
            Shape::Nullable(inner) => json!({"anyOf": [self.schema(inner, definitions), {"type": "null"}]}),
            Shape::Object(fields) => {
                let half = |fields: &[(&'static str, Value, bool)]| {
                    let properties: Map<String, Value> =
                        fields.iter().map(|(name, schema, _)| ((*name).to_owned(), schema.clone())).collect();
                    let required: Vec<&str> = fields
                        .iter()
                        .filter(|(_, _, required)| *required)
                        .map(|(name, _, _)| *name)
                        .collect();
                    json!({"type": "object", "properties": properties, "required": required})
                };
                let fields: Vec<_> = fields
                    .iter()
                    .map(|(name, shape, required)| (*name, self.schema(shape, definitions), *required))
                    .collect();
                let cut = self.below(fields.len() + 1);
                if cut == 0 {
                    half(&fields)
                } else {
                    json!({"allOf": [half(&fields[..cut]), half(&fields[cut..])]})
                }
            }
        };
        if self.often() {
            return schema;
        }
        let name = format!("D{}", definitions.len());
        definitions.insert(name.clone(), schema);
        json!({"$ref": format!("#/$defs/{name}")})
    }

    fn value(&mut self, shape: &Shape) -> Value {
        match shape {
            Shape::Integer => json!(self.below(5)),
            Shape::Number => json!([0.5, 1.0, -3.0][self.below(3)]),
            Shape::Boolean => json!(self.below(2) == 0),
            Shape::Text => json!(["", "red", "1", "x-y"][self.below(4)]),
            Shape::Values(values) => json!(self.of(values)),
            Shape::List(items) => (0..self.below(4)).map(|_| self.value(items)).collect(),
            Shape::Either(a, b) => {
                let shape = if self.below(2) == 0 { a } else { b };
                self.value(shape)
            }
            Shape::Nullable(inner) => {
                if self.often() {
                    self.value(inner)
                } else {
                    Value::Null
                }
            }
            Shape::Object(fields) => {
                let mut object = Map::new();
                for (name, shape, required) in fields {
                    if *required || self.often() {
                        object.insert((*name).to_owned(), self.value(shape));
                    }
                }
                Value::Object(object)
            }
        }
    }
}

/// Writes random expressions over roots of known shape.
struct Author<'c> {
    choices: Choices<'c>,
    roots: Vec<(String, Shape)>,
}

#[derive(Clone, Copy, PartialEq)]
enum Want {
    Condition,
    Text,
    Number,
    List,
    Whatever,
}

impl Author<'_> {
    /// A random path, and the shape of its value.
    fn path(&mut self) -> (String, Shape) {
        let (mut path, mut shape) = self.choices.of(&self.roots).clone();
        for _ in 0..self.choices.below(5) {
            let Some(next) = self.read_on(&path, &shape) else { break };
            (path, shape) = next;
        }
        (path, shape)
    }

    fn read_on(&mut self, path: &str, shape: &Shape) -> Option<(String, Shape)> {
        match shape {
            Shape::Object(fields) => {
                let (name, shape, _) = self.choices.of(fields).clone();
                let selector = if name.contains(' ') { format!("['{name}']") } else { format!(".{name}") };
                Some((path.to_owned() + &selector, shape))
            }
            Shape::Either(a, b) => {
                let shape = if self.choices.below(2) == 0 { a } else { b };
                self.read_on(path, shape)
            }
            Shape::Nullable(inner) => self.read_on(path, inner),
            Shape::List(items) => Some(match self.choices.below(6) {
                4 => {
                    let (rest, shape) =
                        self.read_on("", items).filter(|(rest, _)| rest.starts_with(['.', '[']))?;
                    let test =
                        *self.choices.of(&["exists({})", "{} == null", "exists({} ?? @)", "{} == 'red'"]);
                    let test = test.replace("{}", &format!("@{rest}"));
                    (format!("first({path}[? {test}]){rest}"), shape)
                }
                0 => (format!("{path}[0]"), items.as_ref().clone()),
                1 => (format!("{path}[-1]"), items.as_ref().clone()),
                2 => (format!("first({path})"), items.as_ref().clone()),
                3 => {
                    let read = self.read_on("", items).filter(|(rest, _)| rest.starts_with(['.', '[']));
                    let (rest, shape) = read.unwrap_or_else(|| (String::new(), items.as_ref().clone()));
                    (format!("({path}[*]{rest})"), Shape::List(Box::new(shape)))
                }
                _ => {
                    let outer =
                        std::mem::replace(&mut self.roots, vec![("@".to_owned(), items.as_ref().clone())]);
                    let predicate = self.write(Want::Condition, 1);
                    self.roots = outer;
                    (format!("{path}[? {predicate}]"), shape.clone())
                }
            }),
            _ => None,
        }
    }

    fn path_of(&mut self, want: Want) -> Option<String> {
        (0..6).find_map(|_| {
            let (path, shape) = self.path();
            fits(&shape, want).then_some(path)
        })
    }

    fn write(&mut self, want: Want, depth: usize) -> String {
        if self.choices.below(3) == 0
            && let Some(path) = self.path_of(want)
        {
            return path;
        }
        if depth == 0 {
            return self.leaf(want);
        }
        let depth = depth - 1;
        if self.choices.below(6) == 0 {
            return format!("({} ?? {})", self.write(want, depth), self.write(want, depth));
        }
        match want {
            Want::Condition => self.condition(depth),
            Want::Text => {
                let text = self.write(Want::Text, depth);
                match self.choices.below(8) {
                    4 => format!("first(split({text}, '-'))"),
                    5 => format!("split({text}, '-')[{}]", self.choices.of(&["0", "-1", "1"])),
                    6 => format!("first(split({text}, {}))", self.write(Want::Text, depth)),
                    0 => format!("lower({text})"),
                    1 => format!("trim({text})"),
                    2 => format!("toString({})", self.write(Want::Whatever, depth)),
                    3 => format!("join(split({text}, '-'), ',')"),
                    _ => format!("last(split({text}, '-'))"),
                }
            }
            Want::Number => match self.choices.below(3) {
                0 => format!("len({})", self.write(Want::List, depth)),
                1 => format!("len({})", self.write(Want::Text, depth)),
                _ => format!("toNumber({})", self.write(Want::Text, depth)),
            },
            Want::List => match self.choices.below(2) {
                0 => {
                    format!("[{}, {}]", self.write(Want::Whatever, depth), self.write(Want::Whatever, depth))
                }
                _ => format!("split({}, '')", self.write(Want::Text, depth)),
            },
            Want::Whatever => {
                let want = *self.choices.of(&[Want::Condition, Want::Text, Want::Number, Want::List]);
                self.write(want, depth)
            }
        }
    }

    fn condition(&mut self, depth: usize) -> String {
        let mut part = |want| self.write(want, depth);
        let (a, b, x, y) =
            (part(Want::Condition), part(Want::Condition), part(Want::Whatever), part(Want::Whatever));
        let (text, other, number, list) =
            (part(Want::Text), part(Want::Text), part(Want::Number), part(Want::List));
        let operator = *self.choices.of(&["==", "!=", "<", "<=", ">", ">="]);
        match self.choices.below(19) {
            13 => format!("(exists({text} ?? {other}) && startsWith({text} ?? {other}, 'r'))"),
            14 => format!("((exists({text}) || exists({other})) && startsWith({other} ?? {text}, 'r'))"),
            15 => format!("(({text} ?? 'none') == 'red' && startsWith({text}, 'r'))"),
            16 => format!("(({a} ?? false) && {a})"),
            17 => format!("({x} == null && [{x}] == [{y}])"),
            0 => format!("({a} && {b})"),
            1 => format!("({a} || {b})"),
            2 => format!("!{a}"),
            3 => format!("(exists({x}) && {x} == {y})"),
            4 => format!("(exists({text}) && startsWith({text}, {other}))"),
            5 => format!("(!exists({a}) || {a})"),
            6 => format!("(len({list}) > 0 && exists(first({list})))"),
            7 => format!("({text} {operator} {other})"),
            8 => format!("({number} {operator} {})", self.choices.below(3)),
            9 => format!("({x} in {list})"),
            10 => format!("contains({list}, {x})"),
            11 => format!("exists({x})"),
            12 => format!("({x} == {y})"),
            _ => format!("matches({text}, '^[a-z]')"),
        }
    }

    fn leaf(&mut self, want: Want) -> String {
        let leaf = match want {
            Want::Condition => *self.choices.of(&["true", "false"]),
            Want::Text => *self.choices.of(&["'red'", "'x-y'", "''"]),
            Want::Number => *self.choices.of(&["0", "1", "2.5"]),
            Want::List => *self.choices.of(&["[]", "['red', 1]"]),
            Want::Whatever => *self.choices.of(&["null", "'red'", "1", "true"]),
        };
        leaf.to_owned()
    }
}

fn fits(shape: &Shape, want: Want) -> bool {
    match (shape, want) {
        (Shape::Nullable(inner), want) => fits(inner, want),
        (_, Want::Whatever)
        | (Shape::Boolean, Want::Condition)
        | (Shape::Text | Shape::Values(_), Want::Text)
        | (Shape::Integer | Shape::Number, Want::Number)
        | (Shape::List(_), Want::List) => true,
        _ => false,
    }
}

/// A world with values of matching types, and an author who knows their shapes.
fn world(supply: &[u32]) -> (World, Author<'_>) {
    let mut choices = Choices { supply, at: 0 };
    let mut world = World::of_values(json!({}));
    let mut roots = Vec::new();
    for name in ["inputs", "a-step", "skipped"] {
        let shape = if name == "inputs" { choices.object(3) } else { choices.shape(4) };
        let mut definitions = Map::new();
        let schema = choices.schema(&shape, &mut definitions);
        let value = choices.value(&shape);
        let ty = Type::from_schema(&schema, &Definitions::new(definitions));
        let typed = if name == "skipped" { Typed::maybe(ty) } else { Typed::always(ty) };
        if name != "skipped" || choices.often() {
            world.values[name] = value;
        }
        world.types.push((name.to_owned(), typed));
        roots.push((name.to_owned(), shape));
    }
    (world, Author { choices, roots })
}

fn supply() -> impl Strategy<Value = Vec<u32>> {
    prop::collection::vec(any::<u32>(), 40..160)
}

fn check(typed: &Typed, evaluated: &Result<Option<Value>, EvaluationError>) -> Result<(), TestCaseError> {
    match evaluated {
        Ok(Some(value)) => {
            prop_assert!(typed.presence != Presence::Never, "typed never, is {value}");
            prop_assert!(typed.ty.admits(value), "typed {}, is {value}", typed.ty);
            prop_assert!(Type::of_value(value).admits(value));
        }
        absent_or_failed => {
            prop_assert!(typed.presence != Presence::Always, "typed always, is {absent_or_failed:?}");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1000, max_global_rejects: 4000, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn types_tell_what_evaluation_gives(supply in supply()) {
        let (world, mut author) = world(&supply);
        let text = author.write(Want::Whatever, 3);
        let expression = Expression::parse(&text).map_err(|problem| TestCaseError::fail(format!("{text}: {problem:?}")))?;
        let (typed, problems) = expression.type_in(&world);
        prop_assume!(problems.is_empty());
        let evaluated = expression.evaluate(&world);
        check(&typed, &evaluated).map_err(|error| TestCaseError::fail(format!("{text}\n{error}\n{}", world.values)))?;
    }

    #[test]
    fn templates_keep_the_law_too(supply in supply()) {
        let (world, mut author) = world(&supply);
        let text = format!("a-${{{}}}-${{ {} }}", author.write(Want::Text, 1), author.write(Want::Number, 1));
        let template = Template::parse_str(&text).map_err(|problem| TestCaseError::fail(format!("{text}: {problem:?}")))?;
        let (typed, problems) = template.type_in(&world);
        prop_assume!(problems.is_empty());
        check(&typed, &template.evaluate(&world).map(Some)).map_err(|error| TestCaseError::fail(format!("{text}\n{error}")))?;
    }

    #[test]
    fn a_value_that_fits_a_schema_is_of_its_type(supply in supply()) {
        let (world, _) = world(&supply);
        for (name, typed) in &world.types {
            if let Some(value) = world.values.get(name) {
                prop_assert!(typed.ty.admits(value), "{} and {value}", typed.ty);
                prop_assert!(typed.ty.accepts(&Type::of_value(value)), "{} and {value}", typed.ty);
                prop_assert!(typed.ty.accepts(&typed.ty));
            }
        }
    }

    #[test]
    fn the_name_of_a_header_has_no_case(name in "[a-zA-Z]{1,3}(-[a-zA-Z]{1,3})?", there in any::<bool>()) {
        let lower = name.to_ascii_lowercase();
        let headers = if there { json!({&lower: "7"}) } else { json!({}) };
        let mut world = World::of_schemas(&json!({"response": {"type": "object", "required": ["headers"], "properties": {
            "headers": {"type": "object", "properties": {&lower: {"type": "string"}}, "additionalProperties": false},
        }}}));
        world.values = json!({"response": {"headers": headers}});
        let expected = there.then(|| json!("7"));
        for path in [
            format!("response.headers['{name}']"),
            format!("response.headers.{name}"),
            format!("response['headers']['{name}']"),
            format!("(response.headers)['{name}']"),
            format!("(response).headers['{name}']"),
        ] {
            let expression = Expression::parse(&path).unwrap();
            let (typed, problems) = expression.type_in(&world);
            prop_assert_eq!(problems, []);
            let evaluated = expression.evaluate(&world);
            prop_assert_eq!(&evaluated, &Ok(expected.clone()), "{}", path);
            check(&typed, &evaluated)?;
            let proved = Expression::parse(&format!("exists({path}) && response.headers.{lower} == '7'")).unwrap();
            prop_assert_eq!(proved.evaluate(&world), Ok(Some(json!(there))));
            let key = Selector::Field(lower.clone()).to_string();
            prop_assert!(proved.proofs().iter().all(|proof| proof.to_string().ends_with(&key)));
        }
    }
}
