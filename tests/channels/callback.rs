//! Answers that are sent to `naftiko work --listen`.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::process::limited;
use crate::receiver::Receiver;
use crate::scene::{Scene, asking};
use crate::smtp::Smtp;

/// A running `naftiko work --listen`, stopped when dropped.
struct Worker {
    child: Child,
    address: String,
}

impl Worker {
    fn start(scene: &Scene) -> Self {
        Self::of(scene.command(&["work", "--listen", "127.0.0.1:0"]))
    }

    fn of(mut command: Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let line = lines.next().unwrap().unwrap();
        let address =
            line.strip_prefix("answers are accepted at http://").expect(&line).trim_end_matches('/');
        let address = address.to_owned();
        // Its output must be drained, or the process would block on a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address }
    }

    /// Sends a request, and returns the status, head and body of the response.
    fn request(&self, method: &str, path: &str, content_type: &str, body: &str) -> (u16, String, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").expect(&answer);
        (head.split(' ').nth(1).unwrap().parse().unwrap(), head.to_ascii_lowercase(), body.to_owned())
    }

    fn post(&self, path: &str, body: &str) -> (u16, String) {
        let (status, _, body) = self.request("POST", path, "application/json", body);
        (status, body)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}

/// A scene whose webhook has been posted, the path for the answer, and the process that accepts it.
fn asked() -> (Scene, String, Worker) {
    let receiver = Receiver::start();
    let composition = asking(&format!("channel: webhook\n      url: {}", receiver.url()));
    let scene = Scene::new(&composition).with("NAFTIKO_PUBLIC_URL", "https://answers.example/x/");
    let ended = scene.naftiko(&["run", "composition.yaml"]);
    assert_eq!(ended.code, Some(4), "{}", ended.told());
    let url = receiver.seen()[0].json()["answerUrl"].as_str().unwrap().to_owned();
    let path = url.strip_prefix("https://answers.example/x").expect(&url).to_owned();
    assert!(!ended.told().contains(&path), "the token is shown to nobody");
    let worker = Worker::start(&scene);
    (scene, path, worker)
}

/// Waits until the run has ended, and returns its status.
fn over(scene: &Scene) -> String {
    let began = Instant::now();
    loop {
        let status = scene.place.run().unwrap().status;
        if status.is_over() {
            return status.as_str().to_owned();
        }
        assert!(began.elapsed() < Duration::from_mins(1), "{}", scene.shown());
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn whoever_has_the_message_answers_once() {
    let (scene, path, worker) = asked();
    let answer = r#"{"contacted": true}"#;
    let (status, told) = worker.post(&path, r#"{"contacted": "yes"}"#);
    assert_eq!(status, 422, "{told}");
    assert!(told.contains("expected `true` or `false`, found a string (at `/contacted`)"), "{told}");
    assert_eq!(worker.post(&path, "contacted").0, 422);
    assert_eq!(worker.post(&path, answer), (202, r#"{"message":"the answer is accepted"}"#.to_owned()));
    // The answer is accepted again both before and after the driving process has processed it.
    assert_eq!(worker.post(&path, answer).0, 202);
    assert_eq!(worker.post(&path, r#"{"contacted": false}"#).0, 409);
    assert_eq!(over(&scene), "succeeded");
    assert_eq!(worker.post(&path, answer).0, 202);
    assert_eq!(worker.post(&path, r#"{"contacted": false}"#).0, 409);
    assert_eq!(scene.events(), ["messageStarted", "stepAsked", "stepSucceeded"]);
    assert_eq!(scene.shown_json()["steps"][0]["through"], "callback");
    assert!(scene.shown().contains("answered over HTTP at 20"), "{}", scene.shown());
    let token = path.strip_prefix("/answers/").unwrap();
    assert!(!scene.place.holds(token), "the token is not kept");
    let events = scene.naftiko(&["runs", "events", &scene.run_id(), "--json"]).stdout;
    assert!(!events.contains(token) && events.contains("\"through\":\"callback\""), "{events}");
}

#[test]
fn what_was_not_made_with_the_key_of_the_journal_leads_nowhere() {
    let (scene, path, worker) = asked();
    let (said, signature) = path.strip_prefix("/answers/").unwrap().split_once('.').unwrap();
    let (other, other_path, _other_worker) = asked();
    let flipped = if signature.starts_with('A') { "B" } else { "A" };
    let forged = format!("{said}.{flipped}{}", &signature[1..]);
    let (other_said, _) = other_path.strip_prefix("/answers/").unwrap().split_once('.').unwrap();
    let answer = r#"{"contacted": true}"#;
    for token in [
        forged.as_str(),
        &format!("{other_said}.{signature}"),
        other_path.strip_prefix("/answers/").unwrap(),
        &format!("{said}."),
        said,
        "x.y",
        "..",
        "%00",
    ] {
        assert_eq!(worker.post(&format!("/answers/{token}"), answer).0, 404, "{token}");
        assert_eq!(worker.request("GET", &format!("/answers/{token}"), "", "").0, 404, "{token}");
    }
    assert_eq!(worker.post("/", answer).0, 404);
    assert_eq!((scene.events().len(), other.events().len()), (2, 2), "nothing was answered");
}

#[test]
fn an_answer_has_an_end_and_is_json_or_a_form() {
    let (scene, path, worker) = asked();
    let long = format!("{{\"contacted\": true, \"x\": \"{}\"}}", "x".repeat(1024 * 1024));
    assert_eq!(worker.post(&path, &long).0, 413);
    assert_eq!(worker.request("POST", &path, "text/plain", "{}").0, 415);
    assert_eq!(worker.request("PUT", &path, "application/json", "{}").0, 405);
    assert_eq!(scene.events().len(), 2);
}

#[test]
fn a_person_answers_on_a_page_on_which_nothing_runs() {
    let (scene, path, worker) = asked();
    let (status, head, page) = worker.request("GET", &path, "", "");
    assert_eq!(status, 200, "{page}");
    for header in [
        "content-security-policy: default-src 'none';",
        "referrer-policy: no-referrer",
        "cache-control: no-store",
        "x-content-type-options: nosniff",
    ] {
        assert!(head.contains(header), "{head}");
    }
    assert!(!page.contains("<script"), "{page}");
    assert!(page.contains("<dd>Acme &amp; Co</dd>"), "{page}");
    assert!(page.contains("Ask the IT admin to open the portal."), "{page}");
    // Reading the page changes nothing, however often a program requests it.
    assert_eq!(worker.request("HEAD", &path, "", "").0, 200);
    assert_eq!(scene.events().len(), 2);

    let form = |answer: &str| worker.request("POST", &path, "application/x-www-form-urlencoded", answer);
    let (status, _, page) = form("answer=done");
    assert_eq!(status, 422);
    assert!(page.contains("this is not JSON; write a text in quotes: &quot;done&quot;"), "{page}");
    let (status, _, page) = form("answer=%7B%22contacted%22%3A+true%7D");
    assert_eq!(status, 202, "{page}");
    assert!(page.contains("<h1>the answer is accepted</h1>"), "{page}");
    assert_eq!(over(&scene), "succeeded");
    let (_, _, page) = worker.request("GET", &path, "", "");
    assert!(page.contains("This has been answered.") && !page.contains("<form"), "{page}");
}

#[test]
fn an_answer_after_its_time_is_none() {
    let receiver = Receiver::start();
    let composition = asking(&format!("channel: webhook\n      url: {}", receiver.url()));
    let scene = Scene::new(&composition.replace("14d", "1s")).with("NAFTIKO_PUBLIC_URL", "https://x.example");
    assert_eq!(scene.naftiko(&["run", "composition.yaml"]).code, Some(4));
    let url = receiver.seen()[0].json()["answerUrl"].as_str().unwrap().to_owned();
    let worker = Worker::start(&scene);
    assert_eq!(over(&scene), "failed");
    let path = url.strip_prefix("https://x.example").unwrap();
    assert_eq!(worker.post(path, r#"{"contacted": true}"#).0, 404);
}

#[test]
fn a_mail_says_where_it_is_answered_and_a_message_in_doubt_is_answered_too() {
    let smtp = Smtp::start();
    let scene = Scene::new(&asking("channel: email\n      to: it@acme.example"))
        .with("NAFTIKO_SMTP_URL", smtp.url())
        .with("NAFTIKO_SMTP_FROM", "runs@naftiko.test");
    smtp.does([crate::smtp::Does::Drops(".")]);
    let ended = scene.naftiko(&["run", "composition.yaml", "--public-url", "http://answers.example"]);
    assert_eq!(ended.code, Some(5), "{}", ended.told());
    let mail = smtp.taken()[0].data.replace("=\n", "").replace("=3D", "=");
    let path = mail.lines().find_map(|line| line.strip_prefix("http://answers.example")).expect(&mail);
    let worker = Worker::start(&scene);
    assert_eq!(worker.post(path, r#"{"contacted": true}"#).0, 202);
    assert_eq!(over(&scene), "succeeded");
    assert_eq!(smtp.taken().len(), 1);
    assert_eq!(scene.shown_json()["steps"][0]["through"], "callback");
}

/// Many open connections that have each sent this text.
fn held(worker: &Worker, says: &str) -> Vec<TcpStream> {
    let connect = |_| {
        let mut stream = TcpStream::connect(&worker.address).unwrap();
        // The write fails if the connection is closed already.
        let _closed = stream.write_all(says.as_bytes());
        stream
    };
    (0..200).map(connect).collect()
}

#[test]
fn an_answer_is_taken_and_runs_go_on_while_others_hold_more_connections_than_there_are_files() {
    let receiver = Receiver::start();
    let (scene, path, first) = asked();
    drop(first);
    let worker = Worker::of(limited(&scene.command(&["work", "--listen", "127.0.0.1:0"]), "ulimit -n 96"));
    let half =
        "POST /answers/x HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n1";
    let _heads = held(&worker, "GET /x HTTP/1.1\r\n");
    let _silent = held(&worker, "");
    let _bodies = held(&worker, half);
    // A run that starts now needs files of its own: for its journal, its certificates and its connections.
    let composition = asking(&format!("channel: webhook\n      url: {}", receiver.url()));
    let other = Scene::new(&composition);
    std::fs::copy(other.place.path().join("composition.yaml"), scene.place.path().join("other.yaml"))
        .unwrap();
    assert_eq!(scene.naftiko(&["run", "other.yaml", "--detach"]).code, Some(4));
    let began = Instant::now();
    while receiver.seen().is_empty() {
        assert!(began.elapsed() < Duration::from_mins(1), "its message is not sent");
        std::thread::sleep(Duration::from_millis(50));
    }
    let _heads = held(&worker, "GET /x HTTP/1.1\r\n");
    assert_eq!(worker.post(&path, r#"{"contacted": true}"#).0, 202);
    let began = Instant::now();
    let is_over = || scene.place.store().unwrap().runs().unwrap().iter().any(|run| run.status.is_over());
    while !is_over() {
        assert!(began.elapsed() < Duration::from_mins(1), "its answer is not taken");
        std::thread::sleep(Duration::from_millis(50));
    }
    let failed = scene
        .place
        .store()
        .unwrap()
        .runs()
        .unwrap()
        .into_iter()
        .filter(|run| run.status.as_str() == "failed");
    assert_eq!(failed.count(), 0);
}

#[test]
fn the_length_of_an_answer_is_limited_however_it_is_sent() {
    let (scene, path, worker) = asked();
    let mut stream = TcpStream::connect(&worker.address).unwrap();
    let head = "content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    write!(stream, "POST {path} HTTP/1.1\r\nhost: x\r\n{head}").unwrap();
    let chunk = format!("10000\r\n{}\r\n", "1".repeat(0x10000));
    let mut sender = stream.try_clone().unwrap();
    std::thread::spawn(move || while sender.write_all(chunk.as_bytes()).is_ok() {});
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).unwrap();
    assert_eq!(line, "HTTP/1.1 413 Payload Too Large\r\n");
    assert_eq!(scene.events().len(), 2);
}
