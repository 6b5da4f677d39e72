//! Renders whole requests, and checks single arguments.

use std::collections::HashSet;

use naftiko_adapter::header::is_set_by_client;
use naftiko_adapter::media_type::essence;
use naftiko_adapter::{Arguments, Method, Operation, Parameter, Place, RequestBody, Style};
use serde_json::Value;

use crate::field::{is_field_value, is_token};
use crate::media::{self, Written};
use crate::media_type::{is_form, is_multipart};
use crate::query::Part;
use crate::refusal::{Problem, Refusal, Target};
use crate::{cookie, form, header, multipart, query, query_string};

mod template;

/// A request without its server and credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestParts {
    /// The method.
    pub method: Method,
    /// The path below the base URL, starting with `/`, and the query if there is one.
    pub path_and_query: String,
    /// The headers by lower-case name; names are unique.
    pub headers: Vec<(String, String)>,
    /// The body, if there is one.
    pub body: Option<Vec<u8>>,
}

/// Renders the request of an operation.
///
/// # Errors
/// A [`Refusal`] when a required argument is missing, when an argument has no parameter, or when an argument cannot be
/// written so that it arrives unchanged.
pub fn render(operation: &Operation, arguments: &Arguments) -> Result<RequestParts, Refusal> {
    known(operation, arguments)?;
    let written = body(operation, arguments)?;
    let mut headers = vec![("accept".to_owned(), accept(operation))];
    if let Some(written) = &written {
        headers.push(("content-type".to_owned(), written.content_type.clone()));
    }
    for (parameter, value) in given(operation, arguments, Place::Header) {
        headers.push(header_field(parameter, value)?);
    }
    headers.extend(cookies(operation, arguments)?);
    distinct_headers(&headers)?;
    Ok(RequestParts {
        method: operation.method,
        path_and_query: path_and_query(operation, arguments)?,
        headers,
        body: written.map(|written| written.bytes),
    })
}

/// The reason why a value cannot be sent as this parameter; `None` if it can.
pub fn parameter_refusal(operation: &Operation, parameter: &Parameter, value: &Value) -> Option<Refusal> {
    match parameter.place {
        Place::Path => template::refusal_of(operation, parameter, value),
        Place::Query => query_of(operation, parameter, value).err(),
        Place::Header => header_field(parameter, value).err(),
        Place::Cookie => cookies_of(operation, parameter, value).err(),
    }
}

/// The reason why a value cannot be sent as the body; `None` if it can.
pub fn body_refusal(operation: &Operation, value: &Value) -> Option<Refusal> {
    match &operation.body {
        Some(spec) => write_body(operation, spec, value).err(),
        None => Some(takes_no_body(operation)),
    }
}

/// The reason why an operation cannot be called, whatever its arguments are: its path or its media type cannot be sent.
/// `None` if it can be called.
pub fn operation_refusal(operation: &Operation) -> Option<Refusal> {
    let any = Value::from("x");
    let path = template::expanded(operation, &|_| Some(&any)).err();
    let media_type = operation.body.as_ref().and_then(|spec| media_type_refusal(spec).err());
    path.or(media_type).filter(|refusal| refusal.target == Target::Operation)
}

/// The reason why arguments that can be sent one by one cannot be sent together; `None` if they can. Missing arguments
/// are not reported.
pub fn combination_refusal(operation: &Operation, arguments: &Arguments) -> Option<Refusal> {
    let headers = || -> Result<(), Refusal> {
        let mut headers = Vec::new();
        for (parameter, value) in given(operation, arguments, Place::Header) {
            headers.push(header_field(parameter, value)?);
        }
        headers.extend(cookies(operation, arguments)?);
        distinct_headers(&headers)
    };
    let query = query_parts(operation, arguments).map(|_| ());
    query.and_then(|()| headers()).err()
}

fn of(parameter: &Parameter, problem: Problem) -> Refusal {
    problem.at(Target::Parameter(parameter.place, parameter.name.clone()))
}

