//! One operation, its arguments and its response, before serialization.

use serde_json::{Map, Value, json};

use super::chance::Chance;
use super::schemas::{self, Version};
use super::values;

/// The location of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Path,
    Query,
    Header,
    Cookie,
}

/// The serialization style of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Simple,
    Label,
    Matrix,
    Form,
    Space,
    Pipe,
    Tab,
    Deep,
    Cookie,
    /// The whole query (3.2).
    Querystring,
}

/// A parameter with its argument.
#[derive(Debug, Clone)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) place: Place,
    pub(super) style: Style,
    pub(super) explode: bool,
    pub(super) keeps_reserved: bool,
    /// Whether the description permits an empty value, which changes nothing about a value.
    pub(super) allows_empty: bool,
    /// Whether the whole value is serialized as JSON.
    pub(super) is_json: bool,
    pub(super) schema: Value,
    pub(super) value: Value,
    /// The text after the parameter in its path segment.
    pub(super) suffix: &'static str,
}

/// The media type of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Media {
    Json,
    Patch,
    Form,
    Parts,
    /// Parts without names, by their positions (3.2).
    Mixed,
    Text,
    Xml,
    Lines,
    Octets,
}

impl Media {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Patch => "application/merge-patch+json",
            Self::Form => "application/x-www-form-urlencoded",
            Self::Parts => "multipart/form-data",
            Self::Mixed => "multipart/mixed",
            Self::Text => "text/plain",
            Self::Xml => "application/xml",
            Self::Lines => "application/x-ndjson",
            Self::Octets => "application/octet-stream",
        }
    }

    pub(super) fn is_json(self) -> bool {
        matches!(self, Self::Json | Self::Patch)
    }

    /// Whether a value of this media type is an object whose properties are serialized one by one.
    pub(super) fn has_fields(self) -> bool {
        matches!(self, Self::Form | Self::Parts)
    }
}

/// The encoding of one property of a form.
#[derive(Debug, Clone, Default)]
pub(super) struct Encoding {
    pub(super) style: Option<Style>,
    pub(super) explode: Option<bool>,
    pub(super) keeps_reserved: Option<bool>,
    pub(super) content_type: Option<&'static str>,
}

/// A body with its argument.
#[derive(Debug, Clone)]
pub(super) struct Body {
    pub(super) media: Media,
    pub(super) schema: Value,
    pub(super) encoding: Vec<(String, Encoding)>,
    /// The media types of the first parts, and of all others, of a body without names.
    pub(super) prefix: Vec<&'static str>,
    pub(super) rest: Option<&'static str>,
    /// A further media type of the body, which is worse, and whether the description lists it first.
    pub(super) alternative: Option<(&'static str, bool)>,
    pub(super) value: Value,
    /// Whether the properties of the body are given as separate arguments.
    pub(super) is_spread: bool,
}

/// The success responses of a description.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answers {
    /// `200`.
    One,
    /// `default` alone.
    Default,
    /// `200`, and `204` without a body.
    OrNothing,
}

/// One operation, called once.
#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) version: Version,
    pub(super) components: Value,
    pub(super) parameters: Vec<Parameter>,
    pub(super) body: Option<Body>,
    pub(super) answer: Value,
    pub(super) answer_media: Media,
    pub(super) answers: Answers,
}

impl Case {
    pub(super) fn made(chance: &mut Chance<'_>) -> Self {
        let version = *chance.pick(&Version::ALL);
        let components = schemas::components();
        let has_body = chance.once_in(2);
        let count = if has_body { chance.below(2) } else { 1 + chance.below(2) };
        let parameters = ["p", "q"].into_iter().take(count);
        let mut parameters: Vec<Parameter> =
            parameters.map(|name| parameter(chance, version, &components, name)).collect();
        if version == Version::V32 && chance.once_in(5) {
            parameters.retain(|it| it.place != Place::Query);
            parameters.push(querystring(chance, &components));
        }
        let body = has_body.then(|| body(chance, version, &components));
        let answer = schemas::any(chance, version, 0);
        let answer_media = *chance.pick(&[Media::Json, Media::Json, Media::Patch, Media::Text, Media::Xml]);
        let answers = *chance.pick(&[Answers::One, Answers::One, Answers::Default, Answers::OrNothing]);
        Self { version, components, parameters, body, answer, answer_media, answers }
    }
}

