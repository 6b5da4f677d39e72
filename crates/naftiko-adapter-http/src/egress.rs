//! The egress policy: the hosts that may be contacted.
//!
//! This module is pure: [`Egress::permit`] judges a URL before its use, [`Egress::admit`] judges the addresses that its
//! name resolves to. A document may name servers on the internet and on this machine; any other host needs the
//! permission of the operator.

mod address;
mod guard;
mod resolver;

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use naftiko_text::shell_word;
use url::{Host, Url};

pub use address::Zone;
pub use guard::HostGuard;
pub(crate) use resolver::{Lookup, Pinned, System};

/// A host that the operator allows, at one port or at all ports: `db.internal`, `10.0.0.7:8443`, `[fd12::1]:80`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AllowedHost {
    host: Host<String>,
    port: Option<u16>,
}

/// The error for a text that is not of the form HOST or HOST:PORT.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not of the form HOST or HOST:PORT")]
pub struct NoHost(String);

impl FromStr for AllowedHost {
    type Err = NoHost;

    fn from_str(text: &str) -> Result<Self, NoHost> {
        let wrong = || NoHost(text.to_owned());
        if let Ok(address) = text.parse::<IpAddr>() {
            let host = match address {
                IpAddr::V4(address) => Host::Ipv4(address),
                IpAddr::V6(address) => Host::Ipv6(address),
            };
            return Ok(Self { host, port: None });
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, Some(port.parse().map_err(|_| wrong())?)),
            _ => (text, None),
        };
        // The host of a URL has no zone, path or wildcard.
        if host.is_empty() || host.contains(['/', '*', '@', '%', '?', '#']) {
            return Err(wrong());
        }
        Ok(Self { host: Host::parse(host).map_err(|_| wrong())?, port })
    }
}

impl AllowedHost {
    fn covers(&self, host: &Host<String>, port: Option<u16>) -> bool {
        self.host == *host && self.port.is_none_or(|allowed| port == Some(allowed))
    }

    fn is_address(&self, address: IpAddr) -> bool {
        self.port.is_none()
            && match &self.host {
                Host::Ipv4(allowed) => address == *allowed,
                Host::Ipv6(allowed) => address == *allowed,
                Host::Domain(_) => false,
            }
    }
}

/// The addresses that requests to a host may reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Reach {
    /// Public addresses only.
    Public,
    /// Loopback addresses only.
    Loopback,
    /// All addresses except link-local ones, since the operator allowed the host. A link-local address must be allowed
    /// by its own text.
    Anywhere,
}

/// The reason why a host is not contacted. No variant shows more of a URL than its host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The scheme is neither `http` nor `https`.
    #[error("the URL scheme `{scheme}` is not supported: use `https` or `http`")]
    Scheme {
        /// The scheme.
        scheme: String,
    },
    /// The URL has a user or a password, which logs and other servers would see.
    #[error("the URL at `{host}` contains a user or a password: move them to `auth`")]
    Userinfo {
        /// The host.
        host: String,
    },
    /// The text is not a host.
    #[error("`{host}` is not a host")]
    NoHost {
        /// The text.
        host: String,
    },
    /// Neither a document nor the operator named this host.
    #[error(
        "`{host}` is not allowed: no capabilities document names it; allow it with `--allow-host {}`",
        shell_word(host)
    )]
    Unnamed {
        /// The host, with its port.
        host: String,
    },
    /// Credentials and data would cross the network unencrypted.
    #[error(
        "`http` to `{host}` is not allowed, because it is not encrypted: use `https`, or allow it with \
         `--allow-host {}`",
        shell_word(host)
    )]
    Clear {
        /// The host, with its port.
        host: String,
    },
    /// The URL has an address that documents may not name.
    #[error("`{host}` is not allowed: it is {}; allow it with `--allow-host {}`", zone.as_str(), shell_word(host))]
    Literal {
        /// The address, with its port.
        host: String,
        /// The kind of the address.
        zone: Zone,
    },
    /// The name resolves to an address that documents may not reach.
    #[error("`{host}` is not allowed: it resolves to {address}, {}; allow it with `--allow-host {}`", zone.as_str(), shell_word(allow))]
    Address {
        /// The name.
        host: String,
        /// The address.
        address: IpAddr,
        /// The kind of the address.
        zone: Zone,
        /// The host for `--allow-host`.
        allow: String,
    },
}