/// Checks that every argument has a parameter, and every required parameter an argument.
fn known(operation: &Operation, arguments: &Arguments) -> Result<(), Refusal> {
    for (place, name) in arguments.parameters.keys() {
        if !operation.parameters.iter().any(|known| known.place == *place && known.name == *name) {
            let message = format!("`{}` has no {} parameter `{name}`", operation.id, place.as_str());
            return Err(Problem::new(message).at(Target::Parameter(*place, name.clone())));
        }
    }
    for parameter in operation.parameters.iter().filter(|parameter| parameter.required) {
        if arguments.parameter(parameter.place, &parameter.name).is_none() {
            let place = parameter.place.as_str();
            let message = format!("the {place} parameter `{}` is required and missing", parameter.name);
            return Err(of(parameter, Problem::new(message)));
        }
    }
    Ok(())
}

fn body(operation: &Operation, arguments: &Arguments) -> Result<Option<Written>, Refusal> {
    match (&operation.body, &arguments.body) {
        (Some(spec), Some(value)) => write_body(operation, spec, value).map(Some),
        (Some(spec), None) if spec.required => {
            let message = format!("`{}` requires a body", operation.id);
            Err(Problem::new(message).at(Target::Body))
        }
        (None, Some(_)) => Err(takes_no_body(operation)),
        (_, None) => Ok(None),
    }
}

fn takes_no_body(operation: &Operation) -> Refusal {
    Problem::new(format!("`{}` takes no body", operation.id)).at(Target::Body)
}

/// Encodes a body in the media type of its operation.
fn write_body(operation: &Operation, spec: &RequestBody, value: &Value) -> Result<Written, Refusal> {
    media_type_refusal(spec)?;
    let essence = essence(&spec.content_type);
    let written = if is_multipart(&essence) {
        multipart::write(operation, spec, value)
    } else if is_form(&essence) {
        form::write(operation, &spec.schema, &spec.encoding, &spec.content_type, value).map(|parts| Written {
            content_type: spec.content_type.clone(),
            file_name: None,
            bytes: joined(parts).into_bytes(),
        })
    } else {
        media::write("body", &spec.content_type, value, false)
    };
    written.map_err(|problem| problem.at(Target::Body))
}

fn media_type_refusal(spec: &RequestBody) -> Result<(), Refusal> {
    if is_field_value(&spec.content_type) {
        return Ok(());
    }
    let message = "the media type of the body has a character that a header cannot contain";
    Err(Refusal::of_operation(message))
}

/// The parameters of one place that have an argument, in the order of the description, each with its argument.
fn given<'a>(
    operation: &'a Operation,
    arguments: &'a Arguments,
    place: Place,
) -> impl Iterator<Item = (&'a Parameter, &'a Value)> {
    let parameters = operation.parameters.iter().filter(move |parameter| parameter.place == place);
    parameters.filter_map(move |parameter| Some((parameter, arguments.parameter(place, &parameter.name)?)))
}

fn path_and_query(operation: &Operation, arguments: &Arguments) -> Result<String, Refusal> {
    let given = |parameter: &Parameter| arguments.parameter(Place::Path, &parameter.name);
    let expanded = template::expanded(operation, &given)?;
    // Some descriptions distinguish operations by a query in the path.
    let (path, fixed) = expanded.split_once('?').unwrap_or((&expanded, ""));
    let query = query_parts(operation, arguments)?;
    let fixed = (!fixed.is_empty()).then(|| fixed.to_owned());
    let query: Vec<String> = fixed.into_iter().chain((!query.is_empty()).then(|| joined(query))).collect();
    let slash = if path.starts_with('/') { "" } else { "/" };
    let mark = if query.is_empty() { "" } else { "?" };
    Ok(format!("{slash}{path}{mark}{}", query.join("&")))
}

fn joined(parts: Vec<Part>) -> String {
    let texts: Vec<String> = parts.into_iter().map(Part::into_text).collect();
    texts.join("&")
}

