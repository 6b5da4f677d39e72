//! A self-contained description of one operation.

use std::collections::HashSet;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The maximum number of schemas that are visited to decide whether a response can be an object.
const MOST_SCHEMAS: u32 = 500;

/// One operation of the API of a provider, with everything that an adapter needs to carry it out or to imitate it.
///
/// Schemas are JSON Schema, draft 2020-12, whatever the version of the original description. Every `$ref` has the form
/// `#/$defs/NAME`, where NAME is a key of [`definitions`](Self::definitions).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Operation {
    /// The provider: the `providerId` of a capabilities document.
    pub provider: String,
    /// The `operationId` in the description.
    pub id: String,
    /// The HTTP method.
    pub method: Method,
    /// The path below the base URL, with `{name}` where a path parameter goes: `/organizations/{id}`.
    pub path: String,
    /// Path, query, header and cookie parameters, in the order of the description.
    pub parameters: Vec<Parameter>,
    /// The request body; `None` if the operation takes none.
    pub body: Option<RequestBody>,
    /// Responses by status as the description writes it: `200`, `4XX`, `default`.
    pub responses: IndexMap<String, ResponseSpec>,
    /// The named schemas that other schemas refer to, as the `$defs` of one document.
    pub definitions: Map<String, Value>,
    /// The header for an idempotency key, if the provider honors one: then a repeated call has no second effect.
    pub idempotency_key: Option<String>,
    /// Whether the description marks the operation as deprecated.
    pub deprecated: bool,
    /// Whether the operation takes no credential (`security: []`), so that none is sent.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_public: bool,
}

impl Operation {
    /// An operation without parameters, body or responses, for a caller to complete.
    pub fn new(
        provider: impl Into<String>,
        id: impl Into<String>,
        method: Method,
        path: impl Into<String>,
    ) -> Self {
        Self {
            provider: provider.into(),
            id: id.into(),
            method,
            path: path.into(),
            parameters: Vec::new(),
            body: None,
            responses: IndexMap::new(),
            definitions: Map::new(),
            idempotency_key: None,
            deprecated: false,
            is_public: false,
        }
    }

