//! A server on the loopback interface that records received requests byte by byte and sends a fixed response.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

/// A received request.
#[derive(Debug, Clone, Default)]
pub(super) struct Request {
    /// The path and the query.
    pub(super) target: String,
    /// The header fields, in order, with names in lower case.
    pub(super) fields: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Request {
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// The recorded requests, and the fixed response.
#[derive(Debug, Default)]
struct Desk {
    requests: Vec<Request>,
    content_type: String,
    answer: String,
}

/// The server, which runs as long as the process.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) url: String,
    desk: Arc<Mutex<Desk>>,
}

impl Server {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let desk = Arc::new(Mutex::new(Desk::default()));
        let shared = Arc::clone(&desk);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let desk = Arc::clone(&shared);
                std::thread::spawn(move || serve(&stream, &desk));
            }
        });
        Self { url, desk }
    }

    /// Sets the response to all further requests, and discards the recorded requests.
    pub(super) fn answer(&self, content_type: &str, answer: String) {
        let content_type = content_type.to_owned();
        *self.desk.lock().unwrap_or_else(PoisonError::into_inner) =
            Desk { requests: Vec::new(), content_type, answer };
    }

    pub(super) fn requests(&self) -> Vec<Request> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner).requests.clone()
    }
}

/// Serves one connection until it ends.
fn serve(stream: &TcpStream, desk: &Mutex<Desk>) {
    let mut reader = BufReader::new(stream);
    while let Some(request) = read(&mut reader) {
        let mut desk = desk.lock().unwrap_or_else(PoisonError::into_inner);
        desk.requests.push(request);
        let Desk { content_type, answer, .. } = &*desk;
        let length = answer.len();
        let head =
            format!("HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\n\r\n");
        let answer = head + &desk.answer;
        drop(desk);
        if (&*stream).write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

fn read(reader: &mut BufReader<&TcpStream>) -> Option<Request> {
    let line = |reader: &mut BufReader<&TcpStream>| {
        let mut line = Vec::new();
        reader.read_until(b'\n', &mut line).ok().filter(|count| *count > 0)?;
        Some(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned())
    };
    let first = line(reader)?;
    let mut request = Request { target: first.split(' ').nth(1)?.to_owned(), ..Request::default() };
    loop {
        let field = line(reader)?;
        let Some((name, value)) = field.split_once(':') else { break };
        request.fields.push((name.to_ascii_lowercase(), value.strip_prefix(' ').unwrap_or(value).to_owned()));
    }
    let length = request.field("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    request.body = vec![0; length];
    reader.read_exact(&mut request.body).ok()?;
    Some(request)
}
