//! The work of a check grows in proportion to its documents: four times as much of anything takes four times the work.
//!
//! The law is tested on the steps of work that debug builds count, not on time. Each document is one collection of the
//! language, as large as is asked, in a correct or in a wrong form.

use std::fmt::Write as _;

use naftiko_diagnostics::work;
use naftiko_tests::check_files;

const OK: &str =
    "{'200': {description: ok, content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}}}";

/// A composition, what it declares, and the description of its provider.
#[derive(Default)]
struct Documents {
    top: String,
    inputs: String,
    steps: String,
    outputs: String,
    /// Beside the operations in the capabilities document.
    operations: String,
    listed: Vec<String>,
    paths: String,
    body: String,
    parameters: String,
    thing: String,
    schemas: String,
}

impl Documents {
    fn files(&self) -> Vec<(String, Vec<u8>)> {
        let or = |text: &str, otherwise: &str| {
            if text.is_empty() { otherwise.to_owned() } else { text.to_owned() }
        };
        let section =
            |key: &str, text: &str| if text.is_empty() { String::new() } else { format!("{key}:\n{text}") };
        let composition = format!(
            "{}name: Main\nspecification: Naftiko Capability Composition\nspecificationVersion: '0.2'\nproviderId: things\n{}{}{}",
            self.top,
            section("inputs", &self.inputs),
            section("steps", &or(&self.steps, &step(0, "listThings", ""))),
            section("outputs", &self.outputs),
        );
        let listed: Vec<&str> = self.listed.iter().map(String::as_str).collect();
        let capabilities = format!(
            "specification: Naftiko Capabilities\nspecificationVersion: '0.2'\nproviderId: things\n\
             baseUrl: https://api.acme.example\nauth: {{type: none}}\nopenapi: api.yaml\n{}capabilities: [{{id: all, \
             operationIds: [{}]}}]\n",
            section("operations", &self.operations),
            [["listThings", "createThing", "getThing"].as_slice(), &listed].concat().join(", "),
        );
        let description = format!(
            "openapi: 3.1.0\ninfo: {{title: T, version: '1'}}\npaths:\n  /things:\n    get: {{operationId: listThings, responses: {OK}}}\n    \
             post: {{operationId: createThing, requestBody: {{required: true, content: {{application/json: {{schema: {}}}}}}}, responses: {OK}}}\n  \
             /things/{{id}}:\n    get: {{operationId: getThing, parameters: [{{name: id, in: path, required: true, schema: {{type: \
             string}}}}{}], responses: {OK}}}\n{}components:\n  schemas:\n    Thing: {}\n{}",
            or(&self.body, "{type: object, properties: {name: {type: string}}}"),
            self.parameters,
            self.paths,
            or(
                &self.thing,
                "{type: object, required: [id], properties: {id: {type: string}, name: {type: string}}}"
            ),
            self.schemas,
        );
        let files = [
            ("main.yaml", composition),
            ("shared/things.yaml", capabilities),
            ("shared/api.yaml", description),
        ];
        files.into_iter().map(|(path, text)| (path.to_owned(), text.into_bytes())).collect()
    }
}

fn step(at: usize, operation: &str, rest: &str) -> String {
    format!("  - {{id: s{at}, capability: all, operation: {operation}{rest}}}\n")
}

/// A text for each of so many.
fn each(count: usize, text: impl Fn(usize) -> String) -> String {
    (0..count).fold(String::new(), |mut all, at| {
        let _ = write!(all, "{}", text(at));
        all
    })
}

/// A schema of an object with so many properties of a kind.
fn object(count: usize, kind: &str) -> String {
    format!(
        "{{type: object, additionalProperties: false, properties: {{{}}}}}",
        each(count, |at| format!("p{at}: {kind}, "))
    )
}

fn creating(with: &str) -> String {
    format!("  - id: s0\n    capability: all\n    operation: createThing\n    with:\n{with}")
}