    /// The first parameter with this name in this place. A linear search.
    pub fn parameter(&self, place: Place, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|parameter| parameter.place == place && parameter.name == name)
    }

    /// Whether the method is safe, so that repeating it changes nothing: `GET`, `HEAD`, `OPTIONS`, `TRACE` (RFC 9110
    /// §9.2.1) and `QUERY`, whose own specification declares it safe.
    pub fn is_safe(&self) -> bool {
        matches!(self.method, Method::Get | Method::Head | Method::Options | Method::Trace | Method::Query)
    }

    /// The response that the description defines for a status: the exact one, then its class (`2XX`), then `default`.
    pub fn response(&self, status: u16) -> Option<&ResponseSpec> {
        let class = format!("{}XX", status / 100);
        let find = |key: &str| {
            self.responses.iter().find(|(status, _)| status.eq_ignore_ascii_case(key)).map(|(_, spec)| spec)
        };
        find(&status.to_string()).or_else(|| find(&class)).or_else(|| find("default"))
    }

    /// The result of [`response`](Self::response), or the success response if the status is not described.
    pub fn described_response(&self, status: u16) -> Option<&ResponseSpec> {
        self.response(status).or_else(|| self.success().map(|(_, spec)| spec))
    }

    /// The success response with its status: the lowest 2xx status, then `2XX`, then `default`. The last two count as
    /// 200.
    pub fn success(&self) -> Option<(u16, &ResponseSpec)> {
        let exact = self.responses.iter().filter_map(|(status, spec)| Some((status.parse().ok()?, spec)));
        exact
            .filter(|(status, _)| (200..300).contains(status))
            .min_by_key(|(status, _)| *status)
            .or_else(|| self.response(200).map(|spec| (200, spec)))
    }

    /// All success responses, by status as the description writes it: those of 2xx statuses and of `2XX`, or `default`
    /// if there are none.
    pub fn successes(&self) -> Vec<(&str, &ResponseSpec)> {
        let of = |is: &dyn Fn(&str) -> bool| -> Vec<(&str, &ResponseSpec)> {
            let found = self.responses.iter().filter(|(status, _)| is(status));
            found.map(|(status, spec)| (status.as_str(), spec)).collect()
        };
        let successes = of(&|status| status.len() == 3 && status.starts_with('2'));
        if successes.is_empty() { of(&|status| status == "default") } else { successes }
    }

    /// Whether a success response has no body: by its status (RFC 9110 §15.3.5), or because the description defines
    /// none. With `None`: whether any success response may lack a body. True if no responses are described.
    pub fn answers_without_body(&self, status: Option<u16>) -> bool {
        if self.responses.is_empty() {
            return true;
        }
        match status {
            Some(204 | 205) => true,
            Some(status) => self.response(status).is_some_and(ResponseSpec::is_without_body),
            None => self.successes().iter().any(|(_, answer)| answer.is_without_body()),
        }
    }

    /// Whether the result of a step is null if a success response comes without a body. True if every success response
    /// with a body has a scalar or a list, so that no reader expects an object. Otherwise the result of such a step is
    /// an object without fields.
    pub fn is_null_without_body(&self) -> bool {
        let mut bodies = self.successes();
        bodies.retain(|(_, answer)| !answer.is_without_body());
        let mut budget = MOST_SCHEMAS;
        let mut excludes = |schema: &Value| self.excludes_objects(schema, &mut budget);
        !bodies.is_empty()
            && bodies.iter().all(|(_, answer)| answer.schema.as_ref().is_some_and(&mut excludes))
    }

    /// Whether no object fits a schema, judged by its types and alternatives.
    fn excludes_objects(&self, schema: &Value, budget: &mut u32) -> bool {
        *budget = budget.saturating_sub(1);
        let Some(schema) = self.resolve(schema).filter(|_| *budget > 0) else { return false };
        let parts = |key: &str| schema.get(key).and_then(Value::as_array);
        let mut excludes = |part: &Value| self.excludes_objects(part, budget);
        let is_other = |name: &Value| name.as_str().is_some_and(|name| name != "object");
        let by_type = match schema.get("type") {
            Some(Value::Array(names)) => !names.is_empty() && names.iter().all(is_other),
            Some(name) => is_other(name),
            None => false,
        };
        by_type
            || schema.get("const").is_some_and(|value| !value.is_object())
            || parts("enum").is_some_and(|values| !values.iter().any(Value::is_object))
            || parts("allOf").is_some_and(|all| all.iter().any(&mut excludes))
            || ["anyOf", "oneOf"]
                .iter()
                .any(|key| parts(key).is_some_and(|any| any.iter().all(&mut excludes)))
    }

    /// The complete JSON Schema of the body of any success response; null is allowed where a body may be missing.
    /// `None` if the description does not define all bodies.
    pub fn success_schema(&self) -> Option<Value> {
        let successes = self.successes();
        let mut forms = Vec::with_capacity(successes.len());
        for (_, answer) in successes {
            match (&answer.schema, &answer.content_type) {
                (Some(schema), _) => forms.push(schema.clone()),
                (None, None) => forms.push(json!({ "type": "null" })),
                (None, Some(_)) => return None,
            }
        }
        (!forms.is_empty()).then(|| json!({ "anyOf": forms, "$defs": self.definitions }))
    }

    /// Follows the `$ref` of a schema to its target; a schema without `$ref` is its own target. `None` for a dangling
    /// or circular reference.
    pub fn resolve<'a>(&'a self, mut schema: &'a Value) -> Option<&'a Value> {
        for _ in 0..=self.definitions.len() {
            let Some(reference) = schema.get("$ref").and_then(Value::as_str) else { return Some(schema) };
            schema = self.definitions.get(reference.strip_prefix("#/$defs/")?)?;
        }
        None
    }

    /// A schema, the target of its `$ref`, and all schemas that `allOf` joins to them, in the order of the description.
    /// Each schema is returned once, even if it is joined several times. A schema that consists of a `$ref` alone is
    /// followed but not returned.
    pub fn joined<'a>(&'a self, schema: &'a Value) -> impl Iterator<Item = &'a Value> {
        let mut seen = HashSet::new();
        let mut pending = vec![schema];
        std::iter::from_fn(move || {
            loop {
                let schema = pending.pop()?;
                if !seen.insert(std::ptr::from_ref(schema).addr()) {
                    continue;
                }
                let parts = schema.get("allOf").and_then(Value::as_array).into_iter().flatten();
                pending.extend(parts.rev());
                let reference = schema.get("$ref").and_then(Value::as_str);
                let name = reference.and_then(|reference| reference.strip_prefix("#/$defs/"));
                pending.extend(name.and_then(|name| self.definitions.get(name)));
                if reference.is_none() || schema.as_object().is_some_and(|keywords| keywords.len() > 1) {
                    return Some(schema);
                }
            }
        })
    }
}

/// An HTTP method that a description can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the names are the standard's")]
pub enum Method {
    Get,
    Put,
    Post,
    Delete,
    Options,
    Head,
    Patch,
    Trace,
    Query,
}

impl Method {
    /// All methods.
    pub const ALL: [Self; 9] = [
        Self::Get,
        Self::Put,
        Self::Post,
        Self::Delete,
        Self::Options,
        Self::Head,
        Self::Patch,
        Self::Trace,
        Self::Query,
    ];

    /// The name on the wire, in capitals.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Put => "PUT",
            Self::Post => "POST",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
            Self::Head => "HEAD",
            Self::Patch => "PATCH",
            Self::Trace => "TRACE",
            Self::Query => "QUERY",
        }
    }
}

