//! The authentication that credentials add to requests, and the masking of responses, over real sockets.

use std::sync::Arc;

use async_trait::async_trait;
use naftiko_adapter::{
    Adapter as _, Arguments, Call, Failure, FailureKind, Mask, Method, Place, ResponseSpec, SecretHistory,
    Secrets,
};
use secrecy::SecretString;
use serde_json::{Value, json};
use url::Url;
use wiremock::matchers::any as anything;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::{arguments, call, operation, parameter};
use crate::{
    BuildError, ClientAuth, ClientCredentials, Credential, Endpoint, HttpAdapter, KeyPlace, Secret,
    SecretSource, Tokens,
};

/// An adapter for one provider.
pub(crate) fn adapter(base_url: &str, credential: Credential) -> Result<HttpAdapter, BuildError> {
    // A second installation fails, which does not matter here.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let base_url = Url::parse(base_url).expect("a base URL");
    HttpAdapter::builder().endpoint("acme", Endpoint { base_url, credential }).build()
}

pub(crate) fn get() -> Call {
    call(operation(Method::Get, "/things", Vec::new()), Arguments::default())
}

/// A server that echoes the request.
async fn parrot() -> MockServer {
    let server = MockServer::start().await;
    let echo = |request: &Request| {
        let header = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok());
        let said = header("authorization").or_else(|| header("x-api-key")).or_else(|| header("cookie"));
        ResponseTemplate::new(200)
            .insert_header("x-seen", said.unwrap_or("nothing"))
            .set_body_json(json!({"url": request.url.as_str(), "said": said}))
    };
    Mock::given(anything()).respond_with(echo).mount(&server).await;
    server
}

/// Makes a call with a credential. Returns the request as it arrived, and the response as it is shown.
async fn sent(credential: Credential, call: Call) -> (Request, String) {
    let server = parrot().await;
    let adapter = adapter(&server.uri(), credential).expect("a sound credential");
    let response = adapter.invoke(&call).await.expect("an answer");
    let request = server.received_requests().await.unwrap_or_default().remove(0);
    let shown = format!("{:?} {}", response.headers.get("x-seen"), response.body);
    (request, shown.replace("http://localhost", ""))
}

fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.headers.get(name).and_then(|value| value.to_str().ok())
}

fn key(place: KeyPlace, name: &str, key: &str) -> Credential {
    Credential::ApiKey { place, name: name.to_owned(), key: key.into() }
}

