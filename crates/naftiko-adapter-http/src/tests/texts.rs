//! Any text in any position arrives unchanged, over a real socket, read back as services read it.

use indexmap::IndexMap;
use naftiko_adapter::{
    Adapter as _, Arguments, Encoding, Method, Operation, Parameter, Place, RequestBody, Style,
};
use proptest::prelude::{ProptestConfig, Strategy, any, prop_assert_eq};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use wiremock::matchers::any as anything;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::wire::{adapter, answering, decoded, received};
use super::{arguments, call, operation, parameter};
use crate::HttpAdapter;

/// The texts that one request carries.
#[derive(Debug, Clone)]
struct Texts {
    path: String,
    query: String,
    header: String,
    cookie: String,
    body: String,
    name: String,
}

fn texts() -> impl Strategy<Value = Texts> {
    let all = (
        any::<String>(),
        any::<String>(),
        any::<String>(),
        any::<String>(),
        any::<String>(),
        any::<String>(),
    );
    all.prop_map(|(path, query, header, cookie, body, name)| {
        // A segment that is empty or consists of dots would change the path. Another test covers its refusal.
        let path = if matches!(path.as_str(), "" | "." | "..") { "x".to_owned() } else { path };
        // A bracket in a key would separate keys in a `deepObject`, where it is refused.
        let name = format!("n{}", name.replace(['[', ']'], ""));
        Texts { path, query, header, cookie, body, name }
    })
}

/// Parameters in every place and in most styles.
fn parameters() -> Vec<Parameter> {
    let typed = |place, name| Parameter {
        content_type: Some("application/json".to_owned()),
        ..parameter(place, name)
    };
    let styled = |place, name, style, explode| Parameter { style, explode, ..parameter(place, name) };
    vec![
        parameter(Place::Path, "p"),
        styled(Place::Path, "m", Style::Matrix, true),
        typed(Place::Path, "j"),
        parameter(Place::Query, "q&é"),
        styled(Place::Query, "csv", Style::Form, false),
        styled(Place::Query, "deep", Style::DeepObject, true),
        Parameter { allow_reserved: true, ..parameter(Place::Query, "raw") },
        typed(Place::Query, "typed"),
        typed(Place::Header, "x-typed"),
        parameter(Place::Cookie, "c"),
        typed(Place::Cookie, "d"),
    ]
}

fn carrying(texts: &Texts, body: RequestBody, value: Value) -> (Operation, Arguments) {
    let mut operation = operation(Method::Post, "/a/{p}/b{m}/{j}/z", parameters());
    operation.body = Some(body);
    let Texts { path, query, header, cookie, name, .. } = texts;
    let mut given = arguments([
        (Place::Path, "p", json!(path)),
        (Place::Path, "m", json!([path, "x"])),
        (Place::Path, "j", json!([path])),
        (Place::Query, "q&é", json!([query, path])),
        (Place::Query, "csv", json!([query, path])),
        (Place::Query, "deep", json!({ name: query })),
        (Place::Query, "raw", json!(query)),
        (Place::Query, "typed", json!({ query: [query] })),
        (Place::Header, "x-typed", json!({ header: header })),
        (Place::Cookie, "c", json!([cookie, "x"])),
        (Place::Cookie, "d", json!(cookie)),
    ]);
    given.body = Some(value);
    (operation, given)
}

/// The parameters of a request as a service reads them.
fn read(request: &Request) -> Value {
    let segments: Vec<_> = request.url.path().split('/').collect();
    let matrix: Vec<_> = segments[4].trim_start_matches('b').split(";m=").skip(1).map(decoded).collect();
    let raw = request.url.query().unwrap_or_default();
    let csv = raw.split('&').find_map(|pair| pair.strip_prefix("csv=")).unwrap_or_default();
    let pairs = request.url.query_pairs().filter(|(name, _)| name != "csv");
    let header =
        |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let cookies: Vec<_> = header("cookie")
        .split("; ")
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| json!([name, decoded(value)]))
        .collect();
    json!({
        "path": [decoded(segments[3]), matrix, decoded(segments[5])],
        "csv": csv.split(',').map(decoded).collect::<Vec<_>>(),
        "query": pairs.map(|(name, value)| json!([name, value])).collect::<Vec<_>>(),
        "header": serde_json::from_str::<Value>(header("x-typed")).unwrap_or_default(),
        "cookies": cookies,
    })
}

fn expected(texts: &Texts) -> Value {
    let Texts { path, query, header, cookie, name, .. } = texts;
    let typed = json!({ query: [query] }).to_string();
    json!({
        "path": [path, [path, "x"], json!([path]).to_string()],
        "csv": [query, path],
        "query": [["q&é", query], ["q&é", path], [format!("deep[{name}]"), query], ["raw", query], ["typed", typed]],
        "header": { header: header },
        "cookies": [["c", cookie], ["c", "x"], ["d", json!(cookie).to_string()]],
    })
}