type Make = fn(usize) -> Documents;

/// The collections, each under a name.
fn collections() -> Vec<(&'static str, Make)> {
    vec![
        ("steps", |n| Documents { steps: each(n, |at| step(at, "listThings", "")), ..Documents::default() }),
        ("steps that read a step that does not exist", |n| Documents {
            steps: each(n, |at| step(at, "getThing", &format!(", with: {{id: '${{t{at}.id}}'}}"))),
            ..Documents::default()
        }),
        ("operations that do not exist", |n| Documents {
            steps: each(n, |at| step(at, &format!("getThink{at}"), "")),
            paths: each(n, |at| {
                format!("  /p{at}: {{get: {{operationId: findThing{at}, responses: {OK}}}}}\n")
            }),
            ..Documents::default()
        }),
        ("inputs that are not read", |n| Documents {
            inputs: each(n, |at| format!("  - {{name: i{at}, type: string}}\n")),
            ..Documents::default()
        }),
        ("inputs of an unknown type", |n| Documents {
            inputs: each(n, |at| format!("  - {{name: i{at}, type: strin}}\n")),
            ..Documents::default()
        }),
        ("outputs of unknown fields", |n| Documents {
            outputs: each(n, |at| format!("  - {{name: o{at}, source: s0.idd{at}}}\n")),
            ..Documents::default()
        }),
        ("arguments", |n| Documents {
            steps: creating(&each(n, |at| format!("      p{at}: x\n"))),
            body: object(n, "{type: string}"),
            ..Documents::default()
        }),
        ("arguments of another type", |n| Documents {
            steps: creating(&each(n, |at| format!("      p{at}: [x]\n"))),
            body: object(n, "{type: string}"),
            ..Documents::default()
        }),
        ("unknown arguments", |n| Documents {
            steps: creating(&each(n, |at| format!("      q{at}: x\n"))),
            body: format!(
                "{{type: object, properties: {{{}}}}}",
                each(n, |at| format!("p{at}: {{type: string}}, "))
            ),
            ..Documents::default()
        }),
        ("unknown fields of an argument", |n| Documents {
            steps: creating(&format!("      o:\n{}", each(n, |at| format!("        q{at}: x\n")))),
            body: format!("{{type: object, properties: {{o: {}}}}}", object(n, "{type: string}")),
            ..Documents::default()
        }),
        ("items of another type", |n| Documents {
            steps: creating(&format!("      o:\n{}", each(n, |_| "        - [1]\n".to_owned()))),
            body: "{type: object, properties: {o: {type: array, items: {type: string}}}}".to_owned(),
            ..Documents::default()
        }),
        ("items that break a limit", |n| Documents {
            steps: creating(&format!("      o:\n{}", each(n, |_| "        - xx\n".to_owned()))),
            body: "{type: object, properties: {o: {type: array, items: {type: string, maxLength: 1}}}}"
                .to_owned(),
            ..Documents::default()
        }),
        ("parameters that cannot be sent", |n| Documents {
            steps: format!(
                "  - id: s0\n    capability: all\n    operation: getThing\n    with:\n      id: x\n{}",
                each(n, |at| format!("      p{at}: \"x\\ny\"\n"))
            ),
            parameters: each(n, |at| format!(", {{name: p{at}, in: header, schema: {{type: string}}}}")),
            ..Documents::default()
        }),
        ("comments that ignore", |n| Documents {
            steps: each(n, |at| {
                format!("  # naftiko: ignore[missing-argument]\n{}", step(at, "getThing", ""))
            }),
            ..Documents::default()
        }),
        ("comments on one place", |n| Documents {
            steps: format!(
                "{}{}",
                "  # naftiko: ignore[missing-argument]\n".repeat(n),
                step(0, "getThing", "")
            ),
            ..Documents::default()
        }),
        ("ignored codes that do not exist", |n| Documents {
            top: format!("# naftiko: ignore-file[{}]\n", each(n, |at| format!("code-{at}, "))),
            ..Documents::default()
        }),
        ("values that expire", |n| Documents {
            steps: format!(
                "{}  - {{id: wait, external: true}}\n{}",
                step(0, "listThings", ""),
                each(n, |at| step(at + 1, "getThing", &format!(", with: {{id: '${{s0.p{at}}}'}}")))
            ),
            thing: object(n, "{type: string}"),
            operations: format!(
                "  listThings: {{operationId: listThings, expires: {{{}}}}}\n",
                each(n, |at| format!("p{at}: 5m, "))
            ),
            ..Documents::default()
        }),
        ("values that expire, each used after a wait", |n| Documents {
            steps: each(n, |at| {
                let used = step(2 * n + at, "getThing", &format!(", with: {{id: '${{s{at}.id}}'}}"));
                format!("{}  - {{id: w{at}, external: true}}\n{used}", step(at, "listThings", ""))
            }),
            operations: "  listThings: {operationId: listThings, expires: {id: 5m}}\n".to_owned(),
            ..Documents::default()
        }),
        ("outputs that expire", |n| Documents {
            steps: each(n, |at| format!("{}  - {{id: w{at}, external: true}}\n", step(at, "listThings", ""))),
            outputs: each(n, |at| format!("  - {{name: o{at}, source: s{at}.id}}\n")),
            operations: "  listThings: {operationId: listThings, expires: {id: 5m}}\n".to_owned(),
            ..Documents::default()
        }),
        ("descriptions that name what expires", |n| Documents {
            steps: each(n, |at| {
                format!(
                    "{}  - {{id: w{at}, external: true, description: send the id}}\n",
                    step(at, "listThings", "")
                )
            }),
            operations: "  listThings: {operationId: listThings, expires: {id: 5m}}\n".to_owned(),
            ..Documents::default()
        }),
        ("inputs that do not exist", |n| Documents {
            inputs: each(n, |at| format!("  - {{name: i{at}, type: string}}\n")),
            steps: each(n, |at| step(at, "getThing", &format!(", with: {{id: '${{inputs.j{at}}}'}}"))),
            ..Documents::default()
        }),
        ("unknown fields of a large object", |n| Documents {
            outputs: each(n, |at| format!("  - {{name: o{at}, source: s0.q{at}}}\n")),
            thing: object(n, "{type: string}"),
            ..Documents::default()
        }),
        ("unknown values of a large list of values", |n| Documents {
            steps: step(0, "listThings", "")
                + &each(n, |at| step(at + 1, "listThings", &format!(", when: s0.name == 'f{at}'"))),
            thing: format!(
                "{{type: object, required: [name], properties: {{name: {{type: string, enum: [{}]}}}}}}",
                each(n, |at| format!("e{at}, "))
            ),
            ..Documents::default()
        }),
        ("a chain of references", |n| Documents {
            thing: "{$ref: '#/components/schemas/T0'}".to_owned(),
            schemas: format!(
                "{}    T{n}: {{type: object}}\n",
                each(n, |at| format!("    T{at}: {{$ref: '#/components/schemas/T{}'}}\n", at + 1))
            ),
            ..Documents::default()
        }),
        ("messages that read unknown names", |n| Documents {
            steps: each(n, |at| {
                format!(
                    "  - {{id: s{at}, external: {{channel: email, to: a@acme.example, template: '{{{{ t{at} }}}}'}}}}\n"
                )
            }),
            ..Documents::default()
        }),
        ("aliases", |n| Documents {
            steps: creating(&format!("      p: &a x\n{}", each(n, |at| format!("      p{at}: *a\n")))),
            body: object(n, "{type: string}"),
            ..Documents::default()
        }),
        ("aliases without an anchor on one line", |n| Documents {
            top: format!("x-a: [{}]\n", each(n, |_| "*u, ".to_owned())),
            ..Documents::default()
        }),
        ("operands that may be absent", |n| Documents {
            steps: format!(
                "{}{}",
                step(0, "listThings", ""),
                step(
                    1,
                    "getThing",
                    &format!(", with: {{id: \"${{{}s0.name}}\"}}", each(n, |_| "s0.name ?? ".to_owned()))
                )
            ),
            ..Documents::default()
        }),
        ("parts of a schema, written out", |n| Documents {
            steps: creating("      p1: x\n"),
            body: format!(
                "{{allOf: [{}]}}",
                each(n, |at| format!("{{type: object, properties: {{p{at}: {{type: string}}}}}}, "))
            ),
            ..Documents::default()
        }),
        ("references to each schema of a chain, in a form", |n| Documents {
            steps: step(0, "upload", ""),
            listed: vec!["upload".to_owned()],
            paths: format!(
                "  /upload: {{post: {{operationId: upload, requestBody: {{content: {{multipart/form-data: {{schema: \
                 {{$ref: '#/components/schemas/M8'}}}}}}}}, responses: {OK}}}}}\n"
            ),
            schemas: (1..=8).fold("    M0: {type: object}\n".to_owned(), |all, at| {
                let below = format!("{{$ref: '#/components/schemas/M{}'}}, ", at - 1);
                format!("{all}    M{at}: {{allOf: [{}]}}\n", below.repeat(n))
            }),
            ..Documents::default()
        }),
    ]
}

