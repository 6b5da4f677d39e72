//! What a hundred thousand of something costs in a document, against the same document without them.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use crate::naftiko;

/// How many of each.
const COUNT: usize = 100_000;

const OK: &str =
    "{'200': {description: ok, content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}}}";

/// A composition, its capabilities and its description.
struct Documents {
    composition: String,
    listed: String,
    paths: String,
    body: String,
    schemas: String,
}

/// Prints, for each collection of which a stranger can write many, how much longer `naftiko check` takes with them.
pub(crate) fn growth() {
    println!("`check` with {COUNT} of something, against the same document without them");
    let ignoring = "  # naftiko: ignore[unused-result]\n".repeat(COUNT);
    let codes = each(|at| format!("code-{at}, "));
    let known = each(|at| step(at, "listThings", ""));
    let rows = [
        (
            "comments that ignore",
            steps(&format!("{ignoring}{}", step(0, "listThings", ""))),
            steps(&step(0, "listThings", "")),
        ),
        (
            "comments that ignore, and as many findings",
            steps(&each(|at| format!("  # naftiko: ignore[missing-argument]\n{}", step(at, "getThing", "")))),
            steps(&each(|at| step(at, "getThing", ""))),
        ),
        (
            "codes in one comment",
            Documents {
                composition: format!(
                    "# naftiko: ignore-file[{codes}]\n{}",
                    steps(&step(0, "listThings", "")).composition
                ),
                ..Documents::default()
            },
            steps(&step(0, "listThings", "")),
        ),
        (
            "steps that do not exist",
            steps(&each(|at| step(at, "getThing", &format!(", with: {{id: '${{t{at}.id}}'}}")))),
            steps(&each(|at| step(at, "getThing", ", with: {id: x}"))),
        ),
        (
            "operations that do not exist, beside as many that do",
            Documents { paths: operations(), ..steps(&each(|at| step(at, &format!("getThink{at}"), ""))) },
            Documents { paths: operations(), ..steps(&known) },
        ),
        ("arguments that do not exist, beside as many that do", arguments("q"), arguments("p")),
        ("references in a chain", chain(true), chain(false)),
    ];
    for (name, with, without) in rows {
        let (with, without) = (time(&with), time(&without));
        let more = with.as_secs_f64() - without.as_secs_f64();
        println!(
            "  {name}: {more:.2} s more ({:.2} s, {:.2} s without)",
            with.as_secs_f64(),
            without.as_secs_f64()
        );
    }
}

impl Default for Documents {
    fn default() -> Self {
        Self {
            composition: String::new(),
            listed: "listThings, createThing, getThing".to_owned(),
            paths: String::new(),
            body: "{type: object, properties: {name: {type: string}}}".to_owned(),
            schemas: String::new(),
        }
    }
}

/// The time of one check, with the start of the process.
fn time(documents: &Documents) -> Duration {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), documents);
    let checked = naftiko(folder.path(), &["check", "main.yaml"]);
    assert!(matches!(checked.code, Some(0 | 1)), "{}", checked.text);
    checked.took
}

fn each(text: impl Fn(usize) -> String) -> String {
    (0..COUNT).fold(String::new(), |mut all, at| {
        let _ = write!(all, "{}", text(at));
        all
    })
}

fn step(at: usize, operation: &str, rest: &str) -> String {
    format!("  - {{id: s{at}, capability: all, operation: {operation}{rest}}}\n")
}

fn steps(steps: &str) -> Documents {
    let composition = format!(
        "name: Main\nspecification: Naftiko Capability Composition\nspecificationVersion: '0.2'\nproviderId: things\nsteps:\n{steps}"
    );
    Documents { composition, ..Documents::default() }
}

fn operations() -> String {
    each(|at| format!("  /p{at}: {{get: {{operationId: findThing{at}, responses: {OK}}}}}\n"))
}

/// A step with arguments whose names begin with a letter; the operation takes those with `p`.
fn arguments(letter: &str) -> Documents {
    let with = each(|at| format!("      {letter}{at}: x\n"));
    let body = each(|at| format!("p{at}: {{type: string}}, "));
    Documents {
        body: format!("{{type: object, properties: {{{body}}}}}"),
        ..steps(&format!("  - id: s0\n    capability: all\n    operation: createThing\n    with:\n{with}"))
    }
}

/// Schemas, each of which refers to the next one, or to none.
fn chain(is_linked: bool) -> Documents {
    let schemas = each(|at| match at + 1 {
        next if is_linked && next < COUNT => format!("    T{at}: {{$ref: '#/components/schemas/T{next}'}}\n"),
        _ => format!("    T{at}: {{type: string, title: the schema of this name}}\n"),
    });
    Documents {
        body: "{type: object, properties: {name: {$ref: '#/components/schemas/T0'}}}".to_owned(),
        schemas,
        ..steps(&step(0, "createThing", ", with: {name: x}"))
    }
}

fn write(folder: &Path, documents: &Documents) {
    let Documents { composition, listed, paths, body, schemas } = documents;
    let capabilities = format!(
        "specification: Naftiko Capabilities\nspecificationVersion: '0.2'\nproviderId: things\nbaseUrl: https://api.acme.example\n\
         auth: {{type: none}}\nopenapi: api.yaml\ncapabilities: [{{id: all, operationIds: [{listed}]}}]\n"
    );
    let description = format!(
        "openapi: 3.1.0\ninfo: {{title: Things, version: '1'}}\npaths:\n  /things:\n    get: {{operationId: listThings, responses: {OK}}}\n    \
         post: {{operationId: createThing, requestBody: {{required: true, content: {{application/json: {{schema: {body}}}}}}}, responses: {OK}}}\n  \
         /things/{{id}}:\n    get: {{operationId: getThing, parameters: [{{name: id, in: path, required: true, schema: {{type: string}}}}], \
         responses: {OK}}}\n{paths}components:\n  schemas:\n    Thing: {{type: object, required: [id], properties: {{id: {{type: string}}}}}}\n{schemas}"
    );
    std::fs::create_dir_all(folder.join("shared")).expect("a folder");
    for (name, text) in
        [("main.yaml", composition), ("shared/things.yaml", &capabilities), ("shared/api.yaml", &description)]
    {
        std::fs::write(folder.join(name), text).expect("a file");
    }
}
