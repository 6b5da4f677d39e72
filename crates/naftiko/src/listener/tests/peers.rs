//! The client side of a connection.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// A client that sends raw text and reads responses.
pub(super) struct Peer(pub(super) TcpStream);

/// A response as it was received.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Heard {
    pub(super) status: u16,
    /// The head in lower case.
    pub(super) head: String,
    pub(super) body: String,
}

impl Peer {
    pub(super) fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("it listens");
        // A listener that hangs must fail the test instead of hanging it.
        stream.set_read_timeout(Some(Duration::from_mins(1))).expect("a time limit");
        Self(stream)
    }

    /// Sends a text. Returns whether the other end still accepts it.
    pub(super) fn says(&mut self, text: &str) -> bool {
        self.0.write_all(text.as_bytes()).is_ok()
    }

    /// Reads the next response, by its content length; `None` if the connection ends before it.
    pub(super) fn hears(&mut self) -> Option<Heard> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            head.push(char::from(self.byte()?));
        }
        let head = head.trim_end().to_ascii_lowercase();
        let status = head.split(' ').nth(1)?.parse().expect("a status");
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.map_or(0, |length| length.parse().expect("a length"));
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).ok()?;
        Some(Heard { status, head, body: String::from_utf8(body).expect("text") })
    }

    /// The status of the next response.
    pub(super) fn status(&mut self) -> Option<u16> {
        self.hears().map(|heard| heard.status)
    }

    /// Reads until the other end closes the connection, and returns the number of bytes.
    pub(super) fn hears_the_end(&mut self) -> usize {
        let mut bytes = Vec::new();
        match self.0.read_to_end(&mut bytes) {
            Err(error) if is_late(&error) => panic!("the connection is still open"),
            // A reset connection has ended too.
            _ => bytes.len(),
        }
    }

    /// Sends a text repeatedly and slowly, until the other end has closed the connection.
    pub(super) fn drips(&mut self, text: &str) {
        let mut other = Self(self.0.try_clone().expect("the same socket"));
        let text = text.to_owned();
        std::thread::spawn(move || {
            while other.says(&text) {
                std::thread::sleep(Duration::from_millis(20));
            }
        });
    }

    fn byte(&mut self) -> Option<u8> {
        let mut byte = [0];
        match self.0.read(&mut byte) {
            Ok(1) => Some(byte[0]),
            Err(error) if is_late(&error) => panic!("nothing was heard"),
            _ => None,
        }
    }
}

fn is_late(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut)
}

/// A complete request with a body.
pub(super) fn post(path: &str, body: &str) -> String {
    let length = body.len();
    format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n{body}")
}

/// A request without a body.
pub(super) fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n")
}
