//! The hosts that the adapter contacts, and that others receive nothing.

use std::io;
use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use naftiko_adapter::{Adapter as _, FailureKind, Method};
use url::Url;
use wiremock::ResponseTemplate;

use super::wire::{answering, builder, get, received};
use super::{call, operation};
use crate::egress::{Egress, Lookup, Reach};
use crate::{AllowedHost, BuildError, Credential, HttpAdapter};

fn allowed(hosts: &[&str]) -> Vec<AllowedHost> {
    hosts.iter().map(|host| host.parse().expect("a host")).collect()
}

/// The decision on a URL that a document names, where the operator allows these hosts.
fn permitted(url: &str, hosts: &[&str]) -> Result<Reach, String> {
    let url = Url::parse(url).expect("a URL");
    let mut egress = Egress::new(allowed(hosts));
    egress.name(&url);
    egress.permit(&url).map_err(|denied| denied.to_string())
}

#[test]
fn documents_may_name_the_internet_and_this_machine() {
    for url in [
        "https://api.example.com/v1",
        "https://api.example.com:8443",
        "https://1.1.1.1",
        "https://[2606:4700::1]",
    ] {
        assert_eq!(permitted(url, &[]), Ok(Reach::Public), "{url}");
    }
    for url in [
        "http://127.0.0.1:8080",
        "https://127.9.9.9",
        "http://[::1]:80",
        "http://localhost:3000",
        "http://x.localhost",
        // Other notations of 127.0.0.1.
        "http://2130706433",
        "http://0x7f000001",
        "http://0177.0.0.1",
        "http://127.1",
        "http://[::ffff:127.0.0.1]",
    ] {
        assert_eq!(permitted(url, &[]), Ok(Reach::Loopback), "{url}");
    }
}

#[test]
fn what_a_document_may_not_name_is_refused_with_its_reason() {
    let said = |url, hosts: &[&str]| permitted(url, hosts).expect_err("this is refused");
    let schemes = [
        ("file:///etc/passwd", "file"),
        ("ftp://example.com", "ftp"),
        ("gopher://127.0.0.1:70", "gopher"),
        ("data:text/plain,x", "data"),
        ("unix:/var/run/docker.sock", "unix"),
    ];
    for (url, scheme) in schemes {
        assert_eq!(
            said(url, &["example.com", "127.0.0.1"]),
            format!("the URL scheme `{scheme}` is not supported: use `https` or `http`")
        );
    }
    for url in [
        "https://me:hunter2@api.example.com",
        "https://hunter2@api.example.com",
        "https://:hunter2@api.example.com",
    ] {
        let message = said(url, &["api.example.com"]);
        assert!(
            message.contains("contains a user or a password") && !message.contains("hunter2"),
            "{message}"
        );
    }
    assert_eq!(
        said("http://api.example.com:8080/v1", &[]),
        "`http` to `api.example.com:8080` is not allowed, because it is not encrypted: use `https`, or allow \
         it with `--allow-host api.example.com:8080`"
    );
    assert_eq!(
        said("https://10.0.0.7/", &[]),
        "`10.0.0.7` is not allowed: it is a private address; allow it with `--allow-host 10.0.0.7`"
    );
    for url in [
        "http://169.254.169.254/latest/",
        "https://2852039166/",
        "https://0xa9.0xfe.0xa9.0xfe/",
        "https://0251.0376.0251.0376",
        "https://[::ffff:169.254.169.254]/",
        "https://[64:ff9b::a9fe:a9fe]",
        "https://[fd00:ec2::254]/",
        "https://[fe80::1]/",
    ] {
        assert!(said(url, &[]).contains("a link-local or metadata address"), "{url}");
    }
    for url in [
        "https://0.0.0.0",
        "https://0",
        "https://255.255.255.255",
        "https://224.0.0.1",
        "https://192.0.2.1",
        "https://[::]",
    ] {
        assert!(said(url, &[]).contains("a reserved address"), "{url}");
    }
}