/// A parameter that is the whole query, as a form or as JSON.
fn querystring(chance: &mut Chance<'_>, components: &Value) -> Parameter {
    let is_json = chance.once_in(3);
    let schema = if is_json {
        schemas::any(chance, Version::V32, 1)
    } else {
        fields(chance, Version::V32, Media::Form)
    };
    let value = values::of_schema(chance, &schema, components, 0);
    Parameter {
        name: "whole".to_owned(),
        place: Place::Query,
        style: Style::Querystring,
        explode: true,
        keeps_reserved: false,
        allows_empty: false,
        is_json,
        schema,
        value,
        suffix: "",
    }
}

fn parameter(chance: &mut Chance<'_>, version: Version, components: &Value, name: &str) -> Parameter {
    let mut place = *chance.pick(&[Place::Query, Place::Path, Place::Header, Place::Query, Place::Cookie]);
    if version == Version::V2 && place == Place::Cookie {
        place = Place::Query;
    }
    let is_json = version != Version::V2 && chance.once_in(8);
    let (style, explode) = match (is_json, place) {
        (false, place) => styled(chance, version, place),
        (true, Place::Path | Place::Header) => (Style::Simple, false),
        (true, _) => (Style::Form, true),
    };
    let schema = match version {
        Version::V2 if chance.once_in(2) => {
            let items = schemas::scalar(chance, version);
            json!({"type": "array", "items": items})
        }
        Version::V2 => schemas::scalar(chance, version),
        _ => schemas::any(chance, version, 1),
    };
    let has_reserved =
        place == Place::Query && version != Version::V2 || place == Place::Path && version == Version::V32;
    let keeps_reserved = has_reserved && !is_json && chance.once_in(5);
    let value = values::of_schema(chance, &schema, components, 1);
    let name = match chance.below(12) {
        0 if place == Place::Query => format!("{name}[]"),
        1 if place == Place::Query || place == Place::Path => {
            format!("{}.{name}", ["query", "path", "x"][chance.below(3)])
        }
        2 if place == Place::Header => format!("X-{name}"),
        _ => name.to_owned(),
    };
    let suffix = if place == Place::Path { *chance.pick(&["", "", ".json", ":go", "/x"]) } else { "" };
    let allows_empty = place == Place::Query && chance.once_in(8);
    Parameter { name, place, style, explode, keeps_reserved, allows_empty, is_json, schema, value, suffix }
}

fn styled(chance: &mut Chance<'_>, version: Version, place: Place) -> (Style, bool) {
    let styles: &[Style] = match (version, place) {
        (Version::V2, Place::Query) => &[Style::Form, Style::Form, Style::Space, Style::Pipe, Style::Tab],
        (Version::V2, _) => &[Style::Simple, Style::Simple, Style::Space, Style::Pipe, Style::Tab],
        (_, Place::Path) => &[Style::Simple, Style::Label, Style::Matrix],
        (_, Place::Query) => &[Style::Form, Style::Form, Style::Deep, Style::Space, Style::Pipe],
        (_, Place::Header) => &[Style::Simple],
        (Version::V32, Place::Cookie) => &[Style::Form, Style::Cookie],
        (_, Place::Cookie) => &[Style::Form],
    };
    let style = *chance.pick(styles);
    let usual = matches!(style, Style::Form | Style::Cookie);
    let explode = match version {
        // The format `multi` exists only in queries.
        Version::V2 => style == Style::Form && chance.once_in(2),
        _ if chance.once_in(2) => !usual,
        _ => usual,
    };
    (style, explode)
}

