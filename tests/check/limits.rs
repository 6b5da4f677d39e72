//! `check` has limits where a document may be hostile; none of them hides a mistake that every run refuses, or its extent.

use naftiko_diagnostics::{Diagnostic, Severity};
use naftiko_tests::check_files;

const COMPOSITION: &str = "name: Test\nspecification: Naftiko Capability Composition\nspecificationVersion: '0.2'\nproviderId: acme\n";
const CAPABILITIES: &str = "specification: Naftiko Capabilities\nspecificationVersion: '0.2'\nproviderId: acme\n\
    baseUrl: https://api.acme.example\nauth: {type: none}\nopenapi: api.yaml\n\
    capabilities: [{id: all, operationIds: [make]}]\n";

/// The findings about documents.
fn check(files: Vec<(&str, String)>) -> Vec<Diagnostic> {
    let (main, _) = files.first().cloned().expect("a document");
    let files = files.into_iter().map(|(path, text)| (path.to_owned(), text.into_bytes()));
    check_files(main, files.collect::<Vec<_>>()).diagnostics
}

/// The findings about a step that calls an operation, described by `request`, with the arguments `with`.
fn called(request: &str, schemas: &str, with: &str) -> Vec<Diagnostic> {
    check(vec![
        (
            "test.yaml",
            format!("{COMPOSITION}steps:\n  - {{id: a, capability: all, operation: make, with: {with}}}\n"),
        ),
        ("shared/acme.yaml", CAPABILITIES.to_owned()),
        (
            "shared/api.yaml",
            format!(
                "openapi: 3.1.0\ninfo: {{title: T, version: '1'}}\npaths:\n  /things:\n    post: {{operationId: make, {request}, \
                 responses: {{'200': {{description: ok}}}}}}\ncomponents:\n  schemas: {{{schemas}}}\n"
            ),
        ),
    ])
}

/// The same for an operation whose JSON body has one property, `p`.
fn property(schema: &str, schemas: &str, with: &str) -> Vec<Diagnostic> {
    let body = format!("{{type: object, properties: {{p: {schema}}}}}");
    let request =
        format!("requestBody: {{required: true, content: {{application/json: {{schema: {body}}}}}}}");
    called(&request, schemas, &format!("{{p: {with}}}"))
}

fn messages(found: &[Diagnostic]) -> Vec<String> {
    let errors = found.iter().filter(|found| found.severity() == Severity::Error);
    errors.map(|found| format!("{}: {}", found.code.id, found.message)).collect()
}

/// An object schema with so many required texts.
fn object(prefix: &str, count: usize) -> String {
    let names: Vec<String> = (0..count).map(|at| format!("{prefix}{at}")).collect();
    let fields: Vec<String> = names.iter().map(|name| format!("{name}: {{type: string}}")).collect();
    format!("{{type: object, required: [{}], properties: {{{}}}}}", names.join(", "), fields.join(", "))
}

#[test]
fn the_schema_judges_what_the_comparison_with_the_type_does_not_reach() {
    let items = format!("[{}[b]]", "a, ".repeat(20_100));
    let expected = ["unfit-argument: `p[20100]` takes a string, found a list"];
    let found = property("{type: array, items: {type: string}}", "", &items);
    assert_eq!(messages(&found), expected);
    let inner = format!(
        "{COMPOSITION}inputs:\n  - {{name: p, type: array, items: {{type: string}}}}\nsteps:\n  - {{id: a, external: true}}\n"
    );
    let outer =
        format!("{COMPOSITION}steps:\n  - {{id: b, composition: inner.yaml, with: {{p: {items}}}}}\n");
    assert_eq!(messages(&check(vec![("test.yaml", outer), ("inner.yaml", inner)])), expected);
}

