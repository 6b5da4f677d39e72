//! Paginated lists over HTTP, with each kind of pagination.

use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::command::{Ended, Folder};

const CAPABILITIES: &str = "specification: Naftiko Capabilities
specificationVersion: '0.2'
providerId: acme
baseUrl: https://api.acme.example
auth: {type: none}
openapi: lists-openapi.yaml
capabilities:
  - {id: lists, operationIds: [listUsers]}
";

const OPENAPI: &str = "openapi: 3.1.0
info: {title: Lists, version: '1'}
paths:
  /users:
    get:
      operationId: listUsers
      parameters:
        - {name: after, in: query, schema: {type: string}}
        - {name: page, in: query, schema: {type: integer}}
        - {name: offset, in: query, schema: {type: integer}}
        - {name: q, in: query, schema: {type: string}}
      responses:
        '200':
          description: A page
          content:
            application/json:
              schema:
                type: object
                required: [data]
                properties:
                  data: {type: array, items: {type: object, required: [id], properties: {id: {type: string}}}}
                  list_metadata: {type: object, properties: {after: {type: [string, 'null']}}}
";

/// Responds with two of five users per page, for every kind of pagination.
fn page(request: &Request) -> ResponseTemplate {
    let all = ["a", "b&c", "d e", "f", "g"];
    let query = |name: &str| {
        let mut pairs = request.url.query_pairs();
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    };
    let number = |name: &str| query(name).map(|value| value.parse::<usize>().unwrap());
    let behind = query("after").map(|after| all.iter().position(|id| **id == after).unwrap() + 1);
    let first = behind.or(number("offset")).or(number("page").map(|page| 2 * (page - 1))).unwrap_or(0);
    let items: Vec<Value> = all.iter().skip(first).take(2).map(|id| json!({ "id": id })).collect();
    let is_last = first + 2 >= all.len();
    let after = items.last().filter(|_| !is_last).map(|item| item["id"].clone());
    let answer =
        ResponseTemplate::new(200).set_body_json(json!({"data": items, "list_metadata": {"after": after}}));
    if is_last {
        return answer;
    }
    let next = format!("</v1/users?page={}&q=x%26y>; rel=\"next\", </users>; rel=\"first\"", first / 2 + 2);
    answer.insert_header("link", next)
}

