//! TLS with a private certificate authority, HTTP/2, and proxies, over real sockets.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::JoinHandle;

use naftiko_adapter::{Adapter as _, FailureKind};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use url::Url;
use wiremock::ResponseTemplate;

use super::wire::{answering, builder, get, received};
use crate::{BuildError, Credential, Proxies};

/// A certificate authority, and a server certificate for `localhost` that it signed.
struct Authority {
    pem: String,
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

fn authority() -> Authority {
    let mut root = CertificateParams::new(Vec::new()).expect("no names");
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root_key = KeyPair::generate().expect("a key");
    let pem = root.self_signed(&root_key).expect("it signs itself").pem();
    let issuer = Issuer::new(root, root_key);
    let key = KeyPair::generate().expect("a key");
    let leaf = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
    let certificate = leaf.signed_by(&key, &issuer).expect("it is signed").der().clone();
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    Authority { pem, certificate, key }
}

fn server_config(authority: &Authority, protocols: &[&str]) -> Arc<ServerConfig> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![authority.certificate.clone()], authority.key.clone_key())
        .expect("a sound certificate");
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    Arc::new(config)
}

/// Serves one HTTP/2 request, and returns its version and its path.
async fn speaks_h2(listener: tokio::net::TcpListener, config: Arc<ServerConfig>) -> (http::Version, String) {
    let (stream, _) = listener.accept().await.expect("a connection");
    let stream = tokio_rustls::TlsAcceptor::from(config).accept(stream).await.expect("a handshake");
    let mut connection = h2::server::handshake(stream).await.expect("HTTP/2 is spoken");
    let (request, mut respond) = connection.accept().await.expect("a request").expect("a sound request");
    let answer = http::Response::builder().status(204).body(()).expect("an answer");
    respond.send_response(answer, true).expect("it is taken");
    let asked = (request.version(), request.uri().path().to_owned());
    // Wait until the client has read the response and closes the connection.
    let _ = connection.accept().await;
    asked
}

#[tokio::test]
async fn http_2_is_spoken_where_it_is_offered_to_whom_the_operator_trusts() {
    let authority = authority();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("https://localhost:{}", listener.local_addr().expect("a bound address").port());
    let server = tokio::spawn(speaks_h2(listener, server_config(&authority, &["h2", "http/1.1"])));
    let adapter = builder(&url, Credential::None).certificates("ca.pem", authority.pem.into_bytes()).build();
    let adapter = adapter.expect("a sound endpoint");
    assert_eq!(adapter.invoke(&get()).await.map(|response| response.status), Ok(204));
    drop(adapter);
    assert_eq!(server.await.expect("it served"), (http::Version::HTTP_2, "/things".to_owned()));
}

#[tokio::test]
async fn a_server_that_nobody_vouches_for_is_sent_nothing() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("https://localhost:{}", listener.local_addr().expect("a bound address").port());
    let config = server_config(&authority(), &[]);
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a connection");
        tokio_rustls::TlsAcceptor::from(config).accept(stream).await.is_err()
    });
    // A certificate authority that did not sign the certificate of the server.
    let adapter =
        builder(&url, Credential::None).certificates("ca.pem", authority().pem.into_bytes()).build();
    let failure = adapter.expect("a sound endpoint").invoke(&get()).await.expect_err("it is not trusted");
    assert_eq!(failure.kind, FailureKind::NotSent);
    assert!(failure.message.contains("certificate"), "{failure}");
    assert!(server.await.expect("it ends"), "no handshake, so no request");
}

#[test]
fn a_file_without_certificates_is_refused() {
    for pem in
        [&b""[..], b"not a certificate", b"-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n"]
    {
        let built =
            builder("https://example.com", Credential::None).certificates("ca.pem", pem.to_vec()).build();
        let expected = "`ca.pem` has no certificate that can be read: they are given in PEM form";
        assert_eq!(built.expect_err("there is none").to_string(), expected);
    }
}

