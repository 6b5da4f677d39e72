//! A receiver of webhooks, on a real socket.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

/// The reaction to a message.
pub(crate) enum Does {
    Answers(u16),
    /// Accepts the message without a response.
    Drops,
    /// Accepts the message, and kills the sender before it can read the response.
    Kills(Box<dyn Fn() + Send>),
}

/// A received message.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Seen {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

pub(crate) struct Receiver {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    does: Arc<Mutex<VecDeque<Does>>>,
    at_once: Arc<AtOnce>,
}

/// The number of messages being received now, and its maximum.
#[derive(Default)]
struct AtOnce {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Receiver {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let receiver = Self { address, seen: Arc::default(), does: Arc::default(), at_once: Arc::default() };
        let (seen, does) = (Arc::clone(&receiver.seen), Arc::clone(&receiver.does));
        let at_once = Arc::clone(&receiver.at_once);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (seen, does, at_once) = (Arc::clone(&seen), Arc::clone(&does), Arc::clone(&at_once));
                std::thread::spawn(move || serve(&stream.unwrap(), &seen, &does, &at_once));
            }
        });
        receiver
    }

    /// Sets the next reactions; afterwards it responds with 204.
    pub(crate) fn does(&self, next: impl IntoIterator<Item = Does>) {
        self.does.lock().unwrap().extend(next);
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/in?key=s3cret-of-the-receiver", self.address)
    }

    /// The maximum number of messages received at the same time.
    pub(crate) fn most_at_once(&self) -> usize {
        self.at_once.most.load(Ordering::SeqCst)
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

/// Serves one connection, which may carry several messages.
fn serve(stream: &TcpStream, seen: &Mutex<Vec<Seen>>, does: &Mutex<VecDeque<Does>>, at_once: &AtOnce) {
    let mut reader = BufReader::new(stream);
    while let Some(message) = read(&mut reader) {
        seen.lock().unwrap().push(message);
        let now = at_once.now.fetch_add(1, Ordering::SeqCst) + 1;
        at_once.most.fetch_max(now, Ordering::SeqCst);
        // Long enough for the next message to arrive during this one.
        std::thread::sleep(Duration::from_millis(50));
        at_once.now.fetch_sub(1, Ordering::SeqCst);
        let next = does.lock().unwrap().pop_front();
        let status = match next {
            None => 204,
            Some(Does::Answers(status)) => status,
            Some(Does::Drops) => return,
            Some(Does::Kills(kill)) => return kill(),
        };
        let answer = format!("HTTP/1.1 {status} Whatever\r\ncontent-length: 0\r\n\r\n");
        if (&*stream).write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

fn read(reader: &mut impl BufRead) -> Option<Seen> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Seen { path, headers, body: String::from_utf8(body).unwrap() })
}
