//! The egress policy for protocols other than HTTP: the addresses of one host that may be connected to.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use naftiko_adapter::{Failure, FailureKind};
use url::Host;

use super::{Denied, Egress, Lookup, Reach};

/// Resolves one host that the operator named, under the same rules as the hosts of calls.
///
/// Connect only to the addresses that it returns: resolving the name again may return others.
#[derive(Clone)]
pub struct HostGuard {
    egress: Arc<Egress>,
    lookup: Arc<dyn Lookup>,
    host: Host<String>,
    port: u16,
    reach: Reach,
}

impl fmt::Debug for HostGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostGuard")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("reach", &self.reach)
            .finish_non_exhaustive()
    }
}

impl HostGuard {
    /// Judges the host, as far as possible before it is resolved.
    ///
    /// # Errors
    /// The reason for the denial.
    pub(crate) fn new(
        mut egress: Egress,
        lookup: Arc<dyn Lookup>,
        host: Host<String>,
        port: u16,
    ) -> Result<Self, Denied> {
        egress.name_host(host.clone(), port);
        // `is_clear` is false: the settings of the protocol decide whether it is encrypted.
        let reach = egress.permit_host(&host, Some(port), false, host.to_string())?;
        Ok(Self { egress: Arc::new(egress), lookup, host, port, reach })
    }

    /// Resolves the host and returns all its addresses if each of them may be connected to.
    ///
    /// # Errors
    /// [`FailureKind::Refused`] if one of them is denied, [`FailureKind::NotSent`] if the host does not resolve, and
    /// [`FailureKind::LocalShortage`] if this machine lacks the resources to resolve it.
    pub async fn addresses(&self) -> Result<Vec<SocketAddr>, Failure> {
        let addresses = match &self.host {
            // `new` has judged a literal address.
            Host::Ipv4(address) => vec![IpAddr::V4(*address)],
            Host::Ipv6(address) => vec![IpAddr::V6(*address)],
            Host::Domain(name) => self.resolved(name).await?,
        };
        Ok(addresses.into_iter().map(|address| SocketAddr::new(address, self.port)).collect())
    }

    async fn resolved(&self, name: &str) -> Result<Vec<IpAddr>, Failure> {
        let message = |why: &str| format!("no connection to `{name}`: {why}");
        let found = self.lookup.lookup(name).await.map_err(|error| {
            Failure::of_io(&error, false, FailureKind::NotSent, message(&error.to_string()))
        })?;
        if found.is_empty() {
            return Err(Failure::new(FailureKind::NotSent, message("it has no address")));
        }
        self.egress
            .admit(name, self.reach, &found)
            .map_err(|denied| Failure::new(FailureKind::Refused, denied.to_string()))?;
        Ok(found)
    }
}
