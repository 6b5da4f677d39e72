//! One call: what its operation and its arguments determine about the resources in its response.

use std::collections::BTreeMap;

use naftiko_adapter::{Call, Method, Operation, Place, Response, ResponseSpec};
use serde_json::{Map, Value};

use crate::mint::Mint;
use crate::name::{field, is_paging, is_plural, plain, referred_kind};
use crate::shape::Shape;
use crate::target::{Locus, last_parameter, parents};

/// A call that is being carried out.
pub(crate) struct Turn<'a> {
    pub(crate) call: &'a Call,
    pub(crate) mint: Mint,
    status: u16,
    spec: Option<&'a ResponseSpec>,
}

impl<'a> Turn<'a> {
    pub(crate) fn new(call: &'a Call, mint: Mint) -> Self {
        let success = call.operation.success();
        let (status, spec) = success.map_or((200, None), |(status, spec)| (status, Some(spec)));
        Self { call, mint, status, spec }
    }

    /// A turn whose response has a scripted status.
    pub(crate) fn answered_with(call: &'a Call, mint: Mint, status: u16) -> Self {
        Self { call, mint, status, spec: call.operation.response(status) }
    }

    pub(crate) fn operation(&self) -> &'a Operation {
        &self.call.operation
    }

    /// The status of the response.
    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    /// Whether the call can recreate a deleted resource: by a name that the caller chooses, or with a PUT whose
    /// description has a response 201.
    pub(crate) fn may_create_again(&self, locus: &Locus<'_>) -> bool {
        match self.operation().method {
            Method::Put => self.is_named(locus) || self.is_answered_with_created(),
            Method::Post => self.is_named(locus),
            _ => false,
        }
    }

    /// Whether the description has a response with the status 201 Created.
    pub(crate) fn is_answered_with_created(&self) -> bool {
        self.operation().successes().into_iter().any(|(status, _)| status == "201")
    }

    /// Whether a POST to a collection creates a resource that its response does not show.
    pub(crate) fn creates_silently(&self) -> bool {
        let path = self.operation().path.trim_end_matches('/');
        let is_collection = path.rsplit('/').next().is_some_and(is_plural);
        is_collection && self.schema().is_none()
    }

    pub(crate) fn schema(&self) -> Option<&'a Value> {
        self.spec?.schema.as_ref()
    }

    pub(crate) fn example(&self) -> Option<&'a Value> {
        self.spec?.examples.first()
    }

    pub(crate) fn path_argument(&self, name: &str) -> Option<&'a Value> {
        self.call.arguments.parameter(Place::Path, name)
    }

    pub(crate) fn respond(&self, body: Value) -> Response {
        let content_type = self.spec.and_then(|spec| spec.content_type.clone());
        let headers = content_type.map(|content_type| ("content-type".to_owned(), content_type));
        Response::new(self.status, headers.into_iter().collect(), body)
    }

    /// The fields of the request body, under the names of the matching fields of the resource.
    pub(crate) fn body_fields(&self, fields: &[&str]) -> Map<String, Value> {
        let mut found = Map::new();
        for (name, value) in
            self.call.arguments.body.as_ref().and_then(Value::as_object).into_iter().flatten()
        {
            // An exact name takes precedence.
            let exact = fields.contains(&name.as_str());
            let meant = field(fields, name).unwrap_or(name);
            if exact {
                found.insert(name.clone(), value.clone());
            } else if !found.contains_key(meant) {
                found.insert(meant.to_owned(), value.clone());
            }
        }
        found
    }

    /// The fields that refer to the parents of the resource, such as `organization_id`, with the values from the path.
    pub(crate) fn parent_fields(&self, fields: &[&str]) -> Map<String, Value> {
        let path = &self.operation().path;
        let last = last_parameter(path);
        let parents = parents(path).into_iter().filter(|(name, _)| Some(*name) != last);
        let named = parents.filter_map(|(name, kind)| {
            let wanted = [format!("{kind}id"), plain(name)];
            let field = wanted.iter().find_map(|wanted| {
                fields.iter().find(|field| plain(field) == *wanted && plain(field) != "id")
            })?;
            Some(((*field).to_owned(), self.path_argument(name)?.clone()))
        });
        named.collect()
    }

    /// Whether the last path parameter is a field of the resource other than its id.
    pub(crate) fn is_named(&self, locus: &Locus<'_>) -> bool {
        let last = last_parameter(&self.operation().path);
        last.is_some_and(|name| {
            let is_id = plain(name) == "id" || referred_kind(name).is_some_and(|kind| kind == locus.kind);
            !is_id && locus.fields.iter().any(|field| plain(field) == plain(name))
        })
    }

    /// The fields whose values the path gives under the same names, except `id`.
    pub(crate) fn path_fields(&self, fields: &[&str]) -> Map<String, Value> {
        let named =
            fields.iter().filter_map(|field| Some(((*field).to_owned(), self.path_argument(field)?.clone())));
        named.filter(|(name, _)| name != "id").collect()
    }

    /// Like [`path_fields`](Self::path_fields), for a response that is not a resource. `None` if there are no such
    /// fields.
    pub(crate) fn named_by_path(&self) -> Option<Value> {
        let shape = Shape::of(&self.operation().definitions, &[self.schema()?], None);
        let fields: Vec<&str> = shape.properties().keys().copied().collect();
        let fields = self.path_fields(&fields);
        (!fields.is_empty()).then_some(Value::Object(fields))
    }

    /// A key for a response that is not a resource: the provider, the path and all arguments except those for
    /// pagination.
    pub(crate) fn place(&self) -> String {
        let arguments: BTreeMap<_, _> = self.call.arguments.parameters.iter().collect();
        let written: Vec<_> = arguments
            .into_iter()
            .filter(|((_, name), _)| !is_paging(name))
            .map(|((place, name), value)| format!("{} {name} {}", place.as_str(), sorted(value)))
            .collect();
        format!("{}\n{}\n{}", self.operation().provider, self.operation().path, written.join("\n"))
    }

    /// The fields of the body that contain the number of items.
    pub(crate) fn counts(&self, schema: &'a Value) -> Vec<&'a str> {
        let shape = Shape::of(&self.operation().definitions, &[schema], None);
        let is_count = |name: &&str| {
            matches!(plain(name).as_str(), "total" | "count" | "totalcount" | "totalresults" | "totalitems")
        };
        shape.properties().keys().copied().filter(is_count).collect()
    }
}

/// A value as text, independent of the order of keys.
fn sorted(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let map: BTreeMap<_, _> = map.iter().map(|(key, value)| (key, sorted(value))).collect();
            format!("{map:?}")
        }
        Value::Array(items) => format!("{:?}", items.iter().map(sorted).collect::<Vec<_>>()),
        other => other.to_string(),
    }
}
