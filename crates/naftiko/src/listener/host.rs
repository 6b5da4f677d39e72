//! The host names that a listener accepts.
//!
//! A web page can make a browser send requests to this machine under the page's own host name, if that name resolves to
//! this machine (DNS rebinding). Requests for any other name than the listener's own are therefore rejected.

use std::net::IpAddr;

use hyper::header::HOST;
use hyper::http::request::Parts;
use hyper::http::uri::Authority;

/// The names of a listener: those of this machine, the address that it listens on, and configured names.
#[derive(Debug, Clone)]
pub(crate) struct Hosts {
    address: IpAddr,
    names: Vec<String>,
}

impl Hosts {
    /// The names of a listener at `address`, with further `names`.
    pub(crate) fn new(address: IpAddr, names: &[String]) -> Self {
        Self { address, names: names.iter().map(|name| plain(name)).collect() }
    }

    /// Whether a request is addressed to this listener. A request of HTTP/1.0 may lack a host; no browser sends one.
    pub(crate) fn admit(&self, request: &Parts) -> bool {
        let header = request.headers.get(HOST).map(|host| {
            let authority = host.to_str().ok().and_then(|host| host.parse::<Authority>().ok());
            authority.is_some_and(|authority| self.knows(&authority))
        });
        header.unwrap_or(true) && request.uri.authority().is_none_or(|authority| self.knows(authority))
    }

    fn knows(&self, authority: &Authority) -> bool {
        if authority.as_str().contains('@') {
            return false;
        }
        let name = plain(authority.host());
        if let Ok(address) = name.trim_matches(['[', ']']).parse::<IpAddr>() {
            let address = address.to_canonical();
            return address.is_loopback() || address == self.address.to_canonical();
        }
        name == "localhost" || name.ends_with(".localhost") || self.names.contains(&name)
    }
}

/// The normalized form in which names are compared.
fn plain(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use hyper::Request;

    use super::*;

    fn admits(uri: &str, host: Option<&str>) -> bool {
        let hosts = Hosts::new(IpAddr::from([192, 0, 2, 7]), &["Mock.Internal".to_owned()]);
        let mut request = Request::builder().uri(uri);
        if let Some(host) = host {
            request = request.header(HOST, host);
        }
        hosts.admit(&request.body(()).expect("a request").into_parts().0)
    }

    #[test]
    fn a_listener_is_called_by_the_names_of_this_machine_and_its_own() {
        for host in [
            "localhost",
            "LOCALHOST:4010",
            "api.localhost",
            "localhost.",
            "127.0.0.1:4010",
            "127.9.9.9",
            "[::1]:4010",
            "[::ffff:127.0.0.1]",
            "192.0.2.7:4010",
            "mock.internal:4010",
            "MOCK.internal.",
        ] {
            assert!(admits("/x", Some(host)), "{host}");
        }
        assert!(admits("/x", None));
        assert!(admits("http://localhost:4010/x", Some("localhost")));
    }

    #[test]
    fn any_other_name_is_refused_wherever_it_stands() {
        for host in [
            "evil.example",
            "evil.example:4010",
            "localhost.evil.example",
            "notlocalhost",
            "127.0.0.1.evil.example",
            "127.0.0.1@evil.example",
            "evil.example@127.0.0.1",
            "192.0.2.8",
            "0.0.0.0",
            "2130706433",
            "0x7f.1",
            "[::]",
            "mock.internal.evil.example",
            "internal",
            "",
            " ",
            "a b",
            "localhost, evil.example",
        ] {
            assert!(!admits("/x", Some(host)), "{host}");
        }
        assert!(!admits("http://evil.example/x", Some("localhost")));
        assert!(!admits("http://evil.example/x", None));
    }
}
