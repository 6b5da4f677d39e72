//! Tokens of the client credentials grant: fetched once for all callers, on time, and never in a loop.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use naftiko_adapter::{Adapter as _, Failure, FailureKind, Response};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use url::Url;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::credential::{adapter, get};
use crate::{ClientAuth, ClientCredentials, Credential, Endpoint, HttpAdapter, Tokens};

const SECRET: &str = "cl13nt s3cret/+%";

fn tokens(server: &MockServer, client_auth: ClientAuth) -> Tokens {
    Tokens::new(ClientCredentials {
        client_auth,
        scopes: vec!["read".to_owned(), "write".to_owned()],
        audience: Some("https://api.example/".to_owned()),
        ..credentials(&format!("{}/oauth2/token", server.uri()))
    })
}

/// Credentials that request no scopes and no audience.
fn credentials(token_url: &str) -> ClientCredentials {
    ClientCredentials {
        token_url: Url::parse(token_url).expect("a URL"),
        client_id: "acme client".into(),
        client_secret: SECRET.into(),
        client_auth: ClientAuth::Basic,
        scopes: Vec::new(),
        audience: None,
    }
}

/// A server that issues the tokens `token-1`, `token-2`, … with the fields of `more`, and accepts those for which
/// `lets_in` is true.
async fn server(more: Value, lets_in: fn(usize) -> bool) -> MockServer {
    let server = MockServer::start().await;
    let given = Arc::new(AtomicUsize::new(0));
    let give = move |_: &Request| {
        let mut body = json!({"access_token": format!("token-{}", given.fetch_add(1, Ordering::SeqCst) + 1)});
        let body_fields = body.as_object_mut().expect("an object");
        body_fields.extend(more.as_object().cloned().unwrap_or_default());
        // Late enough that all callers are waiting.
        ResponseTemplate::new(200).set_body_json(body).set_delay(Duration::from_millis(100))
    };
    Mock::given(method("POST")).and(path("/oauth2/token")).respond_with(give).mount(&server).await;
    let answer = move |request: &Request| {
        let number = token_of(request).rsplit('-').next().and_then(|number| number.parse().ok());
        let status = if number.is_some_and(lets_in) { 200 } else { 401 };
        ResponseTemplate::new(status).set_body_json(json!({"seen": token_of(request), "secret": SECRET}))
    };
    Mock::given(method("GET")).respond_with(answer).mount(&server).await;
    server
}

fn token_of(request: &Request) -> String {
    request.headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

/// The number of token requests, and the tokens with which calls were made.
async fn seen(server: &MockServer) -> (usize, Vec<String>) {
    let requests = server.received_requests().await.unwrap_or_default();
    let (asked, called): (Vec<_>, Vec<_>) = requests.iter().partition(|it| it.url.path() == "/oauth2/token");
    (asked.len(), called.into_iter().map(token_of).collect())
}

fn client(server: &MockServer) -> HttpAdapter {
    let credential = Credential::ClientCredentials(tokens(server, ClientAuth::Basic));
    adapter(&server.uri(), credential).expect("a sound credential")
}

#[tokio::test]
async fn fifty_calls_at_once_fetch_one_token_also_through_several_adapters() {
    let server = server(json!({"token_type": "Bearer", "expires_in": 3600}), |_| true).await;
    let tokens = tokens(&server, ClientAuth::Form);
    let adapters: Vec<Arc<HttpAdapter>> = (0..5)
        .map(|_| adapter(&server.uri(), Credential::ClientCredentials(tokens.clone())).expect("sound"))
        .map(Arc::new)
        .collect();
    let mut calls = JoinSet::new();
    for number in 0..50 {
        let adapter = Arc::clone(&adapters[number % 5]);
        calls.spawn(async move { adapter.invoke(&get()).await.map(Response::into_body) });
    }
    for outcome in calls.join_all().await {
        assert_eq!(outcome, Ok(json!({"seen": "***", "secret": "***"})));
    }
    let (asked, called) = seen(&server).await;
    assert_eq!((asked, called), (1, vec!["Bearer token-1".to_owned(); 50]));
}

#[tokio::test]
async fn a_token_is_asked_for_as_the_rfc_says() {
    for (auth, header, form) in [
        (
            ClientAuth::Basic,
            // Decodes to `acme+client:cl13nt+s3cret%2F%2B%25`
            "Basic YWNtZStjbGllbnQ6Y2wxM250K3MzY3JldCUyRiUyQiUyNQ==",
            "grant_type=client_credentials&scope=read+write&audience=https%3A%2F%2Fapi.example%2F",
        ),
        (
            ClientAuth::Form,
            "",
            "grant_type=client_credentials&client_id=acme+client&client_secret=cl13nt+s3cret%2F%2B%25&scope=read+write&audience=https%3A%2F%2Fapi.example%2F",
        ),
    ] {
        let server = server(json!({}), |_| true).await;
        let credential = Credential::ClientCredentials(tokens(&server, auth));
        let adapter = adapter(&server.uri(), credential).expect("a sound credential");
        adapter.invoke(&get()).await.expect("an answer");
        let request = server.received_requests().await.unwrap_or_default().remove(0);
        let header_of = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok());
        assert_eq!(token_of(&request), header);
        assert_eq!(String::from_utf8_lossy(&request.body), form);
        assert_eq!(header_of("content-type"), Some("application/x-www-form-urlencoded"));
        assert_eq!(header_of("accept"), Some("application/json"));
        let shown = format!("{adapter:?}");
        assert!(!shown.contains("cl13nt") && !shown.contains("token-1"), "{shown}");
    }
}