#[test]
fn the_operator_allows_a_host_at_one_port_or_at_all() {
    assert_eq!(permitted("http://10.0.0.7:8080", &["10.0.0.7"]), Ok(Reach::Anywhere));
    assert_eq!(permitted("http://db.internal:8080", &["DB.internal:8080"]), Ok(Reach::Anywhere));
    assert_eq!(permitted("http://[fd12::1]:80", &["[fd12::1]:80"]), Ok(Reach::Anywhere));
    assert_eq!(permitted("https://[fd12::1]", &["fd12::1"]), Ok(Reach::Anywhere));
    assert_eq!(permitted("http://169.254.169.254", &["169.254.169.254"]), Ok(Reach::Anywhere));
    assert!(permitted("http://db.internal:8081", &["db.internal:8080"]).is_err());
    assert!(permitted("http://db.internal.evil.example", &["db.internal"]).is_err());
    let elsewhere = Egress::new(allowed(&["db.internal"]))
        .permit(&Url::parse("https://api.example.com:8443").expect("a URL"));
    assert_eq!(
        elsewhere.expect_err("nobody named it").to_string(),
        "`api.example.com:8443` is not allowed: no capabilities document names it; allow it with \
         `--allow-host api.example.com:8443`"
    );
    for text in [
        "",
        "*.example.com",
        "https://example.com",
        "example.com/v1",
        "example.com:x",
        "me@example.com",
        "[::1",
        ":80",
    ] {
        assert!(text.parse::<AllowedHost>().is_err(), "{text}");
    }
}

#[test]
fn a_name_may_lead_only_as_far_as_it_is_allowed_to() {
    let egress = Egress::new(allowed(&["db.internal", "169.254.7.7", "10.9.9.9"]));
    let check = |reach, addresses: &[&str], expected: Option<&str>| {
        let addresses: Vec<IpAddr> = addresses.iter().map(|text| text.parse().expect("an address")).collect();
        let found = egress.admit("db.internal", reach, &addresses).err().map(|denied| denied.to_string());
        assert_eq!(found.as_deref(), expected, "{reach:?} {addresses:?}");
    };
    check(Reach::Public, &["1.1.1.1", "2606:4700::1"], None);
    check(Reach::Public, &["10.9.9.9", "169.254.7.7"], None);
    let private = "`db.internal` is not allowed: it resolves to 10.0.0.1, a private address; allow it with \
                   `--allow-host db.internal`";
    check(Reach::Public, &["10.0.0.1"], Some(private));
    check(Reach::Public, &["1.1.1.1", "10.0.0.1"], Some(private));
    let loopback = "`db.internal` is not allowed: it resolves to ::1, a loopback address; allow it with \
                    `--allow-host db.internal`";
    check(Reach::Public, &["::1"], Some(loopback));
    check(Reach::Loopback, &["127.0.0.1", "::1"], None);
    let public = "`db.internal` is not allowed: it resolves to 1.1.1.1, a public address; allow it with \
                  `--allow-host db.internal`";
    check(Reach::Loopback, &["1.1.1.1"], Some(public));
    check(Reach::Anywhere, &["10.0.0.1", "127.0.0.1", "192.0.2.1", "fd12::1", "169.254.7.7"], None);
    let metadata = "`db.internal` is not allowed: it resolves to 169.254.169.254, a link-local or metadata \
                    address; allow it with `--allow-host 169.254.169.254`";
    check(Reach::Anywhere, &["169.254.169.254"], Some(metadata));
}

/// Addresses that no document may reach, by a name or written in a URL: each is not public, or embeds an address that is
/// not.
const NOT_PUBLIC: [&str; 62] = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::2",
    "::127.0.0.1",
    "::10.0.0.1",
    "::169.254.169.254",
    "::8.8.8.8",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:127.0.0.1",
    "::ffff:0:169.254.169.254",
    "::ffff:0:8.8.8.8",
    "64:ff9b::127.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::8.8.8.8",
    "64:ff9b:1::169.254.169.254",
    "100::1",
    "2001::1",
    "2001:0:808:808::f7f7:f7f7",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "2002:a9fe:a9fe::1",
    "2002:808:808::5efe:10.0.0.1",
    "2001:4860::5efe:127.0.0.1",
    "2001:4860::200:5efe:192.168.0.1",
    "3fff::1",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fd00::5efe:8.8.8.8",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
];