/// The hosts that may be contacted: those that the documents name, and those that the operator allows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Egress {
    /// The hosts that the documents name, with their ports.
    named: BTreeSet<(Host<String>, Option<u16>)>,
    allowed: Vec<AllowedHost>,
    /// The host names of proxies. The operator chose them, so their addresses are not restricted.
    proxies: BTreeSet<String>,
}

impl Egress {
    pub(crate) fn new(allowed: Vec<AllowedHost>) -> Self {
        Self { allowed, ..Self::default() }
    }

    /// Permits the host of `url` at its port.
    pub(crate) fn name(&mut self, url: &Url) {
        self.named.extend(url.host().map(|host| (host.to_owned(), url.port_or_known_default())));
    }

    /// Permits `host` at `port`.
    pub(crate) fn name_host(&mut self, host: Host<String>, port: u16) {
        self.named.insert((host, Some(port)));
    }

    /// Permits the proxy at `url` at any address.
    pub(crate) fn through(&mut self, url: &Url) {
        self.proxies.extend(url.host_str().map(str::to_owned));
    }

    /// Decides whether a request may be sent to `url`, and which addresses it may reach.
    ///
    /// # Errors
    /// The reason for the denial.
    pub(crate) fn permit(&self, url: &Url) -> Result<Reach, Denied> {
        let Some(host) = url.host().filter(|_| matches!(url.scheme(), "http" | "https")) else {
            return Err(Denied::Scheme { scheme: url.scheme().to_owned() });
        };
        let shown = Shown(url).to_string();
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Denied::Userinfo { host: shown });
        }
        let is_clear = url.scheme() == "http";
        self.permit_host(&host.to_owned(), url.port_or_known_default(), is_clear, shown)
    }

    /// Decides whether a host may be contacted at a port, and which addresses that may reach. `is_clear` means that the
    /// connection is unencrypted; `shown` is the name of the host in messages.
    ///
    /// # Errors
    /// The reason for the denial.
    pub(crate) fn permit_host(
        &self,
        host: &Host<String>,
        port: Option<u16>,
        is_clear: bool,
        shown: String,
    ) -> Result<Reach, Denied> {
        if self.allowed.iter().any(|allowed| allowed.covers(host, port)) {
            return Ok(Reach::Anywhere);
        }
        if !self.named.contains(&(host.clone(), port)) {
            return Err(Denied::Unnamed { host: shown });
        }
        let zone = match host {
            Host::Domain(name) if is_this_machine(name) => Zone::Loopback,
            Host::Domain(_) => Zone::Public,
            Host::Ipv4(address) => Zone::of(IpAddr::V4(*address)),
            Host::Ipv6(address) => Zone::of(IpAddr::V6(*address)),
        };
        match zone {
            Zone::Loopback => Ok(Reach::Loopback),
            Zone::Public if is_clear => Err(Denied::Clear { host: shown }),
            Zone::Public => Ok(Reach::Public),
            zone => Err(Denied::Literal { host: shown, zone }),
        }
    }

    /// Decides whether requests of this reach may go to the addresses of `name`: to all of them or to none.
    ///
    /// # Errors
    /// The denial of the first address that they may not go to.
    pub(crate) fn admit(&self, name: &str, reach: Reach, addresses: &[IpAddr]) -> Result<(), Denied> {
        if self.proxies.contains(name) {
            return Ok(());
        }
        for address in addresses {
            let zone = Zone::of(*address);
            let fits = match reach {
                Reach::Public => zone == Zone::Public,
                Reach::Loopback => zone == Zone::Loopback,
                Reach::Anywhere => zone != Zone::LinkLocal,
            };
            if !fits && !self.allowed.iter().any(|allowed| allowed.is_address(*address)) {
                let allow = if zone == Zone::LinkLocal { address.to_string() } else { name.to_owned() };
                return Err(Denied::Address { host: name.to_owned(), address: *address, zone, allow });
            }
        }
        Ok(())
    }
}

/// Whether a name resolves to this machine on every machine (RFC 6761).
pub(crate) fn is_this_machine(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    name == "localhost" || name.ends_with(".localhost")
}

/// Displays the host of a URL, with its port if it is not the default one, in the form that `--allow-host` takes.
struct Shown<'a>(&'a Url);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.host_str().unwrap_or_default())?;
        self.0.port().map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}