/// The parts of a multipart body by name, as a service splits them.
fn parts(request: &Request) -> Vec<(String, String)> {
    let content_type = request.headers["content-type"].to_str().expect("a media type");
    let boundary = content_type.split_once("boundary=").expect("a boundary").1;
    let body = String::from_utf8(request.body.clone()).expect("text");
    let body = body.strip_suffix(&format!("\r\n--{boundary}--\r\n")).expect("the last").to_owned();
    let between = format!("--{boundary}\r\n");
    let parts = body.split(&between).skip(1);
    let part = |part: &str| {
        let (head, body) = part.split_once("\r\n\r\n").expect("a head");
        let name = head.split("name=\"").nth(1).and_then(|rest| rest.split_once('"')).expect("a name").0;
        let name = name.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n");
        (name, body.strip_suffix("\r\n").unwrap_or(body).to_owned())
    };
    parts.map(part).collect()
}

struct Wire {
    runtime: tokio::runtime::Runtime,
    server: MockServer,
    adapter: HttpAdapter,
}

impl Wire {
    fn new() -> Self {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let server = runtime.block_on(answering(ResponseTemplate::new(200)));
        let adapter = adapter(&format!("{}/v1", server.uri()));
        Self { runtime, server, adapter }
    }

    /// Sends the call and returns the request that arrives.
    fn sent(&self, (operation, given): (Operation, Arguments)) -> Request {
        self.runtime.block_on(async {
            self.server.reset().await;
            Mock::given(anything()).respond_with(ResponseTemplate::new(200)).mount(&self.server).await;
            let answer = self.adapter.invoke(&call(operation, given)).await;
            assert_eq!(answer.map(|response| response.status), Ok(200));
            received(&self.server).await.remove(0)
        })
    }
}

fn check(cases: u32, test: impl Fn(&Wire, Texts) -> Result<(), proptest::test_runner::TestCaseError>) {
    let wire = Wire::new();
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let outcome = TestRunner::new(config).run(&texts(), |texts| test(&wire, texts));
    outcome.expect("every text arrives");
}

#[test]
fn any_text_arrives_as_it_was_sent() {
    check(48, |wire, texts| {
        let body = json!({ "key": texts.body, &texts.body: 1 });
        let spec = RequestBody::new("application/json", true, json!({}));
        let request = wire.sent(carrying(&texts, spec, body.clone()));
        prop_assert_eq!(read(&request), expected(&texts));
        prop_assert_eq!(serde_json::from_slice::<Value>(&request.body).ok(), Some(body));
        Ok(())
    });
}

#[test]
fn any_text_arrives_in_a_form() {
    check(32, |wire, texts| {
        let Texts { name, body, query, .. } = &texts;
        let deep = Encoding { style: Some(Style::DeepObject), explode: true, ..Encoding::default() };
        let encoding = IndexMap::from([("deep".to_owned(), deep)]);
        let spec = RequestBody {
            encoding,
            ..RequestBody::new("application/x-www-form-urlencoded", true, json!({}))
        };
        let value = json!({"list": [body, query], "deep": {name: body}, format!("n{name}"): body});
        let request = wire.sent(carrying(&texts, spec, value));
        let pairs: Vec<(String, String)> = url::form_urlencoded::parse(&request.body).into_owned().collect();
        let of = |name: &str, value: &String| (name.to_owned(), value.clone());
        let deep = format!("deep[{name}]");
        prop_assert_eq!(
            pairs,
            [of("list", body), of("list", query), of(&deep, body), of(&format!("n{name}"), body)]
        );
        Ok(())
    });
}

#[test]
fn any_text_arrives_in_several_parts() {
    check(32, |wire, texts| {
        let Texts { name, body, query, .. } = &texts;
        // Names are written as browsers write them: `%22` is a quote, and a literal `%22` is not escaped.
        let name = format!("n{}", name.replace('%', ""));
        let schema = json!({"properties": {"file": {"type": "string", "format": "binary"}}});
        let spec = RequestBody::new("multipart/form-data", true, schema);
        let value =
            json!({"list": [body, query], "file": format!("x{body}"), "json": {query: body}, &name: query});
        let request = wire.sent(carrying(&texts, spec, value));
        let of = |name: &str, value: String| (name.to_owned(), value);
        let expected = [
            of("list", body.clone()),
            of("list", query.clone()),
            of("file", format!("x{body}")),
            of("json", json!({query: body}).to_string()),
            of(&name, query.clone()),
        ];
        prop_assert_eq!(parts(&request), expected);
        Ok(())
    });
}
