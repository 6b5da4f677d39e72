//! Exchanges over a real loopback socket.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use naftiko_adapter::{Adapter as _, Arguments, Call, Failure, FailureKind, Method, Place, Response};
use serde_json::json;
use url::Url;
use url::form_urlencoded::parse;
use wiremock::matchers::any as anything;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::{arguments, call, operation, parameter};
use crate::{BuildError, Builder, Credential, Endpoint, HttpAdapter};

pub(super) fn builder(base_url: &str, credential: Credential) -> Builder {
    // A second installation fails, which does not matter here.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let base_url = Url::parse(base_url).expect("a base URL");
    HttpAdapter::builder().endpoint("acme", Endpoint { base_url, credential })
}

pub(super) fn adapter(base_url: &str) -> HttpAdapter {
    builder(base_url, Credential::None).build().expect("a sound endpoint")
}

pub(super) async fn answering(template: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(anything()).respond_with(template).mount(&server).await;
    server
}

pub(super) async fn received(server: &MockServer) -> Vec<Request> {
    server.received_requests().await.unwrap_or_default()
}

pub(super) fn get() -> Call {
    call(operation(Method::Get, "/things", Vec::new()), Arguments::default())
}

/// The outcome of a call with this response.
async fn answer(template: ResponseTemplate) -> Result<Response, Failure> {
    let server = answering(template).await;
    adapter(&server.uri()).invoke(&get()).await
}

/// The outcome of a call with exactly these bytes, after which the connection is closed or reset.
async fn raw_answer(bytes: &'static [u8]) -> Result<Response, Failure> {
    let (address, server) = raw_server(bytes);
    let outcome = adapter(&format!("http://{address}")).invoke(&get()).await;
    server.join().expect("the server ends");
    outcome
}

fn raw_server(bytes: &'static [u8]) -> (SocketAddr, std::thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("a bound address");
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let mut request = [0; 4096];
        let _ = stream.read(&mut request).expect("a request");
        stream.write_all(bytes).expect("the answer is taken");
    });
    (address, server)
}

pub(super) fn kind<T: std::fmt::Debug>(outcome: Result<T, Failure>) -> FailureKind {
    outcome.expect_err("this has to fail").kind
}

pub(super) fn decoded(segment: &str) -> String {
    let pair = format!("x={}", segment.replace('+', "%2B").replace('&', "%26"));
    parse(pair.as_bytes()).map(|(_, value)| value.into_owned()).collect()
}

#[tokio::test]
async fn the_request_says_who_asks_and_shows_its_token() {
    let server = answering(ResponseTemplate::new(204)).await;
    let adapter = builder(&format!("{}/v1/", server.uri()), Credential::Bearer("sk_hidden".into())).build();
    let mut get = get();
    get.idempotency_key = Some("run-1/step".to_owned());
    let adapter = adapter.expect("a sound endpoint");
    assert_eq!(adapter.invoke(&get).await.map(|response| response.status), Ok(204));
    let request = received(&server).await.remove(0);
    let header = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok());
    assert_eq!(request.url.path(), "/v1/things");
    assert_eq!(header("authorization"), Some("Bearer sk_hidden"));
    assert_eq!(header("user-agent"), Some(concat!("naftiko/", env!("CARGO_PKG_VERSION"))));
    assert_eq!(header("accept"), Some("application/json, */*;q=0.1"));
    assert_eq!(header("idempotency-key"), None);
    assert!(!format!("{adapter:?}").contains("sk_hidden"));
}

#[tokio::test]
async fn an_idempotency_key_is_sent_where_the_provider_honors_one() {
    let server = answering(ResponseTemplate::new(204)).await;
    let mut operation = operation(Method::Post, "/things", vec![parameter(Place::Header, "Idempotency-Key")]);
    operation.idempotency_key = Some("Idempotency-Key".to_owned());
    let mut ours = call(operation.clone(), Arguments::default());
    ours.idempotency_key = Some("run-1/step".to_owned());
    let mut authors = ours.clone();
    authors.arguments = arguments([(Place::Header, "Idempotency-Key", json!("mine"))]);
    let mut broken = ours.clone();
    broken.idempotency_key = Some("a\r\nb".to_owned());
    let adapter = adapter(&server.uri());
    assert!(adapter.invoke(&ours).await.is_ok());
    assert!(adapter.invoke(&authors).await.is_ok());
    assert_eq!(kind(adapter.invoke(&broken).await), FailureKind::Refused);
    let sent = received(&server).await;
    let keys: Vec<_> =
        sent.iter().map(|request| request.headers.get_all("idempotency-key").iter().count()).collect();
    assert_eq!(keys, [1, 1]);
    assert_eq!(sent[0].headers["idempotency-key"], "run-1/step");
    assert_eq!(sent[1].headers["idempotency-key"], "mine");
}

