//! Resolves names only to addresses that the egress policy admits. The connection uses exactly the addresses that were
//! checked, even if the name resolves to others the next time.

use std::error::Error;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use naftiko_adapter::shortage_error_of_sockets;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::{Egress, Reach};

/// Resolves host names.
#[async_trait]
pub(crate) trait Lookup: fmt::Debug + Send + Sync {
    /// All addresses of `name`.
    async fn lookup(&self, name: &str) -> io::Result<Vec<IpAddr>>;
}

/// The resolver of the operating system.
#[derive(Debug)]
pub(crate) struct System;

#[async_trait]
impl Lookup for System {
    async fn lookup(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        match tokio::net::lookup_host((name, 0)).await {
            Ok(found) => Ok(found.map(|address| address.ip()).collect()),
            Err(error) => Err(shortage_error_of_sockets().unwrap_or(error)),
        }
    }
}

/// The resolver for requests of one reach: fails if the policy denies one of the addresses.
#[derive(Debug, Clone)]
pub(crate) struct Pinned {
    pub(crate) egress: Arc<Egress>,
    pub(crate) reach: Reach,
    pub(crate) lookup: Arc<dyn Lookup>,
}

impl Resolve for Pinned {
    fn resolve(&self, name: Name) -> Resolving {
        let Self { egress, reach, lookup } = self.clone();
        Box::pin(async move {
            let found = lookup.lookup(name.as_str()).await?;
            egress.admit(name.as_str(), reach, &found).map_err(Box::<dyn Error + Send + Sync>::from)?;
            // With port 0, reqwest uses the port of the request.
            let addresses: Addrs = Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}