#[test]
fn each_part_of_a_value_counts_once_towards_the_limit() {
    let fields = |count: usize| (0..count).map(|at| format!("f{at}: a")).collect::<Vec<_>>().join(", ");
    let schema = "{type: object, additionalProperties: {type: string}}";
    // The type says what is found; the schema would say less.
    let expected = ["wrong-argument-type: `p.last` takes a string, found a list of the string `b`"];
    let found = property(schema, "", &format!("{{{}, last: [b]}}", fields(15_000)));
    assert_eq!(messages(&found), expected);
}

#[test]
fn every_field_that_an_inner_object_lacks_is_listed() {
    let schema = format!("{{type: object, properties: {{inner: {}}}}}", object("f", 40));
    let found = property(&schema, "", "{inner: {}}");
    let expected: Vec<String> = (0..40)
        .map(|at| format!("missing-argument: `p.inner` requires `f{at}`, which has no value"))
        .collect();
    assert_eq!(messages(&found), expected);
}

#[test]
fn every_field_that_the_nearest_form_of_an_object_lacks_is_listed() {
    let schema = format!("{{anyOf: [{}, {}]}}", object("f", 40), object("g", 50));
    let found = property(&schema, "", "{}");
    let [first, others @ ..] = found.as_slice() else { panic!("{found:?}") };
    assert!(first.message.ends_with("`f31` and 8 more, which have no value"), "{}", first.message);
    let others: Vec<&str> = others.iter().map(|found| found.message.as_str()).collect();
    let expected: Vec<String> =
        (32..40).map(|at| format!("`p` requires `f{at}`, which has no value")).collect();
    assert_eq!(others, expected);
    let help = first.help.as_deref().unwrap_or_default();
    assert!(help.contains("`f31` and 8 more, or ") && help.ends_with("`g31` and 18 more, in it"), "{help}");
}

#[test]
fn too_many_steps_are_reported_once_where_there_are_too_many() {
    let chain: Vec<(String, String)> = (0..20)
        .map(|at| {
            let runs = |id: &str| format!("  - {{id: {id}, composition: c{}.yaml}}\n", at + 1);
            let steps =
                if at < 19 { runs("a") + &runs("b") } else { "  - {id: a, external: true}\n".to_owned() };
            (format!("c{at}.yaml"), format!("{COMPOSITION}steps:\n{steps}"))
        })
        .collect();
    let of =
        |from: usize| chain.iter().skip(from).map(|(path, text)| (path.as_str(), text.clone())).collect();
    let all = check(of(0));
    assert_eq!(
        messages(&all),
        ["composition-cycle: with the steps of `c4.yaml`, the plan has more than 100000 steps"]
    );
    // One that runs itself twice in 15 levels holds 98302 steps.
    let with_steps = |count: usize| {
        let own: String = (0..count).map(|at| format!("  - {{id: s{at}, external: true}}\n")).collect();
        let main = format!("{COMPOSITION}steps:\n  - {{id: a, composition: c4.yaml}}\n{own}");
        messages(&check([vec![("main.yaml", main)], of(4)].concat())).len()
    };
    assert_eq!((with_steps(1697), with_steps(1698)), (0, 1));
}

#[test]
fn every_argument_that_a_step_lacks_is_listed_and_of_a_hostile_number_the_others_are_counted() {
    let body = |count: usize, with: &str| {
        let request = format!(
            "requestBody: {{required: true, content: {{application/json: {{schema: {}}}}}}}",
            object("f", count)
        );
        let found = called(&request, "", with);
        let last = found.last().expect("a finding");
        (found.len(), last.message.clone(), last.help.clone().unwrap_or_default())
    };
    let (count, last, _) = body(33, "{}");
    assert_eq!((count, last.as_str()), (33, "`make` requires `f32`, which has no value"));
    assert_eq!(body(40, "{f35: a}").0, 39);
    let (count, last, help) = body(50_100, "{f7: a, f50050: a}");
    assert_eq!((count, last.as_str()), (50_033, "`make` requires 66 more arguments, which have no value"));
    assert_eq!(help, "write the arguments reported above; the others are then reported");
}