#[tokio::test]
async fn what_is_refused_is_not_sent() {
    let server = answering(ResponseTemplate::new(200)).await;
    let adapter = adapter(&server.uri());
    let id = || operation(Method::Get, "/things/{id}", vec![parameter(Place::Path, "id")]);
    for given in [json!(null), json!(""), json!(".."), json!([[1]])] {
        let call = call(id(), arguments([(Place::Path, "id", given)]));
        assert_eq!(kind(adapter.invoke(&call).await), FailureKind::Refused);
    }
    assert_eq!(kind(adapter.invoke(&call(id(), Arguments::default())).await), FailureKind::Refused);
    let mut elsewhere = operation(Method::Get, "/things", Vec::new());
    elsewhere.provider = "nobody".to_owned();
    let failure = adapter.invoke(&call(elsewhere, Arguments::default())).await.expect_err("no endpoint");
    assert_eq!(failure.message, "there is no endpoint for the provider `nobody`");
    assert!(received(&server).await.is_empty());
}

#[tokio::test]
async fn an_answer_of_any_status_is_an_answer() {
    let template = ResponseTemplate::new(500)
        .insert_header("X-Reason", "a")
        .append_header("X-Reason", "b")
        .set_body_raw("{\"message\":\"no\"}", "application/problem+json");
    let response = answer(template).await.expect("an answer");
    assert_eq!((response.status, &*response.body), (500, &json!({"message": "no"})));
    assert_eq!(response.headers.get("x-reason").map(String::as_str), Some("a, b"));
    // An invalid body must not hide the status 503.
    let response = answer(ResponseTemplate::new(503).set_body_raw("<html>", "application/json")).await;
    assert_eq!(response.map(|response| (response.status, response.into_body())), Ok((503, json!("<html>"))));
}

#[tokio::test]
async fn bodies_are_decoded_by_their_type() {
    let body = async |bytes: &[u8], content_type: &str| {
        answer(ResponseTemplate::new(200).set_body_raw(bytes, content_type)).await.map(Response::into_body)
    };
    assert_eq!(body(b"[1]", "application/json; charset=utf-8").await, Ok(json!([1])));
    assert_eq!(body(b"\xef\xbb\xbf[1]", "application/vnd.acme+json").await, Ok(json!([1])));
    assert_eq!(body(b" \n", "application/json").await, Ok(json!(null)));
    assert_eq!(body(b"", "application/json").await, Ok(json!(null)));
    assert_eq!(body(b"[1]", "text/plain").await, Ok(json!("[1]")));
    assert_eq!(body(b"caf\xe9", "text/plain; charset=ISO-8859-1").await, Ok(json!("café")));
    assert_eq!(body(b"caf\xc3\xa9", "text/plain; charset=windows-1252").await, Ok(json!("cafÃ©")));
    assert_eq!(body(b"[\"caf\xe9\"]", "application/json; charset=\"latin1\"").await, Ok(json!(["café"])));
    assert_eq!(body(b"\x93\xfa\x96{", "text/plain; charset=Shift_JIS").await, Ok(json!("日本")));
    assert_eq!(body(b"h\0i\0", "text/plain; charset=utf-16le").await, Ok(json!("hi")));
    assert_eq!(kind(body(b"{\"a\":", "application/json").await), FailureKind::Unreadable);
}

