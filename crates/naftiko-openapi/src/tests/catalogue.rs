//! The index of operations, and lookups in it.

use insta::{assert_debug_snapshot, assert_snapshot};
use naftiko_adapter::Method;

use super::Loaded;
use crate::Version;

const LIBRARY: &str = r"
openapi: 3.1.0
info: {title: Library, version: '1'}
servers:
  - url: https://{region}.library.test:{port}/v1
    variables: {region: {default: eu}, port: {default: 8443}}
  - url: https://{nobody}.library.test
  - url: /relative
paths:
  /books:
    summary: Books
    post: {operationId: createBook, tags: [books], summary: Buys a book}
    get: {operationId: 'list books[0]', deprecated: true}
    x-note: {operationId: notAnOperation}
  /books/{id}:
    parameters: [{name: id, in: path, schema: {type: string}}]
    servers: [{url: https://shelf.library.test}]
    get: {}
    delete: {operationId: deleteBook, servers: [{url: https://bin.library.test}]}
  x-internal: {get: {operationId: notAPath}}
";

#[test]
fn operations_come_in_the_order_of_the_document() {
    let loaded = Loaded::new(LIBRARY);
    assert_eq!(loaded.complaints(), [""; 0]);
    let lines: Vec<String> = loaded
        .catalogue
        .operations()
        .map(|e| {
            let span = loaded.sources.text(e.span);
            format!("{} {} {:?} at `{span}` {:?} {}", e.method.as_str(), e.path, e.id, e.tags, e.deprecated)
        })
        .collect();
    assert_snapshot!(lines.join("\n"), @r#"
    POST /books Some("createBook") at `createBook` ["books"] false
    GET /books Some("list books[0]") at `'list books[0]'` [] true
    GET /books/{id} None at `get` [] false
    DELETE /books/{id} Some("deleteBook") at `deleteBook` [] false
    "#);
    assert_eq!(loaded.catalogue.version(), Version::V3_1);
    assert_eq!(loaded.catalogue.title(), Some("Library"));
}

#[test]
fn operations_are_found_by_id_and_by_route() {
    let catalogue = Loaded::new(LIBRARY).catalogue;
    let path =
        |entry: Option<&crate::Entry>| entry.map(|entry| format!("{} {}", entry.method.as_str(), entry.path));
    assert_eq!(path(catalogue.find("list books[0]")).as_deref(), Some("GET /books"));
    assert_eq!(path(catalogue.find("notAnOperation")), None);
    assert_eq!(path(catalogue.find("")), None);
    assert_eq!(path(catalogue.find_route(Method::Get, "/books/{book}")).as_deref(), Some("GET /books/{id}"));
    assert_eq!(path(catalogue.find_route(Method::Get, "/books/7")), None);
    assert_eq!(path(catalogue.find_route(Method::Put, "/books")), None);
    let nameless = catalogue.find_route(Method::Get, "/books/{id}").unwrap();
    assert_eq!(catalogue.operation(nameless, "library").0.id, "GET /books/{id}");
}

#[test]
fn servers_have_their_variables_filled_in_and_may_be_an_operations_own() {
    let catalogue = Loaded::new(LIBRARY).catalogue;
    assert_debug_snapshot!(catalogue.servers(), @r#"
    [
        "https://eu.library.test:8443/v1",
        "/relative",
    ]
    "#);
    let of = |entry: Option<&crate::Entry>| catalogue.servers_of(entry.unwrap()).join(" ");
    assert_snapshot!(of(catalogue.find("deleteBook")), @"https://bin.library.test");
    assert_snapshot!(of(catalogue.find_route(Method::Get, "/books/{}")), @"https://shelf.library.test");
    assert_eq!(catalogue.servers_of(catalogue.find("createBook").unwrap()), catalogue.servers());
}

#[test]
fn servers_of_2_0_are_scheme_host_and_base_path() {
    let servers = |text: &str| Loaded::new(text).catalogue.servers();
    let text = "swagger: '2.0'\nhost: a.test:81\nbasePath: /v1\nschemes: [https, http]\npaths: {}";
    assert_debug_snapshot!(servers(text), @r#"
    [
        "https://a.test:81/v1",
        "http://a.test:81/v1",
    ]
    "#);
    assert_eq!(servers("swagger: '2.0'\nhost: a.test"), ["https://a.test"]);
    assert_eq!(servers("swagger: '2.0'\nbasePath: /v1"), ["/v1"]);
    assert_eq!(servers("swagger: '2.0'"), [""; 0]);
}

#[test]
fn every_version_is_told_and_what_is_none_is_refused() {
    let head = |text: &str| {
        let loaded = Loaded::new(text);
        format!("{text} → {} {:?}", loaded.catalogue.version(), loaded.complaints())
    };
    let heads = [
        "swagger: '2.0'",
        "swagger: 2.0",
        "openapi: 3.0.3",
        "openapi: 3.0",
        "openapi: 3.1.1",
        "openapi: 3.2.0",
        "openapi: 3.9.0",
        "openapi: 4.0.0",
        "openapi: [3]",
        "swagger: '1.2'",
        "name: a composition",
        "just words",
    ];
    assert_snapshot!(heads.map(head).join("\n"), @r#"
    swagger: '2.0' → 2.0 []
    swagger: 2.0 → 2.0 []
    openapi: 3.0.3 → 3.0 []
    openapi: 3.0 → 3.0 []
    openapi: 3.1.1 → 3.1 []
    openapi: 3.2.0 → 3.2 []
    openapi: 3.9.0 → 3.2 ["warning unknown-openapi-version: OpenAPI `3.9.0` is not known and is read as 3.2 (at `3.9.0`)"]
    openapi: 4.0.0 → unknown ["error not-openapi: this version of OpenAPI cannot be read (at `4.0.0`)"]
    openapi: [3] → unknown ["error not-openapi: this version of OpenAPI cannot be read (at `[3]`)"]
    swagger: '1.2' → unknown ["error not-openapi: this version of OpenAPI cannot be read (at `'1.2'`)"]
    name: a composition → unknown ["error not-openapi: expected an OpenAPI description, found neither `openapi` nor `swagger` (at `name: a composition`)"]
    just words → unknown ["error not-openapi: expected an OpenAPI description, found a string (at `just words`)"]
    "#);
}

#[test]
fn one_name_of_two_operations_means_the_first() {
    let loaded = Loaded::new(
        "openapi: 3.1.0\npaths: {/a: {get: {operationId: one}}, /b: {get: {operationId: one}}, /c: {get: {operationId: 5}}}",
    );
    assert_eq!(loaded.catalogue.find("one").unwrap().path, "/a");
    assert_eq!(loaded.catalogue.operations().count(), 3);
    assert_debug_snapshot!(loaded.complaints(), @r#"
    [
        "warning malformed-description: expected the `operationId` to be a string, found a number (at `5`)",
        "warning duplicate-operation-id: `one` is the `operationId` of two operations (at `one`)",
    ]
    "#);
    let related = &loaded.diagnostics.iter().find(|d| !d.related.is_empty()).unwrap().related;
    assert_eq!(related.first().unwrap().span, loaded.catalogue.find("one").unwrap().span);
}

#[test]
fn query_and_additional_operations_of_3_2_are_operations() {
    let loaded = Loaded::new(
        r"
openapi: 3.2.0
paths:
  /search:
    query: {operationId: search}
    additionalOperations:
      COPY: {operationId: copy}
      TRACE: {operationId: trace}
",
    );
    assert_eq!(loaded.catalogue.find("search").unwrap().method, Method::Query);
    assert_eq!(loaded.catalogue.find("trace").unwrap().method, Method::Trace);
    assert_eq!(loaded.catalogue.find("copy"), None);
    assert_debug_snapshot!(loaded.complaints(), @r#"
    [
        "warning unsupported-description: the method `COPY` is not supported, and its operation is left out (at `COPY`)",
    ]
    "#);
    let (operation, _) = loaded.catalogue.operation(loaded.catalogue.find("trace").unwrap(), "test");
    assert!(operation.is_safe());
}

#[test]
fn a_path_item_may_be_elsewhere() {
    let loaded = Loaded::new(
        r"
openapi: 3.1.0
paths:
  /a/{id}:
    $ref: '#/components/pathItems/A'
    get: {operationId: own}
  /b: {$ref: 'b.yaml'}
  /c: {$ref: '#/paths/~1c'}
components:
  pathItems:
    A:
      $ref: '#/components/pathItems/B'
    B:
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      get: {operationId: theirs}
      delete: {operationId: shared}
",
    );
    assert_debug_snapshot!(loaded.complaints(), @r#"
    [
        "warning external-reference: `b.yaml` is in another document; every value is accepted (at `'b.yaml'`)",
        "warning circular-reference: `#/paths/~1c` leads back to itself (at `'#/paths/~1c'`)",
    ]
    "#);
    assert_eq!(loaded.catalogue.find("theirs"), None);
    let (operation, diagnostics) =
        loaded.catalogue.operation(loaded.catalogue.find("shared").unwrap(), "test");
    assert_eq!(diagnostics, []);
    assert_eq!(operation.path, "/a/{id}");
    assert_eq!(operation.parameters.first().unwrap().schema, serde_json::json!({"type": "integer"}));
}