#[tokio::test]
async fn a_key_goes_where_it_is_said_to_and_never_comes_back() {
    let (request, shown) = sent(key(KeyPlace::Header, "X-Api-Key", "k3y+of/acme="), get()).await;
    assert_eq!(header(&request, "x-api-key"), Some("k3y+of/acme="));
    assert_eq!(shown, r#"Some("***") {"url":"/things","said":"***"}"#);

    let query = operation(Method::Get, "/things", vec![parameter(Place::Query, "q")]);
    let call = call(query, arguments([(Place::Query, "q", json!("a&b"))]));
    let (request, shown) = sent(key(KeyPlace::Query, "api key", "k3y+of/acm\u{e9}&="), call).await;
    let pairs: Vec<_> =
        request.url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    let expected =
        [("q".to_owned(), "a&b".to_owned()), ("api key".to_owned(), "k3y+of/acm\u{e9}&=".to_owned())];
    assert_eq!(pairs, expected);
    assert_eq!(shown, r#"Some("nothing") {"url":"/things?q=a%26b&api%20key=***","said":null}"#);

    let cookie = operation(Method::Get, "/things", vec![parameter(Place::Cookie, "c")]);
    let call = super::call(cookie, arguments([(Place::Cookie, "c", json!("1"))]));
    let (request, shown) = sent(key(KeyPlace::Cookie, "session", "k3y+of/acme="), call).await;
    assert_eq!(header(&request, "cookie"), Some("c=1; session=k3y+of/acme="));
    assert_eq!(shown, r#"Some("c=1; session=***") {"url":"/things","said":"c=1; session=***"}"#);
}

#[tokio::test]
async fn a_name_and_a_password_are_sent_in_utf_8() {
    // The example of RFC 7617.
    let credential = Credential::Basic { username: "test".into(), password: "123\u{a3}".into() };
    let (request, shown) = sent(credential, get()).await;
    assert_eq!(header(&request, "authorization"), Some("Basic dGVzdDoxMjPCow=="));
    assert_eq!(shown, r#"Some("***") {"url":"/things","said":"***"}"#);
    let (request, _) = sent(Credential::BasicPair("Aladdin:open:sesame".into()), get()).await;
    assert_eq!(header(&request, "authorization"), Some("Basic QWxhZGRpbjpvcGVuOnNlc2FtZQ=="));
    let (request, shown) = sent(Credential::BasicPair("sk_live_1234:".into()), get()).await;
    assert_eq!(header(&request, "authorization"), Some("Basic c2tfbGl2ZV8xMjM0Og=="));
    assert!(!shown.contains("c2tf"), "{shown}");
}

/// The response body of a call with this credential to a hostile server, which responds 403 with the given body.
async fn echoed(credential: Credential, said: Value) -> Value {
    let server = MockServer::start().await;
    Mock::given(anything()).respond_with(ResponseTemplate::new(403).set_body_json(said)).mount(&server).await;
    let adapter = adapter(&server.uri(), credential).expect("a sound credential");
    adapter.invoke(&get()).await.expect("an answer").into_body()
}

/// A server that responds as `acme` with the given body, and an adapter for it and for others that are never called.
async fn among_others(said: Value, others: Vec<Credential>, secrets: Secrets) -> (MockServer, HttpAdapter) {
    let server = MockServer::start().await;
    Mock::given(anything()).respond_with(ResponseTemplate::new(200).set_body_json(said)).mount(&server).await;
    let _ = rustls::crypto::ring::default_provider().install_default();
    let base_url = Url::parse(&server.uri()).expect("a base URL");
    let endpoint = |credential| Endpoint { base_url: base_url.clone(), credential };
    let mut builder = HttpAdapter::builder().secrets(secrets).endpoint("acme", endpoint(Credential::None));
    for (number, credential) in others.into_iter().enumerate() {
        builder = builder.endpoint(format!("other-{number}"), endpoint(credential));
    }
    (server, builder.build().expect("sound credentials"))
}

#[tokio::test]
async fn the_credentials_of_all_providers_are_masked_before_they_are_used() {
    let tokens = Tokens::new(ClientCredentials {
        token_url: "https://id.example/token".parse().expect("a URL"),
        client_id: "the-client".into(),
        client_secret: "cl13nt=s3cret".into(),
        client_auth: ClientAuth::Basic,
        scopes: Vec::new(),
        audience: None,
    });
    let others = vec![
        Credential::Bearer("b3arer-token".into()),
        key(KeyPlace::Query, "key", "k3y&of/one"),
        Credential::Basic { username: "someone".into(), password: "p4ss-word".into() },
        Credential::BasicPair("someone:0ther-pass".into()),
        Credential::ClientCredentials(tokens),
    ];
    let said = json!({
        "b3arer-token": ["k3y%26of%2Fone", "p4ss-word!", "0ther-pass"],
        "client": "Basic dGhlLWNsaWVudDpjbDEzbnQlM0RzM2NyZXQ=, that is cl13nt=s3cret of the-client",
    });
    let (_server, adapter) = among_others(said, others, Secrets::default()).await;
    let shown = adapter.invoke(&get()).await.expect("an answer").into_body();
    let expected = json!({
        "***": ["***", "***!", "***"],
        "client": "Basic ***, that is *** of the-client",
    });
    assert_eq!(shown, expected);
}

#[tokio::test]
async fn what_others_keep_secret_is_masked_from_the_moment_it_is_known() {
    let secrets = Secrets::default();
    let (_server, adapter) = among_others(json!("t0ken-of-another"), Vec::new(), secrets.clone()).await;
    assert_eq!(adapter.invoke(&get()).await.expect("an answer").into_body(), "t0ken-of-another");
    let history = SecretHistory::default();
    secrets.watch(&history);
    let mut mask = Mask::default();
    mask.hide_credential("t0ken-of-another");
    history.remember(mask);
    assert_eq!(adapter.invoke(&get()).await.expect("an answer").into_body(), "***");
}

#[tokio::test]
async fn an_answer_is_masked_before_it_is_compared_with_its_description() {
    let said = json!({"k3y-of-other": 1});
    let other = vec![Credential::Bearer("k3y-of-other".into())];
    let (_server, adapter) = among_others(said, other, Secrets::default()).await;
    let mut call = get();
    let schema = json!({"type": "object", "additionalProperties": {"type": "string"}});
    let spec = ResponseSpec { content_type: None, schema: Some(schema), examples: Vec::new() };
    let mut operation = (*call.operation).clone();
    operation.responses.insert("200".to_owned(), spec);
    call.operation = Arc::new(operation);
    let response = adapter.invoke(&call).await.expect("an answer");
    assert_eq!(response.departures.first().map(|it| it.pointer.as_str()), Some("/***"));
}

#[tokio::test]
async fn a_name_of_a_user_is_hidden_only_where_it_stands_for_the_secret() {
    let said = json!(["customer service", "p4ss-word", "service:p4ss-word"]);
    let credential = Credential::BasicPair("service:p4ss-word".into());
    assert_eq!(echoed(credential, said).await, json!(["customer service", "***", "***"]));
    let said = json!(["the key fresh-key-1 is bad", "X"]);
    let credential = Credential::BasicPair("fresh-key-1:X".into());
    assert_eq!(echoed(credential, said).await, json!(["the key *** is bad", "***"]));
}

#[tokio::test]
async fn an_argument_does_not_take_the_place_of_a_credential() {
    for (place, at, name) in [
        (Place::Header, KeyPlace::Header, "x-api-key"),
        (Place::Query, KeyPlace::Query, "key"),
        (Place::Cookie, KeyPlace::Cookie, "key"),
    ] {
        let server = parrot().await;
        let adapter = adapter(&server.uri(), key(at, name, "of-acme")).expect("a sound credential");
        let operation = operation(Method::Get, "/things", vec![parameter(place, name)]);
        let call = call(operation, arguments([(place, name, json!("mine"))]));
        let failure = adapter.invoke(&call).await.expect_err("it is refused");
        assert_eq!(failure.kind, FailureKind::Refused);
        assert!(failure.message.contains("carries the credential"), "{failure}");
        assert!(server.received_requests().await.unwrap_or_default().is_empty());
    }
}

#[tokio::test]
async fn a_key_in_the_query_shows_in_no_failure() {
    let credential = key(KeyPlace::Query, "key", "of-acme-1234");
    let adapter = adapter("http://127.0.0.1:9", credential).expect("a sound credential");
    let failure = adapter.invoke(&get()).await.expect_err("nobody listens");
    assert_eq!(failure.kind, FailureKind::NotSent);
    assert!(!failure.message.contains("of-acme") && !failure.message.contains("key="), "{failure}");
}

#[test]
fn what_cannot_be_sent_is_found_when_building() {
    let check = |credential, expected: &str| {
        let error = adapter("https://api.example", credential).expect_err("it cannot be sent");
        assert_eq!(error.to_string(), expected);
    };
    let token = "the token for `acme` is empty or has a character that a header cannot contain";
    check(key(KeyPlace::Header, "x-key", "a\nb"), token);
    check(key(KeyPlace::Cookie, "key", "a;b"), token);
    check(key(KeyPlace::Query, "key", ""), token);
    let name = "the credential for `acme` cannot be used: its header or parameter name cannot be sent";
    check(key(KeyPlace::Header, "x key", "a"), name);
    check(
        Credential::BasicPair("hunter22".into()),
        "the credential for `acme` cannot be used: the credentials are not of the form `user:password`",
    );
    let colon = Credential::Basic { username: "a:b".into(), password: "c".into() };
    check(
        colon,
        "the credential for `acme` cannot be used: the name of the user has a `:`, or it or the password has a control character",
    );
}

/// A source that returns a different secret each time, and fails when its list is exhausted.
struct Changing(std::sync::Mutex<Vec<&'static str>>);

impl Changing {
    fn new(values: &[&'static str]) -> Arc<Self> {
        Arc::new(Self(std::sync::Mutex::new(values.to_vec())))
    }
}

#[async_trait]
impl SecretSource for Changing {
    async fn read(&self) -> Result<SecretString, Failure> {
        let mut values = self.0.lock().expect("nobody panicked");
        let gone = || Failure::new(FailureKind::Refused, "`ACME_KEY` is gone");
        if values.is_empty() { Err(gone()) } else { Ok(values.remove(0).into()) }
    }
}

#[tokio::test]
async fn a_secret_is_read_when_it_is_needed_once_and_again_when_it_is_refused() {
    let server = MockServer::start().await;
    let old = |request: &Request| {
        let is_old = header(request, "authorization") == Some("Bearer first-token");
        ResponseTemplate::new(if is_old { 401 } else { 200 })
            .set_body_json(json!("not first-token but second-token"))
    };
    Mock::given(anything()).respond_with(old).mount(&server).await;
    let source = Changing::new(&["first-token", "second-token"]);
    let secret = Secret::sought(Arc::<Changing>::clone(&source), None);
    let adapter = adapter(&server.uri(), Credential::Bearer(secret)).expect("a sound credential");
    assert_eq!(source.0.lock().expect("nobody panicked").len(), 2, "nothing is read before it is needed");
    let first = adapter.invoke(&get()).await.expect("an answer");
    assert_eq!((first.status, first.into_body()), (401, json!("not *** but second-token")));
    for _ in 0..2 {
        let later = adapter.invoke(&get()).await.expect("an answer");
        assert_eq!((later.status, later.into_body()), (200, json!("not *** but ***")));
    }
    assert_eq!(server.received_requests().await.unwrap_or_default().len(), 3);
}

#[tokio::test]
async fn a_secret_that_cannot_be_had_is_named_and_nothing_is_sent() {
    let server = parrot().await;
    let secret = Secret::sought(Changing::new(&[]), None);
    let adapter = adapter(&server.uri(), Credential::Bearer(secret)).expect("nobody knows yet");
    let failure = adapter.invoke(&get()).await.expect_err("it is refused");
    assert_eq!((failure.kind, failure.message.as_str()), (FailureKind::Refused, "`ACME_KEY` is gone"));
    assert!(server.received_requests().await.unwrap_or_default().is_empty());
}

#[tokio::test]
async fn a_secret_is_read_again_after_a_while() {
    let server = parrot().await;
    let secret =
        Secret::sought(Changing::new(&["first-token", "second-token"]), Some(std::time::Duration::ZERO));
    let adapter = adapter(&server.uri(), Credential::Bearer(secret)).expect("a sound credential");
    for _ in 0..2 {
        adapter.invoke(&get()).await.expect("an answer");
    }
    let requests = server.received_requests().await.unwrap_or_default();
    let shown: Vec<_> = requests.iter().filter_map(|request| header(request, "authorization")).collect();
    assert_eq!(shown, ["Bearer first-token", "Bearer second-token"]);
}
