//! The request for an operation and its arguments. Pure: no clock, no socket, no secret.

use naftiko_adapter::media_type::essence;
use naftiko_adapter::{Arguments, Failure, Method, Operation, Parameter, Place};
use serde_json::Value;

use crate::body;
use crate::style::{self, encoded, refused, token};

/// Headers that belong to the connection, the body or the credential, and to no argument.
const OURS: [&str; 14] = [
    "accept",
    "accept-encoding",
    "authorization",
    "connection",
    "content-length",
    "content-type",
    "expect",
    "host",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
];
/// What may stand in a path as it is: the `pchar` of RFC 3986, `/`, and `%` for what the description has encoded.
const PATH_LITERAL: &str = "/%!$&'()*+,;=:@";

/// A request without its server and its credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestParts {
    /// The method.
    pub method: Method,
    /// The path below the base URL, starting with `/`, and the query if there is one.
    pub path_and_query: String,
    /// Headers by lower-case name, each name once.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Option<Vec<u8>>,
}

/// Renders the request of an operation.
///
/// # Errors
/// A failure of kind [`Refused`](naftiko_adapter::FailureKind::Refused) when a required argument is missing, when an
/// argument belongs nowhere, or when one cannot be written so that it arrives unchanged.
pub fn render(operation: &Operation, arguments: &Arguments) -> Result<RequestParts, Failure> {
    known(operation, arguments)?;
    let written = written_body(operation, arguments)?;
    let mut headers = vec![("accept".to_owned(), accept(operation))];
    if let Some(written) = &written {
        headers.push(("content-type".to_owned(), written.content_type.clone()));
    }
    for (parameter, value) in given(operation, arguments, Place::Header) {
        headers.push((header_name(parameter)?, style::header(parameter, value)?));
    }
    headers.extend(cookies(operation, arguments)?);
    distinct(&headers)?;
    Ok(RequestParts {
        method: operation.method,
        path_and_query: path_and_query(operation, arguments)?,
        headers,
        body: written.map(|written| written.bytes),
    })
}

/// Every argument has a parameter, and every required parameter an argument.
fn known(operation: &Operation, arguments: &Arguments) -> Result<(), Failure> {
    for (place, name) in arguments.parameters.keys() {
        if !operation.parameters.iter().any(|known| known.place == *place && known.name == *name) {
            return Err(refused(format!("`{}` has no {} parameter `{name}`", operation.id, place.as_str())));
        }
    }
    for parameter in operation.parameters.iter().filter(|parameter| parameter.required) {
        if arguments.parameter(parameter.place, &parameter.name).is_none() {
            let place = parameter.place.as_str();
            return Err(refused(format!(
                "the {place} parameter `{}` is required and missing",
                parameter.name
            )));
        }
    }
    Ok(())
}

fn written_body(operation: &Operation, arguments: &Arguments) -> Result<Option<body::Written>, Failure> {
    match (&operation.body, &arguments.body) {
        (Some(spec), Some(value)) => body::write(operation, spec, value).map(Some),
        (Some(spec), None) if spec.required => {
            Err(refused(format!("`{}` needs a body, and there is none", operation.id)))
        }
        (None, Some(_)) => Err(refused(format!("`{}` takes no body", operation.id))),
        (_, None) => Ok(None),
    }
}

/// The parameters of one place that have an argument, in the order of the description.
fn given<'a>(
    operation: &'a Operation,
    arguments: &'a Arguments,
    place: Place,
) -> impl Iterator<Item = (&'a Parameter, &'a Value)> {
    let parameters = operation.parameters.iter().filter(move |parameter| parameter.place == place);
    parameters.filter_map(move |parameter| Some((parameter, arguments.parameter(place, &parameter.name)?)))
}

