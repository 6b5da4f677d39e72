//! Network failures: what is recorded, reported and retried.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use naftiko_journal::Event;

use crate::process::Place;

/// The behavior of the server on a connection, which carries one request.
#[derive(Debug, Clone)]
enum Does {
    /// Sends this text, and closes the connection in order.
    Says(String),
    /// Resets the connection before reading the request.
    Resets,
    /// Reads the request, sends this text, and resets the connection.
    SaysAndResets(&'static str),
    /// Sends one byte at a time, forever.
    Drips,
}

/// A server: the nth connection gets the nth behavior, and all further ones the last.
struct Peer {
    port: u16,
    requests: Arc<AtomicUsize>,
}

impl Peer {
    fn start(deeds: Vec<Does>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&requests);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let number = counted.fetch_add(1, Ordering::SeqCst);
                let deed = deeds.get(number).or(deeds.last()).unwrap().clone();
                thread::spawn(move || deed.done_to(stream));
            }
        });
        Self { port, requests }
    }

    fn base_url(&self) -> String {
        format!("shop=http://127.0.0.1:{}", self.port)
    }

    /// An address at which no process listens.
    fn nowhere() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        Self { port, requests: Arc::default() }
    }
}

impl Does {
    fn done_to(&self, mut stream: TcpStream) {
        match self {
            // Closing a socket with unread data resets the connection.
            Self::Resets => drop(stream.peek(&mut [0; 1])),
            Self::Says(text) => {
                read_request(&mut stream);
                let _gone = stream.write_all(text.as_bytes());
                let _gone = stream.shutdown(Shutdown::Write);
                // Waits until the client has closed the connection.
                let _gone = stream.read(&mut [0; 16]);
            }
            Self::SaysAndResets(text) => {
                let _gone = stream.peek(&mut [0; 1]);
                let _gone = stream.write_all(text.as_bytes());
            }
            Self::Drips => {
                read_request(&mut stream);
                for byte in "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n".bytes().cycle() {
                    if stream.write_all(&[byte]).is_err() {
                        return;
                    }
                    thread::sleep(Duration::from_millis(20));
                }
            }
        }
    }
}

/// Reads a request with its body.
fn read_request(stream: &mut TcpStream) {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let Ok(read) = stream.read(&mut buffer) else { return };
        request.extend(&buffer[..read]);
        let text = String::from_utf8_lossy(&request);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let head = head.to_ascii_lowercase();
        let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok());
        if body.len() >= length.unwrap_or(0) || read == 0 {
            return;
        }
    }
}

/// A response with its length.
fn answer(status: &str, headers: &str, body: &str) -> Does {
    let length = body.len();
    Does::Says(format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
    ))
}

