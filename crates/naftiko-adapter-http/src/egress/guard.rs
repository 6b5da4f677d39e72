//! The egress policy for what does not speak HTTP: which addresses of one host may be connected to.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use naftiko_adapter::{Failure, FailureKind};
use url::Host;

use super::{Denied, Egress, Lookup, Reach};

/// Gives the addresses of one host that the operator named, under the rules for the hosts of calls.
///
/// Connect to these addresses and to no others: a name may lead elsewhere the next time it is resolved.
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
    /// Judges the host as far as that can be done before it is resolved.
    ///
    /// # Errors
    /// Why it is not contacted.
    pub(crate) fn new(
        mut egress: Egress,
        lookup: Arc<dyn Lookup>,
        host: Host<String>,
        port: u16,
    ) -> Result<Self, Denied> {
        egress.name_host(host.clone(), port);
        // Whether the protocol is encrypted is for its own settings to say.
        let reach = egress.permit_host(&host, Some(port), false, host.to_string())?;
        Ok(Self { egress: Arc::new(egress), lookup, host, port, reach })
    }

    /// Resolves the host, and gives all its addresses if each of them may be connected to.
    ///
    /// # Errors
    /// [`FailureKind::Refused`] if one of them may not, [`FailureKind::NotSent`] if the host has none, and
    /// [`FailureKind::LocalShortage`] if this machine lacks what it takes to ask for them.
    pub async fn addresses(&self) -> Result<Vec<SocketAddr>, Failure> {
        let addresses = match &self.host {
            // A literal was judged when this was made.
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
