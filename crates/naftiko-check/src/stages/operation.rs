//! Types an operation: its slots, its responses and its result.

use std::rc::Rc;
use std::sync::Arc;

use naftiko_adapter::{Operation, Place, ResponseSpec};
use naftiko_diagnostics::Diagnostic;
use naftiko_expr::{Definitions, ObjectType, Presence, Type};
use naftiko_openapi::{Catalogue, Entry};
use naftiko_plan::Slot;
use naftiko_spec::{AuthKind, Facts, KeyPlace, Mapping};

use crate::ir::paged::Paged;
use crate::ir::provider::Provider;
use crate::ir::resolved::{Resolution, any_of};
use crate::ir::schema;
use crate::ir::slots::{Parameter, Slots};
use crate::stages::annotations;

/// An operation of a provider with its policies, and the findings about its description. The findings are returned
/// only on the first call for an operation.
pub(crate) fn resolution(
    provider: &Provider,
    catalogue: &Catalogue,
    entry: &Entry,
    mapping: Option<&Mapping>,
) -> (Resolution, Vec<Diagnostic>) {
    let mut found = Vec::new();
    let resolution = provider.resolution_or(entry, mapping, || {
        let (mut operation, defects) = catalogue.operation(entry, &provider.id);
        found = defects;
        operation.parameters.retain(|parameter| !is_credential(parameter, provider));
        let none = Facts::default();
        let resolution = typed(operation, mapping.map_or(&none, |mapping| &mapping.facts));
        found.extend(annotations::check(&resolution));
        resolution
    });
    (resolution, found)
}

/// Types the slots and the responses of an operation, which gets the policies of `facts`.
pub(crate) fn typed(mut operation: Operation, facts: &Facts) -> Resolution {
    operation.idempotency_key.clone_from(&facts.idempotency_key);
    let answered = Definitions::new(operation.definitions.clone());
    let bodies = bodies(&operation, &answered);
    let (result, answers) = (any_of(&bodies), given(&operation, &bodies).into());
    let sent = Definitions::new(schema::sent_all(&operation));
    Resolution {
        slots: Rc::new(Slots::new(slots(&operation, &sent))),
        result,
        answers,
        sent,
        answered,
        needs_body: operation.body.as_ref().is_some_and(|body| body.required),
        operation: Arc::new(operation),
        facts: Rc::new(facts.clone()),
        pages: Paged::Not,
        resource: Rc::default(),
    }
}

/// The type of the body of every success response, by its status; null for a response without a body.
fn bodies(operation: &Operation, definitions: &Definitions) -> Vec<(String, Type)> {
    let body = |answer: &ResponseSpec| match &answer.schema {
        Some(schema) => Type::from_schema(schema, definitions),
        None if answer.is_without_body() => Type::Null,
        None => Type::Any,
    };
    let successes = operation.successes().into_iter();
    successes.map(|(status, answer)| (status.to_owned(), body(answer))).collect()
}

/// The type of a step's result for each of these responses. A response without a body gives an object without fields;
/// it gives null where the operation [is null without a body](Operation::is_null_without_body).
fn given(operation: &Operation, bodies: &[(String, Type)]) -> Vec<(String, Type)> {
    let successes = operation.successes();
    let has_never_a_body = successes.iter().all(|(_, answer)| answer.is_without_body());
    let given = |answer: &ResponseSpec, body: &Type| match () {
        () if !answer.is_without_body() => body.clone(),
        () if has_never_a_body => Type::empty_object(),
        () if operation.is_null_without_body() => Type::Null,
        // Reading a field that no response has is a mistake, even if some responses have no body.
        () => Type::Object(ObjectType::default()),
    };
    let all = successes.iter().zip(bodies);
    all.map(|((_, answer), (status, body))| (status.clone(), given(answer, body))).collect()
}

/// The slots of an operation: the parameters, the properties of the body, and the whole body. `definitions` are those
/// for requests.
fn slots(operation: &Operation, definitions: &Definitions) -> Vec<Parameter> {
    let parameters = operation.parameters.iter().map(|parameter| Parameter {
        slot: Slot::Parameter(parameter.place, parameter.name.clone()),
        ty: Type::from_schema(&schema::sent(operation, &parameter.schema), definitions),
        schema: Some(parameter.schema.clone()),
        required: parameter.required,
    });
    let mut slots: Vec<Parameter> = parameters.collect();
    let Some(body) = &operation.body else { return slots };
    let schema = schema::sent(operation, &body.schema);
    let ty = Type::from_schema(&schema, definitions);
    let fields = ty.fields();
    // A body with named properties is required through them.
    let required = body.required && fields.is_empty();
    // A read-only property is not sent by the caller (OpenAPI 3.0, "readOnly").
    let read_only = schema::read_only(operation, &body.schema);
    let sent = fields.into_iter().filter(|(name, _)| !read_only.contains(name.as_str()));
    slots.extend(sent.map(|(name, field)| Parameter {
        slot: Slot::Property(name),
        required: field.presence == Presence::Always,
        ty: field.ty,
        schema: None,
    }));
    slots.push(Parameter { slot: Slot::Body, ty, schema: Some(schema), required });
    slots
}

/// Whether a parameter carries the credential of the provider, which some descriptions list among the parameters. A
/// run sets it itself.
fn is_credential(parameter: &naftiko_adapter::Parameter, provider: &Provider) -> bool {
    let Some(AuthKind::ApiKey { place, name, .. }) =
        provider.capabilities.auth.as_ref().map(|auth| &auth.kind)
    else {
        return false;
    };
    match (place, parameter.place) {
        (KeyPlace::Header, Place::Header) => parameter.name.eq_ignore_ascii_case(name),
        (KeyPlace::Query, Place::Query) | (KeyPlace::Cookie, Place::Cookie) => parameter.name == *name,
        _ => false,
    }
}
