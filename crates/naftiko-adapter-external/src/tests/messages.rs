//! The content and the receivers of messages.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use naftiko_adapter::{Answer, Channel, Failure, FailureKind, Question};
use secrecy::SecretString;
use serde_json::{Map, Value, json};

use super::wait;
use crate::letter::letter;
use crate::{AnswerAddress, Key, Post, SmtpServer, Webhook, check_template};

/// Returns an address for every question.
struct Here;

impl AnswerAddress for Here {
    fn address(&self, question: &Question) -> Option<SecretString> {
        Some(format!("https://answers.example/{}", question.step).into())
    }
}

/// Records the headers of posted messages, and responds with a status.
#[derive(Default)]
struct Posted {
    status: u16,
    headers: Mutex<Vec<(String, String)>>,
}

#[async_trait]
impl Post for Posted {
    async fn post(&self, _url: &str, headers: &[(String, String)], _body: Vec<u8>) -> Result<u16, Failure> {
        *self.headers.lock().expect("one at a time") = headers.to_vec();
        Ok(self.status)
    }
}

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        other => panic!("{other}"),
    }
}

fn question(settings: Value) -> Question {
    Question {
        run: "r".to_owned(),
        step: "tell".to_owned(),
        id: "r:tell".to_owned(),
        settings: object(settings),
        shown: object(json!({"who": "Jane", "list": [1, {"a": null}]})),
        until: Some(UNIX_EPOCH + Duration::from_hours(500_000)),
        ..Question::default()
    }
}

fn posted(status: u16, settings: Value) -> (Result<Answer, Failure>, Vec<(String, String)>) {
    let post = Arc::new(Posted { status, ..Posted::default() });
    let now: fn() -> SystemTime = || UNIX_EPOCH + Duration::from_secs(1_614_265_330);
    let key = Key::read(SECRET).expect("it is one");
    let outcome = wait(Webhook::new(post.clone(), key, Arc::new(Here), now).ask(&question(settings)));
    let headers = post.headers.lock().expect("nobody else is left").clone();
    (outcome, headers)
}