fn thing() -> Does {
    answer("201 Created", "", r#"{"id": "t.1", "name": "a", "state": "active"}"#)
}

/// The steps that are run against each failure.
const OPERATIONS: [(&str, &str); 3] = [
    (
        "GET",
        "capability: things, operation: getThing, with: {id: t.1}, retry: {attempts: 3, backoff: {initial: 2ms}}",
    ),
    ("POST", "capability: things, operation: createThing, with: {name: a}"),
    (
        "keyed POST",
        "capability: things, operation: keyedThing, with: {name: a}, retry: {attempts: 3, backoff: {initial: 2ms}}",
    ),
];

/// The result of a run of one step against a server: exit code, requests, events, and the line about the step.
fn met(operation: (&str, &str), peer: &Peer) -> String {
    let (name, step) = operation;
    let place = Place::new(&one_step(step), None);
    let ended = place.begin(&peer.base_url(), &[]);
    let run = place.run().unwrap();
    let events: Vec<&str> = place.records(&run.id).iter().map(|record| record.event.name()).collect();
    let told = ended.stderr.replace(&peer.port.to_string(), "PORT");
    let line = told.lines().rfind(|line| line.contains("  go  ")).expect("the step has a line");
    // Messages of the operating system, and durations, vary between machines.
    let line =
        ["response was complete", " (os error", "attempts in"].into_iter().fold(line, |line, until| {
            line.find(until)
                .map_or(line, |at| &line[..at + if until.starts_with(' ') { 0 } else { until.len() }])
        });
    let sent = peer.requests.load(Ordering::SeqCst);
    format!(
        "{name}: exit {}, sent {sent} times: {}\n    {line}\n",
        ended.code.unwrap(),
        events[1..].join(" ")
    )
}

fn one_step(step: &str) -> String {
    format!("steps:\n  - {{id: go, {step}}}\noutputs: [{{name: id, source: go.id}}]\n")
}

fn table(troubles: &[(&str, Vec<Does>)]) -> String {
    let mut table = String::new();
    for (trouble, deeds) in troubles {
        writeln!(table, "{trouble}").unwrap();
        for operation in OPERATIONS {
            let peer = if deeds.is_empty() { Peer::nowhere() } else { Peer::start(deeds.clone()) };
            write!(table, "  {}", met(operation, &peer)).unwrap();
        }
    }
    table
}

#[test]
fn a_connection_that_breaks_is_not_sent_twice_where_that_could_do_harm() {
    let found = table(&[
        ("nobody listens", vec![]),
        ("it breaks before anything is read", vec![Does::Resets]),
        ("it breaks once", vec![Does::Resets, thing()]),
        ("it ends without a word", vec![Does::Says(String::new())]),
        ("it breaks in the head", vec![Does::SaysAndResets("HTTP/1.1 200 OK\r\ncontent-ty")]),
        (
            "it breaks in the body",
            vec![Does::SaysAndResets(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 40\r\n\r\n{\"id\": ",
            )],
        ),
        (
            "the body ends too early",
            vec![Does::Says(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 40\r\n\r\n{\"id\": "
                    .to_owned(),
            )],
        ),
    ]);
    insta::assert_snapshot!(found);
}

#[test]
fn an_answer_that_comes_too_slowly_is_none() {
    let mut table = String::new();
    for (name, step) in OPERATIONS {
        let step = format!("{step}, timeout: 400ms");
        table.push_str(&met((name, &step), &Peer::start(vec![Does::Drips])));
    }
    insta::assert_snapshot!(table);
}

#[test]
fn an_answer_that_is_no_success_or_no_sense_is_recorded_as_what_it_is() {
    let redirect = answer("302 Found", "location: /things\r\n", "");
    let found = table(&[
        ("500, twice, then success", vec![answer("500 X", "", ""), answer("502 X", "", "{}"), thing()]),
        ("500, always", vec![answer("500 X", "", r#"{"message": "it is down"}"#)]),
        ("JSON that is cut off", vec![answer("200 OK", "", r#"{"id": "t.1", "na"#)]),
        (
            "a page for people",
            vec![Does::Says(
                "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 4\r\n\r\n<p/>".to_owned(),
            )],
        ),
        ("a redirect to itself", vec![redirect]),
        (
            "HTTP/1.0, until it closes",
            vec![Does::Says(
                "HTTP/1.0 200 OK\r\ncontent-type: application/json\r\n\r\n{\"id\": \"t.1\"}".to_owned(),
            )],
        ),
        ("an empty body", vec![answer("200 OK", "", "")]),
        ("not HTTP at all", vec![Does::Says("SSH-2.0-OpenSSH_9.6\r\n".to_owned())]),
    ]);
    insta::assert_snapshot!(found);
}

#[test]
fn retry_after_is_waited_for_in_both_its_forms() {
    for form in ["seconds", "date"] {
        for (name, step) in OPERATIONS {
            // A date has a resolution of one second.
            let date = Timestamp::from_second(Timestamp::now().as_second() + 2).unwrap();
            let written = date.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
            let header = format!("retry-after: {}\r\n", if form == "date" { &written } else { "1" });
            let peer = Peer::start(vec![answer("429 Too Many Requests", &header, "{}"), thing()]);
            let place = Place::new(&one_step(step), None);
            let ended = place.begin(&peer.base_url(), &[]);
            let sent = peer.requests.load(Ordering::SeqCst);
            if name == "POST" {
                assert_eq!((ended.code, sent), (Some(3), 1), "{form}{}", ended.stderr);
                continue;
            }
            assert_eq!((ended.code, sent), (Some(0), 2), "{name} {form}{}", ended.stderr);
            let records = place.records(&place.run().unwrap().id);
            let asked = records.iter().find_map(|record| match &record.event {
                Event::StepDelayed { until, .. } => Some(*until),
                _ => None,
            });
            let begun =
                records.iter().rev().find(|record| matches!(record.event, Event::AttemptStarted { .. }));
            let (asked, first, last) = (asked.unwrap(), records[1].at, begun.unwrap().at);
            let expected = if form == "date" { date } else { first + SignedDuration::from_secs(1) };
            assert!(asked >= expected && last >= asked, "{name} {form}: {first} {asked} {last}");
        }
    }
}