fn path_and_query(operation: &Operation, arguments: &Arguments) -> Result<String, Failure> {
    let expanded = expanded(operation, arguments)?;
    // Some descriptions tell operations apart by a query written into the path.
    let (path, fixed) = expanded.split_once('?').unwrap_or((&expanded, ""));
    if path.split('/').any(is_dots) {
        return Err(refused(format!("a segment of the path of `{}` would be `.` or `..`", operation.id)));
    }
    let mut query: Vec<String> = Vec::new();
    query.extend((!fixed.is_empty()).then(|| fixed.to_owned()));
    for (parameter, value) in given(operation, arguments, Place::Query) {
        query.push(style::query(parameter, value)?);
    }
    let slash = if path.starts_with('/') { "" } else { "/" };
    let mark = if query.is_empty() { "" } else { "?" };
    Ok(format!("{slash}{path}{mark}{}", query.join("&")))
}

/// Whether a server or a proxy would take `segment` for a dot segment, which it removes.
fn is_dots(segment: &str) -> bool {
    let segment = segment.to_ascii_lowercase().replace("%2e", ".");
    segment == "." || segment == ".."
}

/// The path template with its parameters filled in.
fn expanded(operation: &Operation, arguments: &Arguments) -> Result<String, Failure> {
    let mut path = String::new();
    let mut rest = operation.path.as_str();
    let mut filled: Vec<&str> = Vec::new();
    while let Some((literal, after)) = rest.split_once('{') {
        let Some((name, tail)) = after.split_once('}') else {
            return Err(refused(format!("the path of `{}` has a `{{` without its `}}`", operation.id)));
        };
        let found = given(operation, arguments, Place::Path).find(|(parameter, _)| parameter.name == name);
        let Some((parameter, value)) = found else {
            return Err(refused(format!(
                "nothing is given for `{{{name}}}` in the path of `{}`",
                operation.id
            )));
        };
        push_literal(&mut path, literal);
        path.push_str(&style::path(parameter, value)?);
        filled.push(name);
        rest = tail;
    }
    push_literal(&mut path, rest);
    match given(operation, arguments, Place::Path).find(|(known, _)| !filled.contains(&known.name.as_str())) {
        Some((parameter, _)) => {
            Err(refused(format!("the path of `{}` has no place for `{}`", operation.id, parameter.name)))
        }
        None => Ok(path),
    }
}

/// Adds a literal part of the path; the first `?` of a path begins its fixed query.
fn push_literal(path: &mut String, literal: &str) {
    for (index, part) in literal.split('?').enumerate() {
        if index > 0 {
            path.push_str(if path.contains('?') { "%3F" } else { "?" });
        }
        path.push_str(&encoded(part, PATH_LITERAL));
    }
}

fn header_name(parameter: &Parameter) -> Result<String, Failure> {
    let name = parameter.name.to_ascii_lowercase();
    if !token(&name) {
        return Err(refused(format!("`{}` is not a name that a header can have", parameter.name)));
    }
    if OURS.contains(&name.as_str()) {
        return Err(refused(format!(
            "the header `{}` is not an argument: it is set from the endpoint and the body",
            parameter.name
        )));
    }
    Ok(name)
}

fn cookies(operation: &Operation, arguments: &Arguments) -> Result<Option<(String, String)>, Failure> {
    let mut cookies = Vec::new();
    for (parameter, value) in given(operation, arguments, Place::Cookie) {
        cookies.extend(style::cookie(parameter, value)?);
    }
    Ok((!cookies.is_empty()).then(|| ("cookie".to_owned(), cookies.join("; "))))
}

fn distinct(headers: &[(String, String)]) -> Result<(), Failure> {
    for (index, (name, _)) in headers.iter().enumerate() {
        if headers.iter().skip(index + 1).any(|(other, _)| other == name) {
            return Err(refused(format!("the header `{name}` is given twice")));
        }
    }
    Ok(())
}

/// The media types of the described answers, and anything else at a lower preference.
fn accept(operation: &Operation) -> String {
    let mut types: Vec<String> = Vec::new();
    for content_type in operation.responses.values().filter_map(|spec| spec.content_type.as_deref()) {
        let essence = essence(content_type);
        let well_formed = essence.split_once('/').is_some_and(|(kind, name)| token(kind) && token(name));
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