/// The findings about an unfit literal whose schema is below so many levels that each refer to the next one twice.
fn codes_below(levels: usize) -> (Vec<&'static str>, u64) {
    let documents = Documents {
        steps: creating("      body: {v: 7}\n"),
        body: format!("{{$ref: '#/components/schemas/L{levels}'}}"),
        schemas: format!(
            "    L0: {{type: object, properties: {{v: {{type: string}}}}}}\n{}",
            each(levels, |at| {
                let below = format!("{{$ref: '#/components/schemas/L{at}'}}");
                format!("    L{}: {{allOf: [{below}, {below}]}}\n", at + 1)
            })
        ),
        ..Documents::default()
    };
    let (checked, steps) = work::count(|| check_files("main.yaml", documents.files()));
    (checked.diagnostics.iter().map(|found| found.code.id).collect(), steps)
}

#[test]
fn a_literal_is_checked_however_deep_its_schema_is() {
    for levels in [1, 20, 40, 50, 60, 100, 150, 1_000] {
        let (codes, steps) = codes_below(levels);
        let is_reported = codes
            .iter()
            .any(|code| ["wrong-argument-type", "unfit-argument", "schema-too-complex"].contains(code));
        assert!(is_reported, "{levels} levels: {codes:?}");
        assert!(
            steps < 1_000 * u64::try_from(levels + 10).unwrap(),
            "{levels} levels: {steps} steps of work"
        );
    }
}

fn work_of(make: Make, count: usize) -> u64 {
    let files = make(count).files();
    let (checked, steps) = work::count(|| check_files("main.yaml", files));
    assert!(checked.kind.is_some());
    steps
}

/// How much work one item may take in any case: a suggestion compares more names until there are some thousands.
const PER_ITEM: u64 = 1_000;

#[test]
fn work_grows_in_proportion_to_each_collection() {
    const COUNT: usize = 400;
    let mut grown = Vec::new();
    for (name, make) in collections() {
        let (some, more) = (work_of(make, COUNT), work_of(make, 4 * COUNT));
        assert!(some > 0, "nothing is counted: {name}");
        // Sorted indexes cost a little more than in proportion.
        let is_bounded = more <= PER_ITEM * u64::try_from(4 * COUNT).unwrap();
        if more > 5 * some && !is_bounded {
            grown.push(format!("{name}: {some} steps of work, then {more}"));
        }
    }
    assert!(grown.is_empty(), "{}", grown.join("\n"));
}
