//! Descriptions in several files.

use std::collections::BTreeMap;

use naftiko_adapter::Place;
use naftiko_diagnostics::SourceMap;
use naftiko_syntax::{Limits, Node, parse};
use serde_json::{Value, json};

use crate::{Catalogue, bundle};

fn catalogue(files: &[(&str, &str)]) -> (Catalogue, Vec<String>, Vec<String>) {
    let mut sources = SourceMap::new();
    let trees: BTreeMap<String, Node> = files
        .iter()
        .map(|(name, text)| {
            let file = sources.add(*name, *text);
            ((*name).to_owned(), parse(text, file, &Limits::default()).root.unwrap())
        })
        .collect();
    let mut asked = Vec::new();
    let root = bundle(trees["api.yaml"].clone(), "api.yaml", &mut |path| {
        asked.push(path.to_owned());
        trees.get(path).cloned()
    });
    let (catalogue, diagnostics) = Catalogue::load(root);
    (catalogue, diagnostics.into_iter().map(|it| format!("{}: {}", it.code.id, it.message)).collect(), asked)
}

#[test]
fn operations_path_items_parameters_and_schemas_in_other_files_are_followed() {
    let (catalogue, found, asked) = catalogue(&[
        (
            "api.yaml",
            "openapi: 3.0.3
info: {title: t, version: '1'}
paths:
  /droplets:
    get: {$ref: resources/list.yml}
  /droplets/{id}: {$ref: 'paths/droplet.yml'}
components: {schemas: {Id: {type: integer, minimum: 7}}}
",
        ),
        (
            "resources/list.yml",
            "operationId: list
parameters: [{$ref: '../parameters.yml#/perPage'}]
responses: {'200': {description: ok, content: {application/json: {schema: {$ref: 'models/droplets.yml'}}}}}
",
        ),
        (
            "parameters.yml",
            "perPage: {name: per_page, in: query, schema: {$ref: 'api.yaml#/components/schemas/Id'}}\n",
        ),
        (
            "resources/models/droplets.yml",
            "type: array\nitems: {$ref: '#/definitions/Droplet'}\ndefinitions: {Droplet: {type: object, properties: {id: {$ref: '../../api.yaml#/components/schemas/Id'}, next: {$ref: droplets.yml}}}}\n",
        ),
        (
            "paths/droplet.yml",
            "get: {operationId: find, parameters: [{name: id, in: path, required: true, schema: {type: string}}], responses: {'204': {description: none}}}\n",
        ),
    ]);
    assert_eq!(found, [""; 0]);
    assert_eq!(asked.len(), 4, "each file is read once: {asked:?}");
    let list = catalogue.find("list").expect("an operation by reference");
    let (operation, diagnostics) = catalogue.operation(list, "p");
    assert_eq!(diagnostics, []);
    let parameter = &operation.parameters[0];
    assert_eq!((parameter.place, parameter.name.as_str()), (Place::Query, "per_page"));
    let resolved = |schema: &Value| operation.resolve(schema).cloned().unwrap_or_else(|| schema.clone());
    assert_eq!(resolved(&parameter.schema), json!({"type": "integer", "minimum": 7}));
    let answer = operation.success().unwrap().1.schema.clone().unwrap();
    let items = resolved(&resolved(&answer)["items"]);
    assert_eq!(resolved(&items["properties"]["id"])["minimum"], 7);
    assert_eq!(resolved(&items["properties"]["next"])["type"], "array");
    assert!(catalogue.find("find").is_some());
}

#[test]
fn a_file_that_cannot_be_read_is_reported_where_it_is_named() {
    let (catalogue, _, asked) = catalogue(&[(
        "api.yaml",
        "openapi: 3.0.3
info: {title: t, version: '1'}
paths:
  /a: {get: {operationId: a, responses: {'200': {description: ok, content: {application/json: {schema: {$ref: '../../x.yaml'}}}}}}}
  /b: {get: {operationId: b, responses: {'200': {description: ok, content: {application/json: {schema: {$ref: 'https://example.com/x.yaml'}}}}}}}
",
    )]);
    assert_eq!(asked, ["../../x.yaml"]);
    for id in ["a", "b"] {
        let (_, diagnostics) = catalogue.operation(catalogue.find(id).unwrap(), "p");
        assert_eq!(diagnostics[0].code.id, "external-reference");
    }
}

#[test]
fn a_reference_to_the_id_of_a_schema_is_followed() {
    let (catalogue, found, _) = catalogue(&[(
        "api.yaml",
        "openapi: 3.1.0
info: {title: t, version: '1'}
paths:
  /a: {get: {operationId: a, responses: {'200': {description: ok, content: {application/json: {schema: {$ref: 'https://example.com/schemas/ext'}}}}}}}
components:
  schemas:
    Ext: {$id: 'https://example.com/schemas/ext', type: object, required: [n], properties: {n: {$ref: 'https://example.com/schemas/ext#/$defs/N'}}, $defs: {N: {type: integer}}}
",
    )]);
    assert_eq!(found, [""; 0]);
    let (operation, diagnostics) = catalogue.operation(catalogue.find("a").unwrap(), "p");
    assert_eq!(diagnostics, []);
    let schema = operation.success().unwrap().1.schema.clone().unwrap();
    let ext = operation.resolve(&schema).unwrap();
    assert_eq!(operation.resolve(&ext["properties"]["n"]).unwrap()["type"], "integer");
}

#[test]
fn only_the_mapping_of_a_discriminator_holds_references() {
    let schema = |keywords: &str| {
        format!(
            "openapi: 3.0.3
info: {{title: t, version: '1'}}
paths:
  /a:
    get: {{operationId: a, responses: {{'200': {{description: d, content: {{application/json: {{schema: {{{keywords}}}}}}}}}}}}}
"
        )
    };
    let dog = ("dog.yaml", "{type: object}\n");
    let read = |keywords: &str| {
        let text = schema(keywords);
        let (catalogue, _, asked) = catalogue(&[("api.yaml", &text), dog]);
        let (operation, _) = catalogue.operation(catalogue.find("a").unwrap(), "p");
        (operation.success().unwrap().1.schema.clone().unwrap(), asked)
    };
    // A property, an example and an extension that have the name of the keyword are data.
    for keywords in [
        "properties: {mapping: {type: string, default: dog.yaml}}",
        "default: {mapping: {dog: dog.yaml}}",
        "x-map: {mapping: {dog: dog.yaml}}",
        "properties: {discriminator: {properties: {mapping: {default: dog.yaml}}}}",
    ] {
        let (found, asked) = read(keywords);
        assert_eq!(asked, [""; 0], "{keywords}");
        assert!(!found.to_string().contains("x-naftiko-files"), "{found}");
    }
    let (_, asked) = read("discriminator: {propertyName: kind, mapping: {dog: dog.yaml}}");
    assert_eq!(asked, ["dog.yaml"], "even if no other reference leads out");
}
