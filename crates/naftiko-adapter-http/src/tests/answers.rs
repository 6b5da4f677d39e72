//! Responses of unusual size and form: which are used, which end the step, and which are reported.

use std::sync::Arc;
use std::time::Duration;

use naftiko_adapter::{
    Adapter as _, Arguments, Call, Failure, FailureKind, Method, Operation, Response, ResponseSpec,
};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::wire::{adapter, answering, builder, get, received};
use super::{call, operation};
use crate::{Credential, NodeBudget};

fn post() -> Call {
    call(operation(Method::Post, "/things", Vec::new()), Arguments::default())
}

/// A call of an operation whose description has a response 200 with this media type and schema.
fn described(method: Method, content_type: &str, schema: Value) -> Call {
    let spec = ResponseSpec {
        content_type: Some(content_type.to_owned()),
        schema: Some(schema),
        examples: Vec::new(),
    };
    let responses = [("200".to_owned(), spec)].into_iter().collect();
    call(Operation { responses, ..operation(method, "/things", Vec::new()) }, Arguments::default())
}

fn raw(bytes: &[u8], content_type: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(bytes, content_type)
}

async fn answer(call: &Call, template: ResponseTemplate) -> Result<Response, Failure> {
    let server = answering(template).await;
    adapter(&server.uri()).invoke(call).await
}

/// The outcome of a response with a budget of ten values.
async fn answer_of_ten(call: &Call, template: ResponseTemplate) -> Result<Response, Failure> {
    let server = answering(template).await;
    let adapter = builder(&server.uri(), Credential::None).nodes(NodeBudget::new(10)).build();
    adapter.expect("a sound endpoint").invoke(call).await
}

#[tokio::test]
async fn bytes_where_text_is_described_end_the_step_and_are_shown() {
    for (bytes, content_type, data) in [
        (&b"\"\xff\""[..], "application/json", "data:application/json;base64,Iv8i"),
        (b"\x93", "text/plain; charset=Shift_JIS", "data:text/plain;base64,kw=="),
        (b"caf\xe9", "application/xml", "data:application/xml;base64,Y2Fm6Q=="),
    ] {
        let failure = answer(&get(), raw(bytes, content_type)).await.expect_err("bytes are no text");
        assert_eq!((failure.kind, failure.answer.as_deref()), (FailureKind::Unusable, Some(data)));
    }
    let text = described(Method::Get, "application/json", json!({}));
    let failure = answer(&text, raw(b"\x89PNG", "image/png")).await.expect_err("an image is no JSON");
    let message = failure.message.split_once(": ").map(|(_, reason)| reason.to_owned());
    let reason = "expected text, found 4 bytes of image/png that are not text in the character set it names";
    assert_eq!(message.as_deref(), Some(reason));
    assert_eq!(failure.kind, FailureKind::Unusable);
}

#[tokio::test]
async fn other_bytes_are_a_data_url() {
    let file = described(Method::Get, "image/png", json!({"type": "string", "format": "binary"}));
    let body = |call: Call, bytes: &'static [u8], content_type: &'static str| async move {
        answer(&call, raw(bytes, content_type)).await.map(Response::into_body)
    };
    assert_eq!(
        body(file.clone(), b"\x89PNG", "image/png").await,
        Ok(json!("data:image/png;base64,iVBORw=="))
    );
    assert_eq!(
        body(file, b"\xff", "application/octet-stream").await,
        Ok(json!("data:application/octet-stream;base64,/w=="))
    );
    assert_eq!(body(get(), b"\xff", "application/pdf").await, Ok(json!("data:application/pdf;base64,/w==")));
    assert_eq!(body(get(), b"<pet/>", "application/xml").await, Ok(json!("<pet/>")));
    assert_eq!(body(get(), b"{}\n{}\n", "application/x-ndjson").await, Ok(json!("{}\n{}\n")));
    assert_eq!(body(get(), b"plain", "application/octet-stream").await, Ok(json!("plain")));
}

#[tokio::test]
async fn an_answer_that_is_nested_too_deeply_ends_the_step_and_is_shown() {
    let deep = format!("{}{}", "[".repeat(150), "]".repeat(150));
    let failure = answer(&get(), raw(deep.as_bytes(), "application/json")).await.expect_err("it is too deep");
    assert_eq!((failure.kind, failure.answer.as_deref()), (FailureKind::Unusable, Some(deep.as_str())));
    assert!(failure.message.ends_with("its lists and objects are nested more than 127 deep"), "{failure}");
    // Without a media type, the body may be text.
    let response = ResponseTemplate::new(500).set_body_raw(deep.as_bytes(), "application/json");
    assert_eq!(answer(&get(), response).await.map(Response::into_body), Ok(json!(deep)));
}