/// The parts of the query. Rejects a name that belongs to two parameters: an entry of an exploded object can have the
/// name of another parameter.
fn query_parts(operation: &Operation, arguments: &Arguments) -> Result<Vec<Part>, Refusal> {
    let mut all: Vec<Part> = Vec::new();
    let mut known: HashSet<String> = HashSet::new();
    for (parameter, value) in given(operation, arguments, Place::Query) {
        let parts = query_of(operation, parameter, value)?;
        let names: HashSet<String> = parts.iter().filter_map(|part| part.name.clone()).collect();
        if !known.is_disjoint(&names) {
            let message = format!("a name in `{}` is the name of another query parameter", parameter.name);
            return Err(of(parameter, Problem::new(message)));
        }
        known.extend(names);
        all.extend(parts);
    }
    Ok(all)
}

fn query_of(operation: &Operation, parameter: &Parameter, value: &Value) -> Result<Vec<Part>, Refusal> {
    let parts = match parameter.style {
        Style::Querystring => query_string::write(operation, parameter, value),
        _ => query::write(operation, parameter, &parameter.schema, value),
    };
    parts.map_err(|problem| of(parameter, problem))
}

fn header_field(parameter: &Parameter, value: &Value) -> Result<(String, String), Refusal> {
    let name = parameter.name.to_ascii_lowercase();
    if !is_token(&name) {
        let message = format!("`{}` is not a name that a header can have", parameter.name);
        return Err(of(parameter, Problem::new(message)));
    }
    if is_set_by_client(&name) {
        let message = format!(
            "the header `{}` is not an argument: it is set from the endpoint and the body",
            parameter.name
        );
        return Err(of(parameter, Problem::new(message)));
    }
    let value = header::write(parameter, value).map_err(|problem| of(parameter, problem))?;
    Ok((name, value))
}

fn cookies(operation: &Operation, arguments: &Arguments) -> Result<Option<(String, String)>, Refusal> {
    let mut all: Vec<(String, String)> = Vec::new();
    let mut known: HashSet<String> = HashSet::new();
    for (parameter, value) in given(operation, arguments, Place::Cookie) {
        let cookies = cookies_of(operation, parameter, value)?;
        let names: HashSet<String> = cookies.iter().map(|(name, _)| name.clone()).collect();
        if !known.is_disjoint(&names) {
            let message = format!("a name in `{}` is the name of another cookie", parameter.name);
            return Err(of(parameter, Problem::new(message)));
        }
        known.extend(names);
        all.extend(cookies);
    }
    let texts: Vec<String> = all.iter().map(|(name, value)| format!("{name}={value}")).collect();
    Ok((!texts.is_empty()).then(|| ("cookie".to_owned(), texts.join("; "))))
}

fn cookies_of(
    operation: &Operation,
    parameter: &Parameter,
    value: &Value,
) -> Result<Vec<(String, String)>, Refusal> {
    cookie::write(operation, parameter, value).map_err(|problem| of(parameter, problem))
}

fn distinct_headers(headers: &[(String, String)]) -> Result<(), Refusal> {
    let mut known: HashSet<&str> = HashSet::new();
    match headers.iter().find(|(name, _)| !known.insert(name)) {
        Some((name, _)) => Err(Refusal::of_operation(format!("the header `{name}` is given twice"))),
        None => Ok(()),
    }
}

/// The `Accept` header: the media types of the described responses, and any other type at a lower preference.
fn accept(operation: &Operation) -> String {
    let mut types: Vec<String> = Vec::new();
    for content_type in operation.responses.values().filter_map(|spec| spec.content_type.as_deref()) {
        let essence = essence(content_type);
        let well_formed =
            essence.split_once('/').is_some_and(|(kind, name)| is_token(kind) && is_token(name));
        if well_formed && essence != "*/*" && !types.contains(&essence) {
            types.push(essence);
        }
    }
    if types.is_empty() {
        types.push("application/json".to_owned());
    }
    types.push("*/*;q=0.1".to_owned());
    types.join(", ")
}
