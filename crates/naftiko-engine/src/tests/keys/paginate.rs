//! Pagination.

use naftiko_adapter::{Call, FailureKind, Place, Response};
use naftiko_expr::Expression;
use naftiko_journal::Event;
use naftiko_plan::NextPage;
use serde_json::{Map, Value, json};

use super::super::desk::{Desk, response, said};
use super::super::draft::{Draft, composition, get};

fn by_cursor() -> NextPage {
    NextPage::Cursor { path: Expression::parse("response.body.next").unwrap(), parameter: "after".into() }
}

fn page(items: Value, next: Value) -> Response {
    response(200, Map::from_iter([("items".to_owned(), items), ("next".to_owned(), next)]).into())
}

fn linked(items: Value, link: &str) -> Response {
    let mut page = page(items, Value::Null);
    page.headers.insert("link".into(), link.into());
    page
}

fn desk(draft: Draft) -> Desk {
    Desk::begin(&composition([draft]).plan(), json!({}))
}

/// The query of a call.
fn query(call: &Call) -> String {
    let parameters = call.arguments.parameters.iter();
    let parameters = parameters.filter(|((place, _), _)| *place == Place::Query);
    parameters.map(|((_, name), value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// The query of every request, one a line, and the outcome of the last.
fn asked(draft: Draft, answers: impl IntoIterator<Item = Response>) -> String {
    let mut desk = desk(draft);
    let mut told = Vec::new();
    for answer in answers {
        let call = desk.call();
        told.push(format!("?{}", query(&call)));
        let event = desk.answer(&call, answer);
        match event {
            Event::PageReceived { .. } => {}
            Event::StepSucceeded { result, .. } => told.push(result.to_string()),
            other => told.push(said(&other)),
        }
    }
    told.join("\n")
}

#[test]
fn a_cursor_is_followed_until_there_is_none() {
    let draft = || get("s").query("limit", "2").pages(by_cursor(), 10);
    let answers = |end| [page(json!([1, 2]), json!("b")), page(json!([]), json!("c")), page(json!([3]), end)];
    let told = asked(draft(), answers(Value::Null));
    assert_eq!(told, asked(draft(), answers(json!(""))));
    insta::assert_snapshot!(told, @r#"
    ?limit="2"
    ?limit="2"&after="b"
    ?limit="2"&after="c"
    [1,2,3]
    "#);
    insta::assert_snapshot!(asked(get("s").pages(by_cursor(), 10), [response(200, json!({"items": [1]}))]), @r"
    ?
    [1]
    ");
}

#[test]
fn numbers_and_offsets_are_counted_on_from_the_first_until_a_page_is_empty() {
    let number = get("s").query("page", "0").pages(NextPage::Number { parameter: "page".into() }, 10);
    let answers = || [page(json!([1, 2]), json!(0)), page(json!([3]), json!(0)), page(json!([]), json!(0))];
    insta::assert_snapshot!(asked(number, answers()), @r#"
    ?page="0"
    ?page=1
    ?page=2
    [1,2,3]
    "#);
    let offset = get("s").query("from", "5").pages(NextPage::Offset { parameter: "from".into() }, 10);
    insta::assert_snapshot!(asked(offset, answers()), @r#"
    ?from="5"
    ?from=7
    ?from=8
    [1,2,3]
    "#);
}

#[test]
fn a_link_is_read_as_arguments_of_the_same_operation() {
    let draft = || {
        let types = [("cursor", "string"), ("page", "integer"), ("q", "string"), ("tags", "array")];
        let draft = types.into_iter().fold(get("s"), |draft, (name, ty)| draft.takes(name, ty));
        draft.query("q", "x").query("tags", "a").pages(NextPage::Link, 10)
    };
    let answers = [
        linked(json!([1]), "<?q=x+y%26&page=2&tags=a&tags=b>; rel=next, <?page=9>; rel=last"),
        linked(json!([2]), "</elsewhere/below?cursor=7>; rel=\"next\""),
        linked(json!([3]), "<?page=1>; rel=first"),
    ];
    insta::assert_snapshot!(asked(draft(), answers), @r#"
    ?q="x"&tags="a"
    ?tags="a"&q="x y&"&page=2
    ?tags="a"&cursor="7"
    [1,2,3]
    "#);
    let refused = |link: &str| asked(draft(), [linked(json!([1]), link)]);
    insta::assert_snapshot!(refused("<https://evil.example/s?page=2>; rel=next"), @r#"
    ?q="x"&tags="a"
    stepFailed Condition: `GET /s` responded, but its next page is at another address: `https://evil.example`
    "#);
    insta::assert_snapshot!(refused("<?page_info=2>; rel=next"), @r#"
    ?q="x"&tags="a"
    stepFailed Condition: `GET /s` responded, but its `Link` has a parameter that the operation does not have: `page_info`
    "#);
    insta::assert_snapshot!(refused("<http://[>; rel=next"), @r#"
    ?q="x"&tags="a"
    stepFailed Condition: `GET /s` responded, but its `Link` to the next page cannot be read
    "#);
}

#[test]
fn what_does_not_lead_on_or_is_no_list_fails_and_nothing_is_cut() {
    let cursor = |max| get("s").pages(by_cursor(), max);
    let number = || get("s").query("page", "1").pages(NextPage::Number { parameter: "page".into() }, 9);
    let last = |told: String| told.lines().last().unwrap().to_owned();
    let cases = [
        asked(cursor(9), [page(json!([1]), json!("b")), page(json!([2]), json!("b"))]),
        asked(
            cursor(9),
            [page(json!([1]), json!("b")), page(json!([2]), json!("c")), page(json!([3]), json!("b"))],
        ),
        asked(cursor(9).query("after", "b"), [page(json!([1]), json!("b"))]),
        asked(number(), [page(json!([1, 2]), json!(0)), page(json!([1, 2]), json!(0))]),
        asked(cursor(3), [page(json!([1, 2]), json!("b")), page(json!([3, 4]), json!("c"))]),
        asked(cursor(2), ["b", "c", "d"].map(|next| page(json!([]), json!(next)))),
        asked(cursor(9), [page(json!([1]), json!({"at": 1}))]),
        asked(cursor(9), [page(json!({"one": 1}), Value::Null)]),
        asked(cursor(9), [response(200, json!("text"))]),
        asked(
            get("s").query("page", "one").pages(NextPage::Number { parameter: "page".into() }, 9),
            [page(json!([1]), Value::Null)],
        ),
        asked(cursor(9).expects("len(response.body.items) > 0"), [page(json!([]), json!("b"))]),
    ];
    insta::assert_snapshot!(cases.map(last).join("\n"), @"
    stepFailed Condition: `GET /s` responded, but its next page was already read
    stepFailed Condition: `GET /s` responded, but its next page was already read
    stepFailed Condition: `GET /s` responded, but its next page was already read
    stepFailed Condition: `GET /s` responded, but the page equals the previous page
    stepFailed Condition: `GET /s` has more than 3 items, the limit of `max`
    stepFailed Condition: `GET /s` has more than 2 pages, the limit of `max`
    stepFailed Condition: `GET /s` responded, but `response.body.next` is neither a text nor a number
    stepFailed Condition: `GET /s` responded, but its items are not a list
    stepFailed Condition: `GET /s` responded, but `response.body.next` cannot be read
    stepFailed Unresolved: `GET /s`: `page` of the first page is not a number
    stepFailed Condition: `GET /s` responded, but `len(response.body.items) > 0` is false: `len(response.body.items)` is 0
    ");
}

#[test]
fn as_many_items_as_there_may_be_are_all_there_are() {
    let pages = [page(json!([1, 2]), json!("b")), page(json!([]), Value::Null)];
    assert!(asked(get("s").pages(by_cursor(), 2), pages).ends_with("\n[1,2]"));
    let no_list = [response(200, json!({"items": null, "next": "b"})), response(200, Value::Null)];
    assert!(asked(get("s").pages(by_cursor(), 2), no_list).ends_with("\n[]"));
}

#[test]
fn a_page_that_was_had_is_never_asked_for_again() {
    let mut desk = desk(get("s").pages(by_cursor(), 10));
    let call = desk.call();
    desk.answer(&call, page(json!([1]), json!("b")));
    desk.resume(json!({}));
    let call = desk.call();
    assert_eq!(query(&call), r#"after="b""#);
    // Interrupted during the second page.
    desk.resume(json!({}));
    let call = desk.call();
    assert_eq!((query(&call).as_str(), call.attempt), (r#"after="b""#, 3));
    desk.answer(&call, page(json!([2]), Value::Null));
    insta::assert_snapshot!(desk.told(), @r#"
    attemptStarted {"step":"s","attempt":1,"request":{}}
    pageReceived {"step":"s","attempt":1,"items":[1],"next":{"after":"b"}}
    attemptStarted {"step":"s","attempt":2,"request":{"after":"b"}}
    stepDelayed {"step":"s","attempt":2,"until":"2026-01-15T12:00:00Z","failure":{"cause":"interrupted","message":"`GET /s` was started, and the run was interrupted before it ended"}}
    attemptStarted {"step":"s","attempt":3,"request":{"after":"b"}}
    stepSucceeded {"step":"s","attempt":3,"status":200,"result":[1,2]}
    "#);
}

#[test]
fn a_list_is_not_as_described_wherever_a_page_is_not() {
    let departed = |page: Response, pointers: &[&str]| {
        let departure = |pointer: &&str| naftiko_adapter::Departure {
            pointer: (*pointer).to_owned(),
            expected: "a text".to_owned(),
        };
        Response { departures: pointers.iter().map(departure).collect(), ..page }
    };
    let mut desk = desk(get("s").pages(by_cursor(), 10));
    let call = desk.call();
    desk.answer(&call, departed(page(json!([1]), json!("b")), &["/items/*/id", "/next"]));
    desk.resume(json!({}));
    let call = desk.call();
    let event = desk.answer(&call, departed(page(json!([2]), Value::Null), &["/next", "/more"]));
    let Event::StepSucceeded { departures, .. } = event else { panic!("{event:?}") };
    let pointers: Vec<&str> = departures.iter().map(|departure| departure.pointer.as_str()).collect();
    assert_eq!(pointers, ["/items/*/id", "/next", "/more"]);
}

#[test]
fn each_page_is_tried_again_as_often_as_the_step() {
    let mut desk = desk(get("s").pages(by_cursor(), 10));
    for (at, next) in [json!("b"), json!("c"), Value::Null].into_iter().enumerate() {
        for _ in 0..4 {
            let call = desk.call_again_or_at_once();
            desk.fail(&call, FailureKind::NotSent);
        }
        let call = desk.call_again_or_at_once();
        desk.answer(&call, page(json!([at]), next));
    }
    assert_eq!(desk.run.step("s").unwrap().result, Some(&json!([0, 1, 2])));
}

#[test]
fn of_several_items_each_has_a_list_of_its_own() {
    let mut desk = desk(get("s").for_each("['a', 'b']", 2).query("of", "${item}").pages(by_cursor(), 10));
    let (a, b) = (desk.call_of("s[0]"), desk.call_of("s[1]"));
    desk.answer(&a, page(json!([1]), json!("x")));
    desk.answer(&b, page(json!([2]), json!("x")));
    let (b, a) = (desk.call_of("s[1]"), desk.call_of("s[0]"));
    assert_eq!((query(&a), query(&b)), (r#"of="a"&after="x""#.into(), r#"of="b"&after="x""#.into()));
    desk.answer(&a, page(json!([3]), Value::Null));
    desk.answer(&b, page(json!([4]), Value::Null));
    desk.decide();
    assert_eq!(desk.run.step("s").unwrap().result, Some(&json!([[1, 3], [2, 4]])));
}

#[test]
fn what_is_sensitive_is_hidden_from_its_page_on() {
    let draft = get("s").pages(by_cursor(), 10).keeps_secret("response.body.items[*].token");
    let mut desk = Desk::begin(&composition([draft]).output("pin", "s[1].pin", true).plan(), json!({}));
    let item = |n: u32| json!({"id": n, "token": format!("t0ken-{n}"), "pin": format!("pin-{n}-pin")});
    let call = desk.call();
    desk.answer(&call, page(json!([item(1), item(2)]), json!("after-t0ken-2")));
    let call = desk.call();
    desk.answer(&call, page(json!([item(3)]), Value::Null));
    let shown: Vec<String> = desk
        .records
        .iter()
        .skip(1)
        .map(|record| serde_json::to_string(&desk.run.shown(record).event).unwrap())
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @r#"
    {"event":"attemptStarted","step":"s","attempt":1,"request":{"operation":"op.s","method":"GET","path":"/s","arguments":{}}}
    {"event":"pageReceived","step":"s","attempt":1,"items":[{"id":1,"token":"***","pin":"pin-1-pin"},{"id":2,"token":"***","pin":"***"}],"next":{"after":"after-***"}}
    {"event":"attemptStarted","step":"s","attempt":2,"request":{"operation":"op.s","method":"GET","path":"/s","arguments":{"after":"after-***"}}}
    {"event":"stepSucceeded","step":"s","attempt":2,"status":200,"result":[{"id":1,"token":"***","pin":"pin-1-pin"},{"id":2,"token":"***","pin":"***"},{"id":3,"token":"***","pin":"pin-3-pin"}]}
    "#);
}
