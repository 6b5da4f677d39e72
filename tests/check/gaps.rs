//! An ignored finding that leaves a gap in the plan withholds it, and one that leaves none does not.

use naftiko_diagnostics::Severity;
use naftiko_tests::check_files;

const CAPABILITIES: &str = "specification: Naftiko Capabilities
specificationVersion: '0.2'
providerId: acme
baseUrl: https://api.acme.example
auth: {type: none}
openapi: api.yaml
capabilities: [{id: all, operationIds: [rename]}]
";

/// A body that is open, beside required and optional parameters and properties.
const DESCRIPTION: &str = "openapi: 3.1.0
info: {title: Acme, version: '1'}
paths:
  /things/{thing_id}:
    post:
      operationId: rename
      parameters:
        - {name: thing_id, in: path, required: true, schema: {type: string}}
        - {name: verbose, in: query, schema: {type: boolean}}
      requestBody:
        required: true
        content:
          application/json:
            schema: {type: object, required: [title], properties: {title: {type: string}, colour: {type: string}}}
      responses:
        '200': {description: done}
";

/// Whether a step with these arguments has a plan, and which errors are left.
fn planned(arguments: &str) -> (bool, Vec<&'static str>) {
    let composition = format!(
        "name: Test\nspecification: Naftiko Capability Composition\nspecificationVersion: '0.2'\nproviderId: acme\n\
         steps:\n  - id: rename\n    capability: all\n    operation: rename\n    with:\n{arguments}"
    );
    let files = [
        ("test.yaml", composition.as_str()),
        ("shared/acme.yaml", CAPABILITIES),
        ("shared/api.yaml", DESCRIPTION),
    ];
    let files = files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()));
    let checked = check_files("test.yaml", files);
    let errors = checked.diagnostics.iter().filter(|found| found.severity() == Severity::Error);
    (checked.plan.is_some(), errors.map(|found| found.code.id).collect())
}

const IGNORED: &str = "# naftiko: ignore[unknown-argument]";

#[test]
fn an_undeclared_field_that_is_sent_leaves_no_gap() {
    let arguments = format!("      thing_id: t\n      title: a\n      mood: good {IGNORED}\n");
    assert_eq!(planned(&arguments), (true, vec![]));
}

#[test]
fn a_name_that_stands_in_for_a_required_parameter_leaves_a_gap() {
    for name in ["thing_idd", "thingId", "path.thing_idd", "query.thing_id", "body.thing_id"] {
        let arguments = format!("      {name}: t {IGNORED}\n      title: a\n");
        assert_eq!(planned(&arguments), (false, vec![]), "{name}");
    }
}

#[test]
fn a_name_that_stands_in_for_a_required_property_leaves_a_gap() {
    let arguments = format!("      thing_id: t\n      titel: a {IGNORED}\n");
    assert_eq!(planned(&arguments), (false, vec![]));
}

#[test]
fn a_name_that_is_near_an_optional_argument_leaves_no_gap_if_it_is_sent() {
    for name in ["verbosee", "color"] {
        let arguments = format!("      thing_id: t\n      title: a\n      {name}: b {IGNORED}\n");
        assert_eq!(planned(&arguments), (true, vec![]), "{name}");
    }
}

#[test]
fn a_name_that_is_near_an_argument_that_is_written_too_is_only_unknown() {
    for order in
        ["      thing_idd: x IGNORED\n      thing_id: t\n", "      thing_id: t\n      thing_idd: x IGNORED\n"]
    {
        let arguments = format!("{}      title: a\n", order.replace("IGNORED", IGNORED));
        assert_eq!(planned(&arguments), (true, vec![]), "{order}");
        let arguments = format!("{}      title: a\n", order.replace("IGNORED", ""));
        assert_eq!(planned(&arguments), (false, vec!["unknown-argument"]), "{order}");
    }
}

#[test]
fn a_written_value_of_another_type_leaves_a_gap_and_an_expression_leaves_none() {
    let ignored = "# naftiko: ignore[wrong-argument-type]";
    for (value, is_planned) in [("[a]", false), ("'${toNumber(run.id)}'", true), ("['${run.id}']", false)] {
        let arguments = format!("      thing_id: t\n      title: a\n      colour: {value} {ignored}\n");
        assert_eq!(planned(&arguments), (is_planned, vec![]), "{value}");
    }
}
