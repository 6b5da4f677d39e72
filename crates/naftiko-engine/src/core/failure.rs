//! Failures in a form for people.

use naftiko_expr::EvaluationError;
use naftiko_journal::{Cause, Failure};
use serde_json::Value;

use super::redact::AnswerMask;
use super::task::Task;

/// The maximum number of bytes of a body that is recorded.
const BODY_LIMIT: usize = 4096;

/// The maximum number of characters of a provider's text in a message.
const MESSAGE_LIMIT: usize = 300;

/// The fields in which APIs describe errors for people, the more specific first.
const SAYING: [&str; 5] = ["message", "error_description", "detail", "title", "error"];

/// A failure without a status and a body.
pub(super) fn of(cause: Cause, message: impl Into<String>) -> Failure {
    Failure { cause, message: message.into(), status: None, body: None }
}

/// The failure of a scope, caused by this part.
pub(super) fn of_part(part: &Task) -> Failure {
    match &part.progress.failure {
        Some(failure) => {
            Failure { message: format!("`{}`: {}", part.name, failure.message), ..failure.clone() }
        }
        None => of(Cause::Refused, format!("`{}` failed", part.name)),
    }
}

/// The cause of a failed evaluation.
pub(super) fn cause(error: &EvaluationError) -> Cause {
    match error {
        EvaluationError::Unresolved { .. } => Cause::Unresolved,
        _ => Cause::Type,
    }
}

/// The failure of an attempt with an unsuccessful response. `call` is its method and path, `location` the target of a
/// redirect, if there is one.
pub(super) fn of_status(
    call: &str,
    status: u16,
    location: Option<&str>,
    body: &Value,
    mask: &AnswerMask,
) -> Failure {
    let body = mask.value(body.clone());
    let phrase = phrase(status).map(|phrase| format!(" {phrase}")).unwrap_or_default();
    let said = said(&body).map(|said| format!(": {}", one_line(said))).unwrap_or_default();
    let leads = location.filter(|_| matches!(status, 301..=303 | 307 | 308));
    let leads = leads.map(|location| leads_to(&mask.text(location))).unwrap_or_default();
    Failure {
        cause: Cause::Status,
        message: format!("`{call}` responded {status}{phrase}{said}{leads}"),
        status: Some(status),
        body: cut(body),
    }
}

/// Describes a redirect that was not followed. Only the server is named, because the rest may be sensitive.
fn leads_to(location: &str) -> String {
    let server = location.split_once("//").and_then(|(scheme, rest)| {
        let server = rest.split(['/', '?', '#', '\\']).next()?;
        let server = server.rsplit('@').next()?;
        (matches!(scheme, "" | "http:" | "https:") && !server.is_empty()).then_some(server)
    });
    let to = server.map_or_else(|| "to another path".to_owned(), |server| format!("to `{server}`"));
    format!(
        "; the redirect {to} was not followed: only safe methods are redirected, on the same server, at most \
         five times"
    )
}

/// The text for people in a body.
fn said(body: &Value) -> Option<&str> {
    let places = [Some(body), body.get("error"), body.get("errors").and_then(|errors| errors.get(0))];
    let words = places
        .into_iter()
        .flatten()
        .flat_map(|place| SAYING.iter().filter_map(|key| place.get(key)?.as_str()));
    words.into_iter().find(|said| !said.trim().is_empty())
}

fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MESSAGE_LIMIT) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

/// The body, or the beginning of its text if it is long; `None` for an empty body.
pub(super) fn cut(body: Value) -> Option<Value> {
    let text = match &body {
        Value::Null => return None,
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if text.len() <= BODY_LIMIT {
        return Some(body);
    }
    let end = text.floor_char_boundary(BODY_LIMIT);
    Some(format!("{}…", text.get(..end).unwrap_or_default()).into())
}

/// The name of a status in the IANA registry.
fn phrase(status: u16) -> Option<&'static str> {
    Some(match status {
        300 => "Multiple Choices",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        407 => "Proxy Authentication Required",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        411 => "Length Required",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        414 => "URI Too Long",
        415 => "Unsupported Media Type",
        421 => "Misdirected Request",
        422 => "Unprocessable Entity",
        423 => "Locked",
        424 => "Failed Dependency",
        425 => "Too Early",
        426 => "Upgrade Required",
        428 => "Precondition Required",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        451 => "Unavailable For Legal Reasons",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        507 => "Insufficient Storage",
        511 => "Network Authentication Required",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::core::redact::Redaction;

    use super::*;

    fn message(status: u16, body: &Value) -> String {
        of_status("POST /organizations", status, None, body, &Redaction::default().of_answer(&[])).message
    }

    #[test]
    fn the_message_repeats_what_the_other_side_says() {
        let bodies = [
            json!({"message": "name is\n  missing", "code": "x"}),
            json!({"error": "invalid_request", "error_description": "no such client"}),
            json!({"error": {"message": "quota"}}),
            json!({"errors": [{"detail": "first"}, {"detail": "second"}]}),
            json!("plain text"),
            json!({"message": 7}),
            Value::Null,
        ];
        let said: Vec<_> = bodies.iter().map(|body| message(422, body)).collect();
        insta::assert_snapshot!(said.join("\n"), @r"
        `POST /organizations` responded 422 Unprocessable Entity: name is missing
        `POST /organizations` responded 422 Unprocessable Entity: no such client
        `POST /organizations` responded 422 Unprocessable Entity: quota
        `POST /organizations` responded 422 Unprocessable Entity: first
        `POST /organizations` responded 422 Unprocessable Entity
        `POST /organizations` responded 422 Unprocessable Entity
        `POST /organizations` responded 422 Unprocessable Entity
        ");
        assert_eq!(message(299, &Value::Null), "`POST /organizations` responded 299");
    }

    #[test]
    fn a_redirect_that_is_not_followed_says_where_it_leads() {
        let said = |status, location| {
            of_status("GET /a", status, Some(location), &Value::Null, &Redaction::default().of_answer(&[]))
                .message
        };
        let expected = "`GET /a` responded 302 Found; the redirect to `b.example:8443` was not followed: \
                        only safe methods are redirected, on the same server, at most five times";
        assert_eq!(said(302, "https://me:hunter2@b.example:8443/c?token=hunter2"), expected);
        assert_eq!(said(302, "//b.example:8443?token=hunter2"), expected);
        assert!(said(307, "/c?token=hunter2").contains("; the redirect to another path was "));
        assert!(said(303, "file:///etc/passwd").contains("; the redirect to another path was "));
        assert_eq!(said(404, "https://b.example"), "`GET /a` responded 404 Not Found");
    }

    #[test]
    fn a_long_body_is_cut_on_a_character() {
        let long = "é".repeat(3000);
        let kept = cut(json!({ "text": long })).unwrap();
        assert!(kept.as_str().unwrap().len() <= BODY_LIMIT + '…'.len_utf8());
        assert!(kept.as_str().unwrap().starts_with("{\"text\":\"éé"));
        assert_eq!(cut(json!({"a": 1})), Some(json!({"a": 1})));
        assert!(message(500, &json!({ "message": long })).chars().count() < 400);
    }
}