#[test]
fn an_expiring_value_that_is_not_checked_is_reported() {
    let step = |at: usize| format!("  - {{id: s{at}, capability: all, operation: make}}\n");
    let waiting =
        |at: usize| format!("  - {{id: w{at}, external: {{with: {{a: '${{s{at}.id}}'}}, timeout: 1s}}}}\n");
    let composition = |count: usize| {
        let made: String = (0..count).map(step).collect();
        let used: String = (0..count).map(waiting).collect();
        format!("{COMPOSITION}steps:\n{made}{used}")
    };
    let found = |count: usize| {
        let operations = "operations: {make: {operationId: make, expires: {id: 5m}}}\n";
        let api = "openapi: 3.1.0\ninfo: {title: T, version: '1'}\npaths:\n  /things:\n    post: {operationId: make, responses: \
            {'200': {description: ok, content: {application/json: {schema: {type: object, required: [id], properties: \
            {id: {type: string}}}}}}}}\n";
        let all = check(vec![
            ("test.yaml", composition(count)),
            ("shared/acme.yaml", format!("{CAPABILITIES}{operations}")),
            ("shared/api.yaml", api.to_owned()),
        ]);
        all.into_iter().filter(|found| found.code.id == "short-lived-value").collect::<Vec<_>>()
    };
    assert_eq!(found(300), [], "every value is checked in a composition of ordinary size");
    let many = found(3_000);
    let [only] = many.as_slice() else { panic!("{many:?}") };
    let message = only.message.as_str();
    assert!(
        message.contains("` expires, and whether it is used in time was not checked, nor were "),
        "{message}"
    );
}

#[test]
fn names_that_a_template_can_read_and_that_are_not_listed_are_counted() {
    let help = |count: usize| {
        let with: Vec<String> = (0..count).map(|at| format!("name{at}: a")).collect();
        let external = format!(
            "{{channel: email, to: a@acme.example, template: '{{{{ zzzzzz }}}}', with: {{{}}}}}",
            with.join(", ")
        );
        let found =
            check(vec![("test.yaml", format!("{COMPOSITION}steps:\n  - {{id: a, external: {external}}}\n"))]);
        let unknown = found.into_iter().find(|found| found.code.id == "unknown-variable");
        unknown.and_then(|found| found.help).unwrap_or_default()
    };
    assert!(help(8).starts_with("add it under `with`; the template can read `name0`, "), "{}", help(8));
    assert!(help(8).ends_with("`id`"), "{}", help(8));
    assert!(help(11).ends_with("`id` and 3 more"), "{}", help(11));
}

#[test]
fn every_expression_of_a_long_list_is_tried() {
    let found = |last: &str| {
        let items = "'${a.text}', ".repeat(70);
        let composition = format!(
            "{COMPOSITION}steps:\n  - {{id: a, capability: all, operation: make}}\n  \
             - {{id: b, capability: all, operation: make, with: {{h: [{items}'${{a.{last}}}']}}}}\n"
        );
        let api = "openapi: 3.1.0\ninfo: {title: T, version: '1'}\npaths:\n  /things:\n    post: {operationId: make, \
            parameters: [{name: h, in: header, schema: {type: array, items: {}}}], responses: {'200': {description: ok, content: \
            {application/json: {schema: {type: object, required: [text, thing], properties: {text: {type: string}, \
            thing: {type: object, required: [a], properties: {a: {type: array, items: {type: string}}}}}}}}}}}\n";
        messages(&check(vec![
            ("test.yaml", composition),
            ("shared/acme.yaml", CAPABILITIES.to_owned()),
            ("shared/api.yaml", api.to_owned()),
        ]))
    };
    assert_eq!(found("text"), [""; 0]);
    let refused = found("thing");
    assert!(matches!(refused.as_slice(), [only] if only.starts_with("unfit-argument: ")), "{refused:?}");
}