#[tokio::test]
async fn a_name_that_leads_to_what_is_not_public_is_refused_before_a_connection() {
    for text in NOT_PUBLIC {
        let address: IpAddr = text.parse().expect("an address");
        let lookup = Rebinding::to(&[address]);
        let endpoint = builder("https://api.example.com", Credential::None).lookup(lookup.clone());
        let failure = endpoint.build().expect("a sound endpoint").invoke(&get()).await.expect_err(text);
        assert_eq!(failure.kind, FailureKind::Refused, "{text}");
        assert!(failure.message.contains(&format!("it resolves to {address}, ")), "{text}: {failure}");
        assert_eq!(lookup.asked.load(Ordering::Relaxed), 1, "{text}");
    }
}

#[test]
fn an_address_that_is_not_public_is_refused_where_a_url_contains_it() {
    for text in NOT_PUBLIC.iter().filter(|text| !["127.0.0.1", "::1", "::ffff:127.0.0.1"].contains(text)) {
        let url = if text.contains(':') { format!("https://[{text}]") } else { format!("https://{text}") };
        let refused = builder(&url, Credential::None).build().expect_err(text);
        assert!(matches!(refused, BuildError::Denied { .. }), "{text}: {refused}");
    }
}

/// A resolver that returns another address each time.
#[derive(Debug)]
struct Rebinding {
    addresses: Vec<IpAddr>,
    asked: AtomicUsize,
}

impl Rebinding {
    fn to(addresses: &[IpAddr]) -> Arc<Self> {
        Arc::new(Self { addresses: addresses.to_vec(), asked: AtomicUsize::new(0) })
    }
}

#[async_trait]
impl Lookup for Rebinding {
    async fn lookup(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        let asked = self.asked.fetch_add(1, Ordering::Relaxed);
        Ok(vec![self.addresses[asked.min(self.addresses.len() - 1)]])
    }
}

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

#[tokio::test]
async fn a_name_that_leads_to_this_machine_is_refused_and_nobody_hears_of_it() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("a bound address").port();
    listener.set_nonblocking(true).expect("it can be asked");
    let lookup = Rebinding::to(&[LOOPBACK]);
    let builder =
        builder(&format!("https://api.example.com:{port}"), Credential::None).lookup(lookup.clone());
    let failure = builder.build().expect("a sound endpoint").invoke(&get()).await.expect_err("it is refused");
    assert_eq!(failure.kind, FailureKind::Refused);
    assert_eq!(
        failure.message,
        "`api.example.com` is not allowed: it resolves to 127.0.0.1, a loopback address; allow it with \
         `--allow-host api.example.com`"
    );
    assert_eq!(lookup.asked.load(Ordering::Relaxed), 1);
    assert_eq!(listener.accept().expect_err("nobody came").kind(), io::ErrorKind::WouldBlock);
}

#[tokio::test]
async fn what_is_checked_is_what_is_connected_to() {
    let server = answering(ResponseTemplate::new(204)).await;
    let port = server.address().port();
    let host: AllowedHost = format!("api.example.com:{port}").parse().expect("a host");
    // A check before the request would not have seen the second address.
    let lookup = Rebinding::to(&[LOOPBACK, "169.254.169.254".parse().expect("an address")]);
    let adapter = builder(&format!("http://api.example.com:{port}"), Credential::None)
        .allow(host)
        .lookup(lookup.clone());
    let adapter = adapter.build().expect("a sound endpoint");
    assert_eq!(adapter.invoke(&get()).await.map(|response| response.status), Ok(204));
    assert_eq!(lookup.asked.load(Ordering::Relaxed), 1, "the name is asked for once a connection");
    // The connection is reused, and the name is not resolved again.
    assert_eq!(adapter.invoke(&get()).await.map(|response| response.status), Ok(204));
    assert_eq!(received(&server).await.len(), 2);
    assert_eq!(received(&server).await[0].headers["host"], format!("api.example.com:{port}"));
    let mut slower = get();
    slower.timeout = Some(std::time::Duration::from_secs(20));
    // Another limit needs another client: it opens a new connection, and the name now resolves to another address.
    let failure = adapter.invoke(&slower).await.expect_err("it is refused");
    assert_eq!(failure.kind, FailureKind::Refused);
    assert!(failure.message.contains("169.254.169.254, a link-local or metadata address"), "{failure}");
    assert_eq!(received(&server).await.len(), 2);
}

