//! The egress policy: which hosts may be contacted.
//!
//! This module only decides, and is pure: [`Egress::permit`] judges a URL before it is used, [`Egress::admit`] the
//! addresses that its name resolves to. A document may name any server on the internet and this machine; everything
//! else that can be reached from here needs the operator's permission.

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

/// A host that the operator allows, at one port or at any: `db.internal`, `10.0.0.7:8443`, `[fd12::1]:80`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AllowedHost {
    host: Host<String>,
    port: Option<u16>,
}

/// Why a text does not name a host that can be allowed.
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
        // A zone, a path or a pattern is none that a URL could name.
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

/// How far requests to a host may reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Reach {
    /// The internet.
    Public,
    /// This machine.
    Loopback,
    /// Anywhere the name leads, since the operator allowed it, except for link-local addresses, which must be allowed
    /// themselves.
    Anywhere,
}

/// Why a host is not contacted. No variant shows more of a URL than its host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Neither `http` nor `https`.
    #[error("a URL of the scheme `{scheme}` is not contacted: it has to be `https` or `http`")]
    Scheme {
        /// The scheme.
        scheme: String,
    },
    /// The URL has a user or a password, which logs and other servers would see.
    #[error(
        "the URL at `{host}` carries a user or a password, and is not contacted: they belong into `auth`"
    )]
    Userinfo {
        /// The host.
        host: String,
    },
    /// The text is no host.
    #[error("`{host}` is no host")]
    NoHost {
        /// The text.
        host: String,
    },
    /// Neither a document nor the operator named this host.
    #[error(
        "`{host}` is not contacted: no capabilities document names it, and `--allow-host {}` would allow it",
        shell_word(host)
    )]
    Unnamed {
        /// The host, with its port.
        host: String,
    },
    /// Credentials and data would cross the network in clear.
    #[error(
        "`{host}` is not contacted over `http`, where everybody on the way can read along: give it with `https`, or allow it with `--allow-host {}`",
        shell_word(host)
    )]
    Clear {
        /// The host, with its port.
        host: String,
    },
    /// The URL has an address that documents may not name.
    #[error("`{host}` is not contacted: it is {}, and `--allow-host {}` would allow it", zone.as_str(), shell_word(host))]
    Literal {
        /// The address, with its port.
        host: String,
        /// What it is.
        zone: Zone,
    },
    /// The name resolves to an address that documents may not reach.
    #[error("`{host}` is not contacted: it leads to {address}, {}, and `--allow-host {}` would allow it", zone.as_str(), shell_word(allow))]
    Address {
        /// The name.
        host: String,
        /// The address.
        address: IpAddr,
        /// What it is.
        zone: Zone,
        /// What the operator would have to allow.
        allow: String,
    },
}

/// The hosts that may be contacted: those that the documents name, and those that the operator allows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Egress {
    /// Hosts with their ports.
    named: BTreeSet<(Host<String>, Option<u16>)>,
    allowed: Vec<AllowedHost>,
    /// The names of proxies: the operator's own, wherever they are.
    proxies: BTreeSet<String>,
}

impl Egress {
    pub(crate) fn new(allowed: Vec<AllowedHost>) -> Self {
        Self { allowed, ..Self::default() }
    }

    /// Lets the host of `url` be contacted, at its port.
    pub(crate) fn name(&mut self, url: &Url) {
        self.named.extend(url.host().map(|host| (host.to_owned(), url.port_or_known_default())));
    }

    /// Lets `host` be contacted at `port`.
    pub(crate) fn name_host(&mut self, host: Host<String>, port: u16) {
        self.named.insert((host, Some(port)));
    }

    /// Lets the proxy at `url` be reached.
    pub(crate) fn through(&mut self, url: &Url) {
        self.proxies.extend(url.host_str().map(str::to_owned));
    }

    /// Whether a request may go to `url`, and how far.
    ///
    /// # Errors
    /// Why not.
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

    /// Whether a host may be contacted at a port, and how far; `is_clear` says that others on the way can read what is
    /// sent, `shown` how the host is called in messages.
    ///
    /// # Errors
    /// Why not.
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

    /// Whether requests of this reach may go to the addresses that `name` has: to all of them, or to none.
    ///
    /// # Errors
    /// The first that they may not go to.
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

/// Whether a name stands for this machine on every machine (RFC 6761).
pub(crate) fn is_this_machine(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    name == "localhost" || name.ends_with(".localhost")
}

/// The host of a URL, and its port if it is not the usual one: what `--allow-host` takes.
struct Shown<'a>(&'a Url);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.host_str().unwrap_or_default())?;
        self.0.port().map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}
