//! The documents of a case: an OpenAPI description, a capabilities document and a composition.

use serde_json::{Map, Value, json};

use super::model::{Answers, Case, Media, Parameter, Place, Style};
use super::schemas::Version;

/// The way in which an argument is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// As a literal.
    Literal,
    /// As an input of the run.
    Input,
    /// As an input whose `enum` only has this value.
    Listed,
    /// With each scalar inside it as an input of the run.
    Inside,
}

/// The arguments of a case, by the keys in the composition.
pub(super) fn arguments(case: &Case) -> Map<String, Value> {
    let mut arguments = Map::new();
    for parameter in &case.parameters {
        arguments.insert(parameter.name.clone(), parameter.value.clone());
    }
    if let Some(body) = &case.body {
        match &body.value {
            Value::Object(fields) if body.is_spread => {
                let fields = fields.iter().map(|(name, value)| (format!("body.{name}"), value.clone()));
                arguments.extend(fields);
            }
            whole => {
                arguments.insert("body".to_owned(), whole.clone());
            }
        }
    }
    arguments
}

/// The composition that makes the call, and the inputs of its run. `None` if an argument is null, which an input cannot
/// be.
pub(super) fn composition(case: &Case, way: Way) -> Option<(Value, Map<String, Value>)> {
    let arguments = arguments(case);
    let mut document = json!({
        "name": "Test",
        "specification": "Naftiko Capability Composition",
        "specificationVersion": "0.2",
        "providerId": "acme",
        "steps": [{"id": "call", "capability": "all", "operation": "call"}],
    });
    if way == Way::Literal {
        document["steps"][0]["with"] = Value::Object(arguments);
        return Some((document, Map::new()));
    }
    let mut inputs = Map::new();
    if way == Way::Inside {
        let mut declared = Vec::new();
        let with =
            arguments.into_iter().map(|(key, value)| (key, referred(value, &mut declared, &mut inputs)));
        document["steps"][0]["with"] = Value::Object(with.collect());
        document["inputs"] = declared.into();
        return (!inputs.is_empty()).then_some((document, inputs));
    }
    for (at, (key, value)) in arguments.into_iter().enumerate() {
        let name = format!("i{at}");
        document["steps"][0]["with"][&key] = format!("${{inputs.{name}}}").into();
        let mut declared = json!({"name": name, "type": input_type(&value)?, "required": true});
        if way == Way::Listed && value.is_string() {
            declared["enum"] = json!([value]);
        }
        let all = document.as_object_mut()?.entry("inputs").or_insert_with(|| json!([]));
        all.as_array_mut()?.push(declared);
        inputs.insert(name, value);
    }
    Some((document, inputs))
}

/// Replaces the scalars of a value by inputs, and declares these.
fn referred(value: Value, declared: &mut Vec<Value>, inputs: &mut Map<String, Value>) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(|item| referred(item, declared, inputs)).collect(),
        Value::Object(fields) => {
            let fields = fields.into_iter().map(|(name, value)| (name, referred(value, declared, inputs)));
            Value::Object(fields.collect())
        }
        scalar => {
            let Some(ty) = input_type(&scalar) else { return scalar };
            let name = format!("i{}", inputs.len());
            let mut input = json!({"name": name, "type": ty, "required": true});
            if scalar.is_string() {
                input["enum"] = json!([scalar]);
            }
            declared.push(input);
            let reference = format!("${{inputs.{name}}}");
            inputs.insert(name, scalar);
            reference.into()
        }
    }
}

fn input_type(value: &Value) -> Option<&'static str> {
    match value {
        Value::Null => None,
        Value::Bool(_) => Some("boolean"),
        Value::Number(number) => {
            let is_whole = number.as_f64().is_some_and(|number| number.fract() == 0.0);
            Some(if is_whole { "integer" } else { "number" })
        }
        Value::String(_) => Some("string"),
        Value::Array(_) => Some("array"),
        Value::Object(_) => Some("object"),
    }
}

pub(super) const CAPABILITIES: &str = "{specification: Naftiko Capabilities, specificationVersion: '0.2', providerId: acme, \
    baseUrl: 'http://127.0.0.1', auth: {type: none}, openapi: api.yaml, capabilities: [{id: all, operationIds: [call]}]}";

/// The OpenAPI description of the operation.
pub(super) fn description(case: &Case) -> Value {
    let segments = case.parameters.iter().filter(|it| it.place == Place::Path);
    let path: String =
        segments.map(|parameter| format!("/{{{}}}{}", parameter.name, parameter.suffix)).collect();
    let mut operation =
        json!({"operationId": "call", "parameters": parameters(case), "responses": answers(case)});
    if case.version != Version::V2
        && let Some(body) = request_body(case)
    {
        operation["requestBody"] = body;
    }
    if case.version == Version::V2 {
        operation["produces"] = json!([case.answer_media.name()]);
        if let Some(body) = &case.body {
            operation["consumes"] = json!([body.media.name()]);
        }
    }
    let path = format!("/call{path}");
    let mut paths = Map::new();
    paths.insert(path, json!({"post": operation}));
    let info = json!({"title": "Acme", "version": "1"});
    match case.version {
        Version::V2 => {
            let text =
                json!({"swagger": "2.0", "info": info, "paths": paths, "definitions": case.components})
                    .to_string();
            let text = text.replace("#/components/schemas/", "#/definitions/");
            let text = text.replace("{\"propertyName\":\"kind\"}", "\"kind\"");
            serde_json::from_str(&text).unwrap_or_default()
        }
        version => {
            let version = match version {
                Version::V30 => "3.0.3",
                Version::V31 => "3.1.0",
                _ => "3.2.0",
            };
            json!({"openapi": version, "info": info, "paths": paths, "components": {"schemas": case.components}})
        }
    }
}