#[tokio::test]
async fn a_body_without_a_type_is_json_if_it_can_be() {
    let head = raw_answer(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"a\": 1} ").await;
    assert_eq!(head.map(Response::into_body), Ok(json!({"a": 1})));
    let head = raw_answer(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello").await;
    assert_eq!(head.map(Response::into_body), Ok(json!("hello")));
}

#[tokio::test]
async fn an_encoding_that_nobody_asked_for_is_unreadable() {
    let template = ResponseTemplate::new(200).insert_header("content-encoding", "zstd").set_body_string("x");
    assert_eq!(kind(answer(template).await), FailureKind::Unreadable);
    let template = ResponseTemplate::new(200).insert_header("content-encoding", "gzip").set_body_string("x");
    assert_eq!(kind(answer(template).await), FailureKind::Unreadable);
}

#[tokio::test]
async fn a_compressed_answer_is_asked_for_and_decompressed() {
    let packed = gzip(br#"{"a": 1}"#);
    let template = ResponseTemplate::new(200).insert_header("content-encoding", "gzip");
    let server = answering(template.set_body_raw(packed, "application/json")).await;
    let response = adapter(&server.uri()).invoke(&get()).await.expect("an answer");
    assert_eq!(*response.body, json!({"a": 1}));
    assert_eq!(received(&server).await[0].headers["accept-encoding"], "gzip, deflate, br");
}

#[tokio::test]
async fn an_answer_that_becomes_too_long_is_not_decompressed() {
    let bomb = gzip(&vec![b' '; 33 * 1024 * 1024]);
    assert!(bomb.len() < 64 * 1024);
    let template = ResponseTemplate::new(200).insert_header("content-encoding", "gzip");
    let failure = answer(template.set_body_raw(bomb, "application/json")).await.expect_err("it is too long");
    assert_eq!(failure.kind, FailureKind::Unusable);
    assert!(failure.message.ends_with("it is longer than 32 MiB"), "{failure}");
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("it is kept in memory")
}

#[tokio::test]
async fn an_answer_that_never_ends_is_cut_off() {
    let template = ResponseTemplate::new(200).set_body_raw(vec![b' '; 33 * 1024 * 1024], "text/plain");
    let failure = answer(template).await.expect_err("it is too long");
    assert_eq!(failure.kind, FailureKind::Unusable);
    assert!(failure.message.ends_with("it is longer than 32 MiB"), "{failure}");
}

#[tokio::test]
async fn without_a_connection_nothing_was_sent() {
    let free =
        TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
    let failure = adapter(&format!("http://{free}")).invoke(&get()).await.expect_err("nobody listens");
    assert_eq!(failure.kind, FailureKind::NotSent);
    assert!(failure.message.starts_with(&format!("no connection to `http://{free}`: ")), "{failure}");
    let nameless = adapter("https://nobody.invalid").invoke(&get()).await;
    assert_eq!(kind(nameless), FailureKind::NotSent);
}

#[tokio::test]
async fn a_tls_handshake_that_fails_sent_nothing() {
    let (address, server) = raw_server(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    let outcome = adapter(&format!("https://{address}")).invoke(&get()).await;
    assert_eq!(kind(outcome), FailureKind::NotSent);
    server.join().expect("the server ends");
}

#[tokio::test]
async fn a_handshake_that_hangs_sent_nothing() {
    // The queue of the listener accepts the connection, but no TLS handshake takes place.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("a bound address");
    let mut get = get();
    get.timeout = Some(Duration::from_millis(80));
    let failure = adapter(&format!("https://{address}")).invoke(&get).await.expect_err("nobody speaks");
    assert_eq!(
        failure,
        Failure::new(FailureKind::NotSent, format!("no connection to `https://{address}` within 80ms"))
    );
}

#[tokio::test]
async fn a_slow_answer_leaves_it_unknown() {
    let server = answering(ResponseTemplate::new(200).set_delay(Duration::from_secs(20))).await;
    let adapter = builder(&server.uri(), Credential::None).timeout(Duration::from_millis(80)).build();
    let failure = adapter.expect("a sound endpoint").invoke(&get()).await.expect_err("it takes too long");
    let message = format!("no response from `{}` within 80ms", server.uri());
    assert_eq!(failure, Failure::new(FailureKind::Unknown, message));
}

#[tokio::test]
async fn an_answer_that_never_goes_on_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("a bound address");
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let mut request = [0; 4096];
        let _ = stream.read(&mut request).expect("a request");
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{").expect("it is taken");
        stream
    });
    let mut get = get();
    get.timeout = Some(Duration::from_millis(80));
    let failure = adapter(&format!("http://{address}")).invoke(&get).await.expect_err("it never ends");
    let message = format!("no response from `http://{address}` within 80ms");
    assert_eq!(failure, Failure::new(FailureKind::Unknown, message));
    drop(server.join().expect("the server ends"));
}

#[tokio::test]
async fn an_answer_that_breaks_off_leaves_it_unknown() {
    for bytes in [
        &b""[..],
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"a\":",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        b"this is not HTTP at all\r\n\r\n",
    ] {
        assert_eq!(kind(raw_answer(bytes).await), FailureKind::Unknown, "{}", String::from_utf8_lossy(bytes));
    }
}

#[tokio::test]
async fn a_reset_in_the_middle_leaves_it_unknown() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("a bound address");
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let mut first = [0; 1];
        stream.read_exact(&mut first).expect("a request");
        // Closing a socket before its request is read in full resets the connection.
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{").expect("the answer is taken");
    });
    let outcome = adapter(&format!("http://{address}")).invoke(&get()).await;
    server.join().expect("the server ends");
    assert_eq!(kind(outcome), FailureKind::Unknown);
}