/// The tokens of two calls, the second of which is made after this number of seconds.
async fn after(seconds: u64, more: Value) -> Vec<String> {
    let server = server(more, |_| true).await;
    let adapter = client(&server);
    adapter.invoke(&get()).await.expect("an answer");
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(seconds)).await;
    tokio::time::resume();
    adapter.invoke(&get()).await.expect("an answer");
    seen(&server).await.1
}

#[tokio::test]
async fn a_token_is_replaced_shortly_before_it_ends() {
    let (one, two) = ("Bearer token-1".to_owned(), "Bearer token-2".to_owned());
    for lives in [json!(3600), json!("3600"), json!(3600.5)] {
        assert_eq!(after(3500, json!({ "expires_in": lives })).await, [one.clone(), one.clone()]);
        assert_eq!(after(3550, json!({ "expires_in": lives })).await, [one.clone(), two.clone()]);
    }
    // A short-lived token is replaced in the last tenth of its lifetime.
    assert_eq!(after(10, json!({"expires_in": 20})).await, [one.clone(), one.clone()]);
    assert_eq!(after(19, json!({"expires_in": 20})).await, [one.clone(), two.clone()]);
    // A token that expires at once is used by the callers that waited for it.
    assert_eq!(after(0, json!({"expires_in": 0})).await, [one.clone(), two]);
    for unsaid in
        [json!({}), json!({"expires_in": "soon"}), json!({"expires_in": -1}), json!({"expires_in": 1e300})]
    {
        assert_eq!(after(1_000_000, unsaid).await, [one.clone(), one.clone()]);
    }
}

#[tokio::test]
async fn a_token_that_is_refused_is_replaced_once_and_the_call_sent_again() {
    let server = server(json!({}), |number| number >= 2).await;
    let adapter = client(&server);
    for _ in 0..2 {
        assert_eq!(adapter.invoke(&get()).await.map(|response| response.status), Ok(200));
    }
    let (asked, called) = seen(&server).await;
    assert_eq!((asked, called), (2, ["1", "2", "2"].map(|number| format!("Bearer token-{number}")).to_vec()));
}

#[tokio::test]
async fn many_calls_that_are_refused_at_once_replace_their_token_once() {
    let server = server(json!({}), |number| number >= 2).await;
    let adapter = Arc::new(client(&server));
    let mut calls = JoinSet::new();
    for _ in 0..20 {
        let adapter = Arc::clone(&adapter);
        calls.spawn(async move { adapter.invoke(&get()).await.map(|response| response.status) });
    }
    assert!(calls.join_all().await.into_iter().all(|status| status == Ok(200)));
    assert_eq!(seen(&server).await.0, 2);
}

#[tokio::test]
async fn a_provider_that_refuses_every_token_is_not_asked_for_ever() {
    let server = server(json!({}), |_| false).await;
    let response = client(&server).invoke(&get()).await.expect("an answer");
    assert_eq!((response.status, response.into_body()), (401, json!({"seen": "***", "secret": "***"})));
    assert_eq!(seen(&server).await, (2, ["Bearer token-1", "Bearer token-2"].map(str::to_owned).to_vec()));
}

/// The failure of a call whose token request gets this response.
async fn not_given(template: ResponseTemplate) -> Failure {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(template).mount(&server).await;
    let failure = client(&server).invoke(&get()).await.expect_err("there is no token");
    let (asked, called) = seen(&server).await;
    assert_eq!((asked, called), (1, Vec::new()), "nothing of the call was sent");
    Failure::new(failure.kind, failure.message.replace(&server.uri(), "HOST"))
}