fn parameters(case: &Case) -> Vec<Value> {
    let mut all: Vec<Value> = case.parameters.iter().map(|it| parameter(it, case.version)).collect();
    let Some(body) = case.body.as_ref().filter(|_| case.version == Version::V2) else { return all };
    if body.media.has_fields() {
        for (name, schema) in body.schema["properties"].as_object().into_iter().flatten() {
            let mut field = schema.clone();
            field["name"] = name.as_str().into();
            field["in"] = "formData".into();
            all.push(field);
        }
    } else {
        all.push(json!({"name": "body", "in": "body", "required": true, "schema": body.schema}));
    }
    all
}

fn parameter(parameter: &Parameter, version: Version) -> Value {
    let place = match parameter.place {
        Place::Path => "path",
        Place::Query if parameter.style == Style::Querystring => "querystring",
        Place::Query => "query",
        Place::Header => "header",
        Place::Cookie => "cookie",
    };
    let mut written =
        json!({"name": parameter.name, "in": place, "required": parameter.place == Place::Path});
    if parameter.allows_empty {
        written["allowEmptyValue"] = true.into();
    }
    if version == Version::V2 {
        for (key, value) in parameter.schema.as_object().into_iter().flatten() {
            written[key] = value.clone();
        }
        written["collectionFormat"] = match parameter.style {
            Style::Form if parameter.explode => "multi",
            Style::Space => "ssv",
            Style::Pipe => "pipes",
            Style::Tab => "tsv",
            _ => "csv",
        }
        .into();
        return written;
    }
    if parameter.style == Style::Querystring {
        let media = if parameter.is_json { Media::Json } else { Media::Form };
        written["required"] = true.into();
        written["content"] = json!({media.name(): {"schema": parameter.schema}});
        return written;
    }
    if parameter.is_json {
        written["content"] = json!({"application/json": {"schema": parameter.schema}});
        return written;
    }
    written["style"] = style_name(parameter.style).into();
    written["explode"] = parameter.explode.into();
    written["schema"] = parameter.schema.clone();
    if parameter.keeps_reserved {
        written["allowReserved"] = true.into();
    }
    written
}

fn style_name(style: Style) -> &'static str {
    match style {
        Style::Simple => "simple",
        Style::Label => "label",
        Style::Matrix => "matrix",
        Style::Form => "form",
        Style::Space => "spaceDelimited",
        Style::Pipe => "pipeDelimited",
        Style::Tab => "tsv",
        Style::Deep => "deepObject",
        Style::Cookie => "cookie",
        Style::Querystring => "querystring",
    }
}

fn request_body(case: &Case) -> Option<Value> {
    let body = case.body.as_ref()?;
    let mut media = json!({"schema": body.schema});
    for (name, encoding) in &body.encoding {
        let written = &mut media["encoding"][name];
        *written = json!({});
        if let Some(style) = encoding.style {
            written["style"] = style_name(style).into();
        }
        if let Some(explode) = encoding.explode {
            written["explode"] = explode.into();
        }
        if let Some(keeps) = encoding.keeps_reserved {
            written["allowReserved"] = keeps.into();
        }
        if let Some(content_type) = encoding.content_type {
            written["contentType"] = content_type.into();
        }
    }
    if !body.prefix.is_empty() {
        let prefix: Value = body.prefix.iter().map(|name| json!({"contentType": name})).collect();
        media["prefixEncoding"] = prefix;
    }
    if let Some(rest) = body.rest {
        media["itemEncoding"] = json!({"contentType": rest});
    }
    let mut content = Map::new();
    let worse = |content: &mut Map<String, Value>, is_now: bool| {
        if let Some((name, _)) = body.alternative.filter(|(_, is_first)| *is_first == is_now) {
            content.insert(name.to_owned(), json!({"schema": {"type": "string", "maxLength": 0}}));
        }
    };
    worse(&mut content, true);
    content.insert(body.media.name().to_owned(), media);
    worse(&mut content, false);
    Some(json!({"required": true, "content": content}))
}

fn answers(case: &Case) -> Value {
    if case.version == Version::V2 {
        return among(case, json!({"description": "Done", "schema": case.answer}));
    }
    let media = case.answer_media.name();
    among(case, json!({"description": "Done", "content": {media: {"schema": case.answer}}}))
}

/// The responses, of which `answer` is the one with a body.
fn among(case: &Case, answer: Value) -> Value {
    match case.answers {
        Answers::One => json!({"200": answer}),
        Answers::Default => json!({"default": answer}),
        Answers::OrNothing => json!({"204": {"description": "Nothing"}, "200": answer}),
    }
}
