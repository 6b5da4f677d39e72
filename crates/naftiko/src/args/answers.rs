//! The options about answers to messages.

use std::net::SocketAddr;

use clap::Args;

/// The base of the URLs for answers.
#[derive(Debug, Args)]
pub(crate) struct PublicUrl {
    /// The URL at which others reach `naftiko work --listen`; messages contain it, so that they can be answered; in
    /// place of `$NAFTIKO_PUBLIC_URL`
    #[arg(long, value_name = "URL")]
    pub(crate) public_url: Option<String>,
}

/// The address at which `work` accepts answers.
#[derive(Debug, Args)]
pub(crate) struct Listen {
    /// Accept answers to messages at this address of this machine, such as `127.0.0.1:8080`
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) listen: Option<SocketAddr>,
}
