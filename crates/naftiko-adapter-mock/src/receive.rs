//! Parses HTTP requests into calls: finds the operation of a request and its arguments.
//!
//! This module is pure; the owner of the socket passes the parts of a request. A request that matches no operation is
//! an error. Parts that the operation does not define are ignored, as most providers do.

use std::sync::Arc;

use naftiko_adapter::{Arguments, Call, Method, Operation, Place};
use naftiko_wire::{encoded_literal, read};
use regex::Regex;

/// A received request.
#[derive(Debug, Clone, Copy)]
pub struct Received<'a> {
    /// The method, in capitals.
    pub method: &'a str,
    /// The path below the base URL, with `?` and the query if there is one.
    pub target: &'a str,
    /// The headers, by name in lower case.
    pub headers: &'a [(String, String)],
    /// The body.
    pub body: &'a [u8],
}

/// The reason why a request is not a call of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unroutable {
    /// No operation has this path.
    NoPath,
    /// There are operations with this path, with these other methods.
    OtherMethods(Vec<Method>),
    /// The query cannot be parsed; the text is the reason.
    Query(String),
    /// The body cannot be parsed; the text is the reason.
    Body(String),
}

/// Finds the operation of a request.
#[derive(Debug, Clone)]
pub struct Router {
    routes: Vec<Route>,
}

#[derive(Debug, Clone)]
struct Route {
    operation: Arc<Operation>,
    path: Regex,
    /// The path parameters, in order.
    names: Vec<String>,
    /// The query parameters that the path fixes.
    fixed: Vec<(String, String)>,
    /// The number of literal bytes in the path. Routes with more are tried first.
    literal: usize,
}

impl Router {
    /// A router for these operations.
    pub fn new(operations: impl IntoIterator<Item = Arc<Operation>>) -> Self {
        let mut routes: Vec<Route> = operations.into_iter().filter_map(Route::new).collect();
        routes.sort_by_key(|route| std::cmp::Reverse((route.literal, route.fixed.len())));
        Self { routes }
    }

    /// The method and the path of every route.
    pub fn routes(&self) -> impl Iterator<Item = (Method, &str)> {
        self.routes.iter().map(|route| (route.operation.method, route.operation.path.as_str()))
    }

    /// Parses a request as a call.
    ///
    /// # Errors
    /// The reason why the request is not a call of an operation.
    pub fn receive(&self, request: &Received<'_>) -> Result<Call, Unroutable> {
        let (path, query) = request.target.split_once('?').unwrap_or((request.target, ""));
        let pairs = read::pairs(query);
        let fits = |route: &&Route| {
            let has = |fixed: &(String, String)| {
                pairs.iter().any(|(name, value)| *name == fixed.0 && read::decoded(value) == fixed.1)
            };
            route.path.is_match(path) && route.fixed.iter().all(has)
        };
        let mut other = Vec::new();
        for route in self.routes.iter().filter(fits) {
            if route.operation.method.as_str() == request.method {
                return route.call(path, query, request);
            }
            other.push(route.operation.method);
        }
        Err(if other.is_empty() { Unroutable::NoPath } else { Unroutable::OtherMethods(other) })
    }
}

impl Route {
    fn new(operation: Arc<Operation>) -> Option<Self> {
        let (path, fixed) = operation.path.split_once('?').unwrap_or((&operation.path, ""));
        let slash = if path.starts_with('/') { "" } else { "/" };
        let (mut pattern, mut names, mut literal) = (format!("^{slash}"), Vec::new(), 0);
        let mut rest = path;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, tail) = after.split_once('}')?;
            pattern.push_str(&escaped(before));
            pattern.push_str("([^/]+?)");
            literal += before.len();
            names.push(name.to_owned());
            rest = tail;
        }
        pattern.push_str(&escaped(rest));
        pattern.push('$');
        literal += rest.len();
        let fixed =
            read::pairs(fixed).into_iter().map(|(name, value)| (name, read::decoded(&value))).collect();
        Some(Self { path: Regex::new(&pattern).ok()?, names, fixed, literal, operation })
    }

    fn call(&self, path: &str, query: &str, request: &Received<'_>) -> Result<Call, Unroutable> {
        let operation = &self.operation;
        let content_type = header(request.headers, "content-type");
        let body = read::body(operation, content_type, request.body).map_err(Unroutable::Body)?;
        let mut arguments = Arguments { body, ..Arguments::default() };
        let cookies = read::cookies(header(request.headers, "cookie").unwrap_or_default());
        for parameter in &operation.parameters {
            let value = match parameter.place {
                Place::Path => {
                    self.captured(path, &parameter.name).and_then(|raw| read::path(operation, parameter, raw))
                }
                Place::Query => read::query(operation, parameter, query, &self.claimed(&parameter.name))
                    .map_err(Unroutable::Query)?,
                Place::Header => header(request.headers, &parameter.name)
                    .map(|text| read::header(operation, parameter, text)),
                Place::Cookie => read::cookie(operation, parameter, &cookies),
            };
            if let Some(value) = value {
                arguments.parameters.insert((parameter.place, parameter.name.clone()), value);
            }
        }
        let key = operation.idempotency_key.as_ref().and_then(|name| header(request.headers, name));
        Ok(Call {
            step: "request".to_owned(),
            attempt: 1,
            operation: Arc::clone(operation),
            arguments,
            timeout: None,
            idempotency_key: key.map(str::to_owned),
        })
    }

    /// The text of the path in the place of a parameter.
    fn captured<'p>(&self, path: &'p str, name: &str) -> Option<&'p str> {
        let at = self.names.iter().position(|known| known == name)?;
        Some(self.path.captures(path)?.get(at + 1)?.as_str())
    }

    /// The query names that belong to other parameters or to the path.
    fn claimed(&self, own: &str) -> Vec<&str> {
        let others = self.operation.parameters.iter().filter(|it| it.place == Place::Query && it.name != own);
        let fixed = self.fixed.iter().map(|(name, _)| name.as_str());
        others.map(|other| other.name.as_str()).chain(fixed).collect()
    }
}

/// A pattern for a literal part of a path, encoded as it is sent.
fn escaped(literal: &str) -> String {
    regex::escape(&encoded_literal(literal))
}

/// The value of a header, by name in any case.
fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}
