//! The requests and responses that `--verbose` prints, redacted.
//!
//! A request is rendered as the adapter renders it, but without its credential, which is not known here.

use std::collections::BTreeMap;

use naftiko_adapter::{Call, Failure, MASK, Response};
use naftiko_engine::Wire;
use naftiko_text::{Printable, printable};
use naftiko_wire::render;
use url::Url;

/// The number of bytes of a body that are shown.
const MOST_BYTES: usize = 4096;

/// Renders requests and responses.
pub(crate) struct Dump {
    /// The base URLs of the providers.
    urls: BTreeMap<String, Option<Url>>,
}

impl Dump {
    pub(crate) fn new(urls: BTreeMap<String, Option<Url>>) -> Self {
        Self { urls }
    }

    /// Renders a call or a response; each line begins with `>` or `<`.
    pub(crate) fn lines(&self, wire: &Wire) -> Printable {
        match wire {
            Wire::Sent(call) => self.request(call),
            Wire::Received { step, attempt, answer } => answered(step, *attempt, answer),
        }
    }

    fn request(&self, call: &Call) -> Printable {
        let operation = &call.operation;
        let base = self.urls.get(&operation.provider).and_then(Option::as_ref);
        let base = base.map(|url| url.as_str().trim_end_matches('/')).unwrap_or_default();
        let (path, headers, body) = match render(operation, &call.arguments) {
            Ok(parts) => (parts.path_and_query, parts.headers, parts.body.unwrap_or_default()),
            // The mask that replaces a sensitive value may be invalid at its place; then the arguments are listed
            // instead.
            Err(_) => {
                let given = call.arguments.parameters.iter();
                let given = given
                    .map(|((place, name), value)| (format!("{}.{name}", place.as_str()), value.to_string()));
                let body = call.arguments.body.as_ref().map(ToString::to_string).unwrap_or_default();
                (operation.path.clone(), given.collect(), body.into_bytes())
            }
        };
        let mut text = Printable::new();
        let method = operation.method.as_str();
        let path = path.replace("%2A%2A%2A", MASK);
        line(&mut text, '>', &format!("{} {}: {method} {base}{path}", call.step, call.attempt));
        for (name, value) in &headers {
            line(&mut text, '>', &format!("{name}: {value}"));
        }
        self::body(&mut text, '>', &String::from_utf8_lossy(&body));
        text
    }
}

fn answered(step: &str, attempt: u32, answer: &Result<Response, Failure>) -> Printable {
    let mut text = Printable::new();
    match answer {
        Ok(response) => {
            line(&mut text, '<', &format!("{step} {attempt}: {}", response.status));
            for (name, value) in &response.headers {
                line(&mut text, '<', &format!("{name}: {value}"));
            }
            let shown = match &*response.body {
                serde_json::Value::Null => String::new(),
                serde_json::Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            body(&mut text, '<', &shown);
        }
        Err(failure) => line(&mut text, '<', &format!("{step} {attempt}: {}", failure.message)),
    }
    text
}

fn body(text: &mut Printable, mark: char, body: &str) {
    if body.is_empty() {
        return;
    }
    let end = body.floor_char_boundary(MOST_BYTES);
    let shown = body.get(..end).unwrap_or_default();
    line(text, mark, "");
    shown.lines().for_each(|shown| line(text, mark, shown));
    if end < body.len() {
        line(text, mark, &format!("… {} more bytes", body.len() - end));
    }
}

fn line(text: &mut Printable, mark: char, line: &str) {
    let space = if line.is_empty() { "" } else { " " };
    text.push(&printable!("{}{}{}\n", mark, space, line));
}
