//! Many peers at once, most of which only hold their connections open.

use super::peers::{Peer, get, post};
use super::{Limits, Listening, wide};

fn few() -> Listening {
    Listening::with(Limits { connections: 8, ..wide() })
}

/// Many open connections that have each sent this text.
fn crowd(listening: &Listening, says: &str) -> Vec<Peer> {
    let connect = |_| {
        let mut peer = listening.peer();
        peer.says(says);
        peer
    };
    (0..100).map(connect).collect()
}

#[test]
fn a_request_gets_through_however_many_connections_others_hold() {
    let half_a_body = "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nab";
    for says in ["", "GET / HTTP/1.1\r\n", half_a_body, &get("/"), &get("/large")] {
        let listening = few();
        let _held = crowd(&listening, says);
        for _ in 0..3 {
            let mut peer = listening.peer();
            peer.says(&post("/", "abc"));
            assert_eq!(peer.hears().map(|heard| heard.body), Some("3".to_owned()), "{says:?}");
        }
    }
}

#[test]
fn a_request_that_showed_a_credential_keeps_its_place() {
    let listening = few();
    let mut slow = listening.peer();
    slow.says("POST /trusted HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\nab");
    while listening.handled() == 0 {
        std::thread::yield_now();
    }
    // Trust is granted before the body is read. Reading has started once another request is answered.
    let mut other = listening.peer();
    other.says(&get("/"));
    assert_eq!(other.status(), Some(200));
    let _held = crowd(&listening, "GET / HT");
    slow.says("cd");
    assert_eq!(slow.hears().map(|heard| heard.body), Some("4".to_owned()));
}

#[test]
fn a_body_gets_through_however_much_room_others_take() {
    let listening = Listening::with(Limits { bodies_bytes: 128 << 10, ..wide() });
    let half = format!("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 65536\r\n\r\n{}", "x".repeat(60 << 10));
    let _held: Vec<Peer> = (0..10)
        .map(|_| {
            let mut peer = listening.peer();
            peer.says(&half);
            peer
        })
        .collect();
    while listening.handled() < 10 {
        std::thread::yield_now();
    }
    let mut peer = listening.peer();
    peer.says(&post("/", &"x".repeat(50 << 10)));
    assert_eq!(peer.hears().map(|heard| heard.body), Some((50 << 10).to_string()));
}

#[test]
fn a_connection_waits_while_no_other_can_be_closed_for_it() {
    let listening = Listening::with(Limits { connections: 1, ..wide() });
    let mut slow = listening.peer();
    slow.says("POST /trusted HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\nab");
    while listening.handled() == 0 {
        std::thread::yield_now();
    }
    let mut other = listening.peer();
    other.says(&get("/"));
    slow.says("cd");
    assert_eq!(slow.hears().map(|heard| heard.body), Some("4".to_owned()));
    assert_eq!(other.status(), Some(200));
}
