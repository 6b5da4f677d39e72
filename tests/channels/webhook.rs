//! `channel: webhook`.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;

use crate::receiver::{Does, Receiver, Seen};
use crate::scene::{SECRET, Scene, asking};

fn scene(receiver: &Receiver) -> Scene {
    Scene::new(&asking(&format!("channel: webhook\n      url: {}", receiver.url())))
}

const RUN: [&str; 2] = ["run", "composition.yaml"];

/// Whether a message is signed according to Standard Webhooks.
fn is_signed(seen: &Seen) -> bool {
    let secret = STANDARD.decode(SECRET.strip_prefix("whsec_").unwrap()).unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA256, &secret);
    let signed =
        format!("{}.{}.{}", seen.headers["webhook-id"], seen.headers["webhook-timestamp"], seen.body);
    let signature = seen.headers["webhook-signature"].strip_prefix("v1,").unwrap();
    hmac::verify(&key, signed.as_bytes(), &STANDARD.decode(signature).unwrap()).is_ok()
}

#[test]
fn a_message_is_posted_once_signed_and_with_exactly_what_is_handed_over() {
    let receiver = Receiver::start();
    let scene = scene(&receiver);
    let ended = scene.naftiko(&RUN);
    assert_eq!(ended.code, Some(4), "{}", ended.told());
    let [seen] = &receiver.seen()[..] else { panic!("{:?}", receiver.seen()) };
    let id = scene.run_id();
    assert!(is_signed(seen), "{seen:?}");
    assert_eq!(seen.headers["webhook-id"], format!("{id}:tell"));
    assert_eq!(seen.headers["content-type"], "application/json");
    assert_eq!(seen.path, "/in?key=s3cret-of-the-receiver");
    let body = seen.json();
    assert_eq!(body["with"], serde_json::json!({"organization": "Acme & Co", "who": "Jane Doe"}));
    assert_eq!(body["description"], "Ask the IT admin to open the portal.");
    assert_eq!(body["result"]["required"][0], "contacted");
    assert_eq!((body["run"].as_str(), body["step"].as_str()), (Some(id.as_str()), Some("tell")));
    assert!(body.get("answerUrl").is_none(), "nobody said where: {body}");
    scene.answered();
    assert_eq!(receiver.seen().len(), 1);
    assert_eq!(scene.events(), ["messageStarted", "stepAsked", "stepSucceeded"]);
    let step = &scene.shown_json()["steps"][0];
    assert_eq!(step["message"]["channel"], "webhook");
    assert_eq!(step["message"]["to"], receiver.url().split("/in").next().unwrap());
    assert_eq!(step["through"], "complete");
    assert!(!scene.shown().contains("s3cret-of-the-receiver"), "{}", scene.shown());
}

#[test]
fn killed_anywhere_around_it_a_receiver_that_remembers_ids_gets_it_once() {
    // Record 1 starts the run, 2 is the intent, 3 the outcome.
    for seq in 0..=3 {
        let receiver = Receiver::start();
        let scene = scene(&receiver);
        scene.killed_after(&RUN, seq);
        match scene.place.run() {
            None => assert_eq!(scene.naftiko(&RUN).code, Some(4)),
            Some(_) => assert_eq!(scene.resume().code, Some(4)),
        }
        assert_eq!(receiver.seen().len(), 1, "killed after {seq}");
        scene.answered();
        assert_eq!(receiver.seen().len(), 1, "killed after {seq}");
    }
    // Killed during the request: the message has arrived, and the sender does not know.
    let receiver = Receiver::start();
    let scene = scene(&receiver);
    let running = scene.start(&RUN);
    receiver.does([Does::Kills(Box::new(running.killer()))]);
    assert_eq!(running.end().code, None);
    assert_eq!(scene.resume().code, Some(4));
    let seen = receiver.seen();
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[0].headers["webhook-id"], seen[1].headers["webhook-id"]);
    assert_eq!(seen[0].body, seen[1].body);
    assert!(seen.iter().all(is_signed));
    scene.answered();
    assert_eq!(receiver.seen().len(), 2);
}

#[test]
fn a_receiver_in_trouble_gets_it_again_with_the_same_id_and_one_that_refuses_does_not() {
    let receiver = Receiver::start();
    receiver.does([Does::Answers(503), Does::Drops]);
    let scene = scene(&receiver);
    let ended = scene.naftiko(&RUN);
    assert_eq!(ended.code, Some(4), "{}", ended.told());
    let ids: Vec<String> = receiver.seen().iter().map(|seen| seen.headers["webhook-id"].clone()).collect();
    assert_eq!(ids.len(), 3);
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");

    let receiver = Receiver::start();
    receiver.does([Does::Answers(403)]);
    let scene = self::scene(&receiver);
    let ended = scene.naftiko(&RUN);
    assert_eq!(ended.code, Some(3), "{}", ended.told());
    assert!(
        ended.stderr.contains("the webhook of `tell` was not sent: the receiver responded with 403"),
        "{}",
        ended.stderr
    );
    assert_eq!(receiver.seen().len(), 1);
}

