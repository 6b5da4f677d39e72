//! Validation of arguments against their schemas.

use std::sync::Arc;

use naftiko_adapter::{Arguments, Method, Operation, Parameter, Place, RequestBody};
use serde_json::{Value, json};

use crate::{ArgumentSchemas, Target};

fn operation(content_type: &str, schema: &Value) -> Arc<Operation> {
    let mut operation = Operation::new("acme", "send", Method::Post, "/send");
    operation.parameters.push(Parameter::new("q", Place::Query, schema.clone()));
    let kept = Parameter {
        content_type: Some("application/json".to_owned()),
        ..Parameter::new("kept", Place::Query, schema.clone())
    };
    operation.parameters.push(kept);
    operation.body = Some(RequestBody::new(content_type, true, schema.clone()));
    Arc::new(operation)
}

#[test]
fn a_number_and_its_text_are_one_where_values_are_written_as_text() {
    let check = |content_type: &str, name: Option<&str>, value: Value| {
        let operation = operation(content_type, &json!({"type": "integer"}));
        let mut arguments = Arguments::default();
        match name {
            Some(name) => drop(arguments.parameters.insert((Place::Query, name.to_owned()), value)),
            None => arguments.body = Some(value),
        }
        ArgumentSchemas::default().check(&operation, &arguments).map_err(|refusal| refusal.target)
    };
    let json = "application/json";
    assert_eq!(check(json, Some("q"), json!("5")), Ok(()));
    assert_eq!(
        check(json, Some("kept"), json!("5")),
        Err(Target::Parameter(Place::Query, "kept".to_owned()))
    );
    assert_eq!(check(json, None, json!("5")), Err(Target::Body));
    assert_eq!(check("application/x-www-form-urlencoded", None, json!("5")), Ok(()));
    assert_eq!(check("application/vnd.acme+json; charset=utf-8", None, json!("5")), Err(Target::Body));
}

#[test]
fn a_refusal_names_the_part_and_never_shows_it() {
    let schema = json!({"type": "object", "properties": {"tags": {"items": {"maxLength": 3}}}});
    let arguments = Arguments { body: Some(json!({"tags": ["a", "hunter2"]})), ..Arguments::default() };
    let refusal = ArgumentSchemas::default().check(&operation("application/json", &schema), &arguments);
    let refusal = refusal.expect_err("it does not fit");
    assert_eq!(refusal.pointer, "/tags/1");
    assert_eq!(
        refusal.message,
        "the body does not fit its description at `/tags/1`: expected at most 3 characters"
    );
}

#[test]
fn another_operation_of_the_same_name_has_its_own_schemas() {
    let schemas = ArgumentSchemas::default();
    let arguments = Arguments { body: Some(json!(1)), ..Arguments::default() };
    assert!(schemas.check(&operation("application/json", &json!({"type": "integer"})), &arguments).is_ok());
    assert!(schemas.check(&operation("application/json", &json!({"type": "string"})), &arguments).is_err());
}