#[tokio::test]
async fn localhost_leads_to_this_machine_or_nowhere() {
    let server = answering(ResponseTemplate::new(204)).await;
    let url = format!("http://localhost:{}", server.address().port());
    let to =
        |address| builder(&url, Credential::None).lookup(Rebinding::to(&[address])).build().expect("sound");
    assert!(to(LOOPBACK).invoke(&get()).await.is_ok());
    let failure = to(IpAddr::from([192, 168, 0, 1])).invoke(&get()).await.expect_err("it is refused");
    assert_eq!(failure.kind, FailureKind::Refused);
    assert!(
        failure.message.starts_with("`localhost` is not allowed: it resolves to 192.168.0.1"),
        "{failure}"
    );
    assert_eq!(received(&server).await.len(), 1);
}

#[test]
fn an_endpoint_that_may_not_be_spoken_to_is_found_when_building() {
    let build = |url| builder(url, Credential::None).build().expect_err("this is refused");
    for url in ["https://169.254.169.254/latest", "http://api.example.com", "https://192.168.0.1"] {
        assert!(matches!(build(url), BuildError::Denied { .. }), "{url}");
    }
    assert_eq!(
        build("https://[fd00:ec2::254]").to_string(),
        "`acme`: `[fd00:ec2::254]` is not allowed: it is a link-local or metadata address; allow it with \
         `--allow-host '[fd00:ec2::254]'`"
    );
}

#[tokio::test]
async fn a_redirect_to_another_server_is_an_answer() {
    let inside = answering(ResponseTemplate::new(200)).await;
    for location in
        [inside.uri(), "http://169.254.169.254/latest/meta-data/".to_owned(), "file:///etc/passwd".to_owned()]
    {
        let server = answering(ResponseTemplate::new(302).insert_header("location", &*location)).await;
        let response = builder(&server.uri(), Credential::Bearer("sk_hidden".into()))
            .build()
            .expect("a sound endpoint")
            .invoke(&get())
            .await
            .expect("an answer");
        assert_eq!(response.status, 302);
        assert_eq!(received(&server).await.len(), 1);
    }
    assert!(received(&inside).await.is_empty(), "nothing was sent on");
}

#[tokio::test]
async fn redirects_on_one_server_are_followed_but_not_for_ever() {
    let server = answering(ResponseTemplate::new(307).insert_header("location", "/again")).await;
    let adapter =
        builder(&server.uri(), Credential::Bearer("sk_shown".into())).build().expect("a sound endpoint");
    assert_eq!(adapter.invoke(&get()).await.map(|response| response.status), Ok(307));
    let sent = received(&server).await;
    assert_eq!(sent.len(), 6, "once, and five times more");
    assert!(sent.iter().all(|request| request.headers["authorization"] == "Bearer sk_shown"));
    assert_eq!(sent[5].url.path(), "/again");
    // A request that may have an effect is never sent twice.
    let mut post = operation(Method::Post, "/things", Vec::new());
    post.idempotency_key = None;
    let response = adapter.invoke(&call(post, naftiko_adapter::Arguments::default())).await;
    assert_eq!(response.map(|response| response.status), Ok(307));
    assert_eq!(received(&server).await.len(), 7);
}

/// The addresses that a guard returns for a host that resolves to `leads_to`, where the operator allows `hosts`.
async fn guarded(host: &str, leads_to: &[&str], hosts: &[&str]) -> Result<Vec<String>, String> {
    let leads_to: Vec<IpAddr> = leads_to.iter().map(|text| text.parse().expect("an address")).collect();
    let lookup = Rebinding::to(if leads_to.is_empty() { &[LOOPBACK] } else { &leads_to });
    let mut builder = HttpAdapter::builder().lookup(lookup);
    for host in allowed(hosts) {
        builder = builder.allow(host);
    }
    let guard = builder.guard(host, 25).map_err(|denied| denied.to_string())?;
    let addresses = guard.addresses().await.map_err(|failure| {
        assert_eq!(failure.kind, FailureKind::Refused, "{failure}");
        failure.message
    })?;
    Ok(addresses.iter().map(ToString::to_string).collect())
}