#[test]
fn what_is_missing_or_not_allowed_is_said_before_the_run_begins() {
    let receiver = Receiver::start();
    let scene = scene(&receiver);
    let mut command = scene.command(&RUN);
    command.env_remove("NAFTIKO_WEBHOOK_SECRET");
    let ended = crate::process::Running::start(command).end();
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("`NAFTIKO_WEBHOOK_SECRET` is not set: `tell` sends"), "{}", ended.stderr);

    for (url, code, told) in [
        ("http://169.254.169.254/latest", 2, "`169.254.169.254` is not allowed"),
        ("http://hooks.example/in", 2, "is not allowed, because it is not encrypted"),
        ("https://me:pw@hooks.example/in", 1, "a password is written in the URL"),
        ("file:///etc/passwd", 1, "is not a URL for requests"),
    ] {
        let scene = Scene::new(&asking(&format!("channel: webhook\n      url: {url}")));
        let ended = scene.naftiko(&RUN);
        assert_eq!(ended.code, Some(code), "{url}: {}", ended.told());
        assert!(ended.told().contains(told), "{url}: {}", ended.told());
        assert!(scene.place.run().is_none());
    }
}

#[test]
fn a_host_that_comes_in_a_value_is_not_posted_to_unless_the_operator_allows_it() {
    let receiver = Receiver::start();
    let host = receiver.url().split("/in").next().unwrap().to_owned();
    let scene = Scene::new(&asking("channel: webhook\n      url: '${inputs.who}/in'"));
    let input = format!("who={host}");
    let ended = scene.naftiko(&["run", "composition.yaml", "--input", &input]);
    assert_eq!(ended.code, Some(3), "{}", ended.told());
    assert!(ended.stderr.contains("--allow-host 127.0.0.1"), "{}", ended.stderr);
    assert!(receiver.seen().is_empty());

    let scene = Scene::new(&asking("channel: webhook\n      url: '${inputs.who}/in'"));
    let ended = scene.naftiko(&["run", "composition.yaml", "--input", &input, "--allow-host", "127.0.0.1"]);
    assert_eq!(ended.code, Some(4), "{}", ended.told());
    assert_eq!(receiver.seen().len(), 1);
}

/// A scene without approvals.
fn unapproved(composition: &str) -> Scene {
    Scene::new(composition).with("NAFTIKO_ALLOW_SECRETS", "")
}

#[test]
fn the_key_is_not_read_and_nothing_is_posted_before_it_is_approved_for_the_receiver() {
    let receiver = Receiver::start();
    let origin = receiver.url().split("/in").next().unwrap().to_owned();
    let scene = unapproved(&asking(&format!("channel: webhook\n      url: {}", receiver.url())));
    let mut command = scene.command(&RUN);
    command.env_remove("NAFTIKO_WEBHOOK_SECRET");
    for ended in [crate::process::Running::start(command).end(), scene.naftiko(&RUN)] {
        assert_eq!(ended.code, Some(2), "{}", ended.told());
        let flag = format!("--allow-secret NAFTIKO_WEBHOOK_SECRET={origin}");
        assert!(ended.stderr.contains(&flag), "{}", ended.stderr);
        assert!(!ended.stderr.contains("is not set"), "{}", ended.stderr);
    }
    // A permission for one receiver does not hold for another.
    let other = [&RUN[..], &["--allow-secret", "NAFTIKO_WEBHOOK_SECRET=https://hooks.example"]].concat();
    assert_eq!(scene.naftiko(&other).code, Some(2));
    assert!(scene.place.run().is_none() && receiver.seen().is_empty());

    let detached = [&RUN[..], &["--detach", "--allow-secret", "NAFTIKO_WEBHOOK_SECRET"]].concat();
    assert_eq!(scene.naftiko(&detached).code, Some(4));
    let worked = scene.naftiko(&["work", "--once"]);
    assert!(worked.stderr.contains("is not driven: not approved"), "{}", worked.stderr);
    assert!(receiver.seen().is_empty());
    scene.naftiko(&["work", "--once", "--allow-secret", &format!("NAFTIKO_WEBHOOK_SECRET={origin}")]);
    assert_eq!(receiver.seen().len(), 1);
}