#[tokio::test]
async fn a_failure_shows_neither_token_nor_arguments() {
    let (address, server) = raw_server(b"");
    let adapter = builder(&format!("http://{address}"), Credential::Bearer("sk_hidden".into())).build();
    let operation = operation(Method::Get, "/things", vec![parameter(Place::Query, "password")]);
    let call = call(operation, arguments([(Place::Query, "password", json!("hunter2"))]));
    let failure = adapter.expect("a sound endpoint").invoke(&call).await.expect_err("it breaks off");
    server.join().expect("the server ends");
    assert!(!failure.message.contains("hunter2") && !failure.message.contains("sk_hidden"), "{failure}");
}

#[tokio::test]
async fn a_token_that_the_provider_quotes_is_masked() {
    let bearer =
        |uri: &str| builder(uri, Credential::Bearer("sk_live_TOKEN123".into())).build().expect("sound");
    let said = json!({"message": "bad credentials: Bearer sk_live_TOKEN123", "sk_live_TOKEN123": ["sk_live_TOKEN123"]});
    for status in [200, 401] {
        let template = ResponseTemplate::new(status)
            .insert_header("x-seen", "Bearer sk_live_TOKEN123")
            .set_body_json(said.clone());
        let server = answering(template).await;
        let response = bearer(&server.uri()).invoke(&get()).await.expect("an answer");
        assert_eq!(*response.body, json!({"message": "bad credentials: Bearer ***", "***": ["***"]}));
        assert_eq!(response.headers.get("x-seen").map(String::as_str), Some("***"));
    }
    let server = answering(ResponseTemplate::new(500).set_body_string("token=sk_live_TOKEN123")).await;
    let response = bearer(&server.uri()).invoke(&get()).await.expect("an answer");
    assert_eq!(*response.body, json!("token=***"));
    let encoding = ResponseTemplate::new(200).insert_header("content-encoding", "sk_live_TOKEN123");
    let server = answering(encoding.set_body_string("x")).await;
    let failure = bearer(&server.uri()).invoke(&get()).await.expect_err("it cannot be read");
    assert!(failure.message.contains("`***`"), "{failure}");
}

#[test]
fn an_endpoint_that_cannot_be_used_is_found_when_building() {
    let check = |base_url: &str, credential, expected: &str| {
        let error = builder(base_url, credential).build().expect_err("this cannot be used");
        assert_eq!(error.to_string(), expected);
    };
    let url = |reason: &str| format!("the base URL of `acme` cannot be used: {reason}");
    check("ftp://example.com", Credential::None, &url("it must begin with `https://` or `http://`"));
    check("https://example.com?key=hunter2", Credential::None, &url("it has a query or a fragment"));
    let userinfo = url("it contains a user or a password: move them to `auth`");
    check("https://me:hunter2@example.com", Credential::None, &userinfo);
    let token = BuildError::Token { provider: "acme".to_owned() }.to_string();
    for secret in ["", "hunter2\n", "hunter\u{e9}"] {
        check("https://example.com", Credential::Bearer(secret.into()), &token);
    }
}

#[test]
fn debug_output_shows_no_secret() {
    let builder =
        builder("https://me:hunter2@example.com/v1?key=hunter2", Credential::Bearer("hunter2".into()));
    let shown = format!("{builder:?}");
    assert!(shown.contains("https://example.com/v1") && !shown.contains("hunter2"), "{shown}");
}