#[tokio::test]
async fn a_server_of_another_protocol_is_under_the_same_rules() {
    let gives = |address: &str| Ok(vec![address.to_owned()]);
    assert_eq!(guarded("mail.example", &["1.1.1.1"], &[]).await, gives("1.1.1.1:25"));
    assert_eq!(guarded("1.1.1.1", &[], &[]).await, gives("1.1.1.1:25"));
    assert_eq!(guarded("localhost", &["127.0.0.1"], &[]).await, gives("127.0.0.1:25"));
    assert_eq!(guarded("[::1]", &[], &[]).await, gives("[::1]:25"));
    for (host, leads_to) in [
        ("169.254.169.254", ""),
        ("2852039166", ""),
        ("0xa9.0xfe.0xa9.0xfe", ""),
        ("0251.0376.0251.0376", ""),
        ("[::ffff:169.254.169.254]", ""),
        ("[fd00:ec2::254]", ""),
        ("10.0.0.7", ""),
        ("[fd12::1]", ""),
        ("0.0.0.0", ""),
        ("mail.example", "169.254.169.254"),
        ("mail.example", "10.0.0.7"),
        ("mail.example", "127.0.0.1"),
        ("mail.example", "fd00:ec2::254"),
        ("localhost", "10.0.0.7"),
    ] {
        let leads_to: Vec<&str> = leads_to.split_whitespace().collect();
        let refused = guarded(host, &leads_to, &[]).await.expect_err(host);
        assert!(refused.contains("allow it with"), "{host}: {refused}");
    }
    assert_eq!(guarded("10.0.0.7", &[], &["10.0.0.7"]).await, gives("10.0.0.7:25"));
    assert_eq!(guarded("mail.internal", &["10.0.0.7"], &["mail.internal:25"]).await, gives("10.0.0.7:25"));
    assert!(guarded("mail.internal", &["10.0.0.7"], &["mail.internal:587"]).await.is_err());
    assert!(guarded("mail.internal", &["169.254.169.254"], &["mail.internal"]).await.is_err());
    for none in ["", "a b", "[::1", "mail.example/x", "a@b"] {
        assert_eq!(guarded(none, &[], &[]).await, Err(format!("`{none}` is not a host")));
    }
}

#[tokio::test]
async fn what_a_guard_admitted_is_what_is_connected_to() {
    let lookup = Rebinding::to(&["1.1.1.1".parse().expect("an address"), LOOPBACK]);
    let guard =
        HttpAdapter::builder().lookup(lookup.clone()).guard("mail.example", 25).expect("it is public");
    assert!(guard.addresses().await.is_ok());
    assert_eq!(lookup.asked.load(Ordering::Relaxed), 1, "one answer is judged and used");
    assert!(guard.addresses().await.is_err(), "the next one leads elsewhere");
}

/// A resolver that fails with this kind of error.
#[derive(Debug)]
struct Failing(io::ErrorKind);

#[async_trait]
impl Lookup for Failing {
    async fn lookup(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        Err(self.0.into())
    }
}

#[tokio::test]
async fn a_guard_tells_a_shortage_of_this_machine_from_a_host_without_an_address() {
    for (error, expected) in [
        (io::ErrorKind::OutOfMemory, FailureKind::LocalShortage),
        (io::ErrorKind::ConnectionRefused, FailureKind::NotSent),
    ] {
        let builder = HttpAdapter::builder().lookup(Arc::new(Failing(error)));
        let guard = builder.guard("mail.example", 25).expect("a host of the operator");
        let failure = guard.addresses().await.expect_err("no lookup succeeds");
        assert_eq!(failure.kind, expected, "{failure}");
    }
}