#[tokio::test]
async fn what_the_token_url_says_is_told_without_secrets() {
    let error = |status, body: Value| ResponseTemplate::new(status).set_body_json(body);
    let said = json!({"error": "invalid_client", "error_description": format!("not\n{SECRET}, cl13nt+s3cret%2F%2B%25")});
    for (template, kind, message) in [
        (
            error(401, said),
            FailureKind::Refused,
            "`HOST` gave no token and responded 401: `invalid_client`: not ***, ***",
        ),
        (
            error(400, json!({"error": "invalid_scope"})),
            FailureKind::Refused,
            "`HOST` gave no token and responded 400: `invalid_scope`",
        ),
        (error(404, json!("?")), FailureKind::Refused, "`HOST` gave no token and responded 404"),
        (error(302, json!("?")), FailureKind::Refused, "`HOST` gave no token and responded 302"),
        (error(429, json!({})), FailureKind::NotSent, "`HOST` gave no token and responded 429"),
        (error(503, json!("?")), FailureKind::NotSent, "`HOST` gave no token and responded 503"),
        (
            error(200, json!({"token": "x"})),
            FailureKind::Refused,
            "`HOST` gave no token: its response has no `access_token`",
        ),
        (
            error(200, json!({"access_token": "x", "token_type": "mac"})),
            FailureKind::Refused,
            "`HOST` gave no token: its `token_type` is not `Bearer`",
        ),
        (
            error(200, json!({"access_token": "x\ny"})),
            FailureKind::Refused,
            "`HOST` gave no token: its `access_token` is empty or has a character that a header cannot \
             contain",
        ),
        (
            ResponseTemplate::new(200).set_body_raw("{", "application/json"),
            FailureKind::Refused,
            "no token was available: the response of `HOST` cannot be read: it is not JSON: EOF while \
             parsing an object at line 1 column 1",
        ),
    ] {
        assert_eq!(not_given(template).await, Failure::new(kind, message));
    }
}

#[tokio::test]
async fn many_who_wait_for_a_token_that_is_not_given_share_the_bad_news() {
    let server = MockServer::start().await;
    let late = ResponseTemplate::new(503).set_delay(Duration::from_millis(100));
    Mock::given(method("POST")).respond_with(late).mount(&server).await;
    let adapter = Arc::new(client(&server));
    let mut calls = JoinSet::new();
    for _ in 0..20 {
        let adapter = Arc::clone(&adapter);
        calls.spawn(async move { adapter.invoke(&get()).await });
    }
    for outcome in calls.join_all().await {
        assert_eq!(outcome.map_err(|failure| failure.kind).map(|_| ()), Err(FailureKind::NotSent));
    }
    assert_eq!(seen(&server).await.0, 1);
    adapter.invoke(&get()).await.expect_err("it is asked for again, later");
    assert_eq!(seen(&server).await.0, 2);
}

#[tokio::test]
async fn without_a_connection_for_its_token_nothing_of_a_call_was_sent() {
    let server = server(json!({}), |_| true).await;
    let credential = Credential::ClientCredentials(Tokens::new(credentials("http://127.0.0.1:9/token")));
    let adapter = adapter(&server.uri(), credential).expect("a sound credential");
    let failure = adapter.invoke(&get()).await.expect_err("nobody gives tokens");
    assert_eq!(failure.kind, FailureKind::NotSent);
    assert!(
        failure.message.starts_with("no token was available: no connection to `http://127.0.0.1:9`"),
        "{failure}"
    );
    assert_eq!(seen(&server).await, (0, Vec::new()));
}

#[test]
fn a_token_url_that_nothing_can_be_sent_to_is_found_when_building() {
    for url in ["ftp://example.com/token", "https://me:x@example.com/token", "https://example.com/token#x"] {
        let tokens = Tokens::new(credentials(url));
        let base_url = Url::parse("https://api.example").expect("a URL");
        let endpoint = Endpoint { base_url, credential: Credential::ClientCredentials(tokens) };
        let error = HttpAdapter::builder().endpoint("acme", endpoint).build().expect_err("it cannot be used");
        assert!(
            error.to_string().starts_with("the credential for `acme` cannot be used: its token URL"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_token_that_is_long_in_coming_does_not_outlast_the_call() {
    let server = MockServer::start().await;
    let late = ResponseTemplate::new(200).set_delay(Duration::from_secs(20));
    Mock::given(method("POST")).respond_with(late).mount(&server).await;
    let mut call = get();
    call.timeout = Some(Duration::from_millis(80));
    let failure = client(&server).invoke(&call).await.expect_err("there is no token in time");
    assert_eq!(failure.kind, FailureKind::NotSent);
    assert!(failure.message.ends_with("within 80ms"), "{failure}");
    assert_eq!(seen(&server).await.1, [""; 0]);
}

#[test]
fn tokens_are_asked_for_only_where_that_is_permitted() {
    let credential = |url: &str| Credential::ClientCredentials(Tokens::new(credentials(url)));
    for url in ["http://169.254.169.254/token", "http://id.example/token", "https://[fe80::1]/token"] {
        let refused = adapter("https://api.example", credential(url));
        let error = refused.expect_err("nothing may be sent there").to_string();
        assert!(error.starts_with("`acme`: "), "{error}");
    }
    adapter("https://api.example", credential("https://id.example/token")).expect("it is named");
}
