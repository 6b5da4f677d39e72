//! The memory that answers take: at most 0.5 KiB for each value and four times the bytes, of all answers at hand together.
//!
//! `cargo test` measures answers of a quarter of the size that is allowed by default. `cargo xtask matrix` sets
//! `NAFTIKO_MATRIX` and measures the whole size.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::command::Folder;

/// What a process may take besides its answers: the heaps of its threads, and what they leave free.
const SLACK: u64 = 24 << 20;

const DESCRIPTION: &str = "openapi: 3.0.3
info: {title: a, version: '1'}
paths:
  /big: {get: {operationId: big, responses: {'200': {description: d, content: {'*/*': {schema: {}}}}}}}
  /last: {get: {operationId: last, responses: {'200': {description: d, content: {'*/*': {schema: {}}}}}}}
";

const CAPABILITIES: &str = "specification: Naftiko Capabilities
specificationVersion: '0.2'
providerId: acme
baseUrl: http://127.0.0.1:1
auth: {type: bearer, envVar: ACME_API_KEY}
openapi: acme-openapi.yaml
capabilities: [{id: all, operationIds: [big, last]}]
";

/// A server that gives one answer to everything, and does not answer `/last` before a message allows it.
struct Server {
    port: u16,
    /// Has a message once `/last` is requested.
    asked: Receiver<()>,
    answer: Sender<()>,
}

impl Server {
    fn start(content_type: &'static str, body: Vec<u8>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (is_asked, asked) = channel();
        let (answer, may_answer) = channel();
        let shared = Arc::new((body, Mutex::new(may_answer)));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (shared, is_asked) = (Arc::clone(&shared), is_asked.clone());
                thread::spawn(move || {
                    let is_last = asked_for(&stream).is_some_and(|path| path.contains("/last"));
                    if is_last {
                        is_asked.send(()).unwrap();
                        let _ended = shared.1.lock().unwrap().recv();
                    }
                    let body: &[u8] = if is_last { b"{}" } else { &shared.0 };
                    let head = format!(
                        "HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                        body.len()
                    );
                    let _gone = (&stream).write_all(head.as_bytes()).and_then(|()| (&stream).write_all(body));
                });
            }
        });
        Self { port, asked, answer }
    }
}

/// The first line of a request, once all of its head is there.
fn asked_for(stream: &TcpStream) -> Option<String> {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let first = lines.next()?;
    lines.find(String::is_empty).map(|_| first)
}

/// The most memory that a process ever had, in bytes, once `times` such answers were read and recorded.
fn peak(content_type: &'static str, body: Vec<u8>, times: usize) -> u64 {
    let list: Vec<String> = (0..times).map(|number| number.to_string()).collect();
    let composition = format!(
        "name: Test
specification: Naftiko Capability Composition
specificationVersion: '0.2'
providerId: acme
steps:
  - {{id: big, capability: all, operation: big, forEach: '[{}]', concurrency: 8}}
  - {{id: last, capability: all, operation: last, dependsOn: [big]}}
",
        list.join(", ")
    );
    let folder = Folder::empty()
        .with("composition.yaml", composition)
        .with("shared/acme.yaml", CAPABILITIES)
        .with("shared/acme-openapi.yaml", DESCRIPTION);
    let server = Server::start(content_type, body);
    let base_url = format!("acme=http://127.0.0.1:{}", server.port);
    let mut run = folder.command(&["run", "composition.yaml", "--accept-inferred", "--base-url", &base_url]);
    let child = run.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    server.asked.recv().unwrap();
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    server.answer.send(()).unwrap();
    let ended = child.wait_with_output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    kilobytes << 10
}

fn json(items: impl Iterator<Item = String>) -> Vec<u8> {
    format!("[{}]", items.collect::<Vec<_>>().join(",")).into_bytes()
}

#[test]
fn memory_is_bounded_by_the_values_and_the_bytes_of_all_answers_at_hand() {
    let least = peak("application/json", b"{}".to_vec(), 1);
    let check = |what: &str, content_type: &'static str, body: Vec<u8>, nodes: u64, times: usize| {
        let bytes = u64::try_from(body.len()).unwrap();
        let most = u64::try_from(times).unwrap() * (512 * nodes + 4 * bytes);
        let taken = peak(content_type, body, times) - least;
        assert!(taken <= most + SLACK, "{what}: {} MiB, at most {} MiB", taken >> 20, (most + SLACK) >> 20);
    };
    let part = if std::env::var_os("NAFTIKO_MATRIX").is_some() { 1 } else { 4 };
    let count: u64 = 900_000 / part;
    let fields: Vec<String> = (0..count).map(|number| format!("\"field {number}\":{number}")).collect();
    let of_fields = format!("{{{}}}", fields.join(",")).into_bytes();
    let deep = format!("{}1{}", r#"{"a":"#.repeat(120), "}".repeat(120));
    for (what, body, nodes) in [
        ("empty objects", json((0..count).map(|_| "{}".to_owned())), count + 1),
        ("objects of one field", json((0..count / 2).map(|_| r#"{"a":1}"#.to_owned())), count + 1),
        ("lists of one item", json((0..count / 2).map(|_| "[1]".to_owned())), count + 1),
        ("short texts", json((0..count).map(|number| format!("\"text {number}\""))), count + 1),
        ("fields of one object", of_fields, count + 1),
        ("deep objects", json((0..count / 121).map(|_| deep.clone())), count / 121 * 121 + 1),
    ] {
        check(what, "application/json", body, nodes, 1);
    }
    let length = (31 << 20) / usize::try_from(part).unwrap();
    check("one text of JSON", "application/json", format!("\"{}\"", "x".repeat(length)).into_bytes(), 1, 1);
    check("one text", "text/plain", vec![b'x'; length], 1, 1);
    check(
        "several answers",
        "application/json",
        json((0..60_000 / part).map(|_| r#"{"a":1}"#.to_owned())),
        120_000 / part + 1,
        8,
    );
}
