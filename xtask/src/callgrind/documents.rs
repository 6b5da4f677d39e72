//! Generates the documents for counting: a composition with a given number of steps, its test, and its provider.
//!
//! They contain typical elements: references between steps, literals, templates, conditions, loops and compensations,
//! and a description with more operations than the composition uses.

use std::fmt::Write as _;

/// The kinds of resources in the description, each with four operations.
const KINDS: usize = 25;

/// The file names and contents, for a composition of `steps` steps.
pub(super) fn write(steps: usize) -> [(&'static str, String); 4] {
    [
        ("main.yaml", composition(steps)),
        ("main.test.yaml", test()),
        ("shared/acme.yaml", capabilities()),
        ("shared/openapi.yaml", description()),
    ]
}

fn composition(steps: usize) -> String {
    let mut text = "specification: Naftiko Capability Composition
specificationVersion: '0.2'
name: Counted
description: A composition that is only counted.
providerId: acme
inputs:
  - {name: name, type: string, required: true, description: The name of everything that is made.}
  - {name: domains, type: array, items: {type: string, pattern: '^[a-z.]+$'}, required: true}
steps:
"
    .to_owned();
    for at in 0..steps {
        step(&mut text, at);
    }
    let last = steps.saturating_sub(1) / 2 * 2;
    let _ = write!(
        text,
        "outputs:\n  - {{name: id, source: s{last}.id}}\n  - {{name: label, source: \"upper(s{last}.name) ?? 'none'\"}}\n"
    );
    text
}

/// Writes one step. Even steps create a resource, which the following step reads.
fn step(text: &mut String, at: usize) {
    let kind = at / 2 % KINDS;
    if at % 2 == 1 {
        let made = at - 1;
        let _ = write!(
            text,
            "  - id: s{at}
    capability: kind{kind}
    operation: getKind{kind}
    description: Read what was made.
    when: s{made}.state == 'active' && len(inputs.domains) > 0
    with: {{id: '${{s{made}.id}}', expand: [owner, labels]}}
    expect: [response.body.id == s{made}.id]
"
        );
        return;
    }
    let parent = if at == 0 { "inputs.name".to_owned() } else { format!("s{}.id", at - 2) };
    let _ = write!(
        text,
        "  - id: s{at}
    capability: kind{kind}
    operation: createKind{kind}
    description: Make one for the customer.
    with:
      name: 'The ${{inputs.name}} of step {at}'
      parent: ${{{parent}}}
      plan: team
      seats: {seats}
      labels: {{source: composition, order: '{at}'}}
    compensate:
      capability: kind{kind}
      operation: deleteKind{kind}
      with: {{id: '${{s{at}.id}}'}}
",
        seats = at % 90 + 1,
    );
}

fn test() -> String {
    "specification: Naftiko Composition Test
specificationVersion: '0.2'
composition: main.yaml
inputs: {name: Acme, domains: [acme.example]}
tests:
  - name: everything is made
    mock: {operations: {createKind0: [{patch: {state: active}}]}}
    expect: {outcome: succeeded, assert: ['len(requests) >= 5', \"requests[0].body.plan == 'team'\"]}
  - name: a failure is undone
    mock: {operations: {createKind1: [{status: 409}]}}
    expect: {outcome: compensated, steps: {s2: failed}}
"
    .to_owned()
}

fn capabilities() -> String {
    let mut text = "specification: Naftiko Capabilities
specificationVersion: '0.2'
providerId: acme
baseUrl: https://api.example.com
auth: {type: bearer, envVar: ACME_TOKEN}
openapi: openapi.yaml
capabilities:
"
    .to_owned();
    for kind in 0..KINDS {
        let _ = writeln!(
            text,
            "  - {{id: kind{kind}, description: Kind {kind}., operationIds: [createKind{kind}, listKind{kind}, getKind{kind}, deleteKind{kind}]}}"
        );
    }
    text
}

fn description() -> String {
    let mut text = "openapi: 3.1.0\ninfo: {title: Acme, version: '1'}\npaths:\n".to_owned();
    for kind in 0..KINDS {
        let _ = write!(
            text,
            "  /kind{kind}:
    post:
      operationId: createKind{kind}
      tags: [kind{kind}]
      description: Makes one of this kind, which can be read at once.
      requestBody:
        required: true
        content: {{application/json: {{schema: {{$ref: '#/components/schemas/NewKind{kind}'}}}}}}
      responses:
        '201': {{description: made, content: {{application/json: {{schema: {{$ref: '#/components/schemas/Kind{kind}'}}}}}}}}
        '409': {{description: there is one of that name}}
    get:
      operationId: listKind{kind}
      tags: [kind{kind}]
      parameters:
        - {{name: limit, in: query, schema: {{type: integer, minimum: 1, maximum: 100}}}}
        - {{name: after, in: query, schema: {{type: string}}}}
      responses:
        '200':
          description: some
          content:
            application/json:
              schema:
                type: object
                required: [data]
                properties:
                  data: {{type: array, items: {{$ref: '#/components/schemas/Kind{kind}'}}}}
                  next: {{type: [string, 'null']}}
  /kind{kind}/{{id}}:
    parameters: [{{$ref: '#/components/parameters/Id'}}]
    get:
      operationId: getKind{kind}
      tags: [kind{kind}]
      parameters: [{{name: expand, in: query, schema: {{type: array, items: {{type: string, enum: [owner, labels]}}}}}}]
      responses:
        '200': {{description: found, content: {{application/json: {{schema: {{$ref: '#/components/schemas/Kind{kind}'}}}}}}}}
        '404': {{description: there is none}}
    delete:
      operationId: deleteKind{kind}
      tags: [kind{kind}]
      responses: {{'204': {{description: gone}}}}
"
        );
    }
    text.push_str(
        "components:\n  parameters:\n    Id: {name: id, in: path, required: true, schema: {type: string}}\n  schemas:\n",
    );
    for kind in 0..KINDS {
        schemas(&mut text, kind);
    }
    text
}

fn schemas(text: &mut String, kind: usize) {
    let _ = write!(
        text,
        "    NewKind{kind}:
      type: object
      required: [name, plan]
      properties:
        name: {{type: string, minLength: 1, maxLength: 200, description: What it is called.}}
        parent: {{type: string, description: The one it belongs to.}}
        plan: {{type: string, enum: [free, team, enterprise]}}
        seats: {{type: integer, minimum: 1, maximum: 100}}
        labels: {{type: object, additionalProperties: {{type: string}}}}
    Kind{kind}:
      allOf:
        - $ref: '#/components/schemas/NewKind{kind}'
        - type: object
          required: [id, state]
          properties:
            id: {{type: string, description: Its permanent id.}}
            state: {{type: string, enum: [active, inactive]}}
            created_at: {{type: string, format: date-time}}
            owner: {{type: object, properties: {{id: {{type: string}}, email: {{type: string, format: email}}}}}}
"
    );
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io;
    use std::path::{Path, PathBuf};

    use naftiko_check::{Options, check};

    use super::write;

    struct Texts(BTreeMap<PathBuf, String>);

    impl naftiko_spec::Files for Texts {
        fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
            let text = self.0.get(path).ok_or(io::ErrorKind::NotFound)?;
            Ok(text.clone().into_bytes())
        }

        fn is_file(&self, path: &Path) -> bool {
            self.0.contains_key(path)
        }

        fn absolute(&self, path: &Path) -> PathBuf {
            Path::new("/").join(path)
        }
    }

    #[test]
    fn the_counted_documents_have_no_findings() {
        for steps in [2, 10, 50] {
            let files = Texts(write(steps).into_iter().map(|(name, text)| (name.into(), text)).collect());
            let checked = check(Path::new("main.yaml"), &Options::default(), &files).unwrap();
            assert!(checked.diagnostics.is_empty(), "{steps}: {:#?}", checked.diagnostics);
            assert_eq!(checked.plan.unwrap().steps.len(), steps);
        }
        let files = Texts(write(10).into_iter().map(|(name, text)| (name.into(), text)).collect());
        let tested = check(Path::new("main.test.yaml"), &Options::default(), &files).unwrap();
        assert!(tested.suite.is_some(), "{:#?}", tested.diagnostics);
    }
}
