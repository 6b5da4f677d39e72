//! Parameters outside the body.

use naftiko_adapter::header::is_set_by_client;
use naftiko_adapter::{Parameter, Place, Style};
use naftiko_syntax::Node;
use serde_json::{Value as Json, json};

use crate::Version;
use crate::document::malformed;
use crate::media::{FORM, concrete, is_multipart, is_urlencoded};
use crate::schema::{Reader, anything};

impl<'a> Reader<'a> {
    /// A parameter; `None`, possibly with a diagnostic, for one that is malformed or cannot be sent.
    pub(crate) fn parameter(&mut self, node: &'a Node) -> Option<Parameter> {
        let place = self.place(node)?;
        let name = self.parameter_name(node)?;
        // The standard ignores three header parameters, and some descriptions list headers that the client sets.
        if place == Place::Header && is_set_by_client(name) {
            return None;
        }
        if self.is_query_string(node) {
            return Some(self.query_string(node, name));
        }
        let mut content_type = None;
        let (style, explode, schema) = if self.document.version == Version::V2_0 {
            self.swagger_value(node, place)
        } else {
            content_type = self.content_type(node);
            let style = self.style(node, place);
            let explode =
                node.get("explode").and_then(Node::as_bool).unwrap_or_else(|| style.default_explode());
            (style, explode, self.parameter_schema(node))
        };
        let flag = |key: &str| node.get(key).and_then(Node::as_bool).unwrap_or_default();
        Some(Parameter {
            name: name.to_owned(),
            place,
            required: place == Place::Path || flag("required"),
            style,
            explode,
            allow_reserved: flag("allowReserved") && self.has_reserved(place),
            content_type,
            schema,
            deprecated: flag("deprecated"),
            description: node.get("description").and_then(Node::as_str).map(str::to_owned),
            ..Parameter::new(name, place, anything())
        })
    }

    /// Whether `allowReserved` applies to a place: the query, and from 3.2 on the path.
    fn has_reserved(&self, place: Place) -> bool {
        match place {
            Place::Query => true,
            Place::Path => self.document.version >= Version::V3_2,
            Place::Header | Place::Cookie => false,
        }
    }

    /// Whether a parameter is the whole query string, as possible in 3.2.
    fn is_query_string(&self, node: &Node) -> bool {
        let place = node.get("in").and_then(Node::as_str);
        place == Some("querystring") && self.document.version >= Version::V3_2
    }

    /// A parameter that is the whole query string, in the media type of its `content`.
    fn query_string(&mut self, node: &'a Node, name: &str) -> Parameter {
        let media = self.content(node).and_then(|(_, media)| self.follow(media));
        let encoding = media.and_then(|media| media.get("encoding"));
        let content_type = self.content_type(node).unwrap_or_else(|| FORM.to_owned());
        let encoding = encoding.map(|encoding| self.encoding(encoding, &content_type));
        let schema = self.body_schema(&content_type, media.and_then(|media| media.get("schema")));
        let flag = |key: &str| node.get(key).and_then(Node::as_bool).unwrap_or_default();
        Parameter {
            required: flag("required"),
            style: Style::Querystring,
            explode: true,
            content_type: Some(content_type),
            encoding: encoding.unwrap_or_default(),
            deprecated: flag("deprecated"),
            description: node.get("description").and_then(Node::as_str).map(str::to_owned),
            ..Parameter::new(name, Place::Query, schema)
        }
    }

    fn place(&mut self, node: &'a Node) -> Option<Place> {
        let Some(place) = node.get("in") else {
            self.report(malformed(node.span, "a parameter has no `in`"));
            return None;
        };
        let known = [Place::Path, Place::Query, Place::Header, Place::Cookie];
        let known = known.into_iter().find(|known| Some(known.as_str()) == place.as_str());
        let known = known.or_else(|| self.is_query_string(node).then_some(Place::Query));
        if known.is_none() {
            let diagnostic = match place.as_str() {
                Some(other) => malformed(
                    place.span,
                    format!("expected `path`, `query`, `header` or `cookie`, found `{other}`"),
                ),
                None => {
                    malformed(place.span, format!("expected `in` to be a string, found {}", place.kind()))
                }
            };
            self.report(diagnostic);
        }
        known
    }

    pub(crate) fn parameter_name(&mut self, node: &'a Node) -> Option<&'a str> {
        let name = node.get("name");
        let text = name.and_then(Node::as_str);
        if text.is_none() {
            let message = match name {
                None => "a parameter has no `name`".to_owned(),
                Some(name) => format!("expected `name` to be a string, found {}", name.kind()),
            };
            self.report(malformed(name.unwrap_or(node).span, message));
        }
        text
    }

    pub(crate) fn style(&mut self, node: &'a Node, place: Place) -> Style {
        let allowed: &[(&str, Style)] = match place {
            Place::Path => &[("simple", Style::Simple), ("label", Style::Label), ("matrix", Style::Matrix)],
            Place::Query => &[
                ("form", Style::Form),
                ("spaceDelimited", Style::SpaceDelimited),
                ("pipeDelimited", Style::PipeDelimited),
                ("deepObject", Style::DeepObject),
            ],
            Place::Header => &[("simple", Style::Simple)],
            Place::Cookie => &[("form", Style::Form), ("cookie", Style::Cookie)],
        };
        let Some(written) = node.get("style") else { return place.default_style() };
        let style = allowed.iter().find(|(name, _)| Some(*name) == written.as_str());
        if style.is_none() {
            let found =
                written.as_str().map_or_else(|| written.kind().to_owned(), |name| format!("`{name}`"));
            let message = format!("expected a style for a {} parameter, found {found}", place.as_str());
            self.report(malformed(written.span, message));
        }
        style.map_or_else(|| place.default_style(), |(_, style)| *style)
    }

    fn parameter_schema(&mut self, node: &'a Node) -> Json {
        if let Some(schema) = node.get("schema") {
            return self.schema(schema);
        }
        let Some((media_type, media)) = self.content(node) else { return anything() };
        let schema = self.follow(media).and_then(|media| media.get("schema"));
        // In a parameter, a form or multipart value is plain text.
        let is_text = is_urlencoded(media_type) || is_multipart(media_type);
        if is_text { json!({"type": "string"}) } else { self.body_schema(media_type, schema) }
    }

    /// The media type of a parameter's value, whatever its style.
    fn content_type(&mut self, node: &'a Node) -> Option<String> {
        let is_styled = node.get("schema").is_some();
        self.content(node).filter(|_| !is_styled).map(|(media_type, _)| concrete(media_type))
    }

    /// The only media type of `content`.
    fn content(&mut self, node: &'a Node) -> Option<(&'a str, &'a Node)> {
        let content = self.mapping(node.get("content")?, "`content`")?;
        content.iter().next().map(|(media_type, entry)| (media_type, &entry.value))
    }
}
