//! Access to the settings of a question, and its JSON form for programs.

use std::time::SystemTime;

use jiff::Timestamp;
use naftiko_adapter::{Failure, FailureKind, Question};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value};

/// Creates the URL at which the receiver of a message can answer it. The URL alone authorizes an answer, so it is put
/// into the message and nowhere else.
pub trait AnswerAddress: Send + Sync {
    /// The URL for this question; `None` if no URL that reaches this machine is known.
    fn address(&self, question: &Question) -> Option<SecretString>;
}

/// The question as JSON.
pub(crate) fn as_json(question: &Question, address: Option<&SecretString>) -> Value {
    let mut fields = Map::new();
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            fields.insert(name.to_owned(), value);
        }
    };
    set("id", Some(question.id.as_str().into()));
    set("run", Some(question.run.as_str().into()));
    set("step", Some(question.step.as_str().into()));
    set("description", question.description.as_deref().map(Value::from));
    set("with", Some(question.shown.clone().into()));
    set("result", question.result.clone());
    set("until", until(question).map(Value::from));
    set("answerUrl", address.map(|address| address.expose_secret().into()));
    fields.into()
}

/// The end of the wait for an answer, as in RFC 3339.
pub(crate) fn until(question: &Question) -> Option<String> {
    let until: SystemTime = question.until?;
    Some(format!("{:.0}", Timestamp::try_from(until).ok()?))
}

/// A setting that must be a non-empty text.
pub(crate) fn text<'q>(question: &'q Question, name: &str) -> Result<&'q str, Failure> {
    let text = question.settings.get(name).and_then(Value::as_str).map(str::trim);
    text.filter(|text| !text.is_empty()).ok_or_else(|| refused(format!("its `{name}` is not a text")))
}

/// A setting that must be a non-empty text or a list with at least one.
pub(crate) fn texts<'q>(question: &'q Question, name: &str) -> Result<Vec<&'q str>, Failure> {
    let texts: Option<Vec<&str>> = match question.settings.get(name) {
        Some(Value::String(text)) => Some(vec![text]),
        Some(Value::Array(items)) => items.iter().map(Value::as_str).collect(),
        _ => None,
    };
    let texts = texts.filter(|texts| texts.iter().any(|text| !text.trim().is_empty()));
    texts.ok_or_else(|| refused(format!("its `{name}` is neither a text nor a list of texts")))
}

/// The failure of a message that can never be sent.
pub(crate) fn refused(message: impl Into<String>) -> Failure {
    Failure::new(FailureKind::Refused, message)
}
