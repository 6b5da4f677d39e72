//! The command lines of what is done on the mock alone.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::args::{Lookup, Readable};

#[derive(Debug, Args)]
pub(crate) struct Test {
    /// Tests, folders in which every `*.test.yaml` is one, or patterns in quotes
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) lookup: Lookup,
    #[command(flatten)]
    pub(crate) readable: Readable,
    /// Write what the runs come to as their snapshots
    #[arg(long)]
    pub(crate) update: bool,
    /// How many tests may run at a time; as many as there are cores by default
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<usize>,
    /// Run only the tests that have this in their names
    #[arg(long, value_name = "TEXT")]
    pub(crate) filter: Option<String>,
    /// How to write what came of them
    #[arg(long, value_enum, default_value_t = TestFormat::Human)]
    pub(crate) format: TestFormat,
}

#[derive(Debug, Args)]
pub(crate) struct Mock {
    /// Compositions, or capabilities documents, whose providers are meant
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) lookup: Lookup,
    #[command(flatten)]
    pub(crate) readable: Readable,
    /// The port on this machine; any that is free by default
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub(crate) port: u16,
    /// What the answers are made from; the same seed and the same calls give the same answers
    #[arg(long, value_name = "NUMBER")]
    pub(crate) seed: Option<u64>,
    /// A test document, whose `mock` at the top says what is answered and what exists
    #[arg(long, value_name = "FILE")]
    pub(crate) script: Option<PathBuf>,
    /// What goes wrong: `429:3` (a status, and how often), `latency:200ms`, `drop:1`, `crash:2` (at the second call),
    /// of every operation or of one; may be repeated
    #[arg(long = "fault", value_name = "[OPERATION=]FAULT")]
    pub(crate) faults: Vec<String>,
    /// A further name by which requests may call this server, besides `localhost` and its address; may be repeated
    #[arg(long = "host", value_name = "NAME")]
    pub(crate) hosts: Vec<String>,
}

/// How to write what came of tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TestFormat {
    /// For people
    Human,
    /// For programs
    Json,
    /// For CI that shows test results: `JUnit` XML
    Junit,
}
