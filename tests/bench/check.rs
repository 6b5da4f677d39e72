//! Measures a check of a composition, compared with only parsing the description of its provider with a YAML library.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

use serde_json::Value;

use crate::{Disk, median};

/// As many operations and fields as the larger published descriptions have.
const OPERATIONS: usize = 1_000;
const FIELDS: usize = 12;
const STEPS: usize = 50;

/// Checks a composition against a large description.
pub(crate) fn check() {
    let folder = tempfile::tempdir().expect("a folder");
    let description = description();
    write(folder.path(), &description);
    let file = folder.path().join("large.yaml");
    let times = |work: &dyn Fn()| {
        median((0..9).map(|_| Instant::now()).map(|began| (work(), began.elapsed()).1).collect())
    };
    let bare = times(&|| {
        let _parsed: Value = serde_yaml::from_str(&description).expect("YAML");
    });
    let checked = times(&|| {
        let checked =
            naftiko_check::check(&file, &naftiko_check::Options::default(), &Disk).expect("it can be read");
        assert!(checked.plan.is_some(), "{:#?}", checked.diagnostics);
    });
    println!(
        "a composition of {STEPS} steps is checked against a description of {OPERATIONS} operations ({} KB) in {:.0} ms, \
         {:.2} times the {:.0} ms that serde_yaml takes to read that description",
        description.len() / 1024,
        checked.as_secs_f64() * 1e3,
        checked.as_secs_f64() / bare.as_secs_f64(),
        bare.as_secs_f64() * 1e3,
    );
}

fn description() -> String {
    let mut text = "openapi: 3.1.0\ninfo: {title: Large, version: '1'}\npaths:\n".to_owned();
    for at in 0..OPERATIONS {
        let _ = write!(
            text,
            "  /things{at}/{{id}}:
    get:
      operationId: getThing{at}
      description: Gives the thing of this kind that has the id.
      parameters:
        - name: id
          in: path
          required: true
          schema:
            type: string
      responses:
        '200':
          description: found
          content:
            application/json:
              schema:
                $ref: '#/components/schemas/Thing{at}'
"
        );
    }
    text.push_str("components:\n  schemas:\n");
    for at in 0..OPERATIONS {
        let _ = write!(
            text,
            "    Thing{at}:\n      type: object\n      required: [id]\n      properties:\n        id:\n          type: string\n"
        );
        for field in 0..FIELDS {
            let _ = write!(
                text,
                "        field{field}:\n          type: string\n          description: What the field is for, in a sentence.\n"
            );
        }
    }
    text
}

fn write(folder: &Path, description: &str) {
    let operations: Vec<String> = (0..STEPS).map(|at| format!("getThing{at}")).collect();
    let capabilities = format!(
        "specification: Naftiko Capabilities\nspecificationVersion: '0.2'\nproviderId: large\nbaseUrl: https://api.example.com\n\
         auth: {{type: none}}\nopenapi: openapi.yaml\ncapabilities: [{{id: all, operationIds: [{}]}}]\n",
        operations.join(", ")
    );
    let mut composition = "specification: Naftiko Capability Composition\nspecificationVersion: '0.2'\nname: Large\nproviderId: large\n\
                           inputs: [{name: id, type: string, required: true}]\nsteps:\n"
        .to_owned();
    for (at, operation) in operations.iter().enumerate() {
        let id = if at == 0 { "inputs.id".to_owned() } else { format!("s{}.id", at - 1) };
        let _ = writeln!(
            composition,
            "  - {{id: s{at}, capability: all, operation: {operation}, with: {{id: '${{{id}}}'}}}}"
        );
    }
    let _ = writeln!(composition, "outputs: [{{name: id, source: s{}.id}}]", STEPS - 1);
    std::fs::create_dir_all(folder.join("shared")).expect("a folder");
    for (name, text) in [
        ("shared/openapi.yaml", description),
        ("shared/large.yaml", &capabilities),
        ("large.yaml", &composition),
    ] {
        std::fs::write(folder.join(name), text).expect("a file");
    }
}
