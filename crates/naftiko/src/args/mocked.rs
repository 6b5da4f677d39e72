//! The arguments of `naftiko test` and `naftiko mock`, which only use the mock.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use url::Host;

use crate::allowances::Readable;
use crate::args::Lookup;

#[derive(Debug, Args)]
pub(crate) struct Test {
    /// Tests, folders in which every `*.test.yaml` is one, or patterns in quotes
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) lookup: Lookup,
    #[command(flatten)]
    pub(crate) readable: Readable,
    /// Write the results of the runs as their snapshots
    #[arg(long)]
    pub(crate) update: bool,
    /// How many tests may run at a time; as many as there are cores by default
    #[arg(long, value_name = "N", value_parser = super::positive)]
    pub(crate) jobs: Option<usize>,
    /// Run only the tests whose names contain this text
    #[arg(long, value_name = "TEXT")]
    pub(crate) filter: Option<String>,
    /// How to write the results
    #[arg(long, value_enum, default_value_t = TestFormat::Human)]
    pub(crate) format: TestFormat,
}

#[derive(Debug, Args)]
pub(crate) struct Mock {
    /// Compositions or capabilities documents; their providers are served
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) lookup: Lookup,
    #[command(flatten)]
    pub(crate) readable: Readable,
    /// The port on this machine; any that is free by default
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub(crate) port: u16,
    /// The seed of the responses; equal seeds and equal calls give equal responses
    #[arg(long, value_name = "NUMBER")]
    pub(crate) seed: Option<u64>,
    /// A test document; `mock` at its top lists responses and the resources that exist
    #[arg(long, value_name = "FILE")]
    pub(crate) script: Option<PathBuf>,
    /// A fault to inject: `429:3` (a status, and how often), `latency:200ms`, `drop:1`, `crash:2` (at the second call),
    /// for every operation or for one; may be repeated
    #[arg(long = "fault", value_name = "[OPERATION=]FAULT")]
    pub(crate) faults: Vec<String>,
    /// A further host name of this server, in addition to `localhost` and its address; may be repeated
    #[arg(long = "host", value_name = "NAME", value_parser = host_name)]
    pub(crate) hosts: Vec<String>,
}

/// Parses a host name without a port.
fn host_name(text: &str) -> Result<String, String> {
    let is_name = matches!(Host::parse(text), Ok(Host::Domain(_))) && !text.contains(['*', '%', '/', '@']);
    if is_name {
        Ok(text.to_owned())
    } else {
        Err("it is not a host name, such as `mock.internal`".to_owned())
    }
}

/// The format of test results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TestFormat {
    /// For people
    Human,
    /// For programs
    Json,
    /// For CI that shows test results: `JUnit` XML
    Junit,
}
