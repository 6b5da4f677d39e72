//! Peers that send or read too slowly, too much, or in unusual ways.

use super::peers::{Peer, get, post};
use super::{LARGE, Limits, Listening, SHORT, wide};

fn quick() -> Limits {
    Limits { head_time: SHORT, body_time: SHORT, write_time: SHORT, idle_time: SHORT, ..wide() }
}

/// Returns the number of bytes received before the connection is closed. Only one of the limits should be short, so
/// that it is the one that is reached.
fn ends(limits: Limits, begins: &str, goes_on: &str) -> usize {
    let listening = Listening::with(limits);
    let mut peer = listening.peer();
    assert!(peer.says(begins));
    if !goes_on.is_empty() {
        peer.drips(goes_on);
    }
    peer.hears_the_end()
}

#[test]
fn a_head_that_does_not_come_to_its_end_is_not_waited_for() {
    let limits = || Limits { head_time: SHORT, ..wide() };
    for (begins, goes_on) in [
        ("", ""),
        ("GET", ""),
        ("GET /x HTTP/1.1\r\n", ""),
        ("GET /x HTTP/1.1\r\n", "x-a: b\r\n"),
        ("\r\n", "\r\n"),
    ] {
        assert_eq!(ends(limits(), begins, goes_on), 0, "{begins:?} {goes_on:?}");
    }
}

#[test]
fn neither_is_the_head_of_a_second_request() {
    let listening = Listening::with(Limits { head_time: SHORT, ..wide() });
    let mut peer = listening.peer();
    peer.says(&get("/"));
    assert_eq!(peer.status(), Some(200));
    peer.says("GET / HT");
    peer.drips("T");
    assert_eq!(peer.hears_the_end(), 0);
}

#[test]
fn an_idle_connection_is_not_kept() {
    let listening = Listening::with(Limits { idle_time: SHORT, ..wide() });
    let mut peer = listening.peer();
    peer.says(&get("/"));
    assert_eq!(peer.status(), Some(200));
    assert_eq!(peer.hears_the_end(), 0);
}

#[test]
fn a_body_that_does_not_come_to_its_end_is_answered_without() {
    let head = "POST / HTTP/1.1\r\nhost: x\r\n";
    for (begins, goes_on) in [
        ("content-length: 1000\r\n\r\n", ""),
        ("content-length: 60000\r\n\r\n", "x"),
        ("transfer-encoding: chunked\r\n\r\n", "1\r\nx\r\n"),
        ("transfer-encoding: chunked\r\n\r\n3", ""),
        ("transfer-encoding: chunked\r\n\r\n3;a=b", ";"),
        ("transfer-encoding: chunked\r\n\r\n0\r\nx: y\r\n", "z: a\r\n"),
    ] {
        let listening = Listening::with(Limits { body_time: SHORT, ..wide() });
        let mut peer = listening.peer();
        peer.says(&format!("{head}{begins}"));
        if !goes_on.is_empty() {
            peer.drips(goes_on);
        }
        assert_eq!(peer.status(), Some(408), "{begins:?}");
        peer.hears_the_end();
    }
}

#[test]
fn a_body_has_a_greatest_length_announced_or_not() {
    let listening = Listening::with(wide());
    let mut peer = listening.peer();
    peer.says("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 65537\r\n\r\n");
    assert_eq!(peer.status(), Some(413), "nothing of it has come");

    let mut peer = listening.peer();
    peer.says("POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n");
    peer.drips(&format!("1000\r\n{}\r\n", "x".repeat(0x1000)));
    assert_eq!(peer.status(), Some(413));

    let mut peer = listening.peer();
    peer.says(&post("/", &"x".repeat(65536)));
    assert_eq!(peer.hears().map(|heard| heard.body), Some("65536".to_owned()));
}

#[test]
fn who_sends_a_body_that_is_refused_hears_why() {
    let listening = Listening::with(wide());
    let long = "x".repeat(8 << 20);
    for path in ["/", "/refused"] {
        let mut peer = listening.peer();
        assert!(peer.says(&post(path, &long)), "{path}");
        assert_eq!(peer.status(), Some(if path == "/" { 413 } else { 403 }));
        peer.says(&get("/"));
        assert_eq!(peer.status(), Some(200), "the next request on the same connection");
    }
    let listening = Listening::with(Limits { head_time: SHORT, ..wide() });
    let mut peer = listening.peer();
    peer.says("POST /refused HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n");
    peer.drips("1\r\nx\r\n");
    assert_eq!(peer.status(), Some(403));
    assert_eq!(peer.hears_the_end(), 0, "but not for ever");
}

