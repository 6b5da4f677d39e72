//! What the operator of this process allows, whatever a document says. It holds for this process only and is not stored:
//! the only permissions that are stored are the approvals of secrets that were given at a terminal.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use clap::{Args, value_parser};
use naftiko_adapter_http::{AllowedHost, BuildError, Builder, Denied, HttpAdapter, NodeBudget};
use naftiko_plan::SecretAllowance;
use naftiko_spec::Files as _;
use url::Url;

use crate::args::Readable;
use crate::drive::clearance::one_path;
use crate::world::{self, FileSystem};

/// The setting that allows secrets like the option.
const ALLOWED_SECRETS: &str = "NAFTIKO_ALLOW_SECRETS";

/// What the operator allows.
#[derive(Debug, Args)]
pub(crate) struct Allowances {
    /// A host that may be spoken to over plain `http`, or inside a private network; may be repeated
    #[arg(long = "allow-host", value_name = "HOST[:PORT]")]
    pub(crate) hosts: Vec<AllowedHost>,
    /// A program that a document may run, for a secret or as a step outside, called exactly so; may be repeated
    #[arg(long = "allow-command", value_name = "PROGRAM")]
    pub(crate) commands: Vec<String>,
    /// A secret that may be sent to this server, or to any: the variable, the path of the file or the program that a
    /// document names; may be repeated
    #[arg(long = "allow-secret", value_name = "NAME[=ORIGIN]")]
    pub(crate) secrets: Vec<SecretAllowance>,
    #[command(flatten)]
    pub(crate) readable: Readable,
    /// Let a step fail whose answer does not fit the description of its operation, in place of saying so
    #[arg(long)]
    pub(crate) strict_responses: bool,
    /// Certificates (PEM) to trust besides those of the system; may be repeated
    #[arg(long = "ca", value_name = "FILE")]
    pub(crate) certificates: Vec<PathBuf>,
    /// The most values (texts, numbers, lists, objects, …) that an answer may have, and all answers that are read at once
    #[arg(long, value_name = "N", default_value_t = NodeBudget::DEFAULT, value_parser = value_parser!(u32).range(1..))]
    pub(crate) max_nodes: u32,
    /// The values of the answers that are read at once, by all adapters of this process.
    #[arg(skip)]
    nodes: OnceLock<NodeBudget>,
}

impl Allowances {
    /// The beginning of an adapter that does no more than is allowed.
    ///
    /// # Errors
    /// A file that cannot be read, or a variable that names no proxy.
    pub(crate) fn builder(&self) -> Result<Builder, String> {
        let mut builder =
            HttpAdapter::builder().strict_responses(self.strict_responses).proxies(world::proxies()?);
        builder = builder.nodes(self.nodes.get_or_init(|| NodeBudget::new(self.max_nodes)).clone());
        for host in &self.hosts {
            builder = builder.allow(host.clone());
        }
        for (file, pem) in self.authorities()? {
            builder = builder.certificates(file, pem);
        }
        Ok(builder)
    }

    /// The secrets that the command line and the environment allow, with the paths that their names have in this folder.
    ///
    /// # Errors
    /// The first part of the setting that allows no secret.
    pub(crate) fn secrets(&self) -> Result<Vec<SecretAllowance>, String> {
        let setting = world::variable(ALLOWED_SECRETS).unwrap_or_default();
        let listed = setting.split([',', ' ', '\t', '\n']).filter(|text| !text.is_empty());
        let listed = listed.map(|text| {
            text.parse().map_err(|error| format!("the environment variable `{ALLOWED_SECRETS}`: {error}"))
        });
        let all = self.secrets.iter().cloned().map(Ok).chain(listed);
        let with_path = |allowance: SecretAllowance| {
            let path = Some(one_path(Path::new(&allowance.name)));
            SecretAllowance { path, ..allowance }
        };
        all.map(|allowance| allowance.map(with_path)).collect()
    }

    /// Refuses the first of these URLs of providers that may not be contacted, as far as that is known before its name is
    /// resolved.
    ///
    /// # Errors
    /// The provider, the host, and the option that allows it.
    pub(crate) fn permit(&self, urls: &[(&str, Url)]) -> Result<(), String> {
        let poster = self.builder()?.poster(urls.iter().map(|(_, url)| url));
        let poster = poster.map_err(|error| error.to_string())?;
        for (id, url) in urls {
            match poster.permit(url) {
                // The adapter refuses it, and says which of its URLs that is.
                Ok(()) | Err(Denied::Userinfo { .. }) => {}
                Err(denied) => {
                    return Err(BuildError::Denied { provider: (*id).to_owned(), denied }.to_string());
                }
            }
        }
        Ok(())
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