#[test]
fn a_receiver_that_is_known_only_later_is_not_posted_to_without_an_approval() {
    let receiver = Receiver::start();
    let origin = receiver.url().split("/in").next().unwrap().to_owned();
    let composition = "steps:
  - {id: where, description: Say where, external: {with: {}, result: {type: string}}}
  - {id: tell, description: Tell, external: {channel: webhook, url: '${where}', with: {}}, dependsOn: [where]}
";
    let answer = format!("where=\"{}\"", receiver.url());
    let given = ["run", "composition.yaml", "--allow-host", "127.0.0.1", "--answer", &answer];
    let scene = unapproved(composition);
    let ended = scene.naftiko(&given);
    assert_eq!(ended.code, Some(3), "{}", ended.told());
    let flag = format!("--allow-secret NAFTIKO_WEBHOOK_SECRET={origin}");
    assert!(ended.stderr.contains(&flag), "{}", ended.stderr);
    assert!(receiver.seen().is_empty());
    let allowed = format!("NAFTIKO_WEBHOOK_SECRET={origin}");
    let scene = unapproved(composition);
    let ended = scene.naftiko(&[&given[..], &["--allow-secret", &allowed]].concat());
    assert_eq!(ended.code, Some(4), "{}", ended.told());
    assert_eq!(receiver.seen().len(), 1);
}

#[test]
fn a_receiver_that_an_input_names_is_asked_for_before_the_run_begins() {
    let receiver = Receiver::start();
    let origin = receiver.url().split("/in").next().unwrap().to_owned();
    let scene = unapproved(&asking("channel: webhook\n      url: '${inputs.who}/in'"));
    let input = format!("who={origin}");
    let ended = scene.naftiko(&["run", "composition.yaml", "--input", &input, "--allow-host", "127.0.0.1"]);
    assert_eq!(ended.code, Some(2), "{}", ended.told());
    assert!(ended.stderr.contains(&format!("NAFTIKO_WEBHOOK_SECRET → {origin}")), "{}", ended.stderr);
    assert!(scene.place.run().is_none() && receiver.seen().is_empty());
}

#[test]
fn on_the_mock_and_with_an_answer_beforehand_nothing_is_sent() {
    let receiver = Receiver::start();
    let scene = scene(&receiver);
    let answer = r#"tell={"contacted": true}"#;
    for more in [&["--mock"][..], &[]] {
        let arguments = [&RUN[..], &["--answer", answer], more].concat();
        let ended = scene.naftiko(&arguments);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), "contacted: true\n"), "{}", ended.stderr);
    }
    assert!(receiver.seen().is_empty());
    assert_eq!(scene.shown_json()["steps"][0]["through"], "beforehand");
}

#[test]
fn each_item_has_a_message_of_its_own_and_no_more_are_under_way_than_may_be() {
    let receiver = Receiver::start();
    let composition = format!(
        "inputs: [{{name: who, type: array, items: string, default: [a, b, c, d, e]}}]
steps:
  - id: tell
    forEach: inputs.who
    concurrency: 5
    external: {{channel: webhook, url: '{}', with: {{who: '${{item}}'}}}}
outputs: [{{name: all, source: len(tell)}}]
",
        receiver.url()
    );
    let scene = Scene::new(&composition);
    let ended = scene.naftiko(&["run", "composition.yaml", "--jobs", "2"]);
    assert_eq!(ended.code, Some(4), "{}", ended.told());
    assert!(receiver.most_at_once() <= 2, "{}", receiver.most_at_once());
    let id = scene.run_id();
    let mut seen: Vec<_> = receiver.seen().iter().map(|seen| seen.headers["webhook-id"].clone()).collect();
    seen.sort_unstable();
    assert_eq!(seen, [0, 1, 2, 3, 4].map(|item| format!("{id}:tell[{item}]")));
    for item in 0..5 {
        let step = format!("tell[{item}]");
        assert_eq!(scene.naftiko(&["complete", &id, &step, "--result", "true"]).code, Some(0));
    }
    assert_eq!(scene.resume().stdout, "all: 5\n");
    assert_eq!(receiver.seen().len(), 5);
}

#[test]
fn killed_at_any_moment_there_is_one_id_in_the_end() {
    for millis in [5, 20, 35, 50, 65, 80, 100, 130] {
        let receiver = Receiver::start();
        let scene = scene(&receiver);
        let running = scene.start(&RUN);
        let kill = running.killer();
        std::thread::sleep(std::time::Duration::from_millis(millis));
        kill();
        running.end();
        let ended = match scene.place.run() {
            None => scene.naftiko(&RUN),
            Some(_) => scene.resume(),
        };
        assert_eq!(ended.code, Some(4), "{millis}: {}", ended.told());
        scene.answered();
        let ids: BTreeSet<String> =
            receiver.seen().iter().map(|seen| seen.headers["webhook-id"].clone()).collect();
        assert_eq!(ids.len(), 1, "killed after {millis} ms");
        assert!(receiver.seen().len() <= 2, "killed after {millis} ms");
    }
}
