//! Permissions that the operator grants to this process, independent of the documents. They are not stored; the only
//! stored permissions are the approvals of secrets given at a terminal.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use clap::{Args, value_parser};
use naftiko_adapter_http::{AllowedHost, BuildError, Builder, Denied, HttpAdapter, NodeBudget};
use naftiko_plan::SecretAllowance;
use naftiko_spec::Files as _;
use url::Url;

use crate::world::{self, FileSystem, canonical_path};

/// The environment variable with the same meaning as `--allow-secret`.
const ALLOWED_SECRETS: &str = "NAFTIKO_ALLOW_SECRETS";

/// Files that documents may name although they are outside of their folders.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Readable {
    /// A file, or a folder with everything below it, that documents may name outside of their own folders; may be
    /// repeated
    #[arg(long = "allow-file", value_name = "PATH")]
    pub(crate) allowed_files: Vec<PathBuf>,
}

/// The permissions and limits set by the operator.
#[derive(Debug, Args)]
pub(crate) struct Allowances {
    /// A host that may be contacted over plain `http`, or inside a private network; may be repeated
    #[arg(long = "allow-host", value_name = "HOST[:PORT]")]
    pub(crate) hosts: Vec<AllowedHost>,
    /// A program that a document may run, for a secret or as an external step, under exactly this name; may be repeated
    #[arg(long = "allow-command", value_name = "PROGRAM")]
    pub(crate) commands: Vec<String>,
    /// A secret that may be sent to this server, or to any: the variable, the path of the file or the program that a
    /// document names; may be repeated
    #[arg(long = "allow-secret", value_name = "NAME[=ORIGIN]")]
    pub(crate) secrets: Vec<SecretAllowance>,
    #[command(flatten)]
    pub(crate) readable: Readable,
    /// Fail a step whose response does not fit the description of its operation, instead of reporting it
    #[arg(long)]
    pub(crate) strict_responses: bool,
    /// Certificates (PEM) to trust in addition to those of the system; may be repeated
    #[arg(long = "ca", value_name = "FILE")]
    pub(crate) certificates: Vec<PathBuf>,
    /// The most values (texts, numbers, lists, objects, …) in one response, and in all responses that are read at once
    #[arg(long, value_name = "N", default_value_t = NodeBudget::DEFAULT, value_parser = value_parser!(u32).range(1..))]
    pub(crate) max_nodes: u32,
    /// The budget of values that all adapters of this process share.
    #[arg(skip)]
    nodes: OnceLock<NodeBudget>,
}

impl Default for Allowances {
    /// No permission, and the default limits.
    fn default() -> Self {
        Self {
            hosts: Vec::new(),
            commands: Vec::new(),
            secrets: Vec::new(),
            readable: Readable::default(),
            strict_responses: false,
            certificates: Vec::new(),
            max_nodes: NodeBudget::DEFAULT,
            nodes: OnceLock::new(),
        }
    }
}

impl Allowances {
    /// A builder for an HTTP adapter with these permissions and limits.
    ///
    /// # Errors
    /// If a certificate file cannot be read, or an environment variable holds no valid proxy URL.
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

    /// The secrets that the command line and the environment allow. Each also carries its name resolved as a path from
    /// the working folder.
    ///
    /// # Errors
    /// The first entry of the environment variable that is malformed.
    pub(crate) fn secrets(&self) -> Result<Vec<SecretAllowance>, String> {
        let setting = world::variable(ALLOWED_SECRETS).unwrap_or_default();
        let listed = setting.split([',', ' ', '\t', '\n']).filter(|text| !text.is_empty());
        let listed = listed.map(|text| {
            text.parse().map_err(|error| format!("the environment variable `{ALLOWED_SECRETS}`: {error}"))
        });
        let all = self.secrets.iter().cloned().map(Ok).chain(listed);
        let with_path = |allowance: SecretAllowance| {
            let path = Some(canonical_path(Path::new(&allowance.name)));
            SecretAllowance { path, ..allowance }
        };
        all.map(|allowance| allowance.map(with_path)).collect()
    }

    /// Rejects the first provider URL that may not be contacted, as far as this is known before host names are
    /// resolved.
    ///
    /// # Errors
    /// Names the provider, the host, and the option that allows it.
    pub(crate) fn permit(&self, urls: &[(&str, Url)]) -> Result<(), String> {
        let poster = self.builder()?.poster(urls.iter().map(|(_, url)| url));
        let poster = poster.map_err(|error| error.to_string())?;
        for (id, url) in urls {
            match poster.permit(url) {
                // The adapter rejects this case with a better message, which names the URL.
                Ok(()) | Err(Denied::Userinfo { .. }) => {}
                Err(denied) => {
                    return Err(BuildError::Denied { provider: (*id).to_owned(), denied }.to_string());
                }
            }
        }
        Ok(())
    }

    /// The certificates (PEM) to trust in addition to those of the system, each with its file name.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub(crate) fn authorities(&self) -> Result<Vec<(String, Vec<u8>)>, String> {
        let read = |file: &PathBuf| {
            let name = file.display().to_string();
            let pem = FileSystem.read(file);
            pem.map_err(|error| format!("`--ca {name}` cannot be read: {error}")).map(|pem| (name, pem))
        };
        self.certificates.iter().map(read).collect()
    }
}
