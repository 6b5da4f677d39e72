//! The arguments of `naftiko approvals`.

use clap::{Args, Subcommand};
use naftiko_plan::SecretAllowance;

use crate::args::State;

#[derive(Debug, Args)]
pub(crate) struct Approvals {
    #[command(subcommand)]
    pub(crate) command: Option<ApprovalsCommand>,
    /// Write JSON, one approval per line
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) state: State,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ApprovalsCommand {
    /// List the approvals; the default
    List,
    /// Revoke approvals: a run that needs one asks again
    #[command(group = clap::ArgGroup::new("which").required(true))]
    Revoke {
        /// The secret whose approvals are revoked, for this server or for all
        #[arg(value_name = "NAME[=ORIGIN]", group = "which")]
        secrets: Vec<SecretAllowance>,
        /// All approvals, even if they are damaged
        #[arg(long, group = "which")]
        all: bool,
    },
}
