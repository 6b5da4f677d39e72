//! Resolves names to only those addresses that may be connected to: what is checked is what is connected to, whatever
//! the name resolves to the next time.

use std::error::Error;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use naftiko_adapter::shortage_error_of_sockets;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::{Egress, Reach};

/// Finds the addresses of a name.
#[async_trait]
pub(crate) trait Lookup: fmt::Debug + Send + Sync {
    /// Every address of `name`.
    async fn lookup(&self, name: &str) -> io::Result<Vec<IpAddr>>;
}

/// As the operating system does.
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

/// Finds the addresses that requests of one reach may go to.
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
            // Port 0 stands for the one of the request.
            let addresses: Addrs = Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}