/// The result of the run, and the queries that reached the server.
async fn list(paginate: &'static str, more: &'static [&'static str]) -> (Ended, Vec<String>) {
    let server = MockServer::start().await;
    Mock::given(method("GET")).and(path("/users")).respond_with(page).mount(&server).await;
    let base_url = format!("acme={}", server.uri());
    let ended = tokio::task::spawn_blocking(move || {
        let body = format!(
            "steps:\n  - id: users\n    capability: lists\n    operation: listUsers\n{paginate}\noutputs:\n  - {{name: ids, source: \"join(users[*].id, ', ')\"}}\n  - {{name: count, source: len(users)}}\n"
        );
        let folder = Folder::new("0.2", &body)
            .with("shared/acme.yaml", CAPABILITIES)
            .with("shared/lists-openapi.yaml", OPENAPI);
        folder.naftiko(&[&["run", "composition.yaml", "--base-url", &base_url], more].concat())
    });
    let ended = ended.await.unwrap();
    let requests = server.received_requests().await.unwrap();
    (ended, requests.iter().map(|request| request.url.query().unwrap_or_default().to_owned()).collect())
}

const ALL: &str = "ids: a, b&c, d e, f, g\ncount: 5\n";

#[tokio::test]
async fn what_the_description_says_is_enough() {
    let (ended, queries) = list("    paginate: true", &[]).await;
    assert_eq!((ended.code, ended.stdout.as_str()), (0, ALL), "{}", ended.stderr);
    assert_eq!(queries, ["", "after=b%26c", "after=f"]);
    assert!(ended.stderr.contains("200, 5 items"), "{}", ended.stderr);
}

#[tokio::test]
async fn a_number_an_offset_and_a_link_lead_on_as_well() {
    let (ended, queries) = list("    with: {page: 1}\n    paginate: {items: data, page: page}", &[]).await;
    assert_eq!((ended.code, ended.stdout.as_str()), (0, ALL), "{}", ended.stderr);
    assert_eq!(queries, ["page=1", "page=2", "page=3", "page=4"]);
    let (ended, queries) = list("    paginate: {offset: offset}", &[]).await;
    assert_eq!((ended.code, ended.stdout.as_str()), (0, ALL), "{}", ended.stderr);
    assert_eq!(queries, ["offset=0", "offset=2", "offset=4", "offset=5"]);
    let (ended, queries) = list("    with: {q: 'x&y'}\n    paginate: {link: true}", &[]).await;
    assert_eq!((ended.code, ended.stdout.as_str()), (0, ALL), "{}", ended.stderr);
    assert_eq!(queries, ["q=x%26y", "page=2&q=x%26y", "page=3&q=x%26y"]);
}

#[tokio::test]
async fn a_list_with_more_than_it_may_have_fails_and_is_not_cut() {
    let (ended, queries) = list("    paginate: {max: 3}", &[]).await;
    assert_eq!((ended.code, ended.stdout.as_str()), (3, ""));
    assert!(ended.stderr.contains("has more than 3 items, the limit of `max`"), "{}", ended.stderr);
    assert_eq!(queries.len(), 2);
}

#[tokio::test]
async fn each_page_is_an_event() {
    let (ended, _) = list("    paginate: true", &["--json"]).await;
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let events: Vec<Value> = ended.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let pages: Vec<&Value> = events.iter().filter(|event| event["event"] == "pageReceived").collect();
    assert_eq!(pages.len(), 2);
    assert_eq!(pages[0]["next"], json!({"after": "b&c"}));
    assert_eq!(pages[1]["items"], json!([{"id": "d e"}, {"id": "f"}]));
}

#[tokio::test]
async fn the_plan_says_how_and_why_and_the_mock_has_pages_too() {
    let body = "steps:\n  - {id: users, capability: lists, operation: listUsers, paginate: true}\noutputs: [{name: count, source: len(users)}]\n";
    let folder = Folder::new("0.2", body)
        .with("shared/acme.yaml", format!("{CAPABILITIES}rateLimit: {{requests: 100, per: 1m}}\n"))
        .with("shared/lists-openapi.yaml", OPENAPI);
    let planned = folder.naftiko(&["plan", "composition.yaml"]);
    insta::assert_snapshot!(planned.stdout, @"
    Test
    acme at https://api.acme.example, without credentials, at most 100 requests in 1m (from
    shared/acme.yaml)

    steps
      1. users  GET /users
         page by page, query.after ← response.body.list_metadata.after
         all of response.body.data, at most 10000 items
           inferred: by the description, `after` of the next is `list_metadata.after`, and its items are
           in `data`

    outputs
      count  ← len(users)
    ");
    let mocked = folder.naftiko(&["run", "composition.yaml", "--mock"]);
    assert_eq!((mocked.code, mocked.stdout.as_str()), (0, "count: 1\n"), "{}", mocked.stderr);
}

#[tokio::test]
async fn a_rate_limit_is_held_and_a_pause_that_is_asked_for_too() {
    let server = MockServer::start().await;
    let tired = ResponseTemplate::new(429).insert_header("retry-after", "0");
    Mock::given(method("GET")).respond_with(tired).up_to_n_times(1).mount(&server).await;
    Mock::given(method("GET")).and(path("/users")).respond_with(page).mount(&server).await;
    let base_url = format!("acme={}", server.uri());
    let capabilities = format!("{CAPABILITIES}rateLimit: {{requests: 2, per: 300ms}}\n");
    let run = move || {
        let body = "steps:\n  - {id: users, capability: lists, operation: listUsers, paginate: true, retry: {backoff: {initial: 1ms}}}\noutputs: [{name: count, source: len(users)}]\n";
        let folder = Folder::new("0.2", body)
            .with("shared/acme.yaml", capabilities)
            .with("shared/lists-openapi.yaml", OPENAPI);
        folder.naftiko(&["run", "composition.yaml", "--json", "--base-url", &base_url])
    };
    let ended = tokio::task::spawn_blocking(run).await.unwrap();
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let events: Vec<Value> = ended.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let at = |event: &&Value| event["at"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    let begun = events.iter().filter(|event| event["event"] == "attemptStarted");
    let begun: Vec<jiff::Timestamp> = begun.map(|event| at(&event)).collect();
    assert_eq!(begun.len(), 4);
    // At most two requests in any such window. This checks the limit and does not measure speed.
    let least = jiff::SignedDuration::from_millis(300);
    for three in begun.windows(3) {
        assert!(three[2].duration_since(three[0]) >= least, "{begun:?}");
    }
}