/// The place of a parameter in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names are the standard's")]
pub enum Place {
    Path,
    Query,
    Header,
    Cookie,
}

impl Place {
    /// The value of `in` in a description.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Header => "header",
            Self::Cookie => "cookie",
        }
    }

    /// The style of a parameter in this place if its description names none.
    pub fn default_style(self) -> Style {
        match self {
            Self::Path | Self::Header => Style::Simple,
            Self::Query | Self::Cookie => Style::Form,
        }
    }
}

/// The style in which the value of a parameter is written ("Style Values" of the `OpenAPI` 3.2 text).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names are the standard's")]
pub enum Style {
    Matrix,
    Label,
    Simple,
    Form,
    SpaceDelimited,
    PipeDelimited,
    DeepObject,
    Cookie,
    /// Items separated by tabs (`collectionFormat: tsv` of 2.0).
    TabDelimited,
    /// The value is the whole query string, in its media type (`in: querystring` of 3.2).
    Querystring,
}

impl Style {
    /// The value of `explode` if a description gives none.
    pub fn default_explode(self) -> bool {
        matches!(self, Self::Form | Self::Cookie)
    }
}

/// A parameter outside the body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a keyword of the description")]
pub struct Parameter {
    /// The name on the wire.
    pub name: String,
    /// The place in the request.
    pub place: Place,
    /// Whether a call without the parameter is refused.
    pub required: bool,
    /// The style of the value; the default of the place if the description gives none (`simple` in path and header,
    /// `form` elsewhere).
    pub style: Style,
    /// Whether each item of a list or object is written separately; the default of the style if the description gives
    /// none.
    pub explode: bool,
    /// Whether reserved characters are left unescaped.
    pub allow_reserved: bool,
    /// The media type that the whole value is written in; `None` if it is written in its style.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// The encodings of individual properties of a query string that is a form, by name.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub encoding: IndexMap<String, Encoding>,
    /// The schema of the value.
    pub schema: Value,
    /// Whether the description marks the parameter as deprecated.
    pub deprecated: bool,
    /// The text of the description for people.
    pub description: Option<String>,
}

impl Parameter {
    /// A parameter in the default style of its place. It is required only in a path, since a path needs all its
    /// parameters.
    pub fn new(name: impl Into<String>, place: Place, schema: Value) -> Self {
        let style = place.default_style();
        Self {
            name: name.into(),
            place,
            required: place == Place::Path,
            style,
            explode: style.default_explode(),
            allow_reserved: false,
            content_type: None,
            encoding: IndexMap::new(),
            schema,
            deprecated: false,
            description: None,
        }
    }
}

/// The request body of an operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RequestBody {
    /// The media type of the body.
    pub content_type: String,
    /// Whether a call without a body is refused.
    pub required: bool,
    /// The schema of the body.
    pub schema: Value,
    /// The encodings of individual properties of a form or a multipart body, by name.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub encoding: IndexMap<String, Encoding>,
    /// The encodings of the first parts of a multipart body without names, by position.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prefix_encoding: Vec<Encoding>,
    /// The encoding of all further parts of a multipart body without names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item_encoding: Option<Encoding>,
}

impl RequestBody {
    /// A body whose properties have the default encoding for its media type.
    pub fn new(content_type: impl Into<String>, required: bool, schema: Value) -> Self {
        Self {
            content_type: content_type.into(),
            required,
            schema,
            encoding: IndexMap::new(),
            prefix_encoding: Vec::new(),
            item_encoding: None,
        }
    }
}

/// The encoding of one property of a form or a multipart body (the "Encoding Object" of `OpenAPI`).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Encoding {
    /// The media type of the property; `None` for the default of its schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// The style of the property, as for a query parameter; `None` if it is written in its media type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub style: Option<Style>,
    /// Whether each item of a list or object is written separately. Without a style, this applies to lists in a form; a
    /// multipart body always has a part for each item.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub explode: bool,
    /// Whether reserved characters are left unescaped.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub allow_reserved: bool,
}

impl Encoding {
    /// The query parameter that is written like the property `name`; `None` if the property is written in its media
    /// type.
    pub fn as_query_parameter(&self, name: &str) -> Option<Parameter> {
        Some(Parameter {
            style: self.style?,
            explode: self.explode,
            allow_reserved: self.allow_reserved,
            ..Parameter::new(name, Place::Query, Value::Bool(true))
        })
    }
}

/// A response that a description defines for a status.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ResponseSpec {
    /// The media type; `None` if there is no body.
    pub content_type: Option<String>,
    /// The schema of the body; `None` if the description defines none.
    pub schema: Option<Value>,
    /// Examples of the body, in the order of the description.
    pub examples: Vec<Value>,
}

impl ResponseSpec {
    /// Whether the description defines no body: neither a schema nor a media type.
    pub fn is_without_body(&self) -> bool {
        self.schema.is_none() && self.content_type.is_none()
    }
}
