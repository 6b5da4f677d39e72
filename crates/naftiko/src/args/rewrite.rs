//! The arguments of the commands that rewrite documents: `naftiko check --fix` and `naftiko upgrade`.

use std::path::PathBuf;

use clap::Args;

use crate::allowances::Readable;
use crate::args::Lookup;

/// The options of `--fix`.
#[derive(Debug, Args)]
pub(crate) struct FixOptions {
    /// Apply the fixes that are certain, to documents in and below the folder of each checked document
    #[arg(long, conflicts_with = "watch")]
    pub(crate) fix: bool,
    /// Also apply fixes that are guesses: look at them first, with `--diff`
    #[arg(long = "unsafe", requires = "fix")]
    pub(crate) guesses: bool,
    /// Show the changes without writing them
    #[arg(long, requires = "fix")]
    pub(crate) diff: bool,
}

#[derive(Debug, Args)]
pub(crate) struct UpgradeOptions {
    /// A composition of edition 0.1
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) lookup: Lookup,
    #[command(flatten)]
    pub(crate) readable: Readable,
    /// Write the new text to FILE instead of printing it
    #[arg(long, conflicts_with = "diff")]
    pub(crate) write: bool,
    /// Show the changes without writing them
    #[arg(long)]
    pub(crate) diff: bool,
}
