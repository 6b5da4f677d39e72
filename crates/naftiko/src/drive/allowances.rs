//! What the operator of this process allows, whatever a document says. It is not kept: whoever resumes a run gives it
//! again.

use std::path::PathBuf;

use clap::Args;
use naftiko_adapter_http::{AllowedHost, Builder, HttpAdapter};
use naftiko_spec::Files as _;

use crate::args::Readable;
use crate::world::{self, FileSystem};

/// What the operator allows.
#[derive(Debug, Args)]
pub(crate) struct Allowances {
    /// A host that may be spoken to over plain `http`, or inside a private network; may be repeated
    #[arg(long = "allow-host", value_name = "HOST[:PORT]")]
    pub(crate) hosts: Vec<AllowedHost>,
    /// A program that a document may run, for a secret or as a step outside, called exactly so; may be repeated
    #[arg(long = "allow-command", value_name = "PROGRAM")]
    pub(crate) commands: Vec<String>,
    #[command(flatten)]
    pub(crate) readable: Readable,
    /// Let a step fail whose answer does not fit the description of its operation, in place of saying so
    #[arg(long)]
    pub(crate) strict_responses: bool,
    /// Certificates (PEM) to trust besides those of the system; may be repeated
    #[arg(long = "ca", value_name = "FILE")]
    pub(crate) certificates: Vec<PathBuf>,
}

impl Allowances {
    /// The beginning of an adapter that does no more than is allowed.
    ///
    /// # Errors
    /// A file that cannot be read, or a variable that names no proxy.
    pub(crate) fn builder(&self) -> Result<Builder, String> {
        let mut builder =
            HttpAdapter::builder().strict_responses(self.strict_responses).proxies(world::proxies()?);
        for host in &self.hosts {
            builder = builder.allow(host.clone());
        }
        for (file, pem) in self.authorities()? {
            builder = builder.certificates(file, pem);
        }
        Ok(builder)
    }

    /// The certificates (PEM) to trust besides those of the system, each with the name of its file.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub(crate) fn authorities(&self) -> Result<Vec<(String, Vec<u8>)>, String> {
        let read = |file: &PathBuf| {
            let name = file.display().to_string();
            let pem = FileSystem.read(file);
            pem.map_err(|error| format!("`--ca {name}` cannot be read: {error}")).map(|pem| (name, pem))
        };
        self.certificates.iter().map(read).collect()
    }
}