#[test]
fn a_signature_is_that_of_standard_webhooks() {
    // The example of the Standard Webhooks libraries.
    let key = Key::read(SECRET).expect("it is one");
    let signature = key.signature("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
    assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    assert!(!format!("{key:?}").contains("MfKQ"));
    for short in ["", "whsec_", "whsec_AAAA", "whsec_not base64 at all, whatever", "a text of 23 letters…"]
    {
        assert!(Key::read(short).is_err(), "{short}");
    }
    assert!(Key::read("a text of twenty-four letters").is_ok());
}

#[test]
fn a_status_says_whether_the_message_was_taken() {
    let settings = || json!({"url": "https://hooks.example"});
    for status in [200, 202, 204] {
        assert_eq!(posted(status, settings()).0, Ok(Answer::NotYet), "{status}");
    }
    for (status, kind) in [
        (301, FailureKind::Refused),
        (400, FailureKind::Refused),
        (410, FailureKind::Refused),
        (408, FailureKind::NotSent),
        (425, FailureKind::NotSent),
        (429, FailureKind::NotSent),
        (500, FailureKind::NotSent),
        (503, FailureKind::NotSent),
    ] {
        assert_eq!(posted(status, settings()).0.expect_err("it is none").kind, kind, "{status}");
    }
}

#[test]
fn the_headers_of_the_author_are_added_and_say_nothing_of_the_signature() {
    let (_, headers) =
        posted(204, json!({"url": "https://h.example", "headers": {"X-Team": "it", "X-Count": 3}}));
    let names: Vec<_> = headers.iter().map(|(name, _)| name.as_str()).collect();
    let own = ["content-type", "webhook-id", "webhook-timestamp", "webhook-signature"];
    assert_eq!(names, [&["x-team", "x-count"][..], &own[..]].concat());
    for name in ["Webhook-Id", "webhook-signature", "Content-Type", "HOST", "content-length"] {
        let (outcome, sent) = posted(204, json!({"url": "https://h.example", "headers": {name: "x"}}));
        assert_eq!(outcome.expect_err("it is not theirs").kind, FailureKind::Refused, "{name}");
        assert!(sent.is_empty());
    }
    for settings in [
        json!({}),
        json!({"url": 7}),
        json!({"url": " "}),
        json!({"url": "https://h.example", "headers": []}),
    ] {
        assert_eq!(posted(204, settings).0.expect_err("it cannot be sent").kind, FailureKind::Refused);
    }
}

fn written(settings: Value, address: bool) -> String {
    let address = address.then(|| SecretString::from("https://answers.example/t"));
    letter(&question(settings), address.as_ref()).expect("it can be written")
}

#[test]
fn a_letter_says_what_is_handed_over_and_how_to_answer() {
    insta::assert_snapshot!(written(json!({}), true), @r#"
    The step `tell` needs an answer.

    who: Jane
    list: [1, {"a": null}]

    Answer here, until 2027-01-15T08:00:00Z:
    https://answers.example/t
    "#);
    insta::assert_snapshot!(written(json!({"text": "Hello {{ who }}"}), false), @"
    Hello {{ who }}

    The operator of the run answers, until 2027-01-15T08:00:00Z, with
    naftiko complete r 'tell' --result JSON
    ");
    insta::assert_snapshot!(written(json!({"template": "{{ who }} {{ list[1].a is none }}\n{{ howToAnswer }}"}), true), @"
    Jane True
    Answer here, until 2027-01-15T08:00:00Z:
    https://answers.example/t
    ");
}

#[test]
fn a_template_reads_nothing_but_what_it_is_given() {
    let check = |template: &str| check_template(template, ["who", "list"]).map_err(|error| error.to_string());
    assert_eq!(
        check("{% for x in list %}{{ x }}{% endfor %} {{ who|upper }} {{ with.who }} {{ answerUrl }}"),
        Ok(())
    );
    for (template, told) in [
        ("{{ whom }}", "this message has no value `whom` at line 1"),
        ("a\n{{ who", "`{{` is not closed; close it with `}}` at line 2"),
        ("{% include '/etc/passwd' %}", "there is no statement `include`"),
        ("{{ who|shout }}", "there is no filter `shout`"),
        ("{{ range(9) }}", "there are no functions"),
    ] {
        let error = check(template).expect_err(template);
        assert!(error.contains(told), "{template}: {error}");
        let failure = letter(&question(json!({ "template": template })), None).expect_err(template);
        assert_eq!(failure.kind, FailureKind::Refused, "a plan of an earlier version is refused too");
    }
    for template in ["{{ who.nothing }}", "{{ list[7] }}", "{{ who.__class__ }}", "{{ 1 / 0 }}"] {
        let failure = letter(&question(json!({ "template": template })), None).expect_err(template);
        assert_eq!(failure.kind, FailureKind::Refused, "{template}");
        assert!(!failure.message.contains("Jane"), "{failure}");
    }
}

#[test]
fn a_template_that_computes_or_makes_too_much_is_refused_before_anything_is_sent() {
    let loops = "{% for a in who|list %}".repeat(12) + &"{% endfor %}".repeat(12);
    let doubled = (0..64).fold("{% set a = who %}".to_owned(), |text, _| text + "{% set a = a ~ a %}");
    let templates = [
        loops.as_str(),
        &doubled,
        "{{ 'a\nb'|indent(2000000000) }}",
        "{% for a in long %}{{ long }}{% endfor %}",
        "{{ long|replace('x', long)|length }}",
        "{{ long|list|join(long) }}",
    ];
    for template in templates {
        let mut question = question(json!({ "template": template }));
        question.shown.insert("long".to_owned(), "x".repeat(100_000).into());
        let failure = letter(&question, None).expect_err(template);
        assert_eq!(failure.kind, FailureKind::Refused, "{failure}");
        assert!(!failure.message.contains("Jane"), "{failure}");
    }
    let long = letter(&question(json!({"text": "x".repeat(300_000)})), None).expect_err("it is too long");
    assert_eq!(long.message, "its text is longer than 256 KiB");
}

#[test]
fn a_mail_server_speaks_tls_unless_it_is_here_or_somebody_says_otherwise() {
    let told = |url: &str| match SmtpServer::read(url, Vec::new()) {
        Ok(server) => format!("{server:?}"),
        Err(error) => error.to_string(),
    };
    let urls = [
        "smtps://me:hunter2@mail.example",
        "smtp://mail.example",
        "smtp://mail.example:2525?tls=required",
        "smtp://mail.example?tls=none",
        "smtp://127.0.0.1:25",
        "smtp://[::1]:25",
        "smtp://0x7f.1:25",
        "smtp://%31%32%37.0.0.1:25",
        "smtps://2852039166",
        "smtp://me:hunter2@localhost:25",
        "smtp://localhost:25?tls=required",
        "smtp://me:hunter2@mail.example?tls=none",
        "smtps://mail.example?tls=none",
        "smtp://mail.example?tls=maybe",
        "https://me:hunter2@mail.example",
        "mail.example:25",
        "smtp:",
        "",
    ];
    let told: Vec<String> = urls.iter().map(|url| format!("{url}: {}", told(url))).collect();
    let told = told.join("\n").replace("me:hunter2", "me:(password)");
    insta::assert_snapshot!(told, @r#"
    smtps://me:(password)@mail.example: SmtpServer { host: "mail.example", port: 465, security: Implicit, .. }
    smtp://mail.example: SmtpServer { host: "mail.example", port: 587, security: StartTls, .. }
    smtp://mail.example:2525?tls=required: SmtpServer { host: "mail.example", port: 2525, security: StartTls, .. }
    smtp://mail.example?tls=none: SmtpServer { host: "mail.example", port: 587, security: None, .. }
    smtp://127.0.0.1:25: SmtpServer { host: "127.0.0.1", port: 25, security: None, .. }
    smtp://[::1]:25: SmtpServer { host: "[::1]", port: 25, security: None, .. }
    smtp://0x7f.1:25: SmtpServer { host: "127.0.0.1", port: 25, security: None, .. }
    smtp://%31%32%37.0.0.1:25: SmtpServer { host: "127.0.0.1", port: 25, security: None, .. }
    smtps://2852039166: SmtpServer { host: "169.254.169.254", port: 465, security: Implicit, .. }
    smtp://me:(password)@localhost:25: SmtpServer { host: "localhost", port: 25, security: None, .. }
    smtp://localhost:25?tls=required: SmtpServer { host: "localhost", port: 25, security: StartTls, .. }
    smtp://me:(password)@mail.example?tls=none: a password would be sent to `mail.example` in clear: remove `tls=none`
    smtps://mail.example?tls=none: its `tls` is neither `required` nor `none`
    smtp://mail.example?tls=maybe: its `tls` is neither `required` nor `none`
    https://me:(password)@mail.example: it is not a URL of the form `smtps://USER:PASSWORD@HOST:PORT`
    mail.example:25: it is not a URL of the form `smtps://USER:PASSWORD@HOST:PORT`
    smtp:: it is not a URL of the form `smtps://USER:PASSWORD@HOST:PORT`
    : it is not a URL of the form `smtps://USER:PASSWORD@HOST:PORT`
    "#);
}