/// A proxy that sends one response, and the head of the request that it received.
fn proxy(answer: &'static str) -> (SocketAddr, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("a bound address");
    let served = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let head = head(&stream);
        stream.write_all(answer.as_bytes()).expect("the answer is taken");
        head
    });
    (address, served)
}

fn head(stream: &TcpStream) -> String {
    let lines = BufReader::new(stream).lines().map_while(Result::ok);
    lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

fn through(address: SocketAddr) -> Option<Url> {
    Url::parse(&format!("http://me:hunter2@{address}")).ok()
}

#[tokio::test]
async fn requests_go_through_the_proxy_and_it_finds_the_name() {
    let (address, served) = proxy("HTTP/1.1 204 No Content\r\n\r\n");
    let proxies = Proxies { http: through(address), ..Proxies::default() };
    assert!(!format!("{proxies:?}").contains("hunter2"));
    let adapter = builder("http://api.invalid/v1", Credential::None)
        .allow("api.invalid".parse().expect("a host"))
        .proxies(proxies)
        .build()
        .expect("a sound endpoint");
    assert_eq!(adapter.invoke(&get()).await.map(|response| response.status), Ok(204));
    drop(adapter);
    let head = served.join().expect("it served").to_ascii_lowercase();
    assert!(head.starts_with("get http://api.invalid/v1/things http/1.1\n"), "{head}");
    assert!(head.contains("proxy-authorization: basic bwu6ahvudgvymg=="), "{head}");
}

#[tokio::test]
async fn a_proxy_that_refuses_the_tunnel_means_that_nothing_was_sent() {
    let (address, served) = proxy("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    let proxies = Proxies { https: through(address), ..Proxies::default() };
    let adapter =
        builder("https://api.invalid", Credential::Bearer("sk_hidden".into())).proxies(proxies).build();
    let failure = adapter.expect("a sound endpoint").invoke(&get()).await.expect_err("there is no tunnel");
    assert_eq!(failure.kind, FailureKind::NotSent);
    let head = served.join().expect("it served");
    assert!(head.starts_with("CONNECT api.invalid:443 HTTP/1.1\n"), "{head}");
    assert!(!head.contains("sk_hidden"), "{head}");
}

#[tokio::test]
async fn this_machine_and_hosts_that_are_listed_are_spoken_to_directly() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.set_nonblocking(true).expect("it can be asked");
    let http = through(listener.local_addr().expect("a bound address"));
    let server = answering(ResponseTemplate::new(204)).await;
    let proxies = Proxies { http, none_for: "listed.invalid".to_owned(), ..Proxies::default() };
    let local = builder(&server.uri(), Credential::None).proxies(proxies.clone()).build();
    assert!(local.expect("a sound endpoint").invoke(&get()).await.is_ok());
    assert_eq!(received(&server).await.len(), 1);
    let listed = builder("http://listed.invalid", Credential::None)
        .allow("listed.invalid".parse().expect("a host"))
        .proxies(proxies)
        .build();
    let failure = listed.expect("a sound endpoint").invoke(&get()).await.expect_err("there is no such name");
    assert_eq!(failure.kind, FailureKind::NotSent);
    assert!(listener.accept().is_err(), "nobody asked the proxy");
}

#[tokio::test]
async fn a_proxy_does_not_lead_to_what_may_not_be_spoken_to() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.set_nonblocking(true).expect("it can be asked");
    let proxy = through(listener.local_addr().expect("a bound address"));
    let proxies = Proxies { http: proxy.clone(), https: proxy, ..Proxies::default() };
    for url in ["https://169.254.169.254", "https://10.0.0.1", "http://api.example.com"] {
        let built = builder(url, Credential::None).proxies(proxies.clone()).build();
        assert!(matches!(built, Err(BuildError::Denied { .. })), "{url}");
    }
    let socks = Proxies { http: Url::parse("socks5://127.0.0.1:1").ok(), ..Proxies::default() };
    let built = builder("https://api.example.com", Credential::None).proxies(socks).build();
    assert!(matches!(built, Err(BuildError::Proxy { .. })));
    assert!(listener.accept().is_err(), "nobody asked the proxy");
}