#[test]
fn who_waits_to_be_told_to_go_on_is_told_once_the_body_is_wanted() {
    let listening = Listening::with(wide());
    let head = |path: &str| {
        format!("POST {path} HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 3\r\n\r\n")
    };
    let mut peer = listening.peer();
    peer.says(&head("/"));
    assert_eq!(peer.status(), Some(100));
    peer.says("abc");
    assert_eq!(peer.status(), Some(200));

    let mut peer = listening.peer();
    peer.says(&head("/refused"));
    assert_eq!(peer.status(), Some(403), "without a body");

    let listening = Listening::with(quick());
    let mut peer = listening.peer();
    peer.says(&head("/"));
    assert_eq!([peer.status(), peer.status()], [Some(100), Some(408)], "and never sends it");
}

#[test]
fn a_head_has_a_greatest_length() {
    let listening = Listening::with(wide());
    let long = "x".repeat(20_000);
    let many = "a: b\r\n".repeat(200);
    for request in [
        format!("GET /{long} HTTP/1.1\r\nhost: x\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nhost: x\r\nx-long: {long}\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nhost: x\r\n{many}\r\n"),
    ] {
        let mut peer = listening.peer();
        peer.says(&request);
        let status = peer.status();
        assert!(matches!(status, Some(400..=499)), "{status:?}");
    }
    assert_eq!(listening.handled(), 0);
}

#[test]
fn a_response_that_is_not_read_is_not_waited_for() {
    let listening = Listening::with(Limits { write_time: SHORT, ..wide() });
    let mut peer = listening.peer();
    // Many requests, each with a response that the server would have to hold in memory.
    peer.says(&get("/large").repeat(100));
    std::thread::sleep(SHORT * 4);
    assert!(peer.hears_the_end() < LARGE);
    assert_eq!(listening.handled(), 1);
}

#[test]
fn requests_in_a_row_are_answered_in_a_row() {
    let listening = Listening::with(wide());
    let mut peer = listening.peer();
    let requests: String = (0..50).map(|length| post("/", &"x".repeat(length))).collect();
    peer.says(&requests);
    let lengths: Vec<String> = (0..50).map(|_| peer.hears().expect("a response").body).collect();
    assert_eq!(lengths, (0..50).map(|length| length.to_string()).collect::<Vec<_>>());
}

#[test]
fn a_connection_ends_after_so_many_requests() {
    let listening = Listening::with(Limits { requests: 3, ..wide() });
    let mut peer = listening.peer();
    peer.says(&get("/").repeat(10));
    let heads: Vec<String> = (0..3).map(|_| peer.hears().expect("a response").head).collect();
    assert_eq!(heads.iter().filter(|head| head.contains("connection: close")).count(), 1, "{heads:?}");
    assert_eq!(peer.hears_the_end(), 0);
    assert_eq!(listening.handled(), 3);
}

/// The status of the response to this head on a new connection.
fn answered(listening: &Listening, head: &str) -> Option<u16> {
    let mut peer: Peer = listening.peer();
    peer.says(head);
    peer.status()
}

#[test]
fn who_is_asked_has_to_be_said_once_except_in_the_old_version() {
    let listening = Listening::with(wide());
    assert_eq!(answered(&listening, "GET / HTTP/1.0\r\n\r\n"), Some(200));
    assert_eq!(answered(&listening, "GET / HTTP/1.1\r\n\r\n"), Some(400));
    assert_eq!(answered(&listening, "GET / HTTP/1.1\r\nhost: a\r\nhost: a\r\n\r\n"), Some(400));
    assert_eq!(answered(&listening, "GET / HTTP/1.0\r\nhost: a\r\nhost: b\r\n\r\n"), Some(400));
    let mut peer = listening.peer();
    peer.says("GET / HTTP/1.0\r\n\r\n");
    peer.hears();
    assert_eq!(peer.hears_the_end(), 0, "the old version keeps no connection");
}

#[test]
fn nobody_is_given_another_protocol() {
    let listening = Listening::with(wide());
    let upgrade = "GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";
    assert_eq!(answered(&listening, upgrade), Some(200));
    let h2c = "GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AA\r\n\r\n";
    assert_eq!(answered(&listening, h2c), Some(200));
    let prior_knowledge = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    assert!(answered(&listening, prior_knowledge).is_none_or(|status| status >= 400));
    let tls = "\u{16}\u{3}\u{1}\u{2}";
    assert!(ends(quick(), tls, "") < 200);
}

#[test]
fn a_connection_may_be_closed_without_a_response() {
    let listening = Listening::with(wide());
    assert_eq!(answered(&listening, &get("/silent")), None);
    assert_eq!(answered(&listening, &get("/")), Some(200));
}