#[tokio::test]
async fn oddities_of_an_answer_are_deviations() {
    let odd = br#"{"id": 1, "id": 2, "text": "\ud83d", "n": 340282366920938463463374607431768211456}"#;
    let response = answer(&post(), raw(odd, "application/json")).await.expect("an answer");
    let pointers: Vec<_> = response.departures.iter().map(|it| it.pointer.as_str()).collect();
    assert_eq!(pointers, ["/id", "/text", "/n"]);
    let server = answering(raw(odd, "application/json")).await;
    let strict =
        builder(&server.uri(), Credential::None).strict_responses(true).build().expect("a sound endpoint");
    let failure = strict.invoke(&post()).await.expect_err("strictness refuses deviations");
    assert!(
        failure.message.ends_with("at `/id`: expected this name once; the last value is used"),
        "{failure}"
    );
}

#[tokio::test]
async fn more_values_than_allowed_fail_a_reading_and_leave_an_effect_done() {
    let list = |items: usize| raw(format!("[{}]", vec!["1"; items].join(",")).as_bytes(), "application/json");
    assert!(answer_of_ten(&get(), list(9)).await.is_ok());
    let failure = answer_of_ten(&get(), list(10)).await.expect_err("it has 11 values");
    assert_eq!(failure.kind, FailureKind::Unusable);
    assert!(failure.message.ends_with("it has more than 10 values, the limit of `--max-nodes`"), "{failure}");
    let response = answer_of_ten(&post(), list(10)).await.expect("the effect is done");
    assert!(response.is_body_withheld && response.body.is_null());
    insta::assert_snapshot!(response.departures[0].expected, @"expected at most 10 values; the body was discarded (`--max-nodes`)");
    // A failure status is returned, whatever the body is.
    let failed = ResponseTemplate::new(422).set_body_json(json!([[], [], [], [], [], [], [], [], [], []]));
    assert_eq!(answer_of_ten(&get(), failed).await.map(|response| response.status), Ok(422));
}

#[tokio::test]
async fn more_bytes_than_allowed_fail_a_reading_and_leave_an_effect_done() {
    let long = || ResponseTemplate::new(201).set_body_raw(vec![b' '; 33 * 1024 * 1024], "text/plain");
    assert_eq!(answer(&get(), long()).await.map_err(|failure| failure.kind), Err(FailureKind::Unusable));
    let response = answer(&post(), long()).await.expect("the effect is done");
    assert!(response.is_body_withheld && response.body.is_null());
    assert_eq!(response.departures[0].expected, "expected at most 32 MiB; the body was discarded");
}

#[tokio::test]
async fn an_answer_waits_for_room_and_is_not_cut_because_of_others() {
    let server = answering(raw(b"[1,2,3,4,5,6]", "application/json")).await;
    let budget = NodeBudget::new(10);
    let adapter =
        || builder(&server.uri(), Credential::None).nodes(budget.clone()).build().expect("a sound endpoint");
    let first = adapter().invoke(&get()).await.expect("the first answer has room");
    // Waiting for the budget does not count toward the limit of the attempt.
    let mut second_call = get();
    second_call.timeout = Some(Duration::from_millis(200));
    let second = adapter();
    let second = tokio::spawn(async move { second.invoke(&second_call).await });
    while received(&server).await.len() < 2 {
        tokio::task::yield_now().await;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!second.is_finished(), "there is no room for seven more values");
    drop(first);
    let second = second.await.expect("no panic").expect("the answer was read");
    assert_eq!(*second.body, json!([1, 2, 3, 4, 5, 6]));
}

#[tokio::test]
async fn two_hundred_header_fields_are_accepted() {
    let many = (0..200).fold(ResponseTemplate::new(200), |template, number| {
        template.insert_header(format!("x-field-{number}"), "a value of a usual length, as servers send")
    });
    let response = answer(&post(), many.set_body_json(json!({"id": 1}))).await.expect("an answer");
    assert_eq!(response.headers.get("x-field-199").map(String::len), Some(42));
}

#[tokio::test]
async fn a_public_operation_is_sent_no_credential() {
    let server = answering(ResponseTemplate::new(200)).await;
    let adapter =
        builder(&server.uri(), Credential::Bearer("sk_hidden".into())).build().expect("a sound endpoint");
    let mut public = get();
    Arc::make_mut(&mut public.operation).is_public = true;
    adapter.invoke(&public).await.expect("an answer");
    adapter.invoke(&get()).await.expect("an answer");
    let sent: Vec<bool> =
        received(&server).await.iter().map(|request| request.headers.contains_key("authorization")).collect();
    assert_eq!(sent, [false, true]);
}