fn body(chance: &mut Chance<'_>, version: Version, components: &Value) -> Body {
    let media = *chance.pick(&[
        Media::Json,
        Media::Json,
        Media::Form,
        Media::Form,
        Media::Parts,
        Media::Parts,
        Media::Text,
        Media::Xml,
        Media::Lines,
        Media::Octets,
        Media::Patch,
        Media::Json,
        Media::Mixed,
    ]);
    let media = if media == Media::Mixed && version != Version::V32 { Media::Parts } else { media };
    let (mut prefix, mut rest) = (Vec::new(), None);
    if media == Media::Mixed {
        prefix = (0..chance.below(3)).map(|_| *chance.pick(&["application/json", "text/plain"])).collect();
        rest = *chance.pick(&[None, Some("application/json"), Some("text/plain")]);
    }
    let schema = match media {
        Media::Mixed => tuple(chance),
        Media::Form | Media::Parts => fields(chance, version, media),
        Media::Text => schemas::scalar(chance, version),
        Media::Octets => json!({"type": "string", "format": "binary"}),
        _ => schemas::any(chance, version, 0),
    };
    let names: Vec<&String> = schema["properties"].as_object().into_iter().flat_map(Map::keys).collect();
    let encoding = if media.has_fields() && version != Version::V2 {
        names.into_iter().filter_map(|name| Some((name.clone(), encoding(chance)?))).collect()
    } else {
        Vec::new()
    };
    let mut value = match media {
        Media::Xml => json!("<pet><name>Rex</name></pet>"),
        Media::Lines => json!("{\"index\":{}}\n{\"a\":1}\n"),
        _ => values::of_schema(chance, &schema, components, 0),
    };
    if media == Media::Octets && chance.once_in(3) {
        value = json!("plain text");
    }
    let is_spread = value.as_object().is_some_and(|fields| {
        !fields.is_empty() && fields.keys().all(|name| matches!(name.as_str(), "a" | "b" | "c" | "kind"))
    });
    let is_spread = is_spread && (media.is_json() || media.has_fields()) && chance.once_in(2);
    let alternative = alternative(chance, version, media);
    Body { media, schema, encoding, prefix, rest, alternative, value, is_spread }
}

/// A list of parts without names.
fn tuple(chance: &mut Chance<'_>) -> Value {
    let mut schema = json!({"type": "array", "items": schemas::scalar(chance, Version::V32)});
    let first: Vec<Value> = (0..chance.below(3)).map(|_| schemas::any(chance, Version::V32, 2)).collect();
    if !first.is_empty() {
        schema["prefixItems"] = first.into();
    }
    schema
}

/// A media type that is only used if there is no better one: JSON, a form, parts, text, any other.
fn alternative(chance: &mut Chance<'_>, version: Version, media: Media) -> Option<(&'static str, bool)> {
    let order =
        ["application/json", "application/x-www-form-urlencoded", "multipart/form-data", "text/plain"];
    let place = order.iter().position(|name| *name == media.name())?;
    let worse: Vec<&'static str> =
        order.iter().skip(place + 1).chain(&["application/xml", "application/pdf"]).copied().collect();
    let is_described = version != Version::V2 && chance.once_in(4);
    is_described.then(|| (*chance.pick(&worse), chance.once_in(2)))
}

/// The schema of a form. Version 2.0 allows only scalars, lists of scalars, and files.
fn fields(chance: &mut Chance<'_>, version: Version, media: Media) -> Value {
    let mut properties = Map::new();
    for name in ["a", "b", "c"].into_iter().take(1 + chance.below(3)) {
        let is_file = media == Media::Parts && chance.once_in(3);
        let schema = match (version, is_file) {
            (Version::V2, true) => json!({"type": "file"}),
            (_, true) => json!({"type": "string", "format": "binary"}),
            (Version::V2, false) if chance.once_in(3) => {
                let formats = ["csv", "multi", "ssv", "pipes", "tsv"];
                json!({"type": "array", "items": schemas::scalar(chance, version), "collectionFormat": chance.pick(&formats)})
            }
            (Version::V2, false) => schemas::scalar(chance, version),
            (_, false) if chance.once_in(2) => schemas::any(chance, version, 1),
            (_, false) => schemas::scalar(chance, version),
        };
        properties.insert(name.to_owned(), schema);
    }
    json!({"type": "object", "properties": properties})
}

fn encoding(chance: &mut Chance<'_>) -> Option<Encoding> {
    match chance.below(5) {
        0 | 1 => None,
        2 => Some(Encoding {
            content_type: Some(*chance.pick(&["application/json", "text/plain"])),
            ..Encoding::default()
        }),
        _ => Some(Encoding {
            style: Some(*chance.pick(&[Style::Form, Style::Deep, Style::Space, Style::Pipe])),
            explode: [None, Some(true), Some(false)][chance.below(3)],
            keeps_reserved: chance.once_in(6).then_some(true),
            content_type: None,
        }),
    }
}
